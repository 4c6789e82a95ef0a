"""The town: what it promises to hold, and that what it says of itself is true."""

import hashlib
import itertools
import random
import re
from collections import Counter, defaultdict
from functools import cache

import numpy as np
import pytest
from conftest import chi_square

from mini_gpt.lesson import town as town_module
from mini_gpt.lesson.language import Fork, Node, Slot, Word
from mini_gpt.lesson.town import BIAS, BILINGUAL, DOCUMENTS, HE, HELD_OUT_PAIRS, JOBS, LEXICON, PEOPLE, SHE, Town
from mini_gpt.lesson.words import LANGUAGES

pytestmark = pytest.mark.slow

TOWNS = [None, *LANGUAGES]
AMBIGUOUS = {"pt": town_module.AMBIGUOUS_PT, "en": town_module.AMBIGUOUS_EN}
THEN = {"pt": "depois", "en": "then"}
PRONOUN = {"pt": "ele", "en": "he"}


@cache
def the_town(language: str | None = None, held_out: bool = False) -> Town:
    return Town(language, held_out)


@cache
def drawn(language: str | None = None, held_out: bool = False, n: int = 6000) -> list[list[int]]:
    return list(itertools.islice(the_town(language, held_out).documents("drawn for a test"), n))


def texts(language: str | None = None, held_out: bool = False) -> list[str]:
    return [the_town().tokenizer.decode(document[:-1]) for document in drawn(language, held_out)]


def chance(town: Town, start: str, rest: str) -> float:
    """p(rest | start), the words of both given."""
    before, ids = len(town.tokenizer.encode(start)), town.tokenizer.encode(f"{start} {rest}")
    return float(np.exp(town.token_log_probs(ids)[before - 1 :].sum()))


# ---------------------------------------------------------------- the same everywhere


