"""Tokens: where a text is cut, and how many there are."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mini_gpt.lesson.figures.attention import token_label
from mini_gpt.lesson.figures.style import GREY, PALE_BLUE, PALE_ORANGE, styled

TEXTS = {
    "count": {"pt": "{} tokens", "en": "{} tokens"},
}
TINTS = (PALE_BLUE, PALE_ORANGE)  # alternating


@styled
def cuts_figure(cuts: Mapping[str, Sequence[str]], lang: str) -> Figure:
    """Texts cut into tokens: a row for each name, with a box for each token, spaces as ·, and the number of tokens.

    >>> axes = cuts_figure({"BPE": ["the", " cat", "s"]}, "en").axes[0]
    >>> [text.get_text() for text in axes.texts]
    ['the', '·cat', 's', '3 tokens']
    """
    labels = [[token_label(token) for token in tokens] for tokens in cuts.values()]
    widest = max(sum(map(len, row)) for row in labels)
    figure, axes = plt.subplots(figsize=(0.105 * widest + 2.4, 0.42 * len(cuts) + 0.2))
    font: Any = {"fontsize": 10, "family": "monospace", "va": "center", "parse_math": False}  # a token's $ is a $
    for y, row in enumerate(labels):
        x = 0
        for i, label in enumerate(row):
            axes.add_patch(Rectangle((x, y - 0.38), len(label), 0.76, facecolor=TINTS[i % 2], edgecolor=GREY))
            axes.text(x + len(label) / 2, y, label, ha="center", **font)
            x += len(label)
        axes.text(x + 1, y, TEXTS["count"][lang].format(len(row)), va="center", fontsize=10)
    axes.set_xlim(0, widest + 12)
    axes.set_ylim(len(cuts) - 0.5, -0.5)
    axes.set_yticks(range(len(cuts)), list(cuts))
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure
