"""The figures of the paper, against the code and against what is said about them."""

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from mini_gpt import GPT, PRESETS, GPTConfig, facts
from mini_gpt.facts import FACTS, paper_row
from mini_gpt.weights import Uninitialised

SIZES = FACTS["sizes"]["rows"]
COLUMNS = {column["key"]: column for column in FACTS["zero_shot"]["columns"]}
ROWS = FACTS["zero_shot"]["rows"]
MODELS = [size["paper"] for size in SIZES]


def parameters(config: GPTConfig) -> dict[str, int]:
    with torch.device("meta"), Uninitialised():
        return {name: parameter.numel() for name, parameter in GPT(config).named_parameters()}


@pytest.mark.parametrize("size", SIZES, ids=MODELS)
def test_a_size_is_its_preset_to_the_last_parameter(size):
    config = GPTConfig.preset(size["preset"])
    assert (config.n_layer, config.d_model, config.n_head) == (size["n_layer"], size["d_model"], size["n_head"])
    assert sum(parameters(config).values()) == size["parameters"]


def test_the_common_names_say_the_true_number_of_parameters():
    for size in SIZES:
        assert size["common"] == f"{size['preset']} ({size['parameters'] / 1e6:.0f}M)"


def test_the_miscounts_are_what_forgetting_a_part_gives():
    counts, whole = parameters(PRESETS["gpt2"]), SIZES[0]["parameters"]
    biases = sum(count for name, count in counts.items() if name.endswith("attention.qkv.bias"))
    assert FACTS["miscounts"]["gpt2_without_qkv_bias"] == whole - biases
    assert FACTS["miscounts"]["gpt2_with_untied_head"] == whole + counts["token_embedding.weight"]


def test_the_architecture_is_that_of_every_preset_and_of_the_model():
    stated, tiny = FACTS["architecture"], GPT(GPTConfig(vocab_size=5, context_length=4, n_layer=1, n_head=1, d_model=8))
    for size in SIZES:
        config = GPTConfig.preset(size["preset"])
        assert config.vocab_size == stated["vocab_size"] and config.context_length == stated["context_length"]
        assert config.d_head == stated["d_head"] and config.d_ff == stated["d_ff_per_d_model"] * config.d_model
    assert stated["vocab_size"] == stated["byte_tokens"] + stated["merges"] + stated["special_tokens"]
    assert tiny.final_norm.eps == stated["layer_norm_epsilon"]


def test_table_3_has_a_number_in_every_cell_and_no_cell_too_many():
    assert list(ROWS) == ["SOTA", *MODELS]
    for row in ROWS.values():
        assert list(row) == list(COLUMNS)
        assert all(type(value) in (int, float) and math.isfinite(value) and value > 0 for value in row.values())
    assert {column["better"] for column in COLUMNS.values()} == {"lower", "higher"}
    assert all((column["better"] == "higher") == (column["metric"] == "accuracy") for column in COLUMNS.values())


def improves(key: str) -> bool:
    """Whether any model beats what was best before."""
    values, before = [ROWS[model][key] for model in MODELS], ROWS["SOTA"][key]
    return min(values) < before if COLUMNS[key]["better"] == "lower" else max(values) > before


def test_seven_of_eight_data_sets_follows_from_the_table_and_the_eighth_is_1bw():
    sets = {column["data_set"].removesuffix("-CN").removesuffix("-NE") for column in COLUMNS.values()}
    lost = {column["data_set"] for key, column in COLUMNS.items() if not improves(key)}
    assert len(sets) == FACTS["zero_shot"]["data_sets"] and lost == {"1BW"}
    assert len(sets - lost) == FACTS["zero_shot"]["improved"]


def test_every_metric_improves_with_size_but_that_of_cbt_cn_which_peaks_at_762m():
    for key, column in COLUMNS.items():
        sign = 1 if column["better"] == "higher" else -1
        values = [sign * ROWS[model][key] for model in MODELS]
        peak = MODELS[values.index(max(values))]
        assert peak == ("762M" if key == "cbt_cn_accuracy" else "1542M")
        assert all(a < b for a, b in pairwise(values[: MODELS.index(peak) + 1]))


def test_the_stop_word_filter_explains_the_gap_on_lambada():
    without = FACTS["zero_shot_protocol"]["lambada_accuracy_without_stop_words_filter"]["1542M"]
    assert without < ROWS["SOTA"]["lambada_accuracy"] < ROWS["1542M"]["lambada_accuracy"]


def test_the_rouge_average_is_the_average():
    values = {row["key"]: row["value"] for row in FACTS["other_tasks"]["rows"]}
    assert len(values) == len(FACTS["other_tasks"]["rows"])
    mean = sum(values[f"tldr_rouge_{kind}"] for kind in "12l") / 3
    assert values["tldr_rouge_average"] == pytest.approx(mean, abs=0.005)


def test_a_tasks_row_is_its_columns_of_the_table():
    row = paper_row("lambada")
    assert row == {
        "perplexity": {"SOTA": 99.8, "117M": 35.13, "345M": 15.60, "762M": 10.87, "1542M": 8.63},
        "accuracy": {"SOTA": 59.23, "117M": 45.99, "345M": 55.48, "762M": 60.12, "1542M": 63.24},
    }
    assert sum(len(paper_row(column)) for column in {c["task"] for c in COLUMNS.values()}) == len(COLUMNS)
    assert paper_row("text") == {}


def test_each_part_names_its_source_and_the_file_is_plain_json():
    text = Path(facts.__file__).with_name("facts.json").read_text(encoding="utf-8")
    plain = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert all(part["source"] for name, part in plain.items() if name != "paper")
