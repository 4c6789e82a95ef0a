"""The Python half of the attention explorer; tests/browser/test_attention_explorer.py looks at what students see."""

import math
import re
from dataclasses import replace

import pytest
import torch

from mini_gpt import GPT, edit, record
from mini_gpt.encoder import Encoder, EncoderDecoder
from mini_gpt.lesson.batches import MASK, with_mask_and_pad
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.lesson.widgets import AttentionExplorer
from mini_gpt.model import causal_mask
from mini_gpt.probability import surprise

TEXT = "ana is at the beach ."
IDS = torch.tensor([TOKENIZER.encode(f"<|endoftext|> {TEXT}")])
T = IDS.size(1) - 1
L, H = 3, 4
ROUNDED = 6e-4  # half of the last digit that is sent, and what float32 adds to it


def decided(model, tokenizer=TOKENIZER):
    """A new model is nearly indifferent to where it looks; this one is not."""
    for parameter in model.parameters():
        parameter.data.mul_(3)
    model.tokenizer = tokenizer
    return model


@pytest.fixture
def model():
    torch.manual_seed(0)
    return decided(GPT(NANO))


@pytest.fixture
def explorer(model):
    return AttentionExplorer(model, TEXT, lang="en")


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    tokenizer = with_mask_and_pad(TOKENIZER)
    return decided(Encoder(replace(NANO, vocab_size=tokenizer.vocab_size)), tokenizer)


@torch.no_grad()
def cost_by_hand(model, ids, layer, heads, query, key, place, target):
    """The bits that target loses at place: one reading as it is, one with the edge blocked."""

    def blocked(scores):
        scores = scores.clone()
        scores[0, heads, query, key] = -torch.inf
        return scores

    before = model(ids)[0, place].log_softmax(-1)[target]
    with edit(model, f"blocks.{layer}.attention.scores", blocked):
        after = model(ids)[0, place].log_softmax(-1)[target]
    return (surprise(after) - surprise(before)).item()


def test_its_weights_are_the_models_own_and_their_mean(model, explorer):
    with record(model, "*.weights") as trace:
        model(IDS[:, :-1])
    weights = trace.layers("attention.weights")[:, 0]  # (L, H, T, S)
    for query in range(T):
        found = torch.tensor([[head[query] for head in layer] for layer in explorer.weights])
        torch.testing.assert_close(found[:, :H], weights[..., query, : query + 1], atol=ROUNDED, rtol=0)
        torch.testing.assert_close(found[:, H], weights[..., query, : query + 1].mean(1), atol=ROUNDED, rtol=0)


@pytest.mark.parametrize("layer", range(L))
@pytest.mark.parametrize("head", [0, 2, "all"])
def test_a_cost_is_what_one_reading_with_that_edge_blocked_loses(model, explorer, layer, head):
    heads, i = (slice(None), H) if head == "all" else (head, head)
    for query, key in ((1, 0), (2, 2), (4, 1), (T - 1, 0), (T - 1, 3)):
        ids = IDS[:, :-1]
        own = cost_by_hand(model, ids, layer, heads, query, key, query, IDS[0, query + 1])
        end = cost_by_hand(model, ids, layer, heads, query, key, T - 1, IDS[0, -1])
        assert explorer.costs[layer][i][query][key] == pytest.approx(own, abs=ROUNDED)
        assert explorer.end_costs[layer][i][query][key] == pytest.approx(end, abs=ROUNDED)


def test_where_there_is_one_layer_a_cost_is_what_a_mask_for_each_head_does():
    torch.manual_seed(0)
    model = decided(GPT(replace(NANO, n_layer=1)))
    explorer = AttentionExplorer(model, TEXT)
    log_probs = model(IDS[:, :-1])[0, 4].log_softmax(-1)
    found, by_hand = explorer.costs[0][1][4], []
    for key in range(5):
        mask = causal_mask(T).repeat(1, H, 1, 1)
        mask[0, 1, 4, key] = False
        by_hand.append((log_probs - model(IDS[:, :-1], mask=mask)[0, 4].log_softmax(-1))[IDS[0, 5]].item())
    assert found == pytest.approx([nats / math.log(2) for nats in by_hand], abs=ROUNDED)
    assert max(map(abs, found)) > 0.1


