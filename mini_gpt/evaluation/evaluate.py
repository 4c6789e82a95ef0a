"""Zero-shot evaluation: the paper's tasks from their published files, with the protocol beside the result.

The paper leaves its protocol open in places (stride, de-tokenizers, stop words), and each of them moves a result by
points. So a result here says how it was found, and the paper's figures stand beside it, not in judgement over it.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm.auto import tqdm

from mini_gpt.facts import FACTS, paper_row
from mini_gpt.messages import did_you_mean
from mini_gpt.model import GPT
from mini_gpt.tokenizer import END_OF_TEXT, Tokenizer
from mini_gpt.training.distributed import ONE_PROCESS, Processes
from mini_gpt.training.prepare import expand
from mini_gpt.training.prepare import rows as rows_of

# ---------------------------------------------------------------- results

FIGURES = {  # of a result: its label, the paper's name for it
    "perplexity_per_word": ("perplexity per word", "perplexity"),
    "accuracy": ("accuracy, %", "accuracy"),
    "accuracy_without_filter": ("  without the filter, %", ""),
    "bits_per_byte": ("bits per byte", "bits_per_byte"),
    "perplexity_per_token": ("perplexity per token", ""),
}


@dataclass(frozen=True)
class Result:
    """What an evaluation found. What a task does not have is None; accuracies are in percent.

    >>> Result("text", "story.txt", {"context": "8 tokens"}, tokens=4, words=3, bytes=16, nats=8.0).bits_per_byte
    0.7213475204444817
    """

    task: str
    data: str
    protocol: dict[str, str] = field(default_factory=dict)
    examples: int | None = None
    tokens: int | None = None  # the model's, that were predicted
    words: int | None = None  # the data's own, whatever the model's tokens are
    bytes: int | None = None  # of the data's own text, before any de-tokenizer
    nats: float | None = None  # -log p of all that was predicted
    accuracy: float | None = None
    accuracy_without_filter: float | None = None

    @property
    def perplexity_per_token(self) -> float | None:
        return self.perplexity(self.tokens)

    @property
    def perplexity_per_word(self) -> float | None:
        return self.perplexity(self.words)

    def perplexity(self, n: int | None) -> float | None:
        if self.nats is None or n is None:
            return None
        return math.exp(self.nats / n) if self.nats / n < 700 else math.inf

    @property
    def bits_per_byte(self) -> float | None:
        return None if self.nats is None or self.bytes is None else self.nats / math.log(2) / self.bytes

    @property
    def figures(self) -> dict[str, float]:
        """What was measured, by name."""
        return {name: value for name in FIGURES if (value := getattr(self, name)) is not None}

    def as_dict(self) -> dict[str, object]:
        """For JSON: the fields and figures that the task has, and the paper's."""
        fields = {name: value for name, value in asdict(self).items() if value is not None}
        return fields | self.figures | {"paper": paper_row(self.task)}

    def __str__(self) -> str:
        """A table of the protocol, then of the figures, the paper's beside them."""
        counts = [(self.examples, "examples"), (self.tokens, "tokens"), (self.words, "words"), (self.bytes, "bytes")]
        lines = [f"{self.task}: " + ", ".join(f"{n:,} {what}" for n, what in counts if n is not None), ""]
        lines += [f"{name:<14}{text}" for name, text in {"data": self.data, **self.protocol}.items()]
        paper = paper_row(self.task)
        names = list(FACTS["zero_shot"]["rows"]) if paper else []
        lines += ["", f"{'':<24}{'here':>14}" + "".join(f"{name:>9}" for name in names)]
        for figure, value in self.figures.items():
            label, metric = FIGURES[figure]
            beside = "".join(f"{paper[metric][name]:>9.2f}" for name in names) if metric in paper else ""
            lines.append(f"{label:<24}{value:>14,.2f}{beside}")
        return "\n".join(lines + ([f"the columns at the right: {FACTS['zero_shot']['source']}"] if paper else []))


# ---------------------------------------------------------------- de-tokenizers

