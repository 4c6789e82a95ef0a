"""The Python half of the mask painter; tests/browser/test_mask_painter.py looks at the half that students see."""

import json
import re

import pytest
import torch

from mini_gpt import GPT, record
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.lesson.widgets import MaskPainter
from mini_gpt.lesson.widgets.mask_painter import key_of, preset_masks
from mini_gpt.model import attention_weights, causal_mask, padding_mask, prefix_mask
from mini_gpt.probability import token_log_probs

TEXT = "ana is at the beach"
IDS = torch.tensor([TOKENIZER.encode(f"<|endoftext|> {TEXT}")])
T = IDS.size(1)
ALL = torch.ones(T, T, dtype=torch.bool)


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = GPT(NANO)
    model.tokenizer = TOKENIZER
    for parameter in model.parameters():
        parameter.data.mul_(3)  # an untrained model attends almost evenly
    return model


@pytest.fixture
def painter(model):
    return MaskPainter(model, TEXT, lang="en")


def answers(model, mask):
    with torch.no_grad():
        return token_log_probs(model(IDS, mask=mask), IDS)[0].tolist()


def test_what_it_sends_makes_the_models_own_weights_and_outputs(model, painter):
    with record(model, "*.attention") as trace, record(model, "*.weights") as inside:
        model(IDS, mask=ALL.tril())
    scores, values = torch.tensor(painter.scores), torch.tensor(painter.values)
    weights = attention_weights(scores, causal_mask(T))
    torch.testing.assert_close(weights, inside.layers("attention.weights")[:, 0], atol=1e-5, rtol=0)
    for layer, block in enumerate(model.blocks):
        mixed = (weights[layer] @ values[layer]).transpose(0, 1).flatten(1)
        added = block.attention.projection(mixed).detach()
        torch.testing.assert_close(added, trace[f"blocks.{layer}.attention"][0], atol=1e-4, rtol=0)


def test_it_opens_with_the_causal_mask_and_what_the_model_says_by_itself(model, painter):
    assert painter.mask == causal_mask(T).tolist()
    assert painter.log_probs == pytest.approx(answers(model, None), abs=1e-5)
    assert painter.loss == pytest.approx(-sum(answers(model, None)) / (T - 1), abs=1e-5)
    assert painter.tokens == ["<|endoftext|>", *TEXT.split()]


def test_a_new_mask_gets_the_models_answer_with_it_in_all_layers(model, painter):
    mask = causal_mask(T)
    mask[3, 1] = False
    painter.mask = mask
    assert painter.mask == mask.tolist()
    assert painter.log_probs == pytest.approx(answers(model, mask), abs=1e-5)
    assert painter.log_probs != pytest.approx(answers(model, None), abs=1e-3)
    assert painter.answered == key_of(mask)
    painter.mask = mask.tolist()
    assert painter.answered == key_of(mask)


def test_of_all_heads_only_the_chosen_ones_numbers_travel(painter):
    painter.layer, painter.head = 2, 1
    assert painter.shown == {"of": [2, 1], "scores": painter.scores[2][1], "values": painter.values[2][1]}
    assert len(painter.known) == 1  # of the causal mask
    assert not {"scores", "values"} & set(painter.keys)


def test_a_model_that_was_changed_is_read_anew(model, painter):
    model.blocks[0].requires_grad_(False).attention.qkv.weight.mul_(2)
    painter.layer = 1
    fresh = MaskPainter(model, TEXT, layer=1)
    assert (painter.shown, painter.known) == (fresh.shown, fresh.known)


def test_the_presets_are_mini_gpts_masks():
    masks = preset_masks(T)
    assert torch.equal(masks["causal"][0], causal_mask(T))
    assert torch.equal(masks["bidirectional"][0], ALL)
    for n, mask in masks["prefix"].items():
        assert torch.equal(mask, prefix_mask(T, n))
    for n, mask in masks["padding"].items():
        real = torch.tensor([[True] * (T - n) + [False] * n])
        assert torch.equal(mask, causal_mask(T) & padding_mask(real)[0])
    keys = [key_of(mask) for of in masks.values() for mask in of.values()]
    assert len(set(keys)) == len(keys)  # so each mask has one name
    assert all(mask.any(-1).all() for of in masks.values() for mask in of.values())


