"""One word in many sentences: where its vectors lie, layer by layer, and how alike they are, raw and centred."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import torch
import torch.nn.functional as F
import traitlets
from torch import Tensor

from mini_gpt.lesson.kinds import plain
from mini_gpt.lesson.senses import CLUES, Occurrence, occurrences, projection, vectors_of
from mini_gpt.lesson.town import PEOPLE
from mini_gpt.lesson.widgets.widget import Widget, front_end, rounded
from mini_gpt.lesson.words import local
from mini_gpt.model import GPT, Attention

WHO = PEOPLE[::4]  # two women and two men
TEXTS = {
    "title": {"pt": "Explorador de sentidos", "en": "Sense explorer"},
    "word": {"pt": "palavra", "en": "word"},
    "model": {"pt": "modelo", "en": "model"},
    "both": {"pt": "{model}: vê os dois lados", "en": "{model}: sees both sides"},
    "left": {"pt": "{model}: vê só o que vem antes", "en": "{model}: sees only what comes before"},
    "clue": {"pt": "pista", "en": "clue"},
    "before": {"pt": "antes da palavra", "en": "before the word"},
    "after": {"pt": "depois da palavra", "en": "after the word"},
    "layer": {"pt": "camada", "en": "layer"},
    "layer n": {"pt": "{n} de {last}", "en": "{n} of {last}"},
    "measure": {"pt": "medida", "en": "measure"},
    "raw": {"pt": "cosseno", "en": "cosine"},
    "centred": {"pt": "cosseno centrado", "en": "centred cosine"},
    "points": {"pt": "“{word}”: um ponto por frase", "en": "“{word}”: one point per sentence"},
    "kept": {
        "pt": "Estas duas direções guardam {kept} da variância.",
        "en": "These two directions keep {kept} of the variance.",
    },
    "together": {
        "pt": "{n} frases têm o mesmo ponto: clique de novo para passar à próxima.",
        "en": "{n} sentences share this point: click again for the next one.",
    },
    "same": {"pt": "mesmo sentido", "en": "same sense"},
    "other": {"pt": "outro sentido", "en": "other sense"},
    "random": {"pt": "outras palavras", "en": "other words"},
    "unseen": {
        "pt": "A parte apagada vem depois da palavra, e este modelo não a vê.",
        "en": "The faded part comes after the word, so this model does not see it.",
    },
    "cosines": {
        "pt": "{measure} médio entre a frase escolhida e",
        "en": "mean {measure} between the chosen sentence and",
    },
    "note": {
        "pt": (
            "Médias sobre as frases com outras pessoas. Centrado: depois de subtrair o vetor médio das oito palavras "
            "em todas as frases. Camada 0: antes do primeiro bloco, só os embeddings da palavra e da posição."
        ),
        "en": (
            "Means over the sentences about other people. Centred: after subtracting the mean vector of the eight "
            "words in all sentences. Layer 0: before the first block, only the word's and the position's embeddings."
        ),
    },
    "static": {"pt": "média sobre todas as frases", "en": "mean over all sentences"},
}


def is_causal(model: GPT) -> bool:
    return any(module.causal for module in model.modules() if isinstance(module, Attention))


def mean_cosines(x: Tensor, found: Sequence[Occurrence]) -> Tensor:
    """(L, N, 3): each vector's mean cosine, of x (L, N, C), to those about other people: of its word in its sense, of
    its word in the other sense, of other words."""
    directions = F.normalize(x, dim=-1)
    cosines = directions @ directions.mT  # (L, N, N)
    word, sense, person = (torch.tensor([[getattr(a, name) == getattr(b, name) for b in found] for a in found])
                           for name in ("word", "sense", "person"))  # fmt: skip
    groups = [~person & word & sense, ~person & word & ~sense, ~person & ~word]
    return torch.stack([(cosines * group).sum(-1) / group.sum(-1) for group in groups], dim=-1)


class SenseExplorer(Widget):
    """The town's ambiguous words: choose one, a model, a layer and a sentence, and see what parts its senses.

    models  GPTs and encoders of the town's words by name, with the same number of layers, in the mode that they are in:
            call model.eval() first if one has dropout
    lang    of the words and of the labels, "pt" or "en"

    What the student sets can be read and set from Python too: .word, .model, .clue ("before" the word or "after" it),
    .layer (0: before the first block), .centred, .picked (a sentence, by its number).

    >>> from mini_gpt.weights import load
    >>> explorer = SenseExplorer({"nano": load("nano")}, lang="en")
    >>> explorer.word = "spring"
    >>> explorer
    SenseExplorer(word='spring', model='nano', clue='after', layer=3, centred=False, picked=0)
    """

    _esm, _css = front_end(__file__)
    # what the student sets; None, which Any would let pass, is checked too
    word: Any = traitlets.TraitType().tag(sync=True)
    model: Any = traitlets.TraitType().tag(sync=True)
    clue: Any = traitlets.TraitType("after").tag(sync=True)
    layer: Any = traitlets.TraitType().tag(sync=True)
    centred = traitlets.Bool(False).tag(sync=True)
    picked: Any = traitlets.TraitType(0).tag(sync=True)
    # what never changes
    words: Any = traitlets.Dict().tag(sync=True)  # word to its senses, and its sentences by clue: [before, after]
    senses: Any = traitlets.List().tag(sync=True)  # of each sentence, 0 or 1: the same for all words
    sees: Any = traitlets.Dict().tag(sync=True)  # model to "left" or "both"
    views: Any = traitlets.Dict().tag(sync=True)  # model to clue to word: what view_of returns

    def __init__(self, models: Mapping[str, GPT], lang: str = "pt", word: str | None = None) -> None:
        self.speak(TEXTS, lang)
        if not isinstance(models, Mapping) or not models:
            raise ValueError(f"models={models!r} must be one or more models by name")
        layers = {name: model.config.n_layer for name, model in models.items()}
        if len(set(layers.values())) > 1:
            raise ValueError(f"models have {layers} layers, and must all have as many")
        self.n_layer = layers[next(iter(models))]
        found = {clue: occurrences(lang, clue, WHO) for clue in CLUES}
        self.words = {
            word: {
                "senses": list(dict.fromkeys(each.sense for each in found["after"] if each.word == word)),
                **{clue: [[each.before, each.after] for each in found[clue] if each.word == word] for clue in CLUES},
            }
            for word in dict.fromkeys(each.word for each in found["after"])
        }
        self.n = len(found["after"]) // len(self.words)
        first = found["after"][: self.n]
        self.senses = [int(each.sense != first[0].sense) for each in first]
        self.sees = {name: "left" if is_causal(m) else "both" for name, m in models.items()}
        self.views = {
            name: {clue: self.view_of(vectors_of(m, found[clue]), found[clue]) for clue in CLUES}
            for name, m in models.items()
        }
        super().__init__(word=word or next(iter(self.words)), model=next(iter(models)), layer=self.n_layer)

    def view_of(self, x: Tensor, found: Sequence[Occurrence]) -> dict[str, Any]:
        """By word, what is shown of vectors x (L + 1, W * n, C), n sentences for each of W words.

        points   [layer][sentence] x and y, the largest of all layers 1 or -1
        kept     [layer] share of the variance
        cosines  [raw or centred][layer][sentence] mean to: same sense, other sense, other words
        """
        cosines = torch.stack([mean_cosines(x, found), mean_cosines(x - x.mean(1, keepdim=True), found)])
        shown = {}
        for i, word in enumerate(self.words):
            mine = slice(i * self.n, (i + 1) * self.n)
            points, kept = projection(x[:, mine])
            shown[word] = {
                "points": rounded(points / points.abs().max(), 3),
                "kept": rounded(kept, 3),
                "cosines": rounded(cosines[:, :, mine], 3),
            }
        return shown

    @traitlets.validate("word", "model", "clue")
    def _check_name(self, proposal: Any) -> str:
        name, value = proposal["trait"].name, plain(proposal["value"])
        known = list({"word": self.words, "model": self.views, "clue": CLUES}[name])
        if value not in known:
            raise ValueError(f"{name}={value!r} must be one of {', '.join(map(repr, known))}")
        return value

    @traitlets.validate("layer", "picked")
    def _check_number(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, plain(proposal["value"])
        last = {"layer": self.n_layer, "picked": self.n - 1}[name]
        if type(value) is not int or not 0 <= value <= last:
            raise ValueError(f"{name}={value!r} must be a whole number from 0 to {last}")
        return value

    # ------------------------------------------------------------ without its front end: paper, untrusted notebooks

    def __repr__(self) -> str:
        names = ("word", "model", "clue", "layer", "centred", "picked")
        return f"SenseExplorer({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def static_html(self) -> str:
        """The mean cosines by layer, in inline styles only: JupyterLab's sanitizer lets them through."""
        texts = self.texts
        means = torch.tensor(self.views[self.model][self.clue][self.word]["cosines"]).mean(2)  # (2, L + 1, 3)

        def row(*cells: str) -> str:
            open_cell = '<td style="padding:0.1em 0.6em;text-align:right">'
            return f"<tr>{''.join(f'{open_cell}{escape(cell)}</td>' for cell in cells)}</tr>"

        kinds = [texts["same"], texts["other"], texts["random"]]
        rows = [row("", texts["raw"], "", "", texts["centred"], "", ""), row(texts["layer"], *kinds, *kinds)]
        for layer, numbers in enumerate(means.transpose(0, 1).flatten(1).tolist()):
            rows.append(row(str(layer), *(local(f"{x:.2f}", self.lang) for x in numbers)))
        model = texts[self.sees[self.model]].format(model=self.model)
        place = f"{self.word} · {model} · {texts['clue']} {texts[self.clue]} · {texts['static']}"
        return f'<div>{escape(place)}</div><table style="border-collapse:collapse">{"".join(rows)}</table>'
