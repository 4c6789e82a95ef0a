"""How probable a text is: log-probability, surprise, perplexity, bits per byte.

Everything here is a pure function of tensors. Logarithms are natural (nats) unless the name says bits.
"""

import math

import torch


def token_log_probs(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """log p(ids[:, t+1] | ids[:, :t+1]), (B, T-1), from logits (B, T, V) of ids (B, T).

    The first token has none: nothing comes before it.

    >>> token_log_probs(torch.zeros(1, 3, 2), torch.tensor([[0, 1, 1]])).exp().tolist()
    [[0.5, 0.5]]
    """
    if logits.shape[:-1] != ids.shape or ids.ndim != 2:
        raise ValueError(f"logits of shape {tuple(logits.shape)} must be (B, T, V) for ids {tuple(ids.shape)} (B, T)")
    single = torch.promote_types(logits.dtype, torch.float32)  # in half precision probabilities would not sum to 1
    log_probs = logits[:, :-1].log_softmax(-1, dtype=single).gather(-1, ids[:, 1:, None].long()).squeeze(-1)
    check_numbers("logits", log_probs)
    return log_probs


def sequence_log_prob(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """log p(ids[:, 1:] | ids[:, 0]), (B,): by the chain rule, the sum of the tokens' log-probabilities."""
    return token_log_probs(logits, ids).sum(-1)


def surprise(log_probs: torch.Tensor) -> torch.Tensor:
    """-log2 p, in bits: 1 for a fair coin, 0 for a certainty.

    >>> surprise(torch.tensor([0.5, 0.25]).log()).tolist()
    [1.0, 2.0]
    """
    return (0 - log_probs) / math.log(2)  # a certainty costs 0, where -log_probs would say -0


def perplexity(log_probs: torch.Tensor) -> torch.Tensor:
    """exp of the mean of -log p: the model is as unsure as a fair die with this many sides is.

    >>> round(perplexity(torch.tensor([1 / 6, 1 / 6]).log()).item(), 4)
    6.0
    """
    if log_probs.numel() == 0:
        raise ValueError("log_probs hold no token: there is nothing to be unsure of")
    check_numbers("log_probs", log_probs)
    return (-log_probs.mean()).exp()


def bits_per_byte(log_probs: torch.Tensor, n_bytes: int) -> torch.Tensor:
    """The total surprise in bits, divided by the bytes of the same text: compares models whose tokens differ.

    >>> bits_per_byte(torch.tensor([0.5, 0.25]).log(), n_bytes=6).item()
    0.5
    """
    if n_bytes < 1:
        raise ValueError(f"n_bytes={n_bytes} must be at least 1")
    check_numbers("log_probs", log_probs)
    return surprise(log_probs).sum() / n_bytes


def check_numbers(name: str, log_probs: torch.Tensor) -> None:
    """Raise FloatingPointError if a log-probability is NaN. Not on a GPU: looking would make the CPU wait for it."""
    if log_probs.device.type == "cpu" and (nan := log_probs.isnan()).any():
        place = nan.nonzero()[0].tolist()
        raise FloatingPointError(f"{name} give no probability but NaN for the target at {place}")
