"""Documents from files, folders, lines of .jsonl and data sets of the Hugging Face hub, always in the same order.

A text file of any system becomes UTF-8 whose lines end in \\n: see `as_utf8`. What a record of .jsonl or of a data set
holds is its text as it stands.
"""

import codecs
import hashlib
import io
import json
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Literal

SUFFIXES = (".txt", ".md", ".jsonl")  # the files that are read from a folder, in upper or lower case

MARKS = {  # how a text begins that says its encoding; that of utf-32-le begins with that of utf-16-le
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}

Errors = Literal["strict", "replace"]
OR_REPLACE = '; errors="replace" puts � there'  # what a message advises where there is that choice


@dataclass(frozen=True)
class TextDocument:
    """A text in UTF-8, and how messages name it: a file, a line of a file, a row of a data set."""

    name: str
    data: bytes | mmap

    @classmethod
    def from_text(cls, name: str, text: str, errors: Errors) -> "TextDocument":
        try:
            return cls(name, text.encode("utf-8", errors))
        except UnicodeEncodeError as error:
            raise ValueError(f'{name} contains half of a surrogate pair; errors="replace" turns it into ?') from error

    @cached_property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()


def find_sources(sources: Iterable[str]) -> tuple[list[Path | str], Counter[str]]:
    """The files, and the data sets as "hub:NAME…", in the order in which they are read; and what is skipped, counted.

    Raises FileNotFoundError for a path that does not exist, ValueError for a folder without text and for a data set's
    name that is malformed, ImportError for a data set if the library `datasets` is not installed.
    """
    found: list[Path | str] = []
    skipped: Counter[str] = Counter()
    for source in sources:
        path = Path(source)
        if source.startswith("hub:"):
            check_hub_source(source)
            found.append(source)
        elif path.is_dir():
            files, others = find_texts(path)
            if not files:
                besides = "".join(f"; it has {n:,} {what}" for what, n in others.items())
                raise ValueError(f"sources={source!r} is a folder without any {', '.join(SUFFIXES)} file{besides}")
            found += files
            skipped += others
        elif path.is_file():
            found.append(path)
        else:
            raise FileNotFoundError(f"sources={source!r} is neither a file nor a folder")
    return found, skipped


