"""Training: what a gradient is, and how the learning rate changes from step to step."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from mini_gpt.lesson.figures.language_models import LOOKS
from mini_gpt.lesson.figures.style import BLUE, INK, ORANGE, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "parameter": {"pt": "valor de um só parâmetro", "en": "value of a single parameter"},
    "loss": {"pt": "perda (nats)", "en": "loss (nats)"},
    "slope": {"pt": "gradiente aqui: {}", "en": "gradient here: {}"},
    "step": {"pt": "passo do treino", "en": "training step"},
    "bits": {"pt": "bits por byte", "en": "bits per byte"},
    "learning rate": {"pt": "taxa de aprendizado", "en": "learning rate"},
}


@styled
def gradient_figure(values: ArrayLike, losses: ArrayLike, at: float, gradient: float, lang: str) -> Figure:
    """The loss for each value of one parameter, and its slope where the parameter is now, as a tangent.

    values, losses  (N,) each, in ascending order of the values
    at              the parameter's present value
    gradient        the slope of the loss there
    """
    values, losses = np.asarray(values), np.asarray(losses)
    here = float(np.interp(at, values, losses))
    reach = np.array([-0.2, 0.2]) * np.ptp(values)
    figure, axes = plt.subplots(figsize=(6, 3.2))
    axes.plot(values, losses, color=BLUE, linewidth=2, label=TEXTS["loss"][lang])
    slope = local(f"{gradient:+.2f}", lang).replace("-", "−")
    axes.plot(at + reach, here + gradient * reach, color=ORANGE, linestyle="--", linewidth=2,
              label=TEXTS["slope"][lang].format(slope))  # fmt: skip
    axes.plot([at], [here], "o", color=INK, markersize=8)
    axes.set_xlabel(TEXTS["parameter"][lang])
    axes.set_ylabel(TEXTS["loss"][lang])
    axes.legend(loc="best")
    return figure


@styled
def schedule_figure(schedules: Mapping[str, Sequence[float]], lang: str) -> Figure:
    """The learning rate of every step, from step 1, under up to three schedules: {name: one number for each step}."""
    figure, axes = plt.subplots(figsize=(6, 2.6))
    for (name, rates), look in zip(schedules.items(), LOOKS, strict=False):
        axes.plot(np.arange(1, len(rates) + 1), rates, linewidth=2, label=name, **look)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(TEXTS["step"][lang])
    axes.set_ylabel(TEXTS["learning rate"][lang])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


@styled
def learning_figure(curves: Mapping[str, Mapping[int, float]], lang: str) -> Figure:
    """Bits per byte by the steps done, each curve's least in a ring: {name: {steps: bits per byte}}, up to three."""
    figure, axes = plt.subplots(figsize=(7, 3))
    for (name, curve), look in zip(curves.items(), LOOKS, strict=False):
        axes.plot(
            list(curve), list(curve.values()), "o", linewidth=2, markersize=4, **{"linestyle": "-", **look}, label=name
        )
        best = min(curve, key=curve.__getitem__)
        axes.plot([best], [curve[best]], "o", markersize=11, markerfacecolor="none", markeredgecolor=ORANGE)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(TEXTS["step"][lang])
    axes.set_ylabel(TEXTS["bits"][lang])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
