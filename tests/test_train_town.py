"""The weights that ship, and the command that makes them."""

import shutil

import pytest

import mini_gpt
from mini_gpt import GPTConfig
from mini_gpt.lesson import train_town
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, held_out_documents
from mini_gpt.train import TrainConfig
from mini_gpt.weights import SHIPPED


def test_mini_is_within_one_per_cent_of_the_floor():
    town = Town()
    assert compare(mini_gpt.load("mini"), town, held_out_documents(town, 2000, "a test's own")).ratio < 1.01


@pytest.mark.parametrize("name", train_town.RECIPES)
def test_what_ships_is_small_and_of_the_town_that_stands(name):
    model = mini_gpt.load(name)
    assert sum(parameter.numel() for parameter in model.parameters()) <= 1_500_000
    assert (SHIPPED / name / "model.safetensors").stat().st_size <= 6_000_000
    assert model.config == GPTConfig.preset(train_town.RECIPES[name].preset)
    assert model.tokenizer.words == Town().tokenizer.words
    assert model.tokenizer.vocab_size == model.config.vocab_size
    assert str(train_town.RECIPES[name]) in (SHIPPED / name / "README.md").read_text(encoding="utf-8")


def test_the_command_trains_measures_and_says_how_to_repeat(tmp_path, monkeypatch):
    recipe = train_town.Recipe("en", "nano", 8, TrainConfig(steps=3, warmup_steps=1))
    monkeypatch.setattr(train_town, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(train_town, "RECIPES", {"tiny": recipe})
    monkeypatch.setattr(train_town, "held_out_documents", lambda town, n: held_out_documents(town, 5))
    train_town.main(("tiny",), tmp_path / "runs")
    written = tmp_path / "shipped" / "tiny"
    assert mini_gpt.load(written).tokenizer.words == Town("en").tokenizer.words
    readme = (written / "README.md").read_text(encoding="utf-8")
    assert "python -m mini_gpt.lesson.train_town tiny" in readme
    before = (written / "model.safetensors").read_bytes()
    shutil.rmtree(written)
    train_town.main(("tiny",), tmp_path / "runs")  # the finished run is found, not trained again
    assert (written / "model.safetensors").read_bytes() == before


def test_an_unknown_name_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(SystemExit, match="names='maxi' must be among mini"):
        train_town.main(("maxi",), tmp_path)
