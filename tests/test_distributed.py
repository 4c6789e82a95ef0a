"""Several processes train the model that one would: two (and three) real ones on this machine, through torchrun."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from processes import torchrun
from safetensors.torch import load_file, save_file
from test_train import Interrupted, exact, fresh, interrupt_at, stored_log
from torch.testing import assert_close

import mini_gpt.training.checkpoint as checkpoint
from mini_gpt import GPT, GPTConfig, generate, load
from mini_gpt.training.checkpoint import checkpoints
from mini_gpt.training.data import IGNORE, Batch
from mini_gpt.training.distributed import ONE_PROCESS, Processes, is_sharded, launched, whole, wrap
from mini_gpt.training.train import TrainConfig, own_parts, train, validation_loss

pytestmark = pytest.mark.slow

CONFIG = TrainConfig(
    steps=8, warmup_steps=2, learning_rate=1e-3, optimizer="adamw", checkpoint_every=3, evaluate_every=3
)
ONE_STEP = replace(CONFIG, steps=1, clip_norm=1e9)
BFLOAT16 = replace(CONFIG, steps=4, precision="bfloat16")
MUON = replace(CONFIG, steps=4, optimizer="muon")


def parts(step: int) -> list[Batch]:
    """Six parts of different size and length, and with from 1 to 30 targets."""
    generator = torch.Generator().manual_seed(step)
    made = []
    for rows, T, n_padded in [(3, 5, 2), (2, 8, 3), (1, 4, 3), (5, 6, 0), (2, 2, 1), (3, 9, 8)]:
        ids = torch.randint(9, (rows, T + 1), generator=generator)
        targets = ids[:, 1:].clone()
        targets[0, T - n_padded :] = IGNORE
        made.append(Batch(ids[:, :-1], targets))
    return made


def trained(
    processes: Processes = ONE_PROCESS,
    shard: bool = False,
    config: TrainConfig = CONFIG,
    out: Path | None = None,
    model: GPT | None = None,
    stop: int | None = None,
) -> list[dict[str, float]]:
    """The log of a training with dropout, which draws a sample and a validation loss now and then; [] if it stopped."""

    def evaluate(model: GPT, step: int) -> dict[str, float]:
        sample = generate(model, torch.tensor([[0]]), 8, generator=torch.Generator().manual_seed(step))
        return {"validation_loss": validation_loss(model, parts(99)[:5], processes), "sample": sample.sum().item()}

    model = fresh(dropout=0.1) if model is None else model
    on_step = None if stop is None else interrupt_at(stop)
    try:
        return train(model, parts, config, out, None, on_step, processes, shard, evaluate)
    except Interrupted:
        return []


def losses(log: list[dict[str, float]]) -> list[float]:
    return [record["loss"] for record in log]


# ---------------------------------------------------------------- what the processes do (this file, under torchrun)


def work(out: Path, processes: Processes) -> dict[str, object]:
    """What two processes see; the first one's answer counts."""
    seen: dict[str, object] = {}
    first_only = processes.is_first

    def message(run: Callable[[], object]) -> str:
        try:
            return f"no error, but {run()}"
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            return str(error)

    for kind, shard in (("ddp", False), ("fsdp", True)):
        run = partial(trained, processes, shard)
        run(ONE_STEP, model=(model := fresh(dropout=0.1)))
        gradients = {name: whole(p.grad).clone() for name, p in model.named_parameters()}
        if first_only:
            save_file(gradients, out / f"{kind}.safetensors")
        seen[f"{kind} tied"] = model.head.weight is model.token_embedding.weight

        seen[kind] = run(out=out / kind)
        run(out=out / f"{kind} resumed", stop=6)
        with processes.together():
            if first_only:
                shutil.copytree(out / f"{kind} resumed", out / f"{kind} interrupted")
        seen[f"{kind} resumed"] = run(out=out / f"{kind} resumed", model=fresh(9, dropout=0.1))
        seen[f"{kind} bfloat16"] = run(BFLOAT16)
        seen[f"{kind} muon"] = run(MUON)

    # models of different seeds
    seen["seeds"] = trained(processes, shard=True, config=MUON, model=fresh(processes.rank, dropout=0.1))

    # only the second process has no room for its second checkpoint
    real, calls = checkpoint.save_file, []

    def save_file_or_fail(*args: object) -> None:
        calls.append(1)
        if processes.rank == 1 and len(calls) == 2:
            raise OSError("No space left on device")
        real(*args)

    checkpoint.save_file = save_file_or_fail
    seen["full"] = message(lambda: trained(processes, shard=True, out=out / "full"))
    seen["full left"] = sorted(path.name for path in (out / "full" / "checkpoints").iterdir())
    checkpoint.save_file = real

    # the newest checkpoint is damaged
    with processes.together():
        if first_only:
            damaged = shutil.copytree(out / "fsdp interrupted", out / "damaged")
            with open(checkpoints(damaged)[-1] / "optimizer-00001-of-00002.safetensors", "r+b") as file:
                file.truncate(100)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        seen["damaged"] = trained(processes, shard=True, out=out / "damaged", model=fresh(9, dropout=0.1))
    seen["warned"] = [str(each.message) for each in caught]

    seen["uneven"] = message(lambda: train(fresh(), lambda step: parts(step)[:5], CONFIG, processes=processes))
    seen["other run"] = message(lambda: trained(processes, out=out / "ddp resumed", model=fresh(n_layer=1)))

    def fail_on_the_second() -> None:
        with processes.together():
            if processes.rank == 1:
                raise KeyError("only there")

    seen["together"] = message(fail_on_the_second)
    seen["sum"] = processes.sum(1 + processes.rank, 0.5, 2.0**53)
    return seen


