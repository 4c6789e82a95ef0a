"""The lessons and the slides as web pages: on a phone and on a wide screen, from a disk, without any network."""

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.axe import axe_findings
from browser.lab import SECONDS
from mini_gpt.lesson.widgets.next_token import TEXTS
from mini_gpt.lesson.words import LANGUAGES
from pages.build import ROOT, build

SIZES = {"phone": (360, 740), "screen": (1280, 800)}
NAMES = [path.stem for path in sorted((ROOT / "notebooks/pt").glob("*.ipynb"))]
# What is wider than the page, what is cut off, and links that lead nowhere in the page itself.
INSPECT = """() => {
    const wide = document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [];
    const cut = [...document.querySelectorAll("body *")].filter(element =>
        ["hidden", "clip"].includes(getComputedStyle(element).overflowX) && element.textContent.trim()
        && getComputedStyle(element).textOverflow !== "ellipsis"
        && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0);
    const lost = [...document.querySelectorAll("a[href^='#']")].filter(link =>
        !document.getElementById(decodeURIComponent(link.hash.slice(1))));
    const nameless = [...document.querySelectorAll("img:not([alt]), img[alt='']")];
    return [...wide, ...cut.map(e => `cut off: ${e.textContent.slice(0, 40)}`),
            ...lost.map(e => `leads nowhere: ${e.href}`), ...nameless.map(() => "a figure without words")];
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site, with a stand-in for the decks: these have tests of their own."""
    if not shutil.which("npm"):
        pytest.skip("no Node.js to read the slides with")
    decks = tmp_path_factory.mktemp("decks")
    for lang in LANGUAGES:
        (decks / f"gpt2.{lang}.html").write_text('<html lang="en"><title>deck</title><body>slides</body></html>')
    out = tmp_path_factory.mktemp("site") / "in" / "a folder"
    build(out, decks)
    return out


class Reader:
    """A browser's page without any network; what it asked for elsewhere, and what its console complained of."""

    def __init__(self, browser, size="phone", **options):
        width, height = SIZES[size]
        self.context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True, **options)
        self.context.set_default_timeout(SECONDS * 1000)
        self.external, self.errors = [], []
        self.context.on("request", self._note)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text))

    def _note(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.external.append(request.url)

    def read(self, path: Path):
        self.page.goto(path.as_uri())
        if self.page.locator("[data-widget], [data-question]").count():
            self.page.wait_for_function("document.documentElement.dataset.widgets === 'ready'")
        return self.page

    def findings(self):
        return self.page.evaluate(INSPECT)


@pytest.fixture
def reader(browser):
    made = []

    def open_reader(size="phone", **options):
        made.append(Reader(browser, size, **options))
        return made[-1]

    yield open_reader
    for each in made:
        each.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_works_from_a_disk_and_complains_of_nothing(site, reader, size):
    student = reader(size, offline=True, color_scheme="dark" if size == "screen" else "light")
    for path in [site / "index.html", *sorted(site.glob("pt/*.html")), *sorted(site.glob("en/0[13]*.html"))]:
        page = student.read(path)
        assert (path.name, student.findings()) == (path.name, [])
        states = page.eval_on_selector_all("[data-widget]", "hosts => hosts.map(host => host.dataset.state)")
        assert set(states) <= {"live"}
        if size == "phone":
            assert (path.name, axe_findings(page, "html")) == (path.name, [])
        elif path.name in ("index.html", "03_attention_masks.html", "slides.html"):  # one style sheet makes all dark
            assert (path.name, axe_findings(page, "html", ["color-contrast"])) == (path.name, [])
    assert (student.external, student.errors) == ([], [])


def test_a_bad_page_fails_each_check(tmp_path, reader):
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<!doctype html><html lang="en"><title>bad</title><h1>Bad</h1><div style="width: 999px">wide</div>'
        '<div style="width: 20px; overflow: hidden; white-space: nowrap">cut off here</div>'
        '<a href="#gone">to nothing</a><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'
        "<p style='color: #ccc'>pale</p><script>fetch('http://example.invalid'); nothing()</script>"
    )
    student = reader()
    student.read(bad)
    found = student.findings()
    assert found[0] == "the page scrolls sideways"
    assert found[1:3] == ["cut off: cut off here", f"leads nowhere: {bad.as_uri()}#gone"]
    assert found[3:] == ["a figure without words"]
    assert {"color-contrast", "image-alt"} <= {each.rule for each in axe_findings(student.page, "html")}
    assert student.external == ["http://example.invalid/"]
    assert any("nothing is not defined" in error for error in student.errors)


