# %% [markdown] pt
# # 10 · Do mini ao GPT-2
#
# **Ao final, você** vai contar à mão os parâmetros dos quatro GPT-2, mexer nos tamanhos e prever o que muda, saber
# quanto custa treinar e por que existe o cache, ver a perda cair com o tamanho até perto de um piso conhecido, medir se
# um modelo **sabe o que não sabe** e rodar o GPT-2 de verdade com o mesmo código.
#
# Slides: contribuição; ainda não saturou; nossos modelos humildes; o modelo sabe o que não sabe? · 60 minutos

# %% [markdown] en
# # 10 · From mini to GPT-2
#
# **At the end you** will have counted the parameters of the four GPT-2s by hand, changed the sizes and predicted what
# follows, know what training costs and why there is a cache, have seen the loss fall with size to near a known floor,
# measured whether a model **knows what it does not know**, and run the real GPT-2 with the same code.
#
# Slides: contribution; not saturated yet; our humble models; does the model know what it does not know? · 60 minutes

# %%
import math
from dataclasses import replace

import torch

import mini_gpt
from mini_gpt import GPTConfig, sizes
from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.calibration import calibration_error, guesses
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.checkup import in_cache
from mini_gpt.lesson.recipes import RECIPES, SHAPES
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, held_out_documents

# %%
from mini_gpt.lesson.words import local

LANG = "pt"  # pt
LANG = "en"  # en
mini, town = mini_gpt.load("mini"), Town()
end = town.tokenizer.end_of_text
documents = held_out_documents(town, 500, "lesson 08")

# %% [markdown] pt
# ## 1 · Contar
#
# `mini` e o GPT-2 são a mesma classe; mudam cinco números: o vocabulário V, o contexto T, as camadas L, a largura C e
# as cabeças. Cada bloco tem quatro matrizes C × C (consultas, chaves, valores, projeção), uma MLP que vai a 4·C e
# volta, os bias de todas elas e duas normalizações; há mais uma no fim. A saída não conta: ela usa os pesos da tabela
# de tokens (pesos compartilhados, *weight tying*).
#
# **Antes de rodar:** no menor GPT-2, o que tem mais parâmetros: a atenção, a MLP ou a tabela de tokens?

# %% [markdown] en
# ## 1 · Counting
#
# `mini` and GPT-2 are the same class; five numbers differ: the vocabulary V, the context T, the layers L, the width C,
# and the heads. Each block has four C × C matrices (queries, keys, values, projection), an MLP that goes to 4·C and
# back, the biases of all these, and two norms; there is one more norm at the end. The head does not count: it uses the
# weights of the token table (*weight tying*).
#
# **Before you run this:** in the smallest GPT-2, which has most parameters: attention, the MLP, or the token table?

# %%
gpt2 = GPTConfig.preset("gpt2")
V, T, L, C = gpt2.vocab_size, gpt2.context_length, gpt2.n_layer, gpt2.d_model
by_hand = {
    "token embedding": V * C,
    "position embedding": T * C,
    "attention": L * (4 * C * C + 4 * C),
    "MLP": L * (C * 4 * C + 4 * C + 4 * C * C + C),
    "norms": (2 * L + 1) * 2 * C,
}
assert by_hand == sizes.parameters(gpt2)
{part: local(f"{count / sum(by_hand.values()):.1%}", LANG) for part, count in by_hand.items()}

# %% [markdown] pt
# As cabeças não entram na conta: elas **dividem** a largura entre si e não somam nada. A conta confere também com um
# modelo que temos aqui; a última linha diz quantas vezes o GPT-2 é maior que ele:

# %% [markdown] en
# The heads are not in the sum: they **split** the width among themselves and add nothing. The sum also holds for a
# model that we have here; the last line tells how many times larger GPT-2 is:


# %%
def total(config):
    return sum(sizes.parameters(config).values())


assert total(mini.config) == sum(parameter.numel() for parameter in mini.parameters())
print(local(f"{total(gpt2):,} / {total(mini.config):,} = {total(gpt2) / total(mini.config):.0f}", LANG))

# %% [markdown] pt
# Agora os quatro do artigo. **Antes de rodar:** o artigo chama o menor de “117M”. A nossa conta dá o mesmo?

# %% [markdown] en
# Now the paper's four. **Before you run this:** the paper calls the smallest “117M”. Does our count agree?

