"""The pictures of the slides: each is a function from the language to a figure."""

from collections.abc import Callable
from functools import cache
from itertools import islice

import numpy as np
import torch
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray

from assets import live
from assets.measured import (
    AMBIGUOUS,
    BITS,
    END,
    IDS,
    LADDER,
    TOWN,
    WORDS,
    biases,
    bits_above_floor,
    compared,
    flat,
    guesses_of,
    ids_of,
    ladder,
    model,
    next_probs,
    sense_vectors,
    sentences,
    weights,
    word_vectors,
)
from mini_gpt import generate, record
from mini_gpt.bpe import BPE
from mini_gpt.lesson import figures
from mini_gpt.lesson.figures.style import INK
from mini_gpt.lesson.recipes import SHAPES
from mini_gpt.lesson.town import LEXICON, SENSES, Town
from mini_gpt.lesson.widgets.guessing_game import EVEN, bits, smoothed
from mini_gpt.model import attention_weights, causal_mask, padding_mask, prefix_mask
from mini_gpt.sizes import parameters

FULL, HALF = (1152, 480), (560, 480)  # a figure's size in pixels, alone on a slide or next to text
TYPE, STROKE = 13, 1.5  # least font size and line width, in points: more than 16 pixels and 2 pixels on a slide
PICTURES: dict[str, Callable[[str], Figure]] = {}
Draw = Callable[[str], Figure]


def picture(size: tuple[int, int]) -> Callable[[Draw], Draw]:
    """Register a picture under the name of its function, fitted to a slide: its size, and readable type."""

    def register(draw: Draw) -> Draw:
        PICTURES[draw.__name__] = cache(lambda lang: for_slide(draw(lang), size))
        return draw

    return register


def for_slide(figure: Figure, size: tuple[int, int]) -> Figure:
    figure.set_size_inches(size[0] / 96, size[1] / 96)
    for axes in figure.axes:
        axes.tick_params(labelsize=TYPE, width=STROKE)
    for text in figure.findobj(Text):
        text.set_fontsize(max(text.get_fontsize(), TYPE))
    for line in figure.findobj(Line2D):
        line.set_linewidth(max(line.get_linewidth(), STROKE))
    for patch in figure.findobj(Patch):
        patch.set_hatch_linewidth(STROKE)
        if patch.get_linewidth():
            patch.set_linewidth(max(patch.get_linewidth(), STROKE))
    return figure


def rounded(numbers: ArrayLike, digits: int = 3) -> NDArray[np.float64]:
    return np.asarray(numbers).round(digits) + 0.0


@picture(HALF)
def distribution(lang: str) -> Figure:
    prefix = {"pt": "ana está", "en": "ana is"}[lang]
    ids = ids_of(prefix)
    truth = TOWN.next_token_probs(ids)
    figure = figures.next_token_figure(WORDS, rounded(next_probs(ids)[-1]), rounded(truth), lang, 3, "mini")
    figure.axes[0].set_title(f"{prefix} …")
    figure.axes[0].locator_params(axis="x", nbins=4)
    return figure


SENTENCE = {"pt": "ana compra um livro na praça .", "en": "ana buys a book in the square ."}


@picture(FULL)
def generation(lang: str) -> Figure:
    ids = ids_of(SENTENCE[lang])
    probs = next_probs(ids)[range(1, len(ids) - 1), ids[2:]]
    return figures.generation_figure([WORDS[i] for i in ids[1:]], rounded(probs), lang)


@picture(FULL)
def one_vector(lang: str) -> Figure:
    goes_with = {
        word: SENSES[meaning.forms["translation"]]
        for meaning in AMBIGUOUS[lang]
        for word in meaning.forms["clue"].split()
        if telling(word)
    }
    words = [AMBIGUOUS[lang][0].forms["word"], *goes_with]
    places = rounded(flat(torch.nn.functional.normalize(word_vectors(lang)[[IDS[word] for word in words]], dim=-1)), 2)
    points, senses = rounded(flat(sense_vectors(lang)[-1]), 2), [each.sense for each in sentences(lang)]
    return figures.vectors_figure(dict(zip(words, places, strict=True)), goes_with, points, senses, lang)


def telling(word: str) -> bool:
    """Whether the word occurs in only one entry of the town's lexicon."""
    entries = {entry: " ".join(entry.forms.values()).split() for entries in LEXICON.values() for entry in entries}
    return sum(word in words for words in entries.values()) == 1


@picture((1152, 330))
def senses(lang: str) -> Figure:
    points, senses = rounded(flat(sense_vectors(lang)), 2), [each.sense for each in sentences(lang)]
    figure = figures.sense_figure(points, senses, lang)
    for drawn in figure.findobj(PathCollection):
        drawn.set_sizes([60])
    return figure


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
    ids = ids_of(stays)
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
        "pt": ("bidirecional (BERT)", "causal (GPT)", "prefixo de 2 tokens", "causal e padding"),
        "en": ("bidirectional (BERT)", "causal (GPT)", "prefix of 2 tokens", "causal and padding"),
    }[lang]
    panels = (torch.ones_like(causal), tokens), (causal, tokens), (prefix_mask(5, 2), tokens)
    shown = *panels, (causal & padding_mask(real)[0], padded)
    return figures.masks_figure(dict(zip(names, shown, strict=True)), lang)


BANK = {
    "pt": ("banco", "ana está no banco . depois ela quer sacar dinheiro ."),
    "en": ("bank", "ana walks to the bank . then she needs cash ."),
}


@picture(FULL)
def side_by_side(lang: str) -> Figure:
    word, sentence = BANK[lang]
    ids, layer, head = ids_of(sentence), 3, 0
    tokens = [WORDS[i] for i in ids]
    place = {"pt": "camada {}, cabeça {}", "en": "layer {}, head {}"}[lang].format(layer, head)
    maps = {f"{name}, {place}": rounded(weights(name, ids)[layer, head], 2) for name in ("mini-encoder", "mini")}
    return figures.side_by_side_figure(maps, tokens, tokens.index(word), lang)


