"""The paper's results, and what a model learned of a bias."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mini_gpt.facts import FACTS
from mini_gpt.lesson.figures.style import BLUE, INK, ORANGE, styled

TEXTS = {
    "sota": {"pt": "melhor resultado de então", "en": "best result then"},
    "gpt2": {"pt": "GPT-2, sem nenhum ajuste", "en": "GPT-2, without any tuning"},
    "accuracy": {"pt": "acurácia, % ↑", "en": "accuracy, % ↑"},
    "perplexity": {"pt": "perplexidade ↓", "en": "perplexity ↓"},
    "bits_per_byte": {"pt": "bits por byte ↓", "en": "bits per byte ↓"},
    "parameters": {"pt": "parâmetros (milhões)", "en": "parameters (millions)"},
    "share": {"pt": "p(ele) entre ele e ela", "en": "p(he) among he and she"},
    "planted": {"pt": "verdade: o que foi plantado", "en": "truth: what was planted"},
    "model": {"pt": "modelo", "en": "model"},
}


@styled
def results_figure(lang: str) -> Figure:
    """Table 3 of the paper: each column a panel, the four sizes against the best result of then. ↑ higher is better."""
    zero_shot, sizes = FACTS["zero_shot"], FACTS["sizes"]["rows"]
    millions = [size["parameters"] / 1e6 for size in sizes]
    figure, grid = plt.subplots(2, 5, figsize=(12, 5))
    for axes, column in zip(grid.flat, zero_shot["columns"], strict=True):
        scores = [zero_shot["rows"][size["paper"]][column["key"]] for size in sizes]
        sota = zero_shot["rows"]["SOTA"][column["key"]]
        axes.plot(millions, scores, "o-", color=BLUE, label=TEXTS["gpt2"][lang])
        axes.axhline(sota, color=ORANGE, linestyle="--", label=TEXTS["sota"][lang])
        axes.set_title(column["data_set"], fontsize=11)
        axes.set_ylabel(TEXTS[column["metric"]][lang], fontsize=9)
        axes.set_xscale("log")
        axes.set_xticks(millions, [f"{each:.0f}" for each in millions], fontsize=8)
        axes.set_xticks([], minor=True)
    figure.supxlabel(TEXTS["parameters"][lang], fontsize=11)
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


@styled
def bias_figure(measured: Mapping[str, float], truth: Mapping[str, float], lang: str) -> Figure:
    """p(he) for each job, by the model, beside the size that was planted; 0.5 would be no bias."""
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.3 * len(measured)))
    at = np.arange(len(measured))
    axes.axvline(0.5, color=INK, linewidth=0.8, linestyle=":")
    axes.plot([truth[job] for job in measured], at, "|", color=ORANGE, markersize=16, markeredgewidth=2.5,
              label=TEXTS["planted"][lang])  # fmt: skip
    axes.plot(list(measured.values()), at, "o", color=BLUE, label=TEXTS["model"][lang])
    axes.set_yticks(at, list(measured))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(TEXTS["share"][lang])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
