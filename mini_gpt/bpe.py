"""Byte-level BPE, GPT-2's way from text to tokens: small enough to read, and compatible with GPT-2's own files.

A text is split into words, and each word into its UTF-8 bytes: 256 tokens can write anything. Training merges the most
frequent pair of neighbours into a new token, again and again.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain, pairwise
from pathlib import Path

import regex

from mini_gpt.beside import check_beside

END_OF_TEXT = "<|endoftext|>"  # separates documents, as in GPT-2; every sequence begins with it

FILES = ("vocab.json", "merges.txt")
OPENAI = ("encoder.json", "vocab.bpe")  # the same two files under the names that OpenAI gave them

WORD = regex.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d"  # English contractions
    r"| ?\p{L}+"  # letters, with the space before them
    r"| ?\p{N}+"  # digits
    r"| ?[^\s\p{L}\p{N}]+"  # other visible characters
    r"|\s+(?!\S)|\s+"  # white space, except the space before the next word
)

# Each byte is shown as one character: itself if Latin-1 prints it, else one of the 68 from Ā on. The space is Ġ.
PRINTED = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
HIDDEN = [byte for byte in range(256) if byte not in PRINTED]
CHARS = {byte: chr(byte) for byte in PRINTED} | {byte: chr(256 + i) for i, byte in enumerate(HIDDEN)}
BYTES = {char: byte for byte, char in CHARS.items()}


def split(text: str) -> list[str]:
    """The words of a text, each with its bytes shown as characters; no token crosses a word's border.

    Unicode says what a letter or a digit is. The library `tokenizers` may follow an older edition, and then splits
    differently next to the few characters that are newer.

    >>> split("I'll sing  olá!")
    ['I', "'ll", 'Ġsing', 'Ġ', 'ĠolÃ¡', '!']
    """
    return ["".join(CHARS[byte] for byte in word.encode()) for word in WORD.findall(text)]


def merge(tokens: list[str], pair: tuple[str, str]) -> list[str]:
    """The tokens with each occurrence of the pair merged, from left to right.

    >>> merge(["b", "a", "n", "a", "n", "a"], ("a", "n"))
    ['b', 'an', 'an', 'a']
    """
    merged: list[str] = []
    for token in tokens:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return merged


class BPE:
    """The id of each token, and the pairs to merge, in the order in which training found them.

    `train` numbers tokens as GPT-2 does: the 256 bytes in the order of CHARS, then the merged tokens, <|endoftext|>
    last. Files may number them differently. It can be a model's tokenizer: see `mini_gpt.tokenizer.Tokenizer`.

    >>> bpe = BPE.train("low low low lower newest", vocab_size=260)
    >>> bpe.merges
    [('l', 'o'), ('lo', 'w'), ('Ġ', 'low')]
    >>> bpe.tokens("Ġlower"), bpe.encode(" lower"), bpe.decode([258, 68, 81])
    (['Ġlow', 'e', 'r'], [258, 68, 81], ' lower')
    """

    def __init__(self, vocab: dict[str, int], merges: list[tuple[str, str]]) -> None:
        self.vocab, self.merges = vocab, merges
        self.rank = {pair: i for i, pair in enumerate(merges)}
        self.by_id = {i: token for token, i in vocab.items()}
        made = {*BYTES, END_OF_TEXT, *map("".join, merges)}
        if lost := made.union(*merges) - vocab.keys():
            raise ValueError(f"vocab lacks {min(lost)!r}: it must hold 256 bytes, the merges' tokens, {END_OF_TEXT}")
        if odd := vocab.keys() - made:
            raise ValueError(f"vocab holds {min(odd)!r}, which none of the {len(merges)} merges makes")
        if self.by_id.keys() != set(range(len(vocab))):
            raise ValueError(f"vocab must number its {len(vocab)} tokens 0, 1, 2, …")

    @classmethod
    def train(cls, texts: str | Iterable[str], vocab_size: int) -> "BPE":
        """Merge the most frequent pair, among equals that of smaller ids, up to vocab_size tokens or the last pair."""
        check_vocab_size(vocab_size)
        vocab = {char: i for i, char in enumerate(BYTES)}
        merges = []
        times = Counter(word for text in ([texts] if isinstance(texts, str) else texts) for word in split(text))
        tokens = {word: list(word) for word in times}
        counts: Counter[tuple[str, str]] = Counter()
        words_with: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

        def count(word: str, sign: int) -> None:
            for pair in pairwise(tokens[word]):
                counts[pair] += sign * times[word]
                words_with[pair].add(word)

        for word in times:
            count(word, +1)
        while len(vocab) < vocab_size - 1 and (most := max(counts.values(), default=0)):
            ties = [pair for pair, n in counts.items() if n == most]
            best = min(ties, key=lambda pair: (vocab[pair[0]], vocab[pair[1]]))
            merges.append(best)
            vocab["".join(best)] = len(vocab)
            for word in words_with.pop(best):
                count(word, -1)
                tokens[word] = merge(tokens[word], best)
                count(word, +1)
        return cls(vocab | {END_OF_TEXT: len(vocab)}, merges)

    def tokens(self, word: str) -> list[str]:
        """The tokens of a word from `split`: of the pairs in it, the one that training found first is merged first."""
        tokens = list(word)
        while known := [pair for pair in pairwise(tokens) if pair in self.rank]:
            tokens = merge(tokens, min(known, key=self.rank.__getitem__))
        return tokens

    @property
    def vocab_size(self) -> int:
        return len(self.vocab)

    @property
    def end_of_text(self) -> int:
        """The id of <|endoftext|>."""
        return self.vocab[END_OF_TEXT]

    def encode(self, text: str, special: bool = True) -> list[int]:
        """The ids of any text. With special=False, <|endoftext|> in it is ordinary characters."""
        parts = [split(part) for part in (text.split(END_OF_TEXT) if special else [text])]
        ids = {word: [self.vocab[token] for token in self.tokens(word)] for word in {*chain(*parts)}}
        encoded = [[i for word in part for i in ids[word]] for part in parts]
        return encoded[0] + [i for part in encoded[1:] for i in (self.end_of_text, *part)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids, with � where they are not UTF-8. Raises ValueError for an id outside the vocabulary."""
        tokens = (self.by_id[i] for i in known_ids(ids, self.vocab_size))
        return bytes(BYTES[char] for char in "".join(tokens)).decode(errors="replace")

    def save(self, directory: str | Path) -> None:
        """Write GPT-2's two files: vocab.json, and merges.txt with one pair a line."""
        vocab = json.dumps(self.vocab, ensure_ascii=False, separators=(",", ":"))
        merges = "".join(f"{left} {right}\n" for left, right in self.merges)
        Path(directory, "vocab.json").write_text(vocab, encoding="utf-8")
        Path(directory, "merges.txt").write_text(f"#version: 0.2\n{merges}", encoding="utf-8", newline="\n")

    @classmethod
    def from_directory(cls, directory: str | Path) -> "BPE":
        """Read GPT-2's two files. Raises FileNotFoundError, or ValueError if they are damaged or do not match."""
        vocab_path, merges_path = (Path(directory, name) for name in bpe_files(directory) or FILES)
        try:
            vocab = json.loads(vocab_path.read_text(encoding="utf-8"))
            lines = merges_path.read_text(encoding="utf-8").split("\n")
            pairs = [line.partition(" ")[::2] for line in lines if line and not line.startswith("#version")]
            bpe = cls(vocab, pairs)
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{vocab_path} and {merges_path.name} beside it are not a byte-level BPE: {error}"
            ) from error
        check_beside(directory, {END_OF_TEXT: bpe.end_of_text})
        return bpe


def bpe_files(directory: str | Path) -> tuple[str, str] | None:
    """The names of a byte-level BPE's two files in the directory; None if it has neither."""
    return next((pair for pair in (FILES, OPENAI) if any(Path(directory, name).is_file() for name in pair)), None)


def check_vocab_size(vocab_size: int) -> None:
    """Raise ValueError if there is no room for every byte and <|endoftext|>."""
    if vocab_size < 257:
        raise ValueError(f"vocab_size={vocab_size} must be at least 257: 256 bytes and {END_OF_TEXT}")


def known_ids(ids: Iterable[int], vocab_size: int) -> list[int]:
    """The ids, from a tensor or any iterable, as a list. Raises ValueError for one outside the vocabulary."""
    if (dims := getattr(ids, "ndim", 1)) != 1:
        raise ValueError(f"ids have {dims} dimensions, but must be one sequence: decode the rows one by one, as ids[0]")
    ids = [int(i) for i in ids]
    if wrong := [i for i in ids if not 0 <= i < vocab_size]:
        raise ValueError(f"ids hold {wrong[0]}, but must be in 0..{vocab_size - 1} (vocab_size - 1)")
    return ids
