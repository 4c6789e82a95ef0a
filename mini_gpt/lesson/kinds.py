"""Numbers and texts of another kind, as those that all can compare, send and draw."""

from typing import Any

from torch import Tensor


def plain(value: Any) -> Any:
    """Numbers and texts of PyTorch, numpy and others as Python's, in lists and tuples; anything else as it is.

    >>> import numpy as np, torch
    >>> plain([np.str_("an"), np.int64(2), torch.eye(2).to_sparse()])
    ['an', 2, [[1.0, 0.0], [0.0, 1.0]]]
    """
    if isinstance(value, Tensor):
        value = value.detach().to_dense()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return (tuple if isinstance(value, tuple) else list)(map(plain, value))
    return value


def single(numbers: Tensor) -> Tensor:
    """Half precision as float32, to sum or to draw; anything else as it is.

    >>> import torch
    >>> [single(torch.zeros(1, dtype=kind)).dtype for kind in (torch.bfloat16, torch.float64, torch.bool)]
    [torch.float32, torch.float64, torch.bool]
    """
    return numbers.float() if numbers.is_floating_point() and numbers.itemsize < 4 else numbers
