"""Sampling: with a cache or without, in one go or token by token, the same."""

import copy
import math

import pytest
import torch
from conftest import MASKS, chi_square, lively, some_masks

from mini_gpt import GPTConfig, generate, record, stream
from mini_gpt.model import causal_mask, padding_mask
from mini_gpt.sampling import next_token_probs, pick
from mini_gpt.tokenizer import END_OF_TEXT, WordTokenizer


def prompt(T: int, B: int = 2) -> torch.Tensor:
    return torch.randint(23, (B, T), generator=torch.Generator().manual_seed(T))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# ---------------------------------------------------------------- greedy


@pytest.mark.slow
def test_greedy_generation_is_that_of_transformers(gpt, ids, reference):
    theirs = reference.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=30, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    assert theirs.shape == (2, 37)
    assert generate(gpt, ids, 30, temperature=0).tolist() == theirs.tolist()


@torch.no_grad()
def test_greedy_generation_is_a_loop_over_the_likeliest(gpt, ids):
    by_hand = ids
    for _ in range(20):
        by_hand = torch.cat([by_hand, gpt(by_hand)[:, -1].argmax(-1, keepdim=True)], 1)
    assert generate(gpt, ids, 20, temperature=0).tolist() == by_hand.tolist()


@torch.no_grad()
def test_past_the_context_the_model_sees_the_last_window(gpt):
    by_hand, window = prompt(36), gpt.config.context_length
    for _ in range(10):
        by_hand = torch.cat([by_hand, gpt(by_hand[:, -window:])[:, -1].argmax(-1, keepdim=True)], 1)
    assert by_hand.size(1) > window
    assert generate(gpt, prompt(36), 10, temperature=0).tolist() == by_hand.tolist()


@pytest.mark.parametrize("knobs", [{"temperature": 0}, {}, {"top_k": 3}, {"top_p": 0.9}])
def test_an_id_that_only_pads_the_vocabulary_is_never_drawn(gpt, knobs):
    """Of 23 ids the tokenizer knows 5; each is as likely beside the others as without the padding."""
    padded = copy.deepcopy(gpt)
    padded.tokenizer = WordTokenizer([END_OF_TEXT, *"abcd"])
    written = generate(padded, prompt(4, B=40) % 5, 20, **knobs, generator=seeded())[:, 4:]
    assert generate(gpt, prompt(4, B=40) % 5, 20, **knobs, generator=seeded())[:, 4:].max() > 4 >= written.max()
    assert len(padded.tokenizer.decode(written.flatten())) > 0


# ---------------------------------------------------------------- the cache


@pytest.mark.parametrize("T", [1, 2, 3, 17, 34, 39, 40, 45])
@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("temperature", [0, 1])
def test_with_and_without_the_cache_the_same_tokens_come_out(gpt, name, T, temperature):
    """For prompts shorter than, as long as and longer than the context of 40, and on across its end."""
    mask = some_masks(2, 4, T)[name]
    if mask is not None:
        mask[..., -1, 0] = True  # a first token that no query may see would be refused
    knobs = {"max_new_tokens": 8, "temperature": temperature, "mask": mask}
    with_cache = generate(gpt, prompt(T), **knobs, generator=seeded())
    without = generate(gpt, prompt(T), **knobs, generator=seeded(), use_cache=False)
    assert with_cache.shape == (2, T + 8)
    assert with_cache.tolist() == without.tolist()


@pytest.mark.parametrize(("use_cache", "lengths"), [(True, [5, 1, 1, 1]), (False, [5, 6, 7, 8])])
def test_with_the_cache_each_token_is_read_once(gpt, use_cache, lengths):
    read = []
    handle = gpt.token_embedding.register_forward_hook(lambda module, args, output: read.append(args[0].size(1)))
    generate(gpt, prompt(5), 4, use_cache=use_cache)
    handle.remove()
    assert read == lengths


