"""docs/checkpoints.md: every cell of its tables is tried, and the conversion in it is run."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import lively
from safetensors.torch import load_file, save_file
from test_weights import change
from tokenizers import AddedToken
from torch import nn
from torch.testing import assert_close

from mini_gpt import GPT, GPTConfig, load, save
from mini_gpt.bpe import BPE, END_OF_TEXT
from mini_gpt.encoder import Encoder
from mini_gpt.tokenizer import GPT2Tokenizer, Tokenizer, WordTokenizer
from mini_gpt.training.checkpoint import write_checkpoint
from mini_gpt.training.distributed import Processes
from mini_gpt.weights import gpt2_name

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[1] / "docs"
TEXT, IDS = "ana dá pão .", torch.tensor([[1, 2, 3]])
WORDS = WordTokenizer([END_OF_TEXT, "ana", "dá", "pão", ".", "[PAD]"])


def tables(name: str) -> list[tuple[str, str, str]]:
    """The rows of a page's tables, without their heads: what a folder holds, and the first word of the two answers."""
    rows = re.findall(r"^\| (.+?) \| (\w+).*? \| (\w+).*? \|$", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)
    return [row for row in rows if row[1:] != ("mini_gpt", "transformers")]


ROWS = tables("checkpoints.md")


def model(tokenizer: Tokenizer | None = None, vocab_size: int = 0, **changes: float) -> GPT:
    V = vocab_size or (6 if tokenizer is None else tokenizer.vocab_size)
    gpt = lively(GPTConfig(V, 8, 2, 2, 8, **changes))
    gpt.tokenizer = tokenizer
    return gpt


def rewrite(folder: Path, names: Callable[[dict], dict]) -> None:
    path = folder / "model.safetensors"
    save_file(names(load_file(path)), path, {"format": "pt"})


# ---------------------------------------------------------------- what a folder holds, row by row


def our_model(folder: Path) -> None:
    save(model(WORDS), folder, max_shard_bytes=1000)


def our_encoder(folder: Path) -> None:
    save(Encoder(GPTConfig(6, 8, 1, 2, 8)).eval(), folder)


def our_checkpoint(folder: Path) -> None:
    folder.mkdir()
    (folder / "log.jsonl").touch()
    write_checkpoint(folder, 1, {}, model(WORDS), [], Processes())
    (folder / "checkpoints" / "step-000001").rename(folder.with_name("step"))
    (folder / "log.jsonl").unlink()
    (folder / "checkpoints").rmdir()
    folder.rmdir()
    folder.with_name("step").rename(folder)


def their_model(folder: Path) -> None:
    from transformers import GPT2LMHeadModel

    save(model(), folder / "ours")
    GPT2LMHeadModel.from_pretrained(folder / "ours").save_pretrained(folder)


def only_the_head(folder: Path) -> None:
    save(model(), folder)
    rewrite(folder, lambda stored: {name.replace("wte", "lm_head"): tensor for name, tensor in stored.items()})


def untied(folder: Path) -> None:
    gpt = model()
    gpt.head.weight = nn.Parameter(gpt.head.weight.detach().flip(0).clone())
    save(gpt, folder)


def without_dropouts(folder: Path) -> None:
    save(model(), folder)
    change(folder / "config.json", resid_pdrop=None, embd_pdrop=None, attn_pdrop=None)
    assert load(folder).config.dropout == 0.1


def configured(**changes: object) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        save(model(), folder)
        change(folder / "config.json", **changes)

    return make


def padded(folder: Path) -> None:
    save(model(WORDS, vocab_size=8), folder)


def with_a_larger_tokenizer(folder: Path) -> None:
    save(model(WORDS, vocab_size=5), folder)


def prefixed(folder: Path) -> None:
    save(model(), folder)
    rewrite(folder, lambda stored: {f"_orig_mod.module.{name}": tensor for name, tensor in stored.items()})


