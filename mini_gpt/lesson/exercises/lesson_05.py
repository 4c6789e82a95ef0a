"""Vectors in context: centred cosine, the nearest word, the error of an accuracy."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def centred_cosine(a: Tensor, b: Tensor, mean: Tensor) -> Tensor:
    return torch.cosine_similarity(a - mean, b - mean, dim=0)


def nearest(vectors: Tensor, i: int) -> int:
    directions = F.normalize(vectors, dim=-1)
    cosines = directions @ directions[i]
    cosines[i] = -torch.inf
    return int(cosines.argmax())


def largest_product(vectors: Tensor, i: int) -> int:
    products = vectors @ vectors[i]
    products[i] = -torch.inf
    return int(products.argmax())


def smallest_distance(vectors: Tensor, i: int) -> int:
    distances = (vectors - vectors[i]).norm(dim=-1)
    distances[i] = torch.inf
    return int(distances.argmin())


A, B, MEAN = torch.tensor([3.0, 2.0, 1.0]), torch.tensor([2.0, 3.0, 2.0]), torch.tensor([2.0, 2.0, 0.5])
VECTORS = torch.tensor([[1.0, 0.1], [5.0, 5.0], [0.3, 0.0], [0.9, 0.8], [-1.0, 0.2], [0.2, 1.0]])

EXERCISES = {
    "centred_cosine": Exercise(
        centred_cosine,
        [(A, B, MEAN), (A, 2 * B, MEAN), (B, A, torch.zeros(3)), (A, B, -MEAN)],
        [
            Mistake(
                lambda a, b, mean: torch.cosine_similarity(a, b, dim=0),
                {
                    "pt": "A média não foi tirada: quase todos os vetores apontam para um mesmo lado.",
                    "en": "The mean has not been taken off: almost all vectors point one way.",
                },
            ),
            Mistake(
                lambda a, b, mean: (a - mean) @ (b - mean),
                {
                    "pt": "Este é o produto escalar; o cosseno divide pelos dois comprimentos.",
                    "en": "This is the dot product; a cosine divides by both lengths.",
                },
            ),
            Mistake(
                lambda a, b, mean: torch.cosine_similarity(a - a.mean(), b - b.mean(), dim=0),
                {
                    "pt": "Você tirou a média dos números de cada vetor; tire o vetor médio de todas as ocorrências.",
                    "en": "You took off the mean of each vector's numbers; take off all occurrences' mean vector.",
                },
            ),
            Mistake(
                lambda a, b, mean: torch.cosine_similarity(a - mean, b, dim=0),
                {
                    "pt": "Só um dos vetores foi centrado.",
                    "en": "Only one of the vectors was centred.",
                },
            ),
        ],
    ),
    "nearest": Exercise(
        nearest,
        [(VECTORS, 0), (VECTORS, 1), (VECTORS, 3)],
        [
            Mistake(
                lambda vectors, i: i,
                {
                    "pt": "Todo vetor é o mais próximo de si mesmo: deixe-o de fora.",
                    "en": "Each vector is nearest to itself: leave it out.",
                },
            ),
            Mistake(
                largest_product,
                {
                    "pt": "O produto escalar favorece os vetores compridos; use o cosseno.",
                    "en": "The dot product favours long vectors; use the cosine.",
                },
            ),
            Mistake(
                smallest_distance,
                {
                    "pt": "Esta é a menor distância; pede-se o maior cosseno, que não depende do comprimento.",
                    "en": "This is the smallest distance; asked is the largest cosine, which is blind to length.",
                },
            ),
        ],
    ),
    "standard_error": Exercise(
        lambda p, n: (p * (1 - p) / n) ** 0.5,
        [(0.5, 100), (0.9, 256), (0.2, 50)],
        [
            Mistake(
                lambda p, n: p * (1 - p) / n,
                {
                    "pt": "Esta é a variância; o erro padrão é a raiz dela.",
                    "en": "This is the variance; the standard error is its root.",
                },
            ),
            Mistake(
                lambda p, n: (p * (1 - p)) ** 0.5,
                {
                    "pt": "Este é o desvio de um caso; a média de n casos varia raiz de n vezes menos.",
                    "en": "This is the spread of one case; the mean of n varies by the root of n less.",
                },
            ),
            Mistake(
                lambda p, n: (p * (1 - p) / (n - 1)) ** 0.5,
                {
                    "pt": "Pede-se a forma usual, com n; com n − 1, aliás, o resultado quase não muda.",
                    "en": "Asked is the usual form, with n; with n − 1 the result, by the way, hardly changes.",
                },
            ),
            Mistake(
                lambda p, n: (p / n) ** 0.5,
                {
                    "pt": "Faltou o (1 − p): com p = 1 não há incerteza.",
                    "en": "The (1 − p) is missing: with p = 1 nothing is uncertain.",
                },
            ),
            Mistake(
                lambda p, n: (p * (1 - p)) ** 0.5 / n,
                {
                    "pt": "A incerteza cai com a raiz de n, não com n.",
                    "en": "Uncertainty falls with the root of n, not with n.",
                },
            ),
        ],
    ),
}
