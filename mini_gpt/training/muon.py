"""Muon (Jordan et al. 2024): momentum, with each matrix's update made nearly orthogonal.

torch.optim.Muon is the same, but multiplies in bfloat16. On a CPU without bfloat16 instructions, as in most laptops,
its step then takes many times longer than the gradient. This one stays in float32 on a CPU.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


class Muon(Optimizer):
    """For the matrices inside a network. Its steps have the size of AdamW's, so that both can share a learning rate.

    >>> matrix = nn.Parameter(torch.zeros(2, 3))
    >>> matrix.grad = torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.1, 0.0]])
    >>> Muon([matrix], lr=1.0).step()
    >>> (matrix / (0.2 * 3**0.5)).abs().round().tolist()     # both directions count equally, whatever their size
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float = 1e-3, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            for matrix in group["params"]:
                state = self.state[matrix]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(matrix)
                average = state["momentum"].lerp_(matrix.grad, 1 - momentum)
                step = orthogonal(matrix.grad.lerp(average, momentum))  # Nesterov: the average as it will be next time
                matrix.mul_(1 - lr * group["weight_decay"])
                matrix.add_(step.to(matrix.dtype), alpha=-0.2 * max(matrix.shape) ** 0.5 * lr)


def orthogonal(matrix: Tensor) -> Tensor:
    """About U V^T for a matrix U S V^T: five rounds of a polynomial bring its singular values to 0.5 to 1.5.

    >>> orthogonal(torch.randn(4, 6)).svd().S.sub(1).abs().max() < 0.5
    tensor(True)
    """
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.bfloat16() if matrix.is_cuda else matrix
    x = x.mT if tall else x
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x  # Jordan's, steep at 0, so that few rounds suffice
    return x.mT if tall else x
