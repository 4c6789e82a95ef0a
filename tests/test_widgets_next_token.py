"""The Python half of the next-token explorer; tests/browser/test_next_token.py looks at what students see."""

import json
import re
from collections import Counter

import pytest
import torch

import mini_gpt
from mini_gpt import GPT, GPTConfig, edit
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.widgets import NextToken
from mini_gpt.lesson.widgets.next_token import EXAMPLES, PLAIN, TEXTS, Reader, uniform
from mini_gpt.sampling import next_token_probs
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


def test_its_rows_are_the_models_answer_and_the_truth(model):
    widget = NextToken(model, TOWN, "ana está")
    ids = TOWN.tokenizer.encode("ana está")
    model_says, truth = log_probs(model, [END, *ids]).exp(), TOWN.next_token_probs(ids)
    for word, own, p, true in widget.rows:
        i = TOWN.tokenizer.ids[word]
        assert own == p == pytest.approx(float(model_says[i]), abs=1e-6)
        assert true == pytest.approx(truth[i], abs=1e-7)
    assert widget.rest[0] == TOWN.tokenizer.vocab_size - 12
    for column, rest in ((2, widget.rest[1]), (3, widget.rest[2])):
        assert sum(row[column] for row in widget.rows) + rest == pytest.approx(1, abs=1e-5)


def test_a_new_prefix_and_a_turned_knob_get_a_new_answer(model):
    widget = NextToken(model, TOWN, "ana")
    for name, value in {"prefix": "ana está", "temperature": 0.5, "top_k": 3, "top_p": 0.7, "seed": 5}.items():
        before = {part: getattr(widget, part) for part in ("rows", "draw")}
        setattr(widget, name, value)
        assert {part: getattr(widget, part) for part in before} != before, name
    assert widget.answered == ["ana está", 0.5, 3, 0.7, 5]
    answer = widget.answer(*widget.answered)
    assert {name: getattr(widget, name) for name in answer} == answer


def test_the_knobs_are_those_of_sampling(model):
    widget = NextToken(model, TOWN, "ana está", temperature=0.7, top_k=5, top_p=0.9)
    expected = next_token_probs(log_probs(model, [END, *TOWN.tokenizer.encode("ana está")]), 0.7, 5, 0.9)
    assert 1 < sum(row[2] is not None for row in widget.rows) == expected.count_nonzero() <= 5
    for word, _, p, _ in widget.rows:
        assert (p or 0) == pytest.approx(float(expected[TOWN.tokenizer.ids[word]]), abs=1e-6)
    assert widget.bits["entropy"] == pytest.approx(-(expected * expected.log2()).nansum().item(), abs=1e-4)
    assert widget.bits["surprise"] is None  # the model gives probability 0 to what the town says


def test_to_take_is_to_go_on_with_the_most_likely_and_to_draw_moves_the_seed(model):
    widget = NextToken(model, TOWN, "ana", seed=7)
    assert (widget.take["prefix"], widget.take["seed"]) == (f"ana {widget.rows[0][0]}", 7)
    assert widget.draw["seed"] == uniform(7)[1]
    texts = []
    for _ in range(2):
        widget.prefix, widget.seed = "ana", 7
        for _ in range(4):
            step = widget.draw
            widget.prefix, widget.seed = step["prefix"], step["seed"]
        texts.append(widget.prefix)
    assert texts[0] == texts[1] and len(texts[0].split()) == 5


def test_draws_follow_the_probabilities(model):
    widget = NextToken(model, TOWN, "ana está", top_k=3)
    seed, drawn = 1, Counter()
    for _ in range(300):
        step = widget.answer("ana está", top_k=3, seed=seed)["draw"]
        drawn[step["name"]], seed = drawn[step["name"]] + 1, step["seed"]
    expected = {word: p for word, _, p, _ in widget.rows if p}
    assert set(drawn) == set(expected)
    for word, p in expected.items():
        assert drawn[word] == pytest.approx(300 * p, abs=40)