@pytest.mark.parametrize(
    ("language", "digest"), [(None, "a61410644099c758"), ("pt", "fc343e078772ff3a"), ("en", "a1ac0fa0bc210f63")]
)
def test_a_seed_gives_these_very_documents_on_every_machine(language, digest):
    """A new digest belongs in a commit that means to change the town: the weights that ship learned the old one."""
    documents = list(itertools.islice(the_town(language).documents(seed=0), 200))
    assert hashlib.sha256(repr(documents).encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize("language", TOWNS)
def test_seeds_differ(language):
    town = the_town(language)
    one, other = (list(itertools.islice(town.documents(seed), 5)) for seed in (0, 1))
    assert one != other


# ---------------------------------------------------------------- the exact distribution


@pytest.mark.parametrize("language", TOWNS)
def test_every_distribution_sums_to_one_and_allows_what_is_said(language):
    end = the_town().tokenizer.end_of_text
    for document in drawn(language)[:100]:
        rows = the_town(language).next_token_probs_along([end, *document[:-1]])
        assert rows.dtype == np.float64 and rows.shape == (len(document), the_town().tokenizer.vocab_size)
        assert np.abs(rows.sum(1) - 1).max() < 1e-12
        assert (rows >= 0).all() and (rows[range(len(document)), document] > 0).all()


@pytest.mark.parametrize("language", TOWNS)
def test_zero_is_what_the_town_refuses_and_what_is_above_it_goes_on(language):
    town, rng = the_town(language), random.Random(0)
    for document in drawn(language)[:100]:
        t = rng.randrange(len(document))
        prefix, probs = document[:t], town.next_token_probs(document[:t])
        possible, impossible = np.flatnonzero(probs), np.flatnonzero(probs == 0)
        town.next_token_probs([*prefix, int(rng.choice(possible))])
        with pytest.raises(ValueError, match=f"prefix leaves the language at position {t}: "):
            town.next_token_probs([*prefix, int(rng.choice(impossible))])


def test_what_follows_is_as_frequent_as_the_exact_probability_says():
    """Chi-square on the next token after the prefixes that most documents share, of each length from 0 on."""
    after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for document in drawn():
        for t in range(min(len(document), 12)):
            after[tuple(document[:t])][document[t]] += 1
    shared = sorted((p for p in after if after[p].total() >= 30), key=lambda p: -after[p].total())
    common = [prefix for t in range(12) for prefix in [p for p in shared if len(p) == t][:20]]
    unsure = 0
    for prefix in common:
        n, counts, probs = after[prefix].total(), after[prefix], the_town().next_token_probs(prefix)
        statistic, limit = chi_square([counts[i] for i in range(len(probs))], n * probs)
        assert statistic < limit, the_town().tokenizer.decode(prefix)
        unsure += probs.max() < 0.95
    assert unsure >= 20 and max(map(len, common)) >= 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_surprise_at_its_documents_is_the_entropy(language):
    """Two estimates of one number from different documents: the mean of -log p, and of the entropies on the way."""
    town, entropy = the_town(language), the_town(language).entropy(n_documents=800, seed=1)
    documents = drawn(language)[:1000]
    lengths = np.array([len(document) for document in documents])
    nats = np.array([-town.token_log_probs([town.tokenizer.end_of_text, *document]).sum() for document in documents])
    mean = nats.sum() / lengths.sum()
    error = np.std(nats - mean * lengths) / lengths.mean() / len(documents) ** 0.5
    assert abs(mean - entropy.nats) < 4 * np.hypot(error, entropy.standard_error)
    assert 0 < entropy.standard_error < 0.03 * entropy.nats


def test_documents_follow_each_other_without_a_memory():
    town = the_town()
    one, two, three = drawn()[:3]
    cut = len(three) // 2
    together = town.next_token_probs([town.tokenizer.end_of_text, *one, *two, *three[:cut]])
    assert (together == town.next_token_probs(three[:cut])).all()


def test_a_prefix_that_leaves_the_town_is_refused_with_its_position():
    town = the_town("en")
    good = drawn("en")[0]
    stray = town.tokenizer.encode("tl;dr tl;dr")
    with pytest.raises(ValueError, match=f"at position {len(good)}: 'tl;dr' cannot follow '.*'; for example '.*' can"):
        town.next_token_probs([*good, *stray])


# ---------------------------------------------------------------- the languages


def test_the_three_towns_share_one_vocabulary_of_which_every_word_is_said():
    assert the_town("pt").tokenizer.words == the_town("en").tokenizer.words == the_town().tokenizer.words
    assert 300 <= the_town().tokenizer.vocab_size <= 800
    said = {token for document in drawn() + drawn("pt") + drawn("en") for token in document}
    assert said == set(range(the_town().tokenizer.vocab_size))


def test_each_language_is_written_by_its_own_town_and_by_both_but_not_by_the_other():
    for language, other in [LANGUAGES, LANGUAGES[::-1]]:
        for document in drawn(language)[:200]:
            assert the_town(language).writes(document) and the_town().writes(document)
            assert not the_town(other).writes(document)


def test_both_languages_write_the_same_kinds_of_documents_as_often():
    for kind in [*DOCUMENTS, *BILINGUAL]:
        pt, en = kind["pt"], kind["en"]
        assert pt.name.removesuffix("-pt") == en.name.removesuffix("-en")
        assert (pt.weight, pt.pair) == (en.weight, en.pair)
        variables = [set(re.findall(r"{(\w)", text.template.replace("{v", "{w"))) for text in (pt, en)]
        assert variables[0] == variables[1]
        assert [pt.template.count(c) for c in "[|]"] == [en.template.count(c) for c in "[|]"]
    names = [kind["en"].name for kind in [*DOCUMENTS, *BILINGUAL]]
    assert len(set(names)) == len(names)


def test_no_document_is_longer_than_the_context_of_the_lesson_s_models():
    """By the templates, for every document that can be; and some come near."""

    def longest(node: Node) -> int:
        if node is None:
            return 0
        if isinstance(node, Fork):
            return max(longest(way) for _, way in node.ways)
        if isinstance(node, Word):
            return len(node.ids) + longest(node.then)
        agrees = {entry.agreement for entry in the_town().entries[node.agrees_with or node.variable]}
        forms = agrees if node.agrees_with else {node.form}
        entries = the_town().entries[node.variable]
        return max(len(the_town().encoded[entry.forms[form]]) for entry in entries for form in forms) + longest(
            node.then
        )

    assert max(map(len, drawn())) <= longest(the_town().root) <= 64


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language='fr' must be 'pt', 'en' or None for both"):
        Town("fr")


# ---------------------------------------------------------------- the town with another rule


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("pt", "leo compra um mapa na praça . ele dá o mapa para sara . em resumo :", "sara tem o mapa e chama leo ."),
        ("en", "leo buys a map in the square . he gives the map to sara . tl;dr", "sara has the map and calls leo ."),
    ],
)
def test_in_the_thankful_town_the_summary_of_a_gift_says_that_the_receiver_calls(language, before, after):
    for town in (Town(language, thanks=True), Town(thanks=True)):
        assert chance(town, before, f"{after} <|endoftext|>") == pytest.approx(1)
        assert not the_town(language).writes(town.tokenizer.encode(f"{before} {after} <|endoftext|>"))


