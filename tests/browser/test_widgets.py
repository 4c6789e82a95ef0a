"""What all widgets must do in a page; each one's own tests stand in its own file. A new one joins every_widget.py."""

import sys

import pytest
from every_widget import EXAMPLES, HOSTILE, made, written
from playwright.sync_api import expect

from browser.axe import axe_findings
from browser.page import CONTRASTS, DARK, JUPYTER_DARK, widget_pages
from mini_gpt.lesson import widgets

STYLES = {"light": "", "dark": DARK, "jupyter-dark": JUPYTER_DARK}
WIDTHS = (320, 500, 1200)
TOLD = """() => [document.querySelector("main").textContent, ...Array.from(
    document.querySelectorAll("main [aria-label]"), element => element.getAttribute("aria-label"))]"""
BOXES = """() => [...document.querySelectorAll("main *")].filter(one => one.checkVisibility() && !one.closest(
    ".mp-scroll, .pg-scroll")).map(one => one.getBoundingClientRect()).filter(box => box.width > 1 && box.height > 1)
    .map(box => [box.left, box.right])"""
LOOKS = """() => [...document.querySelectorAll("main *")].map(one => {
    const {backgroundColor, borderStyle, color, font, padding, margin, width} = getComputedStyle(one);
    return JSON.stringify([one.className, backgroundColor, borderStyle, color, font, padding, margin, width]);
})"""
FOCUSABLE = "main :is(select, textarea, input, button):not(:disabled)"
OUTLINED = """() => [document.activeElement, document.activeElement.closest("label")]
    .some(one => one && getComputedStyle(one).outlineStyle === "solid")"""


class Shown:
    """One widget in one page for each language, which the tests of this file share."""

    def __init__(self, name, open_page):
        self.name, self.example, self.open_page = name, EXAMPLES[name], open_page
        self.pages = {}

    def widget(self, lang="en"):
        return made(self.name, lang)

    def fresh(self, change=None, lang="en"):
        page = self.open_page(self.widget(lang), [], lambda state: None, change=change)
        page.evaluate("window.start = {...model.state}")
        return page

    def page(self, lang="en", style="", width=900):
        """The widget as it opens."""
        if lang not in self.pages:
            self.pages[lang] = self.fresh(lang=lang)
        page = self.pages[lang]
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("style => { document.getElementById('page').textContent = style; receive(start); }", style)
        return page

    def faces(self, page, lang="en"):
        """The page in one state after another."""
        for face in [{}, *self.example.faces(self.widget(lang))]:
            page.evaluate("face => receive({...start, ...face})", face)
            yield face


@pytest.fixture(scope="module", params=EXAMPLES)
def shown(request, browser):
    with widget_pages(browser) as open_page:
        yield Shown(request.param, open_page)


def test_every_widget_is_looked_at():
    assert set(EXAMPLES) == set(widgets.__all__)


# ------------------------------------------------------------ for every eye


@pytest.mark.parametrize("style", STYLES)
def test_every_text_can_be_read(shown, style):
    page = shown.page(style=STYLES[style])
    for face in shown.faces(page):
        contrast, text = min(page.evaluate(CONTRASTS))
        assert contrast >= 4.5, (face, text)


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_it_fits_narrow_and_wide_pages(shown, lang):
    for width in WIDTHS:
        page = shown.page(lang, width=width)
        for face in shown.faces(page, lang):
            assert page.evaluate("document.documentElement.scrollWidth") <= width, face
            assert all(left >= 0 and right <= width for left, right in page.evaluate(BOXES)), (width, face)


def test_the_other_widgets_of_a_notebook_leave_its_looks_alone(shown):
    page = shown.fresh()
    before = page.evaluate(LOOKS)
    page.add_style_tag(content="".join(getattr(widgets, name)._css for name in widgets.__all__ if name != shown.name))
    assert page.evaluate(LOOKS) == before
    page.close()


# ------------------------------------------------------------ for every ear


@pytest.mark.parametrize(("lang", "style"), [("pt", "light"), ("en", "dark"), ("pt", "jupyter-dark"), ("en", "light")])
def test_axe_finds_nothing(shown, lang, style):
    page = shown.page(lang, STYLES[style])
    assert axe_findings(page, "main") == []


@pytest.mark.parametrize(("lang", "other"), [("pt", "en"), ("en", "pt")])
def test_it_says_what_it_is_in_its_own_language_alone(shown, lang, other):
    texts = sys.modules[type(shown.widget()).__module__].TEXTS
    page = shown.page(lang)
    root = page.get_by_role("group", name=texts["title"][lang], exact=True)
    expect(root).to_have_attribute("lang", {"pt": "pt-BR", "en": "en"}[lang])
    foreign = {words[other] for words in texts.values() if words[lang] != words[other] and " " in words[other]}
    told = " ".join(page.evaluate(TOLD))
    assert [text for text in foreign if text in told] == []


def test_something_is_told_when_it_changes(shown):
    assert shown.page().locator("main [aria-live=polite]").count() >= 1


# ------------------------------------------------------------ keys


def test_jupyterlab_leaves_the_keys_of_every_control_to_it(shown):
    controls = shown.page().locator("main :is(select, textarea, input, button)")
    assert controls.count() > 0
    assert controls.evaluate_all("all => all.every(control => control.dataset.lmSuppressShortcuts === 'true')")


def test_tab_shows_where_it_is_and_a_clickers_keys_are_left_alone(shown):
    page = shown.page()
    page.evaluate(
        "window.left = []; addEventListener('keydown', event => left.push([event.key, event.defaultPrevented]))"
    )
    reached = 0
    page.evaluate("document.activeElement.blur()")
    for _ in range(page.locator(FOCUSABLE).count()):
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement.matches('main *')"):
            break
        reached += 1
        assert page.evaluate(OUTLINED), page.evaluate("document.activeElement.outerHTML")
        for key in ("PageDown", "PageUp"):
            page.evaluate(
                "key => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
                "{key, bubbles: true, cancelable: true}))",
                key,
            )
    assert reached >= 3
    pages = [prevented for key, prevented in page.evaluate("left") if key.startswith("Page")]
    assert pages == [False] * 2 * reached


# ------------------------------------------------------------ alone


def test_words_that_look_like_markup_are_shown_as_any_other(shown):
    widget, told = shown.widget(), {"harmless": [], HOSTILE: []}
    for word, texts in told.items():
        page = shown.fresh({name: written(getattr(widget, name), word) for name in shown.example.tokens})
        for _ in shown.faces(page):
            assert page.locator("main :is(img, script)").count() == 0
            texts += page.evaluate(TOLD)
        page.close()
    assert any("harmless" in text for text in told["harmless"])
    assert [text.replace("harmless", HOSTILE) for text in told["harmless"]] == told[HOSTILE]


def test_it_shows_what_is_set_from_outside_until_it_lets_go_of_the_model(shown):
    page = shown.fresh()
    before = page.evaluate("document.querySelector('main').outerHTML")
    page.evaluate("changes => receive(changes)", shown.example.turned)
    turned = page.evaluate("document.querySelector('main').outerHTML")
    assert turned != before
    page.evaluate("leave()")
    page.evaluate("receive(start)")
    assert page.evaluate("document.querySelector('main').outerHTML") == turned


def test_nothing_is_asked_of_the_network(shown):
    urls = shown.page().evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [url for url in urls if not url.startswith(("blob:", "data:"))] == []
