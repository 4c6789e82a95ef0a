"""The next-token explorer in a page of its own: what it draws, its maths, mouse and keyboard."""

import pytest
import torch
from playwright.sync_api import expect

import mini_gpt
from browser.page import widget_pages
from mini_gpt import GPT, GPTConfig
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.widgets import NextToken

TOWN = Town()
ASKED = ["prefix", "temperature", "top_k", "top_p", "seed"]


@pytest.fixture(scope="module")
def gpt():
    torch.manual_seed(0)
    model = GPT(NANO)
    model.tokenizer = TOWN.tokenizer
    return model


@pytest.fixture
def start(browser, gpt):
    """start(prefix, **arguments) opens the widget; what changes after that is its page alone."""
    with widget_pages(browser) as open_page:

        def start(prefix="ana", **arguments):
            widget = NextToken(gpt, TOWN, prefix, "en", **arguments)

            def answer(state):
                asked = [state[name] for name in ASKED]
                return widget.answer(*asked) if asked != state["answered"] else None

            return open_page(widget, [*ASKED, "answered"], answer)

        yield start


def get(page, name):
    return page.evaluate("name => window.model.get(name)", name)


def prefix_becomes(page, prefix):
    page.wait_for_function("p => model.get('prefix') === p && model.get('answered')[0] === p", arg=prefix)


def rows(page):
    """The chart: token, the model's number, the truth's."""
    return [row.locator("[role=rowheader], .nt-number").all_inner_texts() for row in page.locator(
        ".nt-row-token, .nt-row-cut").all()]  # fmt: skip


def button(page, name):
    return page.get_by_role("button", name=name)


# ------------------------------------------------------------ what it shows


def test_the_chart_holds_model_and_truth(start, gpt):
    page = start("ana is")
    widget = NextToken(gpt, TOWN, "ana is")
    tokens = [row[0] for row in widget.rows]
    assert [row[0] for row in rows(page)] == tokens
    truth = {row[0]: row[2] for row in rows(page)}
    expected = TOWN.next_token_probs(TOWN.tokenizer.encode("ana is"))
    assert truth["at"] == f"{expected[TOWN.tokenizer.ids['at']]:.1%}"
    assert page.locator(".nt-bars .nt-bar-truth").count() == sum(row[3] > 0 for row in widget.rows)
    expect(page.locator(".nt-status")).to_contain_text(f"Most likely now: “{tokens[0]}”")


def test_outside_the_town_only_the_model_answers_and_the_reason_is_told(start):
    page = start("ana ana")
    expect(page.locator(".nt-notes")).to_contain_text("“ana” cannot follow “ana”")
    expect(page.locator(".nt-row-head")).not_to_contain_text("truth")
    assert len(rows(page)) == 12 and page.locator(".nt-bar-truth").count() == 0


def test_an_unknown_word_leaves_the_last_chart_dimmed_and_can_be_mended(start):
    page = start("ana")
    before = rows(page)
    page.get_by_label("Prefix").fill("ana estah ")
    expect(page.locator(".nt-status")).to_contain_text("“estah” (did you mean")
    expect(page.locator(".nt-stale")).to_be_visible()
    assert rows(page) == before
    expect(button(page, "Draw")).to_have_attribute("aria-disabled", "true")
    button(page, "Draw").click(force=True)
    assert get(page, "prefix") == "ana estah"
    button(page, "Undo").click()
    prefix_becomes(page, "ana")
    expect(page.locator(".nt-stale")).to_have_count(0)


def test_after_endoftext_the_document_is_complete(start):
    page = start("ana")
    page.get_by_label("Prefix").fill("ana <|endoftext|> ")
    expect(page.locator(".nt-status")).to_have_text("The document is complete.")
    expect(button(page, "Take")).to_have_attribute("aria-disabled", "true")
    button(page, "Start again").click()
    prefix_becomes(page, "")
    expect(button(page, "Take")).to_have_attribute("aria-disabled", "false")


# ------------------------------------------------------------ mouse and keyboard


def test_a_slider_answers_at_once_and_the_truth_stays(start):
    page = start("ana is")
    before = rows(page)
    temperature = page.get_by_label("temperature")
    temperature.focus()
    page.keyboard.press("Home")
    page.wait_for_function("model.get('answered')[1] === 0")
    assert [row[1] for row in rows(page)] == ["100.0%"] + ["cut"] * 11
    assert [row[2] for row in rows(page)] == [row[2] for row in before]
    page.keyboard.press("End")
    assert get(page, "temperature") == 3
    expect(temperature).to_have_attribute("aria-valuetext", "3")