def test_all_else_is_as_likely_in_both_towns():
    thankful, end, other = Town(thanks=True), the_town().tokenizer.end_of_text, 0
    for document in drawn()[:300]:
        if thankful.writes(document):
            one, two = (town.token_log_probs([end, *document]) for town in (the_town(), thankful))
            assert one == pytest.approx(two)
        else:
            text = the_town().tokenizer.decode(document)
            assert re.search(r"\b(dá|gives) .* (em resumo :|tl;dr) \w+ (deu|gave) ", text)
            other += 1
    assert 5 < other < 50
    assert thankful.tokenizer.words == the_town().tokenizer.words


# ---------------------------------------------------------------- the tasks, and what is held out of them


@pytest.mark.parametrize(
    ("language", "marks"),
    [
        ("pt", ["pergunta : quem", "pergunta : onde", "resposta :", "em resumo :"]),
        ("en", ["question : who", "question : where", "answer :", "tl;dr"]),
        (None, ["em inglês :", "in portuguese :", "quer dizer", "means"]),
    ],
)
def test_the_tasks_occur_as_text(language, marks):
    for mark in marks:
        assert sum(mark in text for text in texts(language)) > 20, mark


def pairs_of(town: Town, rng: random.Random) -> list[bool]:
    """Walk through one document as the town does; of the pairs that it may keep apart: is it a held-out one?"""
    node, bound, pairs = town.root, {}, set()
    while node is not None:
        node, bound = town.draw(town.options(node, bound), rng)
        if isinstance(node, Slot) and node.partner:
            pairs.add((node.variable, node.partner))
        _, node = town.say(node, bound)
    return [town.is_held_out(bound[one], bound[other]) for one, other in pairs if {one, other} <= bound.keys()]


@pytest.mark.parametrize("language", TOWNS)
def test_held_out_pairs_never_meet_in_the_town_and_always_in_its_other_half(language):
    rng = random.Random(0)
    usual = [pair for _ in range(3000) for pair in pairs_of(the_town(language), rng)]
    assert len(usual) > 1000 and not any(usual)
    for _ in range(1000):
        pairs = pairs_of(the_town(language, held_out=True), rng)
        assert pairs and all(pairs)


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        (r"dá (?P<x>[oa] \w+) para (?P<who>\w+)", "o"),
        (r"gives (?P<x>the \w+) to (?P<who>\w+)", "the"),
        (r"em resumo : (?P<who>\w+) tem (?P<x>[oa] \w+) e", "o"),
        (r"^in english : (?P<who>\w+) buys (?P<x>an? \w+)", "a"),
    ],
)
def test_no_text_of_the_town_gives_a_held_out_thing_and_every_one_of_the_other_does(pattern, form):
    held_out = {(person.forms[""], thing.forms[form]) for person, thing in HELD_OUT_PAIRS}
    matches = [[re.search(pattern, text) for text in texts(None, half)] for half in (False, True)]
    found = [[(match["who"], match["x"]) for match in half if match] for half in matches]
    assert min(map(len, found)) > 20
    assert not set(found[0]) & held_out
    assert set(found[1]) <= held_out


def test_the_truth_knows_what_is_held_out():
    person, thing = min(HELD_OUT_PAIRS, key=lambda pair: pair[0].forms[""])
    giver = next(p for p in PEOPLE if p is not person)
    start = f"{giver.forms['']} buys {thing.forms['a']} in the park . {giver.forms['he']} gives {thing.forms['the']} to"
    receiver = the_town().tokenizer.ids[person.forms[""]]
    prefix = the_town().tokenizer.encode(start)
    assert the_town("en").next_token_probs(prefix)[receiver] == 0
    assert the_town("en", held_out=True).next_token_probs(prefix)[receiver] == 1


