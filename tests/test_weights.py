"""Checkpoints in and out, in GPT-2's layout."""

import json
from pathlib import Path

import pytest
import torch
from conftest import lively
from safetensors.torch import load_file, save_file
from torch.testing import assert_close

from mini_gpt import GPTConfig, load, save, weights
from mini_gpt.tokenizer import END_OF_TEXT, WordTokenizer


@pytest.fixture
def saved(gpt, tmp_path) -> Path:
    save(gpt, tmp_path)
    return tmp_path


def change(path: Path, **changes: object) -> None:
    stored = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in stored.items() if value is not None}))


# ---------------------------------------------------------------- there and back


def test_a_model_comes_back_to_the_last_bit_and_ready_to_use(gpt, ids, saved):
    back = load(saved)
    assert back.config == gpt.config and not back.training
    assert all(torch.equal(p, gpt.state_dict()[name]) for name, p in back.state_dict().items())
    assert torch.equal(back(ids), gpt(ids))
    assert back.head.weight is back.token_embedding.weight
    assert back.tokenizer is None


def test_a_loaded_model_can_be_trained(ids, saved):
    model = load(str(saved))
    model(ids).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in model.parameters())


def test_the_tokenizer_travels_with_the_weights(tmp_path):
    model = lively(GPTConfig(3, 8, 1, 1, 4))
    model.tokenizer = WordTokenizer(["oi", END_OF_TEXT, "olá"])
    save(model, tmp_path)
    assert load(tmp_path).tokenizer.words == model.tokenizer.words
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["bos_token_id"] == config["eos_token_id"] == 1


def test_the_names_and_layout_are_gpt2s(gpt, saved):
    tensors = load_file(saved / "model.safetensors")
    assert set(tensors) >= {"wte.weight", "wpe.weight", "h.0.attn.c_attn.weight", "h.1.mlp.c_proj.bias", "ln_f.weight"}
    assert len(tensors) == 2 + 2 * 12 + 2  # no head: it is wte
    assert_close(tensors["h.0.mlp.c_fc.weight"], gpt.blocks[0].mlp.expand.weight.T)  # [in, out]


def test_transformers_opens_what_we_save_with_nothing_missing_or_left(gpt, ids, saved):
    from transformers import GPT2LMHeadModel

    theirs, info = GPT2LMHeadModel.from_pretrained(saved, output_loading_info=True)
    assert not any(info.values()), info
    assert_close(theirs.eval()(ids).logits, gpt(ids), rtol=1e-5, atol=1e-5)
    config = theirs.config
    assert (config.activation_function, config.layer_norm_epsilon, config.tie_word_embeddings) == (
        "gelu_new",
        1e-5,
        True,
    )


def test_we_open_what_transformers_saves(ids, tmp_path):
    from transformers import GPT2Config, GPT2Model

    config = GPT2Config(vocab_size=23, n_positions=40, n_embd=16, n_layer=2, n_head=4, initializer_range=0.3)
    theirs = GPT2Model(config).eval()
    theirs.save_pretrained(tmp_path)
    ours = load(tmp_path)
    assert ours.config == GPTConfig(23, 40, 2, 4, 16, dropout=0.1)
    assert_close(ours.hidden_states(ids), theirs(ids).last_hidden_state, rtol=1e-5, atol=1e-5)


def test_a_directory_is_made_and_an_old_model_in_it_replaced(gpt, ids, tmp_path):
    place = tmp_path / "a" / "b"
    save(lively(GPTConfig(5, 8, 1, 1, 4)), place)
    save(gpt, place)
    assert torch.equal(load(place)(ids), gpt(ids))
    assert sorted(path.name for path in place.iterdir()) == ["config.json", "model.safetensors"]


