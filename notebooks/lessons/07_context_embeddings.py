# %% [markdown] pt
# # 07 · Uma palavra, muitos vetores
#
# **Ao final, você** vai ter treinado vetores de palavras em segundos, visto o que um só vetor por palavra não pode
# guardar, e medido, camada por camada, onde um modelo separa os sentidos de uma palavra, sem se deixar enganar pelo
# cosseno.
#
# Slides: uma palavra, um vetor?; os sentidos se separam de camada em camada · 50 minutos

# %% [markdown] en
# # 07 · One word, many vectors
#
# **At the end you** will have trained word vectors in seconds, seen what a single vector for each word cannot hold, and
# measured, layer by layer, where a model separates a word's senses, without being fooled by the cosine.
#
# Slides: one vector for a word?; the senses part from layer to layer · 50 minutes

# %%
from itertools import islice

import torch
import torch.nn.functional as F

import mini_gpt
from mini_gpt import record
from mini_gpt.lesson import figures
from mini_gpt.lesson.baselines import train_word2vec
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import AMBIGUOUS_EN, AMBIGUOUS_PT, PEOPLE, Town

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · Um vetor para cada palavra
#
# “Diga-me com quem andas”: o **word2vec** dá a cada palavra um vetor que prevê as palavras vizinhas. As que andam nas
# mesmas companhias ficam com vetores parecidos.

# %% [markdown] en
# ## 1 · One vector for each word
#
# A word is known by the company it keeps: **word2vec** gives each word a vector that predicts the words near it. Words
# that keep the same company get similar vectors.

# %%
town = Town(LANG)
words, ids_of, end = town.tokenizer.words, town.tokenizer.ids, town.tokenizer.end_of_text
documents = list(islice(town.documents("word2vec"), 2000))
vectors = train_word2vec(documents, len(words), steps=300)
seen = sorted({token for document in documents for token in document})

# %%
centred = F.normalize(vectors - vectors[seen].mean(0), dim=-1)
ask = ["ana", "queijo", "livro", "banco"]  # pt
ask = ["ana", "cheese", "book", "bank"]  # en
cosine = {word: centred @ centred[ids_of[word]] for word in ask}
near = {word: sorted(set(seen) - {ids_of[word]}, key=lambda i: -cosine[word][i])[:6] for word in ask}
figures.neighbours_figure({word: {words[i]: cosine[word][i].item() for i in near[word]} for word in ask}, LANG)

# %% [markdown] pt
# Ninguém lhe disse o que é um nome ou uma comida. Mas *banco* tem um vetor só, e entre os seus vizinhos há pistas dos
# dois sentidos, misturadas: o vetor não sabe em que frase está.
#
# ### Exercício 1 · a palavra mais próxima
#
# `vectors` (V, d) tem um vetor por linha. Retorne o número da linha, diferente de `i`, que tem o maior cosseno com a
# linha `i`.

# %% [markdown] en
# Nobody told it what a name or a food is. But *bank* has one vector, and among its neighbours are clues to both senses,
# mixed: the vector does not know which sentence it is in.
#
# ### Exercise 1 · the nearest word
#
# `vectors` (V, d) has a vector in each row. Return the number of the row, other than `i`, with the largest cosine with
# row `i`.


# %%
def nearest(vectors, i):
    return ...


check("nearest", nearest, LANG)

# %% [markdown] pt
# ## 2 · Um vetor para cada ocorrência
#
# Num Transformer, o vetor de um token muda de bloco em bloco, conforme ele lê os outros. A cidade tem oito palavras de
# dois sentidos, e cada sentido tem duas pistas. Guardamos o vetor da palavra em cada frase e em cada camada.

# %% [markdown] en
# ## 2 · One vector for each occurrence
#
# In a Transformer a token's vector changes from block to block, as it reads the others. The town has eight words with
# two senses, and each sense has two clues. We keep the word's vector in each sentence and at each layer.

# %%
meanings, he = AMBIGUOUS_PT, "ele"  # pt
before, after = "{a} {clue} . depois {he} {said} .", "{a} {said} . depois {he} {clue} ."  # pt
meanings, he = AMBIGUOUS_EN, "he"  # en
before, after = "{a} {clue} . then {he} {said} .", "{a} {said} . then {he} {clue} ."  # en


