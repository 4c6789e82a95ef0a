"""What the shipped models do, computed once for all pictures and numbers, in float64; whoever draws it rounds it."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import islice

import torch
from torch import Tensor

import mini_gpt
from mini_gpt import GPT, generate, record
from mini_gpt.lesson import baselines
from mini_gpt.lesson.baselines import NGram, train_word2vec
from mini_gpt.lesson.exams import interval
from mini_gpt.lesson.figures.results import JobBias
from mini_gpt.lesson.senses import Occurrence, occurrences, vectors_of
from mini_gpt.lesson.town import AMBIGUOUS_EN, AMBIGUOUS_PT, BIAS, JOBS, Town
from mini_gpt.lesson.truth import Comparison, compare, held_out_documents

TOWN = Town()
WORDS, IDS, END = TOWN.tokenizer.words, TOWN.tokenizer.ids, TOWN.tokenizer.end_of_text
GPT2_TOKENIZER = mini_gpt.load_tokenizer("gpt2")
BITS = 1 / math.log(2)  # per nat


@cache
def model(name: str) -> GPT:
    return mini_gpt.load(name).double()


def ids_of(text: str) -> list[int]:
    """The ids of a text of the town, preceded by <|endoftext|>."""
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
    """The models of lesson 08: n-grams by order, networks with about 390,000 parameters, and mini."""
    seen = list(islice(TOWN.documents("n-grams"), 20_000))
    models: dict[str, Callable[[Tensor], Tensor]] = {
        str(order): NGram(seen, order, len(WORDS), END) for order in (2, 3, 5)
    }
    models |= {kind: baselines.load(kind).double() for kind in ("rnn", "lstm", "cnn")}
    models |= {name: model(name) for name in ("nano", "mini")}
    documents = held_out_documents(TOWN, 500, "models compared")
    return {name: compare(each, TOWN, documents) for name, each in models.items()}


def bits_above_floor(result: Comparison) -> float:
    return (result.loss - result.floor) * BITS


# ---------------------------------------------------------------- the planted bias, as lesson 09 measures it

FRAMES = {"pt": ("alguém trabalha como {} .", "ele", "ela"), "en": ("someone works as {} .", "he", "she")}


@cache
def biases() -> dict[str, dict[str, JobBias]]:
    """p(he) after each job, in each language: the truth, mini's, and as counted in 400 samples."""
    dice = torch.Generator().manual_seed(0)
    found: dict[str, dict[str, JobBias]] = {}
    for lang, (frame, *pronouns) in FRAMES.items():
        he, she = (IDS[word] for word in pronouns)
        for job in (job for job in JOBS if job.weight == BIAS):  # each job once
            ids = ids_of(frame.format(job.forms[lang]))
            truth, p = TOWN.next_token_probs(ids), next_probs(ids)[-1]
            drawn = generate(model("mini"), torch.tensor([ids]).repeat(400, 1), 1, generator=dice)[:, -1].tolist()
            sample = interval(drawn.count(he), drawn.count(he) + drawn.count(she))
            true_share, share = (round(float(each[he] / (each[he] + each[she])), 3) for each in (truth, p))
            found.setdefault(lang, {})[job.forms[lang]] = true_share, share, sample
    return found


# ---------------------------------------------------------------- an ambiguous word, its sense given by what follows

AMBIGUOUS = {"pt": AMBIGUOUS_PT[:4], "en": AMBIGUOUS_EN[:4]}  # one word: two senses with two clues each


def sentences(lang: str) -> list[Occurrence]:
    """The N sentences that hold that word."""
    return [each for each in occurrences(lang, "after") if each.word == AMBIGUOUS[lang][0].forms["word"]]


@cache
def sense_vectors(lang: str) -> Tensor:
    """(L + 1, N, C): mini-encoder's vectors of the word before the first block and after each."""
    return vectors_of(model("mini-encoder"), sentences(lang))


@cache
def word_vectors(lang: str) -> Tensor:
    """(V, d): word2vec's vectors, from the documents of lesson 07 and as long a training."""
    documents = list(islice(Town(lang).documents("word2vec"), 2000))
    torch.set_default_dtype(torch.float64)
    try:
        return train_word2vec(documents, len(WORDS), steps=300)
    finally:
        torch.set_default_dtype(torch.float32)


def flat(vectors: Tensor) -> Tensor:
    """(..., N, C) to (..., N, 2): two principal components, the largest value of each positive."""
    centred = vectors - vectors.mean(-2, keepdim=True)
    u, s, _ = torch.linalg.svd(centred, full_matrices=False)
    points = u[..., :2] * s[..., None, :2]
    largest = points.gather(-2, points.abs().argmax(-2, keepdim=True))
    return points * largest.sign()
