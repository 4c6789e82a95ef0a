"""The training loop: AdamW or Muon, warm-up and decay, clipping, a log, and checkpoints that resume exactly.

The same loop runs alone and under torchrun, on one machine or many: see distributed.py, and checkpoint.py for what a
run writes into its directory.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mini_gpt.model import GPT
from mini_gpt.trace import no_numbers
from mini_gpt.training.checkpoint import Record, resume, write_checkpoint
from mini_gpt.training.data import IGNORE, Batch
from mini_gpt.training.distributed import ONE_PROCESS, Precision, Processes, evaluating, exchange_gradients, whole, wrap
from mini_gpt.training.muon import Muon
from mini_gpt.training.progress import progress


@dataclass(frozen=True)
class TrainConfig:
    """How to train; the defaults suit a model of about a million parameters on a laptop.

    Attributes:
        steps: how many steps
        learning_rate: at its peak
        min_learning_rate: after the last step
        warmup_steps: steps to the peak, in a straight line
        decay_steps: how many of the last steps lead down from the peak; by default all after the warm-up. With fewer,
            a run may be made longer before they begin, and is then as if it had been meant so from the start
        optimizer: muon trains the blocks' matrices with Muon and the rest with AdamW
        weight_decay: on matrices only
        betas: AdamW's
        clip_norm: the gradient is scaled down to this norm
        seed: of the order of the data, and of dropout
        checkpoint_every: steps from one checkpoint to the next
        evaluate_every: steps from one evaluation to the next; 0 is never
        precision: of matrix products; parameters stay float32
        compile: use torch.compile: the first steps are slow, the others faster

    >>> TrainConfig(steps=100, warmup_steps=10).learning_rate_at(4)
    0.005
    """

    steps: int = 1000
    learning_rate: float = 0.01
    min_learning_rate: float = 0.0
    warmup_steps: int = 20
    decay_steps: int | None = None
    optimizer: Literal["adamw", "muon"] = "muon"
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.95)
    clip_norm: float = 1.0
    seed: int = 0
    checkpoint_every: int = 500
    evaluate_every: int = 0
    precision: Precision = "float32"
    compile: bool = False

    def __post_init__(self) -> None:
        for name in ("steps", "checkpoint_every", "decay_steps"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
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
        """Linear warm-up, the peak, then half a cosine down to min_learning_rate after the last step."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        begin = max(self.warmup_steps, self.steps - self.decay_steps) if self.decay_steps else self.warmup_steps
        progress = max(0, step - begin) / max(1, self.steps - begin)
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
    conditions: Mapping[str, object] = MappingProxyType({}),
    accept: Sequence[str] = (),
) -> list[Record]:
    """Train the model in place, on its device, and leave it in eval mode. Return the log, one record for each step.

    batches    step to the parts of its batch, (inputs, targets) each; the loss is the mean over all their targets.
               Several processes share the parts, so the batch is the same for any number of them
    model      a GPT, or any module from ids (B, T) to logits (B, T, V); then without `out`
    out        a directory for the log and checkpoints. If it holds a checkpoint of this config, training resumes there
               and goes on exactly as if it had never stopped. Only config.steps may be larger than before: weights,
               optimizers, batches and log continue, and the learning rate follows the new schedule from there. The
               number of processes, their device and `shard` may be others, and change no more than rounding does
    floor      the lowest possible loss in nats per token, if it is known: shown beside the loss
    on_step    called with each record
    processes  that train together, from `launched`; all call train, with equal models
    shard      split the model among the processes (FSDP); it stays so, and the last checkpoint holds it whole
    evaluate   called every config.evaluate_every steps and after the last, on every process, with the model in eval
               mode and the record's step; its result joins the record. It may sample, on every process too
    loss       model, inputs and targets to the sum, in nats, to minimise
    conditions what else makes the run what it is, by name. A run is resumed only if these, `batches.conditions` if
               `batches` has them (the data, the sizes of a batch), config and shape are those that it began with
    accept     names among all of these that may differ this time
    Raises ValueError for parts that the processes cannot share evenly or that have no target, or if `out` holds another
    run; OSError if a checkpoint cannot be written; FloatingPointError, naming the place in the model, if a loss or a
    gradient is NaN or infinite: before it changes a parameter.

    On a terminal and in a notebook a bar shows how far it is; elsewhere (nohup, Slurm, torchrun) a line on standard
    error every 30 s.

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=4, context_length=3, n_layer=1, n_head=1, d_model=8))
    >>> always = Batch(torch.tensor([[0, 1, 2]]), torch.tensor([[1, 2, 3]]))
    >>> log = train(model, lambda step: [always], TrainConfig(steps=100))
    >>> log[0]["loss"] > 1 and log[-1]["loss"] < 0.1
    True
    """
    out = Path(out) if out is not None else None
    if out is not None and not isinstance(model, GPT):
        raise ValueError(f"out={str(out)!r} needs a GPT: there are no checkpoints of a {type(model).__name__}")
    wrapped = wrap(model, processes, shard, config.precision)
    loss_of = torch.compile(loss) if config.compile else loss
    optimizers = make_optimizers(model, config)
    settings = asdict(config) | getattr(batches, "conditions", {}) | dict(conditions)
    log = []
    if out is not None and isinstance(model, GPT):
        log = resume(out, settings, model, optimizers, processes, accept)
    device = next(model.parameters()).device
    earlier, tokens, started = log[-1]["seconds"] if log else 0.0, 0.0, perf_counter()
    model.train()
    try:
        with progress(len(log), config.steps, visible=processes.is_first) as show:
            for step in range(len(log), config.steps):
                for optimizer in optimizers:
                    optimizer.zero_grad()
                parts = own_parts(batches(step), processes)
                mean, n_targets = backward(wrapped, parts, loss_of, config, step, processes)
                norm = whole(nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)).item()
                if not math.isfinite(mean + norm):
                    what = f"the loss of step {step} is {mean}, the norm of its gradient {norm}"
                    raise no_numbers(what, model, lambda: [*losses_of(model, parts, loss, config, step)])  # noqa: B023
                learning_rate = config.learning_rate_at(step)
                for optimizer in optimizers:
                    for group in optimizer.param_groups:
                        group["lr"] = learning_rate
                    optimizer.step()
                seconds, tokens = perf_counter() - started, tokens + n_targets
                record = {"step": step, "loss": mean, "learning_rate": learning_rate, "gradient_norm": norm,
                          "seconds": round(earlier + seconds, 3)}  # fmt: skip
                if evaluate is not None and is_due(step, config.evaluate_every, config.steps):
                    with evaluating(model), autocast(device, config.precision):
                        record |= evaluate(model, step)
                log.append(record)
                show(mean, tokens / seconds, floor)
                if on_step is not None:
                    on_step(record)
                if out is not None and isinstance(model, GPT):
                    if processes.is_first:
                        with open(out / "log.jsonl", "a", encoding="utf-8") as file:
                            file.write(json.dumps(record) + "\n")
                    if is_due(step, config.checkpoint_every, config.steps):
                        write_checkpoint(out, step + 1, settings, model, optimizers, processes)
    finally:
        model.eval()
    return log


