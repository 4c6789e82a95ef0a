"""Text to token files: against encoding by hand, whatever interrupts it."""

import importlib.util
import itertools
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mini_gpt import prepare as module
from mini_gpt.tokenizer import GPT2Tokenizer, load_tokenizer
from mini_gpt.training.data import DTYPES, TokenFiles
from mini_gpt.training.prepare import last_part, next_cut, prepare

SOME_TEXT = "the cat sat on the mat, and the dog's bowl — vazio, já é tarde — was 12 cm wide.\n\n  Então?\n" * 20
HOSTILE = [
    "<|endoftext|>",
    "a<|endoftext|>b <|endoftext|> c",
    "nul \x00 inside \x00\x00",
    "  \n\n\t leading and trailing   \n",
    "\ufeffbyte order mark",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u202e right to left \u2028 e\u0301 \U0010ffff",
    "\r\nold\r\nlines\r",
    "]}\n{'text': \"no\"}",
]


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory) -> Path:
    """A directory with a byte-level BPE of 300 tokens."""
    directory = tmp_path_factory.mktemp("tokenizer")
    GPT2Tokenizer.train([SOME_TEXT], 300).save(directory / "tokenizer.json")
    return directory


def write_jsonl(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def documents(n: int) -> list[str]:
    return [SOME_TEXT[7 * i % 300 : 7 * i % 300 + 40 + i % 90] + f" document {i}" for i in range(n)]


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def ids_of(directory: Path, split: str) -> list[int]:
    return TokenFiles(directory, split)[:].tolist()


def by_hand(tokenizer: Path, texts: list[str]) -> list[int]:
    """<|endoftext|> and the text's ids, for each text."""
    tokenizer = load_tokenizer(tokenizer)
    return [i for text in texts for i in [tokenizer.end_of_text, *tokenizer.encode(text, special=False)]]


def two_sides(directory: Path, tokenizer: Path, texts: list[str]) -> tuple[list[str], list[str]]:
    """The texts of training and of validation, found by their ids; together they must be all texts, in order."""
    streams = {split: ids_of(directory, split) for split in TokenFiles(directory, "train").manifest["splits"]}
    sides: dict[str, list[str]] = {"train": [], "validation": []}
    for text in texts:
        ids = by_hand(tokenizer, [text])
        (split,) = (split for split, stream in streams.items() if stream[: len(ids)] == ids)
        sides[split].append(text)
        streams[split] = streams[split][len(ids) :]
    assert not any(streams.values())
    return sides["train"], sides["validation"]


# ---------------------------------------------------------------- what is written


def test_the_files_are_the_documents_encoded_by_hand_each_after_end_of_text(tmp_path, tokenizer):
    texts = documents(60)
    manifest = prepare(write_jsonl(tmp_path / "a.jsonl", texts), tmp_path / "out", tokenizer, 0.2, processes=1)
    train, validation = two_sides(tmp_path / "out", tokenizer, texts)
    assert 3 <= len(validation) <= 25
    for split, side in (("train", train), ("validation", validation)):
        account = manifest["splits"][split]
        assert account["tokens"] == len(by_hand(tokenizer, side))
        assert (account["documents"], account["bytes"]) == (len(side), sum(len(text.encode()) for text in side))
    assert manifest["documents"] == 60 and manifest["tokens"] == len(by_hand(tokenizer, texts))
    TokenFiles(tmp_path / "out", "train").verify()
    assert set(contents(tmp_path / "out")) == {
        "manifest.json", "tokenizer.json", "train-00000.bin", "validation-00000.bin"
    }  # fmt: skip


def test_numbers_are_little_endian_of_two_bytes(tmp_path, tokenizer):
    prepare(write_jsonl(tmp_path / "a.jsonl", ["cat"]), tmp_path / "out", tokenizer, 0, processes=1)
    expected = b"".join(i.to_bytes(2, "little") for i in by_hand(tokenizer, ["cat"]))
    assert (tmp_path / "out" / "train-00000.bin").read_bytes() == expected


def test_more_than_65536_tokens_take_four_bytes_each(tmp_path, monkeypatch, tokenizer):
    class Large:
        vocab_size, end_of_text = 70_000, 69_999

        def encode(self, text, special=True):
            return [65_536 + len(text)]

    monkeypatch.setattr(module, "load_tokenizer", lambda directory: Large())
    monkeypatch.setattr(Large, "save", lambda self, path: path.write_text("{}"), raising=False)
    manifest = prepare(write_jsonl(tmp_path / "a.jsonl", ["abc"]), tmp_path / "out", tokenizer, 0, processes=1)
    assert manifest["dtype"] == "uint32" and ids_of(tmp_path / "out", "train") == [69_999, 65_539]


def test_files_folders_and_records_are_read_in_their_order(tmp_path, tokenizer):
    folder = tmp_path / "çé 文"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.txt").write_text("second")
    (folder / "a ünï.md").write_text("first")
    (folder / "deep" / "c.txt").write_text("third")
    (folder / "ignored.py").write_text("never")
    (folder / "empty.txt").write_text("")
    write_jsonl(folder / "z.jsonl", ["fourth", "", "fifth"])
    (tmp_path / "given.py").write_text("sixth")
    prepare([folder, tmp_path / "given.py"], tmp_path / "out", tokenizer, 0, processes=1)
    texts = ["first", "second", "third", "fourth", "fifth", "sixth"]
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, texts)


