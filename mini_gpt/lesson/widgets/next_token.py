"""What comes next? A model's answer beside the exact truth of the town, and the knobs of sampling."""

import math
from contextlib import suppress
from html import escape
from itertools import takewhile
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
import traitlets
from torch import Tensor

from mini_gpt.cache import Cache
from mini_gpt.generate import generate
from mini_gpt.lesson.kinds import plain
from mini_gpt.lesson.language import Departure, Language
from mini_gpt.lesson.palette import PALETTE
from mini_gpt.lesson.token_names import token_name, token_names
from mini_gpt.lesson.widgets.widget import UNKNOWN, Widget, front_end, opened, state_of, unknown_words
from mini_gpt.lesson.words import local
from mini_gpt.model import GPT
from mini_gpt.sampling import next_token_probs
from mini_gpt.tokenizer import END_OF_TEXT, UnknownWords, WordTokenizer

RANGES: dict[str, dict[str, float]] = {  # of the sliders; `off` is the place that leaves a knob out: None in Python
    "temperature": {"min": 0, "max": 3, "step": 0.05},
    "top_k": {"min": 1, "max": 20, "step": 1, "off": 21},
    "top_p": {"min": 0.05, "max": 1, "step": 0.05, "off": 1},
}
SEEDS: dict[str, float] = {"min": 0, "max": 2**32 - 1, "step": 1}
TEXTS = {
    "title": {"pt": "Explorador do próximo token", "en": "Next-token explorer"},
    "prefix": {"pt": "Prefixo: o texto até aqui", "en": "Prefix: the text so far"},
    "examples": {"pt": "Exemplos", "en": "Examples"},
    "trained_on": {"pt": "Treinado com", "en": "Trained on"},
    "choose": {"pt": "escolha um…", "en": "choose one…"},
    "start": {"pt": "(início de um documento)", "en": "(start of a document)"},
    "draw": {"pt": "Sortear e continuar", "en": "Draw and continue"},
    "most_likely": {"pt": "Usar o mais provável", "en": "Take the most likely"},
    "undo": {"pt": "Desfazer", "en": "Undo"},
    "new": {"pt": "Recomeçar", "en": "Start again"},
    "temperature": {"pt": "temperatura", "en": "temperature"},
    "top_k": {"pt": "top-k", "en": "top-k"},
    "top_p": {"pt": "top-p", "en": "top-p"},
    "all": {"pt": "todos", "en": "all"},
    "chart": {"pt": "Probabilidade do próximo token", "en": "Probability of the next token"},
    "token": {"pt": "próximo", "en": "next"},
    "model": {"pt": "modelo", "en": "model"},
    "truth": {"pt": "verdade", "en": "truth"},
    "cut": {"pt": "cortado", "en": "cut"},
    "rest": {"pt": "os outros {n} tokens", "en": "the other {n} tokens"},
    "entropy": {"pt": "entropia, em bits", "en": "entropy, in bits"},
    "surprise": {
        "pt": "surpresa média com o que a cidade diz, em bits",
        "en": "mean surprise at what the town says, in bits",
    },
    "drew": {
        "pt": "Saiu “{token}” ({p}; surpresa de {bits} bits).",
        "en": "Drew “{token}” ({p}; a surprise of {bits} bits).",
    },
    "took": {
        "pt": "Escolhido: “{token}” ({p}; surpresa de {bits} bits).",
        "en": "Took “{token}” ({p}; a surprise of {bits} bits).",
    },
    "likely": {"pt": "O mais provável agora: “{token}”, {p}", "en": "Most likely now: “{token}”, {p}"},
    "truly": {"pt": " (verdade: {p})", "en": " (truth: {p})"},
    "complete": {"pt": "O documento está completo.", "en": "The document is complete."},
    **UNKNOWN,
    "outside": {
        "pt": "A cidade nunca diria isto: só o modelo responde, sem verdade para comparar.",
        "en": "The town would never say this: only the model answers, with no truth to compare.",
    },
    "departure": {
        "pt": "Depois de “{before}” não pode vir “{word}”; podem, por exemplo: {likely}.",
        "en": "“{word}” cannot follow “{before}”; for example, these can: {likely}.",
    },
    "along": {
        "pt": "Nesta página a verdade só é conhecida ao longo dos exemplos e das suas continuações mais prováveis.",
        "en": "On this page the truth is known only along the examples and their most likely continuations.",
    },
    "window": {"pt": "O modelo lê só os últimos {n} tokens.", "en": "The model reads only the last {n} tokens."},
}
EXAMPLES = {
    "pt": ["", "ana", "ana compra um livro no mercado . ela dá", "os livros que bia deixou na praça",
           "alguém trabalha como recepcionista .", "ana olha a manga . depois ela",
           "em português : ana compra um mapa na praça . em inglês : ana"],
    "en": ["", "ana", "ana buys a book at the market . she gives", "the books that bia left in the square",
           "someone works as a receptionist .", "ana sees the ring . then she",
           "in english : ana buys a map in the square . in portuguese : ana"],
}  # fmt: skip
PLAIN = {  # for a model of real language
    "pt": ["", "Era uma vez", "A capital do Brasil é", "O médico disse que ela"],
    "en": ["", "Once upon a time", "The capital of Brazil is", "The doctor said that she"],
}
MOST, OWN = 12, 8  # rows in the chart, and how many of them are the model's most likely whatever the truth says


