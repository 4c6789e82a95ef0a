"""A model's answers to tasks given as text."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from mini_gpt.lesson.figures.attention import token_label
from mini_gpt.lesson.figures.drawings import arrow, box, canvas, write
from mini_gpt.lesson.figures.style import GREY, ORANGE, PALE_ORANGE, styled
from mini_gpt.lesson.words import local

TEXTS = {
    "answer": {"pt": "p(resposta) = {}", "en": "p(answer) = {}"},
}
LINES, COLUMNS = 3, 88  # of a sample
LETTER = 10.4  # the width of a monospaced letter in pixels
NEW: dict[str, Any] = {"facecolor": PALE_ORANGE, "edgecolor": ORANGE}


def token_box(axes: Axes, left: float, y: float, token: str, height: float, **look: Any) -> float:
    """Draw a token in a box that starts at `left`; return where the box ends."""
    label = token_label(token)
    width = LETTER * len(label) + 16
    box(axes, left + width / 2, y, width, height, **look)
    write(axes, left + width / 2, y, label, family="monospace")
    return left + width


@styled
def prompts_figure(prompts: Mapping[str, tuple[str, Sequence[str], float]], lang: str) -> Figure:
    """What a model writes after each prompt: {task: (prompt, tokens of the answer, their joint probability)}."""
    figure, axes = canvas(832, 347)
    step = 347 / len(prompts)
    for i, (task, (prompt, answer, p)) in enumerate(prompts.items()):
        y = (i + 0.5) * step
        box(axes, 416, y, 828, step - 8, facecolor="white", edgecolor=GREY)
        write(axes, 14, y, task, ha="left", fontweight="bold")
        lines = "\n".join(textwrap.wrap(prompt, 29))
        write(axes, 124, y, lines, ha="left", family="monospace", linespacing=1.3)
        arrow(axes, (430, y), (456, y))
        x = 464.0
        for token in answer:
            x = token_box(axes, x, y - 16, token, 34, **NEW) + 4
        write(axes, 464, y + 26, TEXTS["answer"][lang].format(local(f"{p:.3f}", lang)), ha="left")
    return figure


@styled
def samples_figure(samples: Mapping[str, str], lang: str) -> Figure:
    """What models write, as a picture: {label: text}. As much of each as three lines hold, line ends as spaces."""
    figure, axes = canvas(960, 76 * len(samples))
    for i, (label, text) in enumerate(samples.items()):
        y = 76 * i + 38
        box(axes, 480, y, 956, 70, facecolor="white", edgecolor=GREY)
        write(axes, 14, y, label, ha="left", fontsize=11, fontweight="bold", linespacing=1.4)
        lines = "\n".join(textwrap.wrap(drawable_text(text), COLUMNS, max_lines=LINES, placeholder=" …"))
        write(axes, 190, y, lines, ha="left", fontsize=11, linespacing=1.4)
    return figure


def drawable_text(text: str) -> str:
    """A text in one line, with � for what matplotlib's own font does not have.

    >>> drawable_text("one\\n\\ttwo \\u30bd")
    'one two �'
    """
    known = get_font(findfont(FontProperties())).get_charmap()
    return "".join(char if ord(char) in known else "�" for char in " ".join(text.split()))
