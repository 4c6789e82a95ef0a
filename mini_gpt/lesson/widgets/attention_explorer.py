"""Where does a token look, and does it matter? A head's weights, and beside each what blocking that edge costs."""

from html import escape
from typing import Any, cast

import torch
import traitlets
from torch import Tensor

from mini_gpt.cache import LayerCache
from mini_gpt.encoder import Encoder
from mini_gpt.lesson.batches import MASK
from mini_gpt.lesson.kinds import plain, single
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.widgets.widget import Widget, front_end, rounded, shade, short_ids, state_of
from mini_gpt.lesson.words import local
from mini_gpt.model import GPT, Attention
from mini_gpt.probability import surprise
from mini_gpt.trace import edit, record

ALL = "all"  # in place of a head: all of a layer's
Row = list[float] | list[None]  # a number for each key that a query sees; None if there is no other to see
TEXTS = {
    "title": {"pt": "Explorador da atenção", "en": "Attention explorer"},
    "layer": {"pt": "camada", "en": "layer"},
    "head": {"pt": "cabeça", "en": "head"},
    "all": {"pt": "todas (peso médio)", "en": "all (mean weight)"},
    "queries": {"pt": "Consulta: o token que olha", "en": "Query: the token that looks"},
    "keys": {
        "pt": "Chaves: os tokens que ela olha, e quanto custa bloquear a ligação com cada um",
        "en": "Keys: the tokens it looks at, and what blocking the edge to each one costs",
    },
    "key": {"pt": "chave", "en": "key"},
    "weight": {"pt": "peso", "en": "weight"},
    "cost": {"pt": "custo para “{target}”, em bits", "en": "cost to “{target}”, in bits"},
    "end_cost": {"pt": "para “{target}”, no fim", "en": "to “{target}”, at the end"},
    "edge": {"pt": "“{query}” dá a “{key}” um peso de {w}.", "en": "“{query}” gives “{key}” a weight of {w}."},
    "blocked": {
        "pt": "Sem esta ligação, p(“{target}”) vai de {before} a {after}: um custo de {bits} bits.",
        "en": "Without this edge, p(“{target}”) goes from {before} to {after}: a cost of {bits} bits.",
    },
    "only": {
        "pt": "A consulta não vê outra chave: não há o que bloquear.",
        "en": "The query sees no other key: there is nothing to block.",
    },
    "waiting": {
        "pt": "Calculando quanto custa bloquear cada ligação…",
        "en": "Computing what blocking each edge costs…",
    },
    "at_end": {
        "pt": "E, no fim do texto, p(“{target}”) vai de {before} a {after}: um custo de {bits} bits.",
        "en": "And at the end of the text, p(“{target}”) goes from {before} to {after}: a cost of {bits} bits.",
    },
    "next": {
        "pt": "Moldura contínua: a consulta. Tracejada: o próximo token, que ela prevê.",
        "en": "Solid frame: the query. Dashed frame: the next token, which it predicts.",
    },
    "masked": {
        "pt": "Moldura contínua: a consulta, que o modelo lê como [MASK] e tem de adivinhar.",
        "en": "Solid frame: the query, which the model reads as [MASK] and has to guess.",
    },
    "note": {
        "pt": (
            "Azul: os pesos, que somam 1. Custo: o que se perde quando, na cabeça escolhida, só esta consulta deixa "
            "de ver só esta chave, e as outras chaves repartem o peso dela. Custo negativo: sem a ligação, o modelo "
            "daria mais probabilidade ao token certo."
        ),
        "en": (
            "Blue: the weights, which sum to 1. Cost: what is lost when, in the chosen head, only this query can no "
            "longer see only this key, and the other keys share its weight. A negative cost: without the edge the "
            "model would give the right token more probability."
        ),
    },
}


