"""Documents from files, folders, lines and data sets."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from mini_gpt.training.sources import find_sources, read_documents


def write_jsonl(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def texts(*sources: str | Path, errors: str = "strict") -> list[str]:
    found = find_sources(map(str, sources))
    return [bytes(document.data).decode() for source in found for document in read_documents(source, errors)]


def test_files_folders_and_records_are_read_in_their_order(tmp_path):
    folder = tmp_path / "çé 文"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.txt").write_text("second")
    (folder / "a ünï.md").write_text("first")
    (folder / "deep" / "c.txt").write_text("third")
    (folder / "ignored.py").write_text("never")
    (folder / "empty.txt").write_text("")
    write_jsonl(folder / "z.jsonl", ["fourth", "", "fifth"])
    (tmp_path / "given.py").write_text("sixth")
    assert texts(folder, tmp_path / "given.py") == ["first", "second", "third", "fourth", "fifth", "sixth"]


@pytest.mark.parametrize("spelling", ["hub:{}", "hub:{}:default", "hub:{}::train", "hub:{}:default:test"])
def test_a_data_set_is_read_as_a_stream(tmp_path, spelling):
    write_jsonl(tmp_path / "train.jsonl", ["one", "", "two", "três"])
    write_jsonl(tmp_path / "test.jsonl", ["four"])
    assert texts(spelling.format(tmp_path)) == (["four"] if spelling.endswith("test") else ["one", "two", "três"])


def test_a_data_set_without_text_names_its_columns(tmp_path):
    (tmp_path / "train.jsonl").write_text('{"words": "a", "label": 1}\n')
    with pytest.raises(ValueError, match='row 0 must have a string "text"; its columns are words, label'):
        texts(f"hub:{tmp_path}")


def test_without_the_library_a_data_set_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert importlib.util.find_spec("datasets") is None
    with pytest.raises(ImportError, match=r"pip install datasets"):
        find_sources(["hub:owner/name"])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("folder", "'folder' is a folder without any .txt, .md, .jsonl file"),
        ("missing.txt", "'missing.txt' is neither a file nor a folder"),
        ("hub:", "'hub:' must be hub:NAME"),
        ("hub:a:b:c:d", "'hub:a:b:c:d' must be hub:NAME"),
    ],
)
def test_sources_that_cannot_be_are_named(tmp_path, monkeypatch, source, message):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        find_sources([source])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 is not JSON"),
        ("[" * 100_000, "line 2 is nested too deeply"),
        ('["text"]', 'line 2 must be an object with a string "text"'),
        ('{"text": 3}', 'line 2 must be an object with a string "text"'),
        ('{"text": "\\ud800"}', "line 2 contains half of a surrogate pair"),
        ('{"text": 1' + "0" * 5000 + "}", "line 2 is not JSON"),
    ],
)
def test_a_line_that_is_no_record_is_named(tmp_path, line, message):
    (tmp_path / "a.jsonl").write_text('{"text": "good"}\n' + line + "\n")
    with pytest.raises(ValueError, match=message):
        texts(tmp_path / "a.jsonl")


def test_bytes_of_a_line_that_are_not_utf_8_are_refused_with_their_place_or_replaced(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"text": "good"}\n{"text": "caf\xe9"}\n{"text": "\\ud800!"}\n')
    with pytest.raises(ValueError, match=r'bad\.jsonl is not UTF-8 at byte 30; errors="replace"'):
        texts(path)
    assert texts(path, errors="replace") == ["good", "caf\ufffd", "?!"]
