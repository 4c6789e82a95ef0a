"""Figures: the labels and the numbers on them, not the pixels."""

import io
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from mini_gpt import load, record
from mini_gpt.lesson.costs import Cost
from mini_gpt.lesson.figures import (
    attention,
    attention_figure,
    cost_figure,
    costs,
    language_models,
    loss_figure,
    next_token_figure,
    samples_figure,
    surprise_figure,
    token_label,
)
from mini_gpt.lesson.figures.style import styled
from mini_gpt.lesson.words import LANGUAGES

TEXTS = attention.TEXTS | costs.TEXTS | language_models.TEXTS

WORDS = ["ana", "buys", "a", "book"]
BOTH = pytest.mark.parametrize("lang", LANGUAGES)


def ticks(labels):
    return [label.get_text() for label in labels]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_a_figure_takes_tensors_of_any_precision_wherever_they_stand(dtype):
    @styled
    def both(left, pairs, lang, more=None):
        seen.extend([left, *pairs["a"], more])
        return Figure()

    numbers, seen = torch.tensor([0.5, 0.25], dtype=dtype, requires_grad=True), []
    both(numbers, {"a": (numbers, [0.5, 0.25])}, "en", more=numbers)
    assert [np.asarray(each).tolist() for each in seen] == [[0.5, 0.25]] * 4
    assert both(torch.tensor([True]), {"a": ()}, "en") and seen[4].dtype == torch.bool  # a mask stays a mask


@BOTH
def test_next_tokens_are_sorted_by_the_likelier_of_model_and_truth(lang):
    (axes,) = next_token_figure(WORDS, [0.1, 0.6, 0.3, 0.0], [0.7, 0.2, 0.1, 0.0], lang).axes
    assert ticks(axes.get_yticklabels()) == ["ana", "buys", "a"]  # "book" has nothing to show
    assert [bar.get_width() for bar in axes.containers[0]] == [0.1, 0.6, 0.3]
    assert [bar.get_width() for bar in axes.containers[1]] == [0.7, 0.2, 0.1]
    assert ticks(axes.get_legend().get_texts()) == [TEXTS["model"][lang], TEXTS["truth"][lang]]
    assert axes.get_xlabel() == TEXTS["probability"][lang]


def test_next_tokens_without_truth_have_one_series_and_no_legend():
    (axes,) = next_token_figure(WORDS, [0.1, 0.6, 0.3, 0.0], None, "en", most=2).axes
    assert ticks(axes.get_yticklabels()) == ["buys", "a"]
    assert len(axes.containers) == 1
    assert axes.get_legend() is None


def test_a_model_can_go_by_its_own_name():
    (axes,) = next_token_figure(WORDS, [0.1, 0.6, 0.3, 0.0], [0.7, 0.2, 0.1, 0.0], "en", name="bigram").axes
    assert ticks(axes.get_legend().get_texts()) == ["bigram", "truth"]


def test_model_and_truth_differ_in_more_than_colour():
    (axes,) = next_token_figure(WORDS, [0.1, 0.6, 0.3, 0.0], [0.7, 0.2, 0.1, 0.0], "en").axes
    assert {bar.get_hatch() for bar in axes.containers[0]} != {bar.get_hatch() for bar in axes.containers[1]}


def test_surprise_without_truth_is_the_models_alone_and_its_tokens_are_shown_as_they_are():
    axes = surprise_figure([" $a$", "b\n"], [1, 2], None, "en").axes[0]
    assert [bar.get_height() for bar in axes.patches] == [1, 2]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["·$a$", "b\\n"]
    assert axes.figure.legends == []


def test_surprise_is_split_into_what_all_pay_and_what_the_model_pays_beyond():
    (axes,) = surprise_figure(WORDS, [2.0, 1.0, 3.5, 0.5], [2.0, 0.0, 3.0, 1.0], "pt").axes
    truth, excess = axes.containers
    assert [bar.get_height() for bar in truth] == [2.0, 0.0, 3.0, 1.0]
    assert [(bar.get_y(), bar.get_height()) for bar in excess] == [(2.0, 0.0), (0.0, 1.0), (3.0, 0.5), (0.0, -0.5)]
    assert ticks(axes.get_xticklabels()) == WORDS


