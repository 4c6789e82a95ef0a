"""The page with a model inside, in a browser: it writes as Python does, and shows where each head looks."""

import pytest
import torch
from conftest import lively
from playwright.sync_api import Error, expect
from tokenizers import AddedToken
from torch import nn

import mini_gpt
from browser.axe import axe_findings
from browser.lab import SECONDS
from mini_gpt import GPTConfig
from mini_gpt.lesson import model_page
from mini_gpt.lesson.model_page import TEXTS, write_page
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.widgets import NextToken
from mini_gpt.lesson.widgets.next_token import TEXTS as WIDGET
from mini_gpt.lesson.words import in_language
from mini_gpt.tokenizer import END_OF_TEXT, GPT2Tokenizer, WordTokenizer
from mini_gpt.trace import record

SIZES = {"phone": (360, 740), "screen": (1280, 800)}
SAID = in_language({**WIDGET, **TEXTS}, "en")
INSIDE = """async ([ids, texts]) => {
    const { unpacked } = await import("mini_gpt/lesson/runtime/models.js");
    const { gpt, tokenizer } = unpacked();
    const logits = gpt.logits(ids).map(row => [...row]);
    const weights = gpt.blocks.map(({ weights }) => weights.map(heads => heads.map(row => [...row])));
    const encoded = texts.map(text => tokenizer.encode(text));
    return { logits, weights, encoded, names: ids.map(id => tokenizer.name(id)) };
}"""


def of_words():
    """Its context is shorter than what it writes here."""
    tokenizer = WordTokenizer([END_OF_TEXT, "ana", "dá", "pão", ".", "</script>", "<b>", "__proto__"])
    model = lively(GPTConfig(tokenizer.vocab_size, context_length=12, n_layer=2, n_head=3, d_model=12))
    model.tokenizer = tokenizer
    return model


def of_bytes():
    """Its vocabulary is padded, it has an added token, and its head is not its token embedding."""
    tokenizer = GPT2Tokenizer.train(["era uma vez uma mulher que não tinha pão 日本\n\n" * 3], vocab_size=300)
    tokenizer.library.add_special_tokens([AddedToken("[(a)|", normalized=False)])
    tokenizer = GPT2Tokenizer(tokenizer.library)
    model = lively(GPTConfig(tokenizer.vocab_size + 3, context_length=64, n_layer=2, n_head=2, d_model=16), seed=1)
    model.head.weight = nn.Parameter(model.head.weight.detach().flip(0).clone())
    model.tokenizer = tokenizer
    return model


MODELS = {"words": of_words, "bytes": of_bytes, "nano": lambda: mini_gpt.load("nano")}
TEXT = {"words": "ana dá </script> __proto__ .", "bytes": "Era uma vez,\n日[(a)| não", "nano": "ana is at the"}


class Phone:
    """A browser without any network, that opens such a page and may complain of nothing."""

    def __init__(self, browser, size="phone", scheme="light"):
        width, height = SIZES[size]
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, has_touch=True, color_scheme=scheme, offline=True
        )
        self.context.set_default_timeout(SECONDS * 1000)
        self.external, self.errors = [], []
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.external.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text))

    def open(self, path):
        self.page.goto(path.as_uri())
        expect(self.page.locator("html[data-widgets=ready]")).to_be_attached()
        return self.page


@pytest.fixture
def phone(browser):
    made = []

    def phone(*options):
        made.append(Phone(browser, *options))
        return made[-1]

    yield phone
    for each in made:
        each.context.close()
        assert ([url for url in each.external if not url.startswith(("file:", "data:"))], each.errors) == ([], [])


@pytest.fixture(scope="module", params=MODELS)
def written(request, tmp_path_factory):
    """The page of a model; the model that is in it, with its weights rounded to 16 bits; a text for it."""
    path = tmp_path_factory.mktemp("page") / "me.html"
    model = MODELS[request.param]()
    write_page(model, path, "en")
    _, rounded = model_page.stored(model)
    return path, rounded, TEXT[request.param]


def write(page, text):
    """Put a text into the page; a space makes its last word complete."""
    page.locator("textarea").fill(text)
    page.locator("textarea").press("Enter")
    expect(page.locator(".nt-stale")).to_have_count(0)


def press(page, name):
    page.get_by_role("button", name=SAID[name], exact=True).tap()


def shown(page):
    return page.locator("textarea").input_value()


# ------------------------------------------------------------ as Python does


@torch.no_grad()
def test_logits_weights_and_tokens_are_pythons(written, phone):
    path, model, text = written
    tokenizer = model.tokenizer
    texts = [text, f"{text} {text}", END_OF_TEXT, f"{END_OF_TEXT} {text}"]
    ids = [tokenizer.end_of_text, *tokenizer.encode(text)]
    inside = phone().open(path).evaluate(INSIDE, [ids, texts])
    with record(model, "*.attention.weights") as trace:
        logits = model(torch.tensor([ids]))[0]
    assert torch.tensor(inside["logits"]).sub(logits).abs().max() < 0.001
    for layer, weights in enumerate(trace.layers("attention.weights")[:, 0]):  # (H, T, T)
        for t in range(len(ids)):
            row = torch.tensor(inside["weights"][layer][t], dtype=torch.float32)
            assert not row[:, t + 1 :].any()
            torch.testing.assert_close(row[:, : t + 1], weights[:, t, : t + 1], atol=1e-4, rtol=0)
    assert inside["names"] == token_names(tokenizer, ids)
    assert inside["encoded"] == [tokenizer.encode(text) for text in texts]


