"""The slides as built: each deck one file, for everybody to see, to hear and to work, on screen and on paper."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from browser.axe import axe_findings
from browser.deck import ACTIVE, SLIDES, DeckPage, alive, shows
from browser.lab import SYSTEM

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build/slides"
SAMPLES = ROOT / "tests/decks"
LANGUAGES = {"pt": "pt-BR", "en": "en"}
MINUTES = re.compile(r"\d+ min(?: · (?:short path|caminho curto))?(?=\n)")
QUESTIONS = json.loads((ROOT / "notebooks/lessons/questions.json").read_text(encoding="utf-8"))
IN_ONE_LANGUAGE = pytest.mark.parametrize("deck", ["pt"], indirect=True)  # where no text matters


def run(*command, cwd=ROOT, **environment):
    """Run a command outside of the make that may run these tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=cwd, env=own | environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def node():
    if not shutil.which("npm"):
        no = pytest.fail if os.environ.get("CI") else pytest.skip
        no("no Node.js to build the slides with: install it, on Debian with `apt install nodejs npm`")


@pytest.fixture(scope="module")
def slides(node, browser):
    """The folder of what `make slides` makes."""
    made = run("make", "slides", "SCALE=0.25", **({"CHROME_PATH": SYSTEM} if SYSTEM else {}))
    assert made.returncode == 0, made.stdout + made.stderr
    return BUILT


@pytest.fixture(scope="module", params=LANGUAGES)
def deck(request, browser, slides):
    with DeckPage(browser, slides / f"gpt2.{request.param}.html") as deck:
        deck.lang = request.param
        yield deck
        assert (deck.external, deck.errors) == ([], [])


@pytest.fixture(scope="module")
def marp(node):
    """marp(folder, out) builds the decks of a folder in another."""
    command = [ROOT / "slides/node_modules/.bin/marp", "--config", ROOT / "slides/marp.config.mjs", "--input-dir", "."]
    return lambda folder, out: run(*command, "--output", out, cwd=folder, NO_COLOR="1")


@pytest.fixture(scope="module")
def samples(marp, tmp_path_factory):
    """The folder of the two built decks of tests/decks, good.html and bad.html."""
    out = tmp_path_factory.mktemp("decks")
    made = marp(SAMPLES, out)
    assert made.returncode == 0, made.stderr
    return out


# ------------------------------------------------------------ what the audience sees


def test_nothing_is_wrong_on_any_slide(deck):
    found = []
    for theme in ("dark", "light") if deck.lang == "pt" else ("light",):  # themes have the same boxes, in other colours
        deck.theme(theme)
        found += [(theme, slide, *finding) for slide in deck.each() for finding in deck.findings()]
    assert found == []


def test_a_good_deck_has_no_findings(browser, samples):
    with DeckPage(browser, samples / "good.html") as good:
        for theme in ("light", "dark"):
            good.theme(theme)
            assert [(slide, finding) for slide in good.each() for finding in good.findings()] == []
        with good.unrolled():
            assert axe_findings(good.page, SLIDES) == []
        assert (good.external, good.errors) == ([], [])


def test_each_fault_of_a_bad_deck_is_the_one_that_is_found(browser, samples):
    with DeckPage(browser, samples / "bad.html") as bad:
        found = {slide: [finding.rule for finding in bad.findings()] for slide in bad.each()}
        bad.page.locator("section").last.evaluate("section => section.append(document.createElement('button'))")
        with bad.unrolled():
            assert [finding.rule for finding in axe_findings(bad.page, SLIDES)] == ["button-name"]
        bad.page.evaluate("fetch('https://example.org/').catch(() => {})")  # resolves once it has been refused
        assert bad.external == ["https://example.org/"]
        assert any("mask_painter stays a picture" in error for error in bad.errors)
    rules = [
        *("overflow", "overflow", "overlap", "small text", "small text", "small text", "contrast", "contrast"),
        *("broken picture", "broken picture", "small picture", "no heading", "no heading"),
        *("no words", "no words", "dead widget"),
    ]
    assert found == {slide: [rule] for slide, rule in enumerate(rules, 1)}


@IN_ONE_LANGUAGE
def test_axe_finds_nothing(deck):
    with deck.unrolled():
        assert axe_findings(deck.page, SLIDES) == []


