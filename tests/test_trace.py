"""Looking inside and changing what is found, without a trace left."""

import copy
import math
import re

import pytest
import torch
from conftest import lively, some_masks
from torch import nn
from torch.testing import assert_close

from mini_gpt import GPTConfig, edit, generate, record
from mini_gpt.model import attention_weights, causal_mask
from mini_gpt.trace import no_numbers

B, T, C, H, D, V = 2, 7, 16, 4, 4, 23


def hooks(model: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules())


# ---------------------------------------------------------------- record


def test_attention_weights_and_the_residual_stream_are_those_of_transformers(gpt, ids, reference):
    theirs = reference(ids, output_attentions=True, output_hidden_states=True)
    with record(gpt) as trace:
        gpt(ids)
    assert_close(trace.layers("attention.weights"), torch.stack(theirs.attentions), rtol=1e-5, atol=1e-5)
    ours = [trace["embedding"], trace["blocks.0"], trace["final_norm"]]  # theirs ends with the norm of the last block
    for mine, its in zip(ours, theirs.hidden_states, strict=True):
        assert_close(mine, its, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("embedding", (B, T, C)),
        ("blocks.1", (B, T, C)),
        ("blocks.1.attention", (B, T, C)),
        ("blocks.1.attention.queries", (B, H, T, D)),
        ("blocks.1.attention.keys", (B, H, T, D)),
        ("blocks.1.attention.values", (B, H, T, D)),
        ("blocks.1.attention.scores", (B, H, T, T)),
        ("blocks.1.attention.weights", (B, H, T, T)),
        ("blocks.1.mlp", (B, T, C)),
        ("final_norm", (B, T, C)),
        ("head", (B, T, V)),
    ],
)
def test_each_place_has_the_shape_that_the_lesson_names(gpt, ids, name, shape):
    with record(gpt, name) as trace:
        gpt(ids)
    assert {key: tuple(value.shape) for key, value in trace.items()} == {name: shape}


def test_every_recorded_name_is_in_print_model(gpt, ids):
    with record(gpt) as trace:
        gpt(ids)
    printed = set(re.findall(r"\((\w+)\): ", str(gpt)))
    blocks = {"0", "1"} if "(0-1): 2 x Block" in str(gpt) else set()
    assert len(trace) > 20
    assert {part for name in trace for part in name.split(".")} <= printed | blocks


def test_what_is_recorded_adds_up(gpt, ids):
    with record(gpt) as trace:
        logits = gpt(ids)
    stream = trace["embedding"] + sum(trace.layers("attention")) + sum(trace.layers("mlp"))
    assert_close(trace["blocks.1"], stream, rtol=1e-5, atol=1e-5)
    first = {key: trace[f"blocks.0.attention.{key}"] for key in ("queries", "keys", "values", "scores", "weights")}
    assert_close(first["scores"], first["queries"] @ first["keys"].mT / 2)
    assert_close(first["weights"], attention_weights(first["scores"], causal_mask(T)))
    assert_close(first["weights"].sum(-1), torch.ones(B, H, T))
    mixed = (first["weights"] @ first["values"]).transpose(1, 2).reshape(B, T, C)
    assert_close(gpt.blocks[0].attention.projection(mixed), trace["blocks.0.attention"])
    assert_close(trace["head"], logits)


def test_patterns_choose_and_several_may_be_given(gpt, ids):
    with record(gpt, "*.weights", "blocks.1.mlp") as trace:
        gpt(ids)
    assert list(trace) == ["blocks.0.attention.weights", "blocks.1.attention.weights", "blocks.1.mlp"]


def test_layers_stacks_one_thing_of_every_block(gpt, ids):
    with record(gpt) as trace:
        gpt(ids)
    assert trace.layers("mlp").shape == (2, B, T, C)
    assert_close(trace.layers("mlp")[1], trace["blocks.1.mlp"])
    with pytest.raises(ValueError, match=r"name='attention.wights' was not recorded .* mean attention.weights"):
        trace.layers("attention.wights")