def test_a_surprise_whose_truth_is_unknown_is_the_models_alone():
    (axes,) = surprise_figure(["$x^2$", "b"], [2.0, 1.0], [np.nan, np.nan], "pt").axes
    (cost,) = axes.containers
    assert [bar.get_height() for bar in cost] == [2.0, 1.0] and cost.get_label() == "modelo"
    assert not any(label.get_parse_math() for label in axes.get_xticklabels())


def test_the_loss_stands_above_its_floor():
    losses = np.linspace(3, 1, 50)
    (axes,) = loss_figure(list(losses), 0.7, "en").axes
    each, floor = axes.get_lines()
    assert each.get_ydata().tolist() == losses.tolist()
    assert each.get_xdata().tolist() == list(range(1, 51))
    assert set(floor.get_ydata()) == {0.7}
    assert axes.get_ylim()[0] == 0


def test_a_training_log_is_drawn_with_its_validation_and_without_a_floor():
    log = [{"step": step, "loss": 4.0 - step} for step in range(3)]
    log[2]["validation_loss"] = 2.5
    validation = {r["step"] + 1: r["validation_loss"] for r in log if "validation_loss" in r}
    (axes,) = loss_figure([r["loss"] for r in log], None, "pt", validation).axes
    training, measured = axes.get_lines()
    assert training.get_xydata().tolist() == [[1, 4], [2, 3], [3, 2]]
    assert measured.get_xydata().tolist() == [[3, 2.5]]
    assert ticks(axes.get_legend().get_texts()) == [TEXTS["training"]["pt"], TEXTS["validation"]["pt"]]


# ---------------------------------------------------------------- attention


def maps(figure):
    """The (T, S) numbers of each heat map, in reading order; the last axes are the colour bar's."""
    return [axes.images[0].get_array().data for axes in figure.axes[:-1]]


def random_weights(*shape):
    weights = np.random.default_rng(0).random(shape)
    return weights / weights.sum(-1, keepdims=True)


def drawn(figure) -> bytes:
    with warnings.catch_warnings(action="error"):
        figure.savefig(file := io.BytesIO(), format="png")
    return file.getvalue()


@pytest.mark.parametrize(
    ("shape", "titles", "layers"),
    [
        ((3, 3), [""], [""]),
        ((5, 3, 3), [f"cabeça {head}" for head in range(5)], [""] * 5),
        ((2, 3, 3, 3), ["cabeça 0", "cabeça 1", "cabeça 2", "", "", ""], ["camada 0", "", "", "camada 1", "", ""]),
    ],
)
def test_each_head_has_its_map_and_each_layer_its_row(shape, titles, layers):
    weights = random_weights(*shape)
    figure = attention_figure(weights, ["a", "b", "c"], "pt")
    assert np.array_equal(maps(figure), weights.reshape(-1, 3, 3))
    assert [axes.get_title(loc="left") for axes in figure.axes[:-1]] == titles
    assert [axes.get_ylabel() for axes in figure.axes[:-1]] == layers
    assert [figure.get_supxlabel(), figure.get_supylabel()] == [TEXTS["key"]["pt"], TEXTS["query"]["pt"]]
    assert figure.axes[-1].get_ylabel() == "peso de atenção"


def test_the_weights_of_a_real_model_are_on_one_scale_from_0_to_1():
    model = load("mini")
    ids = torch.tensor([model.tokenizer.encode("<|endoftext|> ana")])
    with record(model, "*.weights") as trace:
        model(ids)
    weights = trace.layers("attention.weights")[:, 0]  # (L, H, T, S)
    figure = attention_figure(weights, model.tokenizer.decode(ids[0]).split(" "), "en")
    assert np.array_equal(maps(figure), weights.flatten(0, 1))
    assert {axes.images[0].get_clim() for axes in figure.axes[:-1]} == {(0, 1)}


def test_rows_are_queries_and_columns_keys_and_the_queries_are_the_last_tokens():
    axes = attention_figure(random_weights(2, 4), ["one", " two", " three", " four"], "en").axes[0]
    assert ticks(axes.get_xticklabels()) == ["one", "·two", "·three", "·four"]
    assert ticks(axes.get_yticklabels()) == ["·three", "·four"]
    assert axes.get_ylim() == (1.5, -0.5)  # the first query is on top


