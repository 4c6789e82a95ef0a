# %% [markdown] pt
# # 11 · Textos de verdade
#
# **Ao final, você** terá lido o que um modelo de romances escreve e medido quantos bits ele paga por byte; saberá o que se pode dizer
# do piso quando ninguém conhece a verdade; e terá treinado um GPT no **seu texto**, descoberto por que ele escreve lixo e o
# que muda quando se parte de um modelo que já leu, e posto o seu no celular.
#
# Slides: resultados · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 11 · Real text
#
# **By the end, you** will have read what a model of novels writes, and measured how many bits it pays per byte; know
# what can be said about the floor when nobody knows the truth; and have trained a GPT on **your own text**, found out
# why it writes garbage, seen what changes if you start from a model that has already read, and put yours on your phone.
#
# Slides: results · {minutes} · **[glossary](glossary.ipynb)**

# %%
MODEL = "mini-books"  # ou "mini", "gpt2", uma pasta: mude, reinicie e rode tudo; o texto descreve o mini-books  # pt
MODEL = "mini-books"  # or "mini", "gpt2", a folder: change it, restart, run all; the text describes mini-books  # en
LANG = "pt"  # pt
LANG = "en"  # en

# %%
import math
import re

import numpy as np
import torch

import mini_gpt
from mini_gpt import probability, sizes
from mini_gpt.lesson import books_card, figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.passages import passages
from mini_gpt.lesson.words import local

# %%
model = mini_gpt.load(MODEL)
n_parameters = sum(parameter.numel() for parameter in model.parameters())
counts = n_parameters, model.tokenizer.vocab_size, model.config.context_length
print(MODEL, *(local(f"{number:,}", LANG) for number in counts))

# %% [markdown] pt
# Parâmetros, tokens do vocabulário e tamanho do contexto. O `mini-books` é um GPT como o `mini`, mas os tokens dele são
# pedaços de palavras (BPE de bytes, lição 02) e ele leu romances e contos em português e em inglês, todos em domínio público. A
# lista está na [ficha dele](../../mini_gpt/lesson/checkpoints/mini-books/README.md).
#
# ## 1 · O que ele escreve
#
# O começo de um conto, escrito para esta lição, e quatro temperaturas. **Antes de rodar:** em qual o texto se repete, e em
# qual aparecem palavras que não existem?

# %% [markdown] en
# Parameters, tokens in the vocabulary, and context length. `mini-books` is a GPT like `mini`, but its tokens are pieces of words
# (byte-level BPE, lesson 02), and it has read novels and tales in Portuguese and in English, all in the public domain. Its
# [card](../../mini_gpt/lesson/checkpoints/mini-books/README.md) lists them.
#
# ## 1 · What it writes
#
# The beginning of a tale, written for this lesson, and four temperatures. **Before you run this:** at which one does the text
# repeat itself, and at which one are there words that do not exist?

# %%
texts = passages(model.tokenizer, LANG)
tale = next(iter(texts.values()))
beginning = " ".join(tale.split()[:6])


# %%
def go_on(model, temperature):
    ids = [model.tokenizer.end_of_text, *model.tokenizer.encode(beginning)]
    dice = torch.Generator().manual_seed(1)
    [written] = mini_gpt.generate(model, [ids], 40, temperature, generator=dice)
    return " ".join(model.tokenizer.decode(written[1:]).split())


# %%
for temperature in (0, 0.7, 1.0, 1.5):
    print(temperature, "·", go_on(model, temperature), "\n")

# %% [markdown] pt
# Com 0, sempre o token mais provável, o texto costuma andar em círculos. Quente demais, o sorteio junta pedaços que não são de
# palavra nenhuma: na cidade, cada token era uma palavra, e o lixo pelo menos tinha ortografia. Entre os dois, há frases, e
# nenhuma história: este é um modelo pequeno.
#
# ## 2 · Bits por byte
#
# Uma amostra bonita não mede nada. A medida que serve para qualquer tokenizador são os **bits por byte** (lição 02): a surpresa
# do texto inteiro, dividida pelos bytes dele.

