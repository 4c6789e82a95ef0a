# %% [markdown] pt
# # 05 · Treinamento
#
# **Ao final, você** terá calculado um gradiente à mão, escrito o loop que treina um GPT, mexido na taxa de aprendizado, visto um
# modelo decorar em vez de aprender, e saberá escrever esse loop numa página em branco.
#
# Slides: ainda não saturou · 45 minutos

# %% [markdown] en
# # 05 · Training
#
# **At the end you** will have computed a gradient by hand, written the loop that trains a GPT, turned the learning rate up and
# down, watched a model memorise instead of learn, and be able to write that loop on an empty page.
#
# Slides: not saturated yet · 45 minutes

# %%
import copy
import math
from dataclasses import replace
from itertools import islice

import torch
import torch.nn.functional as F
from torch.testing import assert_close

from mini_gpt import GPT, generate
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.words import local

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · O gradiente: mexer em um número e ler a perda
#
# Um modelo é um monte de números, os **parâmetros**; treinar é mudá-los para que a **perda** (a surpresa média, em nats)
# diminua. Para que lado mudar cada um? Comecemos com três números: os logits de três nomes, num texto que continua com “leo”.

# %% [markdown] en
# ## 1 · The gradient: nudge one number and read the loss
#
# A model is a heap of numbers, its **parameters**; training changes them so that the **loss** (the mean surprise, in nats)
# falls. Which way to change each of them? We begin with three numbers: the logits of three names, in a text that continues with
# “leo”.

# %%
names, target = ["ana", "leo", "sara"], 1
logits = torch.tensor([2.0, 1.0, 0.0])


def loss_of(logits):
    return -logits.log_softmax(-1)[target]  # nats

# %%
print(local(f"{loss_of(logits):.2f}", LANG))

# %% [markdown] pt
# **Antes de rodar:** se o logit de “leo” aumenta um pouquinho, a perda sobe ou desce? E se for o de “ana”?

# %% [markdown] en
# **Before you run this:** if the logit of “leo” goes up a little, does the loss rise or fall? And if it is that of “ana”?

# %%
nudge = 0.001
by_nudging = torch.zeros(3)
for i, name in enumerate(names):
    nudged = logits.clone()
    nudged[i] += nudge
    by_nudging[i] = (loss_of(nudged) - loss_of(logits)) / nudge
    print(local(f"{by_nudging[i]:+.2f}", LANG), name)

# %% [markdown] pt
# Quanto a perda muda por unidade de cada número: isso é o **gradiente**, um número para cada parâmetro. O sinal de mais diz que
# a perda sobe com o número; o de menos, que ela desce. Para “leo”, é a inclinação da curva no ponto em que estamos:

# %% [markdown] en
# How much the loss changes per unit of each number: that is the **gradient**, one number for each parameter. A plus says that the
# loss rises with the number; a minus, that it falls. For “leo” it is the slope of the curve at the point where we are:

# %%
values = torch.linspace(-3, 5, 81)
losses = [loss_of(torch.stack([logits[0], value, logits[2]])) for value in values]
figures.gradient_figure(values, losses, logits[1], by_nudging[1], LANG)

# %% [markdown] pt
# Um empurrão por parâmetro custaria um milhão de *forwards* (passadas pelo modelo) para um milhão de parâmetros. O PyTorch faz melhor: anota cada operação
# e, com a regra da cadeia do cálculo, volta da perda até os números de que ela depende. É o **backward**, e ele dá o gradiente
# inteiro de uma vez, em `.grad`:

# %% [markdown] en
# One nudge per parameter would cost a million forward passes (runs of the model) for a million parameters. PyTorch does better: it records each
# operation and, by the chain rule of calculus, walks back from the loss to the numbers that it depends on. This is the **backward
# pass**, and it yields the whole gradient at once, in `.grad`:

# %%
logits.requires_grad_()
loss_of(logits).backward()
assert_close(logits.grad, by_nudging, atol=1e-3, rtol=0)

# %% [markdown] pt
# Nos logits, o gradiente tem uma forma simples: **a aposta menos a verdade**. Só é zero quando o modelo aposta tudo no token certo.

# %% [markdown] en
# For logits the gradient has a simple form: **the bet minus the truth**. It is zero only when the model bets everything on the
# right token.

# %%
bet, truth = logits.detach().softmax(-1), torch.tensor([0.0, 1.0, 0.0])
assert_close(logits.grad, bet - truth)
print(local(f"{bet[1]:.2f} - 1 = {logits.grad[1]:.2f}", LANG))

