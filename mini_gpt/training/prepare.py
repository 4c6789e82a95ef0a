"""Text to files of tokens: any amount of it, with many processes, and from where it stopped if it is interrupted.

A prepared directory holds
    train-00000.bin …       the tokens, uint16 (uint32 for more than 65,536), little endian, document after document
    validation-00000.bin …  a few documents that training never sees
    tokenizer.json          what made the tokens
    manifest.json           what there is, with counts and checksums; written last, so that its presence means: whole
and, until it is whole, progress.log: what was asked for, then a line for each item of work that is done.

Every document begins with <|endoftext|>, so a split reads <|endoftext|> document <|endoftext|> document … The same text
inside a document is ordinary text: nothing that is read can pass for the boundary.

The work is cut into items of a few megabytes. One process reads, hands items to the others, and appends their tokens in
order; the bytes are the same for any number of processes and for any interruptions.
"""

import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from itertools import zip_longest
from mmap import ACCESS_READ, mmap
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from mini_gpt.files import append, sha256, write_json, write_text, write_whole
from mini_gpt.tokenizer import GPT2Tokenizer, Tokenizer, load_tokenizer
from mini_gpt.training.data import DTYPES, FORMAT, read_manifest
from mini_gpt.weights import find

PROGRESS = "progress.log"
SPLITS = ("train", "validation")
COUNTS = ("tokens", "documents", "bytes")
ENDINGS = (".txt", ".md", ".jsonl")  # what is read of a folder

Errors = Literal["strict", "replace"]
encoder_here: "Encoder"  # of a process that encodes for another


def prepare(
    sources: str | Path | Sequence[str | Path],
    out: str | Path,
    tokenizer: str | Path | int,
    validation: float = 0.005,
    processes: int | None = None,
    errors: Errors = "strict",
    shard_tokens: int = 2**27,
    item_bytes: int = 2**23,
) -> dict[str, Any]:
    """Write a prepared directory, which `mini_gpt.training.data.TokenFiles` opens; give its manifest.

    sources       in this order: files; folders, of which every .txt, .md and .jsonl is read, at any depth, sorted by
                  path; "hub:NAME", "hub:NAME:CONFIG" or "hub:NAME:CONFIG:SPLIT" (train, if not said), a data set of
                  the Hugging Face hub, or a local folder of one, read as a stream and never stored.
                  A document is a file's whole text, or the "text" of a .jsonl file's line or of a data set's row.
                  What has no text is left out
    out           a directory that is new or empty, or that the same call began: it goes on where it stopped.
                  A finished one is left as it is
    tokenizer     a directory with a tokenizer, a model's name, or how many tokens a byte-level BPE shall have that is
                  trained on the sources first
    validation    about this fraction of the documents, at least one, chosen by a hash of the text: the same document is
                  always on the same side. Of a single document it is the last part. 0 for none
    processes     those that encode; all the machine's cores, if not said
    errors        what to do with bytes that are not UTF-8: "strict" refuses, "replace" puts � for them
    shard_tokens  tokens of a file; only the last file of a split has fewer
    item_bytes    text that is encoded in one go, and the most that an interruption loses for each process

    Raises ValueError for sources, arguments or an `out` that do not fit, ImportError for a data set without the library
    `datasets`, OSError, naming the file, for one that cannot be read or written. What is done stays done: the same call
    goes on from there.

    >>> import tempfile
    >>> directory = Path(tempfile.mkdtemp())
    >>> _ = (directory / "two.jsonl").write_text('{"text": "ana and bruno"}\\n{"text": "ana cheers ."}\\n')
    >>> manifest = prepare(directory, directory / "tokens", "mini", processes=1)
    >>> manifest["splits"]["train"]["tokens"], manifest["splits"]["validation"]["documents"]
    (4, 1)
    """
    out = Path(out)
    sources = [sources] if isinstance(sources, str | Path) else sources
    processes = os.cpu_count() or 1 if processes is None else processes
    check(validation, processes, errors, shard_tokens, item_bytes)
    arguments: dict[str, Any] = {
        "sources": [str(source) for source in sources],
        "tokenizer": tokenizer if isinstance(tokenizer, int) else str(tokenizer),
        "validation": validation,
        "errors": errors,
        "shard_tokens": shard_tokens,
        "item_bytes": item_bytes,
    }
    if (out / "manifest.json").exists():
        return finished(out, arguments)
    reader = Reader(expand(arguments["sources"]), validation, errors, item_bytes)
    how = "documents chosen by their hash" if reader.limit is not None else "the last part of the only document"
    plan = {"arguments": arguments, "files": reader.files()}
    done = finished_items(out, plan)
    if not (out / "tokenizer.json").exists():
        begin(out, plan, make_tokenizer(tokenizer, reader))
    encoder = Encoder(out, errors)
    splits = write_tokens(out, reader, encoder, done, processes, shard_tokens)
    manifest = {
        "format": FORMAT,
        "tokenizer": {"file": "tokenizer.json", "sha256": sha256(out / "tokenizer.json"),
                      "vocab_size": encoder.tokenizer.vocab_size, "end_of_text": encoder.tokenizer.end_of_text},
        "dtype": encoder.dtype.name,
        "validation": how if validation else "none",
        "splits": splits,
        **{count: sum(split[count] for split in splits.values()) for count in COUNTS},
        "arguments": arguments,
    }  # fmt: skip
    for path in torn(out):
        shutil.rmtree(path)
    write_json(manifest, out / "manifest.json")
    (out / PROGRESS).unlink()
    return manifest


