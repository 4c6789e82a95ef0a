# %% [markdown] pt
# # 10 · Do mini ao GPT-2
#
# **Ao final, você** terá contado à mão os parâmetros dos quatro GPT-2 e previsto o que muda com o tamanho; saberá o que o
# cache poupa e quanto custa; terá visto a perda cair até perto de um piso conhecido; medido se um modelo **sabe o que não
# sabe**; e rodado o GPT-2 de verdade com o mesmo código.
#
# Slides: contribuição; resultados · {minutes} ·
# **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 10 · From mini to GPT-2
#
# **By the end, you** will have counted the parameters of the four GPT-2s by hand and predicted what changes with size; know
# what the cache saves and what it costs; have seen the loss fall to near a known floor; measured whether a model **knows
# what it does not know**; and run the real GPT-2 with the same code.
#
# Slides: contribution; results · {minutes} · **[glossary](glossary.ipynb)**

# %%
MODEL = "mini"  # ou "mini-books", "gpt2", uma pasta: mude, reinicie e rode tudo; o texto descreve o mini  # pt
MODEL = "mini"  # or "mini-books", "gpt2", a folder: change it, restart, run all; the text describes mini  # en
LANG = "pt"  # pt
LANG = "en"  # en

# %%
import math
from dataclasses import replace

import torch
import torch.nn.functional as F

import mini_gpt
from mini_gpt import GPTConfig, sizes
from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.any_model import ids_of, spelled
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import local

# %% [markdown] pt
# ## 1 · Contar
#
# `mini` e o GPT-2 são a mesma classe; mudam cinco números: o vocabulário V, o contexto T, as camadas L, a largura C e as
# cabeças. Cada bloco tem quatro matrizes C × C (consultas, chaves, valores, projeção), uma MLP que vai a 4·C e volta, os
# bias de todas elas e duas normalizações; há mais uma no fim. A saída não conta: usa os pesos da tabela de tokens (pesos
# compartilhados, *weight tying*).
#
# **Antes de rodar:** no menor GPT-2, o que tem mais parâmetros: a atenção, a MLP ou a tabela de tokens?

# %% [markdown] en
# ## 1 · Counting
#
# `mini` and GPT-2 are the same class; five numbers differ: the vocabulary V, the context T, the layers L, the width C, and
# the heads. Each block has four C × C matrices (queries, keys, values, projection), an MLP that goes to 4·C and back, the
# biases of all these, and two norms; there is one more norm at the end. The head does not count: it uses the weights of the
# token table (*weight tying*).
#
# **Before you run this:** in the smallest GPT-2, which has the most parameters: attention, the MLP, or the token table?

# %%
gpt2 = GPTConfig.preset("gpt2")
V, T, L, C = gpt2.vocab_size, gpt2.context_length, gpt2.n_layer, gpt2.d_model
by_hand = {
    "tabela de tokens": V * C,  # pt
    "tabela de posições": T * C,  # pt
    "atenção": L * (4 * C * C + 4 * C),  # pt
    "token table": V * C,  # en
    "position table": T * C,  # en
    "attention": L * (4 * C * C + 4 * C),  # en
    "MLP": L * (C * 4 * C + 4 * C + 4 * C * C + C),
    "normalizações": (2 * L + 1) * 2 * C,  # pt
    "norms": (2 * L + 1) * 2 * C,  # en
}
assert [*by_hand.values()] == [*sizes.parameters(gpt2).values()]
{part: local(f"{count / sum(by_hand.values()):.1%}", LANG) for part, count in by_hand.items()}

# %% [markdown] pt
# As cabeças não entram na conta: elas **dividem** a largura entre si. Agora os quatro do artigo, e a fração da tabela de
# tokens em cada um. **Antes de rodar:** o artigo chama o menor de “117M”. A nossa conta dá o mesmo?

# %% [markdown] en
# The heads are not in the sum: they **split** the width among themselves. Now the paper's four, and the share of the token
# table in each. **Before you run this:** the paper calls the smallest “117M”. Does our count agree?


# %%
def total(config):
    return sum(sizes.parameters(config).values())