def pickled(folder: Path) -> None:
    save(model(), folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def nanogpt(folder: Path, bias: bool = True) -> None:
    """As nanoGPT's train.py writes it after torch.compile: matrices are [out, in]."""
    gpt = model()
    stored = {f"_orig_mod.transformer.{gpt2_name(name)}": p.detach() for name, p in gpt.named_parameters()}
    stored = {name: p for name, p in stored.items() if bias or not name.endswith("bias")}
    stored["_orig_mod.lm_head.weight"] = gpt.head.weight.detach()
    args = {"n_layer": 2, "n_head": 2, "n_embd": 8, "block_size": 8, "bias": bias, "vocab_size": 6, "dropout": 0.0}
    folder.mkdir()
    torch.save({"model": stored, "optimizer": {}, "model_args": args, "iter_num": 1, "best_val_loss": torch.tensor(1.0),
                "config": {"dataset": "x"}}, folder / "ckpt.pt")  # fmt: skip


def tokenized(make: Callable[[], Tokenizer]) -> Callable[[Path], None]:
    return lambda folder: save(model(make()), folder)


def openai(folder: Path) -> None:
    save(model(BPE.train(TEXT, 260)), folder)
    (folder / "vocab.json").rename(folder / "encoder.json")
    (folder / "merges.txt").rename(folder / "vocab.bpe")


def their_tokenizer(folder: Path) -> None:
    from transformers import GPT2TokenizerFast

    save(model(GPT2Tokenizer.train(TEXT, 260), vocab_size=261), folder)
    theirs = GPT2TokenizerFast.from_pretrained(folder)
    theirs.add_special_tokens({"pad_token": "[PAD]"})
    theirs.save_pretrained(folder)


def library(change: Callable[..., object]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        gpt = model(GPT2Tokenizer.train(TEXT, 260), vocab_size=262)
        change(gpt.tokenizer.library)
        save(gpt, folder)

    return make


def beside(**content: object) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        save(model(GPT2Tokenizer.train(TEXT, 260), vocab_size=261), folder)
        path = folder / "tokenizer_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | content))

    return make


MAKERS: list[list[Callable[[Path], None]]] = [
    [our_model],
    [our_encoder],
    [our_checkpoint],
    [their_model],
    [only_the_head],
    [untied],
    [lambda folder: save(model().half(), folder)],
    [lambda folder: save(model().bfloat16(), folder)],
    [without_dropouts],
    [configured(attn_pdrop=0.2)],
    [configured(activation_function="relu"), configured(layer_norm_epsilon=1e-6),
     configured(scale_attn_weights=False), configured(scale_attn_by_inverse_layer_idx=True)],
    [padded],
    [with_a_larger_tokenizer],
    [prefixed],
    [pickled],
    [nanogpt],
    [tokenized(lambda: WORDS)],
    [tokenized(lambda: GPT2Tokenizer.train(TEXT, 260))],
    [tokenized(lambda: BPE.train(TEXT, 260))],
    [openai],
    [their_tokenizer],
    [library(lambda own: own.add_tokens([AddedToken("[X]", lstrip=True)])),
     library(lambda own: own.add_tokens(["ação"]))],
    [beside(pad_token="[PAD]"), beside(added_tokens_decoder={"260": {"content": "[X]"}})],
    [beside(add_prefix_space=True)],
    [library(lambda own: setattr(own.model, "dropout", 0.5))],
]  # fmt: skip


# ---------------------------------------------------------------- who opens it


def ours(folder: Path) -> GPT | str:
    try:
        return load(folder)
    except (ValueError, FileNotFoundError):
        return "refused"


def theirs(folder: Path) -> tuple[nn.Module, Callable | None] | str:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        opened, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
        if any(info.values()):
            return "no"
        has_tokenizer = any((folder / name).exists() for name in ("tokenizer.json", "vocab.json", "encoder.json"))
        return opened.eval(), AutoTokenizer.from_pretrained(folder) if has_tokenizer else None
    except (ValueError, OSError):
        return "no"


CASES = [(row, make) for row, makers in zip(ROWS, MAKERS, strict=True) for make in makers]


@pytest.mark.parametrize(("row", "make"), CASES, ids=[row[0][:40] for row, _ in CASES])
def test_a_cell_of_the_tables_is_true(tmp_path, row, make):
    folder = tmp_path / "folder"
    make(folder)
    we, they = ours(folder), theirs(folder)
    assert row[1] == ("refused" if we == "refused" else "yes")
    if we == "refused" or they == "no":
        assert row[2] == ("no" if they == "no" else "yes")
        return
    their_model, their_tokenizer = they
    tolerance = 1e-4 if their_model.dtype == torch.float32 else 0.1
    assert_close(their_model(IDS).logits.float(), we(IDS).float(), rtol=1e-4, atol=tolerance)
    if we.tokenizer is not None:
        text = TEXT if isinstance(we.tokenizer, WordTokenizer) else f"{TEXT}[PAD] ana"
        same = their_tokenizer(text)["input_ids"] == we.tokenizer.encode(text)
        assert row[2] == ("yes" if same else "no")
    else:
        assert row[2] == "yes"


def test_the_tables_say_the_same_in_portuguese():
    words = {"sim": "yes", "não": "no", "recusado": "refused"}
    translated = [(words[one], words[two]) for _, one, two in tables("checkpoints.pt.md")]
    assert translated == [row[1:] for row in ROWS]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("page", ["checkpoints.md", "checkpoints.pt.md"])
def test_the_conversion_of_nanogpt_works_as_written(tmp_path, monkeypatch, page, bias):
    nanogpt(tmp_path / "nano", bias)
    monkeypatch.chdir(tmp_path / "nano")
    [code] = re.findall(r"```python\n(.+?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    exec(code, {})
    expected = model()
    for name, parameter in expected.named_parameters():
        if name.endswith("bias") and not bias:
            nn.init.zeros_(parameter)
    assert_close(load("converted")(IDS), expected(IDS))