@torch.no_grad()
def vectors_of(model, form):
    """(layers, people, words, senses, clues, C): the ambiguous word's vector in each sentence."""
    rows = []
    for m in meanings:
        said = [form.format(a=person.forms[""], he=person.forms[he], **m.forms) for person in PEOPLE]
        with record(model, "embedding", "blocks.?") as trace:
            model(torch.tensor([[end, *town.tokenizer.encode(text)] for text in said]))
        at = 1 + said[0].split().index(m.forms["word"])
        rows.append(torch.stack(list(trace.values()))[:, :, at])  # (layers, people, C)
    return torch.stack(rows, dim=2).unflatten(2, (8, 2, 2))


# %%
models = {"mini": mini_gpt.load("mini"), "mini-encoder": mini_gpt.load("mini-encoder")}
found = {(name, form): vectors_of(model, form) for name, model in models.items() for form in (before, after)}
found["mini", after].shape

# %% [markdown] pt
# Uma palavra, com a pista **depois** dela, vista em duas dimensões (as de maior variância). **Antes de rodar:** em qual
# dos modelos as duas cores se separam?

# %% [markdown] en
# One word, with the clue **after** it, seen in two dimensions (those of largest variance). **Before you run this:** in
# which of the models do the two colours separate?


# %%
def flat(vectors, word=0):
    """(layers, N, 2): all occurrences of one word, projected on its two main directions at each layer."""
    x = vectors[:, :, word].flatten(1, 3)
    x = x - x.mean(1, keepdim=True)
    u, s, _ = torch.linalg.svd(x, full_matrices=False)
    return u[..., :2] * s[:, None, :2]


senses = [m.forms["translation"] for _ in PEOPLE for m in meanings[:4]]

# %%
figures.sense_figure(flat(found["mini-encoder", after]), senses, LANG)

# %%
figures.sense_figure(flat(found["mini", after]), senses, LANG)

# %% [markdown] pt
# Na camada 0 há um ponto só: a palavra, na sua posição. No codificador, as pistas se afastam de camada em camada, e com
# elas os sentidos. No GPT os sentidos nunca se separam: cada círculo azul cai dentro de um quadrado laranja, porque até
# ali as frases são iguais.
#
# ## 3 · Cuidado com o cosseno
#
# É comum mostrar que duas ocorrências têm cosseno 0,9 e concluir que são parecidas. Parecidas em relação a quê?
# Comparamos com ocorrências de **palavras diferentes**.

# %% [markdown] en
# At layer 0 there is a single point: the word, at its position. In the encoder the clues move apart from layer to
# layer, and the senses with them. In the GPT the senses never separate: each blue circle falls inside an orange square,
# since up to there the sentences are the same.
#
# ## 3 · Beware of the cosine
#
# People often show that two occurrences have a cosine of 0.9 and conclude that they are alike. Alike compared with
# what? We compare with occurrences of **different words**.


# %%
def mean_cosines(vectors, centre):
    """By layer: pairs of one word in one sense, of one word in two senses, of two words."""
    x = vectors - vectors.flatten(1, 4).mean(1)[:, None, None, None, None] if centre else vectors
    x = F.normalize(x, dim=-1)
    one, two = x[:, ::2], x[:, 1::2]  # pessoas diferentes  # pt
    one, two = x[:, ::2], x[:, 1::2]  # different people  # en
    same, other, random = (one * two).sum(-1), (one * two.flip(3)).sum(-1), (one * two.roll(1, dims=2)).sum(-1)
    return [each.flatten(1).mean(1) for each in (same, other, random)]


# %%
NAMES = ["mesmo sentido", "outro sentido", "outra palavra"]  # pt
NAMES = ["same sense", "other sense", "other word"]  # en
x = found["mini-encoder", after]
kinds = {"cosseno": False, "cosseno centrado": True}  # pt
kinds = {"cosine": False, "centred cosine": True}  # en
panels = {kind: dict(zip(NAMES, mean_cosines(x, centre))) for kind, centre in kinds.items()}
figures.layers_figure(panels, LANG)