# %% [markdown] en
# At 0, always the likeliest token, the text tends to go round in circles. At 1.5, the draw joins pieces into words that
# do not exist: in the town each token was a word, so even garbage was spelled right. In between there are sentences,
# and no story: this is a small model.
#
# ## 2 · Bits per byte
#
# A nice sample is no measure. The measure that works for any tokenizer is **bits per byte** (lesson 02): the surprise
# of the whole text, divided by its bytes.


# %%
def bits_per_byte(model, text):
    ids = torch.tensor([[model.tokenizer.end_of_text, *model.tokenizer.encode(text, special=False)]])
    with torch.no_grad():
        log_probs = probability.token_log_probs(model(ids), ids)
    return probability.bits_per_byte(log_probs, len(text.encode())).item()


# %% [markdown] pt
# O conto e uma página de manual, o mesmo conteúdo nas duas línguas. Ao lado, o `xz`, um compressor: também ele gasta menos com o que
# prevê. **Antes de rodar:** qual dos quatro textos sai mais caro para o modelo? E por que o compressor vai tão mal?

# %% [markdown] en
# The tale and a page of a manual, with the same content in both languages. Beside them `xz`, a compressor: it, too, spends less on
# what it predicts. **Before you run this:** which of the four texts costs the model most? And why does the compressor do so badly?

# %%
for name, passage in texts.items():
    n = len(passage.encode())
    row = bits_per_byte(model, passage), 8 * books_card.xz_size(passage.encode()) / n
    print(f"{name:12s} {n} bytes", *(local(f"{bits:6.2f}", LANG) for bits in row))

# %% [markdown] pt
# Os romances não têm celular nem Wi-Fi: o que o modelo sabe é a língua **do que leu**. O compressor começa sem saber nada, e o
# texto acaba antes que ele aprenda. Qual seria o número de quem soubesse tudo?
#
# ## 3 · O piso que ninguém conhece
#
# Na cidade, a entropia é conhecida: as figuras da perda mostram o piso. De uma língua de verdade ninguém tem as
# probabilidades. Mas cada modelo, e cada compressor, dá um **limite superior**: em média, ninguém paga menos que a entropia
# (lição 01), portanto ela não passa do que o melhor deles paga. A ficha do `mini-books` traz a conta em dois livros inteiros que nenhum deles
# leu. **Antes de rodar:** ordene os cinco.

# %% [markdown] en
# The novels have no phones and no Wi-Fi: what the model knows is the language **of what it has read**. The compressor
# starts out knowing nothing, and the text ends before it has learned. What would someone who knew everything pay?
#
# ## 3 · The floor that nobody knows
#
# In the town the entropy is known, so a model's loss has a floor that we can draw. For a real language nobody has the
# probabilities. But each model, and each compressor, gives an **upper bound**: on average nobody pays less than the
# entropy (lesson 01), so it is no more than what the best of them pays. The card of `mini-books` has the figures for
# two whole books that none of them has read. **Before you run this:** rank the five.

# %%
NAMES = ["mini-books", "4-grama, mesmos tokens", "xz, depois dos outros livros", "xz", "gzip"]  # pt
NAMES = ["mini-books", "4-gram, same tokens", "xz, after the other books", "xz", "gzip"]  # en
card = mini_gpt.weights.SHIPPED / "mini-books" / "README.md"
for book, bits in books_card.measured(card.read_text(encoding="utf-8")).items():
    print(book)
    for name, value in zip(NAMES, bits.values()):
        print(f"    {name:30s}", local(f"{value:.2f}", LANG))

# %% [markdown] pt
# Cada número é um limite; só o menor conta. O 4-grama contou os mesmos tokens que o GPT leu; o `xz` “depois dos outros livros” pode copiar deles.
# A diferença entre as duas linhas de `xz` é o que se ganha por já ter lido outra coisa.
#
# ### Exercício 1 · depois de ler
#
# Textos são `bytes`, e `size(text)` diz em quantos bytes um compressor guarda `text`. Quantos **bits por byte** custa `text`
# para quem já tem `before`? É o que ele acrescenta quando se comprime tudo junto.

