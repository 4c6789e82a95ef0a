"""The language models before GPT: counted by hand, causal, of one size; and word2vec."""

import math
from itertools import islice

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from mini_gpt.lesson import baselines
from mini_gpt.lesson.baselines import CNN, KINDS, NGram, Recurrent, build, train_word2vec
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import FOOD, PEOPLE, Town
from mini_gpt.lesson.truth import compare, held_out_documents
from mini_gpt.sizes import parameters

CORPUS = [[1, 2, 3, 0], [1, 2, 4, 0], [5, 2, 3, 0], [1, 2, 3, 0], [4, 4, 0]]
V = 6

# ---------------------------------------------------------------- n-grams


def kneser_ney(context, token, order):
    """Interpolated Kneser-Ney straight from the formulas, by searching the corpus anew each time."""
    texts = [(0, *document) for document in CORPUS]

    def times(gram):
        return sum(text[i : i + len(gram)] == gram for text in texts for i in range(1 - (len(gram) > 1), len(text)))

    def count(gram):
        if len(gram) == order or (gram[0] == 0 and len(gram) > 1):
            return times(gram)
        return sum(times((word, *gram)) > 0 for word in range(V))

    def discount(n):
        grams = {text[i : i + n] for text in texts for i in range(0 if n > 1 else 1, len(text) - n + 1)}
        once, twice = (sum(count(gram) == k for gram in grams) for k in (1, 2))
        return once / (once + 2 * twice) if once else 0.5

    shorter = kneser_ney(context[1:], token, order) if context else 1 / V
    after = [count((*context, word)) for word in range(V)]
    if not sum(after):
        return shorter
    d = discount(len(context) + 1)
    return (max(after[token] - d, 0) + d * sum(n > 0 for n in after) * shorter) / sum(after)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_an_ngram_is_kneser_neys_formula(order):
    model = NGram(CORPUS, order, V, end_of_text=0)
    for context in [(), (0,), (2,), (3,), (1, 2), (0, 1), (4, 2), (3, 1)]:
        context = context[max(0, len(context) - order + 1) :]
        expected = [kneser_ney(context, token, order) for token in range(V)]
        assert model.distribution(context) == pytest.approx(expected), context


def test_after_any_context_all_tokens_are_possible_and_their_probabilities_sum_to_1():
    model = NGram(CORPUS, 3, V, end_of_text=0)
    probs = model(torch.tensor([[0, 1, 2, 3], [0, 3, 3, 5]])).exp()
    assert_close(probs.sum(-1), torch.ones(2, 4, dtype=torch.float64))
    assert probs.min() > 0


def test_an_ngram_reads_the_last_tokens_and_no_others():
    model = NGram(CORPUS, 3, V, end_of_text=0)
    assert_close(model(torch.tensor([[0, 5, 1, 2]]))[0, -1], model(torch.tensor([[0, 4, 1, 2]]))[0, -1])
    assert (model(torch.tensor([[0, 5, 2]]))[0, -1] - model(torch.tensor([[0, 1, 2]]))[0, -1]).abs().max() > 0.01


def test_more_context_and_more_text_bring_an_ngram_nearer_to_the_floor():
    town = Town("en")
    end, documents = town.tokenizer.end_of_text, list(islice(town.documents("ngram"), 2000))
    asked = held_out_documents(town, 60)

    def ratio(order, n):
        return compare(NGram(documents[:n], order, town.tokenizer.vocab_size, end), town, asked).ratio

    best = ratio(4, 2000)
    assert 1 < best < ratio(3, 2000) < ratio(2, 2000) < ratio(1, 2000)
    assert best < ratio(4, 200)


def test_an_order_below_one_is_refused():
    with pytest.raises(ValueError, match="order=0 must be at least 1"):
        NGram(CORPUS, 0, V, 0)


# ---------------------------------------------------------------- networks


