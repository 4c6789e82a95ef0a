"""Encoder and decoder: padding, cross-attention, the loss of hidden tokens."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake
from mini_gpt.model import causal_mask
from mini_gpt.training.data import IGNORE


def cross_attention(q: Tensor, k: Tensor) -> Tensor:
    return (q @ k.mT / q.size(-1) ** 0.5).softmax(-1)


def hidden_loss(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, ignore_index=IGNORE)


def everywhere(logits: Tensor, targets: Tensor) -> Tensor:
    """The mistake of counting every position: where nothing is hidden, token 0 becomes the target."""
    return F.cross_entropy(logits, targets.clamp(min=0))


def shifted(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits[:-1], targets[1:], ignore_index=IGNORE)


GENERATOR = torch.Generator().manual_seed(4)
Q, K = torch.randn(3, 4, generator=GENERATOR), torch.randn(5, 4, generator=GENERATOR)
LOGITS = torch.randn(5, 6, generator=GENERATOR)
REAL = torch.tensor([[True, True, True], [True, True, False]])

EXERCISES = {
    "padding": Exercise(
        lambda real: real[:, None, :].expand(-1, real.size(1), -1),
        [(REAL,), (torch.tensor([[True, False, False, False]]),)],
        [
            Mistake(
                lambda real: real[:, :, None].expand(-1, -1, real.size(1)),
                {
                    "pt": "Você apagou linhas, isto é, consultas. O que se esconde são as chaves: as colunas.",
                    "en": "You masked rows, which are queries. Hide the keys instead: the columns.",
                },
            ),
            Mistake(
                lambda real: real[:, :, None] & real[:, None, :],
                {
                    "pt": "Uma linha sem nenhuma chave permitida não tem softmax: deixe as consultas do padding verem "
                    "as chaves de verdade. Ninguém vai ler o resultado delas.",
                    "en": "A row without any allowed key has no softmax: let the queries of the padding see the "
                    "real keys. Nobody reads their results.",
                },
            ),
            Mistake(
                lambda real: real[:, None, :] & causal_mask(real.size(1)),
                {
                    "pt": "Assim o codificador não vê o que vem depois: a máscara causal é do GPT.",
                    "en": "This way the encoder cannot see what follows: the causal mask belongs to GPT.",
                },
            ),
            Mistake(
                lambda real: ~real[:, None, :].expand(-1, real.size(1), -1),
                {
                    "pt": "Está invertida: True quer dizer “pode ver”.",
                    "en": "It is inverted: True means “may see”.",
                },
            ),
        ],
    ),
    "cross_attention": Exercise(
        cross_attention,
        [(Q, K), (K, Q), (3 * Q, K)],
        [
            Mistake(
                lambda q, k: (q @ k.mT / q.size(-1) ** 0.5).softmax(0),
                {
                    "pt": "Cada palavra escrita distribui a sua atenção entre as lidas: são as linhas que somam 1.",
                    "en": "Each word written spreads its attention over the words read: the rows sum to 1.",
                },
            ),
            Mistake(
                lambda q, k: (q @ k.mT).softmax(-1),
                {
                    "pt": "Falta dividir pela raiz de d_head, a largura das consultas.",
                    "en": "Divide by the square root of d_head, the width of the queries.",
                },
            ),
            Mistake(
                lambda q, k: (q @ k.mT / k.size(0) ** 0.5).softmax(-1),
                {
                    "pt": "A raiz é da largura dos vetores, não do número de palavras lidas.",
                    "en": "Take the square root of the vectors' width, not of the number of words read.",
                },
            ),
            Mistake(
                lambda q, k: (
                    (q @ k.mT / q.size(-1) ** 0.5)
                    .masked_fill(~torch.ones(len(q), len(k), dtype=torch.bool).tril(), -torch.inf)
                    .softmax(-1)
                ),
                {
                    "pt": "O texto lido já está completo: não há futuro a esconder, nem máscara causal.",
                    "en": "The text read is already complete: there is no future to hide, so no causal mask.",
                },
            ),
            Mistake(
                lambda q, k: (k @ q.mT / q.size(-1) ** 0.5).softmax(-1),
                {
                    "pt": "Os papéis estão trocados: linhas são consultas (o que se escreve), colunas são chaves.",
                    "en": "The roles are swapped: rows are queries (what is written), columns are keys.",
                },
            ),
        ],
    ),
    "hidden_loss": Exercise(
        hidden_loss,
        [
            (LOGITS, torch.tensor([IGNORE, 3, IGNORE, 1, IGNORE])),
            (LOGITS, torch.tensor([2, IGNORE, IGNORE, IGNORE, 5])),
            (LOGITS[:3], torch.tensor([0, 4, IGNORE])),
        ],
        [
            Mistake(
                everywhere,
                {
                    "pt": "Você contou também as posições em que nada foi escondido (−100): só as outras contam.",
                    "en": "You also counted the positions where nothing was hidden (−100): only the others count.",
                },
            ),
            Mistake(
                lambda logits, targets: F.cross_entropy(logits, targets, ignore_index=IGNORE, reduction="sum"),
                {
                    "pt": "Esta é a soma; o exercício pede a média sobre os tokens escondidos.",
                    "en": "This is the sum; the exercise asks for the mean over the hidden tokens.",
                },
            ),
            Mistake(
                shifted,
                {
                    "pt": "Você deslocou como no GPT. Aqui logits[t] prevê o token na posição t, não o seguinte.",
                    "en": "You shifted as for GPT. Here logits[t] predicts the token at t, not the one after it.",
                },
            ),
            Mistake(
                lambda logits, targets: -hidden_loss(logits, targets),
                {
                    "pt": "Confira o sinal: a perda é menos o logaritmo da probabilidade, e nunca é negativa.",
                    "en": "Check the sign: the loss is minus the log-probability, and never negative.",
                },
            ),
            Mistake(
                lambda logits, targets: (
                    F.cross_entropy(logits, targets, ignore_index=IGNORE, reduction="sum") / len(targets)
                ),
                {
                    "pt": "Você dividiu pelo número de tokens; divida pelo número de tokens escondidos.",
                    "en": "You divided by the number of tokens; divide by the number of hidden tokens.",
                },
            ),
        ],
    ),
}
