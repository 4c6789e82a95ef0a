"""Tokens: pairs, merges, perplexity by word."""

from collections import Counter
from itertools import pairwise

import torch

from mini_gpt.bpe import merge
from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def most_frequent_pair(tokens: list[str]) -> tuple[str, str]:
    return Counter(pairwise(tokens)).most_common(1)[0][0]


def only_the_first(tokens: list[str], pair: tuple[str, str]) -> list[str]:
    for i in range(len(tokens) - 1):
        if (tokens[i], tokens[i + 1]) == pair:
            return [*tokens[:i], tokens[i] + tokens[i + 1], *tokens[i + 2 :]]
    return tokens


def keeps_the_second(tokens: list[str], pair: tuple[str, str]) -> list[str]:
    merged = []
    for i, token in enumerate(tokens):
        joined = i + 1 < len(tokens) and (token, tokens[i + 1]) == pair
        merged.append(token + tokens[i + 1] if joined else token)
    return merged


LOG_PROBS = torch.tensor([0.5, 0.25, 0.5, 0.125, 1.0, 0.5]).log()

EXERCISES = {
    "most_frequent_pair": Exercise(
        most_frequent_pair,
        [(list("banana"),), (["lo", "w", "lo", "w", "er", "lo", "x"],), (list("xyzzyzyz"),)],
        [
            Mistake(
                lambda tokens: Counter(tokens).most_common(1)[0][0],
                {
                    "pt": "Você contou tokens; o que se funde são dois vizinhos: conte pares.",
                    "en": "You counted tokens; what is merged are two neighbours: count pairs.",
                },
            ),
            Mistake(
                lambda tokens: Counter(zip(tokens[::2], tokens[1::2], strict=False)).most_common(1)[0][0],
                {
                    "pt": "Você pulou de dois em dois: todo vizinho conta, também (2º, 3º).",
                    "en": "You jumped in twos: every neighbour counts, the (2nd, 3rd), too.",
                },
            ),
            Mistake(
                lambda tokens: min((n, pair) for pair, n in Counter(pairwise(tokens)).items())[1],
                {
                    "pt": "Este é um dos pares menos frequentes.",
                    "en": "This is one of the least frequent pairs.",
                },
            ),
            Mistake(
                lambda tokens: "".join(most_frequent_pair(tokens)),
                {
                    "pt": "O par já está fundido num texto; devolva os dois tokens, numa tupla.",
                    "en": "The pair is joined into one text already; return the two tokens, as a tuple.",
                },
            ),
        ],
    ),
    "merge_pair": Exercise(
        merge,
        [(list("banana"), ("a", "n")), (list("aaaa"), ("a", "a")), (["lo", "w", "e", "r"], ("lo", "w"))],
        [
            Mistake(
                only_the_first,
                {
                    "pt": "Só o primeiro par foi fundido; todos os que aparecem devem ser.",
                    "en": "Only the first pair was merged; all that occur must be.",
                },
            ),
            Mistake(
                keeps_the_second,
                {
                    "pt": "O segundo token do par ficou na lista depois da fusão: pule-o.",
                    "en": "The pair's second token stayed in the list after the merge: skip it.",
                },
            ),
            Mistake(
                lambda tokens, pair: "".join(tokens),
                {
                    "pt": "Isto fundiu o texto inteiro; devolva a lista de tokens.",
                    "en": "This joined the whole text; return the list of tokens.",
                },
            ),
            Mistake(
                lambda tokens, pair: tokens,
                {
                    "pt": "Nada mudou: compare cada token e o seu vizinho com o par.",
                    "en": "Nothing changed: compare each token and its neighbour with the pair.",
                },
            ),
        ],
    ),
    "word_perplexity": Exercise(
        lambda log_probs, n_words: (-log_probs.sum() / n_words).exp(),
        [(LOG_PROBS, 3), (LOG_PROBS, 4), (LOG_PROBS[:4], 2)],
        [
            Mistake(
                lambda log_probs, n_words: (-log_probs.mean()).exp(),
                {
                    "pt": "Esta é a perplexidade por token: a soma deve ser dividida pelo número de palavras.",
                    "en": "This is the perplexity per token: the sum must be divided by the number of words.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: (-log_probs.mean()).exp() * len(log_probs) / n_words,
                {
                    "pt": "Você converteu depois da exponencial. Converta a perda antes: exp não é uma reta.",
                    "en": "You rescaled after the exponential. Rescale the loss before it: exp is no straight line.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: -log_probs.sum() / n_words,
                {
                    "pt": "Esta é a surpresa por palavra, em nats; falta a exponencial.",
                    "en": "This is the surprise per word, in nats; the exponential is missing.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: 2 ** (-log_probs.sum() / n_words),
                {
                    "pt": "2 elevado à surpresa vale para bits; estes logaritmos são naturais.",
                    "en": "2 to the power of surprise is for bits; these logarithms are natural ones.",
                },
            ),
        ],
    ),
}