# %%
for size in FACTS["sizes"]["rows"]:
    config = GPTConfig.preset(size["preset"])
    assert total(config) == size["parameters"]
    tokens = sizes.parameters(config)["token embedding"] / total(config)
    print(local(f"{size['paper']:>5s} {total(config):>13,} {config.n_layer:3d} x {config.d_model:4d}   {tokens:.0%}", LANG))

# %% [markdown] pt
# Não: os nomes do artigo contam de menos, e o repositório do GPT-2 avisou depois. A última coluna é a fração da tabela
# de tokens: no menor, quase um terço; no maior, quase tudo são os blocos, que crescem com L·C².
#
# ### Exercício 1 · os parâmetros
#
# Retorne o número de parâmetros de um GPT com vocabulário `V`, contexto `T`, `L` camadas e largura `C`: com bias, MLP
# de largura 4·C e pesos compartilhados entre a saída e o embedding.

# %% [markdown] en
# No: the paper's names count too few, as GPT-2's repository said later. The last column is the share of the token
# table: almost a third in the smallest; in the largest, nearly all are blocks, which grow with L·C².
#
# ### Exercise 1 · the parameters
#
# Return the number of parameters of a GPT with vocabulary `V`, context `T`, `L` layers and width `C`: with biases, an
# MLP of width 4·C, and the head tied to the embedding.


# %%
def count_parameters(V, T, L, C):
    return ...


check("count_parameters", count_parameters, LANG)

# %% [markdown] pt
# ## 2 · Mexer nos tamanhos
#
# **Antes de mexer,** aposte: o que acontece com os parâmetros do GPT-2 se as camadas dobrarem? E a largura? As cabeças?
# O contexto? Depois mexa. Se a largura não for divisível pelas cabeças, o seletor ajusta as cabeças e avisa.

# %% [markdown] en
# ## 2 · Changing the sizes
#
# **Before you touch it,** bet: what happens to GPT-2's parameters if the layers double? And the width? The heads? The
# context? Then try. If the width does not divide by the heads, the dial adjusts the heads and says so.

# %%
from mini_gpt.lesson.widgets import ScaleDial

dial = ScaleDial("gpt2", LANG)
dial

# %% [markdown] pt
# As mesmas apostas em código: por quanto se multiplicam os parâmetros, as operações por token e os bytes de chaves e
# valores por token.

# %% [markdown] en
# The same bets in code: the factor on the parameters, on the operations for a token, and on the bytes of keys and
# values of a token.

# %%
doubled = {
    "2 x camadas": replace(gpt2, n_layer=2 * L),  # pt
    "2 x largura": replace(gpt2, d_model=2 * C),  # pt
    "2 x cabeças": replace(gpt2, n_head=2 * gpt2.n_head),  # pt
    "2 x contexto": replace(gpt2, context_length=2 * T),  # pt
    "2 x layers": replace(gpt2, n_layer=2 * L),  # en
    "2 x width": replace(gpt2, d_model=2 * C),  # en
    "2 x heads": replace(gpt2, n_head=2 * gpt2.n_head),  # en
    "2 x context": replace(gpt2, context_length=2 * T),  # en
}
for name, config in doubled.items():
    times = [cost(config) / cost(gpt2) for cost in (total, sizes.forward_flops, sizes.cache_bytes)]
    print(f"{name:13s}", *(local(f"{x:.2f}", LANG) for x in times))

# %% [markdown] pt
# Dobrar a largura quase quadruplica os blocos, mas só dobra o cache. Mais cabeças não custam parâmetros nem operações:
# cada uma fica mais estreita. O contexto quase não custa parâmetros; custa operações e, enquanto se escreve, memória
# (parte 4).
#
# ## 3 · As operações
#
# Uma matriz de m × n faz m·n multiplicações e somas por token: **2 FLOPs por parâmetro** de matriz (FLOP: uma operação
# aritmética). Some os escores e a mistura dos valores, que dependem do contexto. Um passo de treino custa cerca de três
# forwards (leituras): um forward e, no backward (a volta, que calcula os gradientes), duas multiplicações de matrizes
# para cada uma do forward.

