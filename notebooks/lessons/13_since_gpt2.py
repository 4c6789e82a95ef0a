# %% [markdown] pt
# # 13 · Depois do GPT-2
#
# **Ao final, você** terá feito à mão quatro partes em que os modelos de hoje diferem do GPT-2: RMSNorm, RoPE, SwiGLU e GQA; saberá o que
# dá errado quando os pesos de um RoPE são lidos como os de outro; e lerá, com intervalos, uma tabela que diz se elas ajudam na
# cidade.
#
# {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 13 · Since GPT-2
#
# **By the end, you** will have made by hand four parts in which today's models differ from GPT-2: RMSNorm, RoPE, SwiGLU and GQA;
# know what goes wrong when the weights of one RoPE are read as those of another; and read a table, with intervals, that says
# whether they help in the town.
#
# {minutes} · **[glossary](glossary.ipynb)**

# %%
import math

import torch
import torch.nn.functional as F
from torch.testing import assert_close

from mini_gpt import generate, sizes
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.modern import ModernConfig, ModernGPT, rotate
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.words import local

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# O GPT-2 é de 2019. Os modelos abertos de hoje ainda são uma pilha de blocos com atenção e MLP, e um fluxo residual que
# atravessa todos (lição 04). O Llama (Touvron e colegas, 2023) troca três peças, e o Llama 2, nos modelos maiores, mais uma; quase
# todos os que vieram depois fazem o mesmo. Vamos uma a uma, cada uma ao lado da peça do GPT-2.
#
# ## 1 · RMSNorm
#
# O LayerNorm subtrai a média e divide pelo desvio padrão. A **RMSNorm** (Zhang e Sennrich, 2019) só divide, pela raiz da média
# dos quadrados (*root mean square*). Depois há um peso por número, e nenhum bias.

# %% [markdown] en
# GPT-2 is from 2019. Today's open models are still a stack of blocks with attention and an MLP, and a residual stream that
# runs through all of them (lesson 04). Llama (Touvron et al. 2023) replaces three parts, and Llama 2, in its larger models, one more;
# nearly all that came later do the same. We take them one at a time, each beside the part of GPT-2.
#
# ## 1 · RMSNorm
#
# LayerNorm subtracts the mean and divides by the standard deviation. **RMSNorm** (Zhang and Sennrich 2019) only divides, by
# the root of the mean of the squares. After that comes one weight per number, and no bias.

# %%
row = torch.tensor([1.0, 2.0, 3.0, 10.0])
by_hand = row / (row.square().mean() + 1e-5).sqrt()
assert_close(by_hand, F.rms_norm(row, (4,), eps=1e-5))
print(by_hand)

# %% [markdown] pt
# **Antes de rodar:** o LayerNorm não muda se todos os números forem 10 vezes maiores, nem se todos ganharem 5. E a RMSNorm?

# %% [markdown] en
# **Before you run this:** LayerNorm does not change if all numbers are 10 times as large, nor if 5 is added to all. And
# RMSNorm?

# %%
print(F.rms_norm(10 * row, (4,), eps=1e-5))
print(F.rms_norm(row + 5, (4,), eps=1e-5))

# %% [markdown] pt
# A escala ela desfaz; o deslocamento, não. O modelo aprende a viver com isso, e cada norma faz menos contas.
#
# ### Exercício 1 · RMSNorm
#
# `x` (T, C) tem um token por linha; `weight` tem C números. Retorne `x` normalizado, com 1e-5 dentro da raiz, vezes `weight`.

# %% [markdown] en
# It undoes the scale, but not the shift. The model learns to live with that, and each norm does less arithmetic.
#
# ### Exercise 1 · RMSNorm
#
# `x` (T, C) has a token in each row; `weight` has C numbers. Return `x` normalised, with 1e-5 inside the root, times `weight`.


# %%
def rms_norm(x, weight):
    return ...


check("rms_norm", rms_norm, LANG)

# %% [markdown] pt
# ## 2 · RoPE
#
# O GPT-2 soma ao embedding um vetor aprendido para cada posição. O **RoPE** (*rotary position embedding*, Su e colegas, 2021) não
# soma nada: na atenção, **gira** as consultas e as chaves, por um ângulo que cresce com a posição. Um par de números é um ponto
# no plano, e girá-lo é isto:

# %% [markdown] en
# ## 2 · RoPE
#
# GPT-2 adds a learned vector for each position to the embedding. **RoPE** (rotary position embedding, Su et al. 2021) adds
# nothing: in attention, it **turns** queries and keys by an angle that grows with the position. A pair of numbers is a point in
# the plane, and this is how to turn it:


# %%
def turn(pair, angle):
    a, b = pair
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.tensor([a * cos - b * sin, a * sin + b * cos])


print(turn((1.0, 0.0), math.pi / 2).round(decimals=4))  # um quarto de volta  # pt
print(turn((1.0, 0.0), math.pi / 2).round(decimals=4))  # a quarter of a turn  # en

# %% [markdown] pt
# A consulta da posição t gira t radianos; a chave da posição s, s radianos. **Antes de rodar:** o escore muda de uma linha para
# outra? A distância t − s é sempre 2.

# %% [markdown] en
# The query at position t turns by t radians, the key at position s by s radians. **Before you run this:** does the score change
# from one line to the next? The distance t − s is always 2.

# %%
query, key = (0.5, 1.0), (2.0, -1.0)
for t, s in ((2, 0), (7, 5), (100, 98)):
    print(t, s, round(float(turn(query, t) @ turn(key, s)), 4))

# %% [markdown] pt
# É o mesmo: o produto escalar depende dos comprimentos e do ângulo **entre** os dois vetores, e os dois giraram juntos. O escore
# só vê a distância. Os valores não giram: a posição diz para onde olhar, e não o que se leva de lá.
#
# Um par só não basta: depois de uma volta (2π ≈ 6,3 posições), 0 e 6 quase se confundem. Por isso cada par de uma cabeça gira a
# uma velocidade. Quantas posições leva uma volta de cada um dos 12 pares do `nano` (D = 24)?

# %% [markdown] en
# It is the same: the dot product depends on the lengths and on the angle **between** the two vectors, and both have turned
# together. The score sees only the distance. Values are not turned: the position says where to look, not what to take from
# there.
#
# One pair is not enough: after a full turn (2π ≈ 6.3 positions), 0 and 6 are nearly the same. So each pair of a head turns at a
# speed of its own. How many positions does a full turn take, for each of the 12 pairs of `nano` (D = 24)?

# %%
D = NANO.d_head
speeds = 10_000 ** (-torch.arange(0, D, 2) / D)  # radianos por posição  # pt
speeds = 10_000 ** (-torch.arange(0, D, 2) / D)  # radians per position  # en
print([round(each) for each in (2 * torch.pi / speeds).tolist()])

# %% [markdown] pt
# Os pares rápidos distinguem vizinhos; os lentos, começo e fim de um texto longo.
#
# ### Exercício 2 · girar uma cabeça
#
# `x` (T, D) tem as consultas de uma cabeça, uma posição por linha, a partir da 0. Os pares são os números i e i + D/2; o par i
# gira `speeds[i]` radianos por posição. Retorne `x` girado. (`x.chunk(2, -1)` dá as duas metades.)

# %% [markdown] en
# The fast pairs tell neighbours apart; the slow ones, the beginning and the end of a long text.
#
# ### Exercise 2 · turning a head
#
# `x` (T, D) has the queries of a head, one position per row, from position 0. The pairs are the numbers i and i + D/2; pair i
# turns by `speeds[i]` radians per position. Return `x` turned. (`x.chunk(2, -1)` gives the two halves.)


# %%
def rope(x, speeds):
    return ...


check("rope", rope, LANG)

# %% [markdown] pt
# `rotate`, de `modern.py`, faz o mesmo. O segundo par da posição 5:

# %% [markdown] en
# `rotate`, in `modern.py`, does the same. The second pair of position 5:

