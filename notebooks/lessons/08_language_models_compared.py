# %% [markdown] pt
# # 08 · Modelos de linguagem comparados
#
# **Ao final, você** terá jogado contra um n-grama e um GPT, conhecido por dentro um n-grama suavizado, uma RNN e uma CNN, e
# medido quantos bits cada modelo paga acima da verdade, e onde.
#
# Slides: a turma contra o GPT; o que é um modelo de linguagem? · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 08 · Language models compared
#
# **By the end, you** will have played against an n-gram and a GPT, seen how a smoothed n-gram, an RNN and a CNN work, and
# measured how many bits each model pays above the truth, and where.
#
# Slides: the room against GPT; what is a language model? · {minutes} · **[glossary](glossary.ipynb)**

# %%
import math
from itertools import islice

import torch
from torch.testing import assert_close

import mini_gpt
from mini_gpt.lesson import baselines, figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.recipes import RECIPES
from mini_gpt.lesson.town import FOOD, Town
from mini_gpt.lesson.truth import compare, compare_masked, held_out_documents
from mini_gpt.lesson.words import local

# %%
LANG = "pt"  # pt
LANG = "en"  # en
town = Town()
words, end = town.tokenizer.words, town.tokenizer.end_of_text
documents = held_out_documents(town, 500, "models compared")  # nenhum modelo os leu  # pt
documents = held_out_documents(town, 500, "models compared")  # no model has read them  # en

# %% [markdown] pt
# ## 1 · Jogue primeiro
#
# Uma frase da cidade, token a token. Divida 100% entre as opções e revele: quem deu *p* ao token certo paga −log₂ *p* bits.
# Jogam com você um 3-grama, que só vê as duas palavras anteriores, o GPT `mini` e a verdade: a própria distribuição da cidade.
#
# **Antes de jogar:** em quais tokens até a verdade vai pagar? E em quais você vai vencer o 3-grama?

# %% [markdown] en
# ## 1 · Play first
#
# A sentence of the town, token by token. Share 100% among the options and reveal: whoever gave *p* to the right token pays
# −log₂ *p* bits. You play against a 3-gram, which sees only the two words before, the GPT `mini`, and the truth: the town's own
# distribution.
#
# **Before you play:** for which tokens will even the truth pay? And on which will you beat the 3-gram?

# %%
from mini_gpt.lesson.widgets import GuessingGame

game = GuessingGame(mini_gpt.load("mini"), town, LANG)
game

# %% [markdown] pt
# O que observar:
#
# - Num sorteio, até a verdade paga: entre dez comidas possíveis, log₂ 10 bits.
# - “ela”, “mel”, “relógio”: a frase já os decidiu, mas antes das duas últimas palavras. O 3-grama paga; quem lembra, quase
#   nada.
# - Numa frase só, com sorte, dá para pagar menos que a verdade. Em média, não dá.

# %% [markdown] en
# What to look for:
#
# - Where something is drawn, even the truth pays: among ten possible foods, log₂ 10 bits.
# - “she”, “honey”, “clock”: the sentence has settled them, but before its last two words. The 3-gram pays; a player
#   that remembers hardly does.
# - On one sentence, with luck, you can pay less than the truth. On average you cannot.

# %% [markdown] pt
# ## 2 · Contar e suavizar
#
# Um n-grama prevê a próxima palavra pelas n − 1 anteriores, o contexto, contando o que veio depois dele. **Antes de rodar:**
# que fração dos contextos de 1, 2, 4 e 8 palavras de textos novos já apareceu em 20 mil documentos da cidade?

# %% [markdown] en
# ## 2 · Counting and smoothing
#
# An n-gram predicts the next word from the n − 1 before it, the context, by counting what came after it. **Before you
# run this:** what share of the contexts of 1, 2, 4 and 8 words in new texts has occurred in 20 thousand documents of
# the town?

# %%
def contexts(documents, length):
    return [tuple(d[t - length : t]) for d in documents for t in range(length, len(d))]


read = list(islice(town.documents("n-grams"), 20_000))
for length in (1, 2, 4, 8):
    known, new = set(contexts(read, length)), contexts(documents, length)
    print(length, f"{sum(context in known for context in new) / len(new):.0%}")

# %% [markdown] pt
# E a cidade é pequena. O que fazer com um contexto nunca visto? **Kneser-Ney** tira de cada contagem um desconto e reparte o
# que tirou como o contexto mais curto faria. E o mais curto não conta quantas vezes uma palavra apareceu, e sim **depois de
# quantas palavras diferentes**. **Antes de rodar:** o token 2 aparece quatro vezes; o 3, três. Sem contexto, qual é o mais
# provável?

