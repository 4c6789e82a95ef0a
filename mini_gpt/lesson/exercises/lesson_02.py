"""Tokens: pairs, perplexity per word, bits per byte."""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import chain, pairwise
from typing import Any

import torch

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake

SplitWords = list[list[str]]  # each word as its tokens
Pair = tuple[str, str]


def most_frequent(things: Iterable[Any]) -> Any:
    return Counter(things).most_common(1)[0][0]


def most_frequent_pair(words: SplitWords) -> Pair:
    return most_frequent(pair for word in words for pair in pairwise(word))


WORDS = [list(word) for word in ("banana", "banda", "cabana")]
NEIGHBOURS = [list(word) for word in ("xa", "bx", "xa", "by", "za", "bw")]  # joined, they hold "ab" three times
LOG_PROBS = torch.tensor([0.5, 0.25, 0.5, 0.125, 1.0, 0.5]).log()

EXERCISES = {
    "most_frequent_pair": Exercise(
        most_frequent_pair,
        [(WORDS,), (NEIGHBOURS,), ([["lo", "w"], ["lo", "w", "er"], ["lo", "x", "lo"]],)],
        [
            Mistake(
                lambda words: most_frequent(chain.from_iterable(words)),
                {
                    "pt": "Você contou tokens; o que o BPE funde são pares de vizinhos: conte pares.",
                    "en": "You counted tokens; BPE merges pairs of neighbours, so count pairs.",
                },
            ),
            Mistake(
                lambda words: most_frequent(pairwise(chain.from_iterable(words))),
                {
                    "pt": "Você emendou as palavras: o fim de uma e o começo da outra não formam um par.",
                    "en": "You joined the words: the end of one and the start of the next are not a pair.",
                },
            ),
            Mistake(
                lambda words: most_frequent(pair for word in words for pair in dict.fromkeys(pairwise(word))),
                {
                    "pt": "Você contou em quantas palavras o par aparece; conte todas as ocorrências.",
                    "en": "You counted the words that contain the pair; count every occurrence, even within a word.",
                },
            ),
            Mistake(
                lambda words: "".join(most_frequent_pair(words)),
                {
                    "pt": "O par já virou um texto só; retorne os dois tokens, em uma tupla.",
                    "en": "The pair is already joined into one string; return the two tokens as a tuple.",
                },
            ),
            Mistake(
                lambda words: Counter(pair for word in words for pair in pairwise(word)).most_common(1)[0],
                {
                    "pt": "Este é o par com a sua contagem; retorne só o par.",
                    "en": "This is the pair with its count; return only the pair.",
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
                    "pt": "Esta é a perplexidade por token: divida a soma pelo número de palavras.",
                    "en": "This is the perplexity per token: divide the sum by the number of words.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: (-log_probs.mean()).exp() * len(log_probs) / n_words,
                {
                    "pt": "Você converteu depois da exponencial. Converta a perda antes: exp não é linear.",
                    "en": "You rescaled after the exponential. Rescale the loss before it: exp is not linear.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: -log_probs.sum() / n_words,
                {
                    "pt": "Esta é a surpresa por palavra, em nats; a perplexidade é a exponencial dela.",
                    "en": "This is the surprise per word, in nats; the perplexity is its exponential.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: (-log_probs.sum()).exp(),
                {
                    "pt": "Falta dividir a soma pelo número de palavras, antes da exponencial.",
                    "en": "Divide the sum by the number of words before you take the exponential.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: (log_probs.sum() / n_words).exp(),
                {
                    "pt": "Confira o sinal: a surpresa é menos o log da probabilidade; a perplexidade é no mínimo 1.",
                    "en": "Check the sign: surprise is minus the log-probability, and a perplexity is at least 1.",
                },
            ),
            Mistake(
                lambda log_probs, n_words: 2 ** (-log_probs.sum() / n_words),
                {
                    "pt": "A base 2 vale para bits; estes logaritmos são naturais: a base é e.",
                    "en": "A base of 2 is for bits; these are natural logarithms, so use e.",
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
                    "pt": "len(text) conta caracteres; os bytes estão em text.encode(), e “ã” ocupa dois.",
                    "en": "len(text) counts characters; the bytes are in text.encode(), and “ã” takes two.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: math.log(perplexity) * n_tokens / len(text.encode()),
                {
                    "pt": "Isto está em nats; para bits, use o logaritmo na base 2.",
                    "en": "This is in nats; for bits, use the logarithm to base 2.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: perplexity * n_tokens / len(text.encode()),
                {
                    "pt": "Desfaça primeiro a exponencial: o que se soma e se divide são bits, não perplexidades.",
                    "en": "Undo the exponential first: bits can be added up and divided, perplexities cannot.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: math.log2(perplexity) * n_tokens,
                {
                    "pt": "Estes são os bits do texto todo; falta dividir pelo número de bytes.",
                    "en": "These are the bits of the whole text; divide them by the number of bytes.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: math.log2(perplexity) / len(text.encode()),
                {
                    "pt": "log2(perplexidade) são os bits por token; o texto tem n_tokens tokens.",
                    "en": "log2(perplexity) is the bits per token; the text has n_tokens tokens.",
                },
            ),
            Mistake(
                lambda perplexity, n_tokens, text: math.log2(perplexity),
                {
                    "pt": "Estes são os bits por token; multiplique pelo número de tokens e divida pelo de bytes.",
                    "en": "These are bits per token; multiply by the number of tokens, divide by that of bytes.",
                },
            ),
        ],
    ),
}
