"""The card of a model of books: how well it predicts one that it has never read, and what of the others it repeats.

For comparison: gzip, which knows nothing beforehand; xz, which may copy from the other books; and an n-gram, which
counts the same tokens.
"""

import gzip
import lzma
from bisect import bisect_left
from collections.abc import Sequence
from math import ceil, log

import numpy as np
import torch
from numpy.typing import NDArray

from mini_gpt.evaluation import evaluate
from mini_gpt.generate import generate
from mini_gpt.lesson.baselines import discount
from mini_gpt.lesson.books import Book
from mini_gpt.lesson.recipes import BooksRecipe
from mini_gpt.model import GPT
from mini_gpt.training.token_files import TokenFiles

ORDER = 4  # of the n-gram, in tokens
SAMPLED = 10_000  # tokens, over all languages, in which copies are looked for

Ids = NDArray[np.int64]


def card(recipe: BooksRecipe, model: GPT, books: Sequence[Book], tokens: TokenFiles, seconds: float) -> str:
    """The README next to the weights. `tokens` are of the books that are not held out."""
    out, read = ([book for book in books if book.held_out is held] for held in (True, False))
    others = [b"\n\n".join(book.text for book in read if book.language == each.language) for each in out]
    pairs = list(zip(out, others, strict=True))
    bits = [bits_per_byte(model, book, text, tokens) for book, text in pairs]
    spans = [copies(model, book, text, ceil(SAMPLED / len(out))) for book, text in pairs]
    rows = "\n".join(
        f"| {book.language} | {book} | {book.died or ''} | {len(book.text):,} | {'yes' if book.held_out else ''} "
        f"| `{book.sha256}` |"
        for book in books
    )
    T, threads = model.config.context_length, torch.get_num_threads()
    return f"""# A GPT of books

{sum(parameter.numel() for parameter in model.parameters()):,} parameters, float16 on disk and float32 when loaded,
trained on {len(read)} books ({tokens.manifest.total.bytes:,} bytes, {len(tokens):,} tokens) by

    python -m mini_gpt.lesson.train_books --texts DIR

in {seconds / 60:.0f} minutes on {threads} thread{"s" if threads > 1 else ""}.

## Bits per byte of a book that it has never read

{table(out, bits)}

The model reads windows of {T} tokens, each half a window further on, and predicts every token once.

## Copies

The longest span, and its characters, that stands letter for letter in the books of its language that the model has
read: of {SAMPLED:,} tokens that the model wrote after prompts from the books above, and of what the author wrote in the
same places.

{table(out, spans)}

## What it cannot do

It continues a text, and no more: it answers no question, follows no instruction and knows no facts. It sees no further
back than {T} tokens, so it loses the thread of a story. {views(books)}

## The books

| language | book | the author died in | bytes | held out | sha256 of the file |
|---|---|---|---|---|---|
{rows}

{recipe}
"""


def views(books: Sequence[Book]) -> str:
    """Whose views a model repeats; if the list knows all its books, also from when they are and why they are free."""
    if not all(book.author for book in books):
        return "It repeats what its books take for granted."
    years = [book.published for book in books]
    return f"""It repeats what its books take for granted,
and they are of their century, on slavery and colonies, on women and the poor: they were published from {min(years)} to
{max(years)}. They are in the public domain; the last of their authors died in {max(book.died for book in books)}."""


def table(books: Sequence[Book], columns: Sequence[dict[str, str]]) -> str:
    """A column for each book, a row for each name."""
    lines = [["", *map(str, books)], ["---"] * (len(books) + 1)]
    lines += [[name, *(column[name] for column in columns)] for name in columns[0]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def measured(readme: str) -> dict[str, dict[str, float]]:
    """What a card says under "Bits per byte": of each book, the bits by what predicts it. Raises ValueError if nothing.

    >>> measured("# A GPT\\n\\n## Bits per byte\\n\\n|  | emma |\\n| --- | --- |\\n| xz | 2.500 |\\n")
    {'emma': {'xz': 2.5}}
    """
    _, found, rest = readme.partition("## Bits per byte")
    rows = [line.strip("| ").split(" | ") for line in rest.partition("\n## ")[0].splitlines() if line.startswith("|")]
    if not found or len(rows) < 3:
        raise ValueError("readme has no table of bits per byte: it is not the card of a model of books")
    [books, _, *lines] = rows
    return {book: {line[0]: float(line[i]) for line in lines} for i, book in enumerate(books[-len(lines[0]) + 1 :], 1)}


# ---------------------------------------------------------------- bits per byte


def bits_per_byte(model: GPT, book: Book, others: bytes, tokens: TokenFiles) -> dict[str, str]:
    """The bits per byte of a book, by what predicts it; `others` are the books of its language, `tokens` of all."""
    text, tokenizer = book.text, tokens.tokenizer
    ids = np.array([tokenizer.end_of_text, *tokenizer.encode(text.decode(), special=False)])
    log_probs = ngram_log_probs(tokens[:].numpy(), ids, tokenizer.vocab_size, ORDER)
    bits = {
        "this model": evaluate(model, "text", book.path).bits_per_byte,
        f"{ORDER}-gram of the same tokens, with Kneser-Ney's back-off": -log_probs.sum() / log(2) / len(text),
        "xz after the other books of its language": 8 * (xz_size(others + text) - xz_size(others)) / len(text),
        "xz": 8 * xz_size(text) / len(text),
        "gzip": 8 * len(gzip.compress(text, 9)) / len(text),
    }
    return {what: f"{value:.3f}" for what, value in bits.items()}


def xz_size(text: bytes) -> int:
    return len(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))


