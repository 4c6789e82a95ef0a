"""BertViz's views: what its JavaScript is given, and what stands for it where nothing runs."""

import copy
import io
import json
import re
from base64 import b64decode
from dataclasses import replace

import bertviz
import numpy as np
import pytest
import torch
from PIL import Image

from mini_gpt import GPT, GPTConfig, load_tokenizer, record
from mini_gpt.encoder import Encoder, EncoderDecoder
from mini_gpt.lesson.attention_views import MOST, attention_of, head_view, model_view, neuron_view
from mini_gpt.lesson.batches import with_mask_and_pad
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.model import attention_scores, attention_weights, causal_mask
from mini_gpt.tokenizer import WordTokenizer

pytestmark = pytest.mark.slow

TEXT, TOKENS = "ana is at the beach", ["<|endoftext|>", *"ana is at the beach".split()]
SOURCE, TARGET = "the oranges are red .", "as laranjas"
HOSTILE = ["</script>", "<img/src=x>", "{draw}", "$&", "'\"`\\u2028"]


def made(kind, tokenizer=TOKENIZER):
    torch.manual_seed(0)
    model = kind(replace(NANO, vocab_size=tokenizer.vocab_size))
    for parameter in model.parameters():
        parameter.data.mul_(3)  # an untrained model attends almost evenly
    model.tokenizer = tokenizer
    return model


@pytest.fixture(scope="module")
def gpt():
    return made(GPT)


@pytest.fixture(scope="module")
def encoder():
    return made(Encoder, with_mask_and_pad(TOKENIZER))


@pytest.fixture(scope="module")
def translator():
    return made(EncoderDecoder, with_mask_and_pad(TOKENIZER))


def ids_of(tokens):
    return torch.tensor([TOKENIZER.encode(" ".join(tokens))])


def assert_weights(shown, weights):
    torch.testing.assert_close(torch.tensor(shown["attn"]), weights, atol=6e-5, rtol=0)


# ------------------------------------------------------------ what is shown is what the model does


@pytest.mark.parametrize("view", [head_view, model_view, neuron_view])
@pytest.mark.parametrize("name", ["gpt", "encoder"])
def test_the_weights_are_the_traces(view, name, request):
    model = request.getfixturevalue(name)
    with record(model, "*.weights") as trace:
        model(ids_of(TOKENS))
    (shown,) = view(model, TEXT).parameters["attention"]
    assert_weights(shown, trace.layers("attention.weights")[:, 0])
    assert shown["left_text"] == shown["right_text"] == TOKENS


@pytest.mark.parametrize("view", [head_view, model_view, neuron_view])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_a_model_of_any_precision_can_be_viewed(view, dtype, gpt):
    seen = view(copy.deepcopy(gpt).to(dtype), TEXT, lang="en")
    shown, exact = (
        torch.tensor(each.parameters["attention"][0]["attn"]) for each in (seen, view(gpt, TEXT, lang="en"))
    )
    torch.testing.assert_close(shown, exact, atol=0.05, rtol=0)
    assert seen.png()


def test_layers_heads_and_ids_may_come_from_numpy(gpt):
    ids = ids_of(TOKENS)[0]
    for text, layer, heads in ((ids.numpy(), np.int64(1), np.array([0, 2])), (ids, torch.tensor(1), [np.int32(0), 2])):
        assert (
            head_view(gpt, text, layer=layer, heads=heads).parameters
            == head_view(gpt, TEXT, layer=1, heads=[0, 2]).parameters
        )
    assert json.dumps(neuron_view(gpt, TEXT, layer=np.int64(1), head=np.int64(2)).parameters)


@pytest.mark.parametrize("view", [head_view, model_view])
def test_a_translator_shows_its_three_kinds_of_attention(view, translator):
    source, target = ids_of(SOURCE.split()), ids_of(["<|endoftext|>", *TARGET.split()])
    with record(translator, "*.weights") as trace:
        translator(target, memory=translator.encode(source))
    cross, decoder, encoder = view(translator, SOURCE, TARGET, lang="en").parameters["attention"]
    assert [each["name"] for each in (cross, decoder, encoder)] == ["Cross", "Decoder", "Encoder"]
    assert_weights(cross, trace.layers("cross_attention.weights")[:, 0])
    assert_weights(decoder, trace.layers("attention.weights")[:, 0])
    for layer in range(3):
        assert_weights({"attn": encoder["attn"][layer]}, trace[f"encoder.blocks.{layer}.attention.weights"][0])
    assert cross["left_text"] == decoder["left_text"] == decoder["right_text"] == ["<|endoftext|>", "as", "laranjas"]
    assert cross["right_text"] == encoder["left_text"] == encoder["right_text"] == SOURCE.split()