# %% [markdown] pt
# ## 2 · Um passo
#
# O gradiente aponta para onde a perda **sobe**. Um passo de treino vai para o lado contrário: de cada número se subtrai o seu
# gradiente, vezes a **taxa de aprendizado** (*learning rate*). `no_grad` diz ao PyTorch que o passo em si não é para anotar.

# %% [markdown] en
# ## 2 · A step
#
# The gradient points to where the loss **rises**. A training step goes the other way: from each number its gradient is
# subtracted, times the **learning rate**. `no_grad` tells PyTorch that the step itself is not to be recorded.

# %%
learning_rate = 1.0
before = loss_of(logits).item()
with torch.no_grad():
    logits -= learning_rate * logits.grad
print(local(f"{before:.2f} → {loss_of(logits):.2f}", LANG))

# %% [markdown] pt
# Uma armadilha: `.backward()` não troca o que está em `.grad`; **soma** a ele. **Antes de rodar:** o que imprimem dois backwards
# seguidos da mesma perda?

# %% [markdown] en
# A trap: `.backward()` does not replace what is in `.grad`; it **adds** to it. **Before you run this:** what do two backward passes
# of the same loss print, one after the other?

# %%
logits.grad = None  # zerado  # pt
logits.grad = None  # cleared  # en
for _ in range(2):
    loss_of(logits).backward()
    print(local(f"{logits.grad[1]:+.2f}", LANG))

# %% [markdown] pt
# O dobro. Por isso todo passo começa zerando os gradientes.
#
# ### Exercício 1 · descida do gradiente
#
# `loss_of(w)` dá uma perda a partir de um tensor `w`. Dê `steps` passos com a taxa `learning_rate`, cada um com o gradiente do
# ponto em que `w` está, e retorne o `w` final. (`w` chega sem gradiente: peça-o com `requires_grad_()`.)

# %% [markdown] en
# Twice as much. That is why each step starts by clearing the gradients.
#
# ### Exercise 1 · gradient descent
#
# `loss_of(w)` gives a loss from a tensor `w`. Take `steps` steps at the rate `learning_rate`, each with the gradient at the point
# where `w` is, and return the final `w`. (`w` comes without a gradient: ask for one with `requires_grad_()`.)


# %%
def descend(loss_of, w, learning_rate, steps):
    return ...


check("descend", descend, LANG)

# %% [markdown] pt
# ## 3 · De três números a um GPT
#
# Um passo lê um **lote** (*batch*): B documentos, um por linha. Os alvos são as entradas, uma posição adiante: cada token deve prever o
# seguinte. As linhas mais curtas são completadas, e ali o alvo −100 diz “não conta”.

# %% [markdown] en
# ## 3 · From three numbers to a GPT
#
# A step reads a **batch**: B documents, one to a row. The targets are the inputs, one position on: each token must predict the next
# one. Shorter rows are padded, and there the target −100 says “does not count”.

# %%
from mini_gpt.lesson.town import Town
from mini_gpt.training.data import DocumentBatches, document_batch

town = Town(LANG)
end, V = town.tokenizer.end_of_text, town.tokenizer.vocab_size
batches = DocumentBatches(town, batch_size=8, end_of_text=end, seed=0, n_parts=1)

# %%
inputs, targets = batches(0)[0]  # (B, T) cada um  # pt
inputs, targets = batches(0)[0]  # (B, T) each  # en
for row in (inputs, targets):
    print(row[0, :6].tolist(), "…", row[0, -3:].tolist())

# %% [markdown] pt
# O modelo é um GPT menor que o `nano`, com um bloco só. **Antes de rodar:** quanto é a perda de um modelo que ainda não sabe nada?

# %% [markdown] en
# The model is a GPT smaller than `nano`, with a single block. **Before you run this:** what is the loss of a model that knows nothing
# yet?

# %%
from mini_gpt.lesson.recipes import NANO


def new_model():
    torch.manual_seed(0)
    return GPT(replace(NANO, n_layer=1, d_model=64))

# %%
model = new_model()
loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
print(local(f"{loss:.1f}; ln V = {math.log(V):.1f}", LANG))

# %% [markdown] pt
# É a de um dado com V faces. `cross_entropy` é a conta que você já conhece: menos o log da probabilidade do alvo, em média sobre os
# alvos que contam.

