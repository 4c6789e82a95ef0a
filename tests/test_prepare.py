"""Text to token files: against encoding by hand, whatever interrupts it."""

import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_sources import write_jsonl

from mini_gpt.tokenizer import GPT2Tokenizer, read_tokenizer
from mini_gpt.training import prepare as module
from mini_gpt.training import token_files
from mini_gpt.training.corpus import Corpus
from mini_gpt.training.prepare import prepare
from mini_gpt.training.token_files import Arguments, TokenFiles

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
    GPT2Tokenizer.train([SOME_TEXT], 300).save(directory)
    return directory


def documents(n: int) -> list[str]:
    return [SOME_TEXT[7 * i % 300 : 7 * i % 300 + 40 + i % 90] + f" document {i}" for i in range(n)]


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def ids_of(directory: Path, split: str) -> list[int]:
    return TokenFiles(directory, split)[:].tolist()


def by_hand(tokenizer: Path, texts: list[str]) -> list[int]:
    """<|endoftext|> and the text's ids, for each text."""
    tokenizer = read_tokenizer(tokenizer)
    return [i for text in texts for i in [tokenizer.end_of_text, *tokenizer.encode(text, special=False)]]


def two_sides(directory: Path, tokenizer: Path, texts: list[str]) -> tuple[list[str], list[str]]:
    """The texts of training and of validation, found by their ids; together they must be all texts, in order."""
    streams = {split: ids_of(directory, split) for split in TokenFiles(directory, "train").manifest.splits}
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
    manifest = prepare(write_jsonl(tmp_path / "a.jsonl", texts), tmp_path / "out", tokenizer, 0.2)
    train, validation = two_sides(tmp_path / "out", tokenizer, texts)
    assert 3 <= len(validation) <= 25
    for split, side in (("train", train), ("validation", validation)):
        found = manifest.splits[split]
        assert found.tokens == len(by_hand(tokenizer, side))
        assert (found.documents, found.bytes) == (len(side), sum(len(text.encode()) for text in side))
    assert manifest.total.documents == 60 and manifest.total.tokens == len(by_hand(tokenizer, texts))
    assert TokenFiles(tmp_path / "out", "train").manifest == manifest
    TokenFiles(tmp_path / "out", "train").verify()
    assert set(contents(tmp_path / "out")) == {
        "manifest.json", "tokenizer.json", "train-00000.bin", "validation-00000.bin"
    }  # fmt: skip


def test_numbers_are_little_endian_of_two_bytes(tmp_path, tokenizer):
    prepare(write_jsonl(tmp_path / "a.jsonl", ["cat"]), tmp_path / "out", tokenizer, 0)
    expected = b"".join(i.to_bytes(2, "little") for i in by_hand(tokenizer, ["cat"]))
    assert (tmp_path / "out" / "train-00000.bin").read_bytes() == expected


def test_more_than_65536_tokens_take_four_bytes_each(tmp_path, monkeypatch, tokenizer):
    class Large:
        vocab_size, end_of_text = 70_000, 69_999

        def encode(self, text, special=True):
            return [65_536 + len(text)]

    monkeypatch.setattr(module, "load_tokenizer", lambda directory: Large())
    monkeypatch.setattr(Large, "save", lambda self, place: (place / "tokenizer.json").write_text("{}"), raising=False)
    manifest = prepare(write_jsonl(tmp_path / "a.jsonl", ["abc"]), tmp_path / "out", tokenizer, 0)
    assert manifest.dtype == "uint32" and ids_of(tmp_path / "out", "train") == [69_999, 65_539]


def test_no_text_can_forge_the_end_of_a_document(tmp_path, tokenizer):
    sources = []
    for i, text in enumerate(HOSTILE):
        sources.append(tmp_path / f"{i}.txt")
        sources[-1].write_bytes(text.encode())
    in_files = [t.removeprefix("\ufeff").replace("\r\n", "\n").replace("\0", "\ufffd") for t in HOSTILE]
    with pytest.warns(UserWarning, match=r"6\.txt has a carriage return within a line"):
        prepare(sources, tmp_path / "files", tokenizer, 0, errors="replace")
    prepare(write_jsonl(tmp_path / "a.jsonl", HOSTILE), tmp_path / "records", tokenizer, 0)
    assert ids_of(tmp_path / "files", "train") == by_hand(tokenizer, in_files)
    ids = ids_of(tmp_path / "records", "train")
    assert ids == by_hand(tokenizer, HOSTILE)
    assert ids.count(read_tokenizer(tokenizer).end_of_text) == len(HOSTILE)
    decoded = read_tokenizer(tokenizer).decode(ids)
    assert decoded == "".join("<|endoftext|>" + text for text in HOSTILE)


