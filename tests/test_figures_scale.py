"""Models of many sizes: the points, the floor, the means on the figures."""

import pytest

from mini_gpt.lesson.calibration import binned
from mini_gpt.lesson.figures import calibration_figure, differences_figure, power_law_figure, scale, scaling_figure

LOSSES = {"small": (5000, 1.5), "middle": (40_000, 1.0), "large": (900_000, 0.99)}


def texts(labels):
    return [label.get_text() for label in labels]


def test_every_model_is_a_point_on_both_scales_with_its_name():
    loss, above = scaling_figure(LOSSES, 0.98, "en", more=["large"]).axes
    assert loss.lines[0].get_xydata().tolist() == [list(point) for point in LOSSES.values()]
    assert above.lines[0].get_ydata().tolist() == pytest.approx([0.52, 0.02, 0.01])
    assert texts(loss.texts) == texts(above.texts) == list(LOSSES)
    assert (loss.get_xscale(), above.get_xscale(), loss.get_yscale(), above.get_yscale()) == (
        "log",
        "log",
        "linear",
        "log",
    )
    assert loss.get_ylabel() == scale.TEXTS["loss"]["en"]


def test_the_floor_is_drawn_and_the_axis_of_the_loss_begins_at_zero():
    loss, _ = scaling_figure(LOSSES, 0.98, "en").axes
    assert set(loss.lines[-1].get_ydata()) == {0.98}
    assert loss.get_ylim()[0] == 0


def test_a_model_that_read_more_is_hollow_and_the_legend_says_so():
    figure = scaling_figure(LOSSES, 0.98, "en", more=["large"])
    assert [line.get_markerfacecolor() == "white" for line in figure.axes[0].lines[1:4]] == [False, False, True]
    assert scale.TEXTS["more"]["en"] in texts(figure.legends[0].get_texts())
    assert scale.TEXTS["more"]["en"] not in texts(scaling_figure(LOSSES, 0.98, "en").legends[0].get_texts())


def test_a_loss_under_the_floor_is_refused():
    with pytest.raises(ValueError, match=r"losses=.* must be above floor=0\.99: .*same documents"):
        scaling_figure(LOSSES, 0.99, "en")


def test_each_place_is_a_point_and_each_bin_has_its_mean():
    said, true = [0.05, 0.07, 0.95], [0.0, 0.2, 1.0]
    one, other = calibration_figure({"small": (said, true), "large": (true, true)}, "en").axes
    diagonal, places, means = one.lines
    assert places.get_xydata().tolist() == [list(point) for point in zip(said, true, strict=True)]
    assert means.get_xydata().tolist() == [[each.said, each.true] for each in binned(said, true)]
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert [one.get_title(loc="left"), other.get_title(loc="left")] == ["small", "large"]
    assert one.get_xlabel() == scale.TEXTS["probability said"]["en"]


def test_entropies_share_one_scale_that_holds_them_all():
    one, other = calibration_figure({"small": ([4.0], [1.0]), "large": ([2.0], [2.0])}, "pt", "entropy").axes
    assert one.get_xlim() == other.get_xlim() == one.get_ylim() == pytest.approx((-0.08, 4.08))
    assert one.get_ylabel() == scale.TEXTS["entropy true"]["pt"]


def test_numbers_have_decimal_commas_in_portuguese():
    [axes] = calibration_figure({"small": ([0.5], [0.5])}, "pt").axes
    assert "0,4" in texts(axes.get_xticklabels())
    loss, above = scaling_figure(LOSSES, 0.98, "pt").axes
    assert loss.xaxis.get_major_formatter()(100_000, 0) == "100.000"
    assert above.yaxis.get_major_formatter()(0.01, 0) == "0,01"


def test_a_difference_is_hollow_where_its_interval_holds_zero_and_the_first_is_on_top():
    axes = differences_figure({"RoPE": (-0.01, 0.004), "GQA": (0.002, 0.006), "worse": (0.02, 0.01)}, "pt").axes[0]
    points = [container.lines[0] for container in axes.containers]
    assert [point.get_xdata()[0] for point in points] == [-0.01, 0.002, 0.02]
    assert [point.get_markerfacecolor() == "white" for point in points] == [False, True, False]
    assert axes.yaxis_inverted() and texts(axes.get_yticklabels()) == ["RoPE", "GQA", "worse"]
    [reach] = axes.containers[1].lines[2]
    assert reach.get_segments()[0][:, 0].tolist() == pytest.approx([-0.004, 0.008])
    assert axes.xaxis.get_major_formatter()(-0.01) == "−0,010"
    assert [(text.get_position()[0], text.get_ha()) for text in axes.texts] == [(0, "right"), (0, "left")]


def test_a_power_is_a_straight_line_over_its_range_and_what_it_has_not_seen_is_hollow():
    points = {"small": (1000, 0.4), "middle": (10_000, 0.1), "large": (100_000, 0.05)}
    [axes] = power_law_figure(points, [(1000, 40.0, -2 / 3), (10_000, 1.0, -0.25)], "middle", "pt").axes
    wide, narrow, *models = axes.lines
    assert wide.get_xdata().tolist() == [1000, 100_000] and narrow.get_xdata().tolist() == [10_000, 100_000]
    assert wide.get_ydata().tolist() == pytest.approx([0.4, 40 / 100_000 ** (2 / 3)])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [line.get_markerfacecolor() == "white" for line in models] == [False, True, False, True]
    assert "expoente −0,67" in axes.get_legend().get_texts()[0].get_text()
