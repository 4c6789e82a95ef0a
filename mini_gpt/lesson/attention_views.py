"""BertViz's head view, model view and neuron view on our own models, without internet.

BertViz (Vig 2019) draws attention in the browser. Its pages fetch D3, jQuery and require.js; here its JavaScript runs
unchanged in a frame that is given D3 and answers the few calls to the two others: see attention_views.js. BertViz and
D3 are read from the installed packages, D3 from mpld3.

Where nothing can run, in a notebook that is not trusted or on paper, a picture stands for the view.
"""

import io
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

import torch
import traitlets
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from mini_gpt.encoder import Encoder, EncoderDecoder
from mini_gpt.lesson.figures.attention import token_label
from mini_gpt.lesson.figures.attention_lines import head_figure, model_figure, neuron_figure
from mini_gpt.lesson.kinds import plain, single
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.widgets.widget import Widget, front_end, rounded
from mini_gpt.lesson.words import in_language
from mini_gpt.model import GPT, check_ids
from mini_gpt.trace import record

MOST = {  # numbers in a view that a laptop shows within a few seconds
    "head_view": 150_000,  # weights, of which it draws one layer's: 32 tokens of GPT-2's smallest size
    "model_view": 40_000,  # weights, and it draws them all: 16 of its tokens
    "neuron_view": 350_000,  # weights, queries and keys: 16 of its tokens
}
TEXTS = {
    "head_view": {"pt": "Visão das cabeças", "en": "Head view"},
    "model_view": {"pt": "Visão do modelo", "en": "Model view"},
    "neuron_view": {"pt": "Visão dos neurônios", "en": "Neuron view"},
    "head_view hint": {
        "pt": (
            "Passe o mouse sobre um token para ver só as linhas dele; clique numa cor para esconder ou mostrar a "
            "cabeça, duas vezes para deixar só ela. Pelo teclado: Tab, setas e Enter."
        ),
        "en": (
            "Hover over a token to see only its lines; click a colour to hide or show that head, double-click to "
            "show it alone. By keyboard: Tab, arrows and Enter."
        ),
    },
    "model_view hint": {
        "pt": "Clique num quadro para ampliá-lo. Pelo teclado: Tab e Enter.",
        "en": "Click a square to enlarge it. By keyboard: Tab and Enter.",
    },
    "neuron_view hint": {
        "pt": (
            "Passe o mouse sobre um token à esquerda e clique no + ao lado dele para ver a conta; azul é positivo, "
            "laranja é negativo. Pelo teclado: Tab, setas e Enter."
        ),
        "en": (
            "Hover over a token on the left and click the + beside it to see the computation; blue is positive, "
            "orange is negative. By keyboard: Tab, arrows and Enter."
        ),
    },
    "in words": {"pt": "Em palavras: para onde vai o maior peso", "en": "In words: where the largest weight goes"},
    "Cross": {"pt": "Cruzada", "en": "Cross"},
    "Decoder": {"pt": "Decodificador", "en": "Decoder"},
    "Encoder": {"pt": "Codificador", "en": "Encoder"},
    # what BertViz says
    "Attention": {"pt": "Atenção", "en": "Attention"},
    "Layer": {"pt": "Camada", "en": "Layer"},
    "Head": {"pt": "Cabeça", "en": "Head"},
    "Query": {"pt": "Consulta", "en": "Query"},
    "Key": {"pt": "Chave", "en": "Key"},
    "elementwise": {"pt": "por elemento", "en": "elementwise"},
    "No token selected": {"pt": "Nenhum token escolhido", "en": "No token selected"},
}


def installed(package: str, path: str) -> str:
    """The text of a file of an installed package, which is not imported.

    >>> installed("mpld3", "mpld3/js/d3.v5.min.js")[:18]
    '// https://d3js.or'
    """
    return Path(str(distribution(package).locate_file(path))).read_text(encoding="utf-8")


