"""Several processes that train as one. torchrun starts them; without it the same script is one process.

    torchrun --nproc-per-node 8 SCRIPT

Each process has a copy of the model, and gradients are averaged over all (DDP). If a copy does not fit, each process
has a shard of every parameter, and gathers a block's parameters only while it computes with them (FSDP).
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.parallel import DistributedDataParallel

Precision = Literal["float32", "bfloat16"]
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this is, and on which device."""

    rank: int = 0
    world_size: int = 1
    device: torch.device = CPU

    @property
    def is_first(self) -> bool:
        """Only the first process writes what is needed once: the log, a line on the screen."""
        return self.rank == 0

    def sum(self, *values: float) -> list[float]:
        """The sum of each value over all processes, in float64. Every process must call it, and waits for the others.

        >>> ONE_PROCESS.sum(0.5, 2)
        [0.5, 2.0]
        """
        total = torch.tensor(values, dtype=torch.float64, device=CPU)
        if self.world_size > 1:
            dist.all_reduce(total)
        return total.tolist()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Leave the block only when every process has reached its end; if one raises inside, all do."""
        problem = None
        try:
            yield
        except Exception as error:
            problem = error
        [problems] = self.sum(problem is not None)
        if problem is not None:
            raise problem
        if problems:
            raise ChildProcessError("another process failed; its own message says why")


ONE_PROCESS = Processes()


@contextmanager
def launched(device: str | None = None) -> Iterator[Processes]:
    """The processes that torchrun started, or a single one; each with its own GPU (CUDA or MPS) if there is one.

    device  another one: "cpu", "cuda" or "mps"
    Raises ValueError if torchrun started more processes than there are GPUs.

    >>> with launched("cpu") as processes:
    ...     print(processes)
    Processes(rank=0, world_size=1, device=device(type='cpu'))
    """
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    kind = device or (accelerator.type if accelerator else "cpu")
    if "RANK" not in os.environ:
        yield Processes(device=torch.device(kind))
        return
    chosen = torch.device(kind)
    if kind == "cuda":
        local_rank = int(os.environ["LOCAL_RANK"])
        if local_rank >= torch.cuda.device_count():
            raise ValueError(f"--nproc-per-node={os.environ['LOCAL_WORLD_SIZE']} must be at most the number of GPUs, "
                             f"{torch.cuda.device_count()}")  # fmt: skip
        chosen = torch.device(kind, local_rank)
        torch.cuda.set_device(chosen)
    dist.init_process_group("cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo")
    yield Processes(dist.get_rank(), dist.get_world_size(), chosen)
    # Not after an error: others may be waiting, and torchrun ends them when this one exits. The barrier lets Gloo's
    # threads drop the tensors of the last sum: doing so while Python shuts down would abort the process.
    gc.collect()  # a model that DDP wrapped holds its process group until it is collected
    dist.barrier()
    dist.destroy_process_group()


def wrap(model: nn.Module, processes: Processes, shard: bool = False, precision: Precision = "float32") -> nn.Module:
    """The module to call in place of the model in a training step that all processes take together.

    The first process's parameters are copied to all. With shard the model itself changes: its parameters become this
    process's shards, on its device. With bfloat16 the blocks' matrices are gathered in that precision; shards, norms,
    embeddings and the residual stream stay float32.
    Raises ValueError for shard without torchrun.
    """
    if shard and not dist.is_initialized():
        raise ValueError("shard=True needs several processes: start them with torchrun")
    if shard:
        for parameter in model.parameters():
            parameter.data = parameter.data.contiguous()  # FSDP refuses transposed views, as from a file
            dist.broadcast(parameter.data, src=0)
        mesh = init_device_mesh(processes.device.type, (processes.world_size,))
        norms: list[nn.Module] = [module for module in model.modules() if isinstance(module, nn.LayerNorm)]
        fully_shard(norms, mesh=mesh)  # few numbers: gathered all at once, and never rounded
        low = torch.bfloat16 if precision == "bfloat16" else None
        policy = MixedPrecisionPolicy(param_dtype=low, reduce_dtype=torch.float32, cast_forward_inputs=False)
        for block in model.get_submodule("blocks").children():
            fully_shard(block, mesh=mesh, mp_policy=policy)
        fully_shard(model, mesh=mesh)
        return model
    if processes.world_size == 1:
        return model
    copies = DistributedDataParallel(model, gradient_as_bucket_view=True)
    # DDP reorders its buckets after the first backward pass, and the order affects rounding. One pass now gives a
    # resumed run the order of an uninterrupted one.
    copies(torch.zeros(1, 1, dtype=torch.int64, device=processes.device)).sum().backward()
    return copies


def exchange_gradients(wrapped: nn.Module, now: bool) -> None:
    """Choose whether the next backward pass averages gradients over the processes: it must in a batch's last part."""
    if isinstance(wrapped, DistributedDataParallel):
        wrapped.require_backward_grad_sync = now
    elif isinstance(wrapped, FSDPModule):
        wrapped.set_requires_gradient_sync(now)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Inside, the model is in eval mode and computes no gradients; afterwards it is as before, after an error too.

    A sharded model is gathered meanwhile, so that its hidden_states and its head can be called as well, which
    `generate` does. Then every process must take part, and do the same.
    """
    modes = {module: module.training for module in model.modules()}
    try:
        model.eval()
        if isinstance(model, FSDPModule):
            model.unshard()
        with torch.no_grad():
            yield
    finally:
        for module in model.modules():
            if isinstance(module, FSDPModule):
                module.reshard()
        for module, mode in modes.items():
            module.training = mode


def is_sharded(model: nn.Module) -> bool:
    """True if each process has only its shards of the model."""
    return isinstance(model, FSDPModule)


def whole(tensor: Tensor) -> Tensor:
    """The whole of a tensor that may be sharded. Every process must call it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def own_shard(tensor: Tensor) -> Tensor:
    """This process's part of a tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def shard_like(tensor: Tensor, other: Tensor) -> Tensor:
    """A whole tensor, sharded as the other is."""
    if not isinstance(other, DTensor):
        return tensor
    tensor = tensor.detach().to(other.device)
    return distribute_tensor(tensor, other.device_mesh, other.placements, src_data_rank=None)
