"""Checkpoints: a run interrupted in any way goes on as if it had not been, and what is damaged is never used."""

import errno
import json
import os
import random
import re
import shutil
import signal
import sys
import time
import traceback
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from processes import python
from safetensors.torch import load_file
from test_train import OPTIMIZERS, Interrupted, batches, exact, fresh, interrupt_at, stored_log

import mini_gpt.training.checkpoint as checkpoint
from mini_gpt import load
from mini_gpt.training.checkpoint import checkpoints
from mini_gpt.training.train import TrainConfig, train

pytestmark = pytest.mark.slow

CONFIG = TrainConfig(steps=12, checkpoint_every=4, optimizer="adamw")


def interrupted(out: Path, step: int, config: TrainConfig = CONFIG) -> None:
    with pytest.raises(Interrupted):
        train(fresh(), batches, config, out, on_step=interrupt_at(step))


def names(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "checkpoints").iterdir())


@pytest.fixture(scope="module")
def uninterrupted() -> list[dict[str, float]]:
    return exact(train(fresh(), batches, CONFIG))


# ---------------------------------------------------------------- interrupted and resumed


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("stop", [19, 20])
def test_a_resumed_run_goes_on_exactly_as_if_it_had_never_stopped(tmp_path, optimizer, dropout, stop):
    config = TrainConfig(steps=30, warmup_steps=5, optimizer=optimizer, weight_decay=0.1, checkpoint_every=5)
    whole = fresh(dropout=dropout)
    log = train(whole, batches, config)
    with pytest.raises(Interrupted):
        train(fresh(dropout=dropout), batches, config, tmp_path, on_step=interrupt_at(stop))
    again, steps = fresh(seed=99, dropout=dropout), []
    resumed = train(again, batches, config, tmp_path, on_step=lambda record: steps.append(record["step"]))
    assert steps == list(range(stop // 5 * 5, 30))
    assert exact(resumed) == exact(log)  # to the last digit
    assert all(torch.equal(p, q) for p, q in zip(whole.parameters(), again.parameters(), strict=True))
    assert stored_log(tmp_path) == resumed


def test_a_finished_run_goes_on_with_more_steps_under_the_longer_schedule(tmp_path):
    """Weights, optimizer, log and batches continue; the learning rate is that of the longer schedule from there on."""
    longer = replace(CONFIG, steps=20)
    short = train(fresh(), batches, CONFIG, tmp_path)
    asked, whole = [], fresh(seed=99)
    log = train(whole, lambda step: asked.append(step) or batches(step), longer, tmp_path)
    assert exact(log[:12]) == exact(short) and asked == list(range(12, 20)) and stored_log(tmp_path) == log
    assert [record["learning_rate"] for record in log[12:]] == [longer.learning_rate_at(step) for step in asked]

    again = fresh()  # the same run, interrupted on the way
    train(again, batches, CONFIG, tmp_path / "again")
    with pytest.raises(Interrupted):
        train(again, batches, longer, tmp_path / "again", on_step=interrupt_at(17))
    again = fresh(seed=98)
    assert exact(train(again, batches, longer, tmp_path / "again")) == exact(log)
    assert all(torch.equal(p, q) for p, q in zip(whole.parameters(), again.parameters(), strict=True))


def test_fewer_steps_than_a_run_has_taken_are_refused(tmp_path):
    train(fresh(), batches, CONFIG, tmp_path)
    before = tree(tmp_path)
    with pytest.raises(ValueError, match=r"steps=11 must be at least 12, those that out='.*' holds already"):
        train(fresh(), batches, replace(CONFIG, steps=11), tmp_path)
    assert tree(tmp_path) == before


def test_a_run_that_ended_before_its_first_checkpoint_starts_afresh_with_a_clean_log(tmp_path):
    config = TrainConfig(steps=6, checkpoint_every=4)
    with pytest.raises(Interrupted):
        train(fresh(), batches, config, tmp_path, on_step=interrupt_at(3))
    log = train(fresh(), batches, config, tmp_path)
    assert [record["step"] for record in log] == list(range(6))
    assert stored_log(tmp_path) == log


def test_the_log_is_a_json_line_for_each_step(tmp_path):
    log = train(fresh(), batches, TrainConfig(steps=7), tmp_path)
    assert stored_log(tmp_path) == log
    assert len(log) == 7 and all(set(r) == {"step", "loss", "learning_rate", "gradient_norm", "seconds"} for r in log)


def test_a_line_cut_short_by_a_crash_is_mended(tmp_path):
    config = TrainConfig(steps=10, checkpoint_every=4)
    with pytest.raises(Interrupted):
        train(fresh(), batches, config, tmp_path, on_step=interrupt_at(6))
    with open(tmp_path / "log.jsonl", "a") as file:
        file.write('{"step": 6, "lo')
    train(fresh(), batches, config, tmp_path)
    assert exact(stored_log(tmp_path)) == exact(train(fresh(), batches, config))


def test_a_finished_run_is_only_read(tmp_path):
    config = TrainConfig(steps=4)
    trained = fresh()
    log = train(trained, batches, config, tmp_path)
    again = fresh(seed=5)
    assert train(again, lambda step: pytest.fail("a batch was asked for"), config, tmp_path) == log
    assert all(torch.equal(p, q) for p, q in zip(trained.parameters(), again.parameters(), strict=True))
    assert not again.training


def test_evaluations_stay_in_the_log_of_a_resumed_run(tmp_path):
    config, asked = replace(CONFIG, evaluate_every=3), []

    def evaluate(model: torch.nn.Module, step: int) -> dict[str, float]:
        asked.append(step)
        return {"validation_loss": step / 7}

    with pytest.raises(Interrupted):
        train(fresh(), batches, config, tmp_path, on_step=interrupt_at(9), evaluate=evaluate)
    log = train(fresh(), batches, config, tmp_path, evaluate=evaluate)
    assert asked == [2, 5, 8, 8, 11]
    assert {r["step"]: r["validation_loss"] for r in log if "validation_loss" in r} == {s: s / 7 for s in (2, 5, 8, 11)}


def test_the_last_two_checkpoints_stay_and_each_is_a_model_to_load(tmp_path):
    model = fresh()
    train(model, batches, TrainConfig(steps=11, checkpoint_every=3), tmp_path)
    assert names(tmp_path) == ["step-000009", "step-000011"]
    loaded = load(tmp_path / "checkpoints" / "step-000011")
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), loaded.parameters(), strict=True))