def test_no_text_can_forge_the_end_of_a_document(tmp_path, tokenizer):
    sources = []
    for i, text in enumerate(HOSTILE):
        sources.append(tmp_path / f"{i}.txt")
        sources[-1].write_bytes(text.encode())
    prepare(sources, tmp_path / "files", tokenizer, 0, processes=1)
    prepare(write_jsonl(tmp_path / "a.jsonl", HOSTILE), tmp_path / "records", tokenizer, 0, processes=1)
    ids = ids_of(tmp_path / "files", "train")
    assert ids == ids_of(tmp_path / "records", "train") == by_hand(tokenizer, HOSTILE)
    assert ids.count(load_tokenizer(tokenizer).end_of_text) == len(HOSTILE)
    decoded = load_tokenizer(tokenizer).decode(ids)
    assert decoded == "".join("<|endoftext|>" + text for text in HOSTILE)


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \n\ta'"))), st.integers(0, 50))
def test_a_text_cut_where_no_token_goes_over_is_encoded_as_the_whole(tokenizer, text, start):
    data = text.encode()
    cut = next_cut(data, start)
    assert cut == len(data) or cut >= start
    tokenizer = load_tokenizer(tokenizer)
    pieces = [data[:cut].decode(), data[cut:].decode()]
    assert [i for piece in pieces for i in tokenizer.encode(piece, special=False)] == tokenizer.encode(text, False)


def test_long_documents_are_cut_without_a_trace(tmp_path, tokenizer):
    texts = [SOME_TEXT[:300], *HOSTILE, SOME_TEXT[:500]]
    source = write_jsonl(tmp_path / "a.jsonl", texts)
    for item_bytes in (1, 97, 2**23):
        prepare(source, tmp_path / str(item_bytes), tokenizer, 0, item_bytes=item_bytes, processes=1)
        assert ids_of(tmp_path / str(item_bytes), "train") == by_hand(tokenizer, texts)


@given(st.integers(1, 50), st.integers(1, 200))
@settings(max_examples=10)
def test_every_file_but_the_last_has_the_same_number_of_tokens(tmp_path_factory, tokenizer, shard_tokens, item_bytes):
    directory = tmp_path_factory.mktemp("shards")
    source = write_jsonl(directory / "a.jsonl", documents(4))
    prepare(source, directory / "out", tokenizer, 0, 1, shard_tokens=shard_tokens, item_bytes=item_bytes)
    expected = np.array(by_hand(tokenizer, documents(4)), DTYPES["uint16"])
    files = sorted((directory / "out").glob("*.bin"))
    assert [path.name for path in files] == [f"train-{i:05d}.bin" for i in range(len(files))]
    assert [path.read_bytes() for path in files] == [
        expected[i : i + shard_tokens].tobytes() for i in range(0, len(expected), shard_tokens)
    ]


# ---------------------------------------------------------------- validation


def test_a_document_is_on_the_same_side_whatever_is_beside_it(tmp_path, tokenizer):
    texts = documents(200)
    prepare(write_jsonl(tmp_path / "a.jsonl", texts), tmp_path / "a", tokenizer, 0.1, processes=1)
    prepare(write_jsonl(tmp_path / "b.jsonl", texts[::-2]), tmp_path / "b", tokenizer, 0.1, processes=1)
    train, validation = two_sides(tmp_path / "a", tokenizer, texts)
    half_train, half_validation = two_sides(tmp_path / "b", tokenizer, texts[::-2])
    assert len(validation) > 5 and set(half_train) < set(train) and set(half_validation) < set(validation)