def test_only_the_outer_maps_carry_the_tokens_and_under_every_column_one_does():
    figure = attention_figure(random_weights(5, 2, 2), ["a", "b"], "en")  # two rows: three maps, two maps
    assert [bool(axes.get_yticklabels()) for axes in figure.axes[:5]] == [True, False, False, True, False]
    assert [bool(axes.get_xticklabels()) for axes in figure.axes[:5]] == [False, False, True, True, True]


@pytest.mark.slow
def test_forty_tokens_are_readable_and_what_would_not_be_is_left_out():
    tokens = [f"t{i}" for i in range(40)]
    figure = attention_figure(random_weights(12, 40, 40), tokens, "en")
    labels = figure.axes[-2].get_xticklabels()
    assert ticks(labels) == tokens
    assert labels[0].get_fontsize() > 6
    figure.draw_without_rendering()  # this lays it out
    side = figure.axes[-2].get_position().width * figure.get_figwidth() * 72 / 40  # points per token
    assert labels[0].get_fontsize() < side
    crowded = attention_figure(random_weights(12, 100, 100), ["t"] * 100, "en")
    assert not any(axes.get_xticklabels() or axes.get_yticklabels() for axes in crowded.axes[:-1])


HOSTILE = ["$x^2$", "$\\frac", "\\alpha", "_{^", "<b>&amp;", "a\nb\tc", "\x00", "\ud800", "%s{}", "", "   ", "x" * 999]


def test_hostile_tokens_are_drawn_as_they_are_on_one_short_line():
    figure = attention_figure(np.eye(len(HOSTILE)), HOSTILE, "en")
    labels = figure.axes[0].get_xticklabels() + figure.axes[0].get_yticklabels()
    assert ticks(labels)[: len(HOSTILE)] == [
        *["$x^2$", "$\\frac", "\\alpha", "_{^", "<b>&amp;", "a\\nb\\tc", "\\x00", "\\ud800", "%s{}", "", "···"],
        "x" * 13 + "…",
    ]
    assert not any(label.get_parse_math() for label in labels)
    assert drawn(figure).startswith(b"\x89PNG")


def test_a_label_has_one_line_and_at_most_14_characters_whatever_the_token():
    for token in [*HOSTILE, *map(chr, range(0x3000))]:
        assert token_label(token).isprintable() and len(token_label(token)) <= 14


@pytest.mark.parametrize("shape", [(3,), (1, 1, 1, 3, 3), (0, 3, 3), (3, 2), (3, 4), (4, 3)])
def test_weights_that_do_not_fit_the_tokens_are_refused_with_their_shape(shape):
    with pytest.raises(ValueError, match=r"weights of shape \(.*\) must"):
        attention_figure(np.zeros(shape), ["a", "b", "c"], "en")


# ---------------------------------------------------------------- cost

GROWTH = [
    Cost(parameters=2**18, context=n, cached=cached, seconds=0.001 * (1 if cached else n), bytes=2**20 * n)
    for n in (2, 4, 8)
    for cached in (False, True)
]


def lines(axes):
    return {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}


@BOTH
def test_time_and_memory_are_drawn_with_a_cache_and_without(lang):
    time, memory = cost_figure(GROWTH, lang).axes
    without, with_cache, weights = (TEXTS[name][lang] for name in ("without cache", "with cache", "weights"))
    assert lines(time)[without] == [[2, 2], [4, 4], [8, 8]]  # milliseconds
    assert lines(time)[with_cache] == [[2, 1], [4, 1], [8, 1]]
    assert [line.get_xydata().tolist() for line in memory.get_lines()[:2]] == [[[2, 2], [4, 4], [8, 8]]] * 2  # MiB
    assert lines(memory)[weights] == [[2, 1], [4, 1], [8, 1]]  # 2^18 parameters of 4 bytes
    assert ticks(time.figure.legends[0].get_texts()) == [without, with_cache, weights]
    assert [time.get_ylabel(), memory.get_ylabel()] == [TEXTS["milliseconds"][lang], TEXTS["mebibytes"][lang]]
    for axes in (time, memory):
        assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel()) == ("log", "log", TEXTS["context"][lang])
        assert ticks(axes.get_xticklabels()) == ["2", "4", "8"]


