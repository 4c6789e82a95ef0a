"""Zero-shot evaluation, against slow and direct computations."""

import itertools
import json
import math
import random
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from conftest import lively
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mini_gpt import GPT, GPTConfig, load
from mini_gpt import evaluate as module
from mini_gpt.evaluation.evaluate import (
    CBT,
    ONE_BILLION_WORDS,
    PTB,
    STOP_WORDS,
    TASKS,
    WIKITEXT,
    Detokenizer,
    Result,
    evaluate,
    windows,
)
from mini_gpt.facts import FACTS
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import held_out_documents
from mini_gpt.probability import sequence_log_prob
from mini_gpt.tokenizer import GPT2Tokenizer
from mini_gpt.training.distributed import Processes


class Characters:
    """A token for each character, or for a space and a character: words of several tokens, as in GPT-2."""

    def __init__(self, characters: str) -> None:
        self.tokens = ["<|endoftext|>", *characters, *(" " + character for character in characters), " "]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.vocab_size, self.end_of_text = len(self.tokens), 0
        self.read: list[str] = []

    def encode(self, text: str, special: bool = True) -> list[int]:
        self.read.append(text)
        pieces = re.findall(r" ?[^ ]| ", text)
        if unknown := set(pieces) - set(self.ids):
            raise ValueError(f"unknown {sorted(unknown)}")
        return [self.ids[piece] for piece in pieces]

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(self.tokens[i] for i in ids)


def with_characters(characters: str, context_length: int, seed: int = 0) -> GPT:
    tokenizer = Characters(characters)
    model = lively(GPTConfig(tokenizer.vocab_size, context_length, n_layer=2, n_head=2, d_model=8), seed)
    model.tokenizer = tokenizer
    return model


PRINTABLE = "".join(map(chr, range(33, 127))) + "\né→"


@pytest.fixture(scope="module")
def model() -> GPT:
    return with_characters(PRINTABLE, context_length=8)


