"""Attention: scores, and the weights of causal attention."""

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake
from mini_gpt.model import attention_scores, attention_weights, causal_mask


def causal_weights(scores: Tensor) -> Tensor:
    return scores.masked_fill(~causal_mask(len(scores)), -torch.inf).softmax(-1)


GENERATOR = torch.Generator().manual_seed(3)
Q, K = (torch.randn(2, 3, 4, generator=GENERATOR) for _ in range(2))  # (H, T, D)
SCORES = torch.randn(3, 3, generator=GENERATOR)

EXERCISES = {
    "scores": Exercise(
        attention_scores,
        [(Q, K), (Q[:1], K[:1]), (Q[:, :2], K)],
        [
            Mistake(
                lambda q, k: q @ k.mT,
                {
                    "pt": "Faltou dividir pela raiz de D: sem isso, quanto mais dimensões, maiores os escores.",
                    "en": "Divide by the square root of D: otherwise, the more dimensions, the larger the scores.",
                },
            ),
            Mistake(
                lambda q, k: q @ k.mT / (q.size(0) * q.size(-1)) ** 0.5,
                {
                    "pt": "Você dividiu pela raiz de d_model = H·D. Cada cabeça trabalha com D = d_head dimensões.",
                    "en": "You divided by the square root of d_model = H·D. Each head has D = d_head dimensions.",
                },
            ),
            Mistake(
                lambda q, k: attention_scores(q, k).softmax(-1),
                {
                    "pt": "Estes já são os pesos; os escores vêm antes do softmax.",
                    "en": "These are already the weights; scores come before the softmax.",
                },
            ),
            Mistake(
                lambda q, k: q @ k.mT / q.size(-1),
                {
                    "pt": "Você dividiu por D. A variância cresce com D; o desvio padrão, com a raiz de D.",
                    "en": "You divided by D. The variance grows with D; the standard deviation, with its square root.",
                },
            ),
            Mistake(
                lambda q, k: k @ q.mT / q.size(-1) ** 0.5,
                {
                    "pt": "As linhas são as consultas (queries) e as colunas, as chaves (keys): q @ k.mT.",
                    "en": "Rows are queries and columns are keys: q @ k.mT.",
                },
            ),
        ],
    ),
    "causal_weights": Exercise(
        causal_weights,
        [(SCORES,), (3 * SCORES[:2, :2],), (SCORES[1:, 1:],)],
        [
            Mistake(
                lambda scores: attention_weights(scores, torch.ones_like(scores, dtype=torch.bool).tril(-1)),
                {
                    "pt": "Cada token vê também a si mesmo; sem isso, o primeiro não vê nada e não tem softmax.",
                    "en": "Each token also sees itself; otherwise the first one sees nothing to take a softmax over.",
                },
            ),
            Mistake(
                lambda scores: attention_weights(scores, torch.ones_like(scores, dtype=torch.bool).tril(1)),
                {
                    "pt": "Um a mais: assim cada token vê o próximo, justamente o que ele deve prever.",
                    "en": "One too many: this way each token sees the next one, the very one that it must predict.",
                },
            ),
            Mistake(
                lambda scores: attention_weights(scores, causal_mask(len(scores)).T),
                {
                    "pt": "A máscara está transposta: assim cada token vê o futuro em vez do passado.",
                    "en": "The mask is transposed: each token sees the future instead of the past.",
                },
            ),
            Mistake(
                lambda scores: attention_weights(scores, ~causal_mask(len(scores))),
                {
                    "pt": "A máscara está invertida: o que fica com menos infinito é o futuro, e não o passado.",
                    "en": "The mask is inverted: minus infinity goes to the future, not to the past.",
                },
            ),
            Mistake(
                lambda scores: scores.masked_fill(~causal_mask(len(scores)), -torch.inf).softmax(0),
                {
                    "pt": "O softmax é sobre as chaves: cada linha soma 1, e não cada coluna.",
                    "en": "Take the softmax over the keys: each row sums to 1, not each column.",
                },
            ),
            Mistake(
                lambda scores: scores.softmax(-1) * causal_mask(len(scores)),
                {
                    "pt": "Depois do softmax é tarde: as linhas somam menos que 1, e o futuro já entrou na conta.",
                    "en": "Masked after the softmax, rows sum to less than 1, and the future has already counted.",
                },
            ),
            Mistake(
                lambda scores: (scores * causal_mask(len(scores))).softmax(-1),
                {
                    "pt": "Um escore 0 não esconde nada: exp(0) = 1. Para dar peso 0, use menos infinito.",
                    "en": "A score of 0 hides nothing: exp(0) = 1. For a weight of 0, use minus infinity.",
                },
            ),
            Mistake(
                lambda scores: scores.softmax(-1),
                {
                    "pt": "Falta a máscara: assim cada token vê também o futuro.",
                    "en": "The mask is missing: this way each token also sees the future.",
                },
            ),
        ],
    ),
}
