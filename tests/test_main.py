"""The command line, as its users meet it."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import Python, python, torchrun

from mini_gpt import GPT, GPTConfig, load, save
from mini_gpt import __main__ as cli
from mini_gpt.bpe import BPE
from mini_gpt.sizes import peak_flops
from mini_gpt.tokenizer import read_tokenizer

pytestmark = pytest.mark.slow

STEPS = "--steps 4 --warmup-steps 1 --batch-size 4 --micro-batch-size 2 --evaluate-every 2 --context-length 8"
TINY = f"--preset nano {STEPS}"

COMMANDS = {
    name: getattr(cli, name) for name in ("sizes", "generate", "attend", "page", "prepare", "train", "evaluate")
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder with two texts; give its exit status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    Path("README.md").write_text("Once upon a time there was a town. " * 200)
    Path("CONTRIBUTING.md").write_text("Delete before adding. " * 200)

    def run(command: str) -> tuple[int, str, str]:
        status = cli.main(shlex.split(command))
        return status, *capsys.readouterr()

    return run


# ---------------------------------------------------------------- help


def test_help_lists_every_command_with_its_first_line(run):
    _, text, _ = run("--help")
    for name, command in COMMANDS.items():
        assert re.search(rf"│ {name} +{command.__doc__.split()[0]}", text), name


def examples() -> dict[str, str]:
    """The command under "Example" in each command's help, its lines joined."""
    found = {}
    for name, command in COMMANDS.items():
        example = re.search(r"Example.*?((?:echo|python).*?)\n\n", command.__doc__, re.DOTALL)
        assert example, f"{name} has no example"
        found[name] = " ".join(example[1].split())
    return found


def test_the_examples_of_the_help_run_as_they_stand_and_offline(run, tmp_path):
    ran = examples()
    assert list(ran) == list(COMMANDS)
    ran["train"] = ran["train"].replace("--steps 100", "--steps 11")
    for name, example in ran.items():
        *before, command = re.split("; | && ", example)
        for line in before:  # set by the shell
            subprocess.run(line, shell=True, check=True)
        done = python(*shlex.split(command.removeprefix("python ")))
        assert done.returncode == 0, (name, done.stderr)
        assert "Traceback" not in done.stderr
    assert (tmp_path / "attention.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "me.html").read_bytes().startswith(b"<!doctype html>")
    assert (tmp_path / "build/run/loss.png").read_bytes()[:4] == b"\x89PNG"


def test_without_a_command_it_shows_the_help(run):
    status, out, _ = run("")
    assert status == 0 and all(f"│ {name} " in out for name in COMMANDS)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("generte", 'Unknown command "generte".*"generate"'),
        ("generate --temperature hot", '--temperature.*"hot"'),
        ("generate --temprature 1", "--temprature.*--temperature"),
        ("attend", "text"),
        ("generate --temperature -1", "temperature=-1.0 must be at least 0"),
        ("generate --tokens -1", "max_new_tokens=-1 must be"),
        ("generate 'nina zumbe'", "'zumbe'"),
        ("generate --model minni", "'minni' is neither a folder.*did you mean mini"),
        ("generate --device tpu", "--device"),
        ("generate --model mini-translator", "memory must be given"),
        ("sizes nanno", "preset='nanno'.*did you mean nano"),
        ("attend 'nina .' --out picture.jpeg", "out='picture.jpeg' must end in .png"),
        ("attend 'nina .' --layer 4", r"layer=4 must be in 0\.\.3"),
        ("attend 'nina .' --out nowhere/picture.png", "nowhere"),
        ("page mini --out me.txt", "out='me.txt' must end in .html"),
        (
            "page mini --out nowhere/me.html",
            "out='nowhere/me.html' is to be written into 'nowhere', which is no folder",
        ),
        ("page mini --out me.html --lang fr", "--lang"),
        ("page minni --out me.html", "'minni' is neither a folder.*did you mean mini"),
        ("page gpt2 --out me.html", "124,439,808 parameters: its page would take .* the limit is 30 MB"),
        ("page mini-translator --out me.html", "EncoderDecoder, and must be a GPT"),
        ("prepare nowhere.txt --out tokens --tokenizer 300", "nowhere.txt"),
        ("prepare README.md --out tokens --tokenizer 3", "257"),
        (f"train --data nowhere --out run {TINY}", "nowhere"),
        ("train --data nowhere --out run --steps 0", "steps=0 must be at least 1"),
        ("train --data x --out run --weights mini --d-model 8", "d_model=8 is for a new model: weights='mini' have"),
        ("train --data x --out run --weights mini --preset nano", "preset='nano' is for a new model"),
        ("evaluate mini --task ptv --data README.md", "ptv"),
        ("evaluate mini --task text --data nowhere.txt", "nowhere.txt"),
        ("evaluate mini --task text --data README.md --stride 0", "stride=0 must be in"),
    ],
)
def test_an_error_is_one_line_and_status_2(run, command, message):
    status, out, err = run(command)
    assert status == 2 and out == ""
    assert err.count("\n") == 1 and re.search(message, err), err


