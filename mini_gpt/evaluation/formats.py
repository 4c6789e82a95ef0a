"""The formats of the published files: a function for each takes a file's bytes, and returns what the model is to read.

Each raises a ValueError for bytes in another format. Its message continues a sentence that begins with the file's name.
"""

import json
import re
from functools import partial
from typing import NamedTuple

from mini_gpt.evaluation.detokenizers import CBT, ONE_BILLION_WORDS, PTB, WIKITEXT, Detokenizer
from mini_gpt.tokenizer import END_OF_TEXT


class RunningText(NamedTuple):
    """Text to predict from beginning to end."""

    documents: list[str]  # each is predicted without the others
    words: int  # of the text as published
    bytes: int  # likewise
    protocol: dict[str, str]


class Cloze(NamedTuple):
    """A text without its ending: one of `endings` follows `context`, namely endings[answer]."""

    context: str
    endings: list[str]
    answer: int


def decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 at byte {error.start}: save it as UTF-8") from error
    if not text.strip():
        raise ValueError("is empty")
    return text


def wrong_line(number: int, expected: str) -> ValueError:
    return ValueError(f"does not match the format at line {number}: expected {expected}")


def parse_text(data: bytes) -> RunningText:
    """Any text; <|endoftext|> separates documents, and white space separates words."""
    documents = [document for document in decode(data).split(END_OF_TEXT) if document.strip()]
    if not documents:
        raise ValueError(f"has no text besides {END_OF_TEXT}")
    words, n_bytes = (sum(map(len, parts)) for parts in (map(str.split, documents), map(str.encode, documents)))
    protocol = {"de-tokenizer": "none", "words": "separated by white space", "documents": f"{len(documents):,}"}
    return RunningText(documents, words, n_bytes, protocol)


def parse_words(data: bytes, detokenizer: Detokenizer, layout: str, expected: str) -> RunningText:
    """Lines that match `layout`, with spaces between the words. The end of a line counts as a word."""
    lines = decode(data).removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(layout, line):
            raise wrong_line(number, expected)
    words, ambiguous = sum(len(line.split()) + 1 for line in lines), sum(map(detokenizer.ambiguous, lines))
    protocol = {
        "de-tokenizer": f"on; cannot be undone for {ambiguous:,} of {words:,} words",
        "words": "those of the file, and one for the end of each line",
    }
    return RunningText(["".join(detokenizer(line) + "\n" for line in lines)], words, len(data), protocol)


parse_wikitext = partial(parse_words, detokenizer=WIKITEXT, layout="| .*",
                         expected="a space before the first word, as in wiki.test.tokens")  # fmt: skip
parse_ptb = partial(parse_words, detokenizer=PTB, layout=r"(?:[^A-Z]|\bN\b)*",
                    expected="lower-case words, and N for numbers, as in ptb.test.txt")  # fmt: skip
parse_1bw = partial(parse_words, detokenizer=ONE_BILLION_WORDS, layout=".+",
                    expected="a sentence, as in news.en.heldout-00000-of-00050")  # fmt: skip
TEST_BYTES = 5_000_000


def parse_enwik8(data: bytes) -> RunningText:
    """The last 5,000,000 bytes, the test part of enwik8 and text8, without a character that the cut went through."""
    last = data[-TEST_BYTES:]
    text = last.decode("utf-8", errors="ignore")
    n_bytes = len(text.encode())
    if len(last) - n_bytes > 6:  # at most 3 of a character at each end
        raise ValueError(f"is not UTF-8 in its last {len(last):,} bytes")
    if not text.strip():
        raise ValueError("is empty")
    if "\0" in text:
        raise ValueError("holds a NUL: it is no text in UTF-8")
    protocol = {"de-tokenizer": "none", "part": f"the last {n_bytes:,} bytes of {len(data):,}"}
    return RunningText([text], len(text.split()), n_bytes, protocol)


def parse_text8(data: bytes) -> RunningText:
    text = parse_enwik8(data)
    if wrong := re.search("[^a-z ]", text.documents[0].rstrip("\r\n")):
        raise ValueError(f"has {wrong[0]!r}, but only a to z and spaces are expected")
    return text


def parse_lambada(data: bytes) -> list[Cloze]:
    """One text on each line, plain or as JSON, {"text": …}; its last word is to be predicted."""
    clozes = []
    for number, line in enumerate(decode(data).split("\n"), 1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"] if line.startswith("{") else line
            context, word = text.rsplit(maxsplit=1)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise wrong_line(number, 'a text of at least two words, or {"text": …} with one') from None
        clozes.append(Cloze(context, [" " + word], 0))
    return clozes


def parse_cbt(data: bytes) -> list[Cloze]:
    """Blocks of 20 numbered sentences and a 21st with XXXXX, then tab, answer, tab, tab, candidates|between|bars."""
    clozes: list[Cloze] = []
    sentences: list[str] = []
    for number, line in enumerate(decode(data).split("\n"), 1):
        if not line.strip():
            continue
        n = len(sentences) + 1
        if not (found := re.fullmatch(rf"{n} (.+)", line)):
            raise wrong_line(number, f"sentence {n} of 21 after its number")
        sentences.append(found[1])
        if n == 21:
            clozes.append(cbt_cloze(sentences, number))
            sentences = []
    if sentences:
        raise wrong_line(number, f"sentence {len(sentences) + 1} of 21, not the end of the file")
    return clozes


def cbt_cloze(sentences: list[str], number: int) -> Cloze:
    question, _, rest = sentences[-1].partition("\t")
    answer, _, listed = rest.partition("\t\t")
    candidates = [candidate for candidate in listed.split("|") if candidate]
    if "XXXXX" not in question or answer not in candidates:
        raise wrong_line(number, "a sentence with XXXXX, tab, the answer, two tabs, candidates separated by |")

    def written(line: str) -> str:
        for token, sign in (("``", '"'), ("''", '"'), ("-LRB-", "("), ("-RRB-", ")")):
            line = line.replace(token, sign)
        return CBT(line)

    endings = [" " + written(question.replace("XXXXX", candidate)) for candidate in candidates]
    return Cloze(" ".join(map(written, sentences[:-1])), endings, candidates.index(answer))