def test_long_documents_are_cut_without_a_trace(tmp_path, tokenizer):
    texts = [SOME_TEXT[:300], *HOSTILE, SOME_TEXT[:500]]
    source = write_jsonl(tmp_path / "a.jsonl", texts)
    for item_bytes in (1, 97, 2**23):
        prepare(source, tmp_path / str(item_bytes), tokenizer, 0, item_bytes=item_bytes)
        assert ids_of(tmp_path / str(item_bytes), "train") == by_hand(tokenizer, texts)


def test_a_file_of_another_system_gives_the_tokens_of_its_text(tmp_path, tokenizer):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "A.TXT").write_bytes(SOME_TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    (tmp_path / "in" / "b.txt").write_bytes(SOME_TEXT[:99].encode("utf-16"))
    (tmp_path / "in" / "c.txt").write_bytes(b"\xef\xbb\xbf \r\n")
    (tmp_path / "in" / ".d.txt").write_text("hidden")
    manifest = prepare(tmp_path / "in", tmp_path / "out", tokenizer, 0)
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, [SOME_TEXT, SOME_TEXT[:99]])
    assert manifest.total.bytes == len(SOME_TEXT.encode()) + len(SOME_TEXT[:99].encode())
    assert manifest.skipped == {"hidden files or folders": 1, "documents without text": 1}
    assert TokenFiles(tmp_path / "out", "train").manifest == manifest


# ---------------------------------------------------------------- validation


def test_a_single_document_gives_its_last_part_to_validation(tmp_path, tokenizer):
    (tmp_path / "a.txt").write_text(SOME_TEXT)
    manifest = prepare(tmp_path / "a.txt", tmp_path / "out", tokenizer, 0.1)
    assert manifest.validation == "the last part of the only document"
    decode = read_tokenizer(tokenizer).decode
    train, validation = (decode(ids_of(tmp_path / "out", split)[1:]) for split in ("train", "validation"))
    assert train + validation == SOME_TEXT
    assert len(validation.encode()) == pytest.approx(0.1 * len(SOME_TEXT.encode()), abs=len("tarde "))
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, [train])
    assert ids_of(tmp_path / "out", "validation") == by_hand(tokenizer, [validation])


def test_no_validation_if_none_is_wanted(tmp_path, tokenizer):
    manifest = prepare(write_jsonl(tmp_path / "a.jsonl", documents(9)), tmp_path / "out", tokenizer, 0)
    assert manifest.validation == "none" and list(manifest.splits) == ["train"]


# ---------------------------------------------------------------- tokenizers and data sets


def test_a_number_trains_a_tokenizer_on_the_sources_first(tmp_path):
    source = write_jsonl(tmp_path / "a.jsonl", documents(50))
    manifest = prepare(source, tmp_path / "out", 290, item_bytes=100)
    GPT2Tokenizer.train(documents(50), 290).save(tmp_path)
    assert (tmp_path / "out" / "tokenizer.json").read_bytes() == (tmp_path / "tokenizer.json").read_bytes()
    assert manifest.tokenizer.vocab_size == 290
    two_sides(tmp_path / "out", tmp_path / "out", documents(50))


def test_a_model_that_ships_lends_its_words(tmp_path):
    source = write_jsonl(tmp_path / "a.jsonl", ["ana and bruno"])
    prepare(source, tmp_path / "out", "mini", 0)
    assert read_tokenizer(tmp_path / "out").decode(ids_of(tmp_path / "out", "train")) == "<|endoftext|> ana and bruno"
    with pytest.raises(ValueError, match=r"a\.jsonl, line 1: .*'sings'"):
        prepare(write_jsonl(source, ["ana sings"]), tmp_path / "other", "mini", 0)


@pytest.mark.slow
def test_a_data_set_is_prepared_as_it_streams_in(tmp_path, tokenizer):
    write_jsonl(tmp_path / "train.jsonl", ["one", "", "two", "three"])
    prepare(f"hub:{tmp_path}", tmp_path / "out", tokenizer, 0)
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, ["one", "two", "three"])


