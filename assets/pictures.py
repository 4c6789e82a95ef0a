"""The pictures of the slides: a name, and a function of the language that draws it."""

import re
from collections.abc import Callable
from itertools import islice

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from assets.measured import BITS, END, TOWN, WORDS, bits_above_floor, compared, model, next_probs, read, weights
from mini_gpt import generate, record
from mini_gpt.bpe import BPE
from mini_gpt.lesson import figures
from mini_gpt.lesson.town import Town
from mini_gpt.model import causal_mask, padding_mask, prefix_mask

FULL, HALF = (1152, 480), (560, 480)  # pixels that a slide has for a figure, alone or beside text
LEAST = 13  # points: 17 pixels
PICTURES: dict[str, Callable[[str], Figure]] = {}
Draw = Callable[[str], Figure]


def picture(size: tuple[int, int]) -> Callable[[Draw], Draw]:
    """Register a picture under its function's name, and fit it to a slide: its size, and type for the back row."""

    def register(draw: Draw) -> Draw:
        PICTURES[draw.__name__] = lambda lang: for_slide(draw(lang), size, lang)
        return draw

    return register


def for_slide(figure: Figure, size: tuple[int, int], lang: str) -> Figure:
    figure.set_size_inches(size[0] / 96, size[1] / 96)
    for axes in figure.axes:
        axes.tick_params(labelsize=LEAST)
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_majorticklocs() if low <= tick <= high]
            labels = axis.get_major_formatter().format_ticks(ticks)
            if lang == "pt" and any(re.fullmatch(r"−?\d+\.\d+%?", label) for label in labels):
                axis.set_ticks(ticks, [label.replace(".", ",") for label in labels])
    for text in figure.findobj(Text):
        text.set_fontsize(max(text.get_fontsize(), LEAST))
        if lang == "pt":
            text.set_text(re.sub(r"(?<=\d)\.(?=\d)", ",", text.get_text()))
    for line in figure.findobj(Line2D):
        line.set_linewidth(max(line.get_linewidth(), 1.5))
    return figure


def rounded(numbers: torch.Tensor | NDArray[np.float64], digits: int = 3) -> NDArray[np.float64]:
    return np.asarray(numbers).round(digits) + 0.0


@picture(HALF)
def distribution(lang: str) -> Figure:
    ids = read("ana")
    truth = TOWN.next_token_probs(ids)
    figure = figures.next_token_figure(WORDS, rounded(next_probs(ids)[-1]), rounded(truth), lang, 8, "mini")
    figure.axes[0].set_title("ana …")
    figure.axes[0].locator_params(axis="x", nbins=4)
    return figure


SENTENCE = {"pt": "ana compra um livro na praça .", "en": "ana buys a book in the square ."}


@picture(FULL)
def generation(lang: str) -> Figure:
    ids = read(SENTENCE[lang])
    probs = next_probs(ids)[range(1, len(ids) - 1), ids[2:]]
    return figures.generation_figure([WORDS[i] for i in ids[1:]], rounded(probs), lang)


@picture(FULL)
def stacks(lang: str) -> Figure:
    return figures.stacks_figure(lang)


@picture(HALF)
def gpt_growth(lang: str) -> Figure:
    return figures.growth_figure(lang)


@picture(FULL)
def results(lang: str) -> Figure:
    return figures.results_figure(lang, brief=True)


@picture(HALF)
def saturation(lang: str) -> Figure:
    return figures.saturation_figure(lang)


@picture(HALF)
def chain_rule(lang: str) -> Figure:
    stays = {"pt": "ana e leo estão na praça . leo vai embora e ana fica .",
             "en": "ana and leo are in the square . leo leaves and ana stays ."}[lang]  # fmt: skip
    ids = read(stays)
    model_bits = -next_probs(ids)[range(len(ids) - 1), ids[1:]].log2()
    true_bits = -TOWN.token_log_probs(ids) * BITS
    return figures.chain_rule_figure([WORDS[i] for i in ids[1:]], rounded(model_bits), rounded(true_bits), lang)


@picture(HALF)
def above_floor(lang: str) -> Figure:
    names = {str(n): {"pt": f"{n}-grama", "en": f"{n}-gram"}[lang] for n in (2, 3, 5)}
    names |= {"rnn": "RNN", "lstm": "LSTM", "cnn": "CNN", "nano": "GPT"}
    excess = {name: round(bits_above_floor(compared()[key]), 2) for key, name in names.items()}
    figure = figures.above_floor_figure(excess, lang)
    figure.axes[0].margins(x=0.15)
    return figure


