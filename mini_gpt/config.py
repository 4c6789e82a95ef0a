"""The shape of a GPT: six numbers, and GPT-2's four sizes by name."""

from dataclasses import dataclass, fields, replace
from typing import Any

from mini_gpt.messages import did_you_mean


@dataclass(frozen=True)
class GPTConfig:
    """Everything that determines a GPT's architecture; the defaults are GPT-2, 124M.

    >>> GPTConfig(n_layer=2, n_head=2, d_model=8).d_head
    4
    """

    vocab_size: int = 50257  # V: 256 bytes + 50,000 merges + <|endoftext|>
    context_length: int = 1024  # the most tokens the model sees at once
    n_layer: int = 12
    n_head: int = 12  # H
    d_model: int = 768  # C
    dropout: float = 0.0  # the paper trained with 0.1; endless data needs none

    @property
    def d_head(self) -> int:
        """D: the width of one attention head."""
        return self.d_model // self.n_head

    @property
    def n_kv_head(self) -> int:
        """How many heads have keys and values of their own: in GPT-2 all."""
        return self.n_head

    @property
    def d_ff(self) -> int:
        """The width inside the MLP."""
        return 4 * self.d_model

    def __post_init__(self) -> None:
        for field in fields(GPTConfig):
            value = getattr(self, field.name)
            if field.name != "dropout" and (type(value) is not int or value < 1):
                raise ValueError(f"{field.name}={value!r} must be a whole number of at least 1")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout={self.dropout!r} must be in [0, 1)")
        if self.d_model % self.n_head:
            raise ValueError(f"d_model={self.d_model} must split evenly into n_head={self.n_head} heads")

    @classmethod
    def preset(cls, name: str, **changes: Any) -> "GPTConfig":
        """The preset of this name, with some fields changed.

        >>> GPTConfig.preset("gpt2-medium", context_length=128).n_layer
        24
        """
        if name not in PRESETS:
            raise ValueError(f"preset={name!r} must be one of {', '.join(PRESETS)}{did_you_mean(name, PRESETS)}")
        return replace(PRESETS[name], **changes)


PRESETS = {  # the paper calls them 117M, 345M, 762M and 1542M
    "gpt2": GPTConfig(),
    "gpt2-medium": GPTConfig(n_layer=24, n_head=16, d_model=1024),
    "gpt2-large": GPTConfig(n_layer=36, n_head=20, d_model=1280),
    "gpt2-xl": GPTConfig(n_layer=48, n_head=25, d_model=1600),
}
