"""Generation: read a prompt, then again and again draw the next token and read that."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mini_gpt.cache import Cache
from mini_gpt.model import GPT, can_look, check_ids, check_mask
from mini_gpt.sampling import next_token_probs, pick
from mini_gpt.trace import no_numbers

Prompt = Sequence[int] | Tensor  # ids, (T,)
Ids = TypeVar("Ids", Tensor, list[Any])  # rows of one length, or prompts of any
DRAW = -1  # in place of an id that is not given


def generate(
    model: GPT,
    ids: Ids,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop: int | None = None,
    mask: Tensor | None = None,
    use_cache: bool = True,
) -> Ids:
    """ids (B, T) and what the model writes after them: (B, T + new), new <= max_new_tokens.

    ids          or a list of prompts of any lengths: then a list of (T + new,), what each gives alone, up to its `stop`
    temperature  0 is greedy, 1 the model's own distribution; then top_k, then top_p (see sampling.py)
    generator    a seeded CPU torch.Generator makes the sample repeatable, on any device
    stop         a row that drew this token repeats it; when all rows have, generation ends
    mask         of the prompt, (T, T), (B, T, T) or (B, H, T, T); None is causal. A new token sees what the
                 prompt's last token sees, and all new tokens up to itself
    use_cache    False reads everything again for each token: the same tokens, more slowly

    Beyond context_length the window slides: the model sees the last context_length tokens. Their positions
    then change with each step, so no cached key stays valid, and every token costs a whole window.

    The model runs in its current mode: call model.eval() first if it has dropout.
    Raises FloatingPointError, naming the place in the model, if logits are NaN or infinite: before the token is drawn;
    on a GPU, for which nobody waits only to look, after it if there is a `stop`, else at the end.

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> generate(model, torch.tensor([[1, 2, 3]]), max_new_tokens=4, temperature=0).shape
    torch.Size([1, 7])
    >>> [len(text) for text in generate(model, [[1, 2, 3], [4]], max_new_tokens=4)]
    [7, 5]
    """
    if isinstance(ids, Tensor):
        new = stream(model, ids, max_new_tokens, temperature, top_k, top_p, generator, stop, mask, use_cache)
        return extended(ids, new)

    if mask is not None:
        raise ValueError("mask must be None for a list of prompts: each is causal")
    rows = [as_row(prompt, i, model) for i, prompt in enumerate(ids)]
    lengths = [len(row) for row in rows]
    if not rows:
        raise ValueError("ids must hold at least one prompt")
    # No padding, which would move positions: all are read up to the shortest one's end, the longer ones go on with
    # their own tokens in place of drawn ones.
    padded = pad_sequence(rows, batch_first=True, padding_value=DRAW)
    start, given = padded.tensor_split([min(lengths)], dim=1)
    n_tokens = given.size(1) + max_new_tokens
    new = stream(model, start, n_tokens, temperature, top_k, top_p, generator, stop, None, use_cache, given)
    whole = zip(extended(start, new), lengths, strict=True)
    return [until(stop, row[: T + max_new_tokens], T) for row, T in whole]


def stream(
    model: GPT,
    ids: Tensor,
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    stop: int | None = None,
    mask: Tensor | None = None,
    use_cache: bool = True,
    given: Tensor | None = None,
) -> Iterator[Tensor]:
    """The new tokens of `generate` one by one, (B,) each, as soon as they are drawn.

    given  (B, N) what the first N new tokens are; DRAW where the model draws

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> [len(token) for token in stream(model, torch.tensor([[1], [2]]), max_new_tokens=3)]
    [2, 2, 2]
    """
    if not isinstance(max_new_tokens, int | np.integer) or max_new_tokens < 0:
        raise ValueError(f"max_new_tokens={max_new_tokens!r} must be a whole number of at least 0")
    if not isinstance(stop, int | np.integer | None):
        raise TypeError(f"stop={stop!r} must be one token's id, or None")
    has_rows = isinstance(ids, Tensor) and ids.ndim == 2
    check_ids(ids[:, -model.config.context_length :] if has_rows else ids, model.config)
    if mask is not None:
        check_left(check_mask(mask, model.config, ids))
    next_token_probs(torch.zeros(1), temperature, top_k, top_p)  # refuses bad knobs now, not at the first token

    @torch.no_grad()
    def draw() -> Iterator[Tensor]:
        read, seen = ids, mask
        weight = model.token_embedding.weight
        cache = Cache(model.config, len(ids), weight.device, weight.dtype) if use_cache else None
        known = None if model.tokenizer is None else model.tokenizer.vocab_size  # ids beyond it pad the vocabulary
        stopped = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
        peaks = torch.zeros(len(ids), device=ids.device)  # summed: once NaN or infinite, they stay so
        for n in range(max_new_tokens):
            logits = last_logits(model, read, seen, cache)[:, :known]
            peaks += logits.amax(-1)  # NaN if any is
            if ids.device.type == "cpu" and not math.isfinite(peaks.sum()):
                break
            if temperature == 0:
                token = logits.argmax(-1)
            else:
                probs = next_token_probs(logits, temperature, top_k, top_p)
                token = pick(probs, generator)
            if stop is not None:
                token = token.masked_fill(stopped, stop)
            token = token.to(ids.dtype)
            drawn = torch.ones_like(stopped)
            if given is not None and n < given.size(1):
                drawn = given[:, n] == DRAW
                token = torch.where(drawn, token, given[:, n])
            if stop is not None:
                stopped |= drawn & (token == stop)
            yield token
            if stop is not None and (stopped.all() | ~peaks.sum().isfinite()):
                break
            read = torch.cat([read, token[:, None]], dim=1)
            seen = None if seen is None else grown(seen)
        if not math.isfinite(peaks.sum()):
            raise no_numbers("logits are no numbers", model, lambda: last_logits(model, read, seen, None))

    return draw()


def last_logits(model: GPT, ids: Tensor, mask: Tensor | None, cache: Cache | None) -> Tensor:
    """(B, V) logits after ids, which may be longer than the context. The cache is used, and filled, while ids fit."""
    T, window = ids.size(1), model.config.context_length
    if cache is not None and window >= T:
        start = cache.length
        new_rows = None if mask is None else mask[..., start:, :]
        x = model.hidden_states(ids[:, start:], new_rows, cache)
    else:
        x = model.hidden_states(ids[:, -window:], None if mask is None else mask[..., -window:, -window:])
    return model.head(x[:, -1])


def extended(ids: Tensor, new: Iterator[Tensor]) -> Tensor:
    """ids (B, T) and the tokens that follow, (B,) each: (B, T + new)."""
    return torch.cat([ids, *(token[:, None] for token in new)], dim=1)


def as_row(prompt: Prompt, i: int, model: GPT) -> Tensor:
    """The ids of prompt number i, (T,), on the model's device. Raises if the model cannot read them."""
    row = torch.as_tensor(prompt, device=model.token_embedding.weight.device)
    try:
        for window in row[None].split(model.config.context_length, 1):
            check_ids(window, model.config)
    except (TypeError, ValueError) as error:
        raise type(error)(f"prompt {i}: {error}") from error
    return row


def until(stop: int | None, row: Tensor, start: int) -> Tensor:
    """The row up to the first `stop` that stands at start or later, or all of it.

    >>> until(0, torch.tensor([0, 1, 2, 0, 0]), start=1).tolist()
    [0, 1, 2, 0]
    """
    ends = [] if stop is None else (row[start:] == stop).nonzero().tolist()
    return row[: start + ends[0][0] + 1] if ends else row


def check_left(mask: Tensor) -> None:
    """Raise if a mask (B, H, T, T) hides a row's first token from all that follow, as padding on the left would."""
    seen = mask[:, :, 1:, 0].any(2).any(1)
    if mask.size(2) > 1 and can_look(seen) and not seen.all():
        raise ValueError(f"mask hides the first token of row {int(seen.int().argmin())} from all that follow. Padding "
                         "on the left moves positions: pass prompts of different lengths as a list")  # fmt: skip


def grown(mask: Tensor) -> Tensor:
    """The mask (..., T, T) extended by one token, which sees what the last one sees, and itself.

    >>> grown(torch.tensor([[True, False], [True, True]])).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    mask = F.pad(mask, (0, 1, 0, 1))
    mask[..., -1, :-1] = mask[..., -2, :-1]
    mask[..., -1, -1] = True
    return mask
