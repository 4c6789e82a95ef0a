"""The Python half of the next-token explorer; tests/browser/test_next_token.py looks at what students see."""

import json
import re

import pytest
import torch

import mini_gpt
from mini_gpt import GPT
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.widgets import NextToken
from mini_gpt.lesson.widgets.next_token import EXAMPLES, TEXTS
from mini_gpt.tokenizer import WordTokenizer

TOWN = Town()
END = TOWN.tokenizer.end_of_text


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = GPT(NANO)
    model.tokenizer = TOWN.tokenizer
    return model


def log_probs(model, ids):
    with torch.no_grad():
        return model(torch.tensor([ids]))[0, -1].double().log_softmax(-1)


def test_it_sends_the_models_answer_and_the_truth(model):
    widget = NextToken(model, TOWN, "ana está")
    ids = TOWN.tokenizer.encode("ana está")
    assert widget.log_probs == pytest.approx(log_probs(model, [END, *ids]).tolist(), abs=1e-5)
    assert widget.truth == pytest.approx(TOWN.next_token_probs(ids).tolist(), abs=1e-7)
    assert widget.tokens == list(TOWN.tokenizer.words)


def test_a_new_prefix_gets_a_new_answer(model):
    widget = NextToken(model, TOWN, "ana")
    before = widget.log_probs
    widget.prefix = "ana está"
    assert widget.answered == "ana está"
    assert widget.log_probs != before
    assert {name: getattr(widget, name) for name in widget.answer("ana está")} == widget.answer("ana está")


def test_the_chart_holds_the_models_and_the_truths_most_likely_in_the_models_order(model):
    widget = NextToken(model, TOWN, "ana está")
    assert len(set(widget.shown)) == 12
    assert widget.shown[0] == log_probs(model, [END, *TOWN.tokenizer.encode("ana está")]).argmax()
    assert TOWN.next_token_probs(TOWN.tokenizer.encode("ana está")).argmax() in widget.shown
    shown = [widget.log_probs[i] for i in widget.shown]
    assert shown == sorted(shown, reverse=True)


@pytest.mark.parametrize(
    ("lang", "reason"),
    [("pt", "Depois de “ana” não pode vir “ana”; podem, por exemplo: "), ("en", "“ana” cannot follow “ana”; for ex")],
)
def test_outside_the_town_the_model_still_answers_and_the_towns_reason_is_told(model, lang, reason):
    widget = NextToken(model, TOWN, "ana ana", lang=lang)
    assert widget.truth == [] and len(widget.log_probs) == TOWN.tokenizer.vocab_size
    outside, departure = widget.notes
    assert outside == widget.texts["outside"] and departure.startswith(reason)


def test_a_document_that_cannot_begin_so_is_told(model):
    assert "“(início de um documento)” não pode vir “.”" in NextToken(model, TOWN, ".").notes[1]


@pytest.mark.parametrize(("lang", "close"), [("pt", " (seria está, "), ("en", " (did you mean ")])
def test_unknown_words_are_told_with_those_that_look_like_them(model, lang, close):
    problem = NextToken(model, TOWN, lang=lang).answer("estah xyzzy qwrt zzz")["problem"]
    assert problem.startswith(f"{TEXTS['unknown'][lang]} “estah”{close}")
    assert problem.endswith("?), “xyzzy”, “qwrt”, …")


def test_an_unknown_word_is_told_and_the_last_answer_stays(model):
    widget = NextToken(model, TOWN, "ana")
    before = widget.log_probs
    widget.prefix = "ana estah"
    assert "“estah” (seria " in widget.problem
    assert (widget.answered, widget.log_probs) == ("ana estah", before)
    widget.prefix = "ana está"
    assert widget.problem == ""


def test_a_complete_document_keeps_the_answer_that_completed_it(model):
    done = "os livros que bia deixou na praça estão limpos ."
    widget = NextToken(model, TOWN, done)
    before, widget.prefix = widget.log_probs, f"{done} <|endoftext|>"
    assert widget.log_probs == before


def test_a_long_prefix_is_read_from_its_end_and_that_is_said(model):
    words = ["bia", "ana"] * 50
    widget = NextToken(model, prefix=" ".join(words), lang="en")
    read = TOWN.tokenizer.encode(" ".join(words[-64:]))
    assert widget.log_probs == pytest.approx(log_probs(model, read).tolist(), abs=1e-5)
    assert widget.notes == ["The model reads only the last 64 tokens."]
    widget.prefix = " ".join(words[:63])
    assert widget.notes == []


def test_without_a_town_the_model_stands_alone(model):
    widget = NextToken(model, prefix="ana ana")
    assert (widget.truth, widget.notes) == ([], [])
    assert TEXTS["truth"]["pt"] not in widget.static_html()


