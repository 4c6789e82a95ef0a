"""Exercises' checks: what is right passes, what is wrong is told why."""

import contextlib
import copy
import math
import re
import string
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mini_gpt import GPT, GPTConfig
from mini_gpt.lesson.checks import TEXTS, check, verdict
from mini_gpt.lesson.exercises import EXERCISES, LESSONS
from mini_gpt.lesson.words import LANGUAGES

EACH = pytest.mark.parametrize("name", EXERCISES)
SOURCES = sorted((Path(__file__).parents[1] / "notebooks" / "lessons").glob("[0-9]*.py"))


# ------------------------------------------------------------ what students may write, and be right


def pair_by_dict(words):
    counts = {}
    for word in words:
        for i in range(len(word) - 1):
            pair = word[i], word[i + 1]
            counts[pair] = counts.get(pair, 0) + 1
    return max(counts, key=counts.get)


def weights_by_exp(scores, mask):
    e = scores.exp() * mask
    return e / e.sum(dim=1, keepdim=True)


def causal_weights_by_loop(scores):
    rows = []
    for t, row in enumerate(scores):
        row[t + 1 :] = -math.inf
        rows.append(row.softmax(0))
    return torch.stack(rows)


def layer_norm_by_loop(x, weight, bias):
    rows = []
    for row in x.tolist():
        mean = sum(row) / len(row)
        deviation = (sum((number - mean) ** 2 for number in row) / len(row) + 1e-5) ** 0.5
        rows.append([(n - mean) / deviation * w + b for n, w, b in zip(row, weight, bias, strict=True)])
    return rows


def block_in_place(x, norm_1, attention, norm_2, mlp):
    with torch.no_grad():
        x += attention(norm_1(x))
        x += mlp(norm_2(x))
    return x


def hidden_loss_by_loop(logits, targets):
    losses = [-torch.log(logits[t].softmax(0)[i]) for t, i in enumerate(targets) if i != -100]
    return sum(losses) / len(losses)


def norm_of(vector):
    return sum(x * x for x in vector.tolist()) ** 0.5


def calibration_by_sums(said, true, bins=10):
    inside = [[(s, t) for s, t in zip(said, true, strict=True) if b <= min(s * bins, bins - 0.5) < b + 1]
              for b in range(bins)]  # fmt: skip
    return sum(abs(sum(s - t for s, t in each)) for each in inside) / len(said)


def calibration_by_bincount(said, true):
    place = [min(int(10 * s), 9) for s in said]
    return np.abs(np.bincount(place, said) - np.bincount(place, true)).sum() / len(said)


def descend_by_sgd(loss_of, w, learning_rate, steps):
    optimizer = torch.optim.SGD([w.requires_grad_()], lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(w).backward()
        optimizer.step()
    return w


def descend_by_grad(loss_of, w, learning_rate, steps):
    for _ in range(steps):
        w = w.detach().requires_grad_()
        w = w - learning_rate * torch.autograd.grad(loss_of(w), w)[0]
    return w


def loop_by_log_probs(model, batch_of, steps, learning_rate):
    optimizer, losses = torch.optim.AdamW(model.parameters(), learning_rate), []
    for inputs, targets in map(batch_of, range(steps)):
        log_probs = model(inputs).log_softmax(-1)[targets != -100]
        loss = -log_probs[range(len(log_probs)), targets[targets != -100]].mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss)
    return torch.stack(losses)


