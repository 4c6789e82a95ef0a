"""The live widgets of the slides, in the state in which they open."""

import json
from collections.abc import Callable
from functools import cache

from assets.measured import TOWN, model
from mini_gpt.lesson.widgets import AttentionExplorer, GuessingGame, MaskPainter, NextToken
from mini_gpt.lesson.widgets.widget import Widget

PREFIX = {"pt": "ana olha a manga . depois ela", "en": "ana sees the ring . then she"}
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


def state(name: str, lang: str) -> str:
    """What the widget's front end needs, as JSON. Keys keep their order, which is the order of menus."""
    return json.dumps(WIDGETS[name](lang).page_state(), ensure_ascii=False, separators=(",", ":")) + "\n"
