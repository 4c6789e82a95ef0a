"""What an evaluation found, and its table beside the paper's figures."""

import math
from dataclasses import asdict, dataclass, field

from mini_gpt.facts import FACTS, paper_row

FIGURES = {  # attribute of a Result: its label, the paper's name for it
    "perplexity_per_word": ("perplexity per word", "perplexity"),
    "accuracy": ("accuracy, %", "accuracy"),
    "accuracy_without_filter": ("  without the filter, %", ""),
    "bits_per_byte": ("bits per byte", "bits_per_byte"),
    "perplexity_per_token": ("perplexity per token", ""),
}


@dataclass(frozen=True)
class Result:
    """What an evaluation found. Whatever a task does not measure is None; accuracies are in percent.

    >>> Result("text", "story.txt", {"context": "8 tokens"}, tokens=4, words=3, bytes=16, nats=8.0).bits_per_byte
    0.7213475204444817
    """

    task: str
    data: str
    protocol: dict[str, str] = field(default_factory=dict)
    examples: int | None = None
    tokens: int | None = None  # of the model's tokenizer, that were predicted
    words: int | None = None  # of the data as published, whatever the model's tokens are
    bytes: int | None = None  # of the data as published, before any de-tokenizer
    nats: float | None = None  # -log p of everything that was predicted
    accuracy: float | None = None
    accuracy_without_filter: float | None = None

    @property
    def perplexity_per_token(self) -> float | None:
        return self.perplexity(self.tokens)

    @property
    def perplexity_per_word(self) -> float | None:
        return self.perplexity(self.words)

    def perplexity(self, n: int | None) -> float | None:
        if self.nats is None or not n:
            return None
        return math.exp(self.nats / n) if self.nats / n < 700 else math.inf

    @property
    def bits_per_byte(self) -> float | None:
        return None if self.nats is None or not self.bytes else self.nats / math.log(2) / self.bytes

    @property
    def figures(self) -> dict[str, float]:
        """What was measured, by name."""
        return {name: value for name in FIGURES if (value := getattr(self, name)) is not None}

    def as_dict(self) -> dict[str, object]:
        """The fields and figures that the task has, and the paper's figures; ready for JSON."""
        fields = {name: value for name, value in asdict(self).items() if value is not None}
        return fields | self.figures | {"paper": paper_row(self.task)}

    def __str__(self) -> str:
        """The protocol, then a table of the figures with the paper's beside them."""
        counts = [(self.examples, "examples"), (self.tokens, "tokens"), (self.words, "words"), (self.bytes, "bytes")]
        lines = [f"{self.task}: " + ", ".join(f"{n:,} {what}" for n, what in counts if n is not None), ""]
        lines += [f"{name:<14}{text}" for name, text in {"data": self.data, **self.protocol}.items()]
        paper = paper_row(self.task)
        names = list(FACTS["zero_shot"]["rows"]) if paper else []
        lines += ["", f"{'':<24}{'here':>14}" + "".join(f"{name:>9}" for name in names)]
        for figure, value in self.figures.items():
            label, metric = FIGURES[figure]
            beside = "".join(f"{paper[metric][name]:>9.2f}" for name in names) if metric in paper else ""
            lines.append(f"{label:<24}{value:>14,.2f}{beside}")
        return "\n".join(lines + ([f"the columns at the right: {FACTS['zero_shot']['source']}"] if paper else []))
