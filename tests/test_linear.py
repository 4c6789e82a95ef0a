"""The fast way for one vector: the same function as nn.Linear, whatever the shape and the storage."""

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from mini_gpt import linear
from mini_gpt.linear import SMALL, Linear, equal_parts, matrix_times_vector


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


@pytest.mark.parametrize("faster", [True, False])
def test_a_vector_of_bfloat16_goes_where_this_cpu_is_fastest(monkeypatch, faster):
    taken = []
    monkeypatch.setattr(linear, "onednn_is_faster", lambda: faster)
    monkeypatch.setattr(linear, "matrix_times_vector", lambda *args: taken.append(args) or matrix_times_vector(*args))
    for dtype in (torch.bfloat16, torch.float32):
        Linear(512, 512).to(dtype)(torch.ones(1, 512, dtype=dtype))
    assert [args[1].dtype for args in taken] == [torch.bfloat16] * (not faster) + [torch.float32]


@pytest.mark.parametrize("faster", [True, False])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_gives_what_the_plain_product_gives(monkeypatch, dtype, faster):
    monkeypatch.setattr(linear, "onednn_is_faster", lambda: faster)
    made, x = Linear(512, 768).to(dtype), torch.randn(1, 1, 512, dtype=dtype)
    exact = F.linear(x.double(), made.weight.double(), made.bias.double())
    assert_close(made(x).double(), exact, rtol=2**-7, atol=2**-7)


def test_one_thread_alone_gives_the_same():
    made, x = Linear(512, 512), torch.randn(1, 512)
    torch.set_num_threads(1)
    assert_close(made(x), F.linear(x, made.weight, made.bias), rtol=1e-5, atol=1e-5)


def test_only_a_single_vector_and_a_large_matrix_take_the_fast_way(monkeypatch):
    taken = []
    monkeypatch.setattr(linear, "matrix_times_vector", lambda *args: taken.append(args) or matrix_times_vector(*args))
    large, small = Linear(512, 512, bias=False), Linear(128, 512)
    large(torch.ones(2, 512)), small(torch.ones(1, 128)), large.to("meta")(torch.ones(1, 512, device="meta"))
    assert not taken
    large = Linear(512, 512)
    assert_close(large(torch.ones(512)), large(torch.ones(1, 512))[0])
    assert len(taken) == 2
    with torch.autocast("cpu", torch.bfloat16):
        assert large(torch.ones(1, 512)).dtype == large(torch.ones(2, 512)).dtype == torch.bfloat16
        assert large(torch.ones(1, 512, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_a_length_is_cut_evenly_or_not_at_all():
    assert [
        equal_parts(768, 2),
        equal_parts(768, 6),
        equal_parts(50257, 2),
        equal_parts(1600, 3),
        equal_parts(769, 2),
    ] == [4, 12, 29, 8, 1]
    assert all(length % equal_parts(length, 3) == 0 for length in range(1, 2000))