class Reading:
    """What a model keeps of a reading of ids (B, T), so that a part of it can be read again with edges blocked.

    weights  (L, B, H, T, S)
    states   the final ones, (B, T, C)

    >>> from mini_gpt.lesson.recipes import NANO
    >>> reading = Reading(GPT(NANO), torch.tensor([[1, 2, 3]]))
    >>> states = reading.without(0, 0, query=1, keys=torch.tensor([0, 1]), places=[1, 2])
    >>> states.shape == (2, 2, 96), torch.equal(states[0], states[1])
    (True, False)
    """

    @torch.no_grad()
    def __init__(self, model: GPT, ids: Tensor) -> None:
        self.model, attention = model, cast(Attention, model.blocks[0].attention)
        streams = ["dropout", *(f"blocks.{layer}" for layer in range(model.config.n_layer))]
        with record(model, *streams, "*.attention.keys", "*.attention.values", "*.attention.weights") as trace:
            self.states = model.hidden_states(ids)
        self.enters = [trace[name] for name in streams[:-1]]  # of each block, (B, T, C)
        self.keys, self.values, self.weights = (
            trace.layers(f"attention.{name}") for name in ("keys", "values", "weights")
        )
        self.causal = attention.causal

    @torch.no_grad()
    def without(
        self, layer: int, heads: int | slice, query: int, keys: Tensor, places: list[int], row: int = 0
    ) -> Tensor:
        """The final states at P places of ids[row], (E, P, C): in the e-th, `heads` do not see keys[e] from the query.

        Only what can change is read again: this layer and those above it, and in a causal model the query and what
        follows it.
        """
        E, T, start = len(keys), self.weights.size(-1), query if self.causal else 0
        blocked = torch.zeros(E, self.weights.size(2), T - start, T, dtype=torch.bool, device=keys.device)
        blocked[torch.arange(E), heads, query - start, keys] = True
        x = self.enters[layer][row, start:].expand(E, -1, -1)
        scores = f"blocks.{layer}.attention.scores"
        with edit(self.model, scores, lambda scores: scores.masked_fill(blocked, -torch.inf)):
            for block, *kept in list(zip(self.model.blocks, self.keys, self.values, strict=True))[layer:]:
                before = LayerCache(*(each[row].repeat(E, 1, 1, 1) for each in kept))
                before.length = start
                x = block(x, cache=before)
        return self.model.final_norm(x[:, [place - start for place in places]])