model = mini_gpt.load(MODEL)
assert total(model.config) == sum(parameter.numel() for parameter in model.parameters())
for size in FACTS["sizes"]["rows"]:
    config = GPTConfig.preset(size["preset"])
    share = config.vocab_size * config.d_model / total(config)
    print(local(f"{size['paper']:>5s} {total(config):>13,} {config.n_layer:3d} x {config.d_model:4d} {share:5.0%}", LANG))

# %% [markdown] pt
# Não: os nomes do artigo contam de menos, como o repositório do GPT-2 avisou depois. No maior, quase tudo são os blocos, que
# crescem com L·C².
#
# ### Exercício 1 · os parâmetros
#
# Retorne o número de parâmetros de um GPT com vocabulário `V`, contexto `T`, `L` camadas e largura `C`: com bias, MLP de
# largura 4·C e pesos compartilhados entre a saída e o embedding.

# %% [markdown] en
# No: the paper's names undercount, as GPT-2's repository said later. In the largest, nearly all parameters are in the
# blocks, which grow with L·C².
#
# ### Exercise 1 · the parameters
#
# Return the number of parameters of a GPT with vocabulary `V`, context `T`, `L` layers and width `C`: with biases, an MLP of
# width 4·C, and the head tied to the embedding.


# %%
def count_parameters(V, T, L, C):
    return ...


check("count_parameters", count_parameters, LANG)

# %% [markdown] pt
# ## 2 · Mexer nos tamanhos
#
# **Antes de mexer,** aposte: o que acontece com os parâmetros do GPT-2 se as camadas dobrarem? E a largura? As cabeças? O
# contexto? Se a largura não for divisível pelo número de cabeças, o seletor ajusta esse número e avisa.

# %% [markdown] en
# ## 2 · Changing the sizes
#
# **Before you touch it,** bet: what happens to GPT-2's parameters if the layers double? And the width? The heads? The
# context? If the heads do not divide the width, the dial adjusts the heads and says so.

# %%
from mini_gpt.lesson.widgets import ScaleDial

ScaleDial("gpt2", LANG)

# %% [markdown] pt
# As mesmas apostas em código: por quanto se multiplicam os parâmetros, os **FLOPs** (operações aritméticas) para ler um
# token e os bytes das chaves e dos valores dele. E, na última linha, os FLOPs por parâmetro:

# %% [markdown] en
# The same bets in code, as factors: those of the parameters, of the **FLOPs** (arithmetic operations) to read a token, and of
# the bytes of its keys and values. On the last line, the FLOPs per parameter:

# %%
for change in ({"n_layer": 2 * L}, {"d_model": 2 * C}, {"n_head": 2 * gpt2.n_head}, {"context_length": 2 * T}):
    costs = total, sizes.forward_flops, sizes.cache_bytes
    times = [cost(replace(gpt2, **change)) / cost(gpt2) for cost in costs]
    print(f"{change!s:25s}", *(local(f"{x:.2f}", LANG) for x in times))
print(local(f"{sizes.forward_flops(gpt2) / total(gpt2):.2f}", LANG))

# %% [markdown] pt
# Dobrar a largura quase quadruplica os blocos. Mais cabeças não custam nada: cada uma fica mais estreita. O contexto quase
# não custa parâmetros; custa operações e, enquanto se escreve, memória. Ler um token custa cerca de **2·N** FLOPs, com N
# parâmetros: cada um multiplica e soma uma vez. Treinar com ele custa **6·N** (seção 8).
#
# ## 3 · Por que o cache
#
# Para escrever, o modelo precisa ler **tudo de novo** a cada token? As chaves e os valores do que já foi lido não mudam,
# porque nenhum token vê o futuro: basta guardá-los. **Antes de rodar:** para escrever 20 tokens depois de 3, quantos ele lê
# sem o cache? E com ele?

# %% [markdown] en
# Twice the width makes the blocks almost four times as large. More heads cost nothing: each one gets narrower. Context costs
# hardly any parameters; it costs operations and, for each token kept, memory. Reading a token costs about **2·N** FLOPs, with
# N parameters: each one multiplies and adds once. Training on it costs **6·N** (section 8).
#
# ## 3 · Why the cache
#
# To write, must the model read **everything again** for each token? The keys and values of what was read do not change,
# since no token sees the future: it is enough to keep them. **Before you run this:** to write 20 tokens after 3, how many
# does it read without the cache? And with it?