def backward(
    model: nn.Module, parts: dict[int, Batch], loss: Loss, config: TrainConfig, step: int, processes: Processes
) -> tuple[float, float]:
    """Add the gradient of a batch to the parameters; return its mean loss, in nats, and how many targets count.

    parts  those of this process, by their place in the batch; each is a forward and a backward pass
    """
    [n_targets] = processes.sum(sum(int((targets != IGNORE).sum()) for _, targets in parts.values()))
    if n_targets == 0:
        raise ValueError(f"the batch of step {step} has no target to predict")
    losses = []
    for summed in losses_of(model, parts, loss, config, step):
        (summed * processes.world_size / n_targets).backward()  # processes average their gradients, and this sums
        losses.append(summed.detach())
    [mean] = processes.sum(sum(summed.item() / n_targets for summed in losses))
    return mean, n_targets


def losses_of(
    model: nn.Module, parts: dict[int, Batch], loss: Loss, config: TrainConfig, step: int
) -> Iterator[Tensor]:
    """The loss of each part, summed over its targets."""
    device = next(model.parameters()).device
    for i, (inputs, targets) in parts.items():
        exchange_gradients(model, now=i == max(parts))
        with seeded(config.seed, step, i), autocast(device, config.precision):
            summed = loss(model, inputs.to(device), targets.to(device))
        yield summed


