"""The language models that came before GPT, with its interface: ids (B, T) in, logits (B, T, V) out.

    NGram      counts, with smoothing (Kneser and Ney 1995)
    Recurrent  reads token by token and sums up what it has read in one vector (an RNN, or an LSTM with gates)
    CNN        looks at a window of fixed length (gated convolutions, Dauphin et al. 2017)
And word2vec, which gives every word one vector, whatever its context (Mikolov et al. 2013).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mini_gpt.weights import SHIPPED

Kind = Literal["rnn", "lstm", "cnn"]
KINDS: tuple[Kind, ...] = ("rnn", "lstm", "cnn")
WEIGHTS = "weights.safetensors"
Context = tuple[int, ...]


class NGram:
    """p(token | the last order - 1 tokens), by interpolated Kneser-Ney smoothing with one discount for each order.

    A discount is taken from each count of a context, and what it frees is distributed as the context without its
    first token predicts. In such a shorter context, a token counts by how many different words come before the two,
    not by how often they occur: "francisco" is frequent, but only follows "san" (Chen and Goodman 1999, section 3).

    documents  lists of ids, each ending in end_of_text; each is read as if it followed one

    >>> bigram = NGram([[1, 2, 0], [1, 3, 0], [1, 2, 0]], order=2, vocab_size=4, end_of_text=0)
    >>> probs = bigram(torch.tensor([[0, 1]])).exp()
    >>> probs.sum(-1).tolist(), probs[0, 1].argmax().item()
    ([[1.0, 1.0]], 2)
    """

    def __init__(self, documents: Sequence[list[int]], order: int, vocab_size: int, end_of_text: int) -> None:
        if order < 1:
            raise ValueError(f"order={order} must be at least 1")
        self.order, self.vocab_size = order, vocab_size
        seen: list[Counter[Context]] = [Counter() for _ in range(order + 1)]  # by length: how often each n-gram occurs
        for document in documents:
            text = (end_of_text, *document)
            for t in range(1, len(text)):
                for n in range(1, min(order, t + 1) + 1):
                    seen[n][text[t - n + 1 : t + 1]] += 1
        counts = [Counter[Context]() for _ in range(order + 1)]
        counts[order] = seen[order]
        for n in range(1, order):
            counts[n] = Counter(gram[1:] for gram in seen[n + 1])  # one for each different word before it
            for gram, times in seen[n].items():
                if n > 1 and gram[0] == end_of_text:  # the start of a document: no word comes before it
                    counts[n][gram] = times
        self.discounts = [discount(np.array([*each.values()])) for each in counts]
        self.after: list[dict[Context, tuple[NDArray[np.int64], NDArray[np.float64]]]] = []
        for each in counts:
            by_context: defaultdict[Context, dict[int, int]] = defaultdict(dict)
            for gram, times in each.items():
                by_context[gram[:-1]][gram[-1]] = times
            self.after.append(
                {h: (np.array(list(c)), np.array(list(c.values()), float)) for h, c in by_context.items()}
            )
        self.known: dict[Context, NDArray[np.float64]] = {}

    def distribution(self, context: Context) -> NDArray[np.float64]:
        """p(token | context), (V,); the context has at most order - 1 tokens."""
        if context not in self.known:
            unknown = np.full(self.vocab_size, 1 / self.vocab_size)
            shorter = self.distribution(context[1:]) if context else unknown
            n = len(context) + 1
            if context not in self.after[n]:
                return shorter
            tokens, times = self.after[n][context]
            probs = shorter * (self.discounts[n] * len(tokens) / times.sum())
            probs[tokens] += (times - self.discounts[n]) / times.sum()
            self.known[context] = probs
        return self.known[context]

    def __call__(self, ids: Tensor) -> Tensor:
        """log p(next token), (B, T, V), after each of ids (B, T), whose rows begin with <|endoftext|>."""
        rows = [[self.distribution(tuple(row[max(0, t + 2 - self.order) : t + 1])) for t in range(len(row))]
                for row in ids.tolist()]  # fmt: skip
        return torch.from_numpy(np.log(np.array(rows)))


def discount(times: NDArray[Any]) -> float:
    """n1 / (n1 + 2 n2), where n1 and n2 n-grams were counted once and twice (Ney et al. 1994)."""
    once, twice = (int((times == n).sum()) for n in (1, 2))
    return once / (once + 2 * twice) if once else 0.5


# ---------------------------------------------------------------- neural networks


class Recurrent(nn.Module):
    """An RNN (Elman 1990; tanh) or an LSTM (Hochreiter and Schmidhuber 1997), with a tied head.

    >>> Recurrent("lstm", vocab_size=10, d_model=8, n_layer=1)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 10])
    """

    def __init__(self, kind: Literal["rnn", "lstm"], vocab_size: int, d_model: int, n_layer: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        make = nn.LSTM if kind == "lstm" else nn.RNN
        self.blocks = make(d_model, d_model, n_layer, batch_first=True)
        self.final_norm = nn.LayerNorm(d_model)

    def forward(self, ids: Tensor) -> Tensor:
        x, _ = self.blocks(self.token_embedding(ids))
        return F.linear(self.final_norm(x), self.token_embedding.weight)


class GatedConvolution(nn.Module):
    """(B, C, T) to (B, C, T): each position mixes itself with earlier ones, and a gate decides how much to add."""

    def __init__(self, d_model: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.past = (kernel - 1) * dilation
        self.norm = nn.LayerNorm(d_model)
        self.convolution = nn.Conv1d(d_model, 2 * d_model, kernel, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        normal = self.norm(x.mT).mT
        return x + F.glu(self.convolution(F.pad(normal, (self.past, 0))), dim=1)  # padded on the left only: causal


class CNN(nn.Module):
    """Gated convolutions whose dilation doubles from layer to layer, so that few layers see far; a tied head.

    >>> model = CNN(vocab_size=10, d_model=8, n_layer=4)
    >>> model(torch.tensor([[1, 2, 3]])).shape, model.receptive_field
    (torch.Size([1, 3, 10]), 31)
    """

    def __init__(self, vocab_size: int, d_model: int, n_layer: int, kernel: int = 3) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        self.blocks = nn.Sequential(*(GatedConvolution(d_model, kernel, 2**i) for i in range(n_layer)))
        self.final_norm = nn.LayerNorm(d_model)
        self.receptive_field = 1 + (kernel - 1) * (2**n_layer - 1)  # in tokens, the current one included

    def forward(self, ids: Tensor) -> Tensor:
        x = self.blocks(self.token_embedding(ids).mT).mT
        return F.linear(self.final_norm(x), self.token_embedding.weight)


def build(kind: Kind, vocab_size: int = 478) -> Recurrent | CNN:
    """A baseline with about as many parameters as the GPT "nano", 387,744.

    >>> [sum(p.numel() for p in build(kind).parameters()) for kind in KINDS]
    [391128, 388608, 386568]
    """
    if kind == "cnn":
        return CNN(vocab_size, d_model=117, n_layer=4)
    if kind == "lstm":
        return Recurrent("lstm", vocab_size, d_model=192, n_layer=1)
    if kind == "rnn":
        return Recurrent("rnn", vocab_size, d_model=258, n_layer=2)
    raise ValueError(f"kind={kind!r} must be one of {', '.join(KINDS)}")


def save(model: nn.Module, directory: Path) -> None:
    """Write a baseline's weights to weights.safetensors. It is not a GPT, so `mini_gpt.load` does not open it."""
    directory.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), directory / WEIGHTS)


