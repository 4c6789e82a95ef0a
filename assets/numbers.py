"""The numbers of our own models, rounded to the digits that a slide shows."""

import json

from assets.measured import GPT2_TOKENIZER, TOWN, WORDS, biases, bits_above_floor, compared
from mini_gpt.lesson.parallel import TEXT


def numbers() -> dict[str, tuple[float, str]]:
    """Key to number and description."""
    found: dict[str, tuple[float, str]] = {
        "town_vocabulary": (len(WORDS), "tokens of the town's vocabulary, both languages"),
        "town_entropy_bits": (round(TOWN.entropy().bits, 2), "bits per token: the floor below which no model can get"),
    }
    for name, result in compared().items():
        what = "bits per token above the floor, on the 500 documents of lesson 08"
        kind = f"{name}-gram" if name.isdigit() else name
        found[f"above_floor_{kind}"] = (round(bits_above_floor(result), 2), f"{what}: {kind}")
    excess = 100 * (compared()["mini"].ratio - 1)
    found["mini_above_floor_percent"] = (round(excess, 1), "mini's loss above the floor, in per cent of the floor")
    wrong = max(abs(share - truth) for by_job in biases().values() for truth, share, _ in by_job.values())
    found["bias_largest_error"] = (
        round(wrong, 2),
        "the largest error of mini's p(he) over all jobs",
    )
    same = "Portuguese beside English, for the sixteen pairs of sentences of lesson 02"
    in_tokens, in_bytes = (
        len(count(TEXT["pt"])) / len(count(TEXT["en"])) for count in (GPT2_TOKENIZER.encode, str.encode)
    )
    found["portuguese_tokens"] = (round(in_tokens, 2), f"GPT-2's tokens: {same}")
    found["portuguese_bytes"] = (round(in_bytes, 2), f"bytes: {same}")
    return found


def numbers_json() -> str:
    entries = {key: {"value": value, "what": what} for key, (value, what) in numbers().items()}
    return json.dumps(entries, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