@pytest.fixture
def file(tmp_path):
    """Writes a text to a file, and gives its path."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "data.txt"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def log_prob(model: GPT, context: list[int], token: int) -> float:
    with torch.no_grad():
        return model(torch.tensor([context]))[0, -1].double().log_softmax(-1)[token].item()


# ---------------------------------------------------------------- windows

sizes = st.integers(1, 12).flatmap(lambda context: st.tuples(st.just(context), st.integers(1, context)))


@given(st.integers(1, 60), sizes)
def test_windows_predict_every_token_but_the_first_exactly_once_and_in_order(n, size):
    context_length, stride = size
    spans = list(windows(n, context_length, stride))
    assert [t for _, stop, first in spans for t in range(first, stop)] == list(range(1, n))
    for start, stop, first in spans:
        assert 0 <= start < first < stop <= n
        assert stop - 1 - start <= context_length


@given(st.integers(1, 60), sizes)
def test_a_token_sees_all_before_it_or_at_least_what_the_stride_leaves(n, size):
    context_length, stride = size
    for start, stop, first in windows(n, context_length, stride):
        for t in range(first, stop):
            assert t - start >= min(t, context_length - stride + 1)


@given(st.integers(1, 60), st.integers(1, 12))
def test_with_stride_1_every_token_sees_as_much_as_the_context_holds(n, context_length):
    for start, stop, first in windows(n, context_length, stride=1):
        assert all(t - start == min(t, context_length) for t in range(first, stop))


def directly(model: GPT, ids: list[int], context_length: int, stride: int) -> float:
    """The nats of ids[1:], a token at a time: what fits the first window sees all, then come groups of `stride`."""
    nats = 0.0
    for t in range(1, len(ids)):
        group_end = context_length + math.ceil((t - context_length) / stride) * stride if t > context_length else 0
        start = max(0, min(group_end, len(ids) - 1) - context_length)
        nats -= log_prob(model, ids[start:t], ids[t])
    return nats


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 8).flatmap(lambda c: st.tuples(st.just(c), st.integers(1, c))),
       st.integers(1, 5), st.randoms(use_true_random=False))  # fmt: skip
def test_a_text_costs_what_its_tokens_cost_one_by_one(model, tmp_path_factory, n, size, batch_size, rng):
    context_length, stride = size
    path = tmp_path_factory.getbasetemp() / "direct.txt"
    path.write_text("".join(rng.choices("abc de", k=n)) + "!")
    result = evaluate(model, "text", path, stride, context_length, batch_size)
    ids = [0, *model.tokenizer.encode(path.read_text())]
    assert result.tokens == len(ids) - 1
    assert result.nats == pytest.approx(directly(model, ids, context_length, stride), rel=1e-5)


def test_the_stride_and_the_context_matter(model, file):
    path = file("the dog saw the cat and the cat saw the dog")
    assert len({round(evaluate(model, "text", path, stride).nats, 3) for stride in (1, 4, 8)}) == 3
    assert evaluate(model, "text", path).nats == evaluate(model, "text", path, 4, 8).nats  # the default: half of it


def test_documents_are_read_one_by_one(model, file):
    whole = evaluate(model, "text", file("<|endoftext|>a dog<|endoftext|>two cats sat<|endoftext|>\n"))
    parts = [evaluate(model, "text", file(text)) for text in ("a dog", "two cats sat")]
    assert whole.nats == pytest.approx(sum(part.nats for part in parts))
    for count in ("tokens", "words", "bytes"):
        assert getattr(whole, count) == sum(getattr(part, count) for part in parts)


def test_more_logits_than_fit_at_once_are_made_in_parts(model, file, monkeypatch):
    path = file("the dog saw the cat")
    whole = evaluate(model, "text", path).nats
    monkeypatch.setattr(module, "POSITIONS", 3)
    assert evaluate(model, "text", path).nats == pytest.approx(whole, rel=1e-6)


# ---------------------------------------------------------------- figures


def test_a_uniform_model_has_the_figures_that_are_known_by_hand(file):
    model = with_characters("abcdefghijklmno", context_length=4)  # 32 tokens: 5 bits each
    with torch.no_grad():
        model.token_embedding.weight.zero_()
    result = evaluate(model, "text", file("abc de fgh"))
    assert (result.tokens, result.words, result.bytes) == (8, 3, 10)
    assert result.perplexity_per_token == pytest.approx(32)
    assert result.perplexity_per_word == pytest.approx(32 ** (8 / 3))
    assert result.bits_per_byte == pytest.approx(5 * 8 / 10)


def test_bytes_are_bytes_and_not_characters(model, file):
    assert evaluate(model, "text", file("é→ a")).bytes == 2 + 3 + 1 + 1


def test_mini_finds_the_towns_documents_as_likely_as_it_does_one_by_one(file):
    mini, town = load("mini"), Town()
    documents = [document[:-1] for document in held_out_documents(town, 20)]  # without <|endoftext|>
    result = evaluate(mini, "text", file("<|endoftext|>".join(map(mini.tokenizer.decode, documents))))
    assert result.tokens == result.words == sum(map(len, documents))
    with torch.no_grad():
        ids = [torch.tensor([[mini.tokenizer.end_of_text, *document]]) for document in documents]
        nats = -sum(sequence_log_prob(mini(row), row).item() for row in ids)
    assert result.nats == pytest.approx(nats, rel=1e-5)
    assert result.perplexity_per_word < 5


def test_a_model_in_training_is_evaluated_without_dropout_and_left_in_training(model, file):
    path = file("the dog saw the cat")
    training = GPT(GPTConfig(**{**vars(model.config), "dropout": 0.5}))
    training.load_state_dict(model.state_dict())
    training.tokenizer = model.tokenizer
    assert evaluate(training, "text", path).nats == evaluate(model, "text", path).nats
    assert training.training and not model.training


def test_a_model_in_bfloat16_is_close_and_says_so(model, file):
    path = file("the dog saw the cat")
    low = GPT(model.config).bfloat16()
    low.load_state_dict(model.state_dict())
    low.tokenizer = model.tokenizer
    result = evaluate(low, "text", path)
    assert result.nats == pytest.approx(evaluate(model, "text", path).nats, rel=0.05)
    assert result.protocol["model"].endswith("parameters, bfloat16")


# ---------------------------------------------------------------- de-tokenizers

DETOKENIZERS = {"wikitext": WIKITEXT, "ptb": PTB, "cbt": CBT, "1bw": ONE_BILLION_WORDS}
ENGLISH = (
    """the dog <unk> 1990 U.S. Mr. a.m. J. 's 't n't 'll ' , . ; : ! ? % ) ] ( [ $ # " dogs ... -- – é N said""".split()
)
MARKS = ["@-@", "@,@", "@.@", "3", "5"]