class Reader:
    """A model's logits of the next token, (V,). What two texts begin with alike is read once.

    >>> from mini_gpt import GPTConfig
    >>> reader = Reader(GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=4)))
    >>> _ = reader.logits([0, 1, 2])
    >>> torch.allclose(reader.logits([0, 1, 3]), reader.model(torch.tensor([[0, 1, 3]]))[0, -1], atol=1e-6)
    True
    """

    def __init__(self, model: GPT) -> None:
        self.model = model
        self.ids: list[int] = []
        self.state: object = None

    @torch.no_grad()
    def logits(self, ids: list[int]) -> Tensor:
        weights, state = next(self.model.parameters()), state_of(self.model)
        if state != self.state or self.model.training:
            self.cache = Cache(self.model.config, 1, weights.device, weights.dtype)
            self.ids, self.state = [], state
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.ids, ids, strict=False)))
        start = min(alike, len(ids) - 1)
        for layer in self.cache.layers:
            layer.length = start
        self.ids = ids
        return self.model(torch.tensor([ids[start:]], device=weights.device), cache=self.cache)[0, -1].detach().cpu()


def uniform(seed: int) -> tuple[float, int]:
    """A number in [0, 1), and the next seed. The generator is mulberry32, which runtime/sampling.js has, too.

    >>> uniform(0)
    (0.26642920868471265, 1831565813)
    """
    following = (seed + 0x6D2B79F5) % 2**32
    x = (following ^ following >> 15) * (following | 1) % 2**32
    x ^= (x + (x ^ x >> 7) * (x | 61)) % 2**32
    return (x ^ x >> 14) / 2**32, following


def at(probs: Tensor, point: float) -> int:
    """The id whose share of [0, 1) holds the point, if the probabilities (V,) are laid end to end.

    >>> at(torch.tensor([0.0, 0.7, 0.3, 0.0]), 0.7), at(torch.tensor([0.5, 0.4999999, 0.0]), 0.99999999)
    (2, 1)
    """
    possible = probs.nonzero().flatten()
    place = torch.searchsorted(probs[possible].cumsum(0), torch.tensor([point], dtype=probs.dtype), right=True)
    return int(possible[place.clamp(max=len(possible) - 1)])


def mean_surprise(p: Tensor, q: Tensor) -> float | None:
    """The mean of -log2 q over what p draws: p's entropy if q is p. None if it is infinite.

    >>> half = torch.tensor([0.5, 0.5, 0.0])
    >>> mean_surprise(half, half), mean_surprise(half, torch.tensor([0.25, 0.5, 0.25]))
    (1.0, 1.5)
    >>> mean_surprise(half, torch.tensor([1.0, 0.0, 0.0]))
    """
    possible = p > 0
    bits = -float((p[possible] * q[possible].log2()).sum())
    return bits + 0.0 if math.isfinite(bits) else None


