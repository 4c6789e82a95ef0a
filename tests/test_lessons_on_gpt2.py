"""Lessons that name their model in one line, run on one under GPT-2's own 50,257 tokens.

Its weights are random: every cell must run, whatever the model says. It is small, and each lesson runs in one language;
`make fullsize` gives it GPT-2's size, 124M, and runs both.
"""

import os
import re

import pytest
import torch

from mini_gpt import GPT, GPTConfig, load_tokenizer, save
from mini_gpt.lesson.words import LANGUAGES
from notebooks import build

pytestmark = pytest.mark.slow
FULL_SIZE = "FULL_SIZE" in os.environ
LESSONS = {
    "01_language_model_probability": "en",
    "02_tokens": "pt",
    "03_attention_masks": "en",
    "04_the_whole_gpt": "en",
    "07_context_embeddings": "pt",
    "10_from_mini_to_gpt2": "pt",
    "11_real_text": "en",
    "12_inside": "pt",
}
FEWER = {  # texts of lesson 01, and steps of lesson 11: every cell still runs, in seconds
    "[[start]] * 100": "[[start]] * 4",
    "seed=3), 300)": "seed=3), 20)",
    "STEPS = 100": "STEPS = 12",
    "(pages, 80)": "(pages, 8)",
    "samples[80]": "samples[8]",
    "MORE = 6": "MORE = 2",
}
MODEL = re.compile(r'^MODEL = "[\w-]+"', re.MULTILINE)
CHECK = re.compile(r'^check\("(\w+)", \w+, LANG\)', re.MULTILINE)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with the model and its tokenizer, as a student would have one of a run of their own."""
    folder = tmp_path_factory.mktemp("random")
    torch.manual_seed(0)
    size = {} if FULL_SIZE else {"n_layer": 2, "n_head": 4, "d_model": 64}
    model = GPT(GPTConfig.preset("gpt2", **size))
    model.tokenizer = load_tokenizer("gpt2")
    save(model, folder)
    return folder


@pytest.mark.parametrize(
    ("lesson", "lang"),
    [(lesson, lang) for lesson, one in LESSONS.items() for lang in LANGUAGES if FULL_SIZE or lang == one],
)
def test_every_cell_runs_and_takes_the_right_answers(saved, lesson, lang):
    notebook = build.split_languages(build.HERE / "lessons" / f"{lesson}.py")[lang]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    [first] = [cell for cell in cells if MODEL.search(cell.source)]
    assert first is cells[0]
    first.source = MODEL.sub(f"MODEL = {str(saved)!r}", first.source)
    first.source += "\nfrom mini_gpt.lesson.exercises import EXERCISES"
    for cell in cells if not FULL_SIZE else []:
        for many, few in FEWER.items():
            cell.source = cell.source.replace(many, few)
    asked = [cell for cell in cells if CHECK.search(cell.source)]
    for cell in asked:
        cell.source = CHECK.sub(r'check("\1", EXERCISES["\1"].solution, LANG)', cell.source)
    build.run(notebook, build.HERE / lang)  # raises what a cell raises
    assert all(output.text.startswith("✓") for cell in asked for output in cell.outputs)
    assert 2 <= len(asked) == sum(len(cell.outputs) for cell in asked)


def test_every_lesson_that_names_its_model_is_among_them():
    found = {path.stem for path in build.lessons(build.HERE) if re.search(r"^MODEL = ", path.read_text("utf-8"), re.M)}
    assert found == {*LESSONS}