@pytest.mark.parametrize("name", DETOKENIZERS)
@settings(max_examples=300)
@given(data=st.data())
@example(data=None)
def test_a_line_can_be_undone_unless_it_says_for_how_many_words_not(name, data):
    detokenizer = DETOKENIZERS[name]
    words = ENGLISH + MARKS if detokenizer.marks else ENGLISH
    line = words if data is None else data.draw(st.lists(st.sampled_from(words)))
    back = detokenizer.split(detokenizer(" ".join(line)))
    assert len(back) >= len(line)
    if detokenizer.unsure(" ".join(line)) == 0:
        assert back == line


@pytest.mark.parametrize("name", DETOKENIZERS)
def test_no_word_of_the_published_form_is_unsure(name):
    marks = MARKS if DETOKENIZERS[name].marks else []
    words = [word for word in ENGLISH if name in ("ptb", "cbt") or word != "n't"]
    assert DETOKENIZERS[name].unsure(" ".join(words + marks)) == 0


def test_a_word_that_is_written_joined_already_is_unsure():
    assert WIKITEXT.unsure("it's a well-known 3.5 (dog).") == 4
    assert WIKITEXT.split("it's") == ["it", "'s"]


@pytest.mark.parametrize(
    ("detokenizer", "line", "written"),
    [
        (WIKITEXT, ' the " <unk> @-@ Man " , a dogs \' film ', 'the "<unk>-Man", a dogs\' film'),
        (WIKITEXT, "3 @.@ 5 % ( of 1 @,@ 000 ) .", "3.5% (of 1,000)."),
        (WIKITEXT, "in the U.S. , Mr. J. Ray won .", "in the U.S., Mr. J. Ray won."),
        (WIKITEXT, "he left the U.S .", "he left the U.S ."),  # joined, it would be the word U.S.
        (WIKITEXT, "said ' hello '", "said ' hello '"),
        (PTB, " c$ N was n't u.s. $ N or N % & s&p 's ", "c$ N wasn't u.s. $N or N% & s&p's"),
        (CBT, '" Do n\'t ! " she cried', '"Don\'t!" she cried'),
        (ONE_BILLION_WORDS, "well-known at 10:30 a.m. , he 's $ 3.5 up", "well-known at 10:30 a.m., he's $3.5 up"),
    ],
)
def test_lines_are_written_as_english_is(detokenizer: Detokenizer, line, written):
    assert detokenizer(line) == written
    assert detokenizer.split(written) == line.split()


# ---------------------------------------------------------------- running texts in their published layouts

WIKI = " \n = A Dog = \n \n The dog @-@ house , built 1 @,@ 900 years ago , isn 't <unk> . \n"


@pytest.mark.parametrize(
    ("task", "text", "read", "words"),
    [
        ("wikitext2", WIKI, "\n= A Dog =\n\nThe dog-house, built 1,900 years ago, isn't <unk>.\n", 0 + 4 + 0 + 16 + 4),
        ("ptb", " mr. <unk> 's dog did n't \n N % \n", "mr. <unk>'s dog didn't\nN%\n", 6 + 2 + 2),
        ("1bw", "He 's here .\nSo is she .\n", "He's here.\nSo is she.\n", 4 + 4 + 2),
        ("1bw", "He 's here .\r\nSo is she .", "He's here.\nSo is she.\n", 4 + 4 + 2),
        ("text8", "a dog saw a cat", "a dog saw a cat", 5),
        ("enwik8", "<page>a dog</page>\n", "<page>a dog</page>\n", 2),
    ],
)
def test_a_text_is_read_without_artefacts_but_counted_as_it_was(model, file, task, text, read, words):
    model.tokenizer.read.clear()
    result = evaluate(model, task, file(text))
    assert model.tokenizer.read == [read]
    assert (result.words, result.bytes) == (words, len(text))
    assert result.perplexity_per_word == pytest.approx(math.exp(result.nats / words))
    assert result.tokens == len(model.tokenizer.encode(read))


