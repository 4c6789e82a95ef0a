"""A directory of tokens: what is written, what is opened, and what is refused."""

import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mini_gpt.tokenizer import WordTokenizer
from mini_gpt.training.token_files import Manifest, ShardWriter, TokenFiles

ARGUMENTS = {"sources": ["a.txt"], "tokenizer": "mini", "validation": 0.005, "errors": "strict",
             "shard_tokens": 100, "item_bytes": 200, "pieces": True}  # fmt: skip


def write_tokens(directory: Path, files: list[list[int]], dtype: str = "uint16") -> Path:
    """A directory of tokens whose split "train" has these files; token 7 ends a document."""
    described = []
    for i, tokens in enumerate(files):
        data = b"".join(token.to_bytes(np.dtype(dtype).itemsize, "little") for token in tokens)
        (directory / f"train-{i:05d}.bin").write_bytes(data)
        described.append(
            {"name": f"train-{i:05d}.bin", "tokens": len(tokens), "sha256": hashlib.sha256(data).hexdigest()}
        )
    (directory / "tokenizer.json").write_text("{}")
    tokenizer = {
        "file": "tokenizer.json",
        "sha256": hashlib.sha256(b"{}").hexdigest(),
        "vocab_size": 9,
        "end_of_text": 7,
    }
    counts = {"tokens": sum(map(len, files)), "documents": 1, "bytes": 5}
    splits = {"train": counts | {"files": described}, "nothing": dict.fromkeys(counts, 0) | {"files": []}}
    manifest = {"format": "mini_gpt tokens 1", "tokenizer": tokenizer, "dtype": dtype, "validation": "none",
                "splits": splits, "skipped": {"files of other kinds": 3}, **counts, "arguments": ARGUMENTS}  # fmt: skip
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return directory


def token_files(*files: list[int], dtype: str = "uint16") -> TokenFiles:
    """They stay readable: what is mapped outlives its name."""
    with tempfile.TemporaryDirectory() as directory:
        return TokenFiles(write_tokens(Path(directory), list(files), dtype), "train")


ends = st.none() | st.integers(-50, 50)


@given(data=st.data())
def test_a_slice_of_many_files_is_that_of_the_one_list(data):
    dtype, most = data.draw(st.sampled_from([("uint16", 2**16 - 1), ("uint32", 2**32 - 1)]))
    files = data.draw(st.lists(st.lists(st.integers(0, most), min_size=1, max_size=9), max_size=6))
    tokens, found = [token for file in files for token in file], token_files(*files, dtype=dtype)
    assert len(found) == len(tokens)
    for start, stop in data.draw(st.lists(st.tuples(ends, ends), max_size=20)):
        assert found[start:stop].tolist() == tokens[start:stop]
        assert found[start:stop].dtype == torch.int64


def test_a_split_may_hold_nothing(tmp_path):
    nothing = TokenFiles(write_tokens(tmp_path, [[1]]), "nothing")
    assert len(nothing) == 0 and nothing[:].tolist() == []


def test_the_tokenizer_that_made_the_tokens_comes_with_them(tmp_path):
    files = TokenFiles(write_tokens(tmp_path, [[1, 0]]), "train")
    WordTokenizer(["<|endoftext|>", "ana"]).save(tmp_path)
    assert files.tokenizer.decode(files[:].tolist()) == "ana <|endoftext|>"
    assert files.tokenizer is files.tokenizer


def test_without_its_tokenizer_a_directory_is_named(tmp_path):
    files = TokenFiles(write_tokens(tmp_path, [[1]]), "train")
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=rf"{tmp_path.name} has neither tokenizer\.json"):
        files.tokenizer  # noqa: B018


