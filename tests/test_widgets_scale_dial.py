"""The Python half of the scale dial; tests/browser/test_scale_dial.py looks at the half that students see."""

import re

import pytest
from traitlets import TraitError

from mini_gpt import GPTConfig, sizes
from mini_gpt.facts import FACTS
from mini_gpt.lesson.recipes import SHAPES
from mini_gpt.lesson.widgets import ScaleDial
from mini_gpt.lesson.widgets.scale_dial import GROUPS, STOPS, TEXTS, counts, shape_of

GPT2 = shape_of(SHAPES["gpt2"])


@pytest.fixture
def dial():
    return ScaleDial("gpt2", lang="en")


@pytest.mark.parametrize("name", SHAPES)
def test_it_opens_with_the_preset_that_it_is_compared_with(name):
    dial = ScaleDial(name)
    assert dial.config == SHAPES[name]
    assert dial.preset == name


def test_the_four_sizes_have_the_papers_parameters():
    counted = {size["preset"]: counts(SHAPES[size["preset"]])["all"] for size in FACTS["sizes"]["rows"]}
    assert counted == {size["preset"]: size["parameters"] for size in FACTS["sizes"]["rows"]}


def test_what_it_counts_is_what_sizes_says_and_every_row_has_it():
    config = GPTConfig(vocab_size=1000, context_length=32, n_layer=3, n_head=2, d_model=16)
    counted = counts(config)
    assert [name for _, names in GROUPS.values() for name in names] == list(counted)
    assert counted["all"] == sum(sizes.parameters(config).values())
    assert counted["training"] == 3 * counted["forward"] == sizes.training_flops(config)
    assert counted["to train"] == 4 * counted["to run"] == sizes.training_bytes(config)
    assert counted["cache of a context"] == 32 * counted["cache of a token"] == sizes.cache_bytes(config, 32)


def test_the_sliders_stop_at_every_preset_and_go_up():
    for config in SHAPES.values():
        assert all(size in STOPS[name] for name, size in shape_of(config).items())
    assert all(sorted(set(stops)) == stops for stops in STOPS.values())


def test_a_shape_can_be_set_from_python(dial):
    dial.shape = {**GPT2, "n_layer": 24, "d_model": 100, "n_head": 10}  # 100 is between two stops
    assert dial.config == GPTConfig(n_layer=24, d_model=100, n_head=10)
    assert dial.preset == "gpt2"
    dial.preset = "mini"
    assert dial.shape["n_layer"] == 24


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"n_layer": 2}, "shape={'n_layer': 2} must give a number for each of n_layer, d_model, n_head"),
        ({**GPT2, "width": 3}, "must give a number for each of"),
        ({**GPT2, "n_head": 7}, "d_model=768 must split evenly into n_head=7 heads"),
        ({**GPT2, "n_layer": 1.5}, "n_layer=1.5 must be a whole number"),
        ({**GPT2, "n_layer": True}, "n_layer=True must be a whole number"),
        ({**GPT2, "n_layer": 65}, "n_layer=65 must be in 1..64"),
        ({**GPT2, "vocab_size": 3}, "vocab_size=3 must be in 256..200000"),
    ],
)
def test_a_bad_shape_is_refused_and_changes_nothing(dial, shape, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        dial.shape = shape
    assert dial.shape == GPT2


@pytest.mark.parametrize("preset", ["gpt3", 3, None, ["gpt2"]])
def test_an_unknown_preset_is_refused(preset):
    with pytest.raises(ValueError, match=r"preset=.* must be one of nano, mini, gpt2"):
        ScaleDial(preset)


def test_a_trait_that_is_set_to_the_wrong_thing_is_named(dial):
    with pytest.raises(ValueError, match=r"preset='gpt3' must be one of nano, mini, gpt2"):
        dial.preset = "gpt3"
    with pytest.raises(TraitError, match=r"'preset' trait .* expected a unicode string, not the int 3"):
        dial.preset = 3
    with pytest.raises(TraitError, match=r"'shape' trait .* not the NoneType None"):
        dial.shape = None


def test_its_picture_shows_every_number_beside_the_presets(dial):
    dial.shape = {**GPT2, "n_layer": 24}
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in dial.static_html().split("<tr>")[1:]]
    told = {name: numbers for name, *numbers in rows}
    assert told[""] == ["now", "gpt2"]
    for unit, names in GROUPS.values():
        for name in names:
            pair = [counts(config)[name] for config in (dial.config, SHAPES["gpt2"])]
            assert told[TEXTS[name]["en"]] == [sizes.in_units(n, unit) if unit else f"{n:,}" for n in pair]
    assert "layers 24 · width 768" in dial.static_html()


def test_its_picture_has_points_for_thousands_and_decimal_commas_in_portuguese():
    html = ScaleDial("gpt2").static_html()
    assert ">124.439.808<" in html and ">1,85 GiB<" in html


def test_its_repr_names_what_is_chosen(dial):
    assert repr(dial) == "ScaleDial(n_layer=12, d_model=768, n_head=12, context_length=1024, vocab_size=50257)"
