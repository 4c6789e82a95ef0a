"""What a lesson's text leaves to the builder: its minutes, its questions, the glossary.

`{minutes}` on the cover, and at the head of a further part, becomes the minutes of that part; `{questions}` the
questions of lessons/questions.json that belong to the lesson; `{glossary}` the table made from lessons/glossary.json.
"""

import html
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from mini_gpt.lesson.words import Words
from notebooks.minutes import minutes, rounded_up

LESSONS = Path(__file__).parent / "lessons"
MINUTES, QUESTIONS, GLOSSARY = "{minutes}", "{questions}", "{glossary}"
SPOKEN: Mapping[str, Words] = {
    "minutes": {"pt": "{0} minutos", "en": "{0} minutes"},
    "two parts": {"pt": "{0} minutos, e {1} para a parte 2", "en": "{0} minutes, and {1} for part 2"},
    "further": {"pt": "{0} minutos, e {1} para ir além", "en": "{0} minutes, and {1} for going further"},
    "here": {"pt": "seção {section}", "en": "section {section}"},
    "there": {"pt": "lição {lesson}, seção {section}", "en": "lesson {lesson}, section {section}"},
    "head": {"pt": "| termo | em inglês | o que é | lição |", "en": "| term | in Portuguese | what it is | lesson |"},
}
FURTHER = ("## Para ir além", "## Going further")


@dataclass(frozen=True)
class Choice:
    """An answer on offer, and the reply to whoever chooses it."""

    text: Words
    reply: Words
    right: bool = False
    see: str = ""  # "03 § 1": the lesson and the section that the reply rests on


@dataclass(frozen=True)
class Question:
    """A question with three or four choices, one of them right; a wrong one is a misconception."""

    id: str
    lesson: str
    catches: Sequence[str]  # what others get wrong, as this project's list of facts says it
    text: Words
    choices: Sequence[Choice]


@dataclass(frozen=True)
class Term:
    """A term of the field in both languages, what it means, and the lesson that it comes from."""

    name: Words
    means: Words
    lesson: str


def questions(folder: Path = LESSONS) -> list[Question]:
    """All questions, in the order of the file."""
    data = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    return [Question(**{**each, "choices": [Choice(**choice) for choice in each["choices"]]}) for each in data]


def glossary(folder: Path = LESSONS) -> list[Term]:
    return [Term(**each) for each in json.loads((folder / "glossary.json").read_text(encoding="utf-8"))]


def fill(notebook: NotebookNode, name: str, lang: str) -> None:
    """Put into the notebook of a lesson what its text leaves to the builder."""
    lesson = name[:2]
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in texts:
        if QUESTIONS in cell.source:
            asked = [question for question in questions() if question.lesson == lesson]
            cell.source = cell.source.replace(QUESTIONS, unfolding(asked, lesson, lang))
        if GLOSSARY in cell.source:
            cell.source = cell.source.replace(GLOSSARY, table(glossary(), lang))

    heads = [number for number, cell in enumerate(notebook.cells) if cell in texts and MINUTES in cell.source]
    ends = [*heads, len(notebook.cells)][1:]
    taken = [rounded_up(minutes(notebook.cells[head:end])) for head, end in zip(heads, ends, strict=True)]
    for position, head in enumerate(heads):
        spoken = "minutes"
        if position == 0 and len(heads) > 1:
            spoken = "further" if notebook.cells[heads[1]].source.startswith(FURTHER) else "two parts"
        said = SPOKEN[spoken][lang].format(*taken[position:])
        notebook.cells[head].source = notebook.cells[head].source.replace(MINUTES, said)


def unfolding(asked: Sequence[Question], lesson: str, lang: str) -> str:
    """Questions as Markdown: each choice unfolds to its reply, with no kernel and no script."""
    blocks = []
    for number, question in enumerate(asked, 1):
        blocks.append(f"**{number}.** {question.text[lang]}")
        for letter, choice in zip("ABCD", question.choices, strict=False):
            reply = f"{'✓' if choice.right else '✗'} {choice.reply[lang]}{where(choice, lesson, lang)}"
            summary = f"<summary>{letter}. {in_html(choice.text[lang])}</summary>"
            blocks.append(f"<details>{summary}\n\n{reply}\n\n</details>")
    return "\n\n".join(blocks)


def where(choice: Choice, lesson: str, lang: str) -> str:
    """In parentheses, where to see what a reply says; nothing if the choice does not tell.

    >>> where(Choice({}, {}, see="03 § 1"), "03", "en"), where(Choice({}, {}, see="03 § 1"), "04", "en")
    (' (section 1)', ' (lesson 03, section 1)')
    """
    if not choice.see:
        return ""
    other, section = choice.see.split(" § ")
    return f" ({SPOKEN['here' if other == lesson else 'there'][lang].format(lesson=other, section=section)})"


def in_html(text: str) -> str:
    """Code and emphasis as HTML, since Markdown is not read inside a tag.

    >>> in_html("`p < 1` is *not* so")
    '<code>p &lt; 1</code> is <em>not</em> so'
    """
    escaped = html.escape(text, quote=False)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))


def table(terms: Sequence[Term], lang: str) -> str:
    """The glossary, in the order of the language's own alphabet."""
    other = {"pt": "en", "en": "pt"}[lang]
    rows = [SPOKEN["head"][lang], "|---|---|---|---|"]
    for term in sorted(terms, key=lambda term: plain(term.name[lang])):
        [lesson] = (path.stem for path in LESSONS.glob(f"{term.lesson}_*.py"))
        link = f"[{term.lesson}]({lesson}.ipynb)"
        rows.append(f"| **{term.name[lang]}** | {term.name[other]} | {term.means[lang]} | {link} |")
    return "\n".join(rows)


def plain(word: str) -> str:
    """A word as a dictionary sorts it.

    >>> sorted(["zero", "época", "erro"], key=plain)
    ['época', 'erro', 'zero']
    """
    return unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
