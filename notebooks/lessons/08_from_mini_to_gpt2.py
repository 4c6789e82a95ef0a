# %% [markdown] pt
# # 08 · Do mini ao GPT-2
#
# **Ao final, você** vai contar à mão os parâmetros dos quatro GPT-2, girar os tamanhos e prever o que muda, saber quanto custa
# treinar e por que existe o cache, ver a perda cair com o tamanho até um piso conhecido, medir se um modelo **sabe o que não sabe**,
# e rodar o GPT-2 de verdade com o mesmo código.
#
# Slides: contribuição; resultados: ainda não saturou; um LM humilde · 60 minutos

# %% [markdown] en
# # 08 · From mini to GPT-2
#
# **At the end you** will have counted the parameters of the four GPT-2s by hand, turned the sizes and predicted what changes, know
# what training costs and why there is a cache, have seen loss fall with size down to a known floor, measured whether a model **knows
# what it does not know**, and run the real GPT-2 with the same code.
#
# Slides: contribution; results: not saturated yet; a humble LM · 60 minutes

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
LANG = "pt"  # pt
LANG = "en"  # en
mini, town = mini_gpt.load("mini"), Town()
end = town.tokenizer.end_of_text
documents = held_out_documents(town, 500, "lesson 08")

# %% [markdown] pt
# ## 1 · Contar
#
# `mini` e o GPT-2 são a mesma classe; mudam cinco números: o vocabulário V, o contexto T, as camadas L, a largura C e as cabeças.
# Cada bloco tem quatro matrizes C × C (consultas, chaves, valores, projeção), uma MLP que vai a 4·C e volta, os seus vieses e duas
# normalizações; há mais uma no fim. A saída não conta: ela **é** a tabela dos tokens.
#
# **Antes de rodar:** no GPT-2 pequeno, o que tem mais parâmetros: a atenção, a MLP ou a tabela dos tokens?

# %% [markdown] en
# ## 1 · Counting
#
# `mini` and GPT-2 are the same class; five numbers differ: the vocabulary V, the context T, the layers L, the width C, and the heads.
# Each block has four matrices C × C (queries, keys, values, projection), an MLP that goes to 4·C and back, their biases, and two
# norms; there is one more at the end. The head does not count: it **is** the table of tokens.
#
# **Before you run this:** in the small GPT-2, which has most parameters: attention, the MLP, or the table of tokens?

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
{part: f"{count / sum(by_hand.values()):.1%}" for part, count in by_hand.items()}

# %% [markdown] pt
# As cabeças não entram na conta: elas **repartem** a largura, e não somam nada. A conta vale também para um modelo que existe:

# %% [markdown] en
# The heads are not in the sum: they **share out** the width, and add nothing. The sum holds for a model that exists, too:


# %%
def total(config):
    return sum(sizes.parameters(config).values())


assert total(mini.config) == sum(parameter.numel() for parameter in mini.parameters())
print(f"{total(gpt2):,} / {total(mini.config):,} = {total(gpt2) / total(mini.config):.0f}")

# %% [markdown] pt
# Agora os quatro do artigo. **Antes de rodar:** o artigo chama o menor de “117M”. A nossa conta dá o mesmo?

# %% [markdown] en
# Now the paper's four. **Before you run this:** the paper calls the smallest “117M”. Does our count agree?

# %%
for size in FACTS["sizes"]["rows"]:
    config = GPTConfig.preset(size["preset"])
    assert total(config) == size["parameters"]
    tokens = sizes.parameters(config)["token embedding"] / total(config)
    print(f"{size['paper']:>5s} {total(config):>13,} {config.n_layer:3d} x {config.d_model:4d}   {tokens:.0%}")

# %% [markdown] pt
# Os nomes do artigo contam de menos, e os autores avisaram depois. A última coluna é a parte da tabela de tokens: no menor é quase
# um terço; no maior, quase tudo são blocos, que crescem com L·C².
#
# ### Exercício 1 · os parâmetros
#
# Devolva o número de parâmetros de um GPT com `V` palavras, contexto `T`, `L` camadas e largura `C`: com vieses, MLP de largura 4·C
# e a saída presa ao embedding.

