# %% [markdown] pt
# # 05 · Treinamento
#
# **Ao final, você** terá calculado um gradiente à mão, escrito o loop que treina um GPT, mexido na taxa de aprendizado e visto
# um modelo decorar em vez de aprender; e saberá escrever esse loop numa página em branco.
#
# Slides: resultados · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 05 · Training
#
# **By the end, you** will have computed a gradient by hand, written the loop that trains a GPT, turned the learning rate up
# and down, and watched a model memorise instead of learn; and you will be able to write that loop on a blank page.
#
# Slides: results · {minutes} · **[glossary](glossary.ipynb)**

# %%
import math
from itertools import islice
from statistics import mean, stdev

import torch
import torch.nn.functional as F
from torch.testing import assert_close

from mini_gpt import GPT, GPTConfig, generate, load
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import local
from mini_gpt.training.data import document_batch

# %%
LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · O gradiente: mexer em um número e ler a perda
#
# Um modelo é um monte de números, os **parâmetros**. Treinar é mudá-los para que a **perda** (*loss*) diminua: a surpresa
# média, em nats. Para que lado mudar cada um? Comecemos com três números: os logits de três nomes, em um texto que continua
# com “leo”.

# %% [markdown] en
# ## 1 · The gradient: nudge one number and read the loss
#
# A model is a heap of numbers, its **parameters**. Training changes them so that the **loss** falls: the mean surprise,
# in nats. Which way should each of them go? We begin with three numbers: the logits of three names, in a text that
# continues with “leo”.

# %%
names, target = ["ana", "leo", "sara"], 1
logits = torch.tensor([2.0, 1.0, 0.0])


def loss_of(logits):
    return -logits.log_softmax(-1)[target]


# %%
assert_close(loss_of(logits), F.cross_entropy(logits, torch.tensor(target)))  # o nome dela no PyTorch  # pt
assert_close(loss_of(logits), F.cross_entropy(logits, torch.tensor(target)))  # its name in PyTorch  # en
print(local(f"{loss_of(logits):.2f}", LANG))

# %% [markdown] pt
# **Antes de rodar:** se o logit de “leo” aumenta um pouquinho, a perda sobe ou desce? E se for o de “ana”?

# %% [markdown] en
# **Before you run this:** if the logit of “leo” goes up a little, does the loss rise or fall? And for “ana”?

# %%
by_nudging = torch.zeros(3)
for i, name in enumerate(names):
    nudged = logits.clone()
    nudged[i] += 0.001
    by_nudging[i] = (loss_of(nudged) - loss_of(logits)) / 0.001
    print(local(f"{by_nudging[i]:+.2f}", LANG), name)

# %% [markdown] pt
# Quanto a perda muda por unidade de cada número: isso é o **gradiente**, um número para cada parâmetro. Com o sinal de mais, a
# perda sobe com o número; com o de menos, desce. Para “leo”, é a inclinação da curva no ponto em que estamos:

# %% [markdown] en
# How much the loss changes per unit of each number: that is the **gradient**, one number for each parameter. Where it
# is positive, the loss rises with the number; where negative, it falls. For “leo” it is the slope of the curve at the
# point where we are:

# %%
values = torch.linspace(-3, 5, 81)
losses = [loss_of(torch.tensor([2.0, value, 0.0])) for value in values]
figures.gradient_figure(values, losses, logits[1], by_nudging[1], LANG)

# %% [markdown] pt
# Com um milhão de parâmetros, um empurrão para cada um custaria um milhão de *forwards* (passadas pelo modelo). O PyTorch faz
# melhor: anota cada operação e, pela regra da cadeia do cálculo, volta da perda até os números de que ela depende. É o
# **backward**, que dá o gradiente inteiro de uma vez, em `.grad`:

# %% [markdown] en
# With a million parameters, one nudge for each would cost a million forward passes (runs of the model). PyTorch does better:
# it records each operation and, by the chain rule of calculus, walks back from the loss to the numbers that it depends on.
# This is the **backward pass**, which yields the whole gradient at once, in `.grad`:

# %%
logits.requires_grad_()
loss_of(logits).backward()
assert_close(logits.grad, by_nudging, atol=1e-3, rtol=0)

# %% [markdown] pt
# Nos logits, o gradiente tem uma forma simples: **a aposta menos a verdade**. Só é zero quando o modelo aposta tudo no token
# certo.

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
# gradiente, vezes a **taxa de aprendizado** (*learning rate*). `no_grad` diz ao PyTorch que não anote o passo em si.