def test_checkpoints_are_in_the_order_of_their_steps(tmp_path):
    for name in ("step-1000000", "step-999999", "step-000500", "step-000500.part", "step-x", "notes"):
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
    assert [path.name for path in checkpoints(tmp_path)] == ["step-000500", "step-999999", "step-1000000"]


def test_a_run_of_another_config_is_refused_by_what_differs_and_left_alone(tmp_path):
    train(fresh(), batches, TrainConfig(steps=4), tmp_path)
    before = tree(tmp_path)
    other = fresh(seed=1)
    state = {name: p.clone() for name, p in other.state_dict().items()}
    with pytest.raises(
        ValueError, match=r"out='.*' holds a run with betas=\[0.9, 0.95\], not \[0.8, 0.9\]; accept=\['betas'\] goes"
    ):
        train(other, batches, TrainConfig(steps=5, betas=(0.8, 0.9)), tmp_path)
    with pytest.raises(ValueError, match=r"out='.*' holds a run with n_layer=2, not 3$"):
        train(fresh(n_layer=3), batches, TrainConfig(steps=4), tmp_path)
    assert tree(tmp_path) == before
    assert all(torch.equal(p, state[name]) for name, p in other.state_dict().items())


OTHERS = {
    "learning_rate": 0.02, "min_learning_rate": 0.001, "warmup_steps": 3, "decay_steps": 2, "optimizer": "adamw",
    "weight_decay": 0.5,
    "betas": (0.8, 0.9), "clip_norm": 2.0, "seed": 7, "checkpoint_every": 3, "evaluate_every": 3,
    "precision": "bfloat16", "compile": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def one_step(tmp_path_factory) -> Path:
    """A run of one step, with conditions that its caller names."""
    out = tmp_path_factory.mktemp("conditions")
    train(fresh(), batches, TrainConfig(steps=1), out, conditions={"data": "town", "betas of": (1, 2)})
    return out


def test_every_setting_but_the_steps_has_another_value_here():
    assert OTHERS.keys() == asdict(TrainConfig()).keys() - {"steps"}


@pytest.mark.parametrize("name", OTHERS)
def test_a_run_resumed_with_another_setting_is_refused_by_its_name(one_step, name, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda loss: loss)
    config = replace(TrainConfig(steps=2), **{name: OTHERS[name]})
    with pytest.raises(ValueError, match=f"holds a run with {name}=[^;]*, not [^;]*") as error:
        train(fresh(), batches, config, one_step, conditions={"data": "town", "betas of": (1, 2)})
    assert ("accept=" in str(error.value)) == (name != "optimizer")


@pytest.mark.parametrize(
    ("conditions", "message"),
    [({"data": "sea", "betas of": (1, 2)}, "data='town', not 'sea'; accept=['data'] goes on with what differs"),
     ({"betas of": (1, 2)}, "data='town', not None; accept=['data']"),
     ({"data": "town", "betas of": (1, 3), "more": 1}, "betas of=[1, 2], not [1, 3]; more=None, not 1; accept=")],
)  # fmt: skip
def test_a_run_resumed_under_other_conditions_is_refused_by_name_even_if_it_is_finished(one_step, conditions, message):
    before = tree(one_step)
    for steps in (1, 2):
        with pytest.raises(ValueError, match=re.escape(f"holds a run with {message}")):
            train(fresh(), batches, TrainConfig(steps=steps), one_step, conditions=conditions)
    assert tree(one_step) == before


def test_what_is_accepted_by_name_may_differ_and_is_what_the_run_has_from_then_on(tmp_path, one_step):
    out = shutil.copytree(one_step, tmp_path / "run")
    new, conditions = TrainConfig(steps=2, clip_norm=2.0), {"data": "sea", "betas of": (1, 2)}
    with pytest.raises(ValueError, match=r"clip_norm=1.0, not 2.0; accept=\['data', 'clip_norm'\] goes on"):
        train(fresh(), batches, new, out, conditions=conditions, accept=["data"])
    assert len(train(fresh(), batches, new, out, conditions=conditions, accept=["clip_norm", "data"])) == 2
    train(fresh(), batches, replace(new, steps=3), out, conditions=conditions)
    with pytest.raises(ValueError, match="data='sea', not 'town'"):
        train(fresh(), batches, replace(new, steps=3), out, conditions=conditions | {"data": "town"})


@pytest.mark.parametrize("name", ["clip_nrom", "optimizer", "n_head"])
def test_what_cannot_be_accepted_is_named_even_by_a_new_run(tmp_path, name):
    with pytest.raises(ValueError, match=f"accept='{name}' must be one of betas, checkpoint_every, clip_norm"):
        train(fresh(), batches, TrainConfig(steps=1), tmp_path / "new", accept=[name])
    assert not (tmp_path / "new").exists()


def test_a_log_that_lacks_what_the_checkpoint_has_seen_is_refused(tmp_path):
    interrupted(tmp_path, 9)
    (tmp_path / "log.jsonl").write_text('{"step": 0}\n')
    with pytest.raises(ValueError, match=r"log\.jsonl must hold the 8 records up to the checkpoint: it ends after 1"):
        train(fresh(), batches, CONFIG, tmp_path)


# ---------------------------------------------------------------- killed


def life(out: Path, told: int | None = None) -> None:
    """Train, with dropout; tell of each step with one byte."""
    config = TrainConfig(steps=100, warmup_steps=5, optimizer="adamw", checkpoint_every=2)
    train(fresh(dropout=0.2), batches, config, out, on_step=lambda record: told and os.write(told, b"."))


def forked(out: Path, told: int) -> int:
    """The process number of a child that lives and then ends."""
    if child := os.fork():
        return child
    try:
        life(out, told)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def lives(directory: Path) -> None:
    """Train once in peace. Then let children go on with another run in turn, each killed after a few steps and a
    random fraction of a step, until one comes to its end. Say after how many lines of the log each was killed, and
    whether it was writing a checkpoint."""
    torch.set_num_threads(1)  # a fork keeps only one thread
    life(directory / "whole")
    out = directory / "killed"
    chance, kills, status = random.Random(0), [], None
    while status != 0:
        read, write = os.pipe()
        child = forked(out, write)
        os.close(write)
        times = [time.perf_counter()]
        for _ in range(chance.randint(1, 5)):
            os.read(read, 1)
            times.append(time.perf_counter())
        time.sleep(chance.random() * (times[-1] - times[-2]))
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        os.close(read)
        if status != 0:
            assert os.WTERMSIG(status) == signal.SIGKILL
            n_lines = (out / "log.jsonl").read_bytes().count(b"\n")
            kills.append((n_lines, any((out / "checkpoints").glob("*.part"))))
    print(json.dumps(kills))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_run_that_is_killed_again_and_again_ends_as_one_that_never_was(tmp_path):
    ran = python(__file__, tmp_path)
    assert ran.returncode == 0, ran.stderr
    kills = json.loads(ran.stdout)
    assert len(kills) >= 20
    assert len({n_lines for n_lines, _ in kills}) > 10
    assert {while_writing for _, while_writing in kills} == {True, False}
    whole, killed = (exact(stored_log(tmp_path / name)) for name in ("whole", "killed"))
    assert len(whole) == 100 and killed == whole  # to the last digit
    one, other = (load(checkpoints(tmp_path / name)[-1]) for name in ("whole", "killed"))
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), other.parameters(), strict=True))


