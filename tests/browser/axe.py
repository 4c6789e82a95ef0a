"""What axe-core, the accessibility checker, says about a page."""

from typing import NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RUN = """([within, rules]) => axe.run(within, {
    resultTypes: ["violations"], preload: false,  // of style sheets and media, for rules that are not asked
    ...rules && { runOnly: rules },
})"""


class Finding(NamedTuple):
    """A rule that an element breaks: the rule's name, where the element stands, its HTML, and what is wrong."""

    rule: str
    target: str
    html: str
    why: str


def axe_findings(page: Page, within: str, rules: list[str] | None = None) -> list[Finding]:
    """Everything serious or critical in what a CSS selector matches, by some of the rules or by all.

    Playwright's Error if it matches nothing.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    violations = page.evaluate(RUN, [within, rules])["violations"]
    return [
        Finding(rule["id"], " ".join(node["target"]), node["html"], node["failureSummary"])
        for rule in violations
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