# %% [markdown] en
# The paper's names count too few, as its authors said later. The last column is the share of the table of tokens: almost a third in
# the smallest; in the largest, nearly all are blocks, which grow with L·C².
#
# ### Exercise 1 · the parameters
#
# Return the number of parameters of a GPT with `V` words, context `T`, `L` layers and width `C`: with biases, an MLP of width 4·C,
# and the head tied to the embedding.


# %%
def count_parameters(V, T, L, C):
    return ...


check("count_parameters", count_parameters, LANG)

# %% [markdown] pt
# ## 2 · Girar
#
# **Antes de mexer,** aposte: o que acontece com os parâmetros do GPT-2 se dobrarem as camadas? E a largura? As cabeças? O contexto?
# Depois gire. Se a largura não se divide pelas cabeças, o seletor ajusta as cabeças e avisa.

# %% [markdown] en
# ## 2 · Turning
#
# **Before you touch it,** bet: what happens to GPT-2's parameters if the layers double? And the width? The heads? The context? Then
# turn. If the width does not split into the heads, the dial moves the heads and says so.

# %%
from mini_gpt.lesson.widgets import ScaleDial

dial = ScaleDial("gpt2", LANG)
dial

# %% [markdown] pt
# As mesmas apostas em código: quantas vezes mais parâmetros, operações por token e bytes de chaves e valores por token.

# %% [markdown] en
# The same bets in code: how many times the parameters, the work for a token, and the bytes of keys and values of a token.

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
    print(f"{name:13s}", *(f"{x:.2f}" for x in times))

# %% [markdown] pt
# Dobrar a largura quase quadruplica os blocos, mas só dobra o cache. Cabeças não custam nada: o que muda é o que cada uma consegue
# ver. O contexto quase não custa parâmetros; custa operações, e memória enquanto se escreve (parte 4).
#
# ## 3 · O trabalho
#
# Uma matriz de C × D faz C·D multiplicações e somas por token: **2 FLOPs por parâmetro** de matriz. Some os escores e a mistura dos
# valores, que dependem do contexto. Treinar custa três leituras: a ida, e na volta dois produtos para cada um da ida.

# %% [markdown] en
# Twice the width makes the blocks almost four times as large, and the cache only twice. Heads cost nothing: what changes is what each
# can see. Context costs hardly any parameters; it costs work, and memory while writing (part 4).
#
# ## 3 · The work
#
# A matrix of C × D does C·D multiplications and additions for a token: **2 FLOPs per parameter** of a matrix. Add the scores and the
# mixing of the values, which depend on the context. Training costs three readings: the way there, and on the way back two products
# for each one.

# %%
matrices = V * C + L * 12 * C * C
forward = 2 * matrices + L * 2 * (2 * T * C)  # escores e mistura: 2 x T x C cada  # pt
forward = 2 * matrices + L * 2 * (2 * T * C)  # scores and mixing: 2 x T x C each  # en
assert forward == sizes.forward_flops(gpt2) and 3 * forward == sizes.training_flops(gpt2)
print(f"{3 * forward / 1e6:.0f} MFLOP, 6 N: {6 * total(gpt2) / 1e6:.0f} MFLOP")

# %% [markdown] pt
# O atalho **6·N·D** (N parâmetros, D tokens) fica perto, e serve para planejar. **Antes de rodar:** quantas vezes o treino do `mini`
# cabe no de um GPT-2 pequeno com 10 bilhões de tokens?

# %% [markdown] en
# The shorthand **6·N·D** (N parameters, D tokens) comes close, and does for planning. **Before you run this:** how many times does
# the training of `mini` fit into that of a small GPT-2 on 10 billion tokens?

