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
    """The mistake of counting every place: where nothing is hidden, the first word counts as the target."""
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
                    "pt": "Você apagou linhas, isto é, consultas. Quem não pode ser visto são as chaves: as colunas.",
                    "en": "You blanked rows, which are queries. What must not be seen are the keys: the columns.",
                },
            ),
            Mistake(
                lambda real: real[:, :, None] & real[:, None, :],
                {
                    "pt": "Uma linha sem nenhuma chave permitida não tem softmax: deixe as consultas de enchimento ver "
                    "as chaves de verdade. Ninguém vai ler o resultado delas.",
                    "en": "A row without any allowed key has no softmax: let the padding's queries see the real keys. "
                    "Nobody reads what comes of them.",
                },
            ),
            Mistake(
                lambda real: real[:, None, :] & causal_mask(real.size(1)),
                {
                    "pt": "Assim o codificador não vê o que vem depois: a máscara causal é do GPT.",
                    "en": "So the encoder does not see what follows: the causal mask is GPT's.",
                },
            ),
            Mistake(
                lambda real: ~real[:, None, :].expand(-1, real.size(1), -1),
                {
                    "pt": "Está ao contrário: True quer dizer que pode ver.",
                    "en": "It is the other way round: True means that it may be seen.",
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
                    "pt": "Cada palavra escrita reparte a sua atenção entre as lidas: são as linhas que somam 1.",
                    "en": "Each word written shares its attention out over those read: it is the rows that sum to 1.",
                },
            ),
            Mistake(
                lambda q, k: (q @ k.mT).softmax(-1),
                {
                    "pt": "Falta dividir por raiz de d_head, a largura das consultas.",
                    "en": "Not divided yet by the root of d_head, the queries' width.",
                },
            ),
            Mistake(
                lambda q, k: (q @ k.mT / k.size(0) ** 0.5).softmax(-1),
                {
                    "pt": "A raiz é da largura de um vetor, não do número de palavras lidas.",
                    "en": "The root is of a vector's width, not of the number of words read.",
                },
            ),
            Mistake(
                lambda q, k: (
                    (q @ k.mT / q.size(-1) ** 0.5)
                    .masked_fill(~torch.ones(len(q), len(k), dtype=torch.bool).tril(), -torch.inf)
                    .softmax(-1)
                ),
                {
                    "pt": "O texto lido já está inteiro: aqui não há futuro para esconder, nem máscara causal.",
                    "en": "The text that is read is there as a whole: no future to hide, so no causal mask.",
                },
            ),
            Mistake(
                lambda q, k: (k @ q.mT / q.size(-1) ** 0.5).softmax(-1),
                {
                    "pt": "Trocaram-se os papéis: as linhas são as consultas (o que se escreve), as colunas as chaves.",
                    "en": "The parts are swapped: rows are the queries (what is written), columns the keys.",
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
                    "pt": "Entraram também as posições em que nada foi escondido (−100): só contam as outras.",
                    "en": "The places where nothing was hidden (−100) are counted too: only the others do.",
                },
            ),
            Mistake(
                lambda logits, targets: F.cross_entropy(logits, targets, ignore_index=IGNORE, reduction="sum"),
                {
                    "pt": "Esta é a soma; pede-se a média sobre os tokens escondidos.",
                    "en": "This is the sum; asked is the mean over the hidden tokens.",
                },
            ),
            Mistake(
                shifted,
                {
                    "pt": "Você deslocou como no GPT. Aqui logits[t] fala do token que está em t, e não do seguinte.",
                    "en": "You shifted as for GPT. Here logits[t] speak of the token at t, not of the one after it.",
                },
            ),
            Mistake(
                lambda logits, targets: -hidden_loss(logits, targets),
                {
                    "pt": "O sinal: a perda é menos o logaritmo da probabilidade, e nunca é negativa.",
                    "en": "The sign: the loss is minus the logarithm of the probability, and never negative.",
                },
            ),
            Mistake(
                lambda logits, targets: (
                    F.cross_entropy(logits, targets, ignore_index=IGNORE, reduction="sum") / len(targets)
                ),
                {
                    "pt": "Você dividiu pelo número de tokens; divida pelo número de tokens escondidos.",
                    "en": "You divided by the number of tokens; divide by the number of hidden ones.",
                },
            ),
        ],
    ),
}