class AttentionView(Widget):
    """What head_view, model_view and neuron_view give: BertViz, alive in a notebook, and its picture elsewhere."""

    _esm, _css = front_end(__file__)
    kind = traitlets.Unicode().tag(sync=True)
    d3 = traitlets.Unicode().tag(sync=True)  # the source of D3
    bertviz = traitlets.Unicode().tag(sync=True)  # the source of the view
    parameters: Any = traitlets.Dict().tag(sync=True)  # what BertViz's JavaScript reads
    title = traitlets.Unicode().tag(sync=True)
    words: Any = traitlets.List().tag(sync=True)  # the view as it opens, for those who cannot see it

    def __init__(self, kind: str, parameters: dict[str, Any], words: list[str], picture: Figure, lang: str) -> None:
        self.speak(TEXTS, lang)
        title = f"BertViz · {self.texts[kind]}: {' '.join(parameters['attention'][0]['left_text'])}"
        d3, bertviz = installed("mpld3", "mpld3/js/d3.v5.min.js"), installed("bertviz", f"bertviz/{kind}.js")
        super().__init__(kind=kind, d3=d3, bertviz=bertviz, parameters=parameters, title=title, words=words)
        self.picture = picture

    def __repr__(self) -> str:
        return self.title

    def png(self) -> str:
        """The picture in base64, of 256 colours: of all, its many pale lines would take five times as many bytes."""
        drawn, small = io.BytesIO(), io.BytesIO()
        self.picture.savefig(drawn, format="png")
        few_colours = Image.open(drawn).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE)
        few_colours.save(small, format="png", optimize=True)
        return b64encode(small.getvalue()).decode()

    def static_html(self) -> str:
        lines = "".join(f"<li>{escape(line)}</li>" for line in self.words)
        return (
            f'<img alt="{escape(self.title)}" src="data:image/png;base64,{self.png()}">'
            f"<details><summary>{self.texts['in words']}</summary><ul>{lines}</ul></details>"
        )

    def picture_data(self) -> dict[str, str]:
        """As PNG: a notebook's test compares HTML to the last byte, and a picture's differ between machines."""
        return {"image/png": self.png()}


# ---------------------------------------------------------------- what the model attends to


class Attention(NamedTuple):
    """The attention of one text to another, or to itself."""

    name: str
    weights: Tensor  # (L, H, T, S)
    queries: list[str]  # T tokens, as they are shown
    keys: list[str]  # S

    def in_words(self, weights: Tensor) -> list[str]:
        """Where each query's largest weight goes, of weights (T, S)."""
        best = zip(self.queries, *(found.tolist() for found in weights.max(-1)), strict=True)
        return [f"“{query}” → “{self.keys[s]}” {weight:.0%}" for query, weight, s in best]

    def for_bertviz(self) -> dict[str, Any]:
        return {"name": self.name, "attn": rounded(self.weights, 4), "left_text": self.queries, "right_text": self.keys}


def read(model: GPT, name: str, text: Any, start: bool = True) -> tuple[Tensor, list[str]]:
    """ids (1, T) of a text, put behind <|endoftext|> if `start`, or of ids as they are; and what is shown of each."""
    if model.tokenizer is None:
        raise ValueError("model.tokenizer=None must be the tokenizer that goes with the weights")
    ids, end = text, model.tokenizer.end_of_text
    if isinstance(text, str):
        ids = model.tokenizer.encode(text)
        ids = [end, *ids] if start and ids[:1] != [end] else ids
    try:
        ids = torch.as_tensor(ids, device=model.token_embedding.weight.device)
        ids = ids.view(1, ids.shape[-1])
    except (IndexError, RuntimeError, TypeError, ValueError):
        raise ValueError(f"{name}={text!r} must be a text, or the ids of one") from None
    check_ids(ids, model.config)
    return ids, [token_label(name) for name in token_names(model.tokenizer, ids[0])]


@torch.no_grad()
def attention_of(view: str, model: GPT, text: Any, target: Any, lang: str) -> list[Attention]:
    """All the attention of a model that reads a text: of an EncoderDecoder the cross-attention first.

    Raises ValueError for more than the view can show.
    """
    names, reads_two = in_language(TEXTS, lang), isinstance(model, EncoderDecoder)
    if (target is not None) != reads_two:
        raise ValueError(f"target={target!r} must {'' if reads_two else 'not '}be given: {type(model).__name__} reads "
                         f"{'a text and writes another' if reads_two else 'one text'}")  # fmt: skip
    ids, tokens = read(model, "text", text, start=not reads_two)
    if isinstance(model, EncoderDecoder):
        written, targets = read(model, "target", target)
        with record(model, "blocks.*.weights") as trace, record(model.encoder, "*.weights") as reading:
            model(written, memory=model.encode(ids))
        found = [
            Attention(names["Cross"], trace.layers("cross_attention.weights")[:, 0], targets, tokens),
            Attention(names["Decoder"], trace.layers("attention.weights")[:, 0], targets, targets),
            Attention(names["Encoder"], reading.layers("attention.weights")[:, 0], tokens, tokens),
        ]
    else:
        with record(model, "*.weights") as trace:
            model(ids)
        found = [Attention("", trace.layers("attention.weights")[:, 0], tokens, tokens)]
    L, H = found[0].weights.shape[:2]
    vectors = 2 * L * model.config.d_model if view == "neuron_view" else 0  # numbers of a query and a key in all heads

    def size(scale: float) -> float:
        """How many numbers the view would hold if each text had `scale` times its tokens."""
        return sum(each.weights.numel() for each in found) * scale**2 + vectors * len(tokens) * scale

    if size(1) > MOST[view]:
        fits = next(n for n in range(len(tokens) - 1, -1, -1) if size(n / len(tokens)) <= MOST[view])
        raise ValueError(f"text of {len(tokens)} tokens makes {size(1):,.0f} numbers in the {view} of a model with "
                         f"{L} x {H} heads, and a page can show {MOST[view]:,}: take at most {fits} tokens"
                         + ", or head_view, which takes more" * (view == "model_view"))  # fmt: skip
    return [each._replace(weights=single(each.weights)) for each in found]


