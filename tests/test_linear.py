"""The fast way for one vector: the same function as nn.Linear, whatever the shape and the storage."""

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from mini_gpt import linear
from mini_gpt.linear import SMALL, Linear, pieces, vector_times_matrix


@pytest.fixture(autouse=True, params=[2, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def layer(n_in: int, n_out: int, storage: str) -> Linear:
    made = Linear(n_in, n_out)
    if storage == "[in, out]":
        made.weight.data = made.weight.data.t().contiguous().t()
    return made


# 50257 = 29 * 1733 is GPT-2's vocabulary; 383 and 769 are prime or nearly so
@pytest.mark.parametrize("n_in, n_out", [(768, 2304), (3072, 768), (64, 50257), (1600, 383), (769, 640)])
@pytest.mark.parametrize("storage", ["[out, in]", "[in, out]"])
def test_one_vector_gives_what_the_plain_product_gives(n_in, n_out, storage):
    made, x = layer(n_in, n_out, storage), torch.randn(1, 1, n_in)
    assert made.weight.numel() >= SMALL
    exact = F.linear(x.double(), made.weight.double(), made.bias.double()).float()
    assert made(x).shape == (1, 1, n_out)
    assert_close(made(x), exact, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("storage", ["[out, in]", "[in, out]"])
def test_gradients_pass_through_it(storage):
    made, x = layer(512, 512, storage), torch.randn(1, 512, requires_grad=True)
    made(x).square().sum().backward()
    found = [x.grad, made.weight.grad, made.bias.grad]
    plain = F.linear(x, made.weight, made.bias).square().sum()
    for mine, theirs in zip(found, torch.autograd.grad(plain, [x, made.weight, made.bias]), strict=True):
        assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="the fast way is for MKL")
def test_only_a_single_large_product_in_float32_takes_the_fast_way(monkeypatch, threads):
    taken = []
    monkeypatch.setattr(linear, "vector_times_matrix", lambda x, w: taken.append(x) or vector_times_matrix(x, w))
    large, small, half = Linear(512, 512, bias=False), Linear(128, 512), Linear(512, 512).bfloat16()
    large(torch.ones(2, 512)), small(torch.ones(1, 128)), half(torch.ones(1, 512).bfloat16())
    assert not taken
    torch.set_num_threads(1)
    large(torch.ones(1, 512))
    assert not taken
    torch.set_num_threads(threads)
    assert_close(large(torch.ones(512)), large(torch.ones(1, 512))[0])
    assert len(taken) == 2


def test_a_length_is_cut_evenly_or_not_at_all():
    assert [pieces(768, 2), pieces(768, 6), pieces(50257, 2), pieces(1600, 3), pieces(769, 2)] == [4, 12, 29, 8, 1]
    assert all(length % pieces(length, 3) == 0 for length in range(1, 2000))
