"""The paper's table, a model's marks, the planted bias, the cost of tokens, drawn."""

import pytest

from mini_gpt.facts import FACTS
from mini_gpt.lesson.figures import (
    accuracy_figure,
    bias_figure,
    results_figure,
)


def texts(labels):
    return [label.get_text() for label in labels]


def points(bars):
    """(N, 3): the values of drawn error bars, and the ends of each."""
    [ends] = bars.lines[2]
    values = bars.lines[0].get_xdata()
    return [[value, low[0], high[0]] for value, (low, high) in zip(values, ends.get_segments(), strict=True)]


@pytest.mark.slow
def test_every_cell_of_table_3_is_drawn_and_full_if_it_beats_what_was_best():
    figure = results_figure("pt")
    columns, rows = FACTS["zero_shot"]["columns"], FACTS["zero_shot"]["rows"]
    for axes, column in zip(figure.axes, columns, strict=True):
        before, curve, *dots = axes.lines
        scores = [rows[name][column["key"]] for name in ("117M", "345M", "762M", "1542M")]
        assert list(curve.get_ydata()) == scores == [dot.get_ydata()[0] for dot in dots]
        assert set(before.get_ydata()) == {rows["SOTA"][column["key"]]}
        full = [dot.get_markerfacecolor() != "white" for dot in dots]
        sign = 1 if column["better"] == "higher" else -1
        assert full == [sign * score > sign * rows["SOTA"][column["key"]] for score in scores]
        assert axes.get_title(loc="left") == column["data_set"]
        assert axes.get_ylabel().endswith("↑" if column["better"] == "higher" else "↓")
    assert len(figure.legends[0].get_texts()) == 3


def test_text8_is_measured_in_bits_per_character_and_enwik8_in_bits_per_byte():
    labels = {axes.get_title(loc="left"): axes.get_ylabel() for axes in results_figure("en").axes}
    assert labels["enwik8"] == "bits per byte ↓" and labels["text8"] == "bits per character ↓"


def test_a_mark_keeps_its_interval_and_a_task_without_one_leaves_a_gap():
    new = {"translate": (1.0, 0.96, 1.0), "answer": (0.5, 0.4, 0.6)}
    figure = accuracy_figure({"new": new, "held out": {"answer": (0.45, 0.35, 0.55)}}, {"answer": 0.5}, "en")
    [axes] = figure.axes
    assert texts(axes.get_yticklabels()) == ["translate", "answer"]
    drawn, held_out = axes.containers
    assert points(drawn) == [pytest.approx(share) for share in new.values()]
    assert points(held_out) == [pytest.approx([0.45, 0.35, 0.55])]
    assert round(held_out.lines[0].get_ydata()[0]) == 1  # on the line of its task
    assert axes.lines[0].get_xydata().tolist() == [[0.5, 1]]
    assert {"new", "held out"} < {*texts(figure.legends[0].get_texts())}


def test_an_interval_that_rounding_turned_around_is_still_drawn():
    figure = accuracy_figure({"new": {"translate": (1.0, 0.96, 0.9999999)}}, {}, "pt")
    assert points(figure.axes[0].containers[0]) == [pytest.approx([1.0, 0.96, 1.0])]


def test_the_bias_stands_beside_its_planted_size_in_each_language():
    jobs = {
        "pt": {"motorista": (0.8, 0.81, (0.78, 0.74, 0.82))},
        "en": {"a driver": (0.8, 0.79, (0.8, 0.76, 0.84)), "a florist": (0.2, 0.21, (0.25, 0.21, 0.29))},
    }
    figure = bias_figure(jobs, "en")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["in Portuguese", "in English"]
    for axes, by_job in zip(figure.axes, jobs.values(), strict=True):
        assert texts(axes.get_yticklabels()) == list(by_job)
        truth, model = axes.lines[1:3]
        assert list(truth.get_xdata()) == [each[0] for each in by_job.values()]
        assert list(model.get_xdata()) == [each[1] for each in by_job.values()]
        assert points(axes.containers[0]) == [pytest.approx(each[2]) for each in by_job.values()]
