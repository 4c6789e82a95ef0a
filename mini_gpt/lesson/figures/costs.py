"""The cost of the next token."""

from collections.abc import Sequence
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from mini_gpt.lesson.costs import Cost
from mini_gpt.lesson.figures.style import BLUE, GREY, INK, ORANGE, styled
from mini_gpt.lesson.words import local
from mini_gpt.sizes import FLOAT32

TEXTS = {
    "milliseconds": {"pt": "tempo (ms)", "en": "time (ms)"},
    "mebibytes": {"pt": "memória (MiB)", "en": "memory (MiB)"},
    "context": {"pt": "contexto (tokens)", "en": "context (tokens)"},
    "parameters": {"pt": "parâmetros", "en": "parameters"},
    "without cache": {"pt": "sem cache: relê tudo", "en": "without a cache: rereads everything"},
    "with cache": {"pt": "com cache: lê um token", "en": "with a cache: reads one token"},
    "weights": {"pt": "pesos do modelo (float32)", "en": "the model's weights (float32)"},
    "slope": {"pt": "inclinação {}", "en": "slope {}"},
}


@styled
def cost_figure(records: Sequence[Cost], lang: str, against: Literal["context", "parameters"] = "context") -> Figure:
    """Time and memory of the next token, with and without a cache, on logarithmic scales.

    against  the x-axis: context or parameters
    records  two or more Costs with a cache and as many without, which otherwise differ only in `against`
    Raises ValueError if they differ in more than that.
    """
    fixed = "parameters" if against == "context" else "context"
    if len({getattr(record, fixed) for record in records}) != 1:
        raise ValueError(f"records drawn against={against!r} must all have the same {fixed}")
    figure, (time, memory) = plt.subplots(1, 2, figsize=(10, 4.4))
    for cached, look in (False, {"color": ORANGE, "marker": "o"}), (True, {"color": BLUE, "marker": "s"}):
        of_kind = [record for record in records if record.cached == cached]
        at = [getattr(record, against) for record in of_kind]
        label = TEXTS["with cache" if cached else "without cache"][lang]
        time.plot(at, [1e3 * record.seconds for record in of_kind], label=label, **look)
        memory.plot(at, [record.bytes / 2**20 for record in of_kind], **look)
    memory.plot(at, [FLOAT32 * record.parameters / 2**20 for record in of_kind], color=INK, linestyle=":",
                label=TEXTS["weights"][lang])  # fmt: skip
    for axes, label in (time, "milliseconds"), (memory, "mebibytes"):
        axes.set_xlabel(TEXTS[against][lang])
        axes.set_ylabel(TEXTS[label][lang])
        axes.loglog()
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(lambda y, _: local(f"{y:g}", lang))
        axes.set_yticks([], minor=True)
        if against == "context":
            axes.set_xticks(at, at)
            axes.set_xticks([], minor=True)
        guides(axes, lang)
    figure.legend(loc="outside upper left", ncols=3)
    return figure


def guides(axes: Axes, lang: str) -> None:
    """Lines of slope 1 and 2 on logarithmic axes, from above the first point of the first line to the edge."""
    xs, ys = np.asarray(axes.lines[0].get_xydata()).T
    x, y, top = xs[0], 1.5 * ys[0], axes.get_ylim()[1]
    for slope in (1, 2):
        end = min(xs[-1], x * (top / y) ** (1 / slope))
        height = y * (end / x) ** slope
        axes.plot([x, end], [y, height], color=GREY, linestyle="--", zorder=0)
        axes.text(end, height, TEXTS["slope"][lang].format(slope), fontsize=9, ha="right", va="bottom")
