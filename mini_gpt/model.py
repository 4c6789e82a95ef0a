"""GPT-2, from its masks up to its logits. Read this file first.

Axes     B batch · T queries · S keys · H heads · D d_head · C d_model = H*D · V vocabulary
Words    ids, the tokens' numbers · scores, before softmax · weights, after it; rows are queries
         residual stream, the (B, T, C) that every block reads and adds to · logits, over the vocabulary

The same things elsewhere:
    here                     GPT-2's checkpoint    nanoGPT            "Attention Is All You Need"
    token_embedding          wte                   transformer.wte    input embedding
    position_embedding       wpe                   transformer.wpe    positional encoding (sines, there)
    attention.qkv            attn.c_attn           attn.c_attn        W^Q, W^K, W^V, side by side
    attention.projection     attn.c_proj           attn.c_proj        W^O
    attention_norm           ln_1                  ln_1               layer norm (after the sum, there)
    mlp.expand, mlp.project  mlp.c_fc, mlp.c_proj  mlp.c_fc, c_proj   position-wise feed-forward
    final_norm               ln_f                  transformer.ln_f   -
    head                     wte again (tied)      lm_head            pre-softmax linear transformation
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mini_gpt.cache import Cache, LayerCache
from mini_gpt.config import GPTConfig
from mini_gpt.linear import Linear
from mini_gpt.tokenizer import Tokenizer
from mini_gpt.trace import Probe

# Masks are booleans, True = may attend. Combine them with &.


def causal_mask(T: int, S: int | None = None, device: torch.device | str | None = None) -> Tensor:
    """(T, S) booleans: a query sees the keys up to its own; the last query sees every key.

    >>> causal_mask(2, 3).int().tolist()     # two new tokens after one cached
    [[1, 1, 0], [1, 1, 1]]
    """
    S = T if S is None else S
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


def padding_mask(real: Tensor) -> Tensor:
    """(B, 1, S) booleans from (B, S): no query sees a key whose token is not real.

    >>> padding_mask(torch.tensor([[5, 7, 0]]) != 0).int().tolist()
    [[[1, 1, 0]]]
    """
    return real.bool()[:, None, :]


def prefix_mask(T: int, prefix_length: int, device: torch.device | str | None = None) -> Tensor:
    """(T, T) booleans: causal, but the first prefix_length tokens all see each other.

    >>> prefix_mask(3, 2).int().tolist()
    [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    """
    return causal_mask(T, device=device) | (torch.arange(T, device=device) < prefix_length)


def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    """(..., T, S) scores from queries (..., T, D) and keys (..., S, D).

    >>> attention_scores(torch.ones(1, 4), torch.ones(3, 4)).tolist()
    [[2.0, 2.0, 2.0]]
    """
    return q @ k.mT / q.size(-1) ** 0.5  # unscaled, their variance would grow with D and softmax saturate


def attention_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """(..., T, S) weights: each query's sum to 1 over the keys that the mask lets it see.

    >>> attention_weights(torch.zeros(2, 2), causal_mask(2)).tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    return (scores if mask is None else scores.masked_fill(~mask, -torch.inf)).softmax(-1)


class Attention(nn.Module):
    """Multi-head attention: each head projects the whole vector, and mixes values by its own weights.

    causal  without a mask, a query sees the keys up to its own, as in GPT-2; False lets it see all
    """

    def __init__(self, config: GPTConfig, causal: bool = True) -> None:
        super().__init__()
        self.n_head, self.dropout, self.causal = config.n_head, config.dropout, causal
        self.qkv = Linear(config.d_model, 3 * config.d_model)
        self.queries, self.keys, self.values, self.scores, self.weights = (Probe() for _ in range(5))
        self.projection = Linear(config.d_model, config.d_model)

    def forward(self, x: Tensor, mask: Tensor | None = None, cache: LayerCache | None = None) -> Tensor:
        """(B, T, C) to (B, T, C); mask (..., T, S), True = may attend, or None."""
        q, k, v = self.heads(self.qkv(x), 3)
        return self.attend(q, k, v, mask, cache)

    def heads(self, x: Tensor, n: int) -> Tensor:
        """(B, T, n*C) to n times (B, H, T, D)."""
        return x.unflatten(-1, (n, self.n_head, -1)).permute(2, 0, 3, 1, 4)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, cache: LayerCache | None = None) -> Tensor:
        """softmax(q k^T / sqrt(D)) v for each head, projected to (B, T, C); step by step only if someone looks."""
        q, k, v = self.queries(q), self.keys(k), self.values(v)  # (B, H, T or S, D)
        if cache is not None:
            k, v = cache.append(k, v)
        T, S = q.size(-2), k.size(-2)
        looks = self.scores.watched or self.weights.watched
        causal = self.causal and mask is None and T > 1  # a single query sees every key
        if causal and (looks or T < S):  # is_causal aligns to the upper left, wrong after cached keys
            mask, causal = causal_mask(T, S, q.device), False
        dropout = self.dropout if self.training else 0.0
        if looks:
            weights = self.weights(attention_weights(self.scores(attention_scores(q, k)), mask))
            mixed = F.dropout(weights, dropout) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, mask, dropout, causal)
        return self.projection(mixed.transpose(1, 2).flatten(-2))  # the heads side by side