# %%
recipe = RECIPES["mini"]
per_document = sum(map(len, documents)) / len(documents)
runs = {
    "mini": (total(mini.config), recipe.config.steps * recipe.batch_size * per_document),
    "gpt2": (total(gpt2), 10e9),
}
for name, (N, D) in runs.items():
    print(f"{name:5s} N = {N:.1e}  D = {D:.1e}  6ND = {6 * N * D:.1e} FLOP")

# %% [markdown] pt
# O primeiro são minutos num laptop. O segundo é um comando, num computador com oito GPUs, e o mesmo laço de treino. Os passos saem do
# lote do artigo:

# %% [markdown] en
# The first is minutes on a laptop. The second is a command, on a computer with eight GPUs, and the same training loop. The steps
# follow from the paper's batch:

# %%
batch = FACTS["architecture"]["batch_sequences"]
print(f"""torchrun --nproc-per-node 8 -m mini_gpt train --data data/fineweb --out runs/gpt2 --preset gpt2 \\
    --precision bfloat16 --compile --batch-size {batch} --micro-batch-size 32 --steps {10e9 / (batch * T):.0f}""")

# %% [markdown] pt
# Em pequeno, no seu computador: `python -m mini_gpt train --data tokens --out run --preset nano`. De onde vêm os dados e o que
# esperar está em `docs/train_gpt2.md`.
#
# ### Exercício 2 · as horas
#
# Devolva as **horas** de treino, por 6·N·D, num computador que faz no máximo `peak` FLOPs por segundo e usa a parte `share` disso.

# %% [markdown] en
# In small, on your computer: `python -m mini_gpt train --data tokens --out run --preset nano`. Where the data comes from and what to
# expect is in `docs/train_gpt2.md`.
#
# ### Exercise 2 · the hours
#
# Return the **hours** of training, by 6·N·D, on a computer that does `peak` FLOPs a second at most, and uses a share `share` of that.


# %%
def training_hours(parameters, tokens, peak, share):
    return ...


check("training_hours", training_hours, LANG)

# %% [markdown] pt
# ## 4 · Por que o cache
#
# Para escrever, o modelo lê o texto, sorteia um token, e lê **tudo de novo** com um a mais? As chaves e os valores do que já foi lido
# não mudam, porque ninguém vê o futuro: basta guardá-los. **Antes de rodar:** depois de 3 tokens, quantos o `mini` lê para escrever
# 20, sem o cache e com ele?

# %% [markdown] en
# ## 4 · Why the cache
#
# To write, does the model read the text, draw a token, and read **everything again** with one more? The keys and values of what was
# read do not change, since nobody sees the future: it is enough to keep them. **Before you run this:** after 3 tokens, how many does
# `mini` read to write 20, without the cache and with it?

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
# Os mesmos tokens. Sem cache, o que se lê cresce com o quadrado do que se escreve. Na conta de um GPT-2 pequeno que enche o seu
# contexto, token a token:

# %% [markdown] en
# The same tokens. Without a cache, what is read grows with the square of what is written. Counted for a small GPT-2 that fills its
# context, token by token:

# %%
head = 2 * V * C  # só do último token se quer o próximo  # pt
head = 2 * V * C  # only the last token's next one is wanted  # en
cached = sum(sizes.forward_flops(gpt2, n) for n in range(1, T + 1))
again = sum(n * (sizes.forward_flops(gpt2, n) - head) + head for n in range(1, T + 1))
print(f"{again / 1e12:.1f} TFLOP, {cached / 1e12:.2f} TFLOP: {again / cached:.0f} x")

# %% [markdown] pt
# O preço é memória. Quanto, você calcula:
#
# ### Exercício 3 · os bytes guardados
#
# Devolva quantos bytes ocupam, em float32, as chaves e os valores de `tokens` tokens num GPT de `L` camadas e largura `C`.

# %% [markdown] en
# The price is memory. How much, you work out:
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
    print(f"{name:8s}{sizes.in_units(kept, 'B'):>9s} / {sizes.in_units(weights, 'B'):>8s} = {kept / weights:.0%}")

