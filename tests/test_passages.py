"""Passages to measure a model on, whatever its tokens are."""

import pytest

from mini_gpt import load_tokenizer
from mini_gpt.lesson.passages import PASSAGES, passages, readable
from mini_gpt.lesson.words import LANGUAGES


@pytest.fixture(scope="module")
def gpt2():
    return load_tokenizer("gpt2")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_model_gets_texts_that_it_reads_those_of_the_language_first(lang, gpt2):
    for tokenizer, size in ((load_tokenizer("mini"), 64), (gpt2, 256)):
        texts = passages(tokenizer, lang)
        assert next(iter(texts)).endswith(lang) and {label[-2:] for label in texts} == {*LANGUAGES}
        for text in texts.values():
            assert len(tokenizer.encode(text, special=False)) < size


def test_a_byte_level_tokenizer_gets_our_passages_and_the_town_its_own(gpt2):
    assert {*passages(gpt2, "en").values()} == {each[lang] for each in PASSAGES.values() for lang in LANGUAGES}
    assert readable("naïve", gpt2, "en") == "naïve"
    of_the_town = readable("naïve " * 100, load_tokenizer("mini"), "pt")
    assert 600 <= len(of_the_town) < 1000 and load_tokenizer("mini").encode(of_the_town, special=False)
    assert readable("ana", load_tokenizer("mini"), "pt") == "ana"
