"""The town's words with two senses: their sentences, and their vectors in a model."""

import pytest
import torch

from mini_gpt import GPT, record
from mini_gpt.lesson.language import Language
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.senses import CLUES, occurrences, projection, vectors_of
from mini_gpt.lesson.town import DOCUMENTS, LEXICON, PEOPLE, TOKENIZER


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    models = {"gpt": GPT(NANO), "encoder": GPT(NANO, causal=False)}
    for model in models.values():
        model.tokenizer = TOKENIZER
    return models


# ------------------------------------------------------------ sentences


@pytest.mark.parametrize("lang", ["pt", "en"])
@pytest.mark.parametrize("clue", CLUES)
def test_the_sentences_are_what_the_town_says(lang, clue):
    [kind] = [kind[lang] for kind in DOCUMENTS if kind[lang].name == f"meaning-{clue}-{lang}"]
    language = Language(LEXICON, [kind], tokenizer=TOKENIZER)
    for each in occurrences(lang, clue):
        assert language.writes(TOKENIZER.encode(f"{each.before} {each.word} {each.after} <|endoftext|>"))


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_every_word_has_both_senses_with_two_clues_from_each_person(lang):
    for clue in CLUES:
        found = occurrences(lang, clue)
        words = dict.fromkeys(each.word for each in found)
        assert len(words) == 8
        for word in words:
            mine = [each for each in found if each.word == word]
            assert len({each.sense for each in mine}) == 2
            assert sorted((each.sense, each.person) for each in mine) == sorted(
                (sense, person.forms[""])
                for sense in {each.sense for each in mine}
                for person in PEOPLE
                for _ in range(2)
            )


def test_only_the_side_of_the_clue_tells_the_senses_apart():
    for each, other in ((0, 32), (16, 48)):  # the same person, two senses
        after, before = occurrences("en", "after"), occurrences("en", "before")
        assert after[each].before == after[other].before and after[each].after != after[other].after
        assert before[each].after == before[other].after and before[each].before != before[other].before


# ------------------------------------------------------------ vectors and what is made of them


def test_a_vector_is_the_words_own_in_the_residual_stream(models):
    found = occurrences("en", "before")
    for model in models.values():
        vectors = vectors_of(model, found)
        for i in (0, 37, 511):
            start = TOKENIZER.encode(f"<|endoftext|> {found[i].before}")
            ids = [*start, *TOKENIZER.encode(f"{found[i].word} {found[i].after}")]
            with record(model, "embedding", "blocks.?") as trace, torch.no_grad():
                model(torch.tensor([ids]))
            own = torch.stack(
                [trace[name][0, len(start)] for name in ("embedding", "blocks.0", "blocks.1", "blocks.2")]
            )
            torch.testing.assert_close(vectors[:, i], own, atol=1e-5, rtol=1e-5)


def test_with_the_clue_after_the_word_a_gpt_cannot_tell_and_an_encoder_can(models):
    found = occurrences("en", "after")
    gpt, encoder = (vectors_of(model, found) for model in models.values())
    torch.testing.assert_close(gpt[:, 0], gpt[:, 32])
    assert (encoder[:, 0] - encoder[:, 32])[1:].norm(dim=-1).min() > 1e-3


def test_only_some_people_may_speak_and_the_vectors_keep_the_models_precision(models):
    found = occurrences("en", "after", PEOPLE[:1])
    assert [each.person for each in found] == ["ana"] * 32
    model = GPT(NANO).double()
    model.tokenizer = TOKENIZER
    vectors = vectors_of(model, found)
    assert vectors.shape == (NANO.n_layer + 1, 32, NANO.d_model) and vectors.dtype == torch.double


def test_the_projection_keeps_distances_in_a_plane_and_says_what_it_loses():
    torch.manual_seed(0)
    flat = torch.randn(1, 20, 2) @ torch.linalg.qr(torch.randn(5, 5))[0][:2]
    points, kept = projection(flat)
    torch.testing.assert_close(torch.cdist(points, points), torch.cdist(flat, flat), atol=1e-4, rtol=1e-4)
    assert kept.item() == pytest.approx(1)
    solid = torch.tensor([[[3.0, 0, 0], [-3, 0, 0], [0, 2, 0], [0, -2, 0], [0, 0, 1], [0, 0, -1]]])
    points, kept = projection(solid)
    assert kept.item() == pytest.approx((9 + 4) / (9 + 4 + 1))
    assert points[0, 0].tolist() == pytest.approx([3, 0], abs=1e-5)


def test_one_place_for_all_loses_nothing():
    points, kept = projection(torch.ones(1, 4, 3))
    assert points.abs().max() < 1e-5 and kept.item() == pytest.approx(1)
