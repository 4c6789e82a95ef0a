"""Tokens: pairs, merges, perplexity by word, bits by byte."""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import chain, pairwise
from typing import Any

import torch

from mini_gpt.bpe import merge
from mini_gpt.lesson.exercises.exercise import Exercise, Mistake

Words = list[list[str]]
Pair = tuple[str, str]


def most_frequent(things: Iterable[Any]) -> Any:
    return Counter(things).most_common(1)[0][0]


def most_frequent_pair(words: Words) -> Pair:
    return most_frequent(pair for word in words for pair in pairwise(word))


def only_the_first(tokens: list[str], pair: Pair) -> list[str]:
    for i in range(len(tokens) - 1):
        if (tokens[i], tokens[i + 1]) == pair:
            return [*tokens[:i], tokens[i] + tokens[i + 1], *tokens[i + 2 :]]
    return tokens


def keeps_the_second(tokens: list[str], pair: Pair) -> list[str]:
    merged = []
    for i, token in enumerate(tokens):
        joined = i + 1 < len(tokens) and (token, tokens[i + 1]) == pair
        merged.append(token + tokens[i + 1] if joined else token)
    return merged


def from_the_right(tokens: list[str], pair: Pair) -> list[str]:
    merged: list[str] = []
    for token in reversed(tokens):
        if merged and (token, merged[-1]) == pair:
            merged[-1] = token + merged[-1]
        else:
            merged.append(token)
    return merged[::-1]


WORDS = [list(word) for word in ("banana", "banda", "cabana")]
NEIGHBOURS = [list(word) for word in ("xa", "bx", "xa", "by", "za", "bw")]  # run together, "ab" is there three times
LOG_PROBS = torch.tensor([0.5, 0.25, 0.5, 0.125, 1.0, 0.5]).log()

EXERCISES = {
    "most_frequent_pair": Exercise(
        most_frequent_pair,
        [(WORDS,), (NEIGHBOURS,), ([["lo", "w"], ["lo", "w", "er"], ["lo", "x", "lo"]],)],
        [
            Mistake(
                lambda words: most_frequent(chain.from_iterable(words)),
                {
                    "pt": "Você contou tokens; o que se funde são dois vizinhos: conte pares.",
                    "en": "You counted tokens; what is merged are two neighbours: count pairs.",
                },
            ),
            Mistake(
                lambda words: most_frequent(pairwise(chain.from_iterable(words))),
                {
                    "pt": "Você juntou as palavras: o fim de uma e o começo da outra não formam par.",
                    "en": "You ran the words together: one's end and the other's beginning are no pair.",
                },
            ),
            Mistake(
                lambda words: most_frequent(pair for word in words for pair in dict.fromkeys(pairwise(word))),
                {
                    "pt": "Você contou em quantas palavras o par aparece; conte todas as vezes, também dentro de uma.",
                    "en": "You counted how many words hold the pair; count every time, also within one word.",
                },
            ),
            Mistake(
                lambda words: "".join(most_frequent_pair(words)),
                {
                    "pt": "O par já está fundido em um texto; devolva os dois tokens, em uma tupla.",
                    "en": "The pair is joined into one text already; return the two tokens, as a tuple.",
                },
            ),
            Mistake(
                lambda words: Counter(pair for word in words for pair in pairwise(word)).most_common(1)[0],
                {
                    "pt": "Isto é o par com a sua contagem; devolva só o par.",
                    "en": "This is the pair with its count; return the pair alone.",
                },
            ),
        ],
    ),
    "merge_pair": Exercise(
        merge,
        [(list("banana"), ("a", "n")), (list("aaaaa"), ("a", "a")), (["xl", "o", "l", "o"], ("l", "o"))],
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
                lambda tokens, pair: " ".join(tokens).replace(" ".join(pair), "".join(pair)).split(" "),
                {
                    "pt": "Trocar texto por texto junta tokens demais: em [xl, o] não há o par (l, o). Compare tokens.",
                    "en": "Replacing text joins too much: [xl, o] does not hold the pair (l, o). Compare tokens.",
                },
            ),
            Mistake(
                from_the_right,
                {
                    "pt": "Você fundiu da direita para a esquerda; com cinco “a” seguidos, o resultado é outro.",
                    "en": "You merged from right to left; with five “a” in a row the result is another.",
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
                lambda log_probs, n_words: (-log_probs.sum()).exp(),
                {
                    "pt": "Falta dividir a soma pelo número de palavras, antes da exponencial.",
                    "en": "The sum is not divided by the number of words yet; do so before the exponential.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: (log_probs.sum() / n_words).exp(),
                {
                    "pt": "O sinal: a surpresa é menos o log da probabilidade; uma perplexidade nunca é menor que 1.",
                    "en": "The sign: surprise is minus the log-probability; a perplexity is never less than 1.",
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
    "bits_from_perplexity": Exercise(
        lambda perplexity, n_tokens, text: math.log2(perplexity) * n_tokens / len(text.encode()),
        [(8.0, 5, "maçã e pão"), (4.0, 6, "bread"), (30.0, 2, "é")],
        [
            Mistake(
                lambda perplexity, n_tokens, text: math.log2(perplexity) * n_tokens / len(text),
                {
                    "pt": "len(text) conta caracteres; os bytes estão em text.encode(), e “ã” são dois.",
                    "en": "len(text) counts characters; the bytes are in text.encode(), and “ã” is two.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: math.log(perplexity) * n_tokens / len(text.encode()),
                {
                    "pt": "Isto está em nats; bits pedem o logaritmo na base 2.",
                    "en": "This is in nats; bits want the logarithm to base 2.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: perplexity * n_tokens / len(text.encode()),
                {
                    "pt": "Desfaça primeiro a exponencial: o que se soma e se divide são bits, não perplexidades.",
                    "en": "Undo the exponential first: what is added and divided are bits, not perplexities.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: math.log2(perplexity) * n_tokens,
                {
                    "pt": "Estes são os bits do texto todo; falta dividir pelo número de bytes.",
                    "en": "These are the bits of the whole text; they are not divided by its bytes yet.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: math.log2(perplexity) / len(text.encode()),
                {
                    "pt": "log2(perplexidade) são os bits de um token; o texto tem n_tokens deles.",
                    "en": "log2(perplexity) is the bits of one token; the text has n_tokens of them.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: math.log2(perplexity),
                {
                    "pt": "Isto são bits por token; faltam o número de tokens e o de bytes.",
                    "en": "This is bits per token; the number of tokens and that of bytes are missing.",
                },
            ),
        ],
    ),
}