def test_costs_are_computed_for_the_queries_that_are_looked_at_and_no_number_of_another_head_travels(explorer):
    assert explorer.known.keys() == {(0, 0, T - 1)}
    explorer.layer, explorer.head, explorer.query = 1, "all", 3
    assert explorer.known.keys() == {(0, 0, T - 1), (1, 0, T - 1), (1, H, T - 1), (1, H, 3)}
    assert explorer.shown["of"] == [1, "all"]
    assert explorer.shown["weights"] == explorer.weights[1][H]
    asked = {3, T - 1}
    for kind in ("costs", "end_costs"):
        rows = explorer.shown[kind]
        assert [row == [] for row in rows] == [query not in asked for query in range(T)]
        assert all(rows[query] == getattr(explorer, kind)[1][H][query] for query in asked)
    assert not {"weights", "costs", "end_costs", "stored"} & set(explorer.keys)


def test_a_scale_holds_all_that_is_known_of_a_query(explorer):
    assert explorer.scales[:-1] == [[0, 1]] * (T - 1)
    state = explorer.page_state()
    for query, (low, high) in enumerate(state["scales"]):
        known = [head[query] for kind in (explorer.costs, explorer.end_costs) for layer in kind for head in layer]
        costs = [cost for row in known for cost in row if cost is not None]
        assert (low, high) == (min(0, 1, *costs, 0), max(0, 1, *costs, 1))
    assert state["stored"]["costs"] == explorer.costs and state["shown"]["costs"] == explorer.costs[0][0]


def test_a_model_that_was_changed_is_read_anew(model, explorer):
    model.blocks[0].requires_grad_(False).attention.qkv.weight.mul_(2)
    explorer.query = 2
    fresh = AttentionExplorer(model, TEXT, query=2)
    assert (explorer.shown, explorer.bits, explorer.cost) == (
        fresh.shown,
        fresh.bits,
        explorer.costs[0][0][2][explorer.key],
    )
    assert explorer.known.keys() >= fresh.known.keys()


def test_the_first_token_has_no_edge_to_spare(explorer):
    assert {head[0][0] for layer in explorer.costs for head in layer} == {None}
    assert not any(None in row for layer in explorer.costs for head in layer for row in head[1:])
    explorer.query = 0
    assert (explorer.key, explorer.weight, explorer.cost) == (0, 1.0, None)


def test_the_end_of_the_text_hears_of_an_edge_only_through_a_later_layer(explorer):
    assert [head[-1] for head in explorer.end_costs[0]] == [head[-1] for head in explorer.costs[0]]
    assert all(x == 0 for head in explorer.end_costs[-1] for row in head[1:-1] for x in row)
    assert any(x != 0 for head in explorer.end_costs[0] for row in head[1:-1] for x in row)


def test_the_last_token_is_asked_for_and_asks_nothing(model, explorer):
    assert explorer.tokens == ["<|endoftext|>", *TEXT.split()]
    assert explorer.targets == TEXT.split()
    log_probs = model(IDS[:, :-1])[0].log_softmax(-1)[torch.arange(T), IDS[0, 1:]]
    assert explorer.bits == pytest.approx(surprise(log_probs).tolist(), abs=ROUNDED)


def test_a_model_without_a_causal_mask_sees_all_that_it_reads(model):
    cheat = GPT(model.config, causal=False)
    cheat.load_state_dict(model.state_dict())
    explorer = AttentionExplorer(decided(cheat), TEXT, query=0, key=T - 1)
    assert {len(row) for row in explorer.weights[0][0]} == {T}
    assert explorer.cost == pytest.approx(cost_by_hand(cheat, IDS[:, :-1], 0, 0, 0, T - 1, 0, IDS[0, 1]), abs=ROUNDED)


def test_an_encoder_reads_its_query_as_mask_and_is_asked_what_stood_there(encoder):
    explorer = AttentionExplorer(encoder, TEXT)
    assert explorer.targets == explorer.tokens == ["<|endoftext|>", *TEXT.split()]
    assert (explorer.hidden, explorer.end_costs) == (MASK, [])
    for query, key in ((2, 5), (4, 4), (0, 1)):
        ids = IDS.clone()
        ids[0, query] = encoder.tokenizer.ids[MASK]
        with record(encoder, "blocks.1.attention.weights") as trace:
            encoder(ids)
        weights = trace["blocks.1.attention.weights"][0, 3, query]
        assert explorer.weights[1][3][query] == pytest.approx(weights.tolist(), abs=ROUNDED)
        by_hand = cost_by_hand(encoder, ids, 1, 3, query, key, query, IDS[0, query])
        assert explorer.costs[1][3][query][key] == pytest.approx(by_hand, abs=ROUNDED)


