"""What all widgets must do in Python; each one's own tests stand in its own file. A new one joins every_widget.py."""

import copy
import json
import math
import re
import sys
from html import escape
from pathlib import Path
from types import SimpleNamespace

import every_widget
import numpy as np
import pytest
import torch
from every_widget import EXAMPLES, HOSTILE, made, written

from mini_gpt import GPT, GPTConfig, load_tokenizer
from mini_gpt.lesson import attention_views, palette, widgets
from mini_gpt.lesson.calibration import guesses
from mini_gpt.lesson.figures import style
from mini_gpt.lesson.truth import held_out_documents
from mini_gpt.lesson.widgets import AttentionExplorer, GuessingGame, MaskPainter, NextToken, SenseExplorer
from mini_gpt.lesson.widgets.widget import ALONE, Widget
from mini_gpt.lesson.words import LANGUAGES
from mini_gpt.model import prefix_mask

FOLDER = Path(widgets.__file__).parent
MODULES = [sys.modules[getattr(widgets, name).__module__] for name in widgets.__all__]
WHITE, JUPYTER_DARK, DECK_DARK = "#ffffff", "#111111", "#10171e"


@pytest.fixture(params=EXAMPLES)
def name(request):
    return request.param


def test_every_widget_is_looked_at():
    assert set(EXAMPLES) == set(widgets.__all__)
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == {
        path.stem for path in FOLDER.glob("*.css")
    } - {"page"}


# ------------------------------------------------------------ without its front end


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_shows_its_picture_and_its_name_where_nothing_runs(name, lang):
    widget = made(name, lang)
    bundle = widget._repr_mimebundle_()[0]
    assert bundle["text/plain"] == repr(widget) and " at 0x" not in repr(widget)
    assert bundle["text/html"] == widget.static_html() == EXAMPLES[name].make(lang).static_html()
    assert "application/vnd.jupyter.widget-view+json" in bundle


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_picture_survives_a_sanitizer(name, lang):
    html = made(name, lang).static_html()
    assert set(re.findall(r"</?(\w+)", html)) <= {"div", "table", "tr", "td"}
    assert set(re.findall(r"<\w+ (\w+)=", html)) <= {"style"}


def test_its_picture_shows_words_that_look_like_markup_as_any_other(name):
    widget, pictures = made(name, "en"), []
    tokens = {trait: getattr(widget, trait) for trait in EXAMPLES[name].tokens if trait != "preset"}
    for word in ("harmless", HOSTILE):
        for trait, value in tokens.items():
            setattr(widget, trait, written(value, word))
        pictures.append(widget.static_html())
    for trait, value in tokens.items():
        setattr(widget, trait, value)
    assert pictures[0].replace("harmless", escape(HOSTILE)) == pictures[1]


def test_its_picture_writes_numbers_as_the_language_does(name):
    pt, en = (re.sub(r"<[^>]*>", "\n", made(name, lang).static_html()) for lang in LANGUAGES)
    decimals = {lang: re.findall(r"(?m)^-?\d+[.,]\d\d?(?!\d)", text) for lang, text in (("pt", pt), ("en", en))}
    assert all("," in number for number in decimals["pt"]) and all("." in number for number in decimals["en"])
    assert bool(decimals["pt"]) == bool(decimals["en"]) == (name != "GuessingGame")  # where nothing has been paid yet


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_without_python_gets_it_all_in_few_bytes_of_json(name, lang):
    widget = made(name, lang)
    state = json.loads(json.dumps(widget.page_state(), allow_nan=False))
    assert state["live"] is False
    assert state["texts"] == widget.texts
    assert len(json.dumps(state)) < 300_000


