"""Each measure against a slow and direct computation of it."""

import itertools
import json
import math
import random
import re
from dataclasses import replace

import pytest
import torch
from characters import PRINTABLE, log_probs, nats_of, with_characters
from conftest import lively
from hypothesis import given, settings
from hypothesis import strategies as st

from mini_gpt import GPT, GPTConfig, load
from mini_gpt.evaluation import evaluate
from mini_gpt.evaluation.measures import STOP_WORDS
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import held_out_documents
from mini_gpt.probability import sequence_log_prob
from mini_gpt.tokenizer import GPT2Tokenizer
from mini_gpt.training.distributed import Processes


@pytest.fixture(scope="module")
def model() -> GPT:
    return with_characters(PRINTABLE, context_length=8)


def directly(model: GPT, ids: list[int], context_length: int, stride: int) -> float:
    """The nats of ids[1:], a token at a time: those in the first window see all before them, then come groups."""
    nats = 0.0
    for t in range(1, len(ids)):
        group_end = context_length + math.ceil((t - context_length) / stride) * stride if t > context_length else 0
        start = max(0, min(group_end, len(ids) - 1) - context_length)
        nats += nats_of(model, ids[start : t + 1], t - start)
    return nats


@settings(max_examples=20)
@given(st.text("abcde ", min_size=1, max_size=30), st.integers(1, 8).flatmap(
    lambda context: st.tuples(st.just(context), st.integers(1, context))), st.integers(1, 5))  # fmt: skip
def test_a_text_costs_what_its_tokens_cost_one_by_one(model, tmp_path_factory, text, size, batch_size):
    context_length, stride = size
    path = tmp_path_factory.getbasetemp() / "direct.txt"
    path.write_text(text + "!")
    result = evaluate(model, "text", path, stride, context_length, batch_size)
    ids = [0, *model.tokenizer.encode(text + "!")]
    assert result.tokens == len(ids) - 1
    assert result.nats == pytest.approx(directly(model, ids, context_length, stride), rel=1e-5)


def test_the_stride_matters_and_is_half_the_context_by_default(model, data_file):
    path = data_file("the dog saw the cat and the cat saw the dog")
    assert len({round(evaluate(model, "text", path, stride).nats, 3) for stride in (1, 4, 8)}) == 3
    assert evaluate(model, "text", path).nats == evaluate(model, "text", path, 4, 8).nats


def test_documents_are_predicted_one_by_one(model, data_file):
    whole = evaluate(model, "text", data_file("<|endoftext|>a dog<|endoftext|>two cats sat<|endoftext|>\n"))
    parts = [evaluate(model, "text", data_file(text)) for text in ("a dog", "two cats sat")]
    assert whole.nats == pytest.approx(sum(part.nats for part in parts))
    assert whole.tokens == sum(part.tokens for part in parts)


def test_a_uniform_model_has_the_figures_that_are_known_by_hand(data_file):
    model = with_characters("abcdefghijklmno", context_length=4)  # 32 tokens: 5 bits each
    with torch.no_grad():
        model.token_embedding.weight.zero_()
    result = evaluate(model, "text", data_file("abc de fgh"))
    assert (result.tokens, result.words, result.bytes) == (8, 3, 10)
    assert result.perplexity_per_token == pytest.approx(32)
    assert result.perplexity_per_word == pytest.approx(32 ** (8 / 3))
    assert result.bits_per_byte == pytest.approx(5 * 8 / 10)


def test_mini_finds_the_towns_documents_as_likely_as_it_does_one_by_one(data_file):
    mini, town = load("mini"), Town()
    documents = [document[:-1] for document in held_out_documents(town, 20)]  # without <|endoftext|>
    result = evaluate(mini, "text", data_file("<|endoftext|>".join(map(mini.tokenizer.decode, documents))))
    assert result.tokens == result.words == sum(map(len, documents))
    with torch.no_grad():
        ids = [torch.tensor([[mini.tokenizer.end_of_text, *document]]) for document in documents]
        nats = -sum(sequence_log_prob(mini(row), row).item() for row in ids)
    assert result.nats == pytest.approx(nats, rel=1e-5)
    assert result.perplexity_per_word < 5


@pytest.fixture(scope="module")
def speller() -> GPT:
    return with_characters("abcid.", context_length=24, seed=50)


