"""Language models: probability, surprise, the knobs of sampling."""

import math

import torch

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake

UNDERFLOW = {
    "pt": "O produto de 400 probabilidades é pequeno demais e vira 0 (underflow): some os logaritmos.",
    "en": "The product of 400 probabilities underflows to 0: add up their logarithms instead.",
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
                    "pt": "Esta é a probabilidade, não o logaritmo dela; com 400 tokens ela já vira 0 no computador.",
                    "en": "This is the probability, not its logarithm; with 400 tokens it already underflows to 0.",
                },
            ),
            Mistake(lambda probs: probs.prod().log(), UNDERFLOW),
            Mistake(lambda probs: math.log(probs.prod()), UNDERFLOW),
            Mistake(
                lambda probs: -probs.log().sum(),
                {
                    "pt": "Confira o sinal: o logaritmo de uma probabilidade nunca é positivo. Esta é a surpresa.",
                    "en": "Check the sign: the logarithm of a probability is never positive. This is the surprise.",
                },
            ),
            Mistake(
                lambda probs: probs.log().mean(),
                {
                    "pt": "A regra da cadeia soma os logaritmos; você tirou a média.",
                    "en": "The chain rule adds up the logarithms; you took their mean.",
                },
            ),
            Mistake(
                lambda probs: probs.log2().sum(),
                {
                    "pt": "Isto está em bits; o exercício pede nats (logaritmo natural).",
                    "en": "This is in bits; the exercise asks for nats (natural logarithm).",
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
                    "pt": "A surpresa é menos o log da probabilidade: a perplexidade nunca é menor que 1.",
                    "en": "Surprise is minus the log-probability: a perplexity is never less than 1.",
                },
            ),
            Mistake(
                lambda log_probs: (-log_probs.sum()).exp(),
                {
                    "pt": "Falta a média sobre os tokens: sem ela, a perplexidade cresce com o tamanho do texto.",
                    "en": "Take the mean over the tokens: without it, the perplexity grows with the text's length.",
                },
            ),
            Mistake(
                lambda log_probs: 2 ** (-log_probs.mean()),
                {
                    "pt": "A base 2 vale para bits; estes logaritmos são naturais: a base é e.",
                    "en": "A base of 2 is for bits; these are natural logarithms, so use e.",
                },
            ),
            Mistake(
                lambda log_probs: -log_probs.mean(),
                {
                    "pt": "Esta é a surpresa média, em nats; a perplexidade é a exponencial dela.",
                    "en": "This is the mean surprise, in nats; the perplexity is its exponential.",
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
                    "pt": "O expoente é 1/t: temperatura alta deve achatar a distribuição, e a sua a concentra.",
                    "en": "The exponent is 1/t: a high temperature should flatten the distribution; yours sharpens it.",
                },
            ),
            Mistake(
                lambda probs, t: probs ** (1 / t),
                {
                    "pt": "Falta renormalizar: as probabilidades devem somar 1.",
                    "en": "Renormalise: the probabilities must sum to 1.",
                },
            ),
            Mistake(
                lambda probs, t: (probs / t).softmax(-1),
                {
                    "pt": "Divida por t o logaritmo (o logit), não a probabilidade.",
                    "en": "Divide the logarithm (the logit) by t, not the probability.",
                },
            ),
            Mistake(
                lambda probs, t: probs.log() / t,
                {
                    "pt": "Estes são logits; falta o softmax, que os transforma em probabilidades.",
                    "en": "These are logits; softmax turns them into probabilities.",
                },
            ),
            Mistake(
                lambda probs, t: probs / t / (probs / t).sum(),
                {
                    "pt": "Dividir todas por t e renormalizar não muda nada: eleve cada uma a 1/t.",
                    "en": "Dividing all of them by t and renormalising changes nothing: raise each to the power 1/t.",
                },
            ),
        ],
    ),
}