@picture((1152, 420))
def attention_steps(lang: str) -> Figure:
    layer, head = 1, 1
    ids = ids_of({"pt": "ana está na", "en": "ana is at"}[lang])
    with record(model("mini"), f"blocks.{layer}.attention.*") as trace, torch.no_grad():
        model("mini")(torch.tensor([ids]))
    scores, looks, values = (
        rounded(trace[f"blocks.{layer}.attention.{name}"][0, head]) for name in ("scores", "weights", "values")
    )
    return figures.attention_steps_figure(scores, looks, values, causal_mask(len(ids)), [WORDS[i] for i in ids], lang)


PROMPTS = {
    "pt": {
        "traduzir": "em português : leo dá o mapa para sara . em inglês :",
        "responder": "leo compra um mapa na praça . ele dá o mapa para sara . pergunta : quem tem o mapa ? resposta :",
        "resumir": "leo compra um mapa na praça . ele dá o mapa para sara . em resumo :",
    },
    "en": {
        "translate": "in english : leo gives the map to sara . in portuguese :",
        "answer": "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :",
        "summarise": "leo buys a map in the square . he gives the map to sara . tl;dr",
    },
}


@picture(FULL)
def zero_shot(lang: str) -> Figure:
    answers = {task: (prompt, *answer(prompt)) for task, prompt in PROMPTS[lang].items()}
    return figures.prompts_figure(answers, lang)


def answer(prompt: str) -> tuple[list[str], float]:
    """The tokens that mini writes after a prompt, always the most likely one, and their joint probability."""
    ids = ids_of(prompt)
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


@picture(FULL)
def bias(lang: str) -> Figure:
    return figures.bias_figure(biases(), lang)


@picture(HALF)
def humble_scale(lang: str) -> Figure:
    sizes = {name: sum(parameters(model(name).config).values()) for name in LADDER}
    losses = {name: (sizes[name], round(result.loss * BITS, 3)) for name, result in ladder().items()}
    figure = figures.scaling_figure(losses, round(ladder()["mini"].floor * BITS, 3), lang, more=["mini"])
    loss, above = figure.axes
    above.remove()
    loss.set_subplotspec(figure.add_gridspec(1, 1)[0])
    return with_narrow_legend(figure)


@picture(HALF)
def calibration(lang: str) -> Figure:
    found = {name: guesses_of(name) for name in ("tiny-5k", "mini")}
    figure = figures.calibration_figure({name: (rounded(g.said), rounded(g.true)) for name, g in found.items()}, lang)
    figure.supxlabel(figure.axes[0].get_xlabel(), color=INK)
    for axes in figure.axes:
        axes.set_xlabel("")
        points = axes.lines[1]
        points.set_data(*np.array(points.get_data())[:, ::30])  # fewer points; the squares average all
    return with_narrow_legend(figure)


def with_narrow_legend(figure: Figure) -> Figure:
    """The figure with its legend in one column."""
    [legend] = figure.legends
    legend.remove()
    handles = [handle for handle in legend.legend_handles if handle]
    labels = [text.get_text() for text in legend.get_texts()]
    figure.legend(handles, labels, loc="outside upper left", frameon=False, labelcolor=INK)
    return figure


# ---------------------------------------------------------------- live widgets, on paper


@picture(FULL)
def next_token(lang: str) -> Figure:
    prefix = live.PREFIX[lang]
    ids = ids_of(prefix)
    truth = TOWN.next_token_probs(ids)
    figure = figures.next_token_figure(WORDS, rounded(next_probs(ids)[-1]), rounded(truth), lang, 8, "mini")
    figure.axes[0].set_title(f"{prefix} …")
    return figure


@picture(FULL)
def guessing_game(lang: str) -> Figure:
    game = live.guessing_game(lang)
    played = game.games[game.sentence]
    guesses = played["guesses"]
    paid = {game.texts[player]: rounded([bits(each["probs"][player][each["answer"]]) for each in guesses])
            for player in ("ngram", "gpt", "truth")}  # fmt: skip
    even = {"pt": "partes iguais para cada opção", "en": "equal shares for each option"}[lang]
    each = [bits(smoothed(EVEN, guess["answer"])) for guess in guesses]
    figure = figures.bets_figure({even: rounded(each)} | paid, [played["tokens"][g["at"]] for g in guesses], lang)
    figure.axes[0].set_title(" ".join(played["tokens"]))
    return figure


@picture((1152, 420))
def scale_dial(lang: str) -> Figure:
    return figures.sizes_figure(SHAPES, lang)


@picture((720, 500))
def mask_painter(lang: str) -> Figure:
    painter = live.mask_painter(lang)
    mask = torch.tensor(painter.mask)
    scores = torch.tensor(painter.scores[painter.layer][painter.head]).double()
    next_probs = torch.tensor(painter.log_probs).double().exp()
    return figures.painted_figure(
        rounded(attention_weights(scores, mask)), mask, painter.tokens, rounded(next_probs), lang
    )


@picture(FULL)
def attention_explorer(lang: str) -> Figure:
    explorer = live.attention_explorer(lang)
    name, query, heads = {"pt": "camada {}, cabeça {}", "en": "layer {}, head {}"}[lang], explorer.query, {}
    for layer, head in ((0, 0), (3, 3)):
        weights, costs = (rounded(table[layer][head][query]) for table in (explorer.weights, explorer.costs))
        heads[name.format(layer, head)] = weights, costs
    return figures.edges_figure(heads, explorer.tokens[: query + 1], lang)
