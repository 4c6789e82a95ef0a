"""Batches of tokens. A batch is a function of the step alone, so that a training resumed at any step sees the same."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

IGNORE = -100  # a target that does not count; cross_entropy's default


class Batch(NamedTuple):
    """inputs (B, T) and targets (B, T): what follows each input, or IGNORE."""

    inputs: Tensor
    targets: Tensor


class Documents(Protocol):
    """What can be drawn from: the town, or anything that gives documents without end, the same ones for a seed."""

    def documents(self, seed: int | str) -> Iterator[list[int]]: ...


def document_batch(documents: list[list[int]], end_of_text: int) -> Batch:
    """A row for each document, which <|endoftext|> begins and, as its own last token, ends; padded to the longest.

    >>> inputs, targets = document_batch([[1, 2, 0], [3, 0]], end_of_text=0)
    >>> inputs.tolist(), targets.tolist()
    ([[0, 1, 2], [0, 3, 0]], [[1, 2, 0], [3, 0, -100]])
    """
    inputs = [torch.tensor([end_of_text, *document[:-1]]) for document in documents]
    targets = [torch.tensor(document) for document in documents]
    return Batch(pad_sequence(inputs, batch_first=True, padding_value=end_of_text),
                 pad_sequence(targets, batch_first=True, padding_value=IGNORE))  # fmt: skip


class DocumentBatches:
    """A step's documents, sorted by length and cut into parts, so that little of them is padding.

    A document alone in its row is learned several times faster than in a row of many: nothing in it distracts.
    """

    def __init__(self, source: Documents, batch_size: int, end_of_text: int, seed: int | str, n_parts: int = 4) -> None:
        if not 1 <= n_parts <= batch_size:
            raise ValueError(f"n_parts={n_parts} must be in 1..batch_size={batch_size}")
        self.source, self.batch_size, self.n_parts = source, batch_size, n_parts
        self.end_of_text, self.seed = end_of_text, seed

    def __call__(self, step: int) -> list[Batch]:
        stream = self.source.documents(f"{self.seed}, step {step}")
        documents = sorted((next(stream) for _ in range(self.batch_size)), key=len)
        cuts = [round(i * self.batch_size / self.n_parts) for i in range(self.n_parts + 1)]
        return [document_batch(documents[a:b], self.end_of_text) for a, b in pairwise(cuts)]