def check(validation: float, processes: int, errors: str, shard_tokens: int, item_bytes: int) -> None:
    if not 0 <= validation < 1:
        raise ValueError(f"validation={validation} must be in [0, 1)")
    if errors not in ("strict", "replace"):
        raise ValueError(f"errors={errors!r} must be 'strict' or 'replace'")
    for name, value in (("processes", processes), ("shard_tokens", shard_tokens), ("item_bytes", item_bytes)):
        if value < 1:
            raise ValueError(f"{name}={value} must be at least 1")


# ---------------------------------------------------------------- reading: sources, documents, pieces, items


class Document(NamedTuple):
    """A text, and what it is called in messages: a file, a file's line, a data set's row."""

    name: str
    data: bytes | mmap  # UTF-8

    @classmethod
    def of(cls, name: str, text: str, errors: Errors) -> "Document":
        try:
            return cls(name, text.encode("utf-8", errors))
        except UnicodeEncodeError as error:
            raise ValueError(f'{name} has half of a surrogate pair in it; errors="replace" puts ? for it') from error

    def number(self) -> int:
        """A hash of the text, in 0..2^64 - 1."""
        return int.from_bytes(hashlib.sha256(self.data).digest()[:8], "big")


class Piece(NamedTuple):
    """A document or, of a long one, a part that ends where no token can go on."""

    name: str
    offset: int  # in the document, in bytes
    data: bytes
    split: str
    first: bool  # of its document in this split


Item = list[Piece]


def expand(sources: Iterable[str]) -> list[Path | str]:
    """The files and the data sets, these as their "hub:NAME", in order. Raises if there is none of that name."""
    inputs: list[Path | str] = []
    for source in sources:
        path = Path(source)
        if source.startswith("hub:"):
            if not 1 <= source.count(":") <= 3 or source == "hub:":
                raise ValueError(f"sources hold {source!r}, but a data set is hub:NAME, hub:NAME:CONFIG or "
                                 "hub:NAME:CONFIG:SPLIT")  # fmt: skip
            if find_spec("datasets") is None:
                raise ImportError(f"sources hold {source!r}, which needs a library more: pip install datasets")
            inputs.append(source)
        elif path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix in ENDINGS and file.is_file())
            if not found:
                raise ValueError(f"sources hold {source!r}, a folder without any {', '.join(ENDINGS)}")
            inputs += found
        elif path.is_file():
            inputs.append(path)
        else:
            raise FileNotFoundError(f"sources hold {source!r}, which is neither a file nor a folder")
    return inputs