# %% [markdown] en
# Each number is a bound; only the lowest counts. The 4-gram has counted the same tokens that the GPT read; `xz` “after
# the other books” can copy from them. The difference between the two lines of `xz` is the gain from having read
# something before.
#
# ### Exercise 1 · having read
#
# Texts are `bytes`, and `size(text)` is the number of bytes in which a compressor stores `text`. How many **bits per
# byte** does `text` cost someone who already has `before`? Count what it adds when both are compressed together.


# %%
def bits_after(size, before, text):
    return ...


check("bits_after", bits_after, LANG)

# %% [markdown] pt
# E gente? Em 1951, Claude Shannon pediu a pessoas que adivinhassem textos em inglês, letra por letra, e estimou entre **0,6 e 1,3
# bit por letra** (*Prediction and Entropy of Printed English*). Parece menos que o nosso, mas o alfabeto é outro: 27 símbolos, de
# a a z e o espaço. Sem maiúsculas, vírgulas, aspas, números. **Antes de rodar:** o que sobra do conto em inglês? E quanto paga
# por símbolo, em cada alfabeto, quem não sabe nada?

# %% [markdown] en
# And people? In 1951 Claude Shannon asked people to guess English texts letter by letter, and estimated between **0.6
# and 1.3 bits per letter** (*Prediction and Entropy of Printed English*). That looks like less than ours, but the
# alphabet is different: 27 symbols, a to z and the space. No capitals, no commas, no quotation marks, no digits.
# **Before you run this:** what is left of the tale in English? And what does someone who knows nothing pay per symbol,
# in each alphabet?

# %%
english = next(passage for name, passage in texts.items() if name.endswith("en"))
letters = re.sub("[^a-z]+", " ", english.lower())
print(letters[:70])
print(len(english.encode()), "→", len(letters), "·", local(f"{math.log2(256):.2f} → {math.log2(27):.2f}", LANG))

# %% [markdown] pt
# Os bits por letra de Shannon e os nossos bits por byte **não se comparam**: quem adivinha 27 símbolos não paga pelas maiúsculas nem pela
# pontuação. Para o português, não conhecemos medida igual. O que se pode dizer: o piso não passa do melhor
# número da tabela; quanto falta até ele, ninguém sabe.
#
# ## 4 · O GPT-2 de verdade
#
# Se os pesos estão neste computador, as células abaixo são do GPT-2; se não, elas dizem isso e usam o modelo de cima.

# %% [markdown] en
# Shannon's bits per letter and our bits per byte **are not comparable**: whoever guesses 27 symbols does not pay for
# capitals or punctuation. We know of no such measure for Portuguese. What can be said: the floor is no higher than the
# best number of the table; how far below it lies, nobody knows.
#
# ## 4 · The real GPT-2
#
# If its weights are on this computer, the cells below are about GPT-2; if not, they say so and use the model from above.

# %%
from mini_gpt.lesson.checkup import is_here

real = mini_gpt.load("gpt2") if is_here("gpt2", LANG) else model
for name, passage in texts.items():
    print(f"{name:12s}", local(f"{bits_per_byte(real, passage):.2f}", LANG))
print(go_on(real, 0.7))

# %% [markdown] pt
# O GPT-2 leu 40 GB da web, quase só em inglês: compare as duas línguas, e o manual com o conto. E para onde ele olha? O explorador da
# lição 03, no começo do conto. Procure uma ligação cujo bloqueio custe caro, e
# compare o custo com o peso.

# %% [markdown] en
# GPT-2 has read 40 GB of the web, nearly all of it English: compare the two languages, and the manual with the tale.
# And what does it look at? The explorer of lesson 03, on the beginning of the tale. Look for an edge that costs a lot
# when it is blocked, and compare the cost with the weight.

