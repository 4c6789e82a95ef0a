"""The training loop: AdamW (or Muon), a warm-up and a decay, clipping, a log, and checkpoints that resume exactly.

A run's directory holds
    log.jsonl                 one line for each step: loss, learning rate, norm of the gradient, seconds so far
    checkpoints/step-000500/  model.safetensors, config.json, optimizer.safetensors; the last two are kept
"""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn
from tqdm.auto import tqdm

from mini_gpt.data import IGNORE, Batch
from mini_gpt.model import GPT
from mini_gpt.weights import load, save


@dataclass(frozen=True)
class TrainConfig:
    """How to train; the defaults suit a model of about a million parameters.

    >>> TrainConfig(steps=100, warmup_steps=10).learning_rate_at(4)
    0.005
    """

    steps: int = 1000
    learning_rate: float = 0.01  # at its peak
    warmup_steps: int = 20  # to that peak, in a straight line
    optimizer: Literal["adamw", "muon"] = "muon"  # muon: for the blocks' matrices, AdamW for the rest
    weight_decay: float = 0.0  # only on matrices
    betas: tuple[float, float] = (0.9, 0.95)
    clip_norm: float = 1.0  # the gradient is scaled down to this norm
    seed: int = 0
    checkpoint_every: int = 500

    def __post_init__(self) -> None:
        for name in ("steps", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} must be at least 1")
        for name in ("learning_rate", "clip_norm"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name}={getattr(self, name)} must be positive and finite")
        if self.warmup_steps < 0 or self.weight_decay < 0:
            raise ValueError(f"warmup_steps={self.warmup_steps} and weight_decay={self.weight_decay} must not be < 0")
        if self.optimizer not in ("adamw", "muon"):
            raise ValueError(f"optimizer={self.optimizer!r} must be 'adamw' or 'muon'")

    def learning_rate_at(self, step: int) -> float:
        """A straight line up for warmup_steps, then half a cosine down, to 0 after the last step."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        progress = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        return self.learning_rate * (1 + math.cos(math.pi * progress)) / 2


Batches = Callable[[int], list[Batch]]  # step to the parts of its batch


def train(
    model: GPT,
    batches: Batches,
    config: TrainConfig,
    out: str | Path | None = None,
    floor: float | None = None,
    on_step: Callable[[dict[str, float]], None] | None = None,
) -> list[dict[str, float]]:
    """Train the model in place; give the log, a record for each step.

    batches  step to the parts of its batch, (inputs, targets) each; the gradient is that of all their targets' mean
    out      a directory for log and checkpoints; if it holds a checkpoint of this config, training resumes there
             and goes on exactly as if it had never stopped
    floor    the least loss possible in nats per token, if it is known: shown beside the loss
    on_step  called with each record

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=4, context_length=3, n_layer=1, n_head=1, d_model=8))
    >>> always = Batch(torch.tensor([[0, 1, 2]]), torch.tensor([[1, 2, 3]]))
    >>> log = train(model, lambda step: [always], TrainConfig(steps=100))
    >>> log[0]["loss"] > 1 and log[-1]["loss"] < 0.1
    True
    """
    out = Path(out) if out is not None else None
    optimizers = make_optimizers(model, config)
    log: list[dict[str, float]] = []
    if out is not None:
        (out / "checkpoints").mkdir(parents=True, exist_ok=True)
        if done := checkpoints(out):
            log = resume(done[-1], out, model, optimizers, config)
        else:
            (out / "log.jsonl").unlink(missing_ok=True)  # of a run that ended before its first checkpoint
    model.train()
    tokens, started = 0, perf_counter()
    earlier = log[-1]["seconds"] if log else 0.0
    bar = tqdm(range(len(log), config.steps), initial=len(log), total=config.steps, disable=None, unit="step")
    for step in bar:
        for optimizer in optimizers:
            optimizer.zero_grad()
        parts = batches(step)
        n_targets = sum(int((targets != IGNORE).sum()) for _, targets in parts)
        loss = 0.0
        for inputs, targets in parts:
            summed = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), reduction="sum")
            (summed / n_targets).backward()
            loss += summed.item() / n_targets
        norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate_at(step)
            optimizer.step()
        seconds = perf_counter() - started
        tokens += n_targets
        record = {"step": step, "loss": loss, "learning_rate": config.learning_rate_at(step),
                  "gradient_norm": norm.item(), "seconds": round(earlier + seconds, 3)}  # fmt: skip
        log.append(record)
        least = {} if floor is None else {"floor": f"{floor:.3f}"}
        bar.set_postfix(loss=f"{record['loss']:.3f}", **least, tokens=f"{tokens / seconds:,.0f}/s", refresh=False)
        if on_step is not None:
            on_step(record)
        if out is not None:
            with open(out / "log.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            if (step + 1) % config.checkpoint_every == 0 or step + 1 == config.steps:
                write_checkpoint(out, model, optimizers, config, step + 1)
    model.eval()
    return log


def make_optimizers(model: nn.Module, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """AdamW with decay on matrices only; with "muon", Muon takes the blocks' matrices from it.

    Muon orthogonalises the step of a whole matrix, which embeddings, used row by row, have no use for.
    """
    named = list(model.named_parameters())
    inside = [p for name, p in named if name.startswith("blocks.") and p.ndim == 2]
    matrices = [p for _, p in named if p.ndim == 2]
    others = [p for _, p in named if p.ndim != 2]
    optimizers: list[torch.optim.Optimizer] = []
    if config.optimizer == "muon":
        optimizers.append(torch.optim.Muon(inside, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"))
        matrices = [p for p in matrices if all(p is not q for q in inside)]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizers.append(torch.optim.AdamW(groups, betas=config.betas))
    return optimizers


# ---------------------------------------------------------------- checkpoints: a directory each, never a part of one


def checkpoints(out: Path) -> list[Path]:
    """The complete checkpoints of a run, oldest first."""
    return sorted(path for path in (out / "checkpoints").glob("step-*") if path.suffix != ".part")


def write_checkpoint(
    out: Path, model: GPT, optimizers: list[torch.optim.Optimizer], config: TrainConfig, step: int
) -> None:
    """Write beside its place and move there when it is whole; then remove all but the last two."""
    place = out / "checkpoints" / f"step-{step:06d}"
    part = place.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    save(model, part)
    tensors = {"random": torch.get_rng_state()}
    for i, optimizer in enumerate(optimizers):
        for j, state in optimizer.state_dict()["state"].items():
            tensors |= {f"{i}.{j}.{key}": value.contiguous() for key, value in state.items()}
    metadata = {"step": str(step), "config": json.dumps(asdict(config))}
    save_file(tensors, part / "optimizer.safetensors", metadata=metadata)
    part.rename(place)
    for old in checkpoints(out)[:-2]:
        shutil.rmtree(old)


def resume(
    checkpoint: Path, out: Path, model: GPT, optimizers: list[torch.optim.Optimizer], config: TrainConfig
) -> list[dict[str, float]]:
    """Put model, optimizers and random numbers back as they were; give the log up to there, and cut the file so."""
    stored = load(checkpoint)
    path = checkpoint / "optimizer.safetensors"
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} cannot be read; it may be truncated: {error}") from error
    if stored.config != model.config:
        raise ValueError(f"out={str(out)!r} holds a run of {stored.config}, not of {model.config}")
    if json.loads(metadata["config"]) != json.loads(json.dumps(asdict(config))):
        raise ValueError(f"out={str(out)!r} holds a run with {metadata['config']}, not with {config}")
    model.load_state_dict(stored.state_dict())
    for i, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            if name.startswith(f"{i}."):
                _, j, key = name.split(".")
                state.setdefault(int(j), {})[key] = tensor
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    torch.set_rng_state(tensors["random"])
    lines = (out / "log.jsonl").read_text(encoding="utf-8").splitlines()[: int(metadata["step"])]
    (out / "log.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return [json.loads(line) for line in lines]
