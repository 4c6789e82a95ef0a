"""GPT-2's own 50,257 tokens, with no network."""

import shutil

import pytest
from huggingface_hub import constants
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2TokenizerFast

import mini_gpt
from mini_gpt import hub
from mini_gpt.bpe import BPE
from mini_gpt.hub import gpt2_vocabulary
from mini_gpt.training.prepare import prepare

HOSTILE = [
    "", " ", "\n\n \t", "Hello world", "  two  spaces ", "São Paulo, às 14h30: coração!", "I'll we've DON'T don’t",
    "3.14159 1,000,000 ½ ٣", "👩‍👩‍👧 🇧🇷 é é", "<|endoftext|>", "x<|endoftext|>y", "\x00\x07\ufeff\u200b",
    " SolidGoldMagikarp", "def f(x):\n    return x**2\n", "नमस्ते 你好 שלום", "</script><b>&amp;", "a" * 300,
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def alone(tmp_path_factory):
    """No cache and no hub: what is found was installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        yield


@pytest.fixture(scope="module")
def ours():
    return mini_gpt.load_tokenizer("gpt2")


@pytest.fixture(scope="module")
def readable():
    return BPE.from_directory(gpt2_vocabulary())


@pytest.fixture(scope="module")
def theirs():
    vocab, merges = (str(gpt2_vocabulary() / name) for name in ("encoder.json", "vocab.bpe"))
    return GPT2TokenizerFast(vocab=vocab, merges=merges)


def test_it_has_every_token_of_gpt2(ours, readable):
    assert ours.vocab_size == readable.vocab_size == 50_257 and ours.end_of_text == 50_256
    assert ours.encode("Hello world") == [15496, 995]
    assert ours.encode(" SolidGoldMagikarp") == [43453]  # somebody's user name, which became one token


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_has_the_ids_of_transformers(ours, readable, theirs, text):
    ids = theirs(text)["input_ids"]
    assert ours.encode(text) == readable.encode(text) == ids
    assert ours.decode(ids) == readable.decode(ids) == text


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=30))
def test_any_text_comes_back(ours, text):
    assert ours.decode(ours.encode(text, special=False)) == text


@pytest.mark.parametrize("name", ["gpt2-medium", "gpt2-xl"])
def test_all_sizes_share_it(ours, name):
    assert mini_gpt.load_tokenizer(name).encode("Hello world") == ours.encode("Hello world")


def test_tokens_are_prepared_with_no_network(tmp_path):
    (tmp_path / "a.txt").write_text("Hello world\n\nOlá, mundo", encoding="utf-8")
    manifest = prepare(tmp_path / "a.txt", tmp_path / "tokens", "gpt2", validation=0)
    assert manifest.tokenizer.vocab_size == 50_257


def test_files_that_are_not_gpt2s_are_refused(tmp_path, monkeypatch):
    (tmp_path / hub.CARRIER / "data").mkdir(parents=True)
    for name in hub.CARRIED:
        shutil.copy(gpt2_vocabulary() / name, tmp_path / hub.CARRIER / "data" / name)
    with (tmp_path / hub.CARRIER / "data" / "vocab.bpe").open("a") as file:
        file.write("a b\n")
    changed = type("Distribution", (), {"locate_file": lambda self, name: tmp_path / name})
    monkeypatch.setattr(hub.importlib.metadata, "distribution", lambda name: changed())
    with pytest.raises(ValueError, match=r"vocab.bpe has the checksum \w+, but GPT-2's vocab.bpe has 1ce1664773c50f3e"):
        gpt2_vocabulary.__wrapped__()


def test_without_the_package_the_error_says_what_helps(monkeypatch):
    monkeypatch.setattr("mini_gpt.hub.gpt2_vocabulary", lambda: None)
    with pytest.raises(FileNotFoundError, match=r"'gpt2'.*Connect to the internet once"):
        mini_gpt.load_tokenizer("gpt2")
    with pytest.raises(FileNotFoundError, match="neither a folder, nor a model"):
        mini_gpt.load_tokenizer("gtp2")


def test_a_folder_without_a_tokenizer_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"has neither tokenizer.json nor vocab.json and merges.txt"):
        mini_gpt.load_tokenizer(tmp_path)
