"""Text to ids and back."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from mini_gpt.config import did_you_mean

END_OF_TEXT = "<|endoftext|>"  # separates documents, as in GPT-2; every sequence begins with it


class Tokenizer(Protocol):
    """What the rest of the package asks of a tokenizer."""

    @property
    def vocab_size(self) -> int: ...
    @property
    def end_of_text(self) -> int: ...
    def encode(self, text: str) -> list[int]: ...
    def decode(self, ids: Iterable[int]) -> str: ...
    def save(self, path: str | Path) -> None: ...


class WordTokenizer:
    """One token for each word: text is split at white space, and every word must be known.

    >>> tokenizer = WordTokenizer(["<|endoftext|>", "ana", "sings", "."])
    >>> tokenizer.encode("ana sings .")
    [1, 2, 3]
    >>> tokenizer.decode([1, 2, 3])
    'ana sings .'
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self.ids = {word: i for i, word in enumerate(self.words)}
        if END_OF_TEXT not in self.ids:
            raise ValueError(f"words must hold {END_OF_TEXT}")
        for word in self.words:
            if self.ids[word] != self.words.index(word):
                raise ValueError(f"words hold {word!r} twice")
            if word.split() != [word]:
                raise ValueError(f"words hold {word!r}, which is empty or has white space in it")

    @property
    def vocab_size(self) -> int:
        return len(self.words)

    @property
    def end_of_text(self) -> int:
        """The id of <|endoftext|>."""
        return self.ids[END_OF_TEXT]

    def encode(self, text: str) -> list[int]:
        """The ids of the words of a text. Raises ValueError for a word that is not known."""
        words = text.split()
        if unknown := [word for word in dict.fromkeys(words) if word not in self.ids]:
            hints = ", ".join(f"{word!r}{did_you_mean(word, self.words)}" for word in unknown)
            raise ValueError(f"text has words that are not among the {self.vocab_size} known: {hints}")
        return [self.ids[word] for word in words]

    def decode(self, ids: Iterable[int]) -> str:
        """The words of the ids, with a space between. Raises ValueError for an id outside the vocabulary."""
        ids = [int(i) for i in ids]
        if wrong := [i for i in ids if not 0 <= i < self.vocab_size]:
            raise ValueError(f"ids hold {wrong[0]}, but must be in 0..{self.vocab_size - 1} (vocab_size - 1)")
        return " ".join(self.words[i] for i in ids)

    def save(self, path: str | Path) -> None:
        """Write tokenizer.json in the layout of the library `tokenizers`, which opens it too."""
        end = {"id": self.end_of_text, "content": END_OF_TEXT, "single_word": False, "lstrip": False,
               "rstrip": False, "normalized": False, "special": True}  # fmt: skip
        layout = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], "normalizer": None,
                  "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None, "decoder": None,
                  "model": {"type": "WordLevel", "vocab": self.ids, "unk_token": END_OF_TEXT}}  # fmt: skip
        Path(path).write_text(json.dumps(layout, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def from_file(cls, path: str | Path) -> "WordTokenizer":
        """Read what save wrote. Raises ValueError if it is something else."""
        try:
            vocab: dict[str, int] = json.loads(Path(path).read_text(encoding="utf-8"))["model"]["vocab"]
            words = sorted(vocab, key=vocab.__getitem__)
            if [vocab[word] for word in words] != list(range(len(words))):
                raise ValueError("its ids are not 0, 1, 2, …")
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a word tokenizer's tokenizer.json: {error}") from error
        return cls(words)
