"""The real sizes: equal to transformers on random weights, and loaded within the memory that the weights take."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from mini_gpt import GPT, PRESETS, generate, load, record, save

pytestmark = pytest.mark.slow

SIZES = {  # the three larger ones have only a few of their layers, which are all alike
    "gpt2": PRESETS["gpt2"],
    "gpt2-medium": replace(PRESETS["gpt2-medium"], n_layer=2),
    "gpt2-large": replace(PRESETS["gpt2-large"], n_layer=2),
    "gpt2-xl": replace(PRESETS["gpt2-xl"], n_layer=2),
}
PROMPT = torch.randint(50257, (1, 32), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module", params=SIZES)
def folder(request) -> Iterator[Path]:
    """A random GPT-2 as transformers writes it: attention far from uniform, logits far apart, no tensor all 0 or 1."""
    from transformers import GPT2Config, GPT2LMHeadModel

    size = SIZES[request.param]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = GPT2Config(n_layer=size.n_layer, n_head=size.n_head, n_embd=size.d_model, initializer_range=0.06)
        model = GPT2LMHeadModel(config)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim == 1:  # biases and norms
                    parameter += 0.1 * torch.randn(parameter.shape)
    with tempfile.TemporaryDirectory() as directory:
        model.save_pretrained(directory)
        yield Path(directory)


@pytest.fixture(scope="module")
def theirs(folder) -> nn.Module:
    from transformers import GPT2LMHeadModel

    return GPT2LMHeadModel.from_pretrained(folder, attn_implementation="eager").eval()


@pytest.fixture(scope="module")
def ours(folder) -> GPT:
    return load(folder)


def largest_difference(a: Tensor, b: Tensor) -> float:
    return (a - b).abs().max().item()


# ---------------------------------------------------------------- equal to transformers


@torch.no_grad()
def test_logits_weights_and_hidden_states_are_those_of_transformers(ours, theirs):
    names = ["embedding", *(f"blocks.{i}" for i in range(ours.config.n_layer - 1)), "final_norm"]
    with record(ours, *names, "*.attention.weights") as trace:
        stepwise = ours(PROMPT)
    reference = theirs(PROMPT, output_attentions=True, output_hidden_states=True)
    assert reference.logits.std() > 1
    assert largest_difference(stepwise, reference.logits) <= 1e-4
    assert largest_difference(ours(PROMPT), reference.logits) <= 1e-4
    weights = trace.layers("attention.weights")
    assert weights.max() > 0.5  # far from uniform, where a mistake would hide
    assert largest_difference(weights, torch.stack(reference.attentions)) <= 1e-5
    for name, expected in zip(names, reference.hidden_states, strict=True):
        assert largest_difference(trace[name], expected) <= 1e-5 * expected.abs().max(), name


def test_greedy_tokens_are_those_of_transformers(ours, theirs):
    n = 64 if ours.config.n_layer == 12 else 16
    expected = theirs.generate(PROMPT, max_new_tokens=n, do_sample=False, eos_token_id=None, pad_token_id=0)
    assert len(set(expected[0, 32:].tolist())) > n / 4  # not one token again and again
    assert torch.equal(generate(ours, PROMPT, n, temperature=0), expected)


@pytest.mark.parametrize("folder", ["gpt2"], indirect=True)
@torch.no_grad()
def test_transformers_opens_what_we_save_and_computes_the_same(ours, theirs, tmp_path):
    from transformers import GPT2LMHeadModel

    with tempfile.TemporaryDirectory(dir=tmp_path) as directory:  # pytest would keep half a gigabyte of it
        save(ours, directory, max_shard_bytes=200_000_000)
        back, info = GPT2LMHeadModel.from_pretrained(directory, output_loading_info=True, attn_implementation="eager")
    assert not any(info.values()), info
    assert_close(back.state_dict(), theirs.state_dict(), rtol=0, atol=0)
    assert largest_difference(back.eval()(PROMPT).logits, theirs(PROMPT).logits) == 0


# ---------------------------------------------------------------- memory

PEAK = """
import sys
from pathlib import Path
import torch
import mini_gpt

def peak():  # of this process alone, in bytes; ru_maxrss would start from its parent's peak
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

mini_gpt.load("mini")  # this runs all late imports
before = peak()
model = mini_gpt.load(sys.argv[1], dtype=getattr(torch, sys.argv[2]))
for parameter in model.parameters():
    parameter.detach().amax()  # reads every byte
print((peak() - before) / (Path(sys.argv[1]) / "model.safetensors").stat().st_size)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of one process")
@pytest.mark.parametrize("folder", ["gpt2"], indirect=True)
@pytest.mark.parametrize(("dtype", "least"), [("float32", 0.95), ("bfloat16", 0.5)])
def test_loading_and_reading_every_weight_takes_little_more_memory_than_the_file(folder, dtype, least):
    command = [sys.executable, "-c", PEAK, str(folder), dtype]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert least <= float(done.stdout) <= 1.2
