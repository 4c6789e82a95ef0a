"""GPT-2 from the command line: what it costs, what it writes, where it looks, how it is trained, how good it is.

`sizes` needs no weights. `generate`, `attend` and `page` take a model: mini ships with the package, gpt2 comes from the
Hugging Face hub. `prepare` turns text into tokens, `train` learns from them, `evaluate` measures a model on a task.
Each command explains itself with --help.
"""

import io
import itertools
import shlex
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from cyclopts import App, CycloptsError, Parameter
from tqdm.auto import tqdm

import mini_gpt
from mini_gpt.config import PRESETS, GPTConfig
from mini_gpt.files import write_json, write_whole
from mini_gpt.lesson.recipes import SHAPES
from mini_gpt.messages import did_you_mean
from mini_gpt.model import GPT
from mini_gpt.sizes import peak_flops, table, training_flops
from mini_gpt.tokenizer import Tokenizer
from mini_gpt.trace import no_numbers
from mini_gpt.training.checkpoint import checkpoints
from mini_gpt.training.data import Batch, TokenBatches, in_order
from mini_gpt.training.distributed import Processes, launched
from mini_gpt.training.token_files import Manifest, TokenFiles
from mini_gpt.training.train import TrainConfig, is_due, validation_loss

Device = Literal["cpu", "cuda", "mps"]
Number = Literal["float32", "bfloat16", "float16"]
Task = Literal["text", "lambada", "cbt-cn", "cbt-ne", "wikitext2", "ptb", "enwik8", "text8", "wikitext103", "1bw"]

app = App(
    name="python -m mini_gpt",
    help=__doc__,
    help_format="plaintext",
    version_flags=[],
    default_parameter=Parameter(negative_iterable=()),
)


@Parameter(name="*")
@dataclass(frozen=True)
class FromScratch(TrainConfig):
    """What is usual for training GPT-2's size from scratch; a million parameters want TrainConfig's own defaults."""

    steps: int = 19_000
    learning_rate: float = 6e-4
    min_learning_rate: float = 6e-5
    warmup_steps: int = 700
    optimizer: Literal["adamw", "muon"] = "adamw"
    weight_decay: float = 0.1
    checkpoint_every: int = 1000
    evaluate_every: int = 250


@app.command
def sizes(*presets: str) -> None:
    """Parameters, FLOPs and memory of each preset, by arithmetic.

    Example:  python -m mini_gpt sizes mini gpt2

    Args:
        presets: which ones; by default all
    """
    print(table({name: shape_of(name) for name in presets or SHAPES}))


@app.command
def generate(
    prompt: str = "",
    *,
    model: str = "mini",
    tokens: int = 50,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | None = None,
    device: Device | None = None,
    dtype: Number = "float32",
) -> None:
    """Continue a prompt token by token, up to the end of the document.

    Example:  python -m mini_gpt generate "nina guarda" --temperature 0.5 --seed 1

    Args:
        prompt: how the document begins; by default, any document
        model: a name (mini, gpt2, owner/name on the Hugging Face hub) or a directory
        tokens: the most new tokens
        temperature: 0 takes the most likely token, 1 draws from the model's own distribution
        top_k: draw only from the k most likely tokens
        top_p: draw only from the fewest tokens whose probabilities reach p
        seed: a number that makes the text the same each time
        device: by default the fastest one here
        dtype: of the weights
    """
    with launched(device) as processes:
        gpt = mini_gpt.load(model, device=processes.device, dtype=getattr(torch, dtype))
        tokenizer = tokenizer_of(gpt, model)
        ids = torch.tensor([encode(tokenizer, prompt)], device=processes.device)
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        new = mini_gpt.stream(gpt, ids, tokens, temperature, top_k, top_p, generator, stop=tokenizer.end_of_text)
        story = itertools.takewhile(lambda token: token != tokenizer.end_of_text, map(int, new))
        for text in as_text(tokenizer, ids[0, 1:].tolist(), story):
            print(text, end="", flush=True)
        print()


