import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect, sync_playwright

from browser.lab import SECONDS, SYSTEM, LabPage, LabServer

expect.set_options(timeout=SECONDS * 1000)
ROOT = Path(__file__).parents[2]
FLAGS = [
    *("--disable-background-networking", "--disable-component-update", "--disable-gpu", "--no-sandbox"),
    "--font-render-hinting=none",  # letters are as wide as in a window
]


@pytest.fixture(scope="session")
def browser():
    """Chromium from the system, or Playwright's own. In CI it must be there; elsewhere its tests are skipped."""
    with sync_playwright() as playwright:
        ways = [{"executable_path": SYSTEM}] if SYSTEM else [{}, {"channel": "chrome"}, {"channel": "msedge"}]
        for way in ways:
            try:
                chromium = playwright.chromium.launch(args=FLAGS, **way)
            except Error as error:
                why = str(error).splitlines()[0]
                continue
            yield chromium
            chromium.close()
            return
    no = pytest.fail if os.environ.get("CI") else pytest.skip
    no(f"no Chromium, Chrome or Edge to look with: install one, or run `.venv/bin/playwright install chromium` ({why})")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """JupyterLab over a copy of notebooks/, as untrusted as a fresh clone."""
    root = tmp_path_factory.mktemp("clone") / "notebooks"
    shutil.copytree(ROOT / "notebooks", root, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
    with LabServer(root, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="session")
def lab(browser, server):
    with LabPage(browser, server) as page:
        yield page
