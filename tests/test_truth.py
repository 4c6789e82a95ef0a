"""A model beside the truth."""

import numpy as np
import pytest
import torch

from mini_gpt import GPT, GPTConfig
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, held_out_documents
from mini_gpt.probability import token_log_probs


@pytest.fixture(scope="module")
def town():
    return Town("en")


@pytest.fixture(scope="module")
def model(town):
    torch.manual_seed(0)
    return GPT(GPTConfig(town.tokenizer.vocab_size, context_length=64, n_layer=1, n_head=1, d_model=8)).eval()


def test_every_token_is_compared_once_with_its_own_costs(town, model):
    documents = held_out_documents(town, 3)
    result = compare(model, town, documents)
    assert result.ids.tolist() == [token for document in documents for token in document]
    ids = torch.tensor([[town.tokenizer.end_of_text, *documents[0]]])
    mine = -token_log_probs(model(ids), ids)[0].detach().numpy()
    assert np.allclose(result.model[: len(documents[0])], mine, atol=1e-5)
    assert np.array_equal(result.truth[: len(documents[0])], -town.token_log_probs(ids[0].tolist()))


def test_no_model_pays_less_than_the_truth_and_an_ignorant_one_pays_log_v(town, model):
    result = compare(model, town, held_out_documents(town, 50))
    assert result.loss == pytest.approx(np.log(town.tokenizer.vocab_size), rel=0.05)
    assert result.ratio == result.loss / result.floor > 5


def test_held_out_documents_are_none_of_those_that_a_training_draws(town):
    held_out = {tuple(document) for document in held_out_documents(town, 5)}
    drawn = {tuple(document) for step in range(3) for document in held_out_documents(town, 5, f"0, step {step}")}
    assert not held_out & drawn
