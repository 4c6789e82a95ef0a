"""A language about which everything is known: documents are walks, and every probability is exact.

A language is a lexicon and a list of documents, written as templates:

    "{a} is {p.at} . {a.he} [buys|sells] {x.a} ."

    {a}          a variable: its first mention draws an entry of its class, later mentions repeat that entry;
                 two variables of one class never share an entry
    {p.at}       the same, in one of the entry's forms
    {d~n}        the form of d that agrees with n
    [this|that]  one of the alternatives, all equally likely

A walk goes from choice to choice; the words between two choices are certain. Sampling takes one option at each
choice. Exact probability follows all options at once and drops those that the prefix contradicts. Both call the same
two functions, `options` and `say`, so they cannot disagree.
"""

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mini_gpt.tokenizer import END_OF_TEXT, WordTokenizer


@dataclass(frozen=True, eq=False)
class Entry:
    """One thing that a variable can stand for.

    forms      its texts by the name of the form; {a} says the form ""
    weight     how likely it is to be drawn, relative to the others of its class
    agreement  the form taken by a word that agrees with this entry
    """

    forms: Mapping[str, str]
    weight: float = 1.0
    agreement: str = ""


@dataclass(frozen=True)
class DocumentKind:
    """One kind of document. Some pairs of entries can be held out of it, to test a model on what it has never seen.

    weight  how likely it is, relative to the other kinds
    pair    two of its variables, whose entries are never a held-out pair
    """

    name: str
    template: str
    weight: float = 1.0
    pair: tuple[str, str] | None = None


class Word(NamedTuple):
    """Say these ids, then continue."""

    ids: tuple[int, ...]
    then: "Node"


class Slot(NamedTuple):
    """Say a form of a variable's entry, after drawing the entry if there is none yet."""

    variable: str
    form: str
    agrees_with: str | None
    partner: str | None  # the other variable of the document's pair
    then: "Node"


class Fork(NamedTuple):
    """Continue in one of these ways."""

    ways: tuple[tuple[float, "Node"], ...]


Node = Word | Slot | Fork | None  # None: the document has ended
Bound = dict[str, Entry]  # the entries drawn so far
Option = tuple[float, Node, Bound]  # probability, and where it leads to
Walk = tuple[float, tuple[int, ...], Node, Bound]  # weight, the ids certain to come next, the node after them


class Entropy(NamedTuple):
    """The lowest loss that any model can reach, in nats per token, and how precisely it is known."""

    nats: float
    standard_error: float

    @property
    def bits(self) -> float:
        return self.nats / math.log(2)


def words_of(lexicon: Mapping[str, Sequence[Entry]], documents: Sequence[DocumentKind]) -> list[str]:
    """Every word that such a language can say, in alphabetical order."""
    texts = [form for entries in lexicon.values() for entry in entries for form in entry.forms.values()]
    texts += [re.sub(r"{.*?}|[\[\]|]", " ", document.template) for document in documents]
    return sorted({word for text in texts for word in text.split()})


