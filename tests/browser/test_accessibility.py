"""Every widget's page, by axe-core's rules; notebooks stand in test_lab.py."""

import pytest
import torch
from playwright.sync_api import Error

from browser.axe import axe_findings
from browser.page import DARK, JUPYTER_DARK, widget_pages
from mini_gpt import GPT
from mini_gpt.lesson import widgets
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import Town

TOWN = Town()
WIDGETS = {
    "AttentionExplorer": lambda gpt, lang: widgets.AttentionExplorer(gpt, "ana está na praça .", lang, query=2, key=1),
    "GuessingGame": lambda gpt, lang: widgets.GuessingGame(gpt, TOWN, lang),
    "MaskPainter": lambda gpt, lang: widgets.MaskPainter(gpt, "ana está na praça .", lang),
    "NextToken": lambda gpt, lang: widgets.NextToken(gpt, TOWN, "ana está", lang, top_k=3),
    "ScaleDial": lambda gpt, lang: widgets.ScaleDial("gpt2", lang),
    "SenseExplorer": lambda gpt, lang: widgets.SenseExplorer({"nano": gpt}, lang),
}
BAD = """<html lang="en"><body style="background: white">
    <main><button></button><p style="color: #999">pale</p><img src="data:,"></main>
    <footer><button></button></footer>
</body></html>"""


@pytest.fixture(scope="module")
def gpt():
    torch.manual_seed(0)
    model = GPT(NANO)
    model.tokenizer = TOWN.tokenizer
    return model


@pytest.fixture(scope="module", params=[(name, lang) for name in WIDGETS for lang in ("pt", "en")], ids="-".join)
def widget(request, gpt):
    name, lang = request.param
    return WIDGETS[name](gpt, lang)


def test_every_widget_is_read():
    assert set(WIDGETS) == set(widgets.__all__)


@pytest.mark.parametrize("page_style", ["", DARK, JUPYTER_DARK], ids=["light", "dark", "jupyter-dark"])
def test_axe_finds_nothing_in_the_widget(browser, widget, page_style):
    with widget_pages(browser) as open_page:
        page = open_page(widget, [], lambda state: None, page_style=page_style)
        assert axe_findings(page, "main") == []


def test_axe_finds_what_is_wrong_and_only_where_it_looks(browser):
    page = browser.new_page()
    page.set_content(BAD)
    assert [finding.rule for finding in axe_findings(page, "main")] == ["button-name", "color-contrast", "image-alt"]
    assert [finding.target for finding in axe_findings(page, "footer")] == ["footer > button"]
    with pytest.raises(Error, match="No elements found"):
        axe_findings(page, "aside")
    page.close()