# %%
x = torch.randn(6, D, generator=torch.Generator().manual_seed(0))
second = [1, 1 + D // 2]
assert_close(rotate(x)[5, second], turn(x[5, second].tolist(), 5 * speeds[1].item()))

# %% [markdown] pt
# E quem é o par de quem? No artigo e nos pesos que a Meta publica, 2i e 2i + 1; no `transformers`, i e i + D/2. As duas escolhas
# são boas, mas ela **pertence aos pesos**. **Antes de rodar:** os mesmos pesos, lidos com a outra, dão um erro?

# %% [markdown] en
# And which number is paired with which? In the paper and in the weights that Meta publishes, 2i with 2i + 1; in `transformers`,
# i with i + D/2. Either choice is good, but it **belongs to the weights**. **Before you run this:** do the same weights, read with
# the other choice, raise an error?

# %%
small = {"vocab_size": 50, "context_length": 64, "n_layer": 2, "n_head": 4, "n_kv_head": 2, "d_model": 32}
torch.manual_seed(0)
halves = ModernGPT(ModernConfig(**small, rope_layout="halves")).double().requires_grad_(False)
for parameter in halves.parameters():
    parameter.mul_(3)  # um modelo novo quase não distingue o que lê  # pt
    parameter.mul_(3)  # a new model hardly tells apart what it reads  # en
pairs = ModernGPT(ModernConfig(**small, rope_layout="pairs")).double().requires_grad_(False)
print(pairs.load_state_dict(halves.state_dict()))

# %%
ids = torch.randint(50, (1, 40), generator=torch.Generator().manual_seed(1))
same = halves(ids).argmax(-1) == pairs(ids).argmax(-1)
print("mesma palavra mais provável:", f"{same.double().mean():.0%}")  # pt
print("same most likely word:", f"{same.double().mean():.0%}")  # en

# %% [markdown] pt
# Nenhum erro, e outro modelo: nem `load_state_dict` nem os shapes percebem. É o engano clássico de quem converte pesos. O remédio:
# reordenar as linhas das matrizes de consultas e chaves, para que cada par caia nos lugares em que a outra escolha o procura.

# %% [markdown] en
# No error, and another model: neither `load_state_dict` nor the shapes notice. It is the classic mistake of converting weights.
# The cure: reorder the rows of the matrices of queries and keys, so that each pair lands where the other choice looks for it.

# %%
order = torch.arange(8).view(2, 4).T.flatten()  # 0 4 1 5 2 6 3 7: i e i + D/2 ficam lado a lado  # pt
order = torch.arange(8).view(2, 4).T.flatten()  # 0 4 1 5 2 6 3 7: i and i + D/2 side by side  # en
for block in pairs.blocks:
    heads = block.attention.qkv.weight.view(-1, 8, 32)  # 4 de consultas, 2 de chaves, 2 de valores  # pt
    heads = block.attention.qkv.weight.view(-1, 8, 32)  # 4 of queries, 2 of keys, 2 of values  # en
    heads[:6] = heads[:6, order]
assert_close(pairs(ids), halves(ids))

# %% [markdown] pt
# Sem tabela de posições, nada limita o contexto, mas ângulos que o treino nunca mostrou também não foram aprendidos: estender o
# contexto de um modelo pede mais treino (Chen e colegas, 2023).
#
# ## 3 · SwiGLU
#
# A MLP do GPT-2 vai de C a 4·C números, aplica a GELU e volta. Na **SwiGLU** (Shazeer, 2020), duas matrizes vão de C à largura de
# dentro: o que uma calcula, a outra deixa passar, número por número, como uma comporta (*gate*). A comporta passa pela SiLU,
# z · sigmoide(z).

# %% [markdown] en
# With no table of positions nothing limits the context, but angles that training never showed have not been learned either: to
# extend a model's context takes more training (Chen et al. 2023).
#
# ## 3 · SwiGLU
#
# GPT-2's MLP goes from C to 4·C numbers, applies GELU and goes back. In **SwiGLU** (Shazeer 2020), two matrices go from C to the
# width inside: what one of them computes, the other lets through, number by number, like a gate. The gate goes through SiLU,
# z · sigmoid(z).

# %%
z = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0])
assert_close(z * z.sigmoid(), F.silu(z))
gate, value = torch.tensor([-4.0, 0.0, 4.0]), torch.tensor([1.0, 1.0, 1.0])
print(F.silu(gate) * value)  # fechada, fechada, aberta  # pt
print(F.silu(gate) * value)  # shut, shut, open  # en

# %% [markdown] pt
# Três matrizes em vez de duas: para o mesmo número de parâmetros, a largura de dentro cai de 4·C para 8/3·C.

# %% [markdown] en
# Three matrices in place of two: for the same number of parameters, the width inside falls from 4·C to 8/3·C.

# %%
C = 96
x = torch.randn(5, C, generator=torch.Generator().manual_seed(2))
mlp = ModernGPT(ModernConfig(**small | {"d_model": C})).blocks[0].mlp
assert_close(mlp(x), (F.silu(x @ mlp.gate.weight.T) * (x @ mlp.expand.weight.T)) @ mlp.project.weight.T)
print(tuple(mlp.gate.weight.shape), 3 * mlp.gate.weight.numel() == 2 * C * 4 * C)

