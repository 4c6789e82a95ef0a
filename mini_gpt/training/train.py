"""The training loop: AdamW (or Muon), a warm-up and a decay, clipping, a log, and checkpoints that resume exactly.

The same loop runs alone and under torchrun, on one machine or many: see distributed.py, and checkpoint.py for what a
run leaves in its directory.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from mini_gpt.model import GPT
from mini_gpt.training.checkpoint import Record, resume, write_checkpoint
from mini_gpt.training.data import IGNORE, Batch
from mini_gpt.training.distributed import ONE_PROCESS, Precision, Processes, evaluating, exchange_gradients, whole, wrap
from mini_gpt.training.muon import Muon


@dataclass(frozen=True)
class TrainConfig:
    """How to train; the defaults suit a model of about a million parameters on a laptop.

    >>> TrainConfig(steps=100, warmup_steps=10).learning_rate_at(4)
    0.005
    """

    steps: int = 1000
    learning_rate: float = 0.01  # at its peak
    min_learning_rate: float = 0.0  # after the last step
    warmup_steps: int = 20  # to that peak, in a straight line
    optimizer: Literal["adamw", "muon"] = "muon"  # muon: for the blocks' matrices, AdamW for the rest
    weight_decay: float = 0.0  # only on matrices
    betas: tuple[float, float] = (0.9, 0.95)
    clip_norm: float = 1.0  # the gradient is scaled down to this norm
    seed: int = 0
    checkpoint_every: int = 500
    evaluate_every: int = 0  # steps; 0 is never
    precision: Precision = "float32"  # bfloat16: in matrix products; parameters stay float32
    compile: bool = False  # torch.compile: slow first steps, then faster ones

    def __post_init__(self) -> None:
        for name in ("steps", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} must be at least 1")
        for name in ("learning_rate", "clip_norm"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name}={getattr(self, name)} must be positive and finite")
        for name in ("warmup_steps", "evaluate_every", "weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name}={getattr(self, name)} must be finite and not < 0")
        if not 0 <= self.min_learning_rate <= self.learning_rate:
            raise ValueError(
                f"min_learning_rate={self.min_learning_rate} must be in 0..learning_rate={self.learning_rate}"
            )
        for name, known in (("optimizer", ("adamw", "muon")), ("precision", ("float32", "bfloat16"))):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}={getattr(self, name)!r} must be {known[0]!r} or {known[1]!r}")

    def learning_rate_at(self, step: int) -> float:
        """A straight line up for warmup_steps, then half a cosine down, to min_learning_rate after the last step."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        progress = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        height = self.learning_rate - self.min_learning_rate
        return self.min_learning_rate + height * (1 + math.cos(math.pi * progress)) / 2


Batches = Callable[[int], Sequence[Batch]]  # step to the parts of its batch
Evaluate = Callable[[Any, int], dict[str, float]]
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


