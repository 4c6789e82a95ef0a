"""Exercises that answer: what is right passes however it is written, what is wrong gets a hint, never a traceback.

An exercise is a reference, some inputs, and the mistakes that people make, each written as the function that makes
it. An answer is run on the inputs. If it agrees with the reference it is right; if it agrees with a mistake, that
mistake is named; else the first input on which it differs is shown.

The references are the solutions: they stand here, in one place, and not in the notebooks.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

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


TEXTS = {
    "right": {"pt": "✓ Certo!", "en": "✓ Right!"},
    "empty": {
        "pt": "… Ainda sem resposta: troque o `...` pelo seu código.",
        "en": "… No answer yet: put your code in place of the `...`.",
    },
    "raised": {
        "pt": "✗ Com a entrada {inputs}, seu código parou: {error}",
        "en": "✗ With the input {inputs}, your code stopped: {error}",
    },
    "kind": {
        "pt": "✗ Com a entrada {inputs}, a resposta é do tipo {got}; esperava-se {wanted}.",
        "en": "✗ With the input {inputs}, the answer is of type {got}; expected {wanted}.",
    },
    "shape": {
        "pt": "✗ Com a entrada {inputs}, a resposta tem a forma {got}; esperava-se {wanted}.",
        "en": "✗ With the input {inputs}, the answer has shape {got}; expected {wanted}.",
    },
    "differs": {
        "pt": "✗ Com a entrada {inputs}, a resposta é {got}; esperava-se {wanted}.",
        "en": "✗ With the input {inputs}, the answer is {got}; expected {wanted}.",
    },
}


def check(name: str, answer: Answer, lang: str) -> None:
    """Print whether an answer to the exercise of that name is right, or a hint.

    >>> check("perplexity", lambda log_probs: (-log_probs).mean().exp(), "en")
    ✓ Right!
    >>> check("perplexity", lambda log_probs: log_probs.mean().exp(), "en")
    ✗ Surprise is the log-probability with a minus sign: a perplexity is never less than 1.
    """
    print(verdict(name, answer, lang))


def verdict(name: str, answer: Answer, lang: str) -> str:
    """What `check` prints."""
    if name not in EXERCISES:
        raise ValueError(f"name={name!r} must be one of {', '.join(EXERCISES)}")
    exercise = EXERCISES[name]
    outputs: list[Any] = []
    complaint = None
    for inputs in exercise.inputs:
        output = call(answer, inputs)
        outputs.append(output)
        complaint = complaint or complain(inputs, output, call(exercise.solution, inputs), lang)
    if complaint is None:
        return TEXTS["right"][lang]
    if all(output is None or output is ... for output in outputs):
        return TEXTS["empty"][lang]
    for mistake in exercise.mistakes:
        if all(same(output, call(mistake.answer, i)) for output, i in zip(outputs, exercise.inputs, strict=True)):
            return f"✗ {mistake.hint[lang]}"
    return complaint


def call(answer: Answer, inputs: tuple[Any, ...]) -> Any:
    """The answer's output for copies of the inputs; an exception is an output too."""
    try:
        return answer(*copy.deepcopy(inputs))
    except Exception as error:
        return error


def complain(inputs: tuple[Any, ...], output: Any, wanted: Any, lang: str) -> str | None:
    """What is wrong with one output, or None if it is right."""
    shown = ", ".join(show(i) for i in inputs)
    if same(output, wanted):
        return None
    if isinstance(output, Exception):
        return TEXTS["raised"][lang].format(inputs=shown, error=f"{type(output).__name__}: {output}")
    got, expected = as_tensor(output), as_tensor(wanted)
    if got is None or expected is None:
        if type(output) is not type(wanted):
            return TEXTS["kind"][lang].format(inputs=shown, got=type(output).__name__, wanted=type(wanted).__name__)
    elif got.shape != expected.shape:
        return TEXTS["shape"][lang].format(inputs=shown, got=tuple(got.shape), wanted=tuple(expected.shape))
    return TEXTS["differs"][lang].format(inputs=shown, got=show(output), wanted=show(wanted))


def same(output: Any, wanted: Any) -> bool:
    """Equal numbers to about five digits, whatever holds them; equal otherwise."""
    got, expected = as_tensor(output), as_tensor(wanted)
    if got is None or expected is None:
        return type(output) is type(wanted) and str(output) == str(wanted)
    return got.shape == expected.shape and torch.allclose(got, expected, rtol=1e-4, atol=1e-6, equal_nan=True)


