"""What a model computes on its way to a token, on `record` and `edit`: any GPT of the package can be asked.

    logit_lens     what the model would say after each block
    attribution    what each part adds to a logit
    patched        which place carries the answer: what one text computed there, put into another
    head_scores    which heads look at the token before, at the same token, at what followed it
    steering       a direction from one kind of text to another

A number that these give is a claim. Measure what happens when the part is changed, beside a part chosen at random.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from mini_gpt.model import GPT
from mini_gpt.trace import edit, record


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


def residual(model: GPT) -> list[str]:
    """The places of the residual stream, from the first block's input to the last one's output."""
    return ["embedding", *(f"blocks.{layer}" for layer in range(model.config.n_layer))]


@dataclass(frozen=True)
class Contributions:
    """What each part adds to a logit, or to a difference of two. They sum to `logit`, up to rounding."""

    token: float  # the last token's own embedding
    position: float
    heads: Tensor  # (L, H)
    biases: Tensor  # (L,) of attention's projections, which belong to no head
    mlps: Tensor  # (L,)
    final_bias: float  # the final norm's
    logit: float


@torch.no_grad()
def attribution(model: GPT, ids: Sequence[int], token: int, other: int | None = None) -> Contributions:
    """What each part of the model adds to the logit of `token` after ids, less that of `other` if it is given.

    The final norm divides by a number that depends on everything; it is held at what it is. The mean that the norm
    takes off and its weight are applied to each part alone, which changes no sum.
    """
    layers, norm, blocks = range(model.config.n_layer), model.final_norm, [*model.blocks]
    with record(model) as trace:
        logits = model(torch.tensor([ids], device=model.head.weight.device))[0, -1]
    end = trace[f"blocks.{layers[-1]}"][0, -1]  # (C,)
    row = model.head.weight[token] - (0 if other is None else model.head.weight[other])
    direction = norm.weight * row / (end.var(unbiased=False) + norm.eps).sqrt()

    def adds(part: Tensor) -> Tensor:
        """(..., C) to what it adds, (...)."""
        return (part - part.mean(-1, keepdim=True)) @ direction

    return Contributions(
        token=adds(model.token_embedding.weight[ids[-1]]).item(),
        position=adds(model.position_embedding.weight[len(ids) - 1]).item(),
        heads=torch.stack([adds(of_heads(model, layer, trace)[0, :, -1]) for layer in layers]),
        biases=torch.stack([adds(block.attention.projection.bias) for block in blocks]),
        mlps=torch.stack([adds(trace[f"blocks.{layer}.mlp"][0, -1]) for layer in layers]),
        final_bias=(norm.bias @ row).item(),
        logit=(logits[token] - (0 if other is None else logits[other])).item(),
    )


def of_heads(model: GPT, layer: int, trace: dict[str, Tensor]) -> Tensor:
    """What each head of a layer adds to the residual stream, (B, H, T, C), from recorded weights and values."""
    mixed = trace[f"blocks.{layer}.attention.weights"] @ trace[f"blocks.{layer}.attention.values"]  # (B, H, T, D)
    attention: Any = model.blocks[layer].attention
    matrices = attention.projection.weight.unflatten(1, (model.config.n_head, -1))  # (C, H, D)
    return torch.einsum("bhtd,chd->bhtc", mixed, matrices)


Score = Callable[[Tensor], Tensor]  # of last logits (N, V), (N, ...)


@torch.no_grad()
def patched(
    model: GPT, ids: Tensor, source: Tensor, score: Score, heads: bool = False, rows: slice = slice(None)
) -> Tensor:
    """Scores while the model reads ids (T,), with one thing as it was while it read source (T,).

    A vector of the residual stream, (L + 1, T): row 0 before the first block, row l after l blocks, by position. With
    heads=True what one head adds, (L, H). Only the rows asked for are computed.
    """
    if ids.shape != source.shape:
        raise ValueError(f"source of {len(source)} tokens must have as many as ids, {len(ids)}")
    with record(model) as trace:
        model.hidden_states(torch.stack([ids, source]))
    changes: dict[str, Callable[[Tensor], Tensor]] = {}  # row n of a batch gets the n-th position, or head, of source
    if heads:
        for layer in range(model.config.n_layer):
            here, there = of_heads(model, layer, trace)  # (H, T, C)
            changes[f"blocks.{layer}.attention"] = (there - here).__add__
    else:
        each = torch.arange(len(ids))
        for place in residual(model):
            changes[place] = partial(torch.Tensor.index_put, indices=(each, each), values=trace[place][1])
    n, scores = model.config.n_head if heads else len(ids), []
    for place, change in [*changes.items()][rows]:
        with edit(model, place, change):
            scores.append(score(model.head(model.hidden_states(ids.expand(n, -1))[:, -1])))
    return torch.stack(scores)


def head_scores(weights: Tensor, ids: Tensor) -> dict[str, Tensor]:
    """How much of their weight heads put where known kinds do: the mean over the queries that have such a key, (L, H).

    weights  (L, B, H, T, T), as recorded for ids (B, T)
    "previous" the token before; "same" an earlier place with the same token; "induction" what followed such a place
    Nan where no query has such a key.

    >>> ids = torch.tensor([[5, 7, 5]])
    >>> {name: score.item() for name, score in head_scores(torch.ones(1, 1, 1, 3, 3) / 3, ids).items()}
    {'previous': 0.3333333432674408, 'same': 0.3333333432674408, 'induction': 0.3333333432674408}
    """
    T = ids.size(1)
    earlier = torch.ones(T, T, dtype=torch.bool, device=ids.device).tril(-1)
    same = (ids[:, :, None] == ids[:, None, :]) & earlier  # (B, T, S)
    followed = torch.zeros_like(same)
    followed[:, :, 1:] = same[:, :, :-1]
    before = (earlier & ~earlier.tril(-2)).expand_as(same)

    def mean(places: Tensor) -> Tensor:
        put = (weights * places[None, :, None]).sum(-1)  # (L, B, H, T)
        return put.transpose(2, 3)[:, places.any(-1)].mean(1)

    return {"previous": mean(before), "same": mean(same), "induction": mean(followed & earlier)}


@torch.no_grad()
def steering(model: GPT, towards: Sequence[Sequence[int]], away: Sequence[Sequence[int]], place: str) -> Tensor:
    """A direction (C,): the mean of a place's last vectors over texts of one kind, less that over the other.

    Add it with `edit(model, place, lambda x: x + strength * direction)`.
    """

    def end(text: Sequence[int]) -> Tensor:
        with record(model, place) as trace:
            model(torch.tensor([text], device=model.head.weight.device))
        return trace[place][0, -1]

    return torch.stack([*map(end, towards)]).mean(0) - torch.stack([*map(end, away)]).mean(0)
