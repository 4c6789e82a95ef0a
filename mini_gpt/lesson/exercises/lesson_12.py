"""Inside: how much of an answer moved, and what cutting a key changes."""

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def moved(intact: float, other: float, patched: Tensor) -> Tensor:
    return (patched - intact) / (other - intact)


def cut_effects(weights: Tensor, values: Tensor) -> Tensor:
    mixture = weights @ values
    without = (mixture - weights[:, None] * values) / (1 - weights[:, None])  # (S, D)
    return (mixture - without).norm(dim=-1)


# ---------------------------------------------------------------- what they are tried on, and the mistakes


def not_rescaled(weights: Tensor, values: Tensor) -> Tensor:
    return (weights[:, None] * values).norm(dim=-1)


EXERCISES = {
    "moved": Exercise(
        moved,
        [(12.5, -14.5, torch.tensor([12.5, -14.5, -1.0])), (-2.0, 6.0, torch.tensor([[0.0, 7.0], [-3.0, 6.0]]))],
        [
            Mistake(
                lambda intact, other, patched: (patched - other) / (intact - other),
                {
                    "pt": "Ao contrário: onde nada mudou, a fração é 0; aqui é 1.",
                    "en": "The other way round: where nothing has changed, the fraction is 0; here it is 1.",
                },
            ),
            Mistake(
                lambda intact, other, patched: patched - intact,
                {
                    "pt": "Isto é quanto mudou, em logits; divida pelo caminho inteiro, de `intact` a `other`.",
                    "en": "This is how much changed, in logits; divide by the whole way, from `intact` to `other`.",
                },
            ),
            Mistake(
                lambda intact, other, patched: (patched - intact) / intact,
                {
                    "pt": "O caminho inteiro não é `intact`: ele vai de `intact` a `other`.",
                    "en": "The whole way is not `intact`: it goes from `intact` to `other`.",
                },
            ),
            Mistake(
                lambda intact, other, patched: ((patched - intact) / (other - intact)).abs().clamp(0, 1),
                {
                    "pt": "Não corte em 0 e 1: um remendo pode passar do alvo, ou ir para o outro lado.",
                    "en": "Do not clip to 0 and 1: a patch may overshoot, or go the other way.",
                },
            ),
        ],
    ),
    "cut_effects": Exercise(
        cut_effects,
        [
            (torch.tensor([0.8, 0.15, 0.05]), torch.tensor([[1.0, 1.0], [2.0, 0.0], [-2.0, 4.0]])),
            (torch.tensor([0.5, 0.3, 0.2]), torch.tensor([[0.0, 2.0, 1.0], [1.0, 0.0, 0.0], [4.0, 1.0, -1.0]])),
        ],
        [
            Mistake(
                lambda weights, values: weights,
                {
                    "pt": "Estes são os pesos. Um peso de 0,8 pode não mudar nada: basta que a mistura das outras "
                    "chaves traga o mesmo vetor, como na primeira entrada. Faça o corte e meça.",
                    "en": "These are the weights. A weight of 0.8 may change nothing: it is enough that the mixture of "
                    "the other keys brings the same vector, as in the first input. Make the cut, and measure.",
                },
            ),
            Mistake(
                not_rescaled,
                {
                    "pt": "Isto é o que a chave traz (peso vezes vetor). Sem ela, os outros pesos crescem e podem "
                    "trazer o mesmo: divida-os pela soma.",
                    "en": "This is what the key brings (weight times vector). Once it is cut, the other weights grow, "
                    "and may bring the same: divide them by their sum.",
                },
            ),
            Mistake(
                lambda weights, values: weights * (weights @ values - values).norm(dim=-1),
                {
                    "pt": "Falta dividir por 1 − peso: os outros pesos voltam a somar 1.",
                    "en": "What is missing is a division by 1 − weight: the other weights sum to 1 again.",
                },
            ),
            Mistake(
                lambda weights, values: (weights @ values - values).norm(dim=-1),
                {
                    "pt": "Esta é a distância de cada vetor à mistura, sem o peso: o que quase não é lido quase não "
                    "muda nada.",
                    "en": "This is how far each vector is from the mixture, without its weight: what is hardly read "
                    "hardly changes anything.",
                },
            ),
        ],
    ),
}
