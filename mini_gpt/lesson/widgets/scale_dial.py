"""Turn a GPT's sizes and see what they cost, beside a preset: parameters, FLOPs, memory, keys and values."""

from dataclasses import asdict
from html import escape
from typing import Any

import traitlets

from mini_gpt.config import GPTConfig
from mini_gpt.lesson.kinds import plain
from mini_gpt.lesson.recipes import MINI, SHAPES
from mini_gpt.lesson.widgets.widget import Widget, front_end
from mini_gpt.lesson.words import local
from mini_gpt.sizes import (
    cache_bytes,
    forward_flops,
    in_units,
    parameters,
    training_bytes,
    training_flops,
    weight_bytes,
)

STOPS = {  # where the sliders stop; the presets are among them
    "n_layer": [*range(1, 12), *range(12, 48, 4), 48, 56, 64],
    "d_model": [*range(8, 128, 8), *range(128, 512, 32), *range(512, 2049, 64)],
    "n_head": [*range(1, 33)],
    "context_length": [2**i for i in range(4, 14)],
    "vocab_size": [256, MINI.vocab_size, 1000, 2000, 4000, 8000, 16_000, 32_000, 50_257, 100_000, 200_000],
}
GROUPS: dict[str, tuple[str, list[str]]] = {  # the rows of the table by what is counted, and its unit
    "parameters": ("", ["token embedding", "position embedding", "attention", "MLP", "norms", "all"]),
    "work": ("FLOP", ["forward", "training"]),
    "memory": ("B", ["to run", "to train", "cache of a token", "cache of a context"]),
}
TEXTS = {
    "title": {"pt": "Seletor de escala", "en": "Scale dial"},
    "preset": {"pt": "tamanho conhecido", "en": "known size"},
    "n_layer": {"pt": "camadas", "en": "layers"},
    "d_model": {"pt": "largura", "en": "width"},
    "n_head": {"pt": "cabeças", "en": "heads"},
    "context_length": {"pt": "contexto", "en": "context"},
    "vocab_size": {"pt": "vocabulário", "en": "vocabulary"},
    "each": {"pt": "{n}, de {d} cada uma", "en": "{n}, each {d} wide"},
    "as": {"pt": "{value}, como {names}", "en": "{value}, as in {names}"},
    "table": {"pt": "O que custa", "en": "What it costs"},
    "now": {"pt": "agora", "en": "now"},
    "change": {"pt": "mudança", "en": "change"},
    "parameters": {"pt": "Parâmetros", "en": "Parameters"},
    "token embedding": {"pt": "embedding de tokens, também saída", "en": "token embedding, also the head"},
    "position embedding": {"pt": "embedding de posições", "en": "position embedding"},
    "attention": {"pt": "atenção", "en": "attention"},
    "MLP": {"pt": "MLP", "en": "MLP"},
    "norms": {"pt": "normalizações", "en": "norms"},
    "all": {"pt": "total", "en": "total"},
    "work": {"pt": "Operações por token", "en": "Operations per token"},
    "forward": {"pt": "forward", "en": "forward"},
    "training": {"pt": "treino: forward e backward", "en": "training: forward and backward"},
    "memory": {"pt": "Memória", "en": "Memory"},
    "to run": {"pt": "pesos, na inferência", "en": "weights, for inference"},
    "to train": {"pt": "pesos, gradientes e AdamW, no treino", "en": "weights, gradients and AdamW, for training"},
    "cache of a token": {"pt": "cache KV de um token", "en": "KV cache of one token"},
    "cache of a context": {"pt": "cache KV de um contexto cheio", "en": "KV cache of a full context"},
    "same": {"pt": "Igual ao {preset}: {all} parâmetros.", "en": "Same as {preset}: {all} parameters."},
    "step": {"pt": "{name} {before} → {now}", "en": "{name} {before} → {now}"},
    "changed": {
        "pt": (
            "Em relação ao {preset}, {steps}: parâmetros ×{all}, operações por token ×{forward}, cache KV de um "
            "token ×{cache}."
        ),
        "en": (
            "Relative to {preset}, {steps}: parameters ×{all}, operations per token ×{forward}, KV cache of one "
            "token ×{cache}."
        ),
    },
    "unsplit": {
        "pt": "A largura {width} não é divisível por {asked} cabeças: agora são {n}.",
        "en": "A width of {width} does not split into {asked} heads: there are now {n}.",
    },
    "note": {
        "pt": (
            "A saída usa a matriz do embedding de tokens (pesos compartilhados), contada uma vez. FLOPs: 2 por "
            "multiplicação com soma, com o contexto cheio; treinar custa 3 vezes o forward. Cache KV: as chaves e os "
            "valores que a atenção guarda de cada token lido. Memória em float32, sem as ativações."
        ),
        "en": (
            "The head shares the matrix of the token embedding, which is counted once. FLOPs: 2 per multiply-add, at "
            "full context; training costs 3 times the forward pass. KV cache: the keys and values that attention keeps "
            "of each token read. Memory in float32, without activations."
        ),
    },
}