# ---------------------------------------------------------------- interrupted, and continued

ARGUMENTS = {"tokenizer": 280, "validation": 0.2, "item_bytes": 300, "shard_tokens": 500}
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that is copied")


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("source") / "a.jsonl", documents(60))


@pytest.fixture(scope="module")
def uninterrupted(source, tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("uninterrupted")
    prepare(source, out, **ARGUMENTS)
    TokenFiles(out, "train").verify()
    assert len(contents(out)) > 6
    return contents(out)


def set_append(append: Callable[[Path, bytes], None], patch: Callable[[object, str, object], None] = setattr) -> None:
    """Write tokens and progress by this."""
    for each in (module, token_files):
        patch(each, "append", append)


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

        set_append(fatal_append)
        os.replace = fatal_replace
        try:
            call()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.slow
@posix
@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_write_and_called_again_the_bytes_are_those_of_one_run(tmp_path, source, uninterrupted, seed):
    rng, kills = random.Random(seed), 0
    while was_killed(lambda: prepare(source, tmp_path / "out", **ARGUMENTS), rng.randint(1, 9), rng.random() < 0.5):
        kills += 1
    assert kills >= 5 and contents(tmp_path / "out") == uninterrupted


@pytest.mark.slow
@posix
def test_each_first_write_may_be_the_last(tmp_path, source, uninterrupted):
    for event in range(1, 8):
        out = tmp_path / str(event)
        assert was_killed(lambda: prepare(source, out, **ARGUMENTS), event, torn=True)  # noqa: B023
        prepare(source, out, **ARGUMENTS)
        assert contents(out) == uninterrupted


SCRIPT = """
import sys
from mini_gpt.training import prepare as module, token_files

append = module.append

def waits(path, data):
    append(path, data)
    print(path, flush=True)
    sys.stdin.readline()

module.append = token_files.append = waits
module.prepare(*sys.argv[1:], tokenizer=280, validation=0.2, item_bytes=300, shard_tokens=500)
"""


@pytest.mark.slow
def test_killed_from_outside_while_it_encodes_ahead_it_goes_on_to_the_same_bytes(tmp_path, source, uninterrupted):
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, tmp_path / "script.py", source, tmp_path / "out"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(15):
            assert process.stdout.readline()
            process.stdin.write("\n")
            process.stdin.flush()
        process.kill()
    assert "progress.log" in contents(tmp_path / "out")
    prepare(source, tmp_path / "out", **ARGUMENTS)
    assert contents(tmp_path / "out") == uninterrupted


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_after_an_exception_only_what_is_not_done_is_encoded_again(tmp_path, source, uninterrupted, monkeypatch, error):
    items = [*Corpus(Arguments([str(source)], **{"errors": "strict"} | ARGUMENTS)).items()]
    seen, encode = [], module.encode

    def fails_at_the_ninth(item, *arguments):
        if item == items[8]:
            raise error
        return encode(item, *arguments)

    monkeypatch.setattr(module, "encode", fails_at_the_ninth)
    with pytest.raises(error):
        prepare(source, tmp_path / "out", **ARGUMENTS)
    monkeypatch.setattr(module, "encode", lambda item, *arguments: seen.append(item) or encode(item, *arguments))
    prepare(source, tmp_path / "out", **ARGUMENTS)
    assert len(seen) == len(items) - 8 and all(item in seen for item in items[8:])
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
            prepare(source, tmp_path / "out", "mini", 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    prepare(source, tmp_path / "out", "mini", 0)
    assert len(TokenFiles(tmp_path / "out", "train")) == 5001


# ---------------------------------------------------------------- what is refused


def stop_at(monkeypatch, n: int) -> None:
    """The n-th append raises."""
    append, calls = module.append, itertools.count(1)

    def stops(path, data):
        if next(calls) == n:
            raise KeyboardInterrupt
        append(path, data)

    set_append(stops, monkeypatch.setattr)


@pytest.fixture
def unfinished(tmp_path, tokenizer, monkeypatch) -> Path:
    """A directory with a.jsonl and b.txt, whose preparation stopped."""
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in" / "a.jsonl", documents(20))
    (tmp_path / "in" / "b.txt").write_text(SOME_TEXT)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 8)
        prepare(tmp_path / "in", tmp_path / "out", tokenizer, item_bytes=300)
    return tmp_path


@pytest.mark.parametrize(
    "changed",
    [{"validation": 0.3}, {"errors": "replace"}, {"item_bytes": 301}, {"tokenizer": 280}, {"pieces": True}],
)
def test_other_arguments_for_what_is_unfinished_or_finished_are_refused_by_name(unfinished, tokenizer, changed):
    arguments = {"tokenizer": tokenizer, "item_bytes": 300}
    (name,) = changed
    for _ in range(2):
        before = contents(unfinished / "out")
        with pytest.raises(ValueError, match=f"was begun with {name}="):
            prepare(unfinished / "in", unfinished / "out", **arguments | changed)
        assert contents(unfinished / "out") == before
        prepare(unfinished / "in", unfinished / "out", **arguments)


def test_a_changed_source_of_what_is_unfinished_is_named(unfinished, tokenizer):
    def again(sources: Path = unfinished / "in") -> None:
        prepare(sources, unfinished / "out", tokenizer, item_bytes=300)

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
        prepare(source, tmp_path / "out", tokenizer, item_bytes=300)
    source.write_text(source.read_text().replace("document 3", "document X"))
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(ValueError, match=r"a\.jsonl, line \d+ has changed since"):
        prepare(source, tmp_path / "out", tokenizer, item_bytes=300)


def test_a_finished_directory_is_left_as_it_is(tmp_path, source, capsys):
    first = prepare(source, tmp_path / "out", **ARGUMENTS)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert capsys.readouterr().out == ""
    assert prepare(source, tmp_path / "out", **ARGUMENTS) == first
    assert "is finished" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before


def test_a_directory_with_other_files_is_refused_and_untouched(tmp_path, source, tokenizer):
    before = contents(tokenizer)
    with pytest.raises(ValueError, match="holds files that prepare did not write"):
        prepare(source, tokenizer, tokenizer)
    assert contents(tokenizer) == before


def test_tokens_that_were_lost_are_not_taken_for_done(unfinished, tokenizer):
    os.truncate(unfinished / "out" / "train-00000.bin", 10)
    with pytest.raises(ValueError, match=r"train-00000\.bin has lost tokens"):
        prepare(unfinished / "in", unfinished / "out", tokenizer, item_bytes=300)


@pytest.mark.parametrize("given", ["directory", 280])
def test_bytes_that_are_not_utf_8_are_refused_with_file_and_place(tmp_path, tokenizer, given):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"good " * 100 + b"caf\xe9 bad")
    with pytest.raises(ValueError, match=r'bad\.txt is not UTF-8 at byte 503: save it as UTF-8; errors="replace"'):
        prepare(bad, tmp_path / "out", tokenizer if given == "directory" else given, item_bytes=100)


