"""The pictures of the slides: each is a function from the language to a figure."""

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray

from assets import live
from assets.measured import (
    AMBIGUOUS,
    END,
    GPT2_TOKENIZER,
    IDS,
    TOWN,
    WORDS,
    biases,
    bits_above_floor,
    compared,
    flat,
    ids_of,
    model,
    next_probs,
    sense_vectors,
    sentences,
    word_vectors,
)
from mini_gpt import generate, record
from mini_gpt.lesson import figures
from mini_gpt.lesson.token_names import pieces
from mini_gpt.lesson.town import LEXICON, SENSES
from mini_gpt.lesson.widgets.guessing_game import EVEN, bits, smoothed
from mini_gpt.model import attention_weights, causal_mask

# A figure's size in pixels, alone on a slide or next to text. A slide shows it larger, by a third or more, and with it
# its letters, which become almost as large as the slide's own.
FULL, HALF = (832, 347), (400, 380)
TYPE, STROKE = 13, 1.5  # least font size and line width, in points
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


@picture(HALF)
def stacks(lang: str) -> Figure:
    return figures.stacks_figure(lang)


@picture((950, 385))
def results(lang: str) -> Figure:
    return figures.results_figure(lang, brief=True)


@picture(HALF)
def above_floor(lang: str) -> Figure:
    names = {str(n): {"pt": f"{n}-grama", "en": f"{n}-gram"}[lang] for n in (2, 3, 5)}
    names |= {"rnn": "RNN", "lstm": "LSTM", "cnn": "CNN", "nano": "GPT"}
    excess = {name: round(bits_above_floor(compared()[key]), 2) for key, name in names.items()}
    figure = figures.above_floor_figure(excess, lang)
    figure.axes[0].margins(x=0.15)
    return figure


@picture((482, 448))
def transformer(lang: str) -> Figure:
    source = {"pt": "the oranges are red .", "en": "as laranjas estão sujas ."}[lang]
    target = {"pt": "<|endoftext|> as laranjas", "en": "<|endoftext|> the oranges"}[lang]
    return figures.transformer_figure(lang, source, target)


@picture((960, 358))
def blocks(lang: str) -> Figure:
    return figures.blocks_figure(lang)


@picture((1000, 330))
def attention_steps(lang: str) -> Figure:
    layer, head = 1, 1
    ids = ids_of({"pt": "ana está na", "en": "ana is at"}[lang])
    with record(model("mini"), f"blocks.{layer}.attention.*") as trace, torch.no_grad():
        model("mini")(torch.tensor([ids]))
    scores, looks, values = (
        rounded(trace[f"blocks.{layer}.attention.{name}"][0, head]) for name in ("scores", "weights", "values")
    )
    tokens = [WORDS[i] for i in ids]
    figure = figures.attention_steps_figure(scores, looks, values, causal_mask(len(ids)), tokens, lang)
    for axes in figure.axes:
        axes.set_aspect("auto")
    return figure


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


@picture(HALF)
def tokens(lang: str) -> Figure:
    sentence = {"pt": "a menina leu", "en": "the girl read"}
    name = {"pt": {"pt": "GPT-2,\nportuguês", "en": "GPT-2,\ninglês"},
            "en": {"pt": "GPT-2,\nPortuguese", "en": "GPT-2,\nEnglish"}}[lang]  # fmt: skip
    cuts = {"bytes": list(sentence[lang])}  # no accent: one byte for each letter
    cuts |= {name[other]: pieces(GPT2_TOKENIZER, sentence[other]) for other in ("en", "pt")}
    figure = figures.cuts_figure(cuts, lang)
    figure.axes[0].set_xlim(0, len(sentence[lang]) + 9)
    return figure


@picture(FULL)
def bias(lang: str) -> Figure:
    return figures.bias_figure(biases(), lang)


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


@picture((640, 400))
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
