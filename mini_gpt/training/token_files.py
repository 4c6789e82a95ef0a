"""A directory of tokens: what `prepare` writes and training reads.

    train-00000.bin …       the tokens, uint16 (uint32 for a vocabulary of more than 65,536), little endian
    validation-00000.bin …  a few documents that training never sees
    tokenizer.json          the tokenizer that made them
    manifest.json           counts and checksums; written last, so its presence marks the directory as complete

Every document begins with <|endoftext|>, so a split reads <|endoftext|> document <|endoftext|> document … In the text
itself <|endoftext|> is ordinary text: no document can fake a boundary.
"""

import hashlib
import json
import os
from bisect import bisect_left, bisect_right
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mini_gpt.files import append, sha256, write_json
from mini_gpt.tokenizer import Tokenizer
from mini_gpt.training.sources import Errors
from mini_gpt.weights import load_tokenizer

FORMAT = "mini_gpt tokens 1"
MANIFEST = "manifest.json"
SPLITS = ("train", "validation")
DTYPES: dict[str, np.dtype[Any]] = {"uint16": np.dtype("<u2"), "uint32": np.dtype("<u4")}


@dataclass(frozen=True)
class Arguments:
    """What `prepare` was called with. Raises ValueError for what is out of range."""

    sources: list[str]
    tokenizer: str | int
    validation: float
    errors: Errors
    shard_tokens: int
    item_bytes: int
    pieces: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.validation < 1:
            raise ValueError(f"validation={self.validation} must be in [0, 1)")
        if self.errors not in ("strict", "replace"):
            raise ValueError(f"errors={self.errors!r} must be 'strict' or 'replace'")
        for name in ("shard_tokens", "item_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} must be at least 1")


@dataclass
class Counts:
    """How much a split holds; bytes are those of its text."""

    tokens: int = 0
    documents: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Shard:
    """A file of tokens."""

    name: str
    tokens: int
    sha256: str


@dataclass
class Split(Counts):
    """What the manifest says of training or validation."""

    files: list[Shard] = field(default_factory=list)


@dataclass(frozen=True)
class TokenizerFile:
    """What the manifest says of the tokenizer."""

    file: str
    sha256: str
    vocab_size: int
    end_of_text: int


@dataclass(frozen=True)
class Manifest:
    """What a directory of tokens contains, and what made it."""

    tokenizer: TokenizerFile
    dtype: str
    validation: str  # how its documents were chosen
    splits: dict[str, Split]
    arguments: Arguments
    skipped: dict[str, int] = field(default_factory=dict)  # what of the sources is in no document

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype={self.dtype!r} must be one of {', '.join(DTYPES)}")
        for name in (self.tokenizer.file, *(shard.name for shard in self.shards)):
            if Path(name).name != name:
                raise ValueError(f"{name!r} must be a file of the directory")
        if wrong := [n for shard in self.shards if type(n := shard.tokens) is not int or n < 1]:
            raise ValueError(f"tokens={wrong[0]!r} must be a whole number of at least 1")

    @property
    def shards(self) -> list[Shard]:
        return [shard for split in self.splits.values() for shard in split.files]

    @property
    def total(self) -> Counts:
        return Counts(*(sum(getattr(split, each.name) for split in self.splits.values()) for each in fields(Counts)))

    @property
    def checksum(self) -> str:
        """Names the tokens and their tokenizer, wherever the directory is."""
        parts = [self.tokenizer.sha256, *(f"{shard.name} {shard.sha256}" for shard in self.shards)]
        return f"{self.total.tokens:,} tokens, sha256 {hashlib.sha256(' '.join(parts).encode()).hexdigest()[:16]}"

    def write(self, directory: Path) -> None:
        content = asdict(self)
        arguments = content.pop("arguments")
        content = {"format": FORMAT} | content | asdict(self.total) | {"arguments": arguments}
        write_json(content, directory / MANIFEST)

    @classmethod
    def read(cls, directory: Path) -> "Manifest":
        """Raises FileNotFoundError if the directory has no manifest, ValueError if it is not one of this format."""
        path = directory / MANIFEST
        if not path.is_file():
            raise FileNotFoundError(f"{directory} has no {MANIFEST}: it was not written by prepare, or is not complete")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise ValueError(f"format={content['format']!r} must be {FORMAT!r}")
            splits = {name: Split(**split | {"files": [Shard(**file) for file in split["files"]]})
                      for name, split in content["splits"].items()}  # fmt: skip
            return cls(TokenizerFile(**content["tokenizer"]), content["dtype"], content["validation"], splits,
                       Arguments(**content["arguments"]), content.get("skipped", {}))  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not the manifest of a directory of tokens: {error!r}") from error


