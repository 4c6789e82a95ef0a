"""Figures: the labels and the numbers on them, not the pixels."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mini_gpt.lesson.figures import TEXTS, knobs_figure, loss_figure, next_token_figure, surprise_figure

WORDS = ["ana", "buys", "a", "book"]


def ticks(labels):
    return [label.get_text() for label in labels]


@pytest.mark.parametrize("lang", ["pt", "en"])
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


def test_each_knob_has_its_panel_on_one_scale():
    figure = knobs_figure(WORDS, {"p": [0.4, 0.3, 0.2, 0.1], "top-k": [0.6, 0.4, 0.0, 0.0]}, "en")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["p", "top-k"]
    assert {axes.get_xlim() for axes in figure.axes} == {(0, 1)}
    assert [bar.get_width() for bar in figure.axes[1].containers[0]] == [0.6, 0.4, 0.0, 0.0]


def test_surprise_is_split_into_what_all_pay_and_what_the_model_pays_beyond():
    (axes,) = surprise_figure(WORDS, [2.0, 1.0, 3.5, 0.5], [2.0, 0.0, 3.0, 1.0], "pt").axes
    truth, excess = axes.containers
    assert [bar.get_height() for bar in truth] == [2.0, 0.0, 3.0, 1.0]
    assert [(bar.get_y(), bar.get_height()) for bar in excess] == [(2.0, 0.0), (0.0, 1.0), (3.0, 0.5), (0.0, -0.5)]
    assert ticks(axes.get_xticklabels()) == WORDS


def test_the_loss_stands_above_its_floor():
    losses = np.linspace(3, 1, 50)
    (axes,) = loss_figure(list(losses), 0.7, "en").axes
    each, floor = axes.get_lines()
    assert each.get_ydata().tolist() == losses.tolist()
    assert each.get_xdata().tolist() == list(range(1, 51))
    assert set(floor.get_ydata()) == {0.7}
    assert axes.get_ylim()[0] == 0


def test_a_figure_is_left_neither_open_nor_with_its_style_on_others():
    size = plt.rcParams["font.size"]
    knobs_figure(WORDS, {"p": [0.4, 0.3, 0.2, 0.1]}, "en")
    assert plt.get_fignums() == []
    assert plt.rcParams["font.size"] == size
