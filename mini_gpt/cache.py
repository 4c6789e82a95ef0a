"""Keys and values of the tokens read so far, so that generating reads each token once."""

import torch
from torch import Tensor

from mini_gpt.config import GPTConfig


class LayerCache:
    """One layer's keys and values, (B, H, context_length, D) each, filled from the left."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.keys, self.values, self.length = keys, values, 0

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store k and v, (B, H, T, D) each, of T new tokens; return those of all tokens so far, (B, H, S, D)."""
        start, self.length = self.length, self.length + k.size(-2)
        self.keys.narrow(2, start, k.size(-2)).copy_(k)
        self.values.narrow(2, start, v.size(-2)).copy_(v)
        return self.keys.narrow(2, 0, self.length), self.values.narrow(2, 0, self.length)


class Cache:
    """One LayerCache for each layer of a model.

    >>> cache = Cache(GPTConfig(context_length=64, n_head=4, d_model=96), batch_size=1)
    >>> cache.length, cache.layers[0].keys.shape
    (0, torch.Size([1, 4, 64, 24]))
    """

    def __init__(
        self,
        config: GPTConfig,
        batch_size: int,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        def empty() -> Tensor:
            shape = (batch_size, config.n_kv_head, config.context_length, config.d_head)
            return torch.empty(shape, device=device, dtype=dtype)

        self.layers = [LayerCache(empty(), empty()) for _ in range(config.n_layer)]

    @property
    def length(self) -> int:
        """The number of tokens read so far."""
        return self.layers[0].length
