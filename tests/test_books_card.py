"""What the card of a model of books says, and that it is so."""

import numpy as np
import pytest
import torch

from mini_gpt import GPT, GPTConfig, generate
from mini_gpt.lesson.baselines import NGram
from mini_gpt.lesson.books import Book, listed
from mini_gpt.lesson.books_card import as_digits, continuations, longest_copy, ngram_log_probs, views
from mini_gpt.tokenizer import GPT2Tokenizer


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_fast_ngram_is_the_ngram_to_read(order):
    """The same probabilities as `NGram`, for texts with contexts that training has seen and others."""
    dice = np.random.default_rng(order)
    document, text = dice.integers(1, 9, 200), np.array([0, *dice.integers(1, 9, 100)])
    readable = NGram([[*document.tolist(), 0]], order, vocab_size=9, end_of_text=0)
    expected = readable(torch.from_numpy(text[None, :-1]))[0].numpy()[range(100), text[1:]]
    found = ngram_log_probs(np.array([0, *document, 0]), text, 9, order)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_fast_ngram_is_a_distribution():
    training = np.array([0, 1, 2, 1, 1, 2, 3, 1, 2, 3, 0, 1, 3])
    for context in ([0, 1, 2], [0, 3, 3], [0, 2, 1]):
        ends = [ngram_log_probs(training, np.array([*context, token]), 5, order=3)[-1] for token in range(5)]
        assert np.exp(ends).sum() == pytest.approx(1)


def test_the_shortest_texts_have_ngrams():
    assert ngram_log_probs(np.array([0, 1, 1]), np.array([0, 1]), 4, order=3).shape == (1,)


def test_ngrams_that_no_integer_holds_are_refused():
    assert as_digits(np.full(7, 2047), 5, 2048).max() == 2048**5 - 1
    with pytest.raises(ValueError, match="order=6 is too high: 6 of 2,048 tokens do not fit an integer"):
        ngram_log_probs(np.arange(9), np.arange(9), 2048, order=6)


def test_the_longest_copy_is_found_wherever_it_stands():
    training = "ana went to the market and bought a pear"
    assert longest_copy(["she went to the mall", "to buy"], training) == " went to the ma"
    assert longest_copy(["to buy", "she went to the mall"], training) == " went to the ma"
    assert longest_copy([training], training) == training
    assert longest_copy(["XYZ", ""], training) == ""


def test_the_model_and_the_author_continue_the_same_prompts():
    tokenizer = GPT2Tokenizer.train(["ab"], 257)
    model = GPT(GPTConfig(257, context_length=16, n_layer=1, n_head=1, d_model=4)).eval()
    model.tokenizer = tokenizer
    text = "".join(chr(ord("a") + i % 26) for i in range(100))
    ids = tokenizer.encode(text)
    written, original = continuations(model, ids, n_tokens=60)
    assert len(written) == len(original) == 5  # of 14 tokens each
    assert original[0] == text[2:16] and original[-1] == text[-14:]
    assert all(len(each) == 14 and each in text for each in original)
    assert written == continuations(model, ids, n_tokens=60)[0]
    assert written != continuations(model, ids, n_tokens=60, seed=1)[0]
    [alone], _ = continuations(model, ids, n_tokens=14)
    drawn = generate(model, torch.tensor([ids[:2]]), 14, generator=torch.Generator().manual_seed(0))
    assert alone == tokenizer.decode(drawn[0, 2:])


def test_the_card_says_from_when_the_books_are_and_that_they_are_free_if_it_knows():
    books = list(listed().values())
    assert "published from 1813 to\n1911" in views(books) and "public domain" in views(books)
    assert "the last of their authors died in 1946" in views(books)
    unknown = views([*books, Book("en", "my diary", "0" * 64)])
    assert "public domain" not in unknown and "19" not in unknown
