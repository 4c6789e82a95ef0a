"""A text of one's own: read it, keep a part for validation, and watch a small GPT learn the rest."""

import json
import math
import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Literal

import torch
from torch import Tensor

from mini_gpt.config import GPTConfig
from mini_gpt.generate import generate
from mini_gpt.lesson.any_model import tokenizer_of
from mini_gpt.model import GPT
from mini_gpt.tokenizer import Tokenizer
from mini_gpt.training.corpus import last_part
from mini_gpt.training.data import Batch
from mini_gpt.training.sources import decode, read_documents
from mini_gpt.training.train import TrainConfig, seeded, train, validation_loss

SHAPE = GPTConfig(vocab_size=1024, context_length=64, n_layer=2, n_head=4, d_model=64)  # for a text of some pages
VALIDATION = 0.1  # of the text, at its end
MARKUP = re.compile(r"<[^>]+>|\]\([^)]*\)|[*`#\[]")  # tags, the targets of links, Markdown's own signs

# ---------------------------------------------------------------- the text


def read(path: str | Path) -> str:
    """The text of a file: UTF-8, or what its byte order mark says. Raises OSError, or ValueError for other bytes."""
    [document] = read_documents(Path(path), "strict")
    return decode(document.name, 0, bytes(document.data), "strict", advice="")


def lesson_words(folder: str | Path = ".") -> str:
    """The prose of the lessons in a folder, in their order and without markup; by default, of those next to this one.

    Raises FileNotFoundError if the folder has no lessons.
    """
    paths = sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        raise FileNotFoundError(
            f"folder={str(folder)!r} holds no lessons (01_….ipynb): open this one where the others are, "
            "or read a text of yours: read('my_text.txt')"
        )
    cells = [cell for path in paths for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    return MARKUP.sub("", "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))


def split(text: str) -> tuple[str, str]:
    """The text for training, and its last tenth, for validation.

    >>> split("one two three four five six seven eight nine ten")
    ('one two three four five six seven eight', ' nine ten')
    """
    data = text.encode()
    if not text.strip():
        raise ValueError("text holds nothing to learn from")
    cut = last_part(data, VALIDATION)
    return data[:cut].decode(), data[cut:].decode()


# ---------------------------------------------------------------- the model


def untrained(tokenizer: Tokenizer, shape: GPTConfig = SHAPE) -> GPT:
    """A new GPT for a tokenizer; always the same weights for the same shape."""
    with seeded(0):
        model = GPT(replace(shape, vocab_size=tokenizer.vocab_size))
    model.tokenizer = tokenizer
    return model.eval()


def samples(model: GPT, n: int = 1, temperature: float = 0.7, max_new_tokens: int = 40, seed: int = 1) -> list[str]:
    """What a model writes when nothing is given to it, n times; it may not end a text.

    >>> from mini_gpt import load
    >>> [text] = samples(load("mini"), max_new_tokens=3)
    >>> len(text.split())
    3
    """
    tokenizer = tokenizer_of(model)
    start = torch.full((n, 1), tokenizer.end_of_text)
    dice = torch.Generator().manual_seed(seed)
    return [tokenizer.decode(row[1:]) for row in generate(model, start, max_new_tokens, temperature, generator=dice)]


# ---------------------------------------------------------------- the training


@dataclass(frozen=True)
class Learned:
    """How a model learned: by how many steps it had taken, in bits per byte; and what it wrote."""

    model: GPT
    training: dict[int, float] = field(default_factory=dict)  # the mean since the number before
    validation: dict[int, float] = field(default_factory=dict)
    samples: dict[int, str] = field(default_factory=dict)

    @property
    def best(self) -> int:
        """After how many steps validation was best."""
        return min(self.validation, key=self.validation.__getitem__)


def learn(
    model: GPT,
    training: str,
    validation: str,
    steps: int,
    learning_rate: float = 0.01,
    optimizer: Literal["adamw", "muon"] = "muon",
    batch_size: int = 8,
    looks: int = 5,
) -> Learned:
    """Train a model on a text, in place, and look now and then how it does on another.

    Each step reads batch_size windows of the training text, from places drawn at random.

    model       with its tokenizer, new or trained
    training    at least a window long, as `validation` is: 64 tokens, or the model's context if that is less
    looks       how often validation is computed and a sample written, from before the first step to after the last;
                1 is after the last alone

    Raises ValueError for a text that is too short, or that the tokenizer refuses.

    >>> from mini_gpt.tokenizer import GPT2Tokenizer
    >>> text = "the cat sat on the mat . the dog lay on the rug . " * 60
    >>> model = untrained(GPT2Tokenizer.train(text, vocab_size=300))
    >>> learned = learn(model, *split(text), steps=10, looks=3)
    >>> list(learned.validation), learned.validation[10] < learned.validation[0] / 2
    ([0, 5, 10], True)
    """
    T = min(SHAPE.context_length, model.config.context_length)
    read_from, per_byte = windows(model, "training", training, T)
    held_out, per_held_out_byte = windows(model, "validation", validation, T)
    parts = [as_batch(part) for part in held_out[::T].split(16)]
    learned = Learned(model)

    def batch(step: int) -> list[Batch]:
        dice = torch.Generator().manual_seed(step)
        return [as_batch(read_from[torch.randint(len(read_from), (batch_size,), generator=dice)])]

    def look(steps_done: int) -> dict[str, float]:
        learned.validation[steps_done] = validation_loss(model, parts) * per_held_out_byte
        learned.samples[steps_done] = samples(model)[0]
        return {}

    if looks > 1:
        look(0)
    every = max(1, steps // max(1, looks - 1))
    config = TrainConfig(
        steps, learning_rate, warmup_steps=min(20, steps // 4), optimizer=optimizer, evaluate_every=every
    )
    log = train(model, batch, config, evaluate=lambda _, step: look(step + 1))
    for before, done in pairwise([0, *(n for n in learned.validation if n > 0)]):
        learned.training[done] = mean(record["loss"] for record in log[before:done]) * per_byte
    return learned


def windows(model: GPT, name: str, text: str, T: int) -> tuple[Tensor, float]:
    """Every T + 1 tokens in a row, (N, T + 1), after <|endoftext|>; and what makes nats per token bits per byte."""
    tokenizer = tokenizer_of(model)
    ids = torch.tensor([tokenizer.end_of_text, *tokenizer.encode(text, special=False)])
    if len(ids) <= T:
        raise ValueError(f"{name} must have at least {T} tokens, a window; it has {len(ids) - 1}: take a longer text")
    return ids.unfold(0, T + 1, 1), (len(ids) - 1) / len(text.encode()) / math.log(2)


def as_batch(rows: Tensor) -> Batch:
    """Windows (B, T + 1) as inputs and, one token on, targets: (B, T) each."""
    return Batch(rows[:, :-1], rows[:, 1:])
