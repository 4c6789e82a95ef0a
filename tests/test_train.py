"""The training loop: what a step does, and that a run which was interrupted goes on as if it had not been."""

import io
import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close
from tqdm import tqdm

import mini_gpt.train as training
from mini_gpt import GPT, GPTConfig, load
from mini_gpt.data import IGNORE, Batch
from mini_gpt.train import TrainConfig, make_optimizers, train

SHAPE = GPTConfig(vocab_size=9, context_length=12, n_layer=2, n_head=2, d_model=8)
OPTIMIZERS = ["adamw", "muon"]


def fresh(seed: int = 0, **changes: object) -> GPT:
    torch.manual_seed(seed)
    return GPT(GPTConfig.preset("nano", **(vars(SHAPE) | changes)))


def batches(step: int) -> list[Batch]:
    """Counting up, modulo 9, from random starts; two parts of different size and length, with some padding."""
    generator = torch.Generator().manual_seed(step)
    parts = []
    for rows, T in [(3, 5), (2, 8)]:
        ids = (torch.randint(9, (rows, 1), generator=generator) + torch.arange(T + 1)) % 9
        targets = ids[:, 1:].clone()
        targets[0, -2:] = IGNORE
        parts.append(Batch(ids[:, :-1], targets))
    return parts


class Interrupted(Exception):
    pass


def interrupt_at(step: int) -> Callable[[dict[str, float]], None]:
    def on_step(record: dict[str, float]) -> None:
        if record["step"] == step:
            raise Interrupted

    return on_step


def exact(log: list[dict[str, float]]) -> list[dict[str, float]]:
    """The log without its seconds, which no two runs share; they only ever grow."""
    seconds = [record["seconds"] for record in log]
    assert seconds == sorted(seconds)
    return [{key: value for key, value in record.items() if key != "seconds"} for record in log]


def stored_log(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


# ---------------------------------------------------------------- a step


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_loss_falls_to_almost_nothing_where_nothing_is_left_to_chance(optimizer):
    log = train(fresh(), batches, TrainConfig(steps=200, optimizer=optimizer))
    assert log[0]["loss"] == pytest.approx(math.log(9), rel=0.05)
    assert log[-1]["loss"] < 0.1


def test_how_a_batch_is_cut_into_parts_makes_no_difference():
    def padded_to_one(step: int) -> list[Batch]:
        short, long = batches(step)
        widen = partial(torch.nn.functional.pad, pad=(0, 3))
        inputs, targets = widen(short.inputs, value=4), widen(short.targets, value=IGNORE)
        return [Batch(torch.cat([inputs, long.inputs]), torch.cat([targets, long.targets]))]

    config = TrainConfig(steps=8, optimizer="adamw", learning_rate=1e-3)
    one, other = train(fresh(), batches, config), train(fresh(), padded_to_one, config)
    assert_close(exact(one), exact(other), rtol=1e-4, atol=1e-5)


def test_the_loss_is_the_mean_over_the_targets_that_count():
    model = fresh()
    nats = [-model(inputs).log_softmax(-1)[b, t, targets[b, t]]
            for inputs, targets in batches(0) for b, t in (targets != IGNORE).nonzero().tolist()]  # fmt: skip
    expected = torch.stack(nats).mean().item()
    assert len(nats) == 3 * 5 + 2 * 8 - 4
    assert train(model, batches, TrainConfig(steps=1))[0]["loss"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_only_matrices_decay_and_every_parameter_has_one_optimizer(optimizer):
    model = fresh()
    optimizers = make_optimizers(model, TrainConfig(optimizer=optimizer, weight_decay=0.1))
    groups = [group for each in optimizers for group in each.param_groups]
    assert sorted(id(p) for group in groups for p in group["params"]) == sorted(map(id, model.parameters()))
    for group in groups:
        assert all(p.ndim == (2 if group["weight_decay"] else 1) for p in group["params"])
        assert group["weight_decay"] in (0, 0.1)


def test_muon_takes_the_matrices_of_the_blocks_and_nothing_else():
    model = fresh()
    muon = make_optimizers(model, TrainConfig(optimizer="muon"))[0]
    inside = [p for p in model.blocks.parameters() if p.ndim == 2]
    assert list(map(id, muon.param_groups[0]["params"])) == list(map(id, inside))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_what_has_no_gradient_shrinks_by_the_decay_and_the_schedule_alone(optimizer, decay):
    model = fresh()
    unused = model.position_embedding.weight[8:].clone()  # no row is that long
    config = TrainConfig(steps=10, warmup_steps=3, learning_rate=0.1, weight_decay=decay, optimizer=optimizer)
    train(model, batches, config)
    factor = math.prod(1 - decay * config.learning_rate_at(step) for step in range(10))
    assert (factor < 0.9) == bool(decay)
    assert_close(model.position_embedding.weight[8:], unused * factor)


@pytest.mark.parametrize("clip_norm", [0.01, 100.0])
def test_the_gradient_is_scaled_down_to_the_norm_and_never_up(clip_norm):
    model = fresh()
    log = train(model, batches, TrainConfig(steps=1, clip_norm=clip_norm))
    left = torch.stack([p.grad.norm() for p in model.parameters()]).norm().item()
    assert 0.01 < log[0]["gradient_norm"] < 100
    assert left == pytest.approx(min(clip_norm, log[0]["gradient_norm"]), rel=1e-4)


def test_the_schedule_climbs_in_a_line_and_falls_as_half_a_cosine():
    config = TrainConfig(steps=110, warmup_steps=10, learning_rate=0.8)
    at = config.learning_rate_at
    assert [at(step) for step in (0, 4, 9, 10)] == pytest.approx([0.08, 0.4, 0.8, 0.8])
    assert [at(35), at(60), at(110)] == pytest.approx([0.4 + 0.4 / math.sqrt(2), 0.4, 0])
    assert all(at(step) > at(step + 1) > 0 for step in range(10, 109))
    assert TrainConfig(steps=5, warmup_steps=0, learning_rate=0.1).learning_rate_at(0) == 0.1


def test_each_step_uses_the_rate_of_the_schedule_and_asks_for_its_own_batch():
    asked, seen = [], []
    config = TrainConfig(steps=6, warmup_steps=2)
    log = train(fresh(), lambda step: asked.append(step) or batches(step), config, on_step=seen.append)
    assert asked == [record["step"] for record in log] == list(range(6))
    assert [record["learning_rate"] for record in log] == [config.learning_rate_at(step) for step in range(6)]
    assert seen == log


def test_dropout_is_on_while_training_and_off_after():
    model, modes = fresh(dropout=0.1).eval(), []
    train(model, batches, TrainConfig(steps=2), on_step=lambda record: modes.append(model.training))
    assert modes == [True, True] and not model.training


def test_the_bar_shows_loss_floor_and_speed(monkeypatch):
    text = io.StringIO()
    monkeypatch.setattr(training, "tqdm", lambda *args, **kw: tqdm(*args, **kw | {"disable": False, "file": text}))
    train(fresh(), batches, TrainConfig(steps=2), floor=0.12345)
    for word in ("loss=2.", "floor=0.123", "tokens=", "/s", "2/2"):
        assert word in text.getvalue()


# ---------------------------------------------------------------- interrupted and resumed


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("stop", [15, 19, 20, 29])
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


# ---------------------------------------------------------------- checkpoints


def test_the_last_two_checkpoints_stay_and_each_is_a_model_to_load(tmp_path):
    model = fresh()
    train(model, batches, TrainConfig(steps=11, checkpoint_every=3), tmp_path)
    left = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert left == ["step-000009", "step-000011"]
    loaded = load(tmp_path / "checkpoints" / "step-000011")
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), loaded.parameters(), strict=True))