# %%
from mini_gpt.cache import Cache

ids = ids_of("ana compra um mapa", model)  # pt
ids = ids_of("ana buys a map", model)  # en
cache = Cache(model.config, batch_size=1)
model(ids[:, :3], cache=cache)
new = model(ids[:, 3:], cache=cache)  # lê só os novos  # pt
new = model(ids[:, 3:], cache=cache)  # reads only the new ones  # en
torch.testing.assert_close(new, model(ids)[:, 3:], rtol=1e-3, atol=1e-3)
print(sum(range(3, 3 + 20)), 3 + 19)

# %% [markdown] pt
# Os mesmos logits. (Com o cache, são 3 + 19: o último token só é escrito.) Sem ele, o que se lê cresce com o quadrado do que
# se escreve. O preço é memória: por token, as chaves e os valores de cada camada, C números cada. **Antes de rodar:** com o
# contexto cheio, quanto é isso ao lado dos pesos, em float32?

# %% [markdown] en
# The same logits. (With the cache, 3 + 19: the last token is written, never read.) Without it, what is read grows with
# the square of what is written. The price is memory: for each token, the keys and the values of each layer, C numbers
# each. **Before you run this:** with a full context, how much is this compared with the weights, in float32?

# %%
for name, config in {MODEL: model.config, "gpt2": gpt2, "gpt2-xl": GPTConfig.preset("gpt2-xl")}.items():
    kept, weights = 2 * config.n_layer * config.d_model * 4 * config.context_length, 4 * total(config)  # bytes
    assert kept == sizes.cache_bytes(config, config.context_length)
    print(f"{name:8s}", local(f"{sizes.in_units(kept, 'B')} / {sizes.in_units(weights, 'B')} = {kept / weights:.0%}", LANG))

# %% [markdown] pt
# Isso por texto: quem atende dezesseis ao mesmo tempo guarda dezesseis caches, e eles passam dos pesos.
#
# ## 4 · A máscara, com o cache
#
# A máscara precisa saber **onde** estão os tokens novos. A atenção fundida do PyTorch tem um atalho, `is_causal=True`.
# **Antes de rodar:** depois de 2 tokens guardados, chegam 2 novos, portanto 2 consultas e 4 chaves. Quantas chaves cada um
# deve ver? (Com escores iguais e a matriz identidade como valores, o que sai são os pesos.)

# %% [markdown] en
# That is for one text: a server that writes sixteen keeps sixteen caches, and they outgrow the weights.
#
# ## 4 · The mask, with a cache
#
# The mask must know **where** the new tokens are. PyTorch's fused attention has a shortcut, `is_causal=True`. **Before you
# run this:** after 2 tokens in the cache come 2 new ones, so there are 2 queries and 4 keys. How many keys should each see?
# (With equal scores, and the identity matrix as values, what comes out are the weights.)

# %%
from mini_gpt.model import causal_mask

q, k, v = torch.zeros(1, 2, 4), torch.zeros(1, 4, 4), torch.eye(4)[None]
print("is_causal", F.scaled_dot_product_attention(q, k, v, is_causal=True), sep="\n")
print("causal_mask", F.scaled_dot_product_attention(q, k, v, causal_mask(2, 4)), sep="\n")

# %% [markdown] pt
# `is_causal` alinha a máscara pelo canto **superior esquerdo**: o primeiro token novo só vê a chave 0, e não vê nem a si
# mesmo. O certo, pelo canto inferior direito, é a `causal_mask` de `model.py`: 3 chaves e 4.
#
# ## 5 · Mais parâmetros, menos perda
#
# No artigo, a perda cai com o tamanho. E nos nossos? Cinco modelos leram os mesmos documentos da cidade; o `mini` leu mais.
# De cada um: parâmetros, camadas x largura, e a perda em bits, separada em duas parcelas: o **piso**, a incerteza que a
# própria língua tem, e o que o modelo paga acima dele. **Antes de rodar:** com dez vezes mais parâmetros, a perda cai pela
# metade?

