"""The pictures: tokens and numbers in, a matplotlib Figure out. Words on a picture are in the language `lang`."""

from mini_gpt.lesson.figures.attention import attention_figure, token_label
from mini_gpt.lesson.figures.costs import cost_figure
from mini_gpt.lesson.figures.language_models import knobs_figure, loss_figure, next_token_figure, surprise_figure
from mini_gpt.lesson.figures.models import above_floor_figure, excess_figure
from mini_gpt.lesson.figures.results import accuracy_figure, bias_figure, results_figure
from mini_gpt.lesson.figures.senses import layers_figure, neighbours_figure, sense_figure
from mini_gpt.lesson.figures.tokens import cuts_figure, document_tokens_figure, language_cost_figure, measures_figure

__all__ = [
    "above_floor_figure",
    "accuracy_figure",
    "attention_figure",
    "bias_figure",
    "cost_figure",
    "cuts_figure",
    "document_tokens_figure",
    "excess_figure",
    "knobs_figure",
    "language_cost_figure",
    "layers_figure",
    "loss_figure",
    "measures_figure",
    "neighbours_figure",
    "next_token_figure",
    "results_figure",
    "sense_figure",
    "surprise_figure",
    "token_label",
]