def work_of_three(out: Path, processes: Processes) -> dict[str, object]:
    """With three the order of a sum shows in its last digit; and the shards of two become shards of three."""

    def large() -> GPT:  # it fills several of DDP's buckets
        torch.manual_seed(0)
        return GPT(GPTConfig(vocab_size=9, context_length=12, n_layer=4, n_head=4, d_model=160))

    trained(processes, model=large(), out=out / "three", stop=6)
    return {
        "ddp": trained(processes, model=large()),
        "ddp resumed": trained(processes, model=large(), out=out / "three"),
        "fsdp": trained(processes, shard=True, model=fresh(9, dropout=0.1), out=out / "two"),
    }


# ---------------------------------------------------------------- the tests


def seen(n: int, out: Path) -> dict[str, object]:
    """What n processes have seen."""
    ended = torchrun(n, __file__, out)
    assert ended.returncode == 0, ended.stderr
    return json.loads((out / f"seen-{n}.json").read_text())


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("two")


@pytest.fixture(scope="module")
def two(out) -> dict[str, object]:
    return seen(2, out)


@pytest.fixture(scope="module")
def one() -> list[dict[str, float]]:
    return trained()


KINDS = pytest.mark.parametrize("kind", ["ddp", "fsdp"])


@KINDS
def test_two_processes_have_the_gradients_of_one(two, out, kind):
    trained(config=ONE_STEP, model=(model := fresh(dropout=0.1)))
    gradients = load_file(out / f"{kind}.safetensors")
    for name, parameter in model.named_parameters():
        assert_close(gradients[name], parameter.grad, rtol=1e-5, atol=1e-7)
    assert two[f"{kind} tied"]


@KINDS
def test_two_processes_have_the_losses_norms_evaluations_and_samples_of_one(two, one, out, kind):
    assert_close(exact(two[kind]), exact(one), rtol=1e-5, atol=0)
    assert [record["step"] for record in one if "validation_loss" in record] == [2, 5, 7]
    assert exact(stored_log(out / kind)) == exact(two[kind])


@KINDS
def test_what_two_processes_leave_is_the_model_of_one(two, out, kind):
    trained(model=(model := fresh(dropout=0.1)))
    for name, parameter in load(checkpoints(out / kind)[-1]).named_parameters():
        assert_close(parameter, model.get_parameter(name), rtol=1e-4, atol=1e-6)


@KINDS
def test_two_processes_resume_exactly(two, kind):
    assert exact(two[f"{kind} resumed"]) == exact(two[kind])  # to the last digit


@KINDS
def test_one_process_goes_on_where_two_were_interrupted(two, one, out, tmp_path, kind):
    run = shutil.copytree(out / f"{kind} interrupted", tmp_path / "run")
    n_files = {"ddp": 1, "fsdp": 2}[kind]
    files = sorted(path.name for path in checkpoints(run)[-1].glob("optimizer-*"))
    assert files == [f"optimizer-{i:05d}-of-{n_files:05d}.safetensors" for i in range(n_files)]
    log = trained(model=fresh(9, dropout=0.1), out=run)
    assert exact(log)[:6] == exact(two[kind])[:6]
    assert_close(exact(log), exact(one), rtol=1e-5, atol=0)


@KINDS
def test_bfloat16_is_that_of_one_process(two, kind):
    one, float32 = (losses(trained(config=config)) for config in (BFLOAT16, replace(BFLOAT16, precision="float32")))
    assert losses(two[f"{kind} bfloat16"]) == pytest.approx(one, rel=1e-4)
    assert one != pytest.approx(float32, rel=1e-5)
    assert one == pytest.approx(float32, rel=1e-2)