def test_a_new_token_sees_what_the_last_of_the_prompt_sees_and_the_new_ones(gpt):
    mask = causal_mask(5)
    mask[-1, 1] = False
    with record(gpt, "blocks.0.attention.weights") as trace:
        generate(gpt, prompt(5), 3, mask=mask, use_cache=False)
    seen = trace["blocks.0.attention.weights"][0, 0] > 0
    assert seen.int().tolist()[4:] == [[1, 0, 1, 1, 1, 0, 0], [1, 0, 1, 1, 1, 1, 0], [1, 0, 1, 1, 1, 1, 1]]


def test_what_a_mask_hides_has_no_say_in_what_follows(gpt):
    mask = (torch.arange(6) < 1) | (torch.arange(6) >= 3)
    mask = causal_mask(6) & mask | torch.eye(6, dtype=torch.bool)
    one, other = prompt(6), prompt(6)
    other[:, 1:3] = (other[:, 1:3] + 5) % 23
    assert (
        generate(gpt, one, 12, 0, mask=mask)[:, 6:].tolist() == generate(gpt, other, 12, 0, mask=mask)[:, 6:].tolist()
    )
    assert generate(gpt, one, 12, 0)[:, 6:].tolist() != generate(gpt, other, 12, 0)[:, 6:].tolist()


# ---------------------------------------------------------------- prompts of different lengths


def rows_of(*lengths: int) -> list[list[int]]:
    return [prompt(T, B=1)[0].tolist() for T in lengths]


@pytest.mark.parametrize("use_cache", [True, False])
@pytest.mark.parametrize("lengths", [(1, 6, 3), (5, 5), (38, 2, 41), (50, 44)])
def test_each_prompt_of_a_list_is_continued_as_alone(gpt, lengths, use_cache):
    """Shorter than the context of 40, across its end and longer."""
    prompts = rows_of(*lengths)
    alone = [generate(gpt, torch.tensor([each]), 8, 0)[0].tolist() for each in prompts]
    together = generate(gpt, prompts, 8, 0, use_cache=use_cache)
    assert [row.tolist() for row in together] == alone


def test_a_prompt_of_a_list_ends_with_its_own_stop_and_not_with_one_that_it_holds(gpt):
    prompts = rows_of(2, 7, 4)
    alone = [generate(gpt, torch.tensor([each]), 12, 0)[0].tolist() for each in prompts]
    for stop in range(23):
        for row, whole, each in zip(generate(gpt, prompts, 12, 0, stop=stop), alone, prompts, strict=True):
            drawn = whole[len(each) :]
            ends = drawn.index(stop) + 1 if stop in drawn else len(drawn)
            assert row.tolist() == each + drawn[:ends]
    assert len({stop for stop in range(23) for whole in alone if stop in whole[7:]}) > 3  # several stopped early


def test_tokens_of_a_list_are_drawn_as_often_as_those_of_each_prompt_alone(gpt):
    one, other = rows_of(3, 5)
    drawn = [int(row[-1]) for row in generate(gpt, [one, other] * 3000, 1, generator=seeded())]
    for each, counts in ((one, drawn[::2]), (other, drawn[1::2])):
        with torch.no_grad():
            probs = gpt(torch.tensor([each]))[0, -1].softmax(-1)
        statistic, limit = chi_square(torch.tensor(counts).bincount(minlength=23).tolist(), (3000 * probs).tolist())
        assert statistic < limit


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ([], "at least one prompt"),
        ([[1], []], "prompt 1: ids must be a tensor of int64"),
        ([[1], [2.5]], "prompt 1: ids must be a tensor of int64"),
        ([[1, 99]], "prompt 0: ids hold 99"),
        ([[[1, 2]]], "prompt 0: "),
    ],
)
def test_a_prompt_that_cannot_be_read_is_named(gpt, prompts, message):
    with pytest.raises((TypeError, ValueError), match=message):
        generate(gpt, prompts, 3)


def test_a_mask_that_pads_on_the_left_would_move_positions_and_is_refused(gpt):
    real = torch.tensor([[True] * 5, [False, False, True, True, True]])
    mask = causal_mask(5) & padding_mask(real) | torch.eye(5, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"the first token of row 1 from all that follow.*pass prompts .* as a list"):
        generate(gpt, prompt(5), 3, mask=mask)
    with pytest.raises(ValueError, match="mask must be None for a list"):
        generate(gpt, rows_of(2, 3), 3, mask=mask)


