"""axe-core, as the tests call it: it finds what is wrong, and only where it looks. Widgets: see test_widgets.py."""

import pytest
from playwright.sync_api import Error

from browser.axe import axe_findings

BAD = """<html lang="en"><body style="background: white">
    <main><button></button><p style="color: #999">pale</p><img src="data:,"></main>
    <footer><button></button></footer>
</body></html>"""


def test_axe_finds_what_is_wrong_and_only_where_it_looks(browser):
    page = browser.new_page()
    page.set_content(BAD)
    assert [finding.rule for finding in axe_findings(page, "main")] == ["button-name", "color-contrast", "image-alt"]
    assert [finding.target for finding in axe_findings(page, "footer")] == ["footer > button"]
    with pytest.raises(Error, match="No elements found"):
        axe_findings(page, "aside")
    page.close()
