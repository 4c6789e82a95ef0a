"""How all figures look."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#2b6cb0", "#c05621", "#a0aec0", "#2d3748"  # contrast at least 4.5 on white, but for GREY
PALE_BLUE, PALE_ORANGE, PALE_GREY = "#dbeafe", "#fde8d7", "#edf2f7"  # grounds: INK on them has a contrast above 4.5
P = ParamSpec("P")
STYLE: Any = {
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.dpi": 96,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """The figure in the lesson's style; it is not shown until it is a cell's last value."""

    @functools.wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with plt.rc_context(STYLE):
            figure = draw(*args, **kwargs)
        plt.close(figure)
        return figure

    return wrapped


def local(number: str, lang: str) -> str:
    """A number as Python writes it, as the language does.

    >>> local(f"{1234.5:,}", "pt"), local(f"{1234.5:,}", "en")
    ('1.234,5', '1,234.5')
    """
    return number.translate(str.maketrans(",.", ".,")) if lang == "pt" else number
