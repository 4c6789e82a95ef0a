"""The sense explorer in a page of its own: what it draws, picking by mouse and keyboard, and what is told."""

import pytest
import torch
from playwright.sync_api import expect

from browser.page import widget_pages
from mini_gpt import GPT
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.lesson.widgets import SenseExplorer

N = 16  # sentences


@pytest.fixture(scope="module")
def explorer():
    torch.manual_seed(0)
    models = {"gpt": GPT(NANO), "encoder": GPT(NANO, causal=False)}
    for model in models.values():
        model.tokenizer = TOKENIZER
    return SenseExplorer(models, "en")


@pytest.fixture
def start(browser, explorer):
    """start(**state) opens the widget with that state; what changes after that is its page alone."""
    with widget_pages(browser) as open_page:

        def start(width=1000, **state):
            return open_page(explorer, [], lambda _: None, width, change=state)

        yield start


@pytest.fixture
def view(explorer):
    """view(page) is what Python computed for what the page shows now, and its cosines at that layer."""

    def view(page):
        model, clue, word, layer, centred = (get(page, name) for name in ("model", "clue", "word", "layer", "centred"))
        view = explorer.views[model][clue][word]
        return view["points"][layer], view["cosines"][centred][layer]

    return view


def get(page, name):
    return page.evaluate("name => window.model.get(name)", name)


def points(page):
    return page.get_by_role("radio")


def places(page):
    """The middles of the points, from -1 to 1."""
    box = page.get_by_role("radiogroup").bounding_box()
    boxes = [point.bounding_box() for point in points(page).all()]
    return [[(2 * (b["x"] + b["width"] / 2 - box["x"]) / box["width"] - 1) / 0.92,
             (1 - 2 * (b["y"] + b["height"] / 2 - box["y"]) / box["height"]) / 0.92] for b in boxes]  # fmt: skip


def told(page):
    """The three cosines, as they are written: to two decimals."""
    return [float(text) for text in page.locator(".se-number").all_inner_texts()]


def to_two_decimals(cosines):
    return pytest.approx(cosines, abs=0.00501)


def sentence(page):
    return page.locator(".se-sentence").inner_text()


# ------------------------------------------------------------ what it shows


@pytest.mark.parametrize("model", ["gpt", "encoder"])
@pytest.mark.parametrize("layer", [0, 3])
def test_the_points_lie_where_python_put_them(start, view, model, layer):
    page = start(model=model, layer=layer, word="ring", clue="before")
    for place, expected in zip(places(page), view(page)[0], strict=True):
        assert place == pytest.approx(expected, abs=0.02)


def test_every_choice_changes_what_it_names_and_nothing_else(start, view):
    page = start()
    names = ("word", "model", "clue", "layer", "centred", "picked")
    state = {name: get(page, name) for name in names}
    for label, option, name, value in (
        ("word", "nail", "word", "nail"),
        ("model", "encoder: sees both sides", "model", "encoder"),
        ("clue", "before the word", "clue", "before"),
        ("measure", "centred cosine", "centred", True),
    ):
        page.get_by_role("combobox", name=label, exact=True).select_option(label=option)
        state[name] = value
        assert {name: get(page, name) for name in names} == state
        assert told(page) == to_two_decimals(view(page)[1][0])
    slider = page.get_by_role("slider", name="layer", exact=True)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert get(page, "layer") == 2
    expect(page.get_by_text("2 of 3")).to_be_visible()
    assert told(page) == to_two_decimals(view(page)[1][0])
    page.keyboard.press("Home")
    assert get(page, "layer") == 0


