# %% [markdown] pt
# # 07 · Uma palavra, muitos vetores
#
# **Ao final, você** terá treinado vetores de palavras em segundos, visto o que um só vetor por palavra não consegue guardar e
# medido o que um modelo separa em cada camada, sem se deixar enganar pelo cosseno nem por um classificador que acerta tudo.
#
# Slides: uma palavra, um vetor? · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 07 · One word, many vectors
#
# **By the end, you** will have trained word vectors in seconds, seen what a single vector for each word cannot hold, and
# measured what a model tells apart at each layer, without being fooled by the cosine or by a probe that is always right.
#
# Slides: one vector per word? · {minutes} · **[glossary](glossary.ipynb)**

# %%
MODEL = "mini"  # ou "mini-books", "gpt2", uma pasta: mude, reinicie e rode tudo; o texto descreve o mini  # pt
MODEL = "mini"  # or "mini-books", "gpt2", a folder: change it, restart, run all; the text describes mini  # en

# %%
from itertools import islice

import torch.nn.functional as F
from torch.testing import assert_close

from mini_gpt import load, record
from mini_gpt.lesson import any_model, figures
from mini_gpt.lesson.baselines import train_word2vec
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.senses import occurrences, projection, vectors_of
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import local

# %% [markdown] pt
# ## 1 · Um vetor para cada palavra
#
# “Diga-me com quem andas”: o **word2vec** dá a cada palavra um vetor que prevê as palavras vizinhas. As que andam nas mesmas
# companhias ficam com vetores parecidos. O **cosseno** do ângulo entre dois vetores diz quanto: 1 quando apontam para o mesmo
# lado, 0 quando formam um ângulo reto.

# %% [markdown] en
# ## 1 · One vector for each word
#
# A word is known by the company it keeps: **word2vec** gives each word a vector that predicts the words near it. Words that keep
# the same company get similar vectors. The **cosine** of the angle between two vectors measures their similarity: 1 if they point the
# same way, 0 at a right angle.

# %%
LANG = "pt"  # pt
LANG = "en"  # en
town = Town(LANG)
words, ids_of = town.tokenizer.words, town.tokenizer.ids
documents = list(islice(town.documents("word2vec"), 2000))
fixed = train_word2vec(documents, len(words), steps=300)  # (V, 32)

# %% [markdown] pt
# Na cidade, *banco* tem dois sentidos: um guarda dinheiro, o outro fica na praça, sob as árvores. **Antes de rodar:** de qual
# dos dois fica mais perto o vetor de *banco*?

# %% [markdown] en
# In the town, *bank* has two senses: one holds cash, the other is a river's. **Before you run this:** which of the two is the
# vector of *bank* nearer to?

# %%
pairs = ["ana leo", "queijo pão", "banco queijo", "banco dinheiro", "banco árvores", "dinheiro árvores"]  # pt
pairs = ["ana leo", "cheese bread", "bank cheese", "bank cash", "bank river", "cash river"]  # en
for pair in pairs:
    one, other = (fixed[ids_of[word]] for word in pair.split())
    print(f"{pair:17s}", local(f"{F.cosine_similarity(one, other, dim=0):.2f}", LANG))

# %% [markdown] pt
# *banco* não escolhe: fica mais perto de *dinheiro* e de *árvores* do que as duas ficam entre si. Um vetor só, entre os dois
# sentidos: ele não sabe em que frase está.
#
# ### Exercício 1 · a palavra mais próxima
#
# `vectors` (V, d) tem um vetor por linha. Retorne o número da linha, diferente de `i`, que tem o maior cosseno com a linha `i`.
# Depois tente `words[nearest(fixed, ids_of["queijo"])]`.

# %% [markdown] en
# *bank* does not choose: it is nearer to *cash* and to *river* than they are to each other. A single vector, between the two
# senses: it does not know which sentence it is in.
#
# ### Exercise 1 · the nearest word
#
# `vectors` (V, d) has a vector in each row. Return the number of the row, other than `i`, that has the largest cosine with row
# `i`. Then try `words[nearest(fixed, ids_of["cheese"])]`.


# %%
def nearest(vectors, i):
    return ...


check("nearest", nearest, LANG)

# %% [markdown] pt
# ## 2 · Um vetor para cada ocorrência
#
# A cidade tem 8 palavras de 2 sentidos, com 2 pistas para cada sentido, antes ou depois da palavra. Com 16 pessoas, são 512
# frases de cada tipo, como estas:

# %% [markdown] en
# ## 2 · One vector for each occurrence
#
# The town has 8 words with 2 senses, and 2 clues to each sense, before the word or after it. With 16 people, that makes 512
# sentences of each kind, such as these:

# %%
found = {clue: occurrences(LANG, clue) for clue in ("before", "after")}
for each in found["after"][:64:16]:
    print(f"{each.sense:9s}", each.before, each.word, each.after)

# %% [markdown] pt
# Num Transformer, o vetor de um token muda de bloco em bloco, conforme ele lê os outros. `vectors_of` dá o vetor da palavra em
# cada frase e em cada camada; a camada 0 é o que entra no primeiro bloco. Os eixos: camadas, palavras, sentidos, pistas,
# pessoas, C.

# %% [markdown] en
# In a Transformer, a token's vector changes from block to block, as it reads the others. `vectors_of` gives the word's vector
# in each sentence and at each layer; layer 0 is what enters the first block. The axes: layers, words, senses, clues, people, C.

# %%
gpt = load(MODEL)
models = {MODEL: gpt, "mini-encoder": load("mini-encoder")}
in_context = {}
for name, model in models.items():
    for clue in found:
        in_context[name, clue] = vectors_of(model, found[clue]).unflatten(1, (8, 2, 2, 16))
in_context[MODEL, "after"].shape

# %% [markdown] pt
# À mão, para a primeira frase e a última camada:

# %% [markdown] en
# By hand, for the first sentence and the last layer:

# %%
ids = any_model.ids_of("ana está no banco", gpt)  # a frase, até a palavra  # pt
ids = any_model.ids_of("ana walks to the bank", gpt)  # the sentence, up to the word  # en
with record(gpt) as trace:
    gpt(ids)
last = trace[f"blocks.{gpt.config.n_layer - 1}"]  # (B, T, C)
assert_close(last[0, -1], in_context[MODEL, "after"][-1, 0, 0, 0, 0], rtol=1e-3, atol=1e-3)

# %% [markdown] pt
# **Antes de rodar:** duas frases, uma de cada sentido, com a pista **depois** da palavra. Em que camadas de cada modelo o vetor
# de *banco* é diferente nas duas?

# %% [markdown] en
# **Before you run this:** two sentences, one for each sense, with the clue **after** the word. At which layers of each model
# does the vector of *bank* differ between the two?

# %%
for name in models:
    one, other = in_context[name, "after"][:, 0, :, 0, 0].unbind(1)  # (camadas, C)  # pt
    one, other = in_context[name, "after"][:, 0, :, 0, 0].unbind(1)  # (layers, C)  # en
    change = (one - other).norm(dim=-1) / one.norm(dim=-1)
    print(f"{name:13s}", *(f"{share:4.0%}" for share in change))

# %% [markdown] pt
# Na camada 0 é o mesmo: uma linha da tabela de embeddings, mais a posição. No codificador, que vê os dois lados, ele muda a
# partir da camada 1. No GPT, nunca: até *banco* as duas frases são iguais, e mais treino não mudaria isso.
#
# Agora as 64 frases com *banco* no codificador, projetadas nas duas direções de maior variância. **Antes de rodar:** na última
# camada, o que terão em comum as frases de um mesmo grupo de pontos: o sentido, a pista ou a pessoa?

# %% [markdown] en
# At layer 0 it is the same: a row of the embedding table, plus the position. In the encoder, which sees both sides, it changes
# from layer 1 on. In the GPT, never: up to *bank* the two sentences are the same, and more training would not change that.
#
# Now the 64 sentences with *bank*, as the encoder reads them, in the two directions of largest variance. **Before you run
# this:** at the last layer, what will the sentences of one group of points share: the sense, the clue or the person?

# %%
points, _ = projection(in_context["mini-encoder", "after"][:, 0].flatten(1, 3))  # (camadas, 64, 2)  # pt
points, _ = projection(in_context["mini-encoder", "after"][:, 0].flatten(1, 3))  # (layers, 64, 2)  # en
figures.sense_figure(points, [each.sense for each in found["after"][:64]], LANG)

