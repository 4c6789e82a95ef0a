"""Train a small GPT on books, and report how well it predicts those that it has never read.

python -m mini_gpt.lesson.train_books --texts DIR     DIR holds .txt files, or a folder of them for each language
python -m mini_gpt.lesson.train_books --help          the options
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from cyclopts import App, Parameter

from mini_gpt.files import write_text
from mini_gpt.lesson.books import Book, find_books
from mini_gpt.lesson.books_card import card
from mini_gpt.lesson.recipes import BOOKS, BooksRecipe
from mini_gpt.model import GPT
from mini_gpt.training.data import TokenBatches
from mini_gpt.training.prepare import prepare
from mini_gpt.training.token_files import TokenFiles
from mini_gpt.training.train import train
from mini_gpt.weights import load, save


def train_recipe(recipe: BooksRecipe, books: Sequence[Book], out: Path) -> tuple[GPT, TokenFiles, float]:
    """A model that has read the books that are not held out, their tokens, and the seconds that training took.

    An interrupted call with the same `out` goes on where it stopped.
    """
    read = [book.path for book in books if not book.held_out]
    prepare(read, out / "tokens", recipe.model.vocab_size, validation=0)
    tokens = TokenFiles(out / "tokens", "train")
    shape = replace(recipe.model, vocab_size=tokens.tokenizer.vocab_size)  # a short text has fewer pairs to merge
    torch.manual_seed(recipe.config.seed)
    model = GPT(shape)
    model.tokenizer = tokens.tokenizer
    sizes = (shape.context_length, recipe.batch_size, recipe.micro_batch_size)
    batches = TokenBatches(tokens, *sizes, seed=recipe.config.seed)
    log = train(model, batches, recipe.config, out / "run")
    return model, tokens, log[-1]["seconds"]


def main(
    texts: Path, *, held_out: Sequence[str] = (), out: Path = Path("build/books"), steps: int = BOOKS.config.steps
) -> None:
    """Train a GPT on a folder of books, with a tokenizer of its own.

    Args:
        texts: a folder of .txt files, or with a folder of them for each language
        held_out: file names to keep from training; by default the list's, or else the last file of each language
        out: where tokens, checkpoints and the model go; an interrupted run continues from there
        steps: of training; fewer take less time, and learn less
    """
    try:
        books = find_books(texts, held_out)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from error
    recipe = replace(BOOKS, config=replace(BOOKS.config, steps=steps))
    model, tokens, seconds = train_recipe(recipe, books, out)
    save(model.half(), out / "model")
    text = card(recipe, load(out / "model"), books, tokens, seconds)
    write_text(text, out / "model" / "README.md")
    print(text)


if __name__ == "__main__":
    name = "python -m mini_gpt.lesson.train_books"
    App(default_command=main, name=name, version_flags=[], default_parameter=Parameter(negative_iterable=()))()
