"""Where a text is cut."""

import io
import warnings

from matplotlib.colors import to_rgb

from mini_gpt.lesson.figures import cuts_figure
from mini_gpt.lesson.figures.style import INK
from mini_gpt.lesson.figures.tokens import TINTS

CUTS = {"bytes": list("a cat"), "BPE": ["a", " cat"]}


def texts(labels):
    return [label.get_text() for label in labels]


def boxes(axes):
    """Of each box: its row, its left end, its width."""
    return [(round(box.get_y() + box.get_height() / 2), box.get_x(), box.get_width()) for box in axes.patches]


def contrast(one: str, other: str) -> float:
    """Of two colours, as the accessibility guidelines define it."""
    linear = [[c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(x)] for x in (one, other)]
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear)
    return (light + 0.05) / (dark + 0.05)


def test_each_text_has_a_row_of_tokens_and_their_number():
    (axes,) = cuts_figure(CUTS, "pt").axes
    assert texts(axes.get_yticklabels()) == ["bytes", "BPE"]
    assert texts(axes.texts) == ["a", "·", "c", "a", "t", "5 tokens", "a", "·cat", "2 tokens"]
    assert axes.yaxis_inverted()  # the first row is on top


def test_the_boxes_of_a_row_stand_side_by_side_and_are_as_wide_as_their_tokens():
    (axes,) = cuts_figure(CUTS, "en").axes
    assert boxes(axes) == [(0, x, 1) for x in range(5)] + [(1, 0, 1), (1, 1, 4)]


def test_neighbouring_tokens_differ_in_tint_and_all_can_be_read():
    (axes,) = cuts_figure(CUTS, "en").axes
    assert [box.get_facecolor()[:3] for box in axes.patches[:3]] == [to_rgb(TINTS[i % 2]) for i in range(3)]
    assert min(contrast(INK, tint) for tint in TINTS) >= 4.5


def test_hostile_tokens_are_drawn_as_they_are():
    figure = cuts_figure({"$x^2$ {}": ["$x^2$", "\n", "\ufffd", " "]}, "en")
    assert texts(figure.axes[0].texts) == ["$x^2$", "\\n", "\ufffd", "·", "4 tokens"]
    with warnings.catch_warnings(action="error"):
        figure.savefig(file := io.BytesIO(), format="png")
    assert file.getvalue().startswith(b"\x89PNG")