@dataclass(frozen=True)
class Reader:
    """What is read, always in the same order."""

    inputs: list[Path | str]
    validation: float
    errors: Errors
    item_bytes: int

    def files(self) -> list[list[Any]]:
        """Path, size and time of change of each file."""
        stats = [(path, path.stat()) for path in self.inputs if isinstance(path, Path)]
        return [[str(path), stat.st_size, stat.st_mtime_ns] for path, stat in stats]

    def total_bytes(self) -> int | None:
        """Of text, where the files' sizes tell it."""
        plain = all(isinstance(source, Path) and source.suffix != ".jsonl" for source in self.inputs)
        return sum(size for _, size, _ in self.files()) if plain else None

    def documents(self) -> Iterator[Document]:
        """Every document that has any text."""
        for source in self.inputs:
            if isinstance(source, str):
                yield from rows(source, self.errors)
            elif source.suffix == ".jsonl":
                yield from lines(source, self.errors)
            elif source.stat().st_size:
                with open(source, "rb") as file:
                    yield Document(str(source), mmap(file.fileno(), 0, access=ACCESS_READ))

    @cached_property
    def limit(self) -> int | None:
        """Documents with a lower number are for validation; None if there is only one, whose last part is.

        Reads until both sides have a document. If one side has none in the end, it gets the one nearest to it.
        """
        limit = int(self.validation * 2**64)
        least, most = 2**64, -1
        for document in self.documents():
            number = document.number()
            least, most = min(least, number), max(most, number)
            if self.validation == 0 or least < limit <= most:
                return limit
        if most < 0:
            raise ValueError("sources hold no text")
        if least == most:
            return None
        return least + 1 if limit <= least else most

    def pieces(self) -> Iterator[Piece]:
        for name, data in self.documents():
            n = len(data)
            if self.limit is None:
                cut = last_part(data, self.validation)
                parts = [("train", 0, cut), ("validation", cut, n)]
            else:
                parts = [("validation" if Document(name, data).number() < self.limit else "train", 0, n)]
            for split, begin, end in parts:
                at = begin
                while at < end:
                    stop = min(end, next_cut(data, at + self.item_bytes))
                    yield Piece(name, at, data[at:stop], split, at == begin)
                    at = stop

    def items(self) -> Iterator[Item]:
        """Pieces, together at least item_bytes."""
        item: Item = []
        size = 0
        for piece in self.pieces():
            item.append(piece)
            size += len(piece.data)
            if size >= self.item_bytes:
                yield item
                item, size = [], 0
        if item:
            yield item


def next_cut(data: bytes | mmap, start: int) -> int:
    """The first place from start on that is before a space or a line's end and after something else, or the end.

    No token of GPT-2's goes over such a place, and none of its neighbours depends on what is beyond: pieces cut there
    are encoded as the whole is.

    >>> next_cut(b"one two  three", 4)
    7
    """
    for found in re.compile(rb"[ \n]").finditer(data, start):
        if not data[max(0, found.start() - 4) : found.start()].decode("utf-8", "replace")[-1:].isspace():
            return found.start()
    return len(data)


def last_part(data: bytes | mmap, fraction: float) -> int:
    """Where about this fraction of a text begins, between two characters."""
    cut = min(len(data) - 1, int(len(data) * (1 - fraction)))
    while cut > 0 and data[cut] & 0xC0 == 0x80:  # inside a character
        cut -= 1
    return cut or len(data)


def lines(path: Path, errors: Errors) -> Iterator[Document]:
    """The "text" of each line of a .jsonl file."""
    offset = 0
    with open(path, "rb") as file:
        for n, line in enumerate(file, 1):
            name = f"{path}, line {n}"
            written = decode(str(path), offset, line, errors)
            try:
                record = json.loads(written) if line.strip() else {"text": ""}
            except RecursionError as error:
                raise ValueError(f"{name} is nested too deeply") from error
            except ValueError as error:
                raise ValueError(f"{name} is not JSON: {error}") from error
            text = record.get("text") if isinstance(record, dict) else None
            if not isinstance(text, str):
                raise ValueError(f'{name} is not an object with a string "text"')
            if text:
                yield Document.of(name, text, errors)
            offset += len(line)


def rows(source: str, errors: Errors) -> Iterator[Document]:
    """The "text" of each row of a data set, as it streams in."""
    from datasets import load_dataset

    name, config, split = (*source.split(":")[1:], "", "")[:3]
    for n, row in enumerate(load_dataset(name, config or None, split=split or "train", streaming=True)):
        text = row.get("text")
        if not isinstance(text, str):
            raise ValueError(f'{source}, row {n} has no string "text", but only {", ".join(row)}')
        if text:
            yield Document.of(f"{source}, row {n}", text, errors)


def decode(name: str, offset: int, data: bytes, errors: Errors) -> str:
    """The text of bytes that stand at offset."""
    try:
        return data.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        place = offset + error.start
        raise ValueError(f'{name} is not UTF-8 at byte {place}; errors="replace" puts � for what is not') from error


