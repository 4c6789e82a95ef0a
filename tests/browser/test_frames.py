"""The deck where the browser denies it storage: in a sandboxed frame, or by its settings."""

import pytest
from playwright.sync_api import expect

from browser.bare_deck import bare_deck, carried, host
from mini_gpt import load
from mini_gpt.lesson.widgets import MaskPainter

SCRIPT = 'import { mount } from "deck"; import mask_painter from "mask_painter"; mount({ mask_painter });'
FRAME = (
    '<!doctype html><title>frame</title><iframe sandbox="allow-scripts" src="deck.html" width=900 height=800></iframe>'
)
READY = "document.documentElement.dataset.widgets === 'ready'"
DENIED = """for (const name of %s) {
    Object.defineProperty(window, name, {get() { throw new DOMException("denied", "SecurityError"); }});
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deck")
    painter = MaskPainter(load("mini"), "ana is at the beach", lang="en")
    page = bare_deck(host("mask_painter", painter.page_state()) + carried(), SCRIPT)
    (folder / "deck.html").write_text(page, encoding="utf-8")
    (folder / "frame.html").write_text(FRAME, encoding="utf-8")
    return folder


@pytest.fixture
def context(browser):
    context = browser.new_context()
    context.set_default_timeout(20_000)
    yield context
    context.close()


def works(page, keyboard):
    """The page is alive, its theme changes, and its widget answers to a mask that only mini can answer to."""
    page.wait_for_function(READY)
    page.locator(".mp-note").click()  # a frame hears keys once it has the focus
    for name in ("dark", "light"):
        keyboard.press("d")
        page.wait_for_function(f"document.documentElement.dataset.theme === '{name}'")
    page.locator(".mp-grid button").nth(7).click()  # the second token no longer sees itself
    expect(page.locator(".mp-loss")).to_contain_text("3.87")


def test_a_deck_in_a_sandboxed_frame_does_all_but_remember(context, folder):
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.goto((folder / "frame.html").as_uri())
    works(page.locator("iframe").element_handle().content_frame(), page.keyboard)
    assert errors == []


@pytest.mark.parametrize("denied", [["sessionStorage", "localStorage"], ["sessionStorage", "BroadcastChannel"]])
def test_a_deck_whose_browser_stores_nothing_does_all_but_remember(context, folder, denied):
    context.add_init_script(DENIED % denied)
    url = f"{(folder / 'deck.html').as_uri()}?sync=room"
    page, other = context.new_page(), context.new_page()
    for each in (page, other):
        each.goto(url)
        each.wait_for_function(READY)
    works(page, page.keyboard)
    page.keyboard.press("d")
    hears = "BroadcastChannel" not in denied  # windows stay in step, if they can hear each other
    expect(other.locator(".mp-loss")).to_contain_text("3.87" if hears else "1.62")
    other.wait_for_function(f"document.documentElement.dataset.theme === '{'dark' if hears else 'light'}'")