# %% [markdown] en
# `is_causal` aligns the mask to the **upper left**: the first new token sees only key 0, and not even itself. It should
# be the lower right corner, as in `model.py`'s `causal_mask`: 3 keys, and 4.
#
# ## 5 · More parameters, less loss
#
# In the paper, the loss falls with size. And in our models? Five models read the same documents of the town; `mini`
# read more. For each: parameters, layers x width, and the loss in bits, split in two: the **floor**, the uncertainty of
# the language itself, and what the model pays above it. **Before you run this:** with ten times the parameters, does
# the loss fall by half?

# %%
from mini_gpt.lesson.truth import compare, held_out_documents

town = Town()
documents = held_out_documents(town, 500, "lesson 08")
ladder = {name: mini_gpt.load(name) for name in ("tiny-5k", "tiny-12k", "tiny-43k", "tiny-135k", "nano", "mini")}
losses = {}
for name, each in ladder.items():
    result, shape = compare(each, town, documents), each.config
    loss, floor = result.loss / math.log(2), result.floor / math.log(2)
    losses[name] = total(shape), loss
    row = f"{total(shape):8,} {shape.n_layer} x {shape.d_model:3d}   {loss:.3f} = {floor:.3f} + {loss - floor:.3f}"
    print(f"{name:10s}{local(row, LANG)}")

# %%
figures.scaling_figure(losses, floor, LANG, more=["mini"])

# %% [markdown] pt
# Não: a perda não vai a zero, e sim ao piso. À esquerda, os quatro maiores parecem iguais; à direita está só o que fica
# acima do piso, e isso continua caindo. Nas línguas de verdade ninguém conhece o piso; sem ele, não se sabe se um modelo já
# aprendeu tudo ou se só parou de aprender.
#
# (De `tiny-12k` a `tiny-43k` mudaram **três** coisas: largura, camadas e cabeças. A figura não diz qual delas conta.)
#
# ## 6 · Ele sabe o que não sabe?
#
# Quando um modelo diz “70%”, acontece em 70% das vezes? Isso é **calibração**. Aqui há algo melhor que o que aconteceu: a
# probabilidade verdadeira do palpite (o token mais provável para o modelo), que só a cidade conhece. **Antes de rodar:** o
# menor modelo é confiante demais, de menos ou na medida?

# %% [markdown] en
# No: the loss does not go to zero but to the floor. On the left, the four largest look alike; on the right is only what is
# above the floor, and that goes on falling. Nobody knows the floor of a real language; without it, one cannot tell a model
# that has learned everything from one that has just stopped learning.
#
# (From `tiny-12k` to `tiny-43k`, **three** things changed: width, layers and heads. The figure does not say which of
# them matters.)
#
# ## 6 · Does it know what it does not know?
#
# When a model says “70%”, does it happen 70% of the time? That is **calibration**. Here there is something better than what
# happened: the true probability of the guess (the model's most likely token), which only the town knows. **Before you run
# this:** is the smallest model too sure, not sure enough, or just right?

# %%
from mini_gpt.lesson.calibration import calibration_error, guesses

sure = {name: guesses(each, town, documents) for name, each in ladder.items()}
figures.calibration_figure({name: (sure[name].said, sure[name].true) for name in ("tiny-5k", "mini")}, LANG)

# %% [markdown] pt
# Cada ponto é uma posição de um texto. Os quadrados são a média de cada faixa de 10%. O **erro de calibração** é a distância
# média entre os quadrados e a diagonal; cada faixa pesa pelo número de palpites. Em números: esse erro; a distância média em
# cada posição; e quanto o modelo diz a mais (+) ou a menos (−) que a verdade, em média.

# %% [markdown] en
# Each point is a position in a text. The squares are the means of ten equal bins. The **calibration error** is the mean
# distance of the squares from the diagonal; each bin is weighted by its number of guesses. In numbers: this error; the
# mean distance at each position; and by how much the model says more (+) or less (−) than the truth, on average.

# %%
for name, g in sure.items():
    error, distance, excess = calibration_error(g.said, g.true), abs(g.said - g.true).mean(), (g.said - g.true).mean()
    print(f"{name:10s}", local(f"{error:.2%}   {distance:.2%}   {excess:+.2%}", LANG))