# %% [markdown] en
# ## 2 · A step
#
# The gradient points to where the loss **rises**. A training step goes the other way: it subtracts from each number its
# gradient, times the **learning rate**. `no_grad` tells PyTorch not to record the step itself.

# %%
learning_rate = 1.0
before = loss_of(logits).item()
with torch.no_grad():
    logits -= learning_rate * logits.grad
print(local(f"{before:.2f} → {loss_of(logits):.2f}", LANG))

# %% [markdown] pt
# Uma armadilha: `.backward()` não troca o que está em `.grad`; **soma** a ele. **Antes de rodar:** o que imprimem dois
# backwards seguidos da mesma perda?

# %% [markdown] en
# A trap: `.backward()` does not replace what is in `.grad`; it **adds** to it. **Before you run this:** what do two backward
# passes of the same loss print, one after the other?

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
# `loss_of(w)` gives a loss from a tensor `w`. Take `steps` steps at the rate `learning_rate`, each with the gradient at the
# point where `w` is, and return the final `w`. (`w` comes without a gradient: ask for one with `requires_grad_()`.)


# %%
def descend(loss_of, w, learning_rate, steps):
    return ...


check("descend", descend, LANG)

# %% [markdown] pt
# ## 3 · De três números a um GPT
#
# Um passo lê um **lote** (*batch*): B documentos, um por linha. Os alvos são as entradas, uma posição adiante: cada token deve
# prever o seguinte. As linhas mais curtas são completadas, e ali o alvo −100 diz “não conta”: a perda é a média sobre os que
# contam. Dois documentos, de três tokens e de dois:

# %% [markdown] en
# ## 3 · From three numbers to a GPT
#
# A step reads a **batch**: B documents, one to a row. The targets are the inputs, shifted by one: each token must
# predict the next one. Shorter rows are padded, and there the target −100 says “does not count”: the loss is the mean
# over those that do. Two documents, of three tokens and of two:

# %%
town = Town(LANG)
end, V = town.tokenizer.end_of_text, town.tokenizer.vocab_size
for rows in document_batch([[7, 8, end], [9, end]], end):  # inputs, targets
    print(rows.tolist())

# %% [markdown] pt
# A cidade escreve os documentos, sem fim. O modelo é um GPT pequeno, com um bloco só e C = 64. **Antes de rodar:** quanto é a
# perda de um modelo que ainda não sabe nada?

# %% [markdown] en
# The town writes documents without end. The model is a small GPT, with a single block of C = 64. **Before you run
# this:** what is the loss of a model that knows nothing yet?

# %%
def batch_of(step, B=8):
    return document_batch([*islice(town.documents(f"document {step}"), B)], end)


def loss_on(model, inputs, targets):
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())  # as B·T posições em um eixo só  # pt
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())  # the B·T positions in one row  # en


def new_model():
    torch.manual_seed(0)
    return GPT(GPTConfig(V, context_length=64, n_layer=1, n_head=4, d_model=64))


# %%
model = new_model()
inputs, targets = batch_of(0)  # (B, T)
loss = loss_on(model, inputs, targets)
print(local(f"{loss:.1f}; ln V = {math.log(V):.1f}", LANG))

# %% [markdown] pt
# É a de um dado com V faces. Um backward dá agora um gradiente a cada parâmetro:

# %% [markdown] en
# It is that of a die with V faces. One backward pass now gives a gradient to each parameter:

# %%
loss.backward()
print(local(f"{sum(p.grad.numel() for p in model.parameters()):,}", LANG))

# %% [markdown] pt
# O gradiente que queríamos é o de **todos** os documentos; o de um lote é uma estimativa. Vinte lotes dão vinte estimativas do
# gradiente de um parâmetro. **Antes de rodar:** quanto elas se espalham (±) se o lote for 4 vezes maior?

# %% [markdown] en
# The gradient that we want is that of **all** documents; a batch's is an estimate. Twenty batches give twenty estimates
# of one parameter's gradient. **Before you run this:** how far do they spread (±) if the batch is 4 times as large?