@pytest.mark.parametrize("fraction", [1e-30, 0.005, 0.5, 1 - 1e-9])
def test_of_two_documents_one_is_for_validation(tmp_path, tokenizer, fraction):
    texts = ["nina sings", "leo reads"]
    prepare(write_jsonl(tmp_path / "a.jsonl", texts), tmp_path / "out", tokenizer, fraction, processes=1)
    assert [len(side) for side in two_sides(tmp_path / "out", tokenizer, texts)] == [1, 1]


def test_a_single_document_gives_its_last_part_to_validation(tmp_path, tokenizer):
    (tmp_path / "a.txt").write_text(SOME_TEXT)
    manifest = prepare(tmp_path / "a.txt", tmp_path / "out", tokenizer, 0.1, processes=1)
    assert manifest["validation"] == "the last part of the only document"
    decode = load_tokenizer(tokenizer).decode
    train, validation = (decode(ids_of(tmp_path / "out", split)[1:]) for split in ("train", "validation"))
    assert train + validation == SOME_TEXT
    assert len(validation.encode()) == pytest.approx(0.1 * len(SOME_TEXT.encode()), abs=4)
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, [train])
    assert ids_of(tmp_path / "out", "validation") == by_hand(tokenizer, [validation])


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.floats(0, 0.99))
def test_the_last_part_begins_between_two_characters(text, fraction):
    data = text.encode()
    cut = last_part(data, fraction)
    assert 0 < cut <= len(data) and data[:cut].decode() + data[cut:].decode() == text


def test_no_validation_if_none_is_wanted(tmp_path, tokenizer):
    manifest = prepare(write_jsonl(tmp_path / "a.jsonl", documents(9)), tmp_path / "out", tokenizer, 0, processes=1)
    assert manifest["validation"] == "none" and list(manifest["splits"]) == ["train"]


# ---------------------------------------------------------------- tokenizers and data sets


def test_a_number_trains_a_tokenizer_on_the_sources_first(tmp_path):
    source = write_jsonl(tmp_path / "a.jsonl", documents(50))
    manifest = prepare(source, tmp_path / "out", 290, processes=1, item_bytes=100)
    GPT2Tokenizer.train(documents(50), 290).save(tmp_path / "expected.json")
    assert (tmp_path / "out" / "tokenizer.json").read_bytes() == (tmp_path / "expected.json").read_bytes()
    assert manifest["tokenizer"]["vocab_size"] == 290
    two_sides(tmp_path / "out", tmp_path / "out", documents(50))


def test_a_model_that_ships_lends_its_words(tmp_path):
    source = write_jsonl(tmp_path / "a.jsonl", ["ana and bruno"])
    prepare(source, tmp_path / "out", "mini", 0, processes=1)
    assert load_tokenizer(tmp_path / "out").decode(ids_of(tmp_path / "out", "train")) == "<|endoftext|> ana and bruno"
    with pytest.raises(ValueError, match=r"a\.jsonl, line 1: .*'sings'"):
        prepare(write_jsonl(source, ["ana sings"]), tmp_path / "other", "mini", 0, processes=1)


@pytest.mark.parametrize("spelling", ["hub:{}", "hub:{}:default", "hub:{}::train"])
def test_a_data_set_is_read_as_a_stream(tmp_path, tokenizer, spelling):
    folder = tmp_path / "set"
    folder.mkdir()
    write_jsonl(folder / "train.jsonl", ["one", "", "two", "three"])
    write_jsonl(folder / "test.jsonl", ["never"])
    prepare(spelling.format(folder), tmp_path / "out", tokenizer, 0, processes=1)
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, ["one", "two", "three"])


def test_a_split_of_a_data_set_may_be_named(tmp_path, tokenizer):
    write_jsonl(tmp_path / "train.jsonl", ["never"])
    write_jsonl(tmp_path / "test.jsonl", ["this"])
    prepare(f"hub:{tmp_path}:default:test", tmp_path / "out", tokenizer, 0, processes=1)
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, ["this"])


def test_a_data_set_without_text_names_its_columns(tmp_path, tokenizer):
    (tmp_path / "train.jsonl").write_text('{"words": "a", "label": 1}\n')
    with pytest.raises(ValueError, match='row 0 has no string "text", but only words, label'):
        prepare(f"hub:{tmp_path}", tmp_path / "out", tokenizer, processes=1)