def check_place(name: str, value: Any, n: int) -> int:
    place = plain(value)
    if type(place) is not int or not 0 <= place < n:
        raise ValueError(f"{name}={value!r} must be a whole number from 0 to {n - 1}")
    return place


# ---------------------------------------------------------------- the three views


def head_view(
    model: GPT, text: Any, target: Any = None, *, lang: str = "pt", layer: int = 0, heads: Sequence[int] | None = None
) -> AttentionView:
    """The heads of one layer: a line from each token to those that it looks at, opaque as the weight.

    model   a GPT, an Encoder or an EncoderDecoder with its tokenizer
    text    a text, which is put behind <|endoftext|>, or ids as they are; what an EncoderDecoder translates is put
            behind nothing
    target  what an EncoderDecoder's decoder has read so far, a text or ids; the others have none
    layer, heads  those that the view opens with; without heads, all

    Raises ValueError for what the model cannot take, for layers and heads that it does not have, and for a text that is
    too long for the page: MOST has each view's limit. For GPT-2's smallest size, 12 x 12 heads, it is 32 tokens here.

    >>> import mini_gpt
    >>> head_view(mini_gpt.load("mini"), "ana is at", lang="en")
    BertViz · Head view: <|endoftext|> ana is at
    """
    first, *others = attention_of("head_view", model, text, target, lang)
    L, H = first.weights.shape[:2]
    layer = check_place("layer", layer, L)
    shown = [check_place("heads", head, H) for head in (range(H) if heads is None else heads)]
    if not shown:
        raise ValueError(f"heads={heads!r} must hold at least one head, or be None for all")
    parameters = given(first, *others) | {"layer": layer, "heads": shown, "include_layers": list(range(L))}
    words = first.in_words(first.weights[layer, shown].mean(0))
    picture = head_figure(first.weights[layer], shown, first.queries, first.keys, lang)
    return AttentionView("head_view", parameters, words, picture, lang)


def model_view(model: GPT, text: Any, target: Any = None, *, lang: str = "pt") -> AttentionView:
    """All heads of all layers at once, small; a click shows one from near. Arguments and errors are head_view's.

    It draws a line for each weight: of GPT-2's smallest size it takes 16 tokens.

    >>> import mini_gpt
    >>> model_view(mini_gpt.load("mini"), "ana is at", lang="en")
    BertViz · Model view: <|endoftext|> ana is at
    """
    first, *others = attention_of("model_view", model, text, target, lang)
    L, H = first.weights.shape[:2]
    parameters = given(first, *others) | {
        "include_layers": list(range(L)),
        "include_heads": list(range(H)),
        "total_heads": max(H, 8),  # BertViz sizes its squares by this: few heads would get huge ones
    }
    names = in_language(TEXTS, lang)
    words = [
        f"{names['Layer']} {layer}, {names['Head']} {head}: {first.in_words(first.weights[layer, head])[-1]}"
        for layer in range(L)
        for head in range(H)
    ]
    return AttentionView("model_view", parameters, words, model_figure(*first[1:], lang), lang)


def neuron_view(model: GPT, text: Any, *, lang: str = "pt", layer: int = 0, head: int = 0) -> AttentionView:
    """How one head's queries find their keys, number by number. Arguments and errors are head_view's.

    The model reads one text: of GPT-2's smallest size, 16 tokens.

    >>> import mini_gpt
    >>> neuron_view(mini_gpt.load("mini"), "ana is at", lang="en", layer=1)
    BertViz · Neuron view: <|endoftext|> ana is at
    """
    if isinstance(model, EncoderDecoder):
        raise ValueError("model must read one text, a GPT or an Encoder: BertViz has no neuron view of two")
    with record(model, "*.queries", "*.keys") as trace:
        [found] = attention_of("neuron_view", model, text, None, lang)
    layer = check_place("layer", layer, model.config.n_layer)
    head = check_place("head", head, model.config.n_head)
    queries, keys = (single(trace.layers(f"attention.{name}"))[:, 0] for name in ("queries", "keys"))  # (L, H, T, D)
    parameters = given(found) | {"layer": layer, "head": head, "bidirectional": isinstance(model, Encoder)}
    parameters["attention"][0] |= {"queries": rounded(queries, 3), "keys": rounded(keys, 3)}
    weights = found.weights[layer, head]
    picture = neuron_figure(queries[layer, head, -1], keys[layer, head], weights[-1], found.keys, lang)
    return AttentionView("neuron_view", parameters, found.in_words(weights), picture, lang)


def given(*found: Attention) -> dict[str, Any]:
    """What BertViz's JavaScript is given in every view; the frame turns light to dark itself."""
    attention = [each.for_bertviz() for each in found]
    return {"attention": attention, "default_filter": "0", "root_div_id": "bertviz", "display_mode": "light"}