def find_texts(folder: Path) -> tuple[list[Path], Counter[str]]:
    """The text files of a folder at any depth, sorted by path; and what is skipped, counted.

    What is hidden is left out, as .git, .ipynb_checkpoints and macOS's __MACOSX are. Links are followed, but no folder
    is read twice.
    """
    found: list[Path] = []
    skipped: Counter[str] = Counter()
    seen: set[str] = set()

    def refuse(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        if (real := os.path.realpath(place)) in seen:
            skipped["linked folders read already"] += 1
            folders.clear()
            continue
        seen.add(real)
        hidden = {name for name in (*folders, *files) if name.startswith(".") or name == "__MACOSX"}
        folders[:] = sorted({*folders} - hidden)
        paths = [Path(place, name) for name in files if name not in hidden]
        texts = [path for path in paths if path.suffix.lower() in SUFFIXES and path.is_file()]
        found += texts
        skipped += Counter({"hidden files or folders": len(hidden), "files of other kinds": len(paths) - len(texts)})
    return sorted(found), skipped


def check_hub_source(source: str) -> None:
    """Raise ValueError if a data set's name is malformed, ImportError without the library that reads it."""
    if not 1 <= source.count(":") <= 3 or source == "hub:":
        raise ValueError(f"{source!r} must be hub:NAME, hub:NAME:CONFIG or hub:NAME:CONFIG:SPLIT")
    if find_spec("datasets") is None:
        raise ImportError(f"{source!r} needs the library datasets: pip install datasets")


def read_documents(source: Path | str, errors: Errors) -> Iterator[TextDocument]:
    """Every document of a file or of a data set, those without text as well."""
    if isinstance(source, str):
        yield from hub_rows(source, errors)
    elif source.suffix.lower() == ".jsonl":
        yield from jsonl_lines(source, errors)
    else:
        with open(source, "rb") as file:
            data = mmap(file.fileno(), 0, access=ACCESS_READ) if source.stat().st_size else b""
        yield TextDocument(str(source), as_utf8(str(source), data, errors))


def has_text(data: bytes | mmap) -> bool:
    """True if UTF-8 contains anything but white space.

    >>> has_text(b" a"), has_text(" \u2003\\n".encode()), has_text(b"")
    (True, False, False)
    """
    blocks = (data[start : start + 2**16] for start in range(0, len(data), 2**16))
    return any(block.decode("utf-8", "replace").strip() for block in blocks)  # reads no further than to the first


def jsonl_lines(path: Path, errors: Errors) -> Iterator[TextDocument]:
    """The "text" of each line of a .jsonl file. Raises ValueError, naming the line, for one that has none."""
    with open(path, "rb") as file:
        mark, encoding = announced(file.read(4))
        file.seek(offset := len(mark))
        lines: Iterable[bytes] = file
        if encoding != "utf-8":
            lines = io.BytesIO(decode(str(path), offset, file.read(), errors, encoding).encode())
        for n, line in enumerate(lines, 1):
            name = f"{path}, line {n}"
            written = decode(str(path), offset, line, errors)
            try:
                record = json.loads(written) if line.strip() else {"text": ""}
            except RecursionError as error:
                raise ValueError(f"{name} is nested too deeply") from error
            except ValueError as error:
                raise ValueError(f"{name} is not JSON: {error}") from error
            text = record.get("text") if isinstance(record, dict) else None
            if not isinstance(text, str):
                raise ValueError(f'{name} must be an object with a string "text"')
            yield TextDocument.from_text(name, text, errors)
            offset += len(line)


def hub_rows(source: str, errors: Errors) -> Iterator[TextDocument]:
    """The "text" of each row of a data set, "hub:NAME[:CONFIG[:SPLIT]]", as it is streamed from the hub.

    Raises ValueError, naming the row, for one without text.
    """
    from datasets import load_dataset

    name, config, split = (*source.split(":")[1:], "", "")[:3]
    for n, row in enumerate(load_dataset(name, config or None, split=split or "train", streaming=True)):
        text = row.get("text")
        if not isinstance(text, str):
            raise ValueError(f'{source}, row {n} must have a string "text"; its columns are {", ".join(row)}')
        yield TextDocument.from_text(f"{source}, row {n}", text, errors)


def as_utf8(name: str, data: bytes | mmap, errors: Errors, advice: str = OR_REPLACE) -> bytes | mmap:
    """A text file's bytes as UTF-8 without a byte order mark, whose lines end in \\n.

    Bytes that are so already are returned as they are, and decoded by nobody yet; others are read into memory whole.
    Raises ValueError, naming file and place, for a NUL and for bytes that are not of the encoding; errors="replace"
    puts � there. A carriage return within a line stays, with a warning.

    >>> as_utf8("a.txt", "Olá\\r\\n".encode("utf-16"), "strict").decode()
    'Olá\\n'
    """
    mark, encoding = announced(data)
    if not mark and data.find(b"\r") < 0 and data.find(b"\0") < 0:
        return data
    text = decode(name, len(mark), data[len(mark) :], errors, encoding, advice)

    def place(i: int) -> int:
        return len(mark) + len(text[:i].encode(encoding))

    if (nul := text.find("\0")) >= 0 and errors == "strict":
        raise ValueError(f"{name} has a NUL at byte {place(nul)}: it is no text, or UTF-16 without a byte order mark: "
                         f"save that as UTF-8{advice}")  # fmt: skip
    if lone := re.search("\r(?!\n)", text):
        warnings.warn(f"{name} has a carriage return within a line at byte {place(lone.start())}, which stays as it is",
                      stacklevel=2)  # fmt: skip
    return text.replace("\r\n", "\n").replace("\0", "\ufffd").encode()


def announced(data: bytes | mmap) -> tuple[bytes, str]:
    """The byte order mark with which a text begins, or b"", and its encoding."""
    return next(((mark, encoding) for mark, encoding in MARKS.items() if data[: len(mark)] == mark), (b"", "utf-8"))


def decode(
    name: str, offset: int, data: bytes, errors: Errors, encoding: str = "utf-8", advice: str = OR_REPLACE
) -> str:
    """The text of bytes that begin at an offset in `name`. Raises ValueError, with the place, if it is none."""
    try:
        return data.decode(encoding, errors)
    except UnicodeDecodeError as error:
        place = offset + error.start
        message = f"{name} is not {encoding.upper()} at byte {place}: save it as UTF-8{advice}"
        raise ValueError(message) from error
