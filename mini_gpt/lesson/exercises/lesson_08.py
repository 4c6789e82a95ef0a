"""Language models compared: continuation counts, a receptive field."""

from collections import Counter

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake

Pairs = list[tuple[str, str]]


def continuation(pairs: Pairs, word: str) -> float:
    kinds = set(pairs)
    return sum(second == word for _, second in kinds) / len(kinds)


PAIRS = [("san", "francisco")] * 5 + [("the", "cup"), ("a", "cup"), ("my", "cup"), ("the", "dog"), ("the", "cup")]

EXERCISES = {
    "continuation": Exercise(
        continuation,
        [(PAIRS, "francisco"), (PAIRS, "cup"), (PAIRS, "dog")],
        [
            Mistake(
                lambda pairs, word: sum(second == word for _, second in pairs) / len(pairs),
                {
                    "pt": "Esta é a frequência; um par repetido só conta uma vez.",
                    "en": "This is the frequency; count a repeated pair only once.",
                },
            ),
            Mistake(
                lambda pairs, word: sum(second == word for _, second in set(pairs)),
                {
                    "pt": "Falta dividir pelo número de pares diferentes, para que a soma seja 1.",
                    "en": "Divide by the number of different pairs, so that the sum is 1.",
                },
            ),
            Mistake(
                lambda pairs, word: sum(first == word for first, _ in set(pairs)) / len(set(pairs)),
                {
                    "pt": "Você contou o que vem depois da palavra; conte o que vem antes dela.",
                    "en": "You counted what comes after the word; count what comes before it.",
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
    "receptive_field": Exercise(
        lambda kernel, n_layer: 1 + (kernel - 1) * (2**n_layer - 1),
        [(3, 4), (2, 3), (5, 1)],
        [
            Mistake(
                lambda kernel, n_layer: 1 + (kernel - 1) * n_layer,
                {
                    "pt": "Isto vale sem dilatação. Aqui ela dobra: a camada i alcança (kernel − 1) · 2^i a mais.",
                    "en": "This holds without dilation. Here it doubles: layer i reaches (kernel − 1) · 2^i further.",
                },
            ),
            Mistake(
                lambda kernel, n_layer: (kernel - 1) * (2**n_layer - 1),
                {
                    "pt": "Faltou contar o próprio token.",
                    "en": "You left out the token itself.",
                },
            ),
            Mistake(
                lambda kernel, n_layer: kernel * n_layer,
                {
                    "pt": "As janelas se sobrepõem: os comprimentos não se somam por inteiro.",
                    "en": "The windows overlap, so their lengths do not simply add up.",
                },
            ),
            Mistake(
                lambda kernel, n_layer: kernel * 2 ** (n_layer - 1),
                {
                    "pt": "Isto conta só a última camada; some o alcance de todas.",
                    "en": "This counts only the last layer; add up the reach of all layers.",
                },
            ),
        ],
    ),
}
