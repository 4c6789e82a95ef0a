"""What the builder puts into the lessons: minutes, questions, the glossary."""

import re
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mini_gpt.lesson.words import LANGUAGES
from notebooks import build, fill
from notebooks.minutes import minutes

LESSONS = build.lessons(build.HERE, "[0-9]")
SECTIONS = {
    path.stem[:2]: set(re.findall(r"^# ## (\d+) ·", path.read_text(encoding="utf-8"), re.MULTILINE)) for path in LESSONS
}
MISCONCEPTIONS = set(  # what other lessons get wrong
    """scale scores by sqrt(d_model)
softmax over queries
GPT has cross-attention
a position sees only those before it
BERT's and GPT's "mask" are one idea
post-LN and pre-LN are mixed up
heads slice the embedding
117M has 117 M parameters
exact GELU
temperature is p^T
fused attention's is_causal works with a cache
perplexities of two tokenizers compare
BERT has a perplexity
a perplexity without its protocol
attention weights explain the output
raw cosine shows senses
tiny models show GPT-2's abilities""".splitlines()
)


def filled(*cells: NotebookNode, name: str = "03_lesson", lang: str = "en") -> list[str]:
    notebook = new_notebook(cells=[NotebookNode(cell, id=f"cell-{n}") for n, cell in enumerate(cells)])
    fill.fill(notebook, name, lang)
    return [cell.source for cell in notebook.cells]


def test_the_cover_tells_the_minutes_of_each_part():
    code = new_code_cell("\n".join("abcdefgh" * 10))  # 80 lines, 20 minutes
    assert filled(new_markdown_cell("# 03\n\n{minutes}"), code)[0] == "# 03\n\n25 minutes"
    parts = new_markdown_cell("# 03\n\n{minutes}"), code, new_markdown_cell("## Part 2\n\n{minutes}"), code, code
    assert filled(*parts)[::2] == ["# 03\n\n25 minutes, and 45 for part 2", "## Part 2\n\n45 minutes", code.source]
    parts = new_markdown_cell("# 03\n\n{minutes}"), code, new_markdown_cell("## Para ir além\n\n{minutes}")
    assert filled(*parts, lang="pt")[0] == "# 03\n\n25 minutos, e 5 para ir além"


def test_an_exercise_takes_five_minutes_and_one_for_each_line_of_its_solution():
    stub = new_code_cell('def perplexity(log_probs):\n    return ...\n\n\ncheck("perplexity", perplexity, LANG)\n')
    assert minutes([stub]) == 3 / 4 + 5 + 1


def test_a_question_takes_a_minute_and_what_it_folds_away_none():
    [text] = filled(new_markdown_cell("{questions}"))
    count = text.count("<summary>A. ")
    assert count >= 2
    asked = re.sub("<details>.*?</details>", "", text, flags=re.DOTALL)
    assert minutes([new_markdown_cell(text)]) == pytest.approx(count + minutes([new_markdown_cell(asked)]))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_no_part_of_a_lesson_takes_more_than_45_minutes(lesson: Path):
    for lang, notebook in build.split_languages(lesson).items():
        word = {"pt": "minutos", "en": "minutes"}[lang]
        heads = [n for n, cell in enumerate(notebook.cells) if re.search(rf"\d+ {word}", cell.source)]
        assert heads[0] == 0, f"{lesson.stem}.{lang} does not tell its minutes on the cover"
        for head, end in zip(heads, [*heads, len(notebook.cells)][1:], strict=True):
            assert minutes(notebook.cells[head:end]) <= 45, notebook.cells[head].source.splitlines()[0]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_leads_to_the_glossary_its_solutions_and_its_questions(lesson: Path):
    for notebook in build.split_languages(lesson).values():
        texts = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert "(glossary.ipynb)" in notebook.cells[0].source
        assert f"exercises/lesson_{lesson.stem[:2]}.py)" in texts
        assert lesson.stem.startswith("00") or texts.count("<summary>A. ") >= 2
        assert "{" + "minutes}" not in texts and "{" + "questions}" not in texts


@pytest.mark.parametrize("question", fill.questions(), ids=lambda question: question.id)
def test_a_question_has_one_right_answer_and_each_reply_rests_on_a_section(question: fill.Question):
    assert len(question.choices) in (3, 4) and sum(choice.right for choice in question.choices) == 1
    for choice in question.choices:
        assert set(choice.text) == set(choice.reply) == set(question.text) == set(LANGUAGES)
        assert choice.see or not choice.right
        if choice.see:
            lesson, section = choice.see.split(" § ")
            assert section in SECTIONS[lesson], choice.see


def test_every_misconception_is_caught_by_a_question():
    caught = {name for question in fill.questions() for name in question.catches}
    assert caught == MISCONCEPTIONS


def test_questions_have_names_of_their_own():
    names = [question.id for question in fill.questions()]
    assert len(set(names)) == len(names)


def test_a_choice_shows_its_text_as_text():
    choices = [fill.Choice({"en": "`a < b` *is* </summary><script>"}, {"en": "No."}, see="04 § 2")]
    made = fill.unfolding([fill.Question("x", "03", [], {"en": "Why?"}, choices)], "03", "en")
    assert "<summary>A. <code>a &lt; b</code> <em>is</em> &lt;/summary&gt;&lt;script&gt;</summary>" in made
    assert "✗ No. (lesson 04, section 2)" in made


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_glossary_stands_in_the_order_of_its_language_and_leads_to_lessons(lang: str):
    [text] = filled(new_markdown_cell("{glossary}"), name="glossary", lang=lang)
    _, _, *rows = text.splitlines()
    names = [re.match(r"\| \*\*(.+?)\*\* \|", row)[1] for row in rows]
    assert names == sorted(names, key=fill.plain) and len(set(names)) == len(names) == len(fill.glossary())
    for link in re.findall(r"\]\((.+?)\)", text):
        assert (build.HERE / lang / link).exists(), link
