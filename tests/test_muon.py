"""Muon: torch.optim.Muon's steps, without its bfloat16."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from mini_gpt.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(8, 24), (24, 8), (16, 16)])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_the_steps_are_those_of_torch_to_its_rounding(shape, weight_decay):
    start = torch.randn(shape)
    mine, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    ours = Muon([mine], lr=0.02, weight_decay=weight_decay)
    torchs = torch.optim.Muon([theirs], lr=0.02, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        gradient = torch.randn(shape)
        for parameter, optimizer in ((mine, ours), (theirs, torchs)):
            parameter.grad = gradient.clone()
            optimizer.step()
    moved = (theirs - start).abs().mean()
    assert (mine - theirs).abs().mean() < 0.03 * moved
    assert_close(ours.state[mine]["momentum"], torchs.state[theirs]["momentum_buffer"])


@pytest.mark.parametrize("shape", [(3, 50), (50, 3), (20, 20)])
def test_all_directions_become_about_equally_long_and_none_turns(shape):
    matrix = torch.randn(shape, dtype=torch.float64)
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    turned = u.mT @ orthogonal(matrix) @ vh.mT  # diagonal if the singular vectors have not changed
    kept = turned.diagonal()[s > 0.05 * s.max()]
    assert_close(turned, turned.diagonal().diag(), rtol=0, atol=1e-9)
    assert kept.min() > 0.5 and kept.max() < 1.5


def test_no_gradient_is_no_step():
    matrix = nn.Parameter(torch.ones(2, 3))
    matrix.grad = torch.zeros(2, 3)
    Muon([matrix], lr=1.0).step()
    assert torch.equal(matrix, torch.ones(2, 3))