def test_it_opens_at_the_last_query_and_where_that_looks_most(explorer):
    assert explorer.query == T - 1
    assert explorer.weight == max(explorer.weights[0][0][T - 1])


def test_the_chosen_edge_has_its_weight_and_its_cost(explorer):
    explorer.layer, explorer.head, explorer.query, explorer.key = 1, 2, 4, 3
    assert explorer.weight == explorer.weights[1][2][4][3]
    assert explorer.cost == explorer.costs[1][2][4][3]
    explorer.head = "all"
    assert explorer.weight == explorer.weights[1][H][4][3]
    assert explorer.cost == explorer.costs[1][H][4][3]


def test_a_key_that_a_new_query_does_not_see_gives_way(explorer):
    explorer.key = 4
    explorer.query = 2
    assert explorer.key == 2
    explorer.query = 4
    assert explorer.key == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": 3}, "text=3 must be a text"),
        ({"text": "ana"}, "text='ana' has 2 tokens with <|endoftext|>, and must have 3 to 32"),
        ({"text": "ana " * 32}, "has 33 tokens with <|endoftext|>, and must have 3 to 32"),
        ({"text": "ana estah"}, "'estah'"),
        ({"query": T}, f"query={T} must be a whole number from 0 to {T - 1}"),
        ({"query": 2, "key": 3}, "key=3 must be a whole number from 0 to 2"),
        ({"key": 1.0}, "key=1.0 must be"),
        ({"layer": 3}, "layer=3 must be a whole number from 0 to 2"),
        ({"layer": True}, "layer=True must be"),
        ({"head": -1}, "head=-1 must be a whole number from 0 to 3, or 'all'"),
        ({"head": "mean"}, "head='mean' must be a whole number from 0 to 3, or 'all'"),
    ],
)
def test_a_bad_argument_is_named_with_what_is_accepted(model, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        AttentionExplorer(model, **{"text": TEXT, **arguments})


@pytest.mark.parametrize(("name", "value"), [("query", T), ("key", T), ("layer", "0"), ("head", None)])
def test_a_bad_value_is_refused_and_changes_nothing(explorer, name, value):
    before = repr(explorer)
    with pytest.raises(ValueError, match=re.escape(f"{name}={value!r} must be a whole number")):
        setattr(explorer, name, value)
    assert repr(explorer) == before


def test_a_model_that_it_cannot_ask_is_refused(model, encoder):
    encoder.tokenizer = TOKENIZER
    with pytest.raises(ValueError, match=re.escape("[MASK]")):
        AttentionExplorer(encoder, TEXT)
    translator = EncoderDecoder(model.config)
    translator.tokenizer = TOKENIZER
    with pytest.raises(ValueError, match="memory must be given"):
        AttentionExplorer(translator, TEXT)
    model.tokenizer = None
    with pytest.raises(ValueError, match=r"model\.tokenizer=None must be"):
        AttentionExplorer(model, TEXT)


def test_its_picture_shows_the_chosen_queries_weights_and_costs(explorer):
    explorer.layer, explorer.head, explorer.query = 1, 2, 3
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in explorer.static_html().split("<tr>")[1:]]
    assert rows[0] == ["key", "weight", "cost to “the”, in bits"]
    for key, (name, weight, cost) in enumerate(rows[1:]):
        assert name.replace("&lt;", "<").replace("&gt;", ">") == explorer.tokens[key]
        assert float(weight) == pytest.approx(explorer.weights[1][2][3][key], abs=0.006)
        assert float(cost) == pytest.approx(explorer.costs[1][2][3][key], abs=0.006)
    assert len(rows) == 1 + 4
    assert "layer 1 · head 2 · at → the" in explorer.static_html()
    explorer.head = "all"
    assert "head all (mean weight)" in explorer.static_html()


def test_its_repr_names_what_is_chosen(explorer):
    assert repr(explorer) == f"AttentionExplorer({TEXT!r}, query=5, key={explorer.key}, layer=0, head=0)"