@pytest.fixture(scope="module")
def texts(speller) -> list[str]:
    """A third ends in the word that the model likes most, a third in its favourite final word, a third in any."""
    rng, texts = random.Random(0), []
    words = ["".join(pair) for pair in itertools.product("abcid", repeat=2)]
    for i in range(30):
        context = " ".join(rng.choices(words, k=5))
        word = rng.choice(words) if i % 3 == 2 else best_word(speller, context, filtered=i % 3 == 1)
        texts.append(f"{context} {word.strip()}")
    return texts


def best_word(model: GPT, context: str, filtered: bool) -> str:
    """The likeliest first token and the likeliest after it, as text."""
    tokens, ids = model.tokenizer.tokens, [0, *model.tokenizer.encode(context)]
    for i in range(2):
        ranked = log_probs(model, ids).argsort(descending=True).tolist()
        if filtered and i == 0:
            ranked = [token for token in ranked if tokens[token].strip() in ("b", "c", "d")]  # a, i are stop words
        ids = [*ids, ranked[0]]
    return "".join(tokens[i] for i in ids[-2:])


def test_a_last_word_is_right_if_it_is_what_greedy_generation_writes(speller, texts, data_file):
    result = evaluate(speller, "lambada", data_file("".join(json.dumps({"text": text}) + "\n" for text in texts)))
    right, filtered, nats = 0, 0, 0.0
    for text in texts:
        context, word = text.rsplit(" ", 1)
        right += best_word(speller, context, filtered=False) == " " + word
        filtered += best_word(speller, context, filtered=True) == " " + word
        ids = [0, *speller.tokenizer.encode(text)]
        nats += nats_of(speller, ids, len(ids) - 2)
    assert 3 < right < 27 and 3 < filtered < 27 and right != filtered
    assert result.accuracy == pytest.approx(100 * filtered / 30)
    assert result.accuracy_without_filter == pytest.approx(100 * right / 30)
    assert (result.examples, result.words, result.tokens, result.bytes) == (30, 30, 60, None)
    assert result.perplexity_per_word == pytest.approx(math.exp(nats / 30), rel=1e-5)


@torch.no_grad()
def test_an_id_that_only_pads_the_vocabulary_is_no_guess(speller, texts, data_file):
    padded = GPT(replace(speller.config, vocab_size=speller.config.vocab_size + 2)).eval()
    wte = speller.token_embedding.weight
    loud = 1000 * torch.ones(1, wte.size(1))  # so that one of the two always wins
    padded.load_state_dict(
        speller.state_dict() | dict.fromkeys(("token_embedding.weight", "head.weight"), torch.cat([wte, loud, -loud]))
    )
    padded.tokenizer = speller.tokenizer
    path = data_file("".join(json.dumps({"text": text}) + "\n" for text in texts))
    alone, result = evaluate(speller, "lambada", path), evaluate(padded, "lambada", path)
    assert (result.accuracy, result.accuracy_without_filter) == (alone.accuracy, alone.accuracy_without_filter)
    assert result.nats > alone.nats + 1000


def test_of_a_long_text_the_end_is_read(speller, data_file):
    text = "ab ci " * 20 + "cd"
    result = evaluate(speller, "lambada", data_file(text), context_length=22)
    ids = speller.tokenizer.encode(text)[-23:]  # the last is predicted, so 22 are read
    assert result.nats == pytest.approx(nats_of(speller, ids, 21), rel=1e-5)


def test_the_protocol_tells_how_many_tokens_cannot_begin_the_guess(speller, data_file):
    result = evaluate(speller, "lambada", data_file("ab cd"))
    banned = [token for token in speller.tokenizer.tokens if token.strip() in {*STOP_WORDS, "", ".", "<|endoftext|>"}]
    assert len(banned) == 8  # <|endoftext|>, a, i and the full stop with and without a space, and the space
    assert result.protocol["filter"].startswith(f"on, {len(STOP_WORDS)} stop words")
    assert result.protocol["filter"].endswith(": 8 of 14 tokens may not begin the guess")


CANDIDATES = "dog cat hen owl pig bee fox rat ant cow".split()


def cbt_block(rng: random.Random, answer: str) -> str:
    lines = [f"{n} The {rng.choice(CANDIDATES)} said : `` I do n't . ''" for n in range(1, 21)]
    listed = "|".join(CANDIDATES)
    return "\n".join([*lines, f"21 `` A XXXXX , '' he said -LRB- low -RRB- .\t{answer}\t\t{listed}", "", ""])