# ---------------------------------------------------------------- sampling


def test_the_same_seed_gives_the_same_sample_and_another_another(gpt, ids):
    one, same, other = (generate(gpt, ids, 20, generator=seeded(seed)).tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_a_generator_leaves_the_global_random_numbers_alone(gpt, ids):
    before = torch.get_rng_state()
    generate(gpt, ids, 5, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("knobs", [{}, {"temperature": 0.5}, {"top_k": 5}, {"top_p": 0.8, "temperature": 1.5}])
def test_tokens_are_drawn_as_often_as_their_probabilities_say(gpt, knobs):
    n = 20_000
    with torch.no_grad():
        probs = next_token_probs(gpt(prompt(4, B=1))[0, -1], **knobs)
    drawn = generate(gpt, prompt(4, B=1).expand(n, -1), 1, **knobs, generator=seeded())[:, -1]
    counts = drawn.bincount(minlength=23)
    assert (counts[probs == 0] == 0).all()
    likely = n * probs >= 5
    chi_square = ((counts - n * probs) ** 2 / (n * probs))[likely].sum()
    assert 2 <= likely.sum() <= 23
    assert chi_square < 48.3  # exceeded once in a thousand at 22 degrees of freedom


@pytest.mark.parametrize(("point", "token"), [(0, 1), (0.25, 3), (1 - 2**-53, 3)])
def test_a_point_on_the_border_never_picks_what_has_no_probability(monkeypatch, point, token):
    monkeypatch.setattr(torch, "rand", lambda *shape, **options: torch.full(shape, point, dtype=torch.float64))
    assert pick(torch.tensor([[0.0, 0.25, 0.0, 0.75, 0.0]])).tolist() == [token]


def test_rows_of_a_batch_are_continued_as_if_alone(gpt):
    together = generate(gpt, prompt(6, B=4), 10, temperature=0)
    alone = [generate(gpt, row[None], 10, temperature=0)[0].tolist() for row in prompt(6, B=4)]
    assert together.tolist() == alone


# ---------------------------------------------------------------- stopping and streaming


def test_a_row_that_drew_the_stop_token_repeats_it_and_the_end_comes_when_all_have(gpt):
    free = generate(gpt, prompt(6), 30, temperature=0)[:, 6:].tolist()
    stop = next(token for token in free[0] if token in free[1] and free[0].index(token) != free[1].index(token))
    first = [row.index(stop) for row in free]
    stopped = generate(gpt, prompt(6), 30, temperature=0, stop=stop)[:, 6:].tolist()
    assert len(stopped[0]) == max(first) + 1
    for row, where, before in zip(stopped, first, free, strict=True):
        assert row == before[: where + 1] + [stop] * (max(first) - where)


@pytest.mark.parametrize("stop", [None, 3])
def test_streaming_gives_the_tokens_of_generate(gpt, ids, stop):
    streamed = torch.stack(list(stream(gpt, ids, 40, generator=seeded(), stop=stop)), 1)
    assert torch.equal(torch.cat([ids, streamed], 1), generate(gpt, ids, 40, generator=seeded(), stop=stop))


def test_a_token_is_out_before_the_next_is_thought_of(gpt, ids):
    calls = []
    handle = gpt.final_norm.register_forward_hook(lambda *_: calls.append(1))
    tokens = stream(gpt, ids, 5)
    seen = [len(calls) for _ in tokens]
    handle.remove()
    assert seen == [1, 2, 3, 4, 5]


def test_no_new_tokens_give_the_prompt_back(gpt, ids):
    assert torch.equal(generate(gpt, ids, 0), ids)


def test_the_result_has_the_dtype_of_the_prompt_and_the_prompt_stays(gpt, ids):
    before = ids.clone()
    assert generate(gpt, ids.int(), 3).dtype == torch.int32
    assert generate(gpt, ids, 3).dtype == torch.int64
    assert torch.equal(ids, before)


@pytest.mark.parametrize("training", [True, False])
def test_generating_needs_no_gradients_and_leaves_the_mode_alone(gpt, ids, training):
    gpt.train(training)
    with record(gpt, "head") as trace:
        generate(gpt, ids, 2)
        assert torch.is_grad_enabled() and gpt.training == training
    gpt.eval()
    assert trace["head"].grad_fn is None
    assert all(p.grad is None for p in gpt.parameters())


def test_a_paused_stream_leaves_gradients_on_outside(gpt, ids):
    tokens = stream(gpt, ids, 3)
    next(tokens)
    assert torch.is_grad_enabled()


# ---------------------------------------------------------------- numbers that are none


@pytest.mark.parametrize("temperature", [0, 1])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_logits_that_are_no_numbers_end_generation_before_a_token_is_drawn_from_them(gpt, temperature, value):
    model = copy.deepcopy(gpt)
    model.position_embedding.weight.data[9] = value  # the third new token is drawn from what follows position 9
    found = []
    with pytest.raises(FloatingPointError, match="begins in position_embedding, whose parameters hold it"):
        found.extend(stream(model, prompt(8), 9, temperature, generator=seeded()))
    assert len(found) == 2 and torch.stack(found).max() < 23


def test_on_another_device_no_token_is_waited_for():
    """On "meta", where reading a value is an error, as on a GPU, where it would make the CPU wait."""
    model = lively(GPTConfig(vocab_size=23, context_length=40, n_layer=1, n_head=2, d_model=4)).to("meta")
    new = stream(model, prompt(5).to("meta"), 3)
    assert [next(new).device.type for _ in range(3)] == ["meta"] * 3


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("call", [generate, stream])
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"ids": torch.tensor([[1.0]])}, TypeError, "ids must be a tensor of int64 or int32, not torch.float32"),
        ({"stop": [1, 2]}, TypeError, r"stop=\[1, 2\] must be one token's id, or None"),
        ({"ids": torch.tensor([[0.5]])}, TypeError, "ids must be .* not torch.float32"),
        ({"ids": torch.tensor([1, 2])}, ValueError, r"ids of shape \(2,\)"),
        ({"ids": torch.zeros(1, 0, dtype=torch.long)}, ValueError, r"ids of shape \(1, 0\)"),
        ({"ids": torch.tensor([[23]])}, ValueError, r"ids hold 23, but must be in 0\.\.22"),
        ({"max_new_tokens": -1}, ValueError, "max_new_tokens=-1 must be a whole number of at least 0"),
        ({"max_new_tokens": 1.5}, ValueError, "max_new_tokens=1.5 must be"),
        ({"temperature": -1.0}, ValueError, "temperature=-1.0 must be at least 0"),
        ({"top_k": 0}, ValueError, "top_k=0 must be"),
        ({"top_p": 0.0}, ValueError, r"top_p=0.0 must be in \(0, 1\]"),
        ({"top_p": 2}, ValueError, r"top_p=2 must be in \(0, 1\]"),
        ({"temperature": 0, "top_p": 2}, ValueError, r"top_p=2 must be in \(0, 1\]"),
        ({"mask": torch.ones(3, 3, dtype=torch.bool)}, ValueError, r"mask of shape \(3, 3\) must be"),
        ({"mask": torch.ones(2, dtype=torch.bool)}, ValueError, r"mask of shape \(2,\) must be"),
        ({"mask": torch.zeros(2, 2, dtype=torch.bool)}, ValueError, "mask blocks every key of query 0"),
        ({"mask": torch.ones(2, 2)}, TypeError, "mask must be a tensor of bool"),
        ({"mask": [[True]]}, TypeError, "mask must be a tensor of bool .* not list"),
    ],
)
def test_bad_input_is_refused_at_the_call_and_not_at_the_first_token(gpt, call, changes, error, message):
    with pytest.raises(error, match=message):
        call(gpt, **{"ids": torch.tensor([[1, 2]]), "max_new_tokens": 2} | changes)