def loop_by_hand(model, batch_of, steps, learning_rate):
    state = [[torch.zeros_like(p), torch.zeros_like(p)] for p in model.parameters()]
    losses = []
    for step in range(steps):
        inputs, targets = batch_of(step)
        losses.append(F.cross_entropy(model(inputs).mT, targets))
        gradients = torch.autograd.grad(losses[-1], [*model.parameters()])
        for p, g, (m, v) in zip(model.parameters(), gradients, state, strict=True):
            m.lerp_(g, 0.1)
            v.lerp_(g * g, 0.001)
            size = (v / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8
            p.data *= 1 - 0.01 * learning_rate
            p.data -= learning_rate * m / (1 - 0.9 ** (step + 1)) / size
    return [loss.item() for loss in losses]


def span_by_table(text, training):
    """The dynamic programming that books have."""
    best, row = 0, [0] * len(training)
    for char in text:
        row = [(row[j - 1] if j else 0) + 1 if char == other else 0 for j, other in enumerate(training)]
        best = max(best, *row)
    return best


def cut_one_by_one(weights, values):
    """For each key: what is left of the weights, to sum to 1 again, and the mixture anew."""
    left = [torch.cat([weights[:s], weights.new_zeros(1), weights[s + 1 :]]) for s in range(len(weights))]
    return [torch.dist(each / each.sum() @ values, weights @ values) for each in left]


def cut_by_distance(weights, values):
    return weights / (1 - weights) * torch.cdist(values, (weights @ values)[None])[:, 0]


def rope_by_complex_numbers(x, speeds):
    """Each pair is a complex number: multiplying turns it."""
    angles = torch.arange(len(x))[:, None] * speeds
    turned = torch.complex(*x.chunk(2, -1)) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([turned.real, turned.imag], -1)


def rope_one_by_one(x, speeds):
    turned, half = x.tolist(), len(speeds)
    for t, row in enumerate(x.tolist()):
        for i, speed in enumerate(speeds.tolist()):
            cos, sin, a, b = math.cos(t * speed), math.sin(t * speed), row[i], row[i + half]
            turned[t][i], turned[t][i + half] = a * cos - b * sin, a * sin + b * cos
    return turned


OTHER_WAYS = {
    "most_likely": (
        lambda probs, words: max(zip(probs, words, strict=True))[1],
        lambda probs, words: words[probs.topk(1).indices],
    ),
    "chain_rule": (
        lambda probs: sum(math.log(p) for p in probs),
        lambda probs: torch.log(probs).mean().item() * len(probs),
    ),
    "perplexity": (
        lambda log_probs: 2 ** (-(log_probs / math.log(2)).mean()),
        lambda log_probs: math.exp(-sum(log_probs) / len(log_probs)),
    ),
    "temperature": (
        lambda probs, t: (probs.log() / t).softmax(-1),
        lambda probs, t: [p ** (1 / t) / sum(q ** (1 / t) for q in probs) for p in probs],
    ),
    "most_frequent_pair": (
        pair_by_dict,
        lambda words: max(c := Counter(pair for word in words for pair in pairwise(word)), key=c.get),
    ),
    "word_perplexity": (
        lambda log_probs, n_words: math.exp(-log_probs.mean() * len(log_probs) / n_words),
        lambda log_probs, n_words: (1 / log_probs.exp().prod()) ** (1 / n_words),
    ),
    "bits_from_perplexity": (
        lambda perplexity, n_tokens, text: math.log(perplexity) / math.log(2) * n_tokens / len(bytes(text, "utf-8")),
        lambda perplexity, n_tokens, text: torch.tensor(perplexity).log2() * n_tokens / len([*text.encode()]),
    ),
    "scores": (
        lambda q, k: torch.einsum("htd,hsd->hts", q, k) / math.sqrt(q.shape[-1]),
        lambda q, k: q * q.size(-1) ** -0.5 @ k.transpose(1, 2),
    ),
    "causal_weights": (
        lambda scores: weights_by_exp(scores, torch.arange(len(scores))[:, None] >= torch.arange(len(scores))),
        causal_weights_by_loop,
    ),
    "layer_norm": (
        lambda x, weight, bias: F.layer_norm(x, weight.shape, weight, bias),
        layer_norm_by_loop,
    ),
    "join_heads": (
        lambda mixed: torch.cat(list(mixed), dim=1),
        lambda mixed: [[x for head in mixed for x in head[t]] for t in range(mixed.size(1))],
    ),
    "block": (
        block_in_place,
        lambda x, norm_1, attention, norm_2, mlp: (m := x + attention(norm_1(x))) + mlp(norm_2(m)),
    ),
    "descend": (descend_by_sgd, descend_by_grad),
    "training_loop": (loop_by_log_probs, loop_by_hand),
    "padding": (
        lambda real: real[:, None].repeat(1, real.size(1), 1),
        lambda real: torch.stack([torch.stack([row] * len(row)) for row in real]),
    ),
    "cross_attention": (
        lambda q, k: torch.softmax(torch.einsum("td,sd->ts", q, k) / math.sqrt(k.shape[1]), dim=1),
        lambda q, k: weights_by_exp(q @ k.T / q.size(1) ** 0.5, torch.tensor(True)),
    ),
    "hidden_loss": (
        hidden_loss_by_loop,
        lambda logits, targets: F.cross_entropy(logits[targets != -100], targets[targets != -100]),
    ),
    "nearest": (
        lambda vectors, i: F.cosine_similarity(vectors, vectors[i][None]).topk(2).indices[1],
        lambda vectors, i: max(
            (j for j in range(len(vectors)) if j != i), key=lambda j: vectors[i] @ vectors[j] / norm_of(vectors[j])
        ),
    ),
    "centred_cosine": (
        lambda a, b, mean: (a - mean) @ (b - mean) / ((a - mean).norm() * (b - mean).norm()),
        lambda a, b, mean: float(F.normalize(a - mean, dim=0) @ F.normalize(b - mean, dim=0)),
    ),
    "continuation": (
        lambda pairs, word: len({first for first, second in pairs if second == word}) / len(set(pairs)),
        lambda pairs, word: Counter(second for _, second in dict.fromkeys(pairs))[word] / len(Counter(pairs)),
    ),
    "receptive_field": (
        lambda kernel, n_layer: 1 + sum((kernel - 1) * 2**i for i in range(n_layer)),
        lambda kernel, n_layer: (kernel - 1) * 2**n_layer - kernel + 2,
    ),
    "exact_match": (
        lambda written, wanted: (
            [said == true for said, true in zip(written, wanted, strict=True)].count(True) / len(written)
        ),
        lambda written, wanted: torch.tensor([written[i] == wanted[i] for i in range(len(wanted))]).float().mean(),
    ),
    "answer_log_prob": (
        lambda logits, ids, n_prompt: -F.cross_entropy(logits[n_prompt - 1 : -1], ids[n_prompt:], reduction="sum"),
        lambda logits, ids, n_prompt: logits.log_softmax(-1)[range(n_prompt - 1, len(ids) - 1), ids[n_prompt:]].sum(),
    ),
    "sharpened": (
        lambda share, t: 1 / (1 + ((1 - share) / share) ** (1 / t)),
        lambda share, t: torch.tensor([share, 1 - share]).log().div(t).softmax(-1)[0],
    ),
    "count_parameters": (
        lambda V, T, L, C: C * (V + T + 2) + C * L * (12 * C + 13),
        lambda V, T, L, C: sum(p.numel() for p in GPT(GPTConfig(V, T, L, n_head=1, d_model=C)).parameters()),
    ),
    "training_hours": (
        lambda parameters, tokens, peak, share: (2 + 4) * tokens * parameters / peak / share / 60 / 60,
        lambda parameters, tokens, peak, share: parameters / (share * peak) * tokens / 600,
    ),
    "calibration": (calibration_by_sums, calibration_by_bincount),
    "bits_after": (
        lambda size, before, text: size(before + text) / len(text) * 8 - size(before) / len(text) * 8,
        lambda size, before, text: torch.tensor([size(before + text), -size(before)]).sum() * 8 / len(text),
    ),
    "longest_span": (
        lambda text, training: max(
            len(text[i:j]) for i in range(len(text)) for j in range(i, len(text) + 1) if text[i:j] in training
        ),
        span_by_table,
    ),
    "moved": (
        lambda intact, other, patched: 1 - (other - patched) / (other - intact),
        lambda intact, other, patched: torch.stack([(x - intact) / (other - intact) for x in patched.unbind()]),
    ),
    "cut_effects": (cut_one_by_one, cut_by_distance),
    "rms_norm": (
        lambda x, weight: torch.nn.functional.rms_norm(x, x.shape[-1:], weight, 1e-5),
        lambda x, weight: torch.stack([row * weight / (row @ row / len(row) + 1e-5) ** 0.5 for row in x]),
    ),
    "rope": (rope_by_complex_numbers, rope_one_by_one),
    "cache_size": (
        lambda n_layer, n_kv_head, d_head, tokens, number: sum([n_layer * n_kv_head * d_head * tokens * number] * 2),
        lambda *sizes: 2 * math.prod(sizes),
    ),
    "told_apart": (
        lambda differences: [name for name, (m, reach) in differences.items() if m - reach > 0 or m + reach < 0],
        lambda differences: [name for name in differences if differences[name][0] ** 2 > differences[name][1] ** 2],
    ),
    "kl_bits": (
        lambda p, q: (torch.xlogy(p, p) - torch.xlogy(p, q)).sum() / math.log(2),
        lambda p, q: sum(a * math.log2(a / b) for a, b in zip(p.tolist(), q.tolist(), strict=True) if a > 0),
    ),
    "answer_targets": (
        lambda document, start: [-100 if i < start else token for i, token in enumerate(document)],
        lambda document, start: torch.tensor(document).masked_fill(torch.arange(len(document)) < start, -100),
    ),
    "merge": (
        lambda W, A, B, alpha: torch.addmm(W, B, A, alpha=alpha / len(A)),
        lambda W, A, B, alpha: W + torch.einsum("or,ri->oi", B, A) * alpha / B.shape[1],
    ),
}


# ------------------------------------------------------------ right, blank, wrong


@EACH
def test_the_solution_is_right_and_so_it_is_written_in_two_other_ways(name):
    assert len(OTHER_WAYS[name]) == 2
    for answer in (EXERCISES[name].solution, *OTHER_WAYS[name]):
        assert verdict(name, answer, "en") == TEXTS["right"]["en"]


@EACH
def test_the_stub_is_no_answer_yet_and_a_forgotten_return_is_told(name):
    for blank, told in ((..., "empty"), (None, "nothing")):
        assert verdict(name, lambda *inputs, blank=blank: blank, "pt") == TEXTS[told]["pt"]


@EACH
def test_each_of_three_mistakes_or_more_is_named(name):
    mistakes = EXERCISES[name].mistakes
    assert len(mistakes) >= 3
    for i, mistake in enumerate(mistakes):  # alternating between the languages
        lang = LANGUAGES[i % 2]
        assert verdict(name, mistake.answer, lang) == f"✗ {mistake.hint[lang]}"


def test_every_text_and_every_hint_is_in_both_languages_with_the_same_fields():
    hints = {(name, i): m.hint for name, exercise in EXERCISES.items() for i, m in enumerate(exercise.mistakes)}
    for key, words in (TEXTS | hints).items():
        assert tuple(words) == LANGUAGES and words["pt"] != words["en"], key
        pt, en = ({field for _, field, *_ in string.Formatter().parse(text)} for text in words.values())
        assert key in hints or pt == en, key


def test_no_two_lessons_use_one_name():
    assert len(EXERCISES) == sum(len(lesson.EXERCISES) for lesson in LESSONS)


def test_every_exercise_is_asked_once_in_its_lesson_with_as_many_inputs_as_it_is_tried_on():
    stub = r"def (\w+)\((.*)\):\n    return \.\.\.\n\n\ncheck\(\"(\w+)\", \1, LANG\)"
    for lesson, source in zip(LESSONS, SOURCES, strict=False):
        text = source.read_text(encoding="utf-8")
        asked = {name: parameters.split(", ") for _, parameters, name in re.findall(stub, text)}
        given = {name: {len(inputs) for inputs in exercise.inputs} for name, exercise in lesson.EXERCISES.items()}
        assert {name: {len(parameters)} for name, parameters in asked.items()} == given, source.name
        assert text.count("check(") == len(asked), source.name


def test_an_exception_becomes_a_hint_with_the_input_and_the_reason():
    said = verdict("temperature", lambda probs, t: probs / 0 / undefined, "en")  # noqa: F821
    assert "NameError" in said
    assert "[0.1, 0.4, 0.2, 0.3], 0.5" in said


def test_a_wrong_shape_and_a_wrong_kind_are_told():
    assert "has shape (3,); expected ()" in verdict("chain_rule", lambda probs: probs.log(), "en")
    assert "is of type int; expected str" in verdict("most_likely", lambda probs, words: 7, "en")


def test_of_a_large_answer_the_first_wrong_element_is_shown():
    said = verdict("scores", lambda q, k: 3 * EXERCISES["scores"].solution(q, k), "en")
    assert re.search(
        r"tensor\(2, 3, 4\), tensor\(2, 3, 4\), element \[0, 0, 0\] of the answer is 0\.\d+; expected 0\.", said
    )


@EACH
def test_any_answer_gets_one_line(name):
    for odd in ("odd", [], {}, (1, "a"), math.nan, torch.zeros(0), torch.ones(2, 3, 4, 5), print):
        said = verdict(name, lambda *inputs, odd=odd: odd, "pt")
        assert said.startswith("✗") and "\n" not in said and len(said) < 600, odd


@pytest.mark.parametrize("answer", [None, 3.0, lambda: 1, lambda *inputs: 1 / 0, lambda *inputs: inputs[99]])
def test_what_cannot_be_called_so_gets_a_hint(answer):
    assert "your code raised " in verdict("chain_rule", answer, "en")


def test_another_wrong_number_is_shown_beside_the_right_one():
    assert "the answer is 0; expected -4.159" in verdict("chain_rule", lambda probs: 0.0, "en")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "digits", "shown"),
    [
        ("perplexity", 3, ("2.828", "2.8284")),
        ("perplexity", 2, ("2.83", "2.828")),
    ],
)
def test_a_rounded_answer_is_shown_to_the_digit_that_differs_and_asked_for_more(name, digits, shown, lang):
    solution = EXERCISES[name].solution
    said = verdict(name, lambda *inputs: round(float(solution(*inputs)), digits), lang)
    differs = TEXTS["differs"][lang].partition("{inputs}")[2].format(got=shown[0], wanted=shown[1])
    assert said.endswith(differs + TEXTS["digits"][lang])


