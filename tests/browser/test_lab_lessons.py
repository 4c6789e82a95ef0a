"""Each lesson in JupyterLab, in one of its languages: as stored, run offline, by axe's rules, its widgets at work."""

import re
import time
from collections.abc import Callable
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import Finding, axe_findings
from browser.lab import OURS, RUN, SECONDS, LabPage


class Use(NamedTuple):
    """One thing that a student does with a lesson's widget, in either language, and what Python then says of it.

    do  is given the page and the widget's root, an element of class "mask-painter" for a MaskPainter
    of  an expression of w, the widget; must, its repr
    """

    lesson: str
    widget: str
    do: Callable[[LabPage, Locator], None]
    of: str
    must: str


def tab_to(lab: LabPage, control: Locator) -> None:
    """Reach a control with Tab, from the control before it."""
    control.focus()
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.press("Tab")
    expect(control).to_be_focused()


def keys(lab: LabPage, control: Locator, *pressed: str) -> None:
    tab_to(lab, control)
    for key in pressed:
        lab.page.keyboard.press(key)


def cell_of(root: Locator, query: int, key: int) -> Locator:
    """A cell of a mask painter's grid."""
    return root.get_by_role("row").nth(query + 1).get_by_role("gridcell").nth(key).get_by_role("button")


USES = [
    Use(
        "01_language_model_probability", "NextToken",
        lambda lab, root: root.get_by_role("button", name=re.compile("Recomeçar|Start again")).click(),
        "w.prefix", "''"),
    Use(
        "01_language_model_probability", "NextToken",
        lambda lab, root: keys(lab, root.get_by_label(re.compile("temperatur")), *["ArrowRight"] * 5),
        "w.temperature", "1.25"),
    Use(
        "03_attention_masks", "MaskPainter",
        lambda lab, root: cell_of(root, query=3, key=1).click(),
        "w.mask[3][:4], w.answered[3 * len(w.tokens):][:4]", "([True, False, True, True], '1011')"),
    Use(
        "03_attention_masks", "MaskPainter",
        lambda lab, root: keys(lab, root.locator(".mp-grid [tabindex='0']"), "ArrowUp", "ArrowLeft", "Home", "Space"),
        "w.mask[-2] == [False] + [True] * (len(w.tokens) - 2) + [False]", "True"),
    Use(
        "03_attention_masks", "AttentionExplorer",
        lambda lab, root: (root.locator(".ae-text").get_by_text(re.compile("^(chapéu|hat)$")).click(),
                           root.get_by_role("row").filter(has_text="<|endoftext|>").click()),
        "w.query, w.key", "(2, 0)"),
    Use(
        "03_attention_masks", "AttentionExplorer",
        lambda lab, root: keys(lab, root.get_by_role("radio", checked=True).first, "ArrowLeft", "Tab", "ArrowDown"),
        "w.query, w.key in (1, 4)", "(7, True)"),  # it opens at key 0 in Portuguese and at 3 in English
    Use(
        "07_context_embeddings", "SenseExplorer",
        lambda lab, root: root.locator(".se-plot button").last.click(),
        "w.picked", "15"),
    Use(
        "07_context_embeddings", "SenseExplorer",
        lambda lab, root: keys(lab, root.locator(".se-plot button[tabindex='0']"), "ArrowRight", "ArrowDown"),
        "w.picked", "2"),
    Use(
        "08_language_models_compared", "GuessingGame",
        lambda lab, root: root.get_by_role("button", name=re.compile("tudo em|all on")).nth(2).click(),
        "w.bets", "[[0, 0, 1, 0, 0, 0]]"),
    Use(
        "08_language_models_compared", "GuessingGame",
        lambda lab, root: keys(lab, root.locator(".gg-step"), "2", "2", "Enter"),
        "w.bets, w.revealed", "([[1, 3, 1, 1, 1, 1]], 1)"),
    Use(
        "10_from_mini_to_gpt2", "ScaleDial",
        lambda lab, root: lab.drag(root.get_by_role("slider", name=re.compile("camadas|layers")), to=0.99),
        "w.config.n_layer, w.config.n_head", "(64, 12)"),
    Use(
        "10_from_mini_to_gpt2", "ScaleDial",
        lambda lab, root: (root.get_by_role("combobox").select_option("mini"),
                           keys(lab, root.get_by_role("slider", name=re.compile("cabeças|heads")), "ArrowRight")),
        "w.preset, w.config.n_head", "('mini', 8)"),
    Use(
        "11_real_text", "AttentionExplorer",
        lambda lab, root: root.get_by_role("combobox").first.select_option("2"),
        "w.layer", "2"),
    Use(
        "12_inside", "PatchingGrid",
        lambda lab, root: root.get_by_role("grid").get_by_role("row").nth(2).locator("button").nth(3).click(),
        "w.chosen", "[1, 3]"),
    Use(
        "12_inside", "PatchingGrid",
        lambda lab, root: keys(lab, root.locator(".pg-grid [tabindex='0']"), "Home", "ArrowUp", "ArrowRight", "Space"),
        "w.chosen", "[0, 1]"),
]  # fmt: skip
TAUGHT_WITH_A_WIDGET = [name for name in RUN if any(use.lesson in name for use in USES)]