def test_what_is_recorded_is_detached_and_gradients_stay_as_they_are(ids):
    gradients = []
    for names in (["*"], ["*.weights"]):
        model = lively(GPTConfig(V, 40, 2, H, C))
        with record(model, *names) as trace:
            model(ids).square().mean().backward()
        assert trace and not any(value.requires_grad for value in trace.values())
        gradients.append([p.grad for p in model.parameters()])
    assert_close(*gradients)


def test_the_last_forward_pass_is_the_one_that_stays(gpt, ids):
    with record(gpt, "head") as trace:
        gpt(ids)
        last = gpt(ids[:, :3])
    assert_close(trace["head"], last)


def test_recording_works_while_generating_with_a_cache(gpt, ids):
    with record(gpt, "*.weights") as trace:
        generate(gpt, ids, 3)
    assert trace.layers("attention.weights").shape == (2, B, H, 1, T + 2)


def test_recordings_nest(gpt, ids):
    with record(gpt, "head") as outer:
        with record(gpt, "head") as inner:
            gpt(ids)
        assert hooks(gpt) == 1
        gpt(ids[:, :2])
    assert inner["head"].size(1) == T and outer["head"].size(1) == 2


# ---------------------------------------------------------------- nothing is left behind


@pytest.mark.parametrize("place", ["*", "*.weights", "blocks.0", "head"])
def test_recording_and_editing_leave_nothing_behind(gpt, ids, place):
    before, state = gpt(ids), {name: p.clone() for name, p in gpt.state_dict().items()}
    with record(gpt, place), edit(gpt, place, lambda x: x + 1):
        assert hooks(gpt) > 0
        assert not torch.equal(gpt(ids), before)
    assert hooks(gpt) == 0
    assert torch.equal(gpt(ids), before)  # to the last bit: on the fused path again
    assert all(torch.equal(p, state[name]) for name, p in gpt.state_dict().items())


@pytest.mark.parametrize("where", ["in the body", "in the function", "in the model"])
def test_an_exception_leaves_nothing_behind_either(gpt, ids, where):
    before = gpt(ids)

    def fail(x: torch.Tensor) -> torch.Tensor:
        if where == "in the function":
            raise KeyboardInterrupt
        return x

    with pytest.raises((KeyboardInterrupt, ValueError)), record(gpt), edit(gpt, "*.scores", fail):
        gpt(ids if where != "in the model" else ids - 100)
        raise KeyboardInterrupt
    assert hooks(gpt) == 0
    assert torch.equal(gpt(ids), before)


def test_a_name_that_fits_nothing_leaves_nothing_behind(gpt):
    with pytest.raises(ValueError), record(gpt, "*.mlp", "nowhere"):
        pass
    assert hooks(gpt) == 0


# ---------------------------------------------------------------- edit


def test_a_number_fills_a_tensor_replaces_and_a_function_changes(gpt, ids):
    given = torch.randn(B, T, C)
    for value, expected in [(0, torch.zeros(B, T, C)), (2.5, torch.full((B, T, C), 2.5)), (given, given)]:
        with edit(gpt, "blocks.0.mlp", value), record(gpt, "blocks.0.mlp") as trace:
            gpt(ids)
        assert torch.equal(trace["blocks.0.mlp"], expected)
    with record(gpt, "blocks.0.mlp") as plain:
        gpt(ids)
    with edit(gpt, "blocks.0.mlp", lambda x: 2 * x), record(gpt, "blocks.0.mlp") as trace:
        gpt(ids)
    assert_close(trace["blocks.0.mlp"], 2 * plain["blocks.0.mlp"])


def test_a_record_around_or_inside_an_edit_sees_the_new_value(gpt, ids):
    with record(gpt, "*.mlp") as outer, edit(gpt, "*.mlp", 0), record(gpt, "*.mlp") as inner:
        gpt(ids)
    assert not outer.layers("mlp").any() and not inner.layers("mlp").any()


def test_without_what_the_blocks_add_the_logits_are_those_of_the_embedding(gpt, ids):
    with edit(gpt, "*.attention", 0), edit(gpt, "*.mlp", 0), record(gpt, "embedding") as trace:
        logits = gpt(ids)
    assert_close(logits, gpt.head(gpt.final_norm(trace["embedding"])))