# %% [markdown] pt
# Os dois menores são confiantes **de menos**; os outros, por pouco, demais. O menor quase diz a verdade na média, e em cada
# posição não a sabe: calibração não é conhecimento. O `mini` tem quase as duas coisas.
#
# ## 7 · O GPT-2 de verdade
#
# O mesmo código lê os pesos de verdade. Eles não vêm com a lição: se já estão neste computador, são usados; se não, a função
# diz o que fazer. Primeiro, o modelo lá de cima:

# %% [markdown] en
# The two smallest are **underconfident**; the others, by a little, overconfident. The smallest nearly tells the truth
# on average, but does not know it at each position: calibration is not knowledge. `mini` comes close to both.
#
# ## 7 · The real GPT-2
#
# The same code reads the real weights. They do not come with the lesson: if they are on this computer, they are used; if not, the
# function says what to do. First, the model at the top of this notebook:

# %%
from mini_gpt.lesson.checkup import is_here
from mini_gpt.lesson.exams import write


def show(name):
    if is_here(name, LANG):
        reader = mini_gpt.load(name)
        asked = [spelled(prompt, reader) for prompt in prompts]
        for prompt, said in zip(asked, write(reader, asked)):
            print(f"{prompt}\n    → {said.text}")


# %%
prompts = [
    "leo compra um mapa na praça . ele dá o mapa para sara . pergunta : quem tem o mapa ? resposta :",  # pt
    "em português : leo dá o mapa para sara . em inglês :",  # pt
    "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :",  # en
    "in english : leo gives the map to sara . in portuguese :",  # en
]
show(MODEL)

# %% [markdown] pt
# Os mesmos prompts no GPT-2, que nunca viu a cidade e leu quase só inglês (o artigo tirou do WebText as páginas em outras
# línguas):

# %% [markdown] en
# The same prompts on GPT-2, which has never seen the town and has read hardly anything but English (the paper removed pages
# in other languages from WebText):

# %% tags=["nbval-ignore-output"]
show("gpt2")

# %% [markdown] pt
# O `mini` acerta porque a cidade é pequena e ele leu muito dela. Os nossos modelos mostram **mecanismos**: atenção, cache,
# calibração, perda em função do tamanho. Não mostram as **capacidades** do GPT-2.
#
# E mais escala? Os resultados do artigo, do menor ao maior GPT-2:

# %% [markdown] en
# `mini` is right because the town is small and it has read much of it. Our models show **mechanisms**: attention, the cache,
# calibration, loss against size. They do not show GPT-2's **abilities**.
#
# And more scale? The paper's results, from the smallest GPT-2 to the largest:

# %%
figures.saturation_figure(LANG)

# %% [markdown] pt
# As perplexidades ainda caíam no maior. E no WebText as perdas de treino e de teste caem juntas (figura 4 do artigo): até o
# maior estava **subajustado** (*underfit*). Ali ninguém conhece o piso; aqui, sim.

# %% [markdown] en
# The perplexities were still falling at the largest. And on WebText the loss falls together on training and test text
# (figure 4 of the paper): even the largest **underfits** its data. There, nobody knows the floor; here, we do.

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
# - Os parâmetros se contam à mão: V·C + T·C + L·(12·C² + 13·C) + 2·C. Cabeças não somam nada; a saída usa os pesos do embedding.
# - Ler um token custa cerca de 2·N FLOPs; treinar com ele, 6·N. O cache troca operações por memória: 2·L·C números por token.
# - A perda cai com o tamanho em direção a um piso. Sem conhecer o piso, não se sabe o que falta.
# - Calibrado não quer dizer sábio: um modelo pode estar certo na média e perdido em cada posição.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_10.py`](../../mini_gpt/lesson/exercises/lesson_10.py).
#
# [Agora vá para 11 Textos de verdade](11_real_text.ipynb), ou siga aqui, para ir além.

# %% [markdown] en
# ## What to take with you
#
# - Parameters can be counted by hand: V·C + T·C + L·(12·C² + 13·C) + 2·C. Heads add nothing; the output uses the embedding's
#   weights.
# - Reading a token costs about 2·N FLOPs; training on it, 6·N. The cache trades operations for memory: 2·L·C numbers for
#   each token.
# - Loss falls with size towards a floor. Without knowing the floor, one cannot tell what is missing.
# - Calibrated does not mean wise: a model can be right on average and lost at each position.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_10.py`](../../mini_gpt/lesson/exercises/lesson_10.py).
#
# [Now go on to 11 Real text](11_real_text.ipynb), or stay here and go further.

