"""Batches of documents, and of windows of a long token sequence."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_token_files import token_files, write_tokens

from mini_gpt.training.data import IGNORE, DocumentBatches, TokenBatches, document_batch, in_order
from mini_gpt.training.token_files import TokenFiles

END = 0
documents = st.lists(st.lists(st.integers(1, 9), max_size=6).map(lambda words: [*words, END]), min_size=1, max_size=5)


class Numbers:
    """Documents of random numbers, the same for a seed; remembers the seeds."""

    def __init__(self) -> None:
        self.seeds: list[int | str] = []

    def documents(self, seed: int | str) -> Iterator[list[int]]:
        self.seeds.append(seed)
        rng = random.Random(str(seed))
        while True:
            yield [*rng.choices(range(1, 10), k=rng.randint(1, 12)), END]


@given(documents)
def test_each_row_predicts_each_token_of_its_document_from_those_before(rows):
    inputs, targets = document_batch(rows, END)
    assert inputs.shape == targets.shape == (len(rows), max(map(len, rows)))
    for document, row, target in zip(rows, inputs.tolist(), targets.tolist(), strict=True):
        n = len(document)
        assert row[:n] == [END, *document[:-1]] and target[:n] == document
        assert set(row[n:]) <= {END} and set(target[n:]) <= {IGNORE}


def test_a_batch_is_a_function_of_seed_and_step_alone():
    one, same = DocumentBatches(Numbers(), 8, END, seed=1), DocumentBatches(Numbers(), 8, END, seed=1)
    same(7)  # what was drawn before does not matter
    assert [part.inputs.tolist() for part in one(3)] == [part.inputs.tolist() for part in same(3)]


def test_steps_and_seeds_differ():
    seen = [
        str(DocumentBatches(Numbers(), 8, END, seed)(step)) for seed, step in [(1, 1), (1, 2), (2, 1), (11, 1), (1, 11)]
    ]
    assert len(set(seen)) == 5


@given(st.integers(1, 20), st.data())
def test_the_parts_together_are_the_documents_of_the_step_each_once(batch_size, data):
    n_parts = data.draw(st.integers(1, batch_size))
    numbers = Numbers()
    parts = DocumentBatches(numbers, batch_size, END, 5, n_parts)(2)
    drawn = itertools.islice(Numbers().documents(numbers.seeds[0]), batch_size)
    found = [tuple(t for t in row if t != IGNORE) for part in parts for row in part.targets.tolist()]
    assert Counter(found) == Counter(map(tuple, drawn))
    sizes = [len(part.inputs) for part in parts]
    assert len(parts) == n_parts and max(sizes) - min(sizes) <= 1


def test_parts_go_from_short_documents_to_long_ones():
    parts = DocumentBatches(Numbers(), 64, END, seed=0)(0)
    lengths = [(part.targets != IGNORE).sum(1).tolist() for part in parts]
    assert lengths == [sorted(part) for part in lengths]
    assert all(max(short) <= min(long) for short, long in itertools.pairwise(lengths))


@pytest.mark.parametrize("n_parts", [0, 9])
def test_more_parts_than_documents_are_refused(n_parts):
    with pytest.raises(ValueError, match=rf"n_parts={n_parts} must be in 1\.\.batch_size=8"):
        DocumentBatches(Numbers(), 8, END, 0, n_parts)


# ---------------------------------------------------------------- batches of windows


@cache
def counting(n: int) -> TokenFiles:
    """The tokens 0, 1, 2, …, n - 1 in files of 37."""
    return token_files(*(list(range(i, min(n, i + 37))) for i in range(0, n, 37)))


def starts(batches: TokenBatches, steps: range) -> list[int]:
    """The first token of each window of `counting`, in the order of the steps; the window must count on from there."""
    found = []
    for step in steps:
        for inputs, targets in batches(step):
            assert inputs.shape == targets.shape == (batches.micro_batch_size, batches.context_length)
            for row, target in zip(inputs.tolist(), targets.tolist(), strict=True):
                assert row == list(range(row[0], row[0] + len(row))) and target == [i + 1 for i in row]
                found.append(row[0])
    return found


@given(st.data())
def test_an_epoch_visits_every_window_exactly_once(data):
    T = data.draw(st.integers(1, 12))
    n = data.draw(st.integers(T + 1, 150))
    micro = data.draw(st.integers(1, 4))
    batches = TokenBatches(counting(n), T, micro * data.draw(st.integers(1, 3)), micro, data.draw(st.integers(0, 99)))
    per_epoch = batches.windows_per_epoch
    assert (per_epoch + 2) * T > n - 1  # at most two windows' worth of tokens are left out
    visited = starts(batches, range(-(-3 * per_epoch // batches.batch_size)))
    for epoch in range(3):
        windows = sorted(visited[epoch * per_epoch : (epoch + 1) * per_epoch])
        first = windows[0]
        assert first < T and windows == list(range(first, first + per_epoch * T, T)) and windows[-1] + T < n


def test_epochs_differ_in_order_and_in_their_first_token():
    batches = TokenBatches(counting(400), 8, 7, 7, seed=0)
    n = batches.windows_per_epoch
    visited = starts(batches, range(n))
    epochs = [visited[i * n : (i + 1) * n] for i in range(7)]
    assert len({min(epoch) for epoch in epochs}) > 3
    orders = [[(start - min(epoch)) // 8 for start in epoch] for epoch in epochs]
    assert len(set(map(tuple, orders))) == 7 and sorted(orders[0]) not in orders


def test_a_batch_of_windows_is_a_function_of_seed_and_step_alone():
    one, same, other = (TokenBatches(counting(200), 8, 6, 3, seed) for seed in (1, 1, 2))
    forwards = [starts(one, range(step, step + 1)) for step in range(30)]
    backwards = [starts(same, range(step, step + 1)) for step in reversed(range(30))]
    assert forwards == backwards[::-1]
    assert forwards != [starts(other, range(step, step + 1)) for step in range(30)]


def test_whatever_changes_a_batch_is_among_its_conditions():
    files, again, others = counting(200), counting(200), counting(201)
    first = {"files": files, "context_length": 8, "batch_size": 6, "micro_batch_size": 3, "seed": 1}
    known = TokenBatches(**first).conditions
    assert TokenBatches(**first | {"files": again}).conditions == known  # wherever the files are
    names = {"files": "data", "context_length": "window", "seed": "order_seed"}
    for name, other in {
        "files": others,
        "context_length": 7,
        "batch_size": 9,
        "micro_batch_size": 2,
        "seed": 2,
    }.items():
        found = TokenBatches(**first | {name: other}).conditions
        assert {key for key in found if found[key] != known[key]} == {names.get(name, name)}
    assert DocumentBatches(Numbers(), 8, END, 1).conditions == {"batch_size": 8, "n_parts": 4, "order_seed": 1}


@given(st.sampled_from([1, 2, 3, 4, 6, 12]), st.integers(0, 20))
def test_the_parts_of_a_batch_are_the_same_windows_however_small(micro_batch_size, step):
    whole = TokenBatches(counting(150), 5, 12, 12, seed=3)(step)[0]
    parts = TokenBatches(counting(150), 5, 12, micro_batch_size, seed=3)(step)
    assert len(parts) == 12 // micro_batch_size
    assert torch.equal(torch.cat([part.inputs for part in parts]), whole.inputs)
    assert torch.equal(torch.cat([part.targets for part in parts]), whole.targets)


class Watched(TokenFiles):
    """Remembers what was read."""

    def __getitem__(self, where: slice) -> torch.Tensor:
        self.read = [*getattr(self, "read", []), where]
        return super().__getitem__(where)


def test_only_the_part_that_is_indexed_is_read(tmp_path):
    files = Watched(write_tokens(tmp_path, [list(range(300))]), "train")
    parts = TokenBatches(files, 8, 12, 3, seed=0)(5)
    of_one_process = parts[1::2]
    assert len(parts) == 4 and len(of_one_process) == 2 and not hasattr(files, "read")
    part = of_one_process[-1]
    assert [where.start for where in files.read] == part.inputs[:, 0].tolist()
    assert torch.equal(part.inputs, parts[3].inputs)
    with pytest.raises(IndexError):
        parts[4]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 7}, "batch_size=7 must be a multiple of micro_batch_size=2"),
        ({"batch_size": 0}, "batch_size=0 must be a multiple of micro_batch_size=2"),
        ({"micro_batch_size": 0}, "micro_batch_size=0 must be at least 1"),
        ({"context_length": 0}, "context_length=0 must be at least 1"),
        ({"context_length": 20}, "context_length=20 must be less than the 20 tokens in files"),
        ({"seed": -1}, "seed=-1 must be at least 0"),
    ],
)
def test_windows_that_cannot_be_are_refused_by_name(wrong, message):
    arguments = {"context_length": 19, "batch_size": 4, "micro_batch_size": 2, "seed": 0}
    assert TokenBatches(counting(20), **arguments).windows_per_epoch == 1
    with pytest.raises(ValueError, match=message):
        TokenBatches(counting(20), **arguments | wrong)


@given(st.integers(2, 120), st.integers(1, 12), st.integers(1, 5))
def test_in_order_every_token_but_the_first_is_a_target_once(n, T, B):
    batches = in_order(counting(n), T, B)
    inputs, targets = (torch.cat([batch[i].flatten() for batch in batches]).tolist() for i in (0, 1))
    assert {part.shape for batch in batches for part in batch} == {(B, T)}
    assert inputs[: n - 1] == list(range(n - 1)) and targets[: n - 1] == list(range(1, n))
    assert set(inputs[n - 1 :]) <= {7} and set(targets[n - 1 :]) <= {IGNORE}
    assert len(batches) == -(-(n - 1) // (B * T))


def test_a_limit_takes_the_first_batches():
    some, every = in_order(counting(100), 5, 3, limit=2), in_order(counting(100), 5, 3)
    assert len(some) == 2 and len(in_order(counting(100), 5, 3, limit=99)) == len(every) == 7
    assert all(torch.equal(a.targets, b.targets) for a, b in zip(some, every, strict=False))


def test_in_order_refuses_by_name():
    with pytest.raises(ValueError, match="limit=0 must be at least 1"):
        in_order(counting(9), 2, 1, limit=0)
    with pytest.raises(ValueError, match="files has 1 tokens"):
        in_order(counting(1), 2, 1)
    with pytest.raises(ValueError, match="micro_batch_size=0 must be at least 1"):
        in_order(counting(9), 2, 0)
