"""Make notebooks/pt and notebooks/en from the lessons, one source for both languages.

    python -m notebooks.build              run every lesson in both languages and store the notebooks
    python -m notebooks.build 01           only the lessons whose names start with "01"
    python -m notebooks.build --check      run nothing; fail if a stored notebook is not what its lesson says

A lesson is lessons/NN_name.py in jupytext's percent format. A `# %% [markdown] pt` cell is followed by its
`# %% [markdown] en`. A code cell, `# %%`, serves both languages; `# %% pt` or `# %% en` serves one. A line of a shared
code cell that depends on the language ends in `# pt` and is followed by its `# en` twin; the notebook has no marks.
What the text leaves to the builder, such as `{minutes}`, fill.py puts in.
"""

import argparse
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, pairwise
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from mini_gpt.lesson.words import LANGUAGES
from notebooks.fill import fill

HERE = Path(__file__).parent
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
MARKED = re.compile(r"(?P<code>.*\S)\s+# (?P<language>pt|en)")
WIDGET = "application/vnd.jupyter.widget-view+json"
LAST = """\
from mini_gpt.lesson.for_pages import for_pages
display({{"application/json": for_pages(Out, "{language}")}}, raw=True)
"""


class LessonError(ValueError):
    """A lesson that cannot become two equal notebooks. The message starts with file:line."""


def split_languages(lesson: Path) -> dict[str, NotebookNode]:
    """The lesson as one notebook for each language, not yet run."""
    source = lesson.read_text(encoding="utf-8")
    cells = jupytext.reads(source, fmt="py:percent").cells
    lines = [n for n, line in enumerate(source.splitlines(), 1) if line.startswith("# %%")]
    if len(cells) != len(lines):
        raise LessonError(f"{lesson}:1: a lesson must start with `# %%`, and only cells may start so")
    kinds = [(cell.cell_type, cell.metadata.get("title")) for cell in cells]
    neighbours = zip([None, *kinds], kinds, [*kinds[1:], None], strict=False)
    for line, cell, (before, kind, after) in zip(lines, cells, neighbours, strict=True):
        if kind[1] not in (LANGUAGES if kind[0] == "markdown" else (*LANGUAGES, None)):
            raise LessonError(
                f"{lesson}:{line}: a markdown cell must be `pt` or `en`, a code cell may be; not {kind[1]}"
            )
        if kind == ("markdown", "pt") and after != ("markdown", "en"):
            raise LessonError(f"{lesson}:{line}: this Portuguese cell needs an English one after it")
        if kind == ("markdown", "en") and before != ("markdown", "pt"):
            raise LessonError(f"{lesson}:{line}: this English cell needs a Portuguese one before it")
        if not cell.source.strip():
            raise LessonError(f"{lesson}:{line}: empty cell")

    made = {}
    for language in LANGUAGES:
        made[language] = nbformat.v4.new_notebook(metadata=METADATA)
        for line, cell in zip(lines, cells, strict=True):
            if cell.metadata.get("title", language) != language:
                continue
            code = cell.cell_type == "code"
            new = nbformat.v4.new_code_cell if code else nbformat.v4.new_markdown_cell
            text = lines_of(cell.source, language, f"{lesson}:{line}") if code else cell.source
            tags = {"tags": cell.metadata.tags} if "tags" in cell.metadata else {}
            made[language].cells.append(new(text, id=f"cell-{len(made[language].cells) + 1:02d}", metadata=tags))
        fill(made[language], lesson.stem, language)
    return made


def lines_of(code: str, language: str, where: str) -> str:
    """The lines of code without a mark, and those with the mark of the language, which is removed.

    >>> lines_of('word = "gato"  # pt\\nword = "cat"  # en\\nprint(word)', "en", "lesson.py:1")
    'word = "cat"\\nprint(word)'
    """

    def mark(line: str) -> str | None:
        return found["language"] if (found := MARKED.fullmatch(line)) else None

    blocks = [(spoken, list(lines)) for spoken, lines in groupby(code.splitlines(), mark)]
    for one, other in pairwise([None, *(spoken for spoken, _ in blocks), None]):
        if (one == "pt") != (other == "en"):
            raise LessonError(f"{where}: in this cell, lines marked `# pt` must be followed by lines marked `# en`")
    kept = [line for spoken, lines in blocks if spoken in (None, language) for line in lines]
    return "\n".join(MARKED.sub(r"\g<code>", line) if mark(line) else line for line in kept)


def run(notebook: NotebookNode, folder: Path) -> str:
    """Run the cells in folder, as JupyterLab would; return the file to store, without anything that varies.

    The folder is named after the language. What pages need of the outputs becomes their metadata.
    """
    notebook.cells.append(nbformat.v4.new_code_cell(LAST.format(language=folder.name)))
    NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    [shown] = notebook.cells.pop().outputs
    kept = shown.data["application/json"]
    notebook.metadata = nbformat.from_dict(METADATA)  # without the kernel's own version and the widgets' state
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        output.get("data", {}).pop(WIDGET, None)  # a stored widget is dead; its picture or text stays
        if "metadata" in output:
            output.metadata = kept.get(str(output.get("execution_count")), {})
    return nbformat.writes(notebook) + "\n"


def lessons(root: Path, name: str = "") -> list[Path]:
    return sorted((root / "lessons").glob(f"{name}*.py"))


def stale(root: Path = HERE) -> list[Path]:
    """The stored notebooks that are missing, left over, or have cells that differ from their lesson."""
    wanted = {
        root / language / f"{lesson.stem}.ipynb": notebook
        for lesson in lessons(root)
        for language, notebook in split_languages(lesson).items()
    }
    stored = {
        path: nbformat.read(path, as_version=4) for language in LANGUAGES for path in (root / language).glob("*.ipynb")
    }
    return sorted(
        path
        for path in wanted | stored
        if path not in wanted or path not in stored or written(wanted[path]) != written(stored[path])
    )


def written(notebook: NotebookNode) -> list[tuple[object, ...]]:
    """The part of each cell that an author writes, without what running it adds."""
    return [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]


def build(root: Path = HERE, name: str = "") -> None:
    """Run the lessons whose file names start with name, as many notebooks at a time as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {}
        for lesson in lessons(root, name):
            for language, notebook in split_languages(lesson).items():
                path = root / language / f"{lesson.stem}.ipynb"
                path.parent.mkdir(exist_ok=True)
                running[path] = pool.submit(run, notebook, path.parent)
        for path, ran in running.items():
            path.write_text(ran.result(), encoding="utf-8")
            print(path.relative_to(root))


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the notebooks of both languages from the lessons.")
    parser.add_argument("lesson", nargs="?", default="", help="prefix of the lessons to run, such as 01 (default: all)")
    parser.add_argument("--check", action="store_true", help="run nothing; fail if a stored notebook is stale")
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["OMP_NUM_THREADS"] = "1"  # threads change the order of sums, and so the last digits
    if not arguments.check:
        build(name=arguments.lesson)
    old = stale()
    for path in old:
        print(f"{path} is not what its lesson says: run `make notebooks`", file=sys.stderr)
    return bool(old)


if __name__ == "__main__":
    sys.exit(main())