# %%
for B in (1, 4, 16):
    estimates = []
    for i in range(20):
        model.zero_grad()
        loss_on(model, *batch_of(f"B = {B}, {i}", B)).backward()
        estimates.append(model.blocks[0].mlp.project.bias.grad[1].item())
    print(f"B = {B:2d}:", local(f"{mean(estimates):+.3f} ± {stdev(estimates):.3f}", LANG))

# %% [markdown] pt
# Mais ou menos a metade, a cada vez: o ruído cai com a raiz de B, e o custo cresce com B. Por isso se prefere um lote médio e
# muitos passos; um maior, só se o hardware levar o mesmo tempo.
#
# ## 4 · O loop
#
# Treinar é repetir o passo, cada vez com outro lote. Quem subtrai é um **otimizador**: `SGD` (*stochastic gradient descent*) faz exatamente a conta da
# seção 2. São dez linhas, e quatro delas sempre nesta ordem: zerar, perda, backward, passo.

# %% [markdown] en
# About half as far, each time: the noise falls with the root of B, and the cost grows with B. So we prefer many steps
# with a medium batch, as large as the hardware can read in the time of a small one.
#
# ## 4 · The loop
#
# Training repeats the step, each time with another batch. Subtracting is left to an **optimizer**: `SGD` (stochastic
# gradient descent) does exactly what section 2 did. The loop takes ten lines, four of them always in this order: clear,
# loss, backward, step.