def test_without_the_library_a_data_set_says_how_to_get_it(tmp_path, tokenizer, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert importlib.util.find_spec("datasets") is None
    with pytest.raises(ImportError, match=r"pip install datasets"):
        prepare("hub:owner/name", tmp_path / "out", tokenizer, processes=1)
    assert not (tmp_path / "out").exists()


# ---------------------------------------------------------------- interrupted, and continued

ARGUMENTS = {"tokenizer": 280, "validation": 0.2, "processes": 1, "item_bytes": 300, "shard_tokens": 500}
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that is copied")


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("source") / "a.jsonl", documents(60))


@pytest.fixture(scope="module")
def uninterrupted(source, tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("uninterrupted")
    prepare(source, out, **ARGUMENTS)
    assert len(contents(out)) > 6
    return contents(out)


def was_killed(call: Callable[[], object], event: int, torn: bool) -> bool:
    """Run in a copy of this process, which SIGKILLs itself at that write or rename; torn: when half is written."""
    child = os.fork()
    if child == 0:
        append, replace, events = module.append, os.replace, itertools.count(1)

        def fatal_append(path: Path, data: bytes) -> None:
            if next(events) == event:
                with open(path, "ab", buffering=0) as file:
                    file.write(data[: len(data) // 2] if torn else b"")
                os.kill(os.getpid(), signal.SIGKILL)
            append(path, data)

        def fatal_replace(old: str, new: Path) -> None:
            if next(events) == event:
                os.kill(os.getpid(), signal.SIGKILL)
            replace(old, new)

        module.append, os.replace = fatal_append, fatal_replace
        try:
            call()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@posix
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_write_and_called_again_the_bytes_are_those_of_one_run(tmp_path, source, uninterrupted, seed):
    rng, kills = random.Random(seed), 0
    while was_killed(lambda: prepare(source, tmp_path / "out", **ARGUMENTS), rng.randint(1, 9), rng.random() < 0.5):
        kills += 1
    assert kills >= 5 and contents(tmp_path / "out") == uninterrupted


@posix
def test_each_first_write_may_be_the_last(tmp_path, source, uninterrupted):
    for event in range(1, 8):
        out = tmp_path / str(event)
        assert was_killed(lambda: prepare(source, out, **ARGUMENTS), event, torn=True)  # noqa: B023
        prepare(source, out, **ARGUMENTS)
        assert contents(out) == uninterrupted


SCRIPT = """
import sys, time
from mini_gpt import prepare as module

if __name__ == "__main__":
    append = module.append

    def slowly(path, data):
        append(path, data)
        print(path, flush=True)
        time.sleep(0.05)

    module.append = slowly
    module.prepare(*sys.argv[1:], tokenizer=280, validation=0.2, processes=2, item_bytes=300, shard_tokens=500)
"""


def test_two_processes_killed_from_outside_leave_no_other_and_go_on_to_the_same_bytes(tmp_path, source, uninterrupted):
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, tmp_path / "script.py", source, tmp_path / "out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        for _ in range(15):
            assert process.stdout.readline()
        process.kill()
        process.communicate(timeout=600)  # ends when the last process that could print has ended
    assert "progress.log" in contents(tmp_path / "out")
    prepare(source, tmp_path / "out", **ARGUMENTS)  # with one process
    assert contents(tmp_path / "out") == uninterrupted


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_after_an_exception_the_same_call_goes_on(tmp_path, source, uninterrupted, monkeypatch, error):
    seen = []
    encode = module.Encoder.__call__

    def fails_at_the_ninth(self, item):
        seen.append(item)
        if len(seen) == 9:
            raise error
        return encode(self, item)

    monkeypatch.setattr(module.Encoder, "__call__", fails_at_the_ninth)
    with pytest.raises(error):
        prepare(source, tmp_path / "out", **ARGUMENTS)
    prepare(source, tmp_path / "out", **ARGUMENTS)
    assert seen[8] == seen[9] and len(seen) == 1 + len({str(item) for item in seen})  # nothing is encoded twice
    assert contents(tmp_path / "out") == uninterrupted


def test_a_process_that_is_killed_for_memory_is_no_riddle(tmp_path, source, uninterrupted, monkeypatch):
    class Killed(ThreadPoolExecutor):
        def submit(self, *_):
            future = Future()
            future.set_exception(BrokenProcessPool())
            return future

    with monkeypatch.context() as patch, pytest.raises(ChildProcessError, match="lack of memory"):
        patch.setattr(module, "ProcessPoolExecutor", lambda *_: Killed())
        prepare(source, tmp_path / "out", **ARGUMENTS | {"processes": 2})
    prepare(source, tmp_path / "out", **ARGUMENTS)
    assert contents(tmp_path / "out") == uninterrupted


@posix
def test_a_full_disk_names_the_file_and_what_is_done_stays(tmp_path):
    import resource

    source, limits = write_jsonl(tmp_path / "a.jsonl", documents(300)), resource.getrlimit(resource.RLIMIT_FSIZE)
    prepare(source, tmp_path / "expected", **ARGUMENTS)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, limits[1]))
    try:
        for _ in range(2):
            with pytest.raises(OSError, match=r"progress\.log"):
                prepare(source, tmp_path / "out", **ARGUMENTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(tmp_path / "out")["progress.log"].count(b"\n") > 20
    prepare(source, tmp_path / "out", **ARGUMENTS)
    assert contents(tmp_path / "out") == contents(tmp_path / "expected")


@posix
def test_a_file_of_tokens_that_does_not_fit_is_named(tmp_path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    source = write_jsonl(tmp_path / "a.jsonl", ["ana " * 5000])
    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, limits[1]))
    try:
        with pytest.raises(OSError, match=r"train-00000\.bin"):
            prepare(source, tmp_path / "out", "mini", 0, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    prepare(source, tmp_path / "out", "mini", 0, 1)
    assert len(TokenFiles(tmp_path / "out", "train")) == 5001


# ---------------------------------------------------------------- what is refused


def stop_at(monkeypatch, n: int) -> None:
    """The n-th append raises."""
    append, calls = module.append, itertools.count(1)

    def stops(path, data):
        if next(calls) == n:
            raise KeyboardInterrupt
        append(path, data)

    monkeypatch.setattr(module, "append", stops)


@pytest.fixture
def unfinished(tmp_path, tokenizer, monkeypatch) -> Path:
    """A directory with a.jsonl and b.txt, whose preparation stopped."""
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in" / "a.jsonl", documents(20))
    (tmp_path / "in" / "b.txt").write_text(SOME_TEXT)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 8)
        prepare(tmp_path / "in", tmp_path / "out", tokenizer, processes=1, item_bytes=300)
    return tmp_path


@pytest.mark.parametrize(
    "changed", [{"validation": 0.3}, {"errors": "replace"}, {"item_bytes": 301}, {"tokenizer": 280}]
)
def test_other_arguments_for_what_is_unfinished_or_finished_are_refused_by_name(unfinished, tokenizer, changed):
    arguments = {"tokenizer": tokenizer, "processes": 1, "item_bytes": 300}
    (name,) = changed
    for _ in range(2):
        before = contents(unfinished / "out")
        with pytest.raises(ValueError, match=f"was begun with {name}="):
            prepare(unfinished / "in", unfinished / "out", **arguments | changed)
        assert contents(unfinished / "out") == before
        prepare(unfinished / "in", unfinished / "out", **arguments)


def test_a_changed_source_of_what_is_unfinished_is_named(unfinished, tokenizer):
    def again(sources: Path = unfinished / "in") -> None:
        prepare(sources, unfinished / "out", tokenizer, processes=1, item_bytes=300)

    plain = unfinished / "in" / "b.txt"
    before = contents(unfinished / "out")
    with open(plain, "a") as file:
        file.write("more")
    with pytest.raises(ValueError, match=r"b\.txt has changed since"):
        again()
    plain.unlink()
    with pytest.raises(ValueError, match=r"b\.txt has changed since"):
        again()
    write_jsonl(unfinished / "in" / "c.jsonl", ["new"])
    with pytest.raises(ValueError, match=r"c\.jsonl has changed since"):
        again()
    assert contents(unfinished / "out") == before


def test_a_source_that_only_its_text_betrays_is_named_too(tmp_path, tokenizer, monkeypatch):
    source = write_jsonl(tmp_path / "a.jsonl", documents(20))
    times = source.stat()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 8)
        prepare(source, tmp_path / "out", tokenizer, processes=1, item_bytes=300)
    source.write_text(source.read_text().replace("document 3", "document X"))
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(ValueError, match=r"a\.jsonl, line \d+ has changed since"):
        prepare(source, tmp_path / "out", tokenizer, processes=1, item_bytes=300)