@app.command
def attend(
    text: str,
    *,
    model: str = "mini",
    layer: int | None = None,
    out: Path = Path("attention.png"),
    lang: Literal["en", "pt"] = "en",
) -> None:
    """Draw where each token of a text looks: a map for each head.

    Example:  python -m mini_gpt attend "nina guarda a bola ." --out attention.png

    Args:
        text: what the model reads
        model: a name (mini, gpt2, owner/name on the Hugging Face hub) or a directory
        layer: only this one, counted from 0; by default all
        out: the picture: .png, .svg or .pdf, in a folder that is there
        lang: the language of the labels
    """
    from mini_gpt.lesson.figures import attention_figure
    from mini_gpt.lesson.token_names import token_names

    if out.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise ValueError(f"out={str(out)!r} must end in .png, .svg or .pdf")
    check_place("out", out)
    gpt = mini_gpt.load(model, dtype=torch.float32)
    if layer is not None and not 0 <= layer < gpt.config.n_layer:
        raise ValueError(f"layer={layer} must be in 0..{gpt.config.n_layer - 1}")
    tokenizer = tokenizer_of(gpt, model)
    ids = encode(tokenizer, text)
    with torch.no_grad(), mini_gpt.record(gpt, "*.weights") as trace:
        logits = gpt(torch.tensor([ids]))
    if not logits.isfinite().all():
        raise no_numbers("logits are no numbers", gpt, lambda: gpt(torch.tensor([ids])))
    weights = trace.layers("attention.weights")[:, 0]  # (layers, H, T, T)
    figure = attention_figure(weights if layer is None else weights[layer], token_names(tokenizer, ids), lang)
    write_whole(out, lambda path: figure.savefig(path, format=out.suffix[1:].lower()))
    what = f"{gpt.config.n_layer} layers" if layer is None else f"layer {layer}"
    print(f"{out}: {what}, {gpt.config.n_head} heads each, {len(ids)} tokens")


@app.command
def page(
    model: str,
    *,
    out: Path,
    title: str | None = None,
    lang: Literal["en", "pt"] = "en",
) -> None:
    """Make one HTML file with the model inside: to write with it and see where it looks, on any phone, offline.

    Example:  python -m mini_gpt page mini --out me.html --title "My first GPT"

    Args:
        model: a name (mini, mini-books, owner/name on the Hugging Face hub) or a directory; about 10 M parameters fit
        out: the page: .html, in a folder that is there
        title: at the head of the page; by default, My GPT
        lang: the language of the page; its text is whatever the model writes
    """
    from mini_gpt.lesson.model_page import check_size, page_bytes, write_page

    if out.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"out={str(out)!r} must end in .html")
    check_place("out", out)
    if model in PRESETS and not Path(model).exists():
        check_size(PRESETS[model], page_bytes(PRESETS[model]))  # before its weights are downloaded
    gpt = mini_gpt.load(model)
    tokenizer_of(gpt, model)
    write_page(gpt, out, lang, title)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB; open it in any browser, or send it to a phone")


@app.command
def prepare(
    *sources: str,
    out: Path,
    tokenizer: str = "gpt2",
    validation: float = 0.005,
    pieces: bool = False,
    errors: Literal["strict", "replace"] = "strict",
) -> None:
    """Turn text into files of tokens that `train` reads. If interrupted, the same command goes on.

    It encodes on all cores; the environment variable RAYON_NUM_THREADS sets how many.

    Example:  python -m mini_gpt prepare README.md CONTRIBUTING.md --tokenizer 512 --out build/tokens

    Args:
        sources: text files, folders of .txt, .md and .jsonl, or data sets, hub:NAME[:CONFIG[:SPLIT]]
        out: a new directory
        tokenizer: a model's name or directory; or a number: train a byte-level BPE of that size on the sources
        validation: the fraction of documents to keep apart
        pieces: keep the last part of each document apart, in place of whole ones
        errors: strict refuses text that cannot be read, replace puts a mark in its place
    """
    from mini_gpt.training.prepare import prepare as write

    chosen = int(tokenizer) if tokenizer.isdecimal() else tokenizer
    manifest = write(sources, out, chosen, validation, errors, pieces=pieces)
    for name, split in manifest.splits.items():
        share = split_share(manifest, validation) if name == "validation" else ""
        print(f"{out}: {name}: {split.tokens:,} tokens of {split.documents:,} documents{share}")
    if validation and "validation" not in manifest.splits:
        print(f"{out}: validation: nothing, as no document is long enough to be divided")
    if manifest.skipped:
        print(f"{out}: skipped: " + ", ".join(f"{n:,} {what}" for what, n in manifest.skipped.items()))


