"""A model against the truth: what it pays for each token, and the least that any model could pay."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby, islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mini_gpt.encoder import Encoder, EncoderDecoder
from mini_gpt.lesson.any_model import in_tokens_of, reads
from mini_gpt.lesson.batches import MASK
from mini_gpt.lesson.kinds import single
from mini_gpt.lesson.language import Language, Walk
from mini_gpt.lesson.town import translation_pairs
from mini_gpt.model import GPT
from mini_gpt.tokenizer import WordTokenizer


class Comparison(NamedTuple):
    """The cost of each token of some documents, in nats: -log p under the model, and under the language itself."""

    ids: NDArray[np.int64]
    model: NDArray[np.float64]
    truth: NDArray[np.float64]

    @property
    def loss(self) -> float:
        """The model's mean cost, in nats per token."""
        return float(self.model.mean())

    @property
    def floor(self) -> float:
        """The mean cost under the language itself, on the same tokens."""
        return float(self.truth.mean())

    @property
    def ratio(self) -> float:
        """1.01 means one per cent above the floor."""
        return self.loss / self.floor


def expect_words(name: str, model: object, tokenizer: WordTokenizer) -> None:
    """Raise ValueError for a model that does not read a language's words; it may have more, such as [MASK].

    >>> from mini_gpt.lesson.recipes import NANO
    >>> from mini_gpt.lesson.town import TOKENIZER
    >>> expect_words("model", GPT(NANO), TOKENIZER)
    """
    own, n = getattr(model, "tokenizer", None), tokenizer.vocab_size
    size = model.config.vocab_size if isinstance(model, GPT) else n
    if size < n or (own is not None and list(getattr(own, "words", []))[:n] != list(tokenizer.words)):
        raise ValueError(f"{name} has {size:,} tokens of its own, and must read the town's {n} words, as mini does: "
                         "only of these the truth is known")  # fmt: skip


def held_out_documents(language: Language, n: int, seed: int | str = "held out") -> list[list[int]]:
    """n documents that no training run draws, since none uses this seed."""
    return list(islice(language.documents(seed), n))


def device_of(model: Callable[..., Tensor]) -> torch.device:
    """The device of a model's parameters; the CPU for a model without any."""
    parameters = model.parameters() if isinstance(model, nn.Module) else iter(())
    return next((parameter.device for parameter in parameters), torch.device("cpu"))


def logits_of(model: Callable[[Tensor], Tensor], documents: Sequence[list[int]], end_of_text: int) -> list[Tensor]:
    """For each document, the logits (T, V) of its T tokens, read from <|endoftext|> on.

    Documents of one length are a batch, which needs no padding.

    >>> [logits.shape for logits in logits_of(torch.nn.Embedding(10, 10), [[1, 2, 0], [0], [3, 4, 0]], 0)]
    [torch.Size([3, 10]), torch.Size([1, 10]), torch.Size([3, 10])]
    """
    read: dict[int, Tensor] = {}
    places = sorted(range(len(documents)), key=lambda i: len(documents[i]))
    for _, group in groupby(places, key=lambda i: len(documents[i])):
        rows = list(group)
        ids = torch.tensor([[end_of_text, *documents[i][:-1]] for i in rows], device=device_of(model))
        read |= zip(rows, single(model(ids)).cpu(), strict=True)
    return [read[i] for i in range(len(documents))]


@lru_cache(maxsize=1000)
def costs_under(language: Language, document: tuple[int, ...]) -> NDArray[np.float64]:
    """What the language itself pays for each token, (T,), in nats. Kept, since many models meet the same documents."""
    return -language.token_log_probs([language.tokenizer.end_of_text, *document])


@torch.no_grad()
def costs_of(
    model: Callable[[Tensor], Tensor], documents: Sequence[list[int]], end_of_text: int
) -> NDArray[np.float64]:
    """What the model pays for every token of the documents, (N,), in nats, each document read on its own.

    model  a GPT or a baseline: from ids (B, T) to logits (B, T, V)

    >>> costs_of(lambda ids: torch.zeros(*ids.shape, 8), [[1, 2, 0], [3, 0]], 0).round(2).tolist()     # a die
    [2.08, 2.08, 2.08, 2.08, 2.08]
    """
    costs = []
    for document, logits in zip(documents, logits_of(model, documents, end_of_text), strict=True):
        log_probs = logits.log_softmax(-1)
        costs.append(-log_probs.gather(-1, torch.tensor(document)[:, None]).flatten().double().numpy())
    return np.concatenate(costs)


@torch.no_grad()
def compare(model: Callable[[Tensor], Tensor], language: Language, documents: Sequence[list[int]]) -> Comparison:
    """What the model and the truth pay for every token of the documents, each document read on its own.

    model  a GPT or a baseline: from ids (B, T) to logits (B, T, V). A GPT with other tokens than the language's reads
           the documents as any_model.py spells them; of its own tokens nobody knows the truth: NaN

    >>> from mini_gpt import GPT
    >>> from mini_gpt.lesson.recipes import NANO
    >>> from mini_gpt.lesson.town import Town
    >>> town = Town("en")
    >>> model = GPT(NANO)
    >>> compare(model, town, held_out_documents(town, 20)).ratio > 5     # it knows nothing yet
    True
    """
    if isinstance(model, GPT) and model.tokenizer is not None and not reads(model, language.tokenizer):
        documents = [in_tokens_of(model, document, language.tokenizer) for document in documents]
        model_costs = costs_of(model, documents, model.tokenizer.end_of_text)
        return Comparison(np.concatenate(documents), model_costs, np.full_like(model_costs, np.nan))
    expect_words("model", model, language.tokenizer)
    true_costs = [costs_under(language, tuple(document)) for document in documents]
    model_costs = costs_of(model, documents, language.tokenizer.end_of_text)
    return Comparison(np.concatenate(documents), model_costs, np.concatenate(true_costs))