# %% [markdown] pt
# ## 4 · GQA
#
# Escrever com cache (lição 10) guarda as chaves e os valores de cada cabeça. Na **GQA** (*grouped-query attention*, Ainslie e
# colegas, 2023), várias cabeças de consultas dividem as mesmas chaves e os mesmos valores. **Antes de rodar:** com 4 cabeças de
# consultas e 2 de chaves, o que encolhe: os escores ou o cache?

# %% [markdown] en
# ## 4 · GQA
#
# Writing with a cache (lesson 10) keeps the keys and values of each head. In **GQA** (grouped-query attention, Ainslie et al.
# 2023), several heads of queries share the same keys and values. **Before you run this:** with 4 heads of queries and 2 of keys,
# which gets smaller: the scores or the cache?

# %%
q, k = torch.randn(4, 10, 8), torch.randn(2, 10, 8)  # (H, T, D), (H_kv, T, D)
shared = k.repeat_interleave(2, dim=0)  # cabeças 0 e 1 leem as chaves 0; 2 e 3, as chaves 1  # pt
shared = k.repeat_interleave(2, dim=0)  # heads 0 and 1 read keys 0; heads 2 and 3, keys 1  # en
print("escores", tuple((q @ shared.mT).shape), "cache", tuple(k.shape))  # pt
print("scores", tuple((q @ shared.mT).shape), "cache", tuple(k.shape))  # en

# %% [markdown] pt
# Só o cache: cada cabeça ainda faz os seus escores. O maior Llama 2 tem 80 camadas, 64 cabeças de D = 128 e 8 de chaves (Touvron e
# colegas, 2023b). Um contexto de 4.096 tokens, em 16 bits:

# %% [markdown] en
# Only the cache: each head still makes its own scores. The largest Llama 2 has 80 layers, 64 heads of D = 128, and 8 of keys
# (Touvron et al. 2023b). A context of 4,096 tokens, in 16 bits:

# %%
for n_kv_head in (64, 8):
    llama = ModernConfig(context_length=4096, n_layer=80, n_head=64, n_kv_head=n_kv_head, d_model=8192)
    print(n_kv_head, local(f"{sizes.cache_bytes(llama, 4096, 2) / 1e9:.1f} GB", LANG))

# %% [markdown] pt
# Por texto: com oito leitores ao mesmo tempo, oito vezes isso, ao lado dos pesos.
#
# ### Exercício 3 · o cache
#
# Quantos **bytes** guarda o cache de `tokens` tokens? Cada número ocupa `number` bytes. Não esqueça os valores.

# %% [markdown] en
# That is per text: with eight readers at once, eight times as much, beside the weights.
#
# ### Exercise 3 · the cache
#
# How many **bytes** does the cache of `tokens` tokens hold? Each number takes `number` bytes. Remember the values.


# %%
def cache_size(n_layer, n_kv_head, d_head, tokens, number):
    return ...


check("cache_size", cache_size, LANG)

# %% [markdown] pt
# ## 5 · O modelo inteiro
#
# Abra [`modern.py`](../../mini_gpt/lesson/modern.py) ao lado de [`model.py`](../../mini_gpt/model.py): só está lá o que difere. Mais
# duas coisas mudam: **nenhum bias**, e uma **saída própria**, que não é a tabela dos tokens. O resto é herdado, e o `generate` de
# sempre escreve com ele, com cache:

# %% [markdown] en
# ## 5 · The whole model
#
# Open [`modern.py`](../../mini_gpt/lesson/modern.py) beside [`model.py`](../../mini_gpt/model.py): only what differs stands there.
# Two more things change: **no biases**, and **a head of its own**, which is not the token table. The rest is inherited, and
# the usual `generate` writes with it, with a cache:

# %%
print(generate(halves, ids[:, :5], 8, temperature=0)[0].tolist())
print([name for name, _ in halves.blocks[0].named_parameters()])

# %% [markdown] pt
# Os testes do projeto carregam os pesos de um Llama do `transformers` neste modelo: os logits são iguais até 1e-5.
#
# ## Parte 2 · E ajuda?
#
# {minutes}. Cada mudança sozinha e todas juntas, treinadas na cidade. Aqui é um bom lugar para uma pausa.

