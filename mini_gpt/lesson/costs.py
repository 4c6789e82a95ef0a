"""How cost grows: the time and memory of one more token, with and without a cache, measured on this computer."""

import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, UntypedStorage
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mini_gpt.cache import Cache
from mini_gpt.config import GPTConfig
from mini_gpt.generate import last_logits
from mini_gpt.model import GPT
from mini_gpt.sizes import cache_bytes, parameters


@dataclass(frozen=True)
class Cost:
    """What it takes to predict the next token after `context` tokens."""

    parameters: int
    context: int
    cached: bool  # True: only the last token is read, the others come from the cache; False: all are read
    seconds: float  # the median of the repeats
    bytes: int  # without the weights: the cache, and the peak of the tensors created on the way


def small(n_layer: int, d_model: int) -> GPTConfig:
    """A GPT with a small vocabulary, so that most of its parameters are in its blocks."""
    return GPTConfig(vocab_size=256, n_layer=n_layer, n_head=d_model // 32, d_model=d_model)


# arguments for `costs`: a few seconds each
GROWING_CONTEXT = ([small(4, 128)], [64, 128, 256, 512, 1024])
GROWING_MODEL = ([small(2, 64), small(3, 128), small(4, 192), small(6, 256), small(8, 384)], [256])


def costs(configs: Iterable[GPTConfig], contexts: Sequence[int], repeats: int = 5) -> list[Cost]:
    """One Cost without a cache and one with it, for each model and context.

    >>> from mini_gpt.lesson.recipes import NANO
    >>> [(cost.context, cost.cached) for cost in costs([NANO], [8, 16])]
    [(8, False), (8, True), (16, False), (16, True)]
    """
    models = (GPT(config).eval() for config in configs)
    return [cost(model, n, cached, repeats) for model in models for n in contexts for cached in (False, True)]


@torch.no_grad()
def cost(model: GPT, context: int, cached: bool, repeats: int) -> Cost:
    """Measure one. Raises ValueError for a context that is not in 1..context_length."""
    config = model.config
    if not 1 <= context <= config.context_length:
        raise ValueError(f"context={context} must be in 1..context_length={config.context_length}")
    ids = torch.zeros(1, context, dtype=torch.int64)
    cache = Cache(config, batch_size=1) if cached else None
    last_logits(model, ids, None, cache)

    def step() -> Tensor:
        for layer in cache.layers if cache is not None else ():
            layer.length = context - 1  # forget the last token, to read it again
        return last_logits(model, ids, None, cache)

    seconds, made = measure(step, repeats)
    kept = cache_bytes(config, context) if cached else 0
    return Cost(sum(parameters(config).values()), context, cached, seconds, kept + made)


def measure(run: Callable[[], object], repeats: int) -> tuple[float, int]:
    """The median seconds of a run, and the most bytes that its tensors hold at once."""
    with Peak() as peak:
        run()
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        run()
        seconds.append(perf_counter() - start)
    return median(seconds), peak.bytes


class Peak(TorchDispatchMode):
    """The most bytes that the tensors created in its with-block hold at once, in `.bytes`.

    PyTorch does not show what a kernel allocates and frees internally.

    >>> with Peak() as peak:
    ...     first = torch.zeros(1000)
    ...     del first
    ...     second, third = torch.zeros(500), torch.zeros(100)
    >>> peak.bytes
    4000
    """

    def __init__(self) -> None:
        super().__init__()
        self.held = self.bytes = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        known = storages((args, kwargs))
        for address, storage in storages(result).items():
            if address not in known:  # new: neither a view nor changed in place
                self.add(storage.nbytes())
                weakref.finalize(storage, self.add, -storage.nbytes())
        return result

    def add(self, change: int) -> None:
        self.held += change
        self.bytes = max(self.bytes, self.held)


def storages(tree: object) -> dict[int, UntypedStorage]:
    """The storages of all tensors in nested containers, by address."""
    tensors = (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))
    return {storage.data_ptr(): storage for storage in (tensor.untyped_storage() for tensor in tensors)}