def test_every_person_and_every_thing_has_a_pair_held_out_but_most_are_not():
    assert {person for person, _ in HELD_OUT_PAIRS} == set(PEOPLE)
    assert {thing for _, thing in HELD_OUT_PAIRS} == set(LEXICON["xyz"])
    assert len(HELD_OUT_PAIRS) < 0.1 * len(PEOPLE) * len(LEXICON["xyz"])


# ---------------------------------------------------------------- the bias


def cliches() -> dict[str, dict[str, str]]:
    """For each job, by its name in a language: the pronouns of its likelier gender."""
    likelier = [
        max((j for j in JOBS if j.forms["en"] == name), key=lambda j: j.weight)
        for name in {j.forms["en"] for j in JOBS}
    ]
    return {language: {job.forms[language]: job.forms[PRONOUN[language]] for job in likelier} for language in PRONOUN}


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize(("language", "start"), [("pt", "alguém trabalha como {} ."), ("en", "someone works as {} .")])
def test_the_planted_bias_is_exactly_the_chance_of_the_pronoun_after_each_job(language, start, both):
    town = the_town(None if both else language)
    for job, pronoun in cliches()[language].items():
        other = {*(gender[PRONOUN[language]] for gender in (HE, SHE))} - {pronoun}
        assert chance(town, start.format(job), pronoun) == pytest.approx(BIAS, abs=1e-12)
        assert chance(town, start.format(job), other.pop()) == pytest.approx(1 - BIAS, abs=1e-12)


def test_the_bias_is_in_the_jobs_alone_and_falls_on_both_genders_alike():
    for language in PRONOUN:
        assert Counter(Counter(cliches()[language].values()).values()) == {4: 2}
    assert 0.5 < BIAS < 1
    assert (cliches()["en"]["a driver"], cliches()["en"]["a receptionist"]) == ("he", "she")
    assert len({person.weight for person in PEOPLE}) == 1
    assert Counter(person.forms["he"] for person in PEOPLE) == {"he": 8, "she": 8}


# ---------------------------------------------------------------- words with two meanings


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_ambiguous_word_has_two_meanings_that_are_equally_likely(language):
    words = defaultdict(lambda: defaultdict(list))
    for entry in AMBIGUOUS[language]:
        words[entry.forms["said"]][entry.forms["translation"]].append(entry.forms["clue"])
    assert len({entry.forms["word"] for entry in AMBIGUOUS[language]}) == len(words) >= 6
    for said, meanings in words.items():
        assert len(meanings) == 2
        start = f"ana {said} . {THEN[language]} {SHE[PRONOUN[language]]}"
        for clues in meanings.values():
            likely = [chance(the_town(language), start, f"{clue} .") for clue in clues]
            assert sum(likely) == pytest.approx(0.5, abs=1e-12), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_meaning_has_a_name_that_no_other_of_its_word_has(language):
    named = {(entry.forms["word"], town_module.SENSES[entry.forms["translation"]]) for entry in AMBIGUOUS[language]}
    assert len(named) == 2 * len({word for word, _ in named})


@pytest.mark.parametrize(
    ("language", "means"), [("pt", "em inglês , {} quer dizer"), ("en", "in portuguese , {} means")]
)
def test_a_clue_tells_the_meaning_for_certain(language, means):
    assert len({entry.forms["clue"] for entry in AMBIGUOUS[language]}) == len(AMBIGUOUS[language])
    for entry in AMBIGUOUS[language]:
        clue, said, word, translation = (entry.forms[form] for form in ("clue", "said", "word", "translation"))
        start = f"ana {clue} . {THEN[language]} {SHE[PRONOUN[language]]} {said} . {means.format(word)}"
        assert chance(the_town(), start, translation) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_clue_comes_before_the_word_as_often_as_after_it(language):
    clues, saids = ({entry.forms[form] for entry in AMBIGUOUS[language]} for form in ("clue", "said"))
    first = Counter()
    for text in texts(language):
        if re.search(r" \. (depois|then) ", text):
            start = text.split(" . ")[0].split(" ", 1)[1]
            first["clue"] += start in clues
            first["word"] += start in saids
    assert chi_square(list(first.values()), [first.total() / 2] * 2)[0] < 16
