"""Looking inside: sums that must add up, and a model wired by hand whose parts are known."""

import pytest
import torch
from conftest import lively
from torch.testing import assert_close

from mini_gpt import GPTConfig
from mini_gpt.lesson.inside import attribution, head_scores, logit_lens, patched, steering
from mini_gpt.lesson.wired import induction_model
from mini_gpt.trace import edit, record

GPT3 = lively(GPTConfig(vocab_size=23, context_length=40, n_layer=3, n_head=4, d_model=16))
TEXT = [0, 7, 3, 9, 5, 7]


@torch.no_grad()
def test_the_lens_at_the_end_is_the_model_and_at_the_start_the_embedding_alone():
    ids = torch.tensor([TEXT, TEXT[::-1]])
    lens = logit_lens(GPT3, ids)
    assert_close(lens[-1], GPT3(ids))
    assert_close(lens[0], GPT3.head(GPT3.final_norm(GPT3.embed(ids))))
    assert lens.shape == (4, 2, 6, 23)


@pytest.mark.parametrize("other", [None, 4])
def test_what_the_parts_add_sums_to_the_logit(other):
    made = attribution(GPT3, TEXT, 11, other)
    parts = [made.heads.sum(), made.biases.sum(), made.mlps.sum()]
    assert made.heads.shape == (3, 4)
    assert sum(parts).item() + made.token + made.position + made.final_bias == pytest.approx(made.logit, abs=1e-4)
    assert min(made.heads.abs().max(), made.mlps.abs().max()) > 0.01


@torch.no_grad()
def test_a_heads_contribution_is_what_is_missing_without_it_where_the_norm_stands_still():
    layer, head = 2, 1  # of the last layer: nothing reads it but the final norm, and its MLP, which is kept
    with record(GPT3, "blocks.2", "blocks.2.mlp") as trace:
        GPT3(torch.tensor([TEXT]))
    blind = torch.ones(1, 4, 1, 1)
    blind[:, head] = 0
    with (
        edit(GPT3, "blocks.2.attention.weights", lambda weights: weights * blind),
        edit(GPT3, "blocks.2.mlp", trace["blocks.2.mlp"]),
        record(GPT3, "blocks.2") as less,
    ):
        GPT3(torch.tensor([TEXT]))
    end = trace["blocks.2"][0, -1]
    change = end - less["blocks.2"][0, -1]
    norm = GPT3.final_norm
    missing = ((change - change.mean()) * norm.weight / (end.var(unbiased=False) + norm.eps).sqrt()) @ GPT3.head.weight[
        3
    ]
    assert attribution(GPT3, TEXT, 3).heads[layer, head].item() == pytest.approx(missing.item(), abs=1e-5)


@torch.no_grad()
def test_patching_everything_of_a_place_gives_the_other_text():
    ids, source = torch.tensor(TEXT), torch.tensor([0, 7, 4, 9, 5, 8])

    def score(logits):
        return logits[:, 11]

    grid = patched(GPT3, ids, source, score)
    assert grid.shape == (4, 6)
    assert_close(grid[-1, -1], score(GPT3(source[None])[:, -1])[0])  # the last vector alone decides
    assert_close(grid[-1, :-1], score(GPT3(ids[None])[:, -1]).expand(5))  # and the others do nothing
    changed = torch.tensor([0, 7, 4, 9, 5, 7])
    assert_close(grid[0, 2], score(GPT3(changed[None])[:, -1])[0])  # before the first block, a token is a vector
    same = score(GPT3(ids[None])[:, -1])[0]
    assert_close(patched(GPT3, ids, ids, score), same.expand(4, 6))
    assert_close(patched(GPT3, ids, source, score, rows=slice(1, 3)), grid[1:3])
    heads = patched(GPT3, ids, source, score, heads=True)
    assert heads.shape == (3, 4) and (heads - same).abs().min() > 1e-4
    assert_close(patched(GPT3, ids, ids, score, heads=True), same.expand(3, 4))


def test_texts_of_two_lengths_cannot_be_patched():
    for heads in (False, True):
        with pytest.raises(ValueError, match="source of 3 tokens must have as many as ids, 4"):
            patched(GPT3, torch.tensor([1, 2, 3, 4]), torch.tensor([1, 2, 3]), lambda logits: logits[:, 0], heads)


@torch.no_grad()
def test_the_wired_model_does_induction_and_every_score_finds_its_two_heads():
    model = induction_model()
    text = [0, 7, 3, 9, 4, 5, 7]
    ids = torch.tensor([text])
    assert model(ids).argmax(-1)[0, -1] == 3
    with record(model, "*.attention.weights") as trace:
        model(ids)
    scores = head_scores(trace.layers("attention.weights"), ids)
    assert scores["previous"][0, 0] > 0.99 and scores["induction"][1, 0] > 0.99
    assert scores["previous"][1, 0] < 0.5 and scores["induction"][0, 0] < 0.1
    made = attribution(model, text, 3, 9)
    assert made.heads[1, 0] > 0.99 * made.logit > 0.5
    assert made.heads[0, 0].abs() < 0.01
    other = [0, 7, 8, 9, 4, 5, 7]

    def prefers(logits):
        return logits[:, 3] - logits[:, 8]

    grid = patched(model, torch.tensor(text), torch.tensor(other), prefers)
    intact, swapped = prefers(model(ids)[:, -1])[0], prefers(model(torch.tensor([other]))[:, -1])[0]
    assert intact > 1 and swapped < -1
    assert_close(grid[1, 2], swapped)  # after layer 0 the answer still stands at its own place
    assert_close(grid[2, -1], swapped)  # after layer 1 at the end
    heads = patched(model, torch.tensor(text), torch.tensor(other), prefers, heads=True)
    assert_close(heads[1, 0], swapped)
    assert heads[0, 0] > 1


@torch.no_grad()
def test_a_direction_is_the_difference_of_two_means():
    towards, away = [[1, 2, 3], [2, 4]], [[5, 6, 7]]
    direction = steering(GPT3, towards, away, "blocks.1")
    ends = []
    for text in (*towards, *away):
        with record(GPT3, "blocks.1") as trace:
            GPT3(torch.tensor([text]))
        ends.append(trace["blocks.1"][0, -1])
    assert_close(direction, (ends[0] + ends[1]) / 2 - ends[2])
