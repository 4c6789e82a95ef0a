"""The tasks: which file each reads, in which format, and what is measured on it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from mini_gpt.evaluation import formats
from mini_gpt.evaluation.formats import Cloze, RunningText
from mini_gpt.evaluation.measures import choice, last_word, running_text
from mini_gpt.evaluation.results import Result
from mini_gpt.evaluation.scoring import Scorer
from mini_gpt.messages import did_you_mean
from mini_gpt.model import GPT
from mini_gpt.training.distributed import ONE_PROCESS, Processes, evaluating
from mini_gpt.training.sources import announced, as_utf8, check_hub_source, has_text, hub_rows

Content = TypeVar("Content", RunningText, list[Cloze])


@dataclass(frozen=True)
class Task(Generic[Content]):
    """What a task reads and measures."""

    file: str  # as its data set publishes it
    parse: Callable[[bytes], Content]
    measure: Callable[[Scorer, Content], Result]
    by_bytes: bool = False  # of the file, as they are: its line ends are part of the task

    def read(self, task: str, data: str) -> bytes:
        """The bytes of the file, or of the same file made from a data set of the hub."""
        if data.startswith("hub:"):
            check_hub_source(data)
            texts = (bytes(row.data).decode() for row in hub_rows(data, "strict") if has_text(row.data))
            as_json = self.parse is formats.parse_lambada  # a text may have several lines
            lines = (json.dumps({"text": text}) if as_json else text.rstrip("\n") for text in texts)
            return "".join(line + "\n" for line in lines).encode()
        if not Path(data).is_file():
            raise FileNotFoundError(f"data={data!r} is not a file; task={task!r} reads {self.file}")
        content = Path(data).read_bytes()
        as_is = self.by_bytes and not announced(content)[0]
        return content if as_is else bytes(as_utf8(f"data={data!r}", content, "strict", advice=""))

    def run(self, scorer: Scorer) -> Result:
        published = self.read(scorer.task, scorer.data)
        try:
            content = self.parse(published)
        except ValueError as error:
            raise ValueError(f"data={scorer.data!r} {error}") from error
        with evaluating(scorer.model):
            return self.measure(scorer, content)


TASKS: dict[str, Task[RunningText] | Task[list[Cloze]]] = {
    "lambada": Task("lambada_test.jsonl, or lines of text", formats.parse_lambada, last_word),
    "cbt-cn": Task("cbtest_CN_valid_2000ex.txt", formats.parse_cbt, choice),
    "cbt-ne": Task("cbtest_NE_valid_2000ex.txt", formats.parse_cbt, choice),
    "wikitext2": Task("wiki.test.tokens", formats.parse_wikitext, running_text),
    "ptb": Task("ptb.test.txt", formats.parse_ptb, running_text),
    "enwik8": Task("enwik8", formats.parse_enwik8, running_text, by_bytes=True),
    "text8": Task("text8", formats.parse_text8, running_text, by_bytes=True),
    "wikitext103": Task("wiki.test.tokens", formats.parse_wikitext, running_text),
    "1bw": Task("news.en.heldout-00000-of-00050", formats.parse_1bw, running_text),
    "text": Task("any text; <|endoftext|> may separate documents", formats.parse_text, running_text),
}


def evaluate(
    model: GPT,
    task: str,
    data: str | Path,
    stride: int | None = None,
    context_length: int | None = None,
    batch_size: int = 8,
    processes: Processes = ONE_PROCESS,
) -> Result:
    """How well a model does on a task, without training for it.

    model           with its tokenizer; it is left in the mode it was in
    task            one of TASKS
    data            the path of the task's file as its data set publishes it, or "hub:NAME[:CONFIG[:SPLIT]]": a data
                    set of the Hugging Face hub with a string "text" in each row, a line of that file
    stride          tokens from one window to the next over a running text; half the context by default. A smaller
                    stride gives each token more context, and takes longer. The paper does not state its own
    context_length  tokens that the model reads at once; by default all it can
    batch_size      rows at a time
    processes       share the rows; each returns the same result

    Raises ValueError for an argument out of range, FileNotFoundError if there is no such file, and ValueError, naming
    the file and where possible the line, if its format differs or the tokenizer refuses its text. Raises
    FloatingPointError, naming the place in the model, if what it computes is NaN.

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
    longest = model.config.context_length
    context_length = longest if context_length is None else context_length
    if not 1 <= context_length <= longest:
        raise ValueError(f"context_length={context_length} must be in 1..{longest}, the most that the model reads")
    if stride is not None and TASKS[task].measure is not running_text:
        raise ValueError(f"stride={stride} is for running text; task={task!r} has none")
    stride = max(1, context_length // 2) if stride is None else stride
    if not 1 <= stride <= context_length:
        raise ValueError(f"stride={stride} must be in 1..context_length={context_length}")
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size} must be at least 1")
    scorer = Scorer(model, model.tokenizer, task, str(data), context_length, stride, batch_size, processes)
    return TASKS[task].run(scorer)