# %% [markdown] en
# It is that of a die with V sides. `cross_entropy` is what you know already: minus the log-probability of the target, averaged over
# the targets that count.

# %%
real = targets != -100
log_probs = model(inputs).log_softmax(-1)[real]  # (N, V)
by_hand = -log_probs.gather(-1, targets[real][:, None]).mean()
assert_close(by_hand, loss)

# %% [markdown] pt
# O backward dá um gradiente a cada parâmetro do modelo. Conferimos um deles com um empurrão, como na parte 1:

# %% [markdown] en
# The backward pass gives a gradient to each parameter of the model. We check one of them with a nudge, as in part 1:

# %%
loss.backward()
print(local(f"{sum(p.grad.numel() for p in model.parameters()):,}", LANG), "gradientes")  # pt
print(local(f"{sum(p.grad.numel() for p in model.parameters()):,}", LANG), "gradients")  # en

# %%
nudged = copy.deepcopy(model)
with torch.no_grad():
    nudged.blocks[0].mlp.project.bias[1] += 0.001
    change = F.cross_entropy(nudged(inputs).flatten(0, 1), targets.flatten()) - loss
print(local(f"{change / 0.001:.2f}  {model.blocks[0].mlp.project.bias.grad[1]:.2f}", LANG))

# %% [markdown] pt
# E o passo? O mesmo de antes, em todos os parâmetros. **Antes de rodar:** com qual destas taxas a perda do lote mais cai? Quanto
# maior, melhor?

# %% [markdown] en
# And the step? The same as before, on all parameters. **Before you run this:** with which of these rates does the batch's loss fall
# most? The larger, the better?

# %%
for learning_rate in (0.1, 1.0, 10.0, 100.0):
    moved = copy.deepcopy(model)
    with torch.no_grad():
        for p, q in zip(moved.parameters(), model.parameters()):
            p -= learning_rate * q.grad
        after = F.cross_entropy(moved(inputs).flatten(0, 1), targets.flatten())
    print(local(f"{learning_rate:5.1f}: {loss:.1f} → {after:.1f}", LANG))

# %% [markdown] pt
# Pequena demais, quase nada acontece; grande demais, o passo salta o vale e cai do outro lado, mais alto. O gradiente só descreve os
# arredores do ponto em que estamos.
#
# ## 4 · O loop
#
# Treinar é repetir isso, a cada passo com outro lote. O passo em si fica com um **otimizador**: `SGD` faz exatamente a subtração de
# cima. São dez linhas, e quatro delas sempre nesta ordem: zerar, perda, backward, passo.

# %% [markdown] en
# Too small, and hardly anything happens; too large, and the step jumps across the valley and lands higher up on the other side. The
# gradient only describes the surroundings of the point where we are.
#
# ## 4 · The loop
#
# To train is to repeat this, at each step with another batch. The step itself is left to an **optimizer**: `SGD` does exactly the
# subtraction above. It takes ten lines, and four of them always in this order: clear, loss, backward, step.

# %%
def fit(model, batches, optimizer, steps):
    losses = []
    for step in steps:
        inputs, targets = batches(step)[0]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses

# %% [markdown] pt
# A linha de chegada é conhecida: o **piso**, a entropia da cidade. Cem passos, e onde terminam (a média dos últimos vinte):

# %% [markdown] en
# We know where the finish is: the **floor**, the town's entropy. A hundred steps, and where they end (the mean of the last twenty):

# %%
STEPS, floor = 100, town.entropy().nats


def ending(losses):
    return f"{sum(losses[-20:]) / 20 / floor:.0f} × o piso"  # pt
    return f"{sum(losses[-20:]) / 20 / floor:.0f} × the floor"  # en

# %%
model = new_model()
by_sgd = fit(model, batches, torch.optim.SGD(model.parameters(), lr=0.1), range(STEPS))
print(ending(by_sgd))
figures.loss_figure({"SGD": by_sgd}, floor, LANG)

# %% [markdown] pt
# O que um modelo escreve quando está nesse ponto do caminho?

# %% [markdown] en
# What does a model write when it is at this point of the way?

# %%
def sample(model, seed=1):
    dice = torch.Generator().manual_seed(seed)
    return town.tokenizer.decode(generate(model, torch.tensor([[end]]), 16, generator=dice, stop=end)[0, 1:])

# %%
sample(model)

