"""What brings the deck's page to life: models inside the page, whose keys are whose, the theme, windows in step."""

import json
import random

import pytest
import torch
from conftest import lively
from playwright.sync_api import Error, expect

import mini_gpt
from browser.bare_deck import MINI, bare_deck, carried, host
from browser.lab import SECONDS
from mini_gpt import GPTConfig
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.widgets import AttentionExplorer, MaskPainter, NextToken, PatchingGrid
from mini_gpt.lesson.widgets.mask_painter import key_of
from mini_gpt.lesson.widgets.next_token import EXAMPLES, PLAIN, TEXTS, uniform
from mini_gpt.model import causal_mask, prefix_mask
from mini_gpt.sampling import next_token_probs
from mini_gpt.tokenizer import GPT2Tokenizer

TOWN = Town()
SENTENCES = [text for examples in EXAMPLES.values() for text in examples]
SCRIPT = """
    import { answers } from "answers"; import { mount } from "deck"; import { causalMask } from "gpt";
    import mask_painter from "mask_painter"; import { Model } from "model"; import { unpacked } from "models";
    import next_token from "next_token"; import patching_grid from "patching_grid";
    import { readSafetensors } from "safetensors";
    import * as sampling from "sampling";
    const probe = { render({ model, el }) {
        if (model.get("fails")) throw new Error("as it was told to");
        el.innerHTML = model.get("html") ?? "";
        window.probe = model;
    } };
    Object.assign(window, { answers, causalMask, Model, readSafetensors, sampling, unpacked });
    mount({ mask_painter, next_token, patching_grid, probe });"""
LOGITS = "args => unpacked().gpt.logits(...args).map(row => [...row])"


@pytest.fixture(scope="module")
def gpt():
    return mini_gpt.load("mini")


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """A small model of bytes, and the folder of its files, whose weights are of 16 bits; its vocabulary is padded."""
    folder = tmp_path_factory.mktemp("models") / "books"
    tokenizer = GPT2Tokenizer.train(["era uma vez uma mulher que não tinha pão 日本 日本\n\n" * 3], vocab_size=300)
    small = GPTConfig(tokenizer.vocab_size + 3, context_length=32, n_layer=2, n_head=2, d_model=16)
    model = lively(small, seed=0).half()
    model.tokenizer = tokenizer
    mini_gpt.save(model, folder)
    model = mini_gpt.load(folder)
    model.folder = folder
    return model


@pytest.fixture(scope="module")
def explorer(gpt):
    """The widget, and what a page gets of it. Two examples: their truth takes seconds."""
    widget = NextToken(gpt, TOWN, "ana", lang="en")
    widget.examples = ["ana", "the books that bia left in the square"]
    widget.page = widget.page_state()
    return widget


@pytest.fixture(scope="module")
def painter(gpt):
    return MaskPainter(gpt, "ana is at the beach", lang="en")


class Windows:
    """Windows of one deck, a file; errors are what their consoles told, and external what they asked of a network."""

    def __init__(self, context, path):
        self.context, self.url = context, path.as_uri()
        self.errors, self.external = [], []
        context.set_default_timeout(SECONDS * 1000)
        context.on("request", lambda request: self.external.append(request.url))

    def open(self, query=""):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text))
        page.goto(self.url + query)
        page.wait_for_function("document.documentElement.dataset.widgets === 'ready'")
        return page


@pytest.fixture
def deck(browser, tmp_path):
    """deck(content) is the Windows of a deck of that content; at the end none has asked anything of a network."""
    made = []

    def deck(content):
        path = tmp_path / "deck.html"
        path.write_text(bare_deck(content, SCRIPT), encoding="utf-8")
        made.append(Windows(browser.new_context(has_touch=True), path))
        return made[-1]

    yield deck
    for windows in made:
        windows.context.close()
        assert [url for url in windows.external if not url.startswith(("file:", "data:"))] == []


@pytest.fixture
def start(deck):
    """start(content) is one window, which may not complain."""
    made = []

    def start(content):
        made.append(deck(content))
        return made[-1].open()

    yield start
    assert [error for windows in made for error in windows.errors] == []


def probe(html="", **state):
    return host("probe", {"html": html, **state})


def states(page):
    return page.evaluate("[...document.querySelectorAll('[data-widget]')].map(host => host.dataset.state)")


# ------------------------------------------------------------ mini inside the page


@torch.no_grad()
def test_minis_logits_are_pythons(start, gpt):
    page = start(carried())
    for text in SENTENCES:
        ids = gpt.tokenizer.encode(f"<|endoftext|> {text}")
        logits = torch.tensor(page.evaluate(LOGITS, [ids]))
        torch.testing.assert_close(logits, gpt(torch.tensor([ids]))[0], atol=1e-4, rtol=0)


