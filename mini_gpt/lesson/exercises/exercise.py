"""What an exercise consists of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mini_gpt.lesson.words import Words

Answer = Callable[..., Any]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer, and a hint for whoever gives it."""

    answer: Answer
    hint: Words


@dataclass(frozen=True)
class Exercise:
    """A solution, inputs that tell it from every mistake, and the mistakes."""

    solution: Answer
    inputs: Sequence[tuple[Any, ...]]
    mistakes: Sequence[Mistake]
