"""Models side by side."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
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
