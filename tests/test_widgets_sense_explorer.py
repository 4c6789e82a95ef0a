"""The Python half of the sense explorer; tests/browser/test_sense_explorer.py looks at the half that students see."""

import json
import re

import pytest
import torch

import mini_gpt
from mini_gpt import GPT
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.senses import Occurrence, occurrences, vectors_of
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.lesson.widgets import SenseExplorer
from mini_gpt.lesson.widgets.sense_explorer import WHO, mean_cosines


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    models = {"gpt": GPT(NANO), "encoder": GPT(NANO, causal=False)}
    for model in models.values():
        model.tokenizer = TOKENIZER
    return models


@pytest.fixture(scope="module")
def built(models):
    return SenseExplorer(models, "en")


@pytest.fixture
def explorer(built):
    with built.hold_trait_notifications():
        built.word, built.model, built.clue = "bank", "gpt", "after"
        built.layer, built.centred, built.picked = 3, False, 0
    return built


# ------------------------------------------------------------ what it computes and sends


def test_mean_cosines_leave_out_the_sentences_own_person():
    found = [
        Occurrence(word, sense, person, "", "")
        for word, senses in (("bank", ("banco", "margem")), ("ring", ("anel", "ringue")))
        for sense in senses
        for person in ("ana", "bruno")
    ]
    angles = torch.tensor([0, 20, 40, 70, 100, 130, 170, 200]).double().deg2rad()
    x = 7 * torch.stack([angles.cos(), angles.sin()], dim=-1)[None]
    same, other, random = mean_cosines(x, found)[0, 0].tolist()
    between = (angles - angles[0]).cos().tolist()
    assert same == pytest.approx(between[1])
    assert other == pytest.approx(between[3])
    assert random == pytest.approx((between[5] + between[7]) / 2)


def test_it_sends_the_models_cosines_raw_and_centred(models, explorer):
    for name, model in models.items():
        found = occurrences("en", "before", WHO)
        x = vectors_of(model, found)[2]
        ring = [i for i, each in enumerate(found) if each.word == "ring"]
        i = ring[5]
        same = [j for j in ring if found[j].sense == found[i].sense and found[j].person != found[i].person]
        others = [j for j, each in enumerate(found) if each.word != "ring" and each.person != found[i].person]
        assert len(same) == 6 and len(others) == 7 * 12
        for centred, vectors in enumerate((x, x - x.mean(0))):
            sent = explorer.views[name]["before"]["ring"]["cosines"][centred][2][5]
            for group, mean in zip((same, others), (sent[0], sent[2]), strict=True):
                cosines = torch.cosine_similarity(vectors[i][None], vectors[group])
                assert mean == pytest.approx(cosines.mean().item(), abs=1e-3)


def test_at_layer_0_a_word_at_one_place_has_one_vector(explorer):
    view = explorer.views["encoder"]["after"]["bank"]
    assert all(abs(x) < 0.002 for point in view["points"][0] for x in point)
    assert all(means[:2] == [1, 1] for means in view["cosines"][0][0])
    assert max(abs(x) for layer in view["points"] for point in layer for x in point) == 1


def test_what_it_sends_is_small_json(explorer):
    assert len(json.dumps(explorer.page_state(), allow_nan=False)) < 300_000
    assert explorer.senses == [0] * 8 + [1] * 8
    assert explorer.sees == {"gpt": "left", "encoder": "both"}


def test_in_the_shipped_models_raw_cosines_are_high_for_all_and_centred_ones_tell():
    views = SenseExplorer({"mini": mini_gpt.load("mini")}, "en").views["mini"]["before"]
    raw, centred = torch.tensor([view["cosines"] for view in views.values()])[:, :, -1].mean((0, 2))
    assert raw.min() > 0.9
    assert centred[0] > centred[1] + 0.1 > centred[2] + 0.5


# ------------------------------------------------------------ what is set


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("word", "river", "word='river' must be one of 'bank', 'bat', 'ring'"),
        ("word", 3, "word=3 must be one of"),
        ("word", ["bank"], "word=['bank'] must be one of"),
        ("model", "mini", "model='mini' must be one of 'gpt', 'encoder'"),
        ("clue", "between", "clue='between' must be one of 'before', 'after'"),
        ("layer", 4, "layer=4 must be a whole number from 0 to 3"),
        ("layer", True, "layer=True must be"),
        ("picked", -1, "picked=-1 must be a whole number from 0 to 15"),
        ("picked", 1.0, "picked=1.0 must be"),
    ],
)
def test_a_bad_value_is_named_with_what_is_accepted_and_changes_nothing(explorer, name, value, message):
    before = repr(explorer)
    with pytest.raises(ValueError, match=re.escape(message)):
        setattr(explorer, name, value)
    assert repr(explorer) == before


def test_a_bad_argument_is_refused(models):
    for bad in ({}, [], None):
        with pytest.raises(ValueError, match=re.escape(f"models={bad!r} must be one or more models by name")):
            SenseExplorer(bad)
    with pytest.raises(ValueError, match=r"models have {'gpt': 3, 'mini': 4} layers, and must all have as many"):
        SenseExplorer({"gpt": models["gpt"], "mini": mini_gpt.load("mini")})
    with pytest.raises(ValueError, match="word='bank' must be one of 'banco', 'manga'"):
        SenseExplorer(models, "pt", "bank")


# ------------------------------------------------------------ without a front end


def test_its_table_holds_the_mean_cosines_by_layer(explorer):
    explorer.word, explorer.model, explorer.clue = "match", "encoder", "before"
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in explorer.static_html().split("<tr>")[3:]]
    means = torch.tensor(explorer.views["encoder"]["before"]["match"]["cosines"]).mean(2)
    assert rows == [
        [str(layer), *(f"{x:.2f}" for kind in (0, 1) for x in means[kind, layer].tolist())] for layer in range(4)
    ]
    assert "match · encoder: sees both sides · clue before the word" in explorer.static_html()


def test_a_models_name_is_only_text(models):
    explorer = SenseExplorer({"<b>": models["gpt"]})
    html = explorer.static_html()
    assert "<b>" not in html
    assert "banco · &lt;b&gt;: vê só o que vem antes" in html and ",00</td>" in html
    assert repr(explorer) == "SenseExplorer(word='banco', model='<b>', clue='after', layer=3, centred=False, picked=0)"
