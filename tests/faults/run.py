"""Do the tests prove what they say? Make known mistakes in a copy of this checkout, one at a time, and see tests fail.

    python tests/faults/run.py                  every fault of faults.toml
    python tests/faults/run.py cache mask       those with one of these words in their name, their file or their test
    python tests/faults/run.py --list           run nothing, and say which they are

Exit status 1 if a fault survives, or if its test does not pass without it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Fault(NamedTuple):
    """A mistake: in the file, `old` becomes `new`. Then the test must fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


class Outcome(NamedTuple):
    """What pytest says of a test: the first one that failed, if any did, and everything that it printed."""

    passed: bool
    failed: str
    printed: str


def copy_checkout(to: Path) -> None:
    """The files that git has or would take, as they are now, and a link to Node's packages."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)  # with its time, by which make knows what is out of date
    (to / "slides/node_modules").symlink_to(ROOT / "slides/node_modules")


def run(test: str, root: Path) -> Outcome:
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+::\S+)", done.stdout, re.MULTILINE)
    passed = done.returncode == 0 and " passed" in done.stdout  # not if it was only skipped
    return Outcome(passed, failed[1] if failed else "", done.stdout + done.stderr)


def run_with(fault: Fault, root: Path) -> Outcome:
    path = root / fault.file
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(fault.old, fault.new), encoding="utf-8")
    outcome = run(fault.test, root)
    path.write_text(right, encoding="utf-8")
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description="Make known mistakes in a copy, one at a time, and see tests fail.")
    parser.add_argument("word", nargs="*", help="of the faults to try: in their name, their file or their test")
    parser.add_argument("--list", action="store_true", help="run nothing, and say which they are")
    arguments = parser.parse_args()

    faults = [Fault(**fault) for fault in tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))["fault"]]
    times = {fault: (ROOT / fault.file).read_text(encoding="utf-8").count(fault.old) for fault in faults}
    if wrong := [f"{n} times in {fault.file}, must be once: {fault.old}" for fault, n in times.items() if n != 1]:
        parser.error("\n".join(wrong))
    words = arguments.word or [""]
    faults = [fault for fault in faults if any(word in f"{fault.name} {fault.file} {fault.test}" for word in words)]
    if arguments.list:
        print(*(f"{fault.file}: {fault.name}" for fault in faults), sep="\n")
        return 0

    caught = 0
    with TemporaryDirectory() as copy:
        root = Path(copy)
        copy_checkout(root)
        run_without = cache(lambda test: run(test, root))
        for fault in faults:
            before, started = run_without(fault.test), perf_counter()
            after = run_with(fault, root) if before.passed else before
            if not before.passed:
                told = f"NOT TRIED  {fault.name}\n{fault.test} must pass without the fault:\n{before.printed}"
            elif after.failed:
                told = f"caught     {fault.name}\n{'':19}{after.failed}"
                caught += 1
            else:
                told = f"SURVIVED   {fault.name}\n{after.printed}"
            print(f"{perf_counter() - started:4.0f} s  {told}", flush=True)
    print(f"{caught} of {len(faults)} faults were caught.")
    return int(caught < len(faults))


if __name__ == "__main__":
    sys.exit(main())
