"""What lets a lesson run on any model: the town beside its own models, and its texts as other models read them."""

from itertools import islice

import pytest
import torch

import mini_gpt
from mini_gpt import GPT, GPTConfig, load_tokenizer, record
from mini_gpt.lesson.any_model import everyday_documents, ids_of, places_of, spelled, town_of
from mini_gpt.lesson.senses import CLUES, occurrences, vectors_of
from mini_gpt.lesson.town import Town


@pytest.fixture(scope="module")
def gpt():
    """A tiny random model under GPT-2's own vocabulary."""
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=50257, context_length=64, n_layer=2, n_head=2, d_model=8)).eval()
    model.tokenizer = load_tokenizer("gpt2")
    return model


def test_the_town_stands_beside_its_own_models_alone(gpt):
    document = next(Town("pt").documents(seed=0))
    assert town_of(mini_gpt.load("mini"), "pt").writes(document)
    assert not town_of(mini_gpt.load("mini"), "en").writes(document)
    assert town_of(mini_gpt.load("mini-encoder")) and town_of(gpt) is None


@pytest.mark.parametrize(
    ("town", "people"),
    [
        ("ana está na praça . ela", "Ana está na praça. Ela"),
        ("pergunta : quem tem o mapa ? resposta :", "Pergunta: quem tem o mapa? Resposta:"),
        ("in english : leo , ana . in portuguese :", "In English: Leo, Ana. In Portuguese:"),
        (" the hat that bia left", " the hat that Bia left"),
        ("", ""),
    ],
)
def test_a_text_of_the_town_is_spelled_as_people_write(gpt, town, people):
    assert spelled(town, gpt) == people
    assert spelled(people, gpt) == people
    assert spelled(town, mini_gpt.load("mini")) == town


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_each_word_of_a_document_has_its_places_and_they_spell_it(gpt, lang):
    for document in islice(Town(lang).documents("any model"), 30):
        words = Town().tokenizer.decode(document[:-1]).split()
        ids = ids_of(" ".join(words), gpt)[0]
        for word in words:
            places = places_of(word, " ".join(words), gpt)
            assert gpt.tokenizer.decode(ids[places].tolist()).strip().lower() == word
        assert ids[0] == gpt.tokenizer.end_of_text


def test_the_places_of_a_word_that_is_not_there_are_an_error(gpt):
    with pytest.raises(ValueError, match="word='an' must be one of text='ana is at'"):
        places_of("an", "ana is at", gpt)


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_everyday_documents_end_once_and_fit_the_context_of_mini_books(gpt, lang):
    for document in everyday_documents(gpt, lang):
        assert document.index(gpt.tokenizer.end_of_text) == len(document) - 1 < 256
    with pytest.raises(ValueError, match="not among the 478 known"):
        everyday_documents(mini_gpt.load("mini"), lang)


def test_without_its_tokenizer_a_model_reads_nothing(gpt):
    bare = GPT(GPTConfig(vocab_size=9, n_layer=1, n_head=1, d_model=1))
    for call in (town_of, lambda model: ids_of("ana", model), lambda model: everyday_documents(model, "en")):
        with pytest.raises(ValueError, match=r"model\.tokenizer=None must be the tokenizer that goes with"):
            call(bare)


@pytest.mark.parametrize("clue", CLUES)
def test_the_vector_of_a_word_in_several_tokens_is_its_last_ones(gpt, clue):
    found = occurrences("pt", clue)[::37]
    vectors = vectors_of(gpt, found)
    for i, each in enumerate(found):
        ids = ids_of(f"{each.before} {each.word}", gpt)  # it sees nothing of what comes after
        with record(gpt, "embedding", "blocks.?") as trace, torch.no_grad():
            gpt(ids)
        own = torch.stack([x[0, -1] for x in trace.values()])
        torch.testing.assert_close(vectors[:, i], own, atol=1e-5, rtol=1e-5)
