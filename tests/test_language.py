"""Both directions of a language, against the enumeration by hand of all its documents."""

import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from conftest import chi_square

from mini_gpt.lesson.language import DocumentKind, Entry, Language
from mini_gpt.tokenizer import END_OF_TEXT, WordTokenizer

ANA = Entry({"": "ana", "he": "she"}, weight=1)
BOB = Entry({"": "bob", "he": "he"}, weight=2)
CAM = Entry({"": "cam", "he": "she"}, weight=3)
PEOPLE = [ANA, BOB, CAM]
BALL = Entry({"the": "the ball", "is": "is"}, weight=1, agreement="one")
COIN = Entry({"the": "the coin", "is": "is"}, weight=4, agreement="one")
COINS = Entry({"the": "the old coins", "is": "are"}, weight=2, agreement="many")
THINGS = [BALL, COIN, COINS]
ADJECTIVES = [Entry({"one": "novo", "many": "novos"}), Entry({"one": "velho", "many": "velhos"}, weight=0.5)]
SENSES = [  # one word whose sense shows later, or never: two of them end alike
    Entry({"word": "bank", "clue": "swims"}, weight=2),
    Entry({"word": "bank", "clue": "counts coins"}),
    Entry({"word": "bank", "clue": "counts fish"}),
    Entry({"word": "bat", "clue": "swims"}, weight=3),
]
LEXICON = {"ab": PEOPLE, "xy": THINGS, "d": ADJECTIVES, "w": SENSES}
HELD_OUT = frozenset({(BOB, BALL), (CAM, COIN), (ANA, COINS), (ANA, COIN)})
DOCUMENTS = [
    DocumentKind("gift", "{a} gives {x.the} to {b} . [who has {x.the} ? {b}|] {a.he} leaves", 3, pair=("b", "x")),
    DocumentKind("sense", "{a} sees the {w.word} . then {a.he} {w.clue}"),
    DocumentKind("agreement", "{x.the} that {a} left with {y.the} {x.is} {d~x} and {d~x}", 2),
    DocumentKind("forks", "[so [it|that]|thus|so that] ends [|here]", 0.5),
]


def drawn(entries: list[Entry]) -> list[tuple[float, Entry]]:
    total = sum(entry.weight for entry in entries)
    return [(entry.weight / total, entry) for entry in entries]


def without(entries: list[Entry], *taken: Entry) -> list[Entry]:
    return [entry for entry in entries if entry not in taken]


def gifts(only_held_out: bool) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for p_a, a in drawn(PEOPLE):
        things = [x for x in THINGS if any(((b, x) in HELD_OUT) == only_held_out for b in without(PEOPLE, a))]
        for p_x, x in drawn(things):
            for p_b, b in drawn([b for b in without(PEOPLE, a) if ((b, x) in HELD_OUT) == only_held_out]):
                start = f"{a.forms['']} gives {x.forms['the']} to {b.forms['']} . "
                question = f"who has {x.forms['the']} ? {b.forms['']} "
                for middle in (question, ""):
                    found[f"{start}{middle}{a.forms['he']} leaves"] += p_a * p_x * p_b / 2
    return found


def enumerated() -> dict[str, float]:
    """Every document of the language and its probability, by nested loops, without a template in sight."""
    found: dict[str, float] = defaultdict(float)
    weight = {"gift": 3 / 6.5, "sense": 1 / 6.5, "agreement": 2 / 6.5, "forks": 0.5 / 6.5}
    for text, p in gifts(only_held_out=False).items():
        found[text] += weight["gift"] * p
    for (p_a, a), (p_w, w) in itertools.product(drawn(PEOPLE), drawn(SENSES)):
        text = f"{a.forms['']} sees the {w.forms['word']} . then {a.forms['he']} {w.forms['clue']}"
        found[text] += weight["sense"] * p_a * p_w
    for (p_x, x), (p_a, a), (p_d, d) in itertools.product(drawn(THINGS), drawn(PEOPLE), drawn(ADJECTIVES)):
        for p_y, y in drawn(without(THINGS, x)):
            how = d.forms[x.agreement]
            end = f"left with {y.forms['the']} {x.forms['is']} {how} and {how}"
            found[f"{x.forms['the']} that {a.forms['']} {end}"] += weight["agreement"] * p_x * p_a * p_d * p_y
    for (p, start), end in itertools.product([(1 / 6, "so it"), (1 / 2, "so that"), (1 / 3, "thus")], ["", " here"]):
        found[f"{start} ends{end}"] += weight["forks"] * p / 2
    return found


