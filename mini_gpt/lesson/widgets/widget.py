"""What all widgets share: one .js front end, words in two languages, a picture where nothing can run."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
from torch import Tensor

from mini_gpt.model import GPT
from mini_gpt.tokenizer import Tokenizer

LANGUAGES = ("pt", "en")
FEWEST, MOST = 3, 16  # tokens to choose from: fewer leave no choice, more do not fit a page


def in_language(texts: Mapping[str, tuple[str, str]], lang: str) -> dict[str, str]:
    """The texts of one language, from pairs (pt, en). Raises ValueError for another language.

    >>> in_language({"draw": ("Sortear", "Draw")}, "en")
    {'draw': 'Draw'}
    """
    if lang not in LANGUAGES:
        raise ValueError(f"lang={lang!r} must be 'pt' or 'en'")
    return {name: both[LANGUAGES.index(lang)] for name, both in texts.items()}


def short_ids(model: GPT, text: str) -> tuple[list[int], Tokenizer]:
    """The ids of a text that fits a page, after <|endoftext|>, and whose they are. ValueError for what is no such text.

    >>> from mini_gpt.weights import load
    >>> ids, tokenizer = short_ids(load("mini"), "ana is")
    >>> tokenizer.decode(ids)
    '<|endoftext|> ana is'
    """
    if not isinstance(text, str):
        raise ValueError(f"text={text!r} must be a text")
    tokenizer = model.tokenizer
    if tokenizer is None:
        raise ValueError("model.tokenizer=None must be the tokenizer that goes with the weights")
    ids, end = tokenizer.encode(text), tokenizer.end_of_text
    ids = ids if ids[:1] == [end] else [end, *ids]
    most = min(MOST, model.config.context_length)
    if not FEWEST <= len(ids) <= most:
        raise ValueError(f"text={text!r} has {len(ids)} tokens with <|endoftext|>, and must have {FEWEST} to {most}")
    return ids, tokenizer


def rounded(numbers: Tensor, digits: int) -> Any:
    """A tensor as nested lists, short enough to send.

    >>> rounded(Tensor([[1 / 3, 2 / 3]]), 2)
    [[0.33, 0.67]]
    """
    return numbers.cpu().double().numpy().round(digits).tolist()


def front_end(module: str) -> tuple[str, str]:
    """The JavaScript and the CSS of a widget, given its __file__: beside it, and what all share, page.js and page.css.

    >>> source, _ = front_end(__file__.replace("widget.py", "next_token.py"))
    >>> 'from "./page.js"' in source, "export function element" in source
    (False, True)
    """

    def read(ending: str) -> list[str]:
        paths = Path(__file__).with_name("page"), Path(module)
        return [path.with_suffix(ending).read_text(encoding="utf-8") for path in paths]

    shared, script = read(".js")
    return re.sub(r'import {[^}]*} from "./page.js";\n', lambda _: shared, script), "".join(read(".css"))


class Widget(anywidget.AnyWidget):
    """An anywidget that also shows itself where no JavaScript runs: on GitHub, or in a notebook not yet trusted."""

    def static_html(self) -> str:
        """The widget as it is now, in inline styles only: JupyterLab's sanitizer lets them through."""
        raise NotImplementedError

    def page_state(self) -> dict[str, Any]:
        """What its front end needs in a page without Python, as JSON: the widget's own synced traits, and live False.

        >>> from mini_gpt.lesson.widgets import MaskPainter
        >>> from mini_gpt.weights import load
        >>> state = MaskPainter(load("mini"), "ana is", lang="en").page_state()
        >>> state["tokens"], state["live"]
        (['<|endoftext|>', 'ana', 'is'], False)
        """
        shared = Widget.class_trait_names()
        own = [name for name in self.trait_names(sync=True) if name not in shared and not name.startswith("_")]
        return {name: getattr(self, name) for name in own} | {"live": False}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/plain": repr(self), "text/html": self.static_html()}, metadata
