"""The Python half of the patching grid; tests/browser/test_patching_grid.py looks at the half that students see."""

import re

import pytest
import torch
from conftest import lively

from mini_gpt import GPTConfig, load_tokenizer
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.lesson.widgets import PatchingGrid, patching_grid
from mini_gpt.tokenizer import GPT2Tokenizer

TEXT, SOURCE = "ana is at the beach", "bia is at the market"
IDS = torch.tensor([TOKENIZER.encode(f"<|endoftext|> {text}") for text in (TEXT, SOURCE)])


@pytest.fixture
def model(town_gpt):
    return town_gpt


@pytest.fixture
def grid(model):
    return PatchingGrid(model, TEXT, SOURCE, lang="en")


def by_hand(model, place, t, pair):
    """The difference of two logits while a block at a time reads the text, with one vector of the source."""
    with torch.no_grad():
        x = model.embed(IDS)
        for n in range(len(model.blocks) + 1):
            if n == place:
                x[0, t] = x[1, t]
            x = model.blocks[n](x) if n < len(model.blocks) else x
        logits = model.head(model.final_norm(x))[0, -1]
    return (logits[pair[0]] - logits[pair[1]]).item()


def differences(model, pair):
    with torch.no_grad():
        return [(row[pair[0]] - row[pair[1]]).item() for row in model(IDS)[:, -1]]


@pytest.mark.parametrize("answers", [None, ("home", "."), (3, 9)])
def test_a_cell_is_how_far_one_vector_of_the_source_moves_the_answers(model, answers):
    grid = PatchingGrid(model, TEXT, SOURCE, answers=answers)
    start, end = differences(model, grid.pair)
    moved = torch.tensor(grid.moved)
    assert moved.shape == (4, 6)
    for place in range(4):
        for t in range(6):
            assert moved[place, t] == pytest.approx(
                (by_hand(model, place, t, grid.pair) - start) / (end - start), abs=0.01
            )
    assert moved[-1, -1] == pytest.approx(1, abs=0.01) and moved[-1, :-1].abs().max() < 0.01
    assert moved[0, [0, 2, 3, 4]].abs().max() < 0.01 < moved[0, 1].abs()  # what is alike moves nothing


def test_the_answers_are_the_likeliest_of_each_text_and_never_the_same(model, grid):
    with torch.no_grad():
        first, second = model(IDS)[:, -1].topk(2).indices.tolist()
    assert grid.pair[0] == first[0] and grid.pair[1] == next(i for i in second if i != first[0])
    grid.source = TEXT
    assert grid.pair == first and grid.moved == [[None] * 6] * 4  # nothing differs, so nothing moves
    grid.answers = (None, first[0])
    assert grid.pair == [first[1], first[0]]
    grid.answers = ("home", None)
    assert grid.pair == [TOKENIZER.encode("home")[0], first[0]]


def test_their_probabilities_are_the_models(model, grid):
    with torch.no_grad():
        log_probs = model(IDS)[:, -1].log_softmax(-1)[:, grid.pair]
    torch.testing.assert_close(torch.tensor(grid.ends), log_probs, atol=1e-4, rtol=0)
    assert {*grid.pair} <= {i for i, _ in grid.likely}
    assert all(TOKENIZER.words[i] == name for i, name in grid.likely)


def test_it_opens_at_the_first_token_that_differs(model, grid):
    assert grid.chosen == [0, 1]
    assert PatchingGrid(model, TEXT, "ana is at the market").chosen == [0, 5]
    assert PatchingGrid(model, TEXT, TEXT).chosen == [0, 5]
    assert PatchingGrid(model, TEXT, SOURCE, chosen=(2, 4)).chosen == [2, 4]


def test_a_shorter_pair_of_texts_keeps_the_choice_within_it(grid):
    grid.chosen = (2, 5)
    grid.text = "ana is"
    assert grid.problem == (
        "Text 1 has 3 tokens and text 2 has 6: both must have the same number.\n"
        "1: <|endoftext|> | ana | is\n2: <|endoftext|> | bia | is | at | the | market"
    )
    grid.source = "bia is"
    assert (grid.problem, grid.chosen, grid.tokens[0]) == ("", [2, 2], ["<|endoftext|>", "ana", "is"])
    assert len(grid.moved[0]) == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("anna is at the beach", r"^The model does not know these words: “anna” \(did you mean ana.*\?\)$"),
        ("ana", "^Text 1 has 2 tokens, counting <|endoftext|>; it must have 3 to 32.$"),
        ("ana " * 40, "^Text 1 has 41 tokens, counting <|endoftext|>; it must have 3 to 32.$"),
    ],
)
def test_what_a_student_types_may_be_wrong_and_the_grid_says_how(grid, text, problem):
    before = grid.rows
    grid.text = text
    assert re.match(problem.replace("|", r"\|"), grid.problem) and grid.rows == before
    with pytest.raises(ValueError, match=r"Text 1|not know"):
        _ = grid.moved
    grid.text = TEXT
    assert grid.problem == "" and len(grid.moved) == 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"source": "bia is"}, "source='bia is' has 3 tokens with .*, and must have 6, as text has"),
        ({"source": "bia"}, "source='bia' has 2 tokens with .*, and must have 3 to 32"),
        ({"source": 3}, "source=3 must be a text"),
        ({"text": "ana ist at the beach"}, "text has words that are not among the"),
        ({"answers": ("home", "home")}, r"answers=\('home', 'home'\) must be two tokens that differ"),
        ({"answers": ("home", "a house")}, "must be two tokens that differ, each as its text, its id, or None"),
        ({"answers": (3, 10_000)}, r"answers=\(3, 10000\) must be"),
        ({"answers": "ab"}, "answers='ab' must be"),
        ({"chosen": (4, 0)}, r"chosen=\(4, 0\) must be \[place, token\], whole numbers from 0 to 3 and from 0 to 5"),
        ({"chosen": 1}, "chosen=1 must be"),
        ({"chosen": (True, 0)}, "must be .place, token."),
    ],
)
def test_wrong_arguments_are_named(model, wrong, message):
    with pytest.raises(ValueError, match=message):
        PatchingGrid(model, **({"text": TEXT, "source": SOURCE} | wrong))