# %% [markdown] en
# Twice the width makes the blocks almost four times as large, but the cache only twice. More heads cost neither
# parameters nor operations: each one gets narrower. Context costs hardly any parameters; it costs operations and, while
# writing, memory (part 4).
#
# ## 3 · The operations
#
# An m × n matrix does m·n multiplications and additions for a token: **2 FLOPs per parameter** of a matrix (FLOP: one
# arithmetic operation). Add the scores and the mixing of the values, which depend on the context. A training step costs
# about three forward passes: one forward pass and, in the backward pass, which computes the gradients, two matrix
# products for each one forward.

# %%
matrices = V * C + L * 12 * C * C
forward = 2 * matrices + L * 2 * (2 * T * C)  # escores e mistura: 2 x T x C cada  # pt
forward = 2 * matrices + L * 2 * (2 * T * C)  # scores and mixing: 2 x T x C each  # en
assert forward == sizes.forward_flops(gpt2) and 3 * forward == sizes.training_flops(gpt2)
print(f"{3 * forward / 1e6:.0f} MFLOP, 6 N: {6 * total(gpt2) / 1e6:.0f} MFLOP")

# %% [markdown] pt
# A fórmula **6·N·D** (N parâmetros, D tokens; Kaplan et al. 2020) fica perto e serve para planejar. **Antes de rodar:**
# quantas vezes o treino do `mini` cabe no de um GPT-2 pequeno com 10 bilhões de tokens?

# %% [markdown] en
# The formula **6·N·D** (N parameters, D tokens; Kaplan et al. 2020) comes close and will do for planning. **Before you
# run this:** how many times does the training of `mini` fit into that of a small GPT-2 on 10 billion tokens?

# %%
recipe = RECIPES["mini"]
per_document = sum(map(len, documents)) / len(documents)
runs = {
    "mini": (total(mini.config), recipe.config.steps * recipe.batch_size * per_document),
    "gpt2": (total(gpt2), 10e9),
}
for name, (N, D) in runs.items():
    print(local(f"{name:5s} N = {N:.1e}  D = {D:.1e}  6ND = {6 * N * D:.1e} FLOP", LANG))
print(local(f"{math.prod(runs['gpt2']) / math.prod(runs['mini']):,.0f} x", LANG))

# %% [markdown] pt
# O primeiro treino leva minutos num laptop. O segundo é um comando, num computador com oito GPUs, com o mesmo laço de
# treino. O número de passos vem do tamanho do lote do artigo:

# %% [markdown] en
# The first takes minutes on a laptop. The second is one command, on a computer with eight GPUs, with the same training
# loop. The number of steps follows from the paper's batch size:

# %%
batch = FACTS["architecture"]["batch_sequences"]
print(f"""torchrun --nproc-per-node 8 -m mini_gpt train --data data/fineweb --out runs/gpt2 --preset gpt2 \\
    --precision bfloat16 --compile --batch-size {batch} --micro-batch-size 32 --steps {10e9 / (batch * T):.0f}""")

# %% [markdown] pt
# Em escala pequena, no seu computador: `python -m mini_gpt train --data tokens --out run --preset nano`. De onde vêm os
# dados e o que esperar está em `docs/train_gpt2.md`.
#
# ### Exercício 2 · as horas
#
# Retorne as **horas** de treino, por 6·N·D, num computador que faz no máximo `peak` FLOPs por segundo, dos quais se usa
# a fração `share`.

# %% [markdown] en
# On a small scale, on your computer: `python -m mini_gpt train --data tokens --out run --preset nano`. Where the data
# comes from and what to expect is in `docs/train_gpt2.md`.
#
# ### Exercise 2 · the hours
#
# Return the **hours** of training, by 6·N·D, on a computer that does at most `peak` FLOPs a second, of which the share
# `share` is used.


# %%
def training_hours(parameters, tokens, peak, share):
    return ...


check("training_hours", training_hours, LANG)

# %% [markdown] pt
# ## 4 · Por que o cache
#
# Para escrever, o modelo lê o texto, sorteia um token e lê **tudo de novo** com um token a mais? As chaves e os valores
# do que já foi lido não mudam, porque nenhum token vê o futuro: basta guardá-los. **Antes de rodar:** depois de 3
# tokens, quantos o `mini` lê para escrever 20, sem o cache e com ele?

# %% [markdown] en
# ## 4 · Why the cache
#
# To write, does the model read the text, draw a token, and read **everything again** with one token more? The keys and
# values of what was read do not change, since no token sees the future: it is enough to keep them. **Before you run
# this:** after 3 tokens, how many does `mini` read to write 20, without the cache and with it?

