"""The paper's results, a model's scores, and the bias that it learned."""

from collections.abc import Collection, Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mini_gpt.facts import FACTS
from mini_gpt.lesson.figures.style import BLUE, GREY, INK, ORANGE, styled

TEXTS = {
    "before": {"pt": "estado da arte (SOTA) até então", "en": "previous state of the art"},
    "ahead": {"pt": "GPT-2, melhor que ele", "en": "GPT-2, better than it"},
    "behind": {"pt": "GPT-2, não melhor", "en": "GPT-2, not better"},
    "%": {"pt": "acurácia, %", "en": "accuracy, %"},
    "per last word": {"pt": "perplexidade, última palavra", "en": "perplexity, last word"},
    "per word": {"pt": "perplexidade por palavra", "en": "perplexity per word"},
    "perplexity": {"pt": "perplexidade", "en": "perplexity"},
    "bits per byte": {"pt": "bits por byte", "en": "bits per byte"},
    "bits per character": {"pt": "bits por caractere", "en": "bits per character"},
    "parameters": {
        "pt": "parâmetros (milhões)   ·   ↑ maior é melhor   ·   ↓ menor é melhor",
        "en": "parameters (millions)   ·   ↑ higher is better   ·   ↓ lower is better",
    },
    "millions": {"pt": "parâmetros (milhões)", "en": "parameters (millions)"},
    "relative": {
        "pt": "perplexidade zero-shot, tabela 3\n(100%: a do menor modelo)",
        "en": "zero-shot perplexity, table 3\n(100%: the smallest model's)",
    },
    "right": {"pt": "respostas certas, com intervalo de 95%", "en": "correct answers, with 95% interval"},
    "chance": {"pt": "chute entre os nomes da história", "en": "random guess among the story's names"},
    "share": {"pt": "p(ele) / (p(ele) + p(ela))", "en": "p(he) / (p(he) + p(she))"},
    "truth": {"pt": "verdade: o viés plantado", "en": "truth: the planted bias"},
    "probability": {"pt": "mini: probabilidade", "en": "mini: probability"},
    "sample": {"pt": "mini: amostra (95%)", "en": "mini: sample (95%)"},
    "pt": {"pt": "em português", "en": "in Portuguese"},
    "en": {"pt": "em inglês", "en": "in English"},
}


Share = tuple[float, float, float]  # as counted, and the two ends of its interval
JobBias = tuple[float, float, Share]  # p(he) after a job: the truth, the model's, and as counted in a sample


@styled
def results_figure(lang: str, brief: bool = False) -> Figure:
    """Table 3 of the paper: a panel for each column, the four sizes against the previous state of the art.

    A filled point is better than that state of the art, a hollow one is not; ↑ means that higher is better.
    brief  only the name of the metric, above its panel, and only the least and the largest size, to leave room for the
           larger type of a slide
    """
    zero_shot, sizes = FACTS["zero_shot"], FACTS["sizes"]["rows"]
    millions = [size["parameters"] / 1e6 for size in sizes]
    figure, grid = plt.subplots(2, 5, figsize=(12, 5))
    for axes, column in zip(grid.flat, zero_shot["columns"], strict=True):
        higher = column["better"] == "higher"
        scores = [zero_shot["rows"][size["paper"]][column["key"]] for size in sizes]
        before = zero_shot["rows"]["SOTA"][column["key"]]
        axes.axhline(before, color=ORANGE, linestyle="--")
        axes.plot(millions, scores, color=BLUE)
        for x, score in zip(millions, scores, strict=True):
            ahead = score > before if higher else score < before
            axes.plot(x, score, "o", markeredgecolor=BLUE, markerfacecolor=BLUE if ahead else "white")
        axes.set_title(column["data_set"], fontsize=11)
        unit = TEXTS[column["metric" if brief and column["unit"].endswith("word") else "unit"]][lang]
        unit = f"{unit} {'↑' if higher else '↓'}"
        if brief:
            axes.set_title(f"{column['data_set']}\n{unit}", fontsize=11)
        else:
            axes.set_ylabel(unit, fontsize=8)
        axes.set_xscale("log")
        shown = millions if not brief else (millions[0], millions[-1])
        axes.set_xticks(millions, [f"{each:.0f}" if each in shown else "" for each in millions], fontsize=8)
        axes.set_xticks([], minor=True)
    looks: dict[str, Any] = {
        "before": {"color": ORANGE, "linestyle": "--"},
        "ahead": {"color": BLUE, "marker": "o"},
        "behind": {"color": BLUE, "marker": "o", "markerfacecolor": "white"},
    }
    handles = [Line2D([], [], label=TEXTS[name][lang], **look) for name, look in looks.items()]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    figure.supxlabel(TEXTS["parameters"][lang], fontsize=11)
    return figure


