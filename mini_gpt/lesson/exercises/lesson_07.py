"""Zero-shot and bias: exact match, the log-probability of an answer, a share, what temperature does to it."""

from collections.abc import Callable

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Answer, Exercise, Mistake


def share_where(right: Callable[[str, str], float]) -> Answer:
    """The mean over the pairs of what was written and what was wanted."""

    def answer(written: list[str], wanted: list[str]) -> float:
        return sum(right(said, true) for said, true in zip(written, wanted, strict=True)) / len(wanted)

    return answer


def answer_log_prob(logits: Tensor, ids: Tensor, n_prompt: int) -> Tensor:
    log_probs = logits.log_softmax(-1)
    return sum((log_probs[t, ids[t + 1]] for t in range(n_prompt - 1, len(ids) - 1)), torch.tensor(0.0))


def sharpened(share: float, t: float) -> float:
    return share ** (1 / t) / (share ** (1 / t) + (1 - share) ** (1 / t))


GENERATOR = torch.Generator().manual_seed(7)
LOGITS = torch.randn(6, 5, generator=GENERATOR)
IDS = torch.tensor([0, 3, 1, 4, 2, 1])

EXERCISES = {
    "exact_match": Exercise(
        share_where(lambda said, true: said == true),
        [
            (["ana .", "na praça .", "ana deu a flor ."], ["ana .", "na escola .", "ana deu a bola ."]),
            (["the hat is red . and", "leo .", "lia .", "eva ."], ["the hat is red .", "leo .", "leo .", "eva ."]),
            (["leo .", "the hat", "eva ."], ["eva .", "the hat is red .", "leo ."]),
        ],
        [
            Mistake(
                share_where(lambda said, true: said.split()[0] == true.split()[0]),
                {
                    "pt": "Você só comparou a primeira palavra; “na praça” e “na escola” começam igual.",
                    "en": "You compared the first word only; “in the square” and “in the yard” begin alike.",
                },
            ),
            Mistake(
                share_where(lambda said, true: true in said),
                {
                    "pt": "Quem escreve a resposta e mais alguma coisa não escreveu a resposta: use ==, não in.",
                    "en": "Who writes the answer and something more has not written the answer: use ==, not in.",
                },
            ),
            Mistake(
                share_where(lambda said, true: said in true),
                {
                    "pt": "Quem escreve só o começo da resposta não escreveu a resposta: use ==, não in.",
                    "en": "Who writes only the beginning of the answer has not written the answer: use ==, not in.",
                },
            ),
            Mistake(
                lambda written, wanted: sum(said in wanted for said in written) / len(wanted),
                {
                    "pt": "Uma resposta certa no caso errado não vale: compare cada uma com a do seu caso.",
                    "en": "A right answer to another case does not count: compare each with that of its own case.",
                },
            ),
            Mistake(
                share_where(lambda said, true: len({*said.split()} & {*true.split()}) / len({*true.split()})),
                {
                    "pt": "Isto dá parte do ponto por palavras em comum; na correspondência exata é tudo ou nada.",
                    "en": "This gives part of a point for words in common; exact match is all or nothing.",
                },
            ),
            Mistake(
                lambda written, wanted: sum(said == true for said, true in zip(written, wanted, strict=True)),
                {
                    "pt": "Este é o número de acertos; pede-se a parte, de 0 a 1.",
                    "en": "This is how many are right; asked is the share, from 0 to 1.",
                },
            ),
        ],
    ),
    "answer_log_prob": Exercise(
        answer_log_prob,
        [(LOGITS, IDS, 4), (LOGITS, IDS, 2), (LOGITS, IDS, 5)],
        [
            Mistake(
                lambda logits, ids, n_prompt: answer_log_prob(logits, ids, 1),
                {
                    "pt": "Entrou também o enunciado: p(resposta | enunciado) só soma os tokens da resposta.",
                    "en": "The prompt is in it, too: p(answer | prompt) adds up the answer's tokens only.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: answer_log_prob(logits, ids, n_prompt) / (len(ids) - n_prompt),
                {
                    "pt": "Esta é a média; a regra da cadeia soma.",
                    "en": "This is the mean; the chain rule adds up.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: -answer_log_prob(logits, ids, n_prompt),
                {
                    "pt": "O sinal: esta é a perda, menos log p; pede-se log p, que é negativo.",
                    "en": "The sign: this is the loss, minus log p; asked is log p, which is negative.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: answer_log_prob(logits, ids, n_prompt + 1),
                {
                    "pt": "Faltou o primeiro token da resposta: quem o prevê é a última posição do enunciado.",
                    "en": "The answer's first token is missing: what predicts it is the prompt's last position.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: sum(logits.log_softmax(-1)[t, ids[t]] for t in range(n_prompt, len(ids))),
                {
                    "pt": "logits[t] falam do token t + 1: desloque um.",
                    "en": "logits[t] speak of token t + 1: shift by one.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: sum(logits[t, ids[t + 1]] for t in range(n_prompt - 1, len(ids) - 1)),
                {
                    "pt": "Estes são logits; falta o log_softmax.",
                    "en": "These are logits; the log_softmax is missing.",
                },
            ),
        ],
    ),
    "share": Exercise(
        lambda p_he, p_she: p_he / (p_he + p_she),
        [(0.6, 0.2), (0.1, 0.4), (0.3, 0.3)],
        [
            Mistake(
                lambda p_he, p_she: p_he,
                {
                    "pt": "O modelo dá um pouco de probabilidade a outros tokens: compare só os dois.",
                    "en": "The model gives some probability to other tokens: compare just the two.",
                },
            ),
            Mistake(
                lambda p_he, p_she: p_he / p_she,
                {
                    "pt": "Esta é a razão entre os dois, que vai até o infinito; pede-se a parte de “ele”, de 0 a 1.",
                    "en": "This is the odds, which go to infinity; asked is the share of “he”, from 0 to 1.",
                },
            ),
            Mistake(
                lambda p_he, p_she: p_he - p_she,
                {
                    "pt": "Esta é a diferença; pede-se a parte de “ele” entre os dois.",
                    "en": "This is the difference; asked is the share of “he” among the two.",
                },
            ),
            Mistake(
                lambda p_he, p_she: p_she / (p_he + p_she),
                {
                    "pt": "Esta é a parte de “ela”.",
                    "en": "This is the share of “she”.",
                },
            ),
        ],
    ),
    "sharpened": Exercise(
        sharpened,
        [(0.8, 0.5), (0.8, 1.0), (0.3, 2.0)],
        [
            Mistake(
                lambda share, t: share**t / (share**t + (1 - share) ** t),
                {
                    "pt": "O expoente é 1/t: abaixo de 1, a temperatura aumenta o viés, e a sua o diminui.",
                    "en": "The exponent is 1/t: below 1, temperature sharpens the bias, and yours flattens it.",
                },
            ),
            Mistake(
                lambda share, t: share ** (1 / t),
                {
                    "pt": "Falta renormalizar: as duas partes têm de somar 1.",
                    "en": "Not renormalised yet: the two shares must sum to 1.",
                },
            ),
            Mistake(
                lambda share, t: share / t,
                {
                    "pt": "Divide-se o logaritmo por t, não a probabilidade.",
                    "en": "What is divided by t is the logarithm, not the probability.",
                },
            ),
        ],
    ),
}