class MLP(nn.Module):
    """The same two layers at every position: here a token thinks alone."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.expand = Linear(config.d_model, config.d_ff)
        self.activation = nn.GELU(approximate="tanh")
        self.project = Linear(config.d_ff, config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.activation(self.expand(x)))


class Block(nn.Module):
    """Attention moves information between tokens, the MLP works on each token; both add to the residual stream."""

    def __init__(self, config: GPTConfig, causal: bool = True) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.d_model)
        self.attention = Attention(config, causal)
        self.mlp_norm = nn.LayerNorm(config.d_model)
        self.mlp = MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None, cache: LayerCache | None = None) -> Tensor:
        x = x + self.dropout(self.attention(self.attention_norm(x), mask, cache))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))


class GPT(nn.Module):
    """A stack of blocks that turns tokens into a distribution over the next one, at every position.

    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> model(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 10])
    """

    tokenizer: Tokenizer | None = None  # the one that was saved with the weights

    def __init__(self, config: GPTConfig, causal: bool = True) -> None:
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.position_embedding = nn.Embedding(config.context_length, config.d_model)
        self.embedding = Probe()
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config, causal) for _ in range(config.n_layer))
        self.final_norm = nn.LayerNorm(config.d_model)
        self.head = Linear(config.d_model, config.vocab_size, bias=False)
        self.head.weight = self.token_embedding.weight  # tied
        self.initialise()

    @torch.no_grad()
    def initialise(self) -> None:
        """GPT-2's start: weights N(0, 0.02), positions N(0, 0.01), biases 0. The matrices that add to the residual
        stream are divided by the square root of their number, so that its variance does not grow with depth."""
        residual = ("attention.projection.weight", "mlp.project.weight")
        n_residual = sum(name.endswith(residual) for name, _ in self.named_parameters())
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            elif name == "position_embedding.weight":
                parameter.normal_(std=0.01)
            elif name.endswith(residual):
                parameter.normal_(std=0.02 / n_residual**0.5)
            elif "norm" not in name:
                parameter.normal_(std=0.02)

    def forward(self, ids: Tensor, mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """ids (B, T) to logits (B, T, V): logits[:, t] are for the token that follows ids[:, t].

        mask   booleans (T, S), (B, T, S) or (B, H, T, S), True = may attend; None is causal
        cache  of S - T tokens already read; ids continue them, and are added to it
        Raises TypeError or ValueError for ids, a mask or a length that the model cannot take.
        """
        return self.head(self.hidden_states(ids, mask, cache))

    def hidden_states(self, ids: Tensor, mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """forward without its last step: (B, T, C), after the final norm, before the head."""
        start = cache.length if cache is not None else 0
        x = self.embed(ids, start)
        mask = None if mask is None else check_mask(mask, self.config, ids, start)
        for layer, block in enumerate(self.blocks):
            x = block(x, mask, cache.layers[layer] if cache is not None else None)
        return self.final_norm(x)

    def embed(self, ids: Tensor, start: int = 0) -> Tensor:
        """ids (B, T) at positions start, start + 1, … to what enters the first block, (B, T, C)."""
        check_ids(ids, self.config, start)
        positions = torch.arange(start, start + ids.size(1), device=ids.device)
        return self.dropout(self.embedding(self.token_embedding(ids) + self.position_embedding(positions)))


# Refusals. On a GPU nobody looks at the values of ids and masks: looking would make the CPU wait for it.


def check_ids(ids: Tensor, config: GPTConfig, start: int = 0) -> None:
    """Raise if a model of this config cannot take ids, read after `start` others."""
    if not isinstance(ids, Tensor) or ids.dtype not in (torch.int64, torch.int32):
        what = ids.dtype if isinstance(ids, Tensor) else type(ids).__name__
        raise TypeError(f"ids must be a tensor of int64 or int32, not {what}")
    if ids.ndim != 2 or ids.numel() == 0:
        raise ValueError(f"ids of shape {tuple(ids.shape)} must be (batch, tokens), at least one of each")
    if start + ids.size(1) > config.context_length:
        after = f" after {start} cached" if start else ""
        raise ValueError(f"{ids.size(1)} ids{after} are more than context_length={config.context_length}")
    if can_look(ids):
        for bound in map(int, ids.aminmax()):
            if not 0 <= bound < config.vocab_size:
                raise ValueError(f"ids hold {bound}, but must be in 0..{config.vocab_size - 1} (vocab_size - 1)")


def check_mask(mask: Tensor, config: GPTConfig, ids: Tensor, start: int = 0) -> Tensor:
    """The mask as (B or 1, H or 1, T, S) booleans. Raise if it has another shape, or if a query would see no key."""
    B, T, S = ids.size(0), ids.size(1), start + ids.size(1)
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        what = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise TypeError(f"mask must be a tensor of bool (True = may attend), not {what}")
    full = mask if mask.ndim == 4 else mask[:, None] if mask.ndim == 3 else mask[None, None]
    fits = 2 <= mask.ndim <= 4 and full.shape[-2:] == (T, S)
    if not (fits and full.size(0) in (1, B) and full.size(1) in (1, config.n_head)):
        raise ValueError(f"mask of shape {tuple(mask.shape)} must be (T, S), (B, T, S) or (B, H, T, S) with B={B}, "
                         f"H={config.n_head}, T={T}, S={S}")  # fmt: skip
    if can_look(full) and not (seen := full.any(-1)).all():
        b, h, t = (~seen).nonzero()[0].tolist()
        raise ValueError(f"mask blocks every key of query {t} (batch {b}, head {h}); each query needs at least one. "
                         "Padding belongs on the right: there it blocks none, and moves no positions")  # fmt: skip
    return full


def can_look(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu" and not torch.compiler.is_compiling()