def counts(config: GPTConfig) -> dict[str, int]:
    """All numbers of the table, by the names of its rows; scale_dial.js counts the same.

    >>> counts(GPTConfig.preset("gpt2"))["all"]
    124439808
    """
    parts = parameters(config)
    return {
        **parts,
        "all": sum(parts.values()),
        "forward": forward_flops(config),
        "training": training_flops(config),
        "to run": weight_bytes(config),
        "to train": training_bytes(config),
        "cache of a token": cache_bytes(config),
        "cache of a context": cache_bytes(config, config.context_length),
    }


def known(preset: Any) -> GPTConfig:
    """The config of a preset, the lesson's or the paper's. Raises ValueError for another name."""
    if preset not in tuple(SHAPES):
        raise ValueError(f"preset={preset!r} must be one of {', '.join(SHAPES)}")
    return SHAPES[preset]


def shape_of(config: GPTConfig) -> dict[str, int]:
    """The config's five sizes by name, in the sliders' order."""
    return {name: asdict(config)[name] for name in STOPS}


class ScaleDial(Widget):
    """Sliders for the sizes of a GPT, and a table of what they cost beside the costs of a preset.

    preset  what it opens with and is compared with, "nano" to "gpt2-xl"
    lang    of the labels, "pt" or "en"

    What the student sets can be read and set from Python too: .shape, five sizes by name, and .preset. The page keeps
    the width a multiple of the heads: it moves the heads to the nearest number that fits, and says so.

    >>> dial = ScaleDial("gpt2", lang="en")
    >>> dial.shape = dial.shape | {"n_layer": 24}
    >>> dial.config
    GPTConfig(vocab_size=50257, context_length=1024, n_layer=24, n_head=12, d_model=768, dropout=0.0)
    """

    _esm, _css = front_end(__file__)
    # what the student sets
    shape: Any = traitlets.Dict().tag(sync=True)
    preset = traitlets.Unicode().tag(sync=True)
    # what never changes
    presets: Any = traitlets.Dict({name: shape_of(config) for name, config in SHAPES.items()}).tag(sync=True)
    stops: Any = traitlets.Dict(STOPS).tag(sync=True)
    groups: Any = traitlets.Dict(GROUPS).tag(sync=True)

    def __init__(self, preset: str = "gpt2", lang: str = "pt") -> None:
        self.speak(TEXTS, lang)
        super().__init__(preset=preset, shape=shape_of(known(preset)))

    @property
    def config(self) -> GPTConfig:
        """The shape as it is now."""
        return GPTConfig(**self.shape)

    @traitlets.validate("preset")
    def _check_preset(self, proposal: Any) -> str:
        known(proposal["value"])
        return str(proposal["value"])

    @traitlets.validate("shape")
    def _check_shape(self, proposal: Any) -> dict[str, int]:
        value = {name: plain(size) for name, size in proposal["value"].items()}
        if set(value) != set(STOPS):
            raise ValueError(f"shape={value!r} must give a number for each of {', '.join(STOPS)}")
        shape = shape_of(GPTConfig(**value))
        for name, stops in STOPS.items():
            if not stops[0] <= shape[name] <= stops[-1]:
                raise ValueError(f"{name}={shape[name]} must be in {stops[0]}..{stops[-1]}")
        return shape

    # ------------------------------------------------------------ without its front end: paper, untrusted notebooks

    def __repr__(self) -> str:
        return f"ScaleDial({', '.join(f'{name}={size}' for name, size in self.shape.items())})"

    def static_html(self) -> str:
        """The sizes and the table as they are now, in inline styles only: JupyterLab's sanitizer lets them through."""
        texts, now, before = self.texts, counts(self.config), counts(known(self.preset))

        def number(amount: int, unit: str) -> str:
            return local(in_units(amount, unit) if unit else f"{amount:,}", self.lang)

        def row(*cells: str, bold: bool = False) -> str:
            look = "padding:0.1em 0.6em" + (";font-weight:bold" if bold else "")
            return (
                f'<tr><td style="{look};text-align:left">{escape(cells[0])}</td>'
                + "".join(f'<td style="{look};text-align:right">{escape(cell)}</td>' for cell in cells[1:])
                + "</tr>"
            )

        rows = [row("", texts["now"], self.preset)]
        for group, (unit, names) in GROUPS.items():
            rows.append(row(texts[group], "", "", bold=True))
            rows += [row(texts[name], number(now[name], unit), number(before[name], unit)) for name in names]
        sizes = " · ".join(f"{texts[name]} {number(size, '')}" for name, size in self.shape.items())
        return f'<div>{escape(sizes)}</div><table style="border-collapse:collapse">{"".join(rows)}</table>'
