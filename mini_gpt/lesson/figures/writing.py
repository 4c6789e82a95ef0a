"""A model that writes: one token at a time, and its answers to tasks given as text."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from mini_gpt.lesson.figures.attention import token_label
from mini_gpt.lesson.figures.drawings import arrow, box, canvas, write
from mini_gpt.lesson.figures.style import GREY, ORANGE, PALE_GREY, PALE_ORANGE, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "answer": {"pt": "p(resposta) = {}", "en": "p(answer) = {}"},
}
SIZE, LETTER = 15, 0.803  # a token's font size in points, and a letter's width in pixels per point
GIVEN: dict[str, Any] = {"facecolor": PALE_GREY, "edgecolor": GREY}
NEW: dict[str, Any] = {"facecolor": PALE_ORANGE, "edgecolor": ORANGE}


def token_box(axes: Axes, left: float, y: float, token: str, height: float, **look: Any) -> float:
    """Draw a token in a box that starts at `left`; return where the box ends."""
    label = token_label(token)
    width = SIZE * LETTER * len(label) + 16
    box(axes, left + width / 2, y, width, height, **look)
    write(axes, left + width / 2, y, label, family="monospace", fontsize=SIZE)
    return left + width


@styled
def generation_figure(tokens: Sequence[str], probs: ArrayLike, lang: str) -> Figure:
    """A text as mini writes it: a row for each new token, which becomes part of what the next row reads.

    probs  the probabilities of the last tokens, which are new; the tokens before them were given
    """
    probs = np.asarray(probs)
    given = len(tokens) - len(probs)
    figure, axes = canvas()
    step = min(68.0, 470 / len(probs))
    height, new = 0.56 * step, 0.0
    for row, p in enumerate(probs):
        x, y = 150.0, (row + 0.5) * step
        for i, token in enumerate(tokens[: given + row]):
            left, x = x, token_box(axes, x, y, token, height, **(GIVEN if i < given else NEW)) + 6
        if row:  # from where the last token is written to where it is read
            read, above = (left + x - 6) / 2, y - step / 2
            arrow(axes, (new, y - step + height / 2), (new, above), (read, above), (read, y - height / 2), color=ORANGE)
        arrow(axes, (x, y), (x + 34, y))
        box(axes, x + 74, y, 80, height)
        write(axes, x + 74, y, "mini", fontsize=SIZE)
        arrow(axes, (x + 114, y), (x + 148, y))
        end = token_box(axes, x + 148, y, tokens[given + row], height, **NEW)
        new = (x + 148 + end) / 2
        write(axes, end + 14, y, f"p = {local(f'{p:.2f}', lang)}", ha="left", fontsize=SIZE)
    return figure


@styled
def prompts_figure(prompts: Mapping[str, tuple[str, Sequence[str], float]], lang: str) -> Figure:
    """What a model writes after each prompt: {task: (prompt, tokens of the answer, their joint probability)}."""
    figure, axes = canvas()
    step = 480 / len(prompts)
    for i, (task, (prompt, answer, p)) in enumerate(prompts.items()):
        y = (i + 0.5) * step
        box(axes, 576, y, 1136, step - 16, facecolor="white", edgecolor=GREY)
        write(axes, 28, y, task, ha="left", fontsize=SIZE, fontweight="bold")
        lines = "\n".join(textwrap.wrap(prompt, 38))
        write(axes, 160, y, lines, ha="left", family="monospace", fontsize=14, linespacing=1.4)
        arrow(axes, (600, y), (632, y))
        x = 642.0
        for token in answer:
            x = token_box(axes, x, y - 18, token, 38, **NEW) + 4
        write(axes, 642, y + 28, TEXTS["answer"][lang].format(local(f"{p:.3f}", lang)), ha="left", fontsize=14)
    return figure
