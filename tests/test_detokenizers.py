"""De-tokenizers: what they write, and that it can be undone."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mini_gpt.evaluation.detokenizers import CBT, ONE_BILLION_WORDS, PTB, WIKITEXT, Detokenizer

DETOKENIZERS = {"wikitext": WIKITEXT, "ptb": PTB, "cbt": CBT, "1bw": ONE_BILLION_WORDS}
ENGLISH = (
    """the dog <unk> 1990 U.S. Mr. a.m. J. 's 't n't 'll ' , . ; : ! ? % ) ] ( [ $ # " dogs ... -- – é N said""".split()
)
MARKS = ["@-@", "@,@", "@.@", "3", "5"]


@settings(max_examples=100)
@given(st.lists(st.sampled_from(ENGLISH + MARKS)))
@example(ENGLISH + MARKS)
def test_a_line_can_be_undone_if_none_of_its_words_is_ambiguous(words):
    line = " ".join(words)
    for name, detokenizer in DETOKENIZERS.items():
        back = detokenizer.split(detokenizer(line))
        assert len(back) >= len(words), name
        assert detokenizer.ambiguous(line) or back == words, name


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_no_word_of_the_published_form_is_ambiguous(name):
    marks = MARKS if DETOKENIZERS[name].marks else []
    words = [word for word in ENGLISH if name in ("ptb", "cbt") or word != "n't"]
    assert DETOKENIZERS[name].ambiguous(" ".join(words + marks)) == 0


def test_a_word_that_is_published_joined_is_ambiguous():
    assert WIKITEXT.ambiguous("it's a well-known 3.5 (dog).") == 4
    assert WIKITEXT.split("it's") == ["it", "'s"]


@pytest.mark.parametrize(
    ("detokenizer", "line", "written"),
    [
        (WIKITEXT, ' the " <unk> @-@ Man " , a dogs \' film ', 'the "<unk>-Man", a dogs\' film'),
        (WIKITEXT, "3 @.@ 5 % ( of 1 @,@ 000 ) .", "3.5% (of 1,000)."),
        (WIKITEXT, "in the U.S. , Mr. J. Ray won .", "in the U.S., Mr. J. Ray won."),
        (WIKITEXT, "he left the U.S .", "he left the U.S ."),  # joined, it would read U.S.
        (WIKITEXT, "said ' hello '", "said ' hello '"),
        (PTB, " c$ N was n't u.s. $ N or N % & s&p 's ", "c$ N wasn't u.s. $N or N% & s&p's"),
        (CBT, '" Do n\'t ! " she cried', '"Don\'t!" she cried'),
        (ONE_BILLION_WORDS, "well-known at 10:30 a.m. , he 's $ 3.5 up", "well-known at 10:30 a.m., he's $3.5 up"),
    ],
)
def test_lines_are_written_as_english_is(detokenizer: Detokenizer, line, written):
    assert detokenizer(line) == written
    assert detokenizer.split(written) == line.split()
