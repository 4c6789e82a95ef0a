"""How exercises work."""

import torch
from torch import Tensor

from mini_gpt.lesson.exercises.exercise import Exercise, Mistake


def most_likely(probs: Tensor, words: list[str]) -> str:
    return words[int(probs.argmax())]


WORDS = ["ana", "compra", "uma", "laranja"]
EXERCISES = {
    "most_likely": Exercise(
        most_likely,
        [(torch.tensor([0.1, 0.2, 0.3, 0.4]), WORDS), (torch.tensor([0.1, 0.6, 0.3, 0.0]), WORDS)],
        [
            Mistake(
                lambda probs, words: int(probs.argmax()),
                {
                    "pt": "Este é o índice da palavra; a palavra em si é words[...].",
                    "en": "This is the word's index; the word itself is words[...].",
                },
            ),
            Mistake(
                lambda probs, words: probs.max(),
                {
                    "pt": "Esta é a maior probabilidade; o exercício pede a palavra que a tem: veja argmax.",
                    "en": "This is the largest probability; the exercise asks for the word that has it: see argmax.",
                },
            ),
            Mistake(
                lambda probs, words: words[int(probs.argmin())],
                {
                    "pt": "Esta é a palavra menos provável.",
                    "en": "This is the least likely word.",
                },
            ),
        ],
    ),
}
