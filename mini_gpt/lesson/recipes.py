"""The shapes and recipes of the weights that ship: which model, trained on what, for how long."""

from dataclasses import dataclass, replace
from typing import Literal

from mini_gpt.config import PRESETS, GPTConfig
from mini_gpt.lesson.baselines import Kind
from mini_gpt.lesson.batches import with_mask_and_pad
from mini_gpt.lesson.town import TOKENIZER
from mini_gpt.training.train import TrainConfig

NANO = GPTConfig(vocab_size=TOKENIZER.vocab_size, context_length=64, n_layer=3, n_head=4, d_model=96)
MINI = replace(NANO, n_layer=4, d_model=128)
SHAPES = {"nano": NANO, "mini": MINI, **PRESETS}  # the lesson's two and the paper's four
READER_TOKENIZER = with_mask_and_pad(TOKENIZER)  # for the encoder and the translator


@dataclass(frozen=True)
class Recipe:
    """What to learn, with which model, how many documents per step, and how to train."""

    task: Literal["next token", "hidden token", "translation"]
    model: GPTConfig | Kind
    batch_size: int
    config: TrainConfig


READER_WORDS = READER_TOKENIZER.vocab_size
LONG = TrainConfig(steps=2500)
RECIPES = {
    "mini": Recipe("next token", MINI, 128, TrainConfig(steps=5500)),
    "mini-encoder": Recipe("hidden token", replace(MINI, vocab_size=READER_WORDS), 128, TrainConfig(steps=3000)),
    "mini-translator": Recipe("translation", replace(NANO, vocab_size=READER_WORDS), 64, TrainConfig(steps=1000)),
    # the same number of parameters and the same documents: lesson 08 compares them
    "nano": Recipe("next token", NANO, 128, LONG),
    "cnn": Recipe("next token", "cnn", 128, replace(LONG, optimizer="adamw")),
    "lstm": Recipe("next token", "lstm", 128, replace(LONG, optimizer="adamw")),
    "rnn": Recipe("next token", "rnn", 128, replace(LONG, optimizer="adamw", learning_rate=0.003)),
    # smaller than nano, and trained in the same way: lesson 10 lines them up
    "tiny-5k": Recipe("next token", replace(NANO, n_layer=1, n_head=1, d_model=8), 128, LONG),
    "tiny-12k": Recipe("next token", replace(NANO, n_layer=1, n_head=2, d_model=16), 128, LONG),
    "tiny-43k": Recipe("next token", replace(NANO, n_layer=2, n_head=4, d_model=32), 128, LONG),
    "tiny-135k": Recipe("next token", replace(NANO, n_layer=2, n_head=4, d_model=64), 128, LONG),
}


@dataclass(frozen=True)
class BooksRecipe:
    """The model, how many windows of text per step and how many of these at a time, and how to train."""

    model: GPTConfig
    batch_size: int
    micro_batch_size: int
    config: TrainConfig


BOOKS = BooksRecipe(  # real language, Portuguese and English: novels and tales
    GPTConfig(vocab_size=3072, context_length=256, n_layer=5, n_head=4, d_model=256),
    batch_size=32,
    micro_batch_size=8,
    config=TrainConfig(
        steps=1000, learning_rate=0.006, warmup_steps=60, decay_steps=500, weight_decay=0.05, checkpoint_every=50
    ),
)
