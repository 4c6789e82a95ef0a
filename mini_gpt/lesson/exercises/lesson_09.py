"""Zero-shot and bias: exact match, the log-probability of an answer, how temperature changes a share."""

from collections.abc import Callable

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Answer, Exercise, Mistake


def share_where(right: Callable[[str, str], float]) -> Answer:
    """The mean of `right` over pairs of a written and a wanted text."""

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
                    "en": "You compared only the first word; “in the square” and “in the yard” start alike.",
                },
            ),
            Mistake(
                share_where(lambda said, true: true in said),
                {
                    "pt": "A resposta com algo a mais não é a resposta: use ==, não in.",
                    "en": "The answer plus something else is not the answer: use ==, not in.",
                },
            ),
            Mistake(
                share_where(lambda said, true: said in true),
                {
                    "pt": "Só o começo da resposta não é a resposta: use ==, não in.",
                    "en": "The beginning of the answer is not the answer: use ==, not in.",
                },
            ),
            Mistake(
                lambda written, wanted: sum(said in wanted for said in written) / len(wanted),
                {
                    "pt": "Uma resposta certa para outro caso não vale: compare cada uma com a do seu caso.",
                    "en": "The right answer to another case does not count: compare each with its own case.",
                },
            ),
            Mistake(
                share_where(lambda said, true: len({*said.split()} & {*true.split()}) / len({*true.split()})),
                {
                    "pt": "Isto dá nota parcial por palavras em comum; na correspondência exata, é tudo ou nada.",
                    "en": "This gives partial credit for words in common; exact match is all or nothing.",
                },
            ),
            Mistake(
                lambda written, wanted: sum(said == true for said, true in zip(written, wanted, strict=True)),
                {
                    "pt": "Este é o número de acertos; o exercício pede a proporção, de 0 a 1.",
                    "en": "This is the number of right answers; the exercise asks for their share, from 0 to 1.",
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
                    "pt": "Você incluiu o prompt: log p(resposta | prompt) só soma os tokens da resposta.",
                    "en": "You included the prompt: log p(answer | prompt) adds up only the answer's tokens.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: answer_log_prob(logits, ids, n_prompt) / (len(ids) - n_prompt),
                {
                    "pt": "Esta é a média; a regra da cadeia pede a soma.",
                    "en": "This is the mean; the chain rule takes the sum.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: -answer_log_prob(logits, ids, n_prompt),
                {
                    "pt": "Confira o sinal: esta é a perda, −log p; o exercício pede log p, que é negativo.",
                    "en": "Check the sign: this is the loss, −log p; the exercise asks for log p, which is negative.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: answer_log_prob(logits, ids, n_prompt + 1),
                {
                    "pt": "Faltou o primeiro token da resposta: quem o prevê é a última posição do prompt.",
                    "en": "The answer's first token is missing: the prompt's last position predicts it.",
                },
            ),
            Mistake(
                lambda logits, ids, n_prompt: sum(logits.log_softmax(-1)[t, ids[t]] for t in range(n_prompt, len(ids))),
                {
                    "pt": "logits[t] prevê o token t + 1: desloque um.",
                    "en": "logits[t] predicts token t + 1: shift by one.",
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
    "sharpened": Exercise(
        sharpened,
        [(0.8, 0.5), (0.8, 1.0), (0.3, 2.0)],
        [
            Mistake(
                lambda share, t: share**t / (share**t + (1 - share) ** t),
                {
                    "pt": "O expoente é 1/t: abaixo de 1, a temperatura aumenta o viés, e a sua o diminui.",
                    "en": "The exponent is 1/t: a temperature below 1 increases the bias; yours reduces it.",
                },
            ),
            Mistake(
                lambda share, t: share ** (1 / t),
                {
                    "pt": "Falta renormalizar: as duas proporções devem somar 1.",
                    "en": "Renormalise: the two shares must sum to 1.",
                },
            ),
            Mistake(
                lambda share, t: share / t,
                {
                    "pt": "Divida por t o logaritmo, não a probabilidade.",
                    "en": "Divide the logarithm by t, not the probability.",
                },
            ),
        ],
    ),
}
