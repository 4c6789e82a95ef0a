"""A wheel built from the checkout works on its own: another folder, another environment, no file of the checkout."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from site import getsitepackages

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The Python of a bare environment with the wheel; its dependencies are those of this environment."""
    home = tmp_path_factory.mktemp("wheel")
    source = home / "source"
    shutil.copytree(ROOT / "mini_gpt", source / "mini_gpt", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(home), str(source)]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    venv.create(home / "bare", with_pip=False)
    python = home / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python"
    [wheel] = home.glob("*.whl")
    install = ["--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    shutil.rmtree(source)
    return python


def run(python: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PYTHONPATH"] = os.pathsep.join(getsitepackages())
    done = subprocess.run([python, *arguments], cwd=python.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_loads_mini_and_writes(python):
    written = run(python, "-m", "mini_gpt", "generate", "nina guarda", "--temperature", "0", "--tokens", "3")
    assert written.startswith("nina guarda ") and len(written.split()) == 5


def test_it_makes_a_page_of_a_model(python):
    assert "me.html: 2" in run(python, "-m", "mini_gpt", "page", "mini", "--out", "me.html")
    page = (python.parent / "me.html").read_text(encoding="utf-8")
    assert page.count('"mini_gpt/lesson/runtime/gpt.js":"data:text/javascript') == 1 and ".looks-head" in page


def test_it_holds_every_model_that_ships_the_facts_and_the_widgets_front_ends(python):
    script = """
import mini_gpt, pathlib
from mini_gpt.facts import FACTS
from mini_gpt.lesson.recipes import RECIPES
from mini_gpt.lesson import baselines
from mini_gpt.lesson.widgets import NextToken
for name, recipe in RECIPES.items():
    (baselines if isinstance(recipe.model, str) else mini_gpt).load(name)
assert FACTS["zero_shot"] and 'frontEnd("next-token"' in str(NextToken._esm) and "--lw-blue" in str(NextToken._css)
print(pathlib.Path(mini_gpt.__file__).parent)
"""
    assert Path(run(python, "-c", script).strip()).is_relative_to(python.parents[1].resolve())