# %% [markdown] pt
# Palavras frequentes, sem frase. Ele aprendeu quais tokens são comuns, e pouco mais.
#
# ## 5 · AdamW, e por quê
#
# Uma taxa só serve a todos os parâmetros? O tamanho médio do gradiente, em algumas partes do modelo:

# %% [markdown] en
# Frequent words, and no sentence. It has learned which tokens are common, and little else.
#
# ## 5 · AdamW, and why
#
# Does one rate suit all parameters? The mean size of the gradient, in some parts of the model:

# %%
model = new_model()
F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).backward()
for name in ("blocks.0.mlp.project.bias", "position_embedding.weight", "token_embedding.weight", "blocks.0.mlp_norm.weight"):
    print(local(f"{model.get_parameter(name).grad.abs().mean():.4f}", LANG), name)

# %% [markdown] pt
# O maior é mais de cinquenta vezes o menor. Uma taxa boa para um mal move o outro. **Adam** (Kingma e Ba, 2015) guarda, para cada
# parâmetro, a média recente dos seus gradientes e a dos seus quadrados, e divide uma pela raiz da outra: todos andam a um passo
# parecido, seja qual for o tamanho do seu gradiente. O **W** é de *weight decay* (decaimento dos pesos): a cada passo, cada peso
# também encolhe um pouco, à parte do gradiente (Loshchilov e Hutter, 2019).
#
# **Antes de rodar:** dois parâmetros, um com gradiente 10 e outro com 0,001, sempre os mesmos. Quanto anda cada um em um passo?

# %% [markdown] en
# The largest is more than fifty times the smallest. A rate that is good for the one hardly moves the other. **Adam** (Kingma and Ba, 2015)
# keeps, for each parameter, the recent mean of its gradients and that of their squares, and divides the one by the root of the
# other: all move at a similar pace, whatever the size of their gradient. The **W** is for weight decay: at each step, each
# weight also shrinks a little, apart from the gradient (Loshchilov and Hutter, 2019).
#
# **Before you run this:** two parameters, one with gradient 10 and one with 0.001, always the same. How far does each move in a step?

# %%
gradient = torch.tensor([10.0, 0.001])
w, mean, square = torch.ones(2), torch.zeros(2), torch.zeros(2)
rate, b1, b2, decay = 0.1, 0.9, 0.95, 0.01
for step in range(1, 4):
    mean = b1 * mean + (1 - b1) * gradient
    square = b2 * square + (1 - b2) * gradient**2
    w = w - rate * decay * w
    w = w - rate * (mean / (1 - b1**step)) / ((square / (1 - b2**step)).sqrt() + 1e-8)
    print(local(f"{w[0]:.3f}  {w[1]:.3f}", LANG))

# %% [markdown] pt
# Os dois andam o mesmo: a taxa de aprendizado. (As médias começam em zero; dividir por 1 − b elevado ao passo corrige isso.) O SGD teria
# movido o primeiro em 1 e o segundo em um décimo de milésimo. É o AdamW do PyTorch:

# %% [markdown] en
# Both move as far: by the learning rate. (The means start at zero; dividing by 1 − b to the power of the step corrects for that.) SGD
# would have moved the first by 1 and the second by a ten-thousandth. It is PyTorch's AdamW:

# %%
p = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.AdamW([p], lr=rate, betas=(b1, b2), weight_decay=decay)
for _ in range(3):
    p.grad = gradient.clone()
    optimizer.step()
assert_close(p.data, w)

# %% [markdown] pt
# O mesmo loop, o mesmo modelo, os mesmos lotes; só o otimizador muda. E, no caminho, o que ele escreve:

# %% [markdown] en
# The same loop, the same model, the same batches; only the optimizer changes. And what it writes on the way:

# %%
learner, by_adamw = new_model(), []
optimizer = torch.optim.AdamW(learner.parameters(), lr=0.005, betas=(b1, b2))
for done in (0, 50, 100):
    by_adamw += fit(learner, batches, optimizer, range(done, done + 50))
    print(done + 50, "·", sample(learner))

# %%
for name, losses in {"SGD": by_sgd, "AdamW": by_adamw[:STEPS]}.items():
    print(name, "→", ending(losses))
figures.loss_figure({"SGD": by_sgd, "AdamW": by_adamw}, floor, LANG)

# %% [markdown] pt
# ## 6 · A taxa de aprendizado
#
# É o botão que mais importa. **Antes de rodar:** à taxa de antes juntam-se uma cinquenta vezes menor e uma vinte vezes maior. Onde
# termina cada curva?

