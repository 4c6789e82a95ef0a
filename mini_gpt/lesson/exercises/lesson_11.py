"""Real text: what a text costs after another, and the longest span that is copied."""

import zlib
from collections.abc import Callable

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake

Size = Callable[[bytes], int]


def bits_after(size: Size, before: bytes, text: bytes) -> float:
    return 8 * (size(before + text) - size(before)) / len(text)


def longest_span(text: str, training: str) -> int:
    longest = 0
    for start in range(len(text)):
        while start + longest < len(text) and text[start : start + longest + 1] in training:
            longest += 1
    return longest


# ---------------------------------------------------------------- what they are tried on, and the mistakes


def compressed(text: bytes) -> int:
    return len(zlib.compress(text, 9))


def at_the_start_only(text: str, training: str) -> int:
    return max(n for n in range(len(text) + 1) if text[:n] in training)


def in_whole_words(text: str, training: str) -> int:
    words = text.split()
    spans = (" ".join(words[i:j]) for i in range(len(words)) for j in range(i, len(words) + 1))
    return max((len(span) for span in spans if span in training), default=0)


def words_of_the_span(text: str, training: str) -> int:
    return len(the_span(text, training).split())


def the_span(text: str, training: str) -> str:
    n = longest_span(text, training)
    return next(text[i : i + n] for i in range(len(text) + 1) if text[i : i + n] in training)


def with_gaps(text: str, training: str) -> int:
    """The longest common subsequence, by dynamic programming."""
    row = [0] * (len(training) + 1)
    for char in text:
        before = row
        row = [0]
        for j, other in enumerate(training):
            row.append(before[j] + 1 if char == other else max(before[j + 1], row[j]))
    return row[-1]


SEA = b"o mar estava calmo, e o barco voltou ao porto antes da noite. "
SHIP = b"the sea was calm, and the boat came back to port before night. "

EXERCISES = {
    "bits_after": Exercise(
        bits_after,
        [(compressed, SEA, SEA[:40]), (compressed, SHIP, SEA), (len, SEA, SHIP), (compressed, SEA + SHIP, SHIP[4:30])],
        [
            Mistake(
                lambda size, before, text: 8 * size(text) / len(text),
                {
                    "pt": "Isto é `text` sozinho: quem já tem `before` pode copiar dele. Comprima os dois juntos.",
                    "en": "This is `text` alone: whoever has `before` can copy from it. Compress the two together.",
                },
            ),
            Mistake(
                lambda size, before, text: 8 * size(before + text) / len(text),
                {
                    "pt": "Você cobrou `before` também: subtraia o que ele custa sozinho.",
                    "en": "You charged for `before` as well: subtract what it costs alone.",
                },
            ),
            Mistake(
                lambda size, before, text: 8 * (size(before + text) - size(before)) / len(before + text),
                {
                    "pt": "Divida pelos bytes de `text` somente: é só ele que está sendo pago.",
                    "en": "Divide by the bytes of `text` alone: it is all that is being paid for.",
                },
            ),
            Mistake(
                lambda size, before, text: (size(before + text) - size(before)) / len(text),
                {
                    "pt": "Estes são bytes por byte; um byte tem 8 bits.",
                    "en": "These are bytes per byte; a byte has 8 bits.",
                },
            ),
            Mistake(
                lambda size, before, text: 8 * (size(before + text) - len(before)) / len(text),
                {
                    "pt": "O que se subtrai é `before` comprimido, size(before), e não o tamanho dele.",
                    "en": "What you subtract is `before` compressed, size(before), not its length.",
                },
            ),
        ],
    ),
    "longest_span": Exercise(
        longest_span,
        [
            ("the cat sat down", "a cat sat on the mat"),
            ("xyz", "abc"),
            ("no porto antes", "voltou ao porto antes da noite"),
            ("night", "good night, moon"),
        ],
        [
            Mistake(
                the_span,
                {
                    "pt": "Este é o trecho; o exercício pede quantos caracteres ele tem.",
                    "en": "This is the span; the exercise asks how many characters it has.",
                },
            ),
            Mistake(
                words_of_the_span,
                {
                    "pt": "Você contou palavras; o exercício pede caracteres, espaços incluídos.",
                    "en": "You counted words; the exercise asks for characters, spaces included.",
                },
            ),
            Mistake(
                at_the_start_only,
                {
                    "pt": "Você só procurou o começo de `text`: o trecho pode começar em qualquer lugar.",
                    "en": "You looked only for the beginning of `text`: the span may begin anywhere.",
                },
            ),
            Mistake(
                with_gaps,
                {
                    "pt": "Esta é a maior subsequência, com buracos; um trecho é contínuo nos dois textos.",
                    "en": "This is the longest subsequence, with gaps; a span is unbroken in both texts.",
                },
            ),
            Mistake(
                in_whole_words,
                {
                    "pt": "O trecho pode começar e acabar no meio de uma palavra, ou em um espaço.",
                    "en": "The span may begin and end inside a word, or at a space.",
                },
            ),
        ],
    ),
}
