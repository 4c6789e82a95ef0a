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
    "causal_mask": Exercise(
        causal_mask,
        [(4,), (1,), (2,)],
        [
            Mistake(
                strictly_before,
                {
                    "pt": "Cada token vê também a si mesmo; sem isso, o primeiro não veria nada.",
                    "en": "Each token also sees itself; otherwise the first one would see nothing.",
                },
            ),
            Mistake(
                lambda T: torch.ones(T, T, dtype=torch.bool).tril(1)[:, :T],
                {
                    "pt": "Um a mais: assim cada token vê o próximo, justamente o que ele deve prever.",
                    "en": "One too many: this way each token sees the next one, the very one that it must predict.",
                },
            ),
            Mistake(
                lambda T: causal_mask(T).T,
                {
                    "pt": "Está transposta: assim cada token vê o futuro em vez do passado.",
                    "en": "It is transposed: each token sees the future instead of the past.",
                },
            ),
            Mistake(
                lambda T: torch.zeros(T, T).masked_fill(~causal_mask(T), -torch.inf),
                {
                    "pt": "Esta é uma máscara aditiva, de 0 e menos infinito. Aqui as máscaras são True ou False.",
                    "en": "This is an additive mask, of 0 and minus infinity. Here masks are True or False.",
                },
            ),
            Mistake(
                lambda T: ~causal_mask(T),
                {
                    "pt": "Aqui True quer dizer “pode ver”; a sua máscara marca o que está proibido.",
                    "en": "Here True means “may see”; your mask marks what is forbidden.",
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
                    "en": "Take the softmax over the keys: each row sums to 1, not each column.",
                },
            ),
            Mistake(
                lambda scores, mask: scores.softmax(-1) * mask,
                {
                    "pt": "Depois do softmax é tarde: as linhas somam menos que 1, e o futuro já entrou na conta.",
                    "en": "Masked after the softmax, rows sum to less than 1, and the future has already counted.",
                },
            ),
            Mistake(
                lambda scores, mask: (scores * mask).softmax(-1),
                {
                    "pt": "Um escore 0 não esconde nada: exp(0) = 1. Para dar peso 0, use menos infinito.",
                    "en": "A score of 0 hides nothing: exp(0) = 1. For a weight of 0, use minus infinity.",
                },
            ),
            Mistake(
                lambda scores, mask: scores.masked_fill(mask, -torch.inf).softmax(-1).nan_to_num(),
                {
                    "pt": "A máscara está invertida: True é o que pode ser visto.",
                    "en": "The mask is inverted: True is what may be seen.",
                },
            ),
            Mistake(
                lambda scores, mask: scores.softmax(-1),
                {
                    "pt": "Você não usou a máscara.",
                    "en": "You did not use the mask.",
                },
            ),
        ],
    ),
}
