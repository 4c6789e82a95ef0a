"""Books to learn from: a folder of .txt files, and which of them are held out.

books.tsv lists the books that the recipe was made with: whose they are, from when, where the text was found, and the
sha256 of each file. The texts are not part of the project. Any others will do: they only have a file name in place of
a title.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from mini_gpt.files import sha256
from mini_gpt.training.sources import find_texts, read_documents

LIST = Path(__file__).with_name("books.tsv")


@dataclass(frozen=True)
class Book:
    """A book of the list, or any other text: then its title is the file's name, and its author is not known."""

    language: str
    title: str
    sha256: str
    author: str = ""
    died: int = 0  # the author, in this year
    published: int = 0
    held_out: bool = False  # kept from training, to measure on
    path: Path = Path()

    @property
    def text(self) -> bytes:
        """The book in UTF-8, whatever the encoding of its file."""
        [document] = read_documents(self.path, "strict")
        return bytes(document.data)

    def __str__(self) -> str:
        return f"{self.title} ({self.author}, {self.published})" if self.author else self.title


@cache
def listed() -> dict[str, Book]:
    """The books of the list by their sha256.

    >>> [str(book) for book in listed().values() if book.held_out]
    ['The War of the Worlds (H. G. Wells, 1898)', 'Diva (José de Alencar, 1864)']
    """
    with open(LIST, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    books = [Book(row["language"], row["title"], row["sha256"], row["author"], int(row["died"]), int(row["published"]),
                  row["held_out"] == "yes") for row in rows]  # fmt: skip
    return {book.sha256: book for book in books}


def find_books(texts: str | Path, held_out: Sequence[str] = ()) -> list[Book]:
    """The .txt files in a folder, at any depth and sorted by path. One of each language, or more, is held out.

    A book of the list is known by its sha256, wherever it is. The language of any other is the name of its folder:
    DIR/en/emma.txt is in "en". If all lie in DIR itself, they count as one language.

    held_out  names of files; in a language without any, what the list holds out, else the last file
    Raises ValueError if there is no .txt file, if one of the names is not found, or if a language keeps no book to
    learn from.
    """
    paths = [path for path in find_texts(Path(texts))[0] if path.suffix.lower() == ".txt"]
    if not paths:
        raise ValueError(f"texts={str(texts)!r} holds no .txt file")
    if unknown := {*held_out} - {path.name for path in paths}:
        raise ValueError(f"held_out={min(unknown)!r} is not a file in {texts}")
    found = [known(path) for path in paths]
    chosen: set[Path] = set()
    for language in {book.language for book in found}:
        books = [book for book in found if book.language == language]
        out = [book for book in books if book.path.name in held_out] or [book for book in books if book.held_out]
        out = out or books[-1:]
        if len(out) == len(books):
            raise ValueError(f"{language!r} needs one more book: with {out[0].path.name} held out, none is left")
        chosen |= {book.path for book in out}
    return [replace(book, held_out=book.path in chosen) for book in found]


def known(path: Path) -> Book:
    """The book in a file."""
    digest = sha256(path)
    return replace(listed().get(digest, Book(path.parent.name, path.stem, digest)), path=path)
