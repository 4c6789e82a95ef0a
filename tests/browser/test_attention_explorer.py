"""The attention explorer in a page of its own, whose questions Python answers: its maths, mouse and keyboard."""

from dataclasses import replace

import pytest
import torch
from playwright.sync_api import expect

from browser.page import widget_pages
from mini_gpt import GPT
from mini_gpt.encoder import Encoder
from mini_gpt.lesson.batches import with_mask_and_pad
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.lesson.widgets import AttentionExplorer

TEXT = "ana is at the beach ."
TOKENS = ["<|endoftext|>", *TEXT.split()]
T = len(TOKENS) - 1  # queries; the last token is only predicted


def decided(model, tokenizer):
    """A new model is nearly indifferent to where it looks; this one is not."""
    model.tokenizer = tokenizer
    for parameter in model.parameters():
        parameter.data.mul_(3)
    return model


@pytest.fixture(scope="module")
def gpt():
    torch.manual_seed(0)
    return decided(GPT(NANO), TOKENIZER)


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    tokenizer = with_mask_and_pad(TOKENIZER)
    return decided(Encoder(replace(NANO, vocab_size=tokenizer.vocab_size)), tokenizer)


@pytest.fixture
def start(browser, gpt):
    """start(**arguments) opens the widget; what its page asks, Python answers."""
    with widget_pages(browser) as open_page:

        def start(model=gpt, **arguments):
            widget = AttentionExplorer(model, TEXT, "en", **arguments)

            def answer(chosen):
                for name, value in chosen.items():
                    setattr(widget, name, value)
                return told(widget)

            return open_page(widget, ["layer", "head", "query"], answer, width=1000)

        yield start


def told(widget):
    return {"shown": widget.shown, "scales": widget.scales}


def get(page, *names):
    return [page.evaluate("name => window.model.get(name)", name) for name in names]


def query(page, t):
    return page.locator(".ae-text label").nth(t)


def key(page, s):
    return page.locator("[role=row]").nth(s + 1)


def shown(page):
    """The texts of the visible cells, a row for each key, once all is answered."""
    expect(page.get_by_role("table")).not_to_contain_text("…")
    return cells(page)


def cells(page):
    rows = page.locator("[role=row]").all()[1:]
    return [[cell.inner_text().strip() for cell in row.locator("[role=cell]").all() if cell.is_visible()]
            for row in rows]  # fmt: skip


def number(x):
    return "–" if x is None else f"{round(x, 2) + 0.0:.2f}"


def expected(widget, t):
    """What the rows of query t hold: weight, cost and, but for the last query, what the edge costs at the end."""
    layer, head = widget.layer, widget.model.config.n_head if widget.head == "all" else widget.head
    kinds = [widget.weights, widget.costs] + [widget.end_costs] * (t < T - 1)
    rows = list(zip(*(kind[layer][head][t] for kind in kinds), strict=True))
    return [[number(x) for x in row] for row in rows] + [["–"] * len(kinds)] * (T - len(rows))


def close(found, wanted):
    """Equal texts, but for the last digit of a number that lies between two."""
    return len(found) == len(wanted) and all(
        a == b or (a[-1].isdigit() and b[-1].isdigit() and abs(float(a) - float(b)) < 0.011)
        for one, other in zip(found, wanted, strict=True)
        for a, b in zip(one, other, strict=True)
    )


# ------------------------------------------------------------ the maths


def test_a_cost_becomes_two_probabilities_and_a_bar(start):
    page = start()
    assert page.evaluate("module.probabilities(1, 2)") == {"before": 0.5, "after": 0.125}
    assert page.evaluate("module.probabilities(3, -1)") == {"before": 0.125, "after": 0.25}
    assert page.evaluate("module.bar(1, 0, 4)") == {"left": 0, "width": 25}
    assert page.evaluate("module.bar(3, -1, 4)") == {"left": 20, "width": 60}
    assert page.evaluate("module.bar(-1, -1, 4)") == {"left": 0, "width": 20}


@pytest.mark.parametrize(("layer", "head"), [(0, 0), (2, 3), (1, "all")])
def test_the_table_shows_pythons_weights_and_costs(start, gpt, layer, head):
    page = start(layer=layer, head=head)
    widget = AttentionExplorer(gpt, TEXT, layer=layer, head=head)
    for t in range(T):
        query(page, t).click()
        assert close(shown(page), expected(widget, t)), (shown(page), expected(widget, t))
    assert get(page, "query") == [T - 1]