MARK = re.compile("@([-,.])@")
ABBREVIATIONS = """Mr Mrs Ms Dr St Jr Sr Prof Rev Gen Col Maj Capt Lt Sgt Gov Sen Rep No Vol Co Corp Inc Ltd Bros vs
    Jan Feb Aug Sept Oct Nov Dec""".split()


@dataclass(frozen=True)
class Detokenizer:
    r"""Writes a line of words as English is written, so that it can be undone.

    Words are joined only where `split` takes them apart again. So split of a written line gives its words, unless it
    would cut one of them itself: `unsure` counts those.

    closing, opening  the characters that stand against the word before them, or after
    endings           a pattern for what was cut off a word's end, such as n't
    marks             whether @-@ @,@ @.@ stand for what was between two parts of a word

    >>> WIKITEXT('" It isn \'t mine , " said Mr. <unk> of the 1 @,@ 000 well @-@ known dogs ( in the U.S. ) . ')
    '"It isn\'t mine," said Mr. <unk> of the 1,000 well-known dogs (in the U.S.).'
    >>> WIKITEXT.split('well-known dogs (in the U.S.).')
    ['well', '@-@', 'known', 'dogs', '(', 'in', 'the', 'U.S.', ')', '.']
    >>> PTB(" mr. <unk> 's dogs do n't cost $ N million or N % of it ")
    "mr. <unk>'s dogs don't cost $N million or N% of it"
    >>> CBT('" Oh , it ca n\'t be ! " cried the king \'s dog .')
    '"Oh, it can\'t be!" cried the king\'s dog.'
    >>> ONE_BILLION_WORDS('It cost $ 2.5 million ( he didn \'t say why ) .')
    "It cost $2.5 million (he didn't say why)."
    """

    closing: str
    opening: str
    endings: str
    marks: bool = False

    def __call__(self, line: str) -> str:
        groups: list[list[str]] = []  # of words to join
        open_quote = holds = False  # holds: the last word wants the next one at its side
        for word in line.split():
            mark = self.marks and MARK.fullmatch(word) is not None
            leans = word in self.closing or re.fullmatch(f"{self.endings}|'", word) is not None
            if groups and (holds or mark or (open_quote if word == '"' else leans)):
                groups[-1].append(word)
            else:
                groups.append([word])
            holds = mark or (not open_quote if word == '"' else word in self.opening)
            open_quote ^= word == '"'
        return " ".join(self.join(group) for group in groups)

    def join(self, words: list[str]) -> str:
        text = "".join(MARK.sub(r"\1", word) if self.marks else word for word in words)
        return text if self.split(text) == words else " ".join(words)

    def split(self, text: str) -> list[str]:
        """The words of a line that was written."""
        return self.pattern.sub(lambda found: f" @{found[0]}@ " if found["mark"] else f" {found[0]} ", text).split()

    def unsure(self, line: str) -> int:
        """How many words `split` would cut: as it reads them, they are several."""
        return sum(self.split(word) != [word] for word in line.split())

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All that is a word of its own wherever it stands; in the group `mark`, what has @ around it as a word."""
        parts = [r"(?<!\S)@[-,.]@(?!\S)", '"', rf"(?<=\S)(?:{self.endings})(?!\w)", r"(?<=s)'(?!\w)"]
        parts += [rf"{re.escape(character)}(?!\w)" for character in self.closing if character != "."]
        parts += [rf"(?<!\w){re.escape(character)}" for character in self.opening]
        if "." in self.closing:  # a full stop follows neither an initial, nor U.S, nor an abbreviation
            others = "".join(rf"(?<!\b{word})" for word in ("[A-Z]", *ABBREVIATIONS))
            parts.append(rf"{others}(?<!\.)(?<!\.\w)\.(?![\w.])")
        mark = r"(?<=\d)[,.](?=\d)|(?<=\S)-(?=\S)" if self.marks else "(?!)"
        return re.compile(f"(?P<mark>{mark})|" + "|".join(parts))


WIKITEXT = Detokenizer(",.;:!?%)]}", "([{$£#", "'(?:s|t|re|ve|ll|d|m)", marks=True)
PTB = Detokenizer("%", "$#", "n't|'(?:s|re|ve|ll|d|m)")  # it has no other punctuation
CBT = Detokenizer(",.;:!?%)]}", "([{$£#", "n't|'(?:s|re|ve|ll|d|m)")
ONE_BILLION_WORDS = Detokenizer(",.;:!?%)]}", "([{$£#", "'(?:s|t|re|ve|ll|d|m)")


# ---------------------------------------------------------------- reading the published files


class Text(NamedTuple):
    """What the model reads, each document by itself, and how much the data's own form of it holds."""

    documents: list[str]
    words: int
    bytes: int
    protocol: dict[str, str]


