"""What comes next? A model's answer beside the exact truth of the town, and the knobs of sampling."""

from contextlib import suppress
from html import escape
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
import traitlets

from mini_gpt.generate import generate
from mini_gpt.lesson.kinds import plain
from mini_gpt.lesson.language import Departure, Language
from mini_gpt.lesson.palette import PALETTE
from mini_gpt.lesson.widgets.widget import Widget, front_end
from mini_gpt.lesson.words import local
from mini_gpt.messages import close_to
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
    "unknown": {"pt": "O modelo não conhece estas palavras:", "en": "The model does not know these words:"},
    "close": {"pt": " (seria {words}?)", "en": " (did you mean {words}?)"},
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


class NextToken(Widget):
    """Type a prefix, see the model's next token beside the truth, turn the knobs, draw, and go on.

    model   a GPT of word tokens, in the mode that it is in: call model.eval() first if it has dropout
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
    answered = traitlets.Unicode().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    notes: Any = traitlets.List().tag(sync=True)
    log_probs: Any = traitlets.List().tag(sync=True)
    truth: Any = traitlets.List().tag(sync=True)
    shown: Any = traitlets.List().tag(sync=True)
    # what never changes
    tokens: Any = traitlets.List().tag(sync=True)
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
        if not isinstance(tokenizer, WordTokenizer):
            raise ValueError(f"model.tokenizer={tokenizer!r} must be a WordTokenizer, or town must have one")
        if town and town.tokenizer.words != tokenizer.words:
            raise ValueError("town has other words than model.tokenizer, and must have the same")
        if model.config.vocab_size != tokenizer.vocab_size:
            size = model.config.vocab_size
            raise ValueError(f"model has vocab_size={size}, and must have its tokenizer's, {tokenizer.vocab_size}")
        tokenizer.encode(prefix)
        self.model, self.town, self.tokenizer = model, town, tokenizer
        self.tokens, self.examples = list(tokenizer.words), [text for text in EXAMPLES[lang] if self.can_say(text)]
        super().__init__(
            prefix=str(prefix), temperature=temperature, top_k=top_k, top_p=top_p, seed=seed, **self.answer(prefix)
        )

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

    @traitlets.observe("prefix")
    def _read(self, change: Any) -> None:
        if self.answered != self.prefix:
            with self.hold_sync():
                for name, value in self.answer(self.prefix).items():
                    self.set_trait(name, value)

    def answer(self, prefix: str) -> dict[str, Any]:
        """What the front end shows for a prefix. A page without Python can keep the answers to its prefixes.

        answered   the prefix
        problem    why there is no answer, or "": if not "", the last chart stays
        notes      sentences to read beside the chart
        log_probs  the model's, of every token, to 5 decimals
        truth      the town's probabilities of every token, or [] where there are none
        shown      the ids in the chart: the model's and the truth's most likely, in the model's order

        After a closing <|endoftext|> it is the answer from which that was drawn.
        """
        try:
            ids = self.tokenizer.encode(prefix.strip().removesuffix(END_OF_TEXT))
        except UnknownWords as error:
            problem = f"{self.texts['unknown']} {self.suggestions(error.words)}"
            return {"answered": prefix, "problem": problem, "notes": []}
        notes, truth = [], np.zeros(0)
        if self.town:
            try:
                truth = self.town.next_token_probs(ids)
            except Departure as error:
                said = {"before": error.before or self.texts["start"], "likely": ", ".join(error.likely)}
                notes += [self.texts["outside"], self.texts["departure"].format(word=error.word, **said)]
        end, window = self.tokenizer.end_of_text, self.model.config.context_length
        ids = ids if ids[:1] == [end] else [end, *ids]
        if len(ids) > window:
            notes.append(self.texts["window"].format(n=window))
        device = next(self.model.parameters()).device
        with torch.no_grad():
            logits = self.model(torch.tensor([ids[-window:]], device=device))[0, -1].cpu()
        log_probs = logits.double().log_softmax(-1).clamp(min=-1e4)  # JSON has no -inf
        by_model = log_probs.argsort(descending=True, stable=True).tolist()
        by_truth = [i for i in np.argsort(-truth, kind="stable").tolist() if truth[i] > 0]
        likely = dict.fromkeys([*by_model[:8], *by_truth, *by_model])  # each id once, in this order
        return {
            "answered": prefix,
            "problem": "",
            "notes": notes,
            "log_probs": [round(x, 5) for x in log_probs.tolist()],
            "truth": [round(p, 7) for p in truth.tolist()],
            "shown": sorted(list(likely)[:12], key=by_model.index),
        }

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

    def suggestions(self, words: list[str]) -> str:
        """Unknown words, the first three of them, each with the known ones that look like it."""
        close = {word: ", ".join(close_to(word, self.tokens)) for word in words[:3]}
        said = [f"“{word}”{known and self.texts['close'].format(words=known)}" for word, known in close.items()]
        return ", ".join(said) + ", …" * (len(words) > 3)

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
        probs = next_token_probs(torch.tensor(self.log_probs).double(), self.temperature, self.top_k, self.top_p)
        columns = [("model", f"background-color:{PALETTE['blue']}", probs.tolist())]
        if self.truth:
            columns.append(("truth", f"border:1px solid {PALETTE['mid-grey']}", self.truth))
        scale = 11 / max(p[i] for _, _, p in columns for i in self.shown)

        def percent(p: float) -> str:
            return escape(local("0%" if abs(p) < 1e-6 else "<0.1%" if p < 5e-4 else f"{p:.1%}", lang))

        def row(name: str, middle: str, numbers: list[str], style: str = "") -> str:
            cells = "".join(f'<td style="padding:0 0 0 0.7em;text-align:right">{number}</td>' for number in numbers)
            name = f'<td style="padding:0 0.7em 0 0;text-align:right;{style}">{escape(name)}</td>'
            return f'<tr>{name}<td style="padding:0;width:11em;text-align:left">{middle}</td>{cells}</tr>'

        def bar(style: str, width: float, place: str) -> str:
            return f'<div style="{style};width:{width:.2f}em;height:0.5em;{place}"></div>'

        keys = [bar(style, 1, "display:inline-block;margin-right:0.4em") + texts[name] for name, style, _ in columns]
        rows = [row(texts["token"], "", keys)]
        for i in self.shown:
            cut = columns[0][2][i] == 0
            bars = "".join(bar(style, scale * p[i], "margin:2px 0") for _, style, p in columns if p[i] > 0)
            numbers = [texts["cut"] if cut and name == "model" else percent(p[i]) for name, _, p in columns]
            rows.append(row(self.tokens[i], bars, numbers, "text-decoration:line-through" * cut))
        rest = [percent(1 - sum(p[i] for i in self.shown)) for _, _, p in columns]
        rows.append(row(texts["rest"].format(n=len(self.tokens) - len(self.shown)), "", rest))
        turned = {name: getattr(self, name) for name in RANGES if getattr(self, name) is not None}
        knobs = [f"{texts[name]} {local(str(value), lang)}" for name, value in turned.items()]
        lines = [self.prefix or texts["start"], " · ".join(knobs), self.problem, *self.notes]
        above = "".join(f"<div>{escape(line)}</div>" for line in lines if line)
        return f'{above}<table style="border-collapse:collapse">{"".join(rows)}</table>'
