"""Documents from files, folders, lines of .jsonl and data sets of the Hugging Face hub, always in the same order."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Literal

SUFFIXES = (".txt", ".md", ".jsonl")  # the files that are read from a folder

Errors = Literal["strict", "replace"]


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


def find_sources(sources: Iterable[str]) -> list[Path | str]:
    """The files, and the data sets as "hub:NAME…", in the order in which they are read.

    Raises FileNotFoundError for a path that does not exist, ValueError for a folder without text and for a data set's
    name that is malformed, ImportError for a data set if the library `datasets` is not installed.
    """
    found: list[Path | str] = []
    for source in sources:
        path = Path(source)
        if source.startswith("hub:"):
            check_hub_source(source)
            found.append(source)
        elif path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
            if not files:
                raise ValueError(f"sources={source!r} is a folder without any {', '.join(SUFFIXES)} file")
            found += files
        elif path.is_file():
            found.append(path)
        else:
            raise FileNotFoundError(f"sources={source!r} is neither a file nor a folder")
    return found


def check_hub_source(source: str) -> None:
    """Raise ValueError if a data set's name is malformed, ImportError without the library that reads it."""
    if not 1 <= source.count(":") <= 3 or source == "hub:":
        raise ValueError(f"{source!r} must be hub:NAME, hub:NAME:CONFIG or hub:NAME:CONFIG:SPLIT")
    if find_spec("datasets") is None:
        raise ImportError(f"{source!r} needs the library datasets: pip install datasets")


def read_documents(source: Path | str, errors: Errors) -> Iterator[TextDocument]:
    """Every document of a file or of a data set that contains text."""
    if isinstance(source, str):
        yield from hub_rows(source, errors)
    elif source.suffix == ".jsonl":
        yield from jsonl_lines(source, errors)
    elif source.stat().st_size:
        with open(source, "rb") as file:
            yield TextDocument(str(source), mmap(file.fileno(), 0, access=ACCESS_READ))


def jsonl_lines(path: Path, errors: Errors) -> Iterator[TextDocument]:
    """The "text" of each line of a .jsonl file. Raises ValueError, naming the line, for one that has none."""
    offset = 0
    with open(path, "rb") as file:
        for n, line in enumerate(file, 1):
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
            if text:
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
        if text:
            yield TextDocument.from_text(f"{source}, row {n}", text, errors)


def decode(name: str, offset: int, data: bytes, errors: Errors) -> str:
    """The text of bytes that begin at an offset in `name`. Raises ValueError, with the place, if it is not UTF-8."""
    try:
        return data.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        place = offset + error.start
        raise ValueError(f'{name} is not UTF-8 at byte {place}; errors="replace" puts � there') from error
