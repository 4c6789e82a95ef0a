"""Files: whole or not there, whatever fails on the way."""

import errno
import hashlib
import json
from pathlib import Path

import pytest

from mini_gpt.files import append, sha256, write_json, write_whole, written_whole


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
