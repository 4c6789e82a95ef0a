"""What changed after GPT-2, as in Llama (Touvron et al. 2023). Read it beside model.py: only what differs stands here.

GPT-2                              since then
LayerNorm                          RMSNorm: no mean taken off, no bias (Zhang and Sennrich 2019)
a learned vector for each place    RoPE: queries and keys are turned by an angle for each place (Su et al. 2021)
GELU between two matrices          SwiGLU: a third matrix opens and shuts the hidden numbers (Shazeer 2020)
keys and values for each head      GQA: some heads share theirs, and the cache is smaller (Ainslie et al. 2023)
biases everywhere                  none
the head is the embedding          a head of its own
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mini_gpt.cache import LayerCache
from mini_gpt.config import GPTConfig
from mini_gpt.linear import Linear
from mini_gpt.model import GPT, MLP, Attention, Block, check_ids

Layout = Literal["halves", "pairs"]


@dataclass(frozen=True)
class ModernConfig(GPTConfig):
    """A GPT's shape, and which of the changes it has; by default all of them.

    Attributes:
        n_kv_head: how many heads have keys and values of their own; n_head divided by it share each
        d_ff: the width inside the MLP; 0 is 4 d_model, or with SwiGLU 8/3 d_model, for as many parameters
        rope_layout: which numbers of a head are turned together: i and i + D/2 ("halves", as in transformers), or
            2i and 2i + 1 ("pairs", as in the paper and at Meta); it belongs to the weights
        rope_base: the slowest pair turns once in about 2 pi rope_base places

    >>> ModernConfig(n_head=6, n_kv_head=2, d_model=48).d_ff
    128
    """

    norm: Literal["rms", "layer"] = "rms"
    positions: Literal["rope", "learned"] = "rope"
    mlp: Literal["swiglu", "gelu"] = "swiglu"
    bias: bool = False
    tied: bool = False
    n_kv_head: int = 0
    d_ff: int = 0
    norm_epsilon: float = 1e-5
    rope_base: float = 10_000.0
    rope_layout: Layout = "halves"

    def __post_init__(self) -> None:
        super().__post_init__()
        known = {"norm": ("rms", "layer"), "positions": ("rope", "learned"), "mlp": ("swiglu", "gelu"),
                 "rope_layout": ("halves", "pairs")}  # fmt: skip
        for name, choices in known.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name}={getattr(self, name)!r} must be {' or '.join(map(repr, choices))}")
        if self.n_kv_head < 0 or (self.n_kv_head and self.n_head % self.n_kv_head):
            raise ValueError(f"n_kv_head={self.n_kv_head} must divide n_head={self.n_head}, or be 0 for as many")
        if self.d_ff < 0:
            raise ValueError(f"d_ff={self.d_ff} must be at least 1, or 0 for the usual width")
        if self.positions == "rope" and self.d_head % 2:
            raise ValueError(f"d_head={self.d_head} must be even: RoPE turns pairs of numbers")
        wide = 4 * self.d_model if self.mlp == "gelu" else 8 * round(self.d_model / 3)
        object.__setattr__(self, "n_kv_head", self.n_kv_head or self.n_head)
        object.__setattr__(self, "d_ff", self.d_ff or wide)


def rotate(x: Tensor, start: int = 0, base: float = 10_000.0, layout: Layout = "halves") -> Tensor:
    """Turn each pair of numbers of x (..., T, D) by an angle that grows with its place, start, start + 1, …

    A query at t and a key at s, both turned, have the same product as if only the distance t - s had been told.

    >>> q, k = torch.randn(1, 4), torch.randn(1, 4)
    >>> near, far = (rotate(q, t) @ rotate(k, t - 3).mT for t in (3, 100))
    >>> torch.allclose(near, far, atol=1e-4)
    True
    """
    T, D = x.shape[-2:]
    speeds = base ** (-torch.arange(0, D, 2, device=x.device) / D)  # (D/2,) radians a place, from 1 down
    angles = torch.arange(start, start + T, device=x.device)[:, None] * speeds  # (T, D/2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x.chunk(2, -1) if layout == "halves" else (x[..., ::2], x[..., 1::2])
    turned = a * cos - b * sin, a * sin + b * cos
    return torch.cat(turned, -1) if layout == "halves" else torch.stack(turned, -1).flatten(-2)


class GroupedAttention(Attention):
    """Attention whose heads, in groups, share keys and values; with RoPE, turned before they are kept."""

    def __init__(self, config: ModernConfig) -> None:
        super().__init__(config)
        self.config = config
        self.qkv = Linear(config.d_model, (config.n_head + 2 * config.n_kv_head) * config.d_head, config.bias)
        self.projection = Linear(config.d_model, config.d_model, config.bias)

    def forward(self, x: Tensor, mask: Tensor | None = None, cache: LayerCache | None = None) -> Tensor:
        config, start = self.config, cache.length if cache is not None else 0
        heads = self.qkv(x).unflatten(-1, (-1, config.d_head)).transpose(1, 2)  # (B, H + 2 H_kv, T, D)
        q, k, v = heads.split([config.n_head, config.n_kv_head, config.n_kv_head], 1)
        if config.positions == "rope":
            q, k = (rotate(each, start, config.rope_base, config.rope_layout) for each in (q, k))
        if cache is not None:
            k, v = cache.append(k, v)
        k, v = (each.repeat_interleave(config.n_head // config.n_kv_head, 1) for each in (k, v))
        return self.attend(q, k, v, mask)


class SwiGLU(nn.Module):
    """silu(x W_gate) * (x W_expand), projected: what one matrix computes, the other lets through."""

    def __init__(self, config: ModernConfig) -> None:
        super().__init__()
        self.gate = Linear(config.d_model, config.d_ff, config.bias)
        self.expand = Linear(config.d_model, config.d_ff, config.bias)
        self.project = Linear(config.d_ff, config.d_model, config.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(F.silu(self.gate(x)) * self.expand(x))


class ModernBlock(Block):
    """A block of GPT-2 with other parts."""

    def __init__(self, config: ModernConfig) -> None:
        super().__init__(config)
        parts: dict[str, nn.Module] = {
            "attention": GroupedAttention(config),
            "mlp": SwiGLU(config) if config.mlp == "swiglu" else MLP(config),
            "attention_norm": norm_of(config),
            "mlp_norm": norm_of(config),
        }
        for name, part in parts.items():
            setattr(self, name, part)
        if config.mlp == "gelu" and not config.bias:
            for layer in (self.mlp.expand, self.mlp.project):
                layer.register_parameter("bias", None)


def norm_of(config: ModernConfig) -> nn.Module:
    if config.norm == "rms":
        return nn.RMSNorm(config.d_model, config.norm_epsilon)
    return nn.LayerNorm(config.d_model, config.norm_epsilon, bias=config.bias)


class ModernGPT(GPT):
    """A GPT with the changes that its config names. It generates, and is looked into, as any GPT.

    >>> model = ModernGPT(ModernConfig(vocab_size=10, context_length=8, n_layer=2, n_head=4, n_kv_head=2, d_model=16))
    >>> model(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 10])
    """

    config: ModernConfig

    def __init__(self, config: ModernConfig) -> None:
        super().__init__(config)
        self.blocks = nn.ModuleList(ModernBlock(config) for _ in range(config.n_layer))
        setattr(self, "final_norm", norm_of(config))  # noqa: B010 (RMSNorm is no LayerNorm)
        if config.positions == "rope":
            del self.position_embedding
        if not config.tied:
            self.head.weight = nn.Parameter(self.head.weight.detach().clone())
        self.initialise()

    def embed(self, ids: Tensor, start: int = 0) -> Tensor:
        if self.config.positions == "learned":
            return super().embed(ids, start)
        check_ids(ids, self.config, start)
        return self.dropout(self.embedding(self.token_embedding(ids)))


def llama_weights(state: dict[str, Tensor], n_layer: int) -> dict[str, Tensor]:
    """A state_dict of transformers' LlamaForCausalLM under this module's names, for load_state_dict."""
    renamed = {"token_embedding.weight": state["model.embed_tokens.weight"], "head.weight": state["lm_head.weight"],
               "final_norm.weight": state["model.norm.weight"]}  # fmt: skip
    parts = {"attention.projection": "self_attn.o_proj", "mlp.gate": "mlp.gate_proj", "mlp.expand": "mlp.up_proj",
             "mlp.project": "mlp.down_proj", "attention_norm": "input_layernorm",
             "mlp_norm": "post_attention_layernorm"}  # fmt: skip
    for layer in range(n_layer):
        there = f"model.layers.{layer}."
        qkv = [state[f"{there}self_attn.{which}_proj.weight"] for which in "qkv"]
        renamed[f"blocks.{layer}.attention.qkv.weight"] = torch.cat(qkv)
        for ours, theirs in parts.items():
            renamed[f"blocks.{layer}.{ours}.weight"] = state[f"{there}{theirs}.weight"]
    return renamed
