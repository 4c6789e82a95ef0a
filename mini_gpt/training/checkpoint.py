"""A run's directory: its log, and checkpoints that are there whole or not at all. Nothing in it is ever unpickled.

    log.jsonl                       a record for each step
    checkpoints/step-000500/        the last two are kept
        model.safetensors, ...      the model as mini_gpt.load and transformers open it
        optimizer-00000-of-00001.safetensors
                                    the optimizers' state; in a sharded run a file for each process, with its shards
        checkpoint.json             step, settings, and the sha256 of every other file and of itself

A checkpoint is written beside its place, as step-000500.part, and moved there when every byte is on the disk.
"""

import hashlib
import json
import shutil
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from mini_gpt.config import GPTConfig
from mini_gpt.files import sha256, sync, write_text, write_whole
from mini_gpt.messages import did_you_mean
from mini_gpt.model import GPT
from mini_gpt.training.distributed import Processes, is_sharded, own_shard, shard_like, whole
from mini_gpt.weights import Uninitialised, is_tied, load, save

Record = dict[str, float]  # a line of the log

FIXED = {"optimizer", *(field.name for field in fields(GPTConfig))}  # a checkpoint holds no other shape or memory


def checkpoints(out: Path) -> list[Path]:
    """A run's checkpoints, oldest first."""
    found = (out / "checkpoints").glob("step-*")
    return sorted((path for path in found if path.name[5:].isdecimal()), key=step_of)


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name[5:])


# ---------------------------------------------------------------- writing


def write_checkpoint(
    out: Path, step: int, settings: dict[str, Any], model: GPT, optimizers: Sequence[Optimizer], processes: Processes
) -> None:
    """Write everything that `resume` needs, after `step` steps, then remove all checkpoints but the last two.

    Raises OSError if that fails: then nothing of it is left, and the message names the checkpoint to resume from.
    """
    place = out / "checkpoints" / f"step-{step:06d}"
    part = place.with_suffix(".part")
    plain = gathered(model, processes)
    try:
        with processes.together():
            part.mkdir(parents=True, exist_ok=True)
            if processes.is_first:
                save(plain, part)
            if processes.is_first or is_sharded(model):
                n_files, tensors = processes.world_size if is_sharded(model) else 1, memory(model, optimizers)
                name = f"optimizer-{processes.rank:05d}-of-{n_files:05d}.safetensors"
                write_whole(part / name, lambda path: save_file(tensors, path))
        with processes.together():
            if processes.is_first:
                sync(out / "log.jsonl")
                seal(part, {"step": step, "settings": settings | asdict(model.config)})
                shutil.rmtree(place, ignore_errors=True)  # a damaged one, if there is any
                part.rename(place)
                sync(place.parent)
    except Exception as error:
        shutil.rmtree(part, ignore_errors=True)
        earlier = [path for path in checkpoints(out) if step_of(path) < step]
        left = f"{earlier[-1]} is whole, and training resumes there" if earlier else "there is none before it"
        raise OSError(f"the checkpoint of step {step} could not be written: {error}; {left}") from error
    if processes.is_first:
        for old in checkpoints(out)[:-2]:
            shutil.rmtree(old, ignore_errors=True)


def gathered(model: GPT, processes: Processes) -> GPT:
    """The model; if it is sharded, an unsharded copy on the first process, and one without values on the others."""
    if not is_sharded(model):
        return model
    with torch.device("meta"), Uninitialised():
        plain = GPT(model.config)
    plain.tokenizer = model.tokenizer
    for name, parameter in model.named_parameters():
        full = whole(parameter.detach())  # every process must take part
        if processes.is_first:
            module, _, key = name.rpartition(".")
            setattr(plain.get_submodule(module), key, nn.Parameter(full.cpu()))
    if is_tied(model):
        plain.head.weight = plain.token_embedding.weight
    return plain