# %% [markdown] pt
# ## Para ir além
#
# {minutes} · Quantas horas custa treinar um GPT-2, como se mede a calibração em textos de verdade, onde ninguém conhece a
# probabilidade verdadeira, e se os modelos pequenos preveem a perda de um maior.
#
# ## 8 · As operações e as horas
#
# Uma matriz de m × n faz m·n multiplicações e somas por token: **2 FLOPs por parâmetro**. A isso se somam os escores e a
# mistura dos valores, que dependem do contexto. O backward, que calcula os gradientes, custa o dobro do forward: um passo de treino
# custa três forwards. Para planejar, **6·N** por token chega perto (Kaplan et al. 2020):

# %% [markdown] en
# ## Going further
#
# {minutes} · How many hours it takes to train a GPT-2, how calibration is measured on real text, where nobody knows the true
# probability, and whether small models predict the loss of a larger one.
#
# ## 8 · The operations and the hours
#
# An m × n matrix does m·n multiplications and additions for a token: **2 FLOPs per parameter**. Add the scores and the
# mixing of the values, which depend on the context. The backward pass, which computes the gradients, costs twice the forward
# pass: a training step costs three forward passes. For planning, **6·N** per token comes close (Kaplan et al. 2020):

# %%
matrices = V * C + L * 12 * C * C
forward = 2 * matrices + L * 2 * (2 * T * C)  # escores e mistura: 2 x T x C cada  # pt
forward = 2 * matrices + L * 2 * (2 * T * C)  # scores and mixing: 2 x T x C each  # en
assert forward == sizes.forward_flops(gpt2) and 3 * forward == sizes.training_flops(gpt2)
print(f"{3 * forward / 1e6:.0f} MFLOP, 6 N: {6 * total(gpt2) / 1e6:.0f} MFLOP")

# %% [markdown] pt
# Vezes o número de tokens, é o treino inteiro. **Antes de rodar:** quantas vezes o treino do `mini` cabe no de um GPT-2
# pequeno com 10 bilhões de tokens?

# %% [markdown] en
# Times the number of tokens, that is the whole training. **Before you run this:** how many times does the training of
# `mini` fit into that of a small GPT-2 on 10 billion tokens?

# %%
from mini_gpt.lesson.recipes import RECIPES

recipe = RECIPES["mini"]
read = recipe.config.steps * recipe.batch_size * sum(map(len, documents)) / len(documents)  # tokens, cerca de  # pt
read = recipe.config.steps * recipe.batch_size * sum(map(len, documents)) / len(documents)  # tokens, about  # en
flops = [6 * total(recipe.model) * read, 6 * total(gpt2) * 10e9]
print(*(local(f"{each:.1e} FLOP", LANG) for each in flops), local(f"{flops[1] / flops[0]:,.0f} x", LANG))

# %% [markdown] pt
# O primeiro leva minutos num laptop. O segundo é um comando, num computador com oito GPUs, com o mesmo loop de treino. O número
# de passos vem do tamanho do lote do artigo:

# %% [markdown] en
# The first takes minutes on a laptop. The second is one command, on a computer with eight GPUs, with the same training loop.
# The number of steps follows from the paper's batch size:

# %%
batch = FACTS["architecture"]["batch_sequences"]
print(f"""torchrun --nproc-per-node 8 -m mini_gpt train --data data/fineweb --out runs/gpt2 --preset gpt2 \\
    --precision bfloat16 --compile --batch-size {batch} --micro-batch-size 32 --steps {10e9 / (batch * T):.0f}""")

# %% [markdown] pt
# Em escala pequena, no seu computador: `python -m mini_gpt train --data tokens --out run --preset nano`. De onde vêm os
# dados e o que esperar está em [`docs/train_gpt2.md`](../../docs/train_gpt2.md).
#
# ### Exercício 2 · as horas
#
# Retorne as **horas** de treino, a 6·N por token, num computador que faz no máximo `peak` FLOPs por segundo, dos quais
# se usa a fração `share`.

