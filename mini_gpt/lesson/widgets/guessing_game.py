"""Guess the next token: share 100 % among a few, pay in bits, beside a 3-gram, a GPT and the truth."""

import math
from collections.abc import Sequence
from html import escape
from itertools import islice
from typing import Any

import numpy as np
import torch
import traitlets
from numpy.typing import NDArray

from mini_gpt.lesson.baselines import NGram
from mini_gpt.lesson.kinds import plain
from mini_gpt.lesson.language import Language
from mini_gpt.lesson.truth import expect_words
from mini_gpt.lesson.widgets.widget import Widget, front_end
from mini_gpt.lesson.words import local
from mini_gpt.model import GPT

CANDIDATES = 5  # at each guess; one option more stands for all other tokens
N_READ = 5000  # documents, by the 3-gram
SMOOTHING = 0.01  # of each guess, shared out evenly
EVEN = (1,) * (CANDIDATES + 1)  # points on each option
MOST = 99  # points on one option
PLAYERS = ("you", "ngram", "gpt", "truth")
SENTENCES = {  # what is to be guessed stands in [brackets]: some certain, some fair, some to remember
    "pt": [
        "nina quer mel , pão e [leite] . [na] [cozinha] , [ela] compra [mel] , [pão] e leite [.]",
        "leo compra um [relógio] no mercado . [ele] dá o [relógio] para [bia] . "
        "pergunta : quem [tem] o relógio ? resposta : [bia] [.]",
        "eva tem um livro , caio tem uma [bola] [e] lia tem um [mapa] . pergunta : quem tem a [bola] ? "
        "resposta : [caio] [.]",
    ],
    "en": [
        "nina wants honey , bread and [milk] . [in] the [kitchen] , [she] buys [honey] , [bread] and milk [.]",
        "leo buys a [clock] at the market . [he] gives the [clock] to [bia] . "
        "question : who [has] the clock ? answer : [bia] [.]",
        "eva has a book , caio has a [ball] [and] lia has a [map] . question : who has the [ball] ? "
        "answer : [caio] [.]",
    ],
}
TEXTS = {
    "title": {"pt": "Adivinhe o próximo token", "en": "Guess the next token"},
    "sentence": {"pt": "frase", "en": "sentence"},
    "options": {"pt": "Divida 100% entre as opções", "en": "Share 100% among the options"},
    "other": {"pt": "outra palavra", "en": "another word"},
    "more": {"pt": "{option}: {share}, somar um ponto", "en": "{option}: {share}, add a point"},
    "less": {"pt": "tirar um ponto de {option}", "en": "take a point from {option}"},
    "only": {"pt": "colocar tudo em {option}", "en": "put everything on {option}"},
    "all": {"pt": "tudo", "en": "all"},
    "reveal": {"pt": "Revelar", "en": "Reveal"},
    "next": {"pt": "Próximo token", "en": "Next token"},
    "again": {"pt": "Jogar de novo", "en": "Play again"},
    "guess": {
        "pt": "Palpite {n} de {N}: o que vem agora? Divida 100% entre as opções.",
        "en": "Guess {n} of {N}: what comes next? Share 100% among the options.",
    },
    "was": {
        "pt": "Era “{token}”. Você pagou {you} bits; o 3-grama, {ngram}; o GPT, {gpt}; a verdade, {truth}.",
        "en": "It was “{token}”. You paid {you} bits; the 3-gram {ngram}; GPT {gpt}; the truth {truth}.",
    },
    "end": {
        "pt": "Fim. Bits por token: você {you}; 3-grama {ngram}; GPT {gpt}; verdade {truth}.",
        "en": "The end. Bits per token: you {you}; 3-gram {ngram}; GPT {gpt}; truth {truth}.",
    },
    "answers": {
        "pt": "A probabilidade que cada jogador deu a cada opção",
        "en": "The probability that each player gave each option",
    },
    "option": {"pt": "opção", "en": "option"},
    "paid": {"pt": "Bits pagos até aqui", "en": "Bits paid so far"},
    "you": {"pt": "você", "en": "you"},
    "ngram": {"pt": "3-grama", "en": "3-gram"},
    "gpt": {"pt": "GPT", "en": "GPT"},
    "truth": {"pt": "verdade", "en": "truth"},
    "note": {
        "pt": (
            "As teclas 1 a {n} somam um ponto; com Shift, colocam tudo na opção. Quem deu probabilidade p ao token "
            "certo paga −log₂ p bits. Do seu palpite, {smoothing} se reparte por igual entre as opções: assim, 0% "
            "custa {worst} bits, e não infinitos. “Outra palavra” é qualquer uma fora da lista, para todos os "
            "jogadores. O 3-grama, que só vê as duas últimas palavras, foi treinado com {read} documentos."
        ),
        "en": (
            "Keys 1 to {n} add a point; with Shift, they put everything on the option. A player who gave the right "
            "token probability p pays −log₂ p bits. {smoothing} of your guess is spread evenly over the options, so "
            "0% costs {worst} bits rather than infinitely many. “Another word” is any word that is not listed, for "
            "every player. The 3-gram, which sees only the last two words, was trained on {read} documents."
        ),
    },
    "static": {"pt": "Rode a célula para jogar.", "en": "Run the cell to play."},
}


