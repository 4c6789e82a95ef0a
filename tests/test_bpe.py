"""Byte-level BPE beside the library `tokenizers`."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import regex
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from mini_gpt import GPT, GPTConfig, load, save
from mini_gpt.bpe import BPE, BYTES, CHARS, END_OF_TEXT, WORD, merge, split

ROOT = Path(__file__).parents[1]
CORPUS = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "mini_gpt/model.py")] + [
    "O João não está à mesa; a avó comeu maçãs, pães e limões.", "日本語も少し、それから日本語。", "🙂🙂 👩‍👩‍👧 🇧🇷🇧🇷",
]  # fmt: skip
TRICKY = [
    *("'s", "'LL", "I'll", "’s", "n't", "''t", " '", "'", "'re've", "<|endoftext|>", "<|", "Ġ", "Ā", "#version: 0.2"),
    *(" ", "  ", "\n", "\r\n\r\n", "\t ", "\x00", "\x1c", "\x1f", "\x85", "\xa0", "\xad", "\u1680", "\u180e", "\u200b"),
    *("\u2003", "\u2028", "\u202e", "\u3000", "\ufeff", "\ufffd", "\uffff", "\U0010ffff", "\ue000", "\u0378"),
    *("e\u0301", "\u0301", "İ", "ß", "Ⅷ", "½", "٣", "१२", "²", "ª", "ʰ", "नमस्ते", "日本"),
    *("한국", "👩‍👩‍👧", "🇧🇷", "𝟘𝒜", "a", "é", "0", "_"),
]  # fmt: skip
any_text = st.lists(st.sampled_from(TRICKY) | st.text(max_size=8), max_size=12).map("".join)


@pytest.fixture(scope="module")
def bpe() -> BPE:
    return BPE.train(CORPUS, vocab_size=600)


@pytest.fixture(scope="module")
def library(bpe, tmp_path_factory) -> Tokenizer:
    """The library's BPE, from the files that ours wrote."""
    directory = tmp_path_factory.mktemp("bpe")
    bpe.save(directory)
    return byte_level(models.BPE.from_file(str(directory / "vocab.json"), str(directory / "merges.txt")))


def byte_level(model: models.BPE) -> Tokenizer:
    library = Tokenizer(model)
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    return library


# ---------------------------------------------------------------- text to words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello world", ["Hello", " world"]),
        ("I'll say we've won, don't I'd", ["I", "'ll", " say", " we", "'ve", " won", ",", " don", "'t", " I", "'d"]),
        ("I'LL it’s 'tis", ["I", "'", "LL", " it", "’", "s", " '", "tis"]),  # lower case and straight quotes only
        ("'s is its 'stone", ["'s", " is", " its", " '", "stone"]),
        ("'stone", ["'s", "tone"]),
        ("a  b", ["a", " ", " b"]),  # the last space goes with the word
        ("a   ", ["a", "   "]),
        ("a \n", ["a", " \n"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),  # a newline joins no word
        ("a \n  b", ["a", " \n ", " b"]),
        ("  !?", [" ", " !?"]),
        ("3.14 m2", ["3", ".", "14", " m", "2"]),
        ("x=[1,20]; y_z", ["x", "=[", "1", ",", "20", "];", " y", "_", "z"]),
        ("olá às 10½ Ⅷ²", ["olá", " às", " 10½", " Ⅷ²"]),
        ("e\u0301a", ["e", "\u0301", "a"]),  # a combining mark is not a letter
        ("日本 🙂🙂", ["日本", " 🙂🙂"]),
        ("a\u200bb\u00a0c", ["a", "\u200b", "b", "\u00a0", "c"]),  # only an ordinary space joins a word
        ("", []),
    ],
)
def test_words_are_cut_where_gpt2_cuts_them(text, words):
    assert WORD.findall(text) == words
    assert split(text) == [word for word, _ in pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(text)]


def test_every_byte_has_one_visible_character_in_the_library_s_alphabet():
    assert sorted(CHARS) == list(range(256))
    assert set(BYTES) == set(pre_tokenizers.ByteLevel.alphabet())
    assert all(char.isprintable() and not char.isspace() for char in BYTES)
    assert (CHARS[ord("a")], CHARS[ord(" ")], CHARS[ord("\n")], CHARS[0]) == ("a", "Ġ", "Ċ", "Ā")


@pytest.fixture(scope="module")
def younger() -> set[str]:
    """The characters that `regex` and the library class differently: the younger of their Unicode tables has them."""
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))

    def members(pattern: str) -> tuple[set[str], set[str]]:
        others = normalizers.Replace(Regex(pattern), "").normalize_str(everything)
        return set(regex.findall(pattern, everything)), set(everything) - set(others)

    differing = set().union(*(ours ^ theirs for ours, theirs in map(members, [r"\p{L}", r"\p{N}", r"\s"])))
    unassigned, theirs = members(r"\p{Cn}")
    assert differing <= unassigned ^ theirs, "a character that both know is classed differently"
    return differing