# %% [markdown] en
# On a small scale, on your computer: `python -m mini_gpt train --data tokens --out run --preset nano`. Where the data comes
# from and what to expect is in [`docs/train_gpt2.md`](../../docs/train_gpt2.md).
#
# ### Exercise 2 · the hours
#
# Return the **hours** of training, at 6·N per token, on a computer that does at most `peak` FLOPs a second, of which
# the share `share` is used.


# %%
def training_hours(parameters, tokens, peak, share):
    return ...


check("training_hours", training_hours, LANG)

# %% [markdown] pt
# Quer medir o tempo e a memória do cache no seu computador? Tire os `#` e rode; leva alguns segundos.

# %% [markdown] en
# Want to measure the cache's time and memory on your computer? Remove the `#` and run; it takes a few seconds.

# %%
# from mini_gpt.lesson.costs import GROWING_CONTEXT, costs
# figures.cost_figure(costs(*GROWING_CONTEXT), LANG)

# %% [markdown] pt
# ## 9 · Calibração sem a verdade
#
# ### Exercício 3 · o erro de calibração
#
# `said` e `true` são arrays do NumPy: o que o modelo diz de cada palpite, e a probabilidade verdadeira. Divida os palpites
# em dez faixas iguais, de 0 a 1, pelo que o modelo diz; em cada uma, tome a distância entre as médias de
# `said` e de `true`; retorne a média dessas distâncias, ponderada pelo número de palpites de cada faixa.

# %% [markdown] en
# ## 9 · Calibration without the truth
#
# ### Exercise 3 · the calibration error
#
# `said` and `true` are NumPy arrays: what the model says of each guess, and the true probability. Put the guesses into
# ten equal bins, from 0 to 1, by what the model says; return the distance between the means of `said` and of `true` in
# each bin, averaged over the bins, each weighted by its number of guesses.


# %%
def calibration(said, true):
    return ...


check("calibration", calibration, LANG)

# %% [markdown] pt
# Em texto real, no lugar da probabilidade verdadeira só há o que aconteceu: 1 ou 0. Quanto do erro medido assim é só acaso? Ao
# lado do de cada modelo, o da própria **verdade**:

# %% [markdown] en
# On real text, in place of the true probability there is only what happened: 1 or 0. How much of that error is chance alone?
# Beside each model's error against what happened, that of the **truth** itself:

# %%
for name, g in sure.items():
    print(f"{name:10s}", local(f"{calibration_error(g.said, g.came):.2%}   {calibration_error(g.true, g.came):.2%}", LANG))

# %% [markdown] pt
# Nos maiores, a maior parte: é preciso muito texto para que o acaso não pareça um defeito.
#
# E em bits: quanto o modelo **espera** pagar por token (a entropia do que ele diz) e quanto **paga** (a perda).

# %% [markdown] en
# In the larger ones, most of it: it takes a lot of text before chance stops looking like a fault.
#
# And in bits: what the model **expects** to pay for a token (the entropy of what it says) and what it **pays** (the loss).

# %%
for name, g in sure.items():
    print(f"{name:10s}", local(f"{g.entropy.mean():.3f}   {losses[name][1]:.3f}", LANG))

# %%
pairs = {name: (sure[name].entropy, sure[name].true_entropy) for name in ("tiny-5k", "mini")}
figures.calibration_figure(pairs, LANG, "entropy")

# %% [markdown] pt
# Os dois menores esperam pagar mais do que pagam: de novo, confiança de menos. Onde o `tiny-5k` hesita entre muitas palavras
# (à direita no quadro), a cidade muitas vezes já está decidida (embaixo): a dúvida é dele, não da língua. No `mini`, a
# dúvida que sobra é quase toda da língua.

# %% [markdown] en
# The two smallest expect to pay more than they pay: underconfidence again. Where `tiny-5k` wavers among many words (on the
# right), the town has often made up its mind (at the bottom): the doubt is its own, not the language's. In `mini`, what doubt
# is left is almost all the language's.