# %% [markdown] en
# ## 6 · The learning rate
#
# It is the knob that matters most. **Before you run this:** the rate from before is joined by one fifty times smaller and one twenty
# times larger. Where does each curve end?

# %%
curves = {0.005: by_adamw[:STEPS]}
for rate in (0.0001, 0.1):
    model = new_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(b1, b2))
    curves[rate] = fit(model, batches, optimizer, range(STEPS))

# %%
for rate, losses in curves.items():
    print(local(f"{rate:g}", LANG), "→", ending(losses))
figures.loss_figure({local(str(rate), LANG): losses for rate, losses in curves.items()}, floor, LANG)

# %% [markdown] pt
# A menor está no caminho certo, mas não chega; a maior fica presa longe do piso. Entre as duas, a melhor taxa muda durante o treino:
#
# - **Aquecimento** (*warm-up*): nos primeiros passos as médias do Adam ainda se apoiam em poucos lotes, e passos grandes
#   estragam o modelo. A taxa sobe aos poucos.
# - **Decaimento**: no fim, passos grandes ficam saltando de um lado do vale para o outro. A taxa desce até zero, por meio cosseno.

# %% [markdown] en
# The smallest is on the right way, but does not arrive; the largest gets stuck far from the floor. Between them the best rate changes
# during training:
#
# - **Warm-up**: in the first steps Adam's means still rest on few batches, and large steps damage the model. The rate rises
#   little by little.
# - **Decay**: at the end large steps keep jumping from one side of the valley to the other. The rate falls to zero, along half a
#   cosine.

# %%
from mini_gpt.training.train import TrainConfig, train

PEAK = 0.01
schedules = {
    "constante": lambda step: PEAK,  # pt
    "constant": lambda step: PEAK,  # en
    "warm-up": TrainConfig(steps=10**9, learning_rate=PEAK, warmup_steps=20).learning_rate_at,
    "warm-up + cosseno": TrainConfig(steps=STEPS, learning_rate=PEAK, warmup_steps=20).learning_rate_at,  # pt
    "warm-up + cosine": TrainConfig(steps=STEPS, learning_rate=PEAK, warmup_steps=20).learning_rate_at,  # en
}

# %%
figures.schedule_figure({name: [rate(step) for step in range(STEPS)] for name, rate in schedules.items()}, LANG)

# %% [markdown] pt
# O loop ganha três linhas: a taxa do passo, e um limite ao comprimento do gradiente (*clipping*), para que um lote estranho não dê um
# salto.

# %% [markdown] en
# The loop gains three lines: the step's rate, and a limit to the length of the gradient (clipping), so that an odd batch makes no
# leap.

# %%
def train_by_hand(model, batches, steps, rate_at):
    optimizer = torch.optim.AdamW(model.parameters(), betas=(b1, b2), weight_decay=0.0)
    losses = []
    for step in range(steps):
        inputs, targets = batches(step)[0]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step)
        optimizer.step()
        losses.append(loss.item())
    return losses

# %%
curves = {name: train_by_hand(new_model(), batches, STEPS, rate_at) for name, rate_at in schedules.items()}
for name, losses in curves.items():
    print(name, "→", ending(losses))

# %% [markdown] pt
# O aquecimento faz diferença. O cosseno, em tão poucos passos, quase nenhuma: ele freia quando ainda há muito a andar. Em treinos mais
# longos ele ajuda: para assentar no fundo do vale, o passo precisa encolher.
#
# ### Exercício 2 · aquecimento e meio cosseno
#
# Retorne a taxa do passo `step` (de 0 a `steps` − 1). Antes do passo `warmup`: `peak` · (step + 1) / `warmup`. Depois, meio
# cosseno, de `peak` no passo `warmup` até 0 no passo `steps`: `peak` · (1 + cos(π · progresso)) / 2.

# %% [markdown] en
# Warm-up makes a difference. The cosine makes hardly any in so few steps: it brakes while there is still a long way to go. In longer
# runs it helps: to settle at the bottom of the valley, the step must shrink.
#
# ### Exercise 2 · warm-up and half a cosine
#
# Return the rate of step `step` (from 0 to `steps` − 1). Before step `warmup`: `peak` · (step + 1) / `warmup`. After that, half a
# cosine, from `peak` at step `warmup` to 0 at step `steps`: `peak` · (1 + cos(π · progress)) / 2.


