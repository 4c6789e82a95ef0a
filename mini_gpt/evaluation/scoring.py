"""What a model gives to rows of tokens, computed many rows at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm.auto import tqdm

from mini_gpt.evaluation.formats import Cloze
from mini_gpt.model import GPT
from mini_gpt.tokenizer import Tokenizer
from mini_gpt.trace import no_numbers
from mini_gpt.training.distributed import Processes

POSITIONS = 1024  # at a time get logits, the largest tensor by far: 206 MB with GPT-2's vocabulary

# From logits (N, V), targets (N,) and booleans (N,), True for the first target of a row, to a number for each (N,).
Measure = Callable[[Tensor, Tensor, Tensor], Tensor]


def nats(logits: Tensor, targets: Tensor, begins: Tensor) -> Tensor:
    """-log p of each target."""
    return F.cross_entropy(logits, targets, reduction="none")


class Row(NamedTuple):
    """ids (n,) on the CPU: those from index `first` on are predicted, each from all before it."""

    ids: Tensor
    first: int


def windows(n_tokens: int, context_length: int, stride: int) -> Iterator[tuple[int, int, int]]:
    """Windows (start, stop, first) over a text: tokens first..stop - 1 are predicted from those since start.

    Every token but the first is predicted once: the first window predicts as far as the context reaches, each later
    one `stride` tokens more. Each token sees all before it, or at least context_length - stride + 1 tokens.

    >>> list(windows(8, context_length=4, stride=2))
    [(0, 5, 1), (2, 7, 5), (3, 8, 7)]
    """
    first, stop = 1, min(context_length + 1, n_tokens)
    while first < n_tokens:
        yield max(0, stop - context_length - 1), stop, first
        first, stop = stop, min(stop + stride, n_tokens)


@dataclass(frozen=True)
class Scorer:
    """A model and its tokenizer on one task's data; the other fields are arguments of `evaluate`."""

    model: GPT
    tokenizer: Tokenizer
    task: str
    data: str
    context_length: int
    stride: int
    batch_size: int
    processes: Processes

    @property
    def device(self) -> torch.device:
        return self.model.token_embedding.weight.device

    @property
    def model_size(self) -> str:
        dtype = str(self.model.token_embedding.weight.dtype).removeprefix("torch.")
        return f"{sum(parameter.numel() for parameter in self.model.parameters()):,} parameters, {dtype}"

    @property
    def share(self) -> slice:
        """This process's part of a list."""
        return slice(self.processes.rank, None, self.processes.world_size)

    def encode(self, text: str) -> list[int]:
        try:
            return self.tokenizer.encode(text, special=False)
        except ValueError as error:
            raise ValueError(f"data={self.data!r} is refused by the model's tokenizer: {error}") from error

    def cloze_rows(self, cloze: Cloze) -> list[Row]:
        """For each ending: <|endoftext|>, the context and the ending, which is predicted."""
        context = [self.tokenizer.end_of_text, *self.encode(cloze.context)]
        return [Row(torch.tensor(context + self.encode(ending)), len(context)) for ending in cloze.endings]

    def fit(self, rows: list[Row]) -> list[Row]:
        """The rows, shortened to what the context holds: each loses the same number of its first tokens."""
        cut = max(0, max(len(row.ids) for row in rows) - self.context_length - 1)
        if cut >= (first := min(row.first for row in rows)):
            n = cut - first + 1 + self.context_length
            raise ValueError(f"context_length={self.context_length} must be at least {n} for an ending of {n} tokens")
        return [Row(row.ids[cut:], row.first - cut) for row in rows]

    def score(self, rows: Sequence[Row], *measures: Measure) -> Tensor:
        """(len(rows), len(measures)), float64 on the CPU: the sum of each measure over a row's predicted tokens.

        Raises FloatingPointError, naming the place in the model, if one is NaN.
        """
        batches = [rows[start : start + self.batch_size] for start in range(0, len(rows), self.batch_size)]
        bar = tqdm(batches, unit="batch", disable=None if self.processes.is_first else True)
        values = [self.score_batch(batch, measures) for batch in bar]
        sums = torch.zeros(len(rows), len(measures), dtype=torch.float64)
        if values:  # a process may have no rows
            lengths = torch.tensor([len(row.ids) - row.first for row in rows])
            sums.index_add_(0, torch.arange(len(rows)).repeat_interleave(lengths), torch.cat(values).cpu().double())
        if (wrong := sums.isnan().any(1).nonzero()).numel():
            row = rows[int(wrong[0])]
            what = f"the score of data={self.data!r} is nan"
            raise no_numbers(what, self.model, lambda: self.score_batch([row], measures))
        return sums

    def score_batch(self, rows: Sequence[Row], measures: Sequence[Measure]) -> Tensor:
        """(N, len(measures)) for the N predicted tokens, on the model's device.

        All indices are made on the CPU, and nothing is read back: a GPU does not wait between batches.
        """
        ids = pad_sequence([row.ids for row in rows], batch_first=True)[:, :-1]  # causal: no token sees the padding
        B, T = ids.shape
        places = [torch.arange(row.first - 1, len(row.ids) - 1) for row in rows]  # each predicts the token after it
        index = torch.cat([b * T + place for b, place in zip(range(B), places, strict=True)])
        targets = torch.cat([row.ids[row.first :] for row in rows])
        begins = torch.cat([place == row.first - 1 for row, place in zip(rows, places, strict=True)])
        at_once = self.device.type == "cuda"  # elsewhere the copy might read memory that is freed meanwhile
        ids, index, targets, begins = (t.to(self.device, non_blocking=at_once) for t in (ids, index, targets, begins))
        hidden = self.model.hidden_states(ids).flatten(0, 1)[index]  # (N, C)
        values = []
        for h, *target in zip(*(tensor.split(POSITIONS) for tensor in (hidden, targets, begins)), strict=True):
            logits = self.model.head(h).float()
            values.append(torch.stack([measure(logits, *target) for measure in measures], dim=1))
        return torch.cat(values)