def test_wikitext103_is_laid_out_as_wikitext2(model, file):
    path = file(WIKI)
    assert evaluate(model, "wikitext103", path).nats == evaluate(model, "wikitext2", path).nats


def test_enwik8s_last_bytes_are_read_and_a_character_that_is_cut_is_left_out(model, file, monkeypatch):
    monkeypatch.setattr(module, "TEST_BYTES", 7)
    model.tokenizer.read.clear()
    result = evaluate(model, "enwik8", file("long ago →dogs\n"))
    assert model.tokenizer.read == ["dogs\n"] and result.bytes == 5
    assert result.protocol["part"] == "the last 5 bytes of 17"


def test_a_refused_text_is_named(model, file):
    with pytest.raises(ValueError, match=r"data='.*data\.txt' is refused by the model's tokenizer: unknown \['ß'\]"):
        evaluate(model, "text", file("ß"))


# ---------------------------------------------------------------- LAMBADA


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
        ranked = sorted(range(len(tokens)), key=lambda token: -log_prob(model, ids, token))
        if filtered and i == 0:
            ranked = [token for token in ranked if tokens[token].strip() in ("b", "c", "d")]  # a, i are stop words
        ids = [*ids, ranked[0]]
    return "".join(tokens[i] for i in ids[-2:])


def test_a_last_word_is_right_if_it_is_what_greedy_generation_writes(speller, texts, file):
    result = evaluate(speller, "lambada", file("".join(json.dumps({"text": text}) + "\n" for text in texts)))
    right, filtered, nats = 0, 0, 0.0
    for text in texts:
        context, word = text.rsplit(" ", 1)
        right += best_word(speller, context, filtered=False) == " " + word
        filtered += best_word(speller, context, filtered=True) == " " + word
        ids, target = [0, *speller.tokenizer.encode(context)], speller.tokenizer.encode(" " + word)
        nats -= sum(log_prob(speller, ids + target[:i], token) for i, token in enumerate(target))
    assert 3 < right < 27 and 3 < filtered < 27 and right != filtered
    assert result.accuracy == pytest.approx(100 * filtered / 30)
    assert result.accuracy_without_filter == pytest.approx(100 * right / 30)
    assert (result.examples, result.words, result.tokens, result.bytes) == (30, 30, 60, None)
    assert result.perplexity_per_word == pytest.approx(math.exp(nats / 30), rel=1e-5)


def test_plain_lines_are_the_same_as_json(speller, file):
    texts = ["ab cd ab", "dd cc.", "ab  dd"]
    plain = evaluate(speller, "lambada", file("\n".join(texts)))
    lines = evaluate(speller, "lambada", file("".join(json.dumps({"text": text}) + "\n" for text in texts)))
    assert plain == lines


def test_of_a_long_text_the_end_is_read(speller, file):
    text = "ab ci " * 20 + "cd"
    result = evaluate(speller, "lambada", file(text), context_length=22)
    ids = speller.tokenizer.encode(text)[-23:]  # the last is predicted, so 22 are read
    assert result.nats == pytest.approx(-sum(log_prob(speller, ids[:t], ids[t]) for t in (21, 22)), rel=1e-5)


def test_what_cannot_be_a_final_word_is_told(speller, file):
    result = evaluate(speller, "lambada", file("ab cd"))
    banned = [token for token in speller.tokenizer.tokens if token.strip() in {*STOP_WORDS, "", ".", "<|endoftext|>"}]
    assert len(banned) == 8  # <|endoftext|>, a, i and the full stop with and without a space, and the space
    assert result.protocol["filter"].startswith(f"on, {len(STOP_WORDS)} stop words")
    assert result.protocol["filter"].endswith(": 8 of 14 tokens may not begin the guess")


# ---------------------------------------------------------------- the Children's Book Test

CANDIDATES = "dog cat hen owl pig bee fox rat ant cow".split()


