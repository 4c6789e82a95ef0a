"""Does a model know what it does not know? How likely it calls its best guess, and how likely that guess really is."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from mini_gpt.lesson.language import Language
from mini_gpt.lesson.truth import expect_words, logits_of, probs_under


class Guesses(NamedTuple):
    """A model's most likely next token at each position of some documents; every field is (N,)."""

    said: NDArray[np.float64]  # the probability that the model gives it
    true: NDArray[np.float64]  # the probability that the language gives it
    came: NDArray[np.bool_]  # whether it is the token that comes next
    entropy: NDArray[np.float64]  # of the model's distribution, in bits
    true_entropy: NDArray[np.float64]  # of the language's


@torch.no_grad()
def guesses(model: Callable[[Tensor], Tensor], language: Language, documents: Sequence[list[int]]) -> Guesses:
    """The model's best guess for every token of the documents, each document read on its own.

    model  a GPT or a baseline: from ids (B, T) to logits (B, T, V)

    >>> from mini_gpt import load
    >>> from mini_gpt.lesson.town import Town
    >>> from mini_gpt.lesson.truth import held_out_documents
    >>> sure = guesses(load("mini"), Town(), held_out_documents(Town(), 20))
    >>> bool(abs(sure.said - sure.true).mean() < 0.01)     # mini is close to the truth
    True
    """
    expect_words("model", model, language.tokenizer)
    end = language.tokenizer.end_of_text
    probs = torch.cat(logits_of(model, documents, end)).double().softmax(-1).numpy()  # (N, V)
    truth = np.concatenate([probs_under(language, tuple(document)) for document in documents])
    best = probs.argmax(-1)
    at = np.arange(len(best))
    return Guesses(probs[at, best], truth[at, best], best == np.concatenate(documents), entropy(probs), entropy(truth))


def entropy(probs: ArrayLike) -> NDArray[np.float64]:
    """The expected cost in bits, (N,), of a token drawn from probs (N, V).

    >>> entropy([[0.5, 0.5], [1, 0]]).tolist()
    [1.0, 0.0]
    """
    p = np.asarray(probs, dtype=np.float64)
    return -(p * np.log2(np.where(p > 0, p, 1))).sum(-1) + 0.0  # a certainty has 0 bits, not -0


class Bin(NamedTuple):
    """The values in one interval, and what goes with them."""

    share: float  # of all values
    said: float  # the mean of the values
    true: float  # the mean of what goes with them


def binned(said: ArrayLike, true: ArrayLike, bins: int = 10, top: float = 1.0) -> list[Bin]:
    """`said` and `true` (N,), grouped by `said` into equal bins from 0 to top; empty bins are left out.

    >>> binned([0.1, 0.15, 0.9], [0, 1, 1], bins=2)
    [Bin(share=0.6666666666666666, said=0.125, true=0.5), Bin(share=0.3333333333333333, said=0.9, true=1.0)]
    """
    values, others = np.asarray(said, dtype=np.float64), np.asarray(true, dtype=np.float64)
    place = np.minimum((values / top * bins).astype(int), bins - 1)
    inside = [place == i for i in range(bins)]
    return [Bin(float(i.mean()), float(values[i].mean()), float(others[i].mean())) for i in inside if i.any()]


def calibration_error(said: ArrayLike, true: ArrayLike, bins: int = 10) -> float:
    """The expected calibration error: the distance between the means of `said` and `true` in a bin, averaged over all.

    true  (N,): whether each guess was right, as usual (the error then includes chance), or its true probability

    >>> calibration_error([0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0])     # says 90 %, and is right 75 % of the time
    0.15000000000000002
    """
    return sum(each.share * abs(each.said - each.true) for each in binned(said, true, bins))