class Blank(NamedTuple):
    """A text whose last words are to be chosen or guessed: the endings that may follow `start`."""

    start: str
    endings: list[str]
    answer: int  # which of the endings is right


def read(path: Path) -> bytes:
    data = path.read_bytes()
    if not data.strip():
        raise ValueError(f"data={str(path)!r} is empty")
    return data


def read_text(path: Path) -> str:
    try:
        return read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"data={str(path)!r} is not UTF-8 at byte {error.start}") from error


def wrong_line(path: Path, number: int, expected: str) -> ValueError:
    return ValueError(f"data={str(path)!r}, line {number}: expected {expected}")


def plain(path: Path) -> Text:
    """Any text, or several with <|endoftext|> between. Words are what white space separates."""
    documents = [document for document in read_text(path).split(END_OF_TEXT) if document.strip()]
    protocol = {"de-tokenizer": "none", "words": "what white space separates", "documents": f"{len(documents):,}"}
    words, n_bytes = (sum(map(len, parts)) for parts in (map(str.split, documents), map(str.encode, documents)))
    return Text(documents, words, n_bytes, protocol)


def tokenised(path: Path, detokenizer: Detokenizer, layout: str, expected: str) -> Text:
    """Lines of words with spaces between, each of which fits `layout`. A line's end counts as a word."""
    raw = read_text(path)
    lines = raw.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(layout, line.removesuffix("\r")):
            raise wrong_line(path, number, expected)
    words, unsure = sum(len(line.split()) + 1 for line in lines), sum(map(detokenizer.unsure, lines))
    protocol = {
        "de-tokenizer": f"on; it cannot be undone for {unsure:,} of {words:,} words",
        "words": "the file's own, and one for each line's end",
    }
    return Text(["".join(detokenizer(line) + "\n" for line in lines)], words, len(raw.encode()), protocol)


TEST_BYTES = 5_000_000


def last_bytes(path: Path, characters: str = "") -> Text:
    """The last 5,000,000 bytes, the test part of enwik8 and text8, without a character that the cut went through."""
    data = read(path)[-TEST_BYTES:]
    text = data.decode("utf-8", errors="ignore")
    n_bytes = len(text.encode())
    if len(data) - n_bytes > 6:
        raise ValueError(f"data={str(path)!r} is not UTF-8 in its last {len(data):,} bytes")
    if characters and (wrong := re.search(f"[^{characters}]", text.rstrip("\n"))):
        raise ValueError(f"data={str(path)!r} has {wrong[0]!r}, but expected only the characters {characters!r}")
    protocol = {"de-tokenizer": "none", "part": f"the last {n_bytes:,} bytes of {path.stat().st_size:,}"}
    return Text([text], len(text.split()), n_bytes, protocol)


