"""Words in context: the numbers and points on the figures."""

import numpy as np
import pytest

from mini_gpt.lesson.figures import layers_figure, neighbours_figure, sense_figure, senses


def texts(labels):
    return [label.get_text() for label in labels]


def test_each_word_has_its_neighbours_with_their_cosines():
    ana, tea = neighbours_figure({"ana": {"lia": 0.9, "sara": 0.8}, "tea": {"milk": 0.7}}, "en").axes
    assert [ana.get_title(loc="left"), tea.get_title(loc="left")] == ["ana", "tea"]
    assert texts(ana.get_yticklabels())[:2] == ["lia", "sara"]
    assert [bar.get_width() for bar in ana.containers[0]] == [0.9, 0.8]


def test_each_model_has_a_panel_and_each_series_a_line():
    one, two = layers_figure({"gpt": {"same": [1, 0.5]}, "encoder": {"same": [1, 0.9]}}, "en").axes
    assert [one.get_title(loc="left"), two.get_title(loc="left")] == ["gpt", "encoder"]
    assert [axes.lines[0].get_ydata().tolist() for axes in (one, two)] == [[1, 0.5], [1, 0.9]]
    assert one.get_ylabel() == senses.TEXTS["cosine"]["en"]
    assert texts(two.get_legend().get_texts()) == ["same"]


def test_accuracies_have_error_bars_and_chance_beside_them():
    [axes] = layers_figure({"gpt": {"before": [0.5, 0.9]}}, "pt", {"gpt": {"before": [0.1, 0.05]}}).axes
    bars = axes.containers[0][2][0].get_segments()
    assert [segment[:, 1].tolist() for segment in bars] == [pytest.approx([0.4, 0.6]), pytest.approx([0.85, 0.95])]
    assert senses.TEXTS["chance"]["pt"] in texts(axes.get_legend().get_texts())


def test_each_occurrence_is_a_point_in_every_layer():
    points = np.arange(12.0).reshape(2, 3, 2)
    first, second = sense_figure(points, ["bank", "bench", "bank"], "en").axes
    assert first.collections[0].get_offsets().tolist() == [[0, 1], [4, 5]]
    assert second.collections[1].get_offsets().tolist() == [[8, 9]]
    assert first.get_title(loc="left") == "layer 0"
    assert first.get_xlim() == second.get_ylim() == pytest.approx((-12.1, 12.1))  # one scale for all
