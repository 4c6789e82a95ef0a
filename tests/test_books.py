"""Which books there are, and which of them are held out."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from mini_gpt.lesson import books
from mini_gpt.lesson.books import Book, find_books, listed


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def shelf(tmp_path):
    for name in ("en/b", "en/a", "pt/c", "pt/d", "pt/e"):
        write(tmp_path / f"{name}.txt", f"the text of {name}")
    return tmp_path


def held_out(found):
    return [book.path.stem for book in found if book.held_out]


def test_each_listed_book_says_whose_it_is_and_is_in_the_public_domain():
    assert Counter(book.language for book in listed().values()) == {"en": 27, "pt": 27}
    for digest, book in listed().items():
        assert len(digest) == 64 and int(digest, 16)
        assert book.title and book.author
        assert book.published < 1931 and book.died + 70 < 2026  # in the United States; in Brazil and Europe


def test_one_listed_book_of_each_language_is_held_out():
    assert sorted(book.language for book in listed().values() if book.held_out) == ["en", "pt"]


def test_a_folder_is_a_language_and_its_last_book_is_held_out(shelf):
    found = find_books(shelf)
    assert [(book.language, book.title) for book in found] == [
        ("en", "a"), ("en", "b"), ("pt", "c"), ("pt", "d"), ("pt", "e")
    ]  # fmt: skip
    assert held_out(found) == ["b", "e"]
    assert found[0].text == b"the text of en/a"


def test_books_beside_each_other_are_of_one_language(tmp_path):
    for name in "cab":
        write(tmp_path / f"{name}.txt", name)
    write(tmp_path / "notes.md", "no book")
    found = find_books(tmp_path)
    assert [book.title for book in found] == ["a", "b", "c"]
    assert held_out(found) == ["c"]


def test_whom_to_hold_out_can_be_said(shelf):
    assert held_out(find_books(shelf, ["c.txt", "d.txt"])) == ["b", "c", "d"]


def test_a_listed_book_is_known_by_its_text_wherever_it_is(shelf, monkeypatch):
    path = write(shelf / "a" / "x.txt", "the town at night")
    digest = books.sha256(path)
    emma = Book("en", "Emma", digest, "Jane Austen", 1817, 1815, held_out=True)
    monkeypatch.setattr(books, "listed", lambda: {digest: emma})
    found = find_books(shelf)
    assert held_out(found) == ["x", "e"]
    assert str(found[0]) == "Emma (Jane Austen, 1815)" and found[0].path == path
    assert held_out(find_books(shelf, ["a.txt"])) == ["a", "e"]


def test_a_book_is_read_as_utf8_whatever_its_encoding(tmp_path):
    (tmp_path / "a.txt").write_bytes("Olá\r\n".encode("utf-16"))
    write(tmp_path / "b.txt", "Olá")
    assert find_books(tmp_path)[0].text == "Olá\n".encode()


def test_what_cannot_be_learned_from_is_refused(shelf, tmp_path):
    with pytest.raises(ValueError, match=r"held_out='z\.txt' is not a file in "):
        find_books(shelf, ["z.txt"])
    with pytest.raises(ValueError, match=r"'en' needs one more book: with a\.txt held out, none is left"):
        find_books(shelf, ["a.txt", "b.txt"])
    (shelf / "en" / "b.txt").unlink()
    with pytest.raises(ValueError, match="'en' needs one more book"):
        find_books(shelf)
    shutil.rmtree(shelf / "pt")
    (shelf / "en" / "a.txt").unlink()
    with pytest.raises(ValueError, match=r"holds no \.txt file"):
        find_books(shelf)
