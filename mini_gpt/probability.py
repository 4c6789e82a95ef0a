"""From logits to probabilities: log-probability, surprise, perplexity, and the knobs of sampling.

Everything here is a pure function of tensors. Logarithms are natural (nats) unless the name says bits.
"""

import math

import torch
from torch import Tensor


def token_log_probs(logits: Tensor, ids: Tensor) -> Tensor:
    """log p(ids[:, t+1] | ids[:, :t+1]), (B, T-1), from logits (B, T, V) of ids (B, T).

    The first token has none: nothing comes before it.

    >>> token_log_probs(torch.zeros(1, 3, 2), torch.tensor([[0, 1, 1]])).exp().tolist()
    [[0.5, 0.5]]
    """
    if logits.shape[:-1] != ids.shape or ids.ndim != 2:
        raise ValueError(f"logits of shape {tuple(logits.shape)} must be (B, T, V) for ids {tuple(ids.shape)} (B, T)")
    return logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None].long()).squeeze(-1)


def sequence_log_prob(logits: Tensor, ids: Tensor) -> Tensor:
    """log p(ids[:, 1:] | ids[:, 0]), (B,): by the chain rule, the sum of the tokens' log-probabilities."""
    return token_log_probs(logits, ids).sum(-1)


def surprise(log_probs: Tensor) -> Tensor:
    """-log2 p, in bits: 1 for a fair coin, 0 for what was certain.

    >>> surprise(torch.tensor([0.5, 0.25]).log()).tolist()
    [1.0, 2.0]
    """
    return (0 - log_probs) / math.log(2)  # a certainty costs 0, where -log_probs would say -0


def perplexity(log_probs: Tensor) -> Tensor:
    """exp of the mean of -log p: as unsure as a fair die with so many sides.

    >>> round(perplexity(torch.tensor([1 / 6, 1 / 6]).log()).item(), 4)
    6.0
    """
    return (-log_probs.mean()).exp()


def bits_per_byte(log_probs: Tensor, n_bytes: int) -> Tensor:
    """All the bits of surprise over the bytes of the same text: compares models whose tokens differ.

    >>> bits_per_byte(torch.tensor([0.5, 0.25]).log(), n_bytes=6).item()
    0.5
    """
    if n_bytes < 1:
        raise ValueError(f"n_bytes={n_bytes} must be at least 1")
    return surprise(log_probs).sum() / n_bytes


# ---------------------------------------------------------------- the knobs: logits (..., V) in, logits (..., V) out


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """logits / t, so that probabilities become p^(1/t), renormalised. At t = 0, the limit, only the largest is left.

    >>> apply_temperature(torch.tensor([0.8, 0.2]).log(), 0.5).softmax(-1).tolist()   # 0.64 : 0.04
    [0.9411764740943909, 0.05882352963089943]
    """
    if not 0 <= temperature < math.inf:
        raise ValueError(f"temperature={temperature} must be at least 0 and finite")
    if temperature == 0:
        return keep_top_k(logits, 1)
    return (logits - logits.amax(-1, keepdim=True)) / temperature  # the largest at 0: a tiny t cannot overflow


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Only the k largest stay, the rest become -inf. Of equal ones the first stay; k >= V keeps all.

    >>> keep_top_k(torch.tensor([1.0, 3.0, 2.0]), 2).tolist()
    [-inf, 3.0, 2.0]
    """
    if not isinstance(k, int) or k < 1:
        raise ValueError(f"top_k={k!r} must be a whole number of at least 1")
    rank = logits.argsort(dim=-1, descending=True, stable=True).argsort(-1)
    return logits.masked_fill(rank >= k, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Only the nucleus stays: the fewest tokens, most likely first, whose probabilities reach p.

    A token stays if those more likely than it sum to less than p, so one always does. p = 1 keeps all.

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
