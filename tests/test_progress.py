"""Progress: a bar where there is a terminal, lines where there is none, neither in another process."""

import re

import pytest
from processes import python
from tqdm import tqdm

from mini_gpt.training import progress as module
from mini_gpt.training.progress import progress


def test_on_a_terminal_a_bar_shows_loss_floor_and_speed(monkeypatch, capsys):
    monkeypatch.setattr(module, "tqdm", lambda *args, **kw: tqdm(*args, **kw | {"disable": False, "mininterval": 0}))
    with progress(1, 3) as show:
        show(2.5, 1234.5, 0.5)
        show(2.25, 1234.5, 0.5)
    shown = capsys.readouterr().err
    assert re.search(r"3/3 .*floor=0\.500, loss=2\.250, tokens=1,23[45]/s", shown), shown
    assert "\nstep " not in shown


def test_elsewhere_a_line_is_printed_now_and_then_and_after_the_last_step(monkeypatch, capsys):
    now = iter([0.0, 10.0, 29.0, 31.0, 60.0, 62.0])  # seconds, at the start and after each step
    monkeypatch.setattr(module, "perf_counter", lambda: next(now))
    with progress(0, 5) as show:
        for loss in (5.0, 4.0, 3.0, 2.0, 1.0):
            show(loss, 1000.0)
    assert capsys.readouterr().err.splitlines() == [
        "step 3 of 5: loss 3.000, 1,000 tokens/s, 00:20 left",
        "step 5 of 5: loss 1.000, 1,000 tokens/s, 00:00 left",
    ]


@pytest.mark.parametrize("hidden", ["another process", "a notebook"])
def test_another_process_shows_nothing_and_a_notebook_no_lines(monkeypatch, capsys, hidden):
    monkeypatch.setattr(module, "in_notebook", lambda: hidden == "a notebook")
    with progress(0, 1, visible=hidden != "another process") as show:
        show(1.0, 1.0)
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_script_without_a_terminal_prints_lines():
    script = "from mini_gpt.training.progress import progress\nwith progress(0, 1) as show: show(1.5, 10.0)"
    done = python("-c", script)
    assert done.stderr == "step 1 of 1: loss 1.500, 10 tokens/s, 00:00 left\n" and done.stdout == ""
