"""Since GPT-2: RMSNorm, RoPE, the cache of grouped queries, and what five seeds can tell."""

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def rms_norm(x: Tensor, weight: Tensor) -> Tensor:
    return x / (x.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt() * weight


def turned(x: Tensor, speeds: Tensor, first: int = 0, direction: int = 1) -> Tensor:
    angles = torch.arange(first, first + len(x))[:, None] * speeds
    a, b = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), direction * angles.sin()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def rope(x: Tensor, speeds: Tensor) -> Tensor:
    return turned(x, speeds)


def neighbours_turned(x: Tensor, speeds: Tensor) -> Tensor:
    sides = turned(torch.cat([x[:, ::2], x[:, 1::2]], dim=-1), speeds).chunk(2, dim=-1)
    return torch.stack(sides, dim=-1).flatten(-2)


def one_half_only(x: Tensor, speeds: Tensor) -> Tensor:
    return torch.cat([turned(x, speeds).chunk(2, dim=-1)[0], x.chunk(2, dim=-1)[1]], dim=-1)


def stretched(x: Tensor, speeds: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    angles = torch.arange(len(x))[:, None] * speeds
    return torch.cat([a * angles.cos(), b * angles.sin()], dim=-1)


def all_at_one_speed(x: Tensor, speeds: Tensor) -> Tensor:
    return turned(x, speeds[:1].expand_as(speeds))


def cache_size(n_layer: int, n_kv_head: int, d_head: int, tokens: int, number: int) -> int:
    return 2 * n_layer * n_kv_head * d_head * tokens * number


def told_apart(differences: dict[str, tuple[float, float]]) -> list[str]:
    return [name for name, (middle, reach) in differences.items() if abs(middle) > reach]


def better_on_average(differences: dict[str, tuple[float, float]]) -> list[str]:
    return [name for name, (middle, _) in differences.items() if middle < 0]


def surely_better(differences: dict[str, tuple[float, float]]) -> list[str]:
    return [name for name, (middle, reach) in differences.items() if middle + reach < 0]


def cannot_be_told(differences: dict[str, tuple[float, float]]) -> list[str]:
    return [name for name, (middle, reach) in differences.items() if abs(middle) <= reach]


GENERATOR = torch.Generator().manual_seed(13)
X = torch.tensor([[1.0, 2.0, 3.0, 6.0], [0.01, 0.02, 0.0, -0.01], [5.0, -1.0, 0.0, 2.0]])
WEIGHT = torch.tensor([1.0, 2.0, 0.5, -1.0])
HEAD = torch.randn(5, 4, generator=GENERATOR)
SPEEDS = torch.tensor([1.0, 0.1])
DIFFERENCES = {"a": (-0.03, 0.01), "b": (-0.01, 0.02), "c": (0.04, 0.03), "d": (0.01, 0.05)}

EXERCISES = {
    "rms_norm": Exercise(
        rms_norm,
        [(X, WEIGHT), (X[1:], WEIGHT.flip(0))],
        [
            Mistake(
                lambda x, weight: (
                    (x - x.mean(-1, True)) / (x.var(-1, keepdim=True, correction=0) + 1e-5).sqrt() * weight
                ),
                {
                    "pt": "Isso é o LayerNorm: a RMSNorm não subtrai a média.",
                    "en": "That is LayerNorm: RMSNorm does not subtract the mean.",
                },
            ),
            Mistake(
                lambda x, weight: x / (x.square().sum(-1, True) + 1e-5).sqrt() * weight,
                {
                    "pt": "Você dividiu pela raiz da soma dos quadrados; a raiz é da média deles.",
                    "en": "You divided by the root of the sum of the squares; take the root of their mean.",
                },
            ),
            Mistake(
                lambda x, weight: x / (x.square().mean(0) + 1e-5).sqrt() * weight,
                {
                    "pt": "Você normalizou cada coluna, entre os tokens. Cada token (linha) é tratado sozinho.",
                    "en": "You normalised each column, across tokens. Each token (row) is treated alone.",
                },
            ),
            Mistake(
                lambda x, weight: x / x.square().mean(-1, True).sqrt() * weight,
                {
                    "pt": "Faltou somar 1e-5 à média dos quadrados, antes da raiz.",
                    "en": "Add 1e-5 to the mean of the squares, before the root.",
                },
            ),
            Mistake(
                lambda x, weight: x / (x.square().mean(-1, True).sqrt() + 1e-5) * weight,
                {
                    "pt": "O 1e-5 entra dentro da raiz, e não depois dela.",
                    "en": "The 1e-5 goes inside the root, not after it.",
                },
            ),
            Mistake(
                lambda x, weight: rms_norm(x, torch.ones_like(weight)),
                {
                    "pt": "Normalizado, certo; falta multiplicar por `weight`.",
                    "en": "Normalised correctly; now multiply by `weight`.",
                },
            ),
            Mistake(
                lambda x, weight: x / (x.square().mean(-1, True) + 1e-5) * weight,
                {
                    "pt": "Faltou a raiz: divida pela raiz da média dos quadrados.",
                    "en": "The root is missing: divide by the root of the mean of the squares.",
                },
            ),
        ],
    ),
    "rope": Exercise(
        rope,
        [(HEAD, SPEEDS), (HEAD.flip(0), SPEEDS.flip(0))],
        [
            Mistake(
                lambda x, speeds: turned(x, speeds, first=1),
                {
                    "pt": "A primeira linha é a posição 0, que não gira.",
                    "en": "The first row is position 0, which does not turn.",
                },
            ),
            Mistake(
                lambda x, speeds: turned(x, speeds, direction=-1),
                {
                    "pt": "Girou para o outro lado: (a, b) vai a (a cos − b sen, a sen + b cos).",
                    "en": "It turned the other way: (a, b) goes to (a cos − b sin, a sin + b cos).",
                },
            ),
            Mistake(
                neighbours_turned,
                {
                    "pt": "Você juntou vizinhos, 2i e 2i + 1; aqui o par é i e i + D/2.",
                    "en": "You paired neighbours, 2i and 2i + 1; here the pair is i and i + D/2.",
                },
            ),
            Mistake(
                one_half_only,
                {
                    "pt": "A primeira metade girou; a segunda ficou como estava. Ela é a sen + b cos.",
                    "en": "The first half has turned; the second is as it was. It becomes a sin + b cos.",
                },
            ),
            Mistake(
                stretched,
                {
                    "pt": "Girar mistura os dois números do par: cada um depende de a e de b.",
                    "en": "Turning mixes the two numbers of a pair: each one depends on a and on b.",
                },
            ),
            Mistake(
                all_at_one_speed,
                {
                    "pt": "Cada par tem a sua velocidade: o ângulo é a posição vezes `speeds[i]`.",
                    "en": "Each pair has its own speed: the angle is the position times `speeds[i]`.",
                },
            ),
        ],
    ),
    "cache_size": Exercise(
        cache_size,
        [(80, 8, 128, 4096, 2), (12, 12, 64, 1, 4)],
        [
            Mistake(
                lambda n_layer, n_kv_head, d_head, tokens, number: n_layer * n_kv_head * d_head * tokens * number,
                {
                    "pt": "Faltou um dos dois: o cache guarda chaves e valores.",
                    "en": "The cache keeps keys and values.",
                },
            ),
            Mistake(
                lambda n_layer, n_kv_head, d_head, tokens, number: 2 * n_kv_head * d_head * tokens * number,
                {
                    "pt": "Cada camada tem o seu cache: multiplique pelo número delas.",
                    "en": "Each layer has a cache of its own: multiply by their number.",
                },
            ),
            Mistake(
                lambda n_layer, n_kv_head, d_head, tokens, number: 2 * n_layer * n_kv_head * d_head * tokens,
                {
                    "pt": "Isso é a quantidade de números; a pergunta é em bytes.",
                    "en": "That is how many numbers there are; the question asks for bytes.",
                },
            ),
            Mistake(
                lambda n_layer, n_kv_head, d_head, tokens, number: 2 * n_layer * n_kv_head * d_head * number,
                {"pt": "Isso é para um token; há `tokens`.", "en": "That is for one token; there are `tokens`."},
            ),
            Mistake(
                lambda n_layer, n_kv_head, d_head, tokens, number: (
                    2 * n_layer * n_kv_head * d_head * tokens**2 * number
                ),
                {
                    "pt": "Os escores crescem com o quadrado; o cache, só com o número de tokens.",
                    "en": "Scores grow with the square; the cache grows with the number of tokens.",
                },
            ),
        ],
    ),
    "told_apart": Exercise(
        told_apart,
        [(DIFFERENCES,), ({"x": (-0.5, 0.1), "y": (0.2, 0.1)},)],
        [
            Mistake(
                better_on_average,
                {
                    "pt": "Uma média abaixo de zero pode ser acaso: o intervalo inteiro fica de um lado do zero?",
                    "en": "A mean below zero may be chance: does the whole interval lie on one side of zero?",
                },
            ),
            Mistake(
                surely_better,
                {
                    "pt": "O que piora também se distingue: conta o intervalo inteiro acima do zero.",
                    "en": "What makes things worse can be told apart, too: an interval wholly above zero counts.",
                },
            ),
            Mistake(
                cannot_be_told,
                {
                    "pt": "Essas são as que **não** se distinguem: o zero está dentro do intervalo delas.",
                    "en": "These are the ones that can **not** be told apart: zero lies inside their interval.",
                },
            ),
        ],
    ),
}
