"""A built deck as its audience sees it: slide by slide, in a page that no request leaves."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, Route

from browser.lab import SECONDS

INSPECT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SLIDES = "svg[data-marpit-svg]"
ACTIVE = "svg.bespoke-marp-active"  # the slide that is shown
SHOWN = f"1 + [...document.querySelectorAll('{SLIDES}')].findIndex(svg => svg.matches('{ACTIVE}'))"
NO_TEXT = """section, section * {
    color: transparent !important; fill: transparent !important; stroke: transparent !important;
    text-decoration-color: transparent !important; caret-color: transparent !important; transition: none !important;
}
.bespoke-marp-osc, .bespoke-progress-parent { display: none !important; }"""
ONE_BELOW_THE_OTHER = """
    html, body, .bespoke-marp-parent, svg.bespoke-marp-slide {
        content-visibility: visible !important; display: block !important; height: auto !important;
        opacity: 1 !important; overflow: visible !important; position: static !important;
    }"""
LIGHT = np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.arange(256) / 255])  # of sRGB


class Finding(NamedTuple):
    """Which rule a slide breaks, and where."""

    rule: str
    what: str


class DeckPage:
    """A page on a deck, a file, once it is alive; `with DeckPage(browser, path) as deck`.

    What it asks of the network is refused and stands in external; what its console calls an error stands in errors.
    """

    def __init__(self, browser: Browser, path: Path):
        self.external: list[str] = []
        self.errors: list[str] = []
        self.context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
        self.context.set_default_timeout(SECONDS * 1000)
        self.context.route(lambda url: not url.startswith(("file:", "data:", "blob:")), self._refuse)
        self.page: Page = self.context.new_page()
        self._devtools = self.context.new_cdp_session(self.page)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.goto(path.resolve().as_uri())
        alive(self.page)
        self.slides = self.page.locator(SLIDES).count()

    def _refuse(self, route: Route) -> None:
        self.external.append(route.request.url)
        route.abort()

    @property
    def slide(self) -> int:
        """The slide that is shown, counted from 1."""
        return self.page.evaluate(SHOWN)

    def go(self, slide: int) -> None:
        self.page.evaluate("slide => { location.hash = `#${slide}`; }", slide)
        shows(self.page, slide)

    def each(self) -> Iterator[int]:
        """Go to every slide, from the first."""
        for slide in range(1, self.slides + 1):
            self.go(slide)
            yield slide

    def theme(self, name: str) -> None:
        """Switch to "light" or "dark" with the deck's key."""
        if self.page.evaluate("document.documentElement.dataset.theme") != name:
            self.page.keyboard.press("d")
        self.page.wait_for_function("name => document.documentElement.dataset.theme === name", arg=name)

    def findings(self) -> list[Finding]:
        """Everything that is wrong with the slide that is shown, once."""
        seen = self.page.evaluate(INSPECT)
        pale = [Finding("contrast", what) for what in self._pale(seen["texts"])]
        return list(dict.fromkeys([Finding(*each) for each in seen["found"]] + pale))

    def _pale(self, texts: list[dict]) -> list[str]:
        """The texts whose contrast with the pixels behind them is under 4.5 to 1."""
        style = self.page.add_style_tag(content=NO_TEXT)
        taken = self._devtools.send("Page.captureScreenshot", {"optimizeForSpeed": True})["data"]
        picture = np.asarray(Image.open(BytesIO(b64decode(taken))))[..., :3]  # (720, 1280, 3), 0 to 255
        style.evaluate("style => style.remove()")
        pale = []
        for text in texts:
            left, top, right, bottom = (max(0, round(x)) for x in text["box"])
            behind = picture[top:bottom, left:right].reshape(-1, 3)  # (pixels, 3)
            color, alpha = np.array(text["color"][:3]), text["color"][3]
            ratios = contrast(color if alpha == 255 else behind + alpha / 255 * (color - behind), behind)
            if len(ratios) and (least := np.percentile(ratios, 10)) < 4.5:
                pale.append(f"{least:.1f}: {text['what']}")
        return pale

    @contextmanager
    def unrolled(self) -> Iterator[None]:
        """Every slide is shown and read aloud, one below the other."""
        style = self.page.add_style_tag(content=ONE_BELOW_THE_OTHER)
        hidden = self.page.locator(f"{SLIDES}[aria-hidden=true]").element_handles()
        for slide in hidden:
            slide.evaluate("slide => slide.removeAttribute('aria-hidden')")
        yield
        for slide in hidden:
            slide.evaluate("slide => slide.setAttribute('aria-hidden', true)")
        style.evaluate("style => style.remove()")

    def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)

    def __enter__(self) -> "DeckPage":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def alive(page: Page) -> None:
    """Wait until the widgets are mounted and the fonts are there."""
    page.wait_for_function("document.documentElement.dataset.widgets === 'ready'")
    page.evaluate("document.fonts.ready.then(() => {})")


def shows(page: Page, slide: int) -> None:
    """Wait until a window is at a slide."""
    page.wait_for_function(f"{SHOWN} === {slide}")


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """WCAG's contrast ratio of sRGB colours in 0 to 255, (..., 3) each, 1 to 21.

    >>> contrast(np.zeros(3), np.full(3, 255)).round(1)
    np.float64(21.0)
    """
    lights = [LIGHT[np.rint(c).astype(int)] @ [0.2126, 0.7152, 0.0722] + 0.05 for c in (one, other)]
    return np.maximum(*lights) / np.minimum(*lights)
