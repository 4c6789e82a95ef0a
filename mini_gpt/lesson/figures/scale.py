"""Models of many sizes: how close to the truth each one comes, and how well calibrated it is."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from mini_gpt.lesson.calibration import binned
from mini_gpt.lesson.figures.style import BLUE, INK, ORANGE, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "parameters": {"pt": "parâmetros", "en": "parameters"},
    "loss": {"pt": "perda (bits por token)", "en": "loss (bits per token)"},
    "above": {"pt": "bits por token acima do piso", "en": "bits per token above the floor"},
    "inner": {"pt": "parâmetros, sem as tabelas", "en": "parameters, without the tables"},
    "law": {"pt": "potência ajustada: expoente {}", "en": "fitted power: exponent {}"},
    "held out": {"pt": "fora do ajuste", "en": "not in the fit"},
    "floor": {"pt": "piso: o mínimo possível", "en": "floor: the least possible"},
    "same": {"pt": "treinados nos mesmos documentos", "en": "trained on the same documents"},
    "more": {"pt": "treinado em mais documentos", "en": "trained on more documents"},
    "probability said": {"pt": "p(palpite) segundo o modelo", "en": "p(guess) according to the model"},
    "probability true": {"pt": "p(palpite) verdadeira", "en": "true p(guess)"},
    "entropy said": {"pt": "entropia do modelo (bits)", "en": "the model's entropy (bits)"},
    "entropy true": {"pt": "entropia verdadeira (bits)", "en": "true entropy (bits)"},
    "position": {"pt": "uma posição de um texto", "en": "a position in a text"},
    "mean": {"pt": "média de cada faixa", "en": "mean of each bin"},
    "fewer": {"pt": "← menos bits que o GPT-2 ", "en": "← fewer bits than GPT-2 "},
    "more bits": {"pt": " mais →", "en": " more →"},
    "difference": {"pt": "diferença, em bits por token", "en": "difference, in bits per token"},
    "ideal": {"pt": "calibração perfeita", "en": "perfect calibration"},
}


@styled
def scaling_figure(
    losses: Mapping[str, tuple[int, float]], floor: float, lang: str, more: Collection[str] = ()
) -> Figure:
    """Loss against parameters, with the floor, and next to it the loss above the floor on logarithmic scales.

    losses  {model: (parameters, bits per token)}, from small to large
    floor   the least possible bits per token; each loss must be above it
    more    models trained on more documents than the others, drawn as hollow points
    Raises ValueError for a loss that is not above the floor.
    """
    at, bits = np.array([size for size, _ in losses.values()]), np.array([loss for _, loss in losses.values()])
    if (bits <= floor).any():
        raise ValueError(f"losses={dict(losses)} must be above floor={floor}: measure both on the same documents")
    figure, both = plt.subplots(1, 2, figsize=(10, 4))
    for axes, values, slant in zip(both, (bits, bits - floor), (40, 0), strict=True):
        axes.plot(at, values, color=BLUE, zorder=1)
        for name, x, y in zip(losses, at, values, strict=True):
            axes.plot(x, y, "o", color=BLUE, markersize=9, markerfacecolor="white" if name in more else BLUE)
            axes.annotate(name, (x, y), (5, 6), textcoords="offset points", rotation=slant)
        axes.set_xscale("log")
        axes.set_xlim(at[0] / 1.6, at[-1] * 3.5)  # room for the names
        axes.set_xlabel(TEXTS["parameters"][lang])
        axes.xaxis.set_major_formatter(lambda x, _: local(f"{x:,.0f}", lang))
    both[0].axhline(floor, color=ORANGE, linestyle="--")
    both[0].set_ylim(0, 1.12 * bits.max())
    both[0].set_ylabel(TEXTS["loss"][lang])
    both[1].set_yscale("log")
    both[1].set_ylabel(TEXTS["above"][lang])
    both[1].yaxis.set_major_formatter(lambda y, _: local(f"{y:g}", lang))
    looks: dict[str, Any] = {"same": {"color": BLUE, "marker": "o", "markersize": 9}}
    if more:
        looks["more"] = looks["same"] | {"markerfacecolor": "white"}
    looks["floor"] = {"color": ORANGE, "linestyle": "--"}
    handles = [Line2D([], [], label=TEXTS[name][lang], **look) for name, look in looks.items()]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure


@styled
def power_law_figure(
    points: Mapping[str, tuple[float, float]], laws: Sequence[tuple[float, float, float]], held_out: str, lang: str
) -> Figure:
    """Bits above the floor against parameters, and powers fitted to some of the points, each over its own range.

    points    {model: (parameters, bits per token above the floor)}, from small to large
    laws      up to two: (the parameters from which it was fitted, factor, exponent), for factor * parameters**exponent
    held_out  the model that no fit has seen, drawn as a hollow point
    """
    figure, axes = plt.subplots(figsize=(7, 4))
    last = max(n for n, _ in points.values())
    for (first, factor, exponent), line in zip(laws, ("--", ":"), strict=False):
        ends = np.array([first, last])
        said = local(f"{exponent:.2f}", lang).replace("-", "−")
        axes.plot(ends, factor * ends**exponent, line, color=ORANGE, linewidth=2, label=TEXTS["law"][lang].format(said))
    for name, (n, bits) in points.items():
        axes.plot(n, bits, "o", color=BLUE, markersize=9, markerfacecolor="white" if name == held_out else BLUE)
        axes.annotate(name, (n, bits), (5, 6), textcoords="offset points")
    axes.plot([], [], "o", color=BLUE, markersize=9, markerfacecolor="white", label=TEXTS["held out"][lang])
    axes.set(xscale="log", yscale="log", xlabel=TEXTS["inner"][lang], ylabel=TEXTS["above"][lang])
    axes.set_xlim(right=2.5 * last)  # room for the names
    axes.xaxis.set_major_formatter(lambda x, _: local(f"{x:,.0f}", lang))
    axes.yaxis.set_major_formatter(lambda y, _: local(f"{y:g}", lang))
    axes.legend(loc="upper right")
    return figure


@styled
def calibration_figure(
    panels: Mapping[str, tuple[ArrayLike, ArrayLike]], lang: str, of: Literal["probability", "entropy"] = "probability"
) -> Figure:
    """What models say against what is true, in a panel each: a point for each position, and the means of ten bins.

    panels  {model: (said (N,), true (N,))}: the probability of the best guess, or the entropy of the next token
    """
    pairs = [tuple(np.asarray(values) for values in pair) for pair in panels.values()]
    top = 1.0 if of == "probability" else max(values.max() for pair in pairs for values in pair)
    figure, grid = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 5.2), sharey=True, squeeze=False)
    for axes, name, (said, true) in zip(grid.flat, panels, pairs, strict=True):
        bins = binned(said, true, top=top)
        axes.plot([0, top], [0, top], color=INK, linestyle=":", label=TEXTS["ideal"][lang])
        axes.plot(
            said, true, "o", color=BLUE, alpha=0.15, markersize=5, markeredgewidth=0, label=TEXTS["position"][lang]
        )
        axes.plot([each.said for each in bins], [each.true for each in bins], "s-", color=ORANGE, markersize=8,
                  markeredgecolor="white", label=TEXTS["mean"][lang])  # fmt: skip
        axes.set_box_aspect(1)
        axes.set(xlim=(-0.02 * top, 1.02 * top), ylim=(-0.02 * top, 1.02 * top))  # no point is cut off
        axes.set_title(name)
        axes.set_xlabel(TEXTS[f"{of} said"][lang])
    grid.flat[0].set_ylabel(TEXTS[f"{of} true"][lang])
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


@styled
def differences_figure(differences: Mapping[str, tuple[float, float]], lang: str) -> Figure:
    """How many bits more than GPT-2 each of several models pays: means with their intervals, beside zero.

    differences  {name: (mean, reach of the interval to either side)}, in bits per token; a point is hollow where the
                 interval holds zero

    >>> figure = differences_figure({"RoPE": (-0.01, 0.004), "GQA": (0.002, 0.006)}, "en")
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['RoPE', 'GQA']
    """
    figure, axes = plt.subplots(figsize=(8, 0.8 + 0.5 * len(differences)))
    axes.axvline(0, color=INK, linewidth=1)
    for y, (middle, reach) in enumerate(differences.values()):
        open_ = abs(middle) <= reach  # zero lies in the interval
        colour = INK if open_ else BLUE if middle < 0 else ORANGE
        look = {"fmt": "o", "color": colour, "markerfacecolor": "white" if open_ else colour, "markersize": 9}
        axes.errorbar(middle, y, xerr=reach, capsize=5, elinewidth=2, **look)
    axes.set_yticks(range(len(differences)), list(differences))
    axes.invert_yaxis()
    for name, side in (("fewer", "right"), ("more bits", "left")):
        axes.text(0, 1.02, TEXTS[name][lang], ha=side, transform=axes.get_xaxis_transform())
    axes.set_xlabel(TEXTS["difference"][lang])
    axes.xaxis.set_major_formatter(lambda x, _: local(f"{x:.3f}", lang).replace("-", "−"))
    return figure
