"""Exercises that answer: what is right passes, however it is written; what is wrong gets a hint, never a traceback.

An exercise has a solution, some inputs, and common mistakes, each written as a function that makes it: see exercises/.
An answer runs on the inputs. If it agrees with the solution, it is right; if it agrees with a mistake, it gets that
mistake's hint; otherwise, the first input on which it differs is shown.
"""

import copy
import math
import traceback
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mini_gpt.lesson.exercises import EXERCISES
from mini_gpt.lesson.exercises.exercise import Answer
from mini_gpt.lesson.kinds import plain
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
    "digits": {"pt": " Não arredonde: dê mais dígitos.", "en": " Do not round: give more digits."},
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
    except (Exception, SystemExit) as error:
        return error


def complain(inputs: tuple[Any, ...], output: Any, wanted: Any, texts: Mapping[str, str]) -> str | None:
    """What is wrong with one output, or None if it is right."""
    if same(output, wanted):
        return None
    shown = ", ".join(show(i) for i in inputs)
    if isinstance(output, BaseException):
        reason = shorten("".join(traceback.format_exception_only(output)), 300)
        return texts["raised"].format(inputs=shown, error=reason)
    try:
        name, fields = difference(output, wanted)
    except Exception:  # an answer whose own methods raise
        name, fields = "kind", {"got": kind(output), "wanted": type(wanted).__name__}
    return texts[name].format(inputs=shown, **fields) + (texts["digits"] if rounded(output, wanted) else "")


def difference(output: Any, wanted: Any) -> tuple[str, dict[str, Any]]:
    """The name of the text that says how an output differs from what is wanted, and the text's fields."""
    fields: dict[str, Any] = {}
    got, expected = as_tensor(output), as_tensor(wanted)
    if got is not None and expected is not None:
        if got.shape != expected.shape:
            return "shape", {"got": tuple(got.shape), "wanted": tuple(expected.shape)}
        if got.numel() > READABLE:
            place = (~torch.isclose(got, expected, **CLOSE)).nonzero()[0].tolist()
            output, wanted, fields = got[*place], expected[*place], {"place": place}
    elif type(plain(output)) is not type(plain(wanted)):
        return "kind", {"got": kind(output), "wanted": type(wanted).__name__}
    for digits in range(4, 18):
        if (a := show(output, digits)) != (b := show(wanted, digits)):
            return "element" if fields else "differs", {**fields, "got": a, "wanted": b}
    return "kind", {"got": kind(output), "wanted": type(wanted).__name__}


def rounded(output: Any, wanted: Any) -> bool:
    """Whether an output is what is wanted, rounded to some decimal places; all zeros do not count."""
    got, expected = as_tensor(output), as_tensor(wanted)
    if got is None or expected is None or got.shape != expected.shape or not got.any():
        return False
    return any(torch.allclose(got, expected.round(decimals=n), **CLOSE) for n in range(1, 6))


def same(output: Any, wanted: Any) -> bool:
    """Whether numbers, in whatever container, agree to about five digits, and anything else is equal."""
    got, expected = as_tensor(output), as_tensor(wanted)
    if got is not None and expected is not None:
        return got.shape == expected.shape and torch.allclose(got, expected, **CLOSE)
    try:
        return repr(plain(output)) == repr(plain(wanted))
    except Exception:  # an answer whose own methods raise
        return False


def as_tensor(value: Any) -> Tensor | None:
    """A number, list, array or tensor as a float64 tensor; None for anything else."""
    try:
        return torch.tensor(plain(value), dtype=torch.float64)
    except Exception:  # no numbers, or a value whose own methods raise
        return None


def kind(value: Any) -> str:
    """A value's type; of a tensor or an array, also what it holds and where.

    >>> kind("an"), kind(torch.zeros(2, dtype=torch.cfloat)), kind(np.zeros(2))
    ('str', 'Tensor (torch.complex64, cpu)', 'ndarray (float64, cpu)')
    """
    name = type(value).__name__
    return f"{name} ({value.dtype}, {value.device})" if isinstance(value, Tensor | np.ndarray) else name


def show(value: Any, digits: int = 4) -> str:
    """A value as a student would write it, shortened; for a large tensor or array, its shape.

    >>> show(torch.tensor([0.5, 1 / 3])), show(torch.zeros(2, 3, 4))
    ('[0.5, 0.3333]', 'tensor(2, 3, 4)')
    """
    if isinstance(value, Tensor | np.ndarray):
        if math.prod(value.shape) > READABLE:
            return f"{type(value).__name__.lower()}{tuple(value.shape)}"
        value = value.tolist()
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, list | tuple):
        return shorten("[" + ", ".join(show(v, digits) for v in value) + "]")
    return shorten(str(value))


def shorten(text: str, most: int = 120) -> str:
    """A text in one line of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."
