"""Text to ids and back: words, and GPT-2's bytes."""

import json
import pickle
import unicodedata
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers import Tokenizer as LibraryTokenizer

from mini_gpt.bpe import BPE, BYTES
from mini_gpt.messages import did_you_mean
from mini_gpt.tokenizer import END_OF_TEXT, GPT2Tokenizer, WordTokenizer, read_tokenizer

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


def test_without_special_the_end_of_text_is_no_word(tokenizer):
    assert tokenizer.encode(f"ana {END_OF_TEXT}") == [1, 0]
    assert tokenizer.encode("ana .", special=False) == [1, 5]
    with pytest.raises(ValueError, match=r"text holds <\|endoftext\|>, which is never a word, and a token only with"):
        tokenizer.encode(f"ana {END_OF_TEXT} .", special=False)


def test_accents_in_two_parts_are_composed_before_the_look_up(tokenizer):
    apart = unicodedata.normalize("NFD", "júlia está em")
    assert apart != "júlia está em" and tokenizer.encode(apart) == tokenizer.encode("júlia está em") == [3, 2, 11]
    assert WordTokenizer([END_OF_TEXT, unicodedata.normalize("NFD", "está")]).words == (END_OF_TEXT, "está")
    with pytest.raises(ValueError, match="words hold 'está' twice"):
        WordTokenizer([END_OF_TEXT, "está", unicodedata.normalize("NFD", "está")])


def test_its_size_and_the_end_of_text_are_known(tokenizer):
    assert tokenizer.vocab_size == len(WORDS)
    assert WordTokenizer(["a", END_OF_TEXT]).end_of_text == 1


@given(words=texts)
def test_the_library_tokenizers_opens_what_is_saved_and_agrees(tmp_path_factory, tokenizer, words):
    path = tmp_path_factory.getbasetemp() / "tokenizer.json"
    if not path.exists():
        tokenizer.save(path.parent)
    library = LibraryTokenizer.from_file(str(path))
    text = " ".join(words)
    assert library.encode(text).ids == tokenizer.encode(text)
    assert library.decode(tokenizer.encode(text), skip_special_tokens=False) == "".join(f" {word}" for word in words)
    assert library.get_vocab_size() == tokenizer.vocab_size


def test_the_library_composes_accents_and_refuses_unknown_words_as_we_do(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    library = LibraryTokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert library.encode(unicodedata.normalize("NFD", "ana está .")).ids == [1, 2, 5]
    with pytest.raises(Exception, match="WordLevel error"):
        library.encode("ana zzz")


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("normalizer", {"type": "Lowercase"}),
        ("pre_tokenizer", {"type": "Whitespace"}),
        ("pre_tokenizer", None),
        ("post_processor", {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}),
        ("decoder", {"type": "Fuse"}),
    ],
)
def test_a_word_tokenizer_that_would_split_or_join_otherwise_is_refused_by_name(tokenizer, tmp_path, part, other):
    tokenizer.save(tmp_path)
    layout = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    (tmp_path / "tokenizer.json").write_text(json.dumps(layout | {part: other}))
    with pytest.raises(ValueError, match=rf"tokenizer\.json is not a word tokenizer's .*: its {part} is .* must be"):
        read_tokenizer(tmp_path)


def test_tokens_that_were_added_to_words_are_words_and_a_file_without_normalizer_and_decoder_is_read(
    tokenizer, tmp_path
):
    tokenizer.save(tmp_path)
    library = LibraryTokenizer.from_file(str(tmp_path / "tokenizer.json"))
    library.add_special_tokens(["[PAD]"])
    library.normalizer = library.decoder = None
    library.save(str(tmp_path / "tokenizer.json"))
    assert read_tokenizer(tmp_path).words == (*WORDS, "[PAD]")
    assert read_tokenizer(tmp_path).encode("ana [PAD] .") == library.encode("ana [PAD] .").ids


