"""GPT-2's architecture, its masks and its cache."""

import copy
import math

import pytest
import torch
from conftest import MASKS, lively, some_masks
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from mini_gpt import GPT, GPTConfig, record
from mini_gpt.cache import Cache
from mini_gpt.model import Block, attention_scores, attention_weights, causal_mask, padding_mask, prefix_mask

lengths = st.integers(1, 8)

# ---------------------------------------------------------------- architecture


def test_logits_are_those_of_transformers(gpt, ids, reference):
    assert_close(gpt(ids), reference(ids).logits, rtol=1e-5, atol=1e-5)


def test_logits_of_padded_rows_are_those_of_transformers(gpt, ids, reference):
    real = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]])
    mask = causal_mask(7) & padding_mask(real) | torch.eye(7, dtype=torch.bool)
    theirs = reference(ids, attention_mask=real, position_ids=torch.arange(7).expand(2, 7)).logits
    assert_close(gpt(ids, mask)[real.bool()], theirs[real.bool()], rtol=1e-5, atol=1e-5)


def test_gelu_is_the_tanh_approximation(gpt):
    x = torch.linspace(-5, 5, 101)
    tanh = 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    exact = 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
    assert_close(gpt.blocks[0].mlp.activation(x), tanh)
    assert (gpt.blocks[0].mlp.activation(x) - exact).abs().max() > 1e-4


def test_blocks_are_pre_norm_so_that_a_louder_stream_is_read_the_same(gpt, ids):
    block = copy.deepcopy(gpt.blocks[0])
    nn.init.zeros_(block.mlp.project.weight)  # so that only attention adds something
    x = 10 * gpt.token_embedding(ids)
    assert_close(block(100 * x) - 100 * x, block(x) - x, rtol=1e-3, atol=1e-3)


def test_a_block_whose_projections_are_zero_passes_the_stream_on():
    block = Block(GPTConfig(d_model=8, n_head=2))
    for layer in (block.attention.projection, block.mlp.project):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    x = torch.randn(1, 3, 8)
    assert_close(block(x), x, rtol=0, atol=0)


def test_the_logits_come_from_one_final_norm_and_the_token_embedding(gpt, ids):
    with record(gpt, "blocks.1") as trace:
        logits = gpt(ids)
    assert_close(gpt.final_norm(trace["blocks.1"]) @ gpt.token_embedding.weight.T, logits)
    assert gpt.head.weight is gpt.token_embedding.weight


def test_the_head_stays_tied_in_a_copy_and_in_another_dtype(gpt):
    other = copy.deepcopy(gpt).to(torch.float64)
    assert other.head.weight is other.token_embedding.weight


def test_every_layer_has_a_bias_but_the_head_and_every_norm_gpt2s_epsilon(gpt):
    without = [name for name, m in gpt.named_modules() if isinstance(m, nn.Linear) and m.bias is None]
    assert without == ["head"]
    assert {m.eps for m in gpt.modules() if isinstance(m, nn.LayerNorm)} == {1e-5}


def test_the_initial_weights_have_gpt2s_spread():
    torch.manual_seed(0)
    n_layer = 8
    for name, p in GPT(GPTConfig(400, 300, n_layer, 4, 128)).named_parameters():
        if name.endswith("bias"):
            assert (p == 0).all(), name
        elif "norm" in name:
            assert (p == 1).all(), name
        else:
            std = 0.01 if "position" in name else 0.02
            std /= math.sqrt(2 * n_layer) if name.endswith(("attention.projection.weight", "mlp.project.weight")) else 1
            assert p.std().item() == pytest.approx(std, rel=0.03), name
            assert abs(p.mean().item()) < 0.02 * std, name


def test_an_untrained_model_is_as_unsure_as_a_uniform_guess():
    torch.manual_seed(0)
    model, ids = GPT(GPTConfig(200, 32, 2, 2, 32)), torch.randint(200, (4, 33))
    loss = nn.functional.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(200), rel=0.01)


def test_a_model_on_int32_ids_says_the_same(gpt, ids):
    assert_close(gpt(ids.int()), gpt(ids))


def test_dropout_acts_in_training_and_only_there(ids):
    model = lively(GPTConfig(23, 40, 2, 4, 16, dropout=0.5))
    assert_close(model(ids), model(ids), rtol=0, atol=0)
    model.train()
    assert (model(ids) - model(ids)).abs().max() > 0.1


