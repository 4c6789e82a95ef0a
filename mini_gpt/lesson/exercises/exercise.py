"""What an exercise is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Answer = Callable[..., Any]
Said = dict[str, str]  # by language


@dataclass(frozen=True)
class Mistake:
    """A wrong answer, and what to say to who gave it."""

    answer: Answer
    hint: Said


@dataclass(frozen=True)
class Exercise:
    """What is asked: the solution, inputs that tell it from every mistake, and the mistakes."""

    solution: Answer
    inputs: Sequence[tuple[Any, ...]]
    mistakes: Sequence[Mistake]