def ngram_log_probs(training: Ids, text: Ids, vocab_size: int, order: int) -> NDArray[np.float64]:
    """log p of text[1:], each token given the order - 1 before it: the n-gram of baselines.py, for millions of tokens.

    An n-gram is one integer whose digits are its tokens, so that sorting counts. A context that training has seen
    predicts by its counts, and passes what is discounted from them on to the shorter context; else that one predicts.

    >>> training = np.array([0, 1, 2, 0, 1, 3, 0])
    >>> ngram_log_probs(training, np.array([0, 1, 2]), vocab_size=4, order=2).round(2).tolist()
    [-0.31, -1.2]
    """
    if vocab_size**order > 2**63:
        raise ValueError(f"order={order} is too high: {order} of {vocab_size:,} tokens do not fit an integer")
    probs = np.full(len(text) - 1, 1 / vocab_size)
    for n in range(1, min(order, len(text)) + 1):
        grams, times = np.unique(as_digits(training, n, vocab_size), return_counts=True)
        if n < order:  # asked only after a longer context that is new: what counts is how many tokens it has followed
            longer = np.unique(as_digits(training, n + 1, vocab_size))
            followers, different = np.unique(longer % vocab_size**n, return_counts=True)
            times = np.ones_like(times)  # for the training's first n tokens, which follow nothing
            times[np.searchsorted(grams, followers)] = different
        contexts, first = np.unique(grams // vocab_size, return_index=True)
        totals, different = np.add.reduceat(times, first), np.diff(first, append=len(grams))
        asked = as_digits(text, n, vocab_size)
        shorter, freed = probs[-len(asked) :], discount(times)
        h, seen = find(asked // vocab_size, contexts)
        g, counted = find(asked, grams)
        here = (np.where(counted, times[g] - freed, 0) + freed * different[h] * shorter) / totals[h]
        probs[-len(asked) :] = np.where(seen, here, shorter)
    return np.log(probs)


def as_digits(ids: Ids, n: int, vocab_size: int) -> Ids:
    """Every n tokens in a row as one integer, in base vocab_size. The first token of all is only a context.

    >>> as_digits(np.array([0, 1, 2, 3]), 2, vocab_size=10).tolist()
    [1, 12, 23]
    >>> as_digits(np.array([0, 1, 2, 3]), 1, vocab_size=10).tolist()
    [1, 2, 3]
    """
    ends = np.arange(max(1, n - 1), len(ids))
    number = np.zeros_like(ends)
    for back in range(n - 1, -1, -1):
        number = number * vocab_size + ids[ends - back]
    return number


def find(wanted: Ids, among: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Where each number stands among the sorted ones, and whether it does; any place will do for one that does not."""
    places = np.searchsorted(among, wanted).clip(max=len(among) - 1)
    return places, among[places] == wanted


# ---------------------------------------------------------------- copies


def copies(model: GPT, book: Book, others: bytes, n_tokens: int) -> dict[str, str]:
    """The longest span that stands in the other books: of what the model writes, and of what the author wrote there."""
    assert model.tokenizer is not None
    ids = model.tokenizer.encode(book.text.decode(), special=False)
    spans = [longest_copy(texts, others.decode()) for texts in continuations(model, ids, n_tokens)]
    return {who: f"{len(span)}: `{span!r}`" for who, span in zip(("the model", "the author"), spans, strict=True)}


def longest_copy(texts: Sequence[str], training: str) -> str:
    """The longest part of any of the texts that stands, letter for letter, in the training text.

    >>> longest_copy(["a cat sat", "the cat sat on"], training="my cat sat on the mat")
    ' cat sat on'
    """

    def copy(length: int) -> str:
        """One of this length, or ""."""
        parts = {text[i : i + length] for text in texts for i in range(len(text) - length + 1)}
        places = range(len(training) - length + 1)
        return next((part for i in places if (part := training[i : i + length]) in parts), "")

    lengths = range(1, max(map(len, texts)) + 1)
    return copy(bisect_left(lengths, True, key=lambda length: not copy(length)))  # what holds a copy holds shorter ones


def continuations(model: GPT, ids: list[int], n_tokens: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """What the model writes after prompts from a book, at least n_tokens in all, and what the author wrote there.

    The prompts stand at equal distances, and each takes an eighth of the context. ids are the book's.
    """
    assert model.tokenizer is not None
    T = min(model.config.context_length, len(ids))
    prompt = max(1, T // 8)
    n = ceil(n_tokens / (T - prompt))
    windows = torch.tensor([ids[start : start + T] for start in np.linspace(0, len(ids) - T, n).astype(int)])
    written = generate(model, windows[:, :prompt], T - prompt, generator=torch.Generator().manual_seed(seed))
    decode = model.tokenizer.decode
    return [decode(row[prompt:]) for row in written], [decode(row[prompt:]) for row in windows]