@pytest.mark.parametrize("name", ["gpt", "encoder"])
def test_the_neurons_give_the_weights_beside_them(name, request):
    view = neuron_view(request.getfixturevalue(name), TEXT)
    (shown,) = view.parameters["attention"]
    q, k = torch.tensor(shown["queries"]), torch.tensor(shown["keys"])
    assert view.parameters["bidirectional"] == (name == "encoder")
    mask = causal_mask(6) if name == "gpt" else torch.ones(6, 6, dtype=torch.bool)
    weights = attention_weights(attention_scores(q, k), mask)
    torch.testing.assert_close(weights, torch.tensor(shown["attn"]), atol=0.01, rtol=0)


def test_a_text_starts_a_document_and_ids_are_taken_as_they_are(gpt, translator):
    def tokens(*texts):
        return [each["left_text"] for each in model_view(*texts).parameters["attention"]]

    assert tokens(gpt, "ana is") == tokens(gpt, "<|endoftext|> ana is") == [["<|endoftext|>", "ana", "is"]]
    ids = TOKENIZER.encode("ana is")
    assert tokens(gpt, ids) == tokens(gpt, torch.tensor(ids)) == tokens(gpt, torch.tensor([ids])) == [["ana", "is"]]
    assert tokens(translator, "ana is", ids)[1:] == [["ana", "is"], ["ana", "is"]]


def params_of_bertviz(html):
    return json.JSONDecoder().raw_decode(html, html.index("const params = ") + len("const params = "))[0]


@pytest.mark.parametrize("kind", ["head_view", "model_view"])
def test_it_is_what_bertviz_itself_would_write(kind, gpt, translator):
    """But for the random id, for rounding, and for the order: cross-attention comes first here."""
    options = {"layer": 1, "heads": [0, 2]} if kind == "head_view" else {}
    ours_view = {"head_view": head_view, "model_view": model_view}[kind]
    one, two = ours_view(gpt, TEXT, **options), ours_view(translator, SOURCE, TARGET, lang="en", **options)
    with record(gpt, "*.weights") as trace, torch.no_grad():
        gpt(ids_of(TOKENS))
    given = {"attention": list(trace.layers("attention.weights")), "tokens": TOKENS}
    with record(translator, "*.weights") as trace, torch.no_grad():
        source, target = ids_of(SOURCE.split()), ids_of(["<|endoftext|>", *TARGET.split()])
        translator(target, memory=translator.encode(source))
    three = {
        "cross_attention": list(trace.layers("cross_attention.weights")),
        "decoder_attention": list(trace.layers("attention.weights")),
        "encoder_attention": [trace[f"encoder.blocks.{layer}.attention.weights"] for layer in range(3)],
        "encoder_tokens": SOURCE.split(),
        "decoder_tokens": ["<|endoftext|>", *TARGET.split()],
    }
    for ours, arguments in ((one, given), (two, three)):
        theirs = params_of_bertviz(getattr(bertviz, kind)(**arguments, **options, html_action="return").data)
        mine = dict(ours.parameters)
        for maps in (theirs, mine):
            for name in ("root_div_id", "display_mode", "total_heads"):
                maps.pop(name, None)
            maps["attention"] = sorted(maps["attention"], key=lambda each: each["name"] or "")
        for left, right in zip(mine.pop("attention"), theirs.pop("attention"), strict=True):
            assert_weights(left, torch.tensor(right["attn"]))
            assert (left["left_text"], left["right_text"]) == (right["left_text"], right["right_text"])
            assert left["name"] == (right["name"] or "")
        assert theirs.items() <= mine.items()


def test_a_view_opens_where_it_is_told(gpt):
    assert head_view(gpt, TEXT, layer=2, heads=(1, 3)).parameters["heads"] == [1, 3]
    assert head_view(gpt, TEXT).parameters["heads"] == [0, 1, 2, 3]
    opened = neuron_view(gpt, TEXT, layer=2, head=3).parameters
    assert (opened["layer"], opened["head"]) == (2, 3)


def test_in_words_each_token_is_told_with_its_largest_weight(gpt):
    with record(gpt, "*.weights") as trace:
        gpt(ids_of(TOKENS))
    mean = trace["blocks.1.attention.weights"][0, [0, 2]].mean(0)
    lines = head_view(gpt, TEXT, layer=1, heads=[0, 2]).words
    assert lines == [f"“{q}” → “{TOKENS[row.argmax()]}” {row.max():.0%}" for q, row in zip(TOKENS, mean, strict=True)]
    last = trace["blocks.2.attention.weights"][0, 3, -1]
    assert model_view(gpt, TEXT, lang="en").words[-1] == (
        f"Layer 2, Head 3: “beach” → “{TOKENS[last.argmax()]}” {last.max():.0%}"
    )