# ---------------------------------------------------------------- no room on the disk


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
@pytest.mark.parametrize("largest_file", [4_000, 16_000])
def test_a_full_disk_leaves_the_checkpoint_before_and_says_so(tmp_path, uninterrupted, largest_file):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(record: dict[str, float]) -> None:
        if record["step"] == 7:  # there is still room for the log; the model takes 10 kB, the optimizers' state 23 kB
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, before[1]))

    try:
        with pytest.raises(
            OSError, match=r"step 8 could not be written: .*[Ff]ile too large.*; .*step-000004 is whole"
        ):
            train(fresh(), batches, CONFIG, tmp_path, on_step=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path) == ["step-000004"]
    assert exact(train(fresh(seed=3), batches, CONFIG, tmp_path)) == uninterrupted


@pytest.mark.parametrize("writer", ["save", "save_file", "seal"])
@pytest.mark.parametrize("nth", [1, 2])
def test_an_error_at_any_file_leaves_the_old_checkpoint_usable(tmp_path, monkeypatch, uninterrupted, writer, nth):
    write, calls = getattr(checkpoint, writer), []

    def fail_the_nth_time(*args: object) -> None:
        write(*args)
        calls.append(1)
        if len(calls) == nth:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, writer, fail_the_nth_time)
    left = ["there is none before it", "step-000004 is whole, and training resumes there"][nth - 1]
    with pytest.raises(OSError, match=f"step {4 * nth} could not be written: .*No space left on device.*; .*{left}$"):
        train(fresh(), batches, CONFIG, tmp_path)
    assert names(tmp_path) == ["step-000004"][: nth - 1]
    steps = []
    log = train(fresh(), batches, CONFIG, tmp_path, on_step=lambda record: steps.append(record["step"]))
    assert steps[0] == 4 * (nth - 1)
    assert exact(log) == uninterrupted


