"""Text to files of tokens: any amount, on all cores, and resumable after an interruption.

token_files.py describes the directory that is written. Until it is complete it also has progress.log: the plan, then a
line for each item of work that is done.

The sources are divided into items of a few megabytes, whose tokens are appended in order. The bytes written are the
same for any number of cores and after any interruptions.
"""

import json
import os
import shutil
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm.auto import tqdm

from mini_gpt.files import append, sha256, write_text, written_whole
from mini_gpt.tokenizer import TOKENIZER, GPT2Tokenizer, Tokenizer
from mini_gpt.training.corpus import Corpus, Item, SourceFile, fingerprint
from mini_gpt.training.sources import Errors
from mini_gpt.training.token_files import (
    MANIFEST,
    SPLITS,
    Arguments,
    Counts,
    Manifest,
    ShardWriter,
    Split,
    TokenizerFile,
)
from mini_gpt.weights import load_tokenizer

PROGRESS = "progress.log"
ITEMS_AHEAD = 2  # while the tokens of one leave Rust for Python, the next one keeps the cores busy


def prepare(
    sources: str | Path | Sequence[str | Path],
    out: str | Path,
    tokenizer: str | Path | int,
    validation: float = 0.005,
    errors: Errors = "strict",
    shard_tokens: int = 2**27,
    item_bytes: int = 2**23,
    pieces: bool = False,
) -> Manifest:
    """Write a directory of tokens, which `TokenFiles` opens; return its manifest.

    sources       in the order given: files; folders, whose .txt, .md and .jsonl files are read at any depth, sorted by
                  path; "hub:NAME", "hub:NAME:CONFIG" or "hub:NAME:CONFIG:SPLIT" (train by default), a data set on the
                  Hugging Face hub or in a local folder, which is streamed and never stored.
                  A document is the whole text of a file, or the "text" of a line of a .jsonl file or of a row of a
                  data set. Documents of white space are skipped, and what is hidden in a folder; the manifest counts
                  them. Files may begin with a byte order mark, which says their encoding, and end lines as Windows does
    out           a new or empty directory, or one that the same call began, which then continues where it stopped.
                  A finished one is left as it is
    tokenizer     a directory with a tokenizer, the name of a model, or a vocabulary size: a byte-level BPE of that
                  size is first trained on the sources
    validation    the approximate fraction of documents to hold out, at least one. They are chosen by a hash of their
                  text, so a document is always in the same split. A single document is divided, and its last part
                  held out. 0 for none
    errors        for NULs and bytes that are not UTF-8: "strict" raises, "replace" puts � in their place
    shard_tokens  tokens per file; only the last file of a split has fewer
    item_bytes    text that is encoded at a time: an interruption loses the work of at most three of these
    pieces        hold out the last part of each document in place of whole ones: of a few long texts, such as books,
                  whole ones may be much more than the fraction

    A byte-level BPE encodes on all cores; the environment variable RAYON_NUM_THREADS sets how many.

    Raises ValueError for sources, arguments or an `out` that are not as above, ImportError for a data set without the
    library `datasets`, OSError, naming the file, if one cannot be read or written. Finished work is kept: the same call
    continues from there.

    >>> import tempfile
    >>> directory = Path(tempfile.mkdtemp())
    >>> _ = (directory / "two.jsonl").write_text('{"text": "ana and bruno"}\\n{"text": "ana cheers ."}\\n')
    >>> manifest = prepare(directory, directory / "tokens", "mini")
    >>> manifest.splits["train"].tokens, manifest.splits["validation"].documents
    (4, 1)
    """
    out = Path(out)
    given = [sources] if isinstance(sources, str | Path) else sources
    arguments = Arguments([*map(str, given)], tokenizer if isinstance(tokenizer, int) else str(tokenizer),
                          validation, errors, shard_tokens, item_bytes, pieces)  # fmt: skip
    if (out / MANIFEST).exists():
        return finished(out, arguments)
    corpus = Corpus(arguments)
    plan = Plan(arguments, corpus.files)
    rule = corpus.validation_rule  # finds sources without text before anything is written
    done = read_progress(out, plan)
    if not (out / TOKENIZER).exists():
        begin(out, plan, make_tokenizer(tokenizer, corpus))
    encoder = load_tokenizer(out)
    dtype = "uint16" if encoder.vocab_size <= 2**16 else "uint32"
    splits = write_tokens(out, corpus, encoder, dtype, done)
    described = TokenizerFile(TOKENIZER, sha256(out / TOKENIZER), encoder.vocab_size, encoder.end_of_text)
    manifest = Manifest(described, dtype, rule, splits, arguments, corpus.skipped)
    for path in torn(out):
        shutil.rmtree(path)
    manifest.write(out)
    (out / PROGRESS).unlink()
    return manifest


def make_tokenizer(given: str | Path | int, corpus: Corpus) -> Tokenizer:
    """The tokenizer of a directory or of a model; for a number, a new one with that vocabulary size."""
    if isinstance(given, int):
        return GPT2Tokenizer.train(corpus.texts(), given)
    return load_tokenizer(given)


# ---------------------------------------------------------------- encoding


def encode_ahead(
    items: Iterator[Item], tokenizer: Tokenizer, errors: Errors
) -> Generator[tuple[Item, dict[str, np.ndarray]], None, None]:
    """Each item with its tokens, in order. The next items are read and encoded while the caller handles one."""
    ahead: deque[tuple[Item, Future[dict[str, np.ndarray]]]] = deque()
    with ThreadPoolExecutor(ITEMS_AHEAD) as pool:
        try:
            for item in items:
                ahead.append((item, pool.submit(encode, item, tokenizer, errors)))
                if len(ahead) > ITEMS_AHEAD:
                    first, tokens = ahead.popleft()
                    yield first, tokens.result()
            for first, tokens in ahead:
                yield first, tokens.result()
        finally:
            pool.shutdown(cancel_futures=True)


