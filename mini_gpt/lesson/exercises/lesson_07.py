"""Vectors in context: centred cosine, the nearest word."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def centred_cosine(a: Tensor, b: Tensor, mean: Tensor) -> Tensor:
    return torch.cosine_similarity(a - mean, b - mean, dim=0)


def nearest(vectors: Tensor, i: int) -> int:
    cosines = F.cosine_similarity(vectors, vectors[i], dim=-1)
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
                    "pt": "Falta subtrair a média: sem isso, até vetores de palavras diferentes têm cosseno alto.",
                    "en": "Subtract the mean: otherwise even vectors of different words have a high cosine.",
                },
            ),
            Mistake(
                lambda a, b, mean: (a - mean) @ (b - mean),
                {
                    "pt": "Este é o produto escalar; o cosseno também divide pelos dois comprimentos.",
                    "en": "This is the dot product; a cosine also divides by both lengths.",
                },
            ),
            Mistake(
                lambda a, b, mean: torch.cosine_similarity(a - a.mean(), b - b.mean(), dim=0),
                {
                    "pt": "Você subtraiu a média dos números de cada vetor; subtraia o vetor médio das ocorrências.",
                    "en": "You subtracted each vector's own mean; subtract the mean vector of all occurrences.",
                },
            ),
            Mistake(
                lambda a, b, mean: torch.cosine_similarity(a - mean, b, dim=0),
                {
                    "pt": "Você centrou só um dos vetores.",
                    "en": "You centred only one of the vectors.",
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
                    "en": "Every vector is nearest to itself: leave it out.",
                },
            ),
            Mistake(
                largest_product,
                {
                    "pt": "O produto escalar favorece os vetores longos; use o cosseno.",
                    "en": "The dot product favours long vectors; use the cosine.",
                },
            ),
            Mistake(
                smallest_distance,
                {
                    "pt": "Esta é a menor distância; o exercício pede o maior cosseno, que ignora o comprimento.",
                    "en": "This is the smallest distance; the exercise asks for the largest cosine.",
                },
            ),
        ],
    ),
}
