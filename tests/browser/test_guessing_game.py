"""The guessing game in a page of its own: its maths, a whole game by mouse and by keyboard, and what is told."""

import pytest
import torch
from playwright.sync_api import expect

from browser.page import widget_pages
from mini_gpt import GPT
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.widgets import GuessingGame
from mini_gpt.lesson.widgets.guessing_game import EVEN, MOST, SMOOTHING, bits, smoothed

N = len(EVEN)


@pytest.fixture(scope="module")
def games():
    torch.manual_seed(0)
    model = GPT(NANO)
    return {lang: GuessingGame(model, Town(), lang) for lang in ("pt", "en")}


@pytest.fixture
def start(browser, games):
    """start(**state) opens the widget with that state; what changes after that is its page alone."""
    with widget_pages(browser) as open_page:

        def start(lang="en", **state):
            return open_page(games[lang], [], lambda _: None, width=1000, change=state)

        yield start


def get(page, name):
    return page.evaluate("name => window.model.get(name)", name)


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def option(page, i):
    """The buttons of an option: a point more, a point less, all."""
    return page.get_by_role("grid").get_by_role("row").nth(i).get_by_role("button")


def shares(page):
    return page.locator(".gg-share").all_inner_texts()


def text(page):
    return page.locator(".gg-text").inner_text()


def totals(page):
    return [float(total) for total in page.locator(".gg-score .gg-number").all_inner_texts()]


# ------------------------------------------------------------ the maths


def test_javascript_and_python_pay_alike(start):
    dice = torch.Generator().manual_seed(0)
    cases = []
    for _ in range(200):
        points = torch.randint(0, MOST + 1, (N,), generator=dice).tolist()
        probs = torch.rand(3, N, generator=dice).softmax(-1).tolist()
        answer = int(torch.randint(N, (), generator=dice))
        guess = {"answer": answer, "probs": dict(zip(("ngram", "gpt", "truth"), probs, strict=True))}
        cases.append((guess, points))
    paid = start().evaluate(
        "([cases, smoothing]) => cases.map(([guess, points]) => module.paidBy(guess, points, smoothing))",
        [cases, SMOOTHING],
    )
    for (guess, points), each in zip(cases, paid, strict=True):
        answer = guess["answer"]
        expected = {player: bits(p[answer]) for player, p in guess["probs"].items()}
        assert each == pytest.approx({"you": bits(smoothed(points, answer)), **expected})


def test_a_certainty_costs_nothing_and_not_minus_nothing(start):
    guess = {"answer": 0, "probs": {"truth": [1, 0]}}
    assert start().evaluate("guess => Object.is(module.paidBy(guess, [1, 1], 0.01).truth, 0)", guess)


# ------------------------------------------------------------ a game


def test_clicks_share_out_the_points(start):
    page = start()
    assert shares(page) == ["17%"] * N
    for _ in range(4):
        option(page, 2).nth(0).click()
    assert get(page, "bets") == [[1, 1, 5, 1, 1, 1]]
    assert shares(page) == ["10%", "10%", "50%", "10%", "10%", "10%"]
    option(page, 0).nth(1).click()
    option(page, 0).nth(1).click()
    assert get(page, "bets") == [[0, 1, 5, 1, 1, 1]]
    option(page, 4).nth(2).click()
    assert get(page, "bets") == [[0, 0, 0, 0, 1, 0]]
    option(page, 4).nth(1).click()  # one point must stay
    assert get(page, "bets") == [[0, 0, 0, 0, 1, 0]]
    option(page, 1).nth(0).click()
    assert shares(page) == ["0%", "50%", "0%", "0%", "50%", "0%"]


def test_an_option_takes_no_more_points_than_it_may(start):
    page = start(bets=[[MOST, 1, 1, 1, 1, 1]])
    option(page, 0).nth(0).click()
    assert get(page, "bets")[0][0] == MOST