def test_the_page_says_its_language_and_its_title(deck):
    assert deck.page.evaluate("document.documentElement.lang") == LANGUAGES[deck.lang]
    assert deck.page.title()


def test_a_deck_stays_under_20_megabytes(deck):
    assert (BUILT / f"gpt2.{deck.lang}.html").stat().st_size < 20e6


def test_links_lead_somewhere_from_where_the_deck_is(deck):
    links = deck.page.locator("section a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    local = {unquote(link) for link in links if not re.match("https?:", link)}
    assert local
    assert {link for link in local if not (BUILT / link).exists()} == set()


# ------------------------------------------------------------ widgets, keys, windows


def places(deck, selector):
    """Each element's slide and place, once the slide is shown; slides without one are left out."""
    count = "(slides, selector) => slides.map(slide => slide.querySelectorAll(selector).length)"
    counts = deck.page.locator(SLIDES).evaluate_all(count, selector)
    for slide in [slide for slide, n in enumerate(counts, 1) if n]:
        deck.go(slide)
        for place in deck.page.locator(f"{ACTIVE} {selector}").all():
            yield slide, place


def widgets(deck):
    return places(deck, "[data-widget]")


def controls(place):
    """One control of each kind that a widget has."""
    every = place.locator(":is(button, input, select, textarea):visible:enabled").all()
    return list({control.evaluate("control => control.type"): control for control in every}.values())


def shown(place):
    """What a widget shows, and what its controls are set to."""
    settings = "place => [...place.querySelectorAll('input, select')].map(control => control.value)"
    return place.inner_html(), place.evaluate(settings)


def test_every_widget_answers_to_the_mouse_and_still_fits(deck):
    for slide, place in widgets(deck):
        before = shown(place)
        for control in controls(place):
            kind = control.evaluate("control => control.type")
            if kind != "select-one":  # its list is the browser's
                target = control.locator("xpath=..") if kind in ("radio", "checkbox") else control
                target.click(position={"x": 5, "y": 5})
        assert (deck.slide, shown(place) != before) == (slide, True)
        assert (slide, deck.findings()) == (slide, [])


@IN_ONE_LANGUAGE
def test_every_widget_answers_to_the_keyboard(deck):
    key = """place => place.contains(document.activeElement) &&
        (document.activeElement.type === "button" ? "Space" : "ArrowDown")"""
    for slide, place in widgets(deck):
        before, tabs = shown(place), 0
        while shown(place) == before and (tabs := tabs + 1) < 10:
            deck.page.keyboard.press("Tab")
            if pressed := place.evaluate(key):
                deck.page.keyboard.press(pressed)
        assert (deck.slide, shown(place) != before) == (slide, True)


@IN_ONE_LANGUAGE
def test_the_clicker_turns_the_slide_from_any_control(deck):
    for slide, place in widgets(deck):
        for control in controls(place):
            control.focus()
            deck.page.keyboard.press("PageDown")
            shows(deck.page, slide + 1)
            deck.page.keyboard.press("PageUp")
            shows(deck.page, slide)


def test_the_presenter_has_notes_and_both_windows_stay_in_step(deck):
    deck.go(1)
    with deck.context.expect_page() as opened:
        deck.page.keyboard.press("p")
    presenter = opened.value
    alive(presenter)
    notes = presenter.locator(".bespoke-marp-note").all_text_contents()
    assert len(notes) == deck.slides and all(MINUTES.search(note) for note in notes)
    for slide in (1, 2, 3):
        shows(deck.page, slide)
        expect(presenter.locator(".bespoke-marp-note.active")).to_have_text(notes[slide - 1])
        presenter.keyboard.press("PageDown")

    slide = next(slide for slide, place in widgets(deck) if place.get_attribute("data-widget") == "mask_painter")
    shows(presenter, slide)
    theirs, ours = (page.locator(f"{ACTIVE} .mp-grid button").last for page in (deck.page, presenter))
    expect(ours).to_have_attribute("aria-pressed", pressed := theirs.get_attribute("aria-pressed"))
    ours.click()
    expect(theirs).not_to_have_attribute("aria-pressed", pressed)

    for place, question in questions(deck):
        shows(presenter, deck.slide)
        presenter.keyboard.press("r")
        expect(place.locator("details").nth(right(question)[0])).to_have_attribute("open", "")
        presenter.keyboard.press("r")
        expect(place.locator("details[open]")).to_have_count(0)
    presenter.close()


# ------------------------------------------------------------ questions to the room


def questions(deck):
    """Each question's place, once its slide is shown, and what the lessons' data say of it."""
    data = {question["id"]: question for question in QUESTIONS}
    for _, place in places(deck, "[data-question]"):
        yield place, data[place.get_attribute("data-question")]


def plain(markdown):
    """What a page has in letters of a text's Markdown: formulas are drawn."""
    return re.sub(r"\$.*?\$|[`*]", "", markdown)


def unfolded(place):
    """Which choices show their replies."""
    replies = place.locator("details > p")
    return [i for i in range(replies.count()) if replies.nth(i).is_visible()]


def right(question):
    return [i for i, choice in enumerate(question["choices"]) if choice.get("right")]


def test_a_question_is_the_lessons_own_and_keeps_its_answer_until_it_is_revealed(deck):
    for place, question in questions(deck):
        assert place.locator("> p").first.inner_text() == plain(question["text"][deck.lang])
        choices = place.locator("summary").all_inner_texts()
        assert [text.strip() for text in choices] == [plain(each["text"][deck.lang]) for each in question["choices"]]
        replies = place.locator("details > p").all_text_contents()
        assert replies == [plain(each["reply"][deck.lang]) for each in question["choices"]]
        assert unfolded(place) == [] and place.get_by_role("status").inner_text() == ""


def test_a_click_reveals_the_answer_in_words_and_each_choice_unfolds_its_reply(deck):
    for place, question in questions(deck):
        place.get_by_role("button").click()
        letter = "ABCD"[right(question)[0]]
        expect(place.get_by_role("status")).to_have_text(re.compile(rf"\b{letter}\."))
        assert unfolded(place) == right(question) and deck.findings() == []
        for i, choice in enumerate(place.locator("summary").all()):
            if [i] != unfolded(place):
                choice.click()
            assert unfolded(place) == [i] and deck.findings() == []
        deck.page.keyboard.press("r")  # hides it again
        assert unfolded(place) == []


@IN_ONE_LANGUAGE
def test_the_keyboard_reveals_and_unfolds_and_the_clicker_goes_on(deck):
    for place, question in questions(deck):
        deck.page.keyboard.press("r")
        assert unfolded(place) == right(question) and axe_findings(deck.page, ACTIVE) == []
        other = (right(question)[0] + 1) % len(question["choices"])
        place.locator("summary").nth(other).focus()
        deck.page.keyboard.press("Enter")
        assert unfolded(place) == [other]
        slide = deck.slide
        deck.page.keyboard.press("PageDown")
        shows(deck.page, slide + 1)
        deck.page.keyboard.press("PageUp")
        shows(deck.page, slide)
        deck.page.keyboard.press("r")


# ------------------------------------------------------------ on paper


@IN_ONE_LANGUAGE
def test_printed_widgets_are_pictures(deck):
    deck.page.emulate_media(media="print")
    for place in deck.page.locator("[data-widget]").all():
        expect(place.locator("> img")).to_be_visible()
        expect(place.locator("> div")).to_be_hidden()
    deck.page.emulate_media(media="screen")


def test_the_pdf_is_tagged_and_has_bookmarks_notes_and_words_for_pictures(deck):
    pdf = PdfReader(BUILT / f"gpt2.{deck.lang}.pdf")
    assert len(pdf.pages) == deck.slides
    catalog = pdf.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] and catalog["/Lang"] == LANGUAGES[deck.lang]
    headings = deck.page.locator("section :is(h1, h2)").evaluate_all("all => all.map(each => each.textContent)")
    assert [bookmark.title for bookmark in flat(pdf.outline)] == headings

    notes = [note for page in pdf.pages for note in page["/Annots"] if note["/Subtype"] == "/Text"]
    assert len(notes) == deck.slides and all(MINUTES.match(note["/Contents"]) for note in notes)
    targets = [link["/A"]["/URI"] for page in pdf.pages for link in page["/Annots"] if link["/Subtype"] == "/Link"]
    assert all(target.startswith("https://") for target in targets)  # no paths of this machine

    for _, question in questions(deck):
        page, note = squeezed(pdf.pages[deck.slide - 1].extract_text()), notes[deck.slide - 1]["/Contents"]
        for choice in question["choices"]:
            reply = choice["reply"][deck.lang]
            assert squeezed(plain(choice["text"][deck.lang])) in page
            assert squeezed(plain(reply)) not in page and re.sub(r"[`*$]", "", reply) in note

    pictures = deck.page.locator("section img").evaluate_all("all => all.map(each => each.alt)")
    assert [figure.get("/Alt") for figure in elements(catalog["/StructTreeRoot"], "/Figure")] == pictures


