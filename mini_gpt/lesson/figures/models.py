"""Models side by side."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mini_gpt.lesson.figures.style import BLUE, INK, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "above": {"pt": "bits por token acima do piso", "en": "bits per token above the floor"},
}


@styled
def above_floor_figure(excess: Mapping[str, float], lang: str) -> Figure:
    """The bits per token that each model pays above the least possible: {model: bits}."""
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.34 * len(excess)))
    drawn = axes.barh(range(len(excess)), list(excess.values()), 0.7, color=BLUE)
    axes.bar_label(drawn, [local(f"{bits:.2f}", lang) for bits in excess.values()], padding=3, color=INK)
    axes.set_yticks(range(len(excess)), list(excess))
    axes.invert_yaxis()
    axes.set_xlabel(TEXTS["above"][lang])
    return figure


@styled
def excess_figure(excess: Mapping[str, Mapping[str, float]], lang: str) -> Figure:
    """The same by kind of token, as a heat map: {model: {kind: bits}}."""
    kinds = list(next(iter(excess.values())))
    bits = np.array([[of_model[kind] for kind in kinds] for of_model in excess.values()])
    figure, axes = plt.subplots(figsize=(2 + 1.3 * len(kinds), 1.2 + 0.45 * len(excess)))
    image = axes.imshow(bits, cmap="magma_r", vmin=0, vmax=bits.max(), aspect="auto")
    for (row, column), value in np.ndenumerate(bits):
        color = "white" if value > 0.5 * bits.max() else INK
        axes.text(column, row, local(f"{round(value, 2) + 0.0:.2f}", lang), ha="center", va="center", color=color)
    axes.set_xticks(range(len(kinds)), kinds, rotation=20, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(excess)), list(excess))
    axes.tick_params(length=0)
    figure.colorbar(image, ax=axes, label=TEXTS["above"][lang])
    return figure
