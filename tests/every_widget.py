"""One of each widget, for the tests of what all widgets must do: test_widgets.py here and in browser/."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch

from mini_gpt import GPT
from mini_gpt.lesson.recipes import NANO, SHAPES
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.widgets import (
    AttentionExplorer,
    GuessingGame,
    MaskPainter,
    NextToken,
    PatchingGrid,
    ScaleDial,
    SenseExplorer,
)
from mini_gpt.lesson.widgets.scale_dial import shape_of
from mini_gpt.lesson.widgets.widget import Widget
from mini_gpt.model import prefix_mask

TEXT = "alguém trabalha como recepcionista . ela quer queijo ."
HOSTILE = "<img src=x onerror=alert(1)></script>"

State = dict[str, Any]


class Example(NamedTuple):
    """A widget to look at.

    make    the widget in a language
    turned  something that a student sets
    tokens  the traits that hold words from outside, which may look like markup
    faces   states that show what the first one does not
    """

    make: Callable[[str], Any]
    turned: State
    tokens: tuple[str, ...]
    faces: Callable[[Any], list[State]] = lambda widget: []


@cache
def gpt() -> GPT:
    """A new model is nearly indifferent to where it looks; this one is not."""
    torch.manual_seed(0)
    model = GPT(NANO)
    model.tokenizer = town().tokenizer
    for parameter in model.parameters():
        parameter.data.mul_(3)
    return model


@cache
def encoder() -> GPT:
    model = GPT(NANO, causal=False)
    model.tokenizer = town().tokenizer
    return model


@cache
def town() -> Town:
    return Town()


def looked_at(widget: AttentionExplorer, **chosen: Any) -> State:
    other = AttentionExplorer(gpt(), TEXT, widget.lang, **chosen)
    return chosen | {"shown": other.shown, "scales": other.scales}


def regridded(widget: PatchingGrid, **chosen: Any) -> State:
    other = PatchingGrid(gpt(), widget.text, widget.source, widget.lang, **chosen)
    return {name: getattr(other, name) for name in ("answers", "answered", "likely", "pair", "ends", "rows")}


def examples(widget: NextToken) -> list[State]:
    known = [{"prefix": text, **widget.answer(text)} for text in widget.examples]
    stopped = [{"prefix": text, **widget.answer(text)} for text in ("ana estah", "ana ana")]
    return [*known, *stopped, {"prefix": "ana ana"}, widget.answer("ana", top_k=3)]  # the last but one is left waiting


EXAMPLES = {
    "AttentionExplorer": Example(
        lambda lang: AttentionExplorer(gpt(), TEXT, lang, query=4),
        turned={"query": 1},
        tokens=("tokens", "targets"),
        faces=lambda widget: [
            {"query": 1, "key": 0},  # this one waits, and so does
            {"head": 1},
            looked_at(widget, query=1, key=0),
            looked_at(widget, query=4, head="all"),
            looked_at(widget, query=0, key=0),
        ],
    ),
    "GuessingGame": Example(
        lambda lang: GuessingGame(gpt(), town(), lang),
        turned={"revealed": 1},
        tokens=("games",),
        faces=lambda widget: [
            {"revealed": 1},
            {"sentence": 1},
            {"sentence": 1, "revealed": 1},
            {"revealed": 7, "bets": [[1] * 6] * 7},
        ],
    ),
    "MaskPainter": Example(
        lambda lang: MaskPainter(gpt(), TEXT, lang),
        turned={"layer": 1},
        tokens=("tokens",),
        faces=lambda widget: [{"mask": prefix_mask(len(widget.tokens), 3).tolist(), "live": False}],
    ),
    "NextToken": Example(
        lambda lang: NextToken(gpt(), town(), "ana", lang),
        turned={"temperature": 0},
        tokens=("rows", "take"),
        faces=examples,
    ),
    "PatchingGrid": Example(
        lambda lang: PatchingGrid(gpt(), TEXT, TEXT.replace("ela", "ele"), lang),
        turned={"chosen": [1, 2]},
        tokens=("tokens", "likely"),
        faces=lambda widget: [
            {"chosen": [3, 10]},
            {"text": "ana"},  # waits
            {"text": "ana", "answered": ["ana", *widget.answered[1:]], "problem": TEXT},
            {"rows": [[], *widget.rows[1:]]},
            {"rows": [[[x - 9 * (-1) ** i, 0] for i, (x, _) in enumerate(row)] for row in widget.rows]},  # far away
            {"ends": [widget.ends[0]] * 2},
            regridded(widget, answers=(3, 4)),
        ],
    ),
    "ScaleDial": Example(
        lambda lang: ScaleDial("gpt2", lang),
        turned={"preset": "mini"},
        tokens=("presets", "preset"),
        faces=lambda widget: [{"shape": shape_of(SHAPES[name])} for name in ("mini", "gpt2-xl")],
    ),
    "SenseExplorer": Example(
        lambda lang: SenseExplorer({"gpt": gpt(), "encoder": encoder()}, lang),
        turned={"picked": 9},
        tokens=("words",),
        faces=lambda widget: [
            {"word": word, "clue": "before", "model": "encoder", "centred": True} for word in list(widget.words)[-2:]
        ],
    ),
}


@cache
def made(name: str, lang: str) -> Widget:
    return EXAMPLES[name].make(lang)


def written(value: Any, word: str) -> Any:
    """A trait's value with each text in it replaced by a word; of what has no texts, the name "gpt2"."""
    if isinstance(value, str):
        return word
    if isinstance(value, dict):
        return {word if name == "gpt2" else name: written(each, word) for name, each in value.items()}
    return [written(each, word) for each in value] if isinstance(value, list) else value
