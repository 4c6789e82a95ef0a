"""The scale dial in a page of its own: its arithmetic, its sliders and heads that fit, mouse and keyboard."""

import random
import re

import pytest
from playwright.sync_api import expect

from browser.page import widget_pages
from mini_gpt import GPTConfig
from mini_gpt.lesson.recipes import SHAPES
from mini_gpt.lesson.widgets import ScaleDial
from mini_gpt.lesson.widgets.scale_dial import GROUPS, STOPS, TEXTS, counts, shape_of
from mini_gpt.sizes import in_units

SLIDERS = ("layers", "width", "heads", "context", "vocabulary")  # in the page's order


@pytest.fixture
def start(browser):
    """start(preset) opens the widget; what changes after that is its page alone."""
    with widget_pages(browser) as open_page:

        def start(preset="gpt2"):
            return open_page(ScaleDial(preset, "en"), [], lambda state: None, width=1000)

        yield start


def shape(page):
    return page.evaluate("model.get('shape')")


def slider(page, name):
    return page.get_by_role("slider", name=name)


def row(page, name):
    """The numbers of a row: now, the preset's, the change."""
    begins = re.compile(f"^{re.escape(TEXTS[name]['en'])}")
    return page.get_by_role("row", name=begins).locator(".sd-now, .sd-preset, .sd-change").all_inner_texts()


# ------------------------------------------------------------ the arithmetic


def test_javascript_and_python_count_the_same(start):
    dice = random.Random(0)
    configs = list(SHAPES.values())
    for _ in range(300):
        heads = dice.randint(1, 64)
        width = heads * dice.randint(1, 128)
        layers, context, words = dice.randint(1, 100), dice.randint(1, 10_000), dice.randint(1, 300_000)
        configs.append(GPTConfig(words, context, layers, heads, width))
    counted = start().evaluate("shapes => shapes.map(module.counts)", [shape_of(config) for config in configs])
    assert counted == [counts(config) for config in configs]


def test_javascript_and_python_write_the_same_units(start):
    dice = random.Random(0)
    amounts = [(int(10 ** dice.uniform(0, 15)), dice.choice(["FLOP", "B"])) for _ in range(300)]
    amounts += [(0, "B"), (999, "FLOP"), (1000, "FLOP"), (1023, "B"), (1024, "B"), (1152, "B"), (1_023_800, "B")]
    written = start().evaluate("amounts => amounts.map(([n, unit]) => module.inUnits(n, unit, 'en'))", amounts)
    assert written == [in_units(n, unit) for n, unit in amounts]
    assert start().evaluate("module.inUnits(1991756816, 'B', 'pt-BR')") == "1,85 GiB"


@pytest.mark.parametrize(
    ("width", "asked", "choices", "fits"),
    [
        (1024, 12, STOPS["n_head"], 16),
        (96, 25, STOPS["n_head"], 24),
        (768, 13, [14, 15, 16, 24], 16),
        (8, 9, [9], None),
    ],
)
def test_the_heads_that_fit_are_the_nearest_that_divide_the_width(start, width, asked, choices, fits):
    assert start().evaluate("args => module.fittingHeads(...args) ?? null", [width, asked, choices]) == fits


# ------------------------------------------------------------ the table


@pytest.mark.parametrize("preset", SHAPES)
def test_choosing_a_preset_sets_all_its_sizes_and_shows_its_costs(start, preset):
    page = start("gpt2" if preset != "gpt2" else "mini")
    page.get_by_role("combobox", name="known size").select_option(preset)
    assert shape(page) == shape_of(SHAPES[preset])
    counted = counts(SHAPES[preset])
    for unit, names in GROUPS.values():
        for name in names:
            told = in_units(counted[name], unit) if unit else f"{counted[name]:,}"
            assert row(page, name) == [told, told, "="]
    expect(page.locator(".sd-status")).to_have_text(f"Same as {preset}: {counted['all']:,} parameters.")


def test_what_changes_is_told_beside_the_preset(start):
    page = start()
    slider(page, "layers").focus()
    page.keyboard.press("ArrowRight")
    changed = GPTConfig(n_layer=16)
    assert shape(page) == shape_of(changed)
    before, now = counts(SHAPES["gpt2"]), counts(changed)
    assert row(page, "attention") == [f"{now['attention']:,}", f"{before['attention']:,}", "×1.33"]
    assert row(page, "token embedding")[2] == "="
    assert row(page, "cache of a context") == ["96 MiB", "72 MiB", "×1.33"]
    expect(page.locator(".sd-status")).to_have_text(
        "Relative to gpt2, layers 12 → 16: parameters ×1.23, operations per token ×1.24, KV cache of one token ×1.33."
    )


def test_the_bars_are_shares_of_all_parameters(start):
    page = start("mini")
    counted = counts(SHAPES["mini"])
    *parts, whole = [
        page.get_by_role("row", name=TEXTS[name]["en"]).locator(".sd-bar").bounding_box()["width"]
        for name in GROUPS["parameters"][1]
    ]
    shares = [counted[name] / counted["all"] for name in GROUPS["parameters"][1][:-1]]
    assert [width / whole for width in parts] == pytest.approx(shares, abs=0.01)


