"""Where does the answer pass? One text is read with one vector taken from another, at each place and token in turn."""

import math
from html import escape
from typing import Any

import torch
import traitlets
from torch import Tensor

from mini_gpt.lesson.inside import patched
from mini_gpt.lesson.kinds import plain, single
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.widgets.widget import (
    FEWEST,
    MOST,
    UNKNOWN,
    Widget,
    front_end,
    opened,
    rounded,
    shade,
    short_ids,
    state_of,
    unknown_words,
)
from mini_gpt.lesson.words import local
from mini_gpt.model import GPT
from mini_gpt.tokenizer import UnknownWords

LIKELY = 8  # tokens of each text that can be chosen as an answer
LEAST = 0.1  # nats that the two texts must differ by, for a share of the way from one to the other to mean something
AT_ONCE = 1e10  # multiplications, about a second: a larger grid is computed by row, when one is looked at
TEXTS = {
    "title": {"pt": "Grade de patching", "en": "Patching grid"},
    "text": {"pt": "Texto 1: o que o modelo lê", "en": "Text 1: what the model reads"},
    "source": {"pt": "Texto 2: de onde vem um vetor", "en": "Text 2: where one vector comes from"},
    "answer": {"pt": "resposta ao texto 1", "en": "answer to text 1"},
    "other": {"pt": "resposta ao texto 2", "en": "answer to text 2"},
    "own": {"pt": "automática: {token}", "en": "automatic: {token}"},
    "grid": {
        "pt": "Até onde a resposta vai: linhas são lugares do fluxo residual; colunas, tokens; 0 é texto 1; 1, texto 2",
        "en": "How far the answer goes: rows are places in the residual stream, columns tokens; 0 is text 1, 1 text 2",
    },
    "corner": {"pt": "vetor ↓ token →", "en": "vector ↓ token →"},
    "start": {"pt": "antes dos blocos", "en": "before the blocks"},
    "after one": {"pt": "após 1 bloco", "en": "after 1 block"},
    "after": {"pt": "após {n} blocos", "en": "after {n} blocks"},
    "cell": {"pt": "{place}, “{token}”: {moved}", "en": "{place}, “{token}”: {moved}"},
    "moved": {
        "pt": (
            "O modelo lê o texto 1, mas o vetor de “{token}” {place} é o do texto 2: a resposta anda {moved} do "
            "caminho até a do texto 2."
        ),
        "en": (
            "The model reads text 1, but the vector of “{token}” {place} is that of text 2: the answer moves {moved} "
            "of the way to text 2's."
        ),
    },
    "still": {
        "pt": (
            "Trocar o texto 1 pelo texto 2 quase não muda a diferença entre estas duas respostas: escolha outras, ou "
            "mude um dos textos."
        ),
        "en": (
            "Reading text 2 instead of text 1 hardly changes the difference between these two answers: choose others, "
            "or change one of the texts."
        ),
    },
    "waiting": {"pt": "O modelo está lendo…", "en": "The model is reading…"},
    "table": {"pt": "As duas respostas", "en": "The two answers"},
    "token": {"pt": "próximo", "en": "next"},
    "text 1": {"pt": "texto 1", "en": "text 1"},
    "patched": {"pt": "com o vetor", "en": "with the vector"},
    "text 2": {"pt": "texto 2", "en": "text 2"},
    "difference": {"pt": "diferença dos logits", "en": "difference of logits"},
    "length": {
        "pt": "O texto {which} tem {n} tokens, contando <|endoftext|>; precisa ter de {fewest} a {most}.",
        "en": "Text {which} has {n} tokens, counting <|endoftext|>; it must have {fewest} to {most}.",
    },
    "lengths": {
        "pt": "O texto 1 tem {n} tokens e o 2 tem {m}: os dois precisam ter o mesmo número.\n1: {first}\n2: {second}",
        "en": "Text 1 has {n} tokens and text 2 has {m}: both must have the same number.\n1: {first}\n2: {second}",
    },
    "note": {
        "pt": (
            "Em cada célula, um só vetor vem do texto 2. O número é até onde a diferença dos logits das duas respostas "
            "vai: 0 é a do texto 1; 1, a do texto 2; abaixo de 0 (laranja), ela se afasta. Uma coluna com dois nomes é "
            "onde os textos diferem."
        ),
        "en": (
            "In each cell a single vector comes from text 2. The number is how far the difference of the two answers' "
            "logits goes: 0 is that of text 1, 1 that of text 2; below 0 (orange) it moves away. A column with two "
            "names is where the texts differ."
        ),
    },
    **UNKNOWN,
}
Pair = list[float]  # log p of the two answers


