# %% [markdown] pt
# # 01 · Um modelo de linguagem é uma distribuição de probabilidade
#
# **Ao final, você** terá calculado a probabilidade de uma frase, comparado um modelo com a verdade, medido a surpresa e mexido na
# amostragem.
#
# Slides: o que é um modelo de linguagem · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 01 · A language model is a probability distribution
#
# **By the end, you** will have computed the probability of a sentence, compared a model with the truth, measured
# surprise and turned the sampling knobs.
#
# Slides: what is a language model · {minutes} · **[glossary](glossary.ipynb)**

# %%
MODEL = "mini"  # ou "mini-books", "gpt2", uma pasta: mude, reinicie e rode tudo; o texto descreve o mini  # pt
MODEL = "mini"  # or "mini-books", "gpt2", a folder: change it, restart, run all; the text describes mini  # en

# %%
import math
from itertools import islice, pairwise

import torch

from mini_gpt import generate, load, probability, sampling
from mini_gpt.lesson import figures, widgets
from mini_gpt.lesson.any_model import ids_of, spelled, town_of
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare
from mini_gpt.lesson.words import local  # números como se escrevem em português: 0,5  # pt
from mini_gpt.lesson.words import local  # numbers as the language writes them  # en

# %% [markdown] pt
# ## 1 · A cidade
#
# Ninguém conhece a probabilidade *verdadeira* da próxima palavra do português. Por isso a lição traz uma língua própria: a
# **cidade** escreve documentos curtos segundo regras conhecidas, e toda probabilidade pode ser calculada.

# %% [markdown] en
# ## 1 · The town
#
# Nobody knows the *true* probability of the next word in English. So the lesson brings its own language, the **town**:
# its documents follow known rules, and every probability can be computed.

# %%
LANG = "pt"  # pt
LANG = "en"  # en
town = Town()
words, end = town.tokenizer.words, town.tokenizer.end_of_text
for document in islice(town.documents(seed=9), 5):
    print(town.tokenizer.decode(document))

# %% [markdown] pt
# Cada palavra ou sinal de pontuação é um **token**; `<|endoftext|>` separa os documentos.
#
# ## 2 · A próxima palavra
#
# **Antes de rodar:** o que vem depois de “ana está”? Anote três palpites, com probabilidades.

# %% [markdown] en
# Each word or punctuation mark is a **token**; `<|endoftext|>` separates documents.
#
# ## 2 · The next word
#
# **Before you run this:** what comes after “ana is”? Guess three words, with probabilities.

# %%
truth = town.next_token_probs(town.tokenizer.encode("ana está"))  # (V,): um número para cada token do vocabulário  # pt
truth = town.next_token_probs(town.tokenizer.encode("ana is"))  # (V,): a number for each token of the vocabulary  # en
for token in (-truth).argsort()[:3]:
    print(words[token], local(f"{truth[token]:.4f}", LANG))
print(f"{len(truth)} tokens, {(truth > 0).sum()} possíveis, soma {truth.sum():.0f}")  # pt
print(f"{len(truth)} tokens, {(truth > 0).sum()} possible, sum {truth.sum():.0f}")  # en

# %% [markdown] pt
# É isto que um modelo de linguagem calcula: dado um começo (o **prefixo**), **uma probabilidade para cada token do
# vocabulário**.
#
# O GPT `mini` leu documentos, não as regras. A cada token ele dá um número, o **logit**. O **softmax** transforma logits em probabilidades: a
# exponencial de cada um, dividida pela soma de todas.

# %% [markdown] en
# This is what a language model computes: given a beginning (the **prefix**), **a probability for each token of the
# vocabulary**.
#
# The GPT `mini` has read documents, not the rules. It gives each token a number, the **logit**. **Softmax** turns logits into probabilities:
# the exponential of each, divided by the sum of all.

# %%
gpt = load(MODEL).requires_grad_(False)
logits = gpt(ids_of("ana está", gpt))[0, -1]  # (V,): depois da última posição  # pt
logits = gpt(ids_of("ana is", gpt))[0, -1]  # (V,): after the last position  # en
by_hand = logits.exp() / logits.exp().sum()
torch.testing.assert_close(by_hand, sampling.next_token_probs(logits))
names, start = token_names(gpt.tokenizer, range(len(logits))), gpt.tokenizer.end_of_text
figures.next_token_figure(names, by_hand, truth if town_of(gpt) else None, LANG)  # a verdade é só da cidade  # pt
figures.next_token_figure(names, by_hand, truth if town_of(gpt) else None, LANG)  # the truth is the town's  # en