def test_the_chart_holds_the_models_and_the_truths_most_likely_in_the_models_order(model):
    widget = NextToken(model, TOWN, "ana está")
    names, own = [row[0] for row in widget.rows], [row[1] for row in widget.rows]
    assert len(set(names)) == 12
    assert TOWN.tokenizer.ids[names[0]] == log_probs(model, [END, *TOWN.tokenizer.encode("ana está")]).argmax()
    assert TOWN.tokenizer.words[TOWN.next_token_probs(TOWN.tokenizer.encode("ana está")).argmax()] in names
    assert own == sorted(own, reverse=True)


@pytest.mark.parametrize(
    ("lang", "reason"),
    [("pt", "Depois de “ana” não pode vir “ana”; podem, por exemplo: "), ("en", "“ana” cannot follow “ana”; for ex")],
)
def test_outside_the_town_the_model_still_answers_and_the_towns_reason_is_told(model, lang, reason):
    widget = NextToken(model, TOWN, "ana ana", lang=lang)
    assert {row[3] for row in widget.rows} == {widget.rest[2]} == {None}
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
    before = widget.rows
    widget.prefix = "ana estah"
    assert "“estah” (seria " in widget.problem
    assert (widget.answered[0], widget.rows) == ("ana estah", before)
    widget.prefix = "ana está"
    assert widget.problem == ""


def test_a_complete_document_keeps_the_answer_that_completed_it(model):
    done = "os livros que bia deixou na praça estão limpos ."
    widget = NextToken(model, TOWN, done)
    before, widget.prefix = widget.rows, f"{done} <|endoftext|>"
    assert widget.rows == before


def test_a_long_prefix_is_read_from_its_end_and_that_is_said(model):
    words = ["bia", "ana"] * 50
    widget = NextToken(model, prefix=" ".join(words), lang="en")
    read = TOWN.tokenizer.encode(" ".join(words[-64:]))
    best = log_probs(model, read).max()
    assert widget.rows[0][1] == pytest.approx(float(best.exp()), abs=1e-5)
    assert widget.notes == ["The model reads only the last 64 tokens."]
    widget.prefix = " ".join(words[:63])
    assert widget.notes == []


def test_without_a_town_the_model_stands_alone(model):
    widget = NextToken(model, prefix="ana ana")
    assert (widget.rest[2], widget.bits["truth"], widget.notes) == (None, None, [])
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
        truth = {TOWN.tokenizer.words[i]: p for i, p in known[widget.prefix].items()}
        assert {row[0]: row[3] for row in widget.rows} == {row[0]: truth.get(row[0], 0) for row in widget.rows}
        widget.prefix = widget.take["prefix"]
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
    model.tokenizer = mini_gpt.load_tokenizer("gpt2")
    with pytest.raises(ValueError, match="model has vocab_size=478, but its tokenizer has 50257 tokens"):
        NextToken(model)
    model.tokenizer = None
    assert NextToken(model, TOWN).tokenizer is TOWN.tokenizer
    with pytest.raises(ValueError, match=r"model.tokenizer=None must be the tokenizer"):
        NextToken(model)


def test_all_that_is_sent_is_json_even_if_the_model_excludes_a_token(model):
    class Certain(torch.nn.Module):
        config, tokenizer = model.config, TOWN.tokenizer

        def __init__(self):
            super().__init__()
            self.logits = torch.nn.Parameter(torch.full((self.config.vocab_size,), -torch.inf))
            self.logits.data[3] = 0

        def forward(self, ids, cache):
            return self.logits.expand(*ids.shape, -1)

    state = NextToken(Certain(), TOWN).get_state()
    names = ("answered", "rows", "rest", "bits", "take", "draw", "texts", "ranges", "top_k")
    json.dumps({name: state[name] for name in names}, allow_nan=False)
    assert state["rows"][0][:3] == [TOWN.tokenizer.words[3], 1, 1] and state["bits"]["surprise"] is None


def test_its_repr_names_what_is_chosen(model):
    assert repr(NextToken(model, TOWN, "ana", top_k=5)) == (
        "NextToken('ana', temperature=1.0, top_k=5, top_p=None, seed=0)"
    )


def test_the_picture_shows_what_the_chart_shows(model):
    widget = NextToken(model, TOWN, "ana está", lang="en", top_k=2)
    html = widget.static_html()
    rows = re.findall(r"<tr>.*?</tr>", html)[1:-1]
    assert [re.search(r">([^<]*)</td>", row)[1] for row in rows] == [row[0] for row in widget.rows]
    assert [">cut<" in row for row in rows] == [False] * 2 + [True] * 10
    assert ["line-through" in row for row in rows] == [False] * 2 + [True] * 10
    assert "top-k 2" in html


