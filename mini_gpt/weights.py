"""Checkpoints in and out: safetensors and config.json in GPT-2's Hugging Face layout, and the tokenizer beside them.

transformers opens what `save` writes, and `load` opens what transformers writes. Nothing is ever unpickled.
"""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from mini_gpt.config import GPTConfig, did_you_mean
from mini_gpt.model import GPT
from mini_gpt.tokenizer import WordTokenizer

SHIPPED = Path(__file__).parent / "lesson" / "checkpoints"

FIELDS = {"vocab_size": "vocab_size", "context_length": "n_positions", "n_layer": "n_layer", "n_head": "n_head",
          "d_model": "n_embd", "dropout": "resid_pdrop"}  # fmt: skip
FIXED = {"model_type": "gpt2", "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
         "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False}  # fmt: skip
NAMES = [  # ours, GPT-2's
    ("token_embedding.", "wte."),
    ("position_embedding.", "wpe."),
    ("blocks.", "h."),
    ("attention_norm.", "ln_1."),
    ("attention.qkv.", "attn.c_attn."),
    ("attention.projection.", "attn.c_proj."),
    ("mlp_norm.", "ln_2."),
    ("mlp.expand.", "mlp.c_fc."),
    ("mlp.project.", "mlp.c_proj."),
    ("final_norm.", "ln_f."),
]
TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # GPT-2 stores these [in, out], nn.Linear [out, in]


def gpt2_name(name: str) -> str:
    """What GPT-2's checkpoint calls a parameter.

    >>> gpt2_name("blocks.0.attention.qkv.weight")
    'h.0.attn.c_attn.weight'
    """
    for ours, theirs in NAMES:
        name = name.replace(ours, theirs)
    return name


def save(model: GPT, directory: str | Path) -> None:
    """Write model.safetensors, config.json and, if the model has a tokenizer, tokenizer.json.

    Each file is written beside its place and moved there when it is whole. Raises OSError if it cannot be written.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {gpt2_name(name): parameter.detach() for name, parameter in model.named_parameters()}
    tensors = {name: (t.mT if name.endswith(TRANSPOSED) else t).contiguous().cpu() for name, t in tensors.items()}
    config: dict[str, object] = {theirs: getattr(model.config, ours) for ours, theirs in FIELDS.items()}
    config |= FIXED | {"architectures": ["GPT2LMHeadModel"], "tie_word_embeddings": True,
                       "embd_pdrop": model.config.dropout, "attn_pdrop": model.config.dropout}  # fmt: skip
    if model.tokenizer is not None:
        config |= {"bos_token_id": model.tokenizer.end_of_text, "eos_token_id": model.tokenizer.end_of_text}
        write_whole(directory / "tokenizer.json", model.tokenizer.save)
    text = json.dumps(config, indent=2) + "\n"
    write_whole(directory / "config.json", lambda path: path.write_text(text, encoding="utf-8"))
    write_whole(directory / "model.safetensors", lambda path: save_file(tensors, path, metadata={"format": "pt"}))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` write a file beside path, then move it there: at path is the old file or the new, never a part."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        write(Path(name))
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(name_or_directory: str | Path) -> GPT:
    """The model of that name that ships with the lesson, or of a directory that holds what `save` writes.

    It comes in eval mode, with its `.tokenizer`. Raises FileNotFoundError if there is none,
    ValueError if a file is damaged or does not fit the others.

    >>> load("mini").tokenizer.decode([0])
    '<|endoftext|>'
    """
    directory = find(name_or_directory)
    config = read_config(directory / "config.json")
    path = directory / "model.safetensors"
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} cannot be read; it may be truncated: {error}") from error
    with torch.device("meta"), Uninitialised():  # shapes without memory: the file's tensors become the parameters
        model = GPT(config)
    model.load_state_dict(own_tensors(model, tensors, path), assign=True)
    model.head.weight = model.token_embedding.weight
    if (directory / "tokenizer.json").exists():
        model.tokenizer = WordTokenizer.from_file(directory / "tokenizer.json")
        if model.tokenizer.vocab_size > config.vocab_size:
            raise ValueError(f"{directory / 'tokenizer.json'} has {model.tokenizer.vocab_size} words, more than "
                             f"vocab_size={config.vocab_size}")  # fmt: skip
    return model.eval()


class Uninitialised(TorchFunctionMode):
    """Modules made inside draw no random numbers: on the meta device the first draw alone takes two seconds."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function in (Tensor.normal_, nn.init.normal_, nn.init.uniform_):
            return args[0] if args else kwargs["tensor"]
        return function(*args, **kwargs)


def find(name_or_directory: str | Path) -> Path:
    """The directory of a model that ships, or the given one; raise if it holds no model."""
    shipped = sorted(path.parent.name for path in SHIPPED.glob("*/config.json"))
    directory = SHIPPED / name_or_directory if name_or_directory in shipped else Path(name_or_directory)
    for file in ("config.json", "model.safetensors"):
        if not (directory / file).is_file():
            raise FileNotFoundError(
                f"name_or_directory={str(name_or_directory)!r} is neither a model that ships ({', '.join(shipped)}) "
                f"nor a directory with {file} in it{did_you_mean(str(name_or_directory), shipped)}"
            )
    return directory


def read_config(path: Path) -> GPTConfig:
    """The config of a config.json in GPT-2's layout. Raises ValueError if it describes anything else."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        for name, value in FIXED.items():
            if stored.get(name, None if name == "model_type" else value) != value:
                raise ValueError(f"{name}={stored.get(name)!r} must be {value!r}")
        return GPTConfig(**{ours: stored[theirs] for ours, theirs in FIELDS.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not the config of a GPT-2: {error!r}") from error


def own_tensors(model: GPT, tensors: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The file's tensors under the model's names, as views; raise naming what is missing, unexpected or misshapen."""
    found = {}
    for name, parameter in model.named_parameters():
        theirs = gpt2_name(name)
        if theirs not in tensors:
            raise ValueError(f"{path} lacks {theirs}")
        tensor = tensors.pop(theirs)
        tensor = tensor.mT if theirs.endswith(TRANSPOSED) else tensor
        if tensor.shape != parameter.shape:
            raise ValueError(f"{path}: {theirs} is {tuple(tensor.shape)}, by config.json it must be "
                             f"{tuple(parameter.shape)}")  # fmt: skip
        found[name] = tensor
    if tensors:
        raise ValueError(f"{path} holds what no GPT-2 of its config.json has: {', '.join(sorted(tensors))}")
    return found | {"head.weight": found["token_embedding.weight"]}