def moved(ends: list[Pair], pair: Pair) -> float | None:
    """How far the difference of two answers' logits went from one text's, 0, to the other's, 1.

    None if the two texts' differ by less than LEAST.

    >>> moved([[-1.0, -3.0], [-3.0, -1.0]], [-2.0, -1.0]), moved([[-1.0, -1.0], [-2.0, -2.0]], [-1.0, -2.0])
    (0.75, None)
    """
    start, end, now = (answer - other for answer, other in (*ends, pair))
    return None if abs(end - start) < LEAST else (now - start) / (end - start) + 0.0  # which is never -0


class PatchingGrid(Widget):
    """Two texts, and a grid of what the first one's answer becomes when one vector comes from the second.

    model    a GPT with a tokenizer, in the mode that it is in: call model.eval() first if it has dropout
    text     what the model reads: with <|endoftext|>, which is put before it, 3 to 32 tokens
    source   where the vectors come from: another text with as many tokens
    lang     of the labels, "pt" or "en"
    answers  two tokens to compare, each as its text or its id; None is what the model finds most likely after text, and
             after source, other than the first one
    chosen   a cell: a place of the residual stream, 0 before the first block and l after l blocks, and a token; None is
             the first token that differs, before the first block

    What the student sets can be read and set from Python too: .text, .source, .answers (as ids), .chosen; .problem says
    why texts were refused. .moved holds the grid, by place and token: how far the difference of the answers' logits
    went from text's, 0, to source's, 1; None if these are nearly the same. For a large model a row is computed when one
    of its cells is chosen; .moved computes all that is left.

    >>> from mini_gpt import load
    >>> grid = PatchingGrid(load("mini"), "ana is at", "bia is at", lang="en", answers=("the", "home"))
    >>> grid
    PatchingGrid('ana is at', 'bia is at', answers=('the', 'home'), chosen=[0, 1])
    >>> len(grid.moved), len(grid.moved[0])
    (5, 4)
    """

    _esm, _css = front_end(__file__)
    # what the student sets; None, which Any would let pass, is checked too
    text = traitlets.Unicode().tag(sync=True)
    source = traitlets.Unicode().tag(sync=True)
    answers: Any = traitlets.TraitType(None).tag(sync=True)
    chosen: Any = traitlets.TraitType(None).tag(sync=True)
    # the answer
    answered: Any = traitlets.List().tag(sync=True)  # to what: text, source and the two answers
    problem = traitlets.Unicode().tag(sync=True)
    tokens: Any = traitlets.List().tag(sync=True)  # the names of each text's
    likely: Any = traitlets.List().tag(sync=True)  # answers to choose from: [id, name]
    pair: Any = traitlets.List().tag(sync=True)  # the ids of the two that are compared
    ends: Any = traitlets.List().tag(sync=True)  # their log p after each text
    rows: Any = traitlets.List().tag(sync=True)  # by place and token, their log p; [] where nobody has looked yet
    # what never changes
    least = traitlets.Float(LEAST).tag(sync=True)

    def __init__(
        self,
        model: GPT,
        text: str,
        source: str,
        lang: str = "pt",
        answers: tuple[int | str | None, int | str | None] | None = None,
        chosen: tuple[int, int] | None = None,
    ) -> None:
        self.speak(TEXTS, lang)
        ids, self.tokenizer = short_ids(model, text)
        others, _ = short_ids(model, source, "source")
        if len(ids) != len(others):
            n = len(others)
            raise ValueError(
                f"source={source!r} has {n} tokens with <|endoftext|>, and must have {len(ids)}, as text has"
            )
        self.model, self.state = model, object()  # of the model, when it read the texts
        super().__init__(text=str(text), source=str(source), answers=(None, None) if answers is None else answers)
        differs = [one != other for one, other in zip(ids, others, strict=True)]
        self.chosen = [0, differs.index(True) if any(differs) else len(ids) - 1] if chosen is None else chosen

    # ------------------------------------------------------------ what the student sets

    @traitlets.validate("answers")
    def _check_answers(self, proposal: Any) -> list[int | None]:
        value = plain(proposal["value"])
        ids = [self.id_of(token) for token in value] if isinstance(value, list | tuple) else []
        known = [i for i in ids if i is not None]
        if len(ids) != 2 or len({*known}) != len(known) or not all(0 <= i < self.tokenizer.vocab_size for i in known):
            accepted = "two tokens that differ, each as its text, its id, or None for the most likely"
            raise ValueError(f"answers={value!r} must be {accepted}")
        return ids

    def id_of(self, token: Any) -> int | None:
        """A token's id, given this or its text; -1 for what is neither."""
        if token is None or type(token) is int:
            return token
        try:
            [i] = self.tokenizer.encode(token) if isinstance(token, str) else [-1]
            return i
        except ValueError:  # a word that is not known, or more tokens than one
            return -1

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: Any) -> list[int]:
        value, last = plain(proposal["value"]), [len(self.rows) - 1, len(self.tokens[0]) - 1]
        if not (
            isinstance(value, list | tuple)
            and len(value) == 2
            and all(type(i) is int and 0 <= i <= most for i, most in zip(value, last, strict=True))
        ):
            raise ValueError(
                f"chosen={value!r} must be [place, token], whole numbers from 0 to {last[0]} and from 0 to {last[1]}"
            )
        return list(value)

    @traitlets.observe("text", "source", "answers")
    def _ask(self, change: Any) -> None:
        asked = [self.text, self.source, *self.answers]
        if self.answered == asked and self.state == state_of(self.model):
            return
        with self.hold_sync():
            for name, value in self.answer(*asked).items():
                self.set_trait(name, value)
            if self.chosen:
                self.chosen = [self.chosen[0], min(self.chosen[1], len(self.tokens[0]) - 1)]
        self._look(None)

    @traitlets.observe("chosen")
    def _look(self, change: Any) -> None:
        """Compute the chosen cell's row; all rows, if they are few or the model is small."""
        self._ask(None)
        if self.problem or not self.chosen:
            return
        numbers = sum(parameter.numel() for parameter in self.model.parameters())
        all_of_it = numbers * len(self.tokens[0]) ** 2 * len(self.rows) <= AT_ONCE
        with self.hold_sync():
            for place in range(len(self.rows)) if all_of_it else self.chosen[:1]:
                self.row(place)

    # ------------------------------------------------------------ what the model answers

    def problem_with(self, *texts: list[int]) -> str:
        """Why the ids of two texts cannot be patched, in words; "" if they can."""
        most = min(MOST, self.model.config.context_length)
        for which, n in enumerate(map(len, texts), 1):
            if not FEWEST <= n <= most:
                return self.texts["length"].format(which=which, n=n, fewest=FEWEST, most=most)
        n, m = map(len, texts)
        first, second = (" | ".join(token_names(self.tokenizer, ids)) for ids in texts)
        return "" if n == m else self.texts["lengths"].format(n=n, m=m, first=first, second=second)

    @torch.no_grad()
    def answer(self, text: str, source: str, answer: int | None = None, other: int | None = None) -> dict[str, Any]:
        """What the front end shows of two texts and two answers, but for the rows. In a page without Python, answers.js
        gives the same."""
        answered = [text, source, answer, other]
        try:
            each = [self.tokenizer.encode(one) for one in (text, source)]
        except UnknownWords as error:
            return {"answered": answered, "problem": unknown_words(error.words, self.tokenizer, self.texts)}
        both = [opened(ids, self.tokenizer.end_of_text) for ids in each]
        if problem := self.problem_with(*both):
            return {"answered": answered, "problem": problem}
        self.ids = torch.tensor(both, device=self.model.token_embedding.weight.device)
        self.state = state_of(self.model)
        log_probs = self.log_probs(self.model(self.ids)[:, -1])
        first, second = log_probs.argsort(descending=True, stable=True)[:, :LIKELY].tolist()
        answer = next(i for i in first if i != other) if answer is None else answer
        other = next(i for i in second if i != answer) if other is None else other
        likely, pair = [*dict.fromkeys([*first, *second, answer, other])], [answer, other]
        return {
            "answered": answered,
            "problem": "",
            "tokens": [token_names(self.tokenizer, ids) for ids in both],
            "likely": [list(each) for each in zip(likely, token_names(self.tokenizer, likely), strict=True)],
            "pair": pair,
            "ends": rounded(log_probs[:, pair], 4),
            "rows": [[] for _ in range(self.model.config.n_layer + 1)],
        }

    def log_probs(self, logits: Tensor) -> Tensor:
        """Of the tokens that there are, (N, V), from logits that may be padded."""
        logits = single(logits[:, : self.tokenizer.vocab_size])
        return logits.log_softmax(-1).clamp(min=-1e4)  # JSON has no -inf

    def row(self, place: int) -> None:
        """Compute the row of a place, unless it is there."""
        if self.rows[place]:
            return
        ids, source = self.ids

        def score(logits: Tensor) -> Tensor:
            return self.log_probs(logits)[:, self.pair]

        [pairs] = patched(self.model, ids, source, score, rows=slice(place, place + 1))
        self.rows = [*self.rows[:place], rounded(pairs, 4), *self.rows[place + 1 :]]

    def whole(self) -> None:
        """Compute all that is left."""
        self._ask(None)
        for place in range(len(self.rows)):
            self.row(place)

    @property
    def moved(self) -> list[list[float | None]]:
        """How far the answer went, by place and token; see moved. ValueError if the texts were refused."""
        self.whole()
        if self.problem:
            raise ValueError(self.problem)
        return [[moved(self.ends, pair) for pair in row] for row in self.rows]

    def page_state(self) -> dict[str, Any]:
        """See Widget; with all rows, since there is no Python to ask."""
        self.whole()
        return super().page_state()

    # ------------------------------------------------------------ without its front end: paper, untrusted notebooks

    def __repr__(self) -> str:
        answers = tuple(dict(self.likely)[i] for i in self.pair)
        return f"PatchingGrid({self.text!r}, {self.source!r}, answers={answers!r}, chosen={self.chosen!r})"

    def static_html(self) -> str:
        """The grid as it is now, in inline styles only: JupyterLab's sanitizer lets them through."""
        texts, names = self.texts, dict(self.likely)
        heads = [one if one == other else f"{one} / {other}" for one, other in zip(*self.tokens, strict=True)]
        places = [texts["start"], texts["after one"], *(texts["after"].format(n=n) for n in range(2, len(self.rows)))]

        def number(x: float | None) -> str:
            return "–" if x is None else local(f"{round(x, 2) + 0.0:.2f}", self.lang)

        def percent(log_p: float) -> str:
            return local(f"{math.exp(log_p):.1%}", self.lang)

        def cell(content: str, style: str = "text-align:center") -> str:
            return f'<td style="padding:0.1em 0.4em;{style}">{escape(content, quote=False)}</td>'

        def table(lines: list[list[str]]) -> str:
            rows = "".join(f"<tr>{''.join(line)}</tr>" for line in lines)
            return f'<table style="border-collapse:collapse">{rows}</table>'

        def share(pair: Pair) -> str:
            x = moved(self.ends, pair)
            return cell(number(x), shade(min(abs(x or 0), 1), "blue" if (x or 0) > 0 else "orange"))

        grid = [[cell(head) for head in (texts["corner"], *heads)]]
        for place, row in zip(places, self.rows, strict=True):
            grid.append(
                [
                    cell(place, "text-align:right;white-space:nowrap"),
                    *(map(share, row) if row else [cell("…")] * len(heads)),
                ]
            )
        above = [f"{texts['text']}: {self.text}", f"{texts['source']}: {self.source}"]
        drawn = "".join(f"<div>{escape(line, quote=False)}</div>" for line in above) + table(grid)
        place, token = self.chosen
        if not self.rows[place]:
            return drawn
        pairs = [self.ends[0], self.rows[place][token], self.ends[1]]
        x = moved(self.ends, pairs[1])
        said = texts["still" if x is None else "moved"].format(token=heads[token], place=places[place], moved=number(x))
        answers = [[cell(texts[head]) for head in ("token", "text 1", "patched", "text 2")]]
        for i, answer in enumerate(self.pair):
            answers.append([cell(names[answer]), *(cell(percent(pair[i])) for pair in pairs)])
        return f"{drawn}<div>{escape(said, quote=False)}</div>{table(answers)}"
