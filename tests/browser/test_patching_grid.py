"""The patching grid in a page of its own, whose questions Python answers: its maths, mouse and keyboard."""

import pytest
from playwright.sync_api import expect

from browser.page import widget_pages
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.lesson.widgets import PatchingGrid
from mini_gpt.lesson.widgets.patching_grid import LEAST, moved

TEXT, SOURCE = "ana is at the beach", "bia is at the market"
HEADS = ["<|endoftext|>", "ana / bia", "is", "at", "the", "beach / market"]
T, PLACES = len(HEADS), NANO.n_layer + 1
ASKED = ["text", "source", "answers", "chosen"]
TOLD = ["answered", "problem", "tokens", "likely", "pair", "ends", "rows", "chosen"]


@pytest.fixture
def gpt(town_gpt):
    return town_gpt


@pytest.fixture
def start(browser, gpt):
    """start(**arguments) opens the widget; what its page asks, Python answers if it is there."""
    with widget_pages(browser) as open_page:

        def start(width=1000, python=True, **arguments):
            widget = PatchingGrid(gpt, TEXT, SOURCE, "en", **arguments)

            before = {name: getattr(widget, name) for name in ASKED}

            def answer(state):
                if not python:
                    return None
                for name, value in state.items():
                    if value != before[name]:  # only what was set is sent
                        setattr(widget, name, value)
                before.update(state, chosen=widget.chosen)
                return {name: getattr(widget, name) for name in TOLD}

            return open_page(widget, ASKED, answer, width=width)

        yield start


def get(page, name):
    return page.evaluate("name => window.model.get(name)", name)


def cell(page, place, t):
    return page.get_by_role("grid").get_by_role("row").nth(place + 1).locator("button").nth(t)


def shown(page):
    return [row.locator("button").all_inner_texts() for row in page.get_by_role("grid").get_by_role("row").all()[1:]]


def write(page, which, text):
    page.get_by_role("textbox", name=f"Text {which}").fill(text)
    page.keyboard.press("Enter")


# ------------------------------------------------------------ the maths


def test_javascript_and_python_tell_the_same_share_of_the_way(start):
    page = start()
    cases = [([[-1, -3], [-3, -1]], [-2, -1]), ([[-1, -1], [-2, -2]], [-1, -2]), ([[0, -5], [-5, 0]], [0, -9])]
    for ends, pair in cases:
        assert page.evaluate("args => module.moved(...args)", [ends, pair, LEAST]) == moved(ends, pair)
    assert [moved(*case) for case in cases] == [0.75, None, -0.4]


def test_the_grid_shows_pythons_numbers_bluer_the_further_and_orange_where_they_move_away(start, gpt):
    page = start()
    table = PatchingGrid(gpt, TEXT, SOURCE).moved
    assert [[float(x) for x in row] for row in shown(page)] == [pytest.approx(row, abs=0.006) for row in table]
    for place, row in enumerate(table):
        for t, x in enumerate(row):
            look = cell(page, place, t).evaluate("one => [one.style.getPropertyValue('--pg-share'), one.className]")
            assert float(look[0].rstrip("%")) == pytest.approx(55 * min(abs(x), 1), abs=0.01)
            assert ("pg-away" in look[1]) == (x < 0)
    assert any(x < -0.01 for row in table for x in row)


# ------------------------------------------------------------ what a student does


def test_a_click_on_a_cell_says_what_was_patched_and_what_became_of_both_answers(start, gpt):
    page = start()
    cell(page, 2, 5).click()
    assert get(page, "chosen") == [2, 5]
    widget = PatchingGrid(gpt, TEXT, SOURCE, "en", chosen=(2, 5))
    share = widget.moved[2][5]
    expect(page.locator(".pg-status")).to_have_text(
        "The model reads text 1, but the vector of “beach / market” after 2 blocks is that of text 2: the answer moves "
        f"{share:.2f} of the way to text 2's."
    )
    rows = page.get_by_role("table").get_by_role("row").all()
    assert rows[0].get_by_role("columnheader").all_inner_texts() == ["next", "text 1", "with the vector", "text 2"]
    told = [widget.ends[0], widget.rows[2][5], widget.ends[1]]
    for i, row in enumerate(rows[1:3]):
        assert row.get_by_role("rowheader").inner_text() == TOKENIZER.words[widget.pair[i]]
        percents = [float(text.rstrip("%")) for text in row.get_by_role("cell").all_inner_texts()]
        assert percents == pytest.approx([100 * 2.718281828 ** pair[i] for pair in told], abs=0.06)
    numbers = [float(text) for text in rows[3].get_by_role("cell").all_inner_texts()]
    assert numbers == pytest.approx([pair[0] - pair[1] for pair in told], abs=0.006)


def test_where_the_texts_differ_both_tokens_stand(start):
    page = start()
    assert page.get_by_role("columnheader").all_inner_texts()[1 : T + 1] == HEADS
    assert page.locator(".pg-differs").all_inner_texts() == ["ana / bia", "beach / market"]


def test_another_text_gets_another_grid(start, gpt):
    page = start(chosen=(3, 5))
    write(page, 1, "ana is at")
    expect(page.locator(".pg-status")).to_contain_text(
        "Text 1 has 4 tokens and text 2 has 6: both must have the same number. 1: <|endoftext|> | ana | is | at"
    )
    expect(page.get_by_role("grid")).to_be_hidden()
    write(page, 2, "leo is at")
    expect(page.get_by_role("columnheader").nth(2)).to_have_text("ana / leo")
    table = PatchingGrid(gpt, "ana is at", "leo is at").moved
    assert [[float(x) for x in row] for row in shown(page)] == [pytest.approx(row, abs=0.006) for row in table]
    assert get(page, "chosen") == [3, 3]
    write(page, 1, "ana iss at")
    expect(page.locator(".pg-status")).to_contain_text("The model does not know these words: “iss” (did you mean")
    assert get(page, "text") == "ana iss at"


