"""What lets a lesson run on any model: the town beside its own models, and its texts as other models read them."""

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from mini_gpt.lesson.passages import PASSAGES
from mini_gpt.lesson.town import PEOPLE, TOKENIZER, Town
from mini_gpt.lesson.words import check_language
from mini_gpt.model import GPT
from mini_gpt.tokenizer import Tokenizer, WordTokenizer

NAMES = "|".join([*(person.forms[""] for person in PEOPLE), "english", "portuguese"])


def town_of(model: GPT, lang: str | None = None) -> Town | None:
    """The town, if the model reads its words; None for a model of another language, whose truth nobody knows.

    lang  of the town's documents, "pt" or "en"; None is both

    >>> from mini_gpt import load
    >>> town_of(load("mini")).writes(TOKENIZER.encode("ana needs cash . then she walks to the bank . <|endoftext|>"))
    True
    """
    return Town(lang) if reads_the_town(model) else None


def reads_the_town(model: GPT) -> bool:
    return reads(model, TOKENIZER)


def reads(model: GPT, words: WordTokenizer) -> bool:
    """Whether the model's tokens begin with these words: what is written in them, it reads as it is."""
    tokenizer = tokenizer_of(model)
    return isinstance(tokenizer, WordTokenizer) and tokenizer.words[: words.vocab_size] == words.words


def spelled(text: str, model: GPT) -> str:
    """A text of the town as the model reads it: as it is, if these are the model's words; else as people write it.

    A text that begins with a space goes on from another one, so it begins without a capital.

    >>> from mini_gpt import GPT, GPTConfig, load, load_tokenizer
    >>> spelled("leo has a map . question : who has it ?", load("mini"))
    'leo has a map . question : who has it ?'
    >>> model = GPT(GPTConfig(vocab_size=50257, n_layer=1, n_head=1, d_model=1))
    >>> model.tokenizer = load_tokenizer("gpt2")
    >>> spelled("leo has a map . question : who has it ?", model), spelled(" the map", model)
    ('Leo has a map. Question: who has it?', ' the map')
    """
    if reads_the_town(model):
        return text
    text = re.sub(rf"\b({NAMES})\b", lambda name: name[0].capitalize(), text)
    text = re.sub(r" ([,.:?])", r"\1", text)
    return re.sub(r"(?:^|(?<=[.?] ))\w", lambda first: first[0].upper(), text)


def ids_of(text: str, model: GPT) -> Tensor:
    """The ids (1, T) of a text of the town as the model reads it, after <|endoftext|>.

    >>> from mini_gpt import load
    >>> ids_of("ana is at", load("mini")).shape
    torch.Size([1, 4])
    """
    tokenizer = tokenizer_of(model)
    return torch.tensor([[tokenizer.end_of_text, *tokenizer.encode(spelled(text, model))]])


def in_tokens_of(model: GPT, document: Sequence[int], words: WordTokenizer) -> list[int]:
    """A document of the town, ids of these words, as the ids under which the model reads it.

    >>> from mini_gpt import load
    >>> document = TOKENIZER.encode("ana is happy . <|endoftext|>")
    >>> in_tokens_of(load("mini"), document, TOKENIZER) == document
    True
    """
    tokenizer, whole = tokenizer_of(model), document[-1:] == [words.end_of_text]
    text = words.decode(document[:-1] if whole else document)
    return tokenizer.encode(spelled(text, model)) + whole * [tokenizer.end_of_text]


def places_of(word: str, text: str, model: GPT) -> list[int]:
    """The places in ids_of(text, model) of the tokens that spell a word of the text, where it stands first.

    Raises ValueError if the word does not stand in the text with a space, or nothing, on each side.

    >>> from mini_gpt import load
    >>> places_of("is", "ana is at", load("mini"))
    [2]
    """
    words = text.split()
    if word not in words:
        raise ValueError(f"word={word!r} must be one of text={text!r}")
    before = words[: words.index(word)]
    start, end = (ids_of(" ".join(part), model).size(1) for part in (before, [*before, word]))
    return list(range(start, end))


def everyday_documents(model: GPT, lang: str) -> list[list[int]]:
    """The passages of passages.py in one language as the model's ids, each with <|endoftext|> at its end.

    They are for models that have read more than the town: a word tokenizer raises ValueError.
    """
    check_language(lang)
    tokenizer = tokenizer_of(model)
    return [[*tokenizer.encode(each[lang]), tokenizer.end_of_text] for each in PASSAGES.values()]


def tokenizer_of(model: GPT) -> Tokenizer:
    if model.tokenizer is None:
        raise ValueError("model.tokenizer=None must be the tokenizer that goes with the weights")
    return model.tokenizer
