"""Models side by side."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from mini_gpt.lesson.figures.style import BLUE, INK, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "above": {"pt": "bits por token acima do piso", "en": "bits per token above the floor"},
    "bits": {"pt": "bits por byte", "en": "bits per byte"},
}


@styled
def above_floor_figure(excess: Mapping[str, float], lang: str) -> Figure:
    """The bits per token that each model pays above the least possible: {model: bits}."""
    return bars(excess, TEXTS["above"][lang], lang)


@styled
def bits_figure(bits: Mapping[str, float], lang: str) -> Figure:
    """The bits per byte that each model or compressor pays for a text: {name: bits}."""
    return bars(bits, TEXTS["bits"][lang], lang)


def bars(numbers: Mapping[str, float], label: str, lang: str) -> Figure:
    """A bar for each name, from the top down, with its number beside it."""
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.34 * len(numbers)))
    drawn = axes.barh(range(len(numbers)), list(numbers.values()), 0.7, color=BLUE)
    axes.bar_label(drawn, [local(f"{number:.2f}", lang) for number in numbers.values()], padding=3, color=INK)
    axes.set_yticks(range(len(numbers)), list(numbers))
    axes.invert_yaxis()
    axes.set_xlabel(label)
    return figure