@pytest.mark.parametrize(("lang", "number"), [("en", 0), ("pt", 1), ("en", 2)])
def test_a_whole_game_reveals_the_sentence_and_adds_up_what_python_would(start, games, lang, number):
    game = games[lang]
    page = start(lang)
    page.get_by_role("combobox").select_option(str(number))
    played = game.games[number]
    step = page.locator(".gg-step")
    for n, guess in enumerate(played["guesses"]):
        expect(page.locator(".gg-status")).to_contain_text(f"{n + 1} {'de' if lang == 'pt' else 'of'}")
        assert text(page).split() == played["tokens"][: guess["at"]]
        assert [option(page, i).nth(0).inner_text().split()[1] for i in range(N - 1)] == guess["options"]
        option(page, n % N).nth(2).click()
        step.click()
        assert get(page, "revealed") == n + 1
        assert page.locator("mark").inner_text() == played["tokens"][guess["at"]]
        rows = page.get_by_role("table").get_by_role("row").all()[1:]
        right = rows[guess["answer"]].get_by_role("cell").all_inner_texts()
        assert right[0] == ("100%" if n % N == guess["answer"] else "0%")
        assert int(right[3][:-1]) == pytest.approx(100 * guess["probs"]["truth"][guess["answer"]], abs=0.501)
        assert [row.inner_text().startswith("✓") for row in rows] == [i == guess["answer"] for i in range(N)]
        if n + 1 < len(played["guesses"]):
            step.click()
    game.sentence = number
    game.bets, game.revealed = get(page, "bets"), get(page, "revealed")
    paid = [sum(scores) for scores in game.scores.values()]
    if lang == "en":
        assert totals(page) == pytest.approx(paid, abs=0.00501)
    assert text(page).split() == played["tokens"]
    mean = f"{paid[0] / len(played['guesses']):.2f}".replace(".", "," if lang == "pt" else ".")
    expect(page.locator(".gg-status")).to_contain_text(f"{'você' if lang == 'pt' else 'you'} {mean};")
    step.click()
    assert (get(page, "bets"), get(page, "revealed"), get(page, "sentence")) == ([[*EVEN]], 0, number)
    game.sentence = 0


def test_bars_are_as_long_as_what_was_paid(start):
    page = start(bets=[[*EVEN]] * 3, revealed=3)
    widths = [bar.bounding_box()["width"] for bar in page.locator(".gg-track .gg-bar").all()]
    most = max(totals(page))
    full = page.locator(".gg-track").first.bounding_box()["width"]
    assert widths == pytest.approx([total / most * full for total in totals(page)], abs=3)


def test_another_sentence_starts_afresh(start, games):
    page = start(bets=[[*EVEN]] * 7, revealed=7)
    page.get_by_role("combobox").select_option("2")
    assert (get(page, "sentence"), get(page, "bets"), get(page, "revealed")) == (2, [[*EVEN]], 0)
    assert text(page).split() == games["en"].games[2]["tokens"][:8]
    assert totals(page) == [0, 0, 0, 0]


def test_what_is_set_from_python_is_shown_in_whatever_order_it_comes(start, games):
    page = start(bets=[[*EVEN]] * 7, revealed=7)
    page.evaluate("model.set('sentence', 2)")  # which has one guess fewer
    page.evaluate("model.set('revealed', 0)")
    page.evaluate("bets => model.set('bets', bets)", [[0, 3, 1, 0, 0, 0]])
    assert shares(page) == ["0%", "75%", "25%", "0%", "0%", "0%"]
    page.evaluate("model.set('revealed', 1)")
    expect(page.locator("mark")).to_have_text("ball")


# ------------------------------------------------------------ keyboard and screen reader