def test_bars_are_as_long_as_their_numbers_and_of_one_scale_in_all_heads_that_were_looked_at(start, gpt):
    page = start(query=3)
    widget = AttentionExplorer(gpt, TEXT, query=3)
    costs = [x for kind in (widget.costs, widget.end_costs) for layer in kind[::2] for x in layer[0][3]]
    low, high = min(0, *costs), max(1, *costs)
    for layer in (2, 0):
        page.get_by_label("layer").select_option(str(layer))
        shown(page)
        for s in range(4):
            bars = key(page, s).locator(".ae-track i").all()
            track = key(page, s).locator(".ae-track").first.bounding_box()
            weight, cost = widget.weights[layer][0][3][s], widget.costs[layer][0][3][s]
            widths = [bar.bounding_box()["width"] / track["width"] for bar in bars[:2]]
            assert widths == pytest.approx([weight, abs(cost) / (high - low)], abs=0.01)
            left = bars[1].bounding_box()["x"] - key(page, s).locator(".ae-track").nth(1).bounding_box()["x"]
            assert left / track["width"] == pytest.approx((min(cost, 0) - low) / (high - low), abs=0.02)


def test_the_text_is_shaded_by_the_weights(start, gpt):
    page = start(query=4)
    shades = page.locator(".ae-token").evaluate_all("all => all.map(one => one.style.getPropertyValue('--ae-weight'))")
    weights = AttentionExplorer(gpt, TEXT).weights[0][0][4] + [0, 0]
    assert [float(shade.rstrip("%")) for shade in shades] == pytest.approx([55 * w for w in weights])


# ------------------------------------------------------------ choosing


def test_a_click_on_a_token_asks_it_and_says_which_token_it_predicts(start):
    page = start(query=1)
    query(page, 3).click()
    assert get(page, "query") == [3]
    assert [page.locator(f".ae-token.{kind}").all_inner_texts() for kind in ("ae-query", "ae-target")] == [
        ["at"],
        ["the"],
    ]
    assert page.locator("[role=columnheader]").all_inner_texts() == [
        "key", "weight", "cost to “the”, in bits", "to “.”, at the end",
    ]  # fmt: skip


def test_pointing_at_a_token_shows_its_row_until_the_mouse_leaves(start):
    page = start(query=1)
    before, weights = shown(page), get(page, "shown")[0]["weights"][4]
    query(page, 4).hover()
    assert close([row[:2] for row in cells(page)], [[number(w), "…"] for w in weights] + [["–", "–"]])
    assert page.locator(".ae-status").inner_text().startswith("“the” gives “ana” a weight of")
    assert get(page, "query") == [1]
    page.mouse.move(5, 700)
    assert shown(page) == before
    query(page, 4).click()
    page.mouse.move(5, 700)
    asked = shown(page)
    query(page, 1).click()
    query(page, 4).hover()
    assert cells(page) == asked


def test_while_a_head_or_a_query_waits_for_its_answer_no_number_of_another_one_is_shown(start):
    page = start(query=3, key=1)
    page.evaluate("model.set('layer', 2)")
    assert cells(page) == [["…"] * 3] * 4 + [["–"] * 3] * 2
    expect(page.locator(".ae-status")).to_have_text("Computing what blocking each edge costs…")
    page.evaluate("model.set('layer', 0); model.set('query', 4)")
    assert [row[1:] for row in cells(page)] == [["…"] * 2] * 5 + [["–"] * 2]
    expect(page.locator(".ae-status")).to_contain_text("Computing what blocking each edge costs…")


def test_a_key_out_of_sight_cannot_be_chosen(start):
    page = start(query=2, key=1)
    key(page, 4).click()
    assert get(page, "key") == [1]
    expect(key(page, 4).locator("input")).to_be_disabled()
    assert shown(page)[4] == ["–"] * 3


def test_a_click_on_a_row_tells_the_edges_weight_and_what_blocking_it_does(start, gpt):
    page = start(query=3, key=0)
    widget = AttentionExplorer(gpt, TEXT, query=3, key=3)
    key(page, 3).locator(".ae-cost").click()
    assert get(page, "key") == [3]
    before, after = 2 ** -widget.bits[3], 2 ** -(widget.bits[3] + widget.cost)
    expect(page.locator(".ae-status")).to_contain_text(f"“at” gives “at” a weight of {widget.weight:.2f}.")
    expect(page.locator(".ae-status")).to_contain_text(
        f"Without this edge, p(“the”) goes from {before:.2f} to {after:.2f}: a cost of {number(widget.cost)} bits."
    )
    expect(page.locator(".ae-status")).to_contain_text("And at the end of the text, p(“.”) goes from")
    query(page, T - 1).click()
    expect(page.locator(".ae-status")).not_to_contain_text("at the end of the text")


def test_the_first_token_has_nothing_to_block(start):
    page = start(query=0)
    assert shown(page)[0] == ["1.00", "–", "–"]
    expect(page.locator(".ae-status")).to_contain_text("The query sees no other key: there is nothing to block.")


def test_a_query_before_the_key_takes_the_key_along(start):
    page = start(query=4, key=3)
    query(page, 1).click()
    assert get(page, "query", "key") == [1, 1]


