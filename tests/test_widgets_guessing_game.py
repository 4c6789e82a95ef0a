"""The Python half of the guessing game; tests/browser/test_guessing_game.py looks at the half that students see."""

import json
import math
import re

import pytest
import torch

import mini_gpt
from mini_gpt import GPT
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER, Town
from mini_gpt.lesson.widgets import GuessingGame
from mini_gpt.lesson.widgets.guessing_game import EVEN, MOST, SENTENCES, SMOOTHING, marked, smoothed

pytestmark = pytest.mark.slow

TOWN = Town()
TEXT = "leo buys a [clock] at the market . [he] gives the [clock] to [bia] ."
IDS = [TOKENIZER.end_of_text, *TOKENIZER.encode(re.sub(r"[\[\]]", "", TEXT))]
PLACES = [3, 8, 11, 13]
N = len(EVEN)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return GPT(NANO)


@pytest.fixture(scope="module")
def built(model):
    return GuessingGame(model, TOWN, "en", [TEXT, "ana [is] at the [beach]"])


@pytest.fixture
def game(built):
    built.sentence = 1
    built.sentence = 0
    return built


def bet(option, points=1):
    """All on one option."""
    return [points * (i == option) for i in range(N)]


# ------------------------------------------------------------ what is played with


def test_the_players_give_the_options_their_own_probabilities(model, game):
    with torch.no_grad():
        by_gpt = model(torch.tensor([IDS]))[0].double().softmax(-1)
    along = {
        "gpt": by_gpt,
        "truth": torch.from_numpy(TOWN.next_token_probs_along(IDS)),
        "ngram": game.ngram(torch.tensor([IDS]))[0].exp(),
    }
    assert [guess["at"] for guess in game.games[0]["guesses"]] == PLACES
    for guess in game.games[0]["guesses"]:
        ids = [TOKENIZER.ids[word] for word in guess["options"]]
        for player, probs in along.items():
            now = probs[guess["at"]]
            assert guess["probs"][player][:-1] == pytest.approx(now[ids].clamp(min=1e-6).tolist(), abs=1e-6)
            assert sum(guess["probs"][player]) == pytest.approx(1, abs=1e-5)


def test_the_options_are_likely_and_in_an_order_that_tells_nothing(game):
    for guess in game.games[0]["guesses"]:
        assert guess["options"] == sorted(guess["options"]) and len(set(guess["options"])) == N - 1
        truth = TOWN.next_token_probs(IDS[: guess["at"] + 1])
        if truth.max() > 0.9:
            assert TOKENIZER.words[truth.argmax()] in guess["options"]


def test_the_options_do_not_know_the_answer(model):
    texts = [TEXT, "leo buys a [ball] at the market . [he] gives the ball to bia ."]
    one, other = (game["guesses"][0] for game in GuessingGame(model, TOWN, "en", texts).games)
    assert one["options"] == other["options"] and one["probs"] == other["probs"]
    assert one["answer"] != other["answer"]


def test_the_answer_is_an_option_or_another_word(game):
    for guess, place in zip(game.games[0]["guesses"], PLACES, strict=True):
        token = game.games[0]["tokens"][place]
        assert (guess["options"] + [token])[guess["answer"]] == token
    certain = game.games[0]["guesses"][1]
    assert certain["options"][certain["answer"]] == "he" and certain["probs"]["truth"][certain["answer"]] == 1


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_its_sentences_hold_certain_fair_and_remembered_tokens(lang):
    game = GuessingGame(mini_gpt.load("mini"), TOWN, lang)
    assert len(game.games) == 3
    for number, played in enumerate(game.games):
        game.sentence = number
        game.bets = [[*EVEN]] * len(played["guesses"])
        game.revealed = len(game.bets)
        scores = game.scores
        assert 5 <= len(game.bets) <= 7
        assert scores["truth"].count(0) >= 3  # certain, for whoever remembers
        assert sum(bits > 0.6 for bits in scores["truth"]) >= 2  # open even to the truth
        forgotten = [i for i, bits in enumerate(scores["truth"]) if bits == 0 and scores["ngram"][i] > 1]
        assert len(forgotten) >= 2
        assert sum(scores["truth"]) <= sum(scores["gpt"]) + 0.1 < sum(scores["ngram"])
    assert scores["gpt"][-2] > 1 and scores["truth"][-2] == 0  # with three owners mini is unsure


def test_what_it_sends_is_small_json(game):
    assert len(json.dumps(game.page_state(), allow_nan=False)) < 20_000


def test_the_same_game_is_built_each_time(model, game):
    assert GuessingGame(model, TOWN, "en", [TEXT]).games == game.games[:1]


# ------------------------------------------------------------ what is paid


def test_a_smoothed_share_sums_to_one_and_is_never_zero():
    for points in ([*EVEN], bet(2), [3, 0, 0, 1, 0, 5], bet(5, MOST)):
        shares = [smoothed(points, option) for option in range(N)]
        assert sum(shares) == pytest.approx(1)
        assert min(shares) >= SMOOTHING / N
    assert smoothed([*EVEN], 0) == pytest.approx(1 / N)


