"""Where each token looks."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from mini_gpt.lesson.figures.style import styled

TEXTS = {
    "query": {"pt": "consulta: o token que olha", "en": "query: the token that looks"},
    "key": {"pt": "chave: o token olhado", "en": "key: the token looked at"},
    "weight": {"pt": "peso de atenção", "en": "attention weight"},
    "head": {"pt": "cabeça {}", "en": "head {}"},
    "layer": {"pt": "camada {}", "en": "layer {}"},
}


@styled
def attention_figure(
    weights: ArrayLike, tokens: Sequence[str], lang: str, queries: Sequence[str] | None = None
) -> Figure:
    """Where each token looks: a map for each head, its rows queries, its columns keys, one scale from 0 to 1 for all.

    weights  (T, S) of one head, (H, T, S) of a layer's heads, or (L, H, T, S): each layer is a row of maps
    tokens   S texts; the queries are the last T of them. Where labels would be too small to read, there are none
    queries  T texts, if they are of another text: cross-attention
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
        raise ValueError(f"weights of shape {maps.shape} must end in (T, S): S={len(tokens)}, as many keys as tokens, "
                         "and T no more than that")  # fmt: skip
    if queries is not None and (len(queries), len(tokens)) != (T, S):
        raise ValueError(f"weights of shape {maps.shape} must end in ({len(queries)}, {len(tokens)}), as many as "
                         "queries and tokens")  # fmt: skip
    by_layer, heads = maps.ndim == 4, maps.reshape(-1, T, S)
    columns = maps.shape[1] if by_layer else math.ceil(len(heads) ** 0.5)
    rows = math.ceil(len(heads) / columns)
    cell = min(0.25, 18 / (columns * S))  # inches; all maps side by side take 18 at most
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
    """A token on one line: its spaces as ·, what cannot be printed as its escape, of a long one the beginning.

    >>> token_label(" Brazil"), token_label("one\\n"), token_label(" incomprehensibility")
    ('·Brazil', 'one\\\\n', '·incomprehens…')
    """
    shown = "".join("·" if c == " " else c if c.isprintable() else ascii(c)[1:-1] for c in token)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