def test_what_is_saved_comes_back(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    assert WordTokenizer.from_file(tmp_path / "tokenizer.json").words == tokenizer.words


def test_unknown_words_are_all_named_each_once_with_close_ones(tokenizer):
    with pytest.raises(ValueError, match="text has words that are not among the 12 known") as error:
        tokenizer.encode("ana esta em zzz esta")
    assert str(error.value).endswith(": 'esta' (did you mean está?), 'zzz'")


def test_of_other_words_too_a_message_says_that_accents_are_apart():
    apart = unicodedata.normalize("NFD", "violão")
    assert "its accents are characters of their own" in did_you_mean(apart, ["violão"])
    assert did_you_mean(apart, ["violões"]) == did_you_mean("violão", ["violões"])


@pytest.mark.parametrize("wrong", [-1, 12])
def test_an_id_outside_the_vocabulary_is_refused(tokenizer, wrong):
    with pytest.raises(ValueError, match=rf"ids hold {wrong}, but must be in 0\.\.11"):
        tokenizer.decode([0, wrong])


def test_rows_of_ids_are_decoded_one_by_one(tokenizer):
    with pytest.raises(ValueError, match=r"ids have 2 dimensions, but must be one sequence: .* as ids\[0\]"):
        tokenizer.decode(torch.tensor([[0, 1]]))


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
    [
        "",
        "{",
        "[]",
        "{}",
        '{"model": {"vocab": ["a"]}}',
        '{"model": {"vocab": {"a": 0, "b": 2}}}',
        "\udcff",
        '{"model": {"type": "WordLevel", "vocab": {"a": 0}}}',
        '{"model": {"type": "BPE", "vocab": {"<|endoftext|>": 0}}}',
    ],
)
def test_a_file_that_is_no_word_tokenizer_is_refused_by_its_path(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a word tokenizer's"):
        WordTokenizer.from_file(path)


def test_a_truncated_file_is_refused(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="is not a word tokenizer's"):
        WordTokenizer.from_file(path)


def test_the_file_is_readable_json_with_its_accents(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    text = (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    assert '"está"' in text and json.loads(text)["model"]["type"] == "WordLevel"


# ---------------------------------------------------------------- GPT-2's

CORPUS = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
HOSTILE = [
    END_OF_TEXT, f" {END_OF_TEXT} ", "<|endoftext|", "|>", "<|endoftext|><|endoftext|>", "<|im_start|>", "</s>", "<b>",
    "\x00", "\u202e", "\r\n", "  ", " .", " n't", " 's", "Ġ", "é", "e\u0301", "🇧🇷", "\ufeff", "\ufffd", "\U0010ffff",
]  # fmt: skip
any_text = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=10).map("".join)


@pytest.fixture(scope="module")
def gpt2() -> GPT2Tokenizer:
    return GPT2Tokenizer.train([CORPUS], vocab_size=400)


@pytest.fixture
def library(gpt2) -> LibraryTokenizer:
    """A copy to change."""
    return LibraryTokenizer.from_str(gpt2.library.to_str())


@given(text=any_text)
@settings(max_examples=100)
def test_gpt2_decoding_undoes_encoding_of_any_text(gpt2, text):
    for special in (True, False):
        assert gpt2.decode(gpt2.encode(text, special)) == text


@given(text=any_text)
@settings(max_examples=100)
def test_the_end_of_text_is_a_token_only_where_it_is_asked_for(gpt2, text):
    assert gpt2.encode(text, special=True).count(gpt2.end_of_text) == text.count(END_OF_TEXT)
    assert gpt2.end_of_text not in gpt2.encode(text, special=False)


def test_it_trains_and_encodes_as_the_readable_bpe(gpt2):
    bpe = BPE.train([CORPUS], vocab_size=400)
    assert gpt2.library.get_vocab() == bpe.vocab
    text = f"A lição: {CORPUS[:500]} {END_OF_TEXT}\n\n 🙂 it's 2019 "
    for special in (True, False):
        assert gpt2.encode(text, special) == bpe.encode(text, special)
    assert gpt2.encode(f"a lição{END_OF_TEXT} it's") == [*bpe.encode("a lição"), 399, *bpe.encode(" it's")]
    assert GPT2Tokenizer.train(CORPUS, 400).library.get_vocab() == bpe.vocab  # one text, not a list of letters


def test_the_size_counts_the_end_of_text_which_is_the_last(gpt2):
    assert (gpt2.vocab_size, gpt2.end_of_text) == (400, 399)
    assert GPT2Tokenizer.train([], 1000).end_of_text == 256


def test_a_batch_is_encoded_as_its_texts_one_by_one(gpt2):
    texts = ["", CORPUS, *HOSTILE, "a" * 1000]
    for special in (True, False):
        assert gpt2.encode_batch(texts, special) == [gpt2.encode(text, special) for text in texts]


def test_ids_that_are_not_utf8_decode_and_a_tensor_does(gpt2):
    ids = torch.tensor(gpt2.encode("é!", special=False))
    assert gpt2.decode(ids) == "é!"
    half = BYTES.keys() - {chr(i) for i in range(128)}
    assert gpt2.decode([gpt2.library.token_to_id(min(half)), 0]) == "\N{REPLACEMENT CHARACTER}!"


@pytest.mark.parametrize("wrong", [-1, 400])
def test_a_gpt2_id_outside_the_vocabulary_is_refused(gpt2, wrong):
    with pytest.raises(ValueError, match=rf"ids hold {wrong}, but must be in 0\.\.399"):
        gpt2.decode([0, wrong])


def test_half_a_surrogate_pair_and_too_small_a_vocabulary_are_refused(gpt2):
    with pytest.raises(ValueError, match="surrogates not allowed"):
        gpt2.encode("a\ud83d")
    with pytest.raises(ValueError, match="surrogates not allowed"):
        gpt2.encode_batch(["a", "\ud83d"])
    with pytest.raises(ValueError, match="vocab_size=256 must be at least 257"):
        GPT2Tokenizer.train(["a"], 256)


def test_another_process_gets_the_same(gpt2):
    assert pickle.loads(pickle.dumps(gpt2)).encode(CORPUS) == gpt2.encode(CORPUS)


# ---------------------------------------------------------------- GPT-2's files


def test_the_libraries_open_what_gpt2_saves_and_agree(gpt2, tmp_path):
    from transformers import GPT2TokenizerFast, PreTrainedTokenizerFast

    gpt2.save(tmp_path)
    file = str(tmp_path / "tokenizer.json")
    text = f"{CORPUS}{END_OF_TEXT} n't . \n\n 🙂"
    assert LibraryTokenizer.from_file(file).encode(text).ids == gpt2.encode(text)
    for theirs in (GPT2TokenizerFast.from_pretrained(tmp_path), PreTrainedTokenizerFast(tokenizer_file=file)):
        assert theirs(text)["input_ids"] == gpt2.encode(text)
        assert theirs.decode(gpt2.encode(text)) == text
        assert len(theirs) == gpt2.vocab_size
    assert GPT2TokenizerFast.from_pretrained(tmp_path).eos_token_id == gpt2.end_of_text


def test_transformers_files_are_read(gpt2, tmp_path):
    from transformers import GPT2TokenizerFast

    BPE.train([CORPUS], 400).save(tmp_path)
    theirs = GPT2TokenizerFast.from_pretrained(tmp_path)
    theirs.save_pretrained(tmp_path / "theirs")
    ours = read_tokenizer(tmp_path / "theirs")
    text = f"{CORPUS}{END_OF_TEXT} n't . \n\n 🙂"
    assert ours.encode(text) == theirs(text)["input_ids"] == gpt2.encode(text)
    assert (ours.vocab_size, ours.end_of_text) == (len(theirs), theirs.eos_token_id)


def test_an_old_file_that_does_not_say_its_models_type_is_read(gpt2, tmp_path):
    gpt2.save(tmp_path)
    layout = json.loads((tmp_path / "tokenizer.json").read_text())
    del layout["model"]["type"]
    layout["model"]["merges"] = [" ".join(pair) for pair in layout["model"]["merges"]]
    (tmp_path / "tokenizer.json").write_text(json.dumps(layout))
    assert read_tokenizer(tmp_path).encode(CORPUS) == gpt2.encode(CORPUS)


def test_saving_again_gives_the_same_bytes(gpt2, tmp_path):
    gpt2.save(tmp_path)
    saved = (tmp_path / "tokenizer.json").read_bytes()
    gpt2.encode("a", special=False)
    read_tokenizer(tmp_path).save(tmp_path)
    assert (tmp_path / "tokenizer.json").read_bytes() == saved


def test_a_files_cutting_and_padding_do_not_touch_the_ids(gpt2, library, tmp_path):
    library.enable_truncation(3)
    library.enable_padding(length=9)
    library.save(str(tmp_path / "tokenizer.json"))
    assert len(library.encode(CORPUS).ids) == 9
    assert read_tokenizer(tmp_path).encode(CORPUS) == gpt2.encode(CORPUS)


@pytest.mark.parametrize("flags", [{"lstrip": True, "rstrip": True}, {"special": False}, {"single_word": True}])
def test_however_a_file_declares_the_end_of_text_it_is_one_token_and_takes_no_spaces(gpt2, tmp_path, flags):
    bpe = BPE.train([CORPUS], 400)
    library = LibraryTokenizer(models.BPE(bpe.vocab, bpe.merges))
    library.pre_tokenizer, library.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    library.add_tokens([AddedToken(END_OF_TEXT, **flags)])
    library.save(str(tmp_path / "tokenizer.json"))
    text = f"a {END_OF_TEXT} b{END_OF_TEXT}b"
    ours = read_tokenizer(tmp_path)
    for special in (True, False):
        assert ours.encode(text, special) == gpt2.encode(text, special)


@pytest.mark.parametrize(
    ("part", "other", "message"),
    [
        ("model", models.WordPiece({"a": 0}, unk_token="a"), "its model is WordPiece, but must be WordLevel or BPE"),
        ("model", models.Unigram([("a", 0.0)]), "its model is Unigram, but must be WordLevel or BPE"),
        ("model", models.BPE({"a": 0}, []), "it lacks '!', but must hold the 256 bytes"),
        ("normalizer", normalizers.NFC(), "its normalizer is NFC, but GPT-2's is NoneType"),
        ("pre_tokenizer", pre_tokenizers.Whitespace(), "its pre_tokenizer is Whitespace, but GPT-2's is ByteLevel"),
        (
            "pre_tokenizer",
            pre_tokenizers.ByteLevel(),
            "its pre_tokenizer has add_prefix_space=True, but GPT-2's has False",
        ),
        (
            "pre_tokenizer",
            pre_tokenizers.ByteLevel(False, use_regex=False),
            "its pre_tokenizer has use_regex=None, but",
        ),
        ("decoder", decoders.Metaspace(), "its decoder is Metaspace, but GPT-2's is ByteLevel"),
        ("post_processor", processors.BertProcessing(("a", 64), ("b", 65)), "its post_processor adds tokens to each"),
    ],
)
def test_a_tokenizer_unlike_gpt2s_is_refused_by_its_path_and_what_differs(library, tmp_path, part, other, message):
    setattr(library, part, other)
    library.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match=rf"tokenizer\.json: {message}"):
        read_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("option", "value"),
    [("dropout", 0.5), ("continuing_subword_prefix", "##"), ("end_of_word_suffix", "</w>"), ("fuse_unk", True),
     ("byte_fallback", True), ("ignore_merges", True)],
)  # fmt: skip
def test_an_option_of_the_bpe_that_gpt2_lacks_is_refused_by_name(tmp_path, option, value):
    library = GPT2Tokenizer.train("", 257).library
    setattr(library.model, option, value)
    library.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match=rf"tokenizer\.json: its model has {option}={value!r}, but GPT-2's has"):
        read_tokenizer(tmp_path)


