"""Models side by side."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mini_gpt.lesson.figures.style import BLUE, INK, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "above": {"pt": "bits por token acima do piso", "en": "bits per token above the floor"},
    "bits": {"pt": "bits por byte", "en": "bits per byte"},
    "to learn": {"pt": "da verdade nova, nas respostas", "en": "from the new truth, in answers"},
    "forgotten": {"pt": "da verdade antiga, no resto", "en": "from the old truth, in all else"},
    "divergence": {"pt": "KL, bits por token", "en": "KL, bits per token"},
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
    draw_bars(axes, numbers, label, lang)
    axes.invert_yaxis()
    return figure


@styled
def tuning_figure(distances: Mapping[str, tuple[float, float]], lang: str) -> Figure:
    """What each model has yet to learn, and what it forgot: {name: (bits from the new truth, from the old)}."""
    figure, both = plt.subplots(1, 2, figsize=(10, 1.3 + 0.34 * len(distances)), sharey=True)
    for i, (axes, title) in enumerate(zip(both, ("to learn", "forgotten"), strict=True)):
        draw_bars(axes, {name: bits[i] for name, bits in distances.items()}, TEXTS["divergence"][lang], lang)
        axes.set_title(TEXTS[title][lang])
        axes.margins(x=0.15)  # room for the numbers
    both[0].invert_yaxis()  # of both: they share it
    return figure


def draw_bars(axes: Axes, numbers: Mapping[str, float], label: str, lang: str) -> None:
    drawn = axes.barh(range(len(numbers)), list(numbers.values()), 0.7, color=BLUE)
    axes.bar_label(drawn, [local(f"{number:.2f}", lang) for number in numbers.values()], padding=3, color=INK)
    axes.set_yticks(range(len(numbers)), list(numbers))
    axes.set_xlabel(label)