class Language:
    """Documents to draw, and the exact probability of every next token.

    >>> fruit = [Entry({"": "apple"}), Entry({"": "pear"}, weight=3)]
    >>> language = Language({"x": fruit}, [DocumentKind("wish", "[one|two] {x}")])
    >>> language.tokenizer.decode(next(language.documents(seed=0)))
    'two pear <|endoftext|>'
    >>> probs = language.next_token_probs(language.tokenizer.encode("one"))
    >>> float(probs[language.tokenizer.ids["pear"]])
    0.75
    """

    def __init__(
        self,
        lexicon: Mapping[str, Sequence[Entry]],
        documents: Sequence[DocumentKind],
        held_out_pairs: frozenset[tuple[Entry, Entry]] = frozenset(),
        only_held_out: bool = False,
        tokenizer: WordTokenizer | None = None,
    ) -> None:
        """lexicon: entries by the letters of their variables, as in {"abc": people}.

        only_held_out: write only about held-out pairs, so only the documents that have a pair.
        tokenizer: by default, one of the words that occur.
        """
        self.entries = {letter: tuple(entries) for letters, entries in lexicon.items() for letter in letters}
        self.rivals = {letter: tuple(letters) for letters in lexicon for letter in letters}
        self.held_out_pairs, self.only_held_out = held_out_pairs, only_held_out
        self.tokenizer = tokenizer or WordTokenizer([END_OF_TEXT, *words_of(lexicon, documents)])
        forms = {form for entries in lexicon.values() for entry in entries for form in entry.forms.values()}
        self.encoded = {form: tuple(self.tokenizer.encode(form)) for form in forms}
        kinds = [document for document in documents if document.pair or not only_held_out]
        total = sum(document.weight for document in kinds)
        self.root = Fork(tuple((document.weight / total, self.parse(document)) for document in kinds))
        self.openings = self.walks(1.0, self.root, {})

    # ------------------------------------------------------------ templates

    def parse(self, document: DocumentKind) -> Node:
        """The first node of a template, linked to all others. Built from the end to the start."""
        partner = dict([document.pair, document.pair[::-1]]) if document.pair else {}

        def link(parts: list[str], then: Node) -> Node:
            while parts and parts[-1] not in "[|":
                part = parts.pop()
                if part == "]":
                    ways = [link(parts, then)]
                    while parts.pop() == "|":
                        ways.append(link(parts, then))
                    then = Fork(tuple((1 / len(ways), way) for way in reversed(ways)))
                elif part[0] in "{}":
                    match = re.fullmatch(r"{(\w)(?:\.(\S+)|~(\w))?}", part)
                    if not match or not {match[1], match[3] or match[1]} <= self.entries.keys():
                        raise ValueError(f"document {document.name!r}: {part} names no variable of the lexicon")
                    forms = {e.agreement for e in self.entries[match[3]]} if match[3] else {match[2] or ""}
                    if lacking := [form for form in forms for e in self.entries[match[1]] if form not in e.forms]:
                        raise ValueError(
                            f"document {document.name!r}: {part} needs the form {lacking[0]!r} of all entries"
                        )
                    then = Slot(match[1], match[2] or "", match[3], partner.get(match[1]), then)
                else:
                    ids = tuple(self.tokenizer.encode(part))
                    then = Word(ids + then.ids, then.then) if isinstance(then, Word) else Word(ids, then)
            return then

        parts = re.findall(r"{.*?}|[{}\[\]|]|[^\s{}\[\]|]+", document.template)
        if min(accumulate((part == "[") - (part == "]") for part in parts), default=0) < 0:
            raise ValueError(f"document {document.name!r}: ']' has no opening '['")
        first = link(parts, Word((self.tokenizer.end_of_text,), None))
        if parts:
            raise ValueError(f"document {document.name!r}: {parts[-1]!r} has no closing ']'")
        return first

    # ------------------------------------------------------------ the one definition that both directions use

    def options(self, node: Node, bound: Bound) -> list[Option]:
        """What can be chosen at a node: a way of a fork, or an entry for a variable that has none yet."""
        if isinstance(node, Fork):
            return [(p, way, bound) for p, way in node.ways]
        assert isinstance(node, Slot)
        chosen = [{**bound, node.variable: entry} for entry in self.candidates(node.variable, node.partner, bound)]
        if node.partner and node.partner not in bound:  # leave an entry for its partner
            chosen = [now for now in chosen if self.candidates(node.partner, node.variable, now)]
        if not chosen:
            raise ValueError(f"no entry is left for {{{node.variable}}}: each is taken, or held out with one that is")
        total = sum(now[node.variable].weight for now in chosen)
        return [(now[node.variable].weight / total, node, now) for now in chosen]

    def candidates(self, variable: str, partner: str | None, bound: Bound) -> list[Entry]:
        """The entries that a variable can still take, given those already drawn."""
        taken = [bound[rival] for rival in self.rivals[variable] if rival in bound]
        entries = [entry for entry in self.entries[variable] if entry not in taken]
        if other := bound.get(partner or ""):
            entries = [e for e in entries if self.is_held_out(e, other) == self.only_held_out]
        return entries

    def say(self, node: Node, bound: Bound) -> tuple[tuple[int, ...], Node]:
        """The ids from here to the next choice or the end of the document, and that place."""
        ids: tuple[int, ...] = ()
        while True:
            if isinstance(node, Word):
                ids, node = ids + node.ids, node.then
            elif isinstance(node, Slot) and node.variable in bound:
                form = bound[node.agrees_with].agreement if node.agrees_with else node.form
                ids, node = ids + self.encoded[bound[node.variable].forms[form]], node.then
            else:
                return ids, node

    def is_held_out(self, one: Entry, other: Entry) -> bool:
        return (one, other) in self.held_out_pairs or (other, one) in self.held_out_pairs

    # ------------------------------------------------------------ direction one: write

    def documents(self, seed: int | str) -> Iterator[list[int]]:
        """An endless stream of documents, ending in <|endoftext|>; a seed gives the same ones on every machine."""
        rng = random.Random(str(seed))
        while True:
            document: list[int] = []
            node: Node = self.root
            bound: Bound = {}
            while node is not None:
                node, bound = self.draw(self.options(node, bound), rng)
                ids, node = self.say(node, bound)
                document.extend(ids)
            yield document

    @staticmethod
    def draw(options: list[Option], rng: random.Random) -> tuple[Node, Bound]:
        left = rng.random()
        for option in options:
            left -= option[0]
            if left < 0:
                break
        return option[1:]  # rounding can leave `left` at 0 or above: then it is the last option

    # ------------------------------------------------------------ direction two: know

    def next_token_probs(self, prefix: Sequence[int]) -> NDArray[np.float64]:
        """p(next token | prefix), (V,), exact: 0 for tokens that can never come next.

        prefix holds whole documents and the start of one, with or without an <|endoftext|> in front.
        Raises Departure, a ValueError, with the position at which the prefix leaves the language.
        """
        *_, (_, walks) = [(1.0, self.openings), *self.follow(prefix)]
        return self.distribution(walks)

    def next_token_probs_along(self, ids: Sequence[int]) -> NDArray[np.float64]:
        """The same after each token: row t is p(next token | ids[:t+1]), (T, V), the truth for logits[t]."""
        return np.stack([self.distribution(walks) for _, walks in self.follow(ids)])

    def token_log_probs(self, ids: Sequence[int]) -> NDArray[np.float64]:
        """log p(ids[t+1] | ids[:t+1]), (T-1,): the counterpart of probability.token_log_probs."""
        return np.log([probability for probability, _ in self.follow(ids)][1:])

    def writes(self, document: Sequence[int]) -> bool:
        """Whether this is one whole document of the language, from its first token to its <|endoftext|>."""
        try:
            self.next_token_probs(document)
        except ValueError:
            return False
        end = self.tokenizer.end_of_text
        return len(document) > 1 and document[-1] == end and list(document).count(end) == 1

    def entropy(self, n_documents: int = 1000, seed: int | str = "entropy") -> Entropy:
        """The entropy of the exact distribution, averaged over the tokens of documents drawn with this seed."""
        nats, lengths = np.zeros(n_documents), np.zeros(n_documents)
        for i, document in zip(range(n_documents), self.documents(seed), strict=False):
            probs = self.next_token_probs_along([self.tokenizer.end_of_text, *document[:-1]])
            nats[i] = -(probs * np.log(np.where(probs > 0, probs, 1))).sum()
            lengths[i] = len(document)
        mean = nats.sum() / lengths.sum()
        error = np.std(nats - mean * lengths, ddof=1) / lengths.mean() / n_documents**0.5  # that of a ratio of means
        return Entropy(float(mean), float(error))

    def follow(self, ids: Sequence[int]) -> Iterator[tuple[float, list[Walk]]]:
        """For each id: its probability given those before it, and the walks that have said exactly these ids."""
        walks = self.openings
        for t, token in enumerate(ids):
            if t == 0 and token == self.tokenizer.end_of_text:
                yield 1.0, walks
                continue
            agree = [walk for walk in walks if walk[1][0] == token]
            if not agree:
                raise self.departure(ids, t, walks)
            probability = math.fsum(walk[0] for walk in agree)
            walks = []
            for weight, said, node, bound in agree:
                if len(said) > 1:
                    walks.append((weight / probability, said[1:], node, bound))
                elif node is None:  # in every walk the document has ended: the next one starts afresh
                    walks = self.openings
                else:
                    walks += self.walks(weight / probability, node, bound)
            yield min(probability, 1.0), walks

    def walks(self, weight: float, node: Node, bound: Bound) -> list[Walk]:
        """The walks that continue from a choice, each up to the next choice that follows a word."""
        found: list[Walk] = []
        for probability, way, now_bound in self.options(node, bound):
            ids, end = self.say(way, now_bound)
            if ids:
                found.append((weight * probability, ids, end, now_bound))
            else:
                found += self.walks(weight * probability, end, now_bound)
        return found

    def distribution(self, walks: list[Walk]) -> NDArray[np.float64]:
        """(V,): for each token, the weight of the walks that say it next."""
        first = [walk[1][0] for walk in walks]
        probs = np.bincount(first, weights=[walk[0] for walk in walks], minlength=self.tokenizer.vocab_size)
        return probs / probs.sum()

    def departure(self, ids: Sequence[int], t: int, walks: list[Walk]) -> "Departure":
        """The error for a token that the language never says at position t."""
        probs = self.distribution(walks)
        likely = [self.tokenizer.words[i] for i in np.argsort(-probs, kind="stable")[:5] if probs[i] > 0]
        return Departure(t, self.tokenizer.decode(ids[t : t + 1]), self.tokenizer.decode(ids[:t]), likely)


class Departure(ValueError):
    """A word that the language never says after those before it; `likely` holds up to five that it does say."""

    def __init__(self, position: int, word: str, before: str, likely: list[str]) -> None:
        super().__init__(
            f"prefix leaves the language at position {position}: {word!r} cannot follow {before!r}; "
            f"for example {' '.join(likely)!r} can"
        )
        self.word, self.before, self.likely = word, before, likely