def test_a_file_at_which_the_library_panics_is_refused_by_its_path(library, tmp_path):
    library.model.continuing_subword_prefix = "##"  # which the merges lack
    library.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a tokenizer\.json: "):
        read_tokenizer(tmp_path)


def test_options_that_say_what_gpt2_does_are_read_and_so_is_any_unknown_token(gpt2, library, tmp_path):
    library.model.unk_token, library.model.continuing_subword_prefix, library.model.dropout = "<unk>", "", 0.0
    library.save(str(tmp_path / "tokenizer.json"))
    assert read_tokenizer(tmp_path).encode(CORPUS) == gpt2.encode(CORPUS)


@given(text=st.lists(st.sampled_from(["[PAD]", "ana", " a b ", "<b>", "é", END_OF_TEXT]) | st.text(max_size=3)))
def test_a_text_with_added_tokens_comes_back_to_the_last_byte(with_added, text):
    text = "".join(text)
    for special in (True, False):
        ids = with_added.encode(text, special)
        assert with_added.decode(ids) == text
    assert with_added.encode(text) == with_added.library.encode(text, add_special_tokens=False).ids
    assert with_added.encode("b[PAD]") == [*with_added.encode("b"), 400]


@pytest.fixture(scope="module")
def with_added(gpt2, tmp_path_factory) -> GPT2Tokenizer:
    directory = tmp_path_factory.mktemp("added")
    library = LibraryTokenizer.from_str(gpt2.library.to_str())
    library.add_special_tokens(["[PAD]"])
    library.add_tokens([AddedToken("ana", single_word=True, normalized=True), "a b"])
    library.save(str(directory / "tokenizer.json"))
    return read_tokenizer(directory)


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("ação", "its added token 'ação' becomes 'a��o' when a text is encoded and decoded"),
        ("Ġb", "its added token 'Ġb' becomes ' b' when"),
        (AddedToken("[X]", lstrip=True), r"its added token '\[X\]' loses the spaces beside it when"),
        (AddedToken("[X]", rstrip=True), r"its added token '\[X\]' loses the spaces beside it when"),
    ],
)
def test_an_added_token_that_would_lose_bytes_is_refused_by_name(library, tmp_path, token, message):
    library.add_tokens([token])
    library.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match=rf"tokenizer\.json: {message}"):
        read_tokenizer(tmp_path)