def summed_loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The sum of -log p(target) over the targets that count, in nats."""
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), reduction="sum")


def train(
    model: nn.Module,
    batches: Batches,
    config: TrainConfig,
    out: str | Path | None = None,
    floor: float | None = None,
    on_step: Callable[[Record], None] | None = None,
    processes: Processes = ONE_PROCESS,
    shard: bool = False,
    evaluate: Evaluate | None = None,
    loss: Loss = summed_loss,
) -> list[Record]:
    """Train the model in place, on the device where it stands; give the log, a record for each step.

    batches    step to the parts of its batch, (inputs, targets) each; the gradient is that of all their targets' mean.
               Several processes share the parts, so the batch is the same for any number of them
    model      a GPT, or any module that makes logits (B, T, V) of ids (B, T); then without `out`
    out        a directory for log and checkpoints; if it holds a checkpoint of this config, training resumes there
               and goes on exactly as if it had never stopped
    floor      the least loss possible in nats per token, if it is known: shown beside the loss
    on_step    called with each record
    processes  that train together, from `launched`; all call train, with equal models
    shard      the model is cut among the processes (FSDP) and stays so; a whole one is in the last checkpoint
    evaluate   called every config.evaluate_every steps and after the last one, on every process, with the model in
               eval mode and the record's step; what it returns joins the record. It may sample, on every process too
    loss       model, inputs and targets to the sum, in nats, that is made small
    Raises ValueError for parts that the processes can't share evenly, or a run of another config in `out`; OSError if
    a checkpoint can't be written.

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=4, context_length=3, n_layer=1, n_head=1, d_model=8))
    >>> always = Batch(torch.tensor([[0, 1, 2]]), torch.tensor([[1, 2, 3]]))
    >>> log = train(model, lambda step: [always], TrainConfig(steps=100))
    >>> log[0]["loss"] > 1 and log[-1]["loss"] < 0.1
    True
    """
    out = Path(out) if out is not None else None
    if out is not None and not isinstance(model, GPT):
        raise ValueError(f"out={str(out)!r} needs a GPT: of {type(model).__name__} there are no checkpoints")
    wrapped = wrap(model, processes, shard, config.precision)
    loss_of = torch.compile(loss) if config.compile else loss
    optimizers = make_optimizers(model, config)
    log = []
    if out is not None and isinstance(model, GPT):
        log = resume(out, asdict(config), model, optimizers, processes)
    model.train()
    device = next(model.parameters()).device
    tokens, started = 0, perf_counter()
    earlier = log[-1]["seconds"] if log else 0.0
    bar = tqdm(range(len(log), config.steps), initial=len(log), total=config.steps, unit="step",
               disable=None if processes.is_first else True)  # fmt: skip
    for step in bar:
        for optimizer in optimizers:
            optimizer.zero_grad()
        parts = own_parts(batches(step), processes, device)
        [n_targets] = processes.sum(sum(int((targets != IGNORE).sum()) for _, targets in parts.values()))
        losses = []
        for i, (inputs, targets) in parts.items():
            exchange_gradients(wrapped, now=i == max(parts))
            with seeded(config.seed, step, i), autocast(device, config.precision):
                summed = loss_of(wrapped, inputs, targets)
            (summed * processes.world_size / n_targets).backward()  # the exchange is a mean, not a sum
            losses.append(summed.detach())
        [mean] = processes.sum(sum(summed.item() / n_targets for summed in losses))
        norm = whole(nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate_at(step)
            optimizer.step()
        seconds = perf_counter() - started
        tokens += int(n_targets)
        record = {"step": step, "loss": mean, "learning_rate": config.learning_rate_at(step),
                  "gradient_norm": norm.item(), "seconds": round(earlier + seconds, 3)}  # fmt: skip
        if evaluate is not None and is_due(step, config.evaluate_every, config.steps):
            with evaluating(model), autocast(device, config.precision):
                record |= evaluate(model, step)
        log.append(record)
        least = {} if floor is None else {"floor": f"{floor:.3f}"}
        bar.set_postfix(loss=f"{record['loss']:.3f}", **least, tokens=f"{tokens / seconds:,.0f}/s", refresh=False)
        if on_step is not None:
            on_step(record)
        if out is not None and isinstance(model, GPT):
            if processes.is_first:
                with open(out / "log.jsonl", "a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")
            if is_due(step, config.checkpoint_every, config.steps):
                write_checkpoint(out, step + 1, asdict(config), model, optimizers, processes)
    model.eval()
    return log


def own_parts(parts: Sequence[Batch], processes: Processes, device: torch.device) -> dict[int, Batch]:
    """The parts that this process takes, by their place in the batch, on the device."""
    if len(parts) % processes.world_size:
        raise ValueError(f"a batch of {len(parts)} parts can't be shared evenly by {processes.world_size} processes: "
                         "change batch_size or micro_batch_size (or n_parts), or --nproc-per-node")  # fmt: skip
    mine = range(processes.rank, len(parts), processes.world_size)
    return {i: Batch(*(tensor.to(device) for tensor in parts[i])) for i in mine}


@contextmanager
def seeded(*key: int) -> Iterator[None]:
    """Inside, random numbers are a function of the key alone; outside, nothing shows that any were drawn.

    So dropout is the same however often a run was interrupted, and whichever process takes the part.

    >>> with seeded(0, 7): a = torch.rand(1)
    >>> with seeded(0, 7): b = torch.rand(1)
    >>> torch.equal(a, b)
    True
    """
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8]))
        yield


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Inside, matrix products are computed in the precision; parameters and sums stay float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def is_due(step: int, every: int, steps: int) -> bool:
    """Whether something happens after this step: each `every` steps (0 is never), and after the last."""
    return every > 0 and ((step + 1) % every == 0 or step + 1 == steps)


def validation_loss(model: GPT, parts: Sequence[Batch], processes: Processes = ONE_PROCESS) -> float:
    """The mean of -log p(target) over all parts' targets, in nats; the processes share the parts.

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=4, context_length=3, n_layer=1, n_head=1, d_model=8))
    >>> part = Batch(torch.tensor([[0, 1, 2]]), torch.tensor([[1, 2, 3]]))
    >>> abs(validation_loss(model, [part, part]) - math.log(4)) < 0.1
    True
    """
    device, nats, n_targets = model.token_embedding.weight.device, 0.0, 0.0
    n_rounds = math.ceil(len(parts) / processes.world_size)
    for i in range(processes.rank, n_rounds * processes.world_size, processes.world_size):
        inputs, targets = parts[i % len(parts)]  # again the first ones, if the last round lacks parts: shards need all
        with torch.no_grad():
            summed = summed_loss(model, inputs.to(device), targets.to(device)).item()
        if i < len(parts):
            nats += summed
            n_targets += int((targets != IGNORE).sum())
    nats, n_targets = processes.sum(nats, n_targets)
    return nats / n_targets


def make_optimizers(model: nn.Module, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """AdamW with decay on matrices only; with "muon", Muon takes the blocks' matrices from it.

    Muon makes the step of a whole matrix orthogonal, which embeddings, used row by row, have no use for.
    """
    named = list(model.named_parameters())
    inside = [p for name, p in named if "blocks." in name and p.ndim == 2]
    matrices = [p for _, p in named if p.ndim == 2]
    others = [p for _, p in named if p.ndim != 2]
    optimizers: list[torch.optim.Optimizer] = []
    if config.optimizer == "muon":
        optimizers.append(Muon(inside, weight_decay=config.weight_decay))
        matrices = [p for p in matrices if all(p is not q for q in inside)]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizers.append(torch.optim.AdamW(groups, betas=config.betas, fused=True))
    return optimizers
