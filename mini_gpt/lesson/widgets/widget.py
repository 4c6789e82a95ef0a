"""What all widgets share: one .js front end, words in two languages, a picture where nothing can run."""

from collections.abc import Mapping
from typing import Any

import anywidget

LANGUAGES = ("pt", "en")


def in_language(texts: Mapping[str, tuple[str, str]], lang: str) -> dict[str, str]:
    """The texts of one language, from pairs (pt, en). Raises ValueError for another language.

    >>> in_language({"draw": ("Sortear", "Draw")}, "en")
    {'draw': 'Draw'}
    """
    if lang not in LANGUAGES:
        raise ValueError(f"lang={lang!r} must be 'pt' or 'en'")
    return {name: both[LANGUAGES.index(lang)] for name, both in texts.items()}


class Widget(anywidget.AnyWidget):
    """An anywidget that also shows itself where no JavaScript runs: on GitHub, or in a notebook not yet trusted."""

    def static_html(self) -> str:
        """The widget as it is now, in inline styles only: JupyterLab's sanitizer lets them through."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/plain": repr(self), "text/html": self.static_html()}, metadata