def marked(text: str) -> tuple[list[str], list[int]]:
    """The words of a text, and the places of those in [brackets].

    >>> marked("ana is [at] the [beach]")
    (['ana', 'is', 'at', 'the', 'beach'], [2, 4])
    """
    words = text.split()
    places = [i for i, word in enumerate(words) if len(word) > 2 and word[0] == "[" and word[-1] == "]"]
    return [word[1:-1] if i in places else word for i, word in enumerate(words)], places


def bits(share: float) -> float:
    """-log2, and 0 where that would be -0.

    >>> bits(0.25), bits(1)
    (2.0, 0.0)
    """
    return abs(math.log2(share))


def smoothed(points: Sequence[int], option: int) -> float:
    """The share of the points on an option, but for SMOOTHING of it all, which is shared out evenly.

    >>> smoothed([1, 0], 1), smoothed([1, 0], 0)
    (0.005, 0.995)
    """
    return (1 - SMOOTHING) * points[option] / sum(points) + SMOOTHING / len(points)


class GuessingGame(Widget):
    """A sentence of the town, token by token: who guesses well pays few bits.

    model      a GPT of the town's words, in the mode that it is in: call model.eval() first if it has dropout
    town       the language that knows the truth, and writes what the 3-gram reads
    lang       of the labels, "pt" or "en"
    sentences  what the town can say, the tokens to guess in [brackets]; None: three that it brings

    Whoever plays, a student or a room, puts points on the options, at first one on each; a share is an option's part of
    them. What is played can be read and set from Python too: .sentence, by its number; .bets, the points of each guess,
    the one that is being made among them; .revealed, to how many of them the answer was shown. .scores is what each
    player has paid for those, in bits.

    >>> from mini_gpt import GPT
    >>> from mini_gpt.lesson.recipes import NANO
    >>> from mini_gpt.lesson.town import Town
    >>> game = GuessingGame(GPT(NANO), Town(), "en", ["nina likes to [fish]"])
    >>> game.revealed = 1
    >>> [round(bits, 3) for bits in game.scores["you"]]     # one of six
    [2.585]
    """

    _esm, _css = front_end(__file__)
    # what is played; None, which Any would let pass, is checked too
    sentence: Any = traitlets.TraitType(0).tag(sync=True)
    bets: Any = traitlets.TraitType().tag(sync=True)
    revealed: Any = traitlets.TraitType(0).tag(sync=True)
    # what never changes
    games: Any = traitlets.List().tag(sync=True)  # see game_of
    smoothing = traitlets.Float(SMOOTHING).tag(sync=True)
    most = traitlets.Int(MOST).tag(sync=True)

    def __init__(self, model: GPT, town: Language, lang: str = "pt", sentences: Sequence[str] | None = None) -> None:
        self.speak(TEXTS, lang)
        sentences = SENTENCES[lang] if sentences is None else plain(sentences)
        if isinstance(sentences, str) or not sentences or not all(isinstance(text, str) for text in sentences):
            raise ValueError(f"sentences={sentences!r} must be one or more texts")
        for text in sentences:
            if not marked(text)[1]:
                raise ValueError(f"sentences hold {text!r}, and must mark what is to be guessed in [brackets]")
        expect_words("model", model, town.tokenizer)
        self.town, self.model = town, model
        self.end = town.tokenizer.end_of_text
        read = list(islice(town.documents("guessing game"), N_READ))
        self.ngram = NGram(read, 3, town.tokenizer.vocab_size, self.end)
        self.games = [self.game_of(text) for text in sentences]
        facts = {"smoothing": f"{SMOOTHING:.0%}", "worst": local(f"{bits(SMOOTHING / len(EVEN)):.1f}", lang)}
        note = self.texts["note"].format(n=len(EVEN), read=local(f"{N_READ:,}", lang), **facts)
        self.texts = self.texts | {"note": note}
        super().__init__(bets=[list(EVEN)])

    @torch.no_grad()
    def game_of(self, text: str) -> dict[str, Any]:
        """What is played with a sentence.

        tokens   all of them
        guesses  for each: at, its place; options, by name but for the last, any other; answer, the option's number;
                 probs, by player, of the options
        """
        words, places = marked(text)
        ids = self.town.tokenizer.encode(" ".join(words))
        read = torch.tensor([[self.end, *ids]])
        along = {  # (T + 1, V) each
            "ngram": self.ngram(read)[0].exp().numpy(),
            "gpt": self.model(read.to(self.model.token_embedding.weight.device))[0].double().softmax(-1).cpu().numpy(),
            "truth": self.town.next_token_probs_along(read[0].tolist()),
        }
        return {"tokens": words, "guesses": [self.guess_at(t, ids[t], {k: p[t] for k, p in along.items()})
                                             for t in places]}  # fmt: skip

    def guess_at(self, t: int, token: int, probs: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
        """The options are what the players find likely, in alphabetical order: nothing in them tells the answer."""
        names = self.town.tokenizer.words
        likely = np.argsort(-np.sum(list(probs.values()), axis=0), kind="stable")[:CANDIDATES].tolist()
        options = sorted(likely, key=names.__getitem__)
        shares = {player: [*p[options], 1 - p[options].sum()] for player, p in probs.items()}
        return {
            "at": t,
            "options": [names[i] for i in options],
            "answer": options.index(token) if token in options else CANDIDATES,
            "probs": {player: np.clip(share, 1e-6, 1).round(6).tolist() for player, share in shares.items()},
        }

    @traitlets.validate("sentence", "revealed")
    def _check_number(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, plain(proposal["value"])
        last = {"sentence": len(self.games) - 1, "revealed": len(self.bets)}[name]
        if type(value) is not int or not 0 <= value <= last:
            raise ValueError(f"{name}={value!r} must be a whole number from 0 to {last}")
        return value

    @traitlets.validate("bets")
    def _check_bets(self, proposal: Any) -> list[list[int]]:
        value, least, most = plain(proposal["value"]), max(self.revealed, 1), len(self.games[self.sentence]["guesses"])
        if not isinstance(value, list) or not least <= len(value) <= most or not all(map(is_bet, value)):
            raise ValueError(f"bets={value!r} must be {least} to {most} lists of {len(EVEN)} whole numbers of points "
                             f"from 0 to {MOST}, not all 0")  # fmt: skip
        return value

    @traitlets.observe("sentence")
    def _start(self, change: Any) -> None:
        with self.hold_sync():
            self.revealed = 0
            self.bets = [list(EVEN)]

    @property
    def scores(self) -> dict[str, list[float]]:
        """The bits that each player has paid, guess by guess: "you", "ngram", "gpt" and "truth"."""
        revealed = list(zip(self.bets[: self.revealed], self.games[self.sentence]["guesses"], strict=False))
        paid = {"you": [bits(smoothed(bet, guess["answer"])) for bet, guess in revealed]}
        return paid | {player: [bits(guess["probs"][player][guess["answer"]]) for _, guess in revealed]
                       for player in PLAYERS[1:]}  # fmt: skip

    # ------------------------------------------------------------ without its front end: paper, untrusted notebooks

    def __repr__(self) -> str:
        return f"GuessingGame(sentence={self.sentence}, bets={self.bets}, revealed={self.revealed})"

    def static_html(self) -> str:
        """The game as it is now, in inline styles only: JupyterLab's sanitizer lets them through."""
        game, texts = self.games[self.sentence], self.texts
        lines = [" ".join(game["tokens"])]
        if self.revealed < len(game["guesses"]):
            guess = game["guesses"][self.revealed]
            lines = [" ".join([*game["tokens"][: guess["at"]], "____"])]
            lines.append(" · ".join([*guess["options"], texts["other"]]))
        if self.revealed:
            totals = (f"{texts[player]} {local(f'{sum(paid):.2f}', self.lang)}" for player, paid in self.scores.items())
            lines.append(f"{texts['paid']}: {'; '.join(totals)}")
        return "".join(f"<div>{escape(line)}</div>" for line in [*lines, texts["static"]])


def is_bet(value: Any) -> bool:
    """Whether these can be the points of one guess."""
    return (
        isinstance(value, list)
        and len(value) == len(EVEN)
        and all(type(points) is int and 0 <= points <= MOST for points in value)
        and sum(value) > 0
    )