# %% [markdown] pt
# É por texto: quem atende dezesseis de uma vez guarda dezesseis caches, e com o `gpt2-xl` eles já passam dos pesos. Quer medir o
# tempo e a memória no seu computador? Tire o `#` e rode; demora alguns segundos.

# %% [markdown] en
# That is for one text: who serves sixteen at once keeps sixteen caches, and with `gpt2-xl` they outgrow the weights. Want to measure
# time and memory on your computer? Take off the `#` and run; it takes some seconds.

# %%
# from mini_gpt.lesson.costs import GROWING_CONTEXT, costs
# figures.cost_figure(costs(*GROWING_CONTEXT), LANG)

# %% [markdown] pt
# ## 5 · Um LM humilde
#
# O artigo mostra a perda cair com o tamanho. O mesmo com os nossos: cinco modelos leram os mesmos documentos da cidade; o `mini`
# leu mais. **Antes de rodar:** com dez vezes mais parâmetros, a perda cai pela metade?

# %% [markdown] en
# ## 5 · A humble LM
#
# The paper shows loss fall with size. The same with ours: five models read the same documents of the town; `mini` read more.
# **Before you run this:** with ten times the parameters, does the loss fall by half?

# %%
ladder = {name: mini_gpt.load(name) for name in ("tiny-5k", "tiny-12k", "tiny-43k", "tiny-135k", "nano", "mini")}
for name, model in ladder.items():
    shape, steps = model.config, RECIPES[name].config.steps
    print(f"{name:10s}{total(shape):7d}  {shape.n_layer} x {shape.d_model:3d}  {steps * RECIPES[name].batch_size}")

# %%
results = {name: compare(model, town, documents) for name, model in ladder.items()}
losses = {name: (total(ladder[name].config), result.loss / math.log(2)) for name, result in results.items()}
floor = results["mini"].floor / math.log(2)
figures.scaling_figure(losses, floor, LANG, more=["mini"])

# %% [markdown] pt
# À esquerda, os quatro maiores parecem iguais: a perda não vai a zero, e sim ao **piso**, a incerteza que a própria língua tem. À
# direita, só o que está acima dele: continua caindo. No português e no inglês de verdade ninguém conhece o piso; sem ele, não se
# sabe se um modelo já aprendeu tudo ou se parou.
#
# Cuidado com o degrau entre `tiny-12k` e `tiny-43k`: mudaram **duas** coisas, a largura e o número de camadas. A figura não diz
# qual delas conta. Como você descobriria? (`RECIPES` é a lista de receitas; acrescente uma e treine com
# `python -m mini_gpt.lesson.train_town`.)
#
# ## 6 · Ele sabe o que não sabe?
#
# Um modelo pequeno erra mais. Mas, quando diz “70%”, acontece em 70% das vezes? Isto é **calibração**. Aqui há algo melhor que o
# que aconteceu: a probabilidade verdadeira do palpite, que só a cidade conhece. **Antes de rodar:** o menor modelo é confiante
# demais, de menos, ou na medida?

# %% [markdown] en
# On the left the four largest look alike: the loss does not go to zero but to the **floor**, the uncertainty of the language itself.
# On the right is only what is above it: that goes on falling. Of real English nobody knows the floor; without it, one cannot tell
# a model that has learned all from one that has stopped.
#
# Beware of the step between `tiny-12k` and `tiny-43k`: **two** things changed, the width and the number of layers. The figure does
# not say which of them counts. How would you find out? (`RECIPES` is the list of recipes; add one, and train with
# `python -m mini_gpt.lesson.train_town`.)
#
# ## 6 · Does it know what it does not know?
#
# A small model errs more. But when it says “70%”, does it happen 70% of the time? That is **calibration**. Here there is something
# better than what happened: the true probability of the guess, which only the town knows. **Before you run this:** is the smallest
# model too sure, not sure enough, or just right?