def squeezed(text):
    """A text without its spaces, which a PDF tells only by where the letters stand."""
    return "".join(text.split())


def flat(outline):
    """A tree of bookmarks as a list."""
    for entry in outline:
        yield from flat(entry) if isinstance(entry, list) else [entry]


def elements(node, kind):
    """The elements of one kind in a tagged PDF's tree, in reading order."""
    node = node.get_object()
    if isinstance(node, dict):
        if node.get("/S") == kind:
            yield node
        node = [node["/K"]] if "/K" in node else []
    if isinstance(node, list):
        for each in node:
            yield from elements(each, kind)


def test_the_pptx_has_every_slide_with_its_notes(deck):
    with ZipFile(BUILT / f"gpt2.{deck.lang}.pptx") as pptx:
        assert pptx.testzip() is None
        names = pptx.namelist()
        for kind in ("slides/slide", "notesSlides/notesSlide"):
            assert sum(bool(re.fullmatch(rf"ppt/{kind}\d+\.xml", name)) for name in names) == deck.slides


def test_the_handout_has_each_slides_heading_and_notes(deck):
    parts = (BUILT / f"gpt2.{deck.lang}.txt").read_text(encoding="utf-8").split("\n\n---\n\n")
    assert len(parts) == deck.slides
    for slide, part in enumerate(parts, 1):
        assert re.match(rf"{slide}\. .+\n\n{MINUTES.pattern}\n", part), part


