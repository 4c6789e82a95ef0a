"""Temperature, top-k and top-p against their definitions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.testing import assert_close

from mini_gpt.sampling import apply_temperature, keep_top_k, keep_top_p, next_token_probs, pick

numbers = st.floats(-20, 20).map(lambda x: round(x, 3))
some_logits = st.lists(numbers, min_size=1, max_size=9).map(lambda row: torch.tensor(row, dtype=torch.float64))
temperatures = st.floats(0.05, 20)

# ---------------------------------------------------------------- temperature


@given(some_logits, temperatures)
def test_temperature_raises_probabilities_to_one_over_t(logits, t):
    assume(logits.max() - logits.min() < 600 * t)
    powers = logits.softmax(-1) ** (1 / t)
    assume(powers.max() > 1e-300)
    assert_close(apply_temperature(logits, t).softmax(-1), powers / powers.sum(), rtol=1e-6, atol=1e-9)


@given(some_logits)
def test_temperature_one_changes_nothing_and_zero_leaves_only_the_largest(logits):
    assert_close(next_token_probs(logits, 1.0), logits.softmax(-1))
    greedy = next_token_probs(logits, 0)
    assert greedy.sum() == 1 and greedy[logits.argmax()] == 1


@given(some_logits, st.floats(min_value=5e-324, max_value=1e-3))
def test_a_tiny_temperature_is_nearly_greedy_and_never_breaks(logits, t):
    two = logits.unique()[-2:]
    assume(len(two) == 2 and two[1] - two[0] >= 0.05 and (logits == two[1]).sum() == 1)
    assert_close(next_token_probs(logits, t), next_token_probs(logits, 0), rtol=0, atol=1e-9)


@given(some_logits, st.tuples(temperatures, temperatures))
def test_a_higher_temperature_is_never_less_unsure(logits, ts):
    def entropy(t: float) -> float:
        return -torch.special.xlogy(p := next_token_probs(logits, t), p).sum().item()

    assert entropy(min(ts)) <= entropy(max(ts)) + 1e-9


# ---------------------------------------------------------------- top-k, top-p


@given(some_logits, st.integers(1, 12))
def test_top_k_keeps_exactly_k_and_no_other_is_larger(logits, k):
    kept = keep_top_k(logits, k) > -torch.inf
    assert torch.equal(keep_top_k(logits, np.int64(k)), keep_top_k(logits, k))
    assert kept.sum() == min(k, len(logits))
    assert kept.all() or logits[kept].min() >= logits[~kept].max()
    assert_close(keep_top_k(logits, k)[kept], logits[kept], rtol=0, atol=0)


def test_of_equal_logits_top_k_keeps_the_first():
    assert keep_top_k(torch.zeros(5), 2).isfinite().tolist() == [True, True, False, False, False]


@given(some_logits, st.data())
def test_top_p_keeps_the_smallest_set_that_reaches_p(logits, data):
    probs = logits.softmax(-1)
    sums = probs.sort(descending=True).values.cumsum(-1).tolist()  # where one more token starts to be needed
    near = st.sampled_from(sums).flatmap(lambda at: st.sampled_from([at * 0.9999, at, at * 1.0001]))
    p = min(data.draw(near | st.floats(0.001, 1)), 1)
    kept = keep_top_p(logits, p) > -torch.inf
    assert kept.any()
    assert kept.all() or probs[kept].min() >= probs[~kept].max()
    assert probs[kept].sum() >= p - 1e-9
    assert p == 1 or probs[kept].sum() - probs[kept].min() < p + 1e-9  # without the last it falls short


@given(some_logits)
def test_top_p_one_keeps_all_and_a_tiny_one_the_likeliest(logits):
    assert keep_top_p(logits, 1).isfinite().all()
    tiny = keep_top_p(logits, 1e-9)
    assert tiny.isfinite().sum() == 1 and tiny.argmax() == logits.argmax()


# ---------------------------------------------------------------- all together


@given(some_logits, st.floats(0, 5), st.none() | st.integers(1, 9), st.none() | st.floats(0.001, 1))
def test_the_distribution_sums_to_one_and_keeps_the_ratios_of_what_is_left(logits, t, k, p):
    probs = next_token_probs(logits, t, k, p)
    assert probs.sum().item() == pytest.approx(1)
    kept = probs > 0
    warm = next_token_probs(logits, t)
    assert_close(probs[kept], warm[kept] / warm[kept].sum(), rtol=1e-6, atol=1e-9)


def test_the_order_is_temperature_then_top_k_then_top_p():
    logits = torch.tensor([0.4, 0.3, 0.2, 0.1]).log()
    # of the two that top-k leaves the first has 4/7 > 0.5; without top-k top-p would keep two
    assert (next_token_probs(logits, top_k=2, top_p=0.5) > 0).sum() == 1
    # at t = 1/4 the first has 0.72 of the whole
    assert (next_token_probs(logits, temperature=0.25, top_p=0.7) > 0).sum() == 1


def test_rows_are_treated_alone():
    logits = torch.randn(2, 3, 7)
    all_at_once = next_token_probs(logits, 0.7, 4, 0.8)
    for row, expected in zip(logits.view(-1, 7), all_at_once.view(-1, 7), strict=True):
        assert_close(next_token_probs(row, 0.7, 4, 0.8), expected)


def test_logits_are_left_as_they_were():
    logits = torch.randn(5)
    before = logits.clone()
    next_token_probs(logits, 0.5, 2, 0.5)
    assert_close(logits, before, rtol=0, atol=0)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("row", [[0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0], [-1.0, 0.5]])
def test_nothing_is_drawn_from_what_is_no_distribution(row):
    with pytest.raises(ValueError, match=r"probs sum to \[1.0, .*\]: nothing can be drawn from a sum of 0, inf or nan"):
        pick(torch.tensor([[0.5, 0.5], row]))


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("knobs", [{}, {"temperature": 0}, {"top_k": 1}, {"top_p": 0.5}])
def test_logits_that_are_no_numbers_give_no_token_whatever_the_knobs(value, knobs):
    with pytest.raises(ValueError, match="nothing can be drawn"):
        pick(next_token_probs(torch.tensor([[0.0, value, value]]), **knobs))


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"temperature": -0.1}, "temperature=-0.1 must be at least 0 and finite"),
        ({"temperature": math.inf}, "temperature=inf must be at least 0 and finite"),
        ({"temperature": math.nan}, "temperature=nan must be at least 0 and finite"),
        ({"top_k": 0}, "top_k=0 must be a whole number of at least 1"),
        ({"top_k": -3}, "top_k=-3 must be a whole number of at least 1"),
        ({"top_k": 2.5}, "top_k=2.5 must be a whole number of at least 1"),
        ({"top_p": 0}, r"top_p=0 must be in \(0, 1\]"),
        ({"top_p": 1.1}, r"top_p=1.1 must be in \(0, 1\]"),
        ({"top_p": -0.5}, r"top_p=-0.5 must be in \(0, 1\]"),
        ({"top_p": math.nan}, r"top_p=nan must be in \(0, 1\]"),
    ],
)
def test_knobs_out_of_range_are_refused(knobs, message):
    with pytest.raises(ValueError, match=message):
        next_token_probs(torch.zeros(3), **knobs)
