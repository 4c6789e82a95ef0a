"""The weights that ship, and the command that makes them."""

import shutil
from functools import cache, partialmethod

import pytest
import torch

import mini_gpt
from mini_gpt import GPTConfig
from mini_gpt.lesson import baselines, train_town
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, compare_masked, exact_translations, held_out_documents
from mini_gpt.sizes import parameters
from mini_gpt.training.train import TrainConfig
from mini_gpt.weights import SHIPPED

pytestmark = pytest.mark.slow


def test_mini_is_within_one_per_cent_of_the_floor():
    town = Town()
    assert compare(mini_gpt.load("mini"), town, held_out_documents(town, 600, "a test's own")).ratio < 1.01


def test_the_encoder_is_near_the_truth_of_hidden_tokens():
    town = Town()
    assert compare_masked(mini_gpt.load("mini-encoder"), town, held_out_documents(town, 40, "a test's own")).ratio < 1.5


def test_the_translator_renders_what_it_never_saw():
    translator = mini_gpt.load("mini-translator")
    assert exact_translations(translator, held_out=False, n=60, seed="a test's own") > 0.95
    assert exact_translations(translator, held_out=True, n=60, seed="a test's own") > 0.8


GPTS = [name for name, recipe in train_town.RECIPES.items() if isinstance(recipe.model, GPTConfig)]


@pytest.mark.parametrize("name", train_town.RECIPES)
def test_what_ships_is_small_and_says_how_it_was_made(name):
    assert max(path.stat().st_size for path in (SHIPPED / name).iterdir()) <= 6_000_000
    assert str(train_town.RECIPES[name]) in (SHIPPED / name / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GPTS)
def test_the_gpts_that_ship_are_of_the_town_that_stands(name):
    model, recipe = mini_gpt.load(name), train_town.RECIPES[name]
    assert model.config == recipe.model
    assert model.tokenizer.words[: Town().tokenizer.vocab_size] == Town().tokenizer.words
    assert model.tokenizer.words == train_town.OBJECTIVES[recipe.task].tokenizer.words


@cache
def ratio(name):
    """A shipped model's loss over the floor, on 300 documents."""
    model = baselines.load(name) if name in baselines.KINDS else mini_gpt.load(name)
    return compare(model, Town(), held_out_documents(Town(), 300, "a test's own")).ratio


def test_of_models_of_one_size_and_one_training_the_gpt_is_nearest_to_the_truth():
    assert ratio("nano") < min(map(ratio, baselines.KINDS))
    assert max(map(ratio, baselines.KINDS)) < 1.5


def test_of_gpts_of_one_training_the_larger_is_nearer_to_the_truth():
    names = ("tiny-5k", "tiny-12k", "tiny-43k", "tiny-135k", "nano")
    recipes = [train_town.RECIPES[name] for name in names]
    assert len({(recipe.task, recipe.batch_size, recipe.config) for recipe in recipes}) == 1
    sizes = [sum(parameters(recipe.model).values()) for recipe in recipes]
    assert sizes == sorted(sizes)
    assert [round(size / 1000) for size in sizes[:-1]] == [5, 12, 43, 135]  # which are in their names
    assert list(map(ratio, names)) == sorted(map(ratio, names), reverse=True)


@pytest.fixture
def quick(monkeypatch):
    """Measuring takes a few documents in place of thousands."""
    monkeypatch.setattr(train_town, "held_out_documents", lambda town, n: held_out_documents(town, 3))
    monkeypatch.setattr(
        train_town, "exact_translations", lambda model, held_out, n: exact_translations(model, held_out, 3)
    )
    monkeypatch.setattr(Town, "entropy", partialmethod(Town.entropy, n_documents=10))


def test_a_baseline_is_trained_by_the_same_command(tmp_path, monkeypatch, quick):
    recipe = train_town.Recipe("next token", "lstm", 8, TrainConfig(steps=3, warmup_steps=1, optimizer="adamw"))
    monkeypatch.setattr(train_town, "SHIPPED", tmp_path)
    monkeypatch.setattr(baselines, "SHIPPED", tmp_path)
    monkeypatch.setattr(train_town, "RECIPES", {"lstm": recipe})
    train_town.main("lstm", runs=tmp_path / "runs")
    assert str(recipe) in (tmp_path / "lstm" / "README.md").read_text(encoding="utf-8")
    assert baselines.load("lstm")(torch.tensor([[0, 1]])).shape == (1, 2, 478)


@pytest.mark.parametrize("task", train_town.OBJECTIVES)
def test_the_command_trains_measures_and_says_how_to_repeat(task, tmp_path, monkeypatch, quick):
    vocab_size = train_town.OBJECTIVES[task].tokenizer.vocab_size
    recipe = train_town.Recipe(task, GPTConfig(vocab_size, 64, 1, 2, 16), 8, TrainConfig(steps=3, warmup_steps=1))
    monkeypatch.setattr(train_town, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(train_town, "RECIPES", {"tiny": recipe})
    train_town.main("tiny", runs=tmp_path / "runs")
    written = tmp_path / "shipped" / "tiny"
    assert mini_gpt.load(written).config == recipe.model
    readme = (written / "README.md").read_text(encoding="utf-8")
    assert "python -m mini_gpt.lesson.train_town tiny" in readme
    before = (written / "model.safetensors").read_bytes()
    shutil.rmtree(written)
    train_town.main("tiny", runs=tmp_path / "runs")  # the finished run is found, not trained again
    assert (written / "model.safetensors").read_bytes() == before


def test_an_unknown_name_is_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(train_town, "train_recipe", lambda *arguments: pytest.fail("trained"))
    with pytest.raises(SystemExit, match="names='maxi' must be among mini"):
        train_town.main("mini", "maxi", runs=tmp_path)