def test_ids_that_the_library_would_change_without_a_word_are_refused(library, tmp_path):
    library.add_tokens(["[PAD]"])
    layout = json.loads(library.to_str())
    layout["added_tokens"][-1]["id"] = 500
    (tmp_path / "tokenizer.json").write_text(json.dumps(layout))
    with pytest.raises(ValueError, match=r"tokenizer\.json: its added token '\[PAD\]' must have the id 400, not 500"):
        read_tokenizer(tmp_path)
    layout["added_tokens"] = []
    layout["model"]["vocab"] |= {END_OF_TEXT: 500}
    (tmp_path / "tokenizer.json").write_text(json.dumps(layout))
    with pytest.raises(ValueError, match=r"tokenizer\.json: it must number its 400 tokens 0, 1, 2, …"):
        read_tokenizer(tmp_path)


def test_a_file_without_the_end_of_text_is_refused(gpt2, tmp_path):
    gpt2.save(tmp_path)
    content = (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text(content.replace(END_OF_TEXT, "</s>"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer\.json: it lacks '<\|endoftext\|>'"):
        read_tokenizer(tmp_path)


@pytest.mark.parametrize("kind", ["words", "gpt2"])
def test_a_tokenizer_json_cut_short_anywhere_is_refused_by_its_path(tokenizer, gpt2, tmp_path, kind):
    path = tmp_path / "tokenizer.json"
    (tokenizer if kind == "words" else gpt2).save(tmp_path)
    content = path.read_bytes()
    for length in range(0, len(content) - 2, 199):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"tokenizer\.json is not a tokenizer\.json: "):
            read_tokenizer(tmp_path)


# ---------------------------------------------------------------- whichever a directory holds


def test_a_directory_gives_the_kind_of_tokenizer_that_its_files_describe(tokenizer, gpt2, tmp_path):
    assert read_tokenizer(tmp_path) is None and read_tokenizer(tmp_path / "none") is None

    BPE.train([CORPUS], 300).save(tmp_path)
    assert isinstance(read_tokenizer(tmp_path), GPT2Tokenizer) and read_tokenizer(tmp_path).vocab_size == 300

    gpt2.save(tmp_path)  # comes before the two files
    assert read_tokenizer(str(tmp_path)).vocab_size == 400

    tokenizer.save(tmp_path)
    assert read_tokenizer(tmp_path).words == tokenizer.words


def test_one_of_the_two_files_without_the_other_is_refused(tmp_path):
    BPE.train("", 257).save(tmp_path)
    (tmp_path / "vocab.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"vocab\.json"):
        read_tokenizer(tmp_path)


def test_the_two_files_may_have_openais_names(gpt2, tmp_path):
    BPE.train([CORPUS], 400).save(tmp_path)
    (tmp_path / "vocab.json").rename(tmp_path / "encoder.json")
    (tmp_path / "merges.txt").rename(tmp_path / "vocab.bpe")
    assert read_tokenizer(tmp_path).encode(CORPUS) == BPE.from_directory(tmp_path).encode(CORPUS) == gpt2.encode(CORPUS)
    (tmp_path / "encoder.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"encoder\.json"):
        read_tokenizer(tmp_path)


def test_a_word_tokenizers_file_with_words_that_could_not_be_told_apart_is_refused(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    content = (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text(content.replace('"ana"', '"a na"'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a word tokenizer's .* hold 'a na'"):
        read_tokenizer(tmp_path)