# %%
from mini_gpt.lesson.widgets import AttentionExplorer

explorer = AttentionExplorer(real, beginning, LANG, head="all")
explorer

# %% [markdown] pt
# ## Parte 2 · O seu texto
#
# {minutes} · Aqui é um bom lugar para uma pausa. A seguir, um GPT aprende um texto que você escolhe, erra de quatro maneiras
# diferentes, e recomeça a partir de um modelo que já sabe a língua.
#
# ## 5 · Um .txt qualquer
#
# Uma linha escolhe o texto: ponha um arquivo ao lado deste notebook e o nome dele em `FILE`. Com `None`, são as próprias lições: 60 mil
# caracteres do que você leu até aqui, tirados dos notebooks desta pasta. O último décimo fica para a validação.

# %% [markdown] en
# ## Part 2 · Your own text
#
# {minutes} · Here is a good place for a break. Next, a GPT learns a text that you choose, goes wrong in four different ways, and
# starts again from a model that already knows the language.
#
# ## 5 · Any .txt
#
# One line chooses the text: put a file beside this notebook, and its name in `FILE`. With `None`, it is the lessons
# themselves: 60 thousand characters of what you have read so far, from the notebooks in this folder. The last tenth is
# kept for validation.

# %%
from mini_gpt.lesson.own_text import learn, lesson_words, read, samples, split, untrained
from mini_gpt.lesson.token_names import token_names
from mini_gpt.tokenizer import GPT2Tokenizer

FILE = None  # "meu_texto.txt"  # pt
FILE = None  # "my_text.txt"  # en
text = read(FILE) if FILE else lesson_words()[:60_000]
training, validation = split(text)

# %% [markdown] pt
# Primeiro, um BPE do próprio texto. Uma frase, nos tokens dele e nos do modelo de romances. **Antes de rodar:** quem a divide em
# menos pedaços, o vocabulário menor, feito das lições, ou o maior, feito de romances?

# %% [markdown] en
# First, a BPE of the text itself. A sentence, in its tokens and in those of the model of novels. **Before you run this:** which cuts
# it into fewer pieces, the smaller vocabulary, which has read the lessons, or the larger one, which has read novels?

# %%
own = GPT2Tokenizer.train([training], vocab_size=1024)
novels = mini_gpt.load_tokenizer("mini-books")
sentence = "A perda de validação do modelo sobe: ele decora os tokens."  # pt
sentence = "The model's validation loss rises: it memorises the tokens."  # en
cuts = {local(f"{each.vocab_size:,}", LANG): token_names(each, each.encode(sentence)) for each in (own, novels)}
figures.cuts_figure(cuts, LANG)

# %% [markdown] pt
# Um vocabulário é feito para um texto. Agora um GPT de dois blocos e C = 64, do zero. A cada passo, oito janelas de 64
# tokens, de lugares sorteados. `learn` usa o `train` da lição 05 e, de vez em quando, mede a validação e escreve uma
# amostra:

# %% [markdown] en
# A vocabulary is made for a text. Now a GPT of two blocks with C = 64, from scratch. Each step reads eight windows of
# 64 tokens, from places drawn at random. `learn` uses `train` of lesson 05 and, now and then, measures validation and
# writes a sample:

# %%
STEPS = 100  # em dois ou três minutos: 3_000  # pt
STEPS = 100  # in two or three minutes: 3_000  # en
BITS = "{} passos\n{:.2f} bits/byte"  # pt
BITS = "{} steps\n{:.2f} bits/byte"  # en


def from_scratch(training, steps):
    own = GPT2Tokenizer.train([training], vocab_size=1024)
    return learn(untrained(own), training, validation, steps)


# %%
learned = from_scratch(training, STEPS)
on_the_way = {local(BITS.format(n, learned.validation[n]), LANG): text for n, text in learned.samples.items()}
figures.samples_figure(on_the_way, LANG)

