"""Look inside a model, and change what you find there, with PyTorch's own hooks.

The names are those that print(model) shows:
    embedding                      the residual stream that enters the first block       (B, T, C)
    blocks.0                       the residual stream after a block                     (B, T, C)
    blocks.0.attention             what attention adds to it                             (B, T, C)
    blocks.0.attention.queries     also keys, values                                     (B, H, T, D)
    blocks.0.attention.scores      before mask and softmax                               (B, H, T, S)
    blocks.0.attention.weights     after it, before dropout; each row sums to 1          (B, H, T, S)
    blocks.0.mlp                   what the MLP adds                                     (B, T, C)
    final_norm, head               what the logits are made of, the logits               (B, T, C or V)
A name may be a pattern: "*.weights", "blocks.1.*", "*".
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn

from mini_gpt.messages import did_you_mean


class Probe(nn.Module):
    """A place with a name that passes its input on: there `record` and `edit` can look between two operations."""

    def forward(self, x: Tensor) -> Tensor:
        return x

    @property
    def watched(self) -> bool:
        return bool(self._forward_hooks)


class Trace(dict[str, Tensor]):
    """What was recorded: name to detached tensor, from the last forward pass."""

    def layers(self, name: str) -> Tensor:
        """One name in all blocks, stacked: layers("attention.weights") is (n_layer, B, H, T, S)."""
        found = [value for key, value in self.items() if key.startswith("blocks.") and key.split(".", 2)[2:] == [name]]
        if not found:
            known = {key.split(".", 2)[2] for key in self if key.count(".") > 1}
            raise ValueError(f"name={name!r} was not recorded in any block{did_you_mean(name, known)}")
        return torch.stack(found)


@contextmanager
def record(model: nn.Module, *names: str) -> Iterator[Trace]:
    """Record the outputs of the named modules while the with-block runs; without a name, those of all modules.

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=4, d_model=8))
    >>> with record(model, "*.weights") as trace:
    ...     _ = model(torch.tensor([[1, 2, 3]]))
    >>> trace["blocks.0.attention.weights"].shape
    torch.Size([1, 4, 3, 3])
    """
    trace = Trace()

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: object, output: Tensor) -> None:
            trace[name] = output.detach()

        return hook

    with ExitStack() as hooks:
        for name, module in matching(model, names or ("*",)):
            handle = module.register_forward_hook(keep(name))
            hooks.callback(handle.remove)
        yield trace


@contextmanager
def edit(model: nn.Module, name: str, value: float | Tensor | Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Replace the outputs of the named modules while the with-block runs. `record`, around or inside, sees these.

    value  a number fills the output (0 ablates it), a tensor replaces it, a function maps the old output to the new one

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=4, d_model=8))
    >>> with edit(model, "*.mlp", 0), record(model, "blocks.0.mlp") as trace:
    ...     _ = model(torch.tensor([[1, 2, 3]]))
    >>> trace["blocks.0.mlp"].abs().max().item()
    0.0
    """

    def hook(module: nn.Module, args: object, output: Tensor) -> Tensor:
        if isinstance(value, Tensor):
            new = value
        elif callable(value):
            new = value(output)
        else:
            new = torch.full_like(output, value)
        if new.shape != output.shape:
            raise ValueError(f"value for {name} of shape {tuple(new.shape)} must be {tuple(output.shape)}")
        return new

    with ExitStack() as hooks:
        for _, module in matching(model, [name]):
            handle = module.register_forward_hook(hook, prepend=True)
            hooks.callback(handle.remove)
        yield


def no_numbers(what: str, model: nn.Module, run: Callable[[], object]) -> FloatingPointError:
    """The error for a result that is NaN or infinite. It runs once more, to name the place where that begins.

    what  the result, as the message's beginning
    run   calls the model as it was called

    >>> from mini_gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=4, d_model=8))
    >>> model.blocks[1].mlp.expand.bias.data[3] = torch.nan
    >>> no_numbers("the loss is nan", model, lambda: model(torch.tensor([[1, 2, 3]])))
    FloatingPointError('the loss is nan: NaN or infinity begins in blocks.1.mlp.expand, whose parameters hold it')
    """
    places: list[str] = []

    def look(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: object, output: object) -> None:
            if not places and isinstance(output, Tensor) and not output.isfinite().all():
                held = not all(parameter.isfinite().all() for parameter in module.parameters(recurse=False))
                places.append(name + ", whose parameters hold it" * held)

        return hook

    with torch.no_grad(), ExitStack() as hooks:
        for name, module in matching(model, ["*"]):
            hooks.callback(module.register_forward_hook(look(name)).remove)
        run()
    return FloatingPointError(f"{what}: NaN or infinity begins in {places[0] if places else 'no output of a module'}")


def matching(model: nn.Module, patterns: Sequence[str]) -> list[tuple[str, nn.Module]]:
    """The modules that output one tensor and whose name matches a pattern, in the order of print(model)."""
    known = {n: m for n, m in model.named_modules() if n and not isinstance(m, nn.ModuleList)}
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise ValueError(f"name={pattern!r} matches nothing in the model{did_you_mean(pattern, known)}; "
                             "print(model) shows every name")  # fmt: skip
    return [(n, m) for n, m in known.items() if any(fnmatchcase(n, pattern) for pattern in patterns)]
