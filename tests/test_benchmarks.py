"""The benchmarks run from end to end at the smallest size. How fast anything is, no test says."""

import math
from pathlib import Path

import pytest
from processes import Ended, python

from mini_gpt.lesson.recipes import MINI, NANO

pytestmark = pytest.mark.slow

BENCH = Path(__file__).parents[1] / "benchmarks" / "bench.py"
CASES = ["decode", "decode-bfloat16", "prompt", "train-mini", "train-mini-bfloat16", "train-gpt2",
         "train-gpt2-bfloat16", "load", "load-bfloat16", "cuda-train", "cuda-decode",
         "cuda-decode-bfloat16"]  # fmt: skip
TIMES = ["median ms", "best ms", "ratio"]


def bench(*arguments: str) -> Ended:
    return python(BENCH, *arguments, environment={"CUDA_VISIBLE_DEVICES": ""})  # as if there were no GPU


@pytest.fixture(scope="module")
def printed() -> str:
    """What the smallest run of every case prints."""
    done = bench("--preset", "nano", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def table(printed) -> list[dict[str, str]]:
    head, rule, *lines = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table_lines(printed))
    assert set(rule) == {"---"}
    return [dict(zip(head, cells, strict=True)) for cells in lines]


def table_lines(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("|")]


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_every_case_is_in_the_table_and_every_number_is_one(table):
    assert list(dict.fromkeys(row["case"] for row in table)) == CASES
    for row in table:
        if row["case"].startswith("cuda-"):
            assert row["contender"] == "no GPU: not measured"
        else:
            assert all(0 < number(row[name]) < math.inf for name in TIMES), row
            assert number(row["best ms"]) <= number(row["median ms"])
            assert row["case"].startswith("load") or number(row["tokens/s"]) > 0


def test_a_ratio_is_a_contenders_median_over_mini_gpts(table):
    for row in table:
        if row["contender"] == "mini_gpt":
            assert row["ratio"] == "1"
            first = row
        elif row["ratio"]:
            assert first["case"] == row["case"]
            expected = number(row["median ms"]) / number(first["median ms"])
            assert number(row["ratio"]) == pytest.approx(expected, rel=0.1)


def test_each_has_its_peers_and_the_machine_bounds_what_it_can(table):
    contenders = {case: [row["contender"] for row in table if row["case"] == case] for case in CASES}
    assert contenders["decode"] == ["mini_gpt", "transformers float32", "plain loop, no cache", "the machine"]
    assert contenders["train-gpt2"] == ["mini_gpt", "transformers", "plain loop", "the machine"]
    assert contenders["load"] == contenders["load-bfloat16"] == contenders["prompt"] == ["mini_gpt", "transformers"]
    for row in table:
        assert bool(row["of the machine"]) == row["case"].startswith(("decode", "train"))
        assert row["contender"] != "the machine" or row["of the machine"].startswith("100% · ")


def test_training_takes_at_least_the_memory_of_weights_gradients_and_moments(table):
    nano = 4 * 4 * 387_744 / 2**20  # MiB
    measured = [row["memory"] for row in table if row["case"].startswith("train") and row["contender"] != "the machine"]
    assert len(measured) == 12
    for memory in measured:
        amount, unit = memory.split()
        assert unit == "MiB" and nano < float(amount) < 500


def test_the_machine_is_named_above_the_table(printed):
    above = printed[: printed.index("|")]
    assert above.startswith("CPU: ") and "AVX-512 BF16" in above and "GPU: none" in above
    assert "torch 2." in above and "transformers " in above


def test_an_unknown_case_is_refused_in_one_line_with_the_known_names():
    done = bench("decoed", "prompt")
    assert done.returncode != 0 and not done.stdout
    [line] = done.stderr.splitlines()
    assert line == f"cases='decoed' must be among {', '.join(CASES)} (did you mean decode?)"


def test_the_pictures_of_how_cost_grows_are_drawn(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCH.parent)
    import growth

    tiny = ([NANO], [8, 16])
    monkeypatch.setattr(growth, "GROWING_CONTEXT", tiny)
    monkeypatch.setattr(growth, "GROWING_MODEL", ([NANO, MINI], [8]))
    growth.main(tmp_path / "new", "pt")
    for name in ("cost-context.png", "cost-parameters.png"):
        assert (tmp_path / "new" / name).read_bytes()[:4] == b"\x89PNG"
