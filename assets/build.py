"""Make what the slides show: pictures, states of live widgets, numbers of our models.

    python -m assets.build              make every file of this folder
    python -m assets.build masks        only the files whose names start with "masks"
    python -m assets.build --check      write nothing; fail if a stored file is not what the code makes

NAME.pt.svg and NAME.en.svg are the same picture in both languages, drawn by the function NAME in `pictures.py`;
NAME.LANG.json holds what the front end of a live widget needs (`live.py`). Everything is computed from mini_gpt and the
weights that ship with it. Models run in float64 and their outputs are rounded before they are drawn, so that every
machine makes the same bytes.
"""

import argparse
import io
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from assets import backdrops, live, numbers, pictures
from mini_gpt.lesson.words import LANGUAGES

HERE = Path(__file__).parent
SVG: Any = {"svg.fonttype": "path", "svg.hashsalt": "mini_gpt"}  # letters as shapes: no font needed


def svg(figure: Figure) -> str:
    """A figure as SVG, without date, version or random names."""
    file = io.StringIO()
    with matplotlib.rc_context(SVG):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def makers() -> dict[str, Callable[[], str]]:
    """File name to the function that makes its text."""
    made: dict[str, Callable[[], str]] = {f"{name}.svg": draw for name, draw in backdrops.BACKDROPS.items()}
    for lang in LANGUAGES:
        for name, draw in pictures.PICTURES.items():
            made[f"{name}.{lang}.svg"] = partial(lambda draw, lang: svg(draw(lang)), draw, lang)
        for name in live.WIDGETS:
            made[f"{name}.{lang}.json"] = partial(live.state, name, lang)
    return made | {"numbers.json": numbers.numbers_json}


def stored() -> set[str]:
    return {path.name for pattern in ("*.svg", "*.json") for path in HERE.glob(pattern)}


def is_stale(name: str) -> bool:
    """Whether a stored file is missing, left over, or not what the code makes."""
    path, make = HERE / name, makers().get(name)
    return make is None or not path.exists() or path.read_text(encoding="utf-8") != make()


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the pictures, widget states and numbers that the slides show.")
    parser.add_argument("name", nargs="?", default="", help="prefix of the files to make, such as masks (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a stored file is stale")
    arguments = parser.parse_args()
    names = sorted(name for name in makers().keys() | stored() if name.startswith(arguments.name))
    if not arguments.check:
        for name in names:
            if name in makers():
                (HERE / name).write_text(makers()[name](), encoding="utf-8")
                print(name)
            else:
                (HERE / name).unlink()
        return 0
    old = [name for name in names if is_stale(name)]
    for name in old:
        print(f"assets/{name} is not what the code makes: run `make figures`", file=sys.stderr)
    return bool(old)


if __name__ == "__main__":
    sys.exit(main())
