"""The pictures: tokens and numbers in, a matplotlib Figure out. Words on a picture are in the language `lang`."""

from mini_gpt.lesson.figures.attention import attention_figure, token_label
from mini_gpt.lesson.figures.costs import cost_figure
from mini_gpt.lesson.figures.language_models import knobs_figure, loss_figure, next_token_figure, surprise_figure
from mini_gpt.lesson.figures.results import bias_figure, results_figure
from mini_gpt.lesson.figures.tokens import document_tokens_figure, language_cost_figure

__all__ = [
    "attention_figure",
    "bias_figure",
    "cost_figure",
    "document_tokens_figure",
    "knobs_figure",
    "language_cost_figure",
    "loss_figure",
    "next_token_figure",
    "results_figure",
    "surprise_figure",
    "token_label",
]
