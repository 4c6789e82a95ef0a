"""The builder's promises, on throw-away lessons, and the state of the stored notebooks."""

import statistics
from pathlib import Path

import nbformat
import pytest

from mini_gpt.lesson.words import LANGUAGES
from notebooks import build

LESSON = """\
# %% [markdown] pt
# # Uma frase

# %% [markdown] en
# # A sentence

# %%
word = "gato"  # pt
word = "cat"  # en
print(len(word), word)

# %% en
print("only in English")

# %% tags=["raises-exception"]
# uma figura  # pt
# a figure  # en
from matplotlib.figure import Figure

figure = Figure((1, 1))
_ = figure.add_subplot().plot([0, 1])
figure
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "lessons").mkdir()
    return tmp_path


def write(root: Path, text: str) -> Path:
    lesson = root / "lessons" / "01_lesson.py"
    lesson.write_text(text, encoding="utf-8")
    return lesson


def test_each_language_gets_its_own_cells_and_lines(root):
    both = build.split_languages(write(root, LESSON))
    pt, en = ([cell.source for cell in both[language].cells] for language in LANGUAGES)
    assert pt[:2] == ["# Uma frase", 'word = "gato"\nprint(len(word), word)']
    assert en[:3] == ["# A sentence", 'word = "cat"\nprint(len(word), word)', 'print("only in English")']
    assert pt[2].startswith("# uma figura\nfrom") and en[3].startswith("# a figure\nfrom")
    assert both["pt"].cells[2].metadata == {"tags": ["raises-exception"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# %% [markdown] pt\n# Oi\n\n# %%\n1\n", ":1: this Portuguese cell needs"),
        ("# %%\n1\n\n# %% [markdown] en\n# Hi\n", ":4: this English cell needs"),
        ("# %% [markdown] pt\n# Oi\n\n# %% [markdown] pt\n# Oi\n", ":1: this Portuguese cell needs"),
        ("# %% [markdown]\n# Oi\n", ":1: a markdown cell must be `pt` or `en`"),
        ("# %% fr\n1\n", ":1: a markdown cell must be `pt` or `en`, a code cell may be; not fr"),
        ("# %%\n1\n\n# %%\n", ":4: empty cell"),
        ("print(1)\n\n# %%\n1\n", ":1: a lesson must start with"),
        ('# %%\n1\n\n# %%\nx = "a"  # pt\nprint(x)\n', ":4: in this cell"),
        ('# %%\nx = "a"  # en\nprint(x)\n', ":1: in this cell"),
    ],
)
def test_what_a_language_lacks_is_named_with_file_and_line(root, text, message):
    lesson = write(root, text)
    with pytest.raises(build.LessonError) as error:
        build.split_languages(lesson)
    assert str(error.value).startswith(f"{lesson}{message}")


@pytest.mark.slow
def test_building_twice_gives_the_same_bytes(root):
    write(root, LESSON)
    build.build(root)
    first = {path: path.read_bytes() for path in root.glob("*/*.ipynb")}
    assert sorted(path.parent.name for path in first) == ["en", "pt"]
    build.build(root)
    assert first == {path: path.read_bytes() for path in root.glob("*/*.ipynb")}


@pytest.mark.slow
def test_a_stored_notebook_keeps_text_and_pictures_and_drops_the_widget(root):
    bundle = {build.WIDGET: {"model_id": "1"}, "text/plain": "a widget", "image/png": "iVBORw0KGgo="}
    write(root, f"# %%\nget_ipython().display_pub.publish({bundle}, {{}})\n\n# %%\nprint(1)\nprint(2)\n")
    build.build(root)
    notebook = nbformat.read(root / "pt" / "01_lesson.ipynb", as_version=4)
    assert set(notebook.cells[0].outputs[0].data) == {"text/plain", "image/png"}
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert [output.text for output in notebook.cells[1].outputs] == ["1\n2\n"]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.slow
def test_a_changed_a_missing_and_a_left_over_notebook_are_stale(root):
    lesson = write(root, "# %%\n1\n")
    assert [path.parent.name for path in build.stale(root)] == ["en", "pt"]
    build.build(root)
    assert build.stale(root) == []
    write(root, "# %%\n2\n")
    assert len(build.stale(root)) == 2
    lesson.unlink()
    assert len(build.stale(root)) == 2


def test_the_stored_notebooks_are_what_their_lessons_say():
    assert build.stale() == [], "run `make notebooks`"


def test_every_code_cell_was_run_in_order():
    """A cell without its count is not compared by nbval: a cleared output would pass."""
    for path in build.HERE.glob("??/*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        counts = [cell.execution_count for cell in cells if cell.cell_type == "code"]
        assert counts == list(range(1, len(counts) + 1)), path


def test_no_stored_output_is_an_error():
    for path in build.HERE.glob("??/*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not [output for output in cell.get("outputs", []) if output.output_type == "error"], path


@pytest.mark.parametrize(
    "path", sorted(build.HERE.glob("??/[0-9]*.ipynb")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_cell_is_short_enough_to_be_read_aloud(path):
    lengths = [len(c.source.splitlines()) for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    assert statistics.median(lengths) <= 5
    assert max(lengths) <= 15
