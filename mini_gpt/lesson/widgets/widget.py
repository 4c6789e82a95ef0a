"""What all widgets share: one .js front end, words in two languages, a picture where nothing can run."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython import get_ipython
from torch import Tensor

from mini_gpt.lesson.palette import STYLE_SHEET, rgba
from mini_gpt.lesson.saved import stand_in
from mini_gpt.lesson.words import Words, in_language
from mini_gpt.messages import close_to
from mini_gpt.model import GPT
from mini_gpt.tokenizer import Tokenizer

LOCALE = {"locale": {"pt": "pt-BR", "en": "en"}}
ALONE = {
    "alone": {
        "pt": (
            "Ninguém responde: o kernel está ocupado ou foi reiniciado. Depois de reiniciar, rode de novo {cell} e, "
            "antes dela, as de cima."
        ),
        "en": (
            "Nobody answers: the kernel is busy or was restarted. After a restart, run {cell} again, and before it "
            "those above."
        ),
    },
    "numbered": {"pt": "a célula [{n}]", "en": "cell [{n}]"},
    "cell": {"pt": "a célula deste widget", "en": "this widget's cell"},
}
ROOT = Path(__file__).resolve().parents[3]
IMPORT = re.compile(r'from "([./\w]+\.js)";')
UNKNOWN = {  # the words of unknown_words, for widgets that take a text
    "unknown": {"pt": "O modelo não conhece estas palavras:", "en": "The model does not know these words:"},
    "close": {"pt": " (seria {words}?)", "en": " (did you mean {words}?)"},
}
FEWEST, MOST = 3, 32  # tokens to choose from: fewer leave no choice, more do not fit a page


def short_ids(model: GPT, text: str, name: str = "text") -> tuple[list[int], Tokenizer]:
    """The ids of a text that fits a page, after <|endoftext|>, and whose they are. ValueError for what is no such text.

    name  the argument that it came as, for the error

    >>> from mini_gpt.weights import load
    >>> ids, tokenizer = short_ids(load("mini"), "ana is")
    >>> tokenizer.decode(ids)
    '<|endoftext|> ana is'
    """
    if not isinstance(text, str):
        raise ValueError(f"{name}={text!r} must be a text")
    tokenizer = model.tokenizer
    if tokenizer is None:
        raise ValueError("model.tokenizer=None must be the tokenizer that goes with the weights")
    ids = opened(tokenizer.encode(text), tokenizer.end_of_text)
    most = min(MOST, model.config.context_length)
    if not FEWEST <= len(ids) <= most:
        raise ValueError(f"{name}={text!r} has {len(ids)} tokens with <|endoftext|>, and must have {FEWEST} to {most}")
    return ids, tokenizer


def opened(ids: list[int], end_of_text: int) -> list[int]:
    """The ids with <|endoftext|> before them, as a document is read, unless it is there.

    >>> opened([5, 7], 0), opened([0, 5], 0)
    ([0, 5, 7], [0, 5])
    """
    return ids if ids[:1] == [end_of_text] else [end_of_text, *ids]


def unknown_words(words: Sequence[str], tokenizer: Tokenizer, texts: Mapping[str, str]) -> str:
    """A sentence on words that the tokenizer has not, the first three of them, each with known ones that look like it.

    texts  those of UNKNOWN, in one language

    >>> from mini_gpt.tokenizer import WordTokenizer
    >>> unknown_words(["anna"], WordTokenizer(["<|endoftext|>", "ana", "sings"]), in_language(UNKNOWN, "en"))
    'The model does not know these words: “anna” (did you mean ana?)'
    """
    known = getattr(tokenizer, "words", [])
    close = {word: ", ".join(close_to(word, known)) for word in words[:3]}
    said = [f"“{word}”{alike and texts['close'].format(words=alike)}" for word, alike in close.items()]
    return f"{texts['unknown']} {', '.join(said)}{', …' * (len(words) > 3)}"


def state_of(model: GPT) -> object:
    """What differs after a model's parameters or hooks have changed: then it reads the same text anew.

    >>> from mini_gpt.lesson.recipes import NANO
    >>> model = GPT(NANO)
    >>> before = state_of(model)
    >>> _ = model.final_norm.requires_grad_(False).bias.add_(1)
    >>> before == state_of(model)
    False
    """
    hooks = [id(hook) for module in model.modules() for hook in module._forward_hooks.values()]
    return hooks, [(parameter.data_ptr(), parameter._version) for parameter in model.parameters()]


def rounded(numbers: Tensor, digits: int) -> Any:
    """A tensor as nested lists, short enough to send.

    >>> rounded(Tensor([[1 / 3, 2 / 3]]), 2)
    [[0.33, 0.67]]
    """
    return numbers.cpu().double().numpy().round(digits).tolist()


def shade(weight: float, colour: str = "blue") -> str:
    """A table cell's style, the more of a colour the larger a weight from 0 to 1; text stays readable, light or dark.

    >>> shade(1).startswith("background-color:rgba(") and shade(1).endswith(",0.55)")
    True
    """
    return f"background-color:{rgba(colour, 0.55 * weight)}"


def modules(module: Path) -> dict[str, str]:
    """The sources of a JavaScript module and of all that it imports, each once and before what imports it.

    They are named by their paths from the folder that mini_gpt is in, and import each other by these names.

    >>> [*modules(Path(__file__).with_name("next_token.js"))]
    ['mini_gpt/lesson/widgets/page.js', 'mini_gpt/lesson/widgets/next_token.js']
    """
    found: dict[str, str] = {}

    def add(path: Path) -> str:
        name = path.relative_to(ROOT).as_posix()
        if name not in found:
            source = path.read_text(encoding="utf-8")
            found[name] = IMPORT.sub(lambda it: f'from "{add((path.parent / it[1]).resolve())}";', source)
        return name

    add(module.resolve())
    return found


def joined(module: Path) -> str:
    """A JavaScript module with each module that it imports inside, as a data: URL: it needs no other file.

    The decks are joined by the same rule, in slides/lib/front_end.mjs.

    >>> joined(Path(__file__).with_name("next_token.js")).count('from "data:text/javascript;base64,')
    1
    """
    linked: dict[str, str] = {}
    for name, source in modules(module).items():
        linked[name] = IMPORT.sub(lambda it: f'from "{script_url(linked[it[1]])}";', source)
    return linked[module.resolve().relative_to(ROOT).as_posix()]


def script_url(source: str) -> str:
    """A JavaScript module as an address that a page may import from a disk, too."""
    return f"data:text/javascript;base64,{b64encode(source.encode()).decode()}"


def front_end(module: str) -> tuple[str, str]:
    """The JavaScript and the CSS of a widget, given its __file__; the CSS begins with what all widgets share.

    >>> source, style = front_end(__file__.replace("widget.py", "next_token.py"))
    >>> "--lw-blue:" in style, ".lesson-widget button" in style, ".next-token" in style
    (True, True, True)
    """
    sheets = STYLE_SHEET, Path(__file__).with_name("page.css"), Path(module).with_suffix(".css")
    return joined(Path(module).with_suffix(".js")), "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


class Widget(anywidget.AnyWidget):
    """An anywidget that also shows itself where no JavaScript runs: on GitHub, or in a notebook not yet trusted."""

    texts: Any = traitlets.Dict().tag(sync=True)  # the front end's words, in the language of `lang`
    _alone = traitlets.Unicode().tag(sync=True)  # what it says when no kernel answers, and which cell to run again
    _picture: Any = traitlets.Dict().tag(sync=True)  # what stands for it when the notebook is opened again
    lang: str

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(lambda widget, content, buffers: widget.send(content))  # the front end asks whether we are there

    def speak(self, texts: Mapping[str, Words], lang: str) -> None:
        """Take the words of one language. Raises ValueError for another language."""
        self.texts, self.lang = in_language({**LOCALE, **texts}, lang), lang
        said, shell = in_language(ALONE, lang), get_ipython()
        cell = said["numbered"].format(n=len(shell.user_ns["In"]) - 1) if shell else said["cell"]
        self._alone = said["alone"].format(cell=cell)

    def picture_data(self) -> dict[str, str]:
        """The picture that is stored, by its MIME type."""
        return {"text/html": self.static_html()}

    def static_html(self) -> str:
        """The widget as it is now, in inline styles only: JupyterLab's sanitizer lets them through."""
        raise NotImplementedError

    def page_state(self) -> dict[str, Any]:
        """The state that its front end needs in a page without Python, for JSON: the synced traits, and live False.

        >>> from mini_gpt.lesson.widgets import MaskPainter
        >>> from mini_gpt.weights import load
        >>> state = MaskPainter(load("mini"), "ana is", lang="en").page_state()
        >>> state["tokens"], state["live"]
        (['<|endoftext|>', 'ana', 'is'], False)
        """
        shared = anywidget.AnyWidget.class_trait_names()
        own = [name for name in self.trait_names(sync=True) if name not in shared and not name.startswith("_")]
        return {name: getattr(self, name) for name in own} | {"live": False}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        data = {**data, "text/plain": repr(self), **self.picture_data()}
        self._picture = stand_in(self.model_id, data)
        return data, metadata