# ---------------------------------------------------------------- damaged


@pytest.fixture(scope="module")
def two_checkpoints(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("two")
    interrupted(out, 9)
    return out


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def tree(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


FILES = ["checkpoint.json", "config.json", "model.safetensors", "optimizer-00000-of-00001.safetensors"]


def test_the_files_of_a_checkpoint_are_these_and_json_and_safetensors_read_them(two_checkpoints):
    newest = checkpoints(two_checkpoints)[-1]
    assert sorted(path.name for path in newest.iterdir()) == FILES
    assert json.loads((newest / "checkpoint.json").read_text())["step"] == 8
    assert set(load_file(newest / FILES[-1])) == {
        f"{name}.{key}" for name, _ in fresh().named_parameters() for key in ("step", "exp_avg", "exp_avg_sq")
    }


@pytest.mark.parametrize("hurt", [flip, truncate, Path.unlink])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_and_the_checkpoint_before_used(tmp_path, two_checkpoints, uninterrupted, name, hurt):
    out = shutil.copytree(two_checkpoints, tmp_path / "run")
    hurt(checkpoints(out)[-1] / name)
    steps = []
    with pytest.warns(UserWarning, match=rf"step-000008 is damaged: .*{name}.*; training resumes from .*step-000004"):
        log = train(fresh(seed=9), batches, CONFIG, out, on_step=lambda record: steps.append(record["step"]))
    assert steps[0] == 4
    assert exact(log) == uninterrupted
    assert names(out) == ["step-000008", "step-000012"]
    assert all(checkpoint.damage(path) is None for path in checkpoints(out))


def test_no_byte_of_checkpoint_json_changes_unseen(tmp_path, two_checkpoints):
    whole = shutil.copytree(checkpoints(two_checkpoints)[-1], tmp_path / "whole")
    path = whole / "checkpoint.json"
    data = path.read_bytes()
    for place in range(0, len(data) - 1, 7):  # all but the newline at its end
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert "checkpoint.json" in checkpoint.damage(whole)
    path.write_bytes(data)
    assert checkpoint.damage(whole) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"seal": 1}', "\udcff"])
def test_a_checkpoint_json_that_is_something_else_is_damage(tmp_path, text):
    (tmp_path / "checkpoint.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert "checkpoint.json" in checkpoint.damage(tmp_path)


def test_if_no_checkpoint_is_whole_all_is_left_as_it_is(tmp_path, two_checkpoints):
    out = shutil.copytree(two_checkpoints, tmp_path / "run")
    old, new = checkpoints(out)
    flip(old / "model.safetensors")
    (new / "config.json").unlink()
    before = tree(out)
    message = r"holds no whole checkpoint, .*step-000008 is damaged: .*config.json.*step-000004 is damaged: model.safe"
    with pytest.raises(ValueError, match=message):
        train(fresh(), batches, CONFIG, out)
    assert tree(out) == before


if __name__ == "__main__":
    lives(Path(sys.argv[1]))
