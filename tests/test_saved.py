"""Widgets in saved notebooks: what nbconvert writes of them, run or not."""

import json
from pathlib import Path

import nbformat
import pytest
from every_widget import EXAMPLES, made
from nbconvert import HTMLExporter
from traitlets.config import Config

from mini_gpt.lesson import saved

FILE = Path(saved.__file__).with_name("jupyter_nbconvert_config.json")
CONFIG = Config(json.loads(FILE.read_text("utf-8")))
STOCK = {saved.WIDGET: {"model_id": "stock"}, "text/plain": "a widget that has no picture"}


def page(*bundles):
    """What nbconvert makes of a notebook with these outputs, all of whose widgets have saved states."""
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data) for data in bundles])
    ids = [data[saved.WIDGET]["model_id"] for data in bundles]
    state = {each: {**saved.HTML, "state": {"value": ""}} for each in ids}
    widgets = {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "version_minor": 0, "state": state}}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": widgets})
    return HTMLExporter(config=CONFIG).from_notebook_node(notebook)[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_nbconvert_writes_a_widgets_picture_and_asks_no_server_for_the_widget(name):
    widget = made(name, "en")
    html = page(widget._repr_mimebundle_()[0])
    assert widget.static_html() in html
    assert saved.WIDGET not in html and "html-manager" not in html


def test_nbconvert_leaves_widgets_without_a_picture_as_they_are():
    data = {saved.WIDGET: {"model_id": "ours"}, "image/png": "aaaa", "text/plain": "ours"}
    html = page(data, STOCK)
    assert 'src="data:image/png;base64,aaaa"' in html
    assert '"model_id": "stock"' in html and '"model_id": "ours"' not in html


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_stand_in_of_a_widget_is_its_picture_under_its_own_id(name):
    widget = made(name, "pt")
    bundle = widget._repr_mimebundle_()[0]
    assert bundle[saved.WIDGET]["model_id"] == widget.model_id
    assert widget._picture == {widget.model_id: {**saved.HTML, "state": {"value": widget.static_html()}}}
    assert "_picture" not in widget.page_state()
