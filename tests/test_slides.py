"""The slides as written: both languages alike, notes with minutes, and each number from the one place that holds it."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from mini_gpt.facts import FACTS

ROOT = Path(__file__).parents[1]
LANGUAGES = ("pt", "en")
# Numbers that belong to the lesson itself, and have no source but the slide.
OWN = {
    2017: "the year of Attention Is All You Need",
    1: "what each row of weights sums to",
}


class Slide(NamedTuple):
    """A slide's Markdown, taken apart."""

    shown: str  # without comments
    directives: dict[str, str]
    notes: str


def deck(lang: str) -> list[Slide]:
    return slides((ROOT / f"slides/gpt2.{lang}.md").read_text(encoding="utf-8"))


def slides(markdown: str) -> list[Slide]:
    """The slides of a deck that opens with its front matter.

    >>> slides("---\\nlang: en\\n---\\n\\n<!-- _class: lead -->\\n# Hello\\n<!-- 1 min -->\\n")
    [Slide(shown='# Hello', directives={'_class': 'lead'}, notes='1 min')]
    """
    found = []
    for part in re.split(r"^---$", markdown, flags=re.MULTILINE)[2:]:
        comments = [comment.strip() for comment in re.findall(r"<!--(.*?)-->", part, re.DOTALL)]
        directives = dict(comment.split(": ", 1) for comment in comments if re.match(r"_?[a-z]+: ", comment))
        notes = [comment for comment in comments if not re.match(r"_?[a-z]+: ", comment)]
        shown = re.sub(r"<!--.*?-->", "", part, flags=re.DOTALL).strip()
        found.append(Slide(shown, directives, "\n".join(notes)))
    return found


# ------------------------------------------------------------ numbers


class Number(NamedTuple):
    """A number as a slide writes it: value times scale, rounded to decimals."""

    text: str
    value: float
    decimals: int
    scale: float


SCALES = {
    "mil": 1e3,
    "thousand": 1e3,
    "M": 1e6,
    "milhões": 1e6,
    "million": 1e6,
    "bilhão": 1e9,
    "billion": 1e9,
    "%": 0.01,
}


def numbers(markdown: str, lang: str) -> list[Number]:
    """The numbers that are read on a slide: not those of code, formulas, addresses, file names and names such as GPT-2.

    >>> [number.value for number in numbers("GPT-2: 1.542 de 50 mil, 45,99 %, `x[3]`, $x_1$", "pt")]
    [1542.0, 50.0, 45.99]
    """
    thousands, point = (r"\.", ",") if lang == "pt" else (",", r"\.")
    for unread in (r"\$\$.*?\$\$", r"\$.*?\$", r"```.*?```", r"`.*?`", r"\]\(.*?\)", r"\[\d\d\]"):
        markdown = re.sub(unread, "]" if unread.startswith(r"\]") else "", markdown, flags=re.DOTALL)
    digits = rf"(?<![\w-])(\d{{1,3}}(?:{thousands}\d{{3}})+|\d+)(?:{point}(\d+))?(?: ?({'|'.join(SCALES)}))?(?!\w)"
    return [
        Number(
            match[0],
            float(re.sub(r"\D", "", match[1]) + "." + (match[2] or "0")),
            len(match[2] or ""),
            SCALES.get(match[3], 1),
        )
        for match in re.finditer(digits, markdown)
    ]


def sources() -> set[float]:
    """Every number of facts.json ("117M" is 117 million), and every value of assets/numbers.json."""
    measured = json.loads((ROOT / "assets/numbers.json").read_text(encoding="utf-8"))
    return set(leaves(FACTS)) | {entry["value"] for entry in measured.values()}


def leaves(tree):
    if isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(each)
    elif isinstance(tree, str):
        yield from (float(name) * 1e6 for name in re.findall(r"\b(\d+)M\b", tree))
    elif isinstance(tree, int | float):
        yield tree


def is_from(number: Number, known: set[float]) -> bool:
    """Whether one of the known numbers reads so: as it is, or rounded where the slide gives decimals or a unit."""
    if number.value in known:
        return True
    rounds = number.decimals or number.scale != 1
    return bool(rounds) and any(round(each / number.scale, number.decimals) == number.value for each in known)