@pytest.fixture(scope="module")
def language() -> Language:
    return Language(LEXICON, DOCUMENTS, HELD_OUT)


@pytest.fixture(scope="module")
def truth(language) -> dict[tuple[int, ...], float]:
    end = [language.tokenizer.end_of_text]
    return {tuple(language.tokenizer.encode(text) + end): p for text, p in enumerated().items()}


def next_of(truth: dict[tuple[int, ...], float], size: int) -> dict[tuple[int, ...], np.ndarray]:
    """For each prefix of a document: the distribution of the next token, by summing over all documents."""
    found: dict[tuple[int, ...], np.ndarray] = defaultdict(lambda: np.zeros(size))
    for ids, p in truth.items():
        for t, token in enumerate(ids):
            found[ids[:t]][token] += p
    return {prefix: sums / sums.sum() for prefix, sums in found.items()}


def chance(language: Language, document: tuple[int, ...]) -> float:
    return math.exp(language.token_log_probs([language.tokenizer.end_of_text, *document]).sum())


# ---------------------------------------------------------------- exact probability


def test_the_enumeration_is_complete(truth):
    assert math.fsum(truth.values()) == pytest.approx(1, abs=1e-12)
    assert len(truth) > 70


def test_every_next_token_has_exactly_the_probability_of_the_enumeration(language, truth):
    prefixes = next_of(truth, language.tokenizer.vocab_size)
    assert len(prefixes) > 200
    for prefix, expected in prefixes.items():
        found = language.next_token_probs(prefix)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
        assert ((found == 0) == (expected == 0)).all()


def test_a_document_has_the_probability_of_its_tokens_multiplied(language, truth):
    for document, p in truth.items():
        assert chance(language, document) == pytest.approx(p, rel=1e-12)


def test_only_held_out_pairs_have_the_probabilities_of_their_own_enumeration():
    held_out = Language(LEXICON, DOCUMENTS, HELD_OUT, only_held_out=True)
    expected = {tuple(held_out.tokenizer.encode(f"{text} {END_OF_TEXT}")): p for text, p in gifts(True).items()}
    assert math.fsum(expected.values()) == pytest.approx(1, abs=1e-12)
    for document, p in expected.items():
        assert chance(held_out, document) == pytest.approx(p, rel=1e-12)
    assert set(map(tuple, itertools.islice(held_out.documents(0), 500))) == set(expected)


def test_after_a_document_the_next_begins_afresh(language, truth):
    one, other = list(truth)[3], list(truth)[-1]
    end = language.tokenizer.end_of_text
    opening = language.next_token_probs([])
    assert (language.next_token_probs([end]) == opening).all()
    assert (language.next_token_probs(one) == opening).all()
    for t in range(len(other)):
        alone = language.next_token_probs(other[:t])
        assert (language.next_token_probs([end, *one, *one, *other[:t]]) == alone).all()


def test_along_a_document_the_rows_are_the_distributions_after_each_token(language, truth):
    ids = [language.tokenizer.end_of_text, *list(truth)[5], *list(truth)[40]]
    rows = language.next_token_probs_along(ids)
    assert rows.shape == (len(ids), language.tokenizer.vocab_size) and rows.dtype == np.float64
    for t, row in enumerate(rows):
        assert (row == language.next_token_probs(ids[: t + 1])).all()
    expected = np.log([row[token] for row, token in zip(rows, ids[1:], strict=False)])
    np.testing.assert_allclose(language.token_log_probs(ids), expected, rtol=1e-12, atol=1e-12)


def test_the_entropy_is_that_of_the_enumeration(language, truth):
    exact = -sum(p * math.log(p) for p in truth.values()) / sum(p * len(ids) for ids, p in truth.items())
    found = language.entropy(n_documents=2000)
    assert 0 < found.standard_error < 0.05 * exact
    assert abs(found.nats - exact) < 4 * found.standard_error
    assert found.bits == pytest.approx(found.nats / math.log(2))