def test_an_interruption_says_so_and_is_no_error(run, monkeypatch):
    def interrupted(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "table", interrupted)
    assert run("sizes") == (130, "", "\ninterrupted\n")


# ---------------------------------------------------------------- what the commands do


def test_generate_continues_the_prompt_and_repeats_itself_by_seed(run):
    status, first, _ = run("generate 'nina guarda' --seed 1")
    assert status == 0 and first.startswith("nina guarda ") and "<|endoftext|>" not in first
    assert run("generate 'nina guarda' --seed 1")[1] == first
    assert run("generate 'nina guarda' --temperature 0 --tokens 1")[1].split()[:2] == ["nina", "guarda"]
    assert len({run(f"generate 'nina guarda' --seed {seed}")[1] for seed in range(5)}) > 1


def test_text_streams_whole_characters_and_nothing_that_steers_a_terminal():
    bpe = BPE.train("", 257)
    text = "olá 🐈 \x1b[31m fim\n"
    found = list(cli.as_text(bpe, bpe.encode("é"), bpe.encode(text)))
    assert found[:4] == ["é", "o", "l", "á"] and "🐈" in found
    assert "".join(found) == "é" + text.replace("\x1b", "\ufffd")
    assert list(cli.as_text(bpe, [], bpe.encode("🐈")[:2])) == ["", "\ufffd"]


def test_what_steers_a_terminal_is_shown_even_beside_half_a_character():
    bpe = BPE.train("", 257)
    found = list(cli.as_text(bpe, bpe.encode("a"), bpe.encode("🐈\x1b")[:1] + bpe.encode("\x1b🐈")[:2]))
    assert "\x1b" not in "".join(found) and found[0] == "a"


def test_attend_draws_a_chosen_layer_as_svg(run):
    assert run("attend 'nina guarda a bola .' --layer 1 --out one.svg --lang pt")[0] == 0
    assert Path("one.svg").read_text().startswith("<?xml")


