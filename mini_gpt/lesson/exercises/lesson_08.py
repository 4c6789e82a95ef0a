"""From mini to GPT-2: parameters, the cache, the work of training, calibration."""

import numpy as np

from mini_gpt.lesson.calibration import binned, calibration_error
from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def count(V: int, T: int, L: int, C: int) -> int:
    return V * C + T * C + L * (12 * C * C + 13 * C) + 2 * C


def cache(L: int, C: int, tokens: int) -> int:
    return 2 * L * C * tokens * 4


def hours(parameters: float, tokens: float, peak: float, share: float) -> float:
    return 6 * parameters * tokens / (peak * share) / 3600


DICE = np.random.default_rng(8)
SAID = DICE.uniform(size=60) ** 0.5  # more of the high ones, as models have
TRUE = np.clip(SAID + DICE.normal(0.05, 0.2, size=60), 0, 1)

EXERCISES = {
    "count_parameters": Exercise(
        count,
        [(100, 16, 2, 8), (10, 4, 1, 6), (50, 8, 3, 4)],
        [
            Mistake(
                lambda V, T, L, C: count(V, T, L, C) + V * C,
                {
                    "pt": "Você contou a saída outra vez: no GPT-2 ela é a própria matriz do embedding de tokens.",
                    "en": "You counted the head again: in GPT-2 it is the token embedding's own matrix.",
                },
            ),
            Mistake(
                lambda V, T, L, C: count(V, T, L, C) - L * 3 * C,
                {
                    "pt": "Faltam os vieses de consultas, chaves e valores: 3·C por bloco.",
                    "en": "The biases of queries, keys and values are missing: 3·C in each block.",
                },
            ),
            Mistake(
                lambda V, T, L, C: V * C + T * C + L * (12 * C * C + 4 * C),
                {
                    "pt": "Faltam os vieses: 4·C na atenção, 5·C na MLP; e a normalização final, com 2·C.",
                    "en": "The biases are missing, 4·C in attention and 5·C in the MLP, and the final norm's 2·C.",
                },
            ),
            Mistake(
                lambda V, T, L, C: V * C + T * C + L * 12 * C * C,
                {
                    "pt": "As matrizes estão certas; faltam vieses e normalizações: 13·C por bloco, e 2·C no fim.",
                    "en": "The matrices are right; biases and norms are missing: 13·C in each block, 2·C at the end.",
                },
            ),
            Mistake(
                lambda V, T, L, C: count(V, T, L, C) - 2 * C,
                {
                    "pt": "Falta a normalização depois do último bloco: 2·C.",
                    "en": "The norm after the last block is missing: 2·C.",
                },
            ),
            Mistake(
                lambda V, T, L, C: count(V, T, L, C) - T * C,
                {
                    "pt": "Faltam as posições: T vetores de largura C.",
                    "en": "The positions are missing: T vectors of width C.",
                },
            ),
        ],
    ),
    "kept_bytes": Exercise(
        cache,
        [(12, 768, 1), (4, 128, 64), (48, 1600, 10)],
        [
            Mistake(
                lambda L, C, tokens: L * C * tokens * 4,
                {
                    "pt": "Você guardou só as chaves; os valores também ficam.",
                    "en": "You kept the keys alone; the values stay, too.",
                },
            ),
            Mistake(
                lambda L, C, tokens: 3 * L * C * tokens * 4,
                {
                    "pt": "Consultas não se guardam: só a do token novo é usada.",
                    "en": "Queries are not kept: only the new token's is used.",
                },
            ),
            Mistake(
                lambda L, C, tokens: 2 * L * C * tokens,
                {
                    "pt": "Este é o número de números; cada float32 tem 4 bytes.",
                    "en": "This is how many numbers there are; each float32 has 4 bytes.",
                },
            ),
            Mistake(
                lambda L, C, tokens: 2 * C * tokens * 4,
                {
                    "pt": "Esta é uma camada; cada uma tem as suas chaves e os seus valores.",
                    "en": "This is one layer; each has keys and values of its own.",
                },
            ),
            Mistake(
                lambda L, C, tokens: 2 * L * C * tokens**2 * 4,
                {
                    "pt": "Os pesos de atenção crescem com o quadrado; o que se guarda cresce com o número de tokens.",
                    "en": "Attention weights grow with the square; what is kept grows with the number of tokens.",
                },
            ),
        ],
    ),
    "training_hours": Exercise(
        hours,
        [(1e8, 1e9, 1e14, 0.5), (1.5e9, 1e10, 3e14, 0.4), (1e6, 2e7, 1e11, 1.0)],
        [
            Mistake(
                lambda parameters, tokens, peak, share: 2 * parameters * tokens / (peak * share) / 3600,
                {
                    "pt": "2·N é só a leitura; os gradientes custam o dobro dela, e o total é 6·N.",
                    "en": "2·N is the reading alone; the gradients cost twice that, and all of it is 6·N.",
                },
            ),
            Mistake(
                lambda parameters, tokens, peak, share: 4 * parameters * tokens / (peak * share) / 3600,
                {
                    "pt": "4·N são só os gradientes; a leitura custa mais 2·N.",
                    "en": "4·N is the gradients alone; the reading costs another 2·N.",
                },
            ),
            Mistake(
                lambda parameters, tokens, peak, share: 6 * parameters * tokens / peak / 3600,
                {
                    "pt": "Ninguém alcança o pico: divida também pela parte dele que se usa.",
                    "en": "Nobody reaches the peak: divide by the share of it that is used, too.",
                },
            ),
            Mistake(
                lambda parameters, tokens, peak, share: 6 * parameters * tokens / peak * share / 3600,
                {
                    "pt": "Quem usa só uma parte do pico demora mais, não menos: divida por ela.",
                    "en": "Who uses only a share of the peak takes longer, not shorter: divide by it.",
                },
            ),
            Mistake(
                lambda parameters, tokens, peak, share: 6 * parameters * tokens / (peak * share),
                {
                    "pt": "Estes são segundos; pedem-se horas.",
                    "en": "These are seconds; asked are hours.",
                },
            ),
        ],
    ),
    "calibration": Exercise(
        calibration_error,
        [(SAID, TRUE), (SAID[:20], SAID[:20] > 0.6), (np.array([0.9, 0.9, 0.2]), np.array([1.0, 0.5, 0.0]))],
        [
            Mistake(
                lambda said, true: float(np.mean([abs(b.said - b.true) for b in binned(said, true)])),
                {
                    "pt": "Cada faixa pesa pelo número de palpites que tem; a sua média trata todas como iguais.",
                    "en": "Each bin weighs as many guesses as it has; your mean takes all bins as equal.",
                },
            ),
            Mistake(
                lambda said, true: max(abs(b.said - b.true) for b in binned(said, true)),
                {
                    "pt": "Esta é a pior faixa; pede-se a média de todas.",
                    "en": "This is the worst bin; asked is the mean of them all.",
                },
            ),
            Mistake(
                lambda said, true: abs(float(np.mean(said) - np.mean(true))),
                {
                    "pt": "Sem faixas, o excesso de confiança de uma cobre a modéstia de outra.",
                    "en": "Without bins the overconfidence of one covers for the modesty of another.",
                },
            ),
            Mistake(
                lambda said, true: sum(b.share * (b.said - b.true) for b in binned(said, true)),
                {
                    "pt": "Falta o valor absoluto: faixas de sinais opostos se cancelam.",
                    "en": "The absolute value is missing: bins of opposite signs cancel out.",
                },
            ),
            Mistake(
                lambda said, true: float(np.abs(np.asarray(said) - np.asarray(true)).mean()),
                {
                    "pt": "Esta é a distância em cada lugar; a calibração compara as médias de cada faixa.",
                    "en": "This is the distance at each place; calibration compares the means of each bin.",
                },
            ),
        ],
    ),
}
