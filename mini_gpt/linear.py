"""A linear layer that multiplies a single vector as fast as memory delivers the matrix.

Generating text token by token is a chain of such products. Each weight is used once for each token, so the time is the
time to read them all. For a single vector MKL, PyTorch's library for float32 products on most CPUs, reads the matrix
with one core; for a batch of products, each with a slice of the matrix, it uses all cores.
"""

import functools

import torch
from torch import Tensor, nn

SMALL = 2**17  # a matrix with fewer weights stays in a core's own cache, and gains nothing


class Linear(nn.Linear):
    """nn.Linear, except that a single vector on a CPU takes a faster path to the same result.

    >>> layer = Linear(512, 512)
    >>> x = torch.randn(1, 1, 512)
    >>> torch.allclose(layer(x), nn.functional.linear(x, layer.weight, layer.bias), atol=1e-5)
    True
    """

    def forward(self, x: Tensor) -> Tensor:
        alone = x.numel() == self.in_features and x.device.type == "cpu" and x.dtype == self.weight.dtype
        if alone and self.weight.numel() >= SMALL and not (x.dtype == torch.bfloat16 and onednn_is_faster()):
            return matrix_times_vector(self.weight, x.flatten(), self.bias).view(*x.shape[:-1], -1)
        return super().forward(x)


def matrix_times_vector(weight: Tensor, x: Tensor, bias: Tensor | None) -> Tensor:
    """weight @ x + bias, (outputs,), from weight (outputs, inputs), x (inputs,) and bias (outputs,) or None.

    >>> matrix_times_vector(torch.arange(8.0).view(2, 4), torch.ones(4), None).tolist()
    [6.0, 22.0]
    """
    n_out, n_in = weight.shape
    bias = x.new_zeros(n_out) if bias is None else bias
    threads = torch.get_num_threads()
    if x.dtype != torch.float32 or threads == 1 or not torch.backends.mkl.is_available():
        return torch.mv(weight, x).add_(bias)
    if weight.stride(0) == 1:  # from GPT-2's files, [inputs, outputs]: each product takes some inputs; then the sum
        n = equal_parts(n_in, threads)
        return torch.bmm(x.view(n, 1, -1), weight.view(n_out, n, -1).permute(1, 2, 0)).sum((0, 1)).add_(bias)
    n = equal_parts(n_out, threads)  # PyTorch's own [outputs, inputs]: each product gives some outputs
    return torch.baddbmm(bias.view(n, 1, -1), x.expand(n, 1, n_in), weight.view(n, -1, n_in).mT).view(-1)


@functools.cache
def onednn_is_faster() -> bool:
    """True if nn.Linear, through oneDNN, is the fastest way on this CPU to multiply a single vector in bfloat16.

    Measured: with AVX-512 BF16 but no AMX it reads 1.4 times as fast as torch.mv, with AMX 0.8 times.
    """
    return torch.cpu._is_avx512_bf16_supported() and not torch.cpu._is_amx_tile_supported()


@functools.cache
def equal_parts(length: int, threads: int) -> int:
    """The number of equal parts to cut into: about two for each thread, or 1 if nothing near that divides the length.

    >>> equal_parts(768, threads=2), equal_parts(50257, threads=2)
    (4, 29)
    """
    return next((n for n in range(2 * threads, 16 * threads) if length % n == 0), 1)
