"""A block of a GPT, and the vectors that pass through it."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike
from torch import Tensor

from mini_gpt.lesson.figures.attention import token_label
from mini_gpt.lesson.figures.drawings import ATTENTION, NORM, arrow, box, canvas, draw_sum, write
from mini_gpt.lesson.figures.style import BLUE, DARK_GREY, GREY, INK, ORANGE, drawable, styled
from mini_gpt.lesson.words import in_language, local

TEXTS = {
    "norm": {"pt": "LayerNorm", "en": "LayerNorm"},
    "heads": {"pt": "{} cabeças, lado a lado", "en": "{} heads, side by side"},
    "projection": {"pt": "projeção", "en": "projection"},
    "expand": {"pt": "expansão, GELU", "en": "expansion, GELU"},
    "enters": {"pt": "x, que entra no bloco {}", "en": "x, which enters block {}"},
    "middle": {"pt": "x + atenção", "en": "x + attention"},
    "leaves": {"pt": "x + atenção + MLP, que sai do bloco {}", "en": "x + attention + MLP, which leaves block {}"},
    "attention": {"pt": "atenção", "en": "attention"},
    "numbers": {
        "pt": "Os primeiros {} números dos vetores do último token, “{}”",
        "en": "The first {} numbers of the last token's vectors, “{}”",
    },
}
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])
SHOWN, CELL = 6, 42  # numbers of a vector, and the width of each in pixels
STREAM, COLUMNS = 40, (335, 645, 955)  # where the residual stream and the boxes stand


@styled
def block_figure(trace: Mapping[str, Tensor], layer: int, tokens: Sequence[str], lang: str) -> Figure:
    """A block, from the stream that enters it below to the stream that leaves it: shapes, and the last token's numbers.

    trace   what `record(model)` kept of a text, the first of its batch
    tokens  T strings
    Raises ValueError for a layer that the trace does not have.
    """
    name, texts = f"blocks.{layer}", in_language(TEXTS, lang)
    if name not in trace:
        raise ValueError(f"layer={layer} was not recorded: the trace has no {name!r}")
    seen = {key: np.asarray(drawable(value[0])) for key, value in trace.items() if value.ndim > 2}
    enters = seen[f"blocks.{layer - 1}" if layer else "embedding"]
    mixed = seen[f"{name}.attention.weights"] @ seen[f"{name}.attention.values"]  # (H, T, D)
    H, T, D = mixed.shape
    C = H * D
    plain, joined, wide = f"(T, C) = ({T}, {C})", f"(T, H·D) = ({T}, {H}·{D})", f"(T, 4·C) = ({T}, {4 * C})"
    attention = [
        (texts["norm"], seen[f"{name}.attention_norm"], plain, NORM),
        (texts["heads"].format(H), mixed.swapaxes(0, 1).reshape(T, C), joined, ATTENTION),
        (texts["projection"], seen[f"{name}.attention"], plain, ATTENTION),
    ]
    mlp = [
        (texts["norm"], seen[f"{name}.mlp_norm"], plain, NORM),
        (texts["expand"], seen[f"{name}.mlp.activation"], wide, {}),
        (texts["projection"], seen[f"{name}.mlp"], plain, {}),
    ]
    stream = [("enters", enters, 575), ("middle", enters + seen[f"{name}.attention"], 317), ("leaves", seen[name], 59)]

    figure, axes = canvas(1100, 650)
    arrow(axes, (STREAM, 610), (STREAM, 20), linewidth=4, color=DARK_GREY, zorder=0)
    caption = texts["numbers"].format(SHOWN, token_label(tokens[-1]))
    write(axes, STREAM + 30, 625, caption, ha="left", color=DARK_GREY)
    for place, vectors, y in stream:
        strip(axes, STREAM + 30, y, vectors[-1], lang)
        write(axes, STREAM + 45 + SHOWN * CELL, y, f"{texts[place].format(layer)}: {plain}", ha="left")
    for what, parts, y in (texts["attention"], attention, 450), ("MLP", mlp, 192):
        write(axes, STREAM + 20, y - 18, what, ha="left", fontweight="bold")
        before: float = STREAM
        for x, (text, vectors, shape, look) in zip(COLUMNS, parts, strict=True):
            half = SHOWN * CELL / 2
            arrow(axes, (before, y), (x - half, y))
            box(axes, x, y, 2 * half, 40, text, **look)
            strip(axes, x - half, y + 38, vectors[-1], lang)
            write(axes, x, y + 68, shape, color=DARK_GREY)
            before = x + half
        arrow(axes, (COLUMNS[-1], y - 20), (COLUMNS[-1], y - 70), (STREAM + 12, y - 70))
        draw_sum(axes, STREAM, y - 70, 12)
    return figure


def strip(axes: Axes, left: float, y: float, vector: ArrayLike, lang: str) -> None:
    """A vector's first numbers in cells, blue above zero and orange below; the first cell begins at `left`."""
    numbers = np.asarray(vector)[:SHOWN]
    largest = np.abs(numbers).max()
    digits = 2 if largest < 1 else 1 if largest < 10 else 0
    for i, number in enumerate(numbers):
        color = SIGNED(0.5 + 0.25 * number / (largest or 1))  # half as strong as the ends, so that the ink can be read
        x = left + CELL * i
        axes.add_patch(Rectangle((x, y - 12), CELL, 24, facecolor=color, edgecolor=GREY, linewidth=1))
        write(axes, x + CELL / 2, y, in_digits(number, digits, lang), fontsize=10, color=INK)


def in_digits(number: float, digits: int, lang: str) -> str:
    """A number with so many decimals, never -0.

    >>> in_digits(-2.5678, 2, "pt"), in_digits(-0.001, 1, "en")
    ('−2,57', '0.0')
    """
    return local(f"{round(float(number), digits) + 0.0:.{digits}f}", lang).replace("-", "−")
