"""The whole GPT: layer norm, the heads joined, a block."""

import torch
from torch import Tensor, nn

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return centred / (variance + 1e-5).sqrt() * weight + bias


def deviation(x: Tensor) -> Tensor:
    return x.std(dim=-1, keepdim=True, correction=0)


def block(x: Tensor, attention_norm: nn.Module, attention: nn.Module, mlp_norm: nn.Module, mlp: nn.Module) -> Tensor:
    x = x + attention(attention_norm(x))
    return x + mlp(mlp_norm(x))


def norm_after_the_sum(x: Tensor, norm_1: nn.Module, attention: nn.Module, norm_2: nn.Module, mlp: nn.Module) -> Tensor:
    x = norm_1(x + attention(x))
    return norm_2(x + mlp(x))


def sum_from_the_normed(
    x: Tensor, norm_1: nn.Module, attention: nn.Module, norm_2: nn.Module, mlp: nn.Module
) -> Tensor:
    x = norm_1(x)
    x = norm_2(x + attention(x))
    return x + mlp(x)


def side_by_side(x: Tensor, norm_1: nn.Module, attention: nn.Module, norm_2: nn.Module, mlp: nn.Module) -> Tensor:
    return x + attention(norm_1(x)) + mlp(norm_2(x))


def attention_forgotten(
    x: Tensor, norm_1: nn.Module, attention: nn.Module, norm_2: nn.Module, mlp: nn.Module
) -> Tensor:
    return x + mlp(norm_2(x + attention(norm_1(x))))


def parts() -> tuple[nn.Module, nn.Module, nn.Module, nn.Module]:
    """The parts of a block; a linear layer stands for attention, whose masks and heads play no role here."""
    norms = nn.LayerNorm(4), nn.LayerNorm(4)
    attention, mlp = nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 16), nn.GELU("tanh"), nn.Linear(16, 4))
    for part in (*norms, attention, mlp):
        for parameter in part.parameters():
            nn.init.normal_(parameter, generator=GENERATOR)
    return norms[0], attention, norms[1], mlp


GENERATOR = torch.Generator().manual_seed(4)
X = torch.tensor([[1.0, 2.0, 3.0, 6.0], [0.01, 0.02, 0.0, -0.01], [5.0, -1.0, 0.0, 2.0], [2.0, 4.0, 9.0, 1.0]])
WEIGHT, BIAS = torch.tensor([1.0, 2.0, 0.5, -1.0]), torch.tensor([0.0, 1.0, -1.0, 0.5])
MIXED = torch.arange(12.0).view(2, 3, 2)  # (H, T, D)

