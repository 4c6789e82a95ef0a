"""Checkpoints in and out, in GPT-2's layout."""

import copy
import json
import re
import shutil
import warnings
import weakref
from pathlib import Path

import pytest
import torch
from conftest import lively
from safetensors.torch import load_file, save_file
from torch import nn
from torch.testing import assert_close

from mini_gpt import GPT, GPTConfig, generate, load, save, weights
from mini_gpt.bpe import BPE
from mini_gpt.hub import weight_files
from mini_gpt.tokenizer import END_OF_TEXT, GPT2Tokenizer, Tokenizer, WordTokenizer

REAL_CONFIG = {  # the fields of config.json for all four sizes of GPT-2, with the values of 124M
    "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 50256,
    "embd_pdrop": 0.1, "eos_token_id": 50256, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05,
    "model_type": "gpt2", "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024,
    "n_special": 0, "output_past": True, "predict_special_tokens": True, "resid_pdrop": 0.1,
    "summary_activation": None, "summary_first_dropout": 0.1, "summary_proj_to_labels": True,
    "summary_type": "cls_index", "summary_use_proj": True,
    "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}, "vocab_size": 50257,
}  # fmt: skip


@pytest.fixture
def saved(gpt, tmp_path) -> Path:
    save(gpt, tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def untied(gpt) -> GPT:
    model = lively(gpt.config)
    model.head.weight = nn.Parameter(model.head.weight.detach().flip(0).clone())
    return model


def assert_same_weights(a: GPT, b: GPT) -> None:
    assert_close(a.state_dict(), b.state_dict(), rtol=0, atol=0)


def from_transformers(directory: Path) -> nn.Module:
    from transformers import GPT2LMHeadModel

    model, info = GPT2LMHeadModel.from_pretrained(directory, output_loading_info=True)
    assert not any(info.values()), info
    return model.eval()


def rewrite(path: Path, changes: dict[str, torch.Tensor | None]) -> None:
    """Store the file again with some tensors changed, None takes one out."""
    tensors = load_file(path) | changes
    save_file({name: tensor for name, tensor in tensors.items() if tensor is not None}, path)


def change(path: Path, **changes: object) -> None:
    stored = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in stored.items() if value is not None}))


# ---------------------------------------------------------------- there and back


def test_a_model_comes_back_to_the_last_bit_and_ready_to_use(gpt, ids, saved):
    back = load(saved)
    assert back.config == gpt.config and not back.training
    assert_same_weights(back, gpt)
    assert_close(back(ids), gpt(ids))
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
    theirs = from_transformers(saved)
    assert_close(theirs(ids).logits, gpt(ids), rtol=1e-5, atol=1e-5)
    config = theirs.config
    assert (config.activation_function, config.layer_norm_epsilon) == ("gelu_new", 1e-5)
    assert config.tie_word_embeddings and theirs.lm_head.weight is theirs.transformer.wte.weight


def test_we_open_what_transformers_saves(ids, tmp_path):
    from transformers import GPT2Config, GPT2Model

    config = GPT2Config(vocab_size=23, n_positions=40, n_embd=16, n_layer=2, n_head=4, initializer_range=0.3)
    theirs = GPT2Model(config).eval()
    theirs.save_pretrained(tmp_path)
    ours = load(tmp_path)
    assert ours.config == GPTConfig(23, 40, 2, 4, 16, dropout=0.1)
    assert_close(ours.hidden_states(ids), theirs(ids).last_hidden_state, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["mini", "mini-encoder"])
def test_transformers_reads_the_towns_words_from_a_model_that_ships_and_from_its_copy(tmp_path, name):
    from transformers import AutoTokenizer

    ours = load(name).tokenizer
    save(load(name), tmp_path)
    text = "nina guarda a bola ."
    for place in (weights.SHIPPED / name, tmp_path):
        theirs = AutoTokenizer.from_pretrained(place)
        ids = theirs(text)["input_ids"]
        assert ids == ours.encode(text) and theirs.decode(ids) == f" {text}"
        assert theirs.convert_tokens_to_ids(list(ours.words)) == list(range(ours.vocab_size))
        assert theirs.eos_token_id == theirs.bos_token_id == ours.end_of_text
        with pytest.raises(Exception, match="WordLevel error"):
            theirs("nina zzz")


