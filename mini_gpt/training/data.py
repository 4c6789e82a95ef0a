"""Batches of tokens. A batch is a function of the step alone, so that a training resumed at any step sees the same."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol, overload

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mini_gpt.files import sha256

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


# ---------------------------------------------------------------- a text of any length, as files of tokens

FORMAT = "mini_gpt tokens 1"  # what the manifest of a prepared directory says of itself
DTYPES: dict[str, np.dtype[Any]] = {"uint16": np.dtype("<u2"), "uint32": np.dtype("<u4")}


class TokenFiles:
    """One split of a prepared directory as one long stream of tokens; only what is asked for is read from disk.

    directory  manifest.json, tokenizer.json and the files that the manifest lists, as `prepare` writes them
    split      "train" or "validation"

    `len(files)` counts the tokens, `files[start:stop]` is an int64 tensor of them. Raises FileNotFoundError without a
    manifest or a file of it; ValueError, naming the file, if it is of another format or disagrees with the files.
    """

    def __init__(self, directory: str | Path, split: str) -> None:
        self.directory = Path(directory)
        self.manifest = read_manifest(self.directory)
        splits = self.manifest["splits"]
        if split not in splits:
            raise ValueError(f"split={split!r} must be one of {', '.join(splits)}")
        dtype = DTYPES[self.manifest["dtype"]]
        self.arrays: list[np.ndarray] = []
        for file in splits[split]["files"]:
            path = self.directory / file["name"]
            size, expected = path.stat().st_size, file["tokens"] * dtype.itemsize
            if size != expected:
                raise ValueError(f"{path} has {size} bytes, by the manifest {expected}: was it truncated?")
            self.arrays.append(np.asarray(np.memmap(path, dtype, mode="r")))
        self.begins = list(accumulate((len(array) for array in self.arrays), initial=0))

    def __len__(self) -> int:
        return self.begins[-1]

    def __getitem__(self, where: slice) -> Tensor:
        start, stop, step = where.indices(len(self))
        if step != 1:
            raise ValueError(f"step={step} must be 1")
        first, last = bisect_right(self.begins, start) - 1, bisect_left(self.begins, stop)
        parts = [array[max(0, start - begin) : stop - begin]
                 for array, begin in zip(self.arrays[first:last], self.begins[first:last], strict=False)]  # fmt: skip
        return torch.from_numpy(np.concatenate([np.empty(0, np.int64), *parts]))

    def verify(self) -> None:
        """Read every file of the directory, all splits' and the tokenizer's; ValueError names one that has changed."""
        tokenizer = self.manifest["tokenizer"]
        digests = {tokenizer["file"]: tokenizer["sha256"]}
        for split in self.manifest["splits"].values():
            digests |= {file["name"]: file["sha256"] for file in split["files"]}
        for name, digest in digests.items():
            if sha256(self.directory / name) != digest:
                raise ValueError(f"{self.directory / name} is not what the manifest describes: its sha256 differs")


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a prepared directory. Raises FileNotFoundError without one, ValueError for another format."""
    path = directory / "manifest.json"
    if not path.is_file():
        raise FileNotFoundError(f"directory={str(directory)!r} has no manifest.json: is it prepared, and whole?")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise ValueError(f"format={manifest['format']!r} must be {FORMAT!r}")
        if manifest["dtype"] not in DTYPES:
            raise ValueError(f"dtype={manifest['dtype']!r} must be one of {', '.join(DTYPES)}")
        files = [file for split in manifest["splits"].values() for file in split["files"]]
        for name in (manifest["tokenizer"]["file"], *(file["name"] for file in files)):
            if Path(name).name != name:
                raise ValueError(f"{name!r} must be a file of the directory")
        if wrong := [file for file in files if type(file["tokens"]) is not int or file["tokens"] < 1]:
            raise ValueError(f"tokens={wrong[0]['tokens']!r} must be a whole number of at least 1")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not the manifest of prepared tokens: {error!r}") from error
    return manifest


class Parts(Sequence[Batch]):
    """The parts of a batch, each read when it is indexed; a slice reads nothing yet.

    >>> parts = Parts(range(8), lambda i: Batch(torch.tensor([i]), torch.tensor([i + 1])))
    >>> len(parts[1::4]), parts[1::4][-1].inputs.item()
    (2, 5)
    """

    def __init__(self, indices: range, read: Callable[[int], Batch]) -> None:
        self.indices, self.read = indices, read

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, where: int) -> Batch: ...
    @overload
    def __getitem__(self, where: slice) -> "Parts": ...
    def __getitem__(self, where: int | slice) -> "Batch | Parts":
        found = self.indices[where]
        return self.read(found) if isinstance(found, int) else Parts(found, self.read)


