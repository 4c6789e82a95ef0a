"""Attention: scores, the causal mask, weights."""

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake
from mini_gpt.model import attention_scores, attention_weights, causal_mask, padding_mask


def strictly_before(T: int) -> Tensor:
    return torch.ones(T, T, dtype=torch.bool).tril(-1)


GENERATOR = torch.Generator().manual_seed(3)
Q, K = (torch.randn(2, 3, 4, generator=GENERATOR) for _ in range(2))  # (H, T, D)
SCORES = torch.randn(3, 3, generator=GENERATOR)
PADDED = causal_mask(3) & padding_mask(torch.tensor([[1, 0, 1]]))[0] | torch.eye(3, dtype=torch.bool)

EXERCISES = {
    "scores": Exercise(
        attention_scores,
        [(Q, K), (Q[:1], K[:1]), (Q[:, :2], K)],
        [
            Mistake(
                lambda q, k: q @ k.mT,
                {
                    "pt": "Faltou dividir por raiz de D: quanto mais largos os vetores, maiores os escores.",
                    "en": "Not divided by the root of D yet: the wider the vectors, the larger the scores.",
                },
            ),
            Mistake(
                lambda q, k: q @ k.mT / (q.size(0) * q.size(-1)) ** 0.5,
                {
                    "pt": "Você dividiu por raiz de d_model = H·D. Cada cabeça trabalha com D = d_head dimensões.",
                    "en": "You divided by the root of d_model = H·D. Each head works with D = d_head dimensions.",
                },
            ),
            Mistake(
                lambda q, k: attention_scores(q, k).softmax(-1),
                {
                    "pt": "Estes já são os pesos; os escores vêm antes do softmax.",
                    "en": "These are the weights already; scores come before the softmax.",
                },
            ),
            Mistake(
                lambda q, k: q @ k.mT / q.size(-1),
                {
                    "pt": "Você dividiu por D; o que cresce com D é a variância, e o desvio cresce com a raiz de D.",
                    "en": "You divided by D; what grows with D is the variance, the deviation grows with its root.",
                },
            ),
            Mistake(
                lambda q, k: k @ q.mT / q.size(-1) ** 0.5,
                {
                    "pt": "As linhas são as consultas e as colunas as chaves: q @ k.mT.",
                    "en": "Rows are queries, columns are keys: q @ k.mT.",
                },
            ),
        ],
    ),
    "causal_mask": Exercise(
        causal_mask,
        [(4,), (1,), (2,)],
        [
            Mistake(
                strictly_before,
                {
                    "pt": "Cada token vê também a si mesmo; sem isso, o primeiro não veria ninguém.",
                    "en": "Each token sees itself too; without that the first would see nobody.",
                },
            ),
            Mistake(
                lambda T: torch.ones(T, T, dtype=torch.bool).tril(1)[:, :T],
                {
                    "pt": "Um a mais: assim cada token vê o próximo, justamente o que ele deve prever.",
                    "en": "One too many: so each token sees the next one, the very one that it has to predict.",
                },
            ),
            Mistake(
                lambda T: causal_mask(T).T,
                {
                    "pt": "Está transposta: assim cada token vê o futuro, e não o passado.",
                    "en": "It is transposed: so each token sees the future and not the past.",
                },
            ),
            Mistake(
                lambda T: torch.zeros(T, T).masked_fill(~causal_mask(T), -torch.inf),
                {
                    "pt": "Esta é para somar aos escores: 0 e menos infinito. Aqui a máscara diz True ou False.",
                    "en": "This one is to be added to scores: 0 and minus infinity. Here a mask says True or False.",
                },
            ),
            Mistake(
                lambda T: ~causal_mask(T),
                {
                    "pt": "Aqui True quer dizer que pode ver; a sua máscara diz o que está proibido.",
                    "en": "Here True means that it may be seen; yours tells what is forbidden.",
                },
            ),
        ],
    ),
    "weights": Exercise(
        attention_weights,
        [(SCORES, causal_mask(3)), (SCORES, PADDED), (3 * SCORES, torch.ones(3, 3, dtype=torch.bool))],
        [
            Mistake(
                lambda scores, mask: scores.masked_fill(~mask, -torch.inf).softmax(0).nan_to_num(),
                {
                    "pt": "O softmax é sobre as chaves: cada linha soma 1, e não cada coluna.",
                    "en": "The softmax is over the keys: each row sums to 1, not each column.",
                },
            ),
            Mistake(
                lambda scores, mask: scores.softmax(-1) * mask,
                {
                    "pt": "Apagar depois do softmax deixa linhas que somam menos que 1, e o futuro já entrou na conta.",
                    "en": "Blanking after the softmax leaves rows that sum to less than 1, and the future took part.",
                },
            ),
            Mistake(
                lambda scores, mask: (scores * mask).softmax(-1),
                {
                    "pt": "Um escore 0 não esconde nada: exp(0) = 1. O que some com o softmax é menos infinito.",
                    "en": "A score of 0 hides nothing: exp(0) = 1. What vanishes in the softmax is minus infinity.",
                },
            ),
            Mistake(
                lambda scores, mask: scores.masked_fill(mask, -torch.inf).softmax(-1).nan_to_num(),
                {
                    "pt": "A máscara está ao contrário: True é o que pode ser visto.",
                    "en": "The mask is the wrong way round: True is what may be seen.",
                },
            ),
            Mistake(
                lambda scores, mask: scores.softmax(-1),
                {
                    "pt": "A máscara não foi usada.",
                    "en": "The mask has not been used.",
                },
            ),
        ],
    ),
}