# %% [markdown] pt
# ## 3 · A regra da cadeia
#
# A probabilidade de uma frase é um produto: a da primeira palavra, vezes a da segunda dada a primeira, e assim por diante.
#
# $$p(w_1, \dots, w_n) = \prod_{t=1}^{n} p(w_t \mid w_1, \dots, w_{t-1})$$
#
# O modelo dá todos os fatores de uma vez: a linha `t` prevê o token **depois** da posição `t`. **Antes de rodar:** em “ana compra
# um livro na praça .”, que token é quase certo?

# %% [markdown] en
# ## 3 · The chain rule
#
# The probability of a sentence is a product: that of the first word, times that of the second given the first, and so on.
#
# $$p(w_1, \dots, w_n) = \prod_{t=1}^{n} p(w_t \mid w_1, \dots, w_{t-1})$$
#
# The model gives all factors at once: row `t` is about the token **after** position `t`. **Before you run this:** in
# “ana buys a book in the square .”, which tokens are almost certain?

# %%
ids = ids_of("ana compra um livro na praça .", gpt)  # (1, T), com <|endoftext|> na frente  # pt
ids = ids_of("ana buys a book in the square .", gpt)  # (1, T), with <|endoftext|> in front  # en
probs = gpt(ids)[0].softmax(-1)  # (T, V): uma linha para cada uma das T posições  # pt
probs = gpt(ids)[0].softmax(-1)  # (T, V): a row for each of the T positions  # en
product = 1
for t, token in enumerate(ids[0, 1:]):
    product *= probs[t, token].item()
    print(local(f"{probs[t, token]:.4f}  {product:.8f}", LANG), names[token])

# %% [markdown] pt
# Em um texto longo, o produto vira 0. Por isso somamos logaritmos:

# %% [markdown] en
# For a long text, the product underflows to 0. So we add logarithms:

# %%
torch.testing.assert_close(torch.tensor(math.log(product)), probability.sequence_log_prob(gpt(ids), ids)[0])

# %% [markdown] pt
# ### Exercício 1 · log p de um texto
#
# `probs` tem a probabilidade de cada token de um texto, dados os anteriores. Retorne o logaritmo natural da probabilidade do
# texto.

# %% [markdown] en
# ### Exercise 1 · log p of a text
#
# `probs` holds the probability of each token of a text, given those before it. Return the natural logarithm of the text's
# probability.


# %%
def log_prob(probs):
    return ...


check("chain_rule", log_prob, LANG)

# %% [markdown] pt
# ## 4 · Contar
#
# O **bigrama** prevê só pelo token anterior: conta quantas vezes cada token veio depois dele.

# %% [markdown] en
# ## 4 · Counting
#
# The **bigram** predicts from the last token alone: it counts how often one token followed another.

# %%
counts = torch.full((len(words), len(words)), 0.01)  # um pouco para o que nunca foi visto  # pt
counts = torch.full((len(words), len(words)), 0.01)  # a little for what was never seen  # en
for document in islice(town.documents(seed=2), 2000):
    for before, token in pairwise([end, *document]):
        counts[before, token] += 1
bigram = counts / counts.sum(dim=1, keepdim=True)  # (V, V): cada linha é uma distribuição  # pt
bigram = counts / counts.sum(dim=1, keepdim=True)  # (V, V): each row is a distribution  # en

# %% [markdown] pt
# ## 5 · Surpresa, perplexidade, bits
#
# A **surpresa** com um token de probabilidade $p$ é de $-\log_2 p$ **bits**: cara ou coroa, 1 bit; um entre oito, 3; uma certeza,
# 0. Com o logaritmo natural, são **nats**: um nat vale $1/\ln 2$ bits.
#
# A surpresa média é a **perda** (*loss*): quanto menor, melhor. Ela tem um **piso**, a **entropia** da língua: a cidade sorteia, e
# em média ninguém paga menos que a verdade. **Antes de rodar:** em 300 documentos novos, o bigrama paga quantas vezes o piso? E o
# `mini`?

