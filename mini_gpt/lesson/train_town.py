"""Train the weights that ship, and report how close to the truth they come.

python -m mini_gpt.lesson.train_town            every recipe
python -m mini_gpt.lesson.train_town --help     the options
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import torch
from cyclopts import App
from torch import nn

from mini_gpt.encoder import Encoder, EncoderDecoder
from mini_gpt.lesson import baselines
from mini_gpt.lesson.batches import PAD, masked, masked_loss, pair_batch, pair_loss
from mini_gpt.lesson.recipes import READER_TOKENIZER, RECIPES, Recipe
from mini_gpt.lesson.town import TOKENIZER, Town, translation_pairs
from mini_gpt.lesson.truth import Comparison, compare, compare_masked, exact_translations, held_out_documents
from mini_gpt.model import GPT
from mini_gpt.tokenizer import WordTokenizer
from mini_gpt.training.data import Batch, DocumentBatches
from mini_gpt.training.train import Batches, Loss, summed_loss, train
from mini_gpt.weights import SHIPPED, save


@dataclass(frozen=True)
class Objective:
    """A kind of model, its tokenizer and batches, the loss to minimise, and what to measure, by name."""

    kind: type[GPT]
    tokenizer: WordTokenizer
    batches: Callable[[Recipe], Batches]
    loss: Loss
    measure: Callable[..., dict[str, str]]


def document_batches(recipe: Recipe) -> DocumentBatches:
    return DocumentBatches(Town(), recipe.batch_size, TOKENIZER.end_of_text, recipe.config.seed)


def masked_batches(recipe: Recipe) -> Batches:
    documents = document_batches(recipe)

    def batches(step: int) -> list[Batch]:
        dice = torch.Generator().manual_seed(step)
        return [masked(part, READER_TOKENIZER, rate=0.2, generator=dice) for part in documents(step)]

    return batches


def pair_batches(recipe: Recipe) -> Batches:
    def batches(step: int) -> list[Batch]:
        pairs = translation_pairs(f"{recipe.config.seed}, step {step}")
        return [pair_batch(list(islice(pairs, recipe.batch_size)), READER_TOKENIZER)]

    return batches


def beside_the_truth(result: Comparison) -> dict[str, str]:
    return {
        f"loss on {len(result.ids):,} tokens of documents that no training draws, nats per token": f"{result.loss:.4f}",
        "the least possible on the same tokens, from the town's exact probabilities": f"{result.floor:.4f}",
        "above the least": f"{100 * (result.ratio - 1):.2f} %",
    }


def measure_next_token(model: nn.Module) -> dict[str, str]:
    entropy = Town().entropy()
    rows = beside_the_truth(compare(model, Town(), held_out_documents(Town(), 2000)))
    return rows | {"the town's entropy": f"{entropy.nats:.4f} ± {entropy.standard_error:.4f}"}


def measure_hidden_token(model: Encoder) -> dict[str, str]:
    return beside_the_truth(compare_masked(model, Town(), held_out_documents(Town(), 100)))


def measure_translation(model: EncoderDecoder) -> dict[str, str]:
    kinds = {"new pairs of sentences": False, "pairs about what no training combines": True}
    right = {name: exact_translations(model, held_out, 500) for name, held_out in kinds.items()}
    return {f"word for word right, of 500 {name}": f"{100 * share:.1f} %" for name, share in right.items()}


PAD_ID = READER_TOKENIZER.ids[PAD]
OBJECTIVES = {
    "next token": Objective(GPT, TOKENIZER, document_batches, summed_loss, measure_next_token),
    "hidden token": Objective(
        Encoder, READER_TOKENIZER, masked_batches, partial(masked_loss, pad=PAD_ID), measure_hidden_token
    ),
    "translation": Objective(
        EncoderDecoder, READER_TOKENIZER, pair_batches, partial(pair_loss, pad=PAD_ID), measure_translation
    ),
}


def train_recipe(recipe: Recipe, out: Path) -> tuple[nn.Module, float]:
    """A model trained by the recipe, and the seconds it took. An interrupted run of a GPT in `out` is resumed."""
    objective = OBJECTIVES[recipe.task]
    torch.manual_seed(recipe.config.seed)
    if isinstance(recipe.model, str):
        baseline = baselines.build(recipe.model)
        log = train(baseline, objective.batches(recipe), recipe.config)
        return baseline, log[-1]["seconds"]
    model = objective.kind(recipe.model)
    model.tokenizer = objective.tokenizer
    log = train(model, objective.batches(recipe), recipe.config, out, loss=objective.loss)
    return model, log[-1]["seconds"]


def card(name: str, recipe: Recipe, model: nn.Module, seconds: float) -> str:
    """The README next to the weights: how they were trained, and how close to the truth they are."""
    parameters = sum(parameter.numel() for parameter in model.parameters())
    rows = "\n".join(f"| {what} | {value} |" for what, value in OBJECTIVES[recipe.task].measure(model).items())
    return f"""# {name}

{parameters:,} parameters, trained on the town's documents (pt and en) to predict: the {recipe.task}. By

    python -m mini_gpt.lesson.train_town {name}

in {seconds / 60:.1f} minutes on {os.cpu_count()} cores.

| measured | |
|---|---|
{rows}

{recipe}
"""


def main(*names: str, runs: Path = Path("build/training")) -> None:
    """Train the weights that ship.

    Args:
        names: the recipes to train; all by default
        runs: where logs and checkpoints go; interrupted runs are resumed from there
    """
    for name in names:
        if name not in RECIPES:
            raise SystemExit(f"names={name!r} must be among {', '.join(RECIPES)}")
    for name in names or RECIPES:
        model, seconds = train_recipe(RECIPES[name], runs / name)
        if isinstance(model, GPT):
            save(model, SHIPPED / name)
        else:
            baselines.save(model, SHIPPED / name)
        text = card(name, RECIPES[name], model, seconds)
        (SHIPPED / name / "README.md").write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    App(default_command=main, name="python -m mini_gpt.lesson.train_town", version_flags=[])()
