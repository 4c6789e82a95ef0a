"""Training: gradient descent, the schedule of the learning rate, and the whole loop."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mini_gpt.config import GPTConfig
from mini_gpt.lesson.exercises.exercise import Answer, Exercise, Mistake
from mini_gpt.model import GPT
from mini_gpt.training.data import Batch, document_batch
from mini_gpt.training.train import TrainConfig, seeded


@dataclass(frozen=True)
class Valley:
    """A loss with its least value at `lowest`, steeper in one direction than in another."""

    lowest: Tensor
    steepness: Tensor

    def __call__(self, w: Tensor) -> Tensor:
        return (self.steepness * (w - self.lowest) ** 2).sum()


def descent(direction: float = -1.0, clear: bool = True) -> Callable[..., Tensor]:
    """Gradient descent; downhill and with a fresh gradient for each step, if nothing else is asked for."""

    def answer(loss_of: Valley, w: Tensor, learning_rate: float, steps: int) -> Tensor:
        w = w.clone().requires_grad_()
        for _ in range(steps):
            if clear:
                w.grad = None
            loss_of(w).backward()
            assert w.grad is not None
            with torch.no_grad():
                w += direction * learning_rate * w.grad
        return w.detach()

    return answer


def only_the_first_gradient(loss_of: Valley, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    return w + steps * (descent()(loss_of, w, learning_rate, 1) - w)


def rate_at(step: int, peak: float, warmup: int, steps: int) -> float:
    return TrainConfig(steps=steps, learning_rate=peak, warmup_steps=warmup).learning_rate_at(step)


def half_cosine(peak: float, progress: float) -> float:
    return peak * (1 + math.cos(math.pi * progress)) / 2


@dataclass(frozen=True)
class Batches:
    """Batches of one part each, the first one again after the last."""

    parts: tuple[Batch, ...]

    def __call__(self, step: int) -> list[Batch]:
        return [self.parts[step % len(self.parts)]]


def loop(
    optimizer: type[torch.optim.Optimizer] = torch.optim.AdamW,
    clear: bool = True,
    learns: bool = True,
    remembers: bool = True,
    one_batch: bool = False,
    reduction: str = "mean",
) -> Answer:
    """The training loop, or one of the ways to get it wrong."""

    def answer(model: GPT, batches: Batches, steps: int, learning_rate: float) -> list[float]:
        made = optimizer(model.parameters(), lr=learning_rate)  # type: ignore[call-arg]
        losses = []
        for step in range(steps):
            if not remembers:
                made = optimizer(model.parameters(), lr=learning_rate)  # type: ignore[call-arg]
            [(inputs, targets)] = batches(0 if one_batch else step)
            if clear:
                made.zero_grad()
            loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), reduction=reduction)
            loss.backward()
            if learns:
                made.step()
            losses.append(loss.item())
        return losses

    return answer


with seeded(5):
    SMALL = GPT(GPTConfig(vocab_size=8, context_length=6, n_layer=1, n_head=2, d_model=8)).double()
BATCHES = Batches((document_batch([[3, 1, 4, 0], [5, 0]], 0), document_batch([[2, 7, 0], [1, 2, 0]], 0)))

EXERCISES = {
    "descend": Exercise(
        descent(),
        [
            (Valley(torch.tensor([1.0, -2.0]), torch.tensor([1.0, 0.5])), torch.tensor([3.0, 1.0]), 0.1, 5),
            (Valley(torch.tensor([0.0]), torch.tensor([1.0])), torch.tensor([4.0]), 0.25, 1),
            (Valley(torch.tensor([2.0]), torch.tensor([0.5])), torch.tensor([-1.0]), 0.3, 3),
        ],
        [
            Mistake(
                descent(direction=1.0),
                {
                    "pt": "O gradiente aponta para onde a perda sobe: subtraia-o.",
                    "en": "The gradient points to where the loss rises: subtract it.",
                },
            ),
            Mistake(
                descent(clear=False),
                {
                    "pt": "`.backward()` soma ao que já está em `.grad`: zere-o antes de cada passo.",
                    "en": "`.backward()` adds to what `.grad` already holds: clear it before each step.",
                },
            ),
            Mistake(
                only_the_first_gradient,
                {
                    "pt": "O gradiente muda quando w muda: calcule-o de novo a cada passo.",
                    "en": "The gradient changes when w changes: compute it again at each step.",
                },
            ),
            Mistake(
                lambda loss_of, w, learning_rate, steps: descent()(loss_of, w, learning_rate, 1),
                {
                    "pt": "Este é um passo só; o exercício pede `steps` passos.",
                    "en": "This is a single step; the exercise asks for `steps` of them.",
                },
            ),
            Mistake(
                lambda loss_of, w, learning_rate, steps: descent()(loss_of, w, 1.0, steps),
                {
                    "pt": "Faltou a taxa de aprendizado: o passo é learning_rate · gradiente.",
                    "en": "The learning rate is missing: the step is learning_rate · gradient.",
                },
            ),
            Mistake(
                lambda loss_of, w, learning_rate, steps: w,
                {
                    "pt": "w não mudou: falta subtrair learning_rate · gradiente.",
                    "en": "w has not changed: subtract learning_rate · gradient.",
                },
            ),
        ],
    ),
    "schedule": Exercise(
        rate_at,
        [(0, 1.0, 4, 20), (3, 1.0, 4, 20), (4, 0.01, 4, 20), (12, 1.0, 4, 20), (19, 0.5, 2, 20)],
        [
            Mistake(
                lambda step, peak, warmup, steps: (
                    peak * step / warmup if step < warmup else rate_at(step, peak, warmup, steps)
                ),
                {
                    "pt": "No passo 0 a sua taxa é 0, e o passo não faz nada: use step + 1.",
                    "en": "At step 0 your rate is 0, and the step does nothing: use step + 1.",
                },
            ),
            Mistake(
                lambda step, peak, warmup, steps: peak * min(1, (step + 1) / warmup),
                {
                    "pt": "O aquecimento está certo; depois dele a taxa deve cair até perto de 0.",
                    "en": "The warm-up is right; after it, the rate must fall to nearly 0.",
                },
            ),
            Mistake(
                lambda step, peak, warmup, steps: half_cosine(peak, step / steps),
                {
                    "pt": "Falta o aquecimento: antes do passo `warmup`, a taxa sobe em linha reta.",
                    "en": "The warm-up is missing: before step `warmup`, the rate rises in a straight line.",
                },
            ),
            Mistake(
                lambda step, peak, warmup, steps: (
                    peak * (step + 1) / warmup if step < warmup else half_cosine(peak, step / steps)
                ),
                {
                    "pt": "A descida começa no fim do aquecimento: conte o seu progresso a partir do passo `warmup`.",
                    "en": "The descent starts when the warm-up ends: count its progress from step `warmup`.",
                },
            ),
            Mistake(
                lambda step, peak, warmup, steps: (
                    peak * (step + 1) / warmup if step < warmup else peak * (steps - step) / (steps - warmup)
                ),
                {
                    "pt": "Esta descida é uma reta; o exercício pede meio cosseno.",
                    "en": "This descent is a straight line; the exercise asks for half a cosine.",
                },
            ),
            Mistake(
                lambda step, peak, warmup, steps: peak * (step + 1) / warmup,
                {
                    "pt": "O aquecimento termina no passo `warmup`: a sua taxa sobe sem parar.",
                    "en": "The warm-up ends at step `warmup`: your rate rises for ever.",
                },
            ),
        ],
    ),
    "training_loop": Exercise(
        loop(),
        [(SMALL, BATCHES, 4, 0.03), (SMALL, BATCHES, 1, 0.1), (SMALL, BATCHES, 3, 0.1)],
        [
            Mistake(
                loop(clear=False),
                {
                    "pt": "Os gradientes dos passos se acumulam: falta `zero_grad()` antes de `backward()`.",
                    "en": "The gradients of all steps pile up: `zero_grad()` before `backward()` is missing.",
                },
            ),
            Mistake(
                loop(learns=False),
                {
                    "pt": "O modelo não muda. A ordem é zero_grad(), perda, backward(), step(); nenhum pode faltar.",
                    "en": "The model does not change. The order is zero_grad(), loss, backward(), step(): all four.",
                },
            ),
            Mistake(
                loop(remembers=False),
                {
                    "pt": "Crie o otimizador uma vez, antes do laço: um novo a cada passo esquece as suas médias.",
                    "en": "Make the optimizer once, before the loop: a new one at each step forgets its averages.",
                },
            ),
            Mistake(
                loop(one_batch=True),
                {
                    "pt": "Você leu o mesmo lote todas as vezes: o do passo é batches(step).",
                    "en": "You read the same batch every time: that of a step is batches(step).",
                },
            ),
            Mistake(
                loop(torch.optim.SGD),
                {
                    "pt": "Isto é a descida simples (SGD); o exercício pede torch.optim.AdamW.",
                    "en": "This is plain gradient descent (SGD); the exercise asks for torch.optim.AdamW.",
                },
            ),
            Mistake(
                loop(reduction="sum"),
                {
                    "pt": "Esta é a soma; a perda é a média sobre os alvos que contam.",
                    "en": "This is the sum; the loss is the mean over the targets that count.",
                },
            ),
        ],
    ),
}
