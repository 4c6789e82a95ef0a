"""The changes since GPT-2: equal to transformers' Llama, alone and together, with and without a cache."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from mini_gpt import GPT, GPTConfig, generate, save
from mini_gpt.cache import Cache
from mini_gpt.lesson.modern import ModernConfig, ModernGPT, llama_weights, rotate

SHAPE = {"vocab_size": 29, "context_length": 24, "n_layer": 3, "n_head": 4, "d_model": 32}
CONFIG = ModernConfig(**SHAPE, n_kv_head=2, d_ff=48, norm_epsilon=1e-6)
IDS = torch.randint(29, (2, 11), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=29, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=24, rms_norm_eps=1e-6, rope_theta=10_000.0,
        tie_word_embeddings=False, initializer_range=0.3, attn_implementation="eager")  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter += 0.3 * torch.randn(parameter.shape)
    return model


@pytest.fixture(scope="module")
def modern(llama):
    model = ModernGPT(CONFIG).eval()
    model.load_state_dict(llama_weights(llama.state_dict(), 3))
    return model


@torch.no_grad()
def test_logits_are_those_of_transformers_llama(llama, modern):
    ours, theirs = modern(IDS), llama(IDS).logits
    assert theirs.std() > 0.5
    assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_with_a_cache_logits_and_the_cache_itself_are_too(llama, modern):
    cache = Cache(CONFIG, 2)
    parts = [modern(IDS[:, a:b], cache=cache) for a, b in ((0, 4), (4, 5), (5, 11))]
    theirs = llama(IDS, use_cache=True)
    assert_close(torch.cat(parts, 1), theirs.logits, atol=1e-5, rtol=1e-5)
    for layer, ours in enumerate(cache.layers):
        kept = theirs.past_key_values.layers[layer]
        assert ours.keys.shape == (2, 2, 24, 8)  # two heads of keys for four of queries
        assert_close(ours.keys[:, :, :11], kept.keys, atol=1e-5, rtol=1e-5)
        assert_close(ours.values[:, :, :11], kept.values, atol=1e-5, rtol=1e-5)


def test_greedy_text_is_transformers_own(llama, modern):
    ours = generate(modern, IDS[:, :5], 12, temperature=0)
    theirs = llama.generate(IDS[:, :5], max_new_tokens=12, do_sample=False, pad_token_id=0, eos_token_id=None)
    assert torch.equal(ours, theirs)
    assert torch.equal(ours, generate(modern, IDS[:, :5], 12, temperature=0, use_cache=False))


@torch.no_grad()
def test_the_other_layout_is_another_model_until_its_rows_are_put_in_order(modern):
    paired = ModernGPT(replace(CONFIG, rope_layout="pairs")).eval()
    paired.load_state_dict(modern.state_dict())
    assert (paired(IDS) - modern(IDS)).abs().max() > 0.1
    order = torch.arange(8).view(2, 4).mT.flatten()  # of the numbers in a head: 0, 4, 1, 5, …
    for block in paired.blocks:
        heads = block.attention.qkv.weight.view(8, 8, 32)  # 4 heads of queries, 2 of keys, 2 of values
        heads[:6] = heads[:6, order]
    assert_close(paired(IDS), modern(IDS), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_without_any_change_it_is_gpt2():
    old = ModernConfig(**SHAPE, norm="layer", positions="learned", mlp="gelu", bias=True, tied=True)
    gpt, modern = GPT(GPTConfig(**SHAPE)).eval(), ModernGPT(old).eval()
    modern.load_state_dict(gpt.state_dict())
    assert_close(modern(IDS), gpt(IDS))
    assert modern.head.weight is modern.token_embedding.weight


@pytest.mark.parametrize(
    "change",
    [{"norm": "layer"}, {"positions": "learned"}, {"mlp": "gelu"}, {"bias": True}, {"tied": True}, {"n_kv_head": 4},
     {"rope_layout": "pairs"}],
)  # fmt: skip
@torch.no_grad()
def test_each_change_alone_reads_with_a_cache_as_without(change):
    model = ModernGPT(replace(CONFIG, d_ff=0, **change)).eval()
    cache = Cache(model.config, 2)
    parts = [model(IDS[:, a:b], cache=cache) for a, b in ((0, 3), (3, 4), (4, 11))]
    assert_close(torch.cat(parts, 1), model(IDS), atol=1e-5, rtol=1e-5)
    biased = [name for name, _ in model.named_parameters() if name.endswith("bias")]
    assert bool(biased) == model.config.bias


def test_swiglu_has_the_parameters_of_gelu():
    gelu, swiglu = (ModernGPT(ModernConfig(**SHAPE | {"d_model": 96}, mlp=mlp)) for mlp in ("gelu", "swiglu"))
    n = [sum(p.numel() for p in model.parameters()) for model in (gelu, swiglu)]
    assert n[0] == n[1]


def test_a_turned_product_knows_only_the_distance():
    q, k = torch.randn(2, 1, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for layout in ("halves", "pairs"):
        products = [(rotate(q, t, layout=layout) @ rotate(k, t - 5, layout=layout).mT).item() for t in (5, 6, 50)]
        assert products == pytest.approx([products[0]] * 3)
        other = (rotate(q, 6, layout=layout) @ rotate(k, 0, layout=layout).mT).item()
        assert other != pytest.approx(products[0], abs=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_kv_head": 3}, "n_kv_head=3 must divide n_head=4, or be 0 for as many"),
        ({"norm": "batch"}, "norm='batch' must be 'rms' or 'layer'"),
        ({"d_ff": -1}, "d_ff=-1 must be at least 1"),
        ({"d_model": 12}, "d_head=3 must be even"),
    ],
)
def test_a_config_that_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(CONFIG, **change)


def test_gpt2s_layout_has_no_place_for_it(tmp_path):
    with pytest.raises(ValueError, match="a ModernGPT has no place in GPT-2's layout"):
        save(ModernGPT(CONFIG), tmp_path / "model")
    assert not (tmp_path / "model").exists()