@pytest.fixture(scope="module")
def listener() -> GPT:
    return with_characters(PRINTABLE, context_length=800)


def likeliest(model: GPT, rows: list[list[int]]) -> int:
    with torch.no_grad():
        ids = torch.tensor(rows)  # candidates have three letters each
        return sequence_log_prob(model(ids).double(), ids).argmax().item()


def test_the_candidate_whose_whole_text_is_likeliest_is_chosen(listener, data_file):
    rng, chosen = random.Random(1), []
    blocks = [cbt_block(rng, "dog") for _ in range(5)]
    for block in blocks:
        said = re.findall(r"^\d+ The (\w+) said", block, re.M)
        context = " ".join(f'The {animal} said: "I don\'t."' for animal in said)
        texts = [f'{context} "A {candidate}," he said (low).' for candidate in CANDIDATES]
        chosen.append(likeliest(listener, [[0, *listener.tokenizer.encode(text)] for text in texts]))
    answers = [choice if i < 3 else (choice + 1) % 10 for i, choice in enumerate(chosen)]
    data = "".join(re.sub(r"\t\w+\t\t", f"\t{CANDIDATES[a]}\t\t", b) for a, b in zip(answers, blocks, strict=True))
    result = evaluate(listener, "cbt-ne", data_file(data))
    assert (result.examples, result.accuracy) == (5, 60.0)
    assert result.nats is None and result.figures == {"accuracy": 60.0}


def test_candidates_are_compared_on_the_same_context_however_short(listener, data_file):
    block = cbt_block(random.Random(0), "hen")
    context = " ".join(re.findall(r"^\d+ (The .*)$", block, re.M)).replace(" :", ":").replace("`` ", '"')
    ids = listener.tokenizer.encode(context.replace(" n't .", "n't.").replace(" ''", '"') + ' "A')
    ends = [listener.tokenizer.encode(f' {candidate}," he said (low).') for candidate in CANDIDATES]
    keep = 40 + 1 - len(ends[0])  # as much context as leaves room for an ending
    best = CANDIDATES[likeliest(listener, [ids[-keep:] + end for end in ends])]
    path = data_file(re.sub(r"\t\w+\t\t", f"\t{best}\t\t", block))
    assert evaluate(listener, "cbt-cn", path, context_length=40).accuracy == 100


def test_with_byte_level_bpe_words_of_several_tokens_cost_what_they_cost_in_the_whole_text(data_file):
    text = "The dogs don't like the hén, said the old owl"
    tokenizer = GPT2Tokenizer.train([text, "the dog, the hen"], vocab_size=270)
    model = lively(GPTConfig(300, 64, n_layer=2, n_head=2, d_model=8))
    model.tokenizer = tokenizer
    ids = [tokenizer.end_of_text, *tokenizer.encode(text)]
    whole = evaluate(model, "text", data_file(text))
    assert (whole.tokens, whole.words, whole.bytes) == (len(ids) - 1, 10, len(text.encode()))
    assert whole.nats == pytest.approx(nats_of(model, ids, 1), rel=1e-5)
    last = evaluate(model, "lambada", data_file(text))
    assert last.tokens == len(tokenizer.encode(" owl")) > 1
    assert last.nats == pytest.approx(nats_of(model, ids, len(ids) - last.tokens), rel=1e-5)


class Part(Processes):
    """One of several that are run in turn: its sums are its own."""

    def sum(self, *values: float) -> list[float]:
        return list(values)


@pytest.mark.parametrize("world_size", [2, 35])
def test_the_parts_of_several_processes_sum_to_the_whole(model, speller, texts, listener, data_file, world_size):
    parts = [Part(rank, world_size) for rank in range(world_size)]  # with 35 of them, some have nothing to do
    for gpt, task, data in (
        (model, "text", "the dog saw the cat and the cat saw the dog"),
        (speller, "lambada", "\n".join(texts)),
        (listener, "cbt-cn", "".join(cbt_block(random.Random(i), "owl") for i in range(3))),
    ):
        path = data_file(data)
        whole, split = evaluate(gpt, task, path), [evaluate(gpt, task, path, processes=part) for part in parts]
        for name in ("nats", "accuracy", "accuracy_without_filter"):
            if (value := getattr(whole, name)) is not None:
                assert sum(getattr(part, name) for part in split) == pytest.approx(value, rel=1e-6)
        assert {part.tokens for part in split} == {whole.tokens}
