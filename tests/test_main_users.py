"""The command line where its users' files, consoles and habits are not ours."""

import io
import re
import shlex
import sys
from pathlib import Path

import pytest
import torch

from mini_gpt import GPT, GPTConfig, __main__, save
from mini_gpt.lesson import figures
from mini_gpt.tokenizer import GPT2Tokenizer


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; give its exit status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(command: str) -> tuple[int, str, str]:
        status = __main__.main(shlex.split(command))
        return status, *capsys.readouterr()

    return run


def tiny(directory: str, text: str = "") -> GPT:
    """A model of bytes, saved there."""
    tokenizer = GPT2Tokenizer.train([text], 257)
    model = GPT(GPTConfig(vocab_size=257, context_length=16, n_layer=1, n_head=1, d_model=4))
    model.tokenizer = tokenizer
    save(model, directory)
    return model


# ---------------------------------------------------------------- consoles


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize(
    ("arguments", "shown"),
    [(["--help"], "generate"), (["generate", "olá 🐈", "--model", "bytes", "--tokens", "1"], "ol"),
     (["generate", "caf\udce9", "--model", "bytes"], "text='caf\\udce9' is not"), (["sizes", "文"], "preset='")],
)  # fmt: skip
def test_what_a_console_cannot_show_is_replaced(tmp_path, monkeypatch, encoding, arguments, shown):
    monkeypatch.chdir(tmp_path)
    tiny("bytes")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        status = __main__.main(arguments)
        out.flush()
        err.flush()
    text = "".join(stream.buffer.getvalue().decode(encoding) for stream in (out, err))
    assert status in (0, 2) and shown in text and "Traceback" not in text
    assert ("á" in text) == ("olá 🐈" in arguments and encoding != "ascii")


# ---------------------------------------------------------------- places to write to


@pytest.mark.parametrize("name", ["x.PNG", "x.Svg", "x.PDF"])
def test_a_picture_may_end_in_upper_case(run, name):
    tiny("bytes")
    assert run(f"attend ab --model bytes --out {name}")[0] == 0
    assert Path(name).read_bytes()[:4] in (b"\x89PNG", b"<?xm", b"%PDF")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("attend 'nina .' --out x.jpeg", r"out='x\.jpeg' must end in \.png, \.svg or \.pdf"),
        ("attend 'nina .' --out x", r"out='x' must end in \.png"),
        ("attend 'nina .' --out none/x.png", r"out='none/x\.png' is to be written into 'none', which is no folder"),
        ("attend 'nina .' --out folder.png", r"out='folder\.png' is a folder, not the file to write"),
        ("evaluate mini --task text --data a.txt --json-out none/x.json", r"json_out='none/x\.json' is to be written"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_work_is_done(run, monkeypatch, command, message):
    monkeypatch.setattr(__main__.mini_gpt, "load", lambda *_, **__: pytest.fail("a model was loaded"))
    monkeypatch.setattr(figures, "attention_figure", lambda *_: pytest.fail("a picture was drawn"))
    Path("folder.png").mkdir()
    status, out, err = run(command)
    assert status == 2 and out == "" and err.count("\n") == 1
    assert re.search(message, err), err


# ---------------------------------------------------------------- texts


def test_prepare_says_what_it_skips_and_that_a_whole_book_is_more_than_was_asked(run):
    Path("books").mkdir()
    for i in range(30):
        Path("books", f"{i}.TXT").write_bytes(f"\ufeffBook {i}.\r\n{'Once upon a time. ' * 99}".encode())
    Path("books", ".git").mkdir()
    Path("books", "cover.png").touch()
    Path("books", "blank.txt").write_text(" \n")
    status, out, _ = run("prepare books --tokenizer 257 --validation 0.02 --out whole")
    assert status == 0 and "whole: train: " in out
    assert "validation: 1,792 tokens of 1 documents, 3.33% of the text for the 2% asked: documents chosen by" in out
    assert "; --pieces takes the last part of each\n" in out
    assert out.endswith("skipped: 1 hidden files or folders, 1 files of other kinds, 1 documents without text\n")
    status, out, _ = run("prepare books --tokenizer 257 --validation 0.02 --pieces --out pieces")
    assert (
        status == 0 and "of 30 documents, 2.07% of the text for the 2% asked: the last part of each document\n" in out
    )


def test_a_warning_is_a_line(run):
    Path("mac.txt").write_bytes(b"one\rtwo\n" * 9)
    status, _, err = run("prepare mac.txt --tokenizer 257 --out tokens")
    assert status == 0
    assert err == "python -m mini_gpt: mac.txt has a carriage return within a line at byte 3, which stays as it is\n"


# ---------------------------------------------------------------- a run that goes on


@pytest.mark.slow
def test_a_run_goes_on_only_with_its_own_data_batch_and_weights_unless_told_otherwise(run, monkeypatch):
    monkeypatch.setattr(__main__, "draw", lambda *_: None)
    for name in ("a", "b"):
        Path(f"{name}.txt").write_text(f"{name} town by the sea. " * 20)
        assert run(f"prepare {name}.txt --tokenizer 257 --out {name}")[0] == 0
    shape = "--n-layer 1 --n-head 1 --d-model 4 --context-length 8"
    batch = "--steps 2 --warmup-steps 0 --batch-size 4 --micro-batch-size 2 --checkpoint-every 1 --evaluate-every 0"
    train = f"train --data a --out run {shape} {batch} --device cpu"
    status, _, err = run(train)
    assert status == 0, err
    assert run(train)[:2] == (0, "run is finished, with 2 steps: nothing to do; more --steps go on.\n")
    before = Path("run/log.jsonl").read_bytes()
    for old, new, message in (
        ("--data a", "--data b", "data='[0-9]+ tokens, sha256 [^;]*; accept=.'data'. goes on"),
        ("--batch-size 4", "--batch-size 6", "batch_size=4, not 6; accept"),
        ("--micro-batch-size 2", "--micro-batch-size 4", "micro_batch_size=2, not 4; accept"),
        (shape, "--weights run/checkpoints/step-000001", "weights=None, not 'run/checkpoints/step-000001'; accept"),
        (shape, f"{shape.replace('8', '7')}", "window=8, not 7; context_length=8, not 7$"),
    ):
        for steps in (2, 3):
            status, out, err = run(train.replace(old, new).replace("--steps 2", f"--steps {steps}"))
            assert status == 2 and out == "" and re.search(f"out='run' holds a run with {message}", err), err
    assert Path("run/log.jsonl").read_bytes() == before
    other = train.replace("--data a", "--data b").replace("--batch-size 4", "--batch-size 6", 1)
    status, _, err = run(other.replace("--steps 2", "--steps 3") + " --accept data --accept batch-size")
    assert status == 0, err
    assert Path("run/log.jsonl").read_bytes().startswith(before) and Path("run/checkpoints/step-000003").is_dir()


# ---------------------------------------------------------------- numbers that are none


@pytest.mark.parametrize(
    "command",
    ["generate ab --model bytes", "generate ab --model bytes --temperature 0", "attend ab --model bytes",
     "evaluate bytes --task text --data a.txt"],
)  # fmt: skip
def test_a_model_that_gives_no_numbers_is_refused_with_the_place_where_they_begin(run, command):
    model = tiny("bytes")
    model.blocks[0].mlp.project.bias.data[0] = torch.nan
    save(model, "bytes")
    Path("a.txt").write_text("a town")
    status, _, err = run(f"{command} --device cpu" if "attend" not in command else command)
    assert status == 2 and not Path("attention.png").exists()
    assert err.splitlines()[-1].endswith("begins in blocks.0.mlp.project, whose parameters hold it")