def test_a_finished_directory_is_left_as_it_is(tmp_path, source, capsys):
    first = prepare(source, tmp_path / "out", **ARGUMENTS)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert capsys.readouterr().out == ""
    assert prepare(source, tmp_path / "out", **ARGUMENTS) == first
    assert "is finished" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before


def test_a_directory_with_other_files_is_refused_and_untouched(tmp_path, source, tokenizer):
    before = contents(tokenizer)
    with pytest.raises(ValueError, match="holds files that were not written here"):
        prepare(source, tokenizer, tokenizer, processes=1)
    assert contents(tokenizer) == before


def test_tokens_that_were_lost_are_not_taken_for_done(unfinished, tokenizer):
    os.truncate(unfinished / "out" / "train-00000.bin", 10)
    with pytest.raises(ValueError, match=r"train-00000\.bin is shorter than progress\.log says"):
        prepare(unfinished / "in", unfinished / "out", tokenizer, processes=1, item_bytes=300)


@pytest.mark.parametrize("given", ["directory", 280])
def test_bytes_that_are_not_utf_8_are_refused_with_file_and_place(tmp_path, tokenizer, given):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"good " * 100 + b"caf\xe9 bad")
    with pytest.raises(ValueError, match=r'bad\.txt is not UTF-8 at byte 503; errors="replace"'):
        prepare(bad, tmp_path / "out", tokenizer if given == "directory" else given, processes=1, item_bytes=100)
    bad.write_bytes(b'{"text": "good"}\n{"text": "caf\xe9"}\n')
    bad.rename(tmp_path / "bad.jsonl")
    with pytest.raises(ValueError, match=r"bad\.jsonl is not UTF-8 at byte 30"):
        prepare(tmp_path / "bad.jsonl", tmp_path / "other", tokenizer, processes=1)


