"""Drawings of a model's parts: boxes and arrows, on a page measured in pixels from its upper left corner."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path

from mini_gpt.facts import FACTS
from mini_gpt.lesson.figures.style import (
    BLUE,
    DARK_GREY,
    GREY,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_GREY,
    PALE_ORANGE,
    styled,
)
from mini_gpt.lesson.words import in_language, local

TEXTS = {
    "self-attention": {"pt": "autoatenção", "en": "self-attention"},
    "masked self-attention": {"pt": "autoatenção\nmascarada", "en": "masked\nself-attention"},
    "cross-attention": {"pt": "atenção cruzada", "en": "cross-attention"},
    "feed-forward": {"pt": "feed-forward", "en": "feed-forward"},
    "norm": {"pt": "normalização", "en": "layer norm"},
    "add & norm": {"pt": "soma e normalização", "en": "add & norm"},
    "embedding": {"pt": "embedding +\ncodificação posicional", "en": "embedding +\npositional encoding"},
    "softmax": {"pt": "linear, softmax", "en": "linear, softmax"},
    "next": {"pt": "p(próximo token)", "en": "p(next token)"},
    "encoder": {"pt": "codificador", "en": "encoder"},
    "decoder": {"pt": "decodificador", "en": "decoder"},
    "blocks": {"pt": "N blocos", "en": "N blocks"},
    "memory": {"pt": "memória", "en": "memory"},
    "encoder 2017": {"pt": "codificador de 2017 (BERT)", "en": "encoder of 2017 (BERT)"},
    "decoder 2017": {"pt": "decodificador de 2017", "en": "decoder of 2017"},
    "GPT-2": {"pt": "GPT-2", "en": "GPT-2"},
    "layers": {"pt": "camadas", "en": "layers"},
    "width": {"pt": "largura", "en": "width"},
    "parameters": {"pt": "parâmetros", "en": "parameters"},
    "paper": {"pt": "no artigo", "en": "in the paper"},
}

Point = tuple[float, float]


def canvas(width: int = 1152, height: int = 480) -> tuple[Figure, Axes]:
    """A page to draw on, in pixels from its upper left corner."""
    figure = plt.figure(figsize=(width / 96, height / 96), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure, axes


def box(axes: Axes, x: float, y: float, width: float, height: float, text: str = "", **look: Any) -> None:
    """A rounded box centred on (x, y), with a text in it; `look` goes to the patch."""
    full: Any = {"facecolor": PALE_BLUE, "edgecolor": BLUE, "linewidth": 1.5} | look
    corner, style = (x - width / 2, y - height / 2), "round,pad=0,rounding_size=6"
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, **full))
    if text:
        write(axes, x, y, text)


def write(axes: Axes, x: float, y: float, text: str, **look: Any) -> None:
    """A text centred on (x, y), 17 pixels high; $ is just a $. Single lines share a baseline with neighbours."""
    full: Any = {"fontsize": 13, "linespacing": 1.1, "ha": "center", "va": "center", "parse_math": False} | look
    if "\n" not in text and "rotation" not in full:
        full["va"], y = "baseline", y + 0.46 * full["fontsize"]
    axes.text(x, y, text, **full)


def arrow(axes: Axes, *points: Point, head: bool = True, **look: Any) -> None:
    """A line through the points, with rounded corners and an arrowhead at its end."""
    full: Any = {"color": INK, "linewidth": 1.75, "shrinkA": 0, "shrinkB": 0} | look
    at, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        at += [towards(corner, before), corner, towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    path = Path([*at, points[-1]], [*codes, Path.LINETO])
    style = "-|>,head_length=5,head_width=3" if head else "-"
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle=style, fill=head, **full))


def towards(start: Point, end: Point, radius: float = 10) -> Point:
    """The point one radius from start towards end, or halfway if that is nearer."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = min(0.5, radius / max(abs(dx), abs(dy), 1e-9))
    return start[0] + share * dx, start[1] + share * dy


# ---------------------------------------------------------------- blocks

ATTENTION = {"facecolor": PALE_ORANGE, "edgecolor": ORANGE}
NORM = {"facecolor": PALE_GREY, "edgecolor": GREY}
LOOKS: dict[str, dict[str, Any]] = {  # of all layers except the MLP
    "self-attention": ATTENTION,
    "masked self-attention": ATTENTION,
    "cross-attention": ATTENTION,
    "norm": NORM,
    "add & norm": NORM,
}


class Sizes(NamedTuple):
    """The sizes of a block, in pixels."""

    width: int
    layer: int  # the height of attention or MLP
    norm: int
    gap: int


def draw_block(
    axes: Axes, x: float, bottom: float, layers: Sequence[str], lang: str, norm_first: bool, sizes: Sizes
) -> tuple[float, dict[str, float]]:
    """Draw a block from its bottom up, residual connections on the left; return its top and each layer's centre."""
    y, centres, radius = bottom, {}, 10
    for layer in layers:
        branch = y - 0.4 * sizes.gap
        parts = [("norm", sizes.norm), (layer, sizes.layer)]
        if not norm_first:
            parts = [(layer, sizes.layer), ("add & norm", sizes.norm)]
        for part, height in parts:
            arrow(axes, (x, y), (x, y - sizes.gap))
            y -= sizes.gap + height
            centres[part] = y + height / 2
            box(axes, x, centres[part], sizes.width, height, TEXTS[part][lang], **LOOKS.get(part, {}))
        end = (x - sizes.width / 2, y + sizes.norm / 2)
        if norm_first:
            arrow(axes, (x, y), (x, y - sizes.gap))
            y -= sizes.gap + 2 * radius
            draw_sum(axes, x, y + radius, radius)
            end = (x - radius, y + radius)
        side = x - sizes.width / 2 - 20
        arrow(axes, (x, branch), (side, branch), (side, end[1]), end)
    return y, centres


