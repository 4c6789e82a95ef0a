"""A text of one's own: what is read of it, and what a small GPT learns from it."""

import json

import pytest
import torch

from mini_gpt import load
from mini_gpt.config import GPTConfig
from mini_gpt.lesson.own_text import as_batch, learn, lesson_words, read, samples, split, untrained, windows
from mini_gpt.probability import token_log_probs
from mini_gpt.tokenizer import GPT2Tokenizer

TEXT = "the cat sat on the mat . a dog lay on the rug . " * 40
TINY = GPTConfig(vocab_size=300, context_length=16, n_layer=1, n_head=2, d_model=16)


@pytest.fixture
def model():
    return untrained(GPT2Tokenizer.train(TEXT, 300), TINY)


def notebook(*cells):
    return json.dumps({"cells": [{"cell_type": kind, "source": text} for kind, text in cells]})


def test_the_lessons_words_are_their_prose_in_order_without_markup(tmp_path):
    (tmp_path / "02_b.ipynb").write_text(notebook(("markdown", ["## Two\n", "<b>b</b>"])), encoding="utf-8")
    first = ("markdown", "# **One**: [a](b.ipynb)"), ("code", "print(1)")
    (tmp_path / "01_a.ipynb").write_text(notebook(*first), encoding="utf-8")
    (tmp_path / "glossary.ipynb").write_text(notebook(("markdown", "no")), encoding="utf-8")
    assert lesson_words(tmp_path) == " One: a\n\n Two\nb"


def test_a_folder_without_lessons_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no lessons .*read\('my_text.txt'\)"):
        lesson_words(tmp_path)


def test_a_file_is_read_whatever_its_byte_order_mark_says(tmp_path):
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "text.txt").write_text("ação\n", encoding=encoding)
        assert read(tmp_path / "text.txt") == "ação\n"
    (tmp_path / "text.txt").write_bytes(b"a\xe7\xe3o")
    with pytest.raises(ValueError, match=r"text\.txt"):
        read(tmp_path / "text.txt")


def test_a_text_is_split_between_characters_and_nothing_is_lost():
    for text in (TEXT, "á" * 50, "ab"):
        training, validation = split(text)
        assert training + validation == text and training and validation
    with pytest.raises(ValueError, match="holds nothing"):
        split(" \n")


def test_windows_hold_every_token_and_count_bits_per_byte(model):
    text = "the cat sat on the mat . ação . " * 4
    rows, per_byte = windows(model, "training", text, 16)
    ids = torch.tensor([[model.tokenizer.end_of_text, *model.tokenizer.encode(text)]])
    assert torch.equal(rows[:, 0], ids[0, :-16]) and torch.equal(rows[-1], ids[0, -17:])
    inputs, targets = as_batch(rows[:2])
    assert torch.equal(inputs[:, 1:], targets[:, :-1])
    bits = -token_log_probs(torch.zeros(1, ids.size(1), 2), ids.clamp(max=1)).mean() * per_byte  # one bit per token
    assert bits.item() == pytest.approx((ids.size(1) - 1) / len(text.encode()))


def test_a_model_learns_a_text_and_memorises_a_short_one(model):
    training, validation = split(TEXT)
    learned = learn(model, training, validation, steps=12, looks=4)
    assert list(learned.validation) == list(learned.samples) == [0, 4, 8, 12]
    assert list(learned.training) == [4, 8, 12]
    assert learned.validation[12] < learned.validation[0] - 0.5 and learned.best == 12
    other = untrained(model.tokenizer, TINY)
    worse = learn(other, training[:60] * 2, "zebras quiz yaks . " * 9, steps=16, looks=2)
    assert worse.best == 0 and worse.training[16] < worse.validation[16]


def test_the_same_call_learns_the_same(model):
    halves = split(TEXT)
    one, two = (learn(untrained(model.tokenizer, TINY), *halves, steps=3, looks=1) for _ in range(2))
    assert one.validation == two.validation and one.samples == two.samples and list(one.validation) == [3]


def test_a_text_shorter_than_a_window_is_refused_by_its_name(model):
    with pytest.raises(ValueError, match="validation must have at least 16 tokens, a window; it has 4"):
        learn(model, TEXT, "the cat sat .", steps=1)
    model.tokenizer = None
    with pytest.raises(ValueError, match=r"model\.tokenizer=None"):
        learn(model, TEXT, TEXT, steps=1)


def test_samples_follow_their_seed_and_their_temperature():
    mini = load("mini")
    assert samples(mini, 2, max_new_tokens=5) == samples(mini, 2, max_new_tokens=5)
    assert samples(mini, max_new_tokens=9) != samples(mini, max_new_tokens=9, seed=2)
    cold = samples(mini, 3, temperature=0, max_new_tokens=5)
    assert len(cold) == 3 and len({*cold}) == 1