@app.command
def train(
    *,
    data: Path,
    out: Path,
    preset: str | None = None,
    n_layer: int | None = None,
    n_head: int | None = None,
    d_model: int | None = None,
    context_length: int | None = None,
    dropout: float | None = None,
    weights: str | None = None,
    config: FromScratch = FromScratch(),
    batch_size: int = 512,
    micro_batch_size: int = 8,
    shard: bool = False,
    device: Device | None = None,
    prompt: str = "",
    accept: tuple[str, ...] = (),
) -> None:
    """Train a model on prepared tokens; under torchrun, on many devices.

    The same command goes on where it stopped, and a finished run goes on with more --steps: weights, optimizer, data
    and log continue, and from there the learning rate follows the schedule of the new number of steps. With other data,
    another batch or other settings it is refused, unless --accept names what may differ.

    Example, half a minute, after that of prepare:
        python -m mini_gpt train --data build/tokens --out build/run --preset nano --steps 100 --warmup-steps 10
        --batch-size 16 --learning-rate 0.003 --evaluate-every 50

    Eight GPUs:
        torchrun --nproc-per-node 8 -m mini_gpt train --data DIR --out DIR --precision bfloat16 --compile

    Args:
        data: a directory that prepare wrote
        out: a directory for log.jsonl, loss.png, samples.txt and checkpoints/
        preset: the shape of a new model, by default gpt2; its vocabulary is the tokenizer's
        n_layer: another number of layers than the preset's
        n_head: another number of heads
        d_model: another width, a multiple of the number of heads
        context_length: tokens in a window, and in the new model's context; by default the preset's
        dropout: of a new model, by default 0; the paper trained with 0.1, endless data needs none
        weights: start from this model, a name or a directory, in place of a new one
        config: how to train
        batch_size: windows in a step, over all devices
        micro_batch_size: windows that a device reads at once; the gradients of a batch are summed
        shard: split the model among the devices (FSDP), if it does not fit on one
        device: by default the fastest one here
        prompt: the start of each sample
        accept: what may be other than it was in the run that goes on, such as batch-size or data
    """
    from mini_gpt.training.train import train as run

    options = {"n_layer": n_layer, "n_head": n_head, "d_model": d_model, "dropout": dropout}
    changes: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if weights is not None and (preset is not None or changes):
        name, value = next(iter(({"preset": preset} if preset is not None else changes).items()))
        raise ValueError(f"{name}={value!r} is for a new model: weights={weights!r} have a shape of their own")
    with launched(device) as processes:
        files = TokenFiles(data, "train")
        tokenizer = files.tokenizer
        if weights is None:
            if context_length is not None:
                changes["context_length"] = context_length
            torch.manual_seed(config.seed)
            gpt = GPT(replace(shape_of(preset or "gpt2"), vocab_size=tokenizer.vocab_size, **changes))
        else:
            gpt = mini_gpt.load(weights, dtype=torch.float32)
            known = (gpt.tokenizer or gpt.config).vocab_size  # the config's may be padded
            if tokenizer.vocab_size > known or (gpt.tokenizer is not None and tokenizer.vocab_size < known):
                raise ValueError(f"data={str(data)!r} has a tokenizer of {tokenizer.vocab_size} tokens, which must be "
                                 f"the vocab_size={known} of weights={weights!r}")  # fmt: skip
        gpt.tokenizer = tokenizer
        if not shard:  # else each device gets only its shards
            gpt.to(processes.device)
        length = gpt.config.context_length if context_length is None else context_length
        batches = TokenBatches(files, length, batch_size, micro_batch_size, config.seed)
        held_out: Sequence[Batch] = []
        if "validation" in files.manifest.splits:
            held_out = in_order(TokenFiles(data, "validation"), length, micro_batch_size, limit=64)
        start = torch.tensor([encode(tokenizer, prompt)], device=processes.device)

        def look(model: GPT, step: int) -> dict[str, float]:
            generator = torch.Generator().manual_seed(step)
            sample = mini_gpt.generate(model, start, max_new_tokens=100, generator=generator)[0].tolist()
            if processes.is_first:
                with open(out / "samples.txt", "a", encoding="utf-8") as file:
                    file.write(f"--- after step {step + 1}\n{tokenizer.decode(sample)}\n")
            return {"validation_loss": validation_loss(model, held_out, processes)} if held_out else {}

        taken = []

        def report(record: dict[str, float]) -> None:
            taken.append(record["step"])
            if processes.is_first and is_due(int(record["step"]), config.evaluate_every, config.steps):
                tqdm.write(summary(record, gpt.config, batch_size * length, processes))

        names = [name.replace("-", "_") for name in accept]
        log = run(gpt, batches, config, out, processes=processes, shard=shard, evaluate=look, on_step=report,
                  conditions={"weights": weights}, accept=names)  # fmt: skip
        if processes.is_first:
            if not taken:
                print(f"{out} is finished, with {len(log):,} steps: nothing to do; more --steps go on.")
            draw(log, out / "loss.png")
            if taken:
                tell_of_page(checkpoints(out)[-1], gpt.config)