# ------------------------------------------------------------ any tokenizer


@pytest.fixture(scope="module")
def gpt2():
    """A small model under GPT-2's own vocabulary, padded as some checkpoints pad it."""
    torch.manual_seed(0)
    model = GPT(GPTConfig(50_304, context_length=32, n_layer=2, n_head=2, d_model=16)).eval()
    model.tokenizer = mini_gpt.load_tokenizer("gpt2")
    return model


def test_of_50257_probabilities_only_those_in_the_chart_are_sent(gpt2):
    widget = NextToken(gpt2, prefix="Olá,", lang="pt")
    assert len(widget.rows) == 12 and widget.rest[0] == 50_257 - 12
    assert len(json.dumps(widget.page_state())) < 10_000
    assert "50.245" in widget.static_html()
    expected = log_probs(gpt2, [50256, *gpt2.tokenizer.encode("Olá,")])[:50_257].softmax(-1)
    assert [row[1] for row in widget.rows] == pytest.approx(expected.topk(12).values.tolist(), abs=1e-6)
    assert widget.examples == PLAIN["pt"]


def test_bytes_are_read_on_as_they_were_written(gpt2):
    """A text may hold only part of a character, and be split otherwise when it is encoded again."""
    widget, ids = NextToken(gpt2, lang="en"), [50256]
    for seed in range(20):
        widget.seed = seed
        text = widget.draw["prefix"]
        drawn = widget.written[text][len(ids) - 1 :]
        assert len(drawn) == 1
        ids += drawn
        widget.prefix = text
        best = log_probs(gpt2, ids)[:50_257].softmax(-1).max()
        assert widget.rows[0][1] == pytest.approx(float(best), abs=1e-6)
    assert widget.prefix == gpt2.tokenizer.decode(ids[1:])


def test_a_byte_that_completes_no_character_still_moves_the_text_on(gpt2):
    """The bytes E2, E2 80 both read as one �; with a third, 99, they are an apostrophe."""
    widget = NextToken(gpt2, lang="en")
    first, second, third = (gpt2.tokenizer.library.token_to_id(char) for char in "âĢĻ")
    widget.written["a\ufffd"] = [*gpt2.tokenizer.encode("a"), first]
    with torch.no_grad(), edit(gpt2, "head", lambda logits: logits.index_fill(-1, torch.tensor(second), 99.0)):
        widget.prefix = "a\ufffd"
        assert widget.take["prefix"] == widget.draw["prefix"] == "a\ufffd\ufffd"
    with torch.no_grad(), edit(gpt2, "head", lambda logits: logits.index_fill(-1, torch.tensor(third), 99.0)):
        widget.prefix = "a\ufffd\ufffd"
        assert widget.take["prefix"] == "a’"


def test_what_was_read_is_not_read_again_unless_the_model_changed(gpt2, model):
    reader, ids = Reader(gpt2), gpt2.tokenizer.encode("Once upon a time there was")
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        forward = gpt2.forward
        patch.setattr(gpt2, "forward", lambda ids, cache: seen.append(ids.size(1)) or forward(ids, cache=cache))
        for text in (ids, [*ids, 5, 6], [*ids, 5, 7], ids[:2], ids[:2], [9, *ids]):
            expected = forward(torch.tensor([text]))[0, -1]
            torch.testing.assert_close(reader.logits(text), expected, rtol=1e-4, atol=1e-5)
    assert seen == [6, 2, 1, 1, 1, 7]
    reader, ids = Reader(model), [1, 2, 3]
    before = reader.logits(ids)
    with edit(model, "blocks.0.mlp", 0):
        assert not torch.allclose(reader.logits(ids), before)
    torch.testing.assert_close(reader.logits(ids), before)
    model.position_embedding.weight.data.mul_(2)
    torch.testing.assert_close(reader.logits(ids), model(torch.tensor([ids]))[0, -1].detach())
    assert not torch.allclose(reader.logits(ids), before)
