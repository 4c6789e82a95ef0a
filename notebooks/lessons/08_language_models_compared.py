# %% [markdown] pt
# # 08 · Modelos de linguagem comparados
#
# **Ao final, você** vai ter jogado contra um n-grama e um GPT, conhecido por dentro um n-grama suavizado, uma RNN, uma
# LSTM e uma CNN, e medido quantos bits cada um paga acima da verdade, e onde.
#
# Slides: a turma contra o GPT; o que é um modelo de linguagem?; muitos jeitos de estimar a mesma coisa · 60 minutos

# %% [markdown] en
# # 08 · Language models compared
#
# **At the end you** will have played against an n-gram and a GPT, seen how a smoothed n-gram, an RNN, an LSTM and a CNN
# work, and measured how many bits each pays above the truth, and where.
#
# Slides: the room against GPT; what is a language model?; many ways to estimate the same thing · 60 minutes

# %%
import math
from itertools import islice

import torch
from torch import nn
from torch.testing import assert_close

import mini_gpt
from mini_gpt.lesson import baselines, figures
from mini_gpt.lesson.baselines import NGram
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.recipes import RECIPES
from mini_gpt.lesson.town import ADJECTIVES, FOOD, Town
from mini_gpt.lesson.truth import compare, compare_masked, held_out_documents
from mini_gpt.lesson.words import local

# %%
LANG = "pt"  # pt
LANG = "en"  # en
town = Town()
words, end = town.tokenizer.words, town.tokenizer.end_of_text
documents = held_out_documents(town, 500, "lesson 06")

# %% [markdown] pt
# ## 1 · Jogue primeiro
#
# Uma frase da cidade, token a token. Divida 100% entre as opções e revele: quem deu *p* ao token certo paga −log₂ *p*
# bits. Jogam com você um 3-grama (trigrama), que só vê as duas palavras anteriores, o GPT `mini` e a verdade: a própria
# distribuição da cidade.
#
# **Antes de jogar:** que tokens vão sair quase de graça? Em quais até a verdade vai pagar? E em quais você vai vencer o
# 3-grama?

# %% [markdown] en
# ## 1 · Play first
#
# A sentence of the town, token by token. Share 100% among the options and reveal: whoever gave *p* to the right token
# pays −log₂ *p* bits. You play against a 3-gram (trigram), which sees only the two words before, the GPT `mini`, and
# the truth: the town's own distribution.
#
# **Before you play:** which tokens will be almost free? For which will even the truth pay? And on which will you beat
# the 3-gram?

# %%
from mini_gpt.lesson.widgets import GuessingGame

game = GuessingGame(mini_gpt.load("mini"), town, LANG)
game

# %% [markdown] pt
# O que ver:
#
# - Num sorteio, até a verdade paga: entre dez comidas possíveis, log₂ 10 bits. O que é certo quase não custa a quem
#   ousa dar 100%.
# - “ela”, “mel”, “relógio”: a frase já os decidiu, mas antes das duas últimas palavras. O 3-grama paga; quem lembra,
#   quase nada.
# - Na frase 3, você sabe com quem está a bola. O `mini` não tem certeza: a lição 09 volta a esses três donos.
# - Numa frase só, com sorte, dá para pagar menos que a verdade. Em média, não dá.
# - Quem deu 0% ao que saiu pagaria infinitos bits; por isso 1% do palpite é repartido por igual. Um n-grama tem o mesmo
#   problema.

# %% [markdown] en
# What to see:
#
# - For a draw even the truth pays: among ten possible foods, log₂ 10 bits. A certainty costs almost nothing if you dare
#   to give 100%.
# - “she”, “honey”, “clock”: the sentence has decided them, but before its last two words. The 3-gram pays; whoever
#   remembers pays hardly anything.
# - In sentence 3 you know who has the ball. `mini` is not sure: lesson 09 comes back to these three owners.
# - On one sentence, with luck, you can pay less than the truth. On average you cannot.
# - Giving 0% to what came would cost infinitely many bits; so 1% of the guess is shared out evenly. An n-gram has the
#   same problem.

# %% [markdown] pt
# ## 2 · Contar e suavizar
#
# Um n-grama prevê a próxima palavra pelas n − 1 anteriores, o contexto. Quanto mais longo o contexto, mais raro.
# **Antes de rodar:** dos contextos de 4 palavras de textos novos, que fração já apareceu em 20 mil documentos da
# cidade?

# %% [markdown] en
# ## 2 · Counting and smoothing
#
# An n-gram predicts the next word from the n − 1 before it, the context. The longer the context, the rarer. **Before
# you run this:** of the 4-word contexts of new texts, what share has occurred in 20 thousand documents of the town?

