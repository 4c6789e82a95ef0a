"""Notebooks as Google Colab opens them, from a branch of their own: python -m pages.colab --repository ADDRESS

Their first cell installs the package, and Colab's own PyTorch stays.
"""

import argparse
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mini_gpt.lesson.words import LANGUAGES, Words

ROOT = Path(__file__).parents[1]
TITLE: Words = {
    "pt": "Instala a aula e mantém o PyTorch que já está aqui. Leva cerca de um minuto.",
    "en": "Installs the lesson and keeps the PyTorch that is here. It takes about a minute.",
}
INSTALL = """\
#@title {title}
from importlib.metadata import version
from pathlib import Path

Path("keep.txt").write_text(f"torch=={{version('torch')}}")
%pip install --quiet --constraint keep.txt "mini-gpt[notebook] @ git+{repository}"\
"""


def for_colab(notebook: NotebookNode, lang: str, repository: str) -> NotebookNode:
    """A copy of a notebook that installs the package first, from the repository's address.

    >>> made = for_colab(nbformat.v4.new_notebook(), "en", "https://example.org/owner/name")
    >>> made.cells[0].source.splitlines()[-1]
    '%pip install --quiet --constraint keep.txt "mini-gpt[notebook] @ git+https://example.org/owner/name"'
    """
    source = INSTALL.format(title=TITLE[lang], repository=repository)
    made = nbformat.from_dict(notebook)
    made.cells = [nbformat.v4.new_code_cell(source, id="install"), *notebook.cells]
    return made


def write(out: Path, repository: str) -> None:
    """Write every lesson's notebook for Colab into out/pt and out/en, in place of what is there."""
    for lang in LANGUAGES:
        shutil.rmtree(out / lang, ignore_errors=True)
        (out / lang).mkdir(parents=True)
        for path in sorted((ROOT / "notebooks" / lang).glob("*.ipynb")):
            made = for_colab(nbformat.read(path, as_version=4), lang, repository)
            (out / lang / path.name).write_text(nbformat.writes(made) + "\n", encoding="utf-8")


def address(repository: str, lang: str, name: str) -> str:
    """Where Colab opens a notebook of the repository's branch "colab"; "" for one that is not on GitHub.

    >>> address("https://github.com/owner/name", "en", "02_tokens.ipynb")
    'https://colab.research.google.com/github/owner/name/blob/colab/en/02_tokens.ipynb'
    """
    at = "https://github.com/"
    if not repository.startswith(at):
        return ""
    return f"https://colab.research.google.com/github/{repository.removeprefix(at)}/blob/colab/{lang}/{name}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the notebooks that Colab opens.")
    parser.add_argument("--repository", required=True, help="the project's address on GitHub, to install it from")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "colab", help="where to (default: build/colab)")
    arguments = parser.parse_args()
    if not arguments.repository:
        parser.error("--repository is empty, and must be an address such as https://github.com/OWNER/NAME")
    write(arguments.out, arguments.repository.rstrip("/"))


if __name__ == "__main__":
    main()