def lambada(path: Path) -> list[Blank]:
    """A text for each line, as it is or as {"text": …} in JSON; its last word is to be guessed."""
    blanks = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"] if line.startswith("{") else line
            start, word = text.rsplit(maxsplit=1)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise wrong_line(path, number, 'a text of at least two words, or {"text": …} with one') from None
        blanks.append(Blank(start, [" " + word], 0))
    return blanks


def cbt(path: Path) -> list[Blank]:
    """Blocks of 20 numbered sentences and a 21st with XXXXX, then tab, answer, tab, tab, candidates|between|bars."""
    blanks: list[Blank] = []
    sentences: list[str] = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        n = len(sentences) + 1
        if not (found := re.fullmatch(rf"{n} (.+)", line.removesuffix("\r"))):
            raise wrong_line(path, number, f"sentence {n} of 21, and its number before it")
        sentences.append(found[1])
        if n == 21:
            blanks.append(cbt_blank(sentences, path, number))
            sentences = []
    if sentences:
        raise wrong_line(path, number, f"sentence {len(sentences) + 1} of 21, not the end of the file")
    return blanks


def cbt_blank(sentences: list[str], path: Path, number: int) -> Blank:
    question, _, rest = sentences[-1].partition("\t")
    answer, _, listed = rest.partition("\t\t")
    candidates = [candidate for candidate in listed.split("|") if candidate]
    if "XXXXX" not in question or answer not in candidates:
        raise wrong_line(path, number, "a sentence with XXXXX, tab, the answer, two tabs, candidates with | between")

    def written(line: str) -> str:
        for token, sign in (("``", '"'), ("''", '"'), ("-LRB-", "("), ("-RRB-", ")")):
            line = line.replace(token, sign)
        return CBT(line)

    endings = [" " + written(question.replace("XXXXX", candidate)) for candidate in candidates]
    return Blank(" ".join(map(written, sentences[:-1])), endings, candidates.index(answer))


# ---------------------------------------------------------------- rows of tokens, and what the model gives them


class Row(NamedTuple):
    """ids (n,), of which those from `first` on are predicted, each from all before it."""

    ids: Tensor
    first: int


def windows(n_tokens: int, context_length: int, stride: int) -> Iterator[tuple[int, int, int]]:
    """(start, stop, first) of windows over a text: its tokens first..stop - 1 are predicted from those since start.

    Every token but the first is predicted once: the first window's as far as the context reaches, then `stride` at a
    time, each of them from at least context_length - stride + 1 tokens. With stride 1 all have the most that can be.

    >>> list(windows(8, context_length=4, stride=2))
    [(0, 5, 1), (2, 7, 5), (3, 8, 7)]
    """
    first, stop = 1, min(context_length + 1, n_tokens)
    while first < n_tokens:
        yield max(0, stop - context_length - 1), stop, first
        first, stop = stop, min(stop + stride, n_tokens)


POSITIONS = 1024  # at a time get logits, the largest tensor by far: 206 MB with GPT-2's vocabulary
Judge = Callable[[Tensor, Tensor, Tensor], Tensor]  # logits (N, V), targets (N,), which are a row's first (N,): (N, k)


def cost(logits: Tensor, targets: Tensor, first: Tensor) -> Tensor:
    """-log p of each target, in nats."""
    return F.cross_entropy(logits, targets, reduction="none")[:, None]


@dataclass(frozen=True)
class Reader:
    """A model, its tokenizer and how it is made to read."""

    model: GPT
    tokenizer: Tokenizer
    data: Path
    context_length: int
    stride: int
    batch_size: int
    processes: Processes

    def encode(self, text: str) -> list[int]:
        try:
            return self.tokenizer.encode(text, special=False)
        except ValueError as error:
            raise ValueError(f"data={str(self.data)!r} is refused by the model's tokenizer: {error}") from error

    @property
    def share(self) -> slice:
        """This process's part of a list."""
        return slice(self.processes.rank, None, self.processes.world_size)

    def rows(self, blank: Blank) -> list[Row]:
        """<|endoftext|>, the text and an ending, which is predicted; for each ending."""
        start = [self.tokenizer.end_of_text, *self.encode(blank.start)]
        return [Row(torch.tensor(start + self.encode(ending)), len(start)) for ending in blank.endings]

    def fit(self, rows: list[Row]) -> list[Row]:
        """The rows without as many of their first tokens as the context has no room for, the same for all."""
        cut = max(0, max(len(row.ids) for row in rows) - self.context_length - 1)
        if cut >= (first := min(row.first for row in rows)):
            n = cut - first + 1 + self.context_length
            raise ValueError(f"context_length={self.context_length} must be at least {n} for an ending of {n} tokens")
        return [Row(row.ids[cut:], row.first - cut) for row in rows]

    def judge(self, rows: Sequence[Row], judge: Judge = cost) -> Iterator[list[float]]:
        """Each row's sum of what judge gives its predicted tokens, k numbers, in order."""
        with tqdm(total=len(rows), disable=None if self.processes.is_first else True, unit="row") as bar:
            for start in range(0, len(rows), self.batch_size):
                batch = rows[start : start + self.batch_size]
                yield from self.judge_batch(batch, judge)
                bar.update(len(batch))

    @torch.inference_mode()
    def judge_batch(self, rows: Sequence[Row], judge: Judge) -> list[list[float]]:
        device = self.model.token_embedding.weight.device
        ids = pad_sequence([row.ids for row in rows], batch_first=True).to(device)  # causal: none sees what pads it
        position = torch.arange(1, ids.size(1), device=device)
        first, stop = torch.tensor([(row.first, len(row.ids)) for row in rows], device=device).T[:, :, None]
        counted = (first <= position) & (position < stop)  # (B, T)
        hidden, targets = self.model.hidden_states(ids[:, :-1])[counted], ids[:, 1:][counted]  # (N, C), (N,)
        begins = (first == position)[counted]
        parts = zip(hidden.split(POSITIONS), targets.split(POSITIONS), begins.split(POSITIONS), strict=True)
        values = torch.cat([judge(self.model.head(h).float(), t, b) for h, t, b in parts]).cpu().double()
        return [part.sum(0).tolist() for part in values.split(counted.sum(1).tolist())]


# ---------------------------------------------------------------- what is measured: fields of a Result

STOP_WORDS = frozenset(
    # articles and pronouns, conjunctions, prepositions, auxiliary verbs, adverbs that lean on another word
    """a an the this that these those my your his her its our their some any no every each both all such what which
    whose i me you he him she it we us they them who whom myself yourself himself herself itself ourselves themselves
    mine yours hers ours theirs and or but nor if than because while although though unless until whether as so of at by
    for with about against between into through during before after above below to from up down in out on off over
    under toward towards upon within without be am is are was were been being have has had having do does did doing will
    would shall should can could may might must not very too just only also even quite then there here when where why
    how again once ever""".split()
)


def whole_text(reader: Reader, text: Text) -> dict[str, Any]:
    """Every token of a running text: the <|endoftext|> before it lets its first one count too."""
    rows: list[Row] = []
    for document in text.documents:
        ids = torch.tensor([reader.tokenizer.end_of_text, *reader.encode(document)])
        spans = windows(len(ids), reader.context_length, reader.stride)
        rows += [Row(ids[start:stop], first - start) for start, stop, first in spans]
    tokens = sum(len(row.ids) - row.first for row in rows)
    [nats] = reader.processes.sum(sum(nats for [nats] in reader.judge(rows[reader.share])))
    protocol = {
        "context": f"windows of {reader.context_length:,} tokens; {END_OF_TEXT} goes before the text",
        "stride": f"{reader.stride:,} tokens (the paper does not say its own); each token is predicted once",
        **text.protocol,
    }
    return {"tokens": tokens, "words": text.words, "bytes": text.bytes, "nats": nats, "protocol": protocol}


def last_word(reader: Reader, blanks: list[Blank]) -> dict[str, Any]:
    """LAMBADA: the probability of the last word, and whether it is the guess.

    The guess is the likeliest token, then the likeliest after that one, as many as the word has. With the filter the
    first is the likeliest of those that by themselves are no stop word, and hold a letter or a digit.
    """
    tokenizer = reader.tokenizer
    texts = [tokenizer.decode([i]).strip().lower() for i in range(tokenizer.vocab_size)]
    banned = torch.ones(reader.model.config.vocab_size, dtype=torch.bool)
    banned[: len(texts)] = torch.tensor([text in STOP_WORDS or not any(map(str.isalnum, text)) for text in texts])
    banned[tokenizer.end_of_text] = True
    banned = banned.to(reader.model.token_embedding.weight.device)

    def judge(logits: Tensor, targets: Tensor, first: Tensor) -> Tensor:
        likeliest = logits.masked_fill(banned & first[:, None], -torch.inf).argmax(-1)
        return torch.stack([cost(logits, targets, first)[:, 0], logits.argmax(-1) != targets, likeliest != targets], 1)

    rows = [row for blank in blanks for row in reader.fit(reader.rows(blank))]
    totals = [0.0, 0, 0]
    for nats, misses, misses_filtered in reader.judge(rows[reader.share], judge):
        totals = [totals[0] + nats, totals[1] + (misses == 0), totals[2] + (misses_filtered == 0)]
    nats, right, right_filtered = reader.processes.sum(*totals)
    protocol = {
        "context": f"at most {reader.context_length:,} tokens, {END_OF_TEXT} and the text up to its last word",
        "predicted": "the last word, by all its tokens; the perplexity is per last word",
        "filter": f"on, {len(STOP_WORDS)} stop words (the paper does not list its own): "
        f"{int(banned.sum()):,} of {len(banned):,} tokens may not begin the guess",
        "de-tokenizer": "none",
    }
    tokens, n = sum(len(row.ids) - row.first for row in rows), len(rows)
    return {"examples": n, "tokens": tokens, "words": n, "nats": nats, "accuracy": 100 * right_filtered / n,
            "accuracy_without_filter": 100 * right / n, "protocol": protocol}  # fmt: skip


def choice(reader: Reader, blanks: list[Blank]) -> dict[str, Any]:
    """The Children's Book Test: of the endings, each a candidate and the rest of its sentence, the likeliest is chosen.

    What all endings begin with has one probability, so only what follows is computed.
    """
    mine = blanks[reader.share]
    groups = [reader.fit(differing(reader.rows(blank))) for blank in mine]
    costs = iter([nats for [nats] in reader.judge([row for group in groups for row in group])])
    right = 0
    for blank, group in zip(mine, groups, strict=True):
        nats = [next(costs) for _ in group]
        right += nats.index(min(nats)) == blank.answer
    [right_of_all] = reader.processes.sum(right)
    protocol = {
        "context": f"at most {reader.context_length:,} tokens, {END_OF_TEXT} and 20 sentences with spaces between",
        "predicted": "the candidate and the rest of its sentence; the likeliest wins",
        "de-tokenizer": "on",
        "part": "the paper's figures are for the validation part",
    }
    return {"examples": len(blanks), "accuracy": 100 * right_of_all / len(blanks), "protocol": protocol}


def differing(rows: list[Row]) -> list[Row]:
    """The rows, counted from the first token in which any two differ."""
    ids = [row.ids.tolist() for row in rows]
    same = next((i for i, tokens in enumerate(zip(*ids, strict=False)) if len(set(tokens)) > 1), min(map(len, ids)))
    return [Row(row.ids, same) for row in rows]


# ---------------------------------------------------------------- the tasks


@dataclass(frozen=True)
class Task:
    """A name, how its published file is read, and what is measured on it."""

    name: str
    file: str  # that the data set publishes
    read: Callable[[Path], Any]
    measure: Callable[[Reader, Any], dict[str, Any]]


def wikitext(path: Path) -> Text:
    return tokenised(path, WIKITEXT, "| .*", "a space before the first word, as in wiki.test.tokens")


def ptb(path: Path) -> Text:
    return tokenised(path, PTB, r"(?:[^A-Z]|\bN\b)*", "lower-case words, and N for numbers, as in ptb.test.txt")


def one_billion_words(path: Path) -> Text:
    return tokenised(path, ONE_BILLION_WORDS, ".+", "a sentence, as in news.en.heldout-00000-of-00050")


def text8(path: Path) -> Text:
    return last_bytes(path, "a-z ")


TASKS = {
    task.name: task
    for task in (
        Task("lambada", "lambada_test.jsonl, or lines of text", lambada, last_word),
        Task("cbt-cn", "cbtest_CN_valid_2000ex.txt", cbt, choice),
        Task("cbt-ne", "cbtest_NE_valid_2000ex.txt", cbt, choice),
        Task("wikitext2", "wiki.test.tokens", wikitext, whole_text),
        Task("ptb", "ptb.test.txt", ptb, whole_text),
        Task("enwik8", "enwik8", last_bytes, whole_text),
        Task("text8", "text8", text8, whole_text),
        Task("wikitext103", "wiki.test.tokens", wikitext, whole_text),
        Task("1bw", "news.en.heldout-00000-of-00050", one_billion_words, whole_text),
        Task("text", "any text in UTF-8; <|endoftext|> may separate documents", plain, whole_text),
    )
}


@contextmanager
def published(data: str, task: Task) -> Iterator[Path]:
    """The file that data names; of a data set of the hub, one written for the time of the with-block."""
    if not data.startswith("hub:"):
        if not Path(data).is_file():
            raise FileNotFoundError(f"data={data!r} is not a file; task={task.name!r} reads {task.file}")
        yield Path(data)
        return
    expand([data])  # refuses another spelling, and a missing library
    with TemporaryDirectory() as directory:
        path = Path(directory, data.replace("/", "-"))
        with open(path, "w", encoding="utf-8") as file:
            for row in rows_of(data, "strict"):
                text = bytes(row.data).decode()
                file.write(json.dumps({"text": text}) + "\n" if task.read is lambada else text.rstrip("\n") + "\n")
        yield path


def evaluate(
    model: GPT,
    task: str,
    data: str | Path,
    stride: int | None = None,
    context_length: int | None = None,
    batch_size: int = 8,
    processes: Processes = ONE_PROCESS,
) -> Result:
    """How well a model with its tokenizer does on a task, without training for it.

    task            one of TASKS
    data            the path of the task's file, as its data set publishes it; or "hub:NAME[:CONFIG[:SPLIT]]", a data
                    set of the Hugging Face hub with a "text" in each row, which is a line of that file
    stride          tokens from one window to the next over a running text; None is half the context. The fewer, the
                    more context each token has, and the longer it takes. The paper does not say its own
    context_length  tokens that the model reads at once; None is all it can
    batch_size      rows at a time
    processes       share the rows among them; each gets the result

    Raises ValueError for what is out of range, FileNotFoundError if there is no such file, and ValueError with its
    path and line if it is laid out otherwise or the tokenizer refuses it.

    >>> from tempfile import TemporaryDirectory
    >>> from mini_gpt import load
    >>> with TemporaryDirectory() as directory:
    ...     data = Path(directory, "town.txt")
    ...     _ = data.write_text("nina guarda a bola .")
    ...     evaluate(load("mini"), "text", data).words
    5
    """
    if task not in TASKS:
        raise ValueError(f"task={task!r} must be one of {', '.join(TASKS)}{did_you_mean(task, TASKS)}")
    if model.tokenizer is None:
        raise ValueError("model has no tokenizer; load it from a directory with tokenizer.json, or set model.tokenizer")
    longest, kind = model.config.context_length, TASKS[task]
    context_length = longest if context_length is None else context_length
    if not 1 <= context_length <= longest:
        raise ValueError(f"context_length={context_length} must be in 1..{longest}, the most that the model reads")
    if stride is not None and kind.measure is not whole_text:
        raise ValueError(f"stride={stride} is for a running text; task={task!r} has none")
    stride = max(1, context_length // 2) if stride is None else stride
    if not 1 <= stride <= context_length:
        raise ValueError(f"stride={stride} must be in 1..context_length={context_length}")
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size} must be at least 1")
    with published(str(data), kind) as path:
        material = kind.read(path)
    reader = Reader(model, model.tokenizer, Path(data), context_length, stride, batch_size, processes)
    was_training = model.training
    model.eval()
    try:
        found = kind.measure(reader, material)
    finally:
        model.train(was_training)
    dtype = str(model.token_embedding.weight.dtype).removeprefix("torch.")
    size = f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters, {dtype}"
    return Result(task, str(data), {"model": size} | found.pop("protocol"), **found)
