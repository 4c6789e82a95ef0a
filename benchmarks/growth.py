"""Measure and draw how cost grows with the context and with the model.

python benchmarks/growth.py                  build/cost-context.png, build/cost-parameters.png
"""

from pathlib import Path
from typing import Literal

from cyclopts import App

from mini_gpt.lesson.costs import GROWING_CONTEXT, GROWING_MODEL, costs
from mini_gpt.lesson.figures import cost_figure


def main(out: Path = Path("build"), lang: Literal["en", "pt"] = "en") -> None:
    """Measure and draw the time and memory of one more token, in a few seconds.

    Args:
        out: the folder for the two pictures
        lang: the language of their labels
    """
    out.mkdir(parents=True, exist_ok=True)
    cost_figure(costs(*GROWING_CONTEXT), lang, "context").savefig(out / "cost-context.png")
    cost_figure(costs(*GROWING_MODEL), lang, "parameters").savefig(out / "cost-parameters.png")
    print(f"{out / 'cost-context.png'}, {out / 'cost-parameters.png'}")


if __name__ == "__main__":
    App(default_command=main, name="growth.py", version_flags=[])()