@pytest.mark.parametrize("kind", ["words", "gpt2", "bpe"])
def test_transformers_generates_what_we_do_from_any_tokenizer(tmp_path, kind):
    from transformers import pipeline

    texts = {"words": "josé dá pão", "gpt2": "José [PAD] dá pão", "bpe": "José dá pão"}
    bpe = BPE.train(texts["bpe"], 258)
    tokenizer = {"words": WordTokenizer([END_OF_TEXT, "josé", "dá", "pão", "."]),
                 "gpt2": GPT2Tokenizer.train(texts["bpe"], 258), "bpe": bpe}[kind]  # fmt: skip
    if kind == "gpt2":
        tokenizer.library.add_special_tokens(["[PAD]"])
    model = lively(GPTConfig(tokenizer.vocab_size, 40, 2, 2, 8))
    model.tokenizer = tokenizer
    save(model, tmp_path)
    assert load(tmp_path).tokenizer.encode(texts[kind]) == tokenizer.encode(texts[kind])
    theirs = pipeline("text-generation", model=str(tmp_path))
    assert theirs.tokenizer(texts[kind])["input_ids"] == tokenizer.encode(texts[kind])
    ids = generate(model, torch.tensor([tokenizer.encode(texts[kind])]), 5, temperature=0, stop=tokenizer.end_of_text)
    [written] = theirs(texts[kind], max_new_tokens=5, do_sample=False, skip_special_tokens=False, return_tensors=True)
    n = len(written["generated_token_ids"])  # theirs ends at the first end of text
    assert written["generated_token_ids"] == ids[0, :n].tolist() and n > len(tokenizer.encode(texts[kind]))
    [written] = theirs(texts[kind], max_new_tokens=5, do_sample=False, skip_special_tokens=False)
    assert written["generated_text"] == tokenizer.decode(ids[0, :n])


def test_an_untied_head_travels_there_and_back_and_to_transformers(untied, ids, tmp_path):
    save(untied, tmp_path)
    back, theirs = load(tmp_path), from_transformers(tmp_path)
    assert_same_weights(back, untied)
    assert back.head.weight is not back.token_embedding.weight and back.head.weight.requires_grad
    assert_close(theirs(ids).logits, untied(ids), rtol=1e-5, atol=1e-5)
    theirs.save_pretrained(tmp_path / "theirs")
    assert_same_weights(load(tmp_path / "theirs"), untied)


