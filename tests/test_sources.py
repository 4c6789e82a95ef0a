"""Documents from files, folders, lines and data sets."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from mini_gpt.training.sources import find_sources, has_text, read_documents


def write_jsonl(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def texts(*sources: str | Path, errors: str = "strict") -> list[str]:
    found, _ = find_sources(map(str, sources))
    documents = (document for source in found for document in read_documents(source, errors))
    return [bytes(document.data).decode() for document in documents if has_text(document.data)]


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


def test_names_may_end_in_upper_case(tmp_path):
    for name in ("a.txt", "B.TXT", "c.Md"):
        (tmp_path / name).write_text(name)
    write_jsonl(tmp_path / "d.JSONL", ["one", "two"])
    assert sorted(texts(tmp_path)) == ["B.TXT", "a.txt", "c.Md", "one", "two"]


def test_what_is_hidden_is_left_out_of_a_folder_and_counted(tmp_path):
    for folder in (".ipynb_checkpoints", ".git", "__MACOSX", "deep/.cache", "deep"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "a.txt").write_text(folder)
    for name in (".hidden.txt", "deep/._a.txt", "Thumbs.db", "deep/photo.png"):
        (tmp_path / name).write_bytes(b"\0\x05\x16\x07")
    assert texts(tmp_path) == ["deep"]
    assert find_sources([str(tmp_path)])[1] == {"hidden files or folders": 6, "files of other kinds": 2}
    assert texts(tmp_path / ".git") == [".git"]  # given by name, so it is read


def test_links_are_followed_and_no_folder_is_read_twice(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.txt").write_text("b")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "deep").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    (tmp_path / "elsewhere" / "back").symlink_to(folder)
    (folder / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert texts(folder) == ["a", "b"]
    assert find_sources([str(folder)])[1] == {"linked folders read already": 2, "files of other kinds": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_text_of_any_system_is_the_same_text(tmp_path, encoding, end):
    path = tmp_path / "a.txt"
    path.write_bytes(f"Olá,{end}{end}gato 🐈{end}".encode(encoding))
    assert texts(path) == ["Olá,\n\ngato 🐈\n"]
    path = tmp_path / "a.jsonl"
    path.write_bytes(f'{{"text": "Olá\\r\\n🐈"}}{end}{{"text": "\ufeffb"}}{end}'.encode(encoding))
    assert texts(path) == ["Olá\r\n🐈", "\ufeffb"]  # what a record says is its text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\r\ncaf\xe9", r"a\.txt is not UTF-8 at byte 6: save it as UTF-8; errors=\"replace\" puts � there"),
        (b"\xff\xfea\0\0\xd8b\0", r"a\.txt is not UTF-16-LE at byte 4"),
        (b"\xff\xfea", r"a\.txt is not UTF-16-LE at byte 2"),
        (
            "a dog".encode("utf-16-le"),
            r"a\.txt has a NUL at byte 1: it is no text, or UTF-16 without a byte order mark",
        ),
        ("\ufeffé\0".encode("utf-16"), r"a\.txt has a NUL at byte 6"),
    ],
)
def test_what_may_be_no_text_is_named_with_its_place_or_marked(tmp_path, data, message):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        texts(path)
    assert "\ufffd" in texts(path, errors="replace")[0]


def test_a_carriage_return_within_a_line_stays_and_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffé\r\n10%\r20%\n".encode())
    with pytest.warns(UserWarning, match=r"a\.txt has a carriage return within a line at byte 10, which stays"):
        assert texts(path) == ["é\n10%\r20%\n"]


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
        ("folder", "'folder' is a folder without any .txt, .md, .jsonl file; it has 1 hidden files or folders"),
        ("missing.txt", "'missing.txt' is neither a file nor a folder"),
        ("hub:", "'hub:' must be hub:NAME"),
        ("hub:a:b:c:d", "'hub:a:b:c:d' must be hub:NAME"),
    ],
)
def test_sources_that_cannot_be_are_named(tmp_path, monkeypatch, source, message):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("folder", ".a.txt").touch()
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
    with pytest.raises(ValueError, match=r'bad\.jsonl is not UTF-8 at byte 30: save it as UTF-8; errors="replace"'):
        texts(path)
    assert texts(path, errors="replace") == ["good", "caf\ufffd", "?!"]