# ---------------------------------------------------------------- encoding, here or in other processes


def make_tokenizer(given: str | Path | int, reader: Reader) -> Tokenizer:
    """The tokenizer of a directory or of a model's name; for a number, one of that many tokens, trained."""
    if isinstance(given, int):
        return GPT2Tokenizer.train(
            (decode(name, offset, data, reader.errors) for name, offset, data, *_ in reader.pieces()), given
        )
    return open_tokenizer(find(given, tokenizer_only=True))


def open_tokenizer(directory: Path) -> Tokenizer:
    tokenizer = load_tokenizer(directory)
    if tokenizer is None:
        raise ValueError(f"tokenizer={str(directory)!r} has no tokenizer.json, and not vocab.json with merges.txt")
    return tokenizer


@dataclass(frozen=True)
class Encoder:
    """Items to tokens, with the tokenizer of a directory."""

    directory: Path
    errors: Errors

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return open_tokenizer(self.directory)

    @property
    def dtype(self) -> np.dtype:
        return DTYPES["uint16" if self.tokenizer.vocab_size <= 2**16 else "uint32"]

    def __call__(self, item: Item) -> dict[str, bytes]:
        """The item's tokens in each split, as the files hold them."""
        tokens: dict[str, list[np.ndarray]] = {split: [] for split in SPLITS}
        for piece in item:
            text = decode(piece.name, piece.offset, piece.data, self.errors)
            try:
                ids = self.tokenizer.encode(text, special=False)
            except ValueError as error:
                raise ValueError(f"{piece.name}: {error}") from error
            tokens[piece.split].append(np.array([self.tokenizer.end_of_text] * piece.first + ids, self.dtype))
        return {split: b"".join(array.tobytes() for array in arrays) for split, arrays in tokens.items()}


def encode_all(
    items: Iterator[Item], encoder: Encoder, processes: int
) -> Generator[tuple[Item, dict[str, bytes]], None, None]:
    """Each item with its tokens, in order; meanwhile the processes encode a few items ahead."""
    if processes == 1:
        yield from ((item, encoder(item)) for item in items)
        return
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), start_worker, (encoder.directory, encoder.errors)
    )
    ahead: deque[tuple[Item, Future[dict[str, bytes]]]] = deque()
    try:
        for item in items:
            ahead.append((item, pool.submit(encode_there, item)))
            if len(ahead) > 2 * processes:
                first, tokens = ahead.popleft()
                yield first, tokens.result()
        while ahead:
            first, tokens = ahead.popleft()
            yield first, tokens.result()
    except BrokenProcessPool as error:
        raise ChildProcessError("a process that encodes could not start or was killed, perhaps for lack of memory; "
                                "what is done stays: the same call goes on") from error  # fmt: skip
    finally:
        pool.shutdown(cancel_futures=True)


def start_worker(directory: Path, errors: Errors) -> None:
    """In a new process: make its encoder, leave Ctrl-C to the parent, and end with it, however it ends."""
    global encoder_here
    encoder_here = Encoder(directory, errors)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def encode_there(item: Item) -> dict[str, bytes]:
    return encoder_here(item)


# ---------------------------------------------------------------- writing, so that what is done stays done


def finished(out: Path, arguments: dict[str, Any]) -> dict[str, Any]:
    manifest = read_manifest(out)
    refuse_other(out, manifest["arguments"], arguments)
    (out / PROGRESS).unlink(missing_ok=True)
    print(f"{out} is finished, with {manifest['tokens']:,} tokens: nothing to do.")
    return manifest


