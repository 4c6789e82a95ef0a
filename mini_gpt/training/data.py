"""Batches of tokens. A batch is a function of the step alone, so a run that resumes at any step sees the same ones."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, Protocol, overload

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mini_gpt.training.token_files import TokenFiles

IGNORE = -100  # a target that does not count; cross_entropy's default


class Batch(NamedTuple):
    """inputs (B, T) and targets (B, T): what follows each input, or IGNORE."""

    inputs: Tensor
    targets: Tensor


class DocumentGenerator(Protocol):
    """The town, or anything else that generates documents without end, always the same ones for a seed."""

    def documents(self, seed: int | str) -> Iterator[list[int]]: ...


def document_batch(documents: list[list[int]], end_of_text: int) -> Batch:
    """A row for each document, padded to the longest: <|endoftext|> before it predicts its first token.

    A document's own last token is <|endoftext|>; it is only a target.

    >>> inputs, targets = document_batch([[1, 2, 0], [3, 0]], end_of_text=0)
    >>> inputs.tolist(), targets.tolist()
    ([[0, 1, 2], [0, 3, 0]], [[1, 2, 0], [3, 0, -100]])
    """
    inputs = [torch.tensor([end_of_text, *document[:-1]]) for document in documents]
    targets = [torch.tensor(document) for document in documents]
    return Batch(pad_sequence(inputs, batch_first=True, padding_value=end_of_text),
                 pad_sequence(targets, batch_first=True, padding_value=IGNORE))  # fmt: skip


class DocumentBatches:
    """The documents of a step, sorted by length and divided into parts, so that few tokens are padding.

    A model learns several times faster from one document per row than from rows that hold many: it sees nothing but
    what it needs.
    """

    def __init__(
        self, source: DocumentGenerator, batch_size: int, end_of_text: int, seed: int | str, n_parts: int = 4
    ) -> None:
        if not 1 <= n_parts <= batch_size:
            raise ValueError(f"n_parts={n_parts} must be in 1..batch_size={batch_size}")
        self.source, self.batch_size, self.n_parts = source, batch_size, n_parts
        self.end_of_text, self.seed = end_of_text, seed
        self.conditions = {"batch_size": batch_size, "n_parts": n_parts, "order_seed": seed}

    def __call__(self, step: int) -> list[Batch]:
        stream = self.source.documents(f"{self.seed}, step {step}")
        documents = sorted((next(stream) for _ in range(self.batch_size)), key=len)
        cuts = [round(i * self.batch_size / self.n_parts) for i in range(self.n_parts + 1)]
        return [document_batch(documents[a:b], self.end_of_text) for a, b in pairwise(cuts)]


class Parts(Sequence[Batch]):
    """The parts of a batch, each loaded when it is indexed; a slice loads nothing yet.

    >>> parts = Parts(range(8), lambda i: Batch(torch.tensor([i]), torch.tensor([i + 1])))
    >>> len(parts[1::4]), parts[1::4][-1].inputs.item()
    (2, 5)
    """

    def __init__(self, indices: range, load: Callable[[int], Batch]) -> None:
        self.indices, self.load = indices, load

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, where: int) -> Batch: ...
    @overload
    def __getitem__(self, where: slice) -> "Parts": ...
    def __getitem__(self, where: int | slice) -> "Batch | Parts":
        found = self.indices[where]
        return self.load(found) if isinstance(found, int) else Parts(found, self.load)


class TokenBatches:
    """Windows of a token sequence in random order: `batches(step)` gives the parts of a step's batch.

    An epoch divides the tokens into adjacent windows and visits each one once. Seed and epoch determine the order of
    the windows and the token where the first one begins, so a token's position in its window changes from epoch to
    epoch. A batch may contain the end of one epoch and the beginning of the next.

    files             the tokens
    context_length    T: the tokens in a window; its targets are one token further on
    batch_size        the windows in a step, over all its parts
    micro_batch_size  B: the windows in a part, whose inputs and targets are (B, T)

    `conditions` names what the batches depend on, by which `train` knows whether a run that it resumes is the same.
    Raises ValueError for sizes that do not fit together or are more than `files` has tokens for.
    """

    def __init__(
        self, files: TokenFiles, context_length: int, batch_size: int, micro_batch_size: int, seed: int
    ) -> None:
        check_sizes(context_length, micro_batch_size)
        if len(files) <= context_length:
            raise ValueError(f"context_length={context_length} must be less than the {len(files)} tokens in files: "
                             "the last one is only a target")  # fmt: skip
        if batch_size < 1 or batch_size % micro_batch_size:
            raise ValueError(f"batch_size={batch_size} must be a multiple of micro_batch_size={micro_batch_size}")
        if seed < 0:
            raise ValueError(f"seed={seed} must be at least 0")
        self.files, self.context_length, self.seed = files, context_length, seed
        self.batch_size, self.micro_batch_size = batch_size, micro_batch_size
        # one less than would fit, so that they fit wherever among the first T tokens they begin
        self.windows_per_epoch = max(1, len(files) // context_length - 1)
        self.epoch = lru_cache(maxsize=2)(self.draw_epoch)
        self.conditions = {
            "data": files.manifest.checksum, "window": context_length, "batch_size": batch_size,
            "micro_batch_size": micro_batch_size, "order_seed": seed,
        }  # fmt: skip

    def draw_epoch(self, epoch: int) -> tuple[int, np.ndarray]:
        """Where the epoch's first window begins, and the order of its windows."""
        rng = np.random.Generator(np.random.Philox([self.seed, epoch]))
        spare = len(self.files) - self.windows_per_epoch * self.context_length  # of which one is the last target
        first = int(rng.integers(min(spare, self.context_length)))
        return first, rng.permutation(np.arange(self.windows_per_epoch, dtype=np.uint32))

    def window(self, n: int) -> Tensor:
        """(T + 1,): the n-th window, counted from the first step."""
        first, order = self.epoch(n // self.windows_per_epoch)
        start = first + self.context_length * int(order[n % self.windows_per_epoch])
        return self.files[start : start + self.context_length + 1]

    def __call__(self, step: int) -> Parts:
        def load(first: int) -> Batch:
            tokens = torch.stack([self.window(n) for n in range(first, first + self.micro_batch_size)])
            return Batch(tokens[:, :-1], tokens[:, 1:])

        return Parts(range(step * self.batch_size, (step + 1) * self.batch_size, self.micro_batch_size), load)


def in_order(files: TokenFiles, context_length: int, micro_batch_size: int, limit: int | None = None) -> Parts:
    """All tokens in order, as batches of (B, T): every token but the first is a target exactly once.

    The last batch is padded with <|endoftext|>, whose targets are IGNORE.

    limit  the maximum number of batches
    """
    check_sizes(context_length, micro_batch_size)
    if len(files) < 2:
        raise ValueError(f"files has {len(files)} tokens, but needs at least 2: an input and a target")
    if limit is not None and limit < 1:
        raise ValueError(f"limit={limit} must be at least 1")
    size = micro_batch_size * context_length
    end_of_text = files.manifest.tokenizer.end_of_text

    def load(i: int) -> Batch:
        tokens = files[i * size : (i + 1) * size + 1]
        n = len(tokens) - 1
        inputs, targets = torch.full((size,), end_of_text), torch.full((size,), IGNORE)
        inputs[:n], targets[:n] = tokens[:-1], tokens[1:]
        return Batch(inputs.view(-1, context_length), targets.view(-1, context_length))

    return Parts(range(-(-(len(files) - 1) // size))[:limit], load)


def check_sizes(context_length: int, micro_batch_size: int) -> None:
    for name, value in (("context_length", context_length), ("micro_batch_size", micro_batch_size)):
        if value < 1:
            raise ValueError(f"{name}={value} must be at least 1")