# %% [markdown] pt
# (É uma imagem porque as últimas casas decimais variam de um computador para outro, e com elas o texto.) Primeiro pedaços ao acaso,
# depois os tokens comuns, depois quais costumam ser vizinhos. A cada linha, os bits por byte da validação. No gráfico, o menor
# valor está num círculo:

# %% [markdown] en
# (It is a picture because the last decimals differ from computer to computer, and the text with them.) First pieces at
# random, then the common tokens, then which of them tend to be neighbours. With each, the bits per byte of validation.
# As a curve, with a ring around the least value:

# %%
TRAINING, VALIDATION = "treino", "validação"  # pt
TRAINING, VALIDATION = "training", "validation"  # en
figures.learning_figure({TRAINING: learned.training, VALIDATION: learned.validation}, LANG)

# %% [markdown] pt
# É bom? Para saber, os concorrentes da seção 3, nos mesmos textos. **Antes de rodar:** o GPT vence o 4-grama, que só conta?

# %% [markdown] en
# Is that good? Compare it with the competitors of section 3, on the same texts. **Before you run this:** does the GPT
# beat the 4-gram, which only counts?

# %%
read_ids, new_ids = (np.array([own.end_of_text, *own.encode(part, special=False)]) for part in (training, validation))
n_bytes, xz = len(validation.encode()), books_card.xz_size
counted = books_card.ngram_log_probs(read_ids, new_ids, own.vocab_size, order=4)
after = xz(text.encode()) - xz(training.encode())
paid = [-counted.sum() / math.log(2), 8 * after, 8 * xz(validation.encode())]
names = ["4-grama", "xz, depois do treino", "xz"]  # pt
names = ["4-gram", "xz, after the training text", "xz"]  # en
bits = {name: each / n_bytes for name, each in zip(names, paid)} | {"GPT": learned.validation[STEPS]}
print("o melhor:", min(bits, key=bits.get))  # pt
print("the best:", min(bits, key=bits.get))  # en
figures.bits_figure(bits, LANG)

# %% [markdown] pt
# Em um texto tão curto, contar vence: um GPT que começa do zero precisa de muito mais texto para valer o que custa. É por isso que quase
# ninguém começa do zero (seção 8).
#
# ## 6 · Por que sai lixo?
#
# Quatro causas, todas comuns, e cada uma tem o seu sintoma. **Poucos passos** você já viu: as primeiras linhas acima. **Pouco texto:** o mesmo
# modelo, com 3 mil caracteres. **Antes de rodar:** onde ficam as duas curvas?

# %% [markdown] en
# On so short a text, counting wins: a GPT from scratch needs far more text to be worth what it costs. That is why
# hardly anyone starts from scratch (section 8).
#
# ## 6 · Why is it garbage?
#
# Four causes, all of them common, each with its own symptom. **Too few steps** you have seen: the first lines above.
# **Too little text:** the same model, with 3 thousand characters. **Before you run this:** where will the two curves
# go?

# %%
pages = training[4000:7000]
little = from_scratch(pages, 80)
print("validação melhor antes da metade:", little.best < 40)  # pt
print("validation best before the middle:", little.best < 40)  # en
figures.learning_figure({TRAINING: little.training, VALIDATION: little.validation}, LANG)

# %% [markdown] pt
# A validação foi melhor antes da metade e depois só piorou: o modelo decora, como na lição 05. O texto inteiro também acaba
# decorado, se os passos forem muitos: ponha `STEPS = 3_000` e procure o círculo.
#
# **Vocabulário grande demais:** o erro de quem pega os 50.257 tokens do GPT-2 para um texto seu. **Antes de rodar:** de quantos
# deles o texto precisa? Que fração do modelo vira tabela de tokens? E quantas vezes mais caro fica um passo?

# %% [markdown] en
# Validation was best before the middle and then only got worse: the model memorises, as in lesson 05. The whole text is learned by
# heart, too, if there are many steps: set `STEPS = 3_000` and look for the ring.
#
# **Too large a vocabulary:** the mistake of taking GPT-2's 50,257 tokens for a small text of your own. **Before you run
# this:** how many of them does the text need? What share of the model is the token table? And how many times as
# expensive is a step?