SET = {
    "AttentionExplorer": {"query": 3, "key": 2, "layer": 1, "head": 1},
    "GuessingGame": {"sentence": 1, "bets": [[1, 0, 0, 0, 2, 0]], "revealed": 1},
    "MaskPainter": {"mask": prefix_mask(10, 3).tolist(), "layer": 1, "head": 1},
    "NextToken": {"prefix": "ana", "temperature": 0.5, "top_k": 3, "top_p": 0.5, "seed": 2},
    "PatchingGrid": {"chosen": [1, 2], "answers": [3, 4]},
    "ScaleDial": {"preset": "mini"},
    "SenseExplorer": {"word": "vela", "clue": "before", "layer": 1, "picked": 2},
}


@pytest.mark.parametrize("kind", [np.array, lambda value: np.array(value)[()]], ids=["array", "scalar"])
def test_what_a_student_sets_may_come_from_numpy(name, kind):
    for widget, values in ((EXAMPLES[name].make("pt"), SET[name]), (made("ScaleDial", "pt"), SET["ScaleDial"])):
        for trait, value in values.items():
            setattr(widget, trait, kind(value) if trait not in ("prefix", "preset") else np.str_(value))
            kept = getattr(widget, trait)
            assert kept == value and json.dumps(kept) == json.dumps(value), trait
    dial = made("ScaleDial", "pt")
    dial.shape = {name: kind(size) for name, size in dial.shape.items()}
    assert set(map(type, dial.shape.values())) == {int}


@pytest.mark.parametrize(
    "value", [np.float64(1), np.int64(99), np.int64(-1), np.array([0]), np.bool_(True), True, None]
)
def test_a_place_that_is_no_place_is_refused_in_one_line_whoever_made_it(value):
    places = {
        "AttentionExplorer": "layer",
        "GuessingGame": "sentence",
        "MaskPainter": "head",
        "SenseExplorer": "picked",
    }
    for name, trait in places.items():
        with pytest.raises(ValueError, match=rf"^{trait}=.* must be a whole number from 0 to \d+.*$"):
            setattr(made(name, "en"), trait, value)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_it_takes_a_model_of_any_precision(name, dtype, monkeypatch):
    model = copy.deepcopy(every_widget.gpt()).to(dtype)
    monkeypatch.setattr(every_widget, "gpt", lambda: model)
    widget = EXAMPLES[name].make("en")
    assert widget.static_html()
    text = json.dumps(
        [getattr(widget, trait) for trait in widget.keys if isinstance(getattr(widget, trait), list | dict)]
    )
    assert "NaN" not in text and "Infinity" not in text


def test_in_half_precision_probabilities_still_sum_to_one(monkeypatch):
    """To five digits: in bfloat16 itself the sum of 478 probabilities is off by a hundredth."""
    model = copy.deepcopy(every_widget.gpt()).bfloat16()
    model.tokenizer = every_widget.town().tokenizer
    painter, explorer = MaskPainter(model, "ana quer", "pt"), AttentionExplorer(model, "ana quer", "pt")
    ids = painter.ids[0]
    with torch.no_grad():
        logits = model(ids[None])[0, :-1].float()
    log_probs = logits.log_softmax(-1)[range(len(ids) - 1), ids[1:]]
    assert painter.log_probs == pytest.approx(log_probs.tolist(), abs=1e-2)
    assert explorer.bits == pytest.approx((-log_probs / math.log(2)).tolist(), abs=1e-2)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_names_the_cell_to_run_again_and_answers_who_asks_whether_it_is_there(name, lang, monkeypatch):
    shell = SimpleNamespace(user_ns={"In": ["", "first", "second"]})
    for kernel, cell in ((shell, {"pt": "a célula [2]", "en": "cell [2]"}), (None, ALONE["cell"])):
        monkeypatch.setattr(widgets.widget, "get_ipython", lambda kernel=kernel: kernel)
        bare = Widget()
        bare.speak({}, lang)
        assert cell[lang] in bare._alone
    widget, sent = made(name, lang), []
    monkeypatch.setattr(widget, "send", sent.append)
    widget._handle_custom_msg({"asks": 1}, [])
    assert sent == [{"asks": 1}] and widget._alone and "_alone" not in widget.page_state()


# ------------------------------------------------------------ words and colours


