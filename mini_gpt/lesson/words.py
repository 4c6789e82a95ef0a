"""Words and numbers in the lesson's two languages: the one place that says which these are.

A text that a student reads is held as {"pt": "…", "en": "…"}, and a group of them by name, so that a language that is
missing is seen where it is written.
"""

from collections.abc import Mapping

LANGUAGES = ("pt", "en")

Words = Mapping[str, str]  # language to text


def check_language(lang: str) -> None:
    """Raise ValueError for a language that the lesson does not have."""
    if lang not in LANGUAGES:
        raise ValueError(f"lang={lang!r} must be {' or '.join(map(repr, LANGUAGES))}")


def in_language(texts: Mapping[str, Words], lang: str) -> dict[str, str]:
    """The texts of one language, by name. Raises ValueError for another language.

    >>> in_language({"draw": {"pt": "Sortear", "en": "Draw"}}, "en")
    {'draw': 'Draw'}
    """
    check_language(lang)
    return {name: words[lang] for name, words in texts.items()}


def local(number: str, lang: str) -> str:
    """A number as Python formats it, with the language's own separators.

    >>> local(f"{1234.5:,}", "pt"), local(f"{1234.5:,}", "en")
    ('1.234,5', '1,234.5')
    """
    check_language(lang)
    return number.translate(str.maketrans(",.", ".,")) if lang == "pt" else number