def as_tensor(value: Any) -> Tensor | None:
    """Numbers, lists of them, arrays and tensors as one kind of thing; None for anything else."""
    try:
        return torch.as_tensor(value).double() if not isinstance(value, str | Exception) else None
    except (ValueError, TypeError, RuntimeError):
        return None


def show(value: Any) -> str:
    """A value as a student would write it, short."""
    if isinstance(value, Tensor):
        value = value.tolist()
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(show(v) for v in value) + "]"
    text = str(value)
    return text if len(text) < 80 else text[:77] + "..."


# ---------------------------------------------------------------- 00: how exercises work


def most_likely(probs: Tensor, words: list[str]) -> str:
    return words[int(probs.argmax())]


WORDS = ["ana", "compra", "uma", "laranja"]
EXERCISES = {
    "most_likely": Exercise(
        most_likely,
        [(torch.tensor([0.1, 0.2, 0.3, 0.4]), WORDS), (torch.tensor([0.1, 0.6, 0.3, 0.0]), WORDS)],
        [
            Mistake(
                lambda probs, words: int(probs.argmax()),
                {
                    "pt": "Isto é o número da palavra; falta trocá-lo pela palavra: words[...].",
                    "en": "This is the word's number; the word itself is words[...].",
                },
            ),
            Mistake(
                lambda probs, words: probs.max(),
                {
                    "pt": "Isto é a maior probabilidade; o que se pede é a palavra que a tem: veja argmax.",
                    "en": "This is the largest probability; asked is the word that has it: see argmax.",
                },
            ),
            Mistake(
                lambda probs, words: words[int(probs.argmin())],
                {
                    "pt": "Esta é a palavra menos provável.",
                    "en": "This is the least likely word.",
                },
            ),
        ],
    ),
}

# ---------------------------------------------------------------- 01: language models


def nucleus(probs: Tensor, p: float) -> Tensor:
    order = probs.argsort(descending=True, stable=True)
    before = probs[order].cumsum(0) - probs[order]  # what more likely tokens hold together
    kept = torch.zeros_like(probs)
    kept[order[before < p - 1e-6]] = probs[order[before < p - 1e-6]]
    return kept / kept.sum()


def nucleus_of(keep: Callable[[Tensor, float], Tensor]) -> Answer:
    """A nucleus that keeps, of the probabilities sorted down, those that `keep` says."""

    def answer(probs: Tensor, p: float) -> Tensor:
        order = probs.argsort(descending=True, stable=True)
        kept = torch.zeros_like(probs)
        kept[order] = probs[order] * keep(probs[order], p)
        return kept / kept.sum()

    return answer


LOG_PROBS = torch.tensor([0.5, 0.125, 0.25, 1.0]).log()
PROBS = torch.tensor([0.1, 0.4, 0.2, 0.3])