def test_a_folder_like_the_real_repositories_loads(gpt, ids, saved):
    """Their config has fields that say nothing of the architecture, their files hold masks, some names a prefix."""
    sizes = {name: json.loads((saved / "config.json").read_text())[name]
             for name in ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head")}  # fmt: skip
    (saved / "config.json").write_text(json.dumps(REAL_CONFIG | sizes | {"n_ctx": sizes["n_positions"]}))
    masks = {f"h.{i}.attn.bias": torch.ones(40, 40).tril()[None, None] for i in range(2)}
    masks |= {f"h.{i}.attn.masked_bias": torch.tensor(-1e4) for i in range(2)}
    plain = load_file(saved / "model.safetensors") | masks
    for prefix in ("", "transformer."):
        for head in ({}, {"lm_head.weight": plain["wte.weight"].clone()}):
            tensors = {prefix + name: tensor for name, tensor in plain.items()} | head
            save_file(tensors, saved / "model.safetensors")
            model = load(saved)
            assert_same_weights(model, gpt)
            assert model.head.weight is model.token_embedding.weight
    assert model.config.dropout == 0.1


@pytest.mark.parametrize(("dtype", "transposed"), [(None, True), (torch.bfloat16, False), (torch.float16, False)])
def test_matrices_lie_in_memory_as_decoding_reads_them_fastest(saved, dtype, transposed):
    """float32 as in the file, [in, out]; half precision as PyTorch has them, [out, in]."""
    for block in load(saved, dtype=dtype).blocks:
        for layer in (block.attention.qkv, block.attention.projection, block.mlp.expand, block.mlp.project):
            assert layer.weight.shape == (layer.out_features, layer.in_features)
            assert (layer.weight.mT if transposed else layer.weight).is_contiguous()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_weights_of_each_dtype_are_read_written_and_converted(gpt, ids, saved, tmp_path, dtype):
    model = load(saved, dtype=dtype)
    assert_same_weights(model, copy.deepcopy(gpt).to(dtype))
    save(model, tmp_path / "converted")
    assert_same_weights(load(tmp_path / "converted", dtype=dtype), model)
    assert_same_weights(load(tmp_path / "converted", dtype=torch.float32), copy.deepcopy(model).float())
    assert from_transformers(tmp_path / "converted").dtype == dtype


@pytest.mark.parametrize(
    ("stored", "loaded"),
    [(torch.float32, torch.float32), (torch.bfloat16, torch.bfloat16), (torch.float16, torch.float32)],
)
def test_a_file_keeps_its_dtype_but_float16_becomes_float32(gpt, tmp_path, stored, loaded):
    halved = copy.deepcopy(gpt).to(stored)
    save(halved, tmp_path)
    assert_same_weights(load(tmp_path), copy.deepcopy(halved).to(loaded))


def test_a_device_can_be_chosen(saved):
    assert {p.device.type for p in load(saved, device="meta").parameters()} == {"meta"}
    assert {p.device.type for p in load(saved, device=torch.device("cpu")).parameters()} == {"cpu"}


def test_training_a_loaded_model_leaves_its_file_alone(ids, saved):
    before = (saved / "model.safetensors").read_bytes()
    model = load(saved)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(7)
    assert (saved / "model.safetensors").read_bytes() == before
    save(model, saved)  # over the file that is still mapped
    assert all((p == 7).all() for p in load(saved).parameters())


# ---------------------------------------------------------------- shards


def test_weights_too_large_for_one_file_go_into_several_that_both_read(untied, ids, tmp_path):
    save(untied, tmp_path, max_shard_bytes=6000)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    shards = sorted(tmp_path.glob("model-*"))
    assert len(shards) > 2 and {path.name for path in shards} == set(index["weight_map"].values())
    assert shards[0].name == f"model-00001-of-{len(shards):05}.safetensors"
    held = {path.name: load_file(path) for path in shards}
    assert all(sum(t.nbytes for t in tensors.values()) <= 6000 for tensors in held.values())
    assert index["weight_map"] == {name: file for file, tensors in held.items() for name in tensors}
    assert index["metadata"]["total_size"] == sum(p.nbytes for p in untied.parameters())
    assert_same_weights(load(tmp_path), untied)
    assert_close(from_transformers(tmp_path)(ids).logits, untied(ids), rtol=1e-5, atol=1e-5)


def test_the_shards_of_transformers_are_read(untied, ids, tmp_path):
    save(untied, tmp_path / "one")
    from_transformers(tmp_path / "one").save_pretrained(tmp_path / "many", max_shard_size="6KB")
    assert len(list((tmp_path / "many").glob("model-*"))) > 2
    assert_same_weights(load(tmp_path / "many"), untied)


def test_a_tensor_larger_than_a_shard_has_one_of_its_own(gpt, ids, tmp_path):
    save(gpt, tmp_path, max_shard_bytes=1)
    assert len(list(tmp_path.glob("model-*"))) == 2 + 2 * 12 + 2
    assert_same_weights(load(tmp_path), gpt)
    with pytest.raises(ValueError, match="max_shard_bytes=0 must be at least 1"):
        save(gpt, tmp_path, max_shard_bytes=0)


def test_no_more_than_one_shard_is_copied_at_a_time(gpt, tmp_path, monkeypatch):
    own = {parameter.data_ptr() for parameter in gpt.parameters()}
    copies: list[weakref.ref] = []

    def watch(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str]) -> None:
        assert not any(copy() is not None for copy in copies)
        copies.extend(weakref.ref(tensor) for tensor in tensors.values() if tensor.data_ptr() not in own)
        save_file(tensors, path, metadata)

    monkeypatch.setattr(weights, "save_file", watch)
    save(gpt, tmp_path, max_shard_bytes=6000)
    assert len(copies) == 2 * 4  # the matrices, [out, in] in a model that was not loaded


