"""Paint a mask: who may see whom, and what becomes of a head's weights, of its output, and of the model's loss."""

from html import escape
from typing import Any

import torch
import traitlets
from torch import Tensor

from mini_gpt.lesson.kinds import plain, single
from mini_gpt.lesson.palette import PALETTE
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.widgets.widget import Widget, front_end, rounded, shade, short_ids, state_of
from mini_gpt.lesson.words import local
from mini_gpt.model import GPT, attention_weights, causal_mask, check_mask, padding_mask, prefix_mask
from mini_gpt.probability import token_log_probs
from mini_gpt.trace import record

TEXTS = {
    "title": {"pt": "Pintor de máscaras", "en": "Mask painter"},
    "mask": {"pt": "máscara", "en": "mask"},
    "causal": {"pt": "causal", "en": "causal"},
    "bidirectional": {"pt": "bidirecional", "en": "bidirectional"},
    "prefix": {"pt": "prefixo de n tokens", "en": "prefix of n tokens"},
    "padding": {"pt": "causal, com os últimos n como padding", "en": "causal, with the last n as padding"},
    "own": {"pt": "a sua", "en": "your own"},
    "n": {"pt": "n", "en": "n"},
    "layer": {"pt": "camada", "en": "layer"},
    "head": {"pt": "cabeça", "en": "head"},
    "grid": {
        "pt": "Quem vê quem: linhas são consultas, colunas são chaves, números são pesos de atenção",
        "en": "Who sees whom: rows are queries, columns are keys, numbers are attention weights",
    },
    "corner": {"pt": "consulta ↓ chave →", "en": "query ↓ key →"},
    "moved": {"pt": "mudança na saída", "en": "change in output"},
    "now": {"pt": "p(próximo)", "en": "p(next)"},
    "before": {"pt": "p(próximo), causal", "en": "p(next), causal"},
    "cell": {"pt": "consulta “{query}”, chave “{key}”: {what}", "en": "query “{query}”, key “{key}”: {what}"},
    "weight": {"pt": "peso {w}", "en": "weight {w}"},
    "blocked": {"pt": "bloqueada", "en": "blocked"},
    "sees": {"pt": "“{query}” vê {n} de {T} tokens.", "en": "“{query}” sees {n} of {T} tokens."},
    "same": {
        "pt": "A saída da cabeça é a mesma que com a máscara causal.",
        "en": "The head's output is the same as with the causal mask.",
    },
    "differs": {
        "pt": "A saída da cabeça mudou {moved} em relação à da máscara causal (cosseno {cosine}).",
        "en": "The head's output moved by {moved} from that of the causal mask (cosine {cosine}).",
    },
    "refused": {
        "pt": "Recusado: “{query}” tem de ver pelo menos um token.",
        "en": "Refused: “{query}” must see at least one token.",
    },
    "note": {
        "pt": (
            "Clique numa célula para bloquear ou permitir; os pesos de cada linha somam 1. Pesos e mudança na saída: "
            "a máscara só nesta cabeça (escores da leitura causal); p(próximo): em todas."
        ),
        "en": (
            "Click a cell to block or allow it; each row's weights sum to 1. Weights and change in output: the mask in "
            "this head alone (scores of the causal reading); p(next): in all."
        ),
    },
    "loss": {
        "pt": (
            "Com esta máscara em todas as cabeças de todas as camadas, a perda é de {loss} nats por token; com a "
            "causal, {causal}."
        ),
        "en": (
            "With this mask in every head of every layer, the loss is {loss} nats per token; with the causal mask, "
            "{causal}."
        ),
    },
    "waiting": {"pt": "O modelo está calculando com esta máscara…", "en": "The model is running with this mask…"},
    "offline": {
        "pt": "Só o notebook pode calcular a perda com esta máscara; aqui há a das máscaras da lista.",
        "en": "Only the notebook can compute the loss for this mask; this page has it for the masks in the list.",
    },
}


def key_of(mask: Tensor) -> str:
    """A mask (T, T) as one text, row after row.

    >>> key_of(causal_mask(2))
    '1011'
    """
    return "".join(map(str, mask.int().flatten().tolist()))


