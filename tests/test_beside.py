"""What transformers writes beside a tokenizer: read, or refused by file and token."""

import json

import pytest
from tokenizers import AddedToken

from mini_gpt.bpe import BPE, END_OF_TEXT
from mini_gpt.tokenizer import GPT2Tokenizer, WordTokenizer, read_tokenizer


@pytest.fixture
def old(tmp_path):
    """A tokenizer in the old layout, and what is written beside it."""

    def write(**files: object):
        BPE.train("ana está", 260).save(tmp_path)
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        return tmp_path

    return write


def described(token: str, **flags: bool) -> dict[str, object]:
    return {"content": token, "lstrip": False, "rstrip": False, "normalized": True, "single_word": False, **flags}


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("added_tokens", {"[PAD]": 260}, "does not have its token '[PAD]'"),
        ("added_tokens", {END_OF_TEXT: 7}, f"does not have its token '{END_OF_TEXT}'"),
        ("added_tokens", {"st": 70}, "does not have its token 'st'"),
        ("special_tokens_map", {"pad_token": "[PAD]"}, "does not have its token '[PAD]'"),
        ("special_tokens_map", {"eos_token": described(END_OF_TEXT, rstrip=True)}, f"token '{END_OF_TEXT}'"),
        ("special_tokens_map", {"additional_special_tokens": [described("[X]")]}, "does not have its token '[X]'"),
        ("tokenizer_config", {"added_tokens_decoder": {"260": described("[PAD]")}}, "token '[PAD]'"),
        ("tokenizer_config", {"added_tokens_decoder": {"1": described(END_OF_TEXT)}}, f"token '{END_OF_TEXT}'"),
        ("tokenizer_config", {"extra_special_tokens": {"image_token": "[I]"}}, "does not have its token '[I]'"),
        ("tokenizer_config", {"add_prefix_space": True}, "add_prefix_space=True must be false"),
        ("tokenizer_config", {"add_bos_token": True}, "add_bos_token=True must be false"),
        ("tokenizer_config", [], "is refused"),
        ("tokenizer_config", {"added_tokens_decoder": {"x": 3}}, "is refused"),
    ],
)
def test_a_token_or_an_option_that_the_tokenizer_lacks_is_refused_by_file_and_name(old, file, content, message):
    for reader in (read_tokenizer, BPE.from_directory):
        with pytest.raises(ValueError, match=rf"{file}\.json is refused: ") as error:
            reader(old(**{file: content}))
        assert message in str(error.value)


def test_files_that_only_repeat_what_the_tokenizer_has_are_read(old):
    end = described(END_OF_TEXT)
    files = {"added_tokens": {END_OF_TEXT: 259}, "special_tokens_map": {"bos_token": END_OF_TEXT, "eos_token": end},
             "tokenizer_config": {"added_tokens_decoder": {"259": end}, "add_prefix_space": False, "pad_token": None,
                                  "add_bos_token": False, "model_max_length": 1024, "unk_token": end}}  # fmt: skip
    directory = old(**files)
    assert read_tokenizer(directory).encode(f"ana{END_OF_TEXT}") == BPE.from_directory(directory).encode(
        f"ana{END_OF_TEXT}"
    )


@pytest.mark.parametrize("kind", ["words", "gpt2"])
def test_beside_a_tokenizer_json_too_a_token_that_it_lacks_is_refused_and_one_that_it_has_is_read(tmp_path, kind):
    tokenizer = WordTokenizer([END_OF_TEXT, "ana", "[PAD]"]) if kind == "words" else GPT2Tokenizer.train("ana", 258)
    if kind == "gpt2":
        tokenizer.library.add_special_tokens([AddedToken("[PAD]")])
    tokenizer.save(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"pad_token": "[PAD]"}))
    assert read_tokenizer(tmp_path).vocab_size == tokenizer.vocab_size
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"pad_token": "[MASK]"}))
    with pytest.raises(ValueError, match=r"tokenizer_config\.json is refused: .* token '\[MASK\]'"):
        read_tokenizer(tmp_path)


def test_after_the_advice_it_is_read_and_agrees_with_transformers(old, tmp_path):
    from transformers import GPT2TokenizerFast

    directory = old(added_tokens={"[PAD]": 260}, special_tokens_map={"pad_token": "[PAD]"})
    theirs = GPT2TokenizerFast.from_pretrained(directory)
    theirs.save_pretrained(tmp_path / "new")
    text = f"ana[PAD] está {END_OF_TEXT}[PAD]"
    assert read_tokenizer(tmp_path / "new").encode(text) == theirs(text)["input_ids"]
    assert theirs("[PAD]")["input_ids"] == [260]