def memory(model: GPT, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    """The optimizers' state of each parameter, or of this process's shard of it, as {parameter.key: tensor}."""
    return {
        f"{name}.{key}": own_shard(value).contiguous().cpu()
        for name, parameter in model.named_parameters()
        for optimizer in optimizers
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def seal(directory: Path, record: dict[str, Any]) -> None:
    """Write checkpoint.json: the record, and the sha256 of every file and of checkpoint.json itself."""
    record = record | {"sha256": {path.name: sha256(path) for path in sorted(directory.iterdir())}}
    text = json.dumps(record | {"seal": digest(record)}, indent=2) + "\n"
    write_text(text, directory / "checkpoint.json")
    sync(directory)


def digest(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record).encode()).hexdigest()


# ---------------------------------------------------------------- resuming


def resume(
    out: Path,
    settings: dict[str, Any],
    model: GPT,
    optimizers: Sequence[Optimizer],
    processes: Processes,
    accept: Sequence[str] = (),
) -> list[Record]:
    """Restore model and optimizers from the newest whole checkpoint; cut the log there, and return it.

    Without a checkpoint nothing changes, and the log is empty. A warning names a damaged checkpoint, and the one before
    it is used. Raises ValueError if none is whole, or if the run had other settings than these and those to
    accept; then nothing changes.
    """
    settings = settings | asdict(model.config)
    check_accepted(accept, settings)
    (out / "checkpoints").mkdir(parents=True, exist_ok=True)
    found = checkpoints(out)
    log: list[Record] = []
    with processes.together():
        chosen = newest_whole(out, found) if processes.is_first else 0
    [chosen] = map(int, processes.sum(chosen))
    if found:
        record = read_seal(found[chosen])
        check_settings(out, record["step"], record["settings"], settings, accept)
        log = read_log(out / "log.jsonl", record["step"])
        restore(found[chosen], model, optimizers)
    if processes.is_first:
        for part in (out / "checkpoints").glob("step-*.part"):
            shutil.rmtree(part)
        text = "".join(json.dumps(each) + "\n" for each in log)
        write_text(text, out / "log.jsonl")
    return log


def newest_whole(out: Path, found: list[Path]) -> int:
    """The index in `found` of the newest checkpoint without damage; 0 if there are none."""
    problems: list[str] = []
    for i in reversed(range(len(found))):
        problem = damage(found[i])
        if problem is None:
            for each in problems:
                warnings.warn(f"{each}; training resumes from {found[i]}", stacklevel=2)
            return i
        problems.append(f"{found[i]} is damaged: {problem}")
    if problems:
        raise ValueError(f"out={str(out)!r} holds no whole checkpoint, and all is left as it is. {'. '.join(problems)}")
    return 0


def damage(checkpoint: Path) -> str | None:
    """What is wrong with the checkpoint, or None if it is as it was written."""
    try:
        for name, written in read_seal(checkpoint)["sha256"].items():
            if sha256(checkpoint / name) != written:
                return f"{name} does not have the sha256 in checkpoint.json"
    except (OSError, ValueError) as error:
        return str(error)
    return None


def read_seal(checkpoint: Path) -> dict[str, Any]:
    """What checkpoint.json holds. Raises OSError if it cannot be read, ValueError if it is not as it was written."""
    try:
        record = json.loads((checkpoint / "checkpoint.json").read_text(encoding="utf-8"))
        intact = record.pop("seal") == digest(record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"checkpoint.json is not one: {error!r}") from error
    if not intact:
        raise ValueError("checkpoint.json does not have the sha256 that it states")
    return record


def check_accepted(accept: Sequence[str], settings: dict[str, Any]) -> None:
    """Raise ValueError for a name that is no setting, or one without which a checkpoint cannot be read."""
    known = settings.keys() - FIXED
    for name in accept:
        if name not in known:
            raise ValueError(f"accept={name!r} must be one of {', '.join(sorted(known))}{did_you_mean(name, known)}")


def check_settings(out: Path, done: int, stored: dict[str, Any], asked: dict[str, Any], accept: Sequence[str]) -> None:
    """Raise, naming what differs, if `out` holds another run.

    Only `steps` may differ, but not be less than `done`, and what is accepted.
    """
    asked = json.loads(json.dumps(asked))  # tuples to lists
    if asked["steps"] < done:
        raise ValueError(f"steps={asked['steps']} must be at least {done}, those that out={str(out)!r} holds already")
    different = [name for name in {**stored, **asked}
                 if stored.get(name) != asked.get(name) and name not in ("steps", *accept)]  # fmt: skip
    if different:
        how = "; ".join(f"{name}={stored.get(name)!r}, not {asked.get(name)!r}" for name in different)
        hint = "" if FIXED & {*different} else f"; accept={[*accept, *different]} goes on with what differs"
        raise ValueError(f"out={str(out)!r} holds a run with {how}{hint}")


def read_log(path: Path, n_steps: int) -> list[Record]:
    """The first n_steps records. Whatever follows, even half a line, is of steps that will be taken again."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[:n_steps]
    try:
        if len(lines) < n_steps:
            raise ValueError(f"it ends after {len(lines)} records")
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise ValueError(f"{path} must hold the {n_steps} records up to the checkpoint: {error}") from error


@torch.no_grad()
def restore(checkpoint: Path, model: GPT, optimizers: Sequence[Optimizer]) -> None:
    """Restore the parameters and the optimizers' state: each process takes its shards, however many wrote them."""
    stored = dict(load(checkpoint).named_parameters())
    parameters = dict(model.named_parameters())
    for name, parameter in parameters.items():
        parameter.copy_(shard_like(stored[name], parameter))
    remembered: dict[Tensor, dict[str, Tensor]] = {}
    with ExitStack() as stack:
        paths = sorted(checkpoint.glob("optimizer-*.safetensors"))
        files = [stack.enter_context(safe_open(path, framework="pt")) for path in paths]
        for entry in files[0].keys():  # noqa: SIM118 (it is no dict)
            name, _, key = entry.rpartition(".")
            shards = [file.get_tensor(entry) for file in files]
            full = shard_like(torch.cat(shards), parameters[name]) if shards[0].ndim else shards[0].clone()
            remembered.setdefault(parameters[name], {})[key] = full
    for optimizer in optimizers:
        mine = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        state = {i: remembered[parameter] for i, parameter in enumerate(mine) if parameter in remembered}
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