@torch.no_grad()
def test_minis_logits_are_pythons_with_any_mask(start, gpt):
    page = start(carried())
    ids = gpt.tokenizer.encode("<|endoftext|> ana is at the beach")
    own = causal_mask(6)
    own[3, 1], own[0, 5] = False, True
    for mask in (own, prefix_mask(6, 4), torch.ones(6, 6, dtype=torch.bool)):
        logits = torch.tensor(page.evaluate(LOGITS, [ids, mask.tolist()]))
        torch.testing.assert_close(logits, gpt(torch.tensor([ids]), mask)[0], atol=1e-4, rtol=0)
    assert page.evaluate("causalMask(6)") == causal_mask(6).tolist()


def test_mini_reads_as_many_tokens_as_it_has_positions(start):
    page = start(carried())
    assert len(page.evaluate(LOGITS, [[0] * 64])) == 64
    for n in (0, 65):
        with pytest.raises(Error, match=f"ids are {n} tokens, and must be 1 to 64"):
            page.evaluate(LOGITS, [[0] * n])


def test_all_numbers_of_16_bits_are_read_as_they_are(start):
    halves = torch.arange(2**16, dtype=torch.int32).to(torch.uint16).view(torch.float16)
    header = json.dumps({"x": {"dtype": "F16", "shape": [2**16], "data_offsets": [0, 2**17]}}).encode()
    file = len(header).to_bytes(8, "little") + header + halves.numpy().tobytes()
    read = start("").evaluate("bytes => [...readSafetensors(new Uint8Array(bytes).buffer).x]", list(file))
    assert torch.equal(torch.tensor(read).nan_to_num(1e9), halves.float().nan_to_num(1e9))


@torch.no_grad()
def test_the_logits_of_a_model_of_16_bits_are_pythons(start, books):
    page = start(carried(books.folder))
    ids = books.tokenizer.encode("<|endoftext|>era uma vez 日本!")
    logits = torch.tensor(page.evaluate(LOGITS, [ids]))
    torch.testing.assert_close(logits, books(torch.tensor([ids]))[0], atol=1e-4, rtol=0)


@torch.no_grad()
def test_what_texts_begin_with_alike_is_computed_once_and_another_mask_reads_anew(start, books):
    page = start(carried(books.folder))
    ids, mask = [256, 5, 6, 7, 8, 9], prefix_mask(6, 3)
    texts = [ids, [*ids, 5, 6], [*ids, 5, 7], ids[:2], ids[:2], [9, *ids], ids]
    asked = [(text, None) for text in texts] + [(ids, mask), (ids, mask), (ids, None)]
    computed, answers = page.evaluate(
        """asked => {
            const { gpt } = unpacked(), computed = [], attention = gpt.attention;
            gpt.attention = (x, block, sees) => {
                if (block === gpt.blocks[0]) computed.push(x.length);
                return attention.call(gpt, x, block, sees);
            };
            return [computed, asked.map(([ids, mask]) => gpt.logits(ids, mask ?? undefined).map(row => [...row]))];
        }""",
        [(ids, mask if mask is None else mask.tolist()) for ids, mask in asked],
    )
    assert computed == [6, 2, 1, 0, 0, 7, 6, 6, 6, 6]
    for (ids, mask), answer in zip(asked, answers, strict=True):
        torch.testing.assert_close(torch.tensor(answer), books(torch.tensor([ids]), mask)[0], atol=1e-4, rtol=0)