def test_text_becomes_tokens_a_trained_model_and_an_evaluation(run):
    status, out, _ = run("prepare README.md CONTRIBUTING.md --tokenizer 270 --out tokens")
    assert status == 0 and re.search(r"tokens: train: [\d,]+ tokens of 1 documents", out)
    status, out, err = run(f"train --data tokens --out run {TINY} --prompt Once")
    assert status == 0, err
    log = [json.loads(line) for line in Path("run/log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in log if "validation_loss" in record] == [1, 3]
    assert Path("run/samples.txt").read_text().count("--- after step") == 2
    assert "Once" in Path("run/samples.txt").read_text()
    command = "python -m mini_gpt page run/checkpoints/step-000004 --out me.html"
    assert out.endswith(f"To write with it, on a phone too: {command}\n")
    assert run(command.removeprefix("python -m mini_gpt "))[0] == 0 and Path("me.html").stat().st_size > 300_000
    model = load("run/checkpoints/step-000004")
    assert model.config.vocab_size == model.tokenizer.vocab_size == 270
    status, out, err = run("evaluate run/checkpoints/step-000004 --task text --data README.md --json-out result.json")
    assert status == 0, err
    assert json.loads(Path("result.json").read_text())["task"] == "text" and "perplexity" in out


def test_a_folder_in_place_of_the_page_is_refused(run):
    Path("me.html").mkdir()
    status, _, err = run("page tiny-5k --out me.html")
    assert status == 2 and "out='me.html' is a folder, not the file to write" in err


def test_data_without_a_validation_part_trains_too(run):
    assert run("prepare README.md --tokenizer 270 --validation 0 --out tokens")[0] == 0
    status, out, err = run(f"train --data tokens --out run {TINY}")
    assert status == 0, err
    assert "step 4: loss" in out and "validation" not in out
    assert Path("run/samples.txt").read_text().count("--- after step") == 2


def test_a_model_takes_any_shape_and_a_finished_run_goes_on_with_more_steps(run):
    assert run("prepare README.md CONTRIBUTING.md --tokenizer 270 --out tokens")[0] == 0
    shape = "--n-layer 1 --n-head 3 --d-model 12 --dropout 0.1"
    status, _, err = run(f"train --data tokens --out run {TINY} {shape}")
    assert status == 0, err
    assert "step 4 of 4: loss" in err  # no terminal here: lines in place of a bar
    config = load("run/checkpoints/step-000004").config
    assert (config.n_layer, config.n_head, config.d_model, config.context_length) == (1, 3, 12, 8)
    status, out, err = run(f"train --data tokens --out run {TINY} {shape}".replace("--steps 4", "--steps 6"))
    assert status == 0, err
    steps = [json.loads(line)["step"] for line in Path("run/log.jsonl").read_text().splitlines()]
    assert steps == list(range(6)) and "step 6: loss" in out
    status, _, err = run(f"train --data tokens --out run {TINY} {shape}".replace("--steps 4", "--steps 5"))
    assert status == 2 and "steps=5 must be at least 6" in err


def test_data_with_another_number_of_tokens_than_the_weights_know_is_refused(run):
    assert run("prepare README.md --tokenizer 270 --out tokens")[0] == 0
    status, _, err = run(f"train --data tokens --out run --weights mini {STEPS}")
    assert status == 2 and "270 tokens, which must be the vocab_size=478 of weights='mini'" in err


@pytest.mark.parametrize("has_tokenizer", [True, False])
def test_weights_whose_vocabulary_is_padded_are_trained_on_and_evaluated(run, has_tokenizer):
    assert run("prepare README.md CONTRIBUTING.md --tokenizer 270 --out tokens")[0] == 0
    model = GPT(GPTConfig(320, 8, 1, 2, 8))
    model.tokenizer = read_tokenizer("tokens") if has_tokenizer else None
    save(model, "padded")
    status, _, err = run(f"train --data tokens --out run --weights padded {STEPS}")
    assert status == 0, err
    trained = load("run/checkpoints/step-000004")
    assert (trained.config.vocab_size, trained.tokenizer.vocab_size) == (320, 270)
    status, out, err = run("evaluate run/checkpoints/step-000004 --task text --data README.md")
    assert status == 0 and "perplexity" in out, err


def test_two_processes_train_the_model_of_one(run, tmp_path):
    assert run("prepare README.md CONTRIBUTING.md --tokenizer 270 --out tokens")[0] == 0
    assert run(f"train --data tokens --out one {TINY}")[0] == 0
    two = ["-m", "mini_gpt", "train", "--data", "tokens", "--out", "two", *shlex.split(TINY)]
    real = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *two]
    done = subprocess.run(real, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    shards = f"train --data tokens --out shards {STEPS} --shard --weights one/checkpoints/step-000004"
    done = torchrun(2, "-m", "mini_gpt", *shlex.split(shards))
    assert done.returncode == 0, done.stderr
    one, two, shards = (
        [json.loads(line)["loss"] for line in Path(f"{out}/log.jsonl").read_text().splitlines()]
        for out in ("one", "two", "shards")
    )
    assert two == pytest.approx(one, rel=1e-5)
    assert shards[0] < one[0] and len(shards) == 4
    assert Path("shards/samples.txt").read_text().count("--- after step") == 2
    evaluation = ["evaluate", "one/checkpoints/step-000004", "--task", "text", "--data", "README.md", "--json-out"]
    assert cli.main([*evaluation, "one.json"]) == 0
    done = torchrun(2, "-m", "mini_gpt", *evaluation, "two.json")
    alone, shared = (json.loads(Path(name).read_text()) for name in ("one.json", "two.json"))
    assert done.returncode == 0 and shared["nats"] == pytest.approx(alone["nats"], rel=1e-6)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_stops_a_training_that_then_goes_on(run, tmp_path):
    assert run("prepare README.md --tokenizer 270 --out tokens")[0] == 0
    command = f"train --data tokens --out run --checkpoint-every 5 {TINY}".replace("--steps 4", "--steps 100000")
    training = Python("-m", "mini_gpt", *shlex.split(command))
    try:
        while training.process.is_alive() and not list(Path("run").glob("checkpoints/step-*[0-9]")):
            time.sleep(0.1)
        os.kill(training.process.pid, signal.SIGINT)
        status, _, err = training.ended()
    finally:
        training.process.kill()
    assert status == 130 and err.endswith("\ninterrupted\n") and "Traceback" not in err
    assert load(sorted(Path("run").glob("checkpoints/step-*[0-9]"))[-1]).config.vocab_size == 270


def test_peaks_are_of_the_device_by_name():
    assert [peak_flops(name) for name in ("NVIDIA A100-SXM4-80GB", "NVIDIA H100 PCIe", "NVIDIA T4")] == [
        312e12,
        756e12,
        None,
    ]
