"""Each function against its definition."""

import itertools
import math

import pytest
import torch
from conftest import lively
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from mini_gpt import GPTConfig
from mini_gpt.probability import bits_per_byte, perplexity, sequence_log_prob, surprise, token_log_probs

# ---------------------------------------------------------------- log-probabilities


@given(st.integers(1, 3), st.integers(1, 5), st.integers(2, 6))
def test_each_token_costs_its_own_log_softmax_at_the_position_before(B, T, V):
    logits, ids = torch.randn(B, T, V), torch.randint(V, (B, T))
    found = token_log_probs(logits, ids)
    assert found.shape == (B, T - 1)
    for b, t in itertools.product(range(B), range(T - 1)):
        p = logits[b, t].exp() / logits[b, t].exp().sum()
        assert found[b, t].item() == pytest.approx(p[ids[b, t + 1]].log().item(), abs=1e-5)


def test_by_the_chain_rule_all_sequences_of_a_length_sum_to_one():
    model = lively(GPTConfig(vocab_size=3, context_length=5, n_layer=1, n_head=1, d_model=4))
    ids = torch.tensor([[1, *rest] for rest in itertools.product(range(3), repeat=4)])
    log_probs = sequence_log_prob(model(ids), ids)
    assert log_probs.shape == (81,)
    assert log_probs.exp().sum().item() == pytest.approx(1, abs=1e-5)
    assert log_probs.exp().std() > 1e-3  # and they are not all the same


@pytest.mark.parametrize("p", [1, 0.5, 0.1, 1e-6])
def test_surprise_is_in_bits(p):
    assert surprise(torch.tensor(p).double().log()).item() == pytest.approx(-math.log2(p), rel=1e-6)


@given(st.integers(2, 1000), st.integers(1, 20))
def test_a_uniform_guess_has_a_perplexity_of_the_vocabulary(V, T):
    log_probs = token_log_probs(torch.zeros(1, T + 1, V, dtype=torch.float64), torch.zeros(1, T + 1, dtype=torch.long))
    assert perplexity(log_probs).item() == pytest.approx(V)


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=20))
def test_perplexity_is_two_to_the_mean_surprise(probs):
    log_probs = torch.tensor(probs, dtype=torch.float64).log()
    assert perplexity(log_probs).item() == pytest.approx(2 ** surprise(log_probs).mean().item())


def test_bits_per_byte_does_not_depend_on_how_the_text_is_cut():
    letters = torch.tensor([0.5, 0.25, 0.5, 0.125]).log()
    words = letters.view(2, 2).sum(-1)
    assert bits_per_byte(letters, 4).item() == pytest.approx(7 / 4)
    assert_close(bits_per_byte(letters, 4), bits_per_byte(words, 4))
    assert perplexity(letters) != perplexity(words)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("shape", [(2, 3), (1, 4, 5), (2, 3, 5, 1)])
def test_logits_that_do_not_fit_the_ids_are_refused(shape):
    with pytest.raises(ValueError, match=r"logits of shape .* must be \(B, T, V\) for ids \(2, 3\)"):
        token_log_probs(torch.zeros(shape), torch.zeros(2, 3, dtype=torch.long))


def test_a_target_without_a_probability_is_named_and_nothing_is_no_text_to_be_unsure_of():
    logits = torch.zeros(2, 3, 5)
    logits[1, 1, 4] = math.nan
    with pytest.raises(FloatingPointError, match=r"logits give no probability but NaN for the target at \[1, 1\]"):
        token_log_probs(logits, torch.zeros(2, 3, dtype=torch.long))
    for measure in (perplexity, lambda log_probs: bits_per_byte(log_probs, 3)):
        with pytest.raises(FloatingPointError, match=r"log_probs give .* at \[1\]"):
            measure(torch.tensor([-1.0, math.nan]))
        assert measure(torch.tensor([-1.0, -math.inf])) == math.inf  # an impossible text still gets a number
    with pytest.raises(ValueError, match="log_probs hold no token"):
        perplexity(torch.zeros(0))


def test_bits_per_byte_of_no_bytes_are_refused():
    with pytest.raises(ValueError, match="n_bytes=0 must be at least 1"):
        bits_per_byte(torch.zeros(1), 0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_of_half_precision_logits_the_log_probabilities_are_those_in_float32(dtype):
    logits = torch.randn(2, 5, 478, generator=torch.Generator().manual_seed(0)).to(dtype)
    ids = torch.arange(10).view(2, 5)
    assert torch.equal(token_log_probs(logits, ids), token_log_probs(logits.float(), ids))
