"""Models that read, built from GPT-2's parts: BERT's encoder, and the encoder and decoder of 2017.

                   attends to                               is trained to predict
    GPT            each token itself and those before it    the next token
    Encoder        all tokens                               the token behind a [MASK] (BERT)
    EncoderDecoder the decoder: itself, those before it,    the next token of one text, given another
                   and the encoder's whole text             (2017, for translation)

BERT (Devlin et al. 2018) and the Transformer (Vaswani et al. 2017) differ from these models in what GPT-2 changed:
they normalise after each sum, and the Transformer's positions are sines and its activation is ReLU. The attention is
the same.

[MASK] and a mask are two things. [MASK] is a token that replaces another: the input is corrupted. A causal mask blocks
attention: the input is intact, but no token sees those that follow it.
"""

import torch
from torch import Tensor, nn

from mini_gpt.config import GPTConfig
from mini_gpt.linear import Linear
from mini_gpt.model import GPT, Attention, Block, padding_mask
from mini_gpt.trace import no_numbers


class Encoder(GPT):
    """GPT's stack, attending both ways: logits[:, t] predict the token at t itself, from ids that hold [MASK]s.

    >>> encoder = Encoder(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> one, other = encoder(torch.tensor([[1, 2, 3]])), encoder(torch.tensor([[1, 2, 4]]))
    >>> torch.equal(one[0, 0], other[0, 0])      # the first token's logits depend on the last token
    False
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__(config, causal=False)


def both_ways(real: Tensor) -> Tensor:
    """(B, T, T) booleans from (B, T): every token attends to every real token, before it and after it.

    >>> both_ways(torch.tensor([[True, True, False]])).int().tolist()
    [[[1, 1, 0], [1, 1, 0], [1, 1, 0]]]
    """
    return padding_mask(real).expand(-1, real.size(1), -1)


class CrossAttention(Attention):
    """Attention whose queries come from one text, and keys and values from a memory of another; GPT-2 has none."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__(config, causal=False)
        self.query = Linear(config.d_model, config.d_model)
        self.key_value = Linear(config.d_model, 2 * config.d_model)
        del self.qkv

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """x (B, T, C) and memory (B, S, C) to (B, T, C); mask (..., T or 1, S) or None."""
        [q], [k, v] = self.heads(self.query(x), 1), self.heads(self.key_value(memory), 2)
        return self.attend(q, k, v, mask)


class DecoderBlock(Block):
    """GPT's block with a cross-attention between its attention and its MLP, as in 2017."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__(config)
        self.cross_norm = nn.LayerNorm(config.d_model)
        self.cross_attention = CrossAttention(config)

    def forward(  # type: ignore[override]
        self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None
    ) -> Tensor:
        x = x + self.dropout(self.attention(self.attention_norm(x)))
        x = x + self.dropout(self.cross_attention(self.cross_norm(x), memory, memory_mask))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))


class EncoderDecoder(GPT):
    """A GPT whose blocks also attend to the memory, what an encoder made of another text. Embeddings are shared.

    >>> model = EncoderDecoder(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> memory = model.encode(torch.tensor([[4, 5, 6, 7]]))
    >>> model(torch.tensor([[0, 1]]), memory).shape
    torch.Size([1, 2, 10])
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__(config)
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.n_layer))
        self.initialise()
        self.encoder = Encoder(config)
        self.encoder.token_embedding, self.encoder.head = self.token_embedding, self.head

    def encode(self, source: Tensor, real: Tensor | None = None) -> Tensor:
        """The memory, (B, S, C), of a source text, ids (B, S); real (B, S) is False where they are padding."""
        return self.encoder.hidden_states(source, None if real is None else both_ways(real))

    def forward(  # type: ignore[override]
        self, ids: Tensor, memory: Tensor | None = None, real: Tensor | None = None
    ) -> Tensor:
        """ids (B, T) and the memory of another text (B, S, C) to logits (B, T, V); real (B, S) as for encode.

        Raises ValueError without a memory: this model does not continue a text by itself.
        """
        return self.head(self.hidden_states(ids, memory, real))

    def hidden_states(  # type: ignore[override]
        self, ids: Tensor, memory: Tensor | None = None, real: Tensor | None = None
    ) -> Tensor:
        """forward without its last step: (B, T, C), after the final norm, before the head."""
        if memory is None:
            raise ValueError("memory must be given: what `encode` made of another text")
        mask = None if real is None else padding_mask(real)[:, None]  # (B, 1, 1, S), for all heads and queries
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x, memory, mask)
        return self.final_norm(x)

    @torch.no_grad()
    def translate(self, source: Tensor, start: int, stop: int, max_new_tokens: int) -> Tensor:
        """Greedy decoding, (B, 1 + new): from `start`, the most likely token each time, until every row holds `stop`.

        source (B, S) ids, all rows of one length. Raises FloatingPointError, naming the place in the model, if logits
        are NaN or infinite.
        """
        memory = self.encode(source)
        ids = torch.full((len(source), 1), start, device=source.device)
        stopped = torch.zeros_like(ids, dtype=torch.bool)
        for _ in range(max_new_tokens):
            logits = self(ids, memory)[:, -1:]  # (B, 1, V)
            if not logits.isfinite().all():
                raise no_numbers("logits are no numbers", self, lambda: self(ids, self.encode(source)))  # noqa: B023
            token = logits.argmax(-1).masked_fill(stopped, stop)
            ids, stopped = torch.cat([ids, token], dim=1), stopped | (token == stop)
            if stopped.all():
                break
        return ids