@lru_cache(maxsize=1000)
def probs_under(language: Language, document: tuple[int, ...]) -> NDArray[np.float64]:
    """The language's own distribution before each token of a document, (T, V). Kept, as costs_under is."""
    return language.next_token_probs_along([language.tokenizer.end_of_text, *document[:-1]])


@torch.no_grad()
def divergences(
    model: Callable[[Tensor], Tensor], language: Language, documents: Sequence[list[int]]
) -> list[NDArray[np.float64]]:
    """KL(truth || model) before each token of each document, (T,), in bits: what believing the model costs, on average.

    It is exact: the mean over every token that could come next, not only over the one that did.

    model  from ids (B, T) to logits (B, T, V), as in compare
    Raises ValueError for a model that does not read the language's words.

    >>> from mini_gpt import load
    >>> from mini_gpt.lesson.town import Town
    >>> town = Town()
    >>> [bits] = divergences(load("mini"), town, held_out_documents(town, 1))
    >>> bool((bits > 0).all() and bits.mean() < 0.1)
    True
    """
    expect_words("model", model, language.tokenizer)
    found = []
    for document, logits in zip(documents, logits_of(model, documents, language.tokenizer.end_of_text), strict=True):
        truth = torch.from_numpy(probs_under(language, tuple(document)))  # (T, V)
        said = logits.double().log_softmax(-1)[:, : truth.size(1)]
        terms = torch.where(truth > 0, truth * (truth.log() - said), 0)  # what can never come counts for nothing
        found.append(terms.sum(-1).numpy() / math.log(2))
    return found


# ---------------------------------------------------------------- one token hidden, all others known


def masked_probs(language: Language, document: Sequence[int], t: int) -> NDArray[np.float64]:
    """p(token at t | all other tokens of the document), (V,), exact: by Bayes' rule, from whole documents.

    >>> from mini_gpt.lesson.town import Town
    >>> town = Town("en")
    >>> document = town.tokenizer.encode("ana needs cash . then she walks to the bank . <|endoftext|>")
    >>> probs = masked_probs(town, document, 0)         # "she": one of the eight women
    >>> round(float(probs[town.tokenizer.ids["ana"]]), 9), float(probs[town.tokenizer.ids["leo"]])
    (0.125, 0.0)
    """
    *_, (_, walks) = [(1.0, language.openings), *language.follow(document[:t])]
    alive = [(walk[1][0], walk) for walk in walks]  # the hidden token, and a walk that says it there
    for token in document[t + 1 :]:
        further = [(hidden, each) for hidden, walk in alive for each in after_one_token(language, walk)]
        alive = [(hidden, walk) for hidden, walk in further if walk[1][0] == token]
    joint = np.zeros(language.tokenizer.vocab_size)
    for hidden, walk in alive:
        joint[hidden] += walk[0]
    return joint / joint.sum()


def after_one_token(language: Language, walk: Walk) -> list[Walk]:
    """The walks that a walk can become when it has said its first id."""
    weight, said, node, bound = walk
    if len(said) > 1:
        return [(weight, said[1:], node, bound)]
    if node is None:  # the document has ended: the next one starts afresh
        return [(weight * opening[0], *opening[1:]) for opening in language.openings]
    return language.walks(weight, node, bound)


@torch.no_grad()
def compare_masked(encoder: Encoder, language: Language, documents: Sequence[list[int]]) -> Comparison:
    """What the encoder and the truth pay for each token of the documents when [MASK] hides that token alone.

    Minus the sum over a document is its pseudo-log-likelihood, which is not the document's log-probability.
    """
    end = language.tokenizer.end_of_text
    assert isinstance(encoder.tokenizer, WordTokenizer)
    model_costs, true_costs = [], []
    for document in documents:
        rows = torch.tensor([[end, *document]], device=device_of(encoder)).repeat(len(document), 1)
        rows[:, 1:].fill_diagonal_(encoder.tokenizer.ids[MASK])
        logits = single(encoder(rows)).cpu()[:, 1:]
        log_probs = logits.log_softmax(-1).diagonal(dim1=0, dim2=1).T  # (T, V): position t from row t
        model_costs.append(-log_probs.gather(-1, torch.tensor(document)[:, None]).flatten().double().numpy())
        true_costs.append([-np.log(masked_probs(language, document, t)[token]) for t, token in enumerate(document)])
    return Comparison(np.concatenate(documents), np.concatenate(model_costs), np.concatenate(true_costs))


def exact_translations(translator: EncoderDecoder, held_out: bool, n: int, seed: int | str = "held out") -> float:
    """The share of n sentences that the translator translates word for word as the town does."""
    end = translator.tokenizer.end_of_text if translator.tokenizer else 0
    right = 0
    for source, target in islice(translation_pairs(seed, held_out), n):
        ids = torch.tensor([source], device=device_of(translator))
        written = translator.translate(ids, end, end, max_new_tokens=len(target) + 1)
        right += written[0, 1:].tolist() == target
    return right / n
