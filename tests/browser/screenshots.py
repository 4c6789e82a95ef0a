"""Pictures to look at, of every lesson once it has run and of every slide: `make screenshots` puts them in build/."""

import pytest

from browser.conftest import ROOT
from browser.deck import DeckPage
from browser.lab import NAMES
from notebooks.build import LANGUAGES

PICTURES = ROOT / "build/screenshots"
THEMES = ("light", "dark")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_lesson(lab, name, lang):
    lab.open(f"{lang}/{name}")
    lab.run_all()
    for theme in THEMES:
        lab.theme(theme)
        lab.screenshot(PICTURES / f"{lang}-{name.removesuffix('.ipynb')}-{theme}.png")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_deck(browser, lang):
    with DeckPage(browser, ROOT / f"build/slides/gpt2.{lang}.html") as deck:
        for theme in THEMES:
            deck.theme(theme)
            for slide in deck.each():
                deck.screenshot(PICTURES / f"deck-{lang}-{slide:02}-{theme}.png")