def preset_masks(T: int) -> dict[str, dict[int, Tensor]]:
    """The masks to choose from, (T, T) each, by name and by n, which causal and bidirectional ones do not have.

    >>> {name: list(masks) for name, masks in preset_masks(4).items()}
    {'causal': [0], 'bidirectional': [0], 'prefix': [2, 3], 'padding': [1, 2, 3]}
    """
    causal = causal_mask(T)
    return {
        "causal": {0: causal},
        "bidirectional": {0: torch.ones_like(causal)},
        "prefix": {n: prefix_mask(T, n) for n in range(2, T)},
        "padding": {n: causal & padding_mask(torch.arange(T)[None] < T - n)[0] for n in range(1, T)},
    }


class MaskPainter(Widget):
    """A grid of queries and keys to block and to allow, and what that does to one head and to the model.

    model  a GPT with a tokenizer, in the mode that it is in: call model.eval() first if it has dropout
    text   short: with <|endoftext|>, which is put before it, 3 to 32 tokens
    lang   of the labels, "pt" or "en"

    What the student sets can be read and set from Python too: .mask (T rows of T booleans, or a tensor of them),
    .layer, .head; .loss and .log_probs (T-1, of each next token, in nats) are the model's answer to the mask.
    .scores (L, H, T, S) and .values (L, H, S, D) are those of the causal reading.

    >>> from mini_gpt import GPT
    >>> from mini_gpt.lesson.recipes import NANO
    >>> from mini_gpt.lesson.town import TOKENIZER
    >>> model = GPT(NANO)
    >>> model.tokenizer = TOKENIZER
    >>> painter = MaskPainter(model, "ana is", lang="en")
    >>> painter.mask = prefix_mask(3, 2)
    >>> painter.mask
    [[True, True, False], [True, True, False], [True, True, True]]
    """

    _esm, _css = front_end(__file__)
    # what the student sets; None, which Any would let pass, is checked too
    mask: Any = traitlets.TraitType().tag(sync=True)
    layer: Any = traitlets.TraitType(0).tag(sync=True)
    head: Any = traitlets.TraitType(0).tag(sync=True)
    # the answer to the mask of this key
    answered = traitlets.Unicode().tag(sync=True)
    log_probs: Any = traitlets.List().tag(sync=True)
    shown: Any = traitlets.Dict().tag(sync=True)  # the scores and values of one head, of = [layer, head]
    # what never changes
    n_layer: Any = traitlets.Int().tag(sync=True)
    n_head: Any = traitlets.Int().tag(sync=True)
    tokens: Any = traitlets.List().tag(sync=True)
    presets: Any = traitlets.Dict().tag(sync=True)  # name to n to key
    known: Any = traitlets.Dict().tag(sync=True)  # a mask's key to its log_probs: those of the causal one
    live = traitlets.Bool(True).tag(sync=True)  # False in a page without Python

    def __init__(self, model: GPT, text: str, lang: str = "pt", layer: int = 0, head: int = 0) -> None:
        self.speak(TEXTS, lang)
        ids, tokenizer = short_ids(model, text)
        self.model, self.text = model, str(text)
        self.ids = torch.tensor([ids], device=model.token_embedding.weight.device)
        self.tokens = token_names(tokenizer, ids)
        self.n_layer, self.n_head = model.config.n_layer, model.config.n_head
        self.masks = preset_masks(len(ids))
        self.presets = {name: {str(n): key_of(mask) for n, mask in of.items()} for name, of in self.masks.items()}
        self.state: object = None
        self.read()
        super().__init__(mask=causal_mask(len(ids)), layer=layer, head=head)
        self._show(None)

    @torch.no_grad()
    def read(self) -> None:
        """Read the text with the causal mask, unless the model is as it was when it read it."""
        state = state_of(self.model)
        if state == self.state:
            return
        causal = causal_mask(self.ids.size(1))
        with record(self.model, "*.attention.scores", "*.attention.values") as trace:
            self.model(self.ids, mask=causal.to(self.ids.device))
        self.scores = rounded(trace.layers("attention.scores")[:, 0], 6)
        self.values = rounded(trace.layers("attention.values")[:, 0], 5)
        self.known = {key_of(causal): self.answer(causal)}
        self.state = state

    @traitlets.validate("mask")
    def _check_mask(self, proposal: Any) -> list[list[bool]]:
        value, T = proposal["value"], len(self.tokens)
        rows = plain(value)
        try:
            if not (len(rows) == T and all(len(row) == T and {type(cell) for cell in row} == {bool} for row in rows)):
                raise TypeError
        except TypeError:
            shown = f"tensor of shape {tuple(value.shape)}, {value.dtype}" if isinstance(value, Tensor) else repr(value)
            raise ValueError(f"mask={shown} must be {T} rows of {T} booleans, True = may attend") from None
        check_mask(torch.tensor(rows), self.model.config, self.ids)
        return [list(row) for row in rows]

    @traitlets.validate("layer", "head")
    def _check_place(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, plain(proposal["value"])
        n = {"layer": self.n_layer, "head": self.n_head}[name]
        if type(value) is not int or not 0 <= value < n:
            raise ValueError(f"{name}={value!r} must be a whole number from 0 to {n - 1}")
        return value

    @traitlets.observe("mask")
    def _read(self, change: Any) -> None:
        self.read()
        mask = torch.tensor(self.mask)
        key = key_of(mask)
        with self.hold_sync():
            self.log_probs = self.known.get(key) or self.answer(mask)
            self.answered = key

    @traitlets.observe("layer", "head")
    def _show(self, change: Any) -> None:
        self.read()
        scores, values = (of[self.layer][self.head] for of in (self.scores, self.values))
        self.shown = {"of": [self.layer, self.head], "scores": scores, "values": values}

    @torch.no_grad()
    def answer(self, mask: Tensor) -> list[float]:
        """log p of each next token, (T-1) in nats, if the model uses the mask (T, T) everywhere."""
        log_probs = token_log_probs(single(self.model(self.ids, mask=mask.to(self.ids.device))), self.ids)[0]
        answer: list[float] = rounded(log_probs.clamp(min=-1e4), 5)  # JSON has no -inf
        return answer

    def page_state(self) -> dict[str, Any]:
        """See Widget; and where there is no Python to ask: all presets known, and stored, what is shown of any head."""
        self.read()
        known = {key_of(mask): self.answer(mask) for of in self.masks.values() for mask in of.values()}
        return super().page_state() | {"known": known, "stored": {"scores": self.scores, "values": self.values}}

    @property
    def loss(self) -> float:
        """The model's mean of -log p over the next tokens, in nats, if it uses the mask in all layers."""
        return -sum(self.log_probs) / len(self.log_probs)

    # ------------------------------------------------------------ without its front end: paper, untrusted notebooks

    def __repr__(self) -> str:
        return f"MaskPainter({self.text!r}, layer={self.layer}, head={self.head})"

    def static_html(self) -> str:
        """The grid as it is now, in inline styles only: JupyterLab's sanitizer lets them through."""
        texts, mask = self.texts, torch.tensor(self.mask)
        weights = attention_weights(torch.tensor(self.scores[self.layer][self.head]), mask).tolist()

        def number(x: float) -> str:
            return local(f"{x:.2f}", self.lang)

        def cell(content: str, style: str = "") -> str:
            return f'<td style="padding:0.1em 0.4em;text-align:center;{style}">{escape(content)}</td>'

        def weight(w: float, allowed: bool) -> str:
            return cell(number(w), shade(w)) if allowed else cell("–", f"border:1px dashed {PALETTE['mid-grey']}")

        name = "text-align:right"
        p = [number(float(x)) for x in torch.tensor(self.log_probs).exp()]
        rows = [cell(texts["corner"], name) + "".join(map(cell, self.tokens)) + cell(texts["now"])]
        for token, row, seen, chance in zip(self.tokens, weights, self.mask, [*p, ""], strict=True):
            rows.append(cell(token, name) + "".join(map(weight, row, seen)) + cell(chance))
        table = "".join(f"<tr>{row}</tr>" for row in rows)
        causal = self.known[self.presets["causal"]["0"]]
        said = texts["loss"].format(loss=number(self.loss), causal=number(-sum(causal) / len(causal)))
        place = f"{texts['layer']} {self.layer} · {texts['head']} {self.head}"
        return f'<div>{place}</div><table style="border-collapse:collapse">{table}</table><div>{escape(said)}</div>'
