"""The harness against cells that fail, call out or cannot be read; and notebooks opened, not run, in JupyterLab."""

import nbformat
import pytest
from playwright.sync_api import expect

from browser.axe import axe_findings
from browser.lab import NAMES, OPENED, OURS
from notebooks.build import HERE, METADATA


def write(server, name: str, *cells: str, kernel: str = "python3") -> str:
    cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata=METADATA | {"kernelspec": {"name": kernel, "display_name": ""}}
    )
    nbformat.write(notebook, server.root / name)
    return name


def test_no_lesson_is_missing():
    assert [name[:3] for name in NAMES] == [f"{n:02}_" for n in range(len(NAMES))]
    assert len(NAMES) >= 9
    assert sorted(path.name for path in HERE.glob("en/[0-9]*.ipynb")) == NAMES


def test_a_request_that_tries_to_leave_is_refused_and_seen(lab, server):
    fetch = "from IPython.display import HTML\nHTML('<img src=\"http://picture.invalid/a.png\">')"
    socket = (
        "import socket\ntry:\n    socket.create_connection(('kernel.invalid', 80))\nexcept OSError as e:\n    print(e)"
    )
    lab.open(write(server, "leaves.ipynb", fetch, socket))
    lab.run_all()
    expect(lab.output(1)).to_contain_text("this test has no internet: kernel.invalid")
    assert set(lab.external) == {"http://picture.invalid/a.png"}  # a browser may ask again
    assert server.kernel_requests.read_text() == "kernel asked for kernel.invalid\n"


def test_a_failing_cell_is_seen(lab, server):
    lab.open(write(server, "fails.ipynb", "1 / 0"))
    lab.run_all()
    assert lab.error_outputs() == ["ZeroDivisionError: division by zero"]


def test_mouse_and_keyboard_move_what_a_student_would_move(lab, server):
    echo = "oninput='this.nextSibling.textContent = this.value' onkeydown='event.stopPropagation()'"  # or a shortcut
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


@pytest.mark.parametrize(("theme", "color"), [("light", "#ccc"), ("dark", "#444")])
def test_axe_finds_what_cannot_be_read(lab, server, theme, color):
    texts = [f"from IPython.display import HTML\nHTML('<p style=\"color: {color}\">{'pale ' * 3000}</p>')"] * 2
    lab.open(write(server, "pale.ipynb", *texts), theme)
    lab.run_all()
    with lab.unrolled():
        assert [finding.rule for finding in axe_findings(lab.page, OURS)] == ["color-contrast"] * len(texts)


@pytest.mark.parametrize("notebook", OPENED)
def test_stored_pictures_show_in_a_fresh_clone_and_in_one_that_is_trusted(lab, notebook):
    lab.open(notebook)
    lab.assert_stored_pictures_show()
    lab.trust()
    lab.assert_stored_pictures_show()
    assert (lab.external, lab.errors) == ([], [])


# ------------------------------------------------------------ a kernel that is gone


def test_a_widget_whose_kernel_was_restarted_says_so_and_names_the_cell_to_run_again(lab, server):
    start = "from mini_gpt import load\nfrom mini_gpt.lesson.widgets import NextToken, ScaleDial\nmini = load('mini')"
    cells = [start, "NextToken(mini, prefix='ana', lang='en')", "ScaleDial('gpt2')"]
    lab.open(write(server, "restarted.ipynb", *cells, kernel="ordinary"))
    lab.run_all()
    lab.output(1).locator("textarea").fill("ana is ")
    expect(lab.output(1).locator(".next-token")).not_to_contain_class("nt-stale")
    lab.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(lab.output(1).locator(".lw-alone")).to_contain_text("Nobody answers")
    expect(lab.output(1).locator(".lw-alone")).to_contain_text("run cell [2] again")
    expect(lab.output(2).locator(".lw-alone")).to_contain_text("rode de novo a célula [3]")  # it asks Python nothing
    lab.run_all()
    expect(lab.output(1).locator(".next-token")).to_be_visible()
    assert lab.page.locator(".lw-alone").all_inner_texts() == ["", ""]
    assert lab.errors == []


def test_a_notebook_saved_and_opened_again_shows_the_pictures_of_its_widgets_until_they_run(lab, server):
    start = "from mini_gpt import load\nfrom mini_gpt.lesson.attention_views import head_view\n"
    start += "from mini_gpt.lesson.widgets import ScaleDial\nmini = load('mini')"
    name = write(server, "saved.ipynb", start, "ScaleDial('gpt2', 'en')", "head_view(mini, 'ana is', lang='en')")
    lab.open(name)
    lab.run_all()
    lab.run_all()  # new widgets in place of the first
    expect(lab.output(1).locator(".scale-dial")).to_be_visible()
    expect(lab.output(2).locator("iframe")).to_be_visible()
    lab.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    lab.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    lab.page.reload()  # the kernel is alive, and so are the widgets
    expect(lab.output(1).locator(".scale-dial")).to_be_visible()
    lab.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    (saved,) = nbformat.read(server.root / name, as_version=4).metadata.widgets.values()
    assert len(saved["state"]) == 2

    lab.open(name)
    expect(lab.output(1)).to_contain_text("124,439,808")
    expect(lab.output(2).locator("img")).to_be_visible()
    assert lab.page.locator(".lesson-widget").count() == 0
    assert lab.error_outputs() == lab.errors == []
    lab.run_all()
    expect(lab.output(1).locator(".scale-dial")).to_be_visible()
