"""Measured costs: memory to the byte; of time only that it is taken, since how it grows is unsure on a busy machine."""

import pytest
import torch

from mini_gpt import GPT, GPTConfig
from mini_gpt.cache import Cache
from mini_gpt.lesson import costs as module
from mini_gpt.lesson.costs import GROWING_CONTEXT, GROWING_MODEL, Peak, cost, costs
from mini_gpt.sizes import cache_bytes, parameters

TINY = GPTConfig(vocab_size=10, context_length=32, n_layer=2, n_head=2, d_model=8)


# ---------------------------------------------------------------- memory


def test_the_peak_is_of_what_is_held_at_once_and_not_of_all_that_was_made():
    with Peak() as peak:
        first = torch.zeros(1000)
        second = first + 1  # 8,000 bytes are still in use
        del first
        third = second[:250].clone()
        del second, third
        assert peak.held == 0
    assert peak.bytes == 8000


def test_the_peak_counts_no_view_no_change_in_place_and_nothing_from_outside():
    outside = torch.zeros(1000)
    with Peak() as peak:
        outside.view(10, 100).mT.add_(1)
        outside[:10] = 3
    assert peak.bytes == 0


def test_the_peak_counts_what_is_given_back():
    with Peak() as peak:
        kept = torch.zeros(10)
    assert peak.held == kept.nbytes == 40


def test_reading_again_takes_what_grows_with_the_context_and_the_cache_its_keys_and_values():
    model = GPT(TINY).eval()
    for context in (4, 8, 16, 32):
        without, with_cache = (cost(model, context, cached, repeats=1) for cached in (False, True))
        assert with_cache.bytes - cache_bytes(TINY, context) == pytest.approx(cost(model, 1, False, 1).bytes, abs=64)
        assert without.bytes > 4 * TINY.d_model * context * 4  # at least the MLP's (context, d_ff) in float32


def test_the_kept_keys_and_values_are_those_of_a_real_cache():
    made_by_one = {context: cost(GPT(TINY).eval(), context, True, 1).bytes for context in (16, 32)}
    cache = Cache(TINY, batch_size=1)
    half = sum(t[:, :, :16].numel() * 4 for layer in cache.layers for t in (layer.keys, layer.values))
    assert made_by_one[32] - made_by_one[16] == half


# ---------------------------------------------------------------- what is measured


def test_the_records_say_what_was_measured():
    found = costs([TINY], [2, 4], repeats=1)
    assert [(c.context, c.cached) for c in found] == [(2, False), (2, True), (4, False), (4, True)]
    assert {c.parameters for c in found} == {sum(p.numel() for p in GPT(TINY).parameters())}
    assert all(c.seconds > 0 for c in found)


def test_with_a_cache_each_repeat_reads_one_token_and_without_all_of_them(monkeypatch):
    read = []
    real = GPT.hidden_states

    def spy(self, ids, mask=None, cache=None):
        read.append((ids.size(1), cache.length if cache is not None else None))
        return real(self, ids, mask, cache)

    monkeypatch.setattr(GPT, "hidden_states", spy)
    cost(GPT(TINY).eval(), 5, True, repeats=3)
    assert read == [(5, 0), *[(1, 4)] * 4]
    read.clear()
    cost(GPT(TINY).eval(), 5, False, repeats=3)
    assert read == [(5, None)] * 5


def test_the_time_is_the_median_of_the_repeats(monkeypatch):
    clock = iter([0, 9, 10, 11, 20, 22])  # runs of 9, 1 and 2 seconds
    monkeypatch.setattr(module, "perf_counter", lambda: next(clock))
    assert module.measure(lambda: None, repeats=3) == (2, 0)


@pytest.mark.parametrize("context", [0, 33])
def test_a_context_that_the_model_lacks_is_refused(context):
    with pytest.raises(ValueError, match=rf"context={context} must be in 1\.\.context_length=32"):
        cost(GPT(TINY), context, False, repeats=1)


def test_what_the_lesson_draws_spans_contexts_and_sizes():
    (model,), contexts = GROWING_CONTEXT
    assert (contexts[0], contexts[-1]) == (64, 1024) and model.context_length == 1024
    models, contexts = GROWING_MODEL
    counts = [sum(parameters(config).values()) for config in models]
    assert counts == sorted(counts) and counts[-1] > 50 * counts[0]
    assert len(contexts) == 1