# %%
def rate_of(step, peak, warmup, steps):
    return ...


check("schedule", rate_of, LANG)

# %% [markdown] pt
# ## 7 · O lote
#
# O gradiente que queríamos é o de **todos** os documentos; o de um lote é uma estimativa. Quanto ela aponta para o mesmo lado? O
# cosseno entre o gradiente de um lote e o de outros 256 documentos (1: mesma direção; 0: nada em comum):

# %% [markdown] en
# ## 7 · The batch
#
# The gradient that we wanted is that of **all** documents; a batch's is an estimate. How far does it point the same way? The cosine
# between the gradient of a batch and that of 256 other documents (1: the same direction; 0: nothing in common):

# %%
model = new_model()
losses = train_by_hand(model, batches, 30, schedules["warm-up"])

# %%
def gradient_of(documents):
    inputs, targets = document_batch(documents, end)
    loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, [*model.parameters()])])


# %%
stream = town.documents("batches")
reference = gradient_of([*islice(stream, 256)])
for B in (1, 8, 64):
    cosines = [F.cosine_similarity(gradient_of([*islice(stream, B)]), reference, dim=0) for _ in range(5)]
    print(f"B = {B:2d}", local(f"{sum(cosines) / 5:.1f}", LANG))

# %% [markdown] pt
# Um lote maior aponta melhor, e custa mais na mesma proporção. O ganho diminui: o ruído cai só com a raiz de B. Por isso se prefere um
# lote médio e muitos passos, até onde o hardware lê um lote maior no mesmo tempo.
#
# ## 8 · Validação: aprender ou decorar?
#
# Até aqui os documentos nunca se repetiram. E se só houver 32, lidos muitas vezes? O texto de **validação** são documentos que o
# modelo nunca treina; a perda neles diz se o que ele aprendeu vale fora do treino.

# %% [markdown] en
# A larger batch points better, and costs more in the same proportion. The gain shrinks: the noise only falls with the root of B. So one
# prefers a medium batch and many steps, up to where the hardware reads a larger batch in the same time.
#
# ## 8 · Validation: to learn or to memorise?
#
# So far no document ever came twice. And if there are only 32, read many times? **Validation** text is documents that the model never
# trains on; the loss on them tells whether what it has learned holds outside the training.

# %%
few = [*islice(town.documents("few"), 32)]
unseen = document_batch([*islice(town.documents("unseen"), 100)], end)


@torch.no_grad()
def validation_loss(model):
    return F.cross_entropy(model(unseen.inputs).flatten(0, 1), unseen.targets.flatten()).item()


# %% [markdown] pt
# **Antes de rodar:** até onde desce a perda de treino nos 32 documentos? Pode passar do piso? E a de validação?

# %% [markdown] en
# **Before you run this:** how far does the training loss on the 32 documents fall? Can it get under the floor? And the validation
# loss?

# %%
def again(step):
    start = 8 * step % 32
    return [document_batch(few[start : start + 8], end)]

# %%
memoriser, on_few, validation = new_model(), [], {}
optimizer = torch.optim.AdamW(memoriser.parameters(), lr=0.005, betas=(b1, b2))
for done in range(0, 150, 25):
    on_few += fit(memoriser, again, optimizer, range(done, done + 25))
    validation[done + 25] = validation_loss(memoriser)

# %%
figures.loss_figure(on_few, floor, LANG, validation)

# %% [markdown] pt
# Nos 32 documentos a perda passa **por baixo do piso**: ninguém prevê a cidade tão bem, logo isso não é previsão, é memória. A de
# validação desce enquanto ele aprende, e sobe quando passa a decorar (*overfitting*, sobreajuste). Ao lado, os mesmos passos com
# documentos sem fim, os do AdamW da parte 5:

# %% [markdown] en
# On the 32 documents the loss goes **below the floor**: nobody predicts the town that well, so this is not prediction but memory. The
# validation loss falls while it learns, and rises once it memorises (**overfitting**). Beside it, the same number of steps with
# endless documents, those of AdamW in part 5:

# %%
print(local(f"piso {floor:.1f}", LANG))  # pt
print(local(f"floor {floor:.1f}", LANG))  # en
for name, model, losses in (("32", memoriser, on_few), ("∞ ", learner, by_adamw)):
    seen, unseen_loss = sum(losses[-25:]) / 25, validation_loss(model)
    print(name, local(f"treino {seen:.1f}; validação {unseen_loss:.1f}", LANG))  # pt
    print(name, local(f"training {seen:.1f}; validation {unseen_loss:.1f}", LANG))  # en

