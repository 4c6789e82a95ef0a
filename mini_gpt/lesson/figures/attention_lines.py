"""Where each token looks, as lines from queries to keys: the static pictures of BertViz's views."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from mini_gpt.lesson.figures.style import BLUE, ORANGE, styled
from mini_gpt.lesson.words import local
from mini_gpt.model import attention_scores

TEXTS = {
    "head": {"pt": "cabeça {}", "en": "head {}"},
    "layer": {"pt": "camada {}", "en": "layer {}"},
    "query": {"pt": "consulta\nde “{}”", "en": "query\nof “{}”"},
    "keys": {"pt": "chaves", "en": "keys"},
    "product": {"pt": "consulta × chave", "en": "query × key"},
    "score": {"pt": "soma\n÷ √{}", "en": "sum\n÷ √{}"},
    "weight": {"pt": "peso", "en": "weight"},
}
COLORS = plt.get_cmap("tab10").colors  # type: ignore[attr-defined]  # the colours of D3 and thus of BertViz
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])


@styled
def head_figure(
    weights: Tensor, heads: Sequence[int], queries: Sequence[str], keys: Sequence[str], lang: str
) -> Figure:
    """Lines from T queries on the left to S keys on the right, each head in its colour, as opaque as its weight.

    weights  (H, T, S) for the heads of a layer, of which `heads` are drawn

    >>> import torch
    >>> axes, = head_figure(torch.eye(2)[None], [0], ["a", "b"], ["a", "b"], "en").axes
    >>> axes.collections[0].get_color()[:, 3].tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    figure, axes = plt.subplots(figsize=(5, 0.25 * max(len(queries), len(keys)) + 0.5))
    for head in heads:
        draw_lines(axes, weights[head] / len(heads) ** 0.5, COLORS[head % 10], width=2)
    label(axes, 0, queries)
    label(axes, 1, keys)
    handles = [plt.Line2D([], [], color=COLORS[head % 10], label=TEXTS["head"][lang].format(head)) for head in heads]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(4, len(heads)), fontsize=9)
    return figure


@styled
def model_figure(weights: Tensor, queries: Sequence[str], keys: Sequence[str], lang: str) -> Figure:
    """The same for every layer (row) and head (column): weights (L, H, T, S).

    >>> import torch
    >>> figure = model_figure(torch.eye(2).expand(2, 3, 2, 2), ["a", "b"], ["a", "b"], "en")
    >>> len(figure.axes), figure.axes[2].get_title(loc="left")
    (6, 'head 2')
    """
    L, H, T, S = weights.shape
    size = (1.3 * H + 2, L * (0.13 * max(T, S) + 0.1) + 0.3)
    figure, grid = plt.subplots(L, H, figsize=size, squeeze=False)
    for layer, row in enumerate(grid):
        for head, axes in enumerate(row):
            draw_lines(axes, weights[layer, head], COLORS[layer % 10], width=1.3)
            if layer == 0:
                axes.set_title(TEXTS["head"][lang].format(head), fontsize=9)
        label(row[0], 0, queries, size=7)
        label(row[-1], 1, keys, size=7)
        row[0].set_ylabel(TEXTS["layer"][lang].format(layer), fontsize=9, labelpad=70)
    return figure


@styled
def neuron_figure(query: Tensor, keys: Tensor, weights: Tensor, tokens: Sequence[str], lang: str) -> Figure:
    """How the last token's query (D,) matches the keys (S, D): elementwise products, their sums (the scores), and the
    weights (S,).

    >>> import torch
    >>> axes = neuron_figure(torch.ones(4), torch.ones(2, 4), torch.tensor([0.5, 0.5]), ["a", "b"], "en").axes
    >>> axes[3].texts[0].get_text()
    '2.0'
    """
    S, D = keys.shape
    products, scores = query * keys, attention_scores(query[None], keys)[0]
    figure, grid = plt.subplots(2, 4, figsize=(10, 0.25 * (S + 2) + 1), sharey="row",
                                height_ratios=[1, S], width_ratios=[4, 4, 0.7, 0.7])  # fmt: skip
    (of_query, *unused), (of_keys, of_products, of_scores, of_weights) = grid
    for axes in unused:
        axes.remove()
    for axes, values in (
        (of_query, query[None]),
        (of_keys, keys),
        (of_products, products),
        (of_scores, scores[:, None]),
    ):
        largest = float(values.abs().max())
        axes.imshow(values.numpy(), cmap=SIGNED, vmin=-largest, vmax=largest, aspect="auto", interpolation="nearest")
    of_weights.barh(range(S), weights.tolist(), color=BLUE)
    of_weights.set_xlim(0, 1)
    for s in range(S):
        written = local(f"{scores[s]:.1f}", lang).replace("-", "−")
        of_scores.text(0, s, written, ha="center", va="center", fontsize=8, bbox={"fc": "white", "lw": 0, "pad": 1})
    titles = {of_keys: "keys", of_products: "product", of_scores: "score", of_weights: "weight"}
    for axes, title in titles.items():
        axes.set_title(TEXTS[title][lang].format(D), fontsize=9)
    for axes in figure.axes:
        axes.set(xticks=[], yticks=[])
    font = {"fontsize": 9, "parse_math": False}
    of_query.set_yticks([0], [TEXTS["query"][lang].format(tokens[-1])], **font)
    of_keys.set_yticks(range(S), tokens, **font)
    return figure


def draw_lines(axes: Axes, weights: Tensor, color: tuple[float, ...], width: float) -> None:
    """A line from each query, at x=0, to each key, at x=1, as opaque as weights (T, S) says."""
    T, S = weights.shape
    lines = [[(0, t), (1, s)] for t in range(T) for s in range(S)]
    colors = [(*color, weight) for weight in weights.flatten().tolist()]
    axes.add_collection(LineCollection(lines, colors=colors, linewidths=width))
    axes.set(xlim=(0, 1), ylim=(max(T, S) - 0.5, -0.5), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def label(axes: Axes, x: int, tokens: Sequence[str], size: int = 10) -> None:
    """The tokens at the ends of their lines: left of x=0, or right of x=1."""
    side = "left" if x else "right"
    for place, token in enumerate(tokens):
        axes.annotate(token, (x, place), (8 * x - 4, 0), textcoords="offset points", ha=side, va="center",
                      fontsize=size, parse_math=False)  # fmt: skip