def own_parts(parts: Sequence[Batch], processes: Processes) -> dict[int, Batch]:
    """The parts for this process, by their place in the batch."""
    if len(parts) % processes.world_size:
        raise ValueError(f"a batch of {len(parts)} parts cannot be shared evenly by {processes.world_size} processes: "
                         "change batch_size or micro_batch_size (or n_parts), or --nproc-per-node")  # fmt: skip
    return {i: parts[i] for i in range(processes.rank, len(parts), processes.world_size)}


@contextmanager
def seeded(*key: int) -> Iterator[None]:
    """Inside, random numbers are a function of the key alone; outside, the generators are as if none had been drawn.

    So dropout is the same however often a run was interrupted, and whichever process takes the part.

    >>> with seeded(0, 7): a = torch.rand(1)
    >>> with seeded(0, 7): b = torch.rand(1)
    >>> torch.equal(a, b)
    True
    """
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    # torch.manual_seed takes a millisecond: it writes down the call stack for each kind of device that is not here.
    seed = torch.manual_seed if torch.accelerator.is_available() else torch.default_generator.manual_seed
    with torch.random.fork_rng(devices):
        seed(int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8]))
        yield


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Inside, matrix products are computed in this precision; parameters and sums stay float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def is_due(step: int, every: int, steps: int) -> bool:
    """True every `every` steps (0 is never), and after the last step."""
    return every > 0 and ((step + 1) % every == 0 or step + 1 == steps)


def validation_loss(model: GPT, parts: Sequence[Batch], processes: Processes = ONE_PROCESS) -> float:
    """The mean of -log p(target) over the targets of all parts, in nats; the processes share the parts.

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=4, context_length=3, n_layer=1, n_head=1, d_model=8))
    >>> part = Batch(torch.tensor([[0, 1, 2]]), torch.tensor([[1, 2, 3]]))
    >>> abs(validation_loss(model, [part, part]) - math.log(4)) < 0.5   # a new model: nearly uniform
    True
    """
    device, nats, n_targets = model.token_embedding.weight.device, 0.0, 0.0
    n_rounds = math.ceil(len(parts) / processes.world_size)
    mine = range(processes.rank, n_rounds * processes.world_size, processes.world_size)
    for i in mine:
        inputs, targets = parts[i % len(parts)]  # the last round is filled up: a sharded model needs every process
        with torch.no_grad():
            summed = summed_loss(model, inputs.to(device), targets.to(device)).item()
        if i < len(parts):
            nats += summed
            n_targets += int((targets != IGNORE).sum())
    nats, n_targets = processes.sum(nats, n_targets)
    if n_targets == 0:
        raise ValueError("parts hold no target to predict")
    if not math.isfinite(nats):
        again = (model(parts[i % len(parts)].inputs.to(device)) for i in mine)
        raise no_numbers(f"the validation loss is {nats / n_targets}", model, lambda: [*again])
    return nats / n_targets


def make_optimizers(model: nn.Module, config: TrainConfig) -> list[torch.optim.Optimizer]:
    """AdamW, with weight decay on matrices only; with "muon", Muon updates the blocks' matrices.

    Muon orthogonalises the update of a matrix; embeddings are used row by row, and stay with AdamW.
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
