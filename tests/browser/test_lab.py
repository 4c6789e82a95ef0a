"""Every stored notebook as a student meets it: JupyterLab in a real browser, and no internet."""

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from browser.axe import Finding, axe_findings
from browser.lab import LabPage
from notebooks.build import METADATA

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(str(path.relative_to(ROOT / "notebooks")) for path in ROOT.glob("notebooks/??/*.ipynb"))
OURS = ".jp-RenderedMarkdown, .jp-OutputArea-output"  # the rest is JupyterLab's own
FIRST_LESSONS = [name for name in NOTEBOOKS if "/01_" in name]


def write(server, name: str, *cells: str) -> str:
    cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.write(notebook, server.root / name)
    return name


@pytest.fixture(scope="module")
def ran(request, browser, server):
    """The page of a notebook whose cells were all run, once for all tests of that notebook."""
    server.kernel_requests.write_text("")
    with LabPage(browser, server) as page:
        page.open(request.param)
        page.run_all()
        yield page


@pytest.mark.parametrize("language", ["pt", "en"])
@pytest.mark.parametrize("lesson", ["00", "01", "02", "03", "04", "05", "06", "07", "08"])
def test_the_lesson_exists(lesson, language):
    assert [name for name in NOTEBOOKS if name.startswith(f"{language}/{lesson}_")]


def test_a_request_that_tries_to_leave_is_refused_and_seen(lab, server):
    fetch = "from IPython.display import HTML\nHTML('<img src=\"http://picture.invalid/a.png\">')"
    socket = (
        "import socket\ntry:\n    socket.create_connection(('kernel.invalid', 80))\nexcept OSError as e:\n    print(e)"
    )
    lab.open(write(server, "leaves.ipynb", fetch, socket))
    lab.run_all()
    expect(lab.output(1)).to_contain_text("this test has no internet: kernel.invalid")
    assert set(lab.external) == {"http://picture.invalid/a.png"}  # a browser may ask again for what it did not get
    assert server.kernel_requests.read_text() == "kernel asked for kernel.invalid\n"


def test_a_failing_cell_is_seen(lab, server):
    lab.open(write(server, "fails.ipynb", "1 / 0"))
    lab.run_all()
    assert lab.error_outputs() == ["ZeroDivisionError: division by zero"]


def test_mouse_and_keyboard_move_what_a_student_would_move(lab, server):
    echo = "oninput='this.nextSibling.textContent = this.value' onkeydown='event.stopPropagation()'"  # else a shortcut
    slider = f"<input type=range min=0 max=10 value=5 {echo}><b></b>"
    dropdown = f"<select {echo}><option>a<option>b<option>c</select><b></b>"
    cells = [f"from IPython.display import HTML\nHTML({html!r})" for html in (slider, dropdown)]
    lab.open(write(server, "moves.ipynb", *cells))
    lab.run_all()
    slider, dropdown = lab.output(0).locator("input"), lab.output(1).locator("select")
    lab.press(slider, "ArrowRight", times=2)
    expect(lab.output(0).locator("b")).to_have_text("7")
    lab.drag(slider, to=0.02)
    expect(lab.output(0).locator("b")).to_have_text("0")
    lab.press(dropdown, "ArrowDown")
    expect(lab.output(1).locator("b")).to_have_text("b")
    lab.choose(dropdown, "c")
    expect(lab.output(1).locator("b")).to_have_text("c")


def test_a_stored_script_is_shown_only_to_who_trusts_it(lab, server):
    name = write(server, "trust.ipynb", "1")
    notebook = nbformat.read(server.root / name, as_version=4)
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": "<iframe srcdoc='hi'></iframe>"})]
    nbformat.write(notebook, server.root / name)
    lab.open(name)
    expect(lab.output(0)).to_be_visible()
    assert lab.output(0).locator("iframe").count() == 0
    server.trust(name)
    lab.open(name)
    expect(lab.output(0).locator("iframe")).to_be_visible()


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_fresh_untrusted_clone_shows_the_static_pictures(lab, notebook):
    lab.open(notebook)
    for number, cell in enumerate(nbformat.read(ROOT / "notebooks" / notebook, as_version=4).cells):
        bundles = [output.get("data", {}) for output in cell.get("outputs", [])]
        pictures = [data for data in bundles if "image/png" in data or "<img" in data.get("text/html", "")]
        shown = lab.output(number).locator("img")
        assert shown.count() >= len(pictures), f"cell {number}"
        for picture in shown.all():
            picture.scroll_into_view_if_needed()
            assert picture.evaluate("img => img.decode().then(() => img.naturalWidth * img.clientHeight)") > 0
    assert lab.error_outputs() == []


@pytest.mark.parametrize("ran", NOTEBOOKS, indirect=True)
def test_it_runs_offline_and_without_an_error(ran, server):
    assert ran.error_outputs() == []
    assert ran.external == []
    assert server.kernel_requests.read_text() == ""
    assert ran.errors == []


def can_be_mended(finding: Finding) -> bool:
    """All but the alternative text of a PNG output, for which JupyterLab has no place."""
    return not (finding.rule == "image-alt" and finding.target.endswith('[data-mime-type="image/png"] > img'))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ran", NOTEBOOKS, indirect=True)
def test_axe_finds_nothing_that_we_could_mend(ran, theme):
    ran.theme(theme)
    with ran.unrolled():
        assert list(filter(can_be_mended, axe_findings(ran.page, OURS))) == []


@pytest.mark.parametrize(("theme", "color"), [("light", "#ccc"), ("dark", "#444")])
def test_axe_finds_what_cannot_be_read(lab, server, theme, color):
    texts = [f"from IPython.display import HTML\nHTML('<p style=\"color: {color}\">{'pale ' * 3000}</p>')"] * 2
    lab.open(write(server, "pale.ipynb", *texts), theme)
    lab.run_all()
    with lab.unrolled():
        assert [finding.rule for finding in axe_findings(lab.page, OURS)] == ["color-contrast"] * len(texts)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ran", NOTEBOOKS, indirect=True)
def test_it_is_there_to_look_at(ran, theme):
    ran.theme(theme)
    ran.screenshot(
        ROOT / "build" / "screenshots" / f"{ran.notebook.replace('/', '-').removesuffix('.ipynb')}-{theme}.png"
    )


@pytest.mark.parametrize("ran", FIRST_LESSONS, indirect=True)
def test_the_explorer_answers_the_temperature_slider(ran):
    explorer = ran.page.locator(".next-token").first
    chart = explorer.locator(".nt-chart")
    before = chart.inner_text()
    ran.press(explorer.get_by_label(re.compile("temperatur", re.IGNORECASE)), "ArrowRight", times=5)
    expect(chart).not_to_have_text(before, use_inner_text=True)