# %% [markdown] en
# And the town is small. What to do about a context never seen? **Kneser-Ney** takes a discount off each count, and
# shares out what it took as the shorter context predicts. And there what counts is not how often a word occurred, but
# **after how many different words**. **Before you run this:** token 2 occurs four times, token 3 three times. Without a
# context, which is more likely?

# %%
text = [[1, 2, 0], [1, 2, 0], [1, 2, 0], [1, 2, 0], [1, 3, 0], [4, 3, 0], [5, 3, 0]]  # 0: fim do documento  # pt
text = [[1, 2, 0], [1, 2, 0], [1, 2, 0], [1, 2, 0], [1, 3, 0], [4, 3, 0], [5, 3, 0]]  # 0: end of document  # en
small = baselines.NGram(text, order=2, vocab_size=6, end_of_text=0)
print(*(local(f"{p:.2f}", LANG) for p in small.distribution(context=())))  # dos tokens 0 a 5  # pt
print(*(local(f"{p:.2f}", LANG) for p in small.distribution(context=())))  # of tokens 0 to 5  # en

# %% [markdown] pt
# O 3: ele vem depois de três palavras diferentes; o 2, sempre depois da mesma. E nenhuma probabilidade é 0.
#
# ### Exercício 1 · contagem de continuação
#
# `pairs` é uma lista de pares (palavra, seguinte). Retorne a fração dos pares **diferentes** que termina em `word`.

# %% [markdown] en
# Token 3: it follows three different words, token 2 always the same one. And no probability is 0.
#
# ### Exercise 1 · continuation counts
#
# `pairs` is a list of pairs (word, next word). Return the share of the **different** pairs that end in `word`.


# %%
def continuation(pairs, word):
    return ...


check("continuation", continuation, LANG)

# %% [markdown] pt
# ## 3 · Lembrar num vetor
#
# Uma **RNN** (rede recorrente) lê um token de cada vez e resume tudo o que leu num só vetor, o estado h. À mão, com o mesmo
# resultado do PyTorch:

# %% [markdown] en
# ## 3 · Remembering in one vector
#
# An **RNN** (recurrent network) reads one token at a time and sums up all it has read in one vector, the state h. By hand, and
# equal to PyTorch's:

# %%
rnn, x = torch.nn.RNN(3, 3, bias=False, batch_first=True), torch.randn(1, 4, 3)  # x: 4 tokens
h = torch.zeros(3)
for t in range(4):
    h = torch.tanh(rnn.weight_hh_l0 @ h + rnn.weight_ih_l0 @ x[0, t])
assert_close(h, rnn(x)[0][0, -1])

# %% [markdown] pt
# No treino, o gradiente volta por todos os passos, multiplicado em cada um, e tende a desaparecer ou a explodir. A **LSTM** tem
# portas, que aprendem o que guardar e o que esquecer: um estado pode passar quase intacto, mas continua sendo um só vetor.
#
# ## 4 · Olhar por uma janela
#
# Uma **CNN** (rede convolucional) vê de uma vez os últimos tokens de uma janela fixa. Com **dilatação**, cada camada pula
# tokens, com um passo que dobra de camada em camada: 1, 2, 4, … **Antes de rodar:** esta tem quatro camadas de largura 3. Se
# trocarmos um token antigo, até que distância muda a previsão no último?

# %% [markdown] en
# In training, the gradient goes back through all steps, multiplied at each, and tends to vanish or explode. The **LSTM** has
# gates, which learn what to keep and what to forget: a state can pass almost untouched, but it is still one vector.
#
# ## 4 · Looking through a window
#
# A **CNN** (convolutional network) sees the last tokens of a fixed window at once. With **dilation**, each layer skips tokens,
# with a step that doubles from layer to layer: 1, 2, 4, … **Before you run this:** this one has four layers of width 3. If we
# change an earlier token, up to what distance does the prediction at the last one change?

# %%
cnn = baselines.load("cnn")
ids = torch.zeros(1, 60, dtype=torch.long)
for back in (15, 29, 30, 31):
    changed = ids.clone()
    changed[0, -1 - back] = 1  # outro token, tantas posições antes do último  # pt
    changed[0, -1 - back] = 1  # another token, so many places before the last  # en
    print(back, "=" if torch.equal(cnn(changed)[0, -1], cnn(ids)[0, -1]) else "≠")

