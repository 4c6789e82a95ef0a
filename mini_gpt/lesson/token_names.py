"""How a token is shown: its word; or its text, with what cannot be seen made visible."""

import unicodedata
from collections.abc import Iterable

from mini_gpt.bpe import BPE, BYTES, END_OF_TEXT
from mini_gpt.tokenizer import GPT2Tokenizer, Tokenizer, WordTokenizer

UNKNOWN = "‹?›"  # a word that has no token


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    """The names of a text's tokens; in a vocabulary of whole words, an unknown word is ‹?›.

    >>> pieces(WordTokenizer(["<|endoftext|>", "ana", "sings"]), "ana sings loudly")
    ['ana', 'sings', '‹?›']
    """
    if isinstance(tokenizer, WordTokenizer):
        return [word if word in tokenizer.ids else UNKNOWN for word in unicodedata.normalize("NFC", text).split()]
    return token_names(tokenizer, tokenizer.encode(text))


def token_names(tokenizer: Tokenizer, ids: Iterable[int]) -> list[str]:
    """The name of each token. A byte-level token shows its spaces; a byte that is only part of a character is in hex.

    >>> tokenizer = GPT2Tokenizer.train(["low low"], vocab_size=260)
    >>> token_names(tokenizer, tokenizer.encode(" low\\n")), token_names(tokenizer, tokenizer.encode("é"))
    (['·low', '\\\\n'], ['‹C3›', '‹A9›'])
    """
    return [token_name(tokenizer, int(i)) for i in ids]


def token_name(tokenizer: Tokenizer, i: int) -> str:
    if isinstance(tokenizer, WordTokenizer):
        return tokenizer.words[i]
    token = stored(tokenizer, i)
    if token is None or token == END_OF_TEXT or not all(char in BYTES for char in token):
        return visible(token if token is not None else tokenizer.decode([i]))
    return visible(bytes(BYTES[char] for char in token).decode(errors="surrogateescape"))


def stored(tokenizer: Tokenizer, i: int) -> str | None:
    """The token as its file has it, each byte one character; None from a tokenizer of another kind."""
    if isinstance(tokenizer, GPT2Tokenizer):
        return None if i in tokenizer.added.values() else tokenizer.library.id_to_token(i)
    return tokenizer.by_id.get(i) if isinstance(tokenizer, BPE) else None


def visible(text: str) -> str:
    """A text with its spaces as ·, and what does not print escaped; bytes that no character holds in hex.

    >>> visible(" a\\n\\u200b"), visible(b"\\xe2\\x80".decode(errors="surrogateescape"))
    ('·a\\\\n\\\\u200b', '‹E2›‹80›')
    """
    return "".join(map(shown, text))


def shown(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # what surrogateescape makes of a byte
        return f"‹{ord(char) - 0xDC00:02X}›"
    return "·" if char == " " else char if char.isprintable() else ascii(char)[1:-1]
