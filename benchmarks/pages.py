"""How soon each page of the site can be used, on a processor made four times slower: python benchmarks/pages.py

Needs `make site` and a browser. Prints the bytes of the page, the milliseconds until its text is on the screen, and
until its widgets and questions answer; the median of a few visits, each with an empty cache, from the disk.
"""

import argparse
import shutil
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

SITE = Path(__file__).parents[1] / "build" / "site"
READY = "!document.querySelector('[data-widget], [data-question]') || document.documentElement.dataset.widgets"
TEXT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def visit(browser: Browser, page_file: Path, slower: float) -> tuple[float, float]:
    """Milliseconds until the page's text is on the screen, and until everything on it answers."""
    with browser.new_context(viewport={"width": 360, "height": 740}, offline=True) as context:
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.goto(page_file.as_uri())
        page.wait_for_function(READY, polling=10)
        ready = page.evaluate("performance.now()")
        return page.evaluate(TEXT), ready


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--site", type=Path, default=SITE, help="the built site (default: build/site)")
    parser.add_argument("--slower", type=float, default=4, help="how many times slower the processor is (default: 4)")
    parser.add_argument("--visits", type=int, default=3, help="visits to each page (default: 3)")
    arguments = parser.parse_args()
    pages = sorted(arguments.site.glob("??/[0-9s]*.html"))
    if not pages:
        parser.error(f"--site {arguments.site} holds no pages; `make site` makes them")
    named = map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))
    path = next(filter(None, named), None)  # or else Playwright's own
    print("| page | kB | text, ms | all of it, ms |\n| --- | --- | --- | --- |")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path) as browser:
        for page_file in pages:
            text, ready = zip(
                *(visit(browser, page_file, arguments.slower) for _ in range(arguments.visits)), strict=True
            )
            cells = [f"{page_file.stat().st_size / 1000:,.0f}", f"{median(text):,.0f}", f"{median(ready):,.0f}"]
            print(f"| {page_file.parent.name}/{page_file.stem}", *cells, sep=" | ", end=" |\n")


if __name__ == "__main__":
    main()