def test_a_rounded_element_of_a_large_answer_is_asked_for_more_digits_and_a_wrong_one_is_not():
    solution = EXERCISES["scores"].solution
    said = verdict("scores", lambda q, k: solution(q, k).round(decimals=3), "en")
    got, wanted = re.search(r"of the answer is (\S+); expected (\S+)\. Do not round", said).groups()
    assert got != wanted
    for wrong in (solution(Q := torch.ones(2, 3, 4), Q), torch.zeros(2, 3, 3)):
        assert TEXTS["digits"]["en"] not in verdict("scores", lambda q, k, wrong=wrong: wrong, "en")


def in_fractions(tensor):
    return [Fraction(x) for x in tensor.tolist()]


class Series:  # like the one of pandas
    def __init__(self, values):
        self.values = list(values)

    def tolist(self):
        return self.values


OTHER_KINDS = {
    "most_likely": (np.str_, np.asarray),
    "most_frequent_pair": (lambda pair: tuple(map(np.str_, pair)),),
    "count_parameters": (np.int64, np.uint64, np.float32, np.asarray, torch.tensor, float, Fraction),
    "perplexity": (np.float64, np.longdouble, lambda x: x.requires_grad_(), lambda x: Decimal(float(x))),
    "temperature": (list, tuple, Series, in_fractions, lambda x: [*map(np.asarray, x)],
                    lambda x: np.asarray(x)[::-1].copy()[::-1], lambda x: np.asarray(x.tolist(), object),
                    torch.nn.Parameter, torch.Tensor.to_sparse),
    "padding": (np.asarray, lambda x: [*map(list, x.numpy())], lambda x: x.float(), torch.Tensor.to_sparse),
    "causal_weights": (list, tuple, lambda x: [*map(np.asarray, x)], lambda x: x.double().requires_grad_()),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_the_same_numbers_and_texts_of_another_kind_are_right_and_others_are_not(name):
    solution = EXERCISES[name].solution
    for kind in OTHER_KINDS[name]:
        assert verdict(name, lambda *inputs, kind=kind: kind(solution(*inputs)), "en") == TEXTS["right"]["en"]
        for mistake in EXERCISES[name].mistakes:
            with contextlib.suppress(TypeError, AttributeError):  # this type cannot express the mistake
                outputs = iter([kind(mistake.answer(*copy.deepcopy(inputs))) for inputs in EXERCISES[name].inputs])
                assert verdict(name, lambda *inputs, outputs=outputs: next(outputs), "en").startswith("✗")


def test_a_number_with_an_imaginary_part_is_not_a_number_without_one():
    solution = EXERCISES["perplexity"].solution
    for kind, told in (
        (complex, "complex"),
        (np.complex64, "complex64"),
        (torch.Tensor.cfloat, "torch.complex64, cpu"),
    ):
        assert told in verdict("perplexity", lambda log_probs, kind=kind: kind(solution(log_probs)) + 1j, "en")
    large = verdict("scores", lambda q, k: EXERCISES["scores"].solution(q, k) + 1j, "en")
    assert "of type Tensor (torch.complex64, cpu); expected Tensor" in large


class Raises:
    """Whatever it is asked, it raises."""

    def __getattr__(self, name):
        raise OSError

    def refuse(self, *args):
        raise OSError

    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __float__ = __array__ = refuse
    __hash__ = None


class Silent(Exception):
    def __str__(self):
        raise OSError


def in_itself():
    endless = []
    endless += [endless, endless]
    return endless


def deeply(n):
    return [deeply(n - 1)] if n else []


@pytest.mark.slow
@EACH
def test_no_answer_makes_the_check_raise(name):
    odd = [Raises(), [Raises()], (Raises(), 1), in_itself(), deeply(500), 10**400, 1j, np.complex64(1j), Silent(),
           torch.ones(2, device="meta"), torch.ones(3, 4, device="meta"), torch.ones(30, dtype=torch.cfloat), b"ab",
           np.array(None), np.zeros(2, [("a", int)]),
           (i for i in [1]), map(str, []), [[1], [1, 2]], [None], {...}, Raises, float, object()]  # fmt: skip
    for value in odd:
        said = verdict(name, lambda *inputs, value=value: value, "pt")
        assert said.startswith("✗") and "\n" not in said and len(said) < 800, type(value)


@pytest.mark.parametrize(
    ("error", "told"),
    [(Silent(), "Silent: <exception str() failed>"), (SystemExit("bye"), "SystemExit: bye"),
     (SystemExit(), "SystemExit"), (RecursionError("too deep"), "RecursionError: too deep"),
     (KeyError("ana"), "KeyError: 'ana'"),
     (ValueError("a\nb" + 1000 * "c"), "ValueError: a bccc"), (AssertionError(), "AssertionError")],
)  # fmt: skip
def test_every_exception_becomes_one_line(error, told):
    def answer(log_probs):
        raise error

    said = verdict("perplexity", answer, "en")
    assert f"your code raised {told}" in said.replace("test_checks.", "") and "\n" not in said and len(said) < 500


def test_an_interrupt_stays_an_interrupt():
    def answer(log_probs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verdict("perplexity", answer, "en")


def test_an_answer_cannot_spoil_the_inputs_for_the_next():
    def spoils(probs, t):
        probs.zero_()
        return probs

    verdict("temperature", spoils, "en")
    assert verdict("temperature", EXERCISES["temperature"].solution, "en") == TEXTS["right"]["en"]


def test_check_prints_the_verdict_and_refuses_an_unknown_name_or_language(capsys):
    check("perplexity", lambda log_probs: ..., "pt")
    assert capsys.readouterr().out == TEXTS["empty"]["pt"] + "\n"
    with pytest.raises(ValueError, match=r"name=.perplexidade. must be one of .*perplexity"):
        check("perplexidade", lambda log_probs: ..., "pt")
    with pytest.raises(ValueError, match=r"lang='fr' must be 'pt' or 'en'"):
        check("perplexity", lambda log_probs: ..., "fr")