# %%
start = torch.tensor([[end, *town.tokenizer.encode("ana compra")]])  # pt
start = torch.tensor([[end, *town.tokenizer.encode("ana buys")]])  # en


def write_and_count(use_cache):
    read = []
    hook = mini.blocks[0].register_forward_pre_hook(lambda block, inputs: read.append(inputs[0].size(1)))
    written = mini_gpt.generate(mini, start, 20, temperature=0, use_cache=use_cache)
    hook.remove()
    return written, sum(read)


# %%
(slow, all_again), (fast, once) = write_and_count(False), write_and_count(True)
assert torch.equal(slow, fast)
print(all_again, once)

# %% [markdown] pt
# Os tokens escritos são os mesmos. Sem cache, o que se lê cresce com o quadrado do que se escreve. Para um GPT-2
# pequeno que preenche o contexto inteiro, token a token, a conta é

# %% [markdown] en
# The tokens written are the same. Without a cache, what is read grows with the square of what is written. For a small
# GPT-2 that fills its whole context, token by token, it comes to

# %%
head = 2 * V * C  # só do último token se quer o próximo  # pt
head = 2 * V * C  # only the last token's next one is wanted  # en
cached = sum(sizes.forward_flops(gpt2, n) for n in range(1, T + 1))
again = sum(n * (sizes.forward_flops(gpt2, n) - head) + head for n in range(1, T + 1))
print(local(f"{again / 1e12:.1f} TFLOP / {cached / 1e12:.2f} TFLOP = {again / cached:.0f}", LANG))

# %% [markdown] pt
# O preço é memória. Quanta, você calcula:
#
# ### Exercício 3 · os bytes guardados
#
# Retorne quantos bytes ocupam, em float32, as chaves e os valores de `tokens` tokens num GPT de `L` camadas e largura
# `C`.

# %% [markdown] en
# The price is memory. You work out how much:
#
# ### Exercise 3 · the bytes that are kept
#
# Return how many bytes the keys and values of `tokens` tokens take in float32, in a GPT of `L` layers and width `C`.


# %%
def kept_bytes(L, C, tokens):
    return ...


check("kept_bytes", kept_bytes, LANG)

# %%
for name in ("mini", "gpt2", "gpt2-xl"):
    config = SHAPES[name]
    kept, weights = sizes.cache_bytes(config, config.context_length), sizes.weight_bytes(config)
    kept_and_all = f"{sizes.in_units(kept, 'B'):>9s} / {sizes.in_units(weights, 'B'):>8s} = {kept / weights:.0%}"
    print(f"{name:8s}{local(kept_and_all, LANG)}")

# %% [markdown] pt
# Isso por texto: quem atende dezesseis ao mesmo tempo guarda dezesseis caches, e com o `gpt2-xl` eles já passam dos
# pesos. Quer medir o tempo e a memória no seu computador? Tire o `#` e rode; leva alguns segundos.

# %% [markdown] en
# That is for one text: a server of sixteen at once keeps sixteen caches, and with `gpt2-xl` they outgrow the weights.
# Want to measure time and memory on your computer? Take off the `#` and run; it takes a few seconds.

# %%
# from mini_gpt.lesson.costs import GROWING_CONTEXT, costs
# figures.cost_figure(costs(*GROWING_CONTEXT), LANG)

# %% [markdown] pt
# ## 5 · Mais parâmetros, menos perda
#
# No artigo, a perda cai com o tamanho. E nos nossos? Cinco modelos leram os mesmos documentos da cidade; o `mini` leu
# mais. De cada um: parâmetros, camadas x largura, cabeças, documentos lidos. **Antes de rodar:** com dez vezes mais
# parâmetros, a perda cai pela metade?

# %% [markdown] en
# ## 5 · More parameters, less loss
#
# In the paper, the loss falls with size. And in ours? Five models read the same documents of the town; `mini` read
# more. For each: parameters, layers x width, heads, documents read. **Before you run this:** with ten times the
# parameters, does the loss fall by half?

# %%
ladder = {name: mini_gpt.load(name) for name in ("tiny-5k", "tiny-12k", "tiny-43k", "tiny-135k", "nano", "mini")}
for name, model in ladder.items():
    shape, read = model.config, RECIPES[name].config.steps * RECIPES[name].batch_size
    row = f"{total(shape):8,}  {shape.n_layer} x {shape.d_model:3d}  {shape.n_head}  {read:,}"
    print(f"{name:10s}{local(row, LANG)}")

