"""The live widgets of the slides, in the state in which they open."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from assets.measured import TOWN, model
from mini_gpt.lesson.widgets import AttentionExplorer, GuessingGame, MaskPainter, NextToken
from mini_gpt.lesson.widgets.next_token import PLAIN
from mini_gpt.lesson.widgets.widget import Widget

PREFIX = {"pt": "ana olha a manga . depois ela", "en": "ana sees the ring . then she"}
TRAINED_ON = {"mini": {"pt": "a cidade", "en": "the town"}, "mini-books": {"pt": "livros", "en": "books"}}
PRONOUN = {"pt": "ana compra um livro na praça . ela", "en": "ana buys a book in the square . she"}


@cache
def next_token(lang: str) -> NextToken:
    return NextToken(model("mini"), TOWN, PREFIX[lang], lang)


@cache
def guessing_game(lang: str) -> GuessingGame:
    return GuessingGame(model("mini"), TOWN, lang)


@cache
def mask_painter(lang: str) -> MaskPainter:
    return MaskPainter(model("mini"), PRONOUN[lang], lang, layer=1)


@cache
def attention_explorer(lang: str) -> AttentionExplorer:
    return AttentionExplorer(model("mini"), PRONOUN[lang], lang)


WIDGETS: dict[str, Callable[[str], Widget]] = {
    "next_token": next_token,
    "guessing_game": guessing_game,
    "mask_painter": mask_painter,
    "attention_explorer": attention_explorer,
}


def with_books(state: dict[str, Any], lang: str) -> dict[str, Any]:
    """The state of a next-token explorer that also offers mini-books, which answers only once it is chosen."""
    town = {name: state[name] for name in ("by_word", "examples", "known", "prefix")}
    books = {"by_word": False, "examples": PLAIN[lang], "known": {}, "prefix": PLAIN[lang][1]}
    models = {
        name: {"label": TRAINED_ON[name][lang], **own} for name, own in {"mini": town, "mini-books": books}.items()
    }
    shared = {name: value for name, value in state.items() if name not in town or name == "prefix"}
    return shared | {"models": models, "which": "mini", "answered": [*state["answered"], "mini"]}


def state(name: str, lang: str) -> str:
    """What the widget's front end needs, as JSON. Keys keep their order, which is the order of menus."""
    needed = WIDGETS[name](lang).page_state()
    if name == "next_token":
        needed = with_books(needed, lang)
    return json.dumps(needed, ensure_ascii=False, separators=(",", ":")) + "\n"
