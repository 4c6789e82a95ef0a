"""Train the weights that ship, and say how near to the truth they came.

python -m mini_gpt.lesson.train_town            every recipe
python -m mini_gpt.lesson.train_town --help     the choices
"""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro

from mini_gpt.config import GPTConfig
from mini_gpt.data import DocumentBatches
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, held_out_documents
from mini_gpt.model import GPT
from mini_gpt.train import TrainConfig, train
from mini_gpt.weights import SHIPPED, save


@dataclass(frozen=True)
class Recipe:
    """Which town (None: both languages), which model, how many documents a step, and how to train."""

    language: str | None
    preset: str
    batch_size: int
    config: TrainConfig


RECIPES = {"mini": Recipe(None, "mini", 128, TrainConfig(steps=5500))}


def train_recipe(recipe: Recipe, out: Path) -> tuple[GPT, float]:
    """A model trained by the recipe, and the seconds that it took; an interrupted run in `out` goes on."""
    town = Town(recipe.language)
    torch.manual_seed(recipe.config.seed)
    model = GPT(GPTConfig.preset(recipe.preset))
    model.tokenizer = town.tokenizer
    batches = DocumentBatches(town, recipe.batch_size, town.tokenizer.end_of_text, recipe.config.seed)
    log = train(model, batches, recipe.config, out, floor=town.entropy().nats)
    return model, log[-1]["seconds"]


def card(name: str, recipe: Recipe, model: GPT, seconds: float) -> str:
    """The README that lies beside the weights: how they came to be, and how near to the truth they are."""
    town = Town(recipe.language)
    entropy, result = town.entropy(), compare(model, town, held_out_documents(town, 2000))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    languages = recipe.language or "pt and en"
    return f"""# {name}

{parameters:,} parameters, trained on the town's documents ({languages}) by

    python -m mini_gpt.lesson.train_town {name}

in {seconds / 60:.0f} minutes on {os.cpu_count()} cores.

| | nats per token |
|---|---|
| loss on {len(result.ids):,} tokens of documents that no training draws | {result.loss:.4f} |
| the least possible on the same tokens, from the town's exact probabilities | {result.floor:.4f} |
| above the least | {100 * (result.ratio - 1):.2f} % |
| the town's entropy | {entropy.nats:.4f} ± {entropy.standard_error:.4f} |

{recipe}
"""


def main(names: tyro.conf.Positional[tuple[str, ...]] = tuple(RECIPES), runs: Path = Path("build/training")) -> None:
    """Train the weights that ship.

    Args:
        names: which ones
        runs: where their logs and checkpoints go; an interrupted training goes on from there
    """
    for name in names:
        if name not in RECIPES:
            raise SystemExit(f"names={name!r} must be among {', '.join(RECIPES)}")
        model, seconds = train_recipe(RECIPES[name], runs / name)
        save(model, SHIPPED / name)
        text = card(name, RECIPES[name], model, seconds)
        (SHIPPED / name / "README.md").write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    tyro.cli(main)