def test_saving_again_leaves_nothing_of_what_was_there(gpt, ids, saved):
    other = lively(gpt.config, seed=1)
    for model, limit in ((other, 6000), (gpt, 9000), (other, 10**9), (gpt, 6000)):
        save(model, saved, max_shard_bytes=limit)
        assert_same_weights(load(saved), model)
        files = {path.name for path in weight_files(saved)}
        assert {path.name for path in saved.glob("*.safetensors")} == files
        assert (saved / "model.safetensors.index.json").exists() == (limit < 10**9)


# ---------------------------------------------------------------- saves


def with_tokenizer(tokenizer: Tokenizer, seed: int = 0) -> GPT:
    model = lively(GPTConfig(tokenizer.vocab_size, 8, 1, 1, 4), seed)
    model.tokenizer = tokenizer
    return model


THEIRS = {"generation_config.json": "{}", "added_tokens.json": "{}", "special_tokens_map.json": "{}",
          "encoder.json": "{}", "vocab.bpe": ""}  # fmt: skip
NOT_OURS = ("README.md", "notes.txt", "pytorch_model.bin", "train.json", "model.txt")


@pytest.fixture(scope="module")
def models() -> dict[str, GPT]:
    words = WordTokenizer([END_OF_TEXT, *"abcdef"])
    return {"many words": with_tokenizer(words), "few words": with_tokenizer(WordTokenizer([END_OF_TEXT, "a"])),
            "gpt2": with_tokenizer(GPT2Tokenizer.train("", 257)), "bpe": with_tokenizer(BPE.train("", 257)),
            "none": lively(GPTConfig(5, 8, 1, 1, 4))}  # fmt: skip


@pytest.mark.parametrize("after", ["many words", "few words", "gpt2", "bpe", "none"])
@pytest.mark.parametrize("before", ["many words", "few words", "gpt2", "bpe", "none"])
def test_after_a_save_the_folder_holds_that_model_and_nothing_of_the_one_before(models, tmp_path, before, after):
    save(models[after], tmp_path / "alone")
    folder = tmp_path / "folder"
    save(models[before], folder, max_shard_bytes=1500)
    for name, content in THEIRS.items():
        (folder / name).write_text(content)
    for name in NOT_OURS:
        (folder / name).write_text("mine")
    save(models[after], folder)
    written = {path.name: path.read_bytes() for path in (tmp_path / "alone").iterdir()}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == written | dict.fromkeys(NOT_OURS, b"mine")
    assert_same_weights(load(folder), models[after])
    assert (load(folder).tokenizer is None) == (after == "none")


def test_a_directory_is_made_and_an_old_model_in_it_replaced(gpt, ids, tmp_path):
    place = tmp_path / "a" / "b"
    save(lively(GPTConfig(5, 8, 1, 1, 4)), place)
    save(gpt, place)
    assert_same_weights(load(place), gpt)
    assert sorted(path.name for path in place.iterdir()) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize("limit", [10**9, 6000])
