"""The shape of a GPT."""

from dataclasses import FrozenInstanceError

import pytest
import torch

from mini_gpt import GPT, PRESETS, GPTConfig
from mini_gpt.lesson.recipes import MINI, NANO


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("gpt2", 124_439_808), ("gpt2-medium", 354_823_168), ("gpt2-large", 774_030_080), ("gpt2-xl", 1_557_611_200)],
)
def test_the_four_sizes_have_exactly_gpt2s_parameters(name, parameters):
    with torch.device("meta"):
        model = GPT(PRESETS[name])
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


def test_the_paper_s_presets_share_all_but_depth_and_width():
    for config in PRESETS.values():
        assert (config.vocab_size, config.context_length, config.d_head) == (50257, 1024, 64)
        assert config.d_ff == 4 * config.d_model
    assert GPTConfig() == PRESETS["gpt2"]


@pytest.mark.parametrize("config", [NANO, MINI])
def test_the_lesson_s_own_shapes_stay_below_a_million_and_a_half(config):
    with torch.device("meta"):
        model = GPT(config)
    assert sum(parameter.numel() for parameter in model.parameters()) <= 1_500_000


def test_a_preset_takes_changes_and_stays_as_it_was():
    changed = GPTConfig.preset("gpt2", vocab_size=7, dropout=0.1)
    assert (changed.vocab_size, changed.dropout, changed.n_layer) == (7, 0.1, PRESETS["gpt2"].n_layer)
    assert PRESETS["gpt2"].vocab_size != 7


def test_a_config_is_frozen():
    with pytest.raises(FrozenInstanceError):
        GPTConfig().n_layer = 3


@pytest.mark.parametrize("field", ["vocab_size", "context_length", "n_layer", "n_head", "d_model"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "8", None])
def test_a_size_that_is_no_positive_whole_number_is_refused_by_name_and_value(field, value):
    with pytest.raises(ValueError, match=f"{field}={value!r} must be a whole number of at least 1"):
        GPTConfig(**{field: value})


@pytest.mark.parametrize("dropout", [-0.1, 1, float("nan")])
def test_dropout_outside_its_range_is_refused(dropout):
    with pytest.raises(ValueError, match=rf"dropout={dropout} must be in \[0, 1\)"):
        GPTConfig(dropout=dropout)


def test_a_width_that_does_not_split_into_heads_is_refused():
    with pytest.raises(ValueError, match="d_model=10 must split evenly into n_head=4 heads"):
        GPTConfig(d_model=10, n_head=4)


def test_an_unknown_preset_is_refused_with_all_that_exist_and_the_closest():
    with pytest.raises(ValueError, match=r"preset='gpt2-medum' must be one of gpt2, .* mean gpt2-medium") as error:
        GPTConfig.preset("gpt2-medum")
    assert all(name in str(error.value) for name in PRESETS)