def load(kind: Kind) -> Recurrent | CNN:
    """The shipped baseline of that kind, trained on the town, in eval mode. Raises ValueError for an unknown kind.

    >>> load("lstm")(torch.tensor([[0, 1]])).shape
    torch.Size([1, 2, 478])
    """
    model = build(kind)
    model.load_state_dict(load_file(SHIPPED / kind / WEIGHTS))
    return model.eval()


# ---------------------------------------------------------------- one word, one vector


def train_word2vec(
    documents: Sequence[list[int]],
    vocab_size: int,
    d: int = 32,
    window: int = 4,
    negatives: int = 5,
    steps: int = 600,
    batch_size: int = 4096,
    seed: int = 0,
) -> Tensor:
    """(V, d): a vector for each word, by skip-gram with negative sampling.

    Each word learns to tell the words within `window` tokens of it from `negatives` words drawn at random, with
    probability proportional to their frequency to the power of 3/4.

    >>> documents = [[1, 2, 0], [3, 2, 0]] * 50
    >>> vectors = train_word2vec(documents, vocab_size=4, d=2, steps=200)
    >>> torch.cosine_similarity(vectors[1], vectors[3], dim=0) > 0.9       # never together, but in the same company
    tensor(True)
    """
    if window < 1 or negatives < 1:
        raise ValueError(f"window={window} and negatives={negatives} must be at least 1")
    generator = torch.Generator().manual_seed(int(seed))
    near_pairs = [(document[t], document[t + k]) for document in documents for k in range(1, window + 1)
                  for t in range(len(document) - k)]  # fmt: skip
    pairs = torch.tensor(near_pairs + [pair[::-1] for pair in near_pairs])
    noise = torch.bincount(pairs[:, 0], minlength=vocab_size).double() ** 0.75
    words, contexts = (nn.Parameter(0.1 * torch.randn(vocab_size, d, generator=generator)) for _ in range(2))
    optimizer = torch.optim.Adam([words, contexts], lr=0.02)
    for _ in range(steps):
        word, context = pairs[torch.randint(len(pairs), (batch_size,), generator=generator)].unbind(1)
        others = torch.multinomial(noise, batch_size * negatives, replacement=True, generator=generator)
        u, v = F.embedding(word, words), F.embedding(context, contexts)  # (batch, d)
        near = (u * v).sum(-1)
        far = (u[:, None] * F.embedding(others.view(batch_size, negatives), contexts)).sum(-1)
        loss = -F.logsigmoid(near).mean() - F.logsigmoid(-far).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return words.detach()