# %%
read = list(islice(town.documents("n-grams"), 20_000))
fivegram = NGram(read, order=5, vocab_size=len(words), end_of_text=end)
for length in range(1, 5):
    contexts = [tuple(d[t - length : t]) for d in documents for t in range(length, len(d))]
    print(length, f"{sum(c in fivegram.after[length + 1] for c in contexts) / len(contexts):.0%}")

# %% [markdown] pt
# Quase todos, porque a cidade é pequena; numa língua de verdade há muito mais combinações. O que fazer com um contexto
# nunca visto? Zero dividido por zero não dá. **Kneser-Ney** tira de cada contagem um desconto e reparte o que tirou
# como o contexto mais curto faria. E o mais curto não conta quantas vezes uma palavra apareceu, e sim **depois de
# quantas palavras diferentes**. Esta lista traz, sem contexto, a probabilidade de cada token de 0 a 5:

# %% [markdown] en
# Nearly all, since the town is small; a real language has far more combinations. What to do about a context never seen?
# Zero divided by zero won't do. **Kneser-Ney** takes a discount off each count, and shares out what it took as the
# shorter context would. And the shorter one does not count how often a word occurred, but **after how many different
# words** it did. This list has, without a context, the probability of each token from 0 to 5:

# %%
text = [[1, 2, 0]] * 4 + [[1, 3, 0], [4, 3, 0], [5, 3, 0]]  # 2 só vem depois de 1; 3, depois de três  # pt
text = [[1, 2, 0]] * 4 + [[1, 3, 0], [4, 3, 0], [5, 3, 0]]  # 2 follows 1 alone; 3 follows three  # en
small = NGram(text, order=2, vocab_size=6, end_of_text=0)
print(*(local(f"{p:.2f}", LANG) for p in small.distribution(())))
assert math.isclose(small.distribution((3,)).sum(), 1)

# %% [markdown] pt
# O token 2 apareceu mais vezes que o 3, mas sem contexto o 3 é mais provável: ele vem depois de mais palavras. Nenhuma
# probabilidade é 0.
#
# ### Exercício 1 · contagem de continuação
#
# `pairs` é uma lista de pares (palavra, seguinte). Retorne a fração dos pares **diferentes** que termina em `word`.

# %% [markdown] en
# Token 2 occurred more often than 3, yet without a context 3 is more likely: it follows more words. No probability is
# 0.
#
# ### Exercise 1 · continuation counts
#
# `pairs` is a list of pairs (word, next word). Return the share of the **different** pairs that ends in `word`.


# %%
def continuation(pairs, word):
    return ...


check("continuation", continuation, LANG)

# %% [markdown] pt
# ## 3 · Lembrar num vetor
#
# Uma **RNN** (rede recorrente) lê um token de cada vez e resume tudo o que leu num só vetor, o estado h. À mão, e igual
# à do PyTorch:

# %% [markdown] en
# ## 3 · Remembering in one vector
#
# An **RNN** (recurrent network) reads one token at a time and sums up all it has read in one vector, the state h. By
# hand, and equal to PyTorch's:

# %%
torch.manual_seed(0)
rnn, x = nn.RNN(3, 3, bias=False, batch_first=True), torch.randn(1, 4, 3)
h = torch.zeros(3)
for t in range(4):
    h = torch.tanh(rnn.weight_hh_l0 @ h + rnn.weight_ih_l0 @ x[0, t])
assert_close(h, rnn(x)[0][0, -1])

# %% [markdown] pt
# No treino, o gradiente volta por todos os passos, multiplicado em cada um, e tende a desaparecer ou a explodir. A
# **LSTM** tem portas que podem deixar um estado passar quase intacto. As redes treinadas que vêm com a lição (`nano` é
# um GPT), com o número de parâmetros:

# %% [markdown] en
# In training, the gradient goes back through all steps, multiplied at each, and tends to vanish or explode. The
# **LSTM** has gates that can let a state pass almost untouched. The trained networks that come with the lesson (`nano`
# is a GPT), with their number of parameters:

# %%
models = {kind: baselines.load(kind) for kind in ("rnn", "lstm", "cnn")}
models["nano"] = mini_gpt.load("nano")
for name, model in models.items():
    print(f"{name:5s}{sum(p.numel() for p in model.parameters()):8d}")

# %% [markdown] pt
# ### Exercício 2 · um passo da RNN
#
# Retorne o novo estado, a partir do estado `h` (C,), da entrada `x` (C,) e das matrizes `U` (do estado) e `W` (da
# entrada).

# %% [markdown] en
# ### Exercise 2 · a step of the RNN
#
# Return the new state, given the state `h` (C,), the input `x` (C,) and the matrices `U` (the state's) and `W` (the
# input's).


# %%
def step(h, x, U, W):
    return ...


