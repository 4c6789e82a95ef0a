"""The mask painter in a page of its own: its maths, its presets, mouse and keyboard, with Python and without."""

import pytest
import torch
from playwright.sync_api import expect

from browser.page import widget_pages
from mini_gpt import GPT
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.lesson.widgets import MaskPainter
from mini_gpt.lesson.widgets.mask_painter import preset_masks
from mini_gpt.model import attention_weights, causal_mask, prefix_mask

TEXT = "ana is at the beach"
TOKENS = ["<|endoftext|>", *TEXT.split()]
T = len(TOKENS)
CAUSAL = causal_mask(T).tolist()


@pytest.fixture(scope="module")
def gpt():
    torch.manual_seed(0)
    model = GPT(NANO)
    model.tokenizer = TOKENIZER
    for parameter in model.parameters():
        parameter.data.mul_(3)  # an untrained model attends almost evenly
    return model


@pytest.fixture
def start(browser, gpt):
    """start(text) opens the widget; what changes after that is its page alone."""
    with widget_pages(browser) as open_page:

        def start(text=TEXT, width=1000, change=None):
            widget = MaskPainter(gpt, text, "en")

            def answer(state):
                if not state.pop("live"):
                    return None
                for name, value in state.items():
                    setattr(widget, name, value)
                return {"answered": widget.answered, "log_probs": widget.log_probs, "shown": widget.shown}

            return open_page(widget, ["mask", "layer", "head", "live"], answer, width, change=change)

        yield start


def get(page, name):
    return page.evaluate("name => window.model.get(name)", name)


def cell(page, t, s):
    """The button of query t and key s."""
    return page.locator("[role=row]").nth(t + 1).locator("button").nth(s)


def shown(page):
    """The grid's texts, (T, S), once the head's numbers are there."""
    expect(page.get_by_role("grid")).not_to_contain_text("…")
    return [row.locator("button").all_inner_texts() for row in page.locator("[role=row]").all()[1:]]


def expected(weights, mask):
    return [[f"{w:.2f}" if seen else "–" for w, seen in zip(*row, strict=True)]
            for row in zip(weights.tolist(), mask, strict=True)]  # fmt: skip


def choose(page, name):
    page.get_by_role("combobox", name="mask", exact=True).select_option(label=name)


# ------------------------------------------------------------ the maths


def test_javascript_and_python_give_the_same_weights(start):
    dice = torch.Generator().manual_seed(0)
    cases = []
    for _ in range(200):
        size = int(torch.randint(1, 17, (), generator=dice))
        scores = torch.randn(size, size, generator=dice, dtype=torch.float64) * 10 ** torch.randint(
            3, (), generator=dice
        )
        mask = (torch.rand(size, size, generator=dice) < 0.5) | torch.eye(size, dtype=torch.bool)
        cases.append((scores, mask))
    answers = start().evaluate(
        "cases => cases.map(([scores, mask]) => module.attentionWeights(scores, mask))",
        [[scores.tolist(), mask.tolist()] for scores, mask in cases],
    )
    for (scores, mask), answer in zip(cases, answers, strict=True):
        torch.testing.assert_close(
            torch.tensor(answer, dtype=torch.float64), attention_weights(scores, mask), atol=1e-9, rtol=1e-9
        )


def test_the_weights_on_the_page_are_the_models(start, gpt):
    page = start()
    widget = MaskPainter(gpt, TEXT)
    for layer, head in ((2, 3), (0, 0)):
        page.get_by_label("layer").select_option(str(layer))
        page.get_by_label("head").select_option(str(head))
        shown(page)
        found = page.evaluate("module.attentionWeights(model.get('shown').scores, model.get('mask'))")
        ids = torch.tensor([TOKENIZER.encode(" ".join(TOKENS))])
        with torch.no_grad():
            x = gpt.token_embedding(ids) + gpt.position_embedding(torch.arange(T))
            for block in gpt.blocks[:layer]:
                x = block(x)
            attention = gpt.blocks[layer].attention
            q, k, _ = attention.heads(attention.qkv(gpt.blocks[layer].attention_norm(x)), 3)
            weights = attention_weights(q @ k.mT / q.size(-1) ** 0.5, causal_mask(T))[0, head]
        torch.testing.assert_close(torch.tensor(found), weights, atol=1e-5, rtol=0)
    assert shown(page) == expected(attention_weights(torch.tensor(widget.scores[0][0]), causal_mask(T)), CAUSAL)


def test_a_mixture_and_how_far_it_moved(start):
    page = start()
    assert page.evaluate("module.mix([[0.5, 0.5], [0, 1]], [[2, 0, 4], [0, 6, 0]])") == [[1, 3, 2], [0, 6, 0]]
    assert page.evaluate("module.compare([3, 4], [3, 4])") == {"distance": 0, "cosine": 1}
    assert page.evaluate("module.compare([0, 2], [4, 0])") == {"distance": pytest.approx(20**0.5 / 4), "cosine": 0}