@pytest.mark.parametrize("writer", ["save", "save_file"])
def test_an_exception_while_writing_leaves_the_old_checkpoint_usable(tmp_path, monkeypatch, writer):
    config = TrainConfig(steps=12, checkpoint_every=4, optimizer="adamw")
    write, calls = getattr(training, writer), []

    def fail_the_second_time(*args: object, **options: object) -> None:
        write(*args, **options)
        calls.append(1)
        if len(calls) == 2:
            raise OSError("disk full")

    monkeypatch.setattr(training, writer, fail_the_second_time)
    with pytest.raises(OSError, match="disk full"):
        train(fresh(), batches, config, tmp_path)
    left = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert left == ["step-000004", "step-000008.part"]
    steps = []
    log = train(fresh(seed=3), batches, config, tmp_path, on_step=lambda record: steps.append(record["step"]))
    assert steps[0] == 4
    assert exact(log) == exact(train(fresh(), batches, config))
    assert not list((tmp_path / "checkpoints").glob("*.part"))


def test_a_run_of_another_config_is_refused_and_left_alone(tmp_path):
    train(fresh(), batches, TrainConfig(steps=4), tmp_path)
    before = (tmp_path / "log.jsonl").read_bytes()
    other = fresh(seed=1)
    state = {name: p.clone() for name, p in other.state_dict().items()}
    with pytest.raises(ValueError, match=r"out='.*' holds a run with .*\"steps\": 4.*, not with .*steps=5"):
        train(other, batches, TrainConfig(steps=5), tmp_path)
    with pytest.raises(ValueError, match=r"out='.*' holds a run of GPTConfig\(.*n_layer=2.*, not of .*n_layer=3"):
        train(fresh(n_layer=3), batches, TrainConfig(steps=4), tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == before
    assert all(torch.equal(p, state[name]) for name, p in other.state_dict().items())


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors"])
def test_a_truncated_checkpoint_is_refused_by_its_path(tmp_path, name):
    train(fresh(), batches, TrainConfig(steps=4), tmp_path)
    path = tmp_path / "checkpoints" / "step-000004" / name
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match=f"step-000004.{name} cannot be read; it may be truncated"):
        train(fresh(), batches, TrainConfig(steps=4), tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps=0 must be at least 1"),
        ({"checkpoint_every": 0}, "checkpoint_every=0 must be at least 1"),
        ({"learning_rate": 0}, "learning_rate=0 must be positive and finite"),
        ({"learning_rate": math.nan}, "learning_rate=nan must be positive"),
        ({"clip_norm": -1}, "clip_norm=-1 must be positive"),
        ({"warmup_steps": -1}, "warmup_steps=-1"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1"),
        ({"optimizer": "sgd"}, "optimizer='sgd' must be 'adamw' or 'muon'"),
    ],
)
def test_a_setting_out_of_range_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**changes)
