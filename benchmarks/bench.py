"""How fast mini_gpt is, compared with transformers, a plain PyTorch loop and the machine itself: a table of ratios.

python benchmarks/bench.py                   every case, in several minutes
python benchmarks/bench.py decode prompt     only these two
python benchmarks/bench.py --help            the options

README.md, next to this file, explains the cases and how to read the table.
"""

import io
import os
import platform
import re
import resource
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

import torch
import torch.nn.functional as F
from cyclopts import App
from torch import Tensor, nn

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}

import transformers
from transformers import GPT2LMHeadModel

from mini_gpt import GPT, GPTConfig, generate, load, save
from mini_gpt.cache import Cache
from mini_gpt.generate import last_logits
from mini_gpt.lesson.recipes import SHAPES
from mini_gpt.messages import did_you_mean
from mini_gpt.sizes import forward_flops, in_units, peak_flops, weight_bytes
from mini_gpt.training.data import Batch
from mini_gpt.training.train import TrainConfig, train

FLOAT32, BFLOAT16 = torch.float32, torch.bfloat16
PROMPT = 1  # tokens that decoding starts from: reading a longer prompt is another case
STEPS = 4  # training steps in a run, which also creates the optimizer

Run = Callable[[], object]


@dataclass(frozen=True)
class Contender:
    name: str
    build: Callable[[], Run]  # prepares everything, untimed; the run that it returns is timed
    tokens: int = 0  # per run
    work: float = 0  # per run: the bytes that it must read, or the FLOPs of its matrix products
    unit: str = "B"
    weigh: bool = False  # also measure its peak memory


@dataclass(frozen=True)
class Case:
    contenders: Callable[["Case", Path], list[Contender]]  # mini_gpt first; the folder holds the preset's weights
    preset: str
    batch: int
    tokens: int  # per row
    dtype: torch.dtype = FLOAT32
    device: str = "cpu"

    @property
    def config(self) -> GPTConfig:
        return SHAPES[self.preset]

    def random_ids(self, n: int) -> Tensor:
        return torch.randint(self.config.vocab_size, (self.batch, n), device=self.device)


def reference(directory: Path, case: Case, dtype: torch.dtype = FLOAT32) -> Any:
    """The same weights in transformers."""
    model: Any = GPT2LMHeadModel.from_pretrained(directory, dtype=dtype)
    model.generation_config.eos_token_id = None  # otherwise a text might end early
    return model.to(case.device)


# ---------------------------------------------------------------- the cases


def decoding(case: Case, directory: Path) -> list[Contender]:
    """Greedy, token by token. Each token has to read every weight."""
    ids = case.random_ids(PROMPT)

    def ours() -> Run:
        return partial(generate, load(directory, case.device, case.dtype), ids, case.tokens, temperature=0)

    def theirs(dtype: torch.dtype) -> Run:
        return partial(reference(directory, case, dtype).generate, ids, max_new_tokens=case.tokens, do_sample=False)

    def plain_loop() -> Run:
        return partial(without_cache, load(directory, case.device, case.dtype), ids, case.tokens)

    def machine() -> Run:
        numbers = torch.ones(weight_bytes(case.config, case.dtype.itemsize) // 4, device=case.device)
        return lambda: [numbers.sum() for _ in range(case.tokens)]

    def contender(name: str, build: Callable[[], Run], dtype: torch.dtype = case.dtype) -> Contender:
        return Contender(name, build, case.tokens, case.tokens * weight_bytes(case.config, dtype.itemsize))

    found = [contender("mini_gpt", ours), contender("transformers float32", partial(theirs, FLOAT32), FLOAT32)]
    if case.dtype == FLOAT32:
        found.append(contender("plain loop, no cache", plain_loop))
    else:
        found.append(contender("transformers bfloat16", partial(theirs, BFLOAT16)))
    return [*found, contender("the machine", machine)]


@torch.no_grad()
def without_cache(model: GPT, ids: Tensor, max_new_tokens: int) -> Tensor:
    for _ in range(max_new_tokens):
        ids = torch.cat([ids, model(ids)[:, -1:].argmax(-1)], dim=1)
    return ids


def reading(case: Case, directory: Path) -> list[Contender]:
    """A prompt: the keys and values of all its tokens, and the logits of the last one."""
    ids = case.random_ids(case.tokens)

    def ours() -> Run:
        model = load(directory)
        return torch.no_grad()(lambda: last_logits(model, ids, None, Cache(case.config, case.batch)))

    def theirs() -> Run:
        return torch.no_grad()(partial(reference(directory, case), ids, use_cache=True, logits_to_keep=1))

    return [Contender("mini_gpt", ours, case.tokens), Contender("transformers", theirs, case.tokens)]


def training(case: Case, directory: Path) -> list[Contender]:
    """STEPS steps with a new AdamW and clipping; bfloat16 by autocast. A step costs about three forward passes."""
    inputs, targets = case.random_ids(case.tokens), case.random_ids(case.tokens)
    tokens = STEPS * inputs.numel()
    work = 3.0 * forward_flops(case.config, case.tokens) * tokens

    def ours(compiled: bool = False) -> Run:
        model = GPT(case.config).to(case.device)
        config = TrainConfig(steps=STEPS, learning_rate=1e-4, optimizer="adamw", compile=compiled,
                             precision="float32" if case.dtype == FLOAT32 else "bfloat16")  # fmt: skip

        def run() -> None:
            with redirect_stderr(io.StringIO()):  # its progress bar
                train(model, lambda step: [Batch(inputs, targets)], config)

        return run

    def theirs(compiled: bool = False) -> Run:
        model = reference(directory, case).train()
        call = torch.compile(model) if compiled else model
        return partial(plain_steps, case, model, lambda: call(inputs, labels=inputs, use_cache=False).loss)

    def plain_loop() -> Run:
        model = GPT(case.config).to(case.device)

        def loss() -> Tensor:
            return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())

        return partial(plain_steps, case, model, loss)

    def machine() -> Run:
        return partial(multiply, torch.ones(side, side, dtype=case.dtype, device=case.device), products)

    contender = partial(Contender, tokens=tokens, work=work, unit="FLOP", weigh=True)
    found = [contender("mini_gpt", ours), contender("transformers", theirs), contender("plain loop", plain_loop)]
    if case.device == "cuda":
        found = [contender("mini_gpt, compiled", partial(ours, True)),
                 contender("transformers, compiled", partial(theirs, True)), *found]  # fmt: skip
    side = 8192 if case.device == "cuda" else 1024
    products = max(1, round(work / (2 * side**3)))
    return [*found, Contender("the machine", machine, tokens, products * 2.0 * side**3, "FLOP")]