def test_a_mask_becomes_a_key_and_a_key_that_mask(start):
    mask = prefix_mask(T, 3).tolist()
    assert start().evaluate("mask => module.maskOf(module.keyOf(mask))", mask) == mask


# ------------------------------------------------------------ presets


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("causal", "causal"),
        ("bidirectional", "bidirectional"),
        ("prefix of n tokens", "prefix"),
        ("causal, with the last n as padding", "padding"),
    ],
)
def test_every_preset_with_every_length_is_mini_gpts_mask(start, gpt, label, name):
    page = start(change={"mask": prefix_mask(T, 4).tolist()})
    scores = torch.tensor(MaskPainter(gpt, TEXT).scores[0][0])
    choose(page, label)
    masks = preset_masks(T)[name]
    slider = page.get_by_role("slider", name="n", exact=True)
    if len(masks) > 1:
        slider.focus()
        page.keyboard.press("Home")
    else:
        expect(slider).to_be_disabled()
    for n, mask in masks.items():
        assert get(page, "mask") == mask.tolist()
        assert shown(page) == expected(attention_weights(scores, mask), mask.tolist())
        expect(slider).to_have_value(str(n))
        page.keyboard.press("ArrowRight")
    expect(page.locator(".mp-loss")).to_contain_text("nats per token")
    assert (
        page.get_by_role("combobox", name="mask", exact=True).evaluate("select => select.selectedOptions[0].label")
        == label
    )


# ------------------------------------------------------------ painting


def test_a_click_blocks_and_allows_and_the_row_shares_its_weight_anew(start, gpt):
    page = start()
    mask = causal_mask(T)
    scores = torch.tensor(MaskPainter(gpt, TEXT).scores[0][0])
    for t, s, allowed in ((3, 1, False), (3, 5, True), (3, 1, True)):
        cell(page, t, s).click()
        mask[t, s] = allowed
        assert get(page, "mask") == mask.tolist()
        assert shown(page) == expected(attention_weights(scores, mask), mask.tolist())
        expect(cell(page, t, s)).to_have_attribute("aria-pressed", str(allowed).lower())
    assert page.get_by_role("combobox", name="mask", exact=True).input_value() == ""  # it has no name


def test_the_output_moves_only_where_the_mask_changed(start, gpt):
    page = start()
    weights = attention_weights(torch.tensor(MaskPainter(gpt, TEXT).scores[0][0]), causal_mask(T))
    expect(page.locator(".mp-status")).to_contain_text("The head's output is the same as with the causal mask.")
    cell(page, 3, int(weights[3].argmax())).click()
    moved = page.locator(".mp-moved").all_inner_texts()
    assert [text.strip() == "0%" for text in moved] == [True] * 3 + [False] + [True] * (T - 4)
    expect(page.locator(".mp-status")).to_contain_text(
        f"“{TOKENS[3]}” sees 3 of {T} tokens. The head's output moved by"
    )
    widths = [bar.bounding_box()["width"] for bar in page.locator(".mp-bar").all()]
    assert [width > 0 for width in widths] == [text.strip() != "0%" for text in moved]


def test_the_loss_is_pythons_answer_to_the_mask(start, gpt):
    page = start()
    widget = MaskPainter(gpt, TEXT)
    causal = f"{widget.loss:.2f}"
    expect(page.locator(".mp-loss")).to_contain_text(
        f"loss is {causal} nats per token; with the causal mask, {causal}."
    )
    widget.mask = [row if t != 3 else [False, True, False, True, False, True] for t, row in enumerate(CAUSAL)]
    for s in (0, 2, 5):
        cell(page, 3, s).click()
    expect(page.locator(".mp-loss")).to_contain_text(f"loss is {widget.loss:.2f} nats per token")
    row = page.locator("[role=row]").nth(4).locator(".mp-number").all_inner_texts()
    assert row[0] == f"{torch.tensor(widget.log_probs[3]).exp():.2f}"


def test_a_query_that_would_see_nothing_is_refused(start):
    page = start()
    cell(page, 0, 0).click()
    assert get(page, "mask") == CAUSAL
    expect(page.locator(".mp-status")).to_have_text("Refused: “<|endoftext|>” must see at least one token.")
    cell(page, 1, 0).focus()
    expect(page.locator(".mp-status")).to_contain_text("“ana” sees 2 of 6 tokens.")