def refuse_other(out: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    for name, value in new.items():
        if old.get(name) != value:
            raise ValueError(f"out={str(out)!r} was begun with {name}={old.get(name)!r}, not {value!r}; "
                             "use another directory, or delete this one")  # fmt: skip


def finished_items(out: Path, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of the items that are done. Raises if `out` holds anything that the plan did not write."""
    if not (path := out / PROGRESS).exists():
        if out.exists() and {*out.iterdir()} - {*torn(out)}:
            raise ValueError(f"out={str(out)!r} holds files that were not written here; use a new directory")
        return []
    text = path.read_bytes()
    text = text[: text.rfind(b"\n") + 1]  # a last line without an end was being written
    os.truncate(path, len(text))
    old, *records = map(json.loads, text.splitlines())
    refuse_other(out, old["arguments"], plan["arguments"])
    if changed := [new or was for was, new in zip_longest(old["files"], plan["files"]) if was != new]:
        raise ValueError(f"{changed[0][0]} has changed since out={str(out)!r} was begun; delete that and begin again")
    return records


def begin(out: Path, plan: dict[str, Any], tokenizer: Tokenizer) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_text(json.dumps(plan) + "\n", out / PROGRESS)
    write_whole(out / "tokenizer.json", tokenizer.save)


def torn(out: Path) -> list[Path]:
    """What `write` left where it was killed."""
    return list(out.glob(".part-*"))


def write_tokens(
    out: Path, reader: Reader, encoder: Encoder, done: list[dict[str, Any]], processes: int, shard_tokens: int
) -> dict[str, Any]:
    """Encode and append what is not done yet; give the manifest's account of the splits."""
    counts = done[-1]["splits"] if done else {split: dict.fromkeys(COUNTS, 0) for split in SPLITS}
    shards = {split: Shards(out, split, encoder.dtype, shard_tokens, counts[split]["tokens"]) for split in SPLITS}
    items = reader.items()
    for record in done:
        item = next(items, [])
        if identity(item) != record["item"]:
            name = item[0].name if item else reader.inputs[-1]
            raise ValueError(f"{name} has changed since out={str(out)!r} was begun; delete that and begin again")
    bar = tqdm(unit="B", unit_scale=True, disable=None, total=reader.total_bytes(),
               initial=sum(counts[split]["bytes"] for split in SPLITS))  # fmt: skip
    started, n_tokens = perf_counter(), 0
    with bar, closing(encode_all(items, encoder, processes)) as encoded:
        for item, tokens in encoded:
            for split in SPLITS:
                shards[split].append(tokens[split])
                counts[split]["tokens"] = shards[split].n_tokens
                n_tokens += len(tokens[split]) // encoder.dtype.itemsize
            for piece in item:
                counts[piece.split]["documents"] += piece.first
                counts[piece.split]["bytes"] += len(piece.data)
                bar.update(len(piece.data))
            append(out / PROGRESS, json.dumps({"item": identity(item), "splits": counts}).encode() + b"\n")
            bar.set_postfix(tokens=f"{n_tokens / (perf_counter() - started):,.0f}/s", refresh=False)
    return {split: counts[split] | {"files": shards[split].files()} for split in SPLITS if counts[split]["tokens"]}


def identity(item: Item) -> str:
    """A checksum of what an item holds."""
    digest = hashlib.sha256()
    for piece in item:
        digest.update(f"{piece.split} {piece.first} {piece.offset} {len(piece.data)}\n".encode())
        digest.update(piece.data)
    return digest.hexdigest()


class Shards:
    """One split's files: token n stands in file n // shard_tokens. What is there beyond n_tokens is removed."""

    def __init__(self, out: Path, split: str, dtype: np.dtype, shard_tokens: int, n_tokens: int) -> None:
        self.out, self.split, self.n_tokens = out, split, n_tokens
        self.size, self.shard_tokens = dtype.itemsize, shard_tokens
        wanted = {path: tokens * self.size for path, tokens in self.tokens().items()}
        for path in {*out.glob(f"{split}-*.bin"), *wanted}:
            if path not in wanted:
                path.unlink()
            elif not path.exists() or path.stat().st_size < wanted[path]:
                raise ValueError(f"{path} is shorter than {PROGRESS} says; delete {out} and begin again")
            else:
                os.truncate(path, wanted[path])

    def tokens(self) -> dict[Path, int]:
        """Each file's number of tokens."""
        begins = range(0, self.n_tokens, self.shard_tokens)
        return {self.path(i): min(self.shard_tokens, self.n_tokens - begin) for i, begin in enumerate(begins)}

    def path(self, i: int) -> Path:
        return self.out / f"{self.split}-{i:05d}.bin"

    def append(self, data: bytes) -> None:
        while data:
            i, filled = divmod(self.n_tokens, self.shard_tokens)
            now = data[: (self.shard_tokens - filled) * self.size]
            append(self.path(i), now)
            self.n_tokens += len(now) // self.size
            data = data[len(now) :]

    def files(self) -> list[dict[str, Any]]:
        """What the manifest says of them."""
        return [{"name": path.name, "tokens": n, "sha256": sha256(path)} for path, n in self.tokens().items()]
