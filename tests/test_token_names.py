"""Names of tokens: legible for every token of every tokenizer, and never anything but text."""

import pytest

import mini_gpt
from mini_gpt.bpe import BPE
from mini_gpt.hub import gpt2_vocabulary
from mini_gpt.lesson.token_names import UNKNOWN, pieces, token_name, token_names
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.tokenizer import GPT2Tokenizer


@pytest.fixture(scope="module")
def gpt2():
    return mini_gpt.load_tokenizer("gpt2")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Olá, ana", ["Ol", "á", ",", "·", "ana"]),
        ("x\n\ty", ["x", "\\n", "\\t", "y"]),
        ("👩", ["‹F0›‹9F›‹91›", "‹A9›"]),
        (" 👩", ["·‹F0›‹9F›‹91›", "‹A9›"]),
        ("a<|endoftext|>", ["a", "<|endoftext|>"]),
        ("\u00a0", ["\\xa0"]),
    ],
)
def test_spaces_line_ends_and_parts_of_characters_are_seen(gpt2, text, names):
    found = token_names(gpt2, gpt2.encode(text))
    assert found == token_names(BPE.from_directory(gpt2_vocabulary()), gpt2.encode(text))
    assert "".join(found) == "".join(names)


def test_every_token_of_gpt2_prints_and_no_two_bytes_look_alike(gpt2):
    names = token_names(gpt2, range(gpt2.vocab_size))
    assert all(name and name.isprintable() and " " not in name for name in names)
    assert len(set(names[:256])) == 256


def test_a_word_is_its_own_name():
    assert [token_name(TOKENIZER, i) for i in range(TOKENIZER.vocab_size)] == list(TOKENIZER.words)


def test_the_pieces_of_a_text_are_the_names_of_its_tokens_and_no_word_is_refused(gpt2):
    hostile = " </script>\n‹?›"
    assert pieces(gpt2, hostile) == token_names(gpt2, gpt2.encode(hostile))
    assert pieces(TOKENIZER, "ana sees </script> .") == ["ana", "sees", UNKNOWN, "."]
    assert pieces(TOKENIZER, "voce\u0302") == pieces(TOKENIZER, "você")  # composed, as encode does


def test_an_added_token_is_shown_as_it_is_written(tmp_path):
    library = GPT2Tokenizer.train(["low low"], 260).library
    library.add_special_tokens(["[A Ġ]"])
    assert token_name(GPT2Tokenizer(library), library.token_to_id("[A Ġ]")) == "[A·Ġ]"
