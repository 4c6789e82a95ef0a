"""The drawings: the words in the boxes, and sizes to scale."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.figures import drawings
from mini_gpt.lesson.figures.style import BLUE
from mini_gpt.lesson.words import LANGUAGES, in_language, local
from mini_gpt.model import causal_mask

BOTH = pytest.mark.parametrize("lang", LANGUAGES)


def words(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def labels(ticks) -> list[str]:
    return [label.get_text() for label in ticks]


def rectangles(axes) -> list[tuple[float, float]]:
    """(width, height) of each plain rectangle."""
    return [(patch.get_width(), patch.get_height()) for patch in axes.patches if type(patch) is Rectangle]


# ---------------------------------------------------------------- what a model is made of


@BOTH
def test_the_transformer_has_one_masked_and_one_cross_attention_and_a_norm_after_each_sum(lang):
    shown = words(figures.transformer_figure(lang, "the hat", "o chapéu"))
    texts = in_language(drawings.TEXTS, lang)
    counts = {name: shown.count(texts[name]) for name in ("self-attention", "masked self-attention", "cross-attention",
                                                          "feed-forward", "add & norm", "norm")}  # fmt: skip
    assert list(counts.values()) == [1, 1, 1, 2, 5, 0]
    assert {"the hat", "o chapéu", texts["memory"], texts["next"]} <= set(shown)


LAYERS = {lang: {drawings.TEXTS[name][lang] for name in (*drawings.LOOKS, "feed-forward")} for lang in LANGUAGES}


@BOTH
def test_of_the_three_blocks_only_the_decoders_of_2017_has_cross_attention_and_only_gpt_2s_norms_come_first(lang):
    texts = in_language(drawings.TEXTS, lang)
    shown = words(figures.blocks_figure(lang))
    ends = [shown.index(texts[name]) for name in ("encoder 2017", "decoder 2017", "GPT-2")]
    blocks = [[text for text in shown[start:end] if text in LAYERS[lang]] for start, end in pairwise([0, *ends])]
    names = [
        ["self-attention", "add & norm", "feed-forward", "add & norm"],
        ["masked self-attention", "add & norm", "cross-attention", "add & norm", "feed-forward", "add & norm"],
        ["norm", "masked self-attention", "norm", "feed-forward"],
    ]
    assert blocks == [[texts[name] for name in each] for each in names]


def test_an_arrow_with_a_corner_ends_where_it_should_and_a_short_way_keeps_its_corner_in_the_middle():
    figure, axes = drawings.canvas()
    plt.close(figure)
    drawings.arrow(axes, (0, 0), (0, 50), (100, 50))
    vertices = axes.patches[0].get_path().vertices
    assert vertices[0].tolist() == [0, 0] and [0, 50] in vertices.tolist()
    assert drawings.towards((0, 0), (40, 0)) == (10, 0)
    assert drawings.towards((0, 0), (0, 8)) == (0, 4)


@BOTH
def test_the_stacks_have_as_many_bars_as_blocks_in_the_widths_of_the_models(lang):
    figure = figures.stacks_figure(lang)
    widths = [round(width, 6) for width, _ in rectangles(figure.axes[0])]
    rows = FACTS["sizes"]["rows"]
    assert widths == [round(66 * row["d_model"] / 1600, 6) for row in rows for _ in range(row["n_layer"])]
    counts = {local(f"{row['parameters'] / 1e6:,.0f}", lang) + "M" for row in rows}
    assert counts | {row["paper"] for row in rows} <= set(words(figure))


# ---------------------------------------------------------------- who sees whom


def blue(axes) -> list[bool]:
    """Whether each cell of a table is at its bluest."""
    return [np.allclose(patch.get_facecolor()[:3], to_rgb(BLUE)) for patch in axes.patches]


@BOTH
def test_a_heads_four_steps_hold_its_numbers(lang):
    scores = np.array([[1.0, 9.0], [0.5, -2.0]])
    weights = np.array([[1.0, 0.0], [0.924, 0.076]])
    values = np.array([[1.0, 0.0, 3.0, 4.0], [0.0, 1.0, 5.0, 6.0]])
    panels = figures.attention_steps_figure(scores, weights, values, causal_mask(2), ["ana", "is"], lang).axes
    shown = [[text.get_text() for text in axes.texts] for axes in panels]
    expected = [
        ["2.0", "18.0", "1.0", "−4.0"],  # times the root of d_head = 4
        ["1.0", "9.0", "0.5", "−2.0"],
        ["1.00", "0.92", "0.08"],  # blocked keys have no weight
        ["1.00", "0.00", "0.92", "0.08"],
    ]
    assert shown == [[local(number, lang) for number in numbers] for numbers in expected]


def test_a_painted_mask_shows_weights_and_chances_in_per_cent_where_it_lets_through():
    figure = figures.painted_figure([[1, 0], [0.25, 0.75]], causal_mask(2), ["ana", "is"], [0.5], "en")
    assert [[text.get_text() for text in axes.texts] for axes in figure.axes] == [["100", "25", "75"], ["50"]]


def test_an_edges_weight_stands_beside_what_cutting_it_costs():
    heads = {"one": ([0.9, 0.1], [2.0, 0.0]), "two": ([0.2, 0.8], [0.0, -0.5])}
    axes = figures.edges_figure(heads, ["ana", "is"], "en").axes
    assert [[bar.get_width() for bar in each.patches] for each in axes] == [[0.9, 0.1], [2, 0], [0.2, 0.8], [0, -0.5]]
    assert [text.get_text() for text in axes[1].texts] == ["2.0", "0.0"]
    assert axes[1].get_xlim()[1] == axes[3].get_xlim()[1]  # one scale for both


# ---------------------------------------------------------------- a model that writes


@BOTH
def test_a_prompt_and_its_answer_stand_side_by_side(lang):
    shown = words(figures.prompts_figure({"sum up": ("a b c", ["leo", "<b>$x$"], 0.5)}, lang))
    assert {"sum up", "a b c", "leo", "<b>$x$"} <= set(shown)
    assert any(text.endswith(local("0.500", lang)) for text in shown)


def test_what_players_paid_is_added_up():
    [axes] = figures.bets_figure({"GPT": [1.0, 2.0], "truth": [1.0, 1.0]}, ["tea", "."], "en").axes
    assert [line.get_ydata().tolist() for line in axes.lines] == [[1, 3], [1, 2]]
    assert labels(axes.get_xticklabels()) == ["tea", "."]


# ---------------------------------------------------------------- numbers


def test_perplexities_relative_to_the_smallest_model_all_fall():
    [axes] = figures.saturation_figure("en").axes
    lines = [list(line.get_ydata()) for line in axes.lines]
    assert len(lines) == 5
    assert all(line[0] == 1 and line == sorted(line, reverse=True) for line in lines)
    names = {text.get_text() for text in axes.texts}
    perplexities = [each for each in FACTS["zero_shot"]["columns"] if each["metric"] == "perplexity"]
    assert names == {each["data_set"] for each in perplexities}


def test_each_word_has_a_vector_and_each_occurrence_has_one():
    words_at = {"bank": (0.0, 0.0), "cash": (1.0, 0.0), "river": (-1.0, 0.01)}
    senses = {"cash": "banco", "river": "margem"}
    points = [(0.0, 1.0), (2.0, 3.0)]
    left, right = figures.vectors_figure(words_at, senses, points, ["banco", "margem"], "en").axes
    assert {text.get_text() for text in left.texts} == set(words_at)
    assert [points.get_offsets().tolist() for points in right.collections] == [[[0, 1]], [[2, 3]]]


def test_the_brief_table_of_results_names_each_metric_above_its_panel():
    titles = [axes.get_title(loc="left") for axes in figures.results_figure("en", brief=True).axes]
    assert titles[0] == "LAMBADA\nperplexity ↓" and titles[7] == "text8\nbits per character ↓"
