"""Where does a token look, and does it matter? A head's weights, and beside each what blocking that edge costs."""

import math
from html import escape
from typing import Any

import torch
import traitlets
from torch import Tensor

from mini_gpt.encoder import Encoder
from mini_gpt.lesson.batches import MASK
from mini_gpt.lesson.kinds import plain, single
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.widgets.widget import Widget, front_end, rounded, shade, short_ids
from mini_gpt.lesson.words import local
from mini_gpt.model import GPT, causal_mask
from mini_gpt.probability import surprise
from mini_gpt.trace import edit, record

ALL = "all"  # in place of a head: all of a layer's
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


@torch.no_grad()
def states_without(model: GPT, ids: Tensor, layer: int, heads: int | slice, queries: Tensor, keys: Tensor) -> Tensor:
    """The final states (E, T, C) of ids (E, T): in row e, `heads` of a layer do not see keys[e] from queries[e].

    >>> from mini_gpt.lesson.recipes import NANO
    >>> ids = torch.tensor([[1, 2, 3], [1, 2, 3]])
    >>> states = states_without(GPT(NANO), ids, 0, 0, torch.tensor([1, 2]), torch.tensor([0, 0]))
    >>> torch.equal(states[0, 0], states[1, 0]), torch.equal(states[0, 1], states[1, 1])
    (True, False)
    """
    blocked = ids.new_zeros(len(ids), model.config.n_head, ids.size(1), ids.size(1), dtype=torch.bool)
    blocked[torch.arange(len(ids)), heads, queries, keys] = True
    with edit(model, f"blocks.{layer}.attention.scores", lambda scores: scores.masked_fill(blocked, -torch.inf)):
        return model.hidden_states(ids)