def test_the_last_place_of_top_k_and_top_p_is_to_keep_all(start):
    page = start("ana is", top_k=2)
    assert [row[1] == "cut" for row in rows(page)] == [False] * 2 + [True] * 10
    for name, label in (("top_k", "top-k"), ("top_p", "top-p")):
        page.get_by_label(label).focus()
        page.keyboard.press("End")
        assert get(page, name) is None
        expect(page.get_by_label(label)).to_have_attribute("aria-valuetext", "all")
        page.keyboard.press("ArrowLeft")
        assert get(page, name) == {"top_k": 20, "top_p": 0.95}[name]


def test_a_slider_is_dragged_by_mouse(start):
    page = start("ana is")
    box = page.get_by_label("top-k").bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    assert get(page, "top_k") == 1


def test_draws_repeat_with_the_seed_and_can_be_undone(start):
    written = []
    for seed in (7, 7, 8):
        page = start("ana", seed=seed)
        for words in range(2, 6):
            button(page, "Draw").click()
            page.wait_for_function("n => model.get('answered')[0].split(' ').length === n", arg=words)
        expect(page.locator(".nt-status")).to_contain_text("bits). Most likely now")
        written.append(get(page, "prefix"))
        for _ in range(4):
            button(page, "Undo").click()
        prefix_becomes(page, "ana")
        expect(button(page, "Undo")).to_have_attribute("aria-disabled", "true")
    assert written[0] == written[1] != written[2]
    assert all(text.startswith("ana ") for text in written)


def test_a_click_before_the_answer_waits_for_it(start):
    page = start("ana")
    n_words = "model.get('prefix').split(' ').length"
    two_clicks = f"button => {{ button.click(); button.click(); return {n_words}; }}"
    assert button(page, "Draw").evaluate(two_clicks) == 2
    page.wait_for_function(f"{n_words} === 3 && model.get('answered')[0] === model.get('prefix')")


def test_what_is_being_typed_is_left_alone(start):
    page = start("ana")
    box = page.get_by_label("Prefix")
    box.press("End")
    page.keyboard.type(" i")
    page.evaluate("model.set('temperature', 2)")
    expect(box).to_have_value("ana i")
    page.keyboard.type("s ")
    prefix_becomes(page, "ana is")
    expect(box).to_have_value("ana is ")


def test_all_can_be_done_by_keyboard(start):
    page = start("ana")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Prefix")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" is")
    page.keyboard.press("Enter")
    prefix_becomes(page, "ana is")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    prefix_becomes(page, get(page, "examples")[0])
    page.keyboard.press("Tab")
    expect(button(page, "Draw")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_function("model.get('answered')[0] !== ''")
    expect(button(page, "Draw")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_function("model.get('answered')[0].split(' ').length === 2")
    for label in ("Undo", "Start again"):
        page.keyboard.press("Tab")
        expect(button(page, label)).to_be_focused()
    for label in ("temperature", "top-k", "top-p"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(label)).to_be_focused()


def test_byte_tokens_keep_their_spaces_and_there_is_no_truth_to_miss(browser):
    torch.manual_seed(0)
    model = GPT(GPTConfig(50_257, context_length=32, n_layer=1, n_head=1, d_model=8)).eval()
    model.tokenizer = mini_gpt.load_tokenizer("gpt2")
    widget = NextToken(model, prefix="", lang="en")
    with widget_pages(browser) as open_page:
        page = open_page(widget, ASKED, lambda state: widget.answer(*state.values()))
        text = page.get_by_label("Prefix")
        text.fill("Once  upon\ta  ")
        prefix_becomes(page, "Once  upon\ta  ")
        expect(text).to_have_value("Once  upon\ta  ")
        step = widget.answer("Once  upon\ta  ")["draw"]
        button(page, "Draw").click()
        prefix_becomes(page, step["prefix"])
        expect(page.locator(".nt-status")).to_contain_text(f"Drew “{step['name']}”")
        assert all(len(row) == 2 for row in rows(page)) and page.locator(".nt-bar-truth").count() == 0
        expect(page.locator(".nt-row-summary").first).to_contain_text("the other 50,245 tokens")


def test_a_prefix_set_from_python_is_shown(start):
    page = start("ana")
    page.evaluate("model.set('prefix', 'ana is'); model.save_changes()")
    prefix_becomes(page, "ana is")
    expect(page.get_by_label("Prefix")).to_have_value("ana is")


# ------------------------------------------------------------ for every eye


def test_model_and_truth_differ_in_more_than_colour(start):
    page = start("ana is")
    model, truth = (page.locator(f".nt-row-head .nt-bar-{name}") for name in ("model", "truth"))
    assert model.evaluate("bar => getComputedStyle(bar).backgroundImage") == "none"
    assert "repeating-linear-gradient" in truth.evaluate("bar => getComputedStyle(bar).backgroundImage")