# %%
large = untrained(mini_gpt.load_tokenizer("gpt2"))
used = len({*large.tokenizer.encode(training)}) / large.config.vocab_size
parts = sizes.parameters(large.config)
times = sizes.training_flops(large.config) / sizes.training_flops(learned.model.config)
print("menos de 10% dos tokens ocorrem:", used < 0.1)  # pt
print("fewer than 10% of the tokens occur:", used < 0.1)  # en
print(f"{next(iter(parts.values())) / sum(parts.values()):.0%}", f"{times:.0f} x")

# %% [markdown] pt
# Menos de um décimo dos tokens ocorre; quase todo o modelo é tabela, e quase toda a tabela não aprende nada. Com o mesmo número de
# operações, sobram poucos passos:

# %% [markdown] en
# Fewer than a tenth of the tokens occur; almost all of the model is table, and almost all of the table learns nothing. With the same
# number of operations, only a few steps are left:

# %%
few = max(1, round(STEPS / times))
with_gpt2_tokens = learn(large, training, validation, few, looks=1)
worse = with_gpt2_tokens.validation[few] > learned.validation[STEPS]
print(few, "passos; validação pior:", worse)  # pt
print(few, "steps; validation worse:", worse)  # en

# %% [markdown] pt
# Os 50.257 valem a pena com 40 GB de texto. **Quente demais** não pede treino nenhum: é o modelo de cima, com temperatura 1,5. As
# quatro lado a lado, e embaixo o melhor que temos:

# %% [markdown] en
# The 50,257 are worth it with 40 GB of text. **Too hot** needs no training at all: it is the model from above, at temperature 1.5.
# All four side by side, and at the bottom the best we have:

# %%
early = min(n for n in learned.samples if n > 0)
garbage = {
    "poucos passos": learned.samples[early],  # pt
    "pouco texto": little.samples[80],  # pt
    "quente demais": samples(learned.model, temperature=1.5)[0],  # pt
    "vocabulário grande": with_gpt2_tokens.samples[few],  # pt
    "o melhor daqui": learned.samples[STEPS],  # pt
    "too few steps": learned.samples[early],  # en
    "too little text": little.samples[80],  # en
    "too hot": samples(learned.model, temperature=1.5)[0],  # en
    "too many tokens": with_gpt2_tokens.samples[few],  # en
    "the best we have": learned.samples[STEPS],  # en
}
figures.samples_figure(garbage, LANG)

# %% [markdown] pt
# | sintoma | causa provável | o que fazer |
# |---|---|---|
# | treino e validação altos, e ainda caindo | poucos passos | mais passos |
# | treino baixo; validação subiu depois de um mínimo | pouco texto | mais texto; parar no mínimo; partir de um modelo treinado |
# | validação boa, amostra ruim | temperatura alta | 0,7, ou top-p (lição 01) |
# | passos caros, perda alta; a maioria dos tokens nunca ocorre | vocabulário grande demais | um BPE do seu texto, menor |
#
# ## 7 · Escreve ou copia?
#
# A amostra do “pouco texto” é a que se lê melhor. É **do modelo**, ou do texto? O teste: o trecho mais longo que está, letra por letra, no
# texto de treino.
#
# ### Exercício 2 · o trecho copiado
#
# Retorne o **número de caracteres** do trecho mais longo de `text` que aparece em `training`.

# %% [markdown] en
# | symptom | likely cause | what to do |
# |---|---|---|
# | training and validation high, and still falling | too few steps | more steps |
# | training low; validation rose after a minimum | too little text | more text; stop at the minimum; start from a trained model |
# | validation good, sample bad | too high a temperature | 0.7, or top-p (lesson 01) |
# | steps expensive, loss high; most tokens never occur | too large a vocabulary | a BPE of your text, with fewer tokens |
#
# ## 7 · Does it write or copy?
#
# The sample of “too little text” reads best. Is it **the model's own**, or the text's? The test: the longest span that
# occurs, letter for letter, in the training text.
#
# ### Exercise 2 · the copied span
#
# Return the **number of characters** of the longest part of `text` that occurs in `training`.


