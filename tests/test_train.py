"""The training loop: what a step does. test_checkpoint.py interrupts it, test_distributed.py spreads it."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from conftest import lively
from torch.testing import assert_close

import mini_gpt.training.train as training
from mini_gpt import GPT, GPTConfig
from mini_gpt.training.data import IGNORE, Batch
from mini_gpt.training.distributed import evaluating
from mini_gpt.training.train import TrainConfig, make_optimizers, train, validation_loss

SHAPE = GPTConfig(vocab_size=9, context_length=12, n_layer=2, n_head=2, d_model=8)
OPTIMIZERS = ["adamw", "muon"]


def fresh(seed: int = 0, **changes: object) -> GPT:
    torch.manual_seed(seed)
    return GPT(replace(SHAPE, **changes))


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


@pytest.mark.slow
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


def test_the_schedule_ends_at_the_least_rate():
    at = TrainConfig(steps=110, warmup_steps=10, learning_rate=0.8, min_learning_rate=0.2).learning_rate_at
    assert [at(0), at(10), at(60), at(110)] == pytest.approx([0.08, 0.8, 0.5, 0.2])


def test_the_schedule_keeps_its_peak_until_the_last_decay_steps():
    at = TrainConfig(steps=110, warmup_steps=10, decay_steps=40, learning_rate=0.8).learning_rate_at
    assert [at(4), at(10), at(70), at(90), at(110)] == pytest.approx([0.4, 0.8, 0.8, 0.4, 0])
    short = TrainConfig(steps=30, warmup_steps=10, decay_steps=40, learning_rate=0.8)  # all after the warm-up
    assert [short.learning_rate_at(step) for step in (4, 10, 20, 30)] == pytest.approx([0.4, 0.8, 0.4, 0])
    with pytest.raises(ValueError, match="decay_steps=0 must be at least 1"):
        TrainConfig(decay_steps=0)


def test_each_step_uses_the_rate_of_the_schedule_and_asks_for_its_own_batch():
    asked, seen = [], []
    config = TrainConfig(steps=6, warmup_steps=2)
    log = train(fresh(), lambda step: asked.append(step) or batches(step), config, on_step=seen.append)
    assert asked == [record["step"] for record in log] == list(range(6))
    assert [record["learning_rate"] for record in log] == [config.learning_rate_at(step) for step in range(6)]
    assert seen == log


def test_an_exception_leaves_the_model_in_eval_mode_and_an_evaluation_the_mode_that_it_found():
    model = fresh(dropout=0.5)
    with pytest.raises(Interrupted):
        train(model, batches, TrainConfig(steps=3), on_step=interrupt_at(1))
    assert not model.training
    for mode in (True, False):
        model.train(mode)
        with pytest.raises(Interrupted), evaluating(model):
            assert not model.training and not torch.is_grad_enabled()
            raise Interrupted
        assert model.training is mode and torch.is_grad_enabled()


def test_dropout_is_on_while_training_and_off_after():
    model, modes = fresh(dropout=0.1).eval(), []
    train(model, batches, TrainConfig(steps=2), on_step=lambda record: modes.append(model.training))
    assert modes == [True, True] and not model.training


def test_training_neither_sees_nor_changes_the_callers_random_numbers():
    logs, states = [], []
    for seed in (1, 2):
        model = fresh(dropout=0.3)
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        logs.append(train(model, batches, TrainConfig(steps=3)))
        states.append(torch.equal(torch.get_rng_state(), before))
    assert exact(logs[0]) == exact(logs[1]) and states == [True, True]


def test_the_seed_decides_what_is_dropped_and_each_step_and_part_drops_something_else():
    dropped = []
    loss = training.summed_loss

    def looking(model: GPT, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        dropped.append(str((torch.nn.functional.dropout(torch.ones(32)) == 0).int().tolist()))
        return loss(model, inputs, targets)

    for seed in (0, 0, 1):
        train(fresh(), batches, TrainConfig(steps=3, seed=seed), loss=looking)
    assert dropped[:6] == dropped[6:12]
    assert len(set(dropped[6:])) == 12


def test_bfloat16_computes_in_bfloat16_and_its_losses_are_near_those_of_float32():
    logs, seen = [], []
    for precision in ("float32", "bfloat16"):
        model = fresh()
        model.blocks[0].mlp.expand.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
        logs.append(train(model, batches, TrainConfig(steps=20, learning_rate=1e-3, precision=precision)))
        assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert seen == [torch.float32] * 40 + [torch.bfloat16] * 40
    float32, bfloat16 = ([record["loss"] for record in log] for log in logs)
    assert float32 != bfloat16
    assert float32 == pytest.approx(bfloat16, rel=0.01)


def test_the_loss_is_compiled_if_and_only_if_asked(monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda f: compiled.append(f) or (lambda *args: 2 * f(*args)))
    logs = [train(fresh(), batches, TrainConfig(steps=1, compile=yes)) for yes in (False, True)]
    assert compiled == [training.summed_loss]
    assert logs[1][0]["loss"] == 2 * logs[0][0]["loss"]


def test_the_model_is_evaluated_as_often_as_asked_and_after_the_last_step():
    asked = []

    def evaluate(model: GPT, step: int) -> dict[str, float]:
        asked.append((step, model.training, torch.is_grad_enabled()))
        return {"validation_loss": validation_loss(model, batches(1000))}

    config = TrainConfig(steps=8, evaluate_every=3, learning_rate=1e-3)
    log = train(model := fresh(dropout=0.1), batches, config, evaluate=evaluate)
    assert asked == [(2, False, False), (5, False, False), (7, False, False)]
    assert [r["step"] for r in log if "validation_loss" in r] == [2, 5, 7]
    assert log[-1]["validation_loss"] == validation_loss(model, batches(1000))
    without = train(fresh(dropout=0.1), batches, replace(config, evaluate_every=0), evaluate=evaluate)
    assert len(asked) == 3
    assert [r["loss"] for r in without] == [r["loss"] for r in log]


def test_the_validation_loss_is_the_mean_over_the_targets_of_all_parts():
    model = fresh().eval()
    nats = [-model(inputs).log_softmax(-1)[b, t, targets[b, t]]
            for inputs, targets in batches(3) for b, t in (targets != IGNORE).nonzero().tolist()]  # fmt: skip
    assert validation_loss(model, batches(3)) == pytest.approx(torch.stack(nats).mean().item(), rel=1e-6)


# ---------------------------------------------------------------- numbers that are none


def test_a_loss_that_is_no_number_ends_the_run_where_it_begins_and_before_it_changes_a_parameter(tmp_path):
    model = fresh()

    def poison(record: dict[str, float]) -> None:
        if record["step"] == 2:
            model.blocks[1].mlp.expand.bias.data[3] = math.inf
            before.update({name: parameter.clone() for name, parameter in model.named_parameters()})

    before: dict[str, torch.Tensor] = {}
    message = r"loss of step 3 is nan, .*: NaN or infinity begins in blocks\.1\.mlp\.expand, whose parameters hold it"
    with pytest.raises(FloatingPointError, match=message):
        train(model, batches, TrainConfig(steps=9, checkpoint_every=3), tmp_path, on_step=poison)
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert len(stored_log(tmp_path)) == 3 and not model.training


def test_a_gradient_that_is_no_number_ends_the_run_as_well():
    def loss(model: GPT, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return training.summed_loss(model, inputs, targets) + (0 * model.final_norm.bias.sum()).sqrt()

    model = fresh()
    before = model.final_norm.bias.clone()
    with pytest.raises(
        FloatingPointError, match=r"step 0 is 2.*, the norm of its gradient nan: .* no output of a module"
    ):
        train(model, batches, TrainConfig(steps=1), loss=loss)
    assert torch.equal(model.final_norm.bias, before)


def test_a_validation_loss_that_is_no_number_names_where_it_begins():
    model = fresh()
    model.token_embedding.weight.data[4] = math.nan
    with pytest.raises(FloatingPointError, match=r"validation loss is nan: .* begins in token_embedding, whose"):
        validation_loss(model, batches(0))


def test_batches_without_a_target_are_refused():
    nothing = [Batch(torch.zeros(2, 3, dtype=torch.long), torch.full((2, 3), IGNORE))]
    with pytest.raises(ValueError, match="the batch of step 0 has no target to predict"):
        train(fresh(), lambda step: nothing, TrainConfig(steps=1))
    for parts in ([], nothing):
        with pytest.raises(ValueError, match="parts hold no target to predict"):
            validation_loss(fresh(), parts)


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps=0 must be at least 1"),
        ({"checkpoint_every": 0}, "checkpoint_every=0 must be at least 1"),
        ({"learning_rate": 0}, "learning_rate=0 must be positive and finite"),
        ({"learning_rate": math.nan}, "learning_rate=nan must be positive"),
        ({"clip_norm": -1}, "clip_norm=-1 must be positive"),
        ({"warmup_steps": -1}, "warmup_steps=-1 must be finite and not < 0"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1 must be finite and not < 0"),
        ({"weight_decay": math.nan}, "weight_decay=nan must be finite"),
        ({"evaluate_every": -1}, "evaluate_every=-1 must be finite and not < 0"),
        ({"min_learning_rate": 0.02}, r"min_learning_rate=0.02 must be in 0..learning_rate=0.01"),
        ({"min_learning_rate": -0.1}, "min_learning_rate=-0.1 must be in 0"),
        ({"precision": "float16"}, "precision='float16' must be 'float32' or 'bfloat16'"),
        ({"optimizer": "sgd"}, "optimizer='sgd' must be 'adamw' or 'muon'"),
    ],
)
def test_a_setting_out_of_range_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**changes)


def test_weights_that_lie_transposed_in_memory_train_as_others_do():
    """A loaded model's matrices are views of the file's [in, out]; the fused optimizer walks through memory."""
    config = GPTConfig(vocab_size=11, context_length=8, n_layer=2, n_head=2, d_model=8)
    plain, turned = lively(config), lively(config)
    for name, parameter in turned.named_parameters():
        if parameter.ndim == 2 and name.startswith("blocks"):
            parameter.data = parameter.data.t().contiguous().t()
    batch = Batch(torch.randint(11, (3, 8)), torch.randint(11, (3, 8)))
    for model in (plain, turned):
        train(model, lambda step: [batch], TrainConfig(steps=3, optimizer="adamw", weight_decay=0.1))
    for (name, mine), other in zip(plain.named_parameters(), turned.parameters(), strict=True):
        if not name.endswith("qkv.bias"):  # for the keys its gradient is only rounding, which AdamW blows up
            assert_close(mine, other, rtol=1e-3, atol=1e-5)
