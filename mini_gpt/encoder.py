"""What the same blocks become when they read: BERT's encoder, and the encoder and decoder of 2017.

                   sees                                     is trained to
    GPT            each token itself and those before it    say the next token
    Encoder        all tokens                               say which token a [MASK] stands for (BERT)
    EncoderDecoder the decoder: itself, those before it,    say the next token of one text,
                   and all of the encoder's text            given another (2017, for translation)

BERT (Devlin et al. 2018) and the Transformer of 2017 (Vaswani et al.) differ from these in what GPT-2 changed: their
norms follow the sums, 2017's positions are sines and its activation is ReLU. The attention is theirs.

[MASK] and a mask are two things. [MASK] is a token that replaces another: the input is spoiled. A causal mask blocks
attention: the input is whole, and a token does not see what follows it.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from mini_gpt.config import GPTConfig
from mini_gpt.data import IGNORE, Batch, document_batch
from mini_gpt.model import GPT, padding_mask
from mini_gpt.tokenizer import WordTokenizer

MASK, PAD = "[MASK]", "[PAD]"


def with_mask_and_pad(tokenizer: WordTokenizer) -> WordTokenizer:
    """The same words under the same ids, then [MASK] and [PAD].

    >>> with_mask_and_pad(WordTokenizer(["<|endoftext|>", "ana"])).words
    ('<|endoftext|>', 'ana', '[MASK]', '[PAD]')
    """
    return WordTokenizer([*tokenizer.words, MASK, PAD])


class Encoder(GPT):
    """GPT's stack with attention to both sides: logits[:, t] say which token stands at t, of ids that hold [MASK]s.

    >>> encoder = Encoder(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> before, after = encoder(torch.tensor([[1, 2, 3]])), encoder(torch.tensor([[1, 2, 4]]))
    >>> torch.equal(before[0, 0], after[0, 0])      # what follows matters to what stands before it
    False
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__(config, causal=False)

    def read(self, ids: Tensor, real: Tensor | None = None) -> Tensor:
        """A vector for each token in its context, (B, T, C), of ids (B, T); real (B, T) is False where they pad."""
        return self.hidden_states(ids, None if real is None else padding_mask(real).expand(-1, ids.size(1), -1))


class EncoderDecoder(GPT):
    """A GPT that also attends, in each block, to what an encoder has read: the memory. Embeddings are shared.

    >>> model = EncoderDecoder(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4))
    >>> memory = model.encoder.read(torch.tensor([[4, 5, 6, 7]]))
    >>> model(torch.tensor([[0, 1]]), memory=memory).shape
    torch.Size([1, 2, 10])
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__(config, cross=True)
        self.encoder = Encoder(config)
        self.encoder.token_embedding, self.encoder.head = self.token_embedding, self.head

    @torch.no_grad()
    def translate(self, source: Tensor, start: int, stop: int, max_new_tokens: int) -> Tensor:
        """The most likely token after another, (B, 1 + new): from `start` until every row has said `stop`.

        source (B, S) ids, all rows of one length.
        """
        memory = self.encoder.read(source)
        ids = torch.full((len(source), 1), start)
        stopped = torch.zeros(len(source), 1, dtype=torch.bool)
        for _ in range(max_new_tokens):
            token = self(ids, memory=memory)[:, -1:].argmax(-1).masked_fill(stopped, stop)
            ids, stopped = torch.cat([ids, token], dim=1), stopped | (token == stop)
            if stopped.all():
                break
        return ids


# ---------------------------------------------------------------- what they are trained on


def masked(batch: Batch, tokenizer: WordTokenizer, rate: float, generator: torch.Generator) -> Batch:
    """BERT's exercise from GPT's: inputs (B, T+1) with `rate` of them spoiled, and targets, what stood there.

    Of the chosen tokens 80 % become [MASK], 10 % a random word, and 10 % stay, as in BERT: so the encoder must doubt
    what it reads. The other targets are IGNORE; rows are padded with [PAD].
    """
    ids = torch.cat([batch.inputs[:, :1], batch.targets], dim=1)
    real = ids != IGNORE
    chosen = real & (torch.rand(ids.shape, generator=generator) < rate)
    dice = torch.rand(ids.shape, generator=generator)
    words = torch.randint(tokenizer.ids[MASK], ids.shape, generator=generator)  # [MASK] and [PAD] are the last two
    inputs = ids.where(~(chosen & (dice < 0.8)), tokenizer.ids[MASK]).where(~(chosen & (dice > 0.9)), words)
    return Batch(inputs.where(real, tokenizer.ids[PAD]), ids.where(chosen, IGNORE))


def pair_batch(pairs: Sequence[tuple[list[int], list[int]]], tokenizer: WordTokenizer) -> Batch:
    """inputs (B, 2, T): a source, and beside it the text that the decoder reads; targets (B, T): what it should say.

    pairs  of a source and a text that ends in <|endoftext|>, ids both

    >>> tokenizer = with_mask_and_pad(WordTokenizer(["<|endoftext|>", "olá", "hello"]))
    >>> inputs, targets = pair_batch([([1, 1], [2, 0])], tokenizer)
    >>> inputs.tolist(), targets.tolist()
    ([[[1, 1], [0, 2]]], [[2, 0]])
    """
    end, pad = tokenizer.end_of_text, tokenizer.ids[PAD]
    read, targets = document_batch([text for _, text in pairs], end)
    sources = pad_sequence([torch.tensor(source) for source, _ in pairs], batch_first=True, padding_value=pad)
    T = max(read.size(1), sources.size(1))
    both = [F.pad(sources, (0, T - sources.size(1)), value=pad), F.pad(read, (0, T - read.size(1)), value=end)]
    return Batch(torch.stack(both, dim=1), F.pad(targets, (0, T - targets.size(1)), value=IGNORE))


def encoder_loss(model: nn.Module, inputs: Tensor, targets: Tensor, pad: int) -> Tensor:
    """The sum of -log p(target), in nats, of `masked`'s batches: `train` takes it as its loss."""
    mask = padding_mask(inputs != pad).expand(-1, inputs.size(1), -1)
    return F.cross_entropy(model(inputs, mask).flatten(0, 1), targets.flatten(), reduction="sum")


def pair_loss(model: EncoderDecoder, inputs: Tensor, targets: Tensor, pad: int) -> Tensor:
    """The same of `pair_batch`'s."""
    source, ids = inputs.unbind(1)
    real = source != pad
    logits = model(ids, memory=model.encoder.read(source, real), memory_mask=padding_mask(real))
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
