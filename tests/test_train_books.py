"""From a folder of books to a model and its card."""

import re
import subprocess
import sys
from ast import literal_eval

import pytest
import torch
from torch.testing import assert_close

import mini_gpt
from mini_gpt import GPTConfig
from mini_gpt.evaluation import evaluate
from mini_gpt.hub import contents, open_weights
from mini_gpt.lesson import books_card, train_books
from mini_gpt.lesson.books import listed
from mini_gpt.lesson.passages import PASSAGES
from mini_gpt.lesson.recipes import BOOKS, BooksRecipe
from mini_gpt.lesson.words import LANGUAGES
from mini_gpt.probability import bits_per_byte, token_log_probs
from mini_gpt.sizes import parameters
from mini_gpt.training.train import TrainConfig
from mini_gpt.weights import SHIPPED

pytestmark = pytest.mark.slow

TALES = {
    "pt": "a menina guarda a bola na caixa e depois a menina abre a caixa e vê que a bola não está lá. " * 40,
    "en": "the girl puts the ball into the box and later the girl opens the box and sees no ball in it. " * 40,
}
TINY = BooksRecipe(GPTConfig(300, 32, 1, 2, 16), 8, 4, TrainConfig(steps=6, warmup_steps=1, checkpoint_every=2))


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Two books of each language, and a recipe that takes a second."""
    for language, tale in TALES.items():
        (tmp_path / "texts" / language).mkdir(parents=True)
        for name in ("first", "last"):
            path = tmp_path / "texts" / language / f"{name}.txt"
            path.write_text(f"{name}. {tale}", encoding="utf-8")
    monkeypatch.setattr(train_books, "BOOKS", TINY)
    monkeypatch.setattr(books_card, "SAMPLED", 100)
    return tmp_path / "texts"


def test_a_folder_becomes_a_model_and_its_card(shelf, tmp_path):
    from transformers import GPT2LMHeadModel

    out = tmp_path / "out"
    train_books.main(shelf, out=out, steps=6)
    model, card = mini_gpt.load(out / "model"), (out / "model" / "README.md").read_text(encoding="utf-8")
    assert model.config == TINY.model
    assert model.token_embedding.weight.dtype == torch.float32
    assert GPT2LMHeadModel.from_pretrained(out / "model").dtype == torch.float16  # as on disk
    for language in TALES:
        bits = evaluate(model, "text", shelf / language / "last.txt").bits_per_byte
        assert f"{bits:.3f}" in re.search(r"\| this model \|.*", card)[0]
    read = "".join((shelf / language / "first.txt").read_text(encoding="utf-8") for language in TALES)
    spans = re.findall(r"(\d+): `(.+?)` \|", card)
    assert len(spans) == 4
    for n, span in spans:
        assert len(literal_eval(span)) == int(n) > 0 and literal_eval(span) in read
    assert "python -m mini_gpt.lesson.train_books --texts DIR" in card
    assert "public domain" not in card  # nobody knows who owns these texts
    assert str(TINY) in card


def test_held_out_books_are_in_no_token(shelf, tmp_path):
    train_books.main(shelf, out=tmp_path / "out", held_out=["first.txt"], steps=1)
    tokens = train_books.TokenFiles(tmp_path / "out" / "tokens", "train")
    text = tokens.tokenizer.decode(tokens[:])
    assert text.count("last.") == 2 and "first." not in text


def test_an_interrupted_run_goes_on_to_the_same_model(shelf, tmp_path, monkeypatch):
    def weights(out):
        return (tmp_path / out / "model" / "model.safetensors").read_bytes()

    train_books.main(shelf, out=tmp_path / "whole", steps=6)
    real, stops = train_books.train, iter([3])

    def interrupted(model, batches, config, out):
        stop = next(stops, None)

        def on_step(record):
            if record["step"] == stop:
                raise KeyboardInterrupt

        return real(model, batches, config, out, on_step=on_step)

    monkeypatch.setattr(train_books, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_books.main(shelf, out=tmp_path / "parts", steps=6)
    assert not (tmp_path / "parts" / "model").exists()
    train_books.main(shelf, out=tmp_path / "parts", steps=6)
    assert weights("parts") == weights("whole")


def test_what_is_wrong_with_a_folder_is_said_in_one_line(tmp_path):
    command = [sys.executable, "-m", "mini_gpt.lesson.train_books", "--texts", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == f"texts={str(tmp_path)!r} holds no .txt file\n"


def test_the_recipe_fits_ten_megabytes():
    """In float16, with room for tokenizer.json and the headers."""
    assert 2 * sum(parameters(BOOKS.model).values()) + 250_000 < 10_000_000


@torch.no_grad()
def test_what_ships_is_what_the_recipe_makes_and_its_card_says_how_good_it_is():
    from transformers import GPT2LMHeadModel

    folder = SHIPPED / "mini-books"
    model, card = mini_gpt.load("mini-books"), (folder / "README.md").read_text(encoding="utf-8")
    assert model.config == BOOKS.model and str(BOOKS) in card
    with open_weights(folder / "model.safetensors") as file:
        assert {stored.dtype for stored in contents({folder: file})} == {"F16"}
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert all(book.sha256 in card for book in listed().values())
    for bits in books_card.measured(card).values():
        assert list(bits.values()) == sorted(bits.values())  # this model, the n-gram, xz after others, xz, gzip
    for lang in LANGUAGES:
        tale = PASSAGES["tale"][lang]
        ids = torch.tensor([[model.tokenizer.end_of_text, *model.tokenizer.encode(tale)]])
        theirs = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()(ids).logits
        assert_close(model(ids), theirs, atol=1e-4, rtol=1e-4)
        log_probs = token_log_probs(model(ids), ids)
        assert bits_per_byte(log_probs, len(tale.encode())) < 2.5  # gzip and xz of so short a text: over 4