def test_a_room_plays_with_the_number_keys(start):
    page = start()
    button(page, "Reveal").focus()
    for key in ("2", "2", "Numpad5", "6"):
        page.keyboard.press(key)
    assert get(page, "bets") == [[1, 3, 1, 1, 2, 2]]
    page.keyboard.press("Shift+Digit4")
    assert get(page, "bets") == [[0, 0, 0, 1, 0, 0]]
    for key in ("0", "7", "Control+1", "Alt+1"):
        page.keyboard.press(key)
    assert get(page, "bets") == [[0, 0, 0, 1, 0, 0]]
    page.keyboard.press("Enter")
    expect(button(page, "Next token")).to_be_focused()
    page.keyboard.press("1")  # too late
    assert (get(page, "bets"), get(page, "revealed")) == ([[0, 0, 0, 1, 0, 0]], 1)
    page.keyboard.press("Space")
    expect(button(page, "Reveal")).to_be_focused()
    page.keyboard.press("1")
    assert get(page, "bets")[1] == [2, 1, 1, 1, 1, 1]


def test_a_click_beside_the_controls_is_enough_for_the_number_keys(start):
    page = start()
    page.locator(".gg-text").click()
    page.keyboard.press("3")
    assert get(page, "bets") == [[1, 1, 2, 1, 1, 1]]


def test_all_can_be_done_by_keyboard(start):
    page = start()
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="sentence", exact=True)).to_be_focused()
    page.keyboard.press("2")  # a key of the list itself
    assert get(page, "bets") == [[*EVEN]]
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    for key, i, kind in (("", 0, 0), ("ArrowUp", 0, 0), ("ArrowDown", 1, 0), ("ArrowRight", 1, 1), ("ArrowRight", 1, 2),
                         ("ArrowRight", 1, 2), ("ArrowUp", 0, 2)):  # fmt: skip
        if key:
            page.keyboard.press(key)
        expect(option(page, i).nth(kind)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert get(page, "bets") == [[1] + [0] * (N - 1)]
    assert page.locator(".gg-options button[tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    expect(button(page, "Reveal")).to_be_focused()


def test_a_slide_clickers_keys_are_left_alone_and_arrows_outside_the_options_too(start):
    page = start()
    page.evaluate("window.left = []; addEventListener('keydown', e => left.push([e.key, e.defaultPrevented]))")
    for place, keys in ((option(page, 0).nth(0), ("PageDown", "PageUp")),
                        (button(page, "Reveal"), ("PageDown", "PageUp", "ArrowRight", "ArrowLeft"))):  # fmt: skip
        place.focus()
        for key in keys:
            page.keyboard.press(key)
    assert [prevented for _, prevented in page.evaluate("left")] == [False] * 6


def test_a_screen_reader_is_told_options_shares_and_answers(start, games):
    page = start()
    first = games["en"].games[0]["guesses"][0]["options"][0]
    grid = page.get_by_role("grid", name="Share 100% among the options")
    expect(grid.get_by_role("button", name=f"{first}: 17%, add a point", exact=True)).to_have_count(1)
    expect(grid.get_by_role("button", name="take a point from another word", exact=True)).to_have_count(1)
    expect(grid.get_by_role("button", name=f"put everything on {first}", exact=True)).to_have_count(1)
    live = page.locator("[aria-live=polite]")
    expect(live).to_have_text("Guess 1 of 7: what comes next? Share 100% among the options.")
    button(page, "Reveal").click()
    expect(live).to_contain_text("It was “milk”. You paid 2.58 bits; the 3-gram")
    table = page.get_by_role("table", name="The probability that each player gave each option")
    assert table.get_by_role("columnheader").all_inner_texts() == ["option", "you", "3-gram", "GPT", "truth"]
    assert table.get_by_role("rowheader").count() == N
    expect(page.get_by_role("list", name="Bits paid so far").get_by_role("listitem")).to_have_count(4)
    expect(page.get_by_role("group", name="Guess the next token")).to_have_attribute("lang", "en")


# ------------------------------------------------------------ for every eye


def test_the_answer_differs_in_more_than_colour(start, games):
    page = start(revealed=1)
    right = page.locator(".gg-right [role=rowheader]")
    expect(right).to_contain_text("✓")
    assert right.evaluate("cell => getComputedStyle(cell).fontWeight") == "700"
