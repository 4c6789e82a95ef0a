"""A page with a model inside, as a file; what it does in a browser is in browser/test_model_page.py."""

import base64
import json
import re
from html.parser import HTMLParser

import pytest
import torch
from conftest import lively
from safetensors.torch import load
from test_weights import change
from torch import nn

import mini_gpt
from mini_gpt import GPT, GPTConfig
from mini_gpt.bpe import BPE
from mini_gpt.lesson import model_page
from mini_gpt.lesson.model_page import check_size, fits, page_bytes, page_of, write_page
from mini_gpt.tokenizer import END_OF_TEXT, GPT2Tokenizer, WordTokenizer

HOSTILE = ["</script>", "<!--<script>", "</title>", "&amp;", "{title}", "__proto__"]
WORDS = WordTokenizer([END_OF_TEXT, "ana", "dá", "pão", ".", *HOSTILE])
SMALL = GPTConfig(WORDS.vocab_size, context_length=16, n_layer=2, n_head=2, d_model=8)


@pytest.fixture
def model() -> GPT:
    gpt = lively(SMALL)
    gpt.tokenizer = WORDS
    return gpt


class Elements(HTMLParser):
    """The elements of a page, each with its attributes and the text right in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes), ""))

    def handle_data(self, data):
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = tag, attributes, text + data

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text.strip()) for name, attributes, text in self.found if name == tag]


def files(page: str) -> dict[str, bytes]:
    """The files of the model in a page."""
    scripts = [(each, text) for each, text in Elements(page).of("script") if "data-file" in each]
    return {each["data-file"]: base64.b64decode(text, validate=True) for each, text in scripts}


def test_the_page_holds_the_model_in_16_bits(model):
    held = files(page_of(model))
    assert [*held] == ["config.json", "tokenizer.json", "model.safetensors"]
    assert json.loads(held["config.json"])["n_layer"] == 2
    wte = load(held["model.safetensors"])["wte.weight"]
    assert torch.equal(wte, model.token_embedding.weight.half())
    assert model.token_embedding.weight.dtype == torch.float32  # the model itself stays as it was


@pytest.mark.parametrize("title", [*HOSTILE, 'Ana\'s & "my" <GPT>', ""])
def test_no_title_and_no_token_breaks_out_of_the_page(model, title):
    page = Elements(page_of(model, "en", title))
    assert page.of("title")[0][1] == page.of("h1")[0][1] == title
    kinds = [each.get("type") for each, _ in page.of("script")]
    assert kinds == ["application/json"] * 2 + ["application/octet-stream;base64"] * 3 + ["importmap", None]
    state, texts, *_, modules, _ = [text for _, text in page.of("script")]
    assert {row[0] for row in json.loads(state)["rows"]} == {*WORDS.words}
    assert json.loads(texts)["stop"] == "Stop" and len(json.loads(modules)["imports"]) == 12


def test_nothing_of_the_computer_is_in_it(model, tmp_path):
    for folder in ("a", "secret place"):
        mini_gpt.save(model, tmp_path / folder)
    change(tmp_path / "secret place" / "config.json", _name_or_path="/secret/ana", transformers_version="secret")
    change(tmp_path / "secret place" / "tokenizer_config.json", name_or_path="/secret/ana")
    one, other = (page_of(mini_gpt.load(tmp_path / folder)) for folder in ("a", "secret place"))
    assert one == other
    everything = one.encode() + b"".join(files(one).values())
    urls = re.findall(rb"data:text/javascript;base64,([\w+/=]+)", everything)
    everything += b"".join(map(base64.b64decode, urls))
    assert len(urls) == 12 and b"secret" not in everything and str(tmp_path).encode() not in everything


def test_the_page_asks_nothing_of_a_network(model):
    page = Elements(page_of(model))
    [policy] = [each["content"] for each, _ in page.of("meta") if each.get("http-equiv")]
    assert policy.startswith("default-src 'none'; ") and "http" not in policy
    addresses = [each[name] for _, each, _ in page.found for name in ("src", "href") if name in each]
    assert addresses == ["data:,"]


def test_a_tokenizer_in_two_files_becomes_one(model):
    model = lively(GPTConfig(270, 16, 1, 2, 8))
    model.tokenizer = BPE.train("low low lower newest", 270)
    content = json.loads(files(page_of(model))["tokenizer.json"])
    assert content["model"]["type"] == "BPE"
    assert [tuple(pair) for pair in content["model"]["merges"]] == [*model.tokenizer.merges] != []


@pytest.mark.parametrize("lang", ["pt", "en"])
def test_it_speaks_one_language(model, lang):
    page = page_of(model, lang)
    others = [words[{"pt": "en", "en": "pt"}[lang]] for words in model_page.TEXTS.values()]
    assert not [text for text in others if len(text) > 20 and text[:20] in page]
    assert Elements(page).of("html")[0][0]["lang"] == {"pt": "pt-BR", "en": "en"}[lang]


def test_what_cannot_be_a_page_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match="lang='fr' must be 'pt' or 'en'"):
        page_of(model, "fr")
    with pytest.raises(ValueError, match="title=3 must be a text, or None for 'Meu GPT'"):
        page_of(model, title=3)
    with pytest.raises(ValueError, match="model is of class Encoder, and must be a GPT"):
        page_of(mini_gpt.load("mini-encoder"))
    with torch.no_grad():
        model.final_norm.bias[0] = 65_520
    with pytest.raises(ValueError, match=r"weights that are not finite in 16 bits, .* 65,504"):
        page_of(model)
    model.tokenizer = None
    with pytest.raises(ValueError, match=r"model\.tokenizer=None must be"):
        page_of(model)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_page(mini_gpt.load("tiny-5k"), tmp_path / "nowhere" / "me.html")


def test_one_that_is_too_large_is_refused_with_its_size_and_what_would_fit(model, monkeypatch):
    message = r"124,439,808 parameters: .* take 335\.\d MB, and the limit is 30 MB\. .* d_model=320 with 4,096 tokens"
    with pytest.raises(ValueError, match=message):
        check_size(GPTConfig(), page_bytes(GPTConfig()))
    assert fits(GPTConfig(4096, 256, 6, 5, 320)) and not fits(GPTConfig(4096, 256, 6, 6, 384))
    monkeypatch.setattr(model_page, "LIMIT", 100_000)
    with pytest.raises(ValueError, match=r"would take 0\.\d MB"):
        page_of(model)


@pytest.mark.parametrize("name", ["tiny-5k", "mini"])
def test_the_size_is_known_before_it_is_made(name):
    model = mini_gpt.load(name)
    assert page_bytes(model.config) == pytest.approx(len(page_of(model).encode()), rel=0.1)


def test_a_head_of_its_own_is_held_too():
    model = lively(GPTConfig(257, 16, 1, 2, 8))
    model.tokenizer = GPT2Tokenizer.train([""], vocab_size=257)
    model.head.weight = nn.Parameter(model.head.weight.detach().flip(0).clone())
    tensors = load(files(page_of(model))["model.safetensors"])
    assert torch.equal(tensors["lm_head.weight"], model.head.weight.half())