EXERCISES |= {
    "chain_rule": Exercise(
        lambda probs: probs.log().sum(),
        [(torch.tensor([0.5, 0.25, 0.125]),), (torch.tensor([0.9, 0.1]),), (torch.full((400,), 0.1),)],
        [
            Mistake(
                lambda probs: probs.prod(),
                {
                    "pt": "Esta é a probabilidade, não o seu logaritmo; com 400 tokens ela já vira 0 no computador.",
                    "en": "This is the probability, not its logarithm; and after 400 tokens the computer calls it 0.",
                },
            ),
            Mistake(
                lambda probs: probs.prod().log(),
                {
                    "pt": "O produto de 400 probabilidades é pequeno demais e vira 0: some os logaritmos.",
                    "en": "The product of 400 probabilities is too small and becomes 0: add up the logarithms.",
                },
            ),
            Mistake(
                lambda probs: probs.log().mean(),
                {
                    "pt": "A regra da cadeia soma os logaritmos; você tirou a média.",
                    "en": "The chain rule adds the logarithms up; you took their mean.",
                },
            ),
            Mistake(
                lambda probs: probs.log2().sum(),
                {
                    "pt": "Isto está em bits; aqui se pede o logaritmo natural.",
                    "en": "This is in bits; asked is the natural logarithm.",
                },
            ),
            Mistake(
                lambda probs: probs.sum().log(),
                {
                    "pt": "O logaritmo da soma não é a soma dos logaritmos.",
                    "en": "The logarithm of the sum is not the sum of the logarithms.",
                },
            ),
        ],
    ),
    "perplexity": Exercise(
        lambda log_probs: (-log_probs.mean()).exp(),
        [(LOG_PROBS,), (LOG_PROBS[:2],), (torch.full((10,), 1 / 6).log(),)],
        [
            Mistake(
                lambda log_probs: log_probs.mean().exp(),
                {
                    "pt": "A surpresa é o log da probabilidade com sinal de menos: a perplexidade nunca é menor que 1.",
                    "en": "Surprise is the log-probability with a minus sign: a perplexity is never less than 1.",
                },
            ),
            Mistake(
                lambda log_probs: (-log_probs.sum()).exp(),
                {
                    "pt": "Falta a média: assim a perplexidade cresce só porque o texto é mais longo.",
                    "en": "The mean is missing: this grows just because the text is longer.",
                },
            ),
            Mistake(
                lambda log_probs: 2 ** (-log_probs.mean()),
                {
                    "pt": "2 elevado à surpresa vale para bits; estes logaritmos são naturais.",
                    "en": "2 to the power of surprise is for bits; these logarithms are natural ones.",
                },
            ),
            Mistake(
                lambda log_probs: -log_probs.mean(),
                {
                    "pt": "Esta é a surpresa média, em nats; a perplexidade é a exponencial dela.",
                    "en": "This is the mean surprise, in nats; the perplexity is e to that power.",
                },
            ),
        ],
    ),
    "temperature": Exercise(
        lambda probs, t: probs ** (1 / t) / (probs ** (1 / t)).sum(),
        [(PROBS, 0.5), (PROBS, 1.0), (PROBS, 2.0)],
        [
            Mistake(
                lambda probs, t: probs**t / (probs**t).sum(),
                {
                    "pt": "O expoente é 1/t: temperatura alta deve achatar, e a sua faz o contrário.",
                    "en": "The exponent is 1/t: a high temperature should flatten, and yours sharpens.",
                },
            ),
            Mistake(
                lambda probs, t: probs ** (1 / t),
                {
                    "pt": "Falta renormalizar: as probabilidades têm de somar 1.",
                    "en": "Not renormalised yet: probabilities must sum to 1.",
                },
            ),
            Mistake(
                lambda probs, t: (probs / t).softmax(-1),
                {
                    "pt": "Divide-se o logaritmo (o logit) por t, e não a probabilidade.",
                    "en": "What is divided by t is the logarithm (the logit), not the probability.",
                },
            ),
            Mistake(
                lambda probs, t: probs / t / (probs / t).sum(),
                {
                    "pt": "Dividir todas por t e renormalizar não muda nada: p elevado a 1/t muda.",
                    "en": "Dividing all by t and renormalising changes nothing: p to the power of 1/t does.",
                },
            ),
        ],
    ),
    "nucleus": Exercise(
        nucleus,
        [(PROBS, 0.5), (PROBS, 0.8), (PROBS, 1.0), (PROBS, 0.05)],
        [
            Mistake(
                nucleus_of(lambda sorted_probs, p: (sorted_probs.cumsum(0) <= p + 1e-6).float()),
                {
                    "pt": "O token que faz a soma chegar a p também fica; senão, com p pequeno, não sobra nenhum.",
                    "en": "The token whose probability reaches p stays too; else a small p leaves none.",
                },
            ),
            Mistake(
                nucleus_of(lambda sorted_probs, p: (sorted_probs >= p).float()),
                {
                    "pt": "Comparou-se cada probabilidade com p; o que conta é a soma das mais prováveis.",
                    "en": "You compared each probability with p; what counts is the sum of the most likely ones.",
                },
            ),
            Mistake(
                lambda probs, p: nucleus(probs, p) * probs[nucleus(probs, p) > 0].sum(),
                {
                    "pt": "Falta renormalizar o que ficou: as probabilidades têm de somar 1.",
                    "en": "What stayed is not renormalised yet: probabilities must sum to 1.",
                },
            ),
            Mistake(
                nucleus_of(lambda sorted_probs, p: (sorted_probs.flip(0).cumsum(0).flip(0) <= p + 1e-6).float()),
                {
                    "pt": "A soma começa pelos mais prováveis; a sua começa pelos menos prováveis.",
                    "en": "The sum starts at the most likely tokens; yours starts at the least likely.",
                },
            ),
        ],
    ),
}
