"""A model beside the truth: what it pays for each token, and the least that anyone could pay."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from mini_gpt.data import document_batch
from mini_gpt.lesson.language import Language
from mini_gpt.model import GPT


class Comparison(NamedTuple):
    """What each token of some documents cost, in nats: -log p by the model, and by the language itself."""

    ids: NDArray[np.int64]
    model: NDArray[np.float64]
    truth: NDArray[np.float64]

    @property
    def loss(self) -> float:
        """The model's mean, in nats per token."""
        return float(self.model.mean())

    @property
    def floor(self) -> float:
        """The truth's mean on the same tokens."""
        return float(self.truth.mean())

    @property
    def ratio(self) -> float:
        """1.01 is one per cent above the floor."""
        return self.loss / self.floor


def held_out_documents(language: Language, n: int, seed: int | str = "held out") -> list[list[int]]:
    """Documents that no training draws, since none uses this seed."""
    return list(islice(language.documents(seed), n))


@torch.no_grad()
def compare(model: GPT, language: Language, documents: Sequence[list[int]]) -> Comparison:
    """What the model and the truth pay for every token of the documents, each read on its own.

    >>> from mini_gpt import GPTConfig
    >>> from mini_gpt.lesson.town import Town
    >>> town = Town("en")
    >>> model = GPT(GPTConfig.preset("nano", vocab_size=town.tokenizer.vocab_size))
    >>> compare(model, town, held_out_documents(town, 20)).ratio > 5     # it knows nothing yet
    True
    """
    end = language.tokenizer.end_of_text
    model_costs, true_costs = [], []
    for document in documents:
        inputs, targets = document_batch([document], end)
        log_probs = model(inputs).log_softmax(-1)
        model_costs.append(-log_probs.gather(-1, targets[..., None]).flatten().double().numpy())
        true_costs.append(-language.token_log_probs([end, *document]))
    return Comparison(np.concatenate(documents), np.concatenate(model_costs), np.concatenate(true_costs))
