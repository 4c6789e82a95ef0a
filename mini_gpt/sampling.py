"""How a token is chosen: temperature, top-k, top-p, then a draw.

The first three take logits (..., V) and return logits (..., V).
"""

import math

import numpy as np
import torch
from torch import Tensor


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """logits / t, so that probabilities become p^(1/t), renormalised. At t = 0, the limit, only the largest stays.

    >>> apply_temperature(torch.tensor([0.8, 0.2]).log(), 0.5).softmax(-1).tolist()   # 0.64 : 0.04
    [0.9411764740943909, 0.05882352963089943]
    """
    if not 0 <= temperature < math.inf:
        raise ValueError(f"temperature={temperature} must be at least 0 and finite")
    if temperature == 0:
        return keep_top_k(logits, 1)
    return (logits - logits.amax(-1, keepdim=True)) / temperature  # the largest at 0: a tiny t cannot overflow


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Only the k largest stay, the rest become -inf. Among equals the first stay; k >= V keeps all.

    >>> keep_top_k(torch.tensor([1.0, 3.0, 2.0]), 2).tolist()
    [-inf, 3.0, 2.0]
    """
    if not isinstance(k, int | np.integer) or k < 1:
        raise ValueError(f"top_k={k!r} must be a whole number of at least 1")
    rank = logits.argsort(dim=-1, descending=True, stable=True).argsort(-1)
    return logits.masked_fill(rank >= k, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Only the nucleus stays: the fewest tokens, most likely first, whose probabilities reach p.

    A token stays if the more likely tokens sum to less than p, so at least one does. p = 1 keeps all.

    >>> keep_top_p(torch.tensor([0.5, 0.3, 0.2]).log(), 0.7).softmax(-1).tolist()
    [0.625, 0.375, 0.0]
    """
    if not 0 < p <= 1:
        raise ValueError(f"top_p={p} must be in (0, 1]")
    if p == 1:
        return logits
    probs, order = logits.softmax(-1).sort(dim=-1, descending=True, stable=True)
    beyond = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(beyond.scatter(-1, order, beyond), -torch.inf)


def next_token_probs(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    """The distribution to sample from, (..., V): first temperature, then top-k, then top-p.

    >>> next_token_probs(torch.tensor([2.0, 2.0, 1.0]).log(), top_k=2).tolist()
    [0.5, 0.5, 0.0]
    """
    logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    return logits.softmax(-1)


def pick(probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """(B,) tokens drawn from probs (B, V): where a random point of [0, 1) falls when the probabilities are laid
    end to end. The points are the same on every machine and device, which torch.multinomial does not guarantee.
    Raises ValueError for probabilities that sum to 0 or to no number; on a GPU, unseen, they give the last token.

    >>> pick(torch.tensor([[0.0, 1.0, 0.0]])).tolist()
    [1]
    """
    able = probs.cpu() if probs.device.type == "mps" else probs  # Metal has no float64
    ends = able.double().cumsum(-1)
    total = ends[:, -1:]
    if probs.device.type == "cpu" and not 0 < total.min() <= total.max() < math.inf:
        raise ValueError(f"probs sum to {total.flatten().tolist()}: nothing can be drawn from a sum of 0, inf or nan")
    point = torch.rand(len(probs), 1, dtype=torch.float64, generator=generator).to(ends.device)
    drawn = torch.searchsorted(ends, point * total, right=True).clamp(max=probs.size(-1) - 1)
    return drawn.squeeze(-1).to(probs.device)
