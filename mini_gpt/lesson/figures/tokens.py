"""Tokens: where a text is cut, how many there are, and measures that depend on them."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from mini_gpt.lesson.figures.attention import token_label
from mini_gpt.lesson.figures.style import BLUE, GREY, INK, ORANGE, PALE_BLUE, PALE_ORANGE, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "merges": {"pt": "fusões aprendidas", "en": "merges learned"},
    "tokens": {"pt": "tokens por documento", "en": "tokens per document"},
    "bpe": {"pt": "BPE de bytes", "en": "byte-level BPE"},
    "words": {"pt": "um token por palavra", "en": "one token per word"},
    "per sentence": {"pt": "tokens por frase", "en": "tokens per sentence"},
    "perplexity": {"pt": "perplexidade por token", "en": "perplexity per token"},
    "bits": {"pt": "bits por byte", "en": "bits per byte"},
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


@styled
def document_tokens_figure(merges: Sequence[int], tokens: Sequence[float], words: float, lang: str) -> Figure:
    """Tokens per document against the number of merges of a BPE, compared with a tokenizer of whole words."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    axes.plot(merges, tokens, "o-", color=BLUE, label=TEXTS["bpe"][lang])
    axes.axhline(words, color=ORANGE, linestyle="--", label=TEXTS["words"][lang])
    axes.set_ylim(0, max(*tokens, words) * 1.05)
    axes.set_xlabel(TEXTS["merges"][lang])
    axes.set_ylabel(TEXTS["tokens"][lang])
    axes.legend(loc="upper right")
    return figure


@styled
def measures_figure(
    merges: Sequence[int], perplexity: Mapping[str, ArrayLike], bits: Mapping[str, ArrayLike], lang: str
) -> Figure:
    """Perplexity per token and bits per byte on the same text, against the merges of the tokenizer.

    perplexity, bits  {name: one number for each of merges} for two predictors, such as a model and the truth
    """
    figure, both = plt.subplots(1, 2, figsize=(9, 3.4))
    for axes, unit, lines in zip(both, ("perplexity", "bits"), (perplexity, bits), strict=True):
        for (name, values), look in zip(lines.items(), ({"color": BLUE}, {"color": ORANGE, "ls": "--"}), strict=True):
            axes.plot(merges, np.asarray(values), marker="o", label=name, **look)
        axes.set_ylim(bottom=0)
        axes.set_title(TEXTS[unit][lang], fontsize=11)
        axes.set_xlabel(TEXTS["merges"][lang])
    figure.legend(*both[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@styled
def language_cost_figure(costs: Mapping[str, Mapping[str, float]], lang: str) -> Figure:
    """Tokens per sentence, a bar for each tokenizer and each of two languages: {tokenizer: {language: tokens}}."""
    languages = list(next(iter(costs.values())))
    figure, axes = plt.subplots(figsize=(7, 1 + 0.8 * len(costs)))
    looks: list[Any] = [{"color": BLUE}, {"facecolor": "white", "edgecolor": ORANGE, "hatch": "////"}]
    for i, (language, look) in enumerate(zip(languages, looks, strict=True)):
        at = np.arange(len(costs)) + (i - 0.5) * 0.4
        drawn = axes.barh(at, [cost[language] for cost in costs.values()], 0.36, label=language, **look)
        axes.bar_label(drawn, fmt=lambda x: local(f"{x:.1f}", lang), padding=3, color=INK)
    axes.set_yticks(range(len(costs)), list(costs))
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(TEXTS["per sentence"][lang])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