@app.command
def evaluate(
    model: str,
    *,
    task: Task,
    data: str,
    stride: int | None = None,
    context_length: int | None = None,
    batch_size: int = 8,
    device: Device | None = None,
    dtype: Number = "float32",
    json_out: Path | None = None,
) -> None:
    """Measure a model on a task that it was not trained for, beside the paper's figures. Also under torchrun.

    Example:  echo "nina guarda a bola ." > town.txt; python -m mini_gpt evaluate mini --task text --data town.txt

    Args:
        model: a name (mini, gpt2, owner/name on the Hugging Face hub) or a directory
        task: text is any text; the others are the paper's data sets
        data: the task's file as its data set publishes it, or a data set, hub:NAME[:CONFIG[:SPLIT]]
        stride: tokens from one window to the next; by default half the context
        context_length: tokens that the model reads at once; by default all it can
        batch_size: windows at a time
        device: by default the fastest one here
        dtype: of the weights
        json_out: a file for the result
    """
    from mini_gpt.evaluation import evaluate as measure

    if json_out is not None:
        check_place("json_out", json_out)
    with launched(device) as processes:
        gpt = mini_gpt.load(model, device=processes.device, dtype=getattr(torch, dtype))
        result = measure(gpt, task, data, stride, context_length, batch_size, processes)
        if processes.is_first:
            print(result)
            if json_out is not None:
                write_json(result.as_dict(), json_out)


# ---------------------------------------------------------------- shapes and reports


def shape_of(preset: str) -> GPTConfig:
    """A shape of the paper or of the lesson. Raises ValueError for another name."""
    if preset not in SHAPES:
        raise ValueError(f"preset={preset!r} must be one of {', '.join(SHAPES)}{did_you_mean(preset, SHAPES)}")
    return SHAPES[preset]


def split_share(manifest: Manifest, asked: float) -> str:
    """What the closing line of prepare says of the validation part: how much it is, and why it may be more or less."""
    share = manifest.splits["validation"].bytes / manifest.total.bytes
    off = "hash" in manifest.validation and not 0.8 < share / asked < 1.25
    hint = "; --pieces takes the last part of each" if off else ""
    return f", {100 * share:.3g}% of the text for the {100 * asked:.3g}% asked: {manifest.validation}{hint}"