def test_the_presets_losses_are_known_beforehand_for_a_page_without_python(model, painter):
    state = painter.page_state()
    for name, of in preset_masks(T).items():
        for n, mask in of.items():
            key = painter.presets[name][str(n)]
            assert key == key_of(mask)
            assert state["known"][key] == pytest.approx(answers(model, mask), abs=2e-5)
    assert state["stored"] == {"scores": painter.scores, "values": painter.values}
    json.dumps(state, allow_nan=False)


def test_a_model_without_a_causal_mask_can_be_painted_too():
    model = GPT(NANO, causal=False)
    model.tokenizer = TOKENIZER
    painter = MaskPainter(model, TEXT)
    painter.mask = ALL
    assert painter.log_probs == pytest.approx(answers(model, None), abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": 3}, "text=3 must be a text"),
        ({"text": "ana"}, "text='ana' has 2 tokens with <|endoftext|>, and must have 3 to 32"),
        ({"text": "ana " * 32}, "has 33 tokens with <|endoftext|>, and must have 3 to 32"),
        ({"text": "ana estah"}, "'estah'"),
        ({"layer": 3}, "layer=3 must be a whole number from 0 to 2"),
        ({"layer": True}, "layer=True must be"),
        ({"head": -1}, "head=-1 must be a whole number from 0 to 3"),
        ({"head": 0.0}, "head=0.0 must be"),
        ({"head": None}, "head=None must be"),
    ],
)
def test_a_bad_argument_is_named_with_what_is_accepted(model, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        MaskPainter(model, **{"text": TEXT, **arguments})


def test_a_model_without_a_tokenizer_is_refused(model):
    model.tokenizer = None
    with pytest.raises(ValueError, match=r"model\.tokenizer=None must be"):
        MaskPainter(model, TEXT)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (3, "mask=3 must be 6 rows of 6 booleans, True = may attend"),
        (None, "mask=None must be 6 rows of 6 booleans"),
        ([[True]], "mask=[[True]] must be 6 rows of 6 booleans"),
        ([True] * 6, "must be 6 rows of 6 booleans"),
        ([[1] * 6] * 6, "must be 6 rows of 6 booleans"),
        (ALL[:, :5], "mask=tensor of shape (6, 5), torch.bool must be 6 rows of 6 booleans"),
        (ALL.float(), "mask=tensor of shape (6, 6), torch.float32 must be 6 rows of 6 booleans"),
        (ALL.tril(-1), "mask blocks every key of query 0"),
    ],
)
def test_a_bad_mask_is_refused_and_changes_nothing(painter, mask, message):
    before = painter.mask, painter.log_probs
    with pytest.raises(ValueError, match=re.escape(message)):
        painter.mask = mask
    assert (painter.mask, painter.log_probs) == before


def test_its_picture_shows_the_weights_of_its_head_and_the_loss(painter):
    painter.layer, painter.head, painter.mask = 1, 2, prefix_mask(T, 3)
    weights = attention_weights(torch.tensor(painter.scores[1][2]), prefix_mask(T, 3)).tolist()
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in painter.static_html().split("<tr>")[2:]]
    for t, row in enumerate(rows):
        assert row[0].replace("&lt;", "<").replace("&gt;", ">") == painter.tokens[t]
        assert row[1:-1] == [f"{w:.2f}" if seen else "–" for w, seen in zip(weights[t], painter.mask[t], strict=True)]
    assert f"{painter.loss:.2f} nats per token" in painter.static_html()
    assert "layer 1 · head 2" in painter.static_html()


def test_its_repr_names_what_is_chosen(painter):
    assert repr(painter) == f"MaskPainter({TEXT!r}, layer=0, head=0)"