# ------------------------------------------------------------ what cannot be built says why


@pytest.mark.parametrize(
    ("markdown", "told"),
    [
        ("![bars](no.svg)", "slide 2: no.svg does not exist"),
        ("![bg](no.svg)", "slide 2: no.svg does not exist"),
        ("![bars](https://example.org/bars.svg)", "slide 2: https://example.org/bars.svg is not in this repository"),
        ("![bars](//example.org/bars.svg)", "slide 2: //example.org/bars.svg is not in this repository"),
        ("![bars](bars.bmp)", "slide 2: bars.bmp must end in .jpg, .png, .svg, .woff2"),
        ('![bars](bars.svg "live")', "slide 2: bars.svg: the widgets are"),
        ('![bars](mask_painter.svg "live")', "slide 2: mask_painter.json does not exist"),
        ('Here: ![bars](mask_painter.svg "live")', "slide 2: the live mask_painter.svg must be a paragraph of its own"),
        ('[one](no.json#en "question")', "slide 2: no.json does not exist"),
        ('[one](questions.json#en "question")', "slide 2: questions.json has no question one"),
        ("<style>p { background: url(no.svg); }</style>", "no.svg does not exist"),
        (
            "<style>p { background: url(//example.org/bars.svg); }</style>",
            "//example.org/bars.svg is not in this repository",
        ),
    ],
)
def test_a_deck_that_lacks_something_is_not_built(marp, tmp_path, markdown, told):
    for name in ("bars.svg", "bars.bmp", "mask_painter.svg"):
        shutil.copy(SAMPLES / "bars.svg", tmp_path / name)
    (tmp_path / "questions.json").write_text("[]")
    (tmp_path / "deck.md").write_text(f"---\ntheme: gpt2\n---\n\n# One\n\n---\n\n{markdown}\n")
    made = marp(tmp_path, tmp_path)
    assert made.returncode != 0
    assert told in " ".join(made.stderr.split()), made.stderr
    assert not (tmp_path / "deck.html").exists()


def test_without_node_make_says_what_to_install(tmp_path):
    made = run(shutil.which("make"), "-W", "slides/package-lock.json", "deck", PATH=str(tmp_path))
    assert made.returncode != 0
    assert "The slides need Node.js 18 or newer with npm" in made.stderr
