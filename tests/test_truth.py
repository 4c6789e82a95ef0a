"""A model beside the truth."""

import numpy as np
import pytest
import torch

from mini_gpt import GPT, GPTConfig
from mini_gpt.encoder import Encoder
from mini_gpt.lesson.batches import MASK, with_mask_and_pad
from mini_gpt.lesson.language import DocumentKind, Entry, Language
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, compare_masked, divergences, held_out_documents, masked_probs
from mini_gpt.probability import token_log_probs
from mini_gpt.tokenizer import GPT2Tokenizer


@pytest.fixture(scope="module")
def town():
    return Town("en")


@pytest.fixture(scope="module")
def model(town):
    torch.manual_seed(0)
    return GPT(GPTConfig(town.tokenizer.vocab_size, context_length=64, n_layer=1, n_head=1, d_model=8)).eval()


def test_every_token_is_compared_once_with_its_own_costs(town, model):
    documents = held_out_documents(town, 3)
    result = compare(model, town, documents)
    assert result.ids.tolist() == [token for document in documents for token in document]
    ids = torch.tensor([[town.tokenizer.end_of_text, *documents[0]]])
    mine = -token_log_probs(model(ids), ids)[0].detach().numpy()
    assert np.allclose(result.model[: len(documents[0])], mine, atol=1e-5)
    assert np.array_equal(result.truth[: len(documents[0])], -town.token_log_probs(ids[0].tolist()))


def test_the_divergence_is_the_mean_of_what_a_model_pays_too_much_over_all_that_may_come(town, model):
    documents = held_out_documents(town, 2)
    for document, bits in zip(documents, divergences(model, town, documents), strict=True):
        before = [town.tokenizer.end_of_text, *document[:-1]]
        said = model(torch.tensor([before]))[0].double().log_softmax(-1).detach().numpy()
        assert bits.shape == (len(document),)
        for t, p in enumerate(town.next_token_probs_along(before)):
            by_hand = sum(p[i] * (np.log2(p[i]) - said[t, i] / np.log(2)) for i in p.nonzero()[0])
            assert bits[t] == pytest.approx(by_hand, rel=1e-5)


def test_only_the_truth_itself_diverges_from_the_truth_by_nothing(town):
    """A table that has the town's own logits after one word: nothing there, and something for any other."""
    end, V = town.tokenizer.end_of_text, town.tokenizer.vocab_size
    table = torch.tensor(town.next_token_probs([])).log().float().expand(V, V)
    [document] = held_out_documents(town, 1)
    [bits] = divergences(lambda ids: table[ids], town, [document])
    assert bits[0] == pytest.approx(0, abs=1e-6)
    assert bits[1] == np.inf  # it gives no chance to what can follow a name
    with pytest.raises(ValueError, match="model has 10 tokens of its own"):
        divergences(GPT(GPTConfig(10, 64, 1, 1, 8)), town, [[1, end]])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_a_model_of_another_precision_is_compared_in_no_less_than_float32(town, dtype):
    """The same logits, whatever their precision, cost the same to seven digits."""
    documents, table = held_out_documents(town, 3), torch.nn.Embedding(500, 500).to(dtype)
    wide = torch.nn.Embedding.from_pretrained(table.weight.double())
    assert compare(table, town, documents).model == pytest.approx(compare(wide, town, documents).model, rel=1e-6)

    table.tokenizer = wide.tokenizer = with_mask_and_pad(town.tokenizer)
    narrow, exact = (compare_masked(each, town, documents[:1]).model for each in (table, wide))
    assert narrow == pytest.approx(exact, rel=1e-6)


def test_no_model_pays_less_than_the_truth_and_an_ignorant_one_pays_log_v(town, model):
    result = compare(model, town, held_out_documents(town, 50))
    assert result.loss == pytest.approx(np.log(town.tokenizer.vocab_size), rel=0.05)
    assert result.ratio == result.loss / result.floor > 5


def test_a_model_of_other_tokens_reads_the_documents_in_its_own_and_nobody_knows_their_truth(town):
    torch.manual_seed(0)
    tokenizer = GPT2Tokenizer.train(["Ana is at the square. She buys a hat."], vocab_size=270)
    reader = GPT(GPTConfig(270, context_length=300, n_layer=1, n_head=1, d_model=8)).eval()
    reader.tokenizer, documents = tokenizer, held_out_documents(town, 3)
    result = compare(reader, town, documents)
    *texts, rest = tokenizer.decode(result.ids.tolist()).split("<|endoftext|>")
    assert (len(texts), rest) == (3, "")
    for text, document in zip(texts, documents, strict=True):
        words = town.tokenizer.decode(document[:-1])
        assert text[0].isupper() and text.replace(" ", "").lower() == words.replace(" ", "")
    assert np.isnan(result.truth).all() and np.isnan(result.floor) and result.loss > 0


def test_held_out_documents_are_none_of_those_that_a_training_draws(town):
    held_out = {tuple(document) for document in held_out_documents(town, 5)}
    drawn = {tuple(document) for step in range(3) for document in held_out_documents(town, 5, f"0, step {step}")}
    assert not held_out & drawn


def test_the_truth_of_a_hidden_token_is_that_of_all_documents_with_the_others():
    """By counting: of a language with few documents, all that agree elsewhere, each with its own probability."""
    fruit = [Entry({"": "apple"}), Entry({"": "pear"}, weight=3)]
    language = Language(
        {"xy": fruit}, [DocumentKind("a", "[one|two] {x} and {y}"), DocumentKind("b", "one {x} and {x}", 2)]
    )
    every = {}
    texts = ["one apple and pear", "one pear and apple", "two apple and pear", "two pear and apple",
             "one apple and apple", "one pear and pear"]  # fmt: skip
    for text in texts:
        ids = language.tokenizer.encode(f"{text} <|endoftext|>")
        every[tuple(ids)] = np.exp(language.token_log_probs([language.tokenizer.end_of_text, *ids]).sum())
    assert sum(every.values()) == pytest.approx(1)
    for document in every:
        for t in range(len(document)):
            agree = {
                ids[t]: p for ids, p in every.items() if ids[:t] + ids[t + 1 :] == document[:t] + document[t + 1 :]
            }
            probs = masked_probs(language, document, t)
            assert probs.sum() == pytest.approx(1)
            for token, p in agree.items():
                assert probs[token] == pytest.approx(p / sum(agree.values()))


def test_an_encoder_is_asked_for_each_token_with_that_one_hidden(town):
    torch.manual_seed(0)
    encoder = Encoder(GPTConfig(town.tokenizer.vocab_size + 2, 64, 1, 1, 8)).eval()
    encoder.tokenizer = with_mask_and_pad(town.tokenizer)
    [document] = held_out_documents(town, 1)
    result = compare_masked(encoder, town, [document])
    assert result.ids.tolist() == document
    for t in (0, len(document) - 1):
        row = [town.tokenizer.end_of_text, *document]
        row[t + 1] = encoder.tokenizer.ids[MASK]
        by_hand = -encoder(torch.tensor([row]))[0, t + 1].log_softmax(-1)[document[t]].item()
        assert result.model[t] == pytest.approx(by_hand, rel=1e-5)
        assert result.truth[t] == pytest.approx(-np.log(masked_probs(town, document, t)[document[t]]))
