"""The cost of the next token."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from mini_gpt.config import GPTConfig
from mini_gpt.lesson.costs import Cost
from mini_gpt.lesson.figures.style import BLUE, GREY, INK, ORANGE, styled
from mini_gpt.lesson.words import local
from mini_gpt.sizes import FLOAT32, cache_bytes, forward_flops, in_units, parameters, weight_bytes

TEXTS = {
    "milliseconds": {"pt": "tempo (ms)", "en": "time (ms)"},
    "mebibytes": {"pt": "memória (MiB)", "en": "memory (MiB)"},
    "context": {"pt": "contexto (tokens)", "en": "context (tokens)"},
    "parameters": {"pt": "parâmetros", "en": "parameters"},
    "without cache": {"pt": "sem cache: relê tudo", "en": "without a cache: rereads everything"},
    "with cache": {"pt": "com cache: lê um token", "en": "with a cache: reads one token"},
    "weights": {"pt": "pesos do modelo (float32)", "en": "the model's weights (float32)"},
    "name": {"pt": "modelo", "en": "model"},
    "n_layer": {"pt": "camadas", "en": "layers"},
    "d_model": {"pt": "largura", "en": "width"},
    "n_head": {"pt": "cabeças", "en": "heads"},
    "context_length": {"pt": "contexto", "en": "context"},
    "forward": {"pt": "forward\npor token", "en": "forward\nper token"},
    "in memory": {"pt": "pesos\nem float32", "en": "weights\nin float32"},
    "cache": {"pt": "cache\npor token", "en": "cache\nper token"},
    "slope": {"pt": "inclinação {}", "en": "slope {}"},
}
COLUMNS = ("n_layer", "d_model", "n_head", "context_length", "parameters", "forward", "in memory", "cache")


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


@styled
def sizes_figure(configs: Mapping[str, GPTConfig], lang: str) -> Figure:
    """A table of GPTs, a row for each name: shape, parameters, and the cost of a token.

    >>> axes = sizes_figure({"gpt2": GPTConfig()}, "pt").axes[0]
    >>> "124.439.808" in [text.get_text() for text in axes.texts]
    True
    """
    rows = {TEXTS["name"][lang]: [TEXTS[name][lang] for name in COLUMNS]}
    for name, config in configs.items():
        numbers = [f"{number:,}" for number in (config.n_layer, config.d_model, config.n_head, config.context_length)]
        numbers.append(f"{sum(parameters(config).values()):,}")
        numbers += [in_units(forward_flops(config), "FLOP"), in_units(weight_bytes(config), "B")]
        rows[name] = [local(number, lang) for number in [*numbers, in_units(cache_bytes(config), "B")]]
    figure, axes = plt.subplots(figsize=(12, 1 + 0.5 * len(rows)))
    places = np.array([0.19, 0.29, 0.4, 0.51, 0.66, 0.78, 0.89, 1])
    for y, (name, cells) in enumerate(rows.items()):
        look: Any = {"va": "center", "fontweight": "bold" if y == 0 else "normal"}
        axes.text(0, y, name, **look | {"fontweight": "bold"})
        for x, cell in zip(places, cells, strict=True):
            axes.text(x, y, cell, ha="right", **look)
        axes.axhline(y + 0.5, color=INK if y == 0 else GREY, linewidth=1.5 if y == 0 else 0.75)
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    axes.set_axis_off()
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