# %% [markdown] pt
# A pista: cada sentido se divide em dois grupos, um por pista (às vezes dividido de novo por *ele* ou *ela*).
#
# ## 3 · Cuidado com o cosseno
#
# É comum mostrar que duas ocorrências têm cosseno 0,9 e concluir que são parecidas. Parecidas em relação a quê? Com a pista
# **antes**, o `mini` pode lê-la. Nos vetores dele, mudamos uma coisa de cada vez: `roll` passa à pessoa ou à palavra seguinte,
# `flip` troca as duas pistas ou os dois sentidos. **Antes de rodar:** que cosseno você espera entre palavras diferentes?

# %% [markdown] en
# The clue: each sense falls into two groups, one for each clue (and *he* or *she* may split a group again).
#
# ## 3 · Beware of the cosine
#
# People often show that two occurrences have a cosine of 0.9 and conclude that they are alike. Alike compared with what? With
# the clue **before**, `mini` can read it. In its vectors we change one thing at a time: `roll` moves on to the next person or
# word, `flip` swaps the two clues or senses. **Before you run this:** what cosine do you expect between different words?

# %%
x = in_context[MODEL, "before"][-1]  # (palavras, sentidos, pistas, pessoas, C)  # pt
x = in_context[MODEL, "before"][-1]  # (words, senses, clues, people, C)  # en
changed = {"pessoa": x.roll(1, 3), "pista": x.flip(2), "sentido": x.flip(1), "palavra": x.roll(1, 0)}  # pt
changed = {"person": x.roll(1, 3), "clue": x.flip(2), "sense": x.flip(1), "word": x.roll(1, 0)}  # en
for what, other in changed.items():
    print(f"{what:8s}", local(f"{F.cosine_similarity(x, other, dim=-1).mean():.2f}", LANG))

# %% [markdown] pt
# Até palavras diferentes parecem quase iguais: todos os vetores apontam em parte para o mesmo lado (o espaço é
# **anisotrópico**). Subtraia de cada vetor o vetor médio, isto é, **centre**, e compare de novo:

# %% [markdown] en
# Even different words look almost equal: all vectors point partly the same way (the space is **anisotropic**). Subtract the
# mean vector from each, that is, **centre** them, and compare again:

# %%
mean = x.mean((0, 1, 2, 3))
for what, other in changed.items():
    print(f"{what:8s}", local(f"{F.cosine_similarity(x - mean, other - mean, dim=-1).mean():.2f}", LANG))

# %% [markdown] pt
# Agora se vê o que muda o vetor: outra pessoa, quase nada; outra palavra, tudo. E outra pista do **mesmo** sentido o muda mais
# ou menos tanto quanto outro sentido.
#
# ### Exercício 2 · cosseno centrado
#
# Retorne o cosseno entre `a` e `b` depois de subtrair de cada um o vetor médio `mean`.

# %% [markdown] en
# Now we see what changes the vector: another person, hardly; another word, most of all. And another clue to the
# **same** sense changes it about as much as another sense does.
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
# Cada ponto é uma frase. Escolha uma, com o mouse ou com as setas, e veja o cosseno médio dela com frases sobre outras pessoas.
# “Mesmo sentido” reúne as duas pistas dele: a da frase escolhida e a outra.
#
# **Antes de mexer:** o que acontece com os pontos do `mini` quando a pista passa para depois da palavra?

# %% [markdown] en
# ## 4 · The sense explorer
#
# Each point is a sentence. Pick one, with the mouse or with the arrows, and see its mean cosine with sentences about
# other people. “Same sense” covers both clues to it: that of the chosen sentence, and the other.
#
# **Before you touch it:** what happens to `mini`'s points when the clue comes after the word?

# %%
from mini_gpt.lesson.widgets import SenseExplorer

explorer = SenseExplorer({"mini": load("mini"), "mini-encoder": models["mini-encoder"]}, LANG)
explorer.clue = "before"
explorer

# %% [markdown] pt
# O que observar:
#
# - Com a pista depois, mesmo sentido e outro sentido têm no `mini` o mesmo cosseno em todas as camadas; no `mini-encoder` eles
#   se afastam.
# - Com a pista antes, a camada 0 da palavra “vela” já tem mais de um ponto: uma pista mais longa empurra a palavra para outra
#   **posição**.

# %% [markdown] en
# What to look for:
#
# - With the clue after, same sense and other sense have the same cosine at all layers in `mini`; in `mini-encoder` they move
#   apart.
# - With the clue before, layer 0 already has more than one point: a longer clue pushes the word to another **position**.