@pytest.mark.parametrize("kind", KINDS)
def test_a_baseline_has_as_many_parameters_as_nano(kind):
    nano = sum(parameters(NANO).values())
    assert sum(p.numel() for p in build(kind).parameters()) == pytest.approx(nano, rel=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_changing_the_future_leaves_the_past_alone(kind):
    torch.manual_seed(0)
    model, ids = build(kind).eval(), torch.randint(478, (2, 12))
    for t in (1, 6, 11):
        changed = ids.clone()
        changed[:, t:] = (ids[:, t:] + 1) % 478
        before, after = model(ids), model(changed)
        assert_close(after[:, :t], before[:, :t])
        assert (after[:, t] - before[:, t]).abs().max() > 1e-4


def test_a_cnn_sees_its_receptive_field_and_nothing_before_it():
    torch.manual_seed(0)
    model = CNN(20, 8, n_layer=3).eval()
    ids = torch.randint(20, (1, 30))
    leaf = model.token_embedding(ids).detach().requires_grad_()
    model.final_norm(model.blocks(leaf.mT).mT)[0, -1].square().sum().backward()
    seen = leaf.grad[0].abs().sum(-1) > 0
    assert seen.tolist() == [False] * (30 - model.receptive_field) + [True] * model.receptive_field


def test_an_rnn_is_one_step_repeated():
    torch.manual_seed(0)
    model = Recurrent("rnn", 10, 8, n_layer=1).eval()
    h, cell = torch.zeros(8), model.blocks
    ids = torch.tensor([[3, 1, 4]])
    for x in model.token_embedding(ids)[0]:
        h = torch.tanh(cell.weight_ih_l0 @ x + cell.bias_ih_l0 + cell.weight_hh_l0 @ h + cell.bias_hh_l0)
    assert_close(model(ids)[0, -1], model.token_embedding.weight @ model.final_norm(h))


@pytest.mark.parametrize("kind", KINDS)
def test_an_untrained_baseline_is_as_unsure_as_a_uniform_guess(kind):
    torch.manual_seed(0)
    ids = torch.randint(478, (4, 20))
    loss = torch.nn.functional.cross_entropy(build(kind)(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(478), rel=0.05)


def test_weights_come_back_as_they_were_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(baselines, "SHIPPED", tmp_path)
    torch.manual_seed(0)
    model, ids = build("cnn").eval(), torch.tensor([[1, 2, 3]])
    baselines.save(model, tmp_path / "cnn")
    assert_close(baselines.load("cnn")(ids), model(ids), rtol=0, atol=0)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind='gru' must be one of rnn, lstm, cnn"):
        build("gru")


# ---------------------------------------------------------------- word2vec


@pytest.fixture(scope="module")
def vectors():
    town = Town()
    documents = list(islice(town.documents("word2vec"), 1000))
    return train_word2vec(documents, town.tokenizer.vocab_size, steps=200)


@pytest.mark.slow
def test_the_neighbours_of_a_word_are_of_its_kind(vectors):
    ids = Town().tokenizer.ids
    centred = torch.nn.functional.normalize(vectors - vectors.mean(0), dim=-1)
    for kind in ([ids[person.forms[""]] for person in PEOPLE], [ids[food.forms["pt"]] for food in FOOD]):
        near = (centred[kind] @ centred.T).topk(6).indices[:, 1:]  # the first is the word itself
        assert np.isin(near, kind).mean() > 0.8


@pytest.mark.slow
def test_the_same_seed_gives_the_same_vectors(vectors):
    documents = [[1, 2, 0], [3, 2, 0]] * 20
    one, two = (train_word2vec(documents, 4, d=2, steps=20, seed=1) for _ in range(2))
    assert_close(one, two, rtol=0, atol=0)
    assert (one - train_word2vec(documents, 4, d=2, steps=20, seed=2)).abs().max() > 0.01


@pytest.mark.parametrize("wrong", [{"window": 0}, {"negatives": 0}])
def test_a_window_or_negatives_of_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=r"window=\d and negatives=\d must be at least 1"):
        train_word2vec([[1, 0]], 2, **wrong)
