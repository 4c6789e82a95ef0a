"""Set-up's promises: one list of requirements in three files, light imports that point one way, no machine's traces."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import requires, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements() -> dict[str, SpecifierSet]:
    groups = [project()["dependencies"], *project()["optional-dependencies"].values()]
    each = [Requirement(text) for group in groups for text in group]
    return {canonicalize_name(one.name): one.specifier for one in each if one.name != project()["name"]}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_conda_and_pip_ask_for_the_same():
    *conda, pip = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    wanted = {"python": SpecifierSet(project()["requires-python"]), "pip": SpecifierSet(), **requirements()}
    asked = {each.name: each.specifier for each in map(Requirement, [*conda, *(p for p in pip["pip"] if p != "-e .")])}
    assert {canonicalize_name(CONDA_NAMES.get(name, name)): bounds for name, bounds in asked.items()} == wanted


def test_every_direct_requirement_is_pinned_within_its_bounds():
    assert {name: bounds for name, bounds in requirements().items() if pins()[name] not in bounds} == {}
    assert pins()["torch"] == "2.13.0"


def test_every_installed_dependency_has_the_version_that_is_pinned():
    found, waiting = {}, ["mini-gpt[notebook,lesson,hub,dev]"]
    while waiting:
        requirement = Requirement(waiting.pop())
        for text in requires(requirement.name) or []:
            needed = Requirement(text)
            active = not needed.marker or any(
                needed.marker.evaluate({"extra": e}) for e in (requirement.extras or {""})
            )
            if active and (name := canonicalize_name(needed.name)) not in {"mini-gpt", *found}:
                found[name] = version(name).partition("+")[0]
                waiting.append(f"{name}[{','.join(needed.extras)}]")
    assert {name: found[name] for name in found if pins().get(name) != found[name]} == {}


def test_constraints_hold_names_and_versions_only():
    for name, pinned in pins().items():
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", f"{name}=={pinned}"), name


@cache
def committed() -> list[Path]:
    """The files that git has or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_what_installs_holds_no_address():
    """A package is asked for by name; where it comes from is for each machine to say."""
    installs = re.compile(r"constraints.*|environment\.yml|pyproject\.toml|Makefile|run|.*-lock\..*|ci\.yml|\.npmrc")
    for path in committed():
        if installs.fullmatch(path.name):
            text = re.sub(r'(?s)"funding": (\[.*?\]|{.*?})', "", path.read_text(encoding="utf-8"))  # sponsors
            assert not re.search(r"://|--(?:extra-)?index|--find-links", text), path


def test_no_file_names_a_place_on_one_machine():
    place = re.compile(r"(?<![\w.$}/])/(?:work|home|root|tmp|Users)/\w")
    for path in set(committed()) - {Path(__file__)}:
        text = path.read_bytes().decode("utf-8", errors="ignore")
        assert not (found := place.search(text)), f"{path}: {found and found[0]}"


def test_no_file_is_over_6_mb_but_the_books_which_stay_within_10():
    books = ROOT / "mini_gpt/lesson/checkpoints/mini-books"
    assert {path for path in committed() if path.stat().st_size > 6_000_000} == {books / "model.safetensors"}
    assert sum(path.stat().st_size for path in books.iterdir()) <= 10_000_000


@pytest.mark.slow
def test_importing_mini_gpt_loads_nothing_of_the_lesson():
    heavy = {"anywidget", "bertviz", "datasets", "IPython", "ipywidgets", "matplotlib", "transformers"}
    script = f"import sys, mini_gpt; print(*sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "\n"


# Imports point one way: a module imports from its own row and the rows above it, and never in a circle.
ROWS = [
    ("messages", "files", "beside", "linear", "sampling", "probability"),
    ("config", "bpe", "facts", "trace"),
    ("tokenizer", "sizes", "cache"),
    ("model",),
    ("encoder", "generate", "hub", "weights"),
    ("training",),
    ("evaluation",),
    ("__init__",),
    ("lesson",),
    ("__main__",),
]
ROW = {name: row for row, names in enumerate(ROWS) for name in names}


def imports(path: Path) -> set[str]:
    """The modules of mini_gpt that a file of mini_gpt imports, anywhere in it; the package itself is __init__.

    Names are dotted from mini_gpt: "model", "lesson.town".
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {module(name) for name in names if name.partition(".")[0] == "mini_gpt"}
    return found


def module(dotted: str) -> str:
    """Where a dotted name lives: mini_gpt.lesson.town.Town in lesson.town, mini_gpt.GPT in __init__."""
    parts = dotted.split(".")
    while parts:
        path = ROOT.joinpath(*parts)
        if path.with_suffix(".py").is_file():
            return ".".join(parts[1:])
        if (path / "__init__.py").is_file():
            return ".".join([*parts[1:], "__init__"])
        parts.pop()
    raise AssertionError(f"{dotted} is nowhere in mini_gpt")


@cache
def graph() -> dict[str, set[str]]:
    paths = (ROOT / "mini_gpt").rglob("*.py")
    return {".".join(path.relative_to(ROOT / "mini_gpt").with_suffix("").parts): imports(path) for path in paths}


def test_every_module_has_its_row():
    assert {name.split(".")[0] for name in graph()} <= set(ROW)


def test_imports_point_one_way():
    for importer, imported in graph().items():
        row = importer.split(".")[0]
        for name in imported:
            assert ROW[name.split(".")[0]] <= ROW[row], f"{importer} imports {name}"


def test_imports_make_no_circle():
    TopologicalSorter(graph()).prepare()


COMMANDS = re.compile(r"`(make .+?)`|^    ((?:make|python|py|conda|jupyter) \S+ \S+)|\((\S+\.\w+)\)", re.MULTILINE)
READMES = {"README.md": "## What is where", "README.pt.md": "## Onde está cada coisa"}


def tree(readme: str) -> list[str]:
    """The paths of a README's tree, in order."""
    text = (ROOT / readme).read_text(encoding="utf-8").split(READMES[readme])[1].split("\n## ")[0]
    told, folders = [], [""]
    for spaces, name in re.findall(r"^    ( *)(\S+)  ", text + "  ", re.MULTILINE):
        depth = len(spaces) // 2
        folders[depth + 1 :] = [folders[depth] + name]
        told.append(folders[depth] + name)
    return told


def test_the_readme_tree_is_true():
    """Every path of the README's tree exists, and no module of mini_gpt is left out of it."""
    told = set(tree("README.md"))
    assert {name for name in told if not (ROOT / name).exists()} == set()
    modules = {
        str(path.relative_to(ROOT))
        for folder in ("", "training", "evaluation", "lesson")
        for path in (ROOT / "mini_gpt" / folder).glob("[!_]*.py")
    }
    assert modules <= told


def test_the_two_readmes_have_the_same_parts_commands_and_tree():
    assert tree("README.md") == tree("README.pt.md")
    en, pt = ((ROOT / readme).read_text(encoding="utf-8").split("\n## ") for readme in READMES)
    assert len(en) == len(pt)
    for part, twin in zip(en, pt, strict=True):
        assert part.count("\n\n") == twin.count("\n\n"), part[:40]
        one, other = (
            [re.sub(r"\b(en|pt)\b|\.pt|\.en", "", "".join(each)) for each in COMMANDS.findall(text)]
            for text in (part, twin)
        )
        assert sorted(one) == sorted(other), part[:40]


def test_make_help_lists_every_target():
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[0] for line in listed.splitlines()] == phony[1].split()
    assert all(len(line.split()) > 2 for line in listed.splitlines())
