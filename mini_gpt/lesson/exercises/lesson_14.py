"""From text to answers: how far a model is from the truth, the loss on the answer alone, LoRA merged into a matrix."""

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def kl_bits(p: Tensor, q: Tensor) -> Tensor:
    possible = p > 0
    return (p[possible] * (p[possible] / q[possible]).log2()).sum()


def answer_targets(document: list[int], start: int) -> list[int]:
    return [-100] * start + document[start:]


def merge(W: Tensor, A: Tensor, B: Tensor, alpha: float) -> Tensor:
    return W + alpha / A.size(0) * B @ A


# ---------------------------------------------------------------- what they are tried on


def matrices(n_out: int, n_in: int, rank: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    dice = torch.Generator().manual_seed(seed)
    W, A, B = (torch.randn(shape, generator=dice) for shape in ((n_out, n_in), (rank, n_in), (n_out, rank)))
    return W, A, B


EXERCISES = {
    "kl_bits": Exercise(
        kl_bits,
        [
            (torch.tensor([0.5, 0.25, 0.25, 0.0]), torch.tensor([0.25, 0.5, 0.125, 0.125])),
            (torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.9, 0.05, 0.05])),
            (torch.tensor([0.2, 0.8]), torch.tensor([0.2, 0.8])),
            (torch.tensor([0.3, 0.3, 0.4]), torch.tensor([0.6, 0.2, 0.2])),
        ],
        [
            Mistake(
                lambda p, q: (p * (p / q).log2()).sum(),
                {
                    "pt": "Onde p é 0 deu 0 vezes menos infinito, que não é um número: some só onde p > 0.",
                    "en": "Where p is 0 you got 0 times minus infinity, which is not a number: sum only where p > 0.",
                },
            ),
            Mistake(
                lambda p, q: kl_bits(p, q) * torch.tensor(2.0).log(),
                {
                    "pt": "Isto está em nats: o exercício pede bits, com logaritmo de base 2.",
                    "en": "This is in nats: the exercise asks for bits, so use the logarithm to base 2.",
                },
            ),
            Mistake(
                lambda p, q: (q * (q / p).log2()).sum(),
                {
                    "pt": "Esta é KL(q ‖ p): os tokens vêm da verdade, então cada parcela pesa por p.",
                    "en": "This is KL(q ‖ p): the tokens come from the truth, so p weighs each term.",
                },
            ),
            Mistake(
                lambda p, q: -kl_bits(p, q),
                {
                    "pt": "O sinal está trocado: dentro do logaritmo vai p / q, e a divergência nunca é negativa.",
                    "en": "The sign is wrong: p / q goes inside the logarithm, and the divergence is never negative.",
                },
            ),
            Mistake(
                lambda p, q: -(p * q.log2()).sum(),
                {
                    "pt": "Isto é tudo o que se paga, a entropia cruzada: tire dela a entropia de p, o mínimo.",
                    "en": "This is all that one pays, the cross-entropy: subtract the entropy of p, the least.",
                },
            ),
        ],
    ),
    "answer_targets": Exercise(
        answer_targets,
        [([11, 12, 13, 14, 0], 3), ([21, 22, 0], 1), ([31, 32, 33, 34, 35, 0], 4)],
        [
            Mistake(
                lambda document, start: document[start:],
                {
                    "pt": "Faltam os lugares do prompt: ele também é lido, e cada token lido precisa de um alvo, −100.",
                    "en": "The prompt's places are missing: it is read, too, and each token read needs a target, −100.",
                },
            ),
            Mistake(
                lambda document, start: document[:start] + [-100] * len(document[start:]),
                {
                    "pt": "Trocado: você cobra pelo prompt e não pela resposta.",
                    "en": "The wrong way round: you charge for the prompt and not for the answer.",
                },
            ),
            Mistake(
                lambda document, start: [0] * start + document[start:],
                {
                    "pt": "0 é um token como os outros, e o modelo aprenderia a dizê-lo. “Não conta” é −100.",
                    "en": "0 is a token like any other, and the model would learn to say it. “Does not count” is −100.",
                },
            ),
            Mistake(
                lambda document, start: [-100] * (start + 1) + document[start + 1 :],
                {
                    "pt": "O primeiro token da resposta, document[start], também conta: é o mais difícil de todos.",
                    "en": "The first token of the answer, document[start], counts as well: it is the hardest of all.",
                },
            ),
            Mistake(
                lambda document, start: [-100] * (start - 1) + document[start - 1 :],
                {
                    "pt": "Você cobra o último token do prompt; document[start] é o primeiro da resposta.",
                    "en": "You charge for the last token of the prompt; document[start] is the first of the answer.",
                },
            ),
        ],
    ),
    "merge": Exercise(
        merge,
        [(*matrices(3, 2, 1, 0), 2.0), (*matrices(4, 4, 2, 1), 8.0), (*matrices(2, 5, 3, 2), 1.0)],
        [
            Mistake(
                lambda W, A, B, alpha: W + B @ A,
                {
                    "pt": "Falta o fator alpha / r, em que r é o posto: o número de linhas de A.",
                    "en": "The factor alpha / r is missing; r is the rank, the number of rows of A.",
                },
            ),
            Mistake(
                lambda W, A, B, alpha: W + alpha * B @ A,
                {
                    "pt": "Falta dividir por r, o posto: o número de linhas de A.",
                    "en": "Divide by r, the rank: the number of rows of A.",
                },
            ),
            Mistake(
                lambda W, A, B, alpha: alpha / A.size(0) * B @ A,
                {
                    "pt": "Esta é só a mudança: some W.",
                    "en": "This is only the change: add W.",
                },
            ),
            Mistake(
                lambda W, A, B, alpha: W + alpha / A.size(1) * B @ A,
                {
                    "pt": "Você dividiu pelo número de entradas; r é o número de linhas de A.",
                    "en": "You divided by the number of inputs; r is the number of rows of A.",
                },
            ),
        ],
    ),
}
