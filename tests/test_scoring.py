"""Windows over a text, and rows scored together against one token at a time."""

import pytest
import torch
from characters import nats_of, with_characters
from hypothesis import given, settings
from hypothesis import strategies as st

from mini_gpt.evaluation import scoring
from mini_gpt.evaluation.scoring import Row, Scorer, nats, windows
from mini_gpt.training.distributed import ONE_PROCESS

MODEL = with_characters("abcde", context_length=8)
SIZES = st.integers(1, 12).flatmap(lambda context: st.tuples(st.just(context), st.integers(1, context)))
ROW = st.lists(st.integers(0, 11), min_size=2, max_size=9).flatmap(
    lambda ids: st.builds(Row, st.just(torch.tensor(ids)), st.integers(1, len(ids) - 1))
)


def scorer(model=MODEL, batch_size: int = 3) -> Scorer:
    return Scorer(model, model.tokenizer, "text", "text.txt", 8, 4, batch_size, ONE_PROCESS)


@given(st.integers(1, 60), SIZES)
def test_windows_predict_every_token_but_the_first_exactly_once_and_in_order(n, size):
    context_length, stride = size
    spans = list(windows(n, context_length, stride))
    assert [t for _, stop, first in spans for t in range(first, stop)] == list(range(1, n))
    for start, stop, first in spans:
        assert 0 <= start < first < stop <= n
        assert stop - 1 - start <= context_length


@given(st.integers(1, 60), SIZES)
def test_a_token_sees_all_before_it_or_at_least_what_the_stride_leaves(n, size):
    context_length, stride = size  # with stride 1, every token has a full context
    for start, stop, first in windows(n, context_length, stride):
        assert all(t - start >= min(t, context_length - stride + 1) for t in range(first, stop))


@settings(max_examples=25)
@given(st.lists(ROW, max_size=5), st.integers(1, 4), st.integers(1, 7))
def test_rows_of_any_lengths_score_together_what_their_tokens_score_one_by_one(rows, batch_size, positions):
    def starts(logits: torch.Tensor, targets: torch.Tensor, begins: torch.Tensor) -> torch.Tensor:
        return begins * targets

    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(scoring, "POSITIONS", positions)  # so few that the logits come in several parts
        scores = scorer(batch_size=batch_size).score(rows, nats, starts)
    assert scores.shape == (len(rows), 2) and scores.dtype == torch.float64
    for row, (cost, start) in zip(rows, scores.tolist(), strict=True):
        assert cost == pytest.approx(nats_of(MODEL, row.ids.tolist(), row.first), rel=1e-5)
        assert start == row.ids[row.first]


def test_scoring_stays_on_the_models_device_and_reads_nothing_back_from_it():
    model = with_characters("abcde", context_length=8).to("meta")  # on which reading a value is an error
    rows = [Row(torch.tensor([0, 1, 2, 3]), 2), Row(torch.tensor([0, 4]), 1)]
    values = scorer(model).score_batch(rows, [nats])
    assert values.device.type == "meta" and values.shape == (3, 1)


def test_rows_of_different_lengths_keep_the_same_context():
    rows = [Row(torch.tensor([0, 1, 2, 3, 4, 5, 6, *ending]), 7) for ending in ([7], [8, 9, 10])]
    assert [(row.ids.tolist(), row.first) for row in scorer().fit(rows)] == [
        ([1, 2, 3, 4, 5, 6, 7], 6), ([1, 2, 3, 4, 5, 6, 8, 9, 10], 6)]  # fmt: skip
