"""Language models: probability, surprise, the knobs of sampling."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Answer, Exercise, Mistake


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


def in_sorted_order(probs: Tensor, p: float) -> Tensor:
    return nucleus(probs, p).sort(descending=True).values


UNDERFLOW = {
    "pt": "O produto de 400 probabilidades é pequeno demais e vira 0: some os logaritmos.",
    "en": "The product of 400 probabilities is too small and becomes 0: add up the logarithms.",
}
LOG_PROBS = torch.tensor([0.5, 0.125, 0.25, 1.0]).log()
PROBS = torch.tensor([0.1, 0.4, 0.2, 0.3])

EXERCISES = {
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
            Mistake(lambda probs: probs.prod().log(), UNDERFLOW),
            Mistake(lambda probs: math.log(probs.prod()), UNDERFLOW),
            Mistake(
                lambda probs: -probs.log().sum(),
                {
                    "pt": "O sinal: o logaritmo de uma probabilidade é negativo. Com o menos, isto é a surpresa.",
                    "en": "The sign: the logarithm of a probability is negative. With the minus, this is surprise.",
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
                lambda probs, t: probs.log() / t,
                {
                    "pt": "Estes são logits; falta o softmax, que faz deles probabilidades.",
                    "en": "These are logits; the softmax, which turns them into probabilities, is missing.",
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
        [(PROBS, 0.5), (PROBS, 0.8), (PROBS, 0.95), (PROBS, 0.05)],
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
                in_sorted_order,
                {
                    "pt": "Os números estão certos, mas em ordem decrescente: devolva cada um ao seu lugar em `probs`.",
                    "en": "The numbers are right, but sorted: put each back into its place in `probs`.",
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