def summary(record: dict[str, float], config: GPTConfig, tokens: int, processes: Processes) -> str:
    """A line for the screen: losses, speed and, if the device's peak is known, the fraction of it that is used."""
    speed = tokens * (record["step"] + 1) / record["seconds"]
    parts = [f"step {record['step'] + 1:,}: loss {record['loss']:.3f}", f"{speed:,.0f} tokens/s"]
    if "validation_loss" in record:
        parts.insert(1, f"validation {record['validation_loss']:.3f}")
    peak = peak_flops(torch.cuda.get_device_name()) if processes.device.type == "cuda" else None
    if peak is not None:
        parts.append(f"{speed * training_flops(config) / (peak * processes.world_size):.0%} of peak FLOP/s")
    return ", ".join(parts)


def draw(log: list[dict[str, float]], path: Path) -> None:
    """Draw a run's loss curve, if matplotlib is installed."""
    try:
        from mini_gpt.lesson.figures import loss_figure
    except ImportError as error:
        print(f"{path} is not drawn: {error}", file=sys.stderr)
        return
    validation = {int(record["step"]) + 1: record["validation_loss"] for record in log if "validation_loss" in record}
    figure = loss_figure([record["loss"] for record in log], None, "en", validation or None)
    write_whole(path, lambda place: figure.savefig(place, format="png"))


def tell_of_page(checkpoint: Path, config: GPTConfig) -> None:
    """Say how a trained model becomes a page, if it can, and if what that needs is installed."""
    try:
        from mini_gpt.lesson.model_page import fits
    except ImportError:
        return
    if fits(config):
        print(f"To write with it, on a phone too: python -m mini_gpt page {shlex.quote(str(checkpoint))} --out me.html")


# ---------------------------------------------------------------- text in and out


def check_place(name: str, path: Path) -> None:
    """Raise, before the work is done, if no file can be written there."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{name}={str(path)!r} is to be written into {str(path.parent)!r}, which is no folder")
    if path.is_dir():
        raise IsADirectoryError(f"{name}={str(path)!r} is a folder, not the file to write")


def tokenizer_of(model: GPT, name: str) -> Tokenizer:
    """The model's tokenizer. Raises ValueError if it has none."""
    if model.tokenizer is None:
        raise ValueError(f"model={name!r} has no tokenizer: its directory lacks tokenizer.json")
    return model.tokenizer


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids of a document's start: every document begins with <|endoftext|>."""
    if any("\ud800" <= char <= "\udfff" for char in text):  # bytes of an argument that the system could not decode
        raise ValueError(f"text={text!r} is not in the encoding of this system")
    return [tokenizer.end_of_text, *tokenizer.encode(text)]


UNPRINTABLE = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def as_text(tokenizer: Tokenizer, ids: list[int], new: Iterable[int]) -> Iterator[str]:
    """The text of ids, then what each new id adds.

    A character is held back until all its bytes are there, and what would control a terminal is replaced.
    """
    ids, shown = list(ids), ""
    for more in ([], *([token] for token in new)):
        ids += more
        text = tokenizer.decode(ids)
        if not text.endswith("\ufffd"):
            yield text.removeprefix(shown).translate(UNPRINTABLE)
            shown = text
    if text != shown:
        yield text.removeprefix(shown).translate(UNPRINTABLE)


def tell(message: object, *_: object, **__: object) -> None:
    """A line on standard error, also in place of what `warnings` would show."""
    print("python -m mini_gpt:", " ".join(str(message).split()), file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run a command: 0 if it succeeds, 2 after an error, which is one line, 130 if interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may lack a letter of the text
    with warnings.catch_warnings():
        warnings.showwarning = tell
        try:
            command, bound, _ = app.parse_args(arguments, exit_on_error=False, print_error=False)
            command(*bound.args, **bound.kwargs)
        except (CycloptsError, ValueError, ArithmeticError, OSError, ImportError, torch.OutOfMemoryError) as error:
            tell(error)
            return 2
        except KeyboardInterrupt:
            print("\ninterrupted", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