def test_another_head_has_other_weights_and_the_same_mask(start, gpt):
    page = start()
    cell(page, 3, 1).click()
    mask = get(page, "mask")
    page.get_by_label("layer").select_option("2")
    page.get_by_label("head").select_option("1")
    assert (get(page, "layer"), get(page, "head"), get(page, "mask")) == (2, 1, mask)
    scores = torch.tensor(MaskPainter(gpt, TEXT).scores[2][1])
    assert shown(page) == expected(attention_weights(scores, torch.tensor(mask)), mask)


def test_without_python_the_presets_have_their_loss_and_a_mask_of_ones_own_says_what_it_lacks(start, gpt):
    page = start(change=MaskPainter(gpt, TEXT, "en").page_state())
    choose(page, "bidirectional")
    expect(page.locator(".mp-loss")).to_contain_text("nats per token")
    assert "–" not in page.locator(".mp-number").all_inner_texts()
    cell(page, 3, 1).click()
    expect(page.locator(".mp-loss")).to_have_text(
        "Only the notebook can compute the loss for this mask; this page has it for the masks in the list."
    )
    assert page.locator(".mp-number").all_inner_texts()[::2] == ["–"] * (T - 1) + [""]
    assert shown(page)[3][1] == "–" and "%" in page.locator(".mp-moved").nth(3).inner_text()
    choose(page, "causal")
    expect(page.locator(".mp-loss")).to_contain_text("nats per token")


def test_a_mask_set_from_python_is_shown(start):
    page = start()
    page.evaluate("mask => { model.set('mask', mask); model.save_changes(); }", prefix_mask(T, 3).tolist())
    expect(page.get_by_role("slider", name="n", exact=True)).to_have_value("3")
    assert shown(page)[0][2] != "–"


def test_while_a_head_waits_for_its_answer_no_number_of_another_one_is_shown(start):
    page = start()
    page.evaluate("model.set('head', 1)")
    assert set(page.locator("[role=row]").nth(T).locator("button").all_inner_texts()) == {"…"}
    assert page.locator(".mp-moved").all_inner_texts() == ["…"] * T


# ------------------------------------------------------------ keyboard and screen reader


def test_all_can_be_done_by_keyboard(start):
    page = start(change={"mask": prefix_mask(T, 3).tolist()})
    for role, name in (("combobox", "mask"), ("slider", "n"), ("combobox", "layer"), ("combobox", "head")):
        page.keyboard.press("Tab")
        expect(page.get_by_role(role, name=name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(cell(page, T - 1, T - 1)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for key, t, s in (
        ("ArrowRight", T - 1, T - 1),
        ("ArrowUp", T - 2, T - 1),
        ("ArrowLeft", T - 2, T - 2),
        ("Home", T - 2, 0),
        ("ArrowDown", T - 1, 0),
        ("End", T - 1, T - 1),
    ):
        page.keyboard.press(key)
        expect(cell(page, t, s)).to_be_focused()
    expect(page.locator(".mp-status")).to_contain_text(f"“{TOKENS[-1]}” sees {T} of {T} tokens.")
    page.keyboard.press("Space")
    assert get(page, "mask")[T - 1][T - 1] is False
    expect(cell(page, T - 1, T - 1)).to_be_focused()
    page.keyboard.press("Enter")
    assert get(page, "mask")[T - 1][T - 1] is True
    assert page.locator(".mp-grid button[tabindex='0']").count() == 1
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("head")).to_be_focused()


def test_a_screen_reader_is_told_query_key_and_weight(start, gpt):
    page = start()
    weight = attention_weights(torch.tensor(MaskPainter(gpt, TEXT).scores[0][0]), causal_mask(T))[2, 1]
    told = page.get_by_role("button", name=f"query “is”, key “ana”: weight {weight:.2f}", exact=True)
    expect(told).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="query “ana”, key “is”: blocked", exact=True)).to_have_count(1)
    grid = page.get_by_role("grid", name="Who sees whom")
    assert grid.get_by_role("columnheader").all_inner_texts()[1 : T + 1] == TOKENS
    assert grid.get_by_role("rowheader").all_inner_texts() == TOKENS
    expect(page.get_by_role("group", name="Mask painter")).to_have_count(1)
    assert page.locator("[aria-live=polite]").count() == 2


# ------------------------------------------------------------ for every eye


def test_every_cell_of_a_long_text_can_be_reached_on_a_narrow_page(start):
    page = start("ana e bia estão na praça . bia vai embora e ana fica .", width=320)
    cell(page, 0, 13).focus()
    expect(cell(page, 0, 13)).to_be_in_viewport()


def test_blocked_and_allowed_differ_in_more_than_colour(start):
    page = start()
    borders = [cell(page, 0, s).evaluate("cell => getComputedStyle(cell).borderStyle") for s in (0, 1)]
    assert borders == ["solid", "dashed"]