def test_a_click_shows_the_sentence_and_its_cosines(start, view, explorer):
    page = start(model="encoder", word="mouse")
    for i in (12, 3):
        page.evaluate("i => document.querySelectorAll('.se-plot .se-point')[i].click()", i)
        assert get(page, "picked") == i
        before, after = explorer.words["mouse"]["after"][i]
        assert sentence(page).split() == [*before.split(), "mouse", *after.split()]
        expect(page.locator("mark")).to_have_text("mouse")
        assert told(page) == to_two_decimals(view(page)[1][i])
        expect(page.locator(".se-told .se-legend")).to_have_text(["animal", "computer"][i // 8])
        expect(points(page).nth(i)).to_have_attribute("aria-checked", "true")
        expect(points(page).nth(i)).to_be_focused()


def test_bars_reach_as_far_as_their_cosine_on_its_side_of_zero(start):
    page = start(model="encoder", centred=True)
    track = page.locator(".se-track").first.bounding_box()
    middle = track["x"] + track["width"] / 2
    for bar, cosine in zip(page.locator(".se-bar").all(), told(page), strict=True):
        box = bar.bounding_box()
        assert box["width"] == pytest.approx(abs(cosine) * track["width"] / 2, abs=6)
        assert box["x"] == pytest.approx(middle + min(cosine, 0) * track["width"] / 2, abs=3)


def test_what_a_gpt_cannot_see_is_faded_and_the_points_of_both_senses_fall_together(start):
    page = start()
    page.get_by_role("combobox", name="word", exact=True).select_option("bat")
    assert told(page)[0] == told(page)[1]
    expect(page.locator(".se-unseen")).to_contain_text("then she explores a cave")
    expect(page.locator(".se-remark")).to_contain_text("4 sentences share this point")
    expect(page.locator(".se-remark")).to_contain_text("so this model does not see it")
    page.get_by_role("combobox", name="model", exact=True).select_option("encoder")
    expect(page.locator(".se-unseen")).to_have_count(0)
    expect(page.locator(".se-remark")).not_to_contain_text("does not see")


def test_clicks_on_one_place_pass_through_all_its_sentences(start):
    page = start(word="bat")
    here = page.evaluate("module.together(model.get('views').gpt.after.bat.points[3], 0)")
    assert here == [0, 4, 8, 12]
    box = points(page).nth(0).bounding_box()
    picked = []
    for _ in range(5):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        picked.append(get(page, "picked"))
    assert picked == [4, 8, 12, 0, 4]


def test_together_are_the_points_of_one_place(start):
    page = start()
    assert page.evaluate("module.together([[0, 0], [1, 0], [0.01, 0], [0, 1]], 0)") == [0, 2]
    assert page.evaluate("module.together([[0, 0], [1, 0], [0.01, 0], [0, 1]], 3)") == [3]


def test_what_is_set_from_python_is_shown(start, view):
    page = start()
    page.evaluate("['model', 'word', 'picked', 'centred'].forEach((name, i) => "
                  "model.set(name, ['encoder', 'trunk', 9, true][i]))")  # fmt: skip
    expect(page.get_by_role("combobox", name="word", exact=True)).to_have_value("trunk")
    expect(page.get_by_role("combobox", name="measure", exact=True)).to_have_value("centred")
    expect(points(page).nth(9)).to_have_attribute("aria-checked", "true")
    assert told(page) == to_two_decimals(view(page)[1][9])


# ------------------------------------------------------------ keyboard and screen reader


def test_all_can_be_done_by_keyboard(start):
    page = start()
    for role, name in (("combobox", "word"), ("combobox", "clue"), ("combobox", "model"), ("slider", "layer"),
                       ("combobox", "measure")):  # fmt: skip
        page.keyboard.press("Tab")
        expect(page.get_by_role(role, name=name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(points(page).nth(0)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for key, i in (("ArrowRight", 1), ("ArrowDown", 2), ("ArrowLeft", 1), ("ArrowUp", 0), ("ArrowUp", N - 1)):
        page.keyboard.press(key)
        assert get(page, "picked") == i
        expect(points(page).nth(i)).to_be_focused()
    assert page.locator(".se-plot [tabindex='0']").count() == 1
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("measure")).to_be_focused()


def test_a_screen_reader_is_told_sense_and_sentence(start):
    page = start(word="spring")
    group = page.get_by_role("radiogroup", name="“spring”: one point per sentence")
    expect(group.get_by_role("radio")).to_have_count(N)
    told = "season: ana talks about the spring . then she plants tulips ."
    expect(group.get_by_role("radio", name=told, exact=True)).to_have_attribute("aria-checked", "true")
    live = page.locator("[aria-live=polite]")
    expect(live).to_have_attribute("aria-atomic", "true")
    assert live.inner_text().split("\n")[0] == "mean cosine between the chosen sentence and"
    expect(page.get_by_role("group", name="Sense explorer")).to_have_attribute("lang", "en")


# ------------------------------------------------------------ for every eye


def test_every_point_can_be_reached_on_a_narrow_page(start):
    page = start(width=320, clue="before")
    for i in range(N):
        points(page).nth(i).focus()
        expect(points(page).nth(i)).to_be_in_viewport()


def test_the_senses_differ_in_more_than_colour(start):
    page = start()
    radius = [points(page).nth(i).evaluate("point => getComputedStyle(point).borderRadius") for i in (0, 8)]
    assert radius == ["50%", "0px"]