def plain_steps(case: Case, model: nn.Module, loss_of: Callable[[], Tensor]) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, (0.9, 0.95), weight_decay=0.0, fused=True)
    for _ in range(STEPS):
        optimizer.zero_grad()
        with torch.autocast(case.device, BFLOAT16, enabled=case.dtype == BFLOAT16):
            loss = loss_of()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def multiply(square: Tensor, times: int) -> None:
    for _ in range(times):
        F.linear(square, square)


def loading(case: Case, directory: Path) -> list[Contender]:
    """From the disk's cache. Every weight is also summed: otherwise, memory-mapped weights would never be read."""

    def contender(name: str, load: Callable[..., nn.Module]) -> Contender:
        def run() -> object:
            return [weight.sum() for weight in load(directory, dtype=case.dtype).parameters()]

        return Contender(name, lambda: run, weigh=True)

    return [contender("mini_gpt", load), contender("transformers", GPT2LMHeadModel.from_pretrained)]


CASES = {
    "decode": Case(decoding, "gpt2", 1, 64),
    "decode-bfloat16": Case(decoding, "gpt2", 1, 64, BFLOAT16),
    "prompt": Case(reading, "gpt2", 1, 256),
    "train-mini": Case(training, "mini", 64, 64),
    "train-mini-bfloat16": Case(training, "mini", 64, 64, BFLOAT16),
    "train-gpt2": Case(training, "gpt2", 2, 128),
    "train-gpt2-bfloat16": Case(training, "gpt2", 2, 128, BFLOAT16),
    "load": Case(loading, "gpt2", 1, 1),
    "load-bfloat16": Case(loading, "gpt2", 1, 1, BFLOAT16),
    "cuda-train": Case(training, "gpt2", 8, 1024, BFLOAT16, "cuda"),
    "cuda-decode": Case(decoding, "gpt2", 1, 256, FLOAT32, "cuda"),
    "cuda-decode-bfloat16": Case(decoding, "gpt2", 1, 256, BFLOAT16, "cuda"),
}


# ---------------------------------------------------------------- measuring


def race(contenders: list[Contender], rounds: int) -> list[list[float]]:
    """Each contender's seconds, one run per round. They take turns, so that any other load on the machine affects all
    alike; the first round is a warm-up and is not counted."""
    runs = [contender.build() for contender in contenders]
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds + 1):
        for run, times in zip(runs, seconds, strict=True):
            start = perf_counter()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times.append(perf_counter() - start)
    return [times[1:] for times in seconds]