@pytest.mark.parametrize("way", ["most_likely", "draw"])
def test_it_writes_what_python_writes(written, phone, way):
    path, model, text = written
    page = phone().open(path)
    write(page, text)
    python = NextToken(model, None, text, lang="en")
    step = {"prefix": text, "seed": 0}
    for _ in range(20):
        step = python.answer(step["prefix"], seed=step["seed"])["take" if way == "most_likely" else "draw"]
        press(page, way)
        expect(page.locator("textarea")).to_have_value(step["prefix"])
        if step["prefix"].endswith(END_OF_TEXT):
            break


def test_greedy_text_is_what_generate_writes(written, phone):
    path, model, text = written
    ids = [model.tokenizer.end_of_text, *model.tokenizer.encode(text)]
    n = min(8, model.config.context_length - len(ids))
    *new, last = mini_gpt.generate(model, [ids], n, temperature=0, stop=ids[0])[0].tolist()
    page = phone().open(path)
    write(page, text)
    for _ in range(1 + len(new) - len(ids)):
        press(page, "most_likely")
    expect(page.locator("textarea")).to_have_value(model.tokenizer.decode([*new[1:], last]))


# ------------------------------------------------------------ what a student does with it


@pytest.fixture(scope="module")
def nano(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "me.html"
    write_page(mini_gpt.load("nano"), path, "en", title="</title> & <i>me</i>")
    return path


def test_the_title_is_the_students_own_and_the_numbers_are_the_models(nano, phone):
    page = phone().open(nano)
    assert page.title() == page.locator("h1").inner_text() == "</title> & <i>me</i>"
    expect(page.locator("h1 + p")).to_contain_text("3 layers of 4 heads, 478 tokens; it reads 64 at a time")
    expect(page.locator("#opening")).to_be_hidden()


def test_it_writes_many_tokens_stops_undoes_and_starts_again(nano, phone):
    page = phone().open(nano)
    page.get_by_role("button", name="Write 50 tokens").tap()
    page.get_by_role("button", name="Stop").tap()
    expect(page.get_by_role("button", name="Write 50 tokens")).to_be_visible()
    expect(page.locator("textarea")).not_to_have_value("")
    before = shown(page)
    press(page, "undo")
    expect(page.locator("textarea")).to_have_value(" ".join(before.split()[:-1]))
    press(page, "new")
    expect(page.locator("textarea")).to_have_value("")


def test_it_stops_writing_where_the_document_ends(nano, phone):
    page = phone().open(nano)
    page.get_by_label(SAID["top_k"]).press("Home")  # 1: the most likely token, which ends soon
    page.get_by_role("button", name="Write 50 tokens").tap()
    expect(page.locator(".nt-status")).to_contain_text(SAID["complete"])
    expect(page.get_by_role("button", name="Write 50 tokens")).to_be_visible()


def test_a_token_is_chosen_and_each_head_shows_where_it_looks(nano, phone):
    page = phone().open(nano)
    write(page, "ana is at the")
    tokens, heads = page.locator(".looks-token"), page.locator(".looks-head")
    expect(tokens).to_have_text([END_OF_TEXT, "ana", "is", "at", "the"])
    expect(heads).to_have_count(12)
    expect(tokens.nth(4)).to_have_attribute("aria-pressed", "true")  # the last one, which what follows is drawn from
    tokens.nth(2).tap()
    heads.nth(5).tap()
    _, model = model_page.stored(mini_gpt.load("nano"))
    with torch.no_grad(), record(model, "*.weights") as trace:
        model(torch.tensor([model.tokenizer.encode(f"{END_OF_TEXT} ana is")]))
    row = trace.layers("attention.weights")[1, 0, 1, 2]
    told = [f"“{(END_OF_TEXT, 'ana', 'is')[s]}” {row[s]:.0%}" for s in row.argsort(descending=True)]
    said = f"Layer 1, head 1: from “is” it looks at {', '.join(told)}."
    expect(page.locator(".looks-status")).to_have_text(said)
    expect(heads.nth(5)).to_have_attribute("aria-label", f"layer 1, head 1: {told[0]}")
    expect(heads.nth(5)).to_have_attribute("aria-pressed", "true")
    expect(tokens.nth(3)).to_have_class("looks-token looks-later")
    write(page, "ana is at the beach")
    expect(tokens.nth(5)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".looks-status")).to_contain_text("Layer 1, head 1: from “beach”")


def test_the_keyboard_reaches_tokens_and_heads(nano, phone):
    page = phone("screen").open(nano)
    write(page, "ana is")
    tokens, heads = page.locator(".looks-token"), page.locator(".looks-head")
    expect(tokens).to_have_count(3)
    tokens.nth(2).focus()
    page.keyboard.press("ArrowLeft")
    expect(tokens.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".looks-status")).to_contain_text("from “ana”")
    page.keyboard.press("Tab")
    expect(heads.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator(".looks-status")).to_contain_text("Layer 1, head 0: from “ana”")


def test_words_that_the_model_does_not_know_leave_the_heads_as_they_are(nano, phone):
    page = phone().open(nano)
    write(page, "ana is")
    expect(page.locator(".looks-token")).to_have_count(3)
    page.locator("textarea").fill("ana zumbe ")
    expect(page.locator(".nt-status")).to_contain_text("does not know these words: “zumbe”")
    page.wait_for_timeout(300)  # longer than the pause after which the heads are shown
    expect(page.locator(".looks-token")).to_have_text([END_OF_TEXT, "ana", "is"])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_everyone_can_read_it(nano, phone, size, scheme):
    page = phone(size, scheme).open(nano)
    write(page, "ana is at the beach")
    page.locator(".looks-head").nth(5).tap()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert axe_findings(page, "html") == []


def test_nothing_in_it_may_reach_a_network(nano, browser):
    student = Phone(browser)
    page = student.open(nano)
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate("fetch('http://example.invalid')")
    student.context.close()
    assert "Content Security Policy" in "".join(student.errors)
