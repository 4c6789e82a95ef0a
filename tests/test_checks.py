"""Exercises' checks: what is right passes, what is wrong is told why."""

import pytest
import torch

from mini_gpt.lesson.checks import TEXTS, check, verdict
from mini_gpt.lesson.exercises import EXERCISES, LESSONS

LANGUAGES = ("pt", "en")
MISTAKES = [(name, i) for name, exercise in EXERCISES.items() for i in range(len(exercise.mistakes))]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_right(name, lang):
    assert verdict(name, EXERCISES[name].solution, lang) == TEXTS["right"][lang]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("blank", [..., None])
def test_the_stub_is_refused_as_not_answered_yet(name, lang, blank):
    assert verdict(name, lambda *inputs: blank, lang) == TEXTS["empty"][lang]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("name", "i"), MISTAKES)
def test_every_mistake_is_named(name, i, lang):
    mistake = EXERCISES[name].mistakes[i]
    assert verdict(name, mistake.answer, lang) == f"✗ {mistake.hint[lang]}"


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_knows_three_mistakes_or_more(name):
    assert len(EXERCISES[name].mistakes) >= 3


def test_no_two_lessons_use_one_name():
    assert len(EXERCISES) == sum(len(lesson.EXERCISES) for lesson in LESSONS)


def test_a_solution_written_another_way_is_right():
    def by_loop(probs, p):  # plain Python numbers, and a list for an answer
        ranked = sorted(range(len(probs)), key=lambda i: -float(probs[i]))
        kept, total = [0.0] * len(probs), 0.0
        for i in ranked:
            if total < p - 1e-6:
                kept[i] = float(probs[i])
                total += kept[i]
        return [value / total for value in kept]

    assert verdict("nucleus", by_loop, "en") == TEXTS["right"]["en"]
    assert verdict("perplexity", lambda lp: 2 ** (-(lp / torch.tensor(2.0).log()).mean()), "en") == TEXTS["right"]["en"]
    assert verdict("chain_rule", lambda probs: sum(p.log() for p in probs).item(), "en") == TEXTS["right"]["en"]


def test_an_exception_becomes_a_hint_with_the_input_and_the_reason():
    said = verdict("temperature", lambda probs, t: probs / 0 / undefined, "en")  # noqa: F821
    assert "NameError" in said
    assert "[0.1, 0.4, 0.2, 0.3], 0.5" in said


def test_a_wrong_shape_and_a_wrong_kind_are_told():
    assert "has shape (3,); expected ()" in verdict("chain_rule", lambda probs: probs.log(), "en")
    assert "is of type int; expected str" in verdict("most_likely", lambda probs, words: 7, "en")


def test_another_wrong_number_is_shown_beside_the_right_one():
    assert "the answer is 0; expected -4.159" in verdict("chain_rule", lambda probs: 0.0, "en")


def test_an_answer_cannot_spoil_the_inputs_for_the_next():
    def spoils(probs, t):
        probs.zero_()
        return probs

    verdict("temperature", spoils, "en")
    assert verdict("temperature", EXERCISES["temperature"].solution, "en") == TEXTS["right"]["en"]


def test_check_prints_the_verdict_and_refuses_an_unknown_name(capsys):
    check("perplexity", lambda log_probs: ..., "pt")
    assert capsys.readouterr().out == TEXTS["empty"]["pt"] + "\n"
    with pytest.raises(ValueError, match=r"name=.perplexidade. must be one of .*perplexity"):
        check("perplexidade", lambda log_probs: ..., "pt")