def strangers(shown: str, lang: str) -> list[str]:
    """The numbers of a slide that have no source."""
    known = sources() | OWN.keys()
    return [number.text for number in numbers(shown, lang) if not is_from(number, known)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_on_a_slide_has_its_source(lang):
    assert [(i, found) for i, slide in enumerate(deck(lang), 1) if (found := strangers(slide.shown, lang))] == []


def test_a_number_from_nowhere_is_found():
    assert strangers("63,24 %, 1,5 bilhão, 50 mil, 50.257 e 45,99", "pt") == []
    assert strangers("63,25 %, 1,7 bilhão, 51 mil, 50.258 e 45,98", "pt") == [
        "63,25 %", "1,7 bilhão", "51 mil", "50.258", "45,98"
    ]  # fmt: skip
    assert strangers("![63.25 % of them](bars.svg)", "en") == ["63.25 %"]


# ------------------------------------------------------------ both languages


SHORT = {"pt": " · caminho curto", "en": " · short path"}


def minutes(slide: Slide, lang: str) -> tuple[int, bool] | None:
    """What the first line of the notes says: the slide's minutes, and whether it belongs to the short path."""
    match = re.match(rf"(\d+) min({SHORT[lang]})?\n", slide.notes)
    return (int(match[1]), bool(match[2])) if match else None


def asked(slide: Slide) -> list[str]:
    """The ids of the questions that the build puts into the slide."""
    return re.findall(r'^\[(\w+)\]\(\S+ "question"\)$', slide.shown, re.MULTILINE)


def skeleton(slide: Slide, lang: str) -> dict[str, object]:
    """What must be the same in both languages."""
    shown = re.sub(rf"\.{lang}\.svg|(?<=json)#{lang}", "", slide.shown).replace(f"notebooks/{lang}/", "")
    footer = slide.directives.get("_footer", "").replace(f"notebooks/{lang}/", "")
    read = sorted((number.value, number.scale) for number in numbers(slide.shown, lang))
    return {
        "class": slide.directives.get("_class"),
        "headings": re.findall(r"^#+", shown, re.MULTILINE),
        "pictures and links": re.findall(r"\]\((.*?)\)", shown + footer),
        "items": re.findall(r"^ *(?:[-*]|\d+\.) ", shown, re.MULTILINE),
        "tables": [row.count("|") for row in re.findall(r"^\|.*", shown, re.MULTILINE)],
        "formulas": re.sub("(?m)^%.*", "", "".join(re.findall(r"\$\$.*?\$\$|\$.*?\$", shown, re.DOTALL))),
        "code": re.findall(r"```.*?```|`.*?`", shown, re.DOTALL),
        "numbers": read,
        "question": asked(slide),
        "minutes": minutes(slide, lang),
        "lines of notes": len(slide.notes.splitlines()),
    }


def differences(pt: list[Slide], en: list[Slide]) -> list[tuple[int, str]]:
    """On which slide the two languages differ, and in what; slide 0 stands for their number."""
    pairs = [(skeleton(a, "pt"), skeleton(b, "en")) for a, b in zip(pt, en, strict=False)]
    differ = [(i, part) for i, (a, b) in enumerate(pairs, 1) for part in a if a[part] != b[part]]
    return [(0, "slides")] * (len(pt) != len(en)) + differ


def test_both_languages_have_the_same_slides():
    assert differences(deck("pt"), deck("en")) == []


SAMPLE = """---
lang: {lang}
---

<!-- _class: split -->
<!-- _footer: "[01](../notebooks/{lang}/01.ipynb)" -->

## 8

- `x` is $x$

| a | b |

![bars](../assets/bars.{lang}.svg "live")

[one](../notebooks/lessons/questions.json#{lang} "question")

<!--
2 min{short}
Ask.
-->
"""


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("class", "split", "lead"),
        ("headings", "## 8", "### 8"),
        ("pictures and links", "bars.en", "lines.en"),
        ("pictures and links", ' "live"', ""),
        ("pictures and links", "01.ipynb", "02.ipynb"),
        ("pictures and links", "../notebooks/en", "../notebooks/pt"),
        ("items", "- `x`", "`x`"),
        ("tables", "| b |", "|"),
        ("formulas", "$x$", "$y$"),
        ("code", "`x`", "`y`"),
        ("numbers", "## 8", "## 9"),
        ("question", "[one]", "[two]"),
        ("minutes", "2 min · short", "3 min · short"),
        ("minutes", " · short path", ""),
        ("lines of notes", "Ask.", "Ask.\nWait."),
    ],
)
def test_what_differs_is_found(part, old, new):
    pt, en = (SAMPLE.format(lang=lang, short=SHORT[lang]) for lang in LANGUAGES)
    assert differences(slides(pt), slides(en)) == []
    assert differences(slides(pt), slides(en.replace(old, new))) == [(1, part)]