@styled
def saturation_figure(lang: str) -> Figure:
    """Table 3's perplexities by size, each divided by the smallest model's, on logarithmic scales."""
    zero_shot, sizes = FACTS["zero_shot"], FACTS["sizes"]["rows"]
    millions = [size["parameters"] / 1e6 for size in sizes]
    figure, axes = plt.subplots(figsize=(6, 5))
    columns = [column for column in zero_shot["columns"] if column["metric"] == "perplexity"]
    lines = {}
    for column in columns:
        scores = [zero_shot["rows"][size["paper"]][column["key"]] for size in sizes]
        lines[column["data_set"]] = [score / scores[0] for score in scores]
    place = 0.0
    for (name, shares), marker in zip(sorted(lines.items(), key=lambda line: line[1][-1]), "osD^v", strict=True):
        axes.plot(millions, shares, color=BLUE, marker=marker, linewidth=2)
        place = max(shares[-1], 1.08 * place)  # no name covers the one below it
        axes.annotate(name, (millions[-1], place), (10, 0), textcoords="offset points", va="center")
    axes.loglog()
    axes.set_xticks(millions, [f"{each:.0f}" for each in millions])
    axes.set_yticks(ticks := [0.25, 0.5, 1], [f"{tick:.0%}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(TEXTS["millions"][lang])
    axes.set_title(TEXTS["relative"][lang], fontsize=11)
    return figure


@styled
def accuracy_figure(marks: Mapping[str, Mapping[str, Share]], chance: Mapping[str, float], lang: str) -> Figure:
    """The share of correct answers by task, in up to two series, and the share that guessing would reach.

    marks   {series: {task: (share, low, high)}}; the first series has every task
    chance  {task: share} for the tasks that can be guessed
    """
    tasks = list(next(iter(marks.values())))
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.42 * len(tasks)))
    looks: list[Any] = [{"color": BLUE, "fmt": "o"}, {"color": ORANGE, "fmt": "s", "markerfacecolor": "white"}]
    axes.plot(list(chance.values()), [tasks.index(task) for task in chance], "|", color=INK, markersize=18,
              label=TEXTS["chance"][lang])  # fmt: skip
    for i, ((series, shares), look) in enumerate(zip(marks.items(), looks, strict=False)):
        at = [tasks.index(task) + 0.26 * (i - (len(marks) - 1) / 2) for task in shares]
        values, reach = error_bars(shares.values())
        axes.errorbar(values, at, xerr=reach, capsize=3, label=series, **look)
    axes.set_yticks(range(len(tasks)), tasks)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.03)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    axes.set_xlabel(TEXTS["right"][lang])
    figure.legend(loc="outside upper left", ncols=3)
    return figure


@styled
def bias_figure(jobs: Mapping[str, Mapping[str, JobBias]], lang: str) -> Figure:
    """p(he) after each job, a panel for each language; 0.5 would be no bias.

    jobs  {language: {job: (true p, the model's p, (share in a sample, low, high))}}
    """
    rows = max(map(len, jobs.values()))
    figure, grid = plt.subplots(1, len(jobs), figsize=(5 * len(jobs), 1.4 + 0.34 * rows), squeeze=False)
    for axes, (language, by_job) in zip(grid.flat, jobs.items(), strict=True):
        at, (truth, model, samples) = np.arange(len(by_job)), zip(*by_job.values(), strict=True)
        values, reach = error_bars(samples)
        axes.axvline(0.5, color=GREY, linewidth=0.8, linestyle=":")
        axes.plot(truth, at, "|", color=ORANGE, markersize=20, markeredgewidth=2.5, label=TEXTS["truth"][lang])
        axes.plot(model, at - 0.15, "o", color=BLUE, label=TEXTS["probability"][lang])
        axes.errorbar(values, at + 0.15, xerr=reach, fmt="s", capsize=3, color=INK, markerfacecolor="white",
                      label=TEXTS["sample"][lang])  # fmt: skip
        axes.set_yticks(at, list(by_job))
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_title(TEXTS[language][lang], fontsize=11)
    figure.supxlabel(TEXTS["share"][lang], fontsize=11)
    figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


def error_bars(shares: Collection[Share]) -> tuple[list[float], list[list[float]]]:
    """The values (N,), and how far each interval reaches below and above (2, N), never negative through rounding."""
    below = [max(value - low, 0.0) for value, low, _ in shares]
    above = [max(high - value, 0.0) for value, _, high in shares]
    return [value for value, _, _ in shares], [below, above]