def encode(item: Item, tokenizer: Tokenizer, errors: Errors) -> dict[str, np.ndarray]:
    """The item's tokens in each split."""
    texts = [chunk.text(errors) for chunk in item]
    if isinstance(tokenizer, GPT2Tokenizer):
        encoded = tokenizer.encode_batch(texts, special=False)
    else:
        encoded = []
        for chunk, text in zip(item, texts, strict=True):
            try:
                encoded.append(tokenizer.encode(text, special=False))
            except ValueError as error:
                raise ValueError(f"{chunk.document.name}: {error}") from error
    tokens: dict[str, list[int]] = {split: [] for split in SPLITS}
    for chunk, ids in zip(item, encoded, strict=True):
        tokens[chunk.split] += [tokenizer.end_of_text] * chunk.is_first + ids
    return {split: np.array(ids, np.uint32) for split, ids in tokens.items()}


# ---------------------------------------------------------------- writing and resuming


@dataclass(frozen=True)
class Plan:
    """The first line of progress.log: what a resumed call must agree with."""

    arguments: Arguments
    files: list[SourceFile]


@dataclass(frozen=True)
class Done:
    """Each further line of progress.log: an item that is written, and what each split holds with it."""

    item: str  # its fingerprint
    splits: dict[str, Counts]


def finished(out: Path, arguments: Arguments) -> Manifest:
    manifest = Manifest.read(out)
    check_same(out, manifest.arguments, arguments)
    (out / PROGRESS).unlink(missing_ok=True)
    print(f"{out} is finished, with {manifest.total.tokens:,} tokens: nothing to do.")
    return manifest


def check_same(out: Path, before: Arguments, now: Arguments) -> None:
    was = asdict(before)
    for name, value in asdict(now).items():
        if was[name] != value:
            raise ValueError(f"out={str(out)!r} was begun with {name}={was[name]!r}, not {value!r}; "
                             "use another directory, or delete this one")  # fmt: skip


def has_changed(name: str | Path, out: Path) -> ValueError:
    return ValueError(f"{name} has changed since out={str(out)!r} was begun; delete that directory and start again")


def read_progress(out: Path, plan: Plan) -> list[Done]:
    """The items that are done. Raises ValueError if `out` holds anything that this plan did not write."""
    if not (path := out / PROGRESS).exists():
        if out.exists() and {*out.iterdir()} - {*torn(out)}:
            raise ValueError(f"out={str(out)!r} holds files that prepare did not write; use a new directory")
        return []
    text = path.read_bytes()
    text = text[: text.rfind(b"\n") + 1]  # a last line without an end was being written
    os.truncate(path, len(text))
    begun, *lines = map(json.loads, text.splitlines())
    check_same(out, Arguments(**begun["arguments"]), plan.arguments)
    for was, now in zip_longest(map(tuple, begun["files"]), plan.files):
        if was != now:
            raise has_changed((now or was)[0], out)
    return [Done(line["item"], {split: Counts(**counts) for split, counts in line["splits"].items()}) for line in lines]


def begin(out: Path, plan: Plan, tokenizer: Tokenizer) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_text(json.dumps(asdict(plan)) + "\n", out / PROGRESS)
    with written_whole(out) as temporary:
        tokenizer.save(temporary)


def torn(out: Path) -> list[Path]:
    """What `written_whole` leaves behind when it is killed."""
    return list(out.glob(".part-*"))


def write_tokens(out: Path, corpus: Corpus, tokenizer: Tokenizer, dtype: str, done: list[Done]) -> dict[str, Split]:
    """Encode and append the items that are not done; return what the manifest says of the splits."""
    arguments = corpus.arguments
    counts = done[-1].splits if done else {split: Counts() for split in SPLITS}
    writers = {split: ShardWriter(out, split, dtype, arguments.shard_tokens, counts[split].tokens)
               for split in SPLITS}  # fmt: skip
    items = corpus.items()
    for record in done:
        item = next(items, [])
        if fingerprint(item) != record.item:
            raise has_changed(item[0].document.name if item else corpus.sources[-1], out)
    bar = tqdm(unit="B", unit_scale=True, disable=None, total=corpus.total_bytes,
               initial=sum(counts[split].bytes for split in SPLITS))  # fmt: skip
    started, n_tokens = perf_counter(), 0
    with bar, closing(encode_ahead(items, tokenizer, arguments.errors)) as encoded:
        for item, tokens in encoded:
            for split in SPLITS:
                writers[split].append(tokens[split])
                counts[split].tokens = writers[split].n_tokens
                n_tokens += len(tokens[split])
            for chunk in item:
                counts[chunk.split].documents += chunk.is_first
                counts[chunk.split].bytes += chunk.end - chunk.begin
                bar.update(chunk.end - chunk.begin)
            append(out / PROGRESS, json.dumps(asdict(Done(fingerprint(item), counts))).encode() + b"\n")
            bar.set_postfix(tokens=f"{n_tokens / (perf_counter() - started):,.0f}/s", refresh=False)
    return {split: Split(**asdict(counts[split]), files=writers[split].shards())
            for split in SPLITS if counts[split].tokens}  # fmt: skip
