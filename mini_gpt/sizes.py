"""What a GPT costs, by arithmetic from its config: parameters, FLOPs, bytes. Nothing is built, torch is not needed.

Counted are the matrix products, 2 FLOPs for each multiply-add, as in Kaplan et al. 2020 (section 2.1); norms, GELU and
softmax come to about one per cent in GPT-2. Attention is counted as in PaLM (Chowdhery et al. 2022, appendix B): a
query meets every key of its context, also those that the causal mask blocks, since a plain matrix product computes
them; without these, attention's term would be half.
"""

from collections.abc import Mapping

from mini_gpt.config import GPTConfig

FLOAT32, BFLOAT16 = 4, 2  # bytes of one number
PEAKS = {
    "H100 PCIe": 756e12,
    "H100": 989.4e12,
    "H200": 989.4e12,
    "A100": 312e12,
    "L4": 121e12,
}  # FLOP/s, NVIDIA's sheets


def parameters(config: GPTConfig) -> dict[str, int]:
    """How many parameters each part has. The head is the token embedding, and counted there.

    >>> sum(parameters(GPTConfig.preset("gpt2")).values())
    124439808
    """
    C = config.d_model
    return {
        "token embedding": config.vocab_size * C,
        "position embedding": config.context_length * C,
        "attention": config.n_layer * (4 * C * C + 4 * C),  # queries, keys, values, projection; their biases
        "MLP": config.n_layer * (2 * C * config.d_ff + config.d_ff + C),
        "norms": (2 * config.n_layer + 1) * 2 * C,
    }


def forward_flops(config: GPTConfig, keys: int | None = None) -> int:
    """To read one token that attends to so many keys, its own among them; by default to a whole context.

    2 N + 4 n_layer keys d_model, where N are the matrices' elements: those of the blocks and of the head. Looking up
    an embedding costs nothing. The same for a token after keys - 1 cached ones.

    >>> forward_flops(GPTConfig.preset("gpt2"))
    284812800
    """
    keys = config.context_length if keys is None else keys
    if not 1 <= keys <= config.context_length:
        raise ValueError(f"keys={keys} must be in 1..context_length={config.context_length}")
    C = config.d_model
    matrices = config.n_layer * (4 * C * C + 2 * C * config.d_ff) + config.vocab_size * C
    return 2 * matrices + 4 * config.n_layer * keys * C  # scores: 2 for each key and channel; mixing values: 2


def training_flops(config: GPTConfig) -> int:
    """To train on one token of a whole context: each product needs two more for its two gradients, so 3 x forward.

    The usual shorthand 6 N takes all parameters for matrices and leaves attention's scores out.

    >>> config = GPTConfig.preset("gpt2")
    >>> round(training_flops(config) / (6 * sum(parameters(config).values())), 2)
    1.14
    """
    return 3 * forward_flops(config)


def weight_bytes(config: GPTConfig, number: int = FLOAT32) -> int:
    """To hold the weights, `number` bytes each: what a model takes to run, beside its cache and activations."""
    return number * sum(parameters(config).values())


def training_bytes(config: GPTConfig) -> int:
    """To hold weights, gradients and AdamW's two moments in float32: 16 bytes for each parameter.

    Activations are not counted: they grow with the batch, and what is kept of them is the trainer's choice.
    """
    return 4 * weight_bytes(config, FLOAT32)


def cache_bytes(config: GPTConfig, tokens: int = 1, number: int = FLOAT32) -> int:
    """To keep the keys and values of so many tokens of one text, `number` bytes each.

    >>> cache_bytes(GPTConfig.preset("gpt2"))     # 2 x 12 layers x 768 x 4 bytes
    73728
    """
    return 2 * config.n_layer * config.n_kv_head * config.d_head * tokens * number


def peak_flops(device: str) -> float | None:
    """The most FLOPs a second that a GPU of this name does in dense bfloat16 products; None if it is not known here.

    >>> peak_flops("NVIDIA H100 80GB HBM3") == 989.4e12
    True
    """
    words = device.replace("-", " ").split()
    return next((peak for name, peak in PEAKS.items() if set(name.split()) <= set(words)), None)


# ---------------------------------------------------------------- for the terminal

NOTES = """\
The head is the token embedding, counted once. FLOPs: 2 for each multiply-add of a matrix product, at the whole context,
blocked keys included; training is 3 x forward. Bytes to train: weights, gradients and AdamW's two moments in float32;
activations come on top and grow with the batch."""


def table(configs: Mapping[str, GPTConfig]) -> str:
    """A column for each config, and how it was counted.

    >>> print(table({"gpt2": GPTConfig.preset("gpt2")}).split("\\n\\n")[2])
    Parameters
      token embedding        38,597,376
      position embedding        786,432
      attention              28,348,416
      MLP                    56,669,184
      norms                      38,400
      total                 124,439,808
    """
    columns = [{"": name} | column(config) for name, config in configs.items()]
    if not columns:
        raise ValueError("configs is empty: name at least one")
    widths = [max(len(cell) for cell in cells.values()) for cells in columns]
    lines = []
    for label in columns[0]:
        cells = "  ".join(f"{cells[label]:>{width}}" for cells, width in zip(columns, widths, strict=True))
        lines.append(f"{label:24}{cells}".rstrip() if cells.strip() else f"\n{label}")
    return "\n".join([*lines, "", NOTES])


def column(config: GPTConfig) -> dict[str, str]:
    """What `table` says of one config: label to cell; a heading's cell is empty."""
    parts = parameters(config)
    total = sum(parts.values())
    return {
        "Shape": "",
        "  layers": f"{config.n_layer:,}",
        "  heads": f"{config.n_head:,}",
        "  width": f"{config.d_model:,}",
        "  context": f"{config.context_length:,}",
        "  vocabulary": f"{config.vocab_size:,}",
        "Parameters": "",
        **{f"  {part}": f"{count:,}" for part, count in parts.items()},
        "  total": f"{total:,}",
        "Work for each token": "",
        "  forward": in_units(forward_flops(config), "FLOP"),
        "  training": in_units(training_flops(config), "FLOP"),
        "  6 N, the shorthand": in_units(6 * total, "FLOP"),
        "Memory": "",
        "  to run, float32": in_units(weight_bytes(config), "B"),
        "  to run, bfloat16": in_units(weight_bytes(config, BFLOAT16), "B"),
        "  to train, AdamW": in_units(training_bytes(config), "B"),
        "Keys and values": "",
        "  a token, float32": in_units(cache_bytes(config), "B"),
        "  a token, bfloat16": in_units(cache_bytes(config, 1, BFLOAT16), "B"),
        "  a context, float32": in_units(cache_bytes(config, config.context_length), "B"),
        "  a context, bfloat16": in_units(cache_bytes(config, config.context_length, BFLOAT16), "B"),
    }


def in_units(amount: float, unit: str) -> str:
    """Three digits and a unit: FLOPs in thousands, bytes (B) in 1,024s.

    >>> in_units(284_812_800, "FLOP"), in_units(73_728, "B")
    ('285 MFLOP', '72 KiB')
    """
    step, prefixes = (1024, ("", "Ki", "Mi", "Gi", "Ti")) if unit == "B" else (1000, ("", "k", "M", "G", "T"))
    power = 0
    while amount >= step and power < len(prefixes) - 1:
        amount, power = amount / step, power + 1
    digits = f"{amount:.3g}" if amount < 999.5 else f"{amount:.0f}"
    return f"{digits} {prefixes[power]}{unit}"