check("rnn_step", step, LANG)

# %% [markdown] pt
# ## 4 · Olhar por uma janela
#
# Uma **CNN** (rede convolucional) vê de uma vez os últimos tokens de uma janela fixa. Com **dilatação**, cada camada
# pula tokens, com um passo que dobra de camada em camada, e poucas camadas alcançam longe. **Antes de rodar:** quatro
# camadas, janela de 3: quantos tokens?

# %% [markdown] en
# ## 4 · Looking through a window
#
# A **CNN** (convolutional network) sees the last tokens of a fixed window at once. With **dilation** each layer skips
# tokens, with a step that doubles from layer to layer, and few layers reach far. **Before you run this:** four layers,
# a window of 3: how many tokens?

# %%
cnn = models["cnn"]
leaf = cnn.token_embedding(torch.arange(60)[None]).detach().requires_grad_()
cnn.blocks(leaf.mT)[0, :, -1].sum().backward()
print(int((leaf.grad[0].abs().sum(-1) > 0).sum()), cnn.receptive_field)

# %% [markdown] pt
# ### Exercício 3 · o campo receptivo
#
# Retorne quantos tokens, incluindo o próprio, alcança uma pilha de `n_layer` convoluções de largura `kernel`, com
# dilatação 1, 2, 4, …

# %% [markdown] en
# ### Exercise 3 · the receptive field
#
# Return how many tokens, its own included, a stack of `n_layer` convolutions of width `kernel` reaches, with dilation
# 1, 2, 4, …


# %%
def reach(kernel, n_layer):
    return ...


check("receptive_field", reach, LANG)

# %% [markdown] pt
# ## 5 · A comparação
#
# As quatro redes leram os mesmos documentos, na mesma ordem, e têm quase o mesmo número de parâmetros; o otimizador e a
# taxa de aprendizado não são os mesmos. Os n-gramas leram menos e guardam todas as contagens. O piso é a verdade da
# cidade: zero bits a mais. **Antes de rodar:** ordene-os.

# %% [markdown] en
# ## 5 · The comparison
#
# The four networks read the same documents in the same order, and have almost the same number of parameters; the
# optimiser and the learning rate are not the same. The n-grams read less, and keep all their counts. The floor is the
# town's truth: zero bits more. **Before you run this:** rank them.

# %%
contenders = {f"{n}-grama": NGram(read, n, len(words), end) for n in (2, 3)} | {"5-grama": fivegram} | models  # pt
contenders = {f"{n}-gram": NGram(read, n, len(words), end) for n in (2, 3)} | {"5-gram": fivegram} | models  # en
results = {name: compare(model, town, documents) for name, model in contenders.items()}
above = {name: (result.loss - result.floor) / math.log(2) for name, result in results.items()}
figures.above_floor_figure(above, LANG)

# %% [markdown] pt
# Mas esta comparação favorece as redes: quantos documentos elas leram, e quantos os n-gramas? E quanto melhora um n-grama
# com dez vezes mais documentos?

# %% [markdown] en
# But this comparison favours the networks: how many documents did they read, and how many the n-grams? And how much does an
# n-gram improve with ten times the documents?

# %%
print(RECIPES["nano"].config.steps * RECIPES["nano"].batch_size, len(read))
for name, n in zip(contenders, (2, 3, 5)):
    little = compare(NGram(read[:2_000], n, len(words), end), town, documents)
    print(name, local(f"{(little.loss - little.floor) / math.log(2):.2f} → {above[name]:.2f}", LANG))

# %% [markdown] pt
# Os n-gramas melhoram, sobretudo o mais longo, e continuam longe das redes: com qualquer número de documentos, nenhum deles vê
# além de n − 1 palavras.

# %% [markdown] en
# The n-grams improve, most of all the longest, and stay far from the networks: with any number of documents, none of them sees
# beyond n − 1 words.

# %% [markdown] pt
# ## 6 · Onde cada um erra
#
# A média não diz por quê. Separamos os tokens pelo que exigem: a **resposta** de uma pergunta; o **pronome** que
# concorda com um nome; a **lista** de compras, repetida; a comida da **festa**, que volta na pergunta e no resumo; o
# **adjetivo** que concorda com um substantivo distante; uma **tradução**. De cada tipo, quantos tokens há:

# %% [markdown] en
# ## 6 · Where each one errs
#
# The mean does not tell why. We sort the tokens by what they demand: the **answer** to a question; the **pronoun** that
# agrees with a name; the shopping **list**, repeated; the food of the **party**, which returns in the question and the
# summary; the **adjective** that agrees with a noun far away; a **translation**. Of each kind, how many tokens there are:

# %%
KINDS = ["resposta", "pronome", "lista", "festa", "adjetivo", "tradução", "o resto"]  # pt
KINDS = ["answer", "pronoun", "list", "party", "adjective", "translation", "the rest"]  # en
ADJECTIVE = {form for adjective in ADJECTIVES for form in adjective.forms.values()}
EAT = {form for food in FOOD for form in food.forms.values()}


def kind_of(text, t):
    """The kind of text[t], by what stands before it."""
    before = text[:t]
    again, party = text[t] in EAT and text[t] in before, "leva" in before or "brings" in before
    tests = [before[-2:] in (["resposta", ":"], ["answer", ":"]), text[t] in ("ele", "ela", "he", "she"),
             again and not party, again, text[t] in ADJECTIVE, before.count(":") == 2 and "?" not in before]
    return KINDS[tests.index(True)] if any(tests) else KINDS[-1]


# %%
kinds = [kind_of([words[i] for i in d], t) for d in documents for t in range(len(d))]
print({kind: kinds.count(kind) for kind in KINDS})

# %%
table = {}
for name, result in results.items():
    extra = (result.model - result.truth) / math.log(2)
    table[name] = {kind: extra[[k == kind for k in kinds]].mean() for kind in KINDS}
figures.excess_figure(table, LANG)

# %% [markdown] pt
# Leia por colunas. Os n-gramas perdem o que está longe: a resposta, a lista, a festa, a tradução. As redes acertam
# quase tudo isso; sobram duas colunas. Na **festa**, três comidas voltam, longe de onde foram ditas: a RNN e a LSTM
# têm de tê-las guardado num vetor de tamanho fixo, a CNN tem de alcançá-las, e a atenção pode voltar e ler. Na **resposta**, é
# preciso achar de quem se fala: a atenção paga cerca da metade, mas também paga (a lição 09 separa essas perguntas).

# %% [markdown] en
# Read it by columns. The n-grams miss what is far away: the answer, the list, the party, the translation. The networks
# get almost all of that; two columns are left. At the **party**, three foods return, far from where they were said: RNN
# and LSTM must have kept them in a vector of fixed size, the CNN must reach them, and attention can go back and read. For the **answer**,
# one must find who is spoken of: attention pays about half, but it pays, too (lesson 09 sorts these questions).

# %% [markdown] pt
# ## 7 · E o BERT?
#
# O codificador não dá a probabilidade de um texto. Dá a de cada token, dados todos os outros; a soma desses logaritmos
# é a **pseudo-log-verossimilhança**. Ela não vira perplexidade nem se compara com as barras de cima: quem vê os dois
# lados tem um piso mais baixo. Mas esse piso também é conhecido:

# %% [markdown] en
# ## 7 · And BERT?
#
# The encoder does not give the probability of a text. It gives that of each token, given all others; the sum of those
# logarithms is the **pseudo-log-likelihood**. It makes no perplexity and does not compare with the bars above: a model
# that sees both sides has a lower floor. But that floor is known, too:

# %%
pseudo = compare_masked(mini_gpt.load("mini-encoder"), town, documents[:20])
left = compare(models["nano"], town, documents[:20])
for name, result in {"nano": left, "mini-encoder (pseudo)": pseudo}.items():
    bits = [local(f"{nats / math.log(2):.2f}", LANG) for nats in (result.floor, result.loss - result.floor)]
    print(f"{name:22s}piso {bits[0]}; a mais {bits[1]}")  # pt
    print(f"{name:22s}floor {bits[0]}, above {bits[1]}")  # en

# %% [markdown] pt
# ## O que fica
#
# - Um n-grama é memória de sequências curtas; suavizar é decidir o que fazer com o que nunca se viu.
# - Uma RNN resume tudo num vetor; uma CNN vê uma janela; a atenção pode ir buscar qualquer token do contexto.
# - Compare com o mesmo tamanho e os mesmos dados, ou diga o que difere; acima de um piso; e veja **onde** estão os
#   erros.
# - Um codificador tem pseudo-verossimilhança, não perplexidade.
# - As frases da cidade são curtas: o que muda em textos longos, esta comparação não mostra.
#
# [Agora vá para 09 Zero-shot e viés](09_zero_shot_and_bias.ipynb)

# %% [markdown] en
# ## What stays
#
# - An n-gram is a memory of short sequences; smoothing is deciding what to do about what was never seen.
# - An RNN sums up everything in one vector; a CNN sees a window; attention can fetch any token of the context.
# - Compare at the same size and on the same data, or say what differs; above a floor; and look **where** the errors
#   are.
# - An encoder has a pseudo-likelihood, not a perplexity.
# - The town's sentences are short: what changes in long texts, this comparison does not show.
#
# [Now go on to 09 Zero-shot and bias](09_zero_shot_and_bias.ipynb)