def draw_sum(axes: Axes, x: float, y: float, radius: float) -> None:
    axes.add_patch(Circle((x, y), radius, facecolor="white", edgecolor=INK, linewidth=1.75))
    reach = 0.55 * radius
    axes.plot([x - reach, x + reach], [y, y], color=INK, linewidth=1.75)
    axes.plot([x, x], [y - reach, y + reach], color=INK, linewidth=1.75)


def frame(axes: Axes, left: float, top: float, right: float, bottom: float) -> None:
    look: Any = {"facecolor": "white", "edgecolor": GREY, "linestyle": (0, (5, 3)), "linewidth": 1.5, "zorder": 0}
    box(axes, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top, **look)


@styled
def transformer_figure(lang: str, source: str, target: str) -> Figure:
    """The Transformer of 2017: encoder on the left, decoder on the right, norms after the sums.

    source, target  the text that is read, and as much of its translation as has been written
    """
    figure, axes = canvas(482, 448)
    sizes, texts = Sizes(width=186, layer=42, norm=24, gap=12), in_language(TEXTS, lang)
    plain = {"facecolor": "white", "edgecolor": INK}
    columns, bottom, tops, all_centres = (119, 358), 364, [], []
    stacks = ["self-attention", "feed-forward"], ["masked self-attention", "cross-attention", "feed-forward"]
    for x, layers, text in zip(columns, stacks, (source, target), strict=True):
        write(axes, x, 438, text, fontstyle="italic")
        arrow(axes, (x, 428), (x, 417))
        box(axes, x, 396, 204, 42, texts["embedding"], **plain)
        top, centres = draw_block(axes, x, bottom + 8, layers, lang, norm_first=False, sizes=sizes)
        frame(axes, x - 117, top - 8, x + 98, bottom + 4)
        tops.append(top)
        all_centres.append(centres)
    (left, right), middle, cross = columns, 229, all_centres[1]["cross-attention"]
    write(axes, left, tops[0] - 70, f"{texts['encoder']}, {texts['blocks']}")
    write(axes, 469, cross, f"{texts['decoder']}, {texts['blocks']}", rotation=270)
    arrow(axes, (left, tops[0]), (left, tops[0] - 24), (middle, tops[0] - 24), (middle, cross),
          (right - sizes.width / 2, cross), color=ORANGE, linewidth=2.25)  # fmt: skip
    write(axes, left + 12, tops[0] - 38, texts["memory"], ha="left", color=ORANGE)
    arrow(axes, (right, tops[1]), (right, tops[1] - 16))
    box(axes, right, tops[1] - 29, sizes.width, 26, texts["softmax"], **plain)
    arrow(axes, (right, tops[1] - 42), (right, tops[1] - 54))
    write(axes, right, tops[1] - 63, texts["next"])
    return figure


@styled
def blocks_figure(lang: str) -> Figure:
    """Three blocks: the encoder's of 2017, as in BERT; the decoder's, with what GPT-2 drops crossed out; GPT-2's."""
    figure, axes = canvas(960, 358)
    texts, sizes = in_language(TEXTS, lang), Sizes(width=200, layer=41, norm=26, gap=11)
    masked = "masked self-attention"
    blocks = {
        "encoder 2017": (["self-attention", "feed-forward"], False),
        "decoder 2017": ([masked, "cross-attention", "feed-forward"], False),
        "GPT-2": ([masked, "feed-forward"], True),
    }
    for x, (name, (layers, norm_first)) in zip((160, 490, 820), blocks.items(), strict=True):
        top, centres = draw_block(axes, x, 332, layers, lang, norm_first, sizes)
        frame(axes, x - 134, top - 8, x + 114, 336)
        arrow(axes, (x, 354), (x, 332), head=False)
        arrow(axes, (x, top), (x, top - 22))
        write(axes, x, 14, texts[name], fontweight="bold")
        if y := centres.get("cross-attention"):
            left, right, slope = x - sizes.width / 2, x + sizes.width / 2, sizes.layer / 2
            arrow(axes, (x - 150, y), (left, y), color=ORANGE, linewidth=2.25)
            write(axes, x - 145, y - 45, texts["memory"], color=ORANGE, rotation=90)
            arrow(axes, (left, y + slope), (right, y - slope), head=False, color=ORANGE, linewidth=2.25)
    return figure


@styled
def stacks_figure(lang: str) -> Figure:
    """GPT-2's four sizes to scale, a bar for each layer, as wide as d_model; below, their numbers in a table."""
    figure, axes = canvas(396, 377)
    rows, texts = FACTS["sizes"]["rows"], in_language(TEXTS, lang)
    floor, step, widest = 268, 5.4, max(row["d_model"] for row in rows)
    below = floor + 22, floor + 46, floor + 70, floor + 94
    for name, y in zip(("layers", "width", "parameters", "paper"), below, strict=True):
        write(axes, 4, y, texts[name], ha="left", color=DARK_GREY)
    for i, row in enumerate(rows):
        x, width = 142 + 73 * i, 66 * row["d_model"] / widest
        for layer in range(row["n_layer"]):
            axes.add_patch(Rectangle((x - width / 2, floor - step * (layer + 1)), width, 0.68 * step, facecolor=BLUE))
        millions = local(f"{row['parameters'] / 1e6:,.0f}", lang)
        numbers = row["n_layer"], row["d_model"], f"{millions}M", row["paper"]
        for number, y in zip(numbers, below, strict=True):
            write(axes, x, y, str(number))
    return figure