# %% [markdown] pt
# Com dados sem fim, treino e validação dizem o mesmo. Com poucos, só a de validação diz a verdade: é ela que decide quando parar
# (*early stopping*) e qual taxa é a melhor. E é mesmo memória? Damos aos dois as quatro primeiras palavras de cada um
# dos 32: quantos eles completam palavra por palavra?

# %% [markdown] en
# With endless data, training and validation say the same. With few, only the validation loss tells the truth: by it one decides when
# to stop (early stopping) and which rate is best. And is it really memory? We give both the first
# four words of each of the 32: how many do they complete word for word?

# %%
for name, model in (("32", memoriser), ("∞ ", learner)):
    written = generate(model, [[end, *document[:4]] for document in few], 60, temperature=0, stop=end)
    right = sum(row[1:].tolist() == document for row, document in zip(written, few))
    print(name, "→", "mais de 10" if right > 10 else right)  # pt
    print(name, "→", "more than 10" if right > 10 else right)  # en

# %% [markdown] pt
# O GPT-2 está do outro lado: no artigo, a perda de treino e a de teste no WebText caem juntas em todos os tamanhos (figura 4). Nem o maior
# decorou os seus 40 GB.
#
# ## 9 · `train` faz o mesmo, e mais
#
# O `train` do `mini_gpt` é este loop. Passo a passo, com a mesma configuração, as mesmas perdas:

# %% [markdown] en
# GPT-2 is on the other side: in the paper, the training loss and the test loss on WebText fall together at all sizes (figure 4). Not
# even the largest has memorised its 40 GB.
#
# ## 9 · `train` does the same, and more
#
# `mini_gpt`'s `train` is this loop. Step by step, with the same settings, the same losses:

# %%
settings = TrainConfig(steps=20, learning_rate=0.005, warmup_steps=5, optimizer="adamw", checkpoint_every=10)
by_hand = train_by_hand(new_model(), batches, settings.steps, settings.learning_rate_at)
log = train(new_model(), batches, settings)
assert_close([record["loss"] for record in log], by_hand, atol=1e-3, rtol=0)

# %% [markdown] pt
# O que ele tem a mais: um registro (*log*) de cada passo, e **checkpoints**, cópias do modelo e do otimizador no disco, de onde
# um treino interrompido continua. Puxemos o fio da tomada depois do passo 14:

# %% [markdown] en
# What it has beyond: a log of each step, and **checkpoints**, copies of the model and the optimizer on disk, from which an
# interrupted training goes on. Let us pull the plug after step 14:

# %%
import tempfile
from pathlib import Path


def plug(record):
    if record["step"] == 14:
        raise KeyboardInterrupt

# %%
folder = tempfile.TemporaryDirectory()
try:
    train(new_model(), batches, settings, folder.name, on_step=plug)
except KeyboardInterrupt:
    print([path.name for path in Path(folder.name, "checkpoints").iterdir()])

# %% [markdown] pt
# **Antes de rodar:** sobrou o checkpoint do passo 10; os passos depois dele se perderam. O treino retomado chega às mesmas perdas de um
# que nunca parou?

# %% [markdown] en
# **Before you run this:** the checkpoint of step 10 is left; the steps after it are lost. Does the resumed training reach the same
# losses as one that never stopped?

# %%
resumed = train(new_model(), batches, settings, folder.name)
print([record["loss"] for record in resumed] == [record["loss"] for record in log])
folder.cleanup()

# %% [markdown] pt
# Até o último bit: o lote de um passo depende só do passo, e o checkpoint guarda também as médias do otimizador. O mesmo `train`
# roda em muitas GPUs de uma vez, e por padrão usa outro otimizador, Muon, para as matrizes dos blocos: foi assim que o `mini`
# aprendeu.
#
# ## 10 · A página em branco
#
# ### Exercício 3 · o loop de treinamento
#
# Sem olhar para cima. Treine `model` por `steps` passos com `torch.optim.AdamW`, taxa `learning_rate` e o resto como vem.
# `batches(step)` é uma lista com um par: `inputs`, `targets`. Retorne a lista das perdas, a média de cada lote.

