"""The figures that evaluation, notebooks and slides show, each in one place: facts.json, which JavaScript reads too."""

import json
from pathlib import Path
from typing import Any

FACTS: dict[str, Any] = json.loads(Path(__file__).with_name("facts.json").read_text(encoding="utf-8"))


def paper_row(task: str) -> dict[str, dict[str, float]]:
    """What table 3 of the paper says of a task: metric to who reached what. Empty for a task that it does not have.

    >>> paper_row("wikitext2")["perplexity"]["117M"]
    29.41
    """
    columns = [column for column in FACTS["zero_shot"]["columns"] if column["task"] == task]
    rows = FACTS["zero_shot"]["rows"].items()
    return {column["metric"]: {name: row[column["key"]] for name, row in rows} for column in columns}