@torch.no_grad()
def weights_and_costs(model: GPT, ids: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Each edge's weight, the surprise at each query's target, and what each edge costs: both in bits.

    ids      (T, T): row t is what the model reads when t is the query
    targets  (T,): what each query is asked for
    mask     (T, S): what the model lets each query see

    weights (L, H+1, T, S), at H the mean of the layer's heads. bits (T,). costs (2, L, H+1, T, S): how much more
    surprising a target is with that edge alone blocked in that head, at H in all heads of the layer; [0] the query's
    own target, [1] the last query's. They are nan where there is no edge, or no other that would take its weight.
    """
    T, n_layer, n_head = len(ids), model.config.n_layer, model.config.n_head

    def bits(states: Tensor, places: Tensor) -> Tensor:
        rows = torch.arange(len(states))
        return surprise(single(model.head(states[rows, places])).log_softmax(-1)[rows, targets[places]])

    with record(model, "*.attention.weights") as trace:
        intact = bits(model.hidden_states(ids), torch.arange(T))
    weights = single(trace.layers("attention.weights")).diagonal(dim1=1, dim2=3).mT  # (L, H, T, S): row t of reading t
    weights = torch.cat([weights, weights.mean(1, keepdim=True)], dim=1)

    queries, keys = (mask & (mask.sum(-1, keepdim=True) > 1)).nonzero().unbind(1)
    costs = weights.new_full((2, n_layer, n_head + 1, T, T), torch.nan)
    for layer in range(n_layer):
        for i, heads in enumerate([*range(n_head), slice(None)]):
            states = states_without(model, ids[queries], layer, heads, queries, keys)
            for which, places in enumerate((queries, torch.full_like(queries, T - 1))):
                costs[which, layer, i, queries, keys] = bits(states, places) - intact[places]
    return weights, intact, costs


class AttentionExplorer(Widget):
    """A text to ask where each token looks: weights of a head, and what blocking each edge alone does to the answer.

    model  a GPT with a tokenizer, or an Encoder whose tokenizer has [MASK]; in the mode that it is in: call
           model.eval() first if it has dropout. All edges are tried here: a second for mini, minutes for GPT-2
    text   short: with <|endoftext|>, which is put before it, 3 to 16 tokens. A GPT's queries are asked for the next
           token, so the last token is no query; an Encoder's are read as [MASK], and asked for what stood there
    lang   of the labels, "pt" or "en"
    query  a place in the text; None is the last query
    key    a place that the query sees; None is the one with the largest weight
    head   a number, or "all": the mean of the layer's weights, and an edge is blocked in all its heads at once

    What the student sets can be read and set from Python too: .query, .key, .layer, .head; .weight and .cost (bits
    lost on the query's target, None if it sees nothing else) are those of the chosen edge. .weights and .costs hold
    all of them, by layer, head, query and key; .end_costs what the same edges cost the text's last token.

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
    # what never changes; a query's row has only the keys that it sees
    tokens: Any = traitlets.List().tag(sync=True)
    hidden = traitlets.Unicode().tag(sync=True)  # what the model reads in place of the query, if it is hidden
    targets: Any = traitlets.List().tag(sync=True)  # of each query
    bits: Any = traitlets.List().tag(sync=True)  # the surprise at each target
    weights: Any = traitlets.List().tag(sync=True)  # (L, H+1, T, up to T); the last "head" is the mean of all
    costs: Any = traitlets.List().tag(sync=True)  # the same, in bits; the last "head" is all of them
    end_costs: Any = traitlets.List().tag(sync=True)  # the same, or [] where the text's end says nothing more

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
        whole, tokenizer = short_ids(model, text)
        ids = torch.tensor(whole, device=model.token_embedding.weight.device)
        if isinstance(model, Encoder):
            [hidden] = tokenizer.encode(MASK)
            self.hidden, targets = MASK, ids
            read = ids.repeat(len(ids), 1).fill_diagonal_(hidden)
        else:
            self.hidden, targets = "", ids[1:]
            read = ids[:-1].repeat(len(targets), 1)
        attention: Any = model.blocks[0].attention
        mask = causal_mask(len(targets), device=ids.device) | (not attention.causal)
        weights, bits, costs = weights_and_costs(model, read, targets, mask)
        self.model, self.text = model, str(text)
        self.tokens, self.targets = (token_names(tokenizer, of) for of in (ids, targets))
        self.bits = rounded(bits, 3)
        self.weights, self.costs = sent(weights, mask), sent(costs[0], mask)
        self.end_costs = [] if self.hidden else sent(costs[1], mask)
        super().__init__(query=len(targets) - 1 if query is None else query, layer=layer, head=head)
        row = self.chosen(self.weights)
        self.key = row.index(max(row)) if key is None else key

    def chosen(self, numbers: list[Any]) -> list[Any]:
        """The row of weights or costs that belongs to the chosen layer, head and query: a number for each key."""
        head = self.model.config.n_head if self.head == ALL else self.head
        row: list[Any] = numbers[self.layer][head][self.query]
        return row

    @property
    def weight(self) -> float:
        """The chosen edge's."""
        return float(self.chosen(self.weights)[self.key])

    @property
    def cost(self) -> float | None:
        """The bits that the query's target loses if the chosen edge is blocked; None if it is the query's only one."""
        cost: float | None = self.chosen(self.costs)[self.key]
        return cost

    @traitlets.validate("query", "key", "layer", "head")
    def _check_place(self, proposal: Any) -> int | str:
        name, value = proposal["trait"].name, plain(proposal["value"])
        config = self.model.config
        sizes = {"query": len(self.targets), "layer": config.n_layer, "head": config.n_head}
        n = sizes[name] if name in sizes else len(self.chosen(self.weights))
        if name == "head" and value == ALL:
            return ALL
        if type(value) is not int or not 0 <= value < n:
            accepted = f"a whole number from 0 to {n - 1}{', or ' + repr(ALL) if name == 'head' else ''}"
            raise ValueError(f"{name}={value!r} must be {accepted}")
        return value

    @traitlets.observe("query")
    def _keep_key_in_sight(self, change: Any) -> None:
        self.key = min(self.key, len(self.chosen(self.weights)) - 1)

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
        for key, w, cost in zip(self.tokens, self.chosen(self.weights), self.chosen(self.costs), strict=False):
            rows.append(row(key, number(w), number(cost), style=shade(w)))
        place = f"{texts['layer']} {self.layer} · {texts['head']} {texts.get(str(self.head), self.head)}"
        said = [" ".join(self.tokens), f"{place} · {self.tokens[self.query]} → {target}"]
        above = "".join(f"<div>{escape(line)}</div>" for line in said)
        return f'{above}<table style="border-collapse:collapse">{"".join(rows)}</table>'


def sent(numbers: Tensor, mask: Tensor) -> list[Any]:
    """(L, H, T, S) as nested lists, short enough to send: of each query only the keys that it sees, None for nan."""

    def short(row: Tensor, seen: Tensor) -> list[float | None]:
        return [None if math.isnan(x) else x + 0.0 for x in rounded(row[seen], 3)]

    return [[list(map(short, head, mask)) for head in layer] for layer in numbers]