# %%
results = {name: compare(model, town, documents) for name, model in ladder.items()}
losses = {name: (total(ladder[name].config), result.loss / math.log(2)) for name, result in results.items()}
floor = results["mini"].floor / math.log(2)
for name, (_, loss) in losses.items():
    print(f"{name:10s}", local(f"{loss:.3f} = {floor:.3f} + {loss - floor:.3f}", LANG))

# %%
figures.scaling_figure(losses, floor, LANG, more=["mini"])

# %% [markdown] pt
# Não: a perda não vai a zero, e sim ao **piso**, a incerteza que a própria língua tem. À esquerda, os quatro maiores
# parecem iguais; à direita está só o que fica acima do piso, e isso continua caindo. Nas línguas de verdade ninguém
# conhece o piso; sem ele, não se sabe se um modelo já aprendeu tudo ou se só parou de aprender.
#
# Cuidado com o degrau entre `tiny-12k` e `tiny-43k`: mudaram **três** coisas, a largura, as camadas e as cabeças. A
# figura não diz qual delas conta. Como você descobriria? (`RECIPES` é a lista de receitas; acrescente uma e treine com
# `python -m mini_gpt.lesson.train_town`.)
#
# ## 6 · Ele sabe o que não sabe?
#
# Um modelo pequeno erra mais. Mas, quando diz “70%”, acontece em 70% das vezes? Isso é **calibração**. Aqui há algo
# melhor que o que aconteceu: a probabilidade verdadeira do palpite (o token mais provável para o modelo), que só a
# cidade conhece. **Antes de rodar:** o menor modelo é confiante demais, de menos ou na medida?

# %% [markdown] en
# No: the loss does not go to zero but to the **floor**, the uncertainty of the language itself. On the left, the four
# largest look alike; on the right is only what is above the floor, and that goes on falling. Nobody knows the floor of
# a real language; without it, one cannot tell a model that has learned everything from one that has just stopped
# learning.
#
# Beware of the step between `tiny-12k` and `tiny-43k`: **three** things changed, the width, the layers and the heads.
# The figure does not say which of them counts. How would you find out? (`RECIPES` is the list of recipes; add one, and
# train with `python -m mini_gpt.lesson.train_town`.)
#
# ## 6 · Does it know what it does not know?
#
# A small model errs more. But when it says “70%”, does it happen 70% of the time? That is **calibration**. Here there
# is something better than what happened: the true probability of the guess (the model's most likely token), which only
# the town knows. **Before you run this:** is the smallest model too sure, not sure enough, or just right?

# %%
sure = {name: guesses(model, town, documents) for name, model in ladder.items()}
figures.calibration_figure({name: (sure[name].said, sure[name].true) for name in ("tiny-5k", "mini")}, LANG)

# %% [markdown] pt
# Cada ponto é uma posição de um texto. Os quadrados são a média de cada faixa: no menor, ficam perto da diagonal ou
# **acima** dela: o que ele acha provável é ainda mais provável. Ele é confiante de menos. Mas os pontos se espalham: na
# média, ele quase diz a verdade; em cada posição, não a sabe. Calibração não é conhecimento. O `mini` tem quase as duas
# coisas.
#
# O **erro de calibração** é a distância média entre os quadrados e a diagonal; cada faixa pesa pelo número de palpites.
# À mão:

# %% [markdown] en
# Each point is a position in a text. The squares are the mean of each bin: those of the smallest lie near the diagonal
# or **above** it: what it thinks likely is likelier still. It is under-confident. But the points scatter: on average it
# nearly tells the truth; at each position it does not know it. Calibration is not knowledge. `mini` comes close to
# both.
#
# The **calibration error** is the mean distance of the squares from the diagonal; each bin weighs by its number of
# guesses. By hand:

# %%
said, true = sure["tiny-5k"].said, sure["tiny-5k"].true
bins = [(said * 10).astype(int).clip(max=9) == i for i in range(10)]
by_hand = sum(b.mean() * abs(said[b].mean() - true[b].mean()) for b in bins if b.any())
assert math.isclose(by_hand, calibration_error(said, true))

# %% [markdown] pt
# ### Exercício 4 · o erro de calibração
#
# O mesmo, numa função: `said` e `true` são arrays do NumPy; dez faixas iguais de 0 a 1.