# %% [markdown] pt
# ### Exercício 2 · o campo receptivo
#
# Retorne quantos tokens, incluindo o próprio, alcança uma pilha de `n_layer` convoluções de largura `kernel`, com dilatação 1,
# 2, 4, …

# %% [markdown] en
# ### Exercise 2 · the receptive field
#
# Return how many tokens, its own included, a stack of `n_layer` convolutions of width `kernel` reaches, with dilation 1, 2, 4,
# …


# %%
def reach(kernel, n_layer):
    return ...


check("receptive_field", reach, LANG)

# %% [markdown] pt
# ## 5 · A comparação
#
# Quatro redes já treinadas (`nano` é um GPT) leram os mesmos documentos, na mesma ordem, e têm quase o mesmo número de
# parâmetros; o otimizador e a taxa de aprendizado diferem.

# %% [markdown] en
# ## 5 · The comparison
#
# Four trained networks (`nano` is a GPT) read the same documents in the same order, and have almost the same number of
# parameters; the optimizer and the learning rate are not the same.

# %%
networks = {"rnn": baselines.load("rnn"), "lstm": baselines.load("lstm"), "cnn": cnn, "nano": mini_gpt.load("nano")}
for name, model in networks.items():
    print(f"{name:5s}", local(f"{sum(p.numel() for p in model.parameters()):,}", LANG))
print(local(f"{RECIPES['nano'].config.steps * RECIPES['nano'].batch_size:,} documentos", LANG))  # pt
print(local(f"{RECIPES['nano'].config.steps * RECIPES['nano'].batch_size:,} documents", LANG))  # en

# %% [markdown] pt
# Os n-gramas (n = 2, o bigrama, 3 e 5) leram só os 20 mil documentos acima e guardam todas as contagens. **Antes de rodar:**
# ordene os sete modelos.

# %% [markdown] en
# The n-grams read only the 20 thousand documents above, and keep all their counts. **Before you run this:** rank all seven.

# %%
def above_floor(result):
    return (result.loss - result.floor) / math.log(2)  # bits por token  # pt
    return (result.loss - result.floor) / math.log(2)  # bits per token  # en


models = {f"{n}-grama": baselines.NGram(read, n, len(words), end) for n in (2, 3, 5)} | networks  # pt
models = {f"{n}-gram": baselines.NGram(read, n, len(words), end) for n in (2, 3, 5)} | networks  # en
results = {name: compare(model, town, documents) for name, model in models.items()}
above = {name: above_floor(result) for name, result in results.items()}
print(*sorted(above, key=above.get))
figures.above_floor_figure(above, LANG)

# %% [markdown] pt
# Esta comparação favorece as redes, que leram mais. **Antes de rodar:** quanto melhora um n-grama com dez vezes mais
# documentos?

# %% [markdown] en
# This comparison favours the networks, which read more. **Before you run this:** how much better does an n-gram get with ten
# times the documents?

# %%
for name, n in zip(models, (2, 3, 5)):
    few = compare(baselines.NGram(read[:2_000], n, len(words), end), town, documents)
    print(name, local(f"{above_floor(few):.2f} → {above[name]:.2f}", LANG))

# %% [markdown] pt
# Mais documentos ajudam, mais contexto também, e os n-gramas continuam longe das redes: um contexto longo raramente foi visto
# inteiro, e nenhum deles vê além de n − 1 palavras.
#
# ## 6 · Onde cada um erra
#
# A média não diz por quê. Separamos os tokens pelo que exigem: a **resposta** de uma pergunta, uma comida **repetida**, uma
# **tradução**. De cada tipo, quantos há e quantos bits cada modelo paga acima da verdade:

# %% [markdown] en
# More documents help, and so does more context, but the n-grams stay far from the networks: a long context has rarely
# been seen whole, and no number of documents shows an n-gram what is beyond n − 1 words.
#
# ## 6 · Where each one errs
#
# The mean does not tell why. We sort the tokens by what they demand: the **answer** to a question, a food **repeated**,
# a **translation**. For each kind: how many there are, and the bits that each model pays above the truth:

# %%
KINDS = ["resposta", "repetida", "tradução", "o resto"]  # pt
KINDS = ["answer", "repeated", "translation", "the rest"]  # en
FOODS = {form for food in FOOD for form in food.forms.values()}


