"""The town's words with two senses: the sentences that hold them, and the vectors that a model gives them there."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor

from mini_gpt.lesson.kinds import single
from mini_gpt.lesson.language import Entry
from mini_gpt.lesson.town import AMBIGUOUS_EN, AMBIGUOUS_PT, DOCUMENTS, PEOPLE, SENSES, TOKENIZER
from mini_gpt.lesson.truth import expect_words
from mini_gpt.model import GPT
from mini_gpt.trace import record

CLUES = ("before", "after")  # where the clue to the sense stands, seen from the word
MEANINGS = {"pt": ("w", AMBIGUOUS_PT), "en": ("v", AMBIGUOUS_EN)}  # their variable in the town's templates
TEMPLATES = {document.name: document.template for kind in DOCUMENTS for document in kind.values()}


class Occurrence(NamedTuple):
    """A word in a sentence, and its sense, named in the word's own language."""

    word: str
    sense: str
    person: str
    before: str
    after: str


def occurrences(lang: str, clue: str, people: Sequence[Entry] = PEOPLE) -> list[Occurrence]:
    """Eight words of a language, each in two senses, with two clues to each sense, in a sentence about each person.

    clue  stands "before" the word or "after" it

    >>> len(occurrences("en", "after")) == 8 * 2 * 2 * 16
    True
    >>> occurrences("en", "after")[0][1:]
    ('money', 'ana', 'ana walks to the', '. then she needs cash .')
    """
    variable, meanings = MEANINGS[lang]
    found = []
    for meaning in meanings:
        word, sense = meaning.forms["word"], SENSES[meaning.forms["translation"]]
        for person in people:
            filled = fill(TEMPLATES[f"meaning-{clue}-{lang}"], {"a": person, variable: meaning})
            found.append(Occurrence(word, sense, person.forms[""], *filled.split(f" {word} ")))
    return found


def fill(template: str, entries: Mapping[str, Entry]) -> str:
    """A template of the town without choices, each variable replaced by its entry's form."""
    return re.sub(r"{(\w)(?:\.(\w+))?}", lambda match: entries[match[1]].forms[match[2] or ""], template)


@torch.no_grad()
def vectors_of(model: GPT, found: Sequence[Occurrence]) -> Tensor:
    """(L + 1, N, C): the word's vector in each of N sentences, before the first block and after each."""
    expect_words("model", model, TOKENIZER)
    weight = model.token_embedding.weight
    starts = [[TOKENIZER.end_of_text, *TOKENIZER.encode(each.before)] for each in found]
    ids = [start + TOKENIZER.encode(f"{each.word} {each.after}") for start, each in zip(starts, found, strict=True)]
    blocks = [f"blocks.{layer}" for layer in range(model.config.n_layer)]
    vectors = torch.empty(len(blocks) + 1, len(found), weight.size(1), dtype=weight.dtype)
    by_length = sorted(range(len(found)), key=lambda i: len(ids[i]))
    for _, group in groupby(by_length, key=lambda i: len(ids[i])):
        rows = list(group)
        with record(model, "embedding", *blocks) as trace:
            model(torch.tensor([ids[i] for i in rows], device=weight.device))
        stream = torch.stack(list(trace.values()))  # (L + 1, B, T, C)
        vectors[:, rows] = stream[:, range(len(rows)), [len(starts[i]) for i in rows]].to(vectors)
    return single(vectors)


def projection(x: Tensor) -> tuple[Tensor, Tensor]:
    """N vectors (L, N, C) in their two directions of largest variance, (L, N, 2), and the share of it kept, (L,).

    >>> points, kept = projection(torch.tensor([[[3.0, 4.0, 0.0], [-3.0, -4.0, 0.0], [0.0, 0.0, 0.0]]]))
    >>> points[0, :2, 0].round(decimals=4).tolist(), round(kept.item(), 4)
    ([5.0, -5.0], 1.0)
    """
    u, s, _ = torch.linalg.svd(x - x.mean(1, keepdim=True), full_matrices=False)
    points = u[..., :2] * s[:, None, :2]
    points = points * torch.where(points[:, :1] < 0, -1, 1)  # the first one lies right and above
    variance, none = s.square(), 1e-9  # where all vectors are one, nothing is lost
    return points, (variance[:, :2].sum(-1) + none) / (variance.sum(-1) + none)