@pytest.mark.slow
@given(text=any_text)
@settings(max_examples=150)
def test_any_text_of_characters_that_both_know_has_the_library_s_ids(bpe, library, younger, text):
    assume(younger.isdisjoint(text))
    assert bpe.encode(text, special=False) == library.encode(text).ids


# ---------------------------------------------------------------- words to tokens


def test_overlapping_pairs_are_joined_from_the_left():
    assert merge(["a"] * 5, ("a", "a")) == ["aa", "aa", "a"]
    assert merge(["a", "b", "a", "b", "c"], ("b", "a")) == ["a", "ba", "b", "c"]
    assert merge([], ("a", "b")) == []


def test_the_pair_found_first_is_joined_first_wherever_it_stands():
    bpe = BPE.train("", 257)
    bpe = BPE(bpe.vocab | {"bc": 257, "ab": 258, "abc": 259}, [("b", "c"), ("a", "b"), ("a", "bc")])
    assert bpe.tokens("abcab") == ["abc", "ab"]
    assert bpe.encode("abcab") == [259, 258]


# ---------------------------------------------------------------- ids to text


@given(text=any_text)
def test_decoding_undoes_encoding(bpe, text):
    assert bpe.decode(bpe.encode(text)) == text


@given(ids=st.lists(st.integers(0, 599), max_size=20))
@settings(max_examples=100)
def test_any_ids_decode_as_in_the_library_even_where_they_are_not_utf8(bpe, library, ids):
    assert bpe.decode(ids) == library.decode(ids, skip_special_tokens=False)


def test_a_tensor_decodes_and_half_a_character_becomes_a_question_mark(bpe):
    ids = torch.tensor(BPE.train("", 257).encode("é!"))
    assert ids.shape == (3,)
    assert bpe.decode(ids) == "é!" and bpe.decode(ids[1:]) == "\N{REPLACEMENT CHARACTER}!"


def test_end_of_text_is_a_token_or_without_special_its_characters(bpe):
    end, text = bpe.end_of_text, f"a {END_OF_TEXT} b{END_OF_TEXT}{END_OF_TEXT}"
    assert bpe.encode(text) == [*bpe.encode("a "), end, *bpe.encode(" b"), end, end]
    assert end not in bpe.encode(text, special=False)
    assert bpe.decode(bpe.encode(text)) == bpe.decode(bpe.encode(text, special=False)) == text
    assert bpe.encode("") == [] and bpe.decode([end]) == END_OF_TEXT


def test_it_can_be_a_models_tokenizer(bpe, tmp_path):
    model = GPT(GPTConfig(bpe.vocab_size, context_length=4, n_layer=1, n_head=1, d_model=4))
    model.tokenizer = bpe
    save(model, tmp_path)
    again = load(tmp_path).tokenizer
    assert again.encode("low lower é") == bpe.encode("low lower é") and again.end_of_text == bpe.end_of_text


@pytest.mark.parametrize("wrong", [-1, 600])
def test_an_id_outside_the_vocabulary_is_refused(bpe, wrong):
    with pytest.raises(ValueError, match=rf"ids hold {wrong}, but must be in 0\.\.599"):
        bpe.decode([0, wrong])


def test_half_a_surrogate_pair_is_refused(bpe):
    with pytest.raises(ValueError, match="surrogates not allowed"):
        bpe.encode("a\ud83d")


# ---------------------------------------------------------------- training


def trained_by_the_library(texts: list[str], vocab_size: int) -> list[str]:
    """The library's tokens in the order of GPT-2's ids: it puts <|endoftext|> first, GPT-2 last."""
    library = byte_level(models.BPE())
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    library.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocab_size, initial_alphabet=alphabet, special_tokens=[END_OF_TEXT], show_progress=False
        ),
    )
    ids = library.get_vocab()
    first, *rest = sorted(ids, key=ids.__getitem__)
    return [*rest, first]


def test_training_finds_the_library_s_tokens_in_its_order(bpe):
    assert list(bpe.vocab) == trained_by_the_library(CORPUS, 600)
    assert list(bpe.vocab.values()) == list(range(600))


@pytest.mark.slow
@given(texts=st.lists(st.text("ab ", max_size=20) | any_text, max_size=6), size=st.integers(257, 290))
@settings(max_examples=100)
def test_texts_full_of_ties_train_as_in_the_library(younger, texts, size):
    assume(younger.isdisjoint("".join(texts)))
    assert list(BPE.train(texts, size).vocab) == trained_by_the_library(texts, size)


@pytest.mark.slow
def test_each_merge_is_the_most_frequent_pair_of_what_the_earlier_ones_left(bpe):
    words = [list(word) for text in CORPUS for word in split(text)]
    for best in bpe.merges[:40]:
        counts = Counter(pair for word in words for pair in pairwise(word))
        most = max(counts.values())
        ties = [pair for pair in counts if counts[pair] == most]
        assert best == min(ties, key=lambda pair: [bpe.vocab[token] for token in pair])
        words = [merge(word, best) for word in words]


