"""How all figures look."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter
from torch import Tensor
from torch.utils._pytree import tree_map

from mini_gpt.lesson.kinds import single
from mini_gpt.lesson.palette import PALETTE
from mini_gpt.lesson.words import check_language, local

BLUE, ORANGE, GREY, DARK_GREY, INK = (PALETTE[name] for name in ("blue", "orange", "grey", "dark-grey", "ink"))
PALE_BLUE, PALE_ORANGE, PALE_GREY = (PALETTE[f"pale-{name}"] for name in ("blue", "orange", "grey"))
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


class LocalFormatter(ScalarFormatter):
    """Matplotlib's own tick labels, with the separators of a language."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self.lang = lang

    def __call__(self, x: float, pos: int | None = None) -> str:
        return local(super().__call__(x, pos), self.lang)


def drawable(value: Any) -> Any:
    """A tensor as matplotlib and numpy take it; anything else as it is."""
    return single(value.detach().cpu()) if isinstance(value, Tensor) else value


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in the lesson's style, tick labels in the language of the argument `lang`, which the function must have.

    Tensors may be of any precision and on any device. The figure is not displayed unless it is the last value of a
    cell. Raises ValueError for an unknown language.
    """
    signature = inspect.signature(draw)

    @functools.wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Figure:
        lang = signature.bind(*args, **kwargs).arguments["lang"]
        check_language(lang)
        with plt.rc_context(STYLE):
            figure = draw(*tree_map(drawable, args), **tree_map(drawable, kwargs))
        for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(LocalFormatter(lang))
        plt.close(figure)
        return figure

    return wrapped