# %%
def fit(model, batch_of, optimizer, steps):
    losses = []
    for step in steps:
        inputs, targets = batch_of(step)
        optimizer.zero_grad()
        loss = loss_on(model, inputs, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# %% [markdown] pt
# A linha de chegada é conhecida: o **piso**, a entropia da cidade. Cem passos, e a perda média dos últimos vinte:

# %% [markdown] en
# We know where the finish is: the **floor**, the town's entropy. A hundred steps, and where they end (the mean of the last
# twenty):

# %%
STEPS, floor = 100, town.entropy().nats


def ending(losses, digits=0):
    return local(f"{mean(losses[-20:]) / floor:.{digits}f} × o piso", LANG)  # pt
    return f"{mean(losses[-20:]) / floor:.{digits}f} × the floor"  # en


# %%
model = new_model()
by_sgd = fit(model, batch_of, torch.optim.SGD(model.parameters(), lr=0.2), range(STEPS))
print(ending(by_sgd))

# %% [markdown] pt
# O que um modelo escreve quando está nesse ponto do caminho?

# %% [markdown] en
# What does the model write at this point?


# %%
def sample(model):
    dice = torch.Generator().manual_seed(1)
    return town.tokenizer.decode(generate(model, [[end]], 16, generator=dice, stop=end)[0][1:])


print(sample(model))

# %% [markdown] pt
# Palavras frequentes, quase sem frase. Ele aprendeu quais tokens são comuns, e pouco mais.
#
# ## Parte 2 · Treinar bem
#
# {minutes}. Um otimizador melhor, a taxa certa, e um texto de validação que diz a verdade; no fim, o loop na página em branco.
# Aqui é um bom lugar para uma pausa.
#
# ## 5 · AdamW, e por quê
#
# Uma taxa só serve a todos os parâmetros? O tamanho médio do gradiente, em algumas partes do modelo:

# %% [markdown] en
# No sentence, and even Portuguese words, which it has never read: it has learned roughly which tokens are common, and little
# else.
#
# ## Part 2 · Training well
#
# {minutes}. A better optimizer, the right rate, and validation text that tells the truth; at the end, the loop on a blank
# page. Here is a good place for a break.
#
# ## 5 · AdamW, and why
#
# Does one rate suit all parameters? The mean size of the gradient, in some parts of the model:

# %%
model = new_model()
loss_on(model, *batch_of(0)).backward()
for name in ("blocks.0.mlp.project.bias", "token_embedding.weight", "blocks.0.mlp_norm.weight"):
    print(local(f"{model.get_parameter(name).grad.abs().mean():.4f}", LANG), name)

# %% [markdown] pt
# O maior é cerca de cem vezes o menor: uma taxa boa para um mal move o outro. **Adam** (Kingma e Ba, 2015) guarda, para cada
# parâmetro, a média recente dos gradientes e a dos seus quadrados, e divide uma pela raiz da outra. O **W** é de *weight
# decay* (decaimento dos pesos): a cada passo, cada peso também encolhe um pouco (Loshchilov e Hutter, 2019).
#
# **Antes de rodar:** dois parâmetros valem 1; um tem sempre o gradiente 10; o outro, 0,001. Quanto anda cada um, com a taxa
# 0,1?

# %% [markdown] en
# The largest is over a hundred times the smallest: a rate that is good for the one hardly moves the other. **Adam**
# (Kingma and Ba, 2015) keeps, for each parameter, the recent mean of its gradients and that of their squares, and
# divides the first by the square root of the second. The **W** is for weight decay: at each step, each weight also
# shrinks a little (Loshchilov and Hutter, 2019).
#
# **Before you run this:** two parameters are 1; one always has the gradient 10, the other 0.001. How far does each move, at
# the rate 0.1?

# %%
gradient = torch.tensor([10.0, 0.001])
w, average, square = torch.ones(2), torch.zeros(2), torch.zeros(2)
for step in range(1, 4):
    average = 0.9 * average + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    w = w - 0.1 * 0.01 * w  # o decaimento  # pt
    w = w - 0.1 * 0.01 * w  # the decay  # en
    w = w - 0.1 * (average / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    print(local(f"{w[0]:.3f}  {w[1]:.3f}", LANG))

# %% [markdown] pt
# Os dois andam 0,1 por passo, a taxa, seja qual for o tamanho do gradiente; o decaimento tira mais um milésimo. (As médias
# começam em zero; dividir por 1 − 0,9 elevado ao passo corrige isso.) É o AdamW do PyTorch:

# %% [markdown] en
# Both move 0.1 per step, the rate, whatever the size of their gradient; the decay takes off another thousandth. (The
# averages start at zero; dividing by `1 - 0.9**step` corrects for that.) It is PyTorch's AdamW:

# %%
p = torch.nn.Parameter(torch.ones(2))
p.grad = gradient
optimizer = torch.optim.AdamW([p], lr=0.1)
for _ in range(3):
    optimizer.step()
assert_close(p.data, w)

# %% [markdown] pt
# Mesmo loop, mesmo modelo, mesmos lotes; só o otimizador muda. No caminho, o que ele escreve:

# %% [markdown] en
# The same loop, the same model, the same batches; only the optimizer changes. On the way, what it writes:

# %%
learner, by_adamw = new_model(), []
optimizer = torch.optim.AdamW(learner.parameters(), lr=0.005)
for start in (0, 50, 100):
    by_adamw += fit(learner, batch_of, optimizer, range(start, start + 50))
    print(start + 50, "·", sample(learner))

# %%
print("SGD", ending(by_sgd), "· AdamW", ending(by_adamw[:STEPS]))
figures.loss_figure({"SGD": by_sgd, "AdamW": by_adamw}, floor, LANG)

# %% [markdown] pt
# ## 6 · A taxa de aprendizado
#
# É o botão que mais importa. **Antes de rodar:** uma taxa cinquenta vezes menor que a de antes, a mesma, e uma vinte vezes
# maior. Onde termina cada curva?

# %% [markdown] en
# ## 6 · The learning rate
#
# It is the knob that matters most. **Before you run this:** a rate fifty times smaller than before, the same, and one twenty
# times larger. Where does each curve end?

# %%
curves = {}
for rate in (0.0001, 0.005, 0.1):
    model, name = new_model(), local(f"{rate}", LANG)
    curves[name] = fit(model, batch_of, torch.optim.AdamW(model.parameters(), lr=rate), range(STEPS))
    print(name, "→", ending(curves[name]))
figures.loss_figure(curves, floor, LANG)

# %% [markdown] pt
# Pequena demais, não chega; grande demais, cada passo salta o vale e cai do outro lado: o gradiente só descreve os arredores
# do ponto em que estamos. A melhor taxa também muda durante o treino:
#
# - **Aquecimento** (*warm-up*): nos primeiros passos as médias do Adam se apoiam em poucos lotes, e passos grandes estragam o
#   modelo. A taxa sobe aos poucos.
# - **Decaimento**: no fim, para assentar no fundo do vale, o passo precisa encolher. A taxa desce até zero, seguindo meio
#   cosseno.

# %% [markdown] en
# If it is too small, the model does not arrive; if too large, each step jumps across the valley and lands on the other
# side: the gradient only describes the surroundings of the point where we are. The best rate also changes during
# training:
#
# - **Warm-up**: in the first steps Adam's averages rest on few batches, and large steps damage the model. The rate rises
#   little by little.
# - **Decay**: at the end, to settle at the bottom of the valley, the step must shrink. The rate falls to zero, along half a
#   cosine.


# %%
def constant(step):
    return 0.01


def warm_up(step):
    return 0.01 * min(1, (step + 1) / 20)


def warm_up_and_cosine(step):
    progress = max(0, step - 20) / (STEPS - 20)
    return warm_up(step) * (1 + math.cos(math.pi * progress)) / 2


# %%
schedules = [constant, warm_up, warm_up_and_cosine]
figures.schedule_figure({each.__name__: [each(step) for step in range(STEPS)] for each in schedules}, LANG)

# %% [markdown] pt
# O loop ganha uma linha: antes de cada passo, a taxa dele. **Antes de rodar:** qual dos três termina mais longe do piso?

# %% [markdown] en
# The loop gains one line: before each step, it sets the rate. **Before you run this:** which of the three ends farthest
# from the floor?


# %%
def fit_at(rate_at, steps=STEPS):
    model, losses = new_model(), []
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.0)  # como na seção 8  # pt
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.0)  # as in section 8  # en
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate_at(step)
        losses += fit(model, batch_of, optimizer, [step])
    return losses