def test_replace_puts_a_mark_where_bytes_are_not_utf_8(tmp_path, tokenizer):
    data = b"caf\xe9 \xf0\x9f end \xe2\x80 " * 9
    (tmp_path / "a.txt").write_bytes(data)
    prepare(tmp_path / "a.txt", tmp_path / "out", tokenizer, 0, 1, errors="replace", item_bytes=1)
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, [data.decode(errors="replace")])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 is not JSON"),
        ("[" * 100_000, "line 2 is nested too deeply"),
        ('["text"]', 'line 2 is not an object with a string "text"'),
        ('{"text": 3}', 'line 2 is not an object with a string "text"'),
        ('{"text": "\\ud800"}', "line 2 has half of a surrogate pair"),
        ('{"text": 1' + "0" * 5000 + "}", "line 2 is not JSON"),
    ],
)
def test_a_line_that_is_no_record_is_named(tmp_path, tokenizer, line, message):
    (tmp_path / "a.jsonl").write_text('{"text": "good"}\n' + line + "\n")
    with pytest.raises(ValueError, match=message):
        prepare(tmp_path / "a.jsonl", tmp_path / "out", tokenizer, processes=1)


def test_a_text_that_another_process_cannot_encode_is_named(tmp_path):
    source = write_jsonl(tmp_path / "a.jsonl", ["ana and bruno", "ana <|endoftext|> bruno"])
    with pytest.raises(ValueError, match=r"a\.jsonl, line 2: "):
        prepare(source, tmp_path / "out", "mini", 0, processes=2)


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([], "sources hold no text"),
        (["empty.txt"], "sources hold no text"),
        (["folder"], "a folder without any .txt, .md, .jsonl"),
        (["missing.txt"], "neither a file nor a folder"),
        (["hub:"], "a data set is hub:NAME"),
        (["hub:a:b:c:d"], "a data set is hub:NAME"),
    ],
)
def test_sources_without_text_are_refused_before_anything_is_written(tmp_path, monkeypatch, sources, message):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("empty.txt").touch()
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        prepare(sources, "out", "mini", processes=1)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "wrong",
    [{"validation": 1.0}, {"validation": -0.1}, {"processes": 0}, {"errors": "ignore"}, {"shard_tokens": 0},
     {"item_bytes": 0}],
)  # fmt: skip
def test_arguments_that_cannot_be_are_named(tmp_path, source, wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name}={value!r} must be"):
        prepare(source, tmp_path / "out", **{"tokenizer": "mini", "processes": 1} | wrong)


def test_a_directory_without_a_tokenizer_is_named(tmp_path, source):
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"none' has no tokenizer\.json"):
        prepare(source, tmp_path / "out", tmp_path / "none", processes=1)
    assert not (tmp_path / "out").exists()
