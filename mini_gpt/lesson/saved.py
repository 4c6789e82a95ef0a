"""A widget in a saved notebook is its picture until its cell runs again.

Beside each widget its picture is stored, but JupyterLab and nbconvert prefer the widget even where nobody can make it:
the one shows an error when the notebook is opened again, the other a blank without internet.
"""

from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"
HTML = {"model_module": "@jupyter-widgets/controls", "model_module_version": "2.0.0", "model_name": "HTMLModel"}


def stand_in(model_id: str, data: dict[str, Any]) -> dict[str, Any]:
    """The state of a widget that shows the picture in `data`, to be saved under another widget's id.

    >>> stand_in("a", {"text/html": "<p>"})["a"]["state"]
    {'value': '<p>'}
    """
    picture = data.get("text/html") or f'<img src="data:image/png;base64,{data["image/png"]}">'
    return {model_id: {**HTML, "state": {"value": picture}}}


def pictures(notebook: Any, resources: Any) -> tuple[Any, Any]:
    """A preprocessor of nbconvert: leave of each widget its picture. Other widgets, which have none, stay as they are.

    The Makefile's environment has jupyter_nbconvert_config.json, which names it. Elsewhere the command line does:
    jupyter nbconvert --execute --to html --Exporter.preprocessors=mini_gpt.lesson.saved.pictures LESSON

    >>> data = {WIDGET: {"model_id": "a"}, "image/png": "aaaa"}
    >>> _ = pictures({"cells": [{"outputs": [{"data": data}]}], "metadata": {}}, {})
    >>> list(data)
    ['image/png']
    """
    bundles = [output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    for data in bundles:
        if {"text/html", "image/png"} & data.keys():
            data.pop(WIDGET, None)
    if not any(WIDGET in data for data in bundles):
        notebook["metadata"].pop("widgets", None)  # for which the page would ask a server
    return notebook, resources