def kind_of(text, t):
    if text[t - 2 : t] in (["resposta", ":"], ["answer", ":"]):
        return KINDS[0]
    if text[t] in FOODS and text[t] in text[:t]:
        return KINDS[1]
    if text[0] in ("em", "in") and text[:t].count(":") == 2:  # "in english : … in portuguese : …"
        return KINDS[2]
    return KINDS[3]


# %%
texts = [[words[i] for i in document] for document in documents]
kinds = [kind_of(text, t) for text in texts for t in range(len(text))]
print(" " * 8, *(f"{kind:>11s}" for kind in KINDS))
print(" " * 8, *(f"{kinds.count(kind):11d}" for kind in KINDS))
for name, result in results.items():
    extra = (result.model - result.truth) / math.log(2)  # token a token  # pt
    extra = (result.model - result.truth) / math.log(2)  # token by token  # en
    means = [extra[[k == kind for k in kinds]].mean() for kind in KINDS]
    print(f"{name:8s}", *(local(f"{bits:11.2f}", LANG) for bits in means))

# %% [markdown] pt
# Leia por colunas. Os n-gramas perdem tudo o que está longe; nas redes, sobram duas colunas. Uma comida **repetida** foi dita bem
# antes: a RNN e a LSTM precisam tê-la guardado num vetor de tamanho fixo, a CNN precisa alcançá-la, e a atenção pode voltar e ler.
# Na **resposta**, é preciso achar de quem se fala: a atenção paga metade ou menos, mas também paga (lição 09).

# %% [markdown] en
# Read it by columns. The n-grams miss all that is far away; the networks still struggle in two columns. A **repeated**
# food was said well before: RNN and LSTM must have kept it in a vector of fixed size, the CNN must reach it, and
# attention can go back and read. For the **answer**, a model must find who is meant: attention pays half or less, but
# it pays, too (lesson 09).

# %% [markdown] pt
# ## 7 · E o BERT?
#
# O codificador não dá a probabilidade de um texto. Dá a de cada token, dados todos os outros; a soma desses logaritmos é a
# **pseudo-log-verossimilhança**. Ela não vira perplexidade nem se compara com as barras de cima. **Antes de rodar:** quem vê os
# dois lados tem um piso mais alto ou mais baixo?

# %% [markdown] en
# ## 7 · And BERT?
#
# The encoder does not give the probability of a text. It gives that of each token, given all others; the sum of those
# logarithms is the **pseudo-log-likelihood**. It yields no perplexity and is not comparable with the bars above. **Before you
# run this:** does a model that sees both sides have a higher or a lower floor?

# %%
pseudo = compare_masked(mini_gpt.load("mini-encoder"), town, documents[:20])
left = compare(networks["nano"], town, documents[:20])
for name, result in {"nano": left, "mini-encoder (pseudo)": pseudo}.items():
    floor = result.floor / math.log(2)
    print(f"{name:22s}", local(f"piso {floor:.2f}; a mais {above_floor(result):.2f}", LANG))  # pt
    print(f"{name:22s}", local(f"floor {floor:.2f}; above {above_floor(result):.2f}", LANG))  # en

# %% [markdown] pt
# Mais baixo: o que vem depois também dá pistas. São duas perguntas, com dois pisos.

# %% [markdown] en
# Lower: what comes after gives clues, too. These are two questions, with two floors.

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
# - Um n-grama é memória de sequências curtas; suavizar é decidir o que fazer com o que nunca se viu.
# - Uma RNN resume tudo num vetor; uma CNN vê uma janela; a atenção pode ir buscar qualquer token do contexto.
# - Compare com o mesmo tamanho e os mesmos dados, ou diga o que difere; acima de um piso; e veja **onde** estão os erros.
# - Um codificador tem pseudo-verossimilhança, não perplexidade.
# - As frases da cidade são curtas: esta comparação não mostra o que muda em textos longos.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_08.py`](../../mini_gpt/lesson/exercises/lesson_08.py).
#
# [Agora vá para 09 Zero-shot e viés](09_zero_shot_and_bias.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - An n-gram is a memory of short sequences; smoothing is deciding what to do about what was never seen.
# - An RNN sums up everything in one vector; a CNN sees a window; attention can fetch any token of the context.
# - Compare at the same size and on the same data, or say what differs; above a floor; and look **where** the errors are.
# - An encoder has a pseudo-likelihood, not a perplexity.
# - The town's sentences are short: this comparison does not show what changes in long texts.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_08.py`](../../mini_gpt/lesson/exercises/lesson_08.py).
#
# [Now go on to 09 Zero-shot and bias](09_zero_shot_and_bias.ipynb)