# %% [markdown] en
# ### Exercise 4 · the calibration error
#
# The same in a function: `said` and `true` are NumPy arrays; ten equal bins from 0 to 1.


# %%
def calibration(said, true):
    return ...


check("calibration", calibration, LANG)

# %% [markdown] pt
# Quatro medidas: o erro de calibração em relação à verdade; o mesmo em relação ao que aconteceu, como se faz com texto
# real; a distância média em cada posição; e quanto o modelo diz a mais (+) ou a menos (−) que a verdade, em média.

# %% [markdown] en
# Four measures: the calibration error against the truth; the same against what happened, as is done on real text; the
# mean distance at each position; and by how much the model says more (+) or less (−) than the truth, on average.

# %%
for name, g in sure.items():
    errors = calibration_error(g.said, g.true), calibration_error(g.said, g.came), abs(g.said - g.true).mean()
    print(f"{name:10s}", *(local(f"{error:7.2%}", LANG) for error in errors), local(f"{(g.said - g.true).mean():+7.2%}", LANG))

# %% [markdown] pt
# Os dois menores são confiantes de menos (−); os maiores, por pouco, confiantes demais (+).
#
# A segunda coluna inclui o acaso, porque cada palpite só pode acontecer ou não. Quanto dela é só acaso? No lugar do que
# o `mini` diz, colocamos a própria verdade:

# %% [markdown] en
# The two smallest are under-confident (−); the larger ones, by a little, over-confident (+).
#
# The second column includes chance, since each guess can only happen or not. How much of it is chance alone? In place
# of what `mini` says, we put the truth itself:

# %%
print(local(f"{calibration_error(sure['mini'].true, sure['mini'].came):.2%}", LANG))

# %% [markdown] pt
# A maior parte. Em texto real só há a segunda coluna, e é preciso muito texto para que o acaso não pareça um defeito.
#
# E em bits: quanto o modelo **espera** pagar por token (a entropia do que ele diz), quanto **paga** (a perda) e o piso.

# %% [markdown] en
# Most of it. On real text there is only the second column, and it takes much text until chance no longer looks like a
# fault.
#
# And in bits: what the model **expects** to pay for a token (the entropy of what it says), what it **pays** (the loss),
# and the floor.

# %%
for name, g in sure.items():
    print(f"{name:10s}", local(f"{g.entropy.mean():.3f} {losses[name][1]:.3f} {floor:.3f}", LANG))

# %%
figures.calibration_figure(
    {name: (sure[name].entropy, sure[name].true_entropy) for name in ("tiny-5k", "mini")}, LANG, "entropy"
)

# %% [markdown] pt
# Os dois menores esperam pagar mais do que pagam: de novo, confiança de menos. Nos maiores, os dois números só diferem
# em milésimos, e isso cabe no acaso de 500 documentos. Onde o `tiny-5k` hesita entre muitas palavras (à direita no
# quadro), a cidade muitas vezes já está decidida (embaixo): a dúvida é dele, não da língua. No `mini`, a dúvida que
# sobra é quase toda da língua.
#
# ## 7 · O GPT-2 de verdade
#
# O mesmo código lê os pesos de verdade. Eles não vêm com a lição: se já estão neste computador, são usados; se não, a
# função diz o que fazer. Troque `"mini"` por `"gpt2"`:

# %% [markdown] en
# The two smallest expect to pay more than they pay: under-confidence again. In the larger ones the two numbers differ
# only in the third decimal, which chance explains with 500 documents. Where `tiny-5k` wavers among many words (on the
# right), the town has often made up its mind (at the bottom): the doubt is its own, not the language's. In `mini`, what
# doubt is left is almost all the language's.
#
# ## 7 · The real GPT-2
#
# The same code reads the real weights. They do not come with the lesson: if they are on this computer, they are used;
# if not, the function says what to do. Put `"gpt2"` in place of `"mini"`:

# %%
MODEL = "mini"  # "gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl"
ABSENT = (
    "{0} não está neste computador, e a lição funciona sem ele. Para tê-lo: conecte-se e rode\n"  # pt
    "mini_gpt.load('{0}') uma vez (baixa cerca de {1}); ou copie um cache do Hugging Face e aponte HF_HOME para ele."  # pt
    "{0} is not on this computer, and the lesson works without it. To have it: connect, and run\n"  # en
    "mini_gpt.load('{0}') once (it downloads about {1}); or copy a Hugging Face cache, and set HF_HOME to it."  # en
)


