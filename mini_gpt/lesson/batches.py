"""Training batches of the encoder and the translator: BERT's masked tokens, and pairs of texts to translate.

[MASK] and [PAD] are two more words of the town's tokenizer.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from mini_gpt.encoder import EncoderDecoder, both_ways
from mini_gpt.tokenizer import WordTokenizer
from mini_gpt.training.data import IGNORE, Batch, document_batch

MASK, PAD = "[MASK]", "[PAD]"


def with_mask_and_pad(tokenizer: WordTokenizer) -> WordTokenizer:
    """The same words with the same ids, then [MASK] and [PAD].

    >>> with_mask_and_pad(WordTokenizer(["<|endoftext|>", "ana"])).words
    ('<|endoftext|>', 'ana', '[MASK]', '[PAD]')
    """
    return WordTokenizer([*tokenizer.words, MASK, PAD])


def masked(batch: Batch, tokenizer: WordTokenizer, rate: float, generator: torch.Generator) -> Batch:
    """A batch for BERT from one for GPT: inputs (B, T+1), a fraction `rate` corrupted, and the originals as targets.

    As in BERT, 80 % of the chosen tokens become [MASK], 10 % a random word, and 10 % stay, so that the encoder cannot
    trust what it reads. All other targets are IGNORE; rows are padded with [PAD].
    """
    ids = torch.cat([batch.inputs[:, :1], batch.targets], dim=1)
    real = ids != IGNORE
    chosen = real & (torch.rand(ids.shape, generator=generator) < rate)
    dice = torch.rand(ids.shape, generator=generator)
    words = torch.randint(tokenizer.ids[MASK], ids.shape, generator=generator)  # [MASK] and [PAD] are the last two
    inputs = ids.where(~(chosen & (dice < 0.8)), tokenizer.ids[MASK]).where(~(chosen & (dice > 0.9)), words)
    return Batch(inputs.where(real, tokenizer.ids[PAD]), ids.where(chosen, IGNORE))


def pair_batch(pairs: Sequence[tuple[list[int], list[int]]], tokenizer: WordTokenizer) -> Batch:
    """inputs (B, 2, T): a source, and the text that the decoder reads; targets (B, T): the token that follows each.

    pairs  of a source and a text that ends in <|endoftext|>, both as ids

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


def masked_loss(model: nn.Module, inputs: Tensor, targets: Tensor, pad: int) -> Tensor:
    """The sum of -log p(target), in nats, over a batch of `masked`; a loss for `train`."""
    logits = model(inputs, both_ways(inputs != pad))
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")


def pair_loss(model: EncoderDecoder, inputs: Tensor, targets: Tensor, pad: int) -> Tensor:
    """The sum of -log p(target), in nats, over a batch of `pair_batch`; a loss for `train`."""
    source, ids = inputs.unbind(1)
    real = source != pad
    logits = model(ids, model.encode(source, real), real)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