def test_a_save_that_fails_leaves_the_old_files_whole_and_no_scraps(gpt, ids, saved, monkeypatch, limit):
    calls = []

    def half(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str]) -> None:
        save_file(tensors, path, metadata)
        calls.append(path)
        if limit == 10**9 or len(calls) == 2:
            Path(path).write_bytes(b"half")
            raise OSError("disk full")

    monkeypatch.setattr(weights, "save_file", half)
    with pytest.raises(OSError, match="disk full"):
        save(lively(gpt.config, seed=1), saved, max_shard_bytes=limit)
    assert sorted(path.name for path in saved.iterdir()) == ["config.json", "model.safetensors"]
    assert_same_weights(load(saved), gpt)


# ---------------------------------------------------------------- refusals


def test_an_unknown_name_is_refused_and_a_close_one_offered():
    with pytest.raises(FileNotFoundError, match=r"'minni' is neither a folder, nor .* ships \(mini, .*\).*mean mini\?"):
        load("minni")
    with pytest.raises(FileNotFoundError, match=r"'gpt2-medum' is neither .*did you mean gpt2-medium"):
        load("gpt2-medum")
    with pytest.raises(FileNotFoundError, match="is neither a folder, nor"):
        load("/no/such/folder")


def test_a_folder_goes_before_a_model_of_that_name_and_a_warning_says_so(gpt, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, other in (
        ("mini", f"ships is {weights.SHIPPED / 'mini'}"),
        ("gpt2", "of the hub needs another working folder"),
    ):
        save(gpt, tmp_path / name)
        with pytest.warns(
            UserWarning, match=re.escape(f"{name!r} is the folder {tmp_path / name}; the model ")
        ) as warned:
            assert_same_weights(load(name), gpt)
        assert other in str(warned[0].message) and warned[0].filename == __file__
    save(gpt, tmp_path / "some" / "one")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for place in ("./mini", Path("mini"), f"{tmp_path}/mini", "some/one"):
            assert_same_weights(load(place), gpt)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_directory_without_one_of_the_files_is_refused_with_its_name(saved, missing):
    (saved / missing).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{saved.name} holds (no|neither) {missing}"):
        load(saved)


@pytest.mark.parametrize("size", [0, 4, 100, -1])
def test_truncated_weights_are_refused_by_their_path(saved, size):
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"model\.safetensors cannot be read; it may be truncated"):
        load(saved)


def test_shards_that_are_missing_truncated_or_misnamed_are_refused_by_name(gpt, saved):
    save(gpt, saved, max_shard_bytes=6000)
    first, shard, *_ = sorted(saved.glob("model-*"))
    index = saved / "model.safetensors.index.json"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match=r"model-00002-of-0000.\.safetensors cannot be read"):
        load(saved)
    shutil.copy(first, shard)
    with pytest.raises(
        ValueError, match=r"model-00002-of-0000.\.safetensors: \S+ is there already, as \S+ in model-00001"
    ):
        load(saved)
    shard.unlink()
    with pytest.raises(FileNotFoundError, match=r"index\.json names model-00002-of-0000.\.safetensors, which is not"):
        load(saved)
    for text in (
        "{",
        "[]",
        '{"weight_map": 3}',
        '{"weight_map": {"wte.weight": "../x"}}',
        '{"weight_map": {"a": 1}}',
        '{"weight_map": {}}',
    ):
        index.write_text(text)
        with pytest.raises(ValueError, match=r"index\.json is not the index of a checkpoint"):
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
        ({"model_type": "bert"}, "model_type='bert' must be one of gpt2, "),
        ({"n_embd": None}, "config.json is not the config of a GPT-2.*n_embd"),
        ({"n_head": 3}, "d_model=16 must split evenly into n_head=3 heads"),
        ({"n_layer": "2"}, "n_layer='2' must be a whole number"),
        ({"activation_function": "relu"}, "activation_function='relu' must be 'gelu_new'"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon=1e-06 must be 1e-05"),
        ({"scale_attn_weights": False}, "scale_attn_weights=False must be True"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx=True must be False"),
        ({"add_cross_attention": True}, "add_cross_attention=True must be False"),
        (
            {"resid_pdrop": 0.1, "embd_pdrop": 0.0, "attn_pdrop": 0.3},
            "resid_pdrop=0.1, embd_pdrop=0.0, attn_pdrop=0.3 must be equal: this GPT has one dropout",
        ),
        ({"embd_pdrop": None}, "resid_pdrop=0.0, embd_pdrop=0.1, attn_pdrop=0.0 must be equal"),
        ({"n_inner": 32}, "n_inner=32 must be null or 4 \\* n_embd = 64"),
        ({"tie_word_embeddings": "no"}, "tie_word_embeddings='no' must be true or false"),
    ],
)
def test_a_config_of_something_else_is_refused(saved, changes, message):
    change(saved / "config.json", **changes)
    with pytest.raises(ValueError, match=message):
        load(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"n_layer": 3},
            r"model\.safetensors lacks h\.2\.ln_1\.weight, h\.2\.\S+, h\.2\.\S+ and 9 more, which",
        ),
        (
            {"n_layer": 1},
            r"that a GPT-2 of its config\.json does not have: h\.1\.\S+, h\.1\.\S+, h\.1\.\S+ and 9 more",
        ),
        ({"tie_word_embeddings": False}, r"model\.safetensors lacks lm_head\.weight, which its config"),
        ({"vocab_size": 24}, r"wte\.weight is \(23, 16\), but by config\.json it must be \(24, 16\)"),
        ({"n_positions": 12}, r"wpe\.weight is \(40, 16\), but by config\.json it must be \(12, 16\)"),
        ({"n_embd": 32}, r"wte\.weight is \(23, 16\), but by config\.json it must be \(23, 32\)"),
    ],
)
def test_weights_of_another_config_are_refused(saved, changes, message):
    change(saved / "config.json", **changes)
    with pytest.raises(ValueError, match=message):
        load(saved)