def test_replace_puts_a_mark_where_bytes_are_not_utf_8(tmp_path, tokenizer):
    data = b"caf\xe9 \xf0\x9f end \xe2\x80 " * 9
    (tmp_path / "a.txt").write_bytes(data)
    prepare(tmp_path / "a.txt", tmp_path / "out", tokenizer, 0, errors="replace", item_bytes=1)
    assert ids_of(tmp_path / "out", "train") == by_hand(tokenizer, [data.decode(errors="replace")])


@pytest.mark.parametrize(
    ("sources", "validation", "message"),
    [([], 0.1, "sources contain no text"), (["empty.txt"], 0, "sources contain no text"),
     (["blank.txt"], 0.1, "sources contain no text"),
     (["missing.txt"], 0.1, "missing.txt"), (["hub:"], 0.1, "'hub:' must be")],
)  # fmt: skip
def test_sources_without_text_are_refused_before_anything_is_written(
    tmp_path, monkeypatch, sources, validation, message
):
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").touch()
    Path("blank.txt").write_text(" \n\u2003\n")
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        prepare(sources, "out", "mini", validation)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "wrong",
    [{"validation": 1.0}, {"validation": -0.1}, {"errors": "ignore"}, {"shard_tokens": 0}, {"item_bytes": 0}],
)
def test_arguments_that_cannot_be_are_named(tmp_path, source, wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name}={value!r} must be"):
        prepare(source, tmp_path / "out", **{"tokenizer": "mini"} | wrong)


def test_a_directory_without_a_tokenizer_is_named(tmp_path, source):
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"none has neither tokenizer\.json"):
        prepare(source, tmp_path / "out", tmp_path / "none")
    assert not (tmp_path / "out").exists()