# %% [markdown] en
# The project's tests load the weights of a Llama from `transformers` into this model: the logits are equal to 1e-5.
#
# ## Part 2 · Does it help?
#
# {minutes}. Each change alone and all of them together, trained in the town. Here is a good place for a break.

# %%
from mini_gpt.lesson.train_modern import RUNS, against_gpt2, curve, first_steps, shape, stored, with_interval

runs = stored()
names = {"no biases": "sem bias", "untied head": "saída própria", "all": "todas"}  # pt
names = {"all": "all of them"}  # en
print(len(RUNS), "x", len(runs) // len(RUNS))

# %% [markdown] pt
# ## 6 · Uma comparação justa
#
# Oito modelos do tamanho do `nano`, com os mesmos documentos e os mesmos passos: o GPT-2, cada mudança sozinha e todas juntas. Uma
# mudança que acrescenta parâmetros poderia vencer só por isso; aqui a largura da MLP compensa, e todos têm quase o mesmo
# número. Cada um foi treinado com cinco **sementes** (outro começo, outros documentos), porque o acaso do treino também muda a
# perda. Os treinos estão guardados; refaça o começo de um deles: 11 dos seus 250 passos, onde a barra para. **A perda é a mesma?**

# %% [markdown] en
# ## 6 · A fair comparison
#
# Eight models of `nano`'s size, with the same documents and the same steps: GPT-2, each change alone, and all of them. A change
# that adds parameters could win by that alone; here the width of the MLP makes up for it, and all have nearly the same number.
# Each was trained with five **seeds** (another start, other documents), since chance in training changes the loss, too. The
# trainings are stored; repeat the beginning of one of them: 11 of its 250 steps, where the bar stops. **Is the loss the same?**

# %%
again = curve(first_steps("all", seed=0, n=11))
[kept] = [each for each in runs if (each.change, each.seed) == ("all", 0)]
print([math.isclose(one, other, abs_tol=0.02) for one, other in zip(again, kept.curve)])

# %% [markdown] pt
# E um inteiro? Tire o `#` e rode: treina e mede, em um ou dois minutos. Os bits acima do piso devem ser quase os guardados.

# %% [markdown] en
# And a whole one? Remove the `#` and run it: it trains and measures, in a minute or two. The bits above the floor should be close
# to those that are stored.

# %%
# print(run("all", seed=0).above_floor, kept.above_floor)

# %% [markdown] pt
# **Antes de rodar:** bytes de cache por token, e bits por token acima do piso, a média das cinco sementes. Quem vence?

# %% [markdown] en
# **Before you run this:** bytes of cache per token, and bits per token above the floor, the mean of the five seeds. Which one
# wins?

# %%
for change in RUNS:
    mean, reach = with_interval([each.above_floor for each in runs if each.change == change])
    print(f"{names.get(change, change):14s}", sizes.cache_bytes(shape(change)), local(f"{mean:.4f} ± {reach:.4f}", LANG))

# %% [markdown] pt
# O ± é o **intervalo de 95%** da média, pela distribuição t de Student, feita para poucas amostras. Com cinco sementes ele é largo, e muitos se sobrepõem.
# Mas os treinos vêm aos pares: com a mesma semente, todos leem os mesmos documentos. Então compare **semente por semente** com o
# GPT-2, e o acaso que os dois têm em comum sai da conta. À esquerda do zero, a mudança paga menos.

# %% [markdown] en
# The ± is the **95 % interval** of the mean, by Student's t distribution, which is made for few samples. With five seeds it is wide, and many overlap. But the
# trainings come in pairs: with the same seed, all read the same documents. So compare with GPT-2 **seed by seed**, and the chance
# that both have in common drops out. On the left of zero, the change pays less.

# %%
differences = {names.get(each, each): against_gpt2(runs, each) for each in RUNS if each != "GPT-2"}
figures.differences_figure(differences, LANG)

# %% [markdown] pt
# A saída própria paga menos que o GPT-2; o RoPE e a SwiGLU pagam mais; as outras três não se distinguem do acaso. Todas juntas
# pagam mais, com a metade do cache. **Por quê?** Só hipóteses: na cidade, muita coisa está sempre na mesma posição, e o `mini` aprende
# a copiar **da posição** (lição 12), que o RoPE esconde dele. E a SwiGLU multiplica dois números pequenos. **Antes de rodar:** antes
# do treino, com o começo do GPT-2 (desvio 0,02), quantas vezes menor é o que a MLP soma?

# %% [markdown] en
# The head of its own pays less than GPT-2; RoPE and SwiGLU pay more; the other three cannot be told apart from chance. All of them
# together pay more, with half the cache. **Why?** These are only hypotheses: in the town, many things stand at the same position
# every time, and `mini` learns to copy **from the position** (lesson 12), which RoPE hides from it. And SwiGLU multiplies two small
# numbers. **Before you run this:** before training, with GPT-2's start (deviation 0.02), how many times smaller is what the MLP adds?

# %%
torch.manual_seed(0)
x = torch.randn(1000, NANO.d_model)
for change in ("GPT-2", "SwiGLU"):
    with torch.no_grad():
        print(f"{change:8s}", local(f"{ModernGPT(shape(change)).blocks[0].mlp(x).std():.4f}", LANG))

# %% [markdown] pt
# A SwiGLU larga quase desligada, e os passos são poucos. Com mais passos a ordem pode ser outra. Para ver, no terminal, algumas
# horas: `python -m mini_gpt.lesson.train_modern --steps 1000 --out mais.json`.
#
# ### Exercício 4 · o que se distingue do acaso
#
# `differences` leva de cada nome a (média, alcance do intervalo). Retorne a lista dos nomes cujo intervalo **não** contém o zero,
# na ordem.

# %% [markdown] en
# SwiGLU starts almost switched off, and the steps are few. With more of them the order may be different. To see, in a terminal, in
# a few hours: `python -m mini_gpt.lesson.train_modern --steps 1000 --out longer.json`.
#
# ### Exercise 4 · what can be told apart from chance
#
# `differences` goes from each name to (mean, reach of the interval). Return the list of names whose interval does **not** hold
# zero, in order.


# %%
def told_apart(differences):
    return ...


check("told_apart", told_apart, LANG)

# %% [markdown] pt
# ## 7 · O que isto não diz
#
# Que uma ordem vista aqui vale em outro lugar. O modelo é 300 vezes menor que o menor GPT-2, a língua tem 478 palavras, os textos
# são curtos, e o treino também. O RoPE e a GQA servem sobretudo a contextos longos, que aqui não existem. Narang e colegas (2021)
# treinaram dezenas de mudanças num modelo maior: a maioria não ajudou; entre as que ajudaram estavam a RMSNorm e as MLPs com
# comporta. E algumas mudanças não querem menos bits: a GQA quer um cache menor; a RMSNorm, menos contas.

# %% [markdown] en
# ## 7 · What this does not say
#
# That an order seen here holds elsewhere. The model is 300 times smaller than the smallest GPT-2, the language has 478 words, the
# texts are short, and so is the training. RoPE and GQA serve long contexts above all, of which there are none here. Narang et al.
# (2021) trained dozens of changes in a larger model: most did not help; among those that did were RMSNorm and gated MLPs. And
# some changes are not after fewer bits: GQA wants a smaller cache; RMSNorm, less arithmetic.

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
# - O maior Llama 2 é o GPT-2 com quatro peças trocadas; o bloco, o fluxo residual e o treino são os mesmos.
# - O RoPE põe a posição no ângulo entre consulta e chave: o escore só vê a distância. Que números formam um par pertence aos pesos.
# - A GQA encolhe o cache, que é o que pesa quando muitos leem ao mesmo tempo.
# - Uma comparação iguala parâmetros e dados, repete com outras sementes e mostra intervalos.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_13.py`](../../mini_gpt/lesson/exercises/lesson_13.py).
#
# [Agora vá para 14 Do texto às respostas](14_from_text_to_answers.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - The largest Llama 2 is GPT-2 with four parts replaced; the block, the residual stream and the training are the same.
# - RoPE puts the position into the angle between query and key: the score sees only the distance. Which numbers form a pair belongs
#   to the weights.
# - GQA makes the cache smaller, which is what counts when many read at once.
# - A comparison keeps parameters and data equal, repeats with other seeds, and shows intervals.
#
# The solutions to the exercises are in [`mini_gpt/lesson/exercises/lesson_13.py`](../../mini_gpt/lesson/exercises/lesson_13.py).
#
# [Now go on to 14 From text to answers](14_from_text_to_answers.ipynb)
