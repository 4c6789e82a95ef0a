"""Batches of documents."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mini_gpt.data import IGNORE, DocumentBatches, document_batch

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
