"""Do the changes after GPT-2 help here? Train nano with each alone and with all of them, and store what came out.

python -m mini_gpt.lesson.train_modern            every change with five seeds: half an hour on two cores
python -m mini_gpt.lesson.train_modern --help     the options
"""

import contextlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from cyclopts import App

from mini_gpt.files import write_text
from mini_gpt.lesson.modern import ModernConfig, ModernGPT
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER, Town
from mini_gpt.lesson.truth import compare, held_out_documents
from mini_gpt.training.data import DocumentBatches
from mini_gpt.training.train import Record, TrainConfig, train

RESULTS = Path(__file__).with_name("modern.json")
GPT2: Mapping[str, Any] = {"norm": "layer", "positions": "learned", "mlp": "gelu", "bias": True, "tied": True}
CHANGES: Mapping[str, Mapping[str, Any]] = {  # what differs from GPT-2
    "GPT-2": {},
    "RMSNorm": {"norm": "rms"},
    "RoPE": {"positions": "rope"},
    "SwiGLU": {"mlp": "swiglu"},
    "GQA": {"n_kv_head": NANO.n_head // 2},
    "no biases": {"bias": False},
    "untied head": {"tied": False},
}
EVERY = {name: setting for change in CHANGES.values() for name, setting in change.items()}
RUNS: Mapping[str, Mapping[str, Any]] = {**CHANGES, "all": EVERY}
RECIPE = TrainConfig(steps=250)  # with the seed of each run
BATCH_SIZE = 128  # documents per step
HELD_OUT = 1000  # documents that no training draws
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)  # Student's t, two-sided, from 1 degree on


@dataclass(frozen=True)
class Run:
    """What came out of one training."""

    change: str
    seed: int
    parameters: int
    above_floor: float  # bits per token on held-out documents, less what the truth pays
    curve: list[float]  # nats per token of every tenth batch, from the first


@cache
def shape(change: str) -> ModernConfig:
    """nano's shape with the change, and inside the MLP as wide as leaves it about as many parameters as nano has.

    >>> shape("GPT-2").d_ff, shape("untied head").d_ff     # a head of its own takes what the MLPs had
    (384, 305)
    """
    nano = {**asdict(NANO), **GPT2}
    config = ModernConfig(**{**nano, **RUNS[change], "d_ff": 1})
    least, more = n_parameters(config), n_parameters(replace(config, d_ff=2))
    return replace(config, d_ff=1 + round((n_parameters(ModernConfig(**nano)) - least) / (more - least)))


def n_parameters(config: ModernConfig) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in ModernGPT(config).parameters())


def begin(change: str, seed: int, steps: int = RECIPE.steps) -> tuple[ModernGPT, DocumentBatches, TrainConfig]:
    """What `train` takes to run a change with a seed: the model at its start, its batches, and how to train it."""
    torch.manual_seed(seed)
    batches = DocumentBatches(Town(), BATCH_SIZE, TOKENIZER.end_of_text, seed)
    return ModernGPT(shape(change)), batches, replace(RECIPE, steps=steps, seed=seed)


def first_steps(change: str, seed: int, n: int) -> list[Record]:
    """The log of a run's first n steps, as `run` trains them."""
    model, batches, config = begin(change, seed)
    log: list[Record] = []

    def stop_after_n(record: Record) -> None:
        log.append(record)
        if len(log) == n:
            raise StopIteration

    with contextlib.suppress(StopIteration):
        train(model, batches, config, on_step=stop_after_n)
    return log


def run(change: str, seed: int, steps: int = RECIPE.steps) -> Run:
    """Train the change with the seed, and measure it."""
    torch.set_num_threads(1)  # of two runs on two cores each has one
    model, batches, config = begin(change, seed, steps)
    log = train(model, batches, config)
    result = compare(model, Town(), held_out_documents(Town(), HELD_OUT))
    above = (result.loss - result.floor) / math.log(2)
    return Run(change, seed, n_parameters(model.config), round(above, 5), curve(log))