# ------------------------------------------------------------ sliders


def test_each_slider_sets_its_size_from_end_to_end(start):
    page = start("nano")
    for name, (size, stops) in zip(SLIDERS, STOPS.items(), strict=True):
        slider(page, name).focus()
        for key, stop in (("Home", stops[0]), ("End", stops[-1])):
            page.keyboard.press(key)
            assert shape(page)[size] == stop


def test_heads_skip_what_does_not_split_the_width(start):
    page = start()
    slider(page, "heads").focus()
    for key, n in (("ArrowRight", 16), ("ArrowRight", 24), ("ArrowLeft", 16), ("ArrowLeft", 12), ("ArrowLeft", 8)):
        page.keyboard.press(key)
        assert shape(page) == shape_of(GPTConfig(n_head=n))
        assert slider(page, "heads").input_value() == str(n - 1)
    expect(page.locator(".sd-status")).to_contain_text("A width of 768 does not split into 11 heads: there are now 8.")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sd-status")).to_contain_text("does not split into 9 heads: there are now 12.")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert shape(page)["n_head"] == 32


def test_a_new_width_moves_heads_that_do_not_fit_and_leaves_those_that_do(start):
    page = start("gpt2-xl")
    slider(page, "width").focus()
    page.keyboard.press("ArrowLeft")
    assert (shape(page)["d_model"], shape(page)["n_head"]) == (1536, 24)
    expect(page.locator(".sd-status")).to_contain_text(
        "A width of 1,536 does not split into 25 heads: there are now 24."
    )
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert shape(page)["d_model"] % shape(page)["n_head"] == 0
    slider(page, "layers").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".sd-status")).not_to_contain_text("does not split")


def test_no_turn_ever_leaves_a_width_that_the_heads_do_not_split(start):
    page, dice = start(), random.Random(0)
    for _ in range(150):
        name = dice.choice(["width", "heads"])
        slider(page, name).fill(str(dice.randrange(len(STOPS["d_model" if name == "width" else "n_head"]))))
        GPTConfig(**shape(page))  # this refuses a wrong shape


def test_more_heads_change_no_cost(start):
    page = start()
    slider(page, "heads").focus()
    page.keyboard.press("ArrowRight")
    assert set(page.locator("td.sd-change").all_inner_texts()) == {"="}


def test_a_shape_set_from_python_is_shown_also_between_two_stops(start):
    page = start()
    page.evaluate("shape => model.set('shape', shape)", shape_of(GPTConfig(n_layer=13, d_model=100, n_head=10)))
    expect(slider(page, "layers")).to_have_value(str(STOPS["n_layer"].index(12)))
    expect(slider(page, "layers")).to_have_attribute("aria-valuetext", "13")
    expect(slider(page, "heads")).to_have_attribute("aria-valuetext", "10, each 10 wide")
    slider(page, "layers").focus()
    page.keyboard.press("ArrowRight")
    assert shape(page)["n_layer"] == 16


# ------------------------------------------------------------ keyboard and screen reader


def test_all_can_be_reached_by_keyboard(start):
    page = start()
    for role, name in (("combobox", "known size"), *(("slider", name) for name in SLIDERS)):
        page.keyboard.press("Tab")
        expect(page.get_by_role(role, name=name)).to_be_focused()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_screen_reader_is_told_sizes_and_whose_they_are(start):
    page = start()
    told = dict(zip(SLIDERS, ("12, as in gpt2", "768, as in gpt2", "12, each 64 wide, as in gpt2",
                              "1,024, as in gpt2, gpt2-medium, gpt2-large, gpt2-xl",
                              "50,257, as in gpt2, gpt2-medium, gpt2-large, gpt2-xl"), strict=True))  # fmt: skip
    for name, text in told.items():
        expect(slider(page, name)).to_have_attribute("aria-valuetext", text)
    table = page.get_by_role("table", name="What it costs")
    assert table.get_by_role("columnheader").all_inner_texts() == ["now", "gpt2", "change"]
    assert table.get_by_role("rowheader").count() == sum(1 + len(names) for _, names in GROUPS.values())
    expect(page.get_by_role("group", name="Scale dial")).to_have_count(1)
    assert page.locator("[aria-live=polite]").count() == 1


# ------------------------------------------------------------ for every eye


def test_every_preset_is_marked_where_its_sliders_stop(start):
    page = start()
    for name, (size, stops) in zip(SLIDERS, STOPS.items(), strict=True):
        track = slider(page, name).bounding_box()
        marks = page.locator(".sd-knob", has=slider(page, name)).locator(".sd-tick")
        places = list(dict.fromkeys(shape_of(config)[size] for config in SHAPES.values()))
        assert marks.count() == len(places)
        for mark, place in zip(marks.all(), places, strict=True):
            share = (mark.bounding_box()["x"] - track["x"]) / track["width"]
            assert share == pytest.approx(stops.index(place) / (len(stops) - 1), abs=0.03)
        chosen = page.locator(".sd-knob", has=slider(page, name)).locator(".sd-chosen")
        assert "gpt2" in chosen.inner_text()