EXERCISES = {
    "layer_norm": Exercise(
        layer_norm,
        [(X, WEIGHT, BIAS), (X[:2], WEIGHT, BIAS), (X[2:], BIAS, WEIGHT)],
        [
            Mistake(
                lambda x, weight, bias: (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt() * weight + bias,
                {
                    "pt": "Você normalizou cada coluna, entre os tokens. O LayerNorm trata cada token (linha) sozinho.",
                    "en": "You normalised each column, across tokens. LayerNorm treats each token (row) alone.",
                },
            ),
            Mistake(
                lambda x, weight, bias: (x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt() * weight + bias,
                {
                    "pt": "Uma média só para a matriz inteira? Cada token (linha) tem a sua média e o seu desvio.",
                    "en": "One mean for the whole matrix? Each token (row) has its own mean and deviation.",
                },
            ),
            Mistake(
                lambda x, weight, bias: (
                    (x - x.mean(-1, True)) / (x.var(-1, keepdim=True) + 1e-5).sqrt() * weight + bias
                ),
                {
                    "pt": "Você dividiu a soma dos quadrados por C - 1; aqui a variância é a média: divida por C.",
                    "en": "You divided the sum of squares by C - 1; here the variance is the mean: divide by C.",
                },
            ),
            Mistake(
                lambda x, weight, bias: (x - x.mean(-1, True)) / deviation(x) * weight + bias,
                {
                    "pt": "Faltou somar 1e-5 à variância: onde os números são quase iguais, isso muda o resultado.",
                    "en": "Add 1e-5 to the variance: where the numbers are nearly equal, it changes the result.",
                },
            ),
            Mistake(
                lambda x, weight, bias: (x - x.mean(-1, True)) / (deviation(x) + 1e-5) * weight + bias,
                {
                    "pt": "O 1e-5 entra na variância, antes da raiz, e não no desvio padrão.",
                    "en": "The 1e-5 goes into the variance, before the root, and not into the standard deviation.",
                },
            ),
            Mistake(
                lambda x, weight, bias: layer_norm(x, torch.ones_like(weight), torch.zeros_like(bias)),
                {
                    "pt": "Média 0 e desvio 1, certo; falta multiplicar por `weight` e somar `bias`.",
                    "en": "Mean 0 and deviation 1 are right; now multiply by `weight` and add `bias`.",
                },
            ),
            Mistake(
                lambda x, weight, bias: x / (x.square().mean(-1, True) + 1e-5).sqrt() * weight + bias,
                {
                    "pt": "Faltou subtrair a média. (Sem ela, isto é o RMSNorm, que o GPT-2 não usa.)",
                    "en": "Subtract the mean first. (Without that it is RMSNorm, which GPT-2 does not use.)",
                },
            ),
        ],
    ),
    "join_heads": Exercise(
        lambda mixed: mixed.transpose(0, 1).flatten(1),
        [(MIXED,), (MIXED.view(3, 2, 2),), (MIXED.flip(0),)],
        [
            Mistake(
                lambda mixed: mixed.reshape(mixed.size(1), -1),
                {
                    "pt": "O shape está certo, mas as linhas misturam tokens: antes do reshape, T deve vir primeiro.",
                    "en": "The shape is right, but rows mix tokens: before the reshape, T must be the first axis.",
                },
            ),
            Mistake(
                lambda mixed: mixed.permute(1, 2, 0).flatten(1),
                {
                    "pt": "Os números das cabeças estão intercalados; cada cabeça deve ficar inteira: (T, H, D).",
                    "en": "The heads' numbers are interleaved; each head must stay in one piece: (T, H, D).",
                },
            ),
            Mistake(
                lambda mixed: mixed.sum(0),
                {
                    "pt": "As cabeças não se somam aqui: ficam lado a lado. Quem soma é a projeção, depois.",
                    "en": "Heads are not summed here: they stand side by side. The projection mixes them afterwards.",
                },
            ),
            Mistake(
                lambda mixed: mixed.mean(0),
                {
                    "pt": "Uma média perde o que distingue as cabeças; ponha-as lado a lado.",
                    "en": "A mean loses what tells the heads apart; put them side by side.",
                },
            ),
            Mistake(
                lambda mixed: mixed.reshape(-1, mixed.size(-1)),
                {
                    "pt": "Você pôs as cabeças umas embaixo das outras; elas ficam lado a lado: (T, H·D).",
                    "en": "You put the heads below one another; they stand side by side: (T, H·D).",
                },
            ),
            Mistake(
                lambda mixed: mixed.transpose(0, 1),
                {
                    "pt": "Quase: (T, H, D). Falta juntar os dois últimos eixos em um, (T, H·D).",
                    "en": "Almost: (T, H, D). Now merge the last two axes into one, (T, H·D).",
                },
            ),
        ],
    ),
    "block": Exercise(
        block,
        [(X, *parts()), (X[:1], *parts())],
        [
            Mistake(
                norm_after_the_sum,
                {
                    "pt": "Esta é a ordem de 2017, com a normalização depois da soma. No GPT-2 ela vem antes da parte.",
                    "en": "This is the order of 2017, with the norm after the sum. In GPT-2 it comes before each part.",
                },
            ),
            Mistake(
                sum_from_the_normed,
                {
                    "pt": "Some ao x original, não ao normalizado: nada apaga o fluxo residual.",
                    "en": "Add to the original x, not to the normalised one: nothing overwrites the residual stream.",
                },
            ),
            Mistake(
                side_by_side,
                {
                    "pt": "A MLP lê o fluxo depois da atenção; a sua lê o x de antes.",
                    "en": "The MLP reads the stream after attention; yours reads the x from before.",
                },
            ),
            Mistake(
                attention_forgotten,
                {
                    "pt": "A última soma parte do x antigo: o que a atenção somou se perde.",
                    "en": "The last sum starts from the old x: what attention added is lost.",
                },
            ),
            Mistake(
                lambda x, norm_1, attention, norm_2, mlp: mlp(norm_2(attention(norm_1(x)))),
                {
                    "pt": "Faltam as somas: cada parte soma ao fluxo, não o substitui.",
                    "en": "The sums are missing: each part adds to the stream, it does not replace it.",
                },
            ),
            Mistake(
                lambda x, norm_1, attention, norm_2, mlp: x + attention(x) + mlp(x + attention(x)),
                {
                    "pt": "Faltam as duas normalizações: cada parte lê o fluxo normalizado.",
                    "en": "Both norms are missing: each part reads the normalised stream.",
                },
            ),
        ],
    ),
}
