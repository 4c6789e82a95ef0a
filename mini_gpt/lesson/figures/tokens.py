"""What a tokenizer costs."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mini_gpt.lesson.figures.style import BLUE, INK, ORANGE, styled

TEXTS = {
    "merges": {"pt": "fusões aprendidas", "en": "merges learned"},
    "tokens": {"pt": "tokens por documento", "en": "tokens per document"},
    "bpe": {"pt": "BPE de bytes", "en": "byte-level BPE"},
    "words": {"pt": "um token por palavra", "en": "one token per word"},
    "per sentence": {"pt": "tokens por frase", "en": "tokens per sentence"},
}


@styled
def document_tokens_figure(merges: Sequence[int], tokens: Sequence[float], words: float, lang: str) -> Figure:
    """Tokens per document against the number of merges of a BPE, beside a tokenizer of whole words."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    axes.plot(merges, tokens, "o-", color=BLUE, label=TEXTS["bpe"][lang])
    axes.axhline(words, color=ORANGE, linestyle="--", label=TEXTS["words"][lang])
    axes.set_ylim(0, max(*tokens, words) * 1.05)
    axes.set_xlabel(TEXTS["merges"][lang])
    axes.set_ylabel(TEXTS["tokens"][lang])
    axes.legend(loc="upper right")
    return figure


@styled
def language_cost_figure(costs: Mapping[str, Mapping[str, float]], lang: str) -> Figure:
    """Tokens per sentence by tokenizer, a bar for each of two languages: {tokenizer: {language: tokens}}."""
    languages = list(next(iter(costs.values())))
    figure, axes = plt.subplots(figsize=(7, 1 + 0.8 * len(costs)))
    looks: list[dict[str, str]] = [{"color": BLUE}, {"facecolor": "white", "edgecolor": ORANGE, "hatch": "////"}]
    for i, (language, look) in enumerate(zip(languages, looks, strict=True)):
        at = np.arange(len(costs)) + (i - 0.5) * 0.4
        drawn = axes.barh(at, [cost[language] for cost in costs.values()], 0.36, label=language, **look)  # type: ignore[arg-type]
        axes.bar_label(drawn, fmt="%.1f", padding=3, color=INK)
    axes.set_yticks(range(len(costs)), list(costs))
    axes.invert_yaxis()
    axes.set_xlabel(TEXTS["per sentence"][lang])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
