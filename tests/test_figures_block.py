"""The picture of a block: its shapes, and the numbers of the vectors that pass through it."""

import pytest
import torch

from mini_gpt import GPT, GPTConfig, record
from mini_gpt.lesson import figures
from mini_gpt.lesson.figures import block
from mini_gpt.lesson.words import LANGUAGES, in_language, local

TOKENS = ["ana", "buys", "bread"]


@pytest.fixture(scope="module")
def trace():
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=10, context_length=8, n_layer=2, n_head=2, d_model=12))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)  # numbers large enough to be seen
    with record(model) as trace:
        model(torch.tensor([[1, 2, 3], [4, 5, 6]]))
    return trace


def texts(trace, layer, lang):
    [axes] = figures.block_figure(trace, layer, TOKENS, lang).axes
    return [text.get_text() for text in axes.texts]


def as_cells(vector, lang):
    """In two digits or three."""
    shown = vector[:6]
    digits = 2 if shown.abs().max() < 1 else 1 if shown.abs().max() < 10 else 0
    return [local(f"{x:.{digits}f}", lang).replace("-", "−") for x in (shown.round(decimals=digits) + 0.0).tolist()]


def follow(part, whole):
    return any(whole[i : i + len(part)] == part for i in range(len(whole)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_block_shows_its_parts_in_order_and_their_shapes(trace, lang):
    shown, words = texts(trace, 0, lang), in_language(block.TEXTS, lang)
    parts = [words["norm"], words["heads"].format(2), words["projection"], words["norm"], words["expand"]]
    assert [text for text in shown if text in parts] == [*parts, words["projection"]]
    assert (shown.count("(T, C) = (3, 12)"), shown.count("(T, H·D) = (3, 2·6)")) == (4, 1)
    assert shown.count("(T, 4·C) = (3, 48)") == 1
    assert words["numbers"].format(block.SHOWN, "bread") in shown


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("layer", "before"), [(0, "embedding"), (1, "blocks.0")])
def test_the_numbers_are_the_last_tokens_and_the_stream_is_a_sum(trace, layer, before, lang):
    shown, name = texts(trace, layer, lang), f"blocks.{layer}"
    middle = trace[before] + trace[f"{name}.attention"]
    vectors = [trace[before], middle, trace[name], *(trace[f"{name}.{part}"] for part in
               ("attention_norm", "attention", "mlp_norm", "mlp.activation", "mlp"))]  # fmt: skip
    for vector in vectors:
        assert follow(as_cells(vector[0, -1], lang), shown)


def test_the_joined_heads_are_what_the_projection_gets(trace):
    weights, values = trace["blocks.1.attention.weights"][0], trace["blocks.1.attention.values"][0]
    joined = torch.cat(list(weights @ values), dim=-1)
    assert follow(as_cells(joined[-1], "en"), texts(trace, 1, "en"))


def test_a_layer_that_was_not_recorded_is_refused(trace):
    with pytest.raises(ValueError, match=r"layer=2 was not recorded: the trace has no 'blocks.2'"):
        figures.block_figure(trace, 2, TOKENS, "en")
