"""Other Python processes, without the seconds that each would take to import torch.

They are forked from a server that has imported it and done nothing else (on Windows they start as usual). How Python
itself starts and ends is not proved with them: that takes a `subprocess`.
"""

import multiprocessing
import os
import runpy
import signal
import socket
import sys
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import matplotlib

FORKS = "forkserver" in multiprocessing.get_all_start_methods()
CONTEXT = multiprocessing.get_context("forkserver" if FORKS else "spawn")
if FORKS:  # no mini_gpt, and nothing that checks on import whether it is in a notebook
    CONTEXT.set_forkserver_preload(
        ["cyclopts", "matplotlib.pyplot", "safetensors.torch", "tokenizers", "torch._dynamo", "torch.distributed.fsdp"]
    )


class Ended(NamedTuple):
    """How a process ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class Python:
    """A process at work on `python ARGUMENTS`: -m MODULE and so on, -c TEXT and so on, or SCRIPT and so on.

    environment  variables beside those of this process
    folder       where it starts, if not here
    """

    def __init__(self, *arguments: object, environment: Mapping[str, object] | None = None, folder: str | None = None):
        written = Path(mkdtemp())
        self._out, self._err = written / "out", written / "err"
        variables = dict(os.environ) | {name: str(value) for name, value in (environment or {}).items()}
        given = (list(map(str, arguments)), folder or os.getcwd(), variables, self._out, self._err)
        self.process = CONTEXT.Process(target=_run, args=given)
        self.process.start()

    def ended(self) -> Ended:
        """Wait for its end."""
        self.process.join()
        return Ended(self.process.exitcode, self._out.read_text("utf-8"), self._err.read_text("utf-8"))


def python(*arguments: object, environment: Mapping[str, object] | None = None) -> Ended:
    """Run `python ARGUMENTS` from here to its end."""
    return Python(*arguments, environment=environment).ended()


def torchrun(n: int, *arguments: object) -> Ended:
    """Run `torchrun --standalone --nproc-per-node N ARGUMENTS` to its end: that of the first that fails, or of all."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free.getsockname()[1]}
    shared |= {"WORLD_SIZE": n, "LOCAL_WORLD_SIZE": n}
    every = [Python(*arguments, environment={**shared, "RANK": i, "LOCAL_RANK": i}) for i in range(n)]
    alive = {each.process.sentinel: each for each in every}
    while alive:
        for sentinel in wait(list(alive)):
            ended = alive.pop(sentinel).ended()
            if ended.returncode != 0:
                for other in alive.values():
                    other.process.kill()
                return ended
    return every[0].ended()


def _run(arguments: list[str], folder: str, variables: dict[str, str], out: Path, err: Path) -> None:
    """What the process does."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables, JPY_PARENT_PID=str(os.getppid()))  # a kernel ends when this parent has
    if "MPLBACKEND" in variables:
        matplotlib.rcParams["backend"] = variables["MPLBACKEND"]  # which matplotlib reads when it is imported
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, stream.fileno())
        os.close(file)
    kind, *rest = arguments
    if kind == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(kind).parent))
        runpy.run_path(kind, run_name="__main__")