def test_a_missing_slide_is_found():
    one = slides(SAMPLE.format(lang="pt", short=""))
    assert differences(one, one[:0]) == [(0, "slides")]


# ------------------------------------------------------------ for the instructor


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_slide_has_notes_that_open_with_its_minutes(lang):
    assert [i for i, slide in enumerate(deck(lang), 1) if minutes(slide, lang) is None] == []


@pytest.mark.parametrize(
    ("notes", "found"),
    [
        ("2 min\nAsk.", (2, False)),
        ("2 min · short path\nAsk.", (2, True)),
        ("2 min · caminho curto\nAsk.", None),  # in the other language
        ("Ask.\n2 min\n", None),
        ("", None),
    ],
)
def test_minutes_open_the_notes(notes, found):
    assert minutes(Slide("", {}, notes), "en") == found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_slide_leads_to_a_notebook(lang):
    for i, slide in enumerate(deck(lang), 1):
        link = re.search(rf"\]\((\.\./notebooks/{lang}/\w+\.ipynb)\)", slide.directives.get("_footer", ""))
        assert link and (ROOT / "slides" / link[1]).exists(), f"slide {i}: {slide.directives}"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_minutes_of_the_hour_and_of_the_short_path_add_up(lang):
    given = [each for slide in deck(lang) if (each := minutes(slide, lang))]
    assert sum(long for long, _ in given) == 50
    assert 20 <= sum(long for long, short in given if short) <= 25


# ------------------------------------------------------------ questions


QUESTIONS = json.loads((ROOT / "notebooks/lessons/questions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_five_slides_ask_a_question_that_the_lessons_have_and_write_none_of_it(lang):
    questions = [(slide, id) for slide in deck(lang) for id in asked(slide)]
    assert len(questions) == 5
    lessons = {each["id"]: each["lesson"] for each in QUESTIONS}
    for slide, id in questions:
        heading, link = slide.shown.split("\n\n")
        assert heading.startswith("## ") and link == f'[{id}](../notebooks/lessons/questions.json#{lang} "question")'
        assert slide.directives["_class"] == "question" and f"/{lessons[id]}_" in slide.directives["_footer"]


# ------------------------------------------------------------ marp, called by hand

MARP = ROOT / "slides/node_modules/.bin/marp"
DECK = """---
theme: gpt2
---

# {}

[a notebook](../notebooks/en/00_start_here.ipynb)

![bars](bars.svg)
"""


def marp(*arguments, cwd):
    if not MARP.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Marp to build with: call `make deck` once")
    made = subprocess.run(
        [MARP, *arguments], cwd=cwd, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"}
    )
    assert made.returncode == 0, made.stderr


@pytest.mark.slow
def test_marp_called_at_the_root_or_in_slides_makes_the_same_page_beside_its_source_and_where_it_is_told(tmp_path):
    """Without a configuration it would be Marp's own theme, and links that lead nowhere."""
    folder = tmp_path / "repository/talk"
    (folder / "out").mkdir(parents=True)
    (folder / "bars.svg").write_text((ROOT / "tests/decks/bars.svg").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "deck.md").write_text(DECK.format("One"), encoding="utf-8")
    for cwd in (ROOT, ROOT / "slides"):
        marp(folder / "deck.md", cwd=cwd)
        marp(folder / "deck.md", "-o", folder / "out/deck.html", cwd=cwd)
        for page, link in ((folder / "deck.html", "../notebooks"), (folder / "out/deck.html", "../../notebooks")):
            html = page.read_text(encoding="utf-8")
            assert 'data-theme="gpt2"' in html and "data:image/svg+xml" in html and f'href="{link}/' in html
            page.unlink()
    marp("--input-dir", folder, "--output", tmp_path / "new/slides", cwd=ROOT)
    assert [path.name for path in (tmp_path / "new/slides").iterdir()] == ["deck.html"]