# %% [markdown] pt
# ## 5 · Um classificador linear (*probe*)
#
# Uma pergunta mais exata: o sentido pode ser **lido** do vetor? Um classificador linear (*probe*) põe um hiperplano a meio
# caminho entre os vetores médios dos dois sentidos nas frases de treino; de que lado cai um vetor de teste?

# %% [markdown] en
# ## 5 · A linear probe
#
# A sharper question: can the sense be **read off** the vector? A linear probe puts a hyperplane halfway between the mean
# vectors of the two senses in the training sentences; on which side does a test vector fall?


# %%
def probe(train, test):
    """A fração de acertos no teste; os dois têm shape (2 sentidos, pistas, pessoas, C)."""  # pt
    """The share of test vectors it gets right; both have shape (2 senses, clues, people, C)."""  # en
    one, other = train.mean((1, 2))  # (C,)
    side = (test - (one + other) / 2) @ (one - other) > 0
    return (side[0].float().mean() + (~side[1]).float().mean()) / 2


def mean_over_words(train, test):
    return sum(probe(*word) for word in zip(train, test)) / 8


# %% [markdown] pt
# Treinamos com metade das pessoas e testamos com a outra, com as mesmas pistas. O acaso dá 50%:

# %% [markdown] en
# We train on half of the people and test on the others, with the same clues. Chance gives 50%:

# %%
place = {"before": "pista antes", "after": "pista depois"}  # pt
place = {"before": "clue before", "after": "clue after"}  # en
for (name, clue), x in in_context.items():
    shares = [mean_over_words(layer[..., ::2, :], layer[..., 1::2, :]) for layer in x]
    print(f"{name:12s} {place[clue]:12s}", *(f"{share:5.0%}" for share in shares))

# %% [markdown] pt
# Com a pista depois, o GPT fica no acaso: os dois sentidos têm o mesmo vetor. No resto, quase tudo certo na última camada. (Na
# camada 0, o que passa do acaso é a posição.) Os modelos sabem, então, o que *banco* quer dizer? **Antes de rodar:** e se
# treinarmos com uma pista de cada sentido e testarmos com a **outra**?

# %% [markdown] en
# With the clue after, the GPT stays at chance: both senses have the same vector. The other cases are nearly all correct
# at the last layer. (At layer 0, what beats chance is the position.) So do the models know what *bank* means? **Before
# you run this:** what if we train on one clue to each sense and test on the **other**?

# %%
for (name, clue), x in in_context.items():
    shares = [mean_over_words(layer[:, :, :1], layer[:, :, 1:]) for layer in x]
    print(f"{name:12s} {place[clue]:12s}", *(f"{share:5.0%}" for share in shares))

# %% [markdown] pt
# O acerto despenca: o classificador reconhecia sobretudo as pistas. (São só 16 pistas de teste: alguns pontos acima de 50%
# podem ser sorte; no `mini-encoder`, sobra algo que as duas pistas têm em comum.) Um classificador mostra o que se pode ler
# **nas frases em que foi testado**, e não que o modelo usa isso. Num modelo grande, que leu milhões de pistas, o resultado pode
# ser outro.

# %% [markdown] en
# The share collapses: the probe recognised the clues, and hardly anything that the two have in common. (With 16 test clues, some
# points above 50% may be luck.) A probe shows what can be read off **in the sentences that it was tested on**, not
# that the model uses it. In a large model, which has read millions of clues, the result may differ.

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
# - word2vec: um vetor por palavra, com todos os sentidos misturados.
# - Transformer: um vetor por ocorrência, que muda de camada em camada. O que só vem depois da palavra, um GPT não pode pôr no
#   vetor dela; um codificador pode.
# - Centre antes de usar o cosseno, e mostre ao lado o de palavras diferentes.
# - Um classificador linear vale tanto quanto o seu teste: deixe fora do treino o que ele poderia decorar.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_07.py`](../../mini_gpt/lesson/exercises/lesson_07.py).
#
# [Agora vá para 08 Modelos comparados](08_language_models_compared.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - word2vec: one vector for each word, with all its senses mixed.
# - Transformer: one vector for each occurrence, which changes from layer to layer. What comes only after the word, a GPT cannot
#   put into its vector; an encoder can.
# - Centre before you use the cosine, and show the cosine of different words beside it.
# - A probe is worth as much as its test: keep whatever it could memorise out of the training.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_07.py`](../../mini_gpt/lesson/exercises/lesson_07.py).
#
# [Now go on to 08 Models compared](08_language_models_compared.ipynb)