# %%
def longest_span(text, training):
    return ...


check("longest_span", longest_span, LANG)

# %% [markdown] pt
# O mesmo para oito amostras de cada modelo. E o controle: quanto o **autor**, no texto de validação, repete do de treino?
# **Antes de rodar:** qual dos dois modelos copia mais que o autor?

# %% [markdown] en
# The same for eight samples of each model. And the control: how much does the **author**, in the validation text, repeat of the
# training text? **Before you run this:** which of the two models copies more than the author?

# %%
copied = {
    "pouco texto": books_card.longest_copy(samples(little.model, 8), pages),  # pt
    "autor, pouco texto": books_card.longest_copy([validation], pages),  # pt
    "texto inteiro": books_card.longest_copy(samples(learned.model, 8), training),  # pt
    "autor, texto inteiro": books_card.longest_copy([validation], training),  # pt
    "little text": books_card.longest_copy(samples(little.model, 8), pages),  # en
    "author, little text": books_card.longest_copy([validation], pages),  # en
    "whole text": books_card.longest_copy(samples(learned.model, 8), training),  # en
    "author, whole text": books_card.longest_copy([validation], training),  # en
}
lengths = [len(span) for span in copied.values()]
print("copia mais que o autor:", lengths[0] > lengths[1], lengths[2] > lengths[3])  # pt
print("copies more than the author:", lengths[0] > lengths[1], lengths[2] > lengths[3])  # en
figures.samples_figure({f"{name}\n{len(span)}": span for name, span in copied.items()}, LANG)

# %% [markdown] pt
# O modelo de pouco texto cita. O outro, nem tanto: quem escreve também se repete, e um trecho longo só acusa o modelo quando passa do que
# o autor repete sozinho. A ficha do `mini-books` traz os dois números.
#
# ## 8 · Continuar em vez de começar
#
# **Ajuste fino** (*fine-tuning*): os mesmos passos de treino, a partir de um modelo que já leu. Contra ele, a mesma arquitetura, do
# zero, com o mesmo texto, os mesmos lotes e o mesmo número de passos, portanto os mesmos minutos. A taxa do primeiro é menor, para não estragar o que ele sabe.
# **Antes de rodar:** onde cada curva começa?

# %% [markdown] en
# The model trained on little text quotes. The other one does not: authors repeat themselves, too, and a long span tells
# against a model only when it is longer than what the author repeats anyway. The card of `mini-books` has both numbers.
#
# ## 8 · Going on instead of starting over
#
# **Fine-tuning**: the same training steps, from a model that has already read. Against it, the same shape from scratch,
# with the same text, the same batches and the same number of steps, so the same minutes. The first gets a lower rate,
# so as not to spoil what it knows. **Before you run this:** where does each curve begin?

# %%
from mini_gpt.lesson.passages import readable

MORE = 6  # em dois ou três minutos: 200  # pt
MORE = 6  # in two or three minutes: 200  # en
halves = split(readable(text, model.tokenizer, LANG))  # o mini só lê a cidade: para ele, textos dela  # pt
halves = split(readable(text, model.tokenizer, LANG))  # mini reads only the town: for it, texts of the town  # en
settings = {"steps": MORE, "optimizer": "adamw", "batch_size": 4, "looks": 2}
scratch = learn(untrained(model.tokenizer, model.config), *halves, learning_rate=0.003, **settings)
tuned = learn(mini_gpt.load(MODEL), *halves, learning_rate=0.001, **settings)
ahead = tuned.validation[0] < scratch.validation[MORE]
print("já começa à frente:", ahead)  # pt
print("ahead from the start:", ahead)  # en

# %%
curves = {MODEL: tuned.validation, "do zero": scratch.validation}  # pt
curves = {MODEL: tuned.validation, "from scratch": scratch.validation}  # en
figures.learning_figure(curves, LANG)