# ------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lang": "fr"}, "lang='fr' must be 'pt' or 'en'"),
        ({"text": 3.5}, "text=3.5 must be a text, or the ids of one"),
        ({"text": None}, "text=None must be a text"),
        ({"text": [[1, 2], [3, 4]]}, "text=[[1, 2], [3, 4]] must be a text"),
        ({"text": [1, 478]}, "ids hold 478, but must be in 0..477"),
        ({"text": "ana estah"}, "'estah'"),
        ({"target": "ana"}, "target='ana' must not be given: GPT reads one text"),
        ({"layer": 3}, "layer=3 must be a whole number from 0 to 2"),
        ({"layer": True}, "layer=True must be a whole number"),
        ({"heads": [0, -1]}, "heads=-1 must be a whole number from 0 to 3"),
        ({"heads": []}, "heads=[] must hold at least one head"),
    ],
)
def test_a_bad_argument_is_named_with_what_is_accepted(gpt, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        head_view(gpt, **({"text": TEXT} | arguments))


def test_two_texts_are_for_who_reads_two(translator):
    with pytest.raises(ValueError, match="target=None must be given: EncoderDecoder reads a text and writes another"):
        model_view(translator, SOURCE)
    with pytest.raises(ValueError, match="BertViz has no neuron view of two"):
        neuron_view(translator, SOURCE)
    with pytest.raises(ValueError, match="head=4 must be a whole number from 0 to 3"):
        neuron_view(made(GPT), TEXT, head=4)


def test_a_model_without_its_tokenizer_is_refused():
    with pytest.raises(ValueError, match="tokenizer=None must be the tokenizer that goes with the weights"):
        head_view(GPT(NANO), [1, 2])


@pytest.mark.parametrize(("view", "most"), [(head_view, 32), (model_view, 16), (neuron_view, 35)])
def test_a_text_that_a_page_cannot_show_is_refused_and_one_that_it_can_is_named(view, most):
    model = GPT(GPTConfig(vocab_size=478, context_length=64, n_layer=12, n_head=12, d_model=192))
    model.tokenizer = TOKENIZER
    attention_of(view.__name__, model, [1] * most, None, "en")
    with pytest.raises(
        ValueError, match=f"text of 64 tokens makes .* with 12 x 12 heads, .* take at most {most} tokens"
    ):
        view(model, [1] * 64)


def test_of_gpt2s_smallest_size_the_neuron_view_takes_as_many_tokens_as_it_says():
    L, H, C, T = 12, 12, 768, 16
    assert L * H * T**2 + 2 * L * C * T <= MOST["neuron_view"] < L * H * (T + 1) ** 2 + 2 * L * C * (T + 1)


@pytest.mark.parametrize("view", [head_view, model_view, neuron_view])
def test_tokens_of_gpt2s_vocabulary_show_their_spaces_and_the_bytes_of_a_character(view):
    tokenizer = load_tokenizer("gpt2")
    model = GPT(GPTConfig(vocab_size=tokenizer.vocab_size, context_length=16, n_layer=1, n_head=2, d_model=8))
    model.tokenizer = tokenizer
    [shown] = view(model, "a \U00017000 b").parameters["attention"]
    assert shown["left_text"] == ["<|endoftext|>", "a", *token_names(tokenizer, tokenizer.encode(" \U00017000")), "·b"]
    assert any("‹" in name for name in shown["left_text"])


# ------------------------------------------------------------ where nothing runs


@pytest.mark.parametrize("view", [head_view, model_view, neuron_view])
def test_it_is_stored_as_a_picture_that_no_text_comparison_reads(view, gpt):
    bundle, _ = view(gpt, TEXT, lang="en")._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "text/plain", "image/png"}
    assert bundle["text/plain"].endswith("view: <|endoftext|> ana is at the beach")
    picture = Image.open(io.BytesIO(b64decode(bundle["image/png"])))
    assert picture.width > 300 and len(picture.getcolors(1 << 20)) > 20


@pytest.mark.parametrize("view", [head_view, model_view, neuron_view])
def test_a_page_without_scripts_gets_the_picture_and_its_words_and_no_token_is_markup(view):
    tokenizer = WordTokenizer(["<|endoftext|>", *HOSTILE])
    html = view(made(GPT, tokenizer), " ".join(HOSTILE)).static_html()
    assert set(re.findall(r"</?(\w+)", html)) == {"img", "details", "summary", "ul", "li"}
    assert set(re.findall(r" (\w+)=\"", html)) == {"alt", "src"}
    assert "&lt;/script&gt;" in html and html.count('src="data:image/png;base64,') == 1


def test_what_is_sent_is_rounded_and_written_once(gpt):
    weights, vectors = 3 * 4 * 6 * 6, 2 * 3 * 4 * 6 * 24
    assert len(json.dumps(head_view(gpt, TEXT).parameters)) < 8 * weights + 600
    assert len(json.dumps(neuron_view(gpt, TEXT).parameters)) < 8 * (weights + vectors) + 600
