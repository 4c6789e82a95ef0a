"""What changed after GPT-2, trained on the town: equal sizes, equal data, intervals, and what is stored."""

from dataclasses import replace

import pytest

import mini_gpt.lesson.train_modern as train_modern
from mini_gpt.lesson.modern import ModernConfig
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.train_modern import CHANGES, RUNS, Run, against_gpt2, n_parameters, shape, store, stored
from mini_gpt.model import GPT


def test_each_change_alone_and_all_of_them_have_the_parameters_of_nano():
    nano = sum(parameter.numel() for parameter in GPT(NANO).parameters())
    assert n_parameters(shape("GPT-2")) == nano
    assert {change: n_parameters(shape(change)) for change in RUNS} == pytest.approx(
        dict.fromkeys(RUNS, nano), rel=1e-3
    )


def test_a_change_changes_one_thing_and_all_of_them_are_the_modern_block():
    plain = shape("GPT-2")
    for change in CHANGES:
        differs = {name for name in vars(plain) if getattr(shape(change), name) != getattr(plain, name)} - {"d_ff"}
        assert differs == set(CHANGES[change])
    usual = ModernConfig(NANO.vocab_size, NANO.context_length, NANO.n_layer, NANO.n_head, NANO.d_model, n_kv_head=2)
    assert replace(shape("all"), d_ff=0) == replace(usual, d_ff=0)


def test_seed_by_seed_differences_have_the_interval_of_students_t():
    paid = {"GPT-2": (1.0, 2.0, 3.0), "RoPE": (0.5, 1.7, 2.6)}
    runs = [Run(change, seed, 1, bits, []) for change in paid for seed, bits in enumerate(paid[change])]
    middle, reach = against_gpt2(runs, "RoPE")  # -0.5, -0.3, -0.4
    assert middle == pytest.approx(-0.4) and reach == pytest.approx(4.303 * 0.1 / 3**0.5)


@pytest.mark.slow
def test_what_was_trained_is_stored_once_in_order_and_measured_above_the_floor(tmp_path, monkeypatch):
    monkeypatch.setattr(train_modern, "BATCH_SIZE", 4)
    monkeypatch.setattr(train_modern, "HELD_OUT", 10)
    made = train_modern.run("GQA", 1, steps=2)
    assert made.parameters == n_parameters(shape("GQA")) and made.above_floor > 5 and len(made.curve) == 1
    assert train_modern.curve(train_modern.first_steps("GQA", 1, 1)) == made.curve
    other = replace(made, change="GPT-2", seed=2)
    path = tmp_path / "modern.json"
    store([made, other], path, steps=2)
    assert stored(path, steps=2) == [other, made]
    with pytest.raises(ValueError, match=r"holds runs with \{'steps': 2\}, not \{'steps': 3\}"):
        stored(path, steps=3)
    with pytest.raises(SystemExit, match=r"not \{'steps': 3\}; choose another --out"):
        train_modern.main(steps=3, out=path)


def test_what_ships_is_every_change_with_five_seeds_by_the_recipe():
    runs = stored()
    assert [(each.change, each.seed) for each in runs] == [(change, seed) for change in RUNS for seed in range(5)]
    assert all(each.parameters == n_parameters(shape(each.change)) for each in runs)


@pytest.mark.parametrize("wrong", [{"seeds": 1}, {"seeds": 11}, {"steps": 0}, {"workers": 0}])
def test_numbers_that_cannot_be_are_refused(wrong, tmp_path):
    with pytest.raises(SystemExit, match=f"{next(iter(wrong))}={next(iter(wrong.values()))}"):
        train_modern.main(**wrong, out=tmp_path / "modern.json")
    assert not list(tmp_path.iterdir())
