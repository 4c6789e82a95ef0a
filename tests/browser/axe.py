"""What axe-core, the accessibility checker, says about a page."""

from typing import NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


class Finding(NamedTuple):
    """A rule that an element breaks: the rule's name, where the element stands, its HTML, and what is wrong."""

    rule: str
    target: str
    html: str
    why: str


def axe_findings(page: Page, within: str) -> list[Finding]:
    """Everything serious or critical in what a CSS selector matches. Playwright's Error if it matches nothing."""
    violations = Axe().run(page, within).response["violations"]
    return [
        Finding(rule["id"], " ".join(node["target"]), node["html"], node["failureSummary"])
        for rule in violations
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