def test_every_link_leads_to_a_page_and_a_place_in_it(site, reader):
    student = reader(offline=True)
    for path in [site / "index.html", *sorted(site.glob("en/*.html"))]:
        for href in student.read(path).eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            if href.startswith("file:"):
                target, _, place = href.partition("#")
                file = Path(student.page.evaluate("url => decodeURIComponent(new URL(url).pathname)", target))
                assert file.is_relative_to(site) and file.is_file(), (path.name, href)
                assert not place or f'id="{place}"' in file.read_text(encoding="utf-8"), (path.name, href)


def test_the_explorer_asks_for_its_model_when_it_is_touched_and_writes(site, reader):
    student = reader(offline=True)
    page = student.read(site / "en" / "01_language_model_probability.html")
    assert page.locator("script[data-model]").count() == 0
    text = page.locator(".next-token textarea")
    before = text.input_value()
    page.get_by_role("button", name=TEXTS["most_likely"]["en"]).tap()
    expect(text).to_have_value(f"{before} at")
    page.get_by_role("button", name=TEXTS["most_likely"]["en"]).tap()  # only a model can say what follows
    expect(text).to_have_value(f"{before} at the")
    assert page.locator("script[data-model='mini']").count() == 3
    assert (student.external, student.errors) == ([], [])


def test_code_is_copied_and_the_language_is_the_readers_own(site, reader):
    student = reader(offline=True, locale="pt-BR", permissions=["clipboard-read", "clipboard-write"])
    page = student.read(site / "index.html")
    expect(page.locator("#pt")).to_be_visible()
    expect(page.locator("#en")).to_be_hidden()
    page.locator("#pt .language").tap()
    expect(page.locator("#en")).to_be_visible()


def test_it_is_there_without_a_network_after_the_first_visit(site, browser, reader):
    handler = partial(SimpleHTTPRequestHandler, directory=str(site.parent))
    handler.log_message = lambda *_: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/a%20folder"
    student = reader(locale="en-US")
    first, second = "01_language_model_probability", "09_zero_shot_and_bias"
    student.page.goto(f"{address}/index.html")
    student.page.evaluate("navigator.serviceWorker.ready.then(() => {})")
    student.page.goto(f"{address}/en/{first}.html")
    kept = """caches.keys().then(names => caches.open(names[0])).then(cache => cache.keys())
        .then(requests => requests.map(request => request.url))"""
    assert not any("/models/" in url for url in student.page.evaluate(kept))  # models come only when asked for
    take(student.page, 2)
    expect(student.page.locator(".next-token textarea")).to_have_value("ana is at the")
    student.page.wait_for_function(f"async () => (await {kept}).some(url => url.endsWith('/models/mini.js'))")
    server.shutdown()
    server.server_close()
    student.page.goto(f"{address}/en/{second}.html")
    before = student.page.locator(".next-token textarea").input_value()
    take(student.page, 2)
    expect(student.page.locator(".next-token textarea")).not_to_have_value(before)
    assert student.errors == []


def take(page, times):
    """Take the most likely token; from the second on only a model can say which."""
    page.wait_for_function("document.documentElement.dataset.widgets === 'ready'")
    for _ in range(times):
        page.get_by_role("button", name=TEXTS["most_likely"]["en"]).tap()


def test_a_widget_whose_model_does_not_come_is_its_picture_again(site, tmp_path, reader):
    alone = tmp_path / "alone"
    shutil.copytree(site, alone)
    shutil.rmtree(alone / "models")
    student = reader(offline=True)
    page = student.read(alone / "en" / "01_language_model_probability.html")
    take(page, 1)  # what follows only the model can say
    expect(page.locator("[data-widget] .picture")).to_be_visible()
    expect(page.locator(".next-token")).to_have_count(0)
    assert any("mini.js did not come" in error for error in student.errors)


def test_a_folder_that_holds_something_else_is_left_as_it_is(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match=r"out='.*' holds other files, and must be empty, new, or a site made before"):
        build(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_no_page_is_over_a_megabyte_and_a_half(site):
    large = {path.name: path.stat().st_size for path in site.rglob("*.html") if path.stat().st_size > 1_500_000}
    assert large == {}