def test_harmless_fields_of_a_config_are_accepted(gpt, ids, saved):
    change(saved / "config.json", n_inner=64, reorder_and_upcast_attn=True, tie_word_embeddings=None, use_cache=False)
    assert_same_weights(load(saved), gpt)


@pytest.mark.parametrize(
    "lacks",
    [("resid_pdrop", "embd_pdrop", "attn_pdrop"), ("model_type",), ("layer_norm_epsilon", "activation_function"),
     ("tie_word_embeddings", "scale_attn_weights", "architectures")],
)  # fmt: skip
def test_what_a_config_does_not_say_is_as_in_transformers(ids, saved, lacks):
    change(saved / "config.json", **dict.fromkeys(lacks))
    theirs = from_transformers(saved)
    assert_close(load(saved)(ids), theirs(ids).logits, rtol=1e-5, atol=1e-5)
    assert load(saved).config.dropout == theirs.config.resid_pdrop == (0.1 if "resid_pdrop" in lacks else 0.0)


def test_another_name_of_the_same_activation_is_read(ids, saved):
    change(saved / "config.json", activation_function="gelu_pytorch_tanh")
    assert_close(load(saved)(ids), from_transformers(saved)(ids).logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_of_a_tied_pair_either_name_is_enough(gpt, ids, saved, prefix):
    tensors = {prefix + name: tensor for name, tensor in load_file(saved / "model.safetensors").items()}
    tensors["lm_head.weight"] = tensors.pop(f"{prefix}wte.weight")
    save_file(tensors, saved / "model.safetensors", {"format": "pt"})
    model = load(saved)
    assert_same_weights(model, gpt)
    assert model.head.weight is model.token_embedding.weight
    assert_close(from_transformers(saved)(ids).logits, model(ids), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("prefix", ["_orig_mod.", "module.", "module._orig_mod.", "_orig_mod.module.transformer."])
@pytest.mark.parametrize("limit", [10**9, 6000])
def test_the_prefixes_of_compiled_and_wrapped_models_are_read(untied, tmp_path, prefix, limit):
    save(untied, tmp_path, max_shard_bytes=limit)
    for path in weight_files(tmp_path):
        save_file({prefix + name: tensor for name, tensor in load_file(path).items()}, path)
    assert_same_weights(load(tmp_path), untied)


def test_a_tensor_under_two_names_is_refused(saved):
    rewrite(saved / "model.safetensors", {"transformer.wte.weight": torch.zeros(23, 16)})
    with pytest.raises(
        ValueError, match=r"safetensors: \S*wte\.weight is there already, as \S*wte\.weight in model\.safetensors"
    ):
        load(saved)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (
            {"score.weight": torch.zeros(2)},
            r"that a GPT-2 of its config\.json does not have: score\.weight",
        ),
        ({"h.0.attn.c_attn.bias": None}, r"model\.safetensors lacks h\.0\.attn\.c_attn\.bias, which its config"),
        ({"h.0.mlp.c_fc.weight": torch.zeros(64, 16)}, r"h\.0\.mlp\.c_fc\.weight is \(64, 16\), .* be \(16, 64\)"),
        (
            {"ln_f.bias": torch.zeros(16).int()},
            r"safetensors: ln_f\.bias is of I32, but must be of F32, BF16, F16",
        ),
        ({"ln_f.bias": torch.zeros(16).half()}, r"model\.safetensors holds tensors of F16 and F32: choose dtype"),
        ({"lm_head.weight": torch.zeros(23, 16)}, r'lm_head\.weight is not wte\.weight.*"tie_word_embeddings": false'),
    ],
)
def test_tensors_that_do_not_fit_are_refused_by_name(saved, tensors, message):
    rewrite(saved / "model.safetensors", tensors)
    with pytest.raises(ValueError, match=message):
        load(saved)


