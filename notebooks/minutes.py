"""How many minutes a lesson takes a student who meets it for the first time, computed from what stands in it."""

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Iterable

from nbformat import NotebookNode

from mini_gpt.lesson.exercises import EXERCISES
from mini_gpt.lesson.exercises.exercise import Answer

WORDS = 100  # of prose, read in a minute: half of what an easy text allows
LINES = 4  # of code, read, run and their output looked at in a minute
EXERCISE = 5  # minutes to understand one and to check the answer; each line of its solution takes one more
QUESTION = 1

FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
NOT_PROSE = re.compile(r"<[^>]+>|\]\([^)]*\)|\$\$?[^$]*\$\$?")  # tags, the targets of links, formulas
WORD = re.compile(r"\w[\w'’.,-]*")
CHECKED = re.compile(r'^check\("(\w+)"', re.MULTILINE)
CHOICES = "<summary>A. "  # the first choice of a question


def minutes(cells: Iterable[NotebookNode]) -> float:
    """The minutes that cells of a notebook take.

    >>> from nbformat.v4 import new_code_cell, new_markdown_cell
    >>> minutes([new_markdown_cell("two words " * 100), new_code_cell("a = 1\\n\\nb = 2"), new_code_cell("a\\nb")])
    3.0
    """
    return sum(of_prose(cell.source) if cell.cell_type == "markdown" else of_code(cell.source) for cell in cells)


def of_prose(text: str) -> float:
    words = len(WORD.findall(NOT_PROSE.sub(" ", FOLDED.sub(" ", text))))
    return words / WORDS + QUESTION * text.count(CHOICES)


def of_code(code: str) -> float:
    lines = sum(bool(line.strip()) for line in code.splitlines())
    asked = [EXERCISES[name].solution for name in CHECKED.findall(code)]
    return lines / LINES + sum(EXERCISE + body_lines(solution) for solution in asked)


def body_lines(function: Answer) -> int:
    """The lines of a function's body, without its docstring."""
    source = textwrap.dedent(inspect.getsource(function))
    [node, *_] = ast.parse(source).body
    if not isinstance(node, ast.FunctionDef):
        return 1  # a lambda
    body = node.body[ast.get_docstring(node) is not None :]
    lines = source.splitlines()[body[0].lineno - 1 : body[-1].end_lineno]
    return sum(bool(line.strip()) for line in lines)


def rounded_up(exact: float) -> int:
    """To five minutes.

    >>> rounded_up(40.0), rounded_up(40.1)
    (40, 45)
    """
    return 5 * math.ceil(exact / 5)