def test_the_guides_have_the_slopes_that_they_name():
    for axes in cost_figure(GROWTH, "en").axes:
        guides = [line for line in axes.get_lines() if line.get_linestyle() == "--"]
        for guide, text, slope in zip(guides, axes.texts, (1, 2), strict=True):
            (x0, y0), (x1, y1) = guide.get_xydata()
            assert np.log(y1 / y0) / np.log(x1 / x0) == pytest.approx(slope)
            assert text.get_text() == f"slope {slope}"
            assert text.get_position() == (x1, y1)


def test_cost_can_stand_against_parameters():
    growth = [Cost(n, 64, cached, 0.001, 2**20) for n in (10**5, 10**6) for cached in (False, True)]
    time, memory = cost_figure(growth, "pt", against="parameters").axes
    assert [line.get_xdata().tolist() for line in time.get_lines()[:2]] == [[10**5, 10**6]] * 2
    assert time.get_xlabel() == memory.get_xlabel() == "parâmetros"


@pytest.mark.parametrize("records", [[], [*GROWTH, Cost(7, 2, True, 1.0, 1)]])
def test_records_of_several_models_are_not_joined_by_a_line(records):
    with pytest.raises(ValueError, match="records drawn against='context' must all have the same parameters"):
        cost_figure(records, "en")


def test_a_figure_is_left_neither_open_nor_with_its_style_on_others():
    size = plt.rcParams["font.size"]
    surprise_figure(WORDS, [2.0, 1.0, 3.5, 0.5], [2.0, 0.0, 3.0, 1.0], "en")
    assert plt.get_fignums() == []
    assert plt.rcParams["font.size"] == size


@styled
def plotted(lang):
    figure, axes = plt.subplots()
    axes.plot([-0.25, 0.5], [10, 20])
    axes.set_xticks([-0.25, 0.5])
    return figure


def test_tick_labels_have_the_separators_of_the_language_and_another_language_is_refused():
    assert ticks(plotted("pt").axes[0].get_xticklabels()) == ["−0,25", "0,50"]
    assert ticks(plotted(lang="en").axes[0].get_xticklabels()) == ["−0.25", "0.50"]
    with pytest.raises(ValueError, match="lang='fr' must be 'pt' or 'en'"):
        plotted("fr")


def test_cross_attention_has_queries_of_another_text():
    figure = attention_figure([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]], ["a", "bola"], "pt", queries=["the", "ball", "."])
    assert ticks(figure.axes[0].get_xticklabels()) == ["a", "bola"]
    assert ticks(figure.axes[0].get_yticklabels()) == ["the", "ball", "."]
    with pytest.raises(
        ValueError, match=r"weights of shape \(2, 2\) must end in \(1, 2\), the numbers of queries and tokens"
    ):
        attention_figure([[1, 0], [0.5, 0.5]], ["a", "bola"], "pt", queries=["the"])


def test_the_losses_of_several_trainings_are_told_apart_by_name():
    [axes] = loss_figure({"causal": [3.0, 2.0], "not": [3.0, 1.0]}, 1.5, "en").axes
    assert ticks(axes.get_legend().get_texts()) == ["causal", "not", TEXTS["floor"]["en"]]
    assert [line.get_ydata().tolist() for line in axes.lines[:2]] == [[3, 2], [3, 1]]
    assert axes.lines[0].get_color() != axes.lines[1].get_color()


def test_samples_of_any_text_make_a_picture_of_the_same_size_without_a_warning(recwarn):
    short, hostile = samples_figure({"a": "one"}, "en"), samples_figure({"a": "\u30bd $x$ </script> \n" * 99}, "en")
    for figure in (short, hostile):
        figure.canvas.draw()
    assert (short.get_size_inches() == hostile.get_size_inches()).all()
    assert hostile.axes[0].texts[1].get_text().startswith("� $x$ </script> �")
    assert hostile.axes[0].texts[1].get_text().endswith("…")
    assert not recwarn.list
