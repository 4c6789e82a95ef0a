"""Do the tests prove what they say? Make known mistakes in a copy of this checkout, one at a time, and see tests fail.

    python tests/faults/run.py                  every fault of faults.toml
    python tests/faults/run.py cache mask       those with one of these words in their name, their file or their test
    python tests/faults/run.py --list           run nothing, and say which they are

Exit status 1 if a fault survives, or if a test fails without any.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
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


def copy_checkout(to: Path) -> None:
    """The files that git has or would take, as they are now, and a link to Node's packages."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)  # with its time, by which make knows what is out of date
    (to / "slides/node_modules").symlink_to(ROOT / "slides/node_modules")


def is_stale(fault: Fault) -> bool:
    """Whether the file has changed so that the fault cannot be made."""
    path = ROOT / fault.file
    return not path.is_file() or path.read_text(encoding="utf-8").count(fault.old) != 1


def pytest(tests: set[str], root: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *sorted(tests)]
    return subprocess.run(
        command, cwd=root, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def pytest_with(fault: Fault, root: Path) -> subprocess.CompletedProcess[str]:
    """The fault's test on a copy that has the fault; afterwards the copy is as it was."""
    path = root / fault.file
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(fault.old, fault.new), encoding="utf-8")
    done = pytest({fault.test}, root)
    path.write_text(right, encoding="utf-8")
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description="Make known mistakes in a copy, one at a time, and see tests fail.")
    parser.add_argument("word", nargs="*", help="of the faults to try: in their name, their file or their test")
    parser.add_argument("--list", action="store_true", help="run nothing, and say which they are")
    arguments = parser.parse_args()

    faults = [Fault(**fault) for fault in tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))["fault"]]
    if stale := [fault for fault in faults if is_stale(fault)]:
        parser.error("\n".join(f"{each.file} must hold once, for {each.name!r}: {each.old}" for each in stale))
    words = arguments.word or [""]
    faults = [fault for fault in faults if any(word in f"{fault.name} {fault.file} {fault.test}" for word in words)]
    if not faults:
        parser.error(f"no fault has {' or '.join(map(repr, words))} in its name, its file or its test; see --list")
    if arguments.list:
        print(*(f"{fault.file}: {fault.name}" for fault in faults), sep="\n")
        return 0

    caught = 0
    with TemporaryDirectory() as copy:
        root = Path(copy)
        copy_checkout(root)
        done = pytest({fault.test for fault in faults}, root)
        if done.returncode:
            sys.exit(f"Without any fault, these tests must pass:\n{done.stdout}")
        for fault in faults:
            started = perf_counter()
            done = pytest_with(fault, root)
            failed = re.search(r"^(?:FAILED|ERROR) (\S+::\S+)", done.stdout, re.MULTILINE)
            caught += bool(failed)
            told = f"caught    {fault.name}\n{'':18}{failed[1]}" if failed else f"SURVIVED  {fault.name}\n{done.stdout}"
            print(f"{perf_counter() - started:4.0f} s  {told}", flush=True)
    print(f"{caught} of {len(faults)} faults were caught.")
    return int(caught < len(faults))


if __name__ == "__main__":
    sys.exit(main())