def cbt_block(rng: random.Random, answer: str) -> str:
    lines = [f"{n} The {rng.choice(CANDIDATES)} said : `` I do n't . ''" for n in range(1, 21)]
    listed = "|".join(CANDIDATES)
    return "\n".join([*lines, f"21 `` A XXXXX , '' he said -LRB- low -RRB- .\t{answer}\t\t{listed}", "", ""])


@pytest.fixture(scope="module")
def listener() -> GPT:
    return with_characters(PRINTABLE, context_length=800)


def test_the_candidate_whose_whole_text_is_likeliest_is_chosen(listener, file):
    rng, chosen = random.Random(1), []
    blocks = [cbt_block(rng, CANDIDATES[i]) for i in range(10)]
    for block in blocks:
        said = re.findall(r"^\d+ The (\w+) said", block, re.M)
        context = " ".join(f'The {animal} said: "I don\'t."' for animal in said)
        texts = [f'{context} "A {candidate}," he said (low).' for candidate in CANDIDATES]
        rows = [torch.tensor([[0, *listener.tokenizer.encode(text)]]) for text in texts]
        with torch.no_grad():
            scores = [sequence_log_prob(listener(row).double(), row).item() for row in rows]
        chosen.append(scores.index(max(scores)))
    answers = [choice if i < 7 else (choice + 1) % 10 for i, choice in enumerate(chosen)]
    data = "".join(re.sub(r"\t\w+\t\t", f"\t{CANDIDATES[a]}\t\t", b) for a, b in zip(answers, blocks, strict=True))
    result = evaluate(listener, "cbt-ne", file(data))
    assert (result.examples, result.accuracy) == (10, 70.0)
    assert evaluate(listener, "cbt-cn", file(data)).accuracy == 70.0
    assert result.nats is None and result.figures == {"accuracy": 70.0}


def test_candidates_are_judged_on_the_same_context_however_short(listener, file):
    block = cbt_block(random.Random(0), "hen")
    context = " ".join(re.findall(r"^\d+ (The .*)$", block, re.M)).replace(" :", ":").replace("`` ", '"')
    ids = listener.tokenizer.encode(context.replace(" n't .", "n't.").replace(" ''", '"') + ' "A')[-30:]
    ends = [listener.tokenizer.encode(f' {candidate}," he said (low).') for candidate in CANDIDATES]
    keep = 40 + 1 - max(map(len, ends))  # as many tokens of context as leave room for the longest ending
    rows = [torch.tensor([ids[-keep:] + end]) for end in ends]
    with torch.no_grad():
        scores = [sequence_log_prob(listener(row).double(), row).item() for row in rows]
    best = CANDIDATES[scores.index(max(scores))]
    data = file(re.sub(r"\t\w+\t\t", f"\t{best}\t\t", block))
    assert evaluate(listener, "cbt-cn", data, context_length=40).accuracy == 100


# ---------------------------------------------------------------- GPT-2's own tokenizer


def test_with_byte_level_bpe_words_of_several_tokens_cost_what_they_cost_in_the_whole_text(file):
    text = "The dogs don't like the hén, said the old owl"
    tokenizer = GPT2Tokenizer.train([text, "the dog, the hen"], vocab_size=270)
    model = lively(GPTConfig(300, 64, n_layer=2, n_head=2, d_model=8))
    model.tokenizer = tokenizer
    ids = [tokenizer.end_of_text, *tokenizer.encode(text)]
    costs = [-log_prob(model, ids[:t], ids[t]) for t in range(1, len(ids))]
    whole = evaluate(model, "text", file(text))
    assert (whole.tokens, whole.words, whole.bytes) == (len(ids) - 1, 10, len(text.encode()))
    assert whole.nats == pytest.approx(sum(costs), rel=1e-5)
    last = evaluate(model, "lambada", file(text))
    assert last.tokens == len(tokenizer.encode(" owl")) > 1
    assert last.nats == pytest.approx(sum(costs[-last.tokens :]), rel=1e-5)


# ---------------------------------------------------------------- several processes


class Part(Processes):
    """One of several that are run in turn: its sums are its own."""

    def sum(self, *values: float) -> list[float]:
        return list(values)


