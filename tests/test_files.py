"""Files: whole or not there, whatever fails on the way."""

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from mini_gpt.files import append, exchanged, sha256, write_json, write_whole, written_whole


def test_a_file_is_replaced_whole_or_not_at_all_and_the_error_names_it(tmp_path):
    path = tmp_path / "a.txt"
    write_whole(path, lambda place: place.write_text("old"))

    def fail(place: Path) -> None:
        place.write_text("ne")
        raise OSError(errno.ENOSPC, "disk full")

    with pytest.raises(OSError, match=r"disk full.*a\.txt") as error:
        write_whole(path, fail)
    assert error.value.errno == errno.ENOSPC
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_several_files_move_into_place_together_or_none_does(tmp_path):
    with written_whole(tmp_path) as temporary:
        (temporary / "a").write_text("1")
        (temporary / "b").write_text("1")
        assert [path for path in tmp_path.iterdir() if path.is_file()] == []
    with pytest.raises(ValueError, match="stop"), written_whole(tmp_path) as temporary:
        (temporary / "a").write_text("2")
        raise ValueError("stop")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "1", "b": "1"}


def test_json_is_readable_and_keeps_every_letter(tmp_path):
    write_json({"cão": [1, 2.5]}, tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "cão" in text and text.endswith("}\n") and json.loads(text) == {"cão": [1, 2.5]}


def test_what_is_appended_stands_at_the_end_and_a_missing_folder_is_named(tmp_path):
    append(tmp_path / "log", b"one ")
    append(tmp_path / "log", b"two")
    assert (tmp_path / "log").read_bytes() == b"one two"
    with pytest.raises(FileNotFoundError, match="nowhere"):
        append(tmp_path / "nowhere" / "log", b"")


def test_the_checksum_is_sha256_of_all_bytes(tmp_path):
    data = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(data)
    assert sha256(tmp_path / "a") == hashlib.sha256(data).hexdigest()


OLD, NEW = {"a.json": "1", "b-1": "1", "b-2": "1"}, {"a.json": "2", "b-2": "2", "b-3": "2"}


@pytest.fixture
def folder(tmp_path) -> Path:
    for name, text in {**OLD, "mine": "0"}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def exchange(folder: Path) -> None:
    with exchanged(folder, ["a.json", "b-*"]) as place:
        for name, text in NEW.items():
            (place / name).write_text(text)


def test_files_take_the_place_of_others_and_the_first_is_there_only_while_all_belong_together(folder, monkeypatch):
    replace, seen = os.replace, []

    def watched(source: Path, target: Path) -> None:
        seen.append(contents(folder))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    exchange(folder)
    assert contents(folder) == {**NEW, "mine": "0"}
    assert seen[0] == {**OLD, "mine": "0"} and len(seen) == 6
    assert not any("a.json" in each for each in seen[1:])


@pytest.mark.parametrize("failing", range(6))
def test_an_exchange_whose_move_fails_is_taken_back(folder, monkeypatch, failing):
    replace, moves = os.replace, iter(range(100))

    def fails(source: Path, target: Path) -> None:
        if next(moves) == failing:
            raise OSError("no")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="no"):
        exchange(folder)
    assert contents(folder) == {**OLD, "mine": "0"} and len(list(folder.iterdir())) == 4