def test_the_ids_of_bytes_and_of_end_of_text_are_where_gpt2_has_them(bpe):
    gpt2 = {"!": 0, "A": 32, "a": 64, "~": 93, "¡": 94, "ÿ": 187, "Ā": 188, "Ċ": 198, "Ġ": 220, "Ń": 255}
    assert {char: bpe.vocab[char] for char in gpt2} == gpt2
    assert bpe.vocab[END_OF_TEXT] == len(bpe.vocab) - 1


def test_a_pair_never_crosses_from_one_text_or_word_to_the_next():
    assert BPE.train(["ab", "cd", "x y"], 1000).merges == [("a", "b"), ("c", "d"), ("Ġ", "y")]


def test_training_ends_early_when_every_word_is_one_token():
    assert BPE.train("aaa aaa", 1000).merges == [("a", "a"), ("aa", "a"), ("Ġ", "aaa")]
    assert len(BPE.train([], 1000).vocab) == 257


def test_a_vocabulary_too_small_for_the_bytes_is_refused():
    with pytest.raises(ValueError, match="vocab_size=256 must be at least 257"):
        BPE.train("a", 256)


# ---------------------------------------------------------------- files


def test_the_files_are_the_library_s_to_the_byte(bpe, library, tmp_path):
    bpe.save(tmp_path)
    ours = [(tmp_path / name).read_bytes() for name in ("vocab.json", "merges.txt")]
    library.model.save(str(tmp_path))
    assert ours == [(tmp_path / name).read_bytes() for name in ("vocab.json", "merges.txt")]
    assert ours[1].startswith(b"#version: 0.2\n")


def test_what_is_saved_comes_back(bpe, tmp_path):
    bpe.save(tmp_path)
    back = BPE.from_directory(tmp_path)
    assert (back.vocab, back.merges) == (bpe.vocab, bpe.merges)


def test_files_may_number_their_tokens_in_any_order(bpe, tmp_path):
    BPE({token: 599 - i for token, i in bpe.vocab.items()}, bpe.merges).save(tmp_path)
    back = BPE.from_directory(tmp_path)
    text = CORPUS[2]
    assert back.encode(text) == [599 - i for i in bpe.encode(text)] and back.decode(back.encode(text)) == text


def test_the_ends_of_lines_may_be_those_of_windows(bpe, tmp_path):
    bpe.save(tmp_path)
    path = tmp_path / "merges.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert BPE.from_directory(tmp_path).merges == bpe.merges


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("vocab.json", b"}", b""),
        ("vocab.json", b'{"!":0', b'{"!":1'),
        ("vocab.json", b'{"!":0', b'{"!":[0]'),
        ("vocab.json", b'{"!":0,', b"{"),
        ("vocab.json", b'{"!":0', b'{"\xff":0'),
        ("merges.txt", b"\n\xc4\xa0 t\n", b"\n"),
        ("merges.txt", b"\n\xc4\xa0 t\n", b"\n\xc4\xa0\n"),
        ("merges.txt", b"\n\xc4\xa0 t\n", b"\n\xc4\xa0 t h\n"),
        ("merges.txt", b"\n\xc4\xa0 t\n", b"\n\xc4 t\n"),
    ],
)
def test_damaged_files_are_refused_by_their_path(bpe, tmp_path, name, old, new):
    bpe.save(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    assert content.count(old) >= 1
    before, after = content.rsplit(old, 1)
    path.write_bytes(before + new + after)
    with pytest.raises(ValueError, match=r"vocab\.json and merges\.txt beside it are not a byte-level BPE: "):
        BPE.from_directory(tmp_path)


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_a_file_cut_short_anywhere_is_refused(bpe, tmp_path, name):
    bpe.save(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    for length in range(0, len(content) - 1, 97):  # without its last byte, a newline, merges.txt means the same
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="are not a byte-level BPE"):
            BPE.from_directory(tmp_path)


def test_what_does_not_fit_is_named(bpe):
    with pytest.raises(ValueError, match="vocab holds 'ĠtheĠend', which none of the 343 merges makes"):
        BPE(bpe.vocab | {"ĠtheĠend": 600}, bpe.merges)
    with pytest.raises(ValueError, match="vocab lacks 'QQ'"):
        BPE(bpe.vocab, [*bpe.merges, ("Q", "Q")])
    with pytest.raises(ValueError, match=r"vocab lacks '<\|endoftext\|>'"):
        BPE({char: i for i, char in enumerate(BYTES)}, [])
    with pytest.raises(ValueError, match="vocab must number its 600 tokens 0, 1, 2"):
        BPE(bpe.vocab | {END_OF_TEXT: 600}, bpe.merges)


def test_a_missing_file_is_named(bpe, tmp_path):
    bpe.save(tmp_path)
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"merges\.txt"):
        BPE.from_directory(tmp_path)