@pytest.mark.parametrize("world_size", [2, 35])
def test_the_parts_of_several_processes_sum_to_the_whole(model, speller, texts, listener, file, world_size):
    parts = [Part(rank, world_size) for rank in range(world_size)]
    path = file("the dog saw the cat and the cat saw the dog")
    split = [evaluate(model, "text", path, stride=2, processes=part) for part in parts]
    whole = evaluate(model, "text", path, stride=2)
    assert sum(part.nats for part in split) == pytest.approx(whole.nats, rel=1e-6)
    assert {part.tokens for part in split} == {whole.tokens}

    path = file("\n".join(texts))
    split = [evaluate(speller, "lambada", path, processes=part) for part in parts]
    whole = evaluate(speller, "lambada", path)
    for name in ("nats", "accuracy", "accuracy_without_filter"):
        assert sum(getattr(part, name) for part in split) == pytest.approx(getattr(whole, name), rel=1e-6)

    path = file("".join(cbt_block(random.Random(i), "owl") for i in range(3)))
    split = [evaluate(listener, "cbt-cn", path, processes=part) for part in parts]
    assert sum(part.accuracy for part in split) == pytest.approx(evaluate(listener, "cbt-cn", path).accuracy)


# ---------------------------------------------------------------- what is shown


def test_the_table_puts_the_papers_row_beside_the_result():
    protocol = {"context": "windows of 1,024 tokens", "de-tokenizer": "on"}
    result = Result("wikitext2", "wiki.test.tokens", protocol, tokens=250, words=200, bytes=1000, nats=500.0)
    lines = str(result).splitlines()
    assert lines[0] == "wikitext2: 250 tokens, 200 words, 1,000 bytes"
    assert "context       windows of 1,024 tokens" in lines and "de-tokenizer  on" in lines
    table = {line[:24].strip(): line[24:].split() for line in lines[lines.index("") + 4 :] if line}
    assert table[""] == ["here", "SOTA", "117M", "345M", "762M", "1542M"]
    assert table["perplexity per word"] == ["12.18", "39.14", "29.41", "22.76", "19.93", "18.34"]
    assert table["perplexity per token"] == ["7.39"]
    assert table["bits per byte"] == ["0.72"]
    assert lines[-1].endswith("Radford et al. 2019, table 3")


def test_a_task_that_the_paper_does_not_have_stands_alone():
    text = str(Result("text", "story.txt", tokens=4, words=3, bytes=16, nats=8.0))
    assert "SOTA" not in text and "Radford" not in text and "perplexity per word" in text


def test_every_figure_of_the_paper_has_its_place():
    for column in FACTS["zero_shot"]["columns"]:
        assert column["task"] in TASKS
        assert column["metric"] in {metric for _, metric in module.FIGURES.values()}


