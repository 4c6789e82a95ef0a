"""Words to ids and back."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as LibraryTokenizer

from mini_gpt.tokenizer import END_OF_TEXT, WordTokenizer

WORDS = [END_OF_TEXT, "ana", "está", "júlia", "violão", ".", "tl;dr", "?", '"', "<b>", "日本", "em"]
texts = st.lists(st.sampled_from(WORDS), max_size=12)


@pytest.fixture(scope="module")
def tokenizer() -> WordTokenizer:
    return WordTokenizer(WORDS)


@given(texts)
def test_decoding_undoes_encoding(tokenizer, words):
    ids = tokenizer.encode(" ".join(words))
    assert ids == [WORDS.index(word) for word in words]
    assert tokenizer.decode(ids) == " ".join(words)


def test_white_space_of_any_kind_separates_and_a_tensor_decodes(tokenizer):
    assert tokenizer.encode("  ana\n está\t. ") == [1, 2, 5]
    assert tokenizer.decode(torch.tensor([1, 2, 5])) == "ana está ."


def test_its_size_and_the_end_of_text_are_known(tokenizer):
    assert tokenizer.vocab_size == len(WORDS)
    assert WordTokenizer(["a", END_OF_TEXT]).end_of_text == 1


@given(words=texts)
def test_the_library_tokenizers_opens_what_is_saved_and_agrees(tmp_path_factory, tokenizer, words):
    path = tmp_path_factory.getbasetemp() / "tokenizer.json"
    if not path.exists():
        tokenizer.save(path)
    library = LibraryTokenizer.from_file(str(path))
    text = " ".join(words)
    assert library.encode(text).ids == tokenizer.encode(text)
    assert library.decode(tokenizer.encode(text), skip_special_tokens=False) == text
    assert library.get_vocab_size() == tokenizer.vocab_size


def test_what_is_saved_comes_back(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer.json")
    assert WordTokenizer.from_file(tmp_path / "tokenizer.json").words == tokenizer.words


def test_unknown_words_are_all_named_each_once_with_close_ones(tokenizer):
    with pytest.raises(ValueError, match="text has words that are not among the 12 known") as error:
        tokenizer.encode("ana esta em zzz esta")
    assert str(error.value).endswith(": 'esta' (did you mean está?), 'zzz'")


@pytest.mark.parametrize("wrong", [-1, 12])
def test_an_id_outside_the_vocabulary_is_refused(tokenizer, wrong):
    with pytest.raises(ValueError, match=rf"ids hold {wrong}, but must be in 0\.\.11"):
        tokenizer.decode([0, wrong])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ana"], r"words must hold <\|endoftext\|>"),
        ([END_OF_TEXT, "ana", "ana"], "words hold 'ana' twice"),
        ([END_OF_TEXT, "ana bia"], "words hold 'ana bia', which is empty or has white space"),
        ([END_OF_TEXT, ""], "words hold '', which is empty"),
    ],
)
def test_words_that_could_not_be_told_apart_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        WordTokenizer(words)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"model": {"vocab": ["a"]}}', '{"model": {"vocab": {"a": 0, "b": 2}}}', "\udcff"],
)
def test_a_file_that_is_no_word_tokenizer_is_refused_by_its_path(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a word tokenizer's"):
        WordTokenizer.from_file(path)


def test_a_truncated_file_is_refused(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="is not a word tokenizer's"):
        WordTokenizer.from_file(path)


def test_the_file_is_readable_json_with_its_accents(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer.json")
    text = (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    assert '"está"' in text and json.loads(text)["model"]["type"] == "WordLevel"