def test_a_save_that_fails_leaves_the_old_files_whole_and_no_scraps(gpt, ids, saved, monkeypatch):
    def half(tensors: object, path: Path, metadata: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(weights, "save_file", half)
    with pytest.raises(OSError, match="disk full"):
        save(lively(gpt.config, seed=1), saved)
    assert sorted(path.name for path in saved.iterdir()) == ["config.json", "model.safetensors"]
    assert torch.equal(load(saved)(ids), gpt(ids))


# ---------------------------------------------------------------- refusals


def test_an_unknown_name_is_refused():
    with pytest.raises(
        FileNotFoundError, match=r"name_or_directory='minni' is neither a model that ships .* nor a dir"
    ):
        load("minni")


def test_a_close_name_is_offered(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "SHIPPED", tmp_path)
    save(lively(GPTConfig(5, 8, 1, 1, 4)), tmp_path / "mini")
    assert load("mini").config.d_model == 4
    with pytest.raises(FileNotFoundError, match=r"ships \(mini\).*did you mean mini\?"):
        load("minni")


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_directory_without_one_of_the_files_is_refused_with_its_name(saved, missing):
    (saved / missing).unlink()
    with pytest.raises(FileNotFoundError, match=f"a directory with {missing} in it"):
        load(saved)


@pytest.mark.parametrize("size", [0, 4, 100, -1])
def test_truncated_weights_are_refused_by_their_path(saved, size):
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"model\.safetensors cannot be read; it may be truncated"):
        load(saved)


@pytest.mark.parametrize("size", [0, 30, -3])
def test_a_truncated_config_is_refused_by_its_path(saved, size):
    path = saved / "config.json"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"config\.json is not the config of a GPT-2"):
        load(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "bert"}, "model_type='bert' must be 'gpt2'"),
        ({"n_embd": None}, "config.json is not the config of a GPT-2.*n_embd"),
        ({"n_head": 3}, "d_model=16 must split evenly into n_head=3 heads"),
        ({"n_layer": "2"}, "n_layer='2' must be a whole number"),
        ({"activation_function": "relu"}, "activation_function='relu' must be 'gelu_new'"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon=1e-06 must be 1e-05"),
        ({"scale_attn_weights": False}, "scale_attn_weights=False must be True"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx=True must be False"),
    ],
)
def test_a_config_of_something_else_is_refused(saved, changes, message):
    change(saved / "config.json", **changes)
    with pytest.raises(ValueError, match=message):
        load(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_layer": 3}, r"model\.safetensors lacks h\.2\."),
        ({"n_layer": 1}, r"holds what no GPT-2 of its config\.json has: h\.1\."),
        ({"vocab_size": 24}, r"wte\.weight is \(23, 16\), by config\.json it must be \(24, 16\)"),
        ({"n_positions": 12}, r"wpe\.weight is \(40, 16\), by config\.json it must be \(12, 16\)"),
        ({"n_embd": 32}, r"wte\.weight is \(23, 16\), by config\.json it must be \(23, 32\)"),
    ],
)
def test_weights_of_another_config_are_refused(saved, changes, message):
    change(saved / "config.json", **changes)
    with pytest.raises(ValueError, match=message):
        load(saved)


def test_a_tensor_too_many_is_refused_by_name(saved):
    path = saved / "model.safetensors"
    save_file(load_file(path) | {"lm_head.weight": torch.zeros(23, 16)}, path)
    with pytest.raises(ValueError, match=r"holds what no GPT-2 of its config\.json has: lm_head\.weight"):
        load(saved)


def test_a_tokenizer_with_more_words_than_the_model_is_refused(saved):
    WordTokenizer([END_OF_TEXT, *map(str, range(23))]).save(saved / "tokenizer.json")
    with pytest.raises(ValueError, match=r"tokenizer\.json has 24 words, more than vocab_size=23"):
        load(saved)


def test_a_broken_tokenizer_is_refused(saved):
    (saved / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a word tokenizer's"):
        load(saved)


def test_nothing_is_ever_unpickled(saved):
    (saved / "model.safetensors").unlink()
    torch.save({}, saved / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError):
        load(saved)
