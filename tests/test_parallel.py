"""Sentences that say the same in two languages."""

import re

from mini_gpt import load_tokenizer
from mini_gpt.lesson.parallel import PAIRS, TEXT


def test_each_sentence_has_its_translation_with_the_same_end_and_the_same_numbers():
    assert len({*PAIRS}) == len(PAIRS) == 16  # the lesson and the deck say sixteen
    for pt, en in PAIRS:
        assert pt != en and pt.strip() == pt and en.strip() == en
        assert pt[-1] == en[-1] and pt[-1] in ".?!"
        numbers = [sorted(map(int, re.findall(r"\d+", side))) for side in (pt, en)]
        assert numbers[0] == numbers[1]


def test_the_texts_are_the_sentences_one_after_another():
    for side, lang in enumerate(("pt", "en")):
        assert TEXT[lang].startswith(PAIRS[0][side] + " ") and TEXT[lang].endswith(" " + PAIRS[-1][side])
        assert len(TEXT[lang]) == sum(len(pair[side]) for pair in PAIRS) + len(PAIRS) - 1


def test_gpt2_splits_portuguese_into_more_tokens_than_its_bytes_explain():
    count = load_tokenizer("gpt2").encode
    in_tokens, in_bytes = (len(size(TEXT["pt"])) / len(size(TEXT["en"])) for size in (count, str.encode))
    assert in_tokens > 1.5 > 1.1 > in_bytes
