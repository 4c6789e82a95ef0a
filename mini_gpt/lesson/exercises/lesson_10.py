"""From mini to GPT-2: parameters, the compute of training, calibration."""

import numpy as np

from mini_gpt.lesson.calibration import binned, calibration_error
from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def count_parameters(V: int, T: int, L: int, C: int) -> int:
    return V * C + T * C + L * (12 * C * C + 13 * C) + 2 * C


def training_hours(parameters: float, tokens: float, peak: float, share: float) -> float:
    return 6 * parameters * tokens / (peak * share) / 3600


DICE = np.random.default_rng(8)
SAID = DICE.uniform(size=60) ** 0.5  # more high ones than low ones, as with real models
TRUE = np.clip(SAID + DICE.normal(0.05, 0.2, size=60), 0, 1)

EXERCISES = {
    "count_parameters": Exercise(
        count_parameters,
        [(100, 16, 2, 8), (10, 4, 1, 6), (50, 8, 3, 4)],
        [
            Mistake(
                lambda V, T, L, C: count_parameters(V, T, L, C) + V * C,
                {
                    "pt": "Você contou a saída outra vez: no GPT-2 ela compartilha a matriz do embedding de tokens.",
                    "en": "You counted the head again: in GPT-2 it shares the token embedding's matrix.",
                },
            ),
            Mistake(
                lambda V, T, L, C: count_parameters(V, T, L, C) - L * 3 * C,
                {
                    "pt": "Faltam os bias de consultas, chaves e valores: 3·C por bloco.",
                    "en": "The biases of queries, keys and values are missing: 3·C per block.",
                },
            ),
            Mistake(
                lambda V, T, L, C: V * C + T * C + L * (12 * C * C + 4 * C),
                {
                    "pt": "Faltam os bias (4·C na atenção, 5·C na MLP) e a normalização final (2·C).",
                    "en": "The biases (4·C in attention, 5·C in the MLP) and the final norm (2·C) are missing.",
                },
            ),
            Mistake(
                lambda V, T, L, C: V * C + T * C + L * 12 * C * C,
                {
                    "pt": "As matrizes estão certas; faltam os bias e as normalizações: 13·C por bloco, e 2·C no fim.",
                    "en": "The matrices are right; biases and norms are missing: 13·C per block, and 2·C at the end.",
                },
            ),
            Mistake(
                lambda V, T, L, C: count_parameters(V, T, L, C) - 2 * C,
                {
                    "pt": "Falta a normalização depois do último bloco: 2·C.",
                    "en": "The norm after the last block is missing: 2·C.",
                },
            ),
            Mistake(
                lambda V, T, L, C: count_parameters(V, T, L, C) - T * C,
                {
                    "pt": "Faltam os embeddings de posição: T vetores de largura C.",
                    "en": "The position embeddings are missing: T vectors of width C.",
                },
            ),
        ],
    ),
    "training_hours": Exercise(
        training_hours,
        [(1e8, 1e9, 1e14, 0.5), (1.5e9, 1e10, 3e14, 0.4), (1e6, 2e7, 1e11, 1.0)],
        [
            Mistake(
                lambda parameters, tokens, peak, share: 2 * parameters * tokens / (peak * share) / 3600,
                {
                    "pt": "2·N é só o forward; o backward custa o dobro, e o total é 6·N.",
                    "en": "2·N is only the forward pass; the backward pass costs twice that, 6·N in total.",
                },
            ),
            Mistake(
                lambda parameters, tokens, peak, share: 4 * parameters * tokens / (peak * share) / 3600,
                {
                    "pt": "4·N é só o backward; o forward custa mais 2·N.",
                    "en": "4·N is only the backward pass; the forward pass costs another 2·N.",
                },
            ),
            Mistake(
                lambda parameters, tokens, peak, share: 6 * parameters * tokens / peak / 3600,
                {
                    "pt": "Falta a fração do pico que é usada: divida também por ela.",
                    "en": "The share of the peak that is used is missing: divide by it, too.",
                },
            ),
            Mistake(
                lambda parameters, tokens, peak, share: 6 * parameters * tokens / peak * share / 3600,
                {
                    "pt": "Usar só uma fração do pico demora mais, não menos: divida por ela.",
                    "en": "Using only a share of the peak takes more time, not less: divide by the share.",
                },
            ),
            Mistake(
                lambda parameters, tokens, peak, share: 6 * parameters * tokens / (peak * share),
                {
                    "pt": "Estes são segundos; o exercício pede horas.",
                    "en": "These are seconds; the exercise asks for hours.",
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
                    "pt": "Cada faixa pesa pelo número de palpites que tem; a sua média trata todas igualmente.",
                    "en": "Weight each bin by its number of guesses; your mean treats all bins alike.",
                },
            ),
            Mistake(
                lambda said, true: max(abs(b.said - b.true) for b in binned(said, true)),
                {
                    "pt": "Esta é a pior faixa; o exercício pede a média de todas.",
                    "en": "This is the worst bin; the exercise asks for the mean of all bins.",
                },
            ),
            Mistake(
                lambda said, true: abs(float(np.mean(said) - np.mean(true))),
                {
                    "pt": "Sem faixas, o excesso de confiança em uma compensa a falta em outra.",
                    "en": "Without bins, overconfidence in one range makes up for underconfidence in another.",
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
                    "pt": "Esta é a distância em cada posição; a calibração compara as médias de cada faixa.",
                    "en": "This is the distance at each position; calibration compares the means of each bin.",
                },
            ),
        ],
    ),
}