class TokenBatches:
    """Windows of a stream in random order: `batches(step)` are the step's parts, a function of seed and step alone.

    An epoch cuts the stream into windows side by side and visits each once, in an order, and from a first token, that
    seed and epoch draw: a token's place in its window changes from epoch to epoch. A batch may end one epoch and begin
    the next.

    files             the stream
    context_length    T: the tokens of a window, and those that it predicts, one further on
    batch_size        windows of a step, over all its parts
    micro_batch_size  B: windows of a part, whose inputs and targets are (B, T)
    """

    def __init__(
        self, files: TokenFiles, context_length: int, batch_size: int, micro_batch_size: int, seed: int
    ) -> None:
        check_sizes(context_length, micro_batch_size)
        if len(files) <= context_length:
            raise ValueError(f"context_length={context_length} and one token to predict must fit into the "
                             f"{len(files)} tokens of files")  # fmt: skip
        if batch_size < 1 or batch_size % micro_batch_size:
            raise ValueError(f"batch_size={batch_size} must be a multiple of micro_batch_size={micro_batch_size}")
        if seed < 0:
            raise ValueError(f"seed={seed} must not be < 0")
        self.files, self.context_length, self.seed = files, context_length, seed
        self.batch_size, self.micro_batch_size = batch_size, micro_batch_size
        # all but one of the windows that fit, so that they fit from any of the first T tokens on
        self.windows_per_epoch = max(1, len(files) // context_length - 1)
        self.epoch = lru_cache(maxsize=2)(self.draw_epoch)

    def draw_epoch(self, epoch: int) -> tuple[int, np.ndarray]:
        """The epoch's first token, and the order of its windows."""
        rng = np.random.Generator(np.random.Philox([self.seed, epoch]))
        spare = len(self.files) - self.windows_per_epoch * self.context_length  # of which one is the last target
        first = int(rng.integers(min(spare, self.context_length)))
        return first, rng.permutation(np.arange(self.windows_per_epoch, dtype=np.uint32))

    def window(self, n: int) -> Tensor:
        """(T + 1,): the n-th window since the first step."""
        first, order = self.epoch(n // self.windows_per_epoch)
        start = first + self.context_length * int(order[n % self.windows_per_epoch])
        return self.files[start : start + self.context_length + 1]

    def __call__(self, step: int) -> Parts:
        def read(first: int) -> Batch:
            tokens = torch.stack([self.window(n) for n in range(first, first + self.micro_batch_size)])
            return Batch(tokens[:, :-1], tokens[:, 1:])

        return Parts(range(step * self.batch_size, (step + 1) * self.batch_size, self.micro_batch_size), read)


def in_order(files: TokenFiles, context_length: int, micro_batch_size: int, limit: int | None = None) -> Parts:
    """The whole stream in order, as batches of (B, T): every token but the first is a target once.

    The last batch is filled up with <|endoftext|>, which predicts IGNORE.

    limit  at most so many batches
    """
    check_sizes(context_length, micro_batch_size)
    if len(files) < 2:
        raise ValueError(f"files hold {len(files)} tokens, but must hold one to read and one to predict")
    if limit is not None and limit < 1:
        raise ValueError(f"limit={limit} must be at least 1")
    size = micro_batch_size * context_length
    end_of_text = files.manifest["tokenizer"]["end_of_text"]

    def read(i: int) -> Batch:
        tokens = files[i * size : (i + 1) * size + 1]
        n = len(tokens) - 1
        inputs, targets = torch.full((size,), end_of_text), torch.full((size,), IGNORE)
        inputs[:n], targets[:n] = tokens[:-1], tokens[1:]
        return Batch(inputs.view(-1, context_length), targets.view(-1, context_length))

    return Parts(range(-(-(len(files) - 1) // size))[:limit], read)


def check_sizes(context_length: int, micro_batch_size: int) -> None:
    for name, value in (("context_length", context_length), ("micro_batch_size", micro_batch_size)):
        if value < 1:
            raise ValueError(f"{name}={value} must be at least 1")
