"""What a model computes on its way to a token, on `record` and `edit`: any GPT of the package can be asked.

    logit_lens     what the model would say after each block
    attribution    what each part adds to a logit
    patched        which vector carries the answer: what one text computed there, put into another
    heads_from     the same for heads
    head_scores    which heads look at the token before, at the same token, at what followed it
    steering       a direction from one kind of text to another

A number that these give is a claim. Measure what happens when the part is changed, beside a part chosen at random.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor

from mini_gpt.model import GPT
from mini_gpt.trace import edit, record

Score = Callable[[Tensor], Tensor]  # of last logits (N, V), (N, ...)


def residual(model: GPT) -> list[str]:
    """The places of the residual stream, from the first block's input to the last one's output."""
    return ["embedding", *(f"blocks.{layer}" for layer in range(model.config.n_layer))]


@torch.no_grad()
def logit_lens(model: GPT, ids: Tensor) -> Tensor:
    """Logits (L + 1, B, T, V) of the residual stream before the first block and after each, as if it were the last.

    >>> from mini_gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> lens = logit_lens(model, torch.tensor([[1, 2, 3]]))
    >>> lens.shape, torch.equal(lens[-1], model(torch.tensor([[1, 2, 3]])))
    (torch.Size([3, 1, 3, 10]), True)
    """
    with record(model, *residual(model)) as trace:
        model(ids)
    return model.head(model.final_norm(torch.stack([*trace.values()])))


@torch.no_grad()
def attribution(model: GPT, ids: Tensor, token: int, other: int) -> dict[str, Tensor]:
    """What each part adds to the logit of `token` after ids (T,), less that of `other`: together, the difference.

    "token", "position", "final bias" (); "mlps", "biases" of the attention's projections (L,); "heads" (L, H)

    The final norm divides by a number that depends on everything; it is held at what it is. The mean that the norm
    subtracts and its weight are applied to each part alone, which changes no sum.
    """
    layers, norm = range(model.config.n_layer), model.final_norm
    with record(model) as trace:
        model(ids[None])
    end = trace[f"blocks.{layers[-1]}"][0, -1]  # (C,)
    row = model.head.weight[token] - model.head.weight[other]
    direction = norm.weight * row / (end.var(unbiased=False) + norm.eps).sqrt()
    parts = {
        "token": model.token_embedding.weight[ids[-1]],
        "position": model.position_embedding.weight[len(ids) - 1],
        "heads": torch.stack([of_heads(model, layer, trace)[0, :, -1] for layer in layers]),
        "biases": torch.stack([block.attention.projection.bias for block in [*model.blocks]]),
        "mlps": torch.stack([trace[f"blocks.{layer}.mlp"][0, -1] for layer in layers]),
    }
    adds = {name: (part - part.mean(-1, keepdim=True)) @ direction for name, part in parts.items()}
    return adds | {"final bias": norm.bias @ row}


def of_heads(model: GPT, layer: int, trace: dict[str, Tensor]) -> Tensor:
    """What each head of a layer adds to the residual stream, (B, H, T, C), from recorded weights and values."""
    mixed = trace[f"blocks.{layer}.attention.weights"] @ trace[f"blocks.{layer}.attention.values"]  # (B, H, T, D)
    attention: Any = model.blocks[layer].attention
    matrices = attention.projection.weight.unflatten(1, (model.config.n_head, -1))  # (C, H, D)
    return torch.einsum("bhtd,chd->bhtc", mixed, matrices)


@torch.no_grad()
def patched(model: GPT, ids: Tensor, source: Tensor, score: Score, rows: slice = slice(None)) -> Tensor:
    """Scores (L + 1, T, ...) while the model reads ids (T,), with one vector as it was while it read source (T,).

    Column t is the vector at position t; row 0 stands before the first block, row l after l blocks. Only the rows
    asked for are computed.
    """
    if ids.shape != source.shape:
        raise ValueError(f"source of {len(source)} tokens must have as many as ids, {len(ids)}")
    with record(model, *residual(model)) as trace:
        model.hidden_states(source[None])
    each, scores = torch.arange(len(ids)), []  # text n of a batch gets the n-th vector of source
    for place, there in [*trace.items()][rows]:
        with edit(model, place, partial(torch.Tensor.index_put, indices=(each, each), values=there[0])):
            scores.append(score(model.head(model.hidden_states(ids.expand(len(ids), -1))[:, -1])))
    return torch.stack(scores)


@contextmanager
def heads_from(model: GPT, trace: dict[str, Tensor], heads: Iterable[tuple[int, int]]) -> Iterator[None]:
    """While the with-block runs, these heads, (layer, head), add what they added to a batch of that shape in trace."""

    def put(now: Tensor, name: str, head: int) -> Tensor:
        return torch.cat([now[:, :head], trace[name][:, head : head + 1], now[:, head + 1 :]], 1)

    with ExitStack() as edits:
        for layer, head in heads:
            for name in (f"blocks.{layer}.attention.weights", f"blocks.{layer}.attention.values"):
                edits.enter_context(edit(model, name, partial(put, name=name, head=head)))
        yield


def head_scores(weights: Tensor, ids: Tensor) -> dict[str, Tensor]:
    """How much of their weight heads put where known kinds do: the mean over the queries that have such a key, (L, H).

    weights  (L, B, H, T, T), as recorded for ids (B, T)
    "previous" the token before; "same" an earlier place with the same token; "induction" what followed such a place
    NaN where no query has such a key.

    >>> ids = torch.tensor([[5, 7, 5]])
    >>> {name: round(score.item(), 2) for name, score in head_scores(torch.ones(1, 1, 1, 3, 3) / 3, ids).items()}
    {'previous': 0.33, 'same': 0.33, 'induction': 0.33}
    """
    T = ids.size(1)
    earlier = torch.ones(T, T, dtype=torch.bool, device=ids.device).tril(-1)
    same = (ids[:, :, None] == ids[:, None, :]) & earlier  # (B, T, S)
    before = (earlier & ~earlier.tril(-2)).expand_as(same)
    followed = same.roll(1, -1) & earlier  # nothing rolls into column 0: the last token is no earlier place

    def mean(places: Tensor) -> Tensor:
        put = (weights * places[None, :, None]).sum(-1)  # (L, B, H, T)
        return put.transpose(2, 3)[:, places.any(-1)].mean(1)

    return {"previous": mean(before), "same": mean(same), "induction": mean(followed)}


@torch.no_grad()
def steering(model: GPT, towards: Iterable[Tensor], away: Iterable[Tensor], place: str) -> Tensor:
    """A direction (C,): the mean of a place's last vectors over texts (1, T) of one kind, less that over the other.

    Add it with `edit(model, place, lambda x: x + strength * direction)`.
    """

    def end(ids: Tensor) -> Tensor:
        with record(model, place) as trace:
            model(ids)
        return trace[place][0, -1]

    return torch.stack([*map(end, towards)]).mean(0) - torch.stack([*map(end, away)]).mean(0)
