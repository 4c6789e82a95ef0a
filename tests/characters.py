"""A model whose tokens are characters, so that words have several tokens, as in GPT-2; and slow, direct oracles."""

import re
from collections.abc import Iterable

import torch
from conftest import lively

from mini_gpt import GPT, GPTConfig

PRINTABLE = "".join(map(chr, range(33, 127))) + "\né→"


class Characters:
    """A token for each character, and for each character after a space."""

    def __init__(self, characters: str) -> None:
        self.tokens = ["<|endoftext|>", *characters, *(" " + character for character in characters), " "]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.vocab_size, self.end_of_text = len(self.tokens), 0

    def encode(self, text: str, special: bool = True) -> list[int]:
        pieces = re.findall(r" ?[^ ]| ", text)
        if unknown := set(pieces) - set(self.ids):
            raise ValueError(f"unknown {sorted(unknown)}")
        return [self.ids[piece] for piece in pieces]

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(self.tokens[i] for i in ids)


def with_characters(characters: str, context_length: int, seed: int = 0) -> GPT:
    tokenizer = Characters(characters)
    model = lively(GPTConfig(tokenizer.vocab_size, context_length, n_layer=2, n_head=2, d_model=8), seed)
    model.tokenizer = tokenizer
    return model


def log_probs(model: GPT, context: list[int]) -> torch.Tensor:
    """(V,) of the token after a context, in float64."""
    with torch.no_grad():
        return model(torch.tensor([context]))[0, -1].double().log_softmax(-1)


def nats_of(model: GPT, ids: list[int], first: int) -> float:
    """-log p of ids[first:], one token at a time, each from all before it."""
    return -sum(log_probs(model, ids[:t])[ids[t]].item() for t in range(first, len(ids)))
