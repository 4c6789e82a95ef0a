"""The figures: tokens and numbers in, a matplotlib Figure out, with its words and numbers in the language `lang`."""

from mini_gpt.lesson.figures.attention import (
    attention_figure,
    attention_steps_figure,
    edges_figure,
    painted_figure,
    token_label,
)
from mini_gpt.lesson.figures.block import block_figure
from mini_gpt.lesson.figures.costs import cost_figure
from mini_gpt.lesson.figures.drawings import (
    blocks_figure,
    stacks_figure,
    transformer_figure,
)
from mini_gpt.lesson.figures.language_models import (
    bets_figure,
    loss_figure,
    next_token_figure,
    surprise_figure,
)
from mini_gpt.lesson.figures.models import above_floor_figure, bits_figure, tuning_figure
from mini_gpt.lesson.figures.results import accuracy_figure, bias_figure, results_figure, saturation_figure
from mini_gpt.lesson.figures.scale import calibration_figure, differences_figure, power_law_figure, scaling_figure
from mini_gpt.lesson.figures.senses import sense_figure, vectors_figure
from mini_gpt.lesson.figures.tokens import cuts_figure
from mini_gpt.lesson.figures.training import gradient_figure, learning_figure, schedule_figure
from mini_gpt.lesson.figures.writing import prompts_figure, samples_figure

__all__ = [
    "above_floor_figure",
    "accuracy_figure",
    "attention_figure",
    "attention_steps_figure",
    "bets_figure",
    "bias_figure",
    "bits_figure",
    "block_figure",
    "blocks_figure",
    "calibration_figure",
    "cost_figure",
    "cuts_figure",
    "differences_figure",
    "edges_figure",
    "gradient_figure",
    "learning_figure",
    "loss_figure",
    "next_token_figure",
    "painted_figure",
    "power_law_figure",
    "prompts_figure",
    "results_figure",
    "samples_figure",
    "saturation_figure",
    "scaling_figure",
    "schedule_figure",
    "sense_figure",
    "stacks_figure",
    "surprise_figure",
    "token_label",
    "transformer_figure",
    "tuning_figure",
    "vectors_figure",
]