def curve(log: Sequence[Record]) -> list[float]:
    """The loss of every tenth step, in nats per token, as it is stored."""
    return [round(record["loss"], 4) for record in log[::10]]


def recipe(steps: int = RECIPE.steps) -> dict[str, Any]:
    """How runs of so many steps are made, as their file says it."""
    made = {"batch_size": BATCH_SIZE, "held_out": HELD_OUT, **asdict(replace(RECIPE, steps=steps))}
    return json.loads(json.dumps(made))


def store(runs: Sequence[Run], path: Path, steps: int = RECIPE.steps) -> None:
    """Replace the file by these runs, a line each, after how they were made."""
    lines = ",\n".join(json.dumps(asdict(each)) for each in runs)
    write_text(f'{{"recipe": {json.dumps(recipe(steps))},\n"runs": [\n{lines}\n]}}\n', path)


def stored(path: Path = RESULTS, steps: int = RECIPE.steps) -> list[Run]:
    """The runs in a file of results, in the order of RUNS. ValueError if they were made in another way."""
    content = json.loads(path.read_text(encoding="utf-8"))
    wanted = recipe(steps)
    if differs := {name: value for name, value in content["recipe"].items() if wanted.get(name) != value}:
        raise ValueError(f"{path} holds runs with {differs}, not { ({name: wanted.get(name) for name in differs}) }")
    runs = [Run(**each) for each in content["runs"]]
    return sorted(runs, key=lambda each: (list(RUNS).index(each.change), each.seed))


def with_interval(numbers: Sequence[float]) -> tuple[float, float]:
    """The mean of 2 to 10 numbers, and how far the 95 % interval of the true mean reaches to either side (Student's t).

    >>> middle, reach = with_interval([1.0, 2.0, 3.0])
    >>> middle, round(reach, 2)
    (2.0, 2.48)
    """
    return mean(numbers), T_95[len(numbers) - 2] * stdev(numbers) / len(numbers) ** 0.5


def against_gpt2(runs: Sequence[Run], change: str) -> tuple[float, float]:
    """How many bits per token more than GPT-2's block a change pays, seed by seed: mean, and reach of its interval."""
    by_seed = {each.seed: each.above_floor for each in runs if each.change == "GPT-2"}
    return with_interval([each.above_floor - by_seed[each.seed] for each in runs if each.change == change])


def main(*, seeds: int = 5, steps: int = RECIPE.steps, workers: int = os.cpu_count() or 1, out: Path = RESULTS) -> None:
    """Train nano with each change alone and with all of them; runs that are stored already stay.

    Args:
        seeds: how many trainings of each, 2 to 10
        steps: of each training; a file holds runs of one number of steps
        workers: trainings at a time, of one thread each
        out: the file of results
    """
    if not 2 <= seeds <= len(T_95) + 1 or min(steps, workers) < 1:
        most = len(T_95) + 1
        raise SystemExit(f"seeds={seeds} must be 2 to {most}, steps={steps} and workers={workers} at least 1")
    try:
        done = stored(out, steps) if out.exists() else []
    except ValueError as error:
        raise SystemExit(f"{error}; choose another --out") from error
    known = {(each.change, each.seed) for each in done}
    waiting = [(change, seed) for seed in range(seeds) for change in RUNS if (change, seed) not in known]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for each in as_completed([pool.submit(run, change, seed, steps) for change, seed in waiting]):
            done.append(each.result())
            store(done, out, steps)
            print(f"{len(done)} of {len(RUNS) * seeds}: {done[-1].change}, seed {done[-1].seed}: "
                  f"{done[-1].above_floor:.4f} bits above the floor", flush=True)  # fmt: skip


if __name__ == "__main__":
    App(default_command=main, name="python -m mini_gpt.lesson.train_modern", version_flags=[])()