# %% [markdown] pt
# À esquerda, até palavras diferentes têm cosseno bem acima de zero: todos os vetores apontam um pouco para o mesmo lado
# (o espaço é **anisotrópico**). Subtraindo o vetor médio, palavras diferentes deixam de parecer próximas, e a distância
# entre os sentidos aumenta.
#
# ### Exercício 2 · cosseno centrado
#
# Retorne o cosseno entre `a` e `b` depois de subtrair de cada um o vetor médio `mean`.

# %% [markdown] en
# On the left even different words have a cosine well above zero: all vectors point a little to one side (the space is
# **anisotropic**). With the mean vector subtracted, different words no longer look close, and the gap between senses
# grows.
#
# ### Exercise 2 · centred cosine
#
# Return the cosine of `a` and `b` after subtracting the mean vector `mean` from each.


# %%
def centred_cosine(a, b, mean):
    return ...


check("centred_cosine", centred_cosine, LANG)

# %% [markdown] pt
# ## 4 · O explorador de sentidos
#
# Cada ponto é uma frase sobre uma de quatro pessoas. Escolha uma, com o mouse ou com as setas, e veja o cosseno médio
# dela com as frases sobre as outras pessoas.
#
# **Antes de mexer:** com a pista antes da palavra, o `mini` pode separar os sentidos. Na última camada, quanto vale o
# cosseno entre “banco” e outras palavras? E depois de centrar, em que ordem ficam mesmo sentido, outro sentido e outras
# palavras?

# %% [markdown] en
# ## 4 · The sense explorer
#
# Each point is a sentence about one of four people. Pick one, with the mouse or with the arrows, and see its mean
# cosine with the sentences about the other people.
#
# **Before you touch it:** with the clue before the word, `mini` can separate the senses. At the last layer, how large
# is the cosine between “bank” and other words? And once centred, in which order come same sense, other sense and other
# words?

# %%
from mini_gpt.lesson.widgets import SenseExplorer

explorer = SenseExplorer(models, LANG)
explorer.clue = "before"
explorer

# %% [markdown] pt
# O que ver:
#
# - Sem centrar, na última camada, o `mini` acha quase iguais até palavras diferentes, e os sentidos diferem em poucos
#   centésimos ou menos. Depois de centrar, a diferença salta aos olhos, e outras palavras ficam abaixo de zero.
# - Ponha a pista depois da palavra. No `mini`, mesmo sentido e outro sentido têm o mesmo cosseno em todas as camadas, e
#   em cada ponto há quatro frases, as de uma pessoa. No `mini-encoder`, os sentidos se afastam já na camada 1, e mais a
#   cada camada.
# - Volte a pista para antes e leve a camada a 0, com a palavra “vela”: há mais de um ponto. Não é o sentido: uma pista
#   mais longa empurra a palavra para outra **posição**.

# %% [markdown] en
# What to see:
#
# - Not centred, at the last layer, `mini` finds even different words almost equal, and the senses differ by a few hundredths
#   or less. Centred, the difference leaps to the eye, and other words fall below zero.
# - Put the clue after the word. In `mini`, same sense and other sense have the same cosine at all layers, and each
#   point holds four sentences, those about one person. In `mini-encoder` the senses move apart from layer 1 on, and
#   further at each layer.
# - Put the clue before again and take the layer to 0: there is more than one point. That is not the sense: a longer
#   clue pushes the word to another **position**.

# %% [markdown] pt
# ## 5 · Um classificador linear (*probe*)
#
# Uma pergunta mais exata: o sentido pode ser **lido** do vetor por um hiperplano, com um sentido de cada lado? Para
# cada palavra, um classificador linear (*probe*) aprende com metade das pessoas e é testado na outra metade; as pistas
# são as mesmas. Mínimos quadrados, com um pouco de regularização:

# %% [markdown] en
# ## 5 · A linear probe
#
# A sharper question: can the sense be **read off** the vector by a hyperplane, with one sense on each side? For each
# word, a linear classifier (a *probe*) learns from half of the people and is tested on the other half; the clues are
# the same. Least squares, a little regularised:


# %%
def probe(x_train, x_test):
    """Which of the two senses, from vectors (people, senses, clues, C): the share right on x_test."""
    y = torch.tensor([1.0, -1.0])[:, None].expand(x_train.shape[:3])
    mean = x_train.mean((0, 1, 2))
    a, b = (x_train - mean).flatten(0, 2), (x_test - mean).flatten(0, 2)
    weights = torch.linalg.solve(a.T @ a + torch.eye(a.size(1)), a.T @ y.flatten())
    first = (b @ weights).view(x_test.shape[:3]) > 0
    return (first == torch.tensor([True, False])[:, None]).float().mean()


# %%
NAMES = {before: "pista antes", after: "pista depois"}  # pt
NAMES = {before: "clue before", after: "clue after"}  # en
accuracy, error = {}, {}
for (name, form), x in found.items():
    shares = torch.tensor([[probe(layer[::2, w], layer[1::2, w]) for w in range(8)] for layer in x]).mean(1)
    accuracy.setdefault(name, {})[NAMES[form]] = shares
    error.setdefault(name, {})[NAMES[form]] = (shares * (1 - shares) / 256) ** 0.5
figures.layers_figure(accuracy, LANG, error)

# %%
for name, series in accuracy.items():
    for form, shares in series.items():
        print(f"{name:13s} {form}:", " ".join(f"{share:4.0%}" for share in shares))

# %% [markdown] pt
# As barras são o erro padrão de 256 casos. Em 100% elas somem, o que não quer dizer certeza: a lição 09 traz um
# intervalo que serve ali também. Com a pista antes, o sentido pode ser lido nos dois modelos. Com a pista depois, só no
# que vê os dois lados. No GPT, o classificador fica no acaso em todas as camadas: os dois sentidos têm o mesmo vetor, e
# mais treino não mudaria isso.
#
# E por que, com a pista antes, ele passa do acaso já na camada 0, onde a palavra ainda não leu nada? Ele lê a
# **posição**, que depende do comprimento da pista: um atalho, não o sentido. Um classificador mostra que a informação
# **está lá**, não que o modelo a usa.
#
# ### Exercício 3 · o erro de uma acurácia
#
# De `n` casos, a fração `p` foi acertada. Retorne o erro padrão de `p`.

# %% [markdown] en
# The bars are the standard error of 256 cases. At 100% they vanish, which does not mean certainty: lesson 09 has an
# interval that works there, too. With the clue before, the sense can be read off in both models. With the clue after,
# only in the one that sees both sides. In the GPT the probe stays at chance in all layers: both senses have the same
# vector, and more training would not change that.
#
# And why, with the clue before, does it beat chance already at layer 0, where the word has read nothing yet? It reads
# the **position**, which depends on the clue's length: a shortcut, not the sense. A probe shows that the information
# **is there**, not that the model uses it.
#
# ### Exercise 3 · the error of an accuracy
#
# Of `n` cases, the share `p` was right. Return the standard error of `p`.


# %%
def standard_error(p, n):
    return ...


check("standard_error", standard_error, LANG)

# %% [markdown] pt
# ## O que fica
#
# - word2vec: um vetor por palavra, com todos os sentidos misturados.
# - Transformer: um vetor por ocorrência, que muda de camada em camada.
# - O que só vem depois da palavra, o vetor dela num GPT não pode saber; num codificador, pode.
# - Centre antes de usar o cosseno, e mostre ao lado o de palavras diferentes.
# - Um classificador linear mede o que se pode ler do vetor, com margem de erro.
#
# [Agora vá para 08 Modelos comparados](08_language_models_compared.ipynb)

# %% [markdown] en
# ## What stays
#
# - word2vec: one vector for each word, with all its senses mixed.
# - Transformer: one vector for each occurrence, which changes from layer to layer.
# - What comes only after the word, its vector in a GPT cannot know; in an encoder it can.
# - Centre before you use the cosine, and show beside it that of different words.
# - A probe measures what can be read off the vector, with a margin of error.
#
# [Now go on to 08 Models compared](08_language_models_compared.ipynb)