# %% [markdown] en
# To the last bit: a step's batch depends on the step alone, and the checkpoint also holds the optimizer's means. The same `train`
# runs on many GPUs at once, and by default it uses another optimizer, Muon, for the blocks' matrices: that is how `mini` learned.
#
# ## 10 · The empty page
#
# ### Exercise 3 · the training loop
#
# Without looking up. Train `model` for `steps` steps with `torch.optim.AdamW`, at the rate `learning_rate` and everything else by
# default. `batches(step)` is a list of one pair: `inputs`, `targets`. Return the list of losses, the mean of each batch.


# %%
def training_loop(model, batches, steps, learning_rate):
    return ...


check("training_loop", training_loop, LANG)

# %% [markdown] pt
# ## Perguntas
#
# **1.** O loop roda sem erro, mas a perda fica parada em ln V, passo após passo. O que falta?
#
# - (a) `optimizer.zero_grad()`
# - (b) `optimizer.step()`
# - (c) o aquecimento
# - (d) um modelo maior
#
# <details><summary>Respostas</summary>
#
# - (a) Não. Sem ele os gradientes se acumulam, mas o modelo muda, e a perda também (parte 2).
# - (b) **Certa.** O backward só preenche `.grad`; quem muda os parâmetros é o passo.
# - (c) Não. Sem aquecimento o começo é mais agitado; parado ele não fica (parte 6).
# - (d) Não. Até o modelo desta lição sai de ln V nos primeiros passos (parte 4).
#
# </details>
#
# **2.** Um modelo tem perda de treino abaixo da entropia da língua. O que você conclui?
#
# - (a) Ele prevê melhor do que quem conhece as regras.
# - (b) A taxa de aprendizado era pequena demais.
# - (c) Ele decorou os documentos de treino; a perda de validação dirá quanto isso custou.
# - (d) A entropia foi calculada errado.
#
# <details><summary>Respostas</summary>
#
# - (a) Não. Em documentos novos, ninguém fica em média abaixo da entropia (lição 01).
# - (b) Não. Uma taxa pequena demais deixa a perda alta (parte 6).
# - (c) **Certa.** Foi o que aconteceu com os 32 documentos (parte 8).
# - (d) Não. O piso vale para documentos novos; os de treino ele já tinha visto.
#
# </details>
#
# ## O que fica
#
# - O gradiente diz quanto a perda muda por unidade de cada parâmetro; o passo vai para o lado contrário.
# - O loop: zerar, perda, backward, passo. O AdamW dá a cada parâmetro um passo do seu tamanho; a taxa sobe no começo e desce até o
#   fim.
# - Perda de treino abaixo do piso é memória. O que vale é a perda de validação.
#
# [Agora vá para 06 Codificador e decodificador](06_encoder_vs_decoder_attention.ipynb)

# %% [markdown] en
# ## Questions
#
# **1.** The loop runs without an error, but the loss stays at ln V, step after step. What is missing?
#
# - (a) `optimizer.zero_grad()`
# - (b) `optimizer.step()`
# - (c) the warm-up
# - (d) a larger model
#
# <details><summary>Answers</summary>
#
# - (a) No. Without it the gradients pile up, but the model changes, and so does the loss (part 2).
# - (b) **Right.** The backward pass only fills `.grad`; it is the step that changes the parameters.
# - (c) No. Without warm-up the beginning is rougher; it does not stand still (part 6).
# - (d) No. Even this lesson's model leaves ln V within the first steps (part 4).
#
# </details>
#
# **2.** A model has a training loss below the entropy of the language. What do you conclude?
#
# - (a) It predicts better than someone who knows the rules.
# - (b) The learning rate was too small.
# - (c) It has memorised the training documents; the validation loss will tell what that cost.
# - (d) The entropy was computed wrongly.
#
# <details><summary>Answers</summary>
#
# - (a) No. On new documents nobody gets below the entropy on average (lesson 01).
# - (b) No. Too small a rate leaves the loss high (part 6).
# - (c) **Right.** That is what happened with the 32 documents (part 8).
# - (d) No. The floor holds for new documents; those of the training it had seen before.
#
# </details>
#
# ## What stays
#
# - The gradient tells how much the loss changes per unit of each parameter; the step goes the other way.
# - The loop: clear, loss, backward, step. AdamW gives each parameter a step of its own size; the rate rises at the start and falls to
#   the end.
# - A training loss below the floor is memory. What counts is the validation loss.
#
# [Now go on to 06 Encoder and decoder](06_encoder_vs_decoder_attention.ipynb)