def write(name, prompts):
    if name.startswith("gpt2") and not in_cache(name):
        return print(ABSENT.format(name, local(sizes.in_units(sizes.weight_bytes(GPTConfig.preset(name)), "B"), LANG)))
    model = mini_gpt.load(name)
    for prompt in prompts:
        ids = torch.tensor([[model.tokenizer.end_of_text, *model.tokenizer.encode(prompt)]])
        new = mini_gpt.generate(model, ids, 12, temperature=0, stop=model.tokenizer.end_of_text)
        print(f"{name}: {prompt} | {model.tokenizer.decode(new[0, ids.size(1) :])}")


# %%
prompts = [
    "leo compra um mapa na praça . ele dá o mapa para sara . pergunta : quem tem o mapa ? resposta :",  # pt
    "em português : leo dá o mapa para sara . em inglês :",  # pt
    "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :",  # en
    "in english : leo gives the map to sara . in portuguese :",  # en
]
write(MODEL, prompts)

# %% [markdown] pt
# Os mesmos prompts no GPT-2. Ele nunca viu a cidade e leu quase só inglês (o artigo diz que tirou do WebText as páginas
# em outras línguas):

# %% [markdown] en
# The same prompts on GPT-2. It has never seen the town, and has read hardly anything but English (the paper says that
# it removed pages in other languages from WebText):

# %% tags=["nbval-ignore-output"]
write("gpt2", prompts)

# %% [markdown] pt
# Se ele está aqui, compare: o `mini` acerta porque a cidade é pequena e ele leu muito dela; o GPT-2 leu sobre um mundo
# muito maior e continua textos que o `mini` nem consegue ler. Os nossos modelos pequenos mostram **mecanismos**:
# atenção, cache, calibração, perda contra tamanho. Não mostram as **capacidades** do GPT-2.
#
# E mais escala? Os resultados do artigo, do menor ao maior GPT-2:

# %% [markdown] en
# If it is here, compare: `mini` is right because the town is small and it has read much of it; GPT-2 has read about a
# far larger world, and continues texts that `mini` cannot even read. Our small models show **mechanisms**: attention,
# the cache, calibration, loss against size. They do not show GPT-2's **abilities**.
#
# And more scale? The paper's results, from the smallest GPT-2 to the largest:

# %%
figures.saturation_figure(LANG)

# %% [markdown] pt
# As perplexidades ainda caíam no maior. Nem toda métrica melhorava: a acurácia no CBT com substantivos comuns é melhor
# no terceiro tamanho (lição 09). E no WebText a perda cai junto no treino e no teste (figura 4 do artigo): até o maior
# estava **subajustado** (*underfit*) aos dados. Ali ninguém conhece o piso; aqui, sim.
#
# ## O que fica
#
# - Os parâmetros se contam à mão: V·C + T·C + L·(12·C² + 13·C) + 2·C. Cabeças não somam nada; a saída usa os pesos do
#   embedding.
# - Ler um token custa cerca de 2·N FLOPs; treinar com ele, 6·N. O cache troca operações por memória: 2·L·C números por
#   token.
# - A perda cai com o tamanho em direção a um piso. Sem conhecer o piso, não se sabe o que falta.
# - Calibrado não quer dizer sábio: um modelo pode estar certo na média e perdido em cada posição.
# - Modelos pequenos mostram mecanismos, não as capacidades do GPT-2.

# %% [markdown] en
# The perplexities were still falling at the largest. Not every metric improved: accuracy on CBT's common nouns is best
# at the third size (lesson 09). And on WebText the loss falls together on training and test text (figure 4 of the
# paper): even the largest **underfits** its data. There, nobody knows the floor; here, we do.
#
# ## What stays
#
# - Parameters can be counted by hand: V·C + T·C + L·(12·C² + 13·C) + 2·C. Heads add nothing; the head uses the
#   embedding's weights.
# - Reading a token costs about 2·N FLOPs; training on it, 6·N. The cache trades operations for memory: 2·L·C numbers
#   for each token.
# - Loss falls with size towards a floor. Without knowing the floor, one cannot tell what is missing.
# - Calibrated does not mean wise: a model can be right on average and lost at each position.
# - Small models show mechanisms, not GPT-2's abilities.