@pytest.mark.parametrize("module", [attention_views, *MODULES], ids=lambda module: module.__name__)
def test_both_languages_have_every_text(module):
    for name, words in module.TEXTS.items():
        assert tuple(words) == LANGUAGES and all(words.values()), name
        assert set(re.findall(r"{\w+}", words["pt"])) == set(re.findall(r"{\w+}", words["en"])), name


def test_another_language_is_refused(name):
    with pytest.raises(ValueError, match="lang='fr' must be 'pt' or 'en'"):
        EXAMPLES[name].make("fr")


def test_figures_and_widgets_take_their_colours_from_one_palette():
    for name in EXAMPLES:
        assert made(name, "en")._css.startswith(palette.STYLE_SHEET.read_text(encoding="utf-8"))
    drawn = [style.BLUE, style.ORANGE, style.GREY, style.INK, style.PALE_BLUE, style.PALE_ORANGE, style.PALE_GREY]
    assert set(drawn) <= set(palette.PALETTE.values())
    for path in [*FOLDER.iterdir(), *FOLDER.parent.glob("figures/*.py"), *FOLDER.parent.glob("attention_views.*")]:
        if path.suffix in (".css", ".js", ".py"):
            assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(\d", path.read_text(encoding="utf-8")) == [], path


def contrast(one, other):
    def light(colour):
        channels = [channel / 255 for channel in bytes.fromhex(colour[1:])]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    dark, bright = sorted([light(one), light(other)])
    return bright / dark


def test_the_palettes_colours_can_be_seen_on_light_and_on_dark():
    for name in ("blue", "orange"):
        assert contrast(palette.PALETTE[name], WHITE) >= 4.5, name
        assert min(contrast(palette.PALETTE[name], dark) for dark in (JUPYTER_DARK, DECK_DARK)) >= 3, name
    assert min(contrast(palette.PALETTE["mid-grey"], ground) for ground in (WHITE, JUPYTER_DARK)) >= 3
    for name in ("pale-blue", "pale-orange", "pale-grey"):
        assert contrast(palette.PALETTE["ink"], palette.PALETTE[name]) >= 4.5, name


# ------------------------------------------------------------ a model of real language


@pytest.fixture(scope="module")
def real():
    """A tiny model of GPT-2's own vocabulary: 12 x 12 heads, and no truth to compare with."""
    tokenizer = load_tokenizer("gpt2")
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=tokenizer.vocab_size, context_length=64, n_layer=12, n_head=12, d_model=24))
    model.tokenizer = tokenizer
    return model


REAL = (
    "The city council of São Paulo voted last night to keep 𗀀 old libraries open, "
    "as its readers had no other place to go."
)


@pytest.mark.parametrize("kind", [AttentionExplorer, MaskPainter])
def test_32_tokens_of_gpt2s_vocabulary_in_12_x_12_heads_are_taken_and_little_of_it_travels(kind, real):
    widget = kind(real, REAL, "en", layer=11, head=11)
    assert len(widget.tokens) == 32
    assert {"·council", "ão", "‹F0›"} <= set(widget.tokens)
    texts = {"_esm", "_css", "texts", "presets"}
    state = {name: value for name, value in widget.get_state().items() if name not in texts}
    assert len(json.dumps(state, default=str)) < 50_000
    assert escape(widget.tokens[3]) in widget.static_html()
    with pytest.raises(ValueError, match=r"has 33 tokens with .*, and must have 3 to 32"):
        kind(real, f"{REAL} one")


def test_what_needs_the_towns_truth_refuses_a_model_of_other_words_in_one_line(real):
    needs = "has 50,257 tokens of its own, and must read the town's 478 words, as mini does"
    town = every_widget.town()
    for ask in (
        lambda: GuessingGame(real, town),
        lambda: SenseExplorer({"real": real}),
        lambda: guesses(real, town, held_out_documents(town, 1)),
    ):
        with pytest.raises(ValueError, match=f"model {needs}"):
            ask()
    with pytest.raises(ValueError, match=r"town has other words than model\.tokenizer"):
        NextToken(real, town)