class AttentionExplorer(Widget):
    """A text to ask where each token looks: weights of a head, and what blocking each edge alone does to the answer.

    model  a GPT with a tokenizer, or an Encoder whose tokenizer has [MASK]; in the mode that it is in: call
           model.eval() first if it has dropout
    text   short: with <|endoftext|>, which is put before it, 3 to 32 tokens. A GPT's queries are asked for the next
           token, so the last token is no query; an Encoder's are read as [MASK], and asked for what stood there
    lang   of the labels, "pt" or "en"
    query  a place in the text; None is the last query
    key    a place that the query sees; None is the one with the largest weight
    head   a number, or "all": the mean of the layer's weights, and an edge is blocked in all its heads at once

    What the student sets can be read and set from Python too: .query, .key, .layer, .head; .weight and .cost (bits
    lost on the query's target, None if it sees nothing else) are those of the chosen edge. .weights and .costs hold
    all of them, by layer, head, query and key, the last "head" for "all"; .end_costs what the same edges cost the
    text's last token. What edges cost is computed when a query is looked at, and kept; .costs and .end_costs compute
    all that is left: a second for mini, minutes for GPT-2.

    >>> from mini_gpt.lesson.recipes import NANO
    >>> from mini_gpt.lesson.town import TOKENIZER
    >>> model = GPT(NANO)
    >>> model.tokenizer = TOKENIZER
    >>> explorer = AttentionExplorer(model, "ana is at", lang="en", query=1, key=0)
    >>> explorer.tokens, explorer.targets
    (['<|endoftext|>', 'ana', 'is', 'at'], ['ana', 'is', 'at'])
    >>> explorer.weight == explorer.weights[0][0][1][0], explorer.cost == explorer.costs[0][0][1][0]
    (True, True)
    """

    _esm, _css = front_end(__file__)
    # what the student sets; None, which Any would let pass, is checked too
    query: Any = traitlets.TraitType(0).tag(sync=True)
    key: Any = traitlets.TraitType(0).tag(sync=True)
    layer: Any = traitlets.TraitType(0).tag(sync=True)
    head: Any = traitlets.TraitType(0).tag(sync=True)
    # the answer: of = [layer, head], and this head's weights, costs and end_costs in bits, of each query for each key
    # that it sees; [] where nobody has asked yet, None where nothing can be blocked
    shown: Any = traitlets.Dict().tag(sync=True)
    scales: Any = traitlets.List().tag(sync=True)  # of each query: from the least to the largest known cost
    # what never changes
    n_layer: Any = traitlets.Int().tag(sync=True)
    n_head: Any = traitlets.Int().tag(sync=True)
    tokens: Any = traitlets.List().tag(sync=True)
    hidden = traitlets.Unicode().tag(sync=True)  # what the model reads in place of the query, if it is hidden
    targets: Any = traitlets.List().tag(sync=True)  # of each query
    bits: Any = traitlets.List().tag(sync=True)  # the surprise at each target

    def __init__(
        self,
        model: GPT,
        text: str,
        lang: str = "pt",
        query: int | None = None,
        key: int | None = None,
        layer: int = 0,
        head: int | str = 0,
    ) -> None:
        self.speak(TEXTS, lang)
        whole, self.tokenizer = short_ids(model, text)
        self.model, self.text = model, str(text)
        self.ids = torch.tensor(whole, device=model.token_embedding.weight.device)
        self.hidden = MASK if isinstance(model, Encoder) else ""
        self.target_ids = self.ids if self.hidden else self.ids[1:]
        self.tokens, self.targets = (token_names(self.tokenizer, of) for of in (self.ids, self.target_ids))
        self.n_layer, self.n_head = model.config.n_layer, model.config.n_head
        self.state: object = None
        self.read()
        super().__init__(query=len(self.targets) - 1 if query is None else query, layer=layer, head=head)
        row = self.weights[self.layer][self.place][self.query]
        self.key = row.index(max(row)) if key is None else key
        self._answer(None)

    def read(self) -> None:
        """Read the text, unless the model is as it was when it read it."""
        state = state_of(self.model)
        if state == self.state:
            return
        T = len(self.targets)
        if self.hidden:
            [hidden] = self.tokenizer.encode(self.hidden)
            ids = self.ids.repeat(T, 1).fill_diagonal_(hidden)  # row t is what the model reads when t is the query
        else:
            ids = self.ids[None, :-1]
        self.reading = Reading(self.model, ids)
        queries = torch.arange(T)
        rows = queries if self.hidden else torch.zeros_like(queries)
        weights = single(self.reading.weights)[:, rows, :, queries].permute(1, 2, 0, 3)  # (L, H, T, S)
        weights = torch.cat([weights, weights.mean(1, keepdim=True)], dim=1)
        seen = [t + 1 if self.reading.causal else T for t in range(T)]
        self.weights = [
            [[row[:n] for row, n in zip(head, seen, strict=True)] for head in layer] for layer in rounded(weights, 3)
        ]
        self.intact = self.surprise(self.reading.states[rows, queries], self.target_ids)
        self.bits = sent(self.intact)
        self.known: dict[tuple[int, int, int], tuple[Row, Row]] = {}  # costs and end_costs by layer, head and query
        self.state = state

    @property
    def place(self) -> int:
        """Where the chosen head stands in .weights and .costs."""
        return self.n_head if self.head == ALL else int(self.head)

    def surprise(self, states: Tensor, targets: Tensor) -> Tensor:
        """In bits, (...), at targets (...) after states (..., C)."""
        with torch.no_grad():
            log_probs = single(self.model.head(states)).log_softmax(-1)
        return surprise(log_probs.gather(-1, targets[..., None])[..., 0])

    def row(self, layer: int, head: int, query: int) -> tuple[Row, Row]:
        """What blocking each edge of a query costs its target, and the text's last one; computed once, then known."""
        place, n = (layer, head, query), len(self.weights[layer][head][query])
        if n == 1:
            self.known[place] = [None], [None]
        elif place not in self.known:
            keys = torch.arange(n, device=self.ids.device)
            heads, text = slice(None) if head == self.n_head else head, query if self.hidden else 0
            places = [query] if self.hidden else [query, len(self.targets) - 1]
            states = self.reading.without(layer, heads, query, keys, places, text)
            lost = self.surprise(states, self.target_ids[places].expand(n, -1)) - self.intact[places]  # (E, 1 or 2)
            costs, *end_costs = map(sent, lost.T)
            self.known[place] = costs, end_costs[0] if end_costs else []
        return self.known[place]

    def table(self, which: int) -> list[list[list[Row]]]:
        """The costs of all edges, [0], or the end_costs, [1], by layer, head and query."""
        self.read()
        layers, heads, queries = map(range, (self.n_layer, self.n_head + 1, len(self.targets)))
        return [[[self.row(layer, head, query)[which] for query in queries] for head in heads] for layer in layers]

    @property
    def costs(self) -> list[list[list[Row]]]:
        """What blocking each edge alone costs its query's target, in bits, by layer, head, query and key."""
        return self.table(0)

    @property
    def end_costs(self) -> list[list[list[Row]]]:
        """The same, for the text's last token; [] for an Encoder, which reads the text anew for each query."""
        return [] if self.hidden else self.table(1)

    @property
    def weight(self) -> float:
        """The chosen edge's."""
        return float(self.weights[self.layer][self.place][self.query][self.key])

    @property
    def cost(self) -> float | None:
        """The bits that the query's target loses if the chosen edge is blocked; None if it is the query's only one."""
        costs, _ = self.row(self.layer, self.place, self.query)
        return costs[self.key]

    @traitlets.validate("query", "key", "layer", "head")
    def _check_place(self, proposal: Any) -> int | str:
        name, value = proposal["trait"].name, plain(proposal["value"])
        sizes = {"query": len(self.targets), "layer": self.n_layer, "head": self.n_head}
        n = sizes[name] if name in sizes else len(self.weights[0][0][self.query])
        if name == "head" and value == ALL:
            return ALL
        if type(value) is not int or not 0 <= value < n:
            accepted = f"a whole number from 0 to {n - 1}{', or ' + repr(ALL) if name == 'head' else ''}"
            raise ValueError(f"{name}={value!r} must be {accepted}")
        return value

    @traitlets.observe("query", "layer", "head")
    def _answer(self, change: Any) -> None:
        self.read()
        self.key = min(self.key, len(self.weights[0][0][self.query]) - 1)
        self._show()  # the weights, at once
        self.row(self.layer, self.place, self.query)
        self._show()

    def _show(self) -> None:
        rows = [self.known.get((self.layer, self.place, query), ([], [])) for query in range(len(self.targets))]
        costs, end_costs = map(list, zip(*rows, strict=True))
        weights = self.weights[self.layer][self.place]
        found: list[list[float]] = [[0, 1] for _ in self.targets]  # every scale has both
        for (_, _, query), both in self.known.items():
            found[query] += [cost for row in both for cost in row if cost is not None]
        with self.hold_sync():
            self.scales = [[min(of), max(of)] for of in found]
            self.shown = {"of": [self.layer, self.head], "weights": weights, "costs": costs, "end_costs": end_costs}

    def page_state(self) -> dict[str, Any]:
        """See Widget; and stored, what is shown of any head, where there is no Python to ask."""
        stored = {"costs": self.table(0), "end_costs": self.table(1), "weights": self.weights}
        self._show()
        return super().page_state() | {"stored": stored}

    # ------------------------------------------------------------ without its front end: paper, untrusted notebooks

    def __repr__(self) -> str:
        chosen = ", ".join(f"{name}={getattr(self, name)!r}" for name in ("query", "key", "layer", "head"))
        return f"AttentionExplorer({self.text!r}, {chosen})"

    def static_html(self) -> str:
        """The chosen query's keys, in inline styles only: JupyterLab's sanitizer lets them through."""
        texts = self.texts

        def number(x: float | None) -> str:
            return "–" if x is None else local(f"{round(x, 2) + 0.0:.2f}", self.lang)

        def row(*cells: str, style: str = "") -> str:
            one = '<td style="padding:0.1em 0.6em;text-align:right;{}">{}</td>'
            return (
                "<tr>" + "".join(one.format(style * (i == 1), escape(cell)) for i, cell in enumerate(cells)) + "</tr>"
            )

        target = self.targets[self.query]
        rows = [row(texts["key"], texts["weight"], texts["cost"].format(target=target))]
        weights, (costs, _) = self.weights[self.layer][self.place], self.row(self.layer, self.place, self.query)
        for key, w, cost in zip(self.tokens, weights[self.query], costs, strict=False):
            rows.append(row(key, number(w), number(cost), style=shade(w)))
        place = f"{texts['layer']} {self.layer} · {texts['head']} {texts.get(str(self.head), self.head)}"
        said = [" ".join(self.tokens), f"{place} · {self.tokens[self.query]} → {target}"]
        above = "".join(f"<div>{escape(line)}</div>" for line in said)
        return f'{above}<table style="border-collapse:collapse">{"".join(rows)}</table>'


def sent(numbers: Tensor) -> list[float]:
    """Numbers (S,) short enough to send, and none of them -0."""
    return [x + 0.0 for x in rounded(numbers, 3)]