def test_dropout_also_falls_on_the_attention_weights(ids):
    """On both paths: with everything else at dropout 0, what attention adds still changes from call to call."""
    attention = lively(GPTConfig(23, 40, 1, 4, 16, dropout=0.5)).blocks[0].attention.train()
    x = torch.randn(2, 7, 16)
    assert (attention(x) - attention(x)).abs().max() > 0.01
    with record(attention, "weights"):
        assert (attention(x) - attention(x)).abs().max() > 0.01


# ---------------------------------------------------------------- causality


@pytest.mark.parametrize("t", range(1, 7))
def test_changing_the_future_leaves_the_past_alone(gpt, ids, t):
    changed = ids.clone()
    changed[:, t:] = (ids[:, t:] + 1) % gpt.config.vocab_size
    before, after = gpt(ids), gpt(changed)
    assert_close(after[:, :t], before[:, :t])
    assert (after[:, t:] - before[:, t:]).abs().amax(-1).min() > 1e-3  # while position t and those after it do change


def test_position_matters(gpt):
    same = gpt(torch.tensor([[3, 3, 3]]))[0]
    assert (same[0] - same[1]).abs().max() > 1e-3 and (same[1] - same[2]).abs().max() > 1e-3


# ---------------------------------------------------------------- masks


@given(lengths, lengths)
def test_a_causal_mask_is_aligned_to_the_lower_right(T, cached):
    S = T + cached
    mask = causal_mask(T, S)
    assert mask.tolist() == [[s <= t + S - T for s in range(S)] for t in range(T)]
    assert mask[-1].all()


@given(lengths, st.integers(0, 8))
def test_a_prefix_mask_is_causal_or_within_the_prefix(T, prefix):
    assert prefix_mask(T, prefix).tolist() == [[s <= t or s < prefix for s in range(T)] for t in range(T)]


def test_a_padding_mask_hides_keys_from_every_query_and_combines_with_and():
    real = torch.tensor([[0, 1, 1], [1, 1, 0]])
    both = causal_mask(3) & padding_mask(real)
    assert both.shape == (2, 3, 3)
    assert both.int().tolist() == [[[0, 0, 0], [0, 1, 0], [0, 1, 1]], [[1, 0, 0], [1, 1, 0], [1, 1, 0]]]


@given(st.data())
def test_a_token_reaches_exactly_the_queries_whose_mask_is_true(data):
    """In one layer: changing token s changes the logits at t if t may attend to s, or is s, and not otherwise."""
    T = data.draw(st.integers(2, 6))
    rows = st.lists(st.booleans(), min_size=T, max_size=T).filter(any)
    mask = torch.tensor(data.draw(st.lists(rows, min_size=T, max_size=T)))
    s = data.draw(st.integers(0, T - 1))
    model = lively(GPTConfig(10, 8, 1, 2, 8))
    ids = torch.arange(T)[None]
    changed = ids.clone()
    changed[0, s] = 9
    differs = (model(ids, mask) - model(changed, mask)).abs().amax(-1)[0] > 1e-6
    reached = mask[:, s].clone()
    reached[s] = True
    assert differs.tolist() == reached.tolist()


def test_each_head_and_row_obeys_its_own_mask(gpt, ids):
    mask = some_masks(2, 4, 7)["any (B, H, T, S)"]
    with record(gpt, "*.weights") as trace:
        gpt(ids, mask)
    assert ((trace.layers("attention.weights") > 0) == mask).all()


@given(st.integers(1, 6), st.integers(1, 6))
def test_attention_weights_of_a_query_sum_to_one_over_the_keys_it_may_see(T, cached):
    mask = causal_mask(T, T + cached)
    weights = attention_weights(5 * torch.randn(3, T, T + cached), mask)
    assert_close(weights.sum(-1), torch.ones(3, T))
    assert (weights[:, ~mask] == 0).all()


def test_scores_are_scaled_so_that_their_spread_does_not_grow_with_the_head():
    for D in (4, 256):
        scores = attention_scores(torch.randn(300, D), torch.randn(300, D))
        assert scores.std().item() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("name", MASKS)
def test_the_fused_path_equals_the_explicit_one(gpt, ids, name):
    mask = some_masks(2, 4, 7)[name]
    fused = gpt(ids, mask)
    with record(gpt, "*.weights"):
        explicit = gpt(ids, mask)
    assert_close(fused, explicit, rtol=1e-5, atol=1e-5)


