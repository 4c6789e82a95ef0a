"""Zero-shot exams: what a model writes after a prompt, the town's documents as prompts with their answers, and how
far a mark can be trusted."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import torch
from torch.nn.utils.rnn import pad_sequence

from mini_gpt.generate import generate
from mini_gpt.lesson.language import Language
from mini_gpt.lesson.town import BILINGUAL, DOCUMENTS, HELD_OUT_PAIRS, LEXICON, TOKENIZER
from mini_gpt.lesson.words import check_language
from mini_gpt.model import GPT
from mini_gpt.probability import token_log_probs
from mini_gpt.tokenizer import END_OF_TEXT

# ---------------------------------------------------------------- what a model writes


class Written(NamedTuple):
    """The text that follows a prompt, up to <|endoftext|>, and the probability of its tokens, that one included."""

    text: str
    p: float


@torch.no_grad()
def write(model: GPT, prompts: Sequence[str], max_new_tokens: int = 20) -> list[Written]:
    """What the model writes after each prompt, always the most likely token, and how probable it holds that text.

    >>> from mini_gpt import load
    >>> write(load("mini"), ["in english : the hat is red . in portuguese :"])[0].text
    'o chapéu está vermelho .'
    """
    tokenizer = model.tokenizer
    if tokenizer is None:
        raise ValueError("model has no tokenizer: load one that was saved with its tokenizer")
    rows = [[tokenizer.end_of_text, *tokenizer.encode(prompt)] for prompt in prompts]
    whole = generate(model, rows, max_new_tokens, temperature=0, stop=tokenizer.end_of_text)
    ids = pad_sequence(whole, batch_first=True)  # on the right, where no earlier token sees it
    written = []
    for row, text, log_probs in zip(rows, whole, token_log_probs(model(ids), ids), strict=True):
        said = tokenizer.decode(text[len(row) :].tolist()).removesuffix(END_OF_TEXT).strip()
        written.append(Written(said, log_probs[len(row) - 1 : len(text) - 1].sum().exp().item()))
    return written


# ---------------------------------------------------------------- documents cut where the answer begins


class Case(NamedTuple):
    """A prompt, and the answer that the document goes on with."""

    prompt: str
    answer: str


class Task(NamedTuple):
    """Which of the town's documents ask for something, and where."""

    kind: str  # how the document's name begins in town.py
    language: str  # how it ends
    about: str  # the words of the question
    ending: str  # the prompt's last words


TASKS = {
    "pt": {
        "traduzir pt → en": Task("translation", "pt", "", "em inglês :"),
        "traduzir en → pt": Task("translation", "en", "", "in portuguese :"),
        "resumir, 1 objeto": Task("gift", "pt", "", "em resumo :"),
        "resumir, 2 objetos": Task("day", "pt", "", "em resumo :"),
        "quem deu? 1 objeto": Task("gift", "pt", "quem deu", "resposta :"),
        "quem tem? 1 objeto": Task("gift", "pt", "quem tem", "resposta :"),
        "quem tem? 2 objetos": Task("day", "pt", "quem tem", "resposta :"),
        "quem tem? 3 objetos": Task("owners", "pt", "quem tem", "resposta :"),
    },
    "en": {
        "translate pt → en": Task("translation", "pt", "", "em inglês :"),
        "translate en → pt": Task("translation", "en", "", "in portuguese :"),
        "sum up, 1 thing": Task("gift", "en", "", "tl;dr"),
        "sum up, 2 things": Task("day", "en", "", "tl;dr"),
        "who gave? 1 thing": Task("gift", "en", "who gave", "answer :"),
        "who has? 1 thing": Task("gift", "en", "who has", "answer :"),
        "who has? 2 things": Task("day", "en", "who has", "answer :"),
        "who has? 3 things": Task("owners", "en", "who has", "answer :"),
    },
}


def exam(lang: str, held_out: bool = False, n: int = 100) -> dict[str, list[Case]]:
    """n cases of each task, from documents drawn with a seed that no training uses.

    held_out  only from pairs that all training documents of the kind leave out; tasks without such pairs are skipped

    >>> print(*exam("en", n=1)["who has? 1 thing"][0], sep=" → ")
    lia buys a doll at the hotel . she gives the doll to hugo . question : who has the doll ? answer : → hugo .
    """
    check_language(lang)
    made = {}
    for name, task in TASKS[lang].items():
        kinds = [kind[task.language] for kind in [*DOCUMENTS, *BILINGUAL]]
        kinds = [kind for kind in kinds if kind.name.startswith(task.kind) and (kind.pair or not held_out)]
        if kinds:
            language = Language(LEXICON, kinds, HELD_OUT_PAIRS, held_out, TOKENIZER)
            made[name] = list(islice(cases(task, language.documents("zero-shot")), n))
    return made


def cases(task: Task, documents: Iterator[list[int]]) -> Iterator[Case]:
    """The documents that ask this, cut where the answer begins."""
    for document in documents:
        prompt, ending, answer = TOKENIZER.decode(document[:-1]).rpartition(f" {task.ending} ")
        if ending and task.about in prompt:
            yield Case(prompt + ending.rstrip(), answer)


# ---------------------------------------------------------------- how far a mark can be trusted


def interval(right: int, n: int, z: float = 1.96) -> tuple[float, float, float]:
    """The share that is right, and the two ends of its interval (Wilson 1927): at z = 1.96 it covers 95 %.

    Unlike p ± z sqrt(p (1 - p) / n), it has a width also when all are right.

    >>> [round(share, 3) for share in interval(100, 100)]
    [1.0, 0.963, 1.0]
    """
    p, z2 = right / n, z * z / n
    half = z * (p * (1 - p) / n + z2 / (4 * n)) ** 0.5
    return p, (p + z2 / 2 - half) / (1 + z2), (p + z2 / 2 + half) / (1 + z2)