# %% [markdown] pt
# ## 10 · Leis de escala
#
# Quanto um modelo maior vai pagar, antes de treiná-lo? Em modelos de linguagem de verdade, a perda segue de perto uma **potência** do tamanho:
#
# | | o que mediram | o que acharam |
# |---|---|---|
# | Kaplan e colegas, 2020 | parâmetros fora dos embeddings, dados e operações, um de cada vez | potências, retas em escala log-log, por mais de sete ordens de grandeza |
# | Hoffmann e colegas, 2022 | parâmetros N e tokens D, juntos | E + A/N^α + B/D^β, com um piso E; para um dado custo, N e D crescem juntos, cerca de 20 tokens por parâmetro |
#
# A potência vale para o que fica **acima do piso**. Eles estimam o piso a partir do ajuste; aqui ele é conhecido. Os nossos seis, sem as tabelas
# de tokens e de posições:

# %% [markdown] en
# ## 10 · Scaling laws
#
# How much will a larger model pay, before one trains it? In models of real language the loss closely follows a **power** of the size:
#
# | | what they measured | what they found |
# |---|---|---|
# | Kaplan and colleagues, 2020 | parameters outside the embeddings, data and operations, one at a time | powers, straight lines on log-log scales, over more than seven orders of magnitude |
# | Hoffmann and colleagues, 2022 | parameters N and tokens D, together | E + A/N^α + B/D^β, with a floor E; for a given cost, N and D grow together, about 20 tokens per parameter |
#
# The power holds for what is **above the floor**. They estimate it from the fit; here it is known. Our six, without their tables:

# %%
import numpy as np

points = {}
for name, each in ladder.items():
    n_inner = sum([*sizes.parameters(each.config).values()][2:])
    points[name] = n_inner, losses[name][1] - floor
    print(f"{name:10s}", local(f"{n_inner:8,}   {points[name][1]:.4f}", LANG))

# %% [markdown] pt
# Na escala log-log, uma potência é uma reta: mínimos quadrados nos logaritmos. Fica de fora o `nano`, que a reta deve prever. **Antes de
# rodar:** a previsão é melhor com a reta dos outros cinco, ou só com a dos três maiores?

# %% [markdown] en
# On log-log scales a power is a straight line: least squares on the logarithms. We leave out `nano`, for the line to predict. **Before you
# run this:** is the prediction better by the line of the other five, or only by that of the three largest?

# %%
HELD_OUT = "nano"
n, measured = points[HELD_OUT]
known = [points[name] for name in points if name != HELD_OUT]


def power_law(some):
    N, excess = np.array(some).T
    exponent, start = np.polyfit(np.log(N), np.log(excess), 1)
    return N[0], np.exp(start), exponent


# %%
laws = [power_law(known), power_law(known[2:])]
for first, factor, exponent in laws:
    print(local(f"{first:8,.0f} →   N^{exponent:.2f}   {factor * n**exponent:.4f} / {measured:.4f}", LANG))
figures.power_law_figure(points, laws, HELD_OUT, LANG)

# %% [markdown] pt
# Cada linha: a partir de que tamanho se ajustou, o expoente, e o previsto ao lado do medido. Com os cinco a reta erra mais: entre `tiny-12k`
# e `tiny-43k` a perda despenca, e uma reta só não serve para os dois lados. De `tiny-43k` em diante ela serve melhor. Uma lei de escala vale
# **numa faixa**, e fora dela não promete nada.
#
# E o que esta figura não mostra: três pontos quase sempre parecem uma reta; nenhum dos modelos foi treinado até o fim; os documentos são os
# mesmos, e só o `mini` leu mais (ponha `HELD_OUT = "mini"`). O expoente também não se compara com o dos artigos: outra língua, outra faixa.

# %% [markdown] en
# On each line: the size from which it was fitted, the exponent, and what it predicts beside what was measured. With all five it is further off: between `tiny-12k` and `tiny-43k` the loss plunges, and one line does not serve both sides. From `tiny-43k` on, it does better. A scaling law holds **over a range**, and promises nothing outside it.
#
# What it does not show: three points nearly always look like a line; none of the models was trained to the end; the documents
# are the same, and only `mini` has read more (set `HELD_OUT = "mini"`). Nor does the exponent compare with the papers': another language and range.
