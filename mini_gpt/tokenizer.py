"""Text to ids and back: one token for each word, or GPT-2's byte-level BPE by the library `tokenizers`."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, Protocol

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from mini_gpt.beside import check_beside
from mini_gpt.bpe import BPE, BYTES, END_OF_TEXT, bpe_files, check_vocab_size, known_ids
from mini_gpt.messages import did_you_mean

TOKENIZER = "tokenizer.json"

WORDS = {"normalizer": {"type": "NFC"}, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None,
         "decoder": {"type": "Replace", "pattern": {"Regex": "^"}, "content": " "}}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {  # any unk_token will do: no byte is unknown
    "model": {"dropout": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
              "fuse_unk": False, "byte_fallback": False, "ignore_merges": False},
    "pre_tokenizer": {"add_prefix_space": False, "use_regex": True},
}  # fmt: skip


class Tokenizer(Protocol):
    """What the rest of the package needs of a tokenizer.

    WordTokenizer and GPT2Tokenizer here have it, and the BPE to read in bpe.py.

    With special=True, <|endoftext|> in a text becomes that token. Text from outside is encoded with special=False, so
    that nothing in it can end a document.
    """

    @property
    def vocab_size(self) -> int: ...
    @property
    def end_of_text(self) -> int: ...
    def encode(self, text: str, special: bool = True) -> list[int]: ...
    def decode(self, ids: Iterable[int]) -> str: ...
    def save(self, directory: str | Path) -> None: ...


class UnknownWords(ValueError):
    """Raised by a word tokenizer for a text with other words; .words holds these, each once."""

    def __init__(self, words: list[str], known: Sequence[str]) -> None:
        hints = ", ".join(f"{word!r}{did_you_mean(word, known)}" for word in words[:3])
        more = f" and {len(words) - 3:,} more" if len(words) > 3 else ""
        super().__init__(f"text has words that are not among the {len(known)} known: {hints}{more}")
        self.words = words


class WordTokenizer:
    """One token for each word: text is split at white space, and every word must be in the vocabulary.

    Accents are composed first: é is the same letter in one character or as e and an accent.

    >>> tokenizer = WordTokenizer(["<|endoftext|>", "ana", "sings", "."])
    >>> tokenizer.encode("ana sings .")
    [1, 2, 3]
    >>> tokenizer.decode([1, 2, 3])
    'ana sings .'
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(unicodedata.normalize("NFC", word) for word in words)
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

    def encode(self, text: str, special: bool = True) -> list[int]:
        """The ids of a text's words. Raises UnknownWords, a ValueError, for words outside the vocabulary."""
        words = unicodedata.normalize("NFC", text).split()
        if not special and END_OF_TEXT in words:
            raise ValueError(f"text holds {END_OF_TEXT}, which is never a word, and a token only with special=True")
        if unknown := [word for word in dict.fromkeys(words) if word not in self.ids]:
            raise UnknownWords(unknown, self.words)
        return [self.ids[word] for word in words]

    def decode(self, ids: Iterable[int]) -> str:
        """The words of the ids, with spaces between. Raises ValueError for an id outside the vocabulary."""
        return " ".join(self.words[i] for i in known_ids(ids, self.vocab_size))

    def save(self, directory: str | Path) -> None:
        """Write tokenizer.json in the layout of the library `tokenizers`, which opens it, and refuses unknown words.

        There each word is decoded with a space before it, so that what a model writes continues its prompt.
        """
        end = {"id": self.end_of_text, "content": END_OF_TEXT, "single_word": False, "lstrip": False,
               "rstrip": False, "normalized": False, "special": True}  # fmt: skip
        model = {"type": "WordLevel", "vocab": self.ids, "unk_token": ""}  # no word can be it, so the library refuses
        layout = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [end], **WORDS, "model": model}
        Path(directory, TOKENIZER).write_text(json.dumps(layout, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def from_file(cls, path: str | Path) -> "WordTokenizer":
        """Read what save wrote. Raises ValueError for anything else."""
        try:
            layout = json.loads(Path(path).read_text(encoding="utf-8"))
            model = layout["model"]
            if model["type"] != "WordLevel":
                raise ValueError(f"its model is {model['type']}, but must be WordLevel")
            for part, ours in WORDS.items():
                found = layout.get(part)
                if found != ours and (found is not None or part == "pre_tokenizer"):
                    raise ValueError(f"its {part} is {found}, but must be {ours}")
            vocab = model["vocab"] | {token["content"]: token["id"] for token in layout.get("added_tokens", [])}
            words = sorted(vocab, key=vocab.__getitem__)
            if [vocab[word] for word in words] != list(range(len(words))):
                raise ValueError("its ids are not 0, 1, 2, …")
            return cls(words)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a word tokenizer's tokenizer.json: {error}") from error


class GPT2Tokenizer:
    """GPT-2's byte-level BPE by the library `tokenizers`: the same ids as `mini_gpt.bpe.BPE`, many times faster.

    `decode` returns any text that was encoded, to the last byte.

    >>> tokenizer = GPT2Tokenizer.train(["low low low lower newest"], vocab_size=260)
    >>> tokenizer.encode(" lower<|endoftext|>")
    [258, 68, 81, 259]
    >>> tokenizer.decode(tokenizer.encode(" lower<|endoftext|>", special=False))
    ' lower<|endoftext|>'
    """

    def __init__(self, library: tokenizers.Tokenizer, name: str | Path = "library") -> None:
        """Wrap a byte-level BPE of the library. Raises ValueError, which begins with `name`, for anything else."""
        parts: dict[str, type] = {"model": models.BPE, "normalizer": NoneType, "decoder": decoders.ByteLevel,
                                  "pre_tokenizer": pre_tokenizers.ByteLevel}  # fmt: skip
        for part, accepted in parts.items():
            if not isinstance(found := getattr(library, part), accepted):
                raise ValueError(f"{name}: its {part} is {type(found).__name__}, but GPT-2's is {accepted.__name__}")
            for option, value in OPTIONS.get(part, {}).items():
                if (has := getattr(found, option) or None) != (value or None):  # None, False, 0 and "" say the same
                    raise ValueError(f"{name}: its {part} has {option}={has!r}, but GPT-2's has {value!r}")
        if library.num_special_tokens_to_add(is_pair=False):
            raise ValueError(f"{name}: its post_processor adds tokens to each text, but GPT-2 has none that does")
        vocab = library.get_vocab()
        if lost := [token for token in (*BYTES, END_OF_TEXT) if token not in vocab]:
            raise ValueError(f"{name}: it lacks {lost[0]!r}, but must hold the 256 bytes and {END_OF_TEXT}")
        if {*vocab.values()} != set(range(len(vocab))):
            raise ValueError(f"{name}: it must number its {len(vocab)} tokens 0, 1, 2, …")
        for i, token in library.get_added_tokens_decoder().items():
            back = library.decode([i], skip_special_tokens=False)
            if token.content != END_OF_TEXT and (token.lstrip or token.rstrip or back != token.content):
                why = f"becomes {back!r}" if back != token.content else "loses the spaces beside it"
                raise ValueError(f"{name}: its added token {token.content!r} {why} when a text is encoded and decoded")
        library.no_truncation()  # transformers, too, cuts and pads only where it is asked to
        library.no_padding()
        library.add_special_tokens([END_OF_TEXT])  # not a new token: it is matched alone, without spaces beside it
        self.library, self.end_of_text = library, vocab[END_OF_TEXT]

    @classmethod
    def train(cls, texts: str | Iterable[str], vocab_size: int) -> "GPT2Tokenizer":
        """Train a tokenizer; it learns the same merges as `BPE.train`."""
        check_vocab_size(vocab_size)
        library = byte_level(models.BPE())
        trainer = trainers.BpeTrainer(vocab_size=vocab_size - 1, initial_alphabet=list(BYTES), show_progress=False)
        library.train_from_iterator([texts] if isinstance(texts, str) else texts, trainer)
        library.add_special_tokens([END_OF_TEXT])
        return cls(library)

    @property
    def vocab_size(self) -> int:
        return self.library.get_vocab_size()

    @property
    def added(self) -> dict[str, int]:
        """The ids of the tokens that are looked for in a text before it is split into words."""
        return {token.content: i for i, token in self.library.get_added_tokens_decoder().items()}

    def encode(self, text: str, special: bool = True) -> list[int]:
        """The ids of any text."""
        text.encode()  # raises a clear error for half a surrogate pair, which the library does not
        self.library.encode_special_tokens = not special
        return self.library.encode(text, add_special_tokens=False).ids

    def encode_batch(self, texts: Sequence[str], special: bool = True) -> list[list[int]]:
        """The ids of each text, on all cores."""
        for text in texts:
            text.encode()
        self.library.encode_special_tokens = not special
        return [encoding.ids for encoding in self.library.encode_batch_fast(texts, add_special_tokens=False)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids, with � where they are not UTF-8. Raises ValueError for an id outside the vocabulary."""
        return self.library.decode(known_ids(ids, self.vocab_size), skip_special_tokens=False)

    def save(self, directory: str | Path) -> None:
        """Write tokenizer.json, which the libraries `tokenizers` and `transformers` open."""
        Path(directory, TOKENIZER).write_text(self.library.to_str(pretty=True) + "\n", encoding="utf-8")


def read_tokenizer(directory: str | Path) -> Tokenizer | None:
    """The tokenizer of a directory with tokenizer.json, or with vocab.json and merges.txt; None if it has neither.

    The two files may have the names that OpenAI gave them, encoder.json and vocab.bpe.
    Raises ValueError naming the file if it is damaged or holds another kind of tokenizer.
    """
    path = Path(directory, TOKENIZER)
    tokenizer: WordTokenizer | GPT2Tokenizer
    if not path.is_file():
        if bpe_files(directory) is None:
            return None
        bpe = BPE.from_directory(directory)
        tokenizer = GPT2Tokenizer(byte_level(models.BPE(bpe.vocab, bpe.merges)))
    elif isinstance((library := read_library(path)).model, models.WordLevel):
        tokenizer = WordTokenizer.from_file(path)
    elif isinstance(library.model, models.BPE):
        tokenizer = GPT2Tokenizer(library, path)
        for token in json.loads(path.read_text(encoding="utf-8")).get("added_tokens", []):
            i = tokenizer.added.get(token["content"])
            if token["id"] != i:  # the library renumbers them, and says nothing
                raise ValueError(f"{path}: its added token {token['content']!r} must have the id {i}, "
                                 f"not {token['id']}")  # fmt: skip
    else:
        raise ValueError(f"{path}: its model is {type(library.model).__name__}, but must be WordLevel or BPE")
    check_beside(directory, tokenizer.ids if isinstance(tokenizer, WordTokenizer) else tokenizer.added)
    return tokenizer


def read_library(path: Path) -> tokenizers.Tokenizer:
    """The library's tokenizer from a tokenizer.json. Raises ValueError if it is damaged."""
    try:
        return tokenizers.Tokenizer.from_buffer(path.read_bytes())
    except BaseException as error:  # where the library panics, it raises what is not an Exception
        if isinstance(error, ValueError) or type(error).__name__ == "PanicException":
            raise ValueError(f"{path} is not a tokenizer.json: {error}") from error
        raise


def byte_level(model: models.BPE) -> tokenizers.Tokenizer:
    """A BPE model with GPT-2's byte-level pre-tokenizer and decoder."""
    library = tokenizers.Tokenizer(model)
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    return library
