"""Pieces of error messages."""

import difflib
import unicodedata
from collections.abc import Iterable, Sequence


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message: the known words closest to `word`, or nothing.

    >>> did_you_mean("gpt2-medum", ["gpt2", "gpt2-medium"])
    ' (did you mean gpt2-medium?)'
    """
    composed, known = unicodedata.normalize("NFC", word), list(known)
    if composed != word and composed in known:
        return f" (its accents are characters of their own; unicodedata.normalize('NFC', …) makes it {composed})"
    close = close_to(composed, known)
    return f" (did you mean {', '.join(close)}?)" if close else ""


def close_to(word: str, known: Iterable[str]) -> list[str]:
    """At most three known words that look like `word`, closest first."""
    return difflib.get_close_matches(word, list(known), n=3)


def a_few(names: Sequence[str]) -> str:
    """The first three names, and how many more there are.

    >>> a_few(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
