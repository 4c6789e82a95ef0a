"""How far a training is: a bar on a terminal; where there is none, a line now and then."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from tqdm.auto import tqdm

SECONDS = 30.0  # from one line to the next

Show = Callable[[float, float, float | None], None]  # loss in nats, tokens/s, the lowest possible loss or None


def in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


@contextmanager
def progress(done: int, steps: int, visible: bool = True) -> Iterator[Show]:
    """A function to call after each step; it writes to standard error. In a notebook the bar is tqdm's widget.

    done     steps of an earlier run
    steps    of the whole training
    visible  False for all processes but one
    """
    first, started = done, perf_counter()
    last = started
    with tqdm(initial=done, total=steps, unit="step", disable=None if visible else True) as bar:  # None: on a terminal
        lines = visible and bar.disable and not in_notebook()

        def show(loss: float, speed: float, floor: float | None = None) -> None:
            nonlocal done, last
            done += 1
            lowest = {} if floor is None else {"floor": f"{floor:.3f}"}
            bar.set_postfix(loss=f"{loss:.3f}", **lowest, tokens=f"{speed:,.0f}/s", refresh=False)
            bar.update()
            now = perf_counter()
            if lines and (now - last >= SECONDS or done == steps):
                last = now
                left = tqdm.format_interval((steps - done) * (now - started) / (done - first))
                print(f"step {done:,} of {steps:,}: loss {loss:.3f}, {speed:,.0f} tokens/s, {left} left",
                      file=sys.stderr, flush=True)  # fmt: skip

        yield show