@pytest.fixture(scope="module")
def opened(request, lab):
    """The page of a notebook, as untrusted as a fresh clone, once for all the tests of that notebook."""
    lab.open(request.param)
    return lab


@pytest.fixture(scope="module")
def ran(opened):
    """The page once the stored pictures were seen and every cell was run."""
    opened.assert_stored_pictures_show()
    opened.run_all()
    return opened


def can_be_mended(lab: LabPage, finding: Finding) -> bool:
    """All but what is JupyterLab's own: a PNG's alternative text, for which it has no place, and the ¶ of headings."""
    kind = "element => element.parentElement.dataset.mimeType"
    if finding.rule == "image-alt":
        return lab.page.eval_on_selector(finding.target, kind) != "image/png"
    return 'class="jp-InternalAnchorLink"' not in finding.html


def run_again(lab: LabPage, widget: str) -> Locator:
    """Run the widget's cell once more, so that it is as the lesson says; its root in the page."""
    selector = "." + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", widget).lower()
    root = lab.page.locator(selector)
    expect(root).to_have_count(1)  # running a cell again while its widget appears would lose it
    lab.page.evaluate(
        """async selector => {
            const notebook = jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.node.querySelector(selector));
            await jupyterapp.commands.execute('notebook:run-cell');
        }""",
        selector,
    )
    expect(root).to_have_count(1)
    root.scroll_into_view_if_needed()
    return root


def python(lab: LabPage, expression: str) -> str:
    """The repr of an expression, evaluated by the notebook's kernel."""
    answer = lab.page.evaluate(
        """async expression => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const asked = kernel.requestExecute({code: "", user_expressions: {it: expression}, store_history: false});
            return (await asked.done).content.user_expressions.it;
        }""",
        expression,
    )
    assert answer["status"] == "ok", answer
    return answer["data"]["text/plain"]


def wait_for_python(lab: LabPage, expression: str, must: str) -> None:
    """Ask the kernel until the expression's repr is what it must be."""
    late = time.monotonic() + SECONDS
    while (answer := python(lab, expression)) != must:
        assert time.monotonic() < late, answer
        lab.page.wait_for_timeout(50)


@pytest.mark.parametrize("opened", RUN, indirect=True)
def test_it_shows_its_stored_pictures_then_runs_offline_and_without_an_error(ran, server):
    assert ran.error_outputs() == []
    assert ran.external == []
    assert server.kernel_requests.read_text() == ""
    assert ran.errors == []


@pytest.mark.parametrize("opened", RUN, indirect=True)
def test_axe_finds_nothing_that_we_could_mend_in_either_theme(ran):
    with ran.unrolled(code=False):
        for theme, rules in (("dark", ["color-contrast"]), ("light", None)):  # the themes differ only in their colours
            ran.theme(theme)
            found = [each for each in axe_findings(ran.page, OURS, rules) if can_be_mended(ran, each)]
            assert (theme, found) == (theme, [])


@pytest.mark.parametrize("opened", [name for name in RUN if "/01_" in name], indirect=True)
def test_the_explorer_answers_the_temperature_slider(ran):
    explorer = ran.page.locator(".next-token").first
    chart = explorer.locator(".nt-chart")
    before = chart.inner_text()
    ran.press(explorer.get_by_label(re.compile("temperatur")), "ArrowRight", times=5)
    expect(chart).not_to_have_text(before, use_inner_text=True)


@pytest.mark.parametrize("opened", TAUGHT_WITH_A_WIDGET, indirect=True)
def test_the_picture_and_python_follow_mouse_and_keyboard(ran):
    for use in USES:
        if use.lesson not in ran.notebook:
            continue
        root = run_again(ran, use.widget)
        w = f"[each for each in Out.values() if type(each).__name__ == {use.widget!r}][-1]"
        question = f"(lambda w: ({use.of}))({w})"
        before = root.inner_text()
        assert python(ran, question) != use.must
        use.do(ran, root)
        expect(root).not_to_have_text(before, use_inner_text=True)
        wait_for_python(ran, question, use.must)
    assert ran.errors == []
