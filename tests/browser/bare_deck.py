"""A deck's page without Marp: widgets, models, the deck's own modules, and of Marp the little that they meet."""

import base64
import json
from pathlib import Path
from typing import Any

from mini_gpt.lesson.widgets.widget import joined

ROOT = Path(__file__).parents[2]
MODULES = [*ROOT.glob("slides/deck/*js"), *ROOT.glob("mini_gpt/lesson/[rw]*/*.js")]
MINI = ROOT / "mini_gpt/lesson/checkpoints/mini"
FILES = ["config.json", "tokenizer.json", "model.safetensors"]
MARP = """
    history.replaceState({marpBespokeSyncKey: new URLSearchParams(location.search).get("sync")}, "");
    window.deck = {slide: 0, swipes: 0, keys: []};
    const parent = document.getElementById(":$p");
    parent.addEventListener("keydown", event => {
        if (["BUTTON", "INPUT", "SELECT", "TEXTAREA"].includes(event.target.nodeName)) event.stopPropagation();
    });
    parent.addEventListener("touchstart", () => deck.swipes++);
    document.addEventListener("keydown", event => {
        const {key, shiftKey} = event;
        deck.keys.push(key);
        const forwards = ["PageDown", "ArrowRight", "ArrowDown"].includes(key) || key === " " && !shiftKey;
        const backwards = ["PageUp", "ArrowLeft", "ArrowUp"].includes(key) || key === " " && shiftKey;
        if (!forwards && !backwards) return;
        deck.slide += forwards - backwards;
        event.preventDefault();
    });"""


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def import_map() -> str:
    """Every module by the name of its file, as a data: URL: a page from file:// may import no other."""
    urls = {each.stem: f"data:text/javascript;base64,{base64_of(joined(each).encode())}" for each in MODULES}
    return json.dumps({"imports": urls})


def carried(folder: Path = MINI) -> str:
    """The files of a model, as the build puts them into the page; the folder's name is the model's."""
    return "".join(
        f'<script type="application/octet-stream;base64" data-model="{folder.name}" data-file="{file}">'
        f"{base64_of((folder / file).read_bytes())}</script>"
        for file in FILES
    )


def host(name: str, state: dict[str, Any]) -> str:
    """A widget's place, as the build puts it into the page."""
    stored = json.dumps(state).replace("<", "\\u003c")
    return f'<div data-widget="{name}"><img alt="its picture"><script type="application/json">{stored}</script></div>'


def bare_deck(content: str, script: str) -> str:
    """A page; the script at its end is a module that imports others by their names."""
    return (
        f'<!doctype html><meta charset="utf-8"><title>deck</title><script type="importmap">{import_map()}</script>'
        f'<div id=":$p">{content}</div><script>{MARP}</script><script type="module">{script}</script>'
    )