def test_without_attention_no_token_hears_of_another(gpt, ids):
    changed = ids.clone()
    changed[:, 0] = (ids[:, 0] + 1) % V
    assert not torch.allclose(gpt(ids)[:, 1:], gpt(changed)[:, 1:], atol=1e-3)
    with edit(gpt, "*.attention", 0):
        assert_close(gpt(ids)[:, 1:], gpt(changed)[:, 1:])


def test_an_edge_cut_in_the_scores_cuts_the_path(ids):
    """In the weights it would not: there the softmax has already let every key weigh on the others."""
    model = lively(GPTConfig(V, 40, 1, H, C))
    changed = ids.clone()
    changed[:, 2] = (ids[:, 2] + 1) % V

    def cut(scores: torch.Tensor) -> torch.Tensor:
        scores = scores.clone()
        scores[..., 5, 2] = -torch.inf
        return scores

    with edit(model, "blocks.0.attention.scores", cut):
        difference = (model(ids) - model(changed)).abs().amax((0, 2))
    assert (difference > 1e-4).tolist() == [False, False, True, True, True, False, True]


def test_scores_of_zero_give_even_weights_and_the_mask_still_holds(gpt, ids):
    mask = some_masks(B, H, T)["any (T, S)"]
    with edit(gpt, "*.scores", 0), record(gpt, "*.weights") as trace:
        gpt(ids, mask)
    assert_close(trace.layers("attention.weights"), (mask / mask.sum(-1, keepdim=True)).expand(2, B, H, T, T))


def test_patching_the_last_block_with_another_run_gives_that_run_s_logits(gpt, ids):
    other = (ids + 1) % V
    with record(gpt, "blocks.1") as trace:
        expected = gpt(other)
    with edit(gpt, "blocks.1", trace["blocks.1"]):
        assert_close(gpt(ids), expected)


def test_an_edit_of_the_head_changes_what_is_generated(gpt, ids):
    def always_nine(logits: torch.Tensor) -> torch.Tensor:
        return nn.functional.one_hot(torch.full(logits.shape[:-1], 9), V).float()

    with edit(gpt, "head", always_nine):
        assert generate(gpt, ids, 4, temperature=0)[:, T:].tolist() == [[9] * 4] * B


# ---------------------------------------------------------------- numbers that are none


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("token_embedding.weight", math.nan, "token_embedding, whose parameters hold it"),
        ("blocks.1.mlp.expand.bias", math.inf, "blocks.1.mlp.expand, whose parameters hold it"),
        ("blocks.0.attention.qkv.weight", 1e25, "blocks.0.attention.scores"),  # finite, but its products are not
        ("final_norm.bias", -math.inf, "final_norm, whose parameters hold it"),
    ],
)
def test_the_place_is_named_where_what_is_no_number_begins(gpt, ids, name, value, place):
    model = copy.deepcopy(gpt)
    model.get_parameter(name).data[:] = value
    error = no_numbers("the loss is nan", model, lambda: model(ids))
    assert str(error) == f"the loss is nan: NaN or infinity begins in {place}"
    assert not any(module._forward_hooks for module in model.modules())


def test_without_such_a_place_the_message_says_so_and_modules_may_return_anything():
    lstm = nn.Sequential(nn.LSTM(2, 2))
    error = no_numbers("the loss is nan", lstm, lambda: lstm(torch.zeros(1, 2)))
    assert str(error) == "the loss is nan: NaN or infinity begins in no output of a module"


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("look", [record, lambda model, name: edit(model, name, 0)])
@pytest.mark.parametrize(
    ("name", "hint"), [("blocks.0.atention", "mean blocks.0.attention"), ("blocks.2", "mean blocks"), ("xyz", "")]
)
def test_an_unknown_name_is_refused_with_close_ones(gpt, look, name, hint):
    with pytest.raises(ValueError, match=rf"name='{name}' matches nothing.*{hint}.*print\(model\)"), look(gpt, name):
        pass


def test_an_edit_of_another_shape_is_refused(gpt, ids):
    message = r"value for blocks.0.mlp of shape \(7, 16\) must be \(2, 7, 16\)"
    with pytest.raises(ValueError, match=message), edit(gpt, "blocks.0.mlp", torch.zeros(T, C)):
        gpt(ids)
