"""Training: gradient descent, and the whole loop."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mini_gpt.config import GPTConfig
from mini_gpt.lesson.exercises.exercise import Answer, Exercise, Mistake
from mini_gpt.model import GPT
from mini_gpt.training.data import Batch, document_batch
from mini_gpt.training.train import seeded


def descend(loss_of: Callable[[Tensor], Tensor], w: Tensor, learning_rate: float, steps: int) -> Tensor:
    w.requires_grad_()
    for _ in range(steps):
        w.grad = None
        loss_of(w).backward()
        with torch.no_grad():
            w -= learning_rate * w.grad  # type: ignore[operator]
    return w


def training_loop(model: GPT, batch_of: Callable[[int], Batch], steps: int, learning_rate: float) -> list[float]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    losses = []
    for step in range(steps):
        inputs, targets = batch_of(step)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# ---------------------------------------------------------------- what they are tried on, and the mistakes


@dataclass(frozen=True)
class Valley:
    """A loss with its least value at `lowest`, steeper in one direction than in another."""

    lowest: Tensor
    steepness: Tensor

    def __call__(self, w: Tensor) -> Tensor:
        return (self.steepness * (w - self.lowest) ** 2).sum()


@dataclass(frozen=True)
class Batches:
    """The batch of a step, the first one again after the last."""

    batches: tuple[Batch, ...]

    def __call__(self, step: int) -> Batch:
        return self.batches[step % len(self.batches)]


def gradients_pile_up(loss_of: Valley, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    w.requires_grad_()
    for _ in range(steps):
        loss_of(w).backward()
        with torch.no_grad():
            w -= learning_rate * w.grad  # type: ignore[operator]
    return w


def only_the_first_gradient(loss_of: Valley, w: Tensor, learning_rate: float, steps: int) -> Tensor:
    return descend(loss_of, w, steps * learning_rate, 1)


def new_optimizer_each_step(model: GPT, batch_of: Batches, steps: int, learning_rate: float) -> list[float]:
    losses = []
    for step in range(steps):
        losses += training_loop(model, Batches((batch_of(step),)), 1, learning_rate)
    return losses


def faulty(
    optimizer: type[torch.optim.Optimizer] = torch.optim.AdamW,
    clears: bool = True,
    learns: bool = True,
    reduction: str = "mean",
) -> Answer:
    """The training loop with something wrong."""

    def answer(model: GPT, batch_of: Batches, steps: int, learning_rate: float) -> list[float]:
        made = optimizer(model.parameters(), lr=learning_rate)  # type: ignore[call-arg]
        losses = []
        for step in range(steps):
            inputs, targets = batch_of(step)
            if clears:
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
        descend,
        [
            (Valley(torch.tensor([1.0, -2.0]), torch.tensor([1.0, 0.5])), torch.tensor([3.0, 1.0]), 0.1, 5),
            (Valley(torch.tensor([0.0]), torch.tensor([1.0])), torch.tensor([4.0]), 0.25, 1),
            (Valley(torch.tensor([2.0]), torch.tensor([0.5])), torch.tensor([-1.0]), 0.3, 3),
        ],
        [
            Mistake(
                lambda loss_of, w, learning_rate, steps: descend(loss_of, w, -learning_rate, steps),
                {
                    "pt": "O gradiente aponta para onde a perda sobe: subtraia-o.",
                    "en": "The gradient points to where the loss rises: subtract it.",
                },
            ),
            Mistake(
                gradients_pile_up,
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
                lambda loss_of, w, learning_rate, steps: descend(loss_of, w, learning_rate, 1),
                {
                    "pt": "Este é um passo só; o exercício pede `steps` passos.",
                    "en": "This is a single step; the exercise asks for `steps` of them.",
                },
            ),
            Mistake(
                lambda loss_of, w, learning_rate, steps: descend(loss_of, w, 1.0, steps),
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
    "training_loop": Exercise(
        training_loop,
        [(SMALL, BATCHES, 4, 0.03), (SMALL, BATCHES, 1, 0.1), (SMALL, BATCHES, 3, 0.1)],
        [
            Mistake(
                faulty(clears=False),
                {
                    "pt": "Os gradientes dos passos se acumulam: falta `zero_grad()` antes de `backward()`.",
                    "en": "The gradients of all steps pile up: `zero_grad()` before `backward()` is missing.",
                },
            ),
            Mistake(
                faulty(learns=False),
                {
                    "pt": "O modelo não muda. A ordem é zero_grad(), perda, backward(), step(); nenhum pode faltar.",
                    "en": "The model does not change. The order is zero_grad(), loss, backward(), step(): all four.",
                },
            ),
            Mistake(
                new_optimizer_each_step,
                {
                    "pt": "Crie o otimizador uma vez, antes do loop: um novo a cada passo esquece as suas médias.",
                    "en": "Make the optimizer once, before the loop: a new one at each step forgets its averages.",
                },
            ),
            Mistake(
                lambda model, batch_of, steps, learning_rate: training_loop(
                    model, lambda _: batch_of(0), steps, learning_rate
                ),
                {
                    "pt": "Você leu o mesmo lote todas as vezes: o do passo é batch_of(step).",
                    "en": "You read the same batch every time: that of a step is batch_of(step).",
                },
            ),
            Mistake(
                faulty(torch.optim.SGD),
                {
                    "pt": "Isto é a descida simples (SGD); o exercício pede torch.optim.AdamW.",
                    "en": "This is plain gradient descent (SGD); the exercise asks for torch.optim.AdamW.",
                },
            ),
            Mistake(
                faulty(reduction="sum"),
                {
                    "pt": "Esta é a soma; a perda é a média sobre os alvos que contam.",
                    "en": "This is the sum; the loss is the mean over the targets that count.",
                },
            ),
        ],
    ),
}
