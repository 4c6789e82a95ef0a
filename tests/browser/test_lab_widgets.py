"""The lessons' widgets in a real JupyterLab: what mouse and keyboard do there, the picture shows and Python knows."""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, expect

from browser.lab import LabPage


class Use(NamedTuple):
    """One thing that a student does with the widget of a lesson, and what Python must say of it then.

    do  is given the page and the widget's root, an element of class "mask-painter" for a MaskPainter
    of  an expression of w, the widget; must, its repr
    """

    notebook: str
    widget: str
    do: Callable[[LabPage, Locator], None]
    of: str
    must: str


def tab_to(lab: LabPage, control: Locator) -> None:
    """Come to a control as who has no mouse: from the one before it, with Tab."""
    control.focus()
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.press("Tab")
    expect(control).to_be_focused()


def keys(lab: LabPage, control: Locator, *pressed: str) -> None:
    tab_to(lab, control)
    for key in pressed:
        lab.page.keyboard.press(key)


USES = [
    Use(
        "pt/01_language_model_probability.ipynb", "NextToken",
        lambda lab, root: root.get_by_role("button", name="Recomeçar").click(),
        "w.prefix", "''"),
    Use(
        "pt/01_language_model_probability.ipynb", "NextToken",
        lambda lab, root: keys(lab, root.get_by_label("temperatura"), *["ArrowRight"] * 5),
        "w.temperature", "1.25"),
    Use(
        "pt/03_attention_masks.ipynb", "MaskPainter",
        lambda lab, root: root.get_by_label("consulta “um”, chave “ana”").click(),
        "w.mask[3], w.answered[27:36]", "([True, False, True, True, False, False, False, False, False], '101100000')"),
    Use(
        "pt/03_attention_masks.ipynb", "MaskPainter",
        lambda lab, root: keys(lab, root.locator(".mp-grid [tabindex='0']"), "ArrowUp", "ArrowLeft", "Home", "Space"),
        "w.mask[7]", "[False, True, True, True, True, True, True, True, False]"),
    Use(
        "pt/03_attention_masks.ipynb", "AttentionExplorer",
        lambda lab, root: (root.locator(".ae-text").get_by_text("chapéu").click(),
                           root.get_by_role("row").filter(has_text="<|endoftext|>").click()),
        "w.query, w.key", "(2, 0)"),
    Use(
        "pt/03_attention_masks.ipynb", "AttentionExplorer",
        lambda lab, root: keys(lab, root.get_by_role("radio", checked=True).first, "ArrowLeft", "Tab", "ArrowDown"),
        "w.query, w.key", "(7, 1)"),
    Use(
        "pt/05_context_embeddings.ipynb", "SenseExplorer",
        lambda lab, root: root.locator(".se-plot button").last.click(),
        "w.picked", "15"),
    Use(
        "pt/05_context_embeddings.ipynb", "SenseExplorer",
        lambda lab, root: keys(lab, root.locator(".se-plot button[tabindex='0']"), "ArrowRight", "ArrowDown"),
        "w.picked", "2"),
    Use(
        "pt/06_language_models_compared.ipynb", "GuessingGame",
        lambda lab, root: root.get_by_role("button", name="tudo em chá").click(),
        "w.bets", "[[0, 0, 1, 0, 0, 0]]"),
    Use(
        "pt/06_language_models_compared.ipynb", "GuessingGame",
        lambda lab, root: keys(lab, root.locator(".gg-step"), "2", "2", "Enter"),
        "w.bets, w.revealed", "([[1, 3, 1, 1, 1, 1]], 1)"),
    Use(
        "pt/08_from_mini_to_gpt2.ipynb", "ScaleDial",
        lambda lab, root: lab.drag(root.get_by_role("slider", name="camadas"), to=0.99),
        "w.config.n_layer, w.config.n_head", "(64, 12)"),
    Use(
        "pt/08_from_mini_to_gpt2.ipynb", "ScaleDial",
        lambda lab, root: (root.get_by_role("combobox").select_option("mini"),
                           keys(lab, root.get_by_role("slider", name="cabeças"), "ArrowRight")),
        "w.preset, w.config.n_head", "('mini', 8)"),
]  # fmt: skip


def run_again(lab: LabPage, widget: str) -> Locator:
    """Run the widget's cell once more, so that it is as the lesson says; its root in the page."""
    selector = "." + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", widget).lower()
    root = lab.page.locator(selector)
    expect(root).to_have_count(1, timeout=60_000)  # what is run again while it is still coming up is lost
    lab.page.evaluate(
        """async selector => {
            const notebook = jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.node.querySelector(selector));
            await jupyterapp.commands.execute('notebook:run-cell');
        }""",
        selector,
    )
    expect(root).to_have_count(1, timeout=60_000)
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


@pytest.mark.parametrize("notebook", sorted({use.notebook for use in USES}))
def test_the_picture_and_python_follow_mouse_and_keyboard(lab, notebook):
    lab.open(notebook)
    lab.run_all()
    for use in USES:
        if use.notebook != notebook:
            continue
        root = run_again(lab, use.widget)
        w = f"[each for each in Out.values() if type(each).__name__ == {use.widget!r}][-1]"
        question = f"(lambda w: ({use.of}))({w})"
        before = root.inner_text()
        assert python(lab, question) != use.must
        use.do(lab, root)
        expect(root).not_to_have_text(before, use_inner_text=True)
        for _ in range(100):
            if python(lab, question) == use.must:
                break
            lab.page.wait_for_timeout(100)
        assert python(lab, question) == use.must
    assert lab.errors == []
