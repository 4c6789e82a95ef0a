"""Generation: read a prompt, then again and again draw the next token and read that."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from mini_gpt.cache import Cache
from mini_gpt.model import GPT, check_ids, check_mask
from mini_gpt.sampling import next_token_probs, pick


def generate(
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
) -> Tensor:
    """ids (B, T) and what the model writes after them: (B, T + new), new <= max_new_tokens.

    temperature  0 is greedy, 1 the model's own distribution; then top_k, then top_p (see sampling.py)
    generator    a seeded CPU torch.Generator makes the sample repeatable, on any device
    stop         a row that drew this token repeats it; when all rows have, generation ends
    mask         of the prompt, (T, T), (B, T, T) or (B, H, T, T); None is causal. A new token sees what the
                 prompt's last token sees, and all new tokens up to itself
    use_cache    False reads everything again for each token: the same tokens, more slowly

    Beyond context_length the window slides: the model sees the last context_length tokens. Their positions
    then change with each step, so no cached key stays valid, and every token costs a whole window.

    The model runs in its current mode: call model.eval() first if it has dropout.

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> generate(model, torch.tensor([[1, 2, 3]]), max_new_tokens=4, temperature=0).shape
    torch.Size([1, 7])
    """
    new = stream(model, ids, max_new_tokens, temperature, top_k, top_p, generator, stop, mask, use_cache)
    return torch.cat([ids, *(token[:, None] for token in new)], dim=1)


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
) -> Iterator[Tensor]:
    """The new tokens of `generate` one by one, (B,) each, as soon as they are drawn.

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> [len(token) for token in stream(model, torch.tensor([[1], [2]]), max_new_tokens=3)]
    [2, 2, 2]
    """
    if not isinstance(max_new_tokens, int) or max_new_tokens < 0:
        raise ValueError(f"max_new_tokens={max_new_tokens!r} must be a whole number of at least 0")
    has_rows = isinstance(ids, Tensor) and ids.ndim == 2
    check_ids(ids[:, -model.config.context_length :] if has_rows else ids, model.config)
    if mask is not None:
        check_mask(mask, model.config, ids)
    next_token_probs(torch.zeros(1), temperature, top_k, top_p)  # refuses bad knobs now, not at the first token

    @torch.no_grad()
    def draw() -> Iterator[Tensor]:
        read, seen = ids, mask
        weight = model.token_embedding.weight
        cache = Cache(model.config, len(ids), weight.device, weight.dtype) if use_cache else None
        known = None if model.tokenizer is None else model.tokenizer.vocab_size  # ids beyond it pad the vocabulary
        stopped = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
        for _ in range(max_new_tokens):
            logits = last_logits(model, read, seen, cache)[:, :known]
            if temperature == 0:
                token = logits.argmax(-1)
            else:
                probs = next_token_probs(logits, temperature, top_k, top_p)
                token = pick(probs, generator)
            if stop is not None:
                token = token.masked_fill(stopped, stop)
                stopped |= token == stop
            token = token.to(ids.dtype)
            yield token
            if stop is not None and stopped.all():
                return
            read = torch.cat([read, token[:, None]], dim=1)
            seen = None if seen is None else grown(seen)

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


def grown(mask: Tensor) -> Tensor:
    """The mask (..., T, T) extended by one token, which sees what the last one sees, and itself.

    >>> grown(torch.tensor([[True, False], [True, True]])).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    mask = F.pad(mask, (0, 1, 0, 1))
    mask[..., -1, :-1] = mask[..., -2, :-1]
    mask[..., -1, -1] = True
    return mask