# %% [markdown] en
# ## 5 · Surprise, perplexity, bits
#
# The **surprise** at a token of probability $p$ is $-\log_2 p$ **bits**: heads or tails, 1 bit; one of eight, 3; a certainty, 0.
# With the natural logarithm it is in **nats**: one nat is $1/\ln 2$ bits.
#
# The mean surprise is the **loss**: the smaller, the better. It has a **floor**, the **entropy** of the language: the
# town rolls dice, and on average nobody pays less than the truth. **Before you run this:** on 300 new documents, how
# many times the floor do the bigram and `mini` pay?

# %%
new = list(islice(town.documents(seed=3), 300))
models = {"bigrama": lambda ids: bigram.log()[ids], MODEL: gpt}  # de B textos, (B, T), a logits (B, T, V)  # pt
models = {"bigram": lambda ids: bigram.log()[ids], MODEL: gpt}  # from B texts, (B, T), to logits (B, T, V)  # en
for name, model in models.items():
    result = compare(model, town, new)  # floor é o que a verdade paga; nan: ninguém sabe  # pt
    result = compare(model, town, new)  # floor is what the truth pays; nan: nobody knows  # en
    bits, floor = result.loss / math.log(2), result.floor / math.log(2)  # de nats a bits  # pt
    bits, floor = result.loss / math.log(2), result.floor / math.log(2)  # from nats to bits  # en
    print(f"{name:7}", local(f"{bits:.2f} bits; piso {floor:.2f}; perplexidade {2**bits:.2f}", LANG))  # pt
    print(f"{name:6} {bits:.2f} bits; floor {floor:.2f}; perplexity {2**bits:.2f}")  # en

# %% [markdown] pt
# A **perplexidade** é 2 elevado à perda em bits: o número de faces de um dado tão incerto quanto o modelo. O bigrama é um
# dado de nove faces; o `mini`, uma moeda.
#
# ### Exercício 2 · perplexidade
#
# `log_probs` traz o logaritmo **natural** da probabilidade de cada token. Retorne a perplexidade.

# %% [markdown] en
# The **perplexity** is 2 to the power of the loss in bits: the number of sides of a die as uncertain as the model. The
# bigram is a die with nine sides; `mini`, a coin.
#
# ### Exercise 2 · perplexity
#
# `log_probs` holds the **natural** logarithm of each token's probability. Return the perplexity.


# %%
def perplexity(log_probs):
    return ...


check("perplexity", perplexity, LANG)

# %% [markdown] pt
# ## 6 · Os botões da amostragem
#
# Para escrever, o modelo sorteia um token, acrescenta-o ao texto e prevê de novo. Antes do sorteio, três botões mudam a
# distribuição. A **temperatura** $t$ eleva cada probabilidade a $1/t$ e **renormaliza**: divide pela soma. **Antes de rodar:**
# com $t = 0{,}5$, o token mais provável ganha ou perde?

# %% [markdown] en
# ## 6 · The knobs of sampling
#
# To write, the model draws a token, appends it, and predicts again. Three knobs change the distribution first. The **temperature**
# $t$ raises each probability to the power $1/t$ and **renormalises**: divides by the sum. **Before you run this:** at
# $t = 0.5$, does the most likely token gain or lose?

# %%
probs = torch.tensor([0.5, 0.25, 0.12, 0.08, 0.05])
cold = probs**2 / (probs**2).sum()  # 1 / 0.5 = 2
torch.testing.assert_close(cold, sampling.next_token_probs(probs.log(), temperature=0.5))
print(cold)

# %% [markdown] pt
# **Top-k** fica com os $k$ tokens mais prováveis; **top-p**, com os mais prováveis até que somem $p$.
# **Antes de rodar:** com $p = 0{,}8$, quantos ficam?

# %% [markdown] en
# **Top-k** keeps the $k$ most likely tokens; **top-p** keeps the most likely until their sum reaches $p$. **Before you run
# this:** with $p = 0.8$, how many stay?

# %%
print(sampling.next_token_probs(probs.log(), top_p=0.8))

# %% [markdown] pt
# Ficam três: os dois primeiros somam só 0,75.
#
# O `mini` escreve cem documentos com cada temperatura. Quantos poderiam ser da cidade? Com quantas palavras diferentes começam?

# %% [markdown] en
# Three: two sum to 0.75.
#
# `mini` writes a hundred documents at each temperature. How many could be the town's? With how many different words do they begin?

