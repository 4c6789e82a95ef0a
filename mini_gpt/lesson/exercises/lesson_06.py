"""Language models compared: continuation counts, a recurrent step, a receptive field."""

from collections import Counter

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake

Pairs = list[tuple[str, str]]


def continuation(pairs: Pairs, word: str) -> float:
    kinds = set(pairs)
    return sum(second == word for _, second in kinds) / len(kinds)


def step(h: Tensor, x: Tensor, U: Tensor, W: Tensor) -> Tensor:
    return torch.tanh(U @ h + W @ x)


PAIRS = [("san", "francisco")] * 5 + [("the", "cup"), ("a", "cup"), ("my", "cup"), ("the", "dog"), ("the", "cup")]
GENERATOR = torch.Generator().manual_seed(6)
H, X = torch.randn(3, generator=GENERATOR), torch.randn(3, generator=GENERATOR)
U, W = torch.randn(3, 3, generator=GENERATOR), torch.randn(3, 3, generator=GENERATOR)

EXERCISES = {
    "continuation": Exercise(
        continuation,
        [(PAIRS, "francisco"), (PAIRS, "cup"), (PAIRS, "dog")],
        [
            Mistake(
                lambda pairs, word: sum(second == word for _, second in pairs) / len(pairs),
                {
                    "pt": "Esta é a frequência: um par repetido só pode contar uma vez.",
                    "en": "This is the frequency: a repeated pair may count only once.",
                },
            ),
            Mistake(
                lambda pairs, word: sum(second == word for _, second in set(pairs)),
                {
                    "pt": "Falta dividir pelo número de pares diferentes, para que some 1.",
                    "en": "Not divided yet by the number of different pairs, so that it sums to 1.",
                },
            ),
            Mistake(
                lambda pairs, word: sum(first == word for first, _ in set(pairs)) / len(set(pairs)),
                {
                    "pt": "Você contou o que vem depois da palavra; conta o que vem antes dela.",
                    "en": "You counted what follows the word; what counts is what stands before it.",
                },
            ),
            Mistake(
                lambda pairs, word: (
                    sum(second == word for _, second in set(pairs)) / len(Counter(first for first, _ in pairs))
                ),
                {
                    "pt": "Você dividiu pelo número de palavras anteriores; divida pelo número de pares diferentes.",
                    "en": "You divided by the number of preceding words; divide by the number of different pairs.",
                },
            ),
        ],
    ),
    "rnn_step": Exercise(
        step,
        [(H, X, U, W), (torch.zeros(3), X, U, W), (H, 2 * X, W, U)],
        [
            Mistake(
                lambda h, x, U, W: U @ h + W @ x,
                {
                    "pt": "Falta a tanh: sem ela, o vetor cresce sem limite e a rede é só uma soma.",
                    "en": "The tanh is missing: without it the vector grows without bound, and the net is just a sum.",
                },
            ),
            Mistake(
                lambda h, x, U, W: torch.tanh(W @ x),
                {
                    "pt": "O estado anterior, h, não entrou: assim a rede não lembra de nada.",
                    "en": "The previous state, h, is not in it: so the net remembers nothing.",
                },
            ),
            Mistake(
                lambda h, x, U, W: torch.tanh(W @ h + U @ x),
                {
                    "pt": "As matrizes estão trocadas: U é do estado, W é da entrada.",
                    "en": "The matrices are swapped: U is the state's, W the input's.",
                },
            ),
            Mistake(
                lambda h, x, U, W: torch.tanh(h @ U + x @ W),
                {
                    "pt": "Assim as matrizes são lidas por colunas: matriz à esquerda, vetor à direita.",
                    "en": "So the matrices are read by columns: the matrix stands left, the vector right of it.",
                },
            ),
            Mistake(
                lambda h, x, U, W: torch.sigmoid(U @ h + W @ x),
                {
                    "pt": "Você usou a sigmoide, que é das portas da LSTM; aqui é a tanh.",
                    "en": "You used the sigmoid, which belongs to an LSTM's gates; here it is tanh.",
                },
            ),
        ],
    ),
    "receptive_field": Exercise(
        lambda kernel, n_layer: 1 + (kernel - 1) * (2**n_layer - 1),
        [(3, 4), (2, 3), (5, 1)],
        [
            Mistake(
                lambda kernel, n_layer: 1 + (kernel - 1) * n_layer,
                {
                    "pt": "Isto vale sem furos. Aqui eles dobram: a camada i alcança (kernel − 1) · 2^i a mais.",
                    "en": "This is without holes. Here they double: layer i reaches (kernel − 1) · 2^i further.",
                },
            ),
            Mistake(
                lambda kernel, n_layer: (kernel - 1) * (2**n_layer - 1),
                {
                    "pt": "Faltou o próprio token.",
                    "en": "The token itself is missing.",
                },
            ),
            Mistake(
                lambda kernel, n_layer: kernel * n_layer,
                {
                    "pt": "As janelas se sobrepõem: não se somam inteiras.",
                    "en": "The windows overlap: they do not add up as a whole.",
                },
            ),
            Mistake(
                lambda kernel, n_layer: kernel * 2 ** (n_layer - 1),
                {
                    "pt": "Esta conta só a última camada; some o alcance de todas.",
                    "en": "This counts the last layer alone; add up the reach of them all.",
                },
            ),
        ],
    ),
}
