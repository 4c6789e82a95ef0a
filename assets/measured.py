"""What the shipped models do, computed once for all pictures and numbers: in float64, and rounded where it is drawn."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import islice

import torch
from torch import Tensor

import mini_gpt
from mini_gpt import GPT, record
from mini_gpt.lesson import baselines
from mini_gpt.lesson.baselines import NGram
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import Comparison, compare, held_out_documents

TOWN = Town()
WORDS, IDS, END = TOWN.tokenizer.words, TOWN.tokenizer.ids, TOWN.tokenizer.end_of_text
BITS = 1 / math.log(2)  # in a nat


@cache
def model(name: str) -> GPT:
    return mini_gpt.load(name).double()


def read(text: str) -> list[int]:
    """The ids of a text of the town, after <|endoftext|>."""
    return [END, *TOWN.tokenizer.encode(text)]


@torch.no_grad()
def next_probs(ids: Sequence[int]) -> Tensor:
    """(T, V): mini's probabilities of the token after each of ids."""
    return model("mini")(torch.tensor([ids]))[0].softmax(-1)


@torch.no_grad()
def weights(name: str, ids: Sequence[int]) -> Tensor:
    """(L, H, T, S): a model's attention weights."""
    with record(model(name), "*.attention.weights") as trace:
        model(name)(torch.tensor([ids]))
    return trace.layers("attention.weights")[:, 0]


@cache
def compared() -> dict[str, Comparison]:
    """What lesson 06 compares: n-grams by their order, networks of about 390,000 parameters, and mini."""
    seen = list(islice(TOWN.documents("n-grams"), 20_000))
    models = {str(order): NGram(seen, order, len(WORDS), END) for order in (2, 3, 5)}
    models |= {kind: baselines.load(kind).double() for kind in ("rnn", "lstm", "cnn")}
    models |= {name: model(name) for name in ("nano", "mini")}
    documents = held_out_documents(TOWN, 500, "lesson 06")
    return {name: compare(each, TOWN, documents) for name, each in models.items()}


def bits_above_floor(result: Comparison) -> float:
    return (result.loss - result.floor) * BITS
