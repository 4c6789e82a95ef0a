"""Which documents are for validation, and where long ones are cut."""

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_sources import write_jsonl

from mini_gpt.tokenizer import GPT2Tokenizer
from mini_gpt.training.corpus import Corpus, fingerprint, last_part, next_cut
from mini_gpt.training.token_files import Arguments

LETTERS = st.characters(exclude_categories=["Cs"])
TOKENIZER = GPT2Tokenizer.train(["the cat sat on the mat, and the dog's bowl — vazio.\n\n  Então?\n" * 20], 300)


def corpus(path: Path, texts: list[str], validation: float = 0.1, item_bytes: int = 2**20) -> Corpus:
    return Corpus(Arguments([str(write_jsonl(path, texts))], "mini", validation, "strict", 2**20, item_bytes))


def sides(corpus: Corpus) -> dict[str, list[str]]:
    """The documents of each split, put together from their chunks."""
    found = {"train": [], "validation": []}
    for chunk in corpus.chunks():
        found[chunk.split] += [""] * chunk.is_first
        found[chunk.split][-1] += chunk.text("strict")
    return found


def test_a_document_is_on_the_same_side_whatever_is_beside_it(tmp_path):
    texts = [f"document {i}" for i in range(200)]
    whole, half = sides(corpus(tmp_path / "a.jsonl", texts)), sides(corpus(tmp_path / "b.jsonl", texts[::-2]))
    assert sorted(whole["train"] + whole["validation"]) == sorted(texts) and 5 < len(whole["validation"]) < 40
    assert sorted(half["train"] + half["validation"]) == sorted(texts[::-2])
    assert all(set(half[split]) < set(whole[split]) for split in half)


@pytest.mark.parametrize("fraction", [1e-30, 0.005, 0.5, 1 - 1e-9])
def test_of_two_documents_one_is_for_validation(tmp_path, fraction):
    assert [len(side) for side in sides(corpus(tmp_path / "a.jsonl", ["nina sings", "leo"], fraction)).values()] == [
        1,
        1,
    ]


def test_no_document_is_for_validation_if_none_is_wanted(tmp_path):
    assert sides(corpus(tmp_path / "a.jsonl", ["a", "b", "c"], 0)) == {"train": ["a", "b", "c"], "validation": []}


def test_documents_of_white_space_are_none_and_counted_once_however_often_they_are_read(tmp_path):
    found = corpus(tmp_path / "a.jsonl", ["nina sings", " \n\t", "", "\u2003", "leo"], 0.5)
    for _ in range(2):
        assert sorted(text for side in sides(found).values() for text in side) == ["leo", "nina sings"]
        assert found.skipped == {"documents without text": 3}


def test_in_pieces_the_fraction_is_met_by_the_last_part_of_each_document(tmp_path):
    texts = [f"{i} " * 500 for i in range(9)]
    path = write_jsonl(tmp_path / "a.jsonl", texts)
    found = Corpus(Arguments([str(path)], "mini", 0.02, "strict", 2**20, 2**20, pieces=True))
    parts = sides(found)
    assert [train + held for train, held in zip(*parts.values(), strict=True)] == texts
    assert [len(held) for held in parts["validation"]] == [21] * 9  # the space counts, too
    assert found.validation_rule == "the last part of each document"
    without = Corpus(Arguments([str(path)], "mini", 0, "strict", 2**20, 2**20, pieces=True))
    assert sides(without) == {"train": texts, "validation": []} and without.validation_rule == "none"


@given(st.lists(st.text(LETTERS, min_size=1).filter(str.strip), min_size=1, max_size=6), st.floats(0, 0.9),
       st.integers(1, 40))  # fmt: skip
def test_the_chunks_of_all_items_are_the_documents(tmp_path_factory, texts, validation, item_bytes):
    found = corpus(tmp_path_factory.mktemp("a") / "a.jsonl", texts, validation, item_bytes)
    items = [*found.items()]
    assert [chunk for item in items for chunk in item] == [*found.chunks()]
    assert "".join(chunk.text("strict") for item in items for chunk in item) == "".join(texts)
    sizes = [sum(chunk.end - chunk.begin for chunk in item) for item in items]
    assert all(size >= item_bytes for size in sizes[:-1])


def test_a_long_document_is_cut_even_if_an_item_has_room_for_it(tmp_path):
    assert len([*corpus(tmp_path / "a.jsonl", ["cat " * 100_000, "end"], item_bytes=2**30).chunks()]) == 8


@given(st.text(st.one_of(LETTERS, st.sampled_from(" \n\ta'"))), st.integers(0, 50))
@example("two lines\n\n further down", 10)  # between the two newlines, which are one token
def test_a_text_cut_where_no_token_crosses_is_encoded_as_the_whole(text, start):
    data = text.encode()
    cut = next_cut(data, start)
    assert cut == len(data) or cut >= start
    parts = [data[:cut].decode(), data[cut:].decode()]
    assert [i for part in parts for i in TOKENIZER.encode(part, special=False)] == TOKENIZER.encode(text, False)


@given(st.text(LETTERS, min_size=1), st.floats(0, 0.99))
def test_the_last_part_begins_between_two_characters(text, fraction):
    data = text.encode()
    cut = last_part(data, fraction)
    assert cut <= max(1, len(data) * (1 - fraction)) or cut == len(data)
    assert 0 < cut <= len(data) and data[:cut].decode() + data[cut:].decode() == text


def test_the_last_part_begins_with_a_word_if_there_is_one_near():
    assert last_part(b"one two three four", 0.3) == len("one two")
    assert last_part(b"one " + b"x" * 999, 0.3) == int(1003 * 0.7)
    assert last_part(b" one", 0.9) == 4  # otherwise nothing would be left to train on


def test_an_item_has_another_fingerprint_if_anything_in_it_differs(tmp_path):
    variants = [["ab", "cd"], ["ab", "ce"], ["ab", "cd", "e"], ["abc", "d"], ["abcd"]]
    items = [
        [*corpus(tmp_path / "a.jsonl", texts, validation).chunks()] for texts in variants for validation in (0, 0.5)
    ]
    assert len({fingerprint(item) for item in items}) == len(items)
    assert fingerprint(items[0]) == fingerprint([*corpus(tmp_path / "b.jsonl", variants[0], 0).chunks()])


def test_the_size_of_the_text_is_known_if_all_files_are_plain(tmp_path):
    plain, records = tmp_path / "a.txt", tmp_path / "b.jsonl"
    plain.write_text("12345")
    records.write_text('{"text": "1"}\n')
    os.utime(plain, ns=(7, 7))
    found = Corpus(Arguments([str(plain)], "mini", 0, "strict", 1, 1))
    assert found.files == [(str(plain), 5, 7)] and found.total_bytes == 5
    assert Corpus(Arguments([str(plain), str(records)], "mini", 0, "strict", 1, 1)).total_bytes is None
