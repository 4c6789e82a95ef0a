"""The pictures: tokens and numbers in, a matplotlib Figure out. Words on a picture are in the language `lang`."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, ParamSpec

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import ArrayLike

from mini_gpt.lesson.costs import Cost
from mini_gpt.sizes import FLOAT32

BLUE, ORANGE, GREY, INK = "#2b6cb0", "#c05621", "#a0aec0", "#2d3748"  # contrast at least 4.5 on white, but for GREY
P = ParamSpec("P")
STYLE: Any = {
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.dpi": 96,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
TEXTS = {
    "probability": {"pt": "probabilidade", "en": "probability"},
    "model": {"pt": "modelo", "en": "model"},
    "truth": {"pt": "verdade", "en": "truth"},
    "bits": {"pt": "surpresa (bits)", "en": "surprise (bits)"},
    "unavoidable": {"pt": "inevitável (verdade)", "en": "unavoidable (truth)"},
    "excess": {"pt": "a mais, no modelo", "en": "excess, in the model"},
    "step": {"pt": "passo do treino", "en": "training step"},
    "loss": {"pt": "perda (nats por token)", "en": "loss (nats per token)"},
    "floor": {"pt": "piso: a entropia da cidade", "en": "floor: the town's entropy"},
    "training": {"pt": "no texto de treino", "en": "on the training text"},
    "validation": {"pt": "no texto de validação", "en": "on the validation text"},
    "query": {"pt": "consulta: o token que olha", "en": "query: the token that looks"},
    "key": {"pt": "chave: o token olhado", "en": "key: the token looked at"},
    "weight": {"pt": "peso de atenção", "en": "attention weight"},
    "head": {"pt": "cabeça {}", "en": "head {}"},
    "layer": {"pt": "camada {}", "en": "layer {}"},
    "next token": {"pt": "para prever o próximo token", "en": "to predict the next token"},
    "milliseconds": {"pt": "tempo (ms)", "en": "time (ms)"},
    "mebibytes": {"pt": "memória (MiB)", "en": "memory (MiB)"},
    "context": {"pt": "contexto (tokens)", "en": "context (tokens)"},
    "parameters": {"pt": "parâmetros", "en": "parameters"},
    "without cache": {"pt": "sem cache: lê tudo de novo", "en": "without a cache: reads all again"},
    "with cache": {"pt": "com cache: lê um token", "en": "with a cache: reads one token"},
    "weights": {"pt": "pesos do modelo (float32)", "en": "the model's weights (float32)"},
    "slope": {"pt": "inclinação {}", "en": "slope {}"},
}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """The figure in the lesson's style; it is not shown until it is a cell's last value."""

    @functools.wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with plt.rc_context(STYLE):
            figure = draw(*args, **kwargs)
        plt.close(figure)
        return figure

    return wrapped


def bars(axes: Axes, words: Sequence[str], series: Mapping[str, ArrayLike], lang: str) -> None:
    """Horizontal bars, a group for each word from the top down, a colour and a hatch for each series."""
    height = 0.8 / len(series)
    looks: list[Any] = [{"color": BLUE}, {"facecolor": "white", "edgecolor": ORANGE, "hatch": "////"}]
    for i, (label, values) in enumerate(series.items()):
        at = np.arange(len(words)) + (i - (len(series) - 1) / 2) * height
        axes.barh(at, np.asarray(values), height * 0.9, label=label, **looks[i % 2])
    axes.set_yticks(range(len(words)), words)
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
    """The most likely next tokens by the model and by the truth, side by side; at least 0.5 % by one of them.

    words (V,) of the vocabulary; model and truth (V,) probabilities; name of the model, for the legend
    """
    series = {name or TEXTS["model"][lang]: np.asarray(model)}
    if truth is not None:
        series[TEXTS["truth"][lang]] = np.asarray(truth)
    largest = np.maximum.reduce(list(series.values()))
    order = [i for i in np.argsort(-largest, kind="stable")[:most] if largest[i] >= 0.005]  # what can be seen
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.36 * len(order)))
    bars(axes, [words[i] for i in order], {label: values[order] for label, values in series.items()}, lang)
    if truth is not None:
        axes.legend(loc="lower right")
    return figure


@styled
def knobs_figure(words: Sequence[str], panels: Mapping[str, ArrayLike], lang: str) -> Figure:
    """The same distribution after different knobs: a panel for each, words (N,) and probabilities (N,)."""
    size = (2.2 * len(panels) + 1, 0.9 + 0.32 * len(words))
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True)
    for panel, (title, probs) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        bars(panel, words, {title: probs}, lang)
        panel.set_title(title, fontsize=11)
        panel.set_xlim(0, 1)
    return figure


@styled
def surprise_figure(words: Sequence[str], model: ArrayLike, truth: ArrayLike, lang: str) -> Figure:
    """What each token of a text cost in bits: what the truth pays, and what the model pays beyond it.

    Where the model happens to pay less than the truth, the part beyond is negative and hangs under 0.
    """
    truth, excess = np.asarray(truth), np.asarray(model) - np.asarray(truth)
    figure, axes = plt.subplots(figsize=(max(6, 0.38 * len(words)), 3.2))
    at = np.arange(len(words))
    axes.bar(at, truth, 0.7, color=GREY, label=TEXTS["unavoidable"][lang])
    axes.bar(at, excess, 0.7, np.where(excess >= 0, truth, 0), color=ORANGE, hatch="////", edgecolor="white",
             label=TEXTS["excess"][lang])  # fmt: skip
    axes.set_xticks(at, words, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_ylabel(TEXTS["bits"][lang])
    axes.legend(loc="upper right")
    return figure


@styled
def loss_figure(
    losses: Sequence[float], floor: float | None, lang: str, validation: Mapping[int, float] | None = None
) -> Figure:
    """The loss of every step, from 1 on a logarithmic scale, and the floor that no model gets under, if it is known.

    validation  number of steps done to the loss on text that is not trained on; of a log of `train`:
                {record["step"] + 1: record["validation_loss"] for record in log if "validation_loss" in record}
    """
    figure, axes = plt.subplots(figsize=(7, 3.4))
    label = TEXTS["model" if validation is None else "training"][lang]
    axes.plot(np.arange(1, len(losses) + 1), losses, color=BLUE, linewidth=1, label=label)
    if validation is not None:
        axes.plot(list(validation), list(validation.values()), "o-", color=INK, markersize=4,
                  label=TEXTS["validation"][lang])  # fmt: skip
    if floor is not None:
        axes.axhline(floor, color=ORANGE, linestyle="--", label=TEXTS["floor"][lang])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_ylim(0, max(losses) * 1.05)
    axes.set_xlabel(TEXTS["step"][lang])
    axes.set_ylabel(TEXTS["loss"][lang])
    axes.legend(loc="upper right")
    return figure


# ---------------------------------------------------------------- attention


@styled
def attention_figure(weights: ArrayLike, tokens: Sequence[str], lang: str) -> Figure:
    """Where each token looks: a map for each head, its rows queries, its columns keys, one scale from 0 to 1 for all.

    weights  (T, S) of one head, (H, T, S) of a layer's heads, or (L, H, T, S): each layer is a row of maps
    tokens   S texts; the queries are the last T of them. Where labels would be too small to read, there are none
    Raises ValueError for weights of another shape.

    >>> axes, _ = attention_figure([[1, 0], [0.5, 0.5]], ["<|endoftext|>", " ana"], "en").axes
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['<|endoftext|>', '·ana']
    """
    maps = np.asarray(weights)
    if not 2 <= maps.ndim <= 4 or not maps.size:
        raise ValueError(f"weights of shape {maps.shape} must be (T, S), (H, T, S) or (L, H, T, S)")
    T, S = maps.shape[-2:]
    if not T <= S == len(tokens):
        raise ValueError(f"weights of shape {maps.shape} must end in (T, S): S={len(tokens)}, as many keys as tokens, "
                         "and T no more than that")  # fmt: skip
    by_layer, heads = maps.ndim == 4, maps.reshape(-1, T, S)
    columns = maps.shape[1] if by_layer else math.ceil(len(heads) ** 0.5)
    rows = math.ceil(len(heads) / columns)
    cell = min(0.25, 18 / (columns * S))  # inches; all maps side by side take 18 at most
    font = {"fontsize": min(9, 65 * cell), "parse_math": False}  # a token's $ is a $
    labels = [token_label(token) for token in tokens] if cell >= 0.1 else []
    size = (columns * max(S * cell, 1) + 2.5, rows * max(T * cell, 1) + 1.5)
    figure, grid = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for i, axes in enumerate(grid.flat):
        if i >= len(heads):
            axes.remove()
            continue
        image = axes.imshow(heads[i], cmap="magma_r", vmin=0, vmax=1)
        keys = labels if i + columns >= len(heads) else []  # none is below it
        queries = labels[S - T :] if i % columns == 0 else []
        axes.set_xticks(range(len(keys)), keys, rotation=90, **font)
        axes.set_yticks(range(len(queries)), queries, **font)
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


# ---------------------------------------------------------------- cost


@styled
def cost_figure(records: Sequence[Cost], lang: str, against: Literal["context", "parameters"] = "context") -> Figure:
    """Time and memory of the next token against context or parameters, with a cache and without, on logarithmic scales.

    records  Costs that differ in `against` and in whether there was a cache, in nothing else; two or more of each.
             Raises ValueError if they do
    """
    fixed = "parameters" if against == "context" else "context"
    if len({getattr(record, fixed) for record in records}) != 1:
        raise ValueError(f"records must be of one {fixed} to be drawn against={against!r}")
    figure, (time, memory) = plt.subplots(1, 2, figsize=(10, 4.4))
    for cached, look in (False, {"color": ORANGE, "marker": "o"}), (True, {"color": BLUE, "marker": "s"}):
        of_kind = [record for record in records if record.cached == cached]
        at = [getattr(record, against) for record in of_kind]
        label = TEXTS["with cache" if cached else "without cache"][lang]
        time.plot(at, [1e3 * record.seconds for record in of_kind], label=label, **look)
        memory.plot(at, [record.bytes / 2**20 for record in of_kind], **look)
    memory.plot(at, [FLOAT32 * record.parameters / 2**20 for record in of_kind], color=INK, linestyle=":",
                label=TEXTS["weights"][lang])  # fmt: skip
    for axes, label in (time, "milliseconds"), (memory, "mebibytes"):
        axes.set_xlabel(TEXTS[against][lang])
        axes.set_ylabel(TEXTS[label][lang])
        axes.loglog()
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_yticks([], minor=True)
        if against == "context":
            axes.set_xticks(at, at)
            axes.set_xticks([], minor=True)
        guides(axes, lang)
    figure.legend(loc="outside upper left", ncols=3)
    return figure


def guides(axes: Axes, lang: str) -> None:
    """Lines of slope 1 and 2 on logarithmic axes, from above the first line's first point, while there is room."""
    xs, ys = np.asarray(axes.lines[0].get_xydata()).T
    x, y, top = xs[0], 1.5 * ys[0], axes.get_ylim()[1]
    for slope in (1, 2):
        end = min(xs[-1], x * (top / y) ** (1 / slope))
        height = y * (end / x) ** slope
        axes.plot([x, end], [y, height], color=GREY, linestyle="--", zorder=0)
        axes.text(end, height, TEXTS["slope"][lang].format(slope), fontsize=9, ha="right", va="bottom")