def test_what_is_being_typed_is_left_alone(start):
    page = start()
    text = page.get_by_role("textbox", name="Text 1")
    text.fill("ana is at the bea")
    page.evaluate("receive({chosen: [1, 1]})")
    expect(text).to_have_value("ana is at the bea")
    page.evaluate("receive({text: 'leo is at the beach'})")
    expect(text).to_have_value("leo is at the beach")


def test_the_answers_are_the_models_until_others_are_chosen_and_never_the_same(start, gpt):
    page = start()
    pair = [TOKENIZER.words[i] for i in get(page, "pair")]
    first, second = page.get_by_label("answer to text 1"), page.get_by_label("answer to text 2")
    for select, name in zip((first, second), pair, strict=True):
        assert select.evaluate("one => one.selectedOptions[0].label") == f"automatic: {name}"
    likely = get(page, "likely")
    first.select_option(label=likely[3][1])
    expect(page.get_by_role("table").get_by_role("rowheader").first).to_have_text(likely[3][1])
    assert get(page, "answers") == [likely[3][0], None]
    table = PatchingGrid(gpt, TEXT, SOURCE, answers=(likely[3][0], None)).moved
    assert [[float(x) for x in row] for row in shown(page)] == [pytest.approx(row, abs=0.006) for row in table]
    second.select_option(label=likely[3][1])
    assert get(page, "answers") == [None, likely[3][0]]
    second.select_option("")
    assert get(page, "answers") == [None, None]


def test_texts_that_say_the_same_move_nothing(start):
    page = start()
    write(page, 2, TEXT)
    expect(page.locator(".pg-status")).to_contain_text("hardly changes the difference between these two answers")
    assert {text for row in shown(page) for text in row} == {"–"}


def test_while_it_waits_no_number_of_other_texts_is_shown(start):
    page = start(python=False)
    write(page, 1, "leo is at the beach")
    assert {text for row in shown(page) for text in row} == {"…"}
    expect(page.locator(".pg-status")).to_have_text("The model is reading…")
    assert page.get_by_role("table").get_by_role("row").nth(1).get_by_role("cell").nth(1).inner_text() == "…"


def test_of_a_large_model_only_the_rows_that_were_looked_at_have_numbers(start, monkeypatch):
    monkeypatch.setattr("mini_gpt.lesson.widgets.patching_grid.AT_ONCE", 0)
    page = start()
    assert ["…" in row for row in shown(page)] == [False, True, True, True]
    cell(page, 2, 3).click()
    expect(page.locator(".pg-status")).to_contain_text("after 2 blocks")
    assert ["…" in row for row in shown(page)] == [False, True, False, True]


def test_what_is_set_from_python_is_shown_and_the_keyboard_goes_on_from_there(start):
    page = start()
    page.evaluate("receive({chosen: [2, 4]})")
    assert page.locator("[aria-selected=true]").count() == 1
    assert page.locator("[role=grid] [tabindex='0']").get_attribute("aria-label").startswith("after 2 blocks, “the”")


# ------------------------------------------------------------ keyboard and screen reader


def test_all_can_be_done_by_keyboard(start):
    page = start()
    for role, name in (("textbox", "Text 1"), ("textbox", "Text 2"), ("combobox", "text 1"), ("combobox", "text 2")):
        page.keyboard.press("Tab")
        expect(page.get_by_role(role, name=name)).to_be_focused()
    page.keyboard.press("Tab")
    expect(cell(page, 0, 1)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for key, place, t in (
        ("ArrowDown", 1, 1),
        ("ArrowRight", 1, 2),
        ("End", 1, T - 1),
        ("ArrowUp", 0, T - 1),
        ("Home", 0, 0),
    ):
        page.keyboard.press(key)
        expect(cell(page, place, t)).to_be_focused()
        assert get(page, "chosen") == [place, t]
        assert cell(page, place, t).locator("..").get_attribute("aria-selected") == "true"
    expect(page.locator(".pg-status")).to_contain_text("the vector of “<|endoftext|>” before the blocks")


def test_a_screen_reader_is_told_place_token_and_share(start, gpt):
    page = start()
    share = PatchingGrid(gpt, TEXT, SOURCE).moved[1][1]
    told = page.get_by_role("button", name=f"after 1 block, “ana / bia”: {round(share, 2) + 0.0:.2f}", exact=True)
    expect(told).to_have_count(1)
    grid = page.get_by_role("grid", name="How far the answer goes")
    assert grid.get_by_role("rowheader").all_inner_texts() == [
        "before the blocks",
        "after 1 block",
        *(f"after {n} blocks" for n in range(2, PLACES)),
    ]
    expect(page.get_by_role("group", name="Patching grid")).to_have_count(1)
    expect(page.locator("[aria-live=polite]")).to_have_count(1)


# ------------------------------------------------------------ for every eye


def test_every_cell_can_be_reached_on_a_narrow_page(start):
    page = start(width=360)
    cell(page, 0, T - 1).focus()
    expect(cell(page, 0, T - 1)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_chosen_cell_differs_in_more_than_colour(start):
    page = start(chosen=(1, 2))
    weights = [cell(page, 1, t).evaluate("one => getComputedStyle(one).fontWeight") for t in (1, 2)]
    assert weights == ["400", "700"]