# %%
for rate_at in schedules:
    print(rate_at.__name__, "→", ending(fit_at(rate_at)))

# %% [markdown] pt
# O aquecimento faz diferença. O cosseno, em tão poucos passos, quase nenhuma: ele ajuda em treinos mais longos.
#
# ## 7 · Validação: aprender ou decorar?
#
# Até aqui os documentos nunca se repetiram. E se só houver 32, quatro lotes, lidos muitas vezes? A **validação** usa
# documentos com que o modelo nunca treina; a perda neles diz se o que ele aprendeu vale fora do treino. **Antes de rodar:**
# até onde desce a perda de treino nos 32? Pode furar o piso? E a de validação?

# %% [markdown] en
# Warm-up makes a difference. The cosine makes hardly any in so few steps: it helps in longer runs.
#
# ## 7 · Validation: to learn or to memorise?
#
# So far no document has come twice. What if there are only 32, four batches, read many times? **Validation** uses
# documents that the model never trains on; the loss on them tells whether what it has learned holds beyond the training
# documents. **Before you run this:** how far does the training loss on the 32 fall? Can it get below the floor? And the
# validation loss?

# %%
unseen = batch_of("unseen", 100)
memoriser, on_few, validation = new_model(), [], {}
optimizer = torch.optim.AdamW(memoriser.parameters(), lr=0.005)
for start in range(0, 200, 25):
    on_few += fit(memoriser, lambda step: batch_of(step % 4), optimizer, range(start, start + 25))
    with torch.no_grad():
        validation[start + 25] = loss_on(memoriser, *unseen).item()
figures.loss_figure(on_few, floor, LANG, validation)

# %% [markdown] pt
# Nos 32 documentos a perda passa **por baixo do piso**: ninguém prevê a cidade tão bem, logo isso não é previsão, é memória. A
# de validação desce enquanto ele aprende, e sobe quando passa a decorar (**sobreajuste**, *overfitting*). Ao lado, documentos
# sem fim, com o AdamW da seção 5:

# %% [markdown] en
# On the 32 documents the loss goes **below the floor**: nobody predicts the town that well, so this is not prediction
# but memory. The validation loss falls while it learns, and rises once it memorises (**overfitting**). For comparison,
# endless documents, with AdamW from section 5:

# %%
for name, model, losses in (("32", memoriser, on_few), ("∞ ", learner, by_adamw)):
    with torch.no_grad():
        on_unseen = [loss_on(model, *unseen).item()]
    print(name, "treino", ending(losses, 1), "· validação", ending(on_unseen, 1))  # pt
    print(name, "training", ending(losses, 1), "· validation", ending(on_unseen, 1))  # en

# %% [markdown] pt
# Com dados sem fim, treino e validação dizem o mesmo. Com poucos, só a de validação diz a verdade: é ela que decide quando
# parar (*early stopping*) e qual taxa é a melhor. O GPT-2 está do outro lado: no artigo, a perda de treino e a de teste no
# WebText caem juntas quando o modelo cresce (figura 4). Nem o maior decorou os seus 40 GB.
#
# ## 8 · `train` faz o mesmo, e mais
#
# O `train` do `mini_gpt` é este loop. Com a mesma configuração, as mesmas perdas, passo a passo:

# %% [markdown] en
# With endless data, training and validation say the same. With few, only the validation loss tells the truth: it
# decides when to stop (early stopping) and which rate is best. GPT-2 is on the other side: in the paper, training and
# test loss on WebText fall together as the model grows (figure 4). Not even the largest has memorised its 40 GB.
#
# ## 8 · `train` does the same, and more
#
# `mini_gpt`'s `train` is this loop. With the same settings, the same losses, step by step:

# %%
from mini_gpt.training.train import TrainConfig, train

settings = TrainConfig(steps=20, warmup_steps=5, optimizer="adamw", betas=(0.9, 0.999), clip_norm=1000)
log = train(new_model(), lambda step: [batch_of(step)], settings)
assert_close([record["loss"] for record in log], fit_at(settings.learning_rate_at, 20), atol=1e-3, rtol=0)

# %% [markdown] pt
# O que ele tem a mais: um limite à norma (comprimento) do gradiente (*clipping*; acima, alto demais para agir), para que um lote
# atípico não cause um salto; **checkpoints**, cópias do modelo e do otimizador no disco, de onde um treino interrompido continua
# como se nunca tivesse parado; muitas GPUs de uma vez; e outro otimizador, Muon, para as matrizes dos blocos. Foi assim que o
# `mini` aprendeu, e também o `nano`, com três blocos de C = 96. **Antes de rodar:** depois de muito mais lotes, e maiores, a
# que distância do piso está o `nano`?

# %% [markdown] en
# What it has beyond that: a limit on the gradient's norm, its length (clipping; above, set too high to act), so that no
# odd batch causes a leap; **checkpoints**, copies of the model and the optimizer on disk, from which an interrupted run
# goes on as if it had never stopped; many GPUs at once; and another optimizer, Muon, for the blocks' matrices. That is
# how `mini` learned, and `nano`, too, with three blocks of C = 96. **Before you run this:** after many more batches,
# and larger ones, how far is `nano` from the floor?

# %%
from mini_gpt.lesson.recipes import RECIPES

nano, recipe = load("nano"), RECIPES["nano"]
print(local(f"{recipe.config.steps:,}", LANG), "x", recipe.batch_size, "→", ending([loss_on(nano, *unseen).item()], 1))

# %% [markdown] pt
# ## 9 · A página em branco
#
# ### Exercício 2 · o loop de treinamento
#
# Sem olhar para cima. Treine `model` por `steps` passos com `torch.optim.AdamW`, taxa `learning_rate` e o restante no padrão.
# `batch_of(step)` dá `inputs`, `targets`. Retorne a lista das perdas, a média de cada lote.

# %% [markdown] en
# ## 9 · A blank page
#
# ### Exercise 2 · the training loop
#
# From memory. Train `model` for `steps` steps with `torch.optim.AdamW`, at the rate `learning_rate` and everything else
# by default. `batch_of(step)` gives `inputs`, `targets`. Return the list of losses, the mean of each batch.


# %%
def training_loop(model, batch_of, steps, learning_rate):
    return ...


check("training_loop", training_loop, LANG)

# %% [markdown] pt
# ## Perguntas
#
# {questions}

# %% [markdown] en
# ## Questions
#
# {questions}

# %% [markdown] pt
# ## O que levar daqui
#
# - O gradiente diz quanto a perda muda por unidade de cada parâmetro; o passo vai para o lado contrário.
# - O loop: zerar, perda, backward, passo. Com o AdamW, o passo de cada parâmetro tem mais ou menos o tamanho da taxa, que sobe
#   no começo e desce até o fim.
# - Perda de treino abaixo do piso é memória. O que vale é a perda de validação.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_05.py`](../../mini_gpt/lesson/exercises/lesson_05.py).
#
# [Agora vá para 06 Codificador e decodificador](06_encoder_vs_decoder_attention.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - The gradient tells how much the loss changes per unit of each parameter; the step goes the other way.
# - The loop: clear, loss, backward, step. AdamW moves each parameter by about the rate, which rises at the start and
#   falls towards the end.
# - A training loss below the floor is memory. What counts is the validation loss.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_05.py`](../../mini_gpt/lesson/exercises/lesson_05.py).
#
# [Now go on to 06 Encoder and decoder](06_encoder_vs_decoder_attention.ipynb)
