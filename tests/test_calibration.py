"""What a model says of its guesses, beside what the town knows of them."""

import math

import numpy as np
import pytest
import torch

from mini_gpt import load
from mini_gpt.lesson.calibration import binned, calibration_error, entropy, guesses
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, held_out_documents

TOWN = Town()
DOCUMENTS = held_out_documents(TOWN, 40, "a test's own")


def knows_the_truth(ids):
    """The town itself, as a model: its log-probabilities are logits that softmax leaves as they are."""
    return torch.stack([torch.tensor(TOWN.next_token_probs_along(row)) for row in ids.tolist()]).log()


def test_who_knows_the_truth_says_it():
    sure = guesses(knows_the_truth, TOWN, DOCUMENTS)
    np.testing.assert_allclose(sure.said, sure.true, atol=1e-9)
    np.testing.assert_allclose(sure.entropy, sure.true_entropy, atol=1e-9)
    assert calibration_error(sure.said, sure.true) == pytest.approx(0, abs=1e-9)
    assert calibration_error(sure.said, sure.came) > 0.001  # by chance, since there are few documents


def test_a_place_has_the_models_best_guess_what_it_is_worth_and_whether_it_came():
    model, document = load("mini"), DOCUMENTS[0]
    sure = guesses(model, TOWN, [document])
    end = TOWN.tokenizer.end_of_text
    for t in (0, 3, len(document) - 1):
        ids = [end, *document[:t]]
        with torch.no_grad():
            probs = model(torch.tensor([ids]))[0, -1].softmax(-1)
        best = int(probs.argmax())
        assert sure.said[t] == pytest.approx(probs[best].item(), abs=1e-5)
        assert sure.true[t] == pytest.approx(TOWN.next_token_probs(ids)[best])
        assert sure.came[t] == (best == document[t])
    assert len(sure.said) == len(document)


def test_in_the_ladder_larger_models_are_nearer_to_the_truth_at_each_place():
    names = ("tiny-5k", "tiny-12k", "tiny-43k", "mini")
    sure = [guesses(load(name), TOWN, DOCUMENTS) for name in names]
    away = [abs(each.said - each.true).mean() for each in sure]
    assert away == sorted(away, reverse=True)


def test_the_smallest_expects_to_pay_more_than_it_pays_and_both_are_above_the_floor():
    documents = held_out_documents(TOWN, 300, "a test's own")
    model = load("tiny-5k")
    sure, result = guesses(model, TOWN, documents), compare(model, TOWN, documents)
    assert sure.entropy.mean() > result.loss / math.log(2) > 1.2 * result.floor / math.log(2)


def test_entropy_is_in_bits_and_a_certainty_has_none():
    assert entropy(np.full((2, 8), 1 / 8)).tolist() == [3, 3]
    assert str(entropy([[1.0, 0.0]])[0]) == "0.0"


def test_bins_are_equal_the_top_belongs_to_the_last_and_empty_ones_are_left_out():
    bins = binned([0.0, 0.09, 0.1, 1.0], [1, 0, 1, 0])
    assert [each.share for each in bins] == [0.5, 0.25, 0.25]
    assert [each.said for each in bins] == pytest.approx([0.045, 0.1, 1.0])
    assert [each.true for each in bins] == [0.5, 1, 0]
    assert [each.said for each in binned([1.0, 3.0, 4.0], [0, 0, 0], bins=2, top=4)] == [1, 3.5]


def test_the_error_weighs_each_bin_by_its_guesses():
    said, came = [0.95] * 3 + [0.25], [1, 1, 0, 0]
    assert calibration_error(said, came) == pytest.approx(0.75 * (0.95 - 2 / 3) + 0.25 * 0.25)