def test_a_file_of_another_number_format_is_refused(start):
    header = json.dumps({"wte.weight": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    file = len(header).to_bytes(8, "little") + header + bytes(2)
    with pytest.raises(Error, match=r"tensor wte\.weight is of BF16, and must be of F32 or F16"):
        start("").evaluate("bytes => readSafetensors(new Uint8Array(bytes).buffer)", list(file))


def test_the_tokenizer_is_pythons(start, gpt):
    page = start(carried())
    for text in [*SENTENCES, " ana \n está ", "<|endoftext|> ana", "cafe\u0301 ."]:
        ids = gpt.tokenizer.encode(text)
        assert page.evaluate("text => unpacked().tokenizer.encode(text)", text) == ids
        assert page.evaluate("ids => unpacked().tokenizer.decode(ids)", ids) == gpt.tokenizer.decode(ids)


def test_the_tokenizer_names_each_word_that_it_does_not_know(start):
    page = start(carried())
    with pytest.raises(Error, match="text has words that are not known: constructor, __proto__, Ana"):
        page.evaluate("unpacked().tokenizer.encode('ana constructor __proto__ ana Ana constructor')")


SPACES = [" ", "  ", "\t", "\n", "\r\n", "\0", "\x1c", "\x85", "\xa0", "\u180e", "\u200b", "\u2028", "\u3000", "\ufeff"]
HOSTILE = [
    *(*SPACES, "'s", "'S", "'ll", "’s", "don't", "olá", "a1b", "12", "٣٤", "३", "²", "½", "Ⅷ", "𝟘", "ǅ", "𐐷"),
    *("é", "e\u0301", "\u0300", "👩‍👩‍👧", "🇧🇷", "🏳️‍🌈", "日本語", "かな", "…", "—", "\u202e", "\ufffd", "\U000e0001"),
    *("</script>", "<|endoftext|>", "<|endoftext", "__proto__", "constructor", "era uma vez", " não"),
]


def test_bytes_are_encoded_decoded_and_named_as_in_python(start, books):
    page, tokenizer, dice = start(carried(books.folder)), books.tokenizer, random.Random(0)
    texts = HOSTILE + ["".join(dice.choices(HOSTILE, k=dice.randint(2, 12))) for _ in range(1000)]
    encoded = page.evaluate("texts => texts.map(text => unpacked().tokenizer.encode(text))", texts)
    assert encoded == tokenizer.encode_batch(texts)
    everything = range(tokenizer.vocab_size)
    sequences = encoded + [dice.choices(everything, k=8) for _ in range(1000)]  # most are no whole characters
    decoded = page.evaluate("all => all.map(ids => unpacked().tokenizer.decode(ids))", sequences)
    assert decoded == [tokenizer.decode(ids) for ids in sequences] and decoded[: len(texts)] == texts
    names = page.evaluate("ids => ids.map(id => unpacked().tokenizer.name(id))", [*everything])
    assert names == token_names(tokenizer, everything)


def test_half_a_surrogate_pair_is_read_as_what_stands_for_no_character(start, books):
    page = start(carried(books.folder))
    encoded = page.evaluate("['a\\ud83d', '\\udc69 b'].map(text => unpacked().tokenizer.encode(text))")
    assert encoded == books.tokenizer.encode_batch(["a\ufffd", "\ufffd b"])


# ------------------------------------------------------------ how mini chooses


def test_javascript_and_python_turn_the_knobs_alike(start):
    generator = torch.Generator().manual_seed(0)

    def one_of(*values):
        return values[torch.randint(len(values), (), generator=generator)]

    cases = []
    for _ in range(400):
        logits = 3 * torch.randn(one_of(1, 2, 5, 40), generator=generator, dtype=torch.float64)
        logits = (logits * one_of(1, 10, 1000)).round() / one_of(1, 10, 1000)  # the coarse ones hold ties
        knobs = (one_of(0, 0.05, 0.5, 1, 1.7, 3), one_of(None, 1, 2, 3, 20), one_of(None, 0.05, 0.3, 0.8, 0.95, 1))
        cases.append([logits.tolist(), *knobs])
    answers = start("").evaluate(
        "cases => cases.map(([logits, ...knobs]) => sampling.nextTokenProbs(logits, ...knobs))", cases
    )
    for (logits, *knobs), answer in zip(cases, answers, strict=True):
        expected = next_token_probs(torch.tensor(logits, dtype=torch.float64), *knobs)
        torch.testing.assert_close(torch.tensor(answer, dtype=torch.float64), expected, rtol=1e-9, atol=1e-12)
        assert [p == 0 for p in answer] == [p == 0 for p in expected.tolist()]


def test_of_equal_tokens_the_first_stay(start):
    assert start("").evaluate("sampling.nextTokenProbs([1, 2, 2, 2], 1, 2)") == [0, 0.5, 0.5, 0]
    assert start("").evaluate("sampling.nextTokenProbs([2, 2, 2, 2], 1, null, 0.5)") == [0.5, 0.5, 0, 0]
    assert start("").evaluate("sampling.nextTokenProbs([1, 2, 2], 0)") == [0, 1, 0]


def test_draws_follow_the_probabilities_and_never_take_what_was_cut(start):
    counts = start("").evaluate("""() => {
        const counts = [0, 0, 0, 0];
        let seed = 1, u;
        for (let i = 0; i < 10000; i++) {
            [u, seed] = sampling.uniform(seed);
            counts[sampling.pick([0, 0.7, 0.3, 0], u)]++;
        }
        return counts;
    }""")
    assert counts[0] == counts[3] == 0
    assert counts[1] == pytest.approx(7000, abs=200)
    assert start("").evaluate("sampling.pick([0.5, 0.4999999, 0], 0.99999999)") == 1  # they sum to just under 1


def test_bits_are_the_entropy_and_more_for_whom_is_wrong(start):
    page = start("")
    assert page.evaluate("sampling.meanSurprise([0.5, 0.25, 0.25], [0.5, 0.25, 0.25])") == 1.5
    assert page.evaluate("sampling.meanSurprise([0.5, 0.5, 0], [0.25, 0.5, 0.25])") == 1.5
    assert page.evaluate("sampling.meanSurprise([0.5, 0.5], [1, 0])") is None


def test_the_seeds_of_page_and_notebook_draw_the_same_points(start):
    page = start("")
    for seed in (0, 1, 7, 2**31, 2**32 - 1):
        assert page.evaluate("seed => sampling.uniform(seed)", seed) == list(uniform(seed))


# ------------------------------------------------------------ what mini answers


def answer(page, name, state, **chosen):
    return page.evaluate("([name, state]) => answers[name](new Model(state))", [name, state | chosen])


def assert_same_answer(inside, python):
    assert flat(inside) == [pytest.approx(x, abs=1e-4) if isinstance(x, float) else x for x in flat(python)]


def flat(value):
    """The names, texts and numbers in a nested value, in order."""
    if isinstance(value, dict):
        return [x for name in sorted(value) for x in [name, *flat(value[name])]]
    return [x for each in value for x in flat(each)] if isinstance(value, list | tuple) else [value]


def test_along_the_examples_mini_answers_as_the_notebook_does(start, explorer):
    page = start(carried())
    for example in explorer.examples:
        words = example.split()
        for prefix in [" ".join(words[:t]) for t in range(len(words))] + [f"<|endoftext|> {example}", f" {example} "]:
            assert_same_answer(answer(page, "next_token", explorer.page, prefix=prefix), explorer.answer(prefix))


def test_along_what_mini_most_expects_it_answers_as_the_notebook_does_up_to_the_documents_end(start, explorer):
    page = start(carried())
    prefix = explorer.examples[1]
    while not prefix.endswith("<|endoftext|>"):
        python = explorer.answer(prefix)
        assert_same_answer(answer(page, "next_token", explorer.page, prefix=prefix), python)
        prefix = python["take"]["prefix"]
    assert_same_answer(answer(page, "next_token", explorer.page, prefix=prefix), explorer.answer(prefix))


def test_elsewhere_mini_answers_alone_and_says_why(start, explorer, gpt):
    page = start(carried())
    alone = NextToken(gpt, None, lang="en")
    inside = answer(page, "next_token", explorer.page, prefix="bia is at")
    assert_same_answer(inside, alone.answer("bia is at") | {"notes": [TEXTS["along"]["en"]]})


def test_without_a_town_nothing_is_said_about_truth(start, gpt):
    page = start(carried())
    alone = NextToken(gpt, None, lang="pt")
    long = "ana " * 70
    for prefix in ("bia está", long):
        assert_same_answer(answer(page, "next_token", alone.page_state(), prefix=prefix), alone.answer(prefix))


def test_bytes_are_read_on_in_the_page_as_they_were_written(start, books):
    page, widget = start(carried(books.folder)), NextToken(books, None, "era", lang="en")
    state = widget.page_state() | {"answered": []}
    for seed in range(40):  # more than its window
        python = widget.answer(widget.prefix, seed=seed)
        inside = answer(page, "next_token", state, prefix=widget.prefix, seed=seed)
        assert_same_answer(inside, python)
        widget.prefix = python["draw"]["prefix"]
    assert widget.written[widget.prefix] != books.tokenizer.encode(widget.prefix)


def test_unknown_words_are_named_in_the_decks_language(start, gpt):
    page = start(carried())
    state = NextToken(gpt, None, "ana", lang="pt").page_state()
    problem = f"{TEXTS['unknown']['pt']} “<img/onerror=alert(1)>”, “toString”"
    prefix = "ana <img/onerror=alert(1)> toString"
    expected = {"answered": [prefix, 1, None, None, 0], "problem": problem, "notes": []}
    assert answer(page, "next_token", state, prefix=prefix) == expected
    many = answer(page, "next_token", state, prefix="w x y z ana")
    assert many["problem"] == f"{TEXTS['unknown']['pt']} “w”, “x”, “y”, …"


def test_any_mask_gets_the_notebooks_loss(start, painter):
    page = start(carried())
    mask = causal_mask(6)
    mask[4, 2] = False
    inside = answer(page, "mask_painter", painter.page_state(), mask=mask.tolist())
    assert inside["answered"] == key_of(mask)
    assert inside["log_probs"] == pytest.approx(painter.answer(mask), abs=1e-4)


@pytest.mark.parametrize("head", [1, "all"])
def test_another_head_shows_the_notebooks_numbers_from_what_the_page_stores(start, gpt, painter, head):
    page = start("")
    explorer = AttentionExplorer(gpt, "ana is at the beach", lang="en")
    state = explorer.page_state()
    inside = answer(page, "attention_explorer", state, layer=2, head=head)
    explorer.layer, explorer.head = 2, head
    assert inside == {"shown": explorer.page_state()["shown"]}
    assert answer(page, "attention_explorer", state) is None
    if head != "all":
        painted = answer(page, "mask_painter", painter.page_state(), layer=2, head=head)["shown"]
        assert painted == {"of": [2, head], "scores": painter.scores[2][head], "values": painter.values[2][head]}


def patched_in(page, state, **chosen):
    """What the page answers to two texts, with all rows: it gives one at a time."""
    state = state | chosen
    while (found := page.evaluate("state => answers.patching_grid(new Model(state))", state)) is not None:
        state |= found
    return state


@pytest.mark.parametrize("which", ["gpt", "books"])
def test_vectors_are_patched_as_in_the_notebook(start, request, which):
    model = request.getfixturevalue(which)
    texts = {
        "gpt": [("ana is at", "bia is at"), ("<|endoftext|> leo gives ana a book", "bia gives leo a map")],
        "books": [("era uma vez", "era vez uma"), ("<|endoftext|>era uma vez 日本", "era 日本 vez 日本")],
    }[which]
    page = start(carried(MINI if which == "gpt" else model.folder))
    state = PatchingGrid(model, *texts[0], lang="en").page_state()
    for text, source in texts[::-1]:
        python = PatchingGrid(model, text, source, lang="en")
        inside = patched_in(page, state, text=text, source=source)
        for name in ("answered", "problem", "tokens", "likely", "pair"):
            assert inside[name] == getattr(python, name), name
        torch.testing.assert_close(torch.tensor(inside["ends"]), torch.tensor(python.ends), atol=1e-3, rtol=0)
        torch.testing.assert_close(torch.tensor(inside["rows"]), torch.tensor(python.rows), atol=1e-3, rtol=0)


def test_a_pages_grid_compares_the_answers_that_are_chosen_and_leaves_the_model_as_it_was(start, gpt):
    page = start(carried())
    state = PatchingGrid(gpt, "ana is at", "bia is at", lang="en").page_state()
    likely = [i for i, _ in state["likely"]]
    ids = gpt.tokenizer.encode("<|endoftext|> ana is at")
    before = page.evaluate(LOGITS, [ids])
    for answers in ([likely[3], likely[5]], [likely[1], None], [None, likely[0]], [7, 9]):
        python = PatchingGrid(gpt, "ana is at", "bia is at", lang="en", answers=answers)
        inside = patched_in(page, state, answers=answers)
        assert (inside["pair"], inside["likely"]) == (python.pair, python.likely)
        torch.testing.assert_close(torch.tensor(inside["rows"]), torch.tensor(python.rows), atol=1e-3, rtol=0)
        assert page.evaluate(LOGITS, [ids]) == before


def test_a_pages_grid_refuses_texts_in_the_notebooks_words(start, gpt):
    page = start(carried())
    grid = PatchingGrid(gpt, "ana is at", "bia is at", lang="pt")
    state = grid.page_state()
    for text in ("ana", "ana " * 40, "ana is"):
        grid.text = text
        inside = answer(page, "patching_grid", state, text=text)
        assert inside == {"answered": [text, "bia is at", None, None], "problem": grid.problem} and grid.problem
        assert answer(page, "patching_grid", state | inside, text=text) is None
    problem = f"{TEXTS['unknown']['pt']} “xyz”"
    assert answer(page, "patching_grid", state, source="ana is xyz")["problem"] == problem


def test_the_room_changes_the_texts_and_every_row_is_patched_anew(start, gpt):
    grid = PatchingGrid(gpt, "ana is at", "bia is at", lang="en")
    page = start(host("patching_grid", grid.page_state()) + carried())
    texts = ["ana está na praça . ela olha", "leo está na praça . ele olha"]
    for which, text in enumerate(texts, 1):
        page.get_by_role("textbox", name=f"Text {which}").fill(text)
        page.keyboard.press("Enter")
    cells = page.get_by_role("grid").locator("button")
    expect(cells).to_have_count(40)
    expect(page.get_by_role("grid")).not_to_contain_text("…")
    moved = [x for row in PatchingGrid(gpt, *texts).moved for x in row]
    assert [float(text) for text in cells.all_inner_texts()] == pytest.approx(moved, abs=0.011)


def test_what_is_answered_is_not_asked_again(start, gpt, explorer, painter):
    page = start("")  # it carries no mini, and does not need it
    assert answer(page, "patching_grid", PatchingGrid(gpt, "ana is at", "bia is at").page_state()) is None
    assert answer(page, "next_token", explorer.page) is None
    assert answer(page, "mask_painter", painter.page_state()) is None
    assert answer(page, "mask_painter", painter.page_state(), mask=prefix_mask(6, 3).tolist()) is None


def test_the_room_types_a_prefix_and_paints_a_mask_and_the_page_answers(start, explorer, painter):
    page = start(host("next_token", explorer.page) + host("mask_painter", painter.page_state()) + carried())
    assert states(page) == ["live", "live"]
    text = page.locator("textarea")
    text.fill("the books ")
    expect(page.locator(".nt-status")).to_contain_text("Most likely now: “that”")
    expect(page.locator(".nt-row-head")).to_contain_text("truth")
    page.get_by_role("button", name="Draw and continue").click()
    expect(page.locator(".nt-status")).to_contain_text("Drew “that”")
    text.fill("the bookz ")
    expect(page.locator(".nt-status")).to_have_text(f"{TEXTS['unknown']['en']} “bookz”")
    page.get_by_role("button", name="query “the”, key “is”").click()
    mask = causal_mask(6)
    mask[4, 2] = False
    loss = -torch.tensor(painter.answer(mask[None])).mean()
    expect(page.locator(".mp-loss")).to_contain_text(f"the loss is {loss:.2f} nats per token")


def choice_of(gpt, books):
    """The explorer's state in a page that carries both models, and begins with mini."""
    town, alone = NextToken(gpt, TOWN, "ana", lang="en"), NextToken(books, None, "era uma vez ", lang="en")
    town.examples = ["ana"]
    own = ("prefix", "by_word", "examples", "known")
    models = {
        folder.name: {"label": label, **{name: state[name] for name in own}}
        for folder, label, state in [(MINI, "town", town.page_state()), (books.folder, "books", alone.page_state())]
    }
    shared = {name: value for name, value in town.page_state().items() if name not in own[1:]}
    return shared | {"models": models, "which": "mini", "answered": [*shared["answered"], "mini"]}


def test_another_model_is_chosen_in_all_windows_with_its_examples_and_its_spaces_and_no_truth(deck, gpt, books):
    windows = deck(host("next_token", choice_of(gpt, books)) + carried() + carried(books.folder))
    here, there = windows.open("?sync=room"), windows.open("?sync=room")
    here.locator("textarea").fill("ana is ")
    expect(there.locator("textarea")).to_have_value("ana is")
    model, examples = here.get_by_label("Trained on"), here.get_by_label("Examples")
    assert examples.locator("option").all_inner_texts()[1:] == ["ana"]
    model.select_option("books")
    alone = NextToken(books, None, "era uma vez ", lang="en")
    for page in (here, there):
        expect(page.locator("textarea")).to_have_value("era uma vez ")
        expect(page.get_by_label("Trained on")).to_have_value("books")
        expect(page.locator(".nt-row-head")).not_to_contain_text("truth")
        expect(page.locator(".nt-status")).to_contain_text(f"Most likely now: “{alone.take['name']}”")
        assert page.get_by_label("Examples").locator("option").all_inner_texts()[2:] == PLAIN["en"][1:]
        assert page.get_by_role("button", name="Undo").get_attribute("aria-disabled") == "true"
    there.get_by_role("button", name="Draw and continue").click()
    expect(here.locator("textarea")).to_have_value(alone.draw["prefix"])
    examples.select_option(PLAIN["en"][2])
    expect(there.locator("textarea")).to_have_value(PLAIN["en"][2])
    there.get_by_label("Trained on").select_option("town")
    for page in (here, there):
        expect(page.locator("textarea")).to_have_value("ana")
        expect(page.locator(".nt-row-head")).to_contain_text("truth")
    assert windows.errors == []


# ------------------------------------------------------------ the model of a widget


def test_a_model_tells_every_change_once_and_what_was_set_when_it_is_saved(start):
    assert start("").evaluate("""() => {
        const model = new Model({a: 1, b: 2}), told = [];
        const listener = () => told.push(["change", model.get("a")]);
        model.on("change", listener);
        model.on("change:a", () => told.push("a"));
        model.on("change:b", () => told.push("b"));
        model.on("save", ({ detail }) => told.push(detail));
        model.set("a", 1);
        model.set("a", 3);
        model.receive({b: 4});
        model.off("change", listener);
        model.set("a", 5);
        model.save_changes();
        model.save_changes();
        return [told, model.get("b")];
    }""") == [["a", ["change", 3], "b", ["change", 3], "a", {"a": 5}, {}], 4]


# ------------------------------------------------------------ whose key is it?

CONTROLS = """
    <input type="range" min="0" max="10" value="5"> <input type="checkbox"> <input type="text" value="ab">
    <textarea>ab</textarea> <select><option>a<option>b<option>d</select> <button type="button">press</button>
    <a href="#3">link</a> <div contenteditable="true">ab</div>
    <div role="grid" onkeydown="if (event.key.startsWith('Arrow')) event.preventDefault(), this.dataset.at = event.key">
        <button type="button" tabindex="0">cell</button>
    </div>"""
SELECTORS = ["[type=range]", "[type=checkbox]", "[type=text]", "textarea", "select", "[type=button]", "a",
             "[contenteditable]", "[role=grid] button"]  # fmt: skip


def pressed(page, selector, key):
    """The keys that the deck gets when one is pressed in a control."""
    page.evaluate("deck.keys = []")
    page.locator(selector).first.focus()
    page.keyboard.press(key)
    return page.evaluate("deck.keys")


def slide(page):
    return page.evaluate("deck.slide")


@pytest.mark.parametrize("selector", SELECTORS)
def test_the_clickers_keys_turn_the_slide_once_wherever_the_focus_is(start, selector):
    page = start(probe(CONTROLS))
    assert pressed(page, selector, "PageDown") == ["PageDown"] and slide(page) == 1
    assert pressed(page, selector, "PageUp") == ["PageUp"] and slide(page) == 0
    assert page.locator("[type=range]").input_value() == "5"


def test_the_clicker_comes_before_a_widget_that_would_take_its_keys(start):
    page = start(probe("<div onkeydown='event.preventDefault(); event.stopPropagation()'><button>press</button></div>"))
    assert pressed(page, "button", "PageDown") == ["PageDown"] and slide(page) == 1
    assert pressed(page, "button", "ArrowRight") == []


def test_a_slider_keeps_its_arrows_alone(start):
    page = start(probe(CONTROLS))
    assert [pressed(page, "[type=range]", key) for key in ("ArrowRight", "ArrowUp", "Home", "End")] == [[]] * 4
    assert page.locator("[type=range]").input_value() == "10"
    assert pressed(page, "[type=range]", "ArrowLeft") == [] and page.locator("[type=range]").input_value() == "9"
    assert pressed(page, "[type=range]", "f") == ["f"]
    assert pressed(page, "[type=range]", " ") == [" "] and slide(page) == 1


@pytest.mark.parametrize("selector", ["[type=text]", "textarea", "[contenteditable]"])
def test_where_text_is_typed_every_other_key_is_text(start, selector):
    page = start(probe(CONTROLS))
    keys = ["End", "d", " ", "o", "ArrowLeft", "p", "Escape"]
    assert [pressed(page, selector, key) for key in keys] == [[]] * len(keys)
    read = "selector => { const el = document.querySelector(selector); return el.value ?? el.textContent; }"
    assert page.evaluate(read, selector).replace("\xa0", " ") == "abd po"
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_a_dropdown_keeps_arrows_and_letters(start):
    page = start(probe(CONTROLS))
    assert pressed(page, "select", "ArrowDown") == [] and page.locator("select").input_value() == "b"
    assert pressed(page, "select", "d") == [] and page.locator("select").input_value() == "d"


def test_a_button_keeps_space_and_enter_alone(start):
    page = start(probe(CONTROLS))
    page.evaluate(
        "() => { document.querySelector('button').onclick = () => { window.presses = (window.presses ?? 0) + 1 } }"
    )
    assert [pressed(page, "button", key) for key in (" ", "Enter")] == [[], []]
    assert page.evaluate("presses") == 2
    keys = ["ArrowRight", "ArrowLeft", "Home", "f", "Escape"]
    assert [pressed(page, "button", key) for key in keys] == [[key] for key in keys]


def test_a_checkbox_keeps_space_and_a_link_enter(start):
    page = start(probe(CONTROLS))
    assert pressed(page, "[type=checkbox]", " ") == [] and page.locator("[type=checkbox]").is_checked()
    assert pressed(page, "[type=checkbox]", "ArrowRight") == ["ArrowRight"]
    assert pressed(page, "a", "Enter") == [] and page.url.endswith("#3")
    assert pressed(page, "a", " ") == [" "]


def test_a_grid_keeps_the_arrows_that_it_takes_for_itself(start):
    page = start(probe(CONTROLS))
    assert pressed(page, "[role=grid] button", "ArrowDown") == []
    assert page.locator("[role=grid]").get_attribute("data-at") == "ArrowDown"
    assert pressed(page, "[role=grid] button", "Home") == ["Home"]


def test_a_key_reaches_the_deck_as_it_was_pressed(start):
    page = start(probe(CONTROLS))
    page.evaluate("document.addEventListener('keydown', ({code, shiftKey}) => window.seen = [code, shiftKey])")
    pressed(page, "[type=range]", "Shift+Space")
    assert page.evaluate("seen") == ["Space", True] and slide(page) == -1


def test_a_touch_in_a_widget_is_no_swipe(start):
    page = start(f"<p>text</p>{probe(CONTROLS)}")
    page.locator("[role=grid] button").tap()
    assert page.evaluate("deck.swipes") == 0
    page.locator("p").tap()
    assert page.evaluate("deck.swipes") == 1


# ------------------------------------------------------------ windows in step


def test_what_is_chosen_in_one_window_is_seen_in_the_other_and_both_ways(deck, explorer):
    windows = deck(host("next_token", explorer.page) + carried())
    audience, presenter = windows.open("?sync=room"), windows.open("?view=presenter&sync=room")
    for here, there, prefix in [(presenter, audience, "the books"), (audience, presenter, "bia is")]:
        here.locator("textarea").fill(f"{prefix} ")
        expect(there.locator("textarea")).to_have_value(prefix)
        for page in (here, there):
            expect(page.locator(".next-token")).not_to_contain_class("nt-stale")
        assert here.locator(".nt-chart").inner_text() == there.locator(".nt-chart").inner_text()
    presenter.locator("[type=range]").first.fill("0.5")
    expect(audience.locator(".nt-knob").first).to_contain_text("0.5")
    assert windows.errors == []


def test_only_what_was_chosen_is_sent(deck):
    windows = deck(probe())
    here, there = windows.open("?sync=room"), windows.open("?sync=room")
    there.evaluate("""() => {
        window.sent = [];
        new BroadcastChannel("deck room").addEventListener("message", ({ data }) => sent.push(data));
    }""")
    here.evaluate("probe.set('unsaved', 1); probe.receive({answer: 2}); probe.set('chosen', 3); probe.save_changes()")
    there.wait_for_function("probe.get('chosen') === 3")
    assert there.evaluate("sent") == [{"0": {"unsaved": 1, "chosen": 3}}]
    assert there.evaluate("probe.get('answer')") is None


def test_a_window_opened_later_gets_what_was_chosen_before(deck):
    windows = deck(probe() + probe(fails=True) + probe())
    first = windows.open("?sync=room")
    first.evaluate("probe.set('chosen', {deep: [1, 2]}); probe.save_changes()")
    second = windows.open("?sync=room")
    second.wait_for_function("probe.get('chosen')?.deep[1] === 2")
    first.close()
    windows.open("?sync=room").wait_for_function(
        "probe.get('chosen')?.deep[1] === 2"
    )  # from the second window, where nothing was chosen


def test_another_presentation_of_the_same_file_is_left_alone(deck):
    windows = deck(probe())
    one, same, other = (windows.open(f"?sync={key}") for key in ("a", "a", "b"))
    one.evaluate("probe.set('chosen', 1); probe.save_changes()")
    same.wait_for_function("probe.get('chosen') === 1")
    assert other.evaluate("probe.get('chosen')") is None


@pytest.mark.parametrize("view", ["next", "overview"])
def test_previews_show_widgets_and_take_no_hand(deck, view):
    page = deck(probe("<button>press</button>")).open(f"?view={view}")
    assert states(page) == ["live"]
    page.locator("button").evaluate("button => button.focus()")
    assert page.evaluate("document.activeElement === document.body")


# ------------------------------------------------------------ the theme


def theme_is(page, name):
    page.wait_for_function("name => document.documentElement.dataset.theme === name", arg=name)


def test_d_changes_the_theme_in_all_windows_and_the_tab_remembers(deck):
    windows = deck(probe("<button>press</button>"))
    here, there = windows.open("?sync=room"), windows.open("?sync=room")
    theme_is(here, "light")
    here.keyboard.press("d")
    theme_is(here, "dark")
    theme_is(there, "dark")
    theme_is(windows.open("?sync=room"), "dark")
    pressed(there, "button", "d")
    theme_is(here, "light")
    here.keyboard.press("Control+d")
    here.keyboard.press("d")
    here.reload()
    theme_is(here, "dark")
    theme_is(windows.open("?sync=other"), "light")
    assert windows.errors == []


def test_previews_follow_the_theme(deck):
    page = deck(probe()).open()
    page.evaluate("""() => {
        const frame = document.createElement("iframe");
        frame.src = "?view=next";
        document.body.append(frame);
    }""")
    frame = page.wait_for_selector("iframe").content_frame()
    theme_is(frame, "light")
    page.keyboard.press("d")
    theme_is(frame, "dark")


# ------------------------------------------------------------ what fails, fails alone


def test_a_widget_that_fails_keeps_its_picture_and_leaves_the_others_alive(deck, painter):
    windows = deck(probe(fails=True) + host("nobody", {}) + '<div data-widget="probe"></div>' + probe("alive")
                   + host("toString", {}) + host("mask_painter", painter.page_state()))  # fmt: skip
    page = windows.open()
    assert states(page) == ["failed", "failed", "failed", "live", "failed", "failed"]
    assert page.locator("[data-state=failed] > img").count() == 4
    assert page.locator("[data-state=failed] > div").count() == 0
    told = ["probe", "nobody", "probe", "toString", "mask_painter"]
    assert [error.split(":")[0] for error in windows.errors] == [f"The widget {name} stays a picture" for name in told]
    assert "as it was told to" in windows.errors[0]
    assert "the widgets are mask_painter, next_token, patching_grid, probe" in windows.errors[1]
    assert "the page carries no model" in windows.errors[4]


def test_a_state_that_looks_like_markup_is_only_text(start, explorer):
    hostile = "</script><img src=x onerror=alert(1)>"
    rows = [[hostile, *numbers] for _, *numbers in explorer.page["rows"]]
    page = start(host("next_token", explorer.page | {"rows": rows}) + carried())
    assert states(page) == ["live"]
    assert page.locator(".next-token img").count() == 0
    assert page.locator(".nt-row-token .nt-token").first.inner_text() == hostile
