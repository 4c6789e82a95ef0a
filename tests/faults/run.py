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
    """A mistake: `old`, which occurs once in the file, becomes `new`; the test, or one of the file of tests, fails."""

    name: str
    file: str
    old: str
    new: str
    test: str


def copy_checkout(to: Path) -> None:
    """The files that git has or would take, as they are now; Node's packages by a link."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)  # with its time, by which make knows what is out of date
    (to / "slides/node_modules").symlink_to(ROOT / "slides/node_modules")


def pytest(root: Path, test: str) -> tuple[int, str]:
    """The exit status of a test, 0 if it passes and 1 if it fails, and what pytest says."""
    environment = os.environ | {"PYTHONPATH": str(root), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def try_fault(root: Path, fault: Fault) -> tuple[bool, str]:
    """Whether the copy's tests catch the fault, and by which test; the file is as before in the end."""
    path = root / fault.file
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(fault.old, fault.new), encoding="utf-8")
    status, said = pytest(root, fault.test)
    path.write_text(right, encoding="utf-8")
    failed = re.search(r"^(?:FAILED|ERROR) \S+?::(\w+)", said, re.MULTILINE)
    return (True, failed[1]) if status == 1 and failed else (False, "SURVIVED" if status == 0 else f"NOT RUN\n{said}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Make known mistakes in a copy, one at a time, and see tests fail.")
    parser.add_argument("word", nargs="*", help="of the faults to try: in their name, their file or their test")
    parser.add_argument("--list", action="store_true", help="run nothing, and say which they are")
    arguments = parser.parse_args()

    faults = [Fault(**fault) for fault in tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))["fault"]]
    for fault in faults:
        if (n := (ROOT / fault.file).read_text(encoding="utf-8").count(fault.old)) != 1:
            parser.error(f"{fault.name!r}: its old text must occur once in {fault.file}, and is there {n} times")
    words = arguments.word or [""]
    faults = [fault for fault in faults if any(word in " ".join([*fault[:2], fault.test]) for word in words)]
    if arguments.list:
        print(*(f"{fault.file:36}{fault.name}" for fault in faults), sep="\n")
        return 0

    caught = 0
    with TemporaryDirectory(prefix="faults-") as copy:
        root = Path(copy)
        copy_checkout(root)
        passes = cache(lambda test: pytest(root, test))  # each test once without any fault
        for fault in faults:
            status, said = passes(fault.test)
            started = perf_counter()
            is_caught, by = try_fault(root, fault) if status == 0 else (False, f"FAILS WITHOUT THE FAULT\n{said}")
            caught += is_caught
            print(f"{perf_counter() - started:4.0f} s  {fault.name}\n        {by}", flush=True)
    print(f"{caught} of {len(faults)} faults were caught.")
    return int(caught < len(faults))


if __name__ == "__main__":
    sys.exit(main())