def test_a_file_of_mixed_dtypes_loads_when_one_is_chosen(gpt, ids, saved):
    rewrite(saved / "model.safetensors", {"ln_f.bias": gpt.final_norm.bias.detach().half()})
    assert_close(load(saved, dtype=torch.float32)(ids), gpt(ids), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("dtype", [torch.float64, torch.int8, "float32"])
def test_other_dtypes_are_refused(saved, dtype):
    with pytest.raises(ValueError, match=f"dtype={dtype} must be torch.float32, torch.bfloat16, torch.float16 or None"):
        load(saved, dtype=dtype)


@pytest.mark.parametrize("device", ["gpu", "cuda:99", 1.5])
def test_a_device_that_is_not_there_is_refused(saved, device):
    with pytest.raises(ValueError, match=f"device={device!r} must be one that torch has here"):
        load(saved, device=device)


def test_a_tokenizer_with_more_words_than_the_model_is_refused(saved):
    WordTokenizer([END_OF_TEXT, *map(str, range(23))]).save(saved)
    with pytest.raises(ValueError, match=rf"{saved.name}: the tokenizer has 24 words, more than .* vocab_size=23"):
        load(saved)


def test_a_broken_tokenizer_is_refused(saved):
    (saved / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        load(saved)


@pytest.mark.parametrize(
    ("name", "way"),
    [("pytorch_model.bin", "with transformers: .*save_pretrained"), ("ckpt.pt", "nanoGPT's ckpt.pt as docs/check"),
     ("last.ckpt", "nanoGPT's")],
)  # fmt: skip
def test_nothing_is_ever_unpickled_and_the_advice_fits_the_file(saved, name, way):
    (saved / "model.safetensors").unlink()
    for file in (name, "optimizer.pt", "training_args.bin") if "pytorch" in name else (name,):
        torch.save({}, saved / file)
    for place, error in ((saved, FileNotFoundError), (saved / name, ValueError)):
        with pytest.raises(error, match=rf"{name} is not opened: .* run any code when it is opened.*convert .*{way}"):
            load(place)
    (saved / "config.json").unlink()
    with pytest.raises(FileNotFoundError, match=rf"holds no config\.json; {name} is not opened: .*convert .*{way}"):
        load(saved)


def test_the_path_of_a_file_is_refused(saved):
    with pytest.raises(ValueError, match=r"model\.safetensors is a file: give the folder that holds it"):
        load(saved / "model.safetensors")