# %%
for t in (0.1, 0.5, 1.0, 1.5, 2.0):
    torch.manual_seed(0)
    written = generate(gpt, [[start]] * 100, 63, temperature=t, stop=start)  # até 63 tokens  # pt
    written = generate(gpt, [[start]] * 100, 63, temperature=t, stop=start)  # up to 63 tokens  # en
    possible = sum(town.writes(text[1:].tolist()) for text in written)  # pares reservados (lição 09): erro  # pt
    possible = sum(town.writes(text[1:].tolist()) for text in written)  # held-out pairs (lesson 09) count as mistakes  # en
    first = {int(text[1]) for text in written}
    print(local(f"t = {t}: {possible} possíveis; {len(first)} primeiras palavras", LANG))  # pt
    print(f"t = {t}: {possible} possible; {len(first)} first words")  # en

# %% [markdown] pt
# Com 0,1, quase todos começam igual; com 2, a maioria não é da cidade.
#
# ### Exercício 3 · temperatura
#
# Retorne as probabilidades `probs` depois de aplicada a temperatura `t`.

# %% [markdown] en
# At 0.1 they begin alike; at 2, most are not the town's.
#
# ### Exercise 3 · temperature
#
# Return what the probabilities `probs` become at temperature `t`.


# %%
def temperature(probs, t):
    return ...


check("temperature", temperature, LANG)

# %% [markdown] pt
# ## 7 · Onde o mini erra
#
# A surpresa tem duas partes: a **inevitável**, que a verdade também paga, e o **excesso** do modelo. **Antes de rodar:** onde haverá
# excesso nesta história?

# %% [markdown] en
# ## 7 · Where mini goes wrong
#
# Surprise has two parts: the **unavoidable**, which the truth pays too, and the model's **excess**. **Before you run this:**
# where will this story have an excess?

# %%
story = "leo tem um mapa , sara tem uma flor e lia tem um violão . pergunta : quem tem a flor ? resposta : sara ."  # pt
story = "leo has a map , sara has a flower and lia has a guitar . question : who has the flower ? answer : sara ."  # en
one = compare(gpt, town, [town.tokenizer.encode(story)])
figures.surprise_figure([names[i] for i in one.ids], one.model / math.log(2), one.truth / math.log(2), LANG)

# %% [markdown] pt
# Cinza é o que a cidade sorteia. A resposta já está decidida, **lá atrás**, e mesmo assim surpreende o `mini`. E nos 300 documentos?

# %% [markdown] en
# Grey is left to chance. The answer was decided **further back**, and still surprises `mini`. And in the 300 documents?

# %%
ids, excess = result.ids, result.model - result.truth
answers = [t for t in range(2, len(ids)) if names[ids[t - 2]] in ("resposta", "answer")]
print(f"respostas: {len(answers)} de {len(ids)} tokens, {excess[answers].sum() / excess.sum():.0%} do excesso")  # pt
print(f"answers: {len(answers)} of {len(ids)} tokens, {excess[answers].sum() / excess.sum():.0%} of the excess")  # en

# %% [markdown] pt
# ## 8 · Explore
#
# Experimente “ana está no banco . depois ela” e algo que a cidade nunca escreve.

# %% [markdown] en
# ## 8 · Explore
#
# Try “ana walks to the bank . then she”, and something the town never writes.

# %%
widgets.NextToken(gpt, town_of(gpt), prefix=spelled("ana está", gpt), lang=LANG)  # pt
widgets.NextToken(gpt, town_of(gpt), prefix=spelled("ana is", gpt), lang=LANG)  # en

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
# - Um modelo de linguagem dá a distribuição do próximo token; pela regra da cadeia, a de textos inteiros.
# - A perda tem um piso, a entropia; acima dele está o que o modelo não aprendeu.
# - Temperatura, top-k e top-p mudam o sorteio, não o modelo.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_01.py`](../../mini_gpt/lesson/exercises/lesson_01.py).
#
# [Agora vá para 02 Tokens](02_tokens.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - A language model gives the distribution of the next token; by the chain rule, that of whole texts.
# - The loss has a floor, the entropy; above it lies what the model has not learned.
# - Temperature, top-k and top-p change the draw, not the model.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_01.py`](../../mini_gpt/lesson/exercises/lesson_01.py).
#
# [Now go on to 02 Tokens](02_tokens.ipynb)