def test_another_head_and_their_mean(start, gpt):
    page = start(query=4, key=2)
    page.get_by_label("layer").select_option("2")
    page.get_by_label("head").select_option("1")
    assert get(page, "layer", "head", "query", "key") == [2, 1, 4, 2]
    assert close(shown(page), expected(AttentionExplorer(gpt, TEXT, layer=2, head=1), 4))
    page.get_by_label("head").select_option(label="all (mean weight)")
    assert get(page, "head") == ["all"]
    assert close(shown(page), expected(AttentionExplorer(gpt, TEXT, layer=2, head="all"), 4))


def test_what_is_set_from_python_is_shown(start, gpt):
    page = start()
    values = {"query": 3, "key": 1, "layer": 1, "head": "all"}
    page.evaluate("receive", values | told(AttentionExplorer(gpt, TEXT, **values)))
    assert close(shown(page), expected(AttentionExplorer(gpt, TEXT, **values), 3))
    expect(page.get_by_label("head")).to_have_value("all")
    expect(query(page, 3).locator("input")).to_be_checked()
    expect(key(page, 1).locator("input")).to_be_checked()


def test_an_encoders_query_is_masked_and_sees_both_ways(start, encoder):
    page = start(model=encoder, query=3, key=5)
    widget = AttentionExplorer(encoder, TEXT, query=3, key=5)
    rows = [[number(x) for x in row] for row in zip(widget.weights[0][0][3], widget.costs[0][0][3], strict=True)]
    assert close(shown(page), rows) and len(rows) == T + 1
    expect(page.locator(".ae-status")).to_contain_text("“[MASK]” gives “beach” a weight of")
    expect(page.locator(".ae-status")).to_contain_text("p(“at”) goes from")
    assert page.get_by_role("rowheader").all_inner_texts()[3] == "[MASK]"
    assert page.locator(".ae-target").count() == 0


# ------------------------------------------------------------ keyboard and screen reader


def test_all_can_be_done_by_keyboard(start):
    page = start(query=3, key=2)
    for name in ("layer", "head"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("combobox", name=name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(query(page, 3).locator("input")).to_be_focused()
    assert query(page, 3).evaluate("label => getComputedStyle(label).outlineStyle") == "solid"
    for pressed, t in (("ArrowRight", 4), ("ArrowLeft", 3), ("ArrowLeft", 2)):
        page.keyboard.press(pressed)
        expect(query(page, t).locator("input")).to_be_focused()
        assert get(page, "query") == [t]
    page.keyboard.press("Tab")
    expect(key(page, 2).locator("input")).to_be_focused()
    assert key(page, 2).locator("label").evaluate("label => getComputedStyle(label).outlineStyle") == "solid"
    for pressed, s in (("ArrowUp", 1), ("ArrowUp", 0), ("ArrowDown", 1)):
        page.keyboard.press(pressed)
        assert get(page, "query", "key") == [2, s]
    url = page.url
    page.keyboard.press("Enter")
    assert (page.url, get(page, "key")) == (url, [1])  # Enter submits nothing
    page.keyboard.press("Shift+Tab")
    expect(query(page, 2).locator("input")).to_be_focused()


def test_a_screen_reader_is_told_queries_keys_and_what_became_of_them(start):
    page = start(query=3, key=2)
    queries = page.get_by_role("radiogroup", name="Query: the token that looks")
    assert [radio.is_checked() for radio in queries.get_by_role("radio").all()] == [t == 3 for t in range(T)]
    expect(queries.get_by_role("radio", name="beach", exact=True)).to_have_count(1)
    keys = page.get_by_role("radiogroup", name="Keys: the tokens it looks at")
    expect(keys.get_by_role("radio", name="is", exact=True)).to_be_checked()
    expect(keys.get_by_role("radio", name="beach", exact=True)).to_be_disabled()
    table = page.get_by_role("table", name="Keys: the tokens it looks at")
    assert table.get_by_role("rowheader").all_inner_texts() == TOKENS[:T]
    expect(page.get_by_role("group", name="Attention explorer")).to_have_count(1)
    keys.get_by_role("radio", name="is", exact=True).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-live=polite]")).to_contain_text("“at” gives “at” a weight of")


# ------------------------------------------------------------ for every eye


def test_query_target_and_key_differ_in_more_than_colour(start):
    page = start(query=3, key=1)
    style = "one => [getComputedStyle(one).borderStyle, getComputedStyle(one).boxShadow === 'none']"
    token = page.locator(".ae-token")
    assert token.nth(3).evaluate(style) == ["solid", False]
    assert token.nth(4).evaluate(style) == ["dashed", True]
    assert "underline" in token.nth(1).locator("span").evaluate("one => getComputedStyle(one).textDecorationLine")
    assert token.nth(2).evaluate(style) == ["solid", True]