@KINDS
def test_muon_works_on_shards_too(two, kind):
    muon, adamw = (losses(trained(config=config)) for config in (MUON, replace(MUON, optimizer="adamw")))
    assert losses(two[f"{kind} muon"]) == pytest.approx(muon, rel=1e-5)
    assert muon != pytest.approx(adamw, rel=2e-4)


def test_the_first_processes_model_is_everybodys(two):
    assert losses(two["seeds"]) == losses(two["fsdp muon"])


def test_where_one_process_cannot_write_no_part_of_a_checkpoint_stays(two):
    assert two["full left"] == ["step-000003"]
    assert two["full"].startswith("the checkpoint of step 6 could not be written: another process failed")
    assert two["full"].endswith("step-000003 is whole, and training resumes there")


def test_all_processes_go_back_to_the_checkpoint_before_a_damaged_one(two):
    assert exact(two["damaged"]) == exact(two["fsdp"])
    [warning] = two["warned"]
    assert "step-000006 is damaged: optimizer-00001-of-00002.safetensors" in warning


def test_what_is_wrong_is_refused_on_every_process(two):
    assert two["uneven"].startswith("a batch of 5 parts cannot be shared evenly by 2 processes: change batch_size")
    assert two["other run"].endswith("holds a run with n_layer=2, not 1; dropout=0.1, not 0.0")
    assert two["together"] == "another process failed; its own message says why"


def test_sums_are_of_all_processes_in_float64(two):
    assert two["sum"] == [3, 1, 2.0**54]


def test_three_processes_resume_exactly_and_take_over_the_shards_of_two(two, one, out, tmp_path):
    shutil.copytree(out / "fsdp interrupted", tmp_path / "two")
    three = seen(3, tmp_path)
    assert exact(three["ddp resumed"]) == exact(three["ddp"])
    assert_close(exact(three["fsdp"]), exact(one), rtol=1e-5, atol=0)
    assert len(list(checkpoints(tmp_path / "two")[-1].glob("optimizer-*-of-00003.safetensors"))) == 3


def test_the_parts_of_all_processes_are_those_of_the_batch():
    for n in (1, 2, 3, 6):
        shares = [own_parts(parts(0), Processes(rank, n)) for rank in range(n)]
        assert {len(share) for share in shares} == {6 // n}
        assert sorted(i for share in shares for i in share) == list(range(6))
        assert all(torch.equal(part.inputs, parts(0)[i].inputs) for share in shares for i, part in share.items())


def test_alone_a_process_is_the_first_of_one_and_its_model_stays_as_it_is(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with launched() as processes:
        assert (processes.rank, processes.world_size, processes.is_first) == (0, 1, True)
        torch.zeros(1, device=processes.device)
        model = fresh()
        assert wrap(model, processes) is model and not is_sharded(model)
        with pytest.raises(ValueError, match="shard=True needs several processes: start them with torchrun"):
            wrap(model, processes, shard=True)
    with launched("meta") as processes:
        assert processes.device == torch.device("meta")


def test_more_processes_than_gpus_are_refused(monkeypatch):
    for name, value in {"RANK": "0", "LOCAL_RANK": "99", "LOCAL_WORLD_SIZE": "100"}.items():
        monkeypatch.setenv(name, value)
    with (
        pytest.raises(ValueError, match=r"--nproc-per-node=100 must be at most the number of GPUs, \d"),
        launched("cuda"),
    ):
        pass


if __name__ == "__main__":
    with launched("cpu") as these:
        answer = {2: work, 3: work_of_three}[these.world_size](Path(sys.argv[1]), these)
        if these.is_first:
            Path(sys.argv[1], f"seen-{these.world_size}.json").write_text(json.dumps(answer))


def test_processes_that_end_right_after_a_sum_end_well(tmp_path):
    """Gloo's threads need Python to drop the tensors of a sum: they must come to it before it shuts down."""
    (tmp_path / "script.py").write_text(
        "import sys\n"
        "import torch.distributed as dist\n"
        "from mini_gpt.training.distributed import launched\n"
        "sys.setswitchinterval(100)  # no thread runs until another one waits\n"
        "with launched('cpu') as processes:\n"
        "    kept = dist.group.WORLD  # as caches of sharded tensors do\n"
        "    for _ in range(50):\n"
        "        processes.sum(1.0)\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    ran = subprocess.run([*command, str(tmp_path / "script.py")], capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