def peak_memory(case: Case, directory: Path, contender: int) -> int:
    """The most bytes that a contender takes to build and run once, in a process of its own."""
    # Forked from a server that has imported everything and computed nothing: a child of this process would be charged
    # for the memory of this process, since ru_maxrss survives exec.
    context = get_context("forkserver")
    context.set_forkserver_preload(["transformers.models.gpt2.modeling_gpt2", "mini_gpt.training.train"])
    with ProcessPoolExecutor(1, context) as fresh:
        return fresh.submit(peak_memory_here, case, directory, contender).result()


def peak_memory_here(case: Case, directory: Path, contender: int) -> int:
    build = case.contenders(case, directory)[contender].build
    before = most_held(case.device)
    build()()
    return most_held(case.device) - before


def most_held(device: str) -> int:
    """The most bytes that this process has held at once so far, on the device."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


# ---------------------------------------------------------------- the table


def row(*cells: str) -> str:
    padded = (f"{cell:{width}}" for cell, width in zip(cells, (20, 22, 8, 9, 8, 5, 20, 8), strict=True))
    return f"| {' | '.join(padded)} |"


def rows(name: str, case: Case, home: Path, rounds: int) -> Iterator[str]:
    """A case's part of the table, a line for each contender."""
    directory = home / case.preset
    if not directory.exists():
        save(GPT(case.config), directory)
    contenders = case.contenders(case, directory)
    seconds = race(contenders, rounds)
    torch.cuda.empty_cache()  # room for the processes that measure memory
    middle = [median(times) for times in seconds]
    rates = [contender.work / time for contender, time in zip(contenders, middle, strict=True)]
    roof = peak_flops(torch.cuda.get_device_name()) if name == "cuda-train" else rates[-1]
    for i, contender in enumerate(contenders):
        speed = f"{contender.tokens / middle[i]:,.0f}" if contender.tokens else ""
        share = f"{rates[i] / roof:.0%} · " if roof else ""
        rate = share + in_units(rates[i], f"{contender.unit}/s") if contender.work else ""
        memory = in_units(peak_memory(case, directory, i), "B") if contender.weigh else ""
        times = [f"{1000 * time:,.2f}" for time in (middle[i], min(seconds[i]))]
        yield row(name, contender.name, speed, *times, f"{middle[i] / middle[0]:.3g}", rate, memory)


def reason_to_skip(case: Case, slow: bool) -> str:
    """Why a case is not measured here, or an empty string."""
    if case.device == "cuda" and not torch.cuda.is_available():
        return "no GPU: not measured"
    if case == CASES["train-gpt2-bfloat16"] and not (slow or torch.cpu._is_avx512_bf16_supported()):
        return "skipped: this CPU has no bfloat16 instructions, so a run takes minutes; --slow runs it"
    return ""


def description(rounds: int) -> str:
    """The machine and the versions."""
    cpuinfo = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    bfloat16 = "with" if torch.cpu._is_avx512_bf16_supported() else "no"
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return f"""\
CPU: {named[1] if named else platform.processor() or platform.machine()}; \
{torch.backends.cpu.get_cpu_capability()}, {bfloat16} AVX-512 BF16; {torch.get_num_threads()} threads. GPU: {gpu}.
torch {torch.__version__}, transformers {transformers.__version__}. Median and best of {rounds} rounds."""


def main(
    *cases: str,
    rounds: int = 5,
    preset: Literal["nano", "mini"] | None = None,
    slow: bool = False,
) -> None:
    """Measure how fast mini_gpt is, compared with transformers, a plain PyTorch loop and the machine itself.

    Args:
        cases: the cases to measure; all by default
        rounds: how many times each contender runs, after one warm-up run
        preset: a small model to use instead of each case's own, with few tokens, to check that everything runs
        slow: also run the cases that take many minutes on this machine
    """
    for name in cases or CASES:
        if name not in CASES:
            raise SystemExit(f"cases={name!r} must be among {', '.join(CASES)}{did_you_mean(name, CASES)}")
    if rounds < 1:
        raise SystemExit(f"rounds={rounds} must be at least 1")
    chosen = {name: CASES[name] for name in cases or CASES}
    if preset is not None:
        chosen = {name: replace(case, preset=preset, batch=min(case.batch, 2), tokens=min(case.tokens, 16))
                  for name, case in chosen.items()}  # fmt: skip
    print(description(rounds) + "\n")
    print(row("case", "contender", "tokens/s", "median ms", "best ms", "ratio", "of the machine", "memory"))
    print(row(*8 * ["---"]))
    with TemporaryDirectory() as home:
        for name, case in chosen.items():
            why_not = reason_to_skip(case, slow)
            for line in [row(name, why_not, *6 * [""])] if why_not else rows(name, case, Path(home), rounds):
                print(line, flush=True)


if __name__ == "__main__":
    App(default_command=main, name="bench.py", version_flags=[])()