def test_scores_are_the_bits_of_what_was_given_to_the_answer(game):
    answers = [guess["answer"] for guess in game.games[0]["guesses"]]
    game.bets = [[*EVEN], bet(answers[1]), bet((answers[2] + 1) % N), [2, 1, 0, 0, 0, 1]]
    assert game.scores == {"you": [], "ngram": [], "gpt": [], "truth": []}
    game.revealed = 3
    assert game.scores["you"] == pytest.approx(
        [math.log2(N), -math.log2(1 - SMOOTHING + SMOOTHING / N), math.log2(N / SMOOTHING)]
    )
    for player in ("ngram", "gpt", "truth"):
        given = [guess["probs"][player][guess["answer"]] for guess in game.games[0]["guesses"]]
        assert game.scores[player] == pytest.approx([-math.log2(p) for p in given[:3]])
    assert game.scores["truth"][1] == 0


def test_the_note_says_what_nothing_costs_and_what_was_read(game):
    assert "1% of your guess is spread evenly over the options, so 0% costs 9.2 bits" in game.texts["note"]
    assert "The 3-gram, which sees only the last two words, was trained on 5,000 documents." in game.texts["note"]


def test_another_sentence_starts_afresh(game):
    game.bets = [[*EVEN], bet(0)]
    game.revealed = 1
    game.sentence = 1
    assert (game.bets, game.revealed) == ([[*EVEN]], 0)


def test_no_game_shares_its_points_with_another(model, game):
    other = GuessingGame(model, TOWN, "en", [TEXT])
    other.bets[0][0] = 7
    game.sentence = 1
    assert game.bets == [[*EVEN]]


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sentence", 2, "sentence=2 must be a whole number from 0 to 1"),
        ("sentence", True, "sentence=True must be"),
        ("revealed", 2, "revealed=2 must be a whole number from 0 to 1"),
        ("revealed", -1, "revealed=-1 must be"),
        ("bets", [], "bets=[] must be 1 to 4 lists of 6 whole numbers of points from 0 to 99, not all 0"),
        ("bets", 3, "bets=3 must be 1 to 4 lists"),
        ("bets", [[1] * 6] * 5, "must be 1 to 4 lists"),
        ("bets", [[1] * 5], "must be 1 to 4 lists"),
        ("bets", [[0] * 6], "must be 1 to 4 lists"),
        ("bets", [[1, 1, 1, 1, 1, -1]], "must be 1 to 4 lists"),
        ("bets", [[1, 1, 1, 1, 1, 100]], "must be 1 to 4 lists"),
        ("bets", [[1, 1, 1, 1, 1, 0.5]], "must be 1 to 4 lists"),
    ],
)
def test_a_bad_value_is_named_with_what_is_accepted_and_changes_nothing(game, name, value, message):
    before = repr(game)
    with pytest.raises(ValueError, match=re.escape(message)):
        setattr(game, name, value)
    assert repr(game) == before


def test_what_was_revealed_cannot_be_dropped(game):
    game.bets = [[*EVEN], [*EVEN]]
    game.revealed = 2
    with pytest.raises(ValueError, match=re.escape("must be 2 to 4 lists")):
        game.bets = [[*EVEN]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sentences": "ana [is]"}, "sentences='ana [is]' must be one or more texts"),
        ({"sentences": []}, "sentences=[] must be one or more texts"),
        ({"sentences": [3]}, "sentences=[3] must be one or more texts"),
        ({"sentences": ["ana is"]}, "sentences hold 'ana is', and must mark what is to be guessed in [brackets]"),
        ({"sentences": ["ana [estah]"]}, "'estah'"),
        ({"sentences": ["ana is [ana]"]}, "'ana' cannot follow"),
    ],
)
def test_a_bad_argument_is_named_with_what_is_accepted(model, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        GuessingGame(model, TOWN, **arguments)


def test_brackets_alone_are_words():
    assert marked("a [] [ [b]") == (["a", "[]", "[", "b"], [3])


# ------------------------------------------------------------ without a front end


def test_its_text_shows_where_the_game_stands_and_no_more(game):
    lines = re.findall(r"<div>(.*?)</div>", game.static_html())
    assert lines[0] == "leo buys a ____"
    assert lines[1] == " · ".join([*game.games[0]["guesses"][0]["options"], "another word"])
    assert lines[2:] == ["Run the cell to play."]
    game.revealed = 1
    lines = re.findall(r"<div>(.*?)</div>", game.static_html())
    assert lines[0] == "leo buys a clock at the market . ____"
    assert lines[2].startswith("Bits paid so far: you 2.58; 3-gram ")
    game.bets = [[*EVEN]] * 4
    game.revealed = 4
    lines = re.findall(r"<div>(.*?)</div>", game.static_html())
    assert lines[0] == re.sub(r"[\[\]]", "", TEXT) and len(lines) == 3


def test_its_repr_tells_where_the_game_stands(game):
    assert repr(game) == "GuessingGame(sentence=0, bets=[[1, 1, 1, 1, 1, 1]], revealed=0)"


def test_both_languages_have_the_same_game():
    assert [len(marked(text)[1]) for text in SENTENCES["pt"]] == [len(marked(text)[1]) for text in SENTENCES["en"]]