def test_a_large_model_computes_the_row_that_is_looked_at(model, monkeypatch):
    monkeypatch.setattr(patching_grid, "AT_ONCE", 0)
    grid = PatchingGrid(model, TEXT, SOURCE, lang="en")
    assert [len(row) for row in grid.rows] == [6, 0, 0, 0]
    assert grid.static_html().count("…") == 3 * 6
    grid.chosen = (2, 3)
    assert [len(row) for row in grid.rows] == [6, 0, 6, 0]
    rows = grid.rows
    assert len(grid.moved) == 4 and grid.rows[2] == rows[2] and all(grid.rows)


def test_a_model_that_changed_is_read_again(model, grid):
    before = grid.moved
    with torch.no_grad():
        model.blocks[1].mlp.project.weight.mul_(-1)
    try:
        assert grid.moved != before
    finally:
        with torch.no_grad():
            model.blocks[1].mlp.project.weight.mul_(-1)
    assert grid.moved == before


def test_bytes_and_a_padded_vocabulary():
    tokenizer = GPT2Tokenizer.train(["era uma vez uma mulher 日本"], vocab_size=280)
    model = lively(GPTConfig(tokenizer.vocab_size + 5, context_length=20, n_layer=1, n_head=2, d_model=8))
    with torch.no_grad():
        model.token_embedding.weight[-5:] *= 50  # padding that would be likeliest
    model.tokenizer = tokenizer
    grid = PatchingGrid(model, "a火", "b火", lang="pt")
    assert len(grid.tokens[0]) == 5 and "‹E7›" in grid.tokens[0]
    assert max(i for i, _ in grid.likely) < tokenizer.vocab_size
    assert grid.answers == [None, None] and "após 1 bloco" in grid.static_html()
    grid.text = "a" * 30
    assert "precisa ter de 3 a 20" in grid.problem


@pytest.mark.slow
def test_32_tokens_of_gpt2s_vocabulary_are_taken_and_travel_light():
    tokenizer = load_tokenizer("gpt2")
    model = lively(GPTConfig(tokenizer.vocab_size, context_length=64, n_layer=3, n_head=4, d_model=24))
    model.tokenizer = tokenizer
    grid = PatchingGrid(model, " a" * 31, " a" * 30 + " b", "en", answers=(" Mary", " John"))
    assert {len(row) for row in grid.moved} == {32}
    state = {name: value for name, value in grid.get_state().items() if name not in ("_esm", "_css", "texts")}
    assert len(str(state)) < 15_000
    assert "·Mary" in grid.static_html() and "·a / ·b" in grid.static_html()


def test_its_picture_shows_the_grid_and_the_chosen_cell(grid):
    grid.chosen = (1, 5)
    table, said, answers = re.split(r"</?table[^>]*>(?:<div>)?", grid.static_html())[1:4]
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in table.split("<tr>")[1:]]
    assert rows[0][1:] == ["&lt;|endoftext|&gt;", "ana / bia", "is", "at", "the", "beach / market"]
    assert [row[0] for row in rows[1:]] == ["before the blocks", "after 1 block", "after 2 blocks", "after 3 blocks"]
    for row, moved in zip(rows[1:], grid.moved, strict=True):
        assert [float(x) for x in row[1:]] == pytest.approx(moved, abs=0.006)
    assert "the vector of “beach / market” after 1 block is that of text 2" in said
    assert f"the answer moves {grid.moved[1][5]:.2f} of the way" in said
    assert all(dict(grid.likely)[i] in answers for i in grid.pair)


def test_its_repr_names_what_is_chosen(model):
    grid = PatchingGrid(model, TEXT, SOURCE, answers=("home", "the"), chosen=(1, 2))
    assert repr(grid) == f"PatchingGrid({TEXT!r}, {SOURCE!r}, answers=('home', 'the'), chosen=[1, 2])"
