"""Sizes: arithmetic beside the parameters, products and bytes of real models."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from mini_gpt import GPT, PRESETS, GPTConfig, record
from mini_gpt.cache import Cache
from mini_gpt.lesson.recipes import SHAPES
from mini_gpt.sizes import (
    BFLOAT16,
    FLOAT32,
    cache_bytes,
    forward_flops,
    parameters,
    table,
    training_bytes,
    training_flops,
    weight_bytes,
)
from mini_gpt.weights import Uninitialised

configs = st.builds(
    lambda vocab_size, context_length, n_layer, n_head, d_head: GPTConfig(
        vocab_size, context_length, n_layer, n_head, n_head * d_head
    ),
    st.integers(1, 60_000),
    st.integers(1, 2048),
    st.integers(1, 6),
    st.integers(1, 25),
    st.integers(1, 64),
)


def bytes_of(tensors) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


# ---------------------------------------------------------------- parameters


def counted(config: GPTConfig) -> dict[str, int]:
    """The parameters of a real model that takes no memory, by the part that their names tell."""
    with torch.device("meta"), Uninitialised():
        model = GPT(config)
    found = dict.fromkeys(parameters(config), 0)
    for name, parameter in model.named_parameters():
        if "_embedding" in name:
            part = name.removesuffix(".weight").replace("_", " ")
        else:
            part = "norms" if "norm" in name else "attention" if ".attention." in name else "MLP"
        found[part] += parameter.numel()
    return found


@given(configs)
def test_each_part_has_as_many_parameters_as_in_a_real_model(config):
    assert parameters(config) == counted(config)


@pytest.mark.parametrize("name", PRESETS)
def test_each_part_of_a_preset_has_as_many_parameters_as_in_a_real_model(name):
    assert parameters(PRESETS[name]) == counted(PRESETS[name])


@pytest.mark.parametrize(
    ("name", "total"),
    [("gpt2", 124_439_808), ("gpt2-medium", 354_823_168), ("gpt2-large", 774_030_080), ("gpt2-xl", 1_557_611_200)],
)
def test_the_four_totals_are_gpt2s_to_the_unit(name, total):
    assert sum(parameters(PRESETS[name]).values()) == total


# ---------------------------------------------------------------- FLOPs


SMALL = GPTConfig(vocab_size=50, context_length=32, n_layer=2, n_head=2, d_model=16)


def products(model: GPT, ids: torch.Tensor, cache: Cache | None = None, backward: bool = False) -> int:
    """The FLOPs of the matrix products that PyTorch was seen to make.

    PyTorch counts no fused attention on a CPU, so the scores are looked at: then attention is written out.
    """
    with FlopCounterMode(display=False) as counter, record(model, "*.scores"):
        logits = model(ids, cache=cache)
        if backward:
            logits.sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("T", [1, 7, 32])
def test_reading_costs_the_flops_that_pytorch_counts(T):
    ids = torch.zeros(3, T, dtype=torch.int64)
    assert products(GPT(SMALL), ids) == 3 * T * forward_flops(SMALL, keys=T)


@torch.no_grad()
def test_a_token_after_cached_ones_costs_the_flops_that_pytorch_counts():
    model, cache = GPT(SMALL), Cache(SMALL, batch_size=1)
    model(torch.zeros(1, 20, dtype=torch.int64), cache=cache)
    assert products(model, torch.zeros(1, 1, dtype=torch.int64), cache) == forward_flops(SMALL, keys=21)


def test_training_costs_the_flops_that_pytorch_counts():
    ids = torch.zeros(3, 32, dtype=torch.int64)
    assert products(GPT(SMALL), ids, backward=True) == 3 * 32 * training_flops(SMALL)


def test_the_fused_attention_that_pytorch_does_not_count_is_the_whole_difference():
    ids = torch.zeros(1, 32, dtype=torch.int64)
    with FlopCounterMode(display=False) as counter:
        GPT(SMALL)(ids)
    attention = 4 * SMALL.n_layer * 32 * SMALL.d_model  # per token: 2 for a score's term, 2 for a value's
    assert counter.get_total_flops() == 32 * (forward_flops(SMALL) - attention)


@pytest.mark.parametrize("keys", [0, -1, 33])
def test_keys_that_no_context_holds_are_refused(keys):
    with pytest.raises(ValueError, match=rf"keys={keys} must be in 1\.\.context_length=32"):
        forward_flops(SMALL, keys)


# ---------------------------------------------------------------- bytes


@pytest.mark.parametrize(("number", "dtype"), [(FLOAT32, torch.float32), (BFLOAT16, torch.bfloat16)])
def test_weights_and_a_cache_take_the_bytes_of_the_real_tensors(number, dtype):
    assert weight_bytes(SMALL, number) == bytes_of(GPT(SMALL).to(dtype).parameters())
    layers = Cache(SMALL, batch_size=1, dtype=dtype).layers
    kept = bytes_of(tensor for layer in layers for tensor in (layer.keys, layer.values))
    assert cache_bytes(SMALL, SMALL.context_length, number) == kept
    assert cache_bytes(SMALL, 1, number) * SMALL.context_length == kept


def test_training_takes_the_bytes_of_weights_gradients_and_moments():
    model = GPT(SMALL)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 2, dtype=torch.int64)).sum().backward()
    optimizer.step()
    kept = [tensor for p in model.parameters() for tensor in (p, p.grad, *optimizer.state[p].values())]
    counters = [tensor for tensor in kept if tensor.ndim == 0]  # AdamW's step count, one number per tensor
    assert len(counters) == len(list(model.parameters()))
    assert training_bytes(SMALL) == bytes_of(kept) - bytes_of(counters)


# ---------------------------------------------------------------- the table


def test_the_table_holds_every_number_under_its_name():
    lines = table(SHAPES).splitlines()
    assert lines[0].split() == list(SHAPES)
    rows = {line[:24].strip(): re.split("  +", line[24:].strip()) for line in lines if line.startswith("  ")}
    assert rows["total"][2:] == ["124,439,808", "354,823,168", "774,030,080", "1,557,611,200"]
    assert rows["forward"][2] == "285 MFLOP"  # 2 x (12 x 12 x 768^2 + 50,257 x 768) + 4 x 12 x 1,024 x 768
    assert rows["to run, bfloat16"][2] == "237 MiB"  # 124,439,808 x 2 / 2^20
    assert rows["to train, AdamW"][2] == "1.85 GiB"  # 124,439,808 x 16 / 2^30
    assert rows["a context, float32"][5] == "600 MiB"  # 2 x 48 x 1,600 x 1,024 x 4 / 2^20
    assert all(len(row) == len(SHAPES) for row in rows.values())


def test_the_table_fits_a_terminal_of_100_columns_above_its_notes():
    assert max(map(len, table(SHAPES).rpartition("\n\n")[0].splitlines())) <= 100


def test_a_table_of_nothing_is_refused():
    with pytest.raises(ValueError, match="configs is empty"):
        table({})