def test_a_manifest_is_written_as_it_was_read(tmp_path):
    before = (write_tokens(tmp_path, [[1, 2], [3]]) / "manifest.json").read_bytes()
    manifest = Manifest.read(tmp_path)
    assert manifest.total.tokens == 3 and manifest.splits["train"].files[1].tokens == 1
    manifest.write(tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_a_manifest_that_says_nothing_of_pieces_and_of_what_was_skipped_has_neither(tmp_path):
    path = write_tokens(tmp_path, [[1, 2], [3]]) / "manifest.json"
    content = json.loads(path.read_text())
    del content["skipped"], content["arguments"]["pieces"]
    path.write_text(json.dumps(content))
    manifest = Manifest.read(tmp_path)
    assert manifest.skipped == {} and not manifest.arguments.pieces and manifest.total.tokens == 3


@pytest.mark.parametrize(("shard_tokens", "kept"), [(1, 4), (4, 4), (4, 6), (20, 0)])
def test_shards_are_equal_in_size_and_continue_after_any_number_of_tokens(tmp_path, shard_tokens, kept):
    expected = np.arange(65_527, 65_536)
    writer = ShardWriter(tmp_path, "train", "uint16", shard_tokens, 0)
    for part in np.split(expected, [3, 3]):
        writer.append(part)
    writer = ShardWriter(tmp_path, "train", "uint16", shard_tokens, kept)
    writer.append(expected[kept:])
    cut = [expected[i : i + shard_tokens].astype("<u2").tobytes() for i in range(0, len(expected), shard_tokens)]
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == cut
    described = [(shard.name, shard.tokens, shard.sha256) for shard in writer.shards()]
    assert described == [(f"train-{i:05d}.bin", len(data) // 2, hashlib.sha256(data).hexdigest())
                         for i, data in enumerate(cut)]  # fmt: skip


def test_tokens_that_were_lost_are_not_taken_for_written(tmp_path):
    ShardWriter(tmp_path, "train", "uint16", 4, 0).append(np.arange(6))
    for lost in (lambda path: path.write_bytes(b"123"), Path.unlink):
        lost(tmp_path / "train-00001.bin")
        with pytest.raises(ValueError, match=r"train-00001\.bin has lost tokens"):
            ShardWriter(tmp_path, "train", "uint16", 4, 6)


def test_only_steps_of_one_are_taken():
    with pytest.raises(ValueError, match="step=-1 must be 1"):
        token_files([1, 2])[::-1]


def test_an_unknown_split_is_answered_with_the_known(tmp_path):
    write_tokens(tmp_path, [[1]])
    with pytest.raises(ValueError, match="split='test' must be one of train, nothing"):
        TokenFiles(tmp_path, "test")


def test_without_a_manifest_nothing_is_opened(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no manifest\.json"):
        TokenFiles(tmp_path, "train")


@pytest.mark.parametrize("change", [-1, 1, 2])
def test_a_file_of_another_size_is_named(tmp_path, change):
    path = write_tokens(tmp_path, [[1, 2], [3]]) / "train-00001.bin"
    path.write_bytes(bytes(2 + change))
    with pytest.raises(
        ValueError, match=rf"train-00001\.bin has {2 + change} bytes, but 2 by the manifest: was it truncated"
    ):
        TokenFiles(tmp_path, "train")
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"train-00001\.bin"):
        TokenFiles(tmp_path, "train")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "mini_gpt tokens 0"}, "must be 'mini_gpt tokens 1'"),
        ({"dtype": "float64"}, "must be one of uint16, uint32"),
        (
            {"splits": {"train": {"files": [{"name": "../a.bin", "tokens": 1, "sha256": ""}]}}},
            "must be a file of the dir",
        ),
        ({"splits": {"train": {"files": [{"name": "a.bin", "tokens": -1, "sha256": ""}]}}}, "tokens=-1 must be"),
        ({"splits": []}, "AttributeError"),
        ({"tokenizer": {}}, "TypeError"),
        ({"arguments": ARGUMENTS | {"validation": 2}}, "validation=2 must be"),
    ],
)
def test_a_manifest_of_another_format_is_refused(tmp_path, change, message):
    path = write_tokens(tmp_path, [[1]]) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=rf"manifest\.json is not the manifest of a directory of tokens: .*{message}"):
        TokenFiles(tmp_path, "train")


@pytest.mark.parametrize("content", ["", "[]", "null", "{", '{"format": "other"}', "\xff"])
def test_what_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match="is not the manifest of a directory of tokens"):
        TokenFiles(tmp_path, "train")


@pytest.mark.parametrize("name", ["train-00000.bin", "train-00001.bin", "tokenizer.json"])
def test_verify_names_the_file_in_which_a_bit_has_changed(tmp_path, name):
    files = TokenFiles(write_tokens(tmp_path, [[1, 2], [3]]), "train")
    files.verify()
    data = bytearray((tmp_path / name).read_bytes())
    data[-1] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=f"{name} has changed"):
        files.verify()
