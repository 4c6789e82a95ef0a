"""Vectors of words in context, layer by layer."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from mini_gpt.lesson.figures.style import BLUE, INK, ORANGE, styled

TEXTS = {
    "layer n": {"pt": "camada {}", "en": "layer {}"},
    "fixed": {"pt": "word2vec:\num vetor por palavra", "en": "word2vec:\none vector per word"},
    "in context": {
        "pt": "mini-encoder:\num vetor por ocorrência de “{}”",
        "en": "mini-encoder:\none vector per occurrence of “{}”",
    },
}
SENSES: list[Any] = [{"color": BLUE, "marker": "o"}, {"facecolors": "none", "edgecolors": ORANGE, "marker": "s"}]


@styled
def vectors_figure(
    words: Mapping[str, Sequence[float]],
    word_senses: Mapping[str, str],
    points: ArrayLike,
    senses: Sequence[str],
    lang: str,
) -> Figure:
    """An ambiguous word: on the left, one vector per word; on the right, one vector per occurrence of that word.

    words        {word: (x, y)}, the ambiguous one first
    word_senses  {other word: the sense that it goes with}
    points       (N, 2), one for each occurrence
    senses       N of them, the sense of each occurrence
    """
    (ambiguous, at), *others = words.items()
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5))
    for sense, look in zip(dict.fromkeys(senses), SENSES, strict=True):
        x, y = np.array([place for word, place in others if word_senses[word] == sense]).T
        left.scatter(x, y, s=70, label=sense, **look)
        x, y = np.asarray(points)[[each == sense for each in senses]].T
        right.scatter(x, y, s=70, **look)
    left.scatter(*at, s=260, color=INK, marker="*")
    reach, gap = np.ptp(np.array([*words.values()]), axis=0) * (0.3, 0.1)  # how near another label must not be
    for sign, align in ((-1, "right"), (1, "left")):
        labels: list[tuple[float, float]] = []
        for word, (x, y) in sorted(words.items(), key=lambda item: item[1][1]):
            if (x < at[0]) == (sign < 0):
                height = max([y, *(below + gap for beside, below in labels if abs(x - beside) < reach)])
                labels.append((x, height))
                weight = "bold" if word == ambiguous else "normal"
                left.annotate(word, (x, height), (9 * sign, 0), textcoords="offset points", fontweight=weight,
                              ha=align, va="center", parse_math=False)  # fmt: skip
    left.set_title(TEXTS["fixed"][lang])
    right.set_title(TEXTS["in context"][lang].format(ambiguous))
    for axes in (left, right):
        axes.set(xticks=[], yticks=[])
        axes.margins(0.2)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@styled
def sense_figure(points: ArrayLike, senses: Sequence[str], lang: str) -> Figure:
    """The occurrences of a word in two dimensions, a panel for each layer: points (L, N, 2), N senses."""
    points = np.asarray(points)
    limit = 1.1 * np.abs(points).max()
    figure, grid = plt.subplots(1, len(points), figsize=(2.4 * len(points), 2.8), squeeze=False)
    for layer, (axes, places) in enumerate(zip(grid.flat, points, strict=True)):
        for sense, look in zip(dict.fromkeys(senses), SENSES, strict=True):
            x, y = places[[each == sense for each in senses]].T
            axes.scatter(x, y, s=22, label=sense, **look)
        axes.set_title(TEXTS["layer n"][lang].format(layer))
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[])
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
