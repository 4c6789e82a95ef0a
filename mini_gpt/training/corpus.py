"""The documents of the sources, assigned to training or validation and divided into items of work."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from mmap import mmap
from pathlib import Path
from typing import NamedTuple

from mini_gpt.training.sources import Errors, TextDocument, decode, find_sources, has_text, read_documents
from mini_gpt.training.token_files import Arguments

CHUNK_BYTES = 2**16  # enough chunks in an item to occupy every core


class Chunk(NamedTuple):
    """A document, or a part of a long one; tokenizing chunks one by one gives the tokens of the whole."""

    document: TextDocument
    begin: int  # in bytes
    end: int
    split: str
    is_first: bool  # of its document in this split

    def text(self, errors: Errors) -> str:
        return decode(self.document.name, self.begin, self.document.data[self.begin : self.end], errors)


Item = list[Chunk]
SourceFile = tuple[str, int, int]  # path, bytes, nanoseconds of its last change


@dataclass(frozen=True)
class Corpus:
    """Everything that `arguments` say to read. Each pass reads the sources again, in the same order."""

    arguments: Arguments
    blank: dict[Path | str, int] = field(default_factory=dict)  # of each source read, the documents without text

    @cached_property
    def found(self) -> tuple[list[Path | str], Counter[str]]:
        return find_sources(self.arguments.sources)

    @property
    def sources(self) -> list[Path | str]:
        return self.found[0]

    @property
    def skipped(self) -> dict[str, int]:
        """What of the sources is in no document, counted; complete after a whole pass."""
        return dict(self.found[1] + Counter({"documents without text": sum(self.blank.values())}))

    @cached_property
    def files(self) -> list[SourceFile]:
        stats = [(str(path), path.stat()) for path in self.sources if isinstance(path, Path)]
        return [(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats]

    @property
    def total_bytes(self) -> int | None:
        """The size of the files; None if only reading them can tell that of the text."""
        plain = all(isinstance(source, Path) and source.suffix.lower() != ".jsonl" for source in self.sources)
        return sum(n for _, n, _ in self.files) if plain else None

    def documents(self) -> Iterator[TextDocument]:
        """Every document with text."""
        for source in self.sources:
            n_blank = 0
            for document in read_documents(source, self.arguments.errors):
                if has_text(document.data):
                    yield document
                else:
                    n_blank += 1
            self.blank[source] = n_blank

    @cached_property
    def threshold(self) -> int | None:
        """Documents with a lower `hash_of` are for validation. None if documents are divided in two:
        a single one, or with `pieces` each.

        Reads until both splits have a document. If one split gets none, it takes the document nearest to it.
        """
        threshold = int(self.arguments.validation * 2**64)
        least, most = 2**64, -1
        for document in self.documents():
            number = hash_of(document)
            least, most = min(least, number), max(most, number)
            if self.arguments.validation == 0 or least < threshold <= most:
                return threshold
            if self.arguments.pieces:
                return None
        if most < 0:
            raise ValueError("sources contain no text")
        if least == most:
            return None
        return least + 1 if threshold <= least else most

    @property
    def validation_rule(self) -> str:
        """How documents are chosen for validation, in the manifest's words."""
        if self.threshold is None:
            return f"the last part of {'each' if self.arguments.pieces else 'the only'} document"
        return "documents chosen by their hash" if self.arguments.validation else "none"

    def texts(self) -> Iterator[str]:
        """All text, in chunks."""
        for document in self.documents():
            for chunk in self.cut(document, 0, len(document.data), "train"):
                yield chunk.text(self.arguments.errors)

    def chunks(self) -> Iterator[Chunk]:
        for document in self.documents():
            n = len(document.data)
            if self.threshold is None:
                middle = last_part(document.data, self.arguments.validation)
                parts = [("train", 0, middle), ("validation", middle, n)]
            else:
                parts = [("validation" if hash_of(document) < self.threshold else "train", 0, n)]
            for split, begin, end in parts:
                yield from self.cut(document, begin, end, split)

    def cut(self, document: TextDocument, begin: int, end: int, split: str) -> Iterator[Chunk]:
        size = min(CHUNK_BYTES, self.arguments.item_bytes)
        start = begin
        while start < end:
            stop = min(end, next_cut(document.data, start + size))
            yield Chunk(document, start, stop, split, is_first=start == begin)
            start = stop

    def items(self) -> Iterator[Item]:
        """Chunks that together have at least item_bytes."""
        item: Item = []
        size = 0
        for chunk in self.chunks():
            item.append(chunk)
            size += chunk.end - chunk.begin
            if size >= self.arguments.item_bytes:
                yield item
                item, size = [], 0
        if item:
            yield item


def hash_of(document: TextDocument) -> int:
    """A hash of the text, in 0..2^64 - 1."""
    return int.from_bytes(document.sha256[:8], "big")


def fingerprint(item: Item) -> str:
    """A checksum of the item's chunks and of the documents that they are from."""
    digest = hashlib.sha256()
    for document, begin, end, split, is_first in item:
        digest.update(f"{split} {is_first} {begin} {end} {document.sha256.hex()}\n".encode())
    return digest.hexdigest()


def next_cut(data: bytes | mmap, start: int) -> int:
    """The first place from start on between a character and a space or line end that follows it; else the text's end.

    No token of GPT-2's crosses such a place, and the text behind it changes no token before it.

    >>> next_cut(b"one two  three", 4)
    7
    """
    for found in re.compile(rb"[ \n]").finditer(data, start):
        if not data[max(0, found.start() - 4) : found.start()].decode("utf-8", "replace")[-1:].isspace():
            return found.start()
    return len(data)


def last_part(data: bytes | mmap, fraction: float) -> int:
    """Where the last `fraction` of a text begins: before a space or line end near by, else between two characters."""
    cut = min(len(data) - 1, int(len(data) * (1 - fraction)))
    near = max(1, cut - 100)
    if (space := max(data.rfind(b" ", near, cut + 1), data.rfind(b"\n", near, cut + 1))) > 0:
        return space
    while cut > 0 and data[cut] & 0xC0 == 0x80:  # inside a character
        cut -= 1
    return cut or len(data)
