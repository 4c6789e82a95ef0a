"""Files that are either whole or not there: atomic writing, JSON, checksums."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def written_whole(directory: Path) -> Iterator[Path]:
    """A temporary folder inside directory. If the block succeeds its files move into directory, else they are gone."""
    with tempfile.TemporaryDirectory(dir=directory, prefix=".part-") as temporary:
        yield Path(temporary)
        paths = sorted(Path(temporary).iterdir())
        for path in paths:
            sync(path)
        for path in paths:
            os.replace(path, directory / path.name)


@contextmanager
def exchanged(directory: Path, patterns: Sequence[str]) -> Iterator[Path]:
    """A temporary folder inside directory. If the block succeeds its files replace all that match the patterns.

    The file named by the first pattern leaves first and comes last: a directory that has it is whole, even if the
    process is killed meanwhile. If a move fails, all are taken back.
    """
    with tempfile.TemporaryDirectory(dir=directory, prefix=".part-") as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        new.mkdir()
        old.mkdir()
        yield new
        for path in new.iterdir():
            sync(path)
        leave = dict.fromkeys(path for pattern in patterns for path in sorted(directory.glob(pattern)))
        come = sorted(new.iterdir(), key=lambda path: path.name == patterns[0])
        moves = [*((path, old / path.name) for path in leave), *((path, directory / path.name) for path in come)]
        try:
            for source, target in moves:
                os.replace(source, target)
        except BaseException:
            for source, target in reversed(moves):
                if not os.path.lexists(source):
                    os.replace(target, source)
            raise


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Replace the file at path by what `write` writes: at every moment path holds the old file or the new one.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), lambda path: path.write_text("whole"))
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    with naming(path), written_whole(path.parent) as temporary:
        write(temporary / path.name)


def write_text(text: str, path: Path) -> None:
    """Replace the file at path by the text, in UTF-8."""
    write_whole(path, lambda place: place.write_text(text, encoding="utf-8"))


def write_json(content: Any, path: Path) -> None:
    """Replace the file at path by the content as JSON, indented and in UTF-8."""
    write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", path)


def append(path: Path, data: bytes) -> None:
    """Add data to the end of a file, and wait until it is on the disk."""
    with naming(path), open(path, "ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Make an OSError inside the block name the path: that of a full disk names nothing."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file, or a directory's list of names, is on the disk and not only in the system's cache."""
    if path.is_dir() and os.name == "nt":
        return  # Windows does not open directories
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