@pytest.mark.parametrize("task", TASKS)
def test_a_result_is_json_and_comes_back(task, speller, listener, file):
    texts = {
        "lambada": "ab cd",
        "cbt-cn": cbt_block(random.Random(0), "owl"),
        "cbt-ne": cbt_block(random.Random(0), "owl"),
    }
    model = speller if task == "lambada" else listener
    result = evaluate(model, task, file(texts.get(task, " a dog\n" if task != "text8" else "a dog")))
    back = json.loads(json.dumps(result.as_dict()))
    assert back["task"] == task and back["protocol"] == result.protocol and "None" not in str(back)
    assert {name: back[name] for name in result.figures} == result.figures != {}
    assert all(isinstance(value, str) for value in result.protocol.values())
    shown = {column["metric"] for column in FACTS["zero_shot"]["columns"] if column["task"] == task}
    assert set(back["paper"]) == shown


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "lambda"}, r"task='lambda' must be one of lambada, .*\(did you mean lambada"),
        ({"stride": 0}, r"stride=0 must be in 1\.\.context_length=8"),
        ({"stride": 9}, r"stride=9 must be in 1\.\.context_length=8"),
        ({"stride": 5, "context_length": 4}, r"stride=5 must be in 1\.\.context_length=4"),
        ({"context_length": 9}, r"context_length=9 must be in 1\.\.8"),
        ({"context_length": 0}, r"context_length=0 must be in 1\.\.8"),
        ({"batch_size": 0}, "batch_size=0 must be at least 1"),
        ({"task": "lambada", "stride": 2}, "stride=2 is for a running text; task='lambada' has none"),
        ({"task": "lambada", "context_length": 1}, "context_length=1 must be at least 3 for an ending of 3 tokens"),
    ],
)
def test_an_argument_out_of_range_is_refused(model, file, arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate(**{"model": model, "task": "text", "data": file("a dog"), **arguments})


def test_a_model_without_a_tokenizer_is_refused(gpt, file):
    with pytest.raises(ValueError, match=r"model has no tokenizer; load it from a directory with tokenizer\.json"):
        evaluate(gpt, "text", file("a dog"))


def test_a_missing_file_and_a_directory_are_refused_with_what_the_task_reads(model, tmp_path):
    for path in (tmp_path, tmp_path / "no.txt"):
        with pytest.raises(FileNotFoundError, match=r"is not a file; task='wikitext2' reads wiki\.test\.tokens"):
            evaluate(model, "wikitext2", path)


BLOCK = cbt_block(random.Random(0), "owl")


@pytest.mark.parametrize(
    ("task", "data", "message"),
    [
        ("text", "", r"data='.*data\.txt' is empty"),
        ("lambada", " \n\n", "is empty"),
        ("text", b"a dog \xff", "is not UTF-8 at byte 6"),
        ("enwik8", b"\xff" * 7, "is not UTF-8 in its last 7 bytes"),
        ("text8", "a Dog", r"has 'D', but expected only the characters 'a-z '"),
        ("lambada", "two words\none\n", r"line 2: expected a text of at least two words"),
        ("lambada", '{"txt": "two words"}', r"line 1: expected a text .* or \{\"text\": …\}"),
        ("lambada", '{"text": 5}', r"line 1: expected"),
        ("lambada", '{"text": ' + "[" * 100_000, r"line 1: expected"),
        ("cbt-cn", "1 A dog .\n3 A cat .", "line 2: expected sentence 2 of 21, and its number"),
        ("cbt-cn", "A dog .", "line 1: expected sentence 1 of 21"),
        ("cbt-cn", "1 A dog .\n", "expected sentence 2 of 21, not the end of the file"),
        ("cbt-ne", BLOCK.replace("XXXXX", "dog"), "line 21: expected a sentence with XXXXX, tab, the answer"),
        ("cbt-ne", BLOCK.replace("\t\t", "\t"), "line 21: expected"),
        ("cbt-ne", BLOCK.replace("\towl", "\tworm"), "line 21: expected"),
        ("wikitext2", " A dog . \nA cat . \n", "line 2: expected a space before the first word"),
        ("ptb", " a dog \n The cat \n", "line 2: expected lower-case words, and N for numbers"),
        ("1bw", "A dog .\n\nA cat .\n", "line 2: expected a sentence"),
    ],
)
def test_a_file_of_another_layout_is_refused_by_name_line_and_what_was_expected(listener, file, task, data, message):
    with pytest.raises(ValueError, match=message):
        evaluate(listener, task, file(data))


# ---------------------------------------------------------------- data sets of the hub


@pytest.mark.parametrize(
    ("task", "lines"), [("text", ["nina guarda a bola ."] * 2), ("lambada", ["a bola\na nina"] * 3)]
)
def test_a_data_set_gives_what_its_file_gives(tmp_path, task, lines):
    folder, file = tmp_path / "set", tmp_path / "file"
    folder.mkdir()
    (folder / "test.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in lines))
    file.write_text("".join((json.dumps({"text": line}) if task == "lambada" else line) + "\n" for line in lines))
    by_set, by_file = (evaluate(load("mini"), task, data) for data in (f"hub:{folder}::test", file))
    assert by_set.figures == by_file.figures and by_set.data.startswith("hub:")


@pytest.mark.parametrize("data", ["hub:", "hub:a:b:c:d"])
def test_a_data_set_is_named_as_it_must_be(data):
    with pytest.raises(ValueError, match="a data set is hub:NAME"):
        evaluate(load("mini"), "text", data)