class ShardWriter:
    """Appends the tokens of one split to its files: token n is in file n // shard_tokens.

    It continues after the first n_tokens, and removes what the files hold beyond them. Raises ValueError if they hold
    less.
    """

    def __init__(self, directory: Path, split: str, dtype: str, shard_tokens: int, n_tokens: int) -> None:
        self.directory, self.split, self.dtype = directory, split, DTYPES[dtype]
        self.shard_tokens, self.n_tokens = shard_tokens, n_tokens
        self.digests: list[Any] = []  # of each file, as hashlib computes it
        paths = [self.path(i) for i in range(-(-n_tokens // shard_tokens))]
        for path in {*directory.glob(f"{split}-*.bin")} - {*paths}:
            path.unlink()
        for i, path in enumerate(paths):
            size = self.tokens_in(i) * self.dtype.itemsize
            if not path.exists() or path.stat().st_size < size:
                raise ValueError(f"{path} has lost tokens since it was written; delete {directory} and start again")
            os.truncate(path, size)
            with open(path, "rb") as file:
                self.digests.append(hashlib.file_digest(file, "sha256"))

    def path(self, i: int) -> Path:
        return self.directory / f"{self.split}-{i:05d}.bin"

    def tokens_in(self, i: int) -> int:
        return min(self.shard_tokens, self.n_tokens - i * self.shard_tokens)

    def append(self, tokens: np.ndarray) -> None:
        """Add tokens, (n,); when it returns, they are on the disk."""
        while len(tokens):
            i, filled = divmod(self.n_tokens, self.shard_tokens)
            data = tokens[: self.shard_tokens - filled].astype(self.dtype).tobytes()
            append(self.path(i), data)
            if filled == 0:
                self.digests.append(hashlib.sha256())
            self.digests[i].update(data)
            self.n_tokens += len(data) // self.dtype.itemsize
            tokens = tokens[self.shard_tokens - filled :]

    def shards(self) -> list[Shard]:
        return [Shard(self.path(i).name, self.tokens_in(i), each.hexdigest()) for i, each in enumerate(self.digests)]


class TokenFiles:
    """One split of a directory of tokens as a single long sequence; only what is indexed is read from disk.

    directory  written by `prepare`
    split      "train" or "validation"

    `len(files)` is the number of tokens, `files[start:stop]` an int64 tensor of them. Raises FileNotFoundError if the
    manifest or a file that it lists is missing; ValueError, naming the file, if the format is another or a file's size
    is not what the manifest says.
    """

    def __init__(self, directory: str | Path, split: str) -> None:
        self.directory = Path(directory)
        self.manifest = Manifest.read(self.directory)
        if split not in self.manifest.splits:
            raise ValueError(f"split={split!r} must be one of {', '.join(self.manifest.splits)}")
        dtype = DTYPES[self.manifest.dtype]
        self.arrays: list[np.ndarray] = []
        for shard in self.manifest.splits[split].files:
            path = self.directory / shard.name
            size, expected = path.stat().st_size, shard.tokens * dtype.itemsize
            if size != expected:
                raise ValueError(f"{path} has {size} bytes, but {expected} by the manifest: was it truncated?")
            self.arrays.append(np.asarray(np.memmap(path, dtype, mode="r")))
        self.begins = list(accumulate((len(array) for array in self.arrays), initial=0))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that made these tokens."""
        return load_tokenizer(self.directory)

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
        """Compare every file in the directory with its checksum. Raises ValueError, naming one that has changed."""
        digests = {shard.name: shard.sha256 for shard in self.manifest.shards}
        digests[self.manifest.tokenizer.file] = self.manifest.tokenizer.sha256
        for name, digest in digests.items():
            if sha256(self.directory / name) != digest:
                raise ValueError(f"{self.directory / name} has changed: its sha256 is not that of the manifest")
