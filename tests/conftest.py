"""What many tests share: a small GPT with lively random weights, and the same weights inside transformers."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from kernels import fork_kernels

from mini_gpt import GPT, GPTConfig, save
from mini_gpt.model import causal_mask, padding_mask, prefix_mask

# An example may take any time on a busy machine: no test depends on the clock.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

fork_kernels()  # for nbval when all tests run; a notebook tested alone gets an ordinary kernel


def lively(config: GPTConfig, seed: int = 0) -> GPT:
    """A GPT whose attention is far from uniform and whose logits differ: at GPT-2's own 0.02 mistakes would hide."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        model = GPT(config)
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape)
    return model.eval()


def some_masks(B: int, H: int, T: int) -> dict[str, torch.Tensor | None]:
    """One of each kind for T tokens; every query sees at least itself."""
    generator = torch.Generator().manual_seed(T)
    itself = torch.eye(T, dtype=torch.bool)
    real = torch.arange(T) >= torch.tensor([[T // 2], [0]])  # the first row is padded on its left
    padded = causal_mask(T) & padding_mask(real) | itself
    return {
        "none": None,
        "causal": causal_mask(T),
        "padding": padded,
        "prefix": prefix_mask(T, (T + 1) // 2),
        "prefix & padding": prefix_mask(T, (T + 1) // 2) & padding_mask(real) | itself,
        "any (T, S)": (torch.rand(T, T, generator=generator) < 0.5) | itself,
        "any (B, T, S)": (torch.rand(B, T, T, generator=generator) < 0.5) | itself,
        "any (B, H, T, S)": (torch.rand(B, H, T, T, generator=generator) < 0.5) | itself,
    }


MASKS = tuple(some_masks(2, 4, 2))


@pytest.fixture(scope="session")
def gpt() -> GPT:
    return lively(GPTConfig(vocab_size=23, context_length=40, n_layer=2, n_head=4, d_model=16))


@pytest.fixture(scope="session")
def town_gpt() -> GPT:
    """A lively GPT of nano's shape that reads the town's words."""
    from mini_gpt.lesson.recipes import NANO, TOKENIZER

    model = lively(NANO)
    model.tokenizer = TOKENIZER
    return model


@pytest.fixture(scope="session")
def ids(gpt) -> torch.Tensor:
    return torch.randint(gpt.config.vocab_size, (2, 7), generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="session")
def reference(gpt, tmp_path_factory):
    """transformers' GPT-2 with gpt's weights: the outside oracle."""
    from transformers import GPT2LMHeadModel

    directory = tmp_path_factory.mktemp("reference")
    save(gpt, directory)
    return GPT2LMHeadModel.from_pretrained(directory, attn_implementation="eager").eval()


@pytest.fixture
def data_file(tmp_path):
    """Writes a text to a file, and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "data.txt"
        path.write_bytes(text.encode())
        return path

    return write


def chi_square(counts: Sequence[float], expected: Sequence[float]) -> tuple[float, float]:
    """The statistic, and a limit that chance passes once in 30,000; what is expected less than 5 times is pooled."""
    counts, expected = torch.tensor(counts, dtype=torch.float64), torch.tensor(expected, dtype=torch.float64)
    assert not counts[expected == 0].any(), "seen, though it has no probability"
    often = expected >= 5
    counts = torch.cat([counts[often], counts[~often].sum()[None]])
    expected = torch.cat([expected[often], expected[~often].sum()[None]])
    terms = ((counts - expected) ** 2 / expected)[expected > 0]
    df = max(len(terms) - 1, 1)
    return terms.sum().item(), df * (1 - 2 / (9 * df) + 4 * (2 / (9 * df)) ** 0.5) ** 3  # Wilson and Hilferty, 1931
