"""Distributions over the next token, surprise, loss."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from mini_gpt.lesson.figures.attention import token_label
from mini_gpt.lesson.figures.style import BLUE, DARK_GREY, GREY, INK, ORANGE, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "probability": {"pt": "probabilidade", "en": "probability"},
    "model": {"pt": "modelo", "en": "model"},
    "truth": {"pt": "verdade", "en": "truth"},
    "bits": {"pt": "surpresa (bits)", "en": "surprise (bits)"},
    "unavoidable": {"pt": "inevitável (verdade)", "en": "unavoidable (truth)"},
    "excess": {"pt": "excesso do modelo", "en": "excess of the model"},
    "paid": {"pt": "bits pagos até aqui", "en": "bits paid so far"},
    "step": {"pt": "passo do treino", "en": "training step"},
    "loss": {"pt": "perda (nats por token)", "en": "loss (nats per token)"},
    "floor": {"pt": "piso: a entropia da cidade", "en": "floor: the town's entropy"},
    "training": {"pt": "texto de treino", "en": "training text"},
    "validation": {"pt": "texto de validação", "en": "validation text"},
}
LOOKS: list[Any] = [{"color": BLUE}, {"color": INK, "linestyle": ":"}, {"color": DARK_GREY, "linestyle": "-."}]


def word_bars(axes: Axes, words: Sequence[str], series: Mapping[str, ArrayLike], lang: str) -> None:
    """Horizontal bars: a group for each word, from the top down, and a colour and hatch for each series."""
    height = 0.8 / len(series)
    looks: list[Any] = [{"color": BLUE}, {"facecolor": "white", "edgecolor": ORANGE, "hatch": "////"}]
    for i, (label, values) in enumerate(series.items()):
        at = np.arange(len(words)) + (i - (len(series) - 1) / 2) * height
        axes.barh(at, np.asarray(values), height * 0.9, label=label, **looks[i % 2])
    font: Any = {"parse_math": False}  # a token's $ is a $
    axes.set_yticks(range(len(words)), [token_label(word) for word in words], **font)
    if not axes.yaxis_inverted():
        axes.invert_yaxis()
    axes.set_xlabel(TEXTS["probability"][lang])


@styled
def next_token_figure(
    words: Sequence[str],
    model: ArrayLike,
    truth: ArrayLike | None,
    lang: str,
    most: int = 10,
    name: str | None = None,
) -> Figure:
    """The most likely next tokens under the model and the truth, side by side, if either gives them at least 0.5 %.

    words         V, the vocabulary
    model, truth  (V,) probabilities
    name          of the model, in the legend
    """
    series = {name or TEXTS["model"][lang]: np.asarray(model)}
    if truth is not None:
        series[TEXTS["truth"][lang]] = np.asarray(truth)
    largest = np.maximum.reduce(list(series.values()))
    order = [i for i in np.argsort(-largest, kind="stable")[:most] if largest[i] >= 0.005]  # else too small to see
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.36 * len(order)))
    word_bars(axes, [words[i] for i in order], {label: values[order] for label, values in series.items()}, lang)
    if truth is not None:
        axes.legend(loc="lower right")
    return figure


@styled
def surprise_figure(words: Sequence[str], model: ArrayLike, truth: ArrayLike | None, lang: str) -> Figure:
    """The cost of each token of a text in bits: what the truth pays, and what the model pays on top.

    Where the model happens to pay less than the truth, the excess is negative and hangs below 0. If nobody knows the
    truth, it is None, and what the model pays stands alone.
    """
    figure, axes = plt.subplots(figsize=(max(6, 0.38 * len(words)), 3.2))
    at, paid = np.arange(len(words)), np.asarray(model)
    if truth is None:
        axes.bar(at, paid, 0.7, color=BLUE)
    else:
        least = np.asarray(truth)
        excess = paid - least
        axes.bar(at, least, 0.7, color=GREY, label=TEXTS["unavoidable"][lang])
        axes.bar(at, excess, 0.7, np.where(excess >= 0, least, 0), color=ORANGE, hatch="////", edgecolor="white",
                 label=TEXTS["excess"][lang])  # fmt: skip
        figure.legend(loc="outside upper left", ncols=2)  # a bar may stand anywhere
    font: Any = {"parse_math": False}
    axes.set_xticks(at, [token_label(word) for word in words], rotation=60, ha="right", rotation_mode="anchor", **font)
    axes.set_ylabel(TEXTS["bits"][lang])
    return figure


@styled
def bets_figure(paid: Mapping[str, ArrayLike], tokens: Sequence[str], lang: str) -> Figure:
    """The bits that up to four players have paid so far, token by token: {player: bits of each guessed token}."""
    looks: list[Any] = [{"color": GREY, "marker": "s"}, {"color": ORANGE, "marker": "^", "ls": "--"},
                        {"color": BLUE, "marker": "o"}, {"color": INK, "ls": ":", "marker": "."}]  # fmt: skip
    figure, axes = plt.subplots(figsize=(9, 4))
    for (player, bits), look in zip(paid.items(), looks, strict=False):
        axes.plot(range(len(tokens)), np.cumsum(bits), label=player, linewidth=2, **look)
    axes.set_xticks(range(len(tokens)), tokens, parse_math=False)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(TEXTS["paid"][lang])
    axes.legend(loc="upper left")
    return figure


@styled
def loss_figure(
    losses: Sequence[float] | Mapping[str, Sequence[float]],
    floor: float | None,
    lang: str,
    validation: Mapping[int, float] | None = None,
) -> Figure:
    """The loss of every step, from step 1 on a logarithmic scale, and the least possible loss, if known.

    losses      of one training run, or of up to three by name
    validation  {steps done: loss on held-out text}; from a log of `train`:
                {record["step"] + 1: record["validation_loss"] for record in log if "validation_loss" in record}
    """
    figure, axes = plt.subplots(figsize=(7, 3.4))
    if not isinstance(losses, Mapping):
        losses = {TEXTS["model" if validation is None else "training"][lang]: losses}
    for (label, each), look in zip(losses.items(), LOOKS, strict=False):
        axes.plot(np.arange(1, len(each) + 1), each, linewidth=1, label=label, **look)
    if validation is not None:
        axes.plot(list(validation), list(validation.values()), "o-", color=INK, markersize=4,
                  label=TEXTS["validation"][lang])  # fmt: skip
    if floor is not None:
        axes.axhline(floor, color=ORANGE, linestyle="--", label=TEXTS["floor"][lang])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda x, _: local(f"{x:,.0f}", lang))
    axes.set_ylim(0, max(map(max, losses.values())) * 1.05)
    axes.set_xlabel(TEXTS["step"][lang])
    axes.set_ylabel(TEXTS["loss"][lang])
    axes.legend(**{"loc": "upper right"} if len(losses) < 3 else {"loc": "center left", "bbox_to_anchor": (1, 0.5)})
    return figure