# %%
sure = {name: guesses(model, town, documents) for name, model in ladder.items()}
figures.calibration_figure({name: (sure[name].said, sure[name].true) for name in ("tiny-5k", "mini")}, LANG)

# %% [markdown] pt
# Cada ponto é um lugar de um texto. Os quadrados são a média de cada faixa: no menor, ficam perto da diagonal ou **acima** dela: o
# que ele acha provável é ainda mais provável. Ele é modesto. Mas os pontos se espalham: na média, ele quase diz a verdade; em
# cada lugar, não sabe. Calibração não é conhecimento. O `mini` tem as duas coisas.
#
# O **erro de calibração** é a distância média entre os quadrados e a diagonal. À mão:

# %% [markdown] en
# Each point is a place in a text. The squares are the mean of each bin: those of the smallest lie near the diagonal or **above** it:
# what it thinks likely is likelier still. It is modest. But the points scatter: on average it nearly tells the truth; at each
# place it does not know it. Calibration is not knowledge. `mini` has both.
#
# The **calibration error** is the mean distance of the squares from the diagonal. By hand:

# %%
said, true = sure["tiny-5k"].said, sure["tiny-5k"].true
bins = [(said * 10).astype(int).clip(max=9) == i for i in range(10)]
by_hand = sum(b.mean() * abs(said[b].mean() - true[b].mean()) for b in bins if b.any())
assert math.isclose(by_hand, calibration_error(said, true))

# %% [markdown] pt
# ### Exercício 4 · o erro de calibração
#
# O mesmo, numa função: `said` e `true` são vetores do NumPy; dez faixas iguais de 0 a 1.

# %% [markdown] en
# ### Exercise 4 · the calibration error
#
# The same in a function: `said` and `true` are NumPy arrays; ten equal bins from 0 to 1.


# %%
def calibration(said, true):
    return ...


check("calibration", calibration, LANG)

# %% [markdown] pt
# Três medidas: o erro de calibração contra a verdade; o mesmo contra o que aconteceu, como se faz em texto real; e a distância em
# cada lugar.

# %% [markdown] en
# Three measures: the calibration error against the truth; the same against what happened, as is done on real text; and the
# distance at each place.

# %%
for name, g in sure.items():
    errors = calibration_error(g.said, g.true), calibration_error(g.said, g.came), abs(g.said - g.true).mean()
    print(f"{name:10s}", *(f"{error:7.2%}" for error in errors))

# %% [markdown] pt
# A segunda coluna inclui o acaso, porque cada palpite só acontece ou não acontece. Quanto dela é só acaso? Damos ao `mini` os números
# da própria verdade:

# %% [markdown] en
# The second column counts chance, too, since each guess just happens or does not. How much of it is chance alone? We give `mini` the
# numbers of the truth itself:

# %%
print(f"{calibration_error(sure['mini'].true, sure['mini'].came):.2%}")

# %% [markdown] pt
# A maior parte. Em texto real só há a segunda coluna, e é preciso muito texto para que o acaso não pareça um defeito.
#
# E em bits: quanto o modelo **espera** pagar por token (a entropia do que ele diz), quanto **paga** (a perda) e o piso.

# %% [markdown] en
# Most of it. On real text there is only the second column, and it takes much text until chance no longer looks like a fault.
#
# And in bits: what the model **expects** to pay for a token (the entropy of what it says), what it **pays** (the loss), and the floor.

# %%
for name, g in sure.items():
    print(f"{name:10s} {g.entropy.mean():.3f} {losses[name][1]:.3f} {floor:.3f}")

# %%
figures.calibration_figure(
    {name: (sure[name].entropy, sure[name].true_entropy) for name in ("tiny-5k", "mini")}, LANG, "entropy"
)

# %% [markdown] pt
# O menor espera pagar mais do que paga: é humilde. Onde ele hesita entre muitas palavras (à direita no quadro), a cidade muitas vezes
# já está decidida (embaixo): a dúvida é dele, não da língua. No `mini` a dúvida que sobra é quase toda da língua.
#
# ## 7 · O GPT-2 de verdade
#
# O mesmo código lê os pesos de verdade. Eles não vêm com a lição; se já estão neste computador, são usados; se não, a função diz o
# que fazer. Troque `"mini"` por `"gpt2"`:

# %% [markdown] en
# The smallest expects to pay more than it pays: it is humble. Where it wavers among many words (on the right), the town has often
# made up its mind (at the bottom): the doubt is its own, not the language's. In `mini`, what doubt is left is almost all the
# language's.
#
# ## 7 · The real GPT-2
#
# The same code reads the real weights. They do not come with the lesson; if they are on this computer, they are used; if not, the
# function says what to do. Put `"gpt2"` in place of `"mini"`:

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
        return print(ABSENT.format(name, sizes.in_units(sizes.weight_bytes(GPTConfig.preset(name)), "B")))
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
# Os mesmos enunciados no GPT-2. Ele nunca viu a cidade, e leu quase só inglês:

# %% [markdown] en
# The same prompts on GPT-2. It has never seen the town, and has read hardly anything but English:

# %% tags=["nbval-ignore-output"]
write("gpt2", prompts)

# %% [markdown] pt
# Se ele está aqui, compare: o `mini` acerta porque a cidade inteira cabe nele; o GPT-2 conhece um mundo que nenhuma cidade tem, e
# continua textos que o `mini` nem consegue ler. Os nossos modelos pequenos mostram **mecanismos**: atenção, cache, calibração,
# perda contra tamanho. Não mostram as **capacidades** do GPT-2, que vieram de um mar de texto da internet.
#
# E mais escala? Os resultados do artigo, do menor ao maior GPT-2:

# %% [markdown] en
# If it is here, compare: `mini` is right since the whole town fits into it; GPT-2 knows a world that no town has, and continues texts
# that `mini` cannot even read. Our small models show **mechanisms**: attention, the cache, calibration, loss against size. They do
# not show GPT-2's **abilities**, which came from an ocean of text of the internet.
#
# And more scale? The paper's results, from the smallest GPT-2 to the largest:

# %%
figures.saturation_figure(LANG)

# %% [markdown] pt
# As perplexidades ainda caíam no maior. Nem toda métrica: a acurácia no CBT com substantivos comuns é melhor no terceiro tamanho
# (lição 07). E no texto de treino e no de teste a perda cai junto: até o maior ficou **aquém** dos seus dados. Ali ninguém conhece
# o piso; aqui, sim.
#
# ## O que fica
#
# - Os parâmetros se contam à mão: V·C + T·C + L·(12·C² + 13·C) + 2·C. Cabeças não somam nada; a saída é o embedding.
# - Ler um token custa cerca de 2·N FLOPs; treinar, 6·N. O cache troca operações por memória: 2·L·C números por token.
# - A perda cai com o tamanho até um piso. Sem conhecer o piso, não se sabe o que falta.
# - Calibrado não quer dizer sábio: na média certo, em cada lugar perdido. Um LM humilde sabe quanto não sabe.
# - Modelos pequenos mostram mecanismos, não as capacidades do GPT-2.

# %% [markdown] en
# The perplexities were still falling at the largest. Not every metric does: accuracy on CBT's common nouns is best at the third size
# (lesson 07). And on training and on test text the loss falls together: even the largest fell **short** of its data. There, nobody
# knows the floor; here, we do.
#
# ## What stays
#
# - Parameters can be counted by hand: V·C + T·C + L·(12·C² + 13·C) + 2·C. Heads add nothing; the head is the embedding.
# - To read a token costs about 2·N FLOPs; to train on it, 6·N. The cache trades work for memory: 2·L·C numbers for each token.
# - Loss falls with size, down to a floor. Without knowing the floor, one cannot tell what is missing.
# - Calibrated does not mean wise: right on average, lost at each place. A humble LM knows how much it does not know.
# - Small models show mechanisms, not GPT-2's abilities.