def test_the_fused_path_has_the_gradients_of_the_explicit_one(ids):
    gradients = []
    for names in (["*.mlp"], ["*.scores"]):
        model = lively(GPTConfig(23, 40, 2, 4, 16))
        with record(model, *names):
            model(ids).square().mean().backward()
        gradients.append({name: p.grad for name, p in model.named_parameters()})
    assert_close(*gradients, rtol=1e-4, atol=1e-4)


def test_no_mask_is_the_causal_mask(gpt, ids):
    assert_close(gpt(ids), gpt(ids, causal_mask(7)))


# ---------------------------------------------------------------- cache


@pytest.mark.parametrize("explicit", [False, True], ids=["fused", "explicit"])
@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("cut", range(1, 7))
def test_reading_in_two_parts_equals_reading_at_once(gpt, ids, name, cut, explicit):
    mask = some_masks(2, 4, 7)[name]
    if mask is not None:
        mask = mask & ((torch.arange(7) < cut) | (torch.arange(7)[:, None] >= cut))  # the first part cannot look ahead
    first, rest = (None, None) if mask is None else (mask[..., :cut, :cut], mask[..., cut:, :])
    with record(gpt, "*.scores" if explicit else "*.mlp"):
        cache = Cache(gpt.config, batch_size=2)
        parts = [gpt(ids[:, :cut], first, cache), gpt(ids[:, cut:], rest, cache)]
    assert cache.length == 7
    assert_close(torch.cat(parts, 1), gpt(ids, mask), rtol=1e-5, atol=1e-5)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([[1, 2]], TypeError, "ids must be a tensor of int64 or int32, not list"),
        (torch.tensor([[1.0]]), TypeError, "ids must be a tensor of int64 or int32, not torch.float32"),
        (torch.tensor([[True]]), TypeError, "ids must be a tensor of int64 or int32, not torch.bool"),
        (torch.tensor([1, 2]), ValueError, r"ids of shape \(2,\) must be \(batch, tokens\)"),
        (torch.zeros(1, 2, 3, dtype=torch.long), ValueError, r"ids of shape \(1, 2, 3\) must be \(batch, tokens\)"),
        (torch.zeros(1, 0, dtype=torch.long), ValueError, r"ids of shape \(1, 0\) must be .* at least one of each"),
        (torch.zeros(0, 3, dtype=torch.long), ValueError, r"ids of shape \(0, 3\) must be .* at least one of each"),
        (torch.tensor([[0, 23]]), ValueError, r"ids hold 23, but must be in 0\.\.22 \(vocab_size - 1\)"),
        (torch.tensor([[0, -1]]), ValueError, r"ids hold -1, but must be in 0\.\.22"),
        (torch.zeros(1, 41, dtype=torch.long), ValueError, "41 ids are more than context_length=40"),
    ],
)
def test_ids_that_the_model_cannot_take_are_refused(gpt, ids, error, message):
    with pytest.raises(error, match=message):
        gpt(ids)


def test_a_context_that_the_cache_has_filled_is_refused(gpt):
    cache = Cache(gpt.config, batch_size=1)
    gpt(torch.zeros(1, 38, dtype=torch.long), cache=cache)
    with pytest.raises(ValueError, match="3 ids after 38 cached are more than context_length=40"):
        gpt(torch.zeros(1, 3, dtype=torch.long), cache=cache)


@pytest.mark.parametrize("shape", [(7,), (6, 7), (7, 6), (3, 7, 7), (2, 3, 7, 7), (3, 4, 7, 7), (1, 2, 4, 7, 7)])
def test_a_mask_of_a_wrong_shape_is_refused_with_the_right_ones(gpt, ids, shape):
    with pytest.raises(ValueError, match=r"mask of shape \(.*\) must be \(T, S\), .* B=2, H=4, T=7, S=7") as error:
        gpt(ids, torch.ones(shape, dtype=torch.bool))
    assert str(shape) in str(error.value)


@pytest.mark.parametrize(
    ("mask", "what"), [(torch.ones(7, 7), "torch.float32"), (torch.ones(7, 7).int(), "torch.int32"), ([[True]], "list")]
)
def test_a_mask_that_is_not_boolean_is_refused(gpt, ids, mask, what):
    with pytest.raises(TypeError, match=rf"mask must be a tensor of bool \(True = may attend\), not {what}"):
        gpt(ids, mask)


def test_a_query_without_any_key_is_refused_and_named(gpt, ids):
    mask = causal_mask(7).expand(2, 4, 7, 7).clone()
    mask[1, 2, 3] = False
    with pytest.raises(ValueError, match=r"mask blocks every key of query 3 \(batch 1, head 2\).* at least one"):
        gpt(ids, mask)
