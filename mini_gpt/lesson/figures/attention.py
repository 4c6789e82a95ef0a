"""Where each token looks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from mini_gpt.lesson.figures.style import BLUE, GREY, INK, ORANGE, styled
from mini_gpt.lesson.token_names import visible
from mini_gpt.lesson.words import local

TEXTS = {
    "query": {"pt": "consulta: o token que olha", "en": "query: the token that looks"},
    "key": {"pt": "chave: o token que é olhado", "en": "key: the token that is looked at"},
    "weight": {"pt": "peso de atenção", "en": "attention weight"},
    "head": {"pt": "cabeça {}", "en": "head {}"},
    "layer": {"pt": "camada {}", "en": "layer {}"},
    "products": {"pt": "produtos q·k", "en": "products q·k"},
    "scores": {"pt": "escores: ÷ √{}", "en": "scores: ÷ √{}"},
    "softmax": {"pt": "pesos: softmax", "en": "weights: softmax"},
    "mixed": {"pt": "valores misturados", "en": "mixed values"},
    "cost": {"pt": "custo do corte (bits)", "en": "cost of the cut (bits)"},
    "weights in %": {"pt": "peso de atenção, %", "en": "attention weight, %"},
    "next": {"pt": "p(próximo), %", "en": "p(next), %"},
}
BLUES = LinearSegmentedColormap.from_list("blues", ["white", BLUE])


@styled
def attention_figure(
    weights: ArrayLike, tokens: Sequence[str], lang: str, queries: Sequence[str] | None = None
) -> Figure:
    """Where each token looks: a map for each head, with queries as rows, keys as columns, and a scale from 0 to 1.

    weights  (T, S) for one head, (H, T, S) for the heads of a layer, or (L, H, T, S): one row of maps per layer
    tokens   S strings, whose last T are the queries; labels that would be too small to read are left out
    queries  T strings, if they come from another text: cross-attention
    Raises ValueError for weights of another shape.

    >>> axes, _ = attention_figure([[1, 0], [0.5, 0.5]], ["<|endoftext|>", " ana"], "en").axes
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['<|endoftext|>', '·ana']
    """
    maps = np.asarray(weights)
    if not 2 <= maps.ndim <= 4 or not maps.size:
        raise ValueError(f"weights of shape {maps.shape} must be (T, S), (H, T, S) or (L, H, T, S)")
    T, S = maps.shape[-2:]
    if queries is None and not T <= S == len(tokens):
        raise ValueError(f"weights of shape {maps.shape} must end in (T, S): S={len(tokens)}, one key for each token, "
                         "and T at most S")  # fmt: skip
    if queries is not None and (len(queries), len(tokens)) != (T, S):
        raise ValueError(f"weights of shape {maps.shape} must end in ({len(queries)}, {len(tokens)}), the numbers "
                         "of queries and tokens")  # fmt: skip
    by_layer, heads = maps.ndim == 4, maps.reshape(-1, T, S)
    columns = maps.shape[1] if by_layer else math.ceil(len(heads) ** 0.5)
    rows = math.ceil(len(heads) / columns)
    cell = min(0.25, 18 / (columns * S))  # inches; maps side by side take 18 at most
    font = {"fontsize": min(9, 65 * cell), "parse_math": False}  # a token's $ is a $
    key_labels, query_labels = ([token_label(token) for token in texts] if cell >= 0.1 else []
                     for texts in (tokens, tokens[S - T :] if queries is None else queries))  # fmt: skip
    size = (columns * max(S * cell, 1) + 2.5, rows * max(T * cell, 1) + 1.5)
    figure, grid = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for i, axes in enumerate(grid.flat):
        if i >= len(heads):
            axes.remove()
            continue
        image = axes.imshow(heads[i], cmap="magma_r", vmin=0, vmax=1)
        below = key_labels if i + columns >= len(heads) else []  # no map is below it
        beside = query_labels if i % columns == 0 else []
        axes.set_xticks(range(len(below)), below, rotation=90, **font)
        axes.set_yticks(range(len(beside)), beside, **font)
        axes.tick_params(length=0)
        if len(heads) > 1 and (i < columns or not by_layer):
            axes.set_title(TEXTS["head"][lang].format(i), fontsize=9)
        if by_layer and i % columns == 0:
            axes.set_ylabel(TEXTS["layer"][lang].format(i // columns), fontsize=9)
    figure.supxlabel(TEXTS["key"][lang], fontsize=11)
    figure.supylabel(TEXTS["query"][lang], fontsize=11)
    figure.colorbar(image, ax=figure.axes, label=TEXTS["weight"][lang], shrink=min(1, 4 / size[1]), aspect=30)
    return figure


def token_label(token: str, longest: int = 14) -> str:
    """A token on one line: spaces as ·, unprintable characters escaped, a long token cut off.

    >>> token_label(" Brazil"), token_label("one\\n"), token_label(" incomprehensibility")
    ('·Brazil', 'one\\\\n', '·incomprehens…')
    """
    shown = visible(token)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def cells(
    axes: Axes,
    numbers: ArrayLike,
    lang: str,
    mask: ArrayLike | None = None,
    shades: ArrayLike | None = None,
    digits: int | None = None,
) -> None:
    """A table of squares, with queries as rows and keys as columns; those that the mask blocks are empty.

    mask    True = may attend
    shades  how blue each square is, from 0 to 1; by default, the numbers themselves
    digits  decimals of the numbers in the squares; by default, no numbers
    """
    numbers = np.asarray(numbers)
    mask = np.ones(numbers.shape, bool) if mask is None else np.asarray(mask)
    shades = numbers if shades is None else np.asarray(shades)
    for (row, column), number in np.ndenumerate(numbers):
        shade, seen = float(shades[row, column]), mask[row, column]
        look = {"facecolor": BLUES(shade)} if seen else {"facecolor": "white", "linestyle": ":"}
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, edgecolor=GREY, linewidth=1.5, **look))
        if digits is not None and seen:
            color = "white" if shade > 0.6 else INK
            text = local(f"{number + 0.0:.{digits}f}", lang).replace("-", "−")
            axes.text(column, row, text, ha="center", va="center", color=color)
    axes.set(xlim=(-0.52, numbers.shape[1] - 0.48), ylim=(numbers.shape[0] - 0.48, -0.52), aspect="equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def name_cells(axes: Axes, keys: Sequence[str] = (), queries: Sequence[str] = ()) -> None:
    """Label the columns of `cells` above and its rows on the left."""
    font: Any = {"parse_math": False}
    axes.set_xticks(range(len(keys)), [token_label(key) for key in keys], rotation=90, **font)
    axes.set_yticks(range(len(queries)), [token_label(query) for query in queries], **font)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)


@styled
def attention_steps_figure(
    scores: ArrayLike, weights: ArrayLike, values: ArrayLike, mask: ArrayLike, tokens: Sequence[str], lang: str
) -> Figure:
    """The four steps of a head: products of queries and keys, scores, weights, and the weighted sums of the values.

    scores, weights, mask  (T, T)
    values                 (T, D); of their weighted sums, the first T columns are shown
    """
    scores, weights, values = np.asarray(scores), np.asarray(weights), np.asarray(values)
    T, D = values.shape
    mixed = (weights @ values)[:, :T]
    figure, panels = plt.subplots(1, 4, figsize=(12, 4.4))
    tables = {"products": (scores * D**0.5, 1), "scores": (scores, 1), "softmax": (weights, 2), "mixed": (mixed, 2)}
    for axes, (name, (table, digits)) in zip(panels, tables.items(), strict=True):
        shades = np.zeros_like(table) if name != "softmax" else None
        cells(axes, table, lang, mask if name == "softmax" else None, shades, digits)
        axes.set_xlabel(TEXTS[name][lang].format(D), labelpad=10)
        name_cells(axes, [] if name == "mixed" else tokens, tokens if axes is panels[0] else [])
    return figure


@styled
def edges_figure(heads: Mapping[str, tuple[ArrayLike, ArrayLike]], tokens: Sequence[str], lang: str) -> Figure:
    """A query's weight on each of S tokens, and the cost of blocking that edge: {head: (weights (S,), bits (S,))}."""
    figure, grid = plt.subplots(1, 2 * len(heads), figsize=(6 * len(heads), 5), sharey=True)
    most = max(np.asarray(bits).max() for _, bits in heads.values())
    at = np.arange(len(tokens))
    for (name, (weights, bits)), left, right in zip(heads.items(), grid[::2], grid[1::2], strict=True):
        left.barh(at, np.asarray(weights), 0.7, color=BLUE)
        drawn = right.barh(at, np.asarray(bits), 0.7, facecolor="white", edgecolor=ORANGE, hatch="////")
        right.bar_label(drawn, [local(f"{each:.1f}", lang) for each in np.asarray(bits) + 0.0], padding=3)
        left.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        right.set_xlim(min(0, np.asarray(bits).min()), 1.25 * most)
        left.set_title(name)
        left.set_xlabel(TEXTS["weight"][lang])
        right.set_xlabel(TEXTS["cost"][lang])
    grid[0].set_yticks(at, [token_label(token) for token in tokens], parse_math=False)
    grid[0].invert_yaxis()
    return figure


@styled
def painted_figure(
    weights: ArrayLike, mask: ArrayLike, tokens: Sequence[str], next_probs: ArrayLike, lang: str
) -> Figure:
    """A head's weights (T, T) under a mask, and beside each row but the last p(its next token), all in per cent."""
    weights, p, last = np.asarray(weights), np.asarray(next_probs)[:, None], np.zeros((1, 1))
    figure, (grid, beside) = plt.subplots(1, 2, figsize=(8, 5), width_ratios=(len(tokens), 1.5))
    cells(grid, 100 * weights, lang, mask, weights, digits=0)
    name_cells(grid, tokens, tokens)
    p, seen = np.concatenate([p, last]), np.concatenate([p >= 0, last > 0])
    cells(beside, 100 * p, lang, seen, p, digits=0)
    grid.set_anchor("E")
    beside.set_anchor("W")
    grid.set_xlabel(TEXTS["weights in %"][lang], labelpad=10)
    beside.set_xlabel(TEXTS["next"][lang], labelpad=10)
    return figure