def test_a_page_without_python_knows_the_truth_along_the_examples(model):
    state = NextToken(model, TOWN, lang="en").page_state()
    assert json.loads(json.dumps(state, allow_nan=False))["live"] is False
    for example in EXAMPLES["en"]:
        words = example.split()
        for prefix in (" ".join(words[:t]) for t in range(len(words) + 1)):
            expected = TOWN.next_token_probs(TOWN.tokenizer.encode(prefix))
            assert state["known"][prefix] == {i: pytest.approx(p, abs=1e-7) for i, p in enumerate(expected) if p > 0}
    assert NextToken(model).page_state()["known"] == {}  # no town, no truth


def test_a_page_without_python_knows_the_truth_along_what_the_model_most_expects():
    widget = NextToken(mini_gpt.load("mini"), TOWN, "the books that bia left in the square", lang="en")
    widget.examples = [widget.prefix]
    known = widget.page_state()["known"]
    while not widget.prefix.endswith("<|endoftext|>"):
        assert known[widget.prefix] == {i: p for i, p in enumerate(widget.truth) if p > 0}
        widget.prefix += f" {widget.tokens[widget.shown[0]]}"
    assert len(known) == len(widget.prefix.split())


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_every_example_is_of_the_town(model, lang):
    assert NextToken(model, TOWN, lang=lang).examples == EXAMPLES[lang]
    assert NextToken(model, Town(lang), lang=lang).examples == EXAMPLES[lang][:-1]  # alone, it does not translate


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prefix": 3}, "prefix=3 must be a text"),
        ({"prefix": "ana estah"}, "'estah'"),
        ({"temperature": -1}, "temperature=-1 must be a number from 0 to 3"),
        ({"temperature": None}, "temperature=None must be a number from 0 to 3"),
        ({"temperature": float("nan")}, "temperature=nan must be"),
        ({"temperature": "hot"}, "temperature='hot' must be"),
        ({"top_k": 0}, "top_k=0 must be a whole number from 1 to 20, or None to leave it out"),
        ({"top_k": 2.5}, "top_k=2.5 must be a whole number"),
        ({"top_k": True}, "top_k=True must be a whole number"),
        ({"top_p": 0}, "top_p=0 must be a number from 0.05 to 1, or None to leave it out"),
        ({"seed": -1}, "seed=-1 must be a whole number from 0 to 4294967295"),
    ],
)
def test_a_bad_argument_is_named_with_what_is_accepted(model, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        NextToken(model, TOWN, **arguments)


def test_a_bad_value_later_is_refused_and_changes_nothing(model):
    widget = NextToken(model, TOWN, temperature=0.5)
    with pytest.raises(ValueError, match="temperature=9 must be"):
        widget.temperature = 9
    assert widget.temperature == 0.5


def test_model_and_town_must_speak_the_same_tokens(model):
    assert NextToken(model, TOWN).tokenizer is TOWN.tokenizer
    model.tokenizer = WordTokenizer(["<|endoftext|>", "ana"])
    with pytest.raises(ValueError, match="town has other words"):
        NextToken(model, TOWN)
    with pytest.raises(ValueError, match="model has vocab_size="):
        NextToken(model)
    model.tokenizer = None
    assert NextToken(model, TOWN).tokenizer is TOWN.tokenizer
    with pytest.raises(ValueError, match="must be a WordTokenizer"):
        NextToken(model)


def test_all_that_is_sent_is_json_even_if_the_model_excludes_a_token(model):
    class Certain(torch.nn.Module):
        config, tokenizer = model.config, TOWN.tokenizer

        def __init__(self):
            super().__init__()
            self.logits = torch.nn.Parameter(torch.full((self.config.vocab_size,), -torch.inf))
            self.logits.data[3] = 0

        def forward(self, ids):
            return self.logits.expand(*ids.shape, -1)

    state = NextToken(Certain(), TOWN).get_state()
    json.dumps({name: state[name] for name in ("log_probs", "truth", "texts", "ranges", "top_k")}, allow_nan=False)
    assert state["log_probs"][3] == 0 and state["shown"][0] == 3


def test_its_repr_names_what_is_chosen(model):
    assert repr(NextToken(model, TOWN, "ana", top_k=5)) == (
        "NextToken('ana', temperature=1.0, top_k=5, top_p=None, seed=0)"
    )


def test_the_picture_shows_what_the_chart_shows(model):
    widget = NextToken(model, TOWN, "ana está", lang="en", top_k=2)
    html = widget.static_html()
    rows = re.findall(r"<tr>.*?</tr>", html)[1:-1]
    assert [re.search(r">([^<]*)</td>", row)[1] for row in rows] == [widget.tokens[i] for i in widget.shown]
    assert [">cut<" in row for row in rows] == [False] * 2 + [True] * 10
    assert ["line-through" in row for row in rows] == [False] * 2 + [True] * 10
    assert "top-k 2" in html
