"""Exercises that answer: what is right passes, however it is written; what is wrong gets a hint, never a traceback.

An exercise has a solution, some inputs, and common mistakes, each written as a function that makes it: see exercises/.
An answer runs on the inputs. If it agrees with the solution, it is right; if it agrees with a mistake, it gets that
mistake's hint; otherwise, the first input on which it differs is shown.
"""

import copy
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mini_gpt.lesson.exercises import EXERCISES
from mini_gpt.lesson.exercises.exercise import Answer
from mini_gpt.lesson.words import in_language

TEXTS = {
    "right": {"pt": "✓ Certo!", "en": "✓ Right!"},
    "empty": {
        "pt": "… Ainda sem resposta: troque o `...` pelo seu código.",
        "en": "… No answer yet: put your code in place of the `...`.",
    },
    "nothing": {
        "pt": "… A função não retorna nada: falta um `return`?",
        "en": "… The function returns nothing: is `return` missing?",
    },
    "raised": {
        "pt": "✗ Com a entrada {inputs}, seu código parou com {error}",
        "en": "✗ With the input {inputs}, your code raised {error}",
    },
    "kind": {
        "pt": "✗ Com a entrada {inputs}, a resposta é do tipo {got}; o esperado é {wanted}.",
        "en": "✗ With the input {inputs}, the answer is of type {got}; expected {wanted}.",
    },
    "shape": {
        "pt": "✗ Com a entrada {inputs}, a resposta tem o shape {got}; o esperado é {wanted}.",
        "en": "✗ With the input {inputs}, the answer has shape {got}; expected {wanted}.",
    },
    "element": {
        "pt": "✗ Com a entrada {inputs}, o elemento {place} da resposta é {got}; o esperado é {wanted}.",
        "en": "✗ With the input {inputs}, element {place} of the answer is {got}; expected {wanted}.",
    },
    "differs": {
        "pt": "✗ Com a entrada {inputs}, a resposta é {got}; o esperado é {wanted}.",
        "en": "✗ With the input {inputs}, the answer is {got}; expected {wanted}.",
    },
}
CLOSE: Any = {"rtol": 1e-4, "atol": 1e-6, "equal_nan": True}  # about five digits
READABLE = 10  # a tensor of at most so many numbers is shown in full


def check(name: str, answer: Answer, lang: str) -> None:
    """Print that the answer to the exercise `name` is right, or a hint.

    >>> check("perplexity", lambda log_probs: (-log_probs).mean().exp(), "en")
    ✓ Right!
    >>> check("perplexity", lambda log_probs: log_probs.mean().exp(), "en")
    ✗ Surprise is minus the log-probability: a perplexity is never less than 1.
    """
    print(verdict(name, answer, lang))


def verdict(name: str, answer: Answer, lang: str) -> str:
    """What `check` prints. Raises ValueError for an unknown name or language."""
    texts = in_language(TEXTS, lang)
    if name not in EXERCISES:
        raise ValueError(f"name={name!r} must be one of {', '.join(EXERCISES)}")
    exercise = EXERCISES[name]
    outputs: list[Any] = []
    complaint = None
    for inputs in exercise.inputs:
        output = call(answer, inputs)
        outputs.append(output)
        complaint = complaint or complain(inputs, output, call(exercise.solution, inputs), texts)
    if complaint is None:
        return texts["right"]
    if all(output is ... for output in outputs):
        return texts["empty"]
    if all(output is None for output in outputs):
        return texts["nothing"]
    for mistake in exercise.mistakes:
        if all(same(output, call(mistake.answer, i)) for output, i in zip(outputs, exercise.inputs, strict=True)):
            return f"✗ {mistake.hint[lang]}"
    return complaint


def call(answer: Answer, inputs: tuple[Any, ...]) -> Any:
    """The answer's output for copies of the inputs, or the exception that it raises."""
    try:
        return answer(*copy.deepcopy(inputs))
    except Exception as error:
        return error


def complain(inputs: tuple[Any, ...], output: Any, wanted: Any, texts: Mapping[str, str]) -> str | None:
    """What is wrong with one output, or None if it is right."""
    shown = ", ".join(show(i) for i in inputs)
    if same(output, wanted):
        return None
    if isinstance(output, Exception):
        return texts["raised"].format(inputs=shown, error=f"{type(output).__name__}: {output}")
    got, expected = as_tensor(output), as_tensor(wanted)
    if got is None or expected is None:
        if type(output) is not type(wanted):
            return texts["kind"].format(inputs=shown, got=type(output).__name__, wanted=type(wanted).__name__)
    elif got.shape != expected.shape:
        return texts["shape"].format(inputs=shown, got=tuple(got.shape), wanted=tuple(expected.shape))
    elif got.numel() > READABLE:
        place = (~torch.isclose(got, expected, **CLOSE)).nonzero()[0].tolist()
        values = {"got": show(got[*place]), "wanted": show(expected[*place])}
        return texts["element"].format(inputs=shown, place=place, **values)
    return texts["differs"].format(inputs=shown, got=show(output), wanted=show(wanted))


def same(output: Any, wanted: Any) -> bool:
    """Whether numbers, in whatever container, agree to about five digits, and anything else is equal."""
    got, expected = as_tensor(output), as_tensor(wanted)
    if got is None or expected is None:
        return type(output) is type(wanted) and str(output) == str(wanted)
    return got.shape == expected.shape and torch.allclose(got, expected, **CLOSE)


def as_tensor(value: Any) -> Tensor | None:
    """A number, list, array or tensor as a float64 tensor; None for anything else."""
    try:
        return torch.as_tensor(value).double() if not isinstance(value, str | Exception) else None
    except (ValueError, TypeError, RuntimeError):
        return None


def show(value: Any) -> str:
    """A value as a student would write it, shortened; for a large tensor or array, its shape.

    >>> show(torch.tensor([0.5, 1 / 3])), show(torch.zeros(2, 3, 4))
    ('[0.5, 0.3333]', 'tensor(2, 3, 4)')
    """
    if isinstance(value, Tensor | np.ndarray):
        if math.prod(value.shape) > READABLE:
            return f"{type(value).__name__.lower()}{tuple(value.shape)}"
        value = value.tolist()
    if isinstance(value, float):
        return f"{value:.4g}"
    text = "[" + ", ".join(map(show, value)) + "]" if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= 120 else text[:117] + "..."
