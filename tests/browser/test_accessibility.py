"""Every widget's page, by axe-core's rules; notebooks stand in test_lab.py."""

import pytest
import torch
from playwright.sync_api import Error

from browser.axe import axe_findings
from browser.page import DARK, JUPYTER_DARK, widget_pages
from mini_gpt import GPT, GPTConfig
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.widgets import GuessingGame, MaskPainter, NextToken, SenseExplorer

TOWN = Town()
WIDGETS = {
    "GuessingGame": lambda gpt, lang: GuessingGame(gpt, TOWN, lang),
    "MaskPainter": lambda gpt, lang: MaskPainter(gpt, "ana está na praça .", lang),
    "NextToken": lambda gpt, lang: NextToken(gpt, TOWN, "ana está", lang, top_k=3),
    "SenseExplorer": lambda gpt, lang: SenseExplorer({"nano": gpt}, lang),
}
BAD = """<html lang="en"><body style="background: white">
    <main><button></button><p style="color: #999">pale</p><img src="data:,"></main>
    <footer><button></button></footer>
</body></html>"""


@pytest.fixture(scope="module")
def gpt():
    torch.manual_seed(0)
    model = GPT(GPTConfig.preset("nano", vocab_size=TOWN.tokenizer.vocab_size))
    model.tokenizer = TOWN.tokenizer
    return model


@pytest.mark.parametrize("page_style", ["", DARK, JUPYTER_DARK], ids=["light", "dark", "jupyter-dark"])
@pytest.mark.parametrize("lang", ["pt", "en"])
@pytest.mark.parametrize("name", WIDGETS)
def test_axe_finds_nothing_in_the_widget(browser, gpt, name, lang, page_style):
    with widget_pages(browser) as open_page:
        page = open_page(WIDGETS[name](gpt, lang), [], lambda state: None, page_style=page_style)
        assert axe_findings(page, "main") == []


def test_axe_finds_what_is_wrong_and_only_where_it_looks(browser):
    page = browser.new_page()
    page.set_content(BAD)
    assert [finding.rule for finding in axe_findings(page, "main")] == ["button-name", "color-contrast", "image-alt"]
    assert [finding.target for finding in axe_findings(page, "footer")] == ["footer > button"]
    with pytest.raises(Error, match="No elements found"):
        axe_findings(page, "aside")
    page.close()