@pytest.mark.slow
def test_the_standard_error_is_the_spread_of_repeated_estimates(language):
    estimates = [language.entropy(100, seed) for seed in range(60)]
    spread = np.std([estimate.nats for estimate in estimates], ddof=1)
    assert spread == pytest.approx(np.mean([estimate.standard_error for estimate in estimates]), rel=0.3)


# ---------------------------------------------------------------- sampling


def test_documents_are_drawn_as_often_as_the_enumeration_says(language, truth):
    n = 20_000
    counts = Counter(map(tuple, itertools.islice(language.documents(seed=1), n)))
    assert set(counts) <= set(truth)
    statistic, limit = chi_square([counts[ids] for ids in truth], [n * p for p in truth.values()])
    assert statistic < limit


def test_a_seed_gives_the_same_documents_and_another_seed_others(language):
    one, same, other = (list(itertools.islice(language.documents(seed), 20)) for seed in (1, "1", 2))
    assert one == same != other


def test_what_the_language_writes_it_recognises_and_nothing_else(language, truth):
    document = list(next(iter(truth)))
    assert language.writes(document)
    for other in ([], document[:-1], document[1:], document[-1:], document * 2, [document[-1], *document], [10**6]):
        assert not language.writes(other)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("bob ana", 1, "'ana' cannot follow 'bob'; for example '"),
        ("ana gives the ball to bob", 5, "'bob' cannot follow 'ana gives the ball to'; for example 'cam' can"),
        ("ana sees the bat . then he", 6, "'he' cannot follow .*; for example 'she' can"),
        (f"thus ends here {END_OF_TEXT} here", 4, "'here' cannot follow"),
        (f"{END_OF_TEXT} {END_OF_TEXT}", 1, "cannot follow"),
    ],
)
def test_a_prefix_that_leaves_the_language_is_refused_with_its_position(language, text, position, message):
    ids = language.tokenizer.encode(text)
    for ask in (language.next_token_probs, language.next_token_probs_along, language.token_log_probs):
        with pytest.raises(ValueError, match=f"prefix leaves the language at position {position}: .*{message}"):
            ask(ids)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{z} sings", r"document 'song': \{z\} names no variable of the lexicon"),
        ("{ab} sings", r"document 'song': \{ab\} names no variable"),
        ("{} sings", r"document 'song': \{\} names no variable"),
        ("{d~z} sings", r"document 'song': \{d~z\} names no variable"),
        ("{a.nickname} sings", r"document 'song': \{a\.nickname\} needs the form 'nickname' of all entries"),
        ("{x} sings", r"document 'song': \{x\} needs the form '' of all entries"),
        ("{a~x} sings", r"document 'song': \{a~x\} needs the form '(one|many)' of all entries"),
        ("{a sings", r"document 'song': \{ names no variable"),
        ("a} sings", r"document 'song': \} names no variable"),
        ("[sings|shouts", r"document 'song': '.' has no closing '\]'"),
        ("sings|shouts", r"document 'song': '\|' has no closing '\]'"),
        ("{a} [sings", r"document 'song': '\[' has no closing '\]'"),
        ("sings|shouts]", r"document 'song': '\]' has no opening '\['"),
        ("a [sings|shouts]]", r"document 'song': '\]' has no opening '\['"),
    ],
)
def test_a_template_with_a_mistake_is_refused_by_document_and_place(template, message):
    tokenizer = WordTokenizer([END_OF_TEXT, "a", "sings", "shouts", *"ana bob cam she he is are".split()])
    lexicon = {"ab": PEOPLE, "x": [Entry({"is": "is"}, agreement="one"), Entry({"is": "are"}, agreement="many")],
               "d": [Entry({"one": "a", "many": "a"})]}  # fmt: skip
    assert Language(lexicon, [DocumentKind("song", "{a} [sings|shouts] {d~x}")], tokenizer=tokenizer)
    with pytest.raises(ValueError, match=message):
        Language(lexicon, [DocumentKind("song", template)], tokenizer=tokenizer)


def test_more_variables_than_entries_are_refused():
    language = Language({"ab": [ANA]}, [DocumentKind("two", "{a} and {b}")])
    with pytest.raises(ValueError, match=r"no entry is left for \{b\}"):
        next(language.documents(0))
