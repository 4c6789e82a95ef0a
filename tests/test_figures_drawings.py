"""The drawings: the words in the boxes, and sizes to scale."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.figures import drawings
from mini_gpt.lesson.figures.style import BLUE
from mini_gpt.lesson.recipes import SHAPES
from mini_gpt.lesson.words import LANGUAGES, in_language, local
from mini_gpt.model import causal_mask, padding_mask
from mini_gpt.sizes import parameters

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


@BOTH
def test_gpt_2s_block_has_no_cross_attention_and_its_norms_come_first(lang):
    texts = in_language(drawings.TEXTS, lang)
    shown = words(figures.decoder_block_figure(lang))
    before, after = shown[: shown.index(texts["decoder 2017"])], shown[shown.index(texts["memory"]) + 1 :]
    assert before.count(texts["cross-attention"]) == 1 and texts["cross-attention"] not in after
    assert before[:2] == [texts["masked self-attention"], texts["add & norm"]]
    assert after[:4] == [texts[name] for name in ("norm", "masked self-attention", "norm", "feed-forward")]


@BOTH
def test_an_encoders_blocks_have_no_mask(lang):
    texts = in_language(drawings.TEXTS, lang)
    shown = words(figures.encoder_block_figure(lang))
    assert shown.count(texts["self-attention"]) == shown.count(texts["feed-forward"]) == 2
    assert texts["masked self-attention"] not in shown and texts["memory"] not in shown


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
    assert widths == [round(250 * row["d_model"] / 1600, 6) for row in rows for _ in range(row["n_layer"])]
    shown = " ".join(words(figure))
    assert all(local(f"{row['parameters']:,}", lang) in shown for row in rows)


def test_the_areas_of_gpt_and_gpt_2_are_as_ten_to_one():
    sides = rectangles(figures.growth_figure("en").axes[0])
    large, small = sides[::2], sides[1::2]
    assert [a * b / (c * d) for (a, b), (c, d) in zip(large, small, strict=True)] == pytest.approx([10, 10])


# ---------------------------------------------------------------- who sees whom


def blue(axes) -> list[bool]:
    """Whether each cell of a table is at its bluest."""
    return [np.allclose(patch.get_facecolor()[:3], to_rgb(BLUE)) for patch in axes.patches]


def test_a_mask_is_full_where_a_query_may_see_a_key_and_names_stand_where_they_change():
    causal = causal_mask(3)
    padded = causal & padding_mask(torch.tensor([[1, 1, 0]]))[0]
    one, two, three = figures.masks_figure(
        {"causal": (causal, list("abc")), "all": (np.ones((3, 3)), list("abc")), "padding": (padded, list("ab_"))}, "en"
    ).axes
    assert blue(one) == causal.flatten().tolist()
    assert blue(two) == [True] * 9
    assert blue(three) == padded.flatten().tolist()
    assert [labels(axes.get_yticklabels()) for axes in (one, two, three)] == [list("abc"), [], list("ab_")]


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
        ["1.00", "0.92", "0.08"],  # what the mask blocks has no weight
        ["1.00", "0.00", "0.92", "0.08"],
    ]
    assert shown == [[local(number, lang) for number in numbers] for numbers in expected]


def test_the_same_sentence_in_two_models_has_one_row_that_stands_out():
    one, two = figures.side_by_side_figure({"a": np.eye(2), "b": np.ones((2, 2)) / 2}, ["the", "bank"], 1, "en").axes
    assert [axes.get_title() for axes in (one, two)] == ["a", "b"]
    assert blue(one)[:4] == [True, False, False, True]
    weights = [label.get_fontweight() for label in two.get_yticklabels()]
    assert weights == ["normal", "bold"]


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


def test_each_new_token_has_its_probability_and_is_read_again_in_the_next_row():
    shown = words(figures.generation_figure(["ana", "buys", "tea"], [0.5, 0.25], "en"))
    assert shown == ["ana", "mini", "buys", "p = 0.50", "ana", "buys", "mini", "tea", "p = 0.25"]


@BOTH
def test_a_prompt_and_its_answer_stand_side_by_side(lang):
    shown = words(figures.prompts_figure({"sum up": ("a b c", ["leo", "<b>$x$"], 0.5)}, lang))
    assert {"sum up", "a b c", "leo", "<b>$x$"} <= set(shown)
    assert any(text.endswith(local("0.500", lang)) for text in shown)


@BOTH
def test_the_chain_rules_product_and_sums_are_those_of_its_rows(lang):
    figure = figures.chain_rule_figure(["ana", "is"], [1.0, 2.5], [1.0, 2.0], lang)
    shown = words(figure)
    assert {local(number, lang) for number in ("0.500", "0.250", "1.2·10⁻¹", "8.8·10⁻²")} <= set(shown)
    assert any(local("3.0 · 3.5", lang) in text for text in shown)
    truth, excess = figure.axes[0].containers
    assert [bar.get_width() for bar in truth] == [1, 2] and [bar.get_width() for bar in excess] == [0, 0.5]


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


@BOTH
def test_the_table_of_sizes_counts_every_preset(lang):
    shown = words(figures.sizes_figure(SHAPES, lang))
    for name, config in SHAPES.items():
        assert name in shown and local(f"{sum(parameters(config).values()):,}", lang) in shown


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
