"""Training: the numbers and labels on the figures."""

import pytest

from mini_gpt.lesson.figures import gradient_figure, learning_figure, loss_figure, schedule_figure, training
from mini_gpt.lesson.words import LANGUAGES


def texts(labels):
    return [label.get_text() for label in labels]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_tangent_touches_the_loss_where_the_parameter_is_and_has_the_gradient_as_slope(lang):
    values = [0.0, 1.0, 2.0, 3.0]
    (axes,) = gradient_figure(values, [9.0, 4.0, 1.0, 0.0], 1.0, -4.0, lang).axes
    curve, tangent, point = axes.get_lines()
    assert curve.get_xydata().tolist() == [[0, 9], [1, 4], [2, 1], [3, 0]]
    (x0, y0), (x1, y1) = tangent.get_xydata()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(-4) and (y0 + y1) / 2 == 4 and (x0 + x1) / 2 == 1
    assert point.get_xydata().tolist() == [[1, 4]]
    assert (
        texts(axes.get_legend().get_texts())[1] == {"pt": "gradiente aqui: −4,00", "en": "gradient here: −4.00"}[lang]
    )
    assert [axes.get_xlabel(), axes.get_ylabel()] == [training.TEXTS[name][lang] for name in ("parameter", "loss")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_schedule_is_a_line_from_step_1(lang):
    (axes,) = schedule_figure({"constant": [0.1, 0.1], "warm-up": [0.05, 0.1]}, lang).axes
    assert [line.get_xydata().tolist() for line in axes.get_lines()] == [[[1, 0.1], [2, 0.1]], [[1, 0.05], [2, 0.1]]]
    assert texts(axes.get_legend().get_texts()) == ["constant", "warm-up"]
    assert [axes.get_xlabel(), axes.get_ylabel()] == [training.TEXTS[name][lang] for name in ("step", "learning rate")]


def test_three_runs_have_three_looks_and_the_floor_a_fourth():
    (axes,) = loss_figure({name: [3.0, 2.0] for name in "abc"}, 1.0, "en").axes
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.get_lines()}) == 4


def test_each_learning_curve_has_its_least_in_a_ring():
    (axes,) = learning_figure({"training": {5: 2.0, 10: 1.0}, "validation": {0: 4.0, 5: 2.5, 10: 3.0}}, "en").axes
    training_curve, ring, validation_curve, second = axes.get_lines()
    assert training_curve.get_xydata().tolist() == [[5, 2], [10, 1]] and ring.get_xydata().tolist() == [[10, 1]]
    assert validation_curve.get_xydata().tolist() == [[0, 4], [5, 2.5], [10, 3]]
    assert second.get_xydata().tolist() == [[5, 2.5]] and axes.get_ylim()[0] == 0
    assert texts(axes.get_legend().get_texts()) == ["training", "validation"]