# %% [markdown] pt
# O modelo treinado **começa** onde o outro nem chegou: as lições não são romances, mas a língua é a mesma. O treino só precisa
# ensinar o que é novo. Com `MORE = 200`, compare também com os números da seção 5. O que se perde no caminho, se ele ainda sabe
# escrever romances, é outra pergunta: meça o conto de novo, com `bits_per_byte(tuned.model, tale)`.
#
# ## 9 · No seu celular
#
# Um arquivo HTML pode guardar o modelo inteiro, com os pesos em 16 bits, e escrever sem Python e sem internet:

# %% [markdown] en
# The trained model **begins** where the other has not even arrived: the lessons are no novels, but the language is the same. Training
# only has to teach what is new. With `MORE = 200`, compare with section 5 as well. What is lost on the way, whether it can still write
# novels, is another question: measure the tale again, with `bits_per_byte(tuned.model, tale)`.
#
# ## 9 · On your phone
#
# One HTML file can hold the whole model, its weights in 16 bits, and write without Python and without internet:

# %%
from pathlib import Path

from mini_gpt.lesson.model_page import write_page

PAGE, TITLE = Path("meu_gpt.html"), "Meu GPT"  # pt
PAGE, TITLE = Path("my_gpt.html"), "My GPT"  # en
mine = learned.model  # ou tuned.model: cabem 30 MB  # pt
mine = learned.model  # or tuned.model: up to 30 MB  # en
write_page(mine, PAGE, LANG, TITLE)
print(PAGE, local(f"{PAGE.stat().st_size / 1e6:.1f} MB", LANG))

# %% [markdown] pt
# O arquivo está ao lado deste notebook. Mande para o celular e abra no navegador: escreva, mexa na temperatura, toque em um token e
# veja para onde cada cabeça olha. Do seu computador não vai nada além do modelo e do título. Mas um modelo pode repetir o que leu
# (seção 7): pense nisso antes de mandar um que leu um texto particular.
#
# Fora do notebook são três comandos: `python -m mini_gpt prepare meu_texto.txt --out tokens --tokenizer 1024`,
# `python -m mini_gpt train --data tokens --out run --preset mini` e `python -m mini_gpt page`, que o `train` mostra completo ao terminar.

# %% [markdown] en
# The file is beside this notebook. Send it to your phone and open it in the browser: write, turn the temperature, tap a token and see
# where each head looks. Nothing of your computer goes with it but the model and the title. Yet a model can repeat what it has read
# (section 7): think of that before you send one that has read a private text.
#
# Outside the notebook it takes three commands: `python -m mini_gpt prepare my_text.txt --out tokens --tokenizer 1024`,
# `python -m mini_gpt train --data tokens --out run --preset mini`, and `python -m mini_gpt page`, which `train` prints in full when it
# ends.

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
# - Bits por byte servem para qualquer tokenizador, e comparam GPT, n-grama e compressor no mesmo texto.
# - De uma língua de verdade só se conhecem limites superiores do piso. Bits por letra em 27 símbolos são outra medida.
# - Lixo tem causa: passos, texto, temperatura, vocabulário. As duas curvas e o trecho copiado dizem qual.
# - Com pouco texto, contar vence um GPT do zero; partir de um modelo treinado vence começar do zero.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_11.py`](../../mini_gpt/lesson/exercises/lesson_11.py).
#
# [Agora vá para 12 Por dentro](12_inside.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - Bits per byte serve any tokenizer, and compare GPT, n-gram and compressor on the same text.
# - For a real language only upper bounds on the floor are known. Bits per letter over 27 symbols are another measure.
# - Garbage has a cause: steps, text, temperature, vocabulary. The two curves and the copied span tell which.
# - With little text, counting beats a GPT from scratch; going on from a trained model beats starting from scratch.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_11.py`](../../mini_gpt/lesson/exercises/lesson_11.py).
#
# [Now go on to 12 Inside](12_inside.ipynb)
