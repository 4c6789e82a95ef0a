"""What web pages need of the outputs of a notebook: a widget's state, to bring it to life, and figures in words."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from matplotlib.figure import Figure

from mini_gpt.lesson import widgets
from mini_gpt.lesson.widgets.widget import Widget
from mini_gpt.lesson.words import Words, in_language
from mini_gpt.model import GPT
from mini_gpt.weights import load

IN_PAGES = ("mini", "mini-books")  # the models that answer in web pages

WORDS: Mapping[str, Words] = {
    "horizontal": {"pt": "na horizontal: {0}", "en": "horizontally: {0}"},
    "vertical": {"pt": "na vertical: {0}", "en": "vertically: {0}"},
    "legend": {"pt": "legenda: {0}", "en": "legend: {0}"},
    "reads": {"pt": "nela se lê: {0}", "en": "it reads: {0}"},
}


def for_pages(results: Mapping[int, object], lang: str) -> dict[int, dict[str, Any]]:
    """What a page needs of a notebook's results (IPython's Out), by their numbers: metadata for the cells' outputs.

    BertViz's views, and widgets on a model that pages do not carry, are marked as alive in the notebook only.

    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> _ = figure.subplots().set(title="Loss", xlabel="step", ylabel="bits")
    >>> for_pages({3: figure, 4: "a text"}, "en")
    {3: {'image/png': {'alt': 'Loss; horizontally: step; vertically: bits'}}}
    """
    kept: dict[int, dict[str, Any]] = {}
    for n, result in results.items():
        if isinstance(result, Figure):
            kept[n] = {"image/png": {"alt": in_words(result, lang)}}
        elif isinstance(result, Widget):
            model = getattr(result, "model", None)
            name = shipped(model) if isinstance(model, GPT) else ""
            ours = type(result).__module__.startswith(widgets.__name__)  # which BertViz's views are not
            if ours and bool(name) == isinstance(model, GPT):
                state = json.dumps(result.page_state(), ensure_ascii=False, separators=(",", ":"))
                widget = type(result).__module__.rpartition(".")[2]
                kept[n] = {"mini_gpt": {"widget": widget, "model": name, "state": state}}
            else:
                kept[n] = {"mini_gpt": {"notebook_only": True}, "image/png": {"alt": repr(result)}}
    return kept


def shipped(model: GPT) -> str:
    """The name of the model, if it is one of those that pages carry; else ""."""
    for name in IN_PAGES:
        other = load(name)
        if other.config == model.config and torch.equal(other.head.weight, model.head.weight):
            return name
    return ""


def in_words(figure: Figure, lang: str) -> str:
    """Titles, axes and legends of a figure; of a drawing without any, what is written in it."""
    texts = in_language(WORDS, lang)
    said = [figure.get_suptitle()]
    for axes in figure.axes:
        said.append(axes.get_title() or axes.get_title("left"))
        said += [texts[name].format(label) for name, label in
                 (("horizontal", axes.get_xlabel()), ("vertical", axes.get_ylabel())) if label]  # fmt: skip
        if legend := axes.get_legend():
            said.append(texts["legend"].format(", ".join(text.get_text() for text in legend.get_texts())))
    said = list(dict.fromkeys(filter(None, said)))  # panels side by side share their axes
    if not said:
        written = [text.get_text() for axes in figure.axes for text in axes.texts]
        said = [texts["reads"].format(", ".join(dict.fromkeys(filter(str.strip, written))))]
    return " ".join("; ".join(said).split())
