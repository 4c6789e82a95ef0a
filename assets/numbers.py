"""The numbers of our own models, rounded to the digits that a slide shows."""

import json

from assets.measured import LADDER, TOWN, WORDS, biases, bits_above_floor, compared, guesses_of, model
from mini_gpt.lesson.calibration import calibration_error
from mini_gpt.sizes import parameters


def numbers() -> dict[str, tuple[float, str]]:
    """Key to number and description."""
    found: dict[str, tuple[float, str]] = {
        "town_vocabulary": (len(WORDS), "tokens of the town's vocabulary, both languages"),
        "town_entropy_bits": (round(TOWN.entropy().bits, 2), "bits per token: the floor below which no model can get"),
    }
    for name in LADDER:
        count = sum(parameters(model(name).config).values())
        found[f"{name}_parameters"] = (count, f"parameters of {name}, head tied")
    for name, result in compared().items():
        what = "bits per token above the floor, on the 500 documents of lesson 08"
        kind = f"{name}-gram" if name.isdigit() else name
        found[f"above_floor_{kind}"] = (round(bits_above_floor(result), 2), f"{what}: {kind}")
    excess = 100 * (compared()["mini"].ratio - 1)
    found["mini_above_floor_percent"] = (round(excess, 1), "mini's loss above the floor, in per cent of the floor")
    for name in LADDER:
        error = calibration_error(guesses_of(name).said, guesses_of(name).true)
        what = "calibration error against the truth, per cent, on the 500 documents of lesson 10"
        found[f"calibration_error_{name}"] = (round(100 * error, 1), f"{what}: {name}")
    wrong = max(abs(share - truth) for by_job in biases().values() for truth, share, _ in by_job.values())
    found["bias_largest_error"] = (
        round(wrong, 2),
        "the largest error of mini's p(he) over all jobs",
    )
    return found


def numbers_json() -> str:
    entries = {key: {"value": value, "what": what} for key, (value, what) in numbers().items()}
    return json.dumps(entries, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
