"""The files that transformers writes beside a tokenizer: what they ask for is what the tokenizer has, or is refused."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

BESIDE = ("added_tokens.json", "special_tokens_map.json", "tokenizer_config.json")
ADVICE = "transformers writes both as one tokenizer.json: AutoTokenizer.from_pretrained(OLD).save_pretrained(NEW)"
OPTIONS = ("add_prefix_space", "add_bos_token", "add_eos_token")  # GPT-2 has none of them


def check_beside(directory: str | Path, added: Mapping[str, int]) -> None:
    """Raise ValueError, naming file and token, if one of the files asks for more than the tokenizer has.

    added  the id of each token that the tokenizer looks for in a text before it splits the text into words
    """
    for path in (Path(directory, name) for name in BESIDE):
        if not path.is_file():
            continue
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            if asked := [name for name in OPTIONS if stored.get(name)]:
                raise ValueError(f"{asked[0]}={stored[asked[0]]!r} must be false, as in GPT-2")
            for token, i, strips in declared(stored, path.name):
                if token not in added or strips or i not in (None, added[token]):
                    raise ValueError(f"the tokenizer beside it does not have its token {token!r}. {ADVICE}")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path} is refused: {error}") from error


def declared(stored: dict[str, Any], file: str) -> Iterator[tuple[str, int | None, bool]]:
    """Each token that a file adds: its text, its id if the file states it, and whether it takes spaces beside it."""
    if file == "added_tokens.json":
        yield from ((token, i, False) for token, i in stored.items())
        return
    for i, token in stored.get("added_tokens_decoder", {}).items():
        yield from ((text, int(i), strips) for text, strips in tokens_in(token))
    for role, value in stored.items():
        if role.endswith(("_token", "special_tokens")) and role not in OPTIONS:
            yield from ((text, None, strips) for text, strips in tokens_in(value))


def tokens_in(value: Any) -> Iterator[tuple[str, bool]]:
    """The tokens in a field: a text, a description with "content", or a list or dict of these."""
    if isinstance(value, str):
        yield value, False
    elif isinstance(value, dict) and "content" in value:
        yield value["content"], bool(value.get("lstrip") or value.get("rstrip"))
    elif value is not None:
        for each in value.values() if isinstance(value, dict) else value:
            yield from tokens_in(each)