@picture(HALF)
def transformer(lang: str) -> Figure:
    source = {"pt": "the oranges are red .", "en": "as laranjas estão sujas ."}[lang]
    target = {"pt": "<|endoftext|> as laranjas", "en": "<|endoftext|> the oranges"}[lang]
    return figures.transformer_figure(lang, source, target)


@picture(HALF)
def encoder_block(lang: str) -> Figure:
    return figures.encoder_block_figure(lang)


@picture(HALF)
def decoder_block(lang: str) -> Figure:
    return figures.decoder_block_figure(lang)


@picture((1152, 390))
def masks(lang: str) -> Figure:
    tokens = [*SENTENCE[lang].split()[:4], "."]
    padded = [*tokens[:3], "[PAD]", "[PAD]"]
    causal = causal_mask(5)
    real = torch.tensor([[token != "[PAD]" for token in padded]])
    names = {
        "pt": ("bidirecional (BERT)", "causal (GPT)", "prefixo de 2 tokens", "causal e enchimento"),
        "en": ("bidirectional (BERT)", "causal (GPT)", "prefix of 2 tokens", "causal and padding"),
    }[lang]
    panels = (torch.ones_like(causal), tokens), (causal, tokens), (prefix_mask(5, 2), tokens)
    shown = *panels, (causal & padding_mask(real)[0], padded)
    return figures.masks_figure(dict(zip(names, shown, strict=True)), lang)


AMBIGUOUS = {
    "pt": ("banco", "ana está no banco . depois ela quer sacar dinheiro ."),
    "en": ("bank", "ana walks to the bank . then she needs cash ."),
}


@picture(FULL)
def side_by_side(lang: str) -> Figure:
    word, sentence = AMBIGUOUS[lang]
    ids, layer, head = read(sentence), 3, 0
    tokens = [WORDS[i] for i in ids]
    place = {"pt": "camada {}, cabeça {}", "en": "layer {}, head {}"}[lang].format(layer, head)
    maps = {f"{name}, {place}": rounded(weights(name, ids)[layer, head], 2) for name in ("mini-encoder", "mini")}
    return figures.side_by_side_figure(maps, tokens, tokens.index(word), lang)


@picture(FULL)
def attention_steps(lang: str) -> Figure:
    layer, head = 1, 1
    ids = read({"pt": "ana está na", "en": "ana is at"}[lang])
    with record(model("mini"), f"blocks.{layer}.attention.*") as trace, torch.no_grad():
        model("mini")(torch.tensor([ids]))
    scores, looks, values = (
        rounded(trace[f"blocks.{layer}.attention.{name}"][0, head]) for name in ("scores", "weights", "values")
    )
    return figures.head_figure(scores, looks, values, causal_mask(len(ids)), [WORDS[i] for i in ids], lang)


TASKS = {
    "pt": {
        "traduzir": "em português : leo dá o mapa para sara . em inglês :",
        "responder": "leo compra um mapa na praça . ele dá o mapa para sara . pergunta : quem tem o mapa ? resposta :",
        "resumir": "leo compra um mapa na praça . ele dá o mapa para sara . em resumo :",
    },
    "en": {
        "translate": "in english : leo gives the map to sara . in portuguese :",
        "answer": "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :",
        "sum up": "leo buys a map in the square . he gives the map to sara . tl;dr",
    },
}


@picture(FULL)
def zero_shot(lang: str) -> Figure:
    answers = {task: (prompt, *answer(prompt)) for task, prompt in TASKS[lang].items()}
    return figures.prompts_figure(answers, lang)


def answer(prompt: str) -> tuple[list[str], float]:
    """What mini writes after a prompt, always the most likely token, and the probability of all of it."""
    ids = read(prompt)
    written = generate(model("mini"), torch.tensor([ids]), 20, temperature=0, stop=END)[0].tolist()
    p = next_probs(written)[range(len(ids) - 1, len(written) - 1), written[len(ids) :]].prod()
    return [WORDS[i] for i in written[len(ids) : -1]], round(p.item(), 3)


@picture((560, 260))
def tokens(lang: str) -> Figure:
    documents = islice(Town(lang).documents(seed=1), 2000)
    town_text = "".join(TOWN.tokenizer.decode(document[:-1]) + "\n" for document in documents)
    sentence = {"pt": "bia compra bicicletas", "en": "bia buys a guitar"}[lang]
    name = {"pt": "{} fusões", "en": "{} merges"}[lang]
    cuts = {}
    for merges in (50, 200):
        bpe = BPE.train(town_text, vocab_size=256 + merges + 1)
        cuts[name.format(merges)] = [bpe.decode([token]) for token in bpe.encode(sentence)]
    cuts[{"pt": "palavras", "en": "words"}[lang]] = sentence.split()
    return figures.cuts_figure(cuts, lang)