class NextToken(Widget):
    """Type a prefix, see the model's next token beside the truth, turn the knobs, draw, and go on.

    model   a GPT with a tokenizer, in the mode that it is in: call model.eval() first if it has dropout
    town    the language that knows the truth; None shows the model alone
    lang    of the labels, "pt" or "en"
    top_k, top_p   None leaves the knob out
    seed    of the draws; each draw moves it on

    What the student sets can be read and set from Python too: .prefix .temperature .top_k .top_p .seed

    >>> from mini_gpt import GPT
    >>> from mini_gpt.lesson.recipes import NANO
    >>> from mini_gpt.lesson.town import Town
    >>> town = Town("en")
    >>> model = GPT(NANO)
    >>> NextToken(model, town, "ana is", lang="en", top_k=5)
    NextToken('ana is', temperature=1.0, top_k=5, top_p=None, seed=0)
    """

    _esm, _css = front_end(__file__)
    # what the student sets; None, which Any would let pass, is checked too
    prefix = traitlets.Unicode().tag(sync=True)
    temperature: Any = traitlets.TraitType(1.0).tag(sync=True)
    top_k: Any = traitlets.TraitType(None).tag(sync=True)
    top_p: Any = traitlets.TraitType(None).tag(sync=True)
    seed: Any = traitlets.TraitType(0).tag(sync=True)
    # the answer
    answered: Any = traitlets.List().tag(sync=True)  # to what: prefix, temperature, top_k, top_p, seed
    problem = traitlets.Unicode().tag(sync=True)
    notes: Any = traitlets.List().tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    rest: Any = traitlets.List().tag(sync=True)
    bits: Any = traitlets.Dict().tag(sync=True)
    take: Any = traitlets.Dict().tag(sync=True)
    draw: Any = traitlets.Dict().tag(sync=True)
    # what never changes
    by_word: Any = traitlets.Bool().tag(sync=True)
    examples: Any = traitlets.List().tag(sync=True)
    ranges: Any = traitlets.Dict(RANGES).tag(sync=True)

    def __init__(
        self,
        model: GPT,
        town: Language | None = None,
        prefix: str = "",
        lang: str = "pt",
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: int = 0,
    ) -> None:
        self.speak(TEXTS, lang)
        if not isinstance(prefix, str):
            raise ValueError(f"prefix={prefix!r} must be a text")
        tokenizer = getattr(model, "tokenizer", None) or getattr(town, "tokenizer", None)
        if tokenizer is None:
            raise ValueError(
                "model.tokenizer=None must be the tokenizer that goes with the weights, or town must have it"
            )
        if town and town.tokenizer.words != getattr(tokenizer, "words", None):
            raise ValueError("town has other words than model.tokenizer, and must have the same")
        if model.config.vocab_size < tokenizer.vocab_size:
            size = model.config.vocab_size
            raise ValueError(f"model has vocab_size={size}, but its tokenizer has {tokenizer.vocab_size} tokens")
        tokenizer.encode(prefix)
        self.model, self.town, self.tokenizer = model, town, tokenizer
        self.reader = Reader(model)
        self.written: dict[str, list[int]] = {}  # the ids of texts that were written here
        self.by_word = isinstance(tokenizer, WordTokenizer)
        self.examples = [text for text in EXAMPLES[lang] if self.can_say(text)] if self.by_word else [*PLAIN[lang]]
        super().__init__(prefix=str(prefix), temperature=temperature, top_k=top_k, top_p=top_p, seed=seed)
        self._ask(None)

    @traitlets.validate(*RANGES, "seed")
    def _check(self, proposal: Any) -> int | float | None:
        name, value = proposal["trait"].name, plain(proposal["value"])
        allowed = RANGES.get(name, SEEDS)
        whole, optional = allowed["step"] == 1, "off" in allowed
        if value is None and optional:
            return None
        right_kind = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
        if not right_kind or not allowed["min"] <= value <= allowed["max"]:
            numbers = f"a {'whole ' * whole}number from {allowed['min']} to {allowed['max']}"
            raise ValueError(f"{name}={value!r} must be {numbers}{', or None to leave it out' * optional}")
        return int(value) if whole else float(value)

    @traitlets.observe("prefix", *RANGES, "seed")
    def _ask(self, change: Any) -> None:
        asked = [self.prefix, self.temperature, self.top_k, self.top_p, self.seed]
        if self.answered != asked:
            with self.hold_sync():
                for name, value in self.answer(*asked).items():
                    self.set_trait(name, value)

    def answer(
        self, prefix: str, temperature: float = 1, top_k: int | None = None, top_p: float | None = None, seed: int = 0
    ) -> dict[str, Any]:
        """What the front end shows for a prefix and the knobs. A page without Python answers itself, in the same form.

        answered   the arguments
        problem    why there is no answer, or "": if not "", the last chart stays
        notes      sentences to read beside the chart
        rows       the tokens in the chart, the model's and the truth's most likely, in the model's order: each its
                   name and its probability before the knobs, after them (None: cut), and in truth (None: unknown)
        rest       how many tokens are not in the chart, their probability after the knobs, and the true one
        bits       entropy, of the distribution after the knobs; truth, the true one's; surprise, the former's mean at
                   what the truth draws, None if that is infinite
        take       the most likely token: its name, its probability p, the prefix after it, and the seed, which stays
        draw       the token that the seed draws, in the same way; the seed moves on

        After a closing <|endoftext|> it is the answer from which that was drawn.
        """
        answered = [prefix, temperature, top_k, top_p, seed]
        try:
            ids, notes, log_probs, truth = self.read(prefix)
        except UnknownWords as error:
            problem = unknown_words(error.words, self.tokenizer, self.texts)
            return {"answered": answered, "problem": problem, "notes": []}
        own, probs = log_probs.exp(), next_token_probs(log_probs, temperature, top_k, top_p)
        by_model = log_probs.argsort(descending=True, stable=True)
        first = by_model[:MOST].tolist()
        by_truth = (
            [] if truth is None else [i for i in truth.argsort(descending=True, stable=True).tolist() if truth[i]]
        )
        shown = list(dict.fromkeys([*first[:OWN], *by_truth, *first]))[:MOST]  # each id once
        shown.sort(key=by_model.argsort().tolist().__getitem__)

        def short(p: Tensor) -> float:
            return round(float(p), 7)

        def chosen(i: int, seed: int, *others: str) -> dict[str, Any]:
            text = self.tokenizer.decode([*ids, i])
            while text in others:
                text += "\ufffd"  # bytes that are no character yet look alike
            self.written[text] = [*ids, i]
            return {"name": token_name(self.tokenizer, i), "p": float(probs[i]), "prefix": text, "seed": seed}

        names = token_names(self.tokenizer, shown)
        point, next_seed = uniform(seed)
        best, drawn = int(probs.argmax()), at(probs, point)
        take = chosen(best, seed, prefix)
        return {
            "answered": answered,
            "problem": "",
            "notes": notes,
            "rows": [
                [name, short(own[i]), short(probs[i]) if probs[i] else None, None if truth is None else short(truth[i])]
                for name, i in zip(names, shown, strict=True)
            ],
            "rest": [
                len(probs) - len(shown),
                short(1 - probs[shown].sum()),
                None if truth is None else short(1 - truth[shown].sum()),
            ],
            "bits": {
                "entropy": mean_surprise(probs, probs),
                "truth": None if truth is None else mean_surprise(truth, truth),
                "surprise": None if truth is None else mean_surprise(truth, probs),
            },
            "take": take,
            "draw": chosen(drawn, next_seed, prefix, *([] if drawn == best else [take["prefix"]])),
        }

    def read(self, prefix: str) -> tuple[list[int], list[str], Tensor, Tensor | None]:
        """A prefix's ids, notes about it, the model's log-probabilities of the next token, (V,), and the truth's."""
        text = prefix.rstrip().removesuffix(END_OF_TEXT) if prefix.rstrip().endswith(END_OF_TEXT) else prefix
        body = self.written.get(text) or self.tokenizer.encode(text)
        notes, truth = [], None
        if self.town:
            try:
                truth = torch.from_numpy(self.town.next_token_probs(body))
            except Departure as error:
                said = {"before": error.before or self.texts["start"], "likely": ", ".join(error.likely)}
                notes += [self.texts["outside"], self.texts["departure"].format(word=error.word, **said)]
        ids, window = opened(body, self.tokenizer.end_of_text), self.model.config.context_length
        if len(ids) > window:
            notes.append(self.texts["window"].format(n=window))
        logits = self.reader.logits(ids[-window:])[: self.tokenizer.vocab_size]  # beyond it they pad the vocabulary
        return body, notes, logits.double().log_softmax(-1), truth

    def page_state(self) -> dict[str, Any]:
        """See Widget; and known, the truth where there is only the model to ask: {prefix: {id: p}}, sparse."""
        return super().page_state() | {"known": self.truth_along_examples()}

    def truth_along_examples(self) -> dict[str, dict[int, float]]:
        """The truth after each prefix of the examples, and of what the model finds most likely to follow them."""
        known: dict[str, dict[int, float]] = {}
        if self.town is None:
            return known
        end, device = self.tokenizer.end_of_text, next(self.model.parameters()).device
        for example in self.examples:
            ids = torch.tensor([[end, *self.tokenizer.encode(example)]], device=device)
            room = self.model.config.context_length - ids.size(1)
            document = generate(self.model, ids, room, temperature=0, stop=end)[0, 1:].tolist()
            document = document[: document.index(end)] if end in document else document
            with suppress(ValueError):  # the model may leave the town, and there the truth ends
                for t, (_, walks) in enumerate(self.town.follow([end, *document])):
                    probs = self.town.distribution(walks)
                    sparse = {i: round(float(probs[i]), 7) for i in np.flatnonzero(probs).tolist()}
                    known[self.tokenizer.decode(document[:t])] = sparse
        return known

    def can_say(self, text: str) -> bool:
        """Whether the text is of the town; without a town, whether its words are known."""
        try:
            ids = self.tokenizer.encode(text)
            return self.town is None or self.town.next_token_probs(ids) is not None
        except ValueError:
            return False

    # ------------------------------------------------------------ without its front end: paper, untrusted notebooks

    def __repr__(self) -> str:
        knobs = ", ".join(f"{name}={getattr(self, name)!r}" for name in [*RANGES, "seed"])
        return f"NextToken({self.prefix!r}, {knobs})"

    def static_html(self) -> str:
        """The chart as it is now, in inline styles only: JupyterLab's sanitizer lets them through."""
        texts, lang = self.texts, self.lang
        columns = [("model", f"background-color:{PALETTE['blue']}")]
        if self.rest[2] is not None:
            columns.append(("truth", f"border:1px solid {PALETTE['mid-grey']}"))
        scale = 11 / max(p or 0 for _, _, *both in self.rows for p in both)

        def percent(p: float) -> str:
            return escape(local("0%" if abs(p) < 1e-6 else "<0.1%" if p < 5e-4 else f"{p:.1%}", lang))

        def row(name: str, middle: str, numbers: list[str], style: str = "") -> str:
            cells = "".join(f'<td style="padding:0 0 0 0.7em;text-align:right">{number}</td>' for number in numbers)
            name = f'<td style="padding:0 0.7em 0 0;text-align:right;{style}">{escape(name)}</td>'
            return f'<tr>{name}<td style="padding:0;width:11em;text-align:left">{middle}</td>{cells}</tr>'

        def bar(style: str, width: float, place: str) -> str:
            return f'<div style="{style};width:{width:.2f}em;height:0.5em;{place}"></div>'

        keys = [bar(style, 1, "display:inline-block;margin-right:0.4em") + texts[name] for name, style in columns]
        rows = [row(texts["token"], "", keys)]
        for token, _, *both in self.rows:
            cut = both[0] is None
            bars = "".join(
                bar(style, scale * p, "margin:2px 0") for (_, style), p in zip(columns, both, strict=False) if p
            )
            numbers = [texts["cut"] if p is None else percent(p) for p, _ in zip(both, columns, strict=False)]
            rows.append(row(token, bars, numbers, "text-decoration:line-through" * cut))
        others, *both = self.rest
        rest = [percent(p) for p, _ in zip(both, columns, strict=False)]
        rows.append(row(texts["rest"].format(n=local(f"{others:,}", lang)), "", rest))
        turned = {name: getattr(self, name) for name in RANGES if getattr(self, name) is not None}
        knobs = [f"{texts[name]} {local(str(value), lang)}" for name, value in turned.items()]
        lines = [self.prefix or texts["start"], " · ".join(knobs), self.problem, *self.notes]
        above = "".join(f"<div>{escape(line)}</div>" for line in lines if line)
        return f'{above}<table style="border-collapse:collapse">{"".join(rows)}</table>'
