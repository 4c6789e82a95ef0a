# %% [markdown] pt
# # 01 · Um modelo de linguagem é uma distribuição de probabilidade
#
# **Ao final, você** terá calculado à mão a probabilidade de uma frase, comparado um modelo com a verdade exata, medido a
# surpresa em bits, mexido nos botões da amostragem e treinado um pequeno GPT.
#
# Slides: o que é um modelo de linguagem · 50 minutos

# %% [markdown] en
# # 01 · A language model is a probability distribution
#
# **At the end you** will have worked out the probability of a sentence by hand, compared a model with the exact truth,
# measured surprise in bits, turned the knobs of sampling, and trained a small GPT.
#
# Slides: what is a language model · 50 minutes

# %%
import math
from collections import Counter
from itertools import islice, pairwise

import torch
from torch.testing import assert_close

import mini_gpt
from mini_gpt import GPT, probability, sampling
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import local

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · A cidade
#
# Ninguém sabe qual é a probabilidade *verdadeira* da próxima palavra do português. Por isso a lição traz uma língua
# própria: a **cidade** escreve quantos documentos curtos quisermos, por regras conhecidas. Nela, toda probabilidade pode
# ser calculada.

# %% [markdown] en
# ## 1 · The town
#
# Nobody knows the *true* probability of the next word of English. So the lesson brings a language of its own: the **town**
# writes as many short documents as we want, by known rules. In it, every probability can be computed.

# %%
town = Town(LANG)
words = town.tokenizer.words
for document in islice(town.documents(seed=8), 5):
    print(town.tokenizer.decode(document))

# %% [markdown] pt
# Cada palavra e cada sinal de pontuação é um **token**; `<|endoftext|>` termina um documento e abre o seguinte.
#
# ## 2 · A próxima palavra
#
# **Antes de rodar:** o que vem depois de “ana está”? Anote três palpites e uma probabilidade para cada um.

# %% [markdown] en
# Each word and each punctuation mark is a **token**; `<|endoftext|>` ends one document and opens the next.
#
# ## 2 · The next word
#
# **Before you run this:** what comes after “ana is”? Write down three guesses and a probability for each.

# %%
prefix = town.tokenizer.encode("ana está")  # pt
prefix = town.tokenizer.encode("ana is")  # en
truth = town.next_token_probs(prefix)
for token in (-truth).argsort(kind="stable")[:5]:
    print(local(f"{truth[token]:.4f}", LANG), words[token])

# %% [markdown] pt
# É isto que um modelo de linguagem calcula: dado um começo (o **prefixo**), **uma probabilidade para cada token do
# vocabulário**. Elas somam 1; aqui, quase todas são 0.

# %% [markdown] en
# This is what a language model computes: given a beginning (the **prefix**), **a probability for each token of the
# vocabulary**. They sum to 1; here, almost all of them are 0.

# %%
print(f"{len(truth)} tokens, {(truth > 0).sum()} possíveis, soma {local(f'{truth.sum():.6f}', LANG)}")  # pt
print(f"{len(truth)} tokens, {(truth > 0).sum()} possible, sum {truth.sum():.6f}")  # en

# %% [markdown] pt
# E o nosso GPT? O `mini` aprendeu lendo documentos da cidade nas duas línguas; as regras, ele nunca viu. Ele lê a partir de
# `<|endoftext|>` e dá um número a cada token do vocabulário, o **logit**; o `softmax` transforma os logits em uma
# distribuição de probabilidade.

# %% [markdown] en
# And our GPT? `mini` learned by reading documents of the town in both languages; it never saw the rules. It reads from
# `<|endoftext|>` on and gives each token of the vocabulary a number, the **logit**; `softmax` turns the logits into a
# probability distribution.

# %%
mini = mini_gpt.load("mini")
end = town.tokenizer.end_of_text
logits = mini(torch.tensor([[end, *prefix]]))
print(logits.shape)  # (B, T, V): textos, tokens, vocabulário  # pt
print(logits.shape)  # (B, T, V): texts, tokens, vocabulary  # en
last = logits[0, -1].detach()

# %% [markdown] pt
# Softmax à mão: a exponencial de cada logit, dividida pela soma de todas. Ao lado, a verdade:

# %% [markdown] en
# Softmax by hand: the exponential of each logit, divided by the sum of them all. Beside it, the truth:

# %%
by_hand = last.exp() / last.exp().sum()
assert_close(by_hand, sampling.next_token_probs(last))
figures.next_token_figure(words, by_hand, Town().next_token_probs(prefix), LANG)

# %% [markdown] pt
# (A verdade aqui é a da cidade bilíngue, `Town()`, porque foi ela que o `mini` leu.)
#
# ## 3 · A regra da cadeia
#
# A probabilidade de uma frase inteira é um produto: a da primeira palavra, vezes a da segunda dada a primeira, e
# assim por diante.
#
# $$p(w_1, \dots, w_n) = \prod_{t=1}^{n} p(w_t \mid w_1, \dots, w_{t-1})$$

# %% [markdown] en
# (The truth here is that of the bilingual town, `Town()`, because that is what `mini` read.)
#
# ## 3 · The chain rule
#
# The probability of a whole sentence is a product: that of the first word, times that of the second given the first,
# and so on.
#
# $$p(w_1, \dots, w_n) = \prod_{t=1}^{n} p(w_t \mid w_1, \dots, w_{t-1})$$

# %%
sentence = town.tokenizer.encode("<|endoftext|> ana compra um livro na praça .")  # pt
sentence = town.tokenizer.encode("<|endoftext|> ana buys a book in the square .")  # en
after = town.next_token_probs_along(sentence)  # linha t: a verdade depois de t + 1 tokens  # pt
after = town.next_token_probs_along(sentence)  # row t: the truth after t + 1 tokens  # en
product = 1.0
for t, token in enumerate(sentence[1:]):
    product *= after[t, token]
    print(local(f"{after[t, token]:.4f}  {product:.8f}", LANG), words[token])

# %% [markdown] pt
# O produto encolhe depressa; por isso somamos logaritmos. É a mesma conta:

# %% [markdown] en
# The product shrinks fast, so we add logarithms instead. The result is the same:

# %%
true_log_probs = torch.tensor(town.token_log_probs(sentence))
assert_close(true_log_probs.sum().exp().item(), product)

# %% [markdown] pt
# O modelo calcula todas as probabilidades condicionais de uma vez: `logits[:, t]` é sobre o token que vem **depois** da
# posição `t`.

# %% [markdown] en
# The model computes all the conditional probabilities at once: `logits[:, t]` is about the token that comes **after**
# position `t`.

# %%
ids = torch.tensor([sentence])
logits = mini(ids).detach()
by_hand = sum(logits[0, t].log_softmax(-1)[sentence[t + 1]] for t in range(len(sentence) - 1))
assert_close(by_hand, probability.sequence_log_prob(logits, ids)[0])
fair = Town().token_log_probs(sentence).sum()
print(local(f"log p: {true_log_probs.sum():.1f} na cidade em português; {fair:.1f} na bilíngue; {by_hand:.1f} pelo mini", LANG))  # pt
print(f"log p: {true_log_probs.sum():.1f} in the English town, {fair:.1f} in the bilingual one, {by_hand:.1f} by mini")  # en

# %% [markdown] pt
# A cidade bilíngue reparte a probabilidade entre mais documentos, e cada um fica com menos. Nesta frase o `mini` quase
# acerta, só de ter lido.

# %% [markdown] en
# The bilingual town shares the probability among more documents, so each gets less. On this sentence `mini` is almost right,
# from reading alone.

# %% [markdown] pt
# ### Exercício 1 · log p de uma frase
#
# `probs` é um tensor com a probabilidade de cada token de uma frase, dados os anteriores. Retorne o logaritmo natural da
# probabilidade da frase inteira, que pode ter centenas de tokens.

# %% [markdown] en
# ### Exercise 1 · log p of a sentence
#
# `probs` is a tensor with the probability of each token of a sentence, given those before it. Return the natural logarithm
# of the probability of the whole sentence, which may have hundreds of tokens.


# %%
def log_prob(probs):
    return ...


check("chain_rule", log_prob, LANG)

# %% [markdown] pt
# ## 4 · Contar
#
# Um modelo bem simples só conta. O **bigrama** prevê a próxima palavra apenas pela última: quantas vezes uma veio depois da
# outra?

# %% [markdown] en
# ## 4 · Counting
#
# A very simple model just counts. The **bigram** predicts the next word from the last one alone: how often did one follow
# the other?

# %%
pairs = Counter()
for document in islice(town.documents(seed=2), 5000):
    pairs.update(pairwise([end, *document]))
counts = torch.full((len(words), len(words)), 0.01)  # um pouco para o que nunca foi visto  # pt
counts = torch.full((len(words), len(words)), 0.01)  # a little for what was never seen  # en
for (before, token), n in pairs.items():
    counts[before, token] += n
bigram = counts / counts.sum(dim=1, keepdim=True)

# %% [markdown] pt
# Onde a última palavra basta, o bigrama funciona. Onde a resposta está longe, não:

# %% [markdown] en
# Where the last word is enough, the bigram works. Where the answer is far away, it does not:

# %%
question = "leo compra um mapa na praça . ele dá o mapa para sara . pergunta : quem tem o mapa ? resposta :"  # pt
question = "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :"  # en
prefix = town.tokenizer.encode(question)
figures.next_token_figure(words, bigram[prefix[-1]], town.next_token_probs(prefix), LANG, 6, "bigrama")  # pt
figures.next_token_figure(words, bigram[prefix[-1]], town.next_token_probs(prefix), LANG, 6, "bigram")  # en

# %% [markdown] pt
# O bigrama só sabe o que costuma vir depois de dois-pontos. A verdade tem certeza: a resposta está **lá atrás** no texto. E
# o `mini`?

# %% [markdown] en
# The bigram only knows what tends to follow a colon. The truth is certain: the answer is **further back** in the text. And
# `mini`?

# %%
answer = mini(torch.tensor([[end, *prefix]]))[0, -1].softmax(-1).detach()
print(f"p({words[answer.argmax()]}) = {local(f'{answer.max():.2f}', LANG)}")

# %% [markdown] pt
# ## 5 · Surpresa, perplexidade, bits
#
# A **surpresa** com um token de probabilidade $p$ é de $-\log_2 p$ **bits**: cara ou coroa, 1 bit; um entre oito, 3 bits;
# uma certeza, 0. Com o logaritmo natural, a mesma surpresa é medida em **nats**: um nat são $1/\ln 2$ bits.

# %% [markdown] en
# ## 5 · Surprise, perplexity, bits
#
# The **surprise** at a token of probability $p$ is $-\log_2 p$ **bits**: heads or tails, 1 bit; one of eight, 3 bits; a
# certainty, 0. With the natural logarithm the same surprise is measured in **nats**: one nat is $1/\ln 2$ bits.

# %%
probability.surprise(torch.tensor([0.5, 0.125, 1.0]).log())

# %% [markdown] pt
# A surpresa média, a **perda** (*loss*), diz quão bom é um modelo: quanto menor, melhor. Em média, ninguém fica abaixo da
# **entropia** da língua, nem quem conhece as regras: ela é o **piso**.

# %% [markdown] en
# The mean surprise, the **loss**, tells how good a model is: the smaller, the better. On average nobody gets below the
# **entropy** of the language, not even someone who knows the rules: it is the **floor**.

# %%
entropy = town.entropy()
print(local(f"piso: {entropy.bits:.2f} bits por token (erro padrão {entropy.standard_error / math.log(2):.2f})", LANG))  # pt
print(f"floor: {entropy.bits:.2f} bits per token (standard error {entropy.standard_error / math.log(2):.2f})")  # en

# %% [markdown] pt
# Quatro maneiras de prever os mesmos 300 documentos, sorteados à parte (alguns, curtos, podem se repetir): todos os tokens com a
# mesma chance, cada um com a sua frequência (o **unigrama**), o bigrama e a verdade.

# %% [markdown] en
# Four ways to predict the same 300 documents, drawn separately (some short ones may recur): all tokens equally likely, each with
# its own frequency (the **unigram**), the bigram, and the truth.

# %%
documents = list(islice(town.documents(seed=3), 300))
uniform = torch.full((len(words),), 1 / len(words))
unigram = counts.sum(dim=0) / counts.sum()
costs = {"uniforme": [], "unigrama": [], "bigrama": [], "verdade": []}  # pt
costs = {"uniform": [], "unigram": [], "bigram": [], "truth": []}  # en
for document in documents:
    truth = torch.tensor(town.token_log_probs([end, *document]))
    chances = [uniform[document], unigram[document], bigram[[end, *document[:-1]], document], truth.exp()]
    for name, chance in zip(costs, chances, strict=True):
        costs[name].append(chance.log())

# %%
for name, log_probs in costs.items():
    log_probs = torch.cat(log_probs)
    bits, perplexity = probability.surprise(log_probs).mean(), probability.perplexity(log_probs)
    print(f"{name:9s}", local(f"{bits:5.2f} bits; perplexidade {perplexity:7.2f}", LANG))  # pt
    print(f"{name:9s}", f"{bits:5.2f} bits; perplexity {perplexity:7.2f}")  # en

# %% [markdown] pt
# (A verdade não cai exatamente no piso: ele é a média de todos os documentos, e estes são só uma amostra.)
#
# A **perplexidade** é 2 elevado à surpresa média em bits: o número de faces de um dado tão incerto quanto o modelo. Só se
# comparam perplexidades no mesmo texto e com os mesmos tokens.
#
# ### Exercício 2 · perplexidade
#
# `log_probs` traz o logaritmo **natural** da probabilidade de cada token. Retorne a perplexidade.

# %% [markdown] en
# (The truth does not land exactly on the floor: that is the mean over all documents, and these are only a sample.)
#
# The **perplexity** is 2 to the power of the mean surprise in bits: the number of sides of a die that is as uncertain as the
# model. Perplexities compare only on the same text and with the same tokens.
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
# Para escrever, o modelo sorteia. Três botões mudam a distribuição antes do sorteio. A **temperatura** $t$ eleva cada
# probabilidade a $1/t$ e **renormaliza**, isto é, divide pela soma para que o total volte a ser 1. Em $t = 0$ vale o limite:
# só o mais provável fica.

# %% [markdown] en
# ## 6 · The knobs of sampling
#
# To write, the model draws at random. Three knobs change the distribution before the draw. The **temperature** $t$ raises
# each probability to the power $1/t$ and **renormalises**, that is, divides by the sum so that the total is 1 again. At
# $t = 0$ we take the limit: only the most likely token stays.

# %%
some = ["pão", "bolo", "chá", "mel", "café"]  # pt
some = ["bread", "cake", "tea", "honey", "coffee"]  # en
probs = torch.tensor([0.5, 0.25, 0.12, 0.08, 0.05])
cold = probs ** (1 / 0.5) / (probs ** (1 / 0.5)).sum()
assert_close(cold, sampling.next_token_probs(probs.log(), temperature=0.5))

# %% [markdown] pt
# **Top-k** fica com os $k$ tokens mais prováveis; **top-p**, com os mais prováveis até que a soma deles chegue a $p$.
# **Antes de rodar:** com $p = 0{,}8$, quantas barras ficam?

# %% [markdown] en
# **Top-k** keeps the $k$ most likely tokens; **top-p** keeps the most likely ones until their sum reaches $p$. **Before you
# run this:** with $p = 0.8$, how many bars stay?

# %%
knobs = {"t = 0.5": {"temperature": 0.5}, "t = 2": {"temperature": 2.0}, "top-k = 2": {"top_k": 2}, "top-p = 0.8": {"top_p": 0.8}}
panels = {local(name, LANG): sampling.next_token_probs(probs.log(), **knob) for name, knob in knobs.items()}
figures.knobs_figure(some, {"p": probs} | panels, LANG)

# %% [markdown] pt
# Ficam três: as duas maiores só somam 0,75.
#
# O que a temperatura faz com o `mini`? Cem documentos para cada valor: quantos deles a cidade poderia ter escrito, e de
# quantas maneiras diferentes eles começam (nos quatro primeiros tokens)?

# %% [markdown] en
# Three: the two largest only sum to 0.75.
#
# What does temperature do to `mini`? A hundred documents for each value: how many of them could the town have written, and
# in how many different ways do they begin (in the first four tokens)?

# %%
both = Town()
start = torch.full((100, 1), end)
for t in (0.0, 0.5, 1.0, 1.5, 2.0):
    dice = torch.Generator().manual_seed(0)
    rows = mini_gpt.generate(mini, start, 63, temperature=t, generator=dice, stop=end)[:, 1:].tolist()
    texts = [row[: row.index(end) + 1] if end in row else row for row in rows]
    possible, openings = sum(map(both.writes, texts)), {tuple(text[:4]) for text in texts}
    print(local(f"t = {t}: possíveis {possible}; começos {len(openings)}", LANG))  # pt
    print(f"t = {t}: possible {possible}; beginnings {len(openings)}")  # en

# %% [markdown] pt
# Em 0 sai sempre o mesmo documento; em 2, a maioria deixa de ser da cidade. Em 1 o modelo escreve com as probabilidades que
# aprendeu.
#
# ### Exercício 3 · temperatura
#
# `probs` é um tensor de probabilidades, e `t`, a temperatura. Retorne as novas probabilidades: $p^{1/t}$, renormalizadas.

# %% [markdown] en
# At 0 the same document comes out every time; at 2, most are no longer the town's. At 1 the model writes with the
# probabilities that it has learned.
#
# ### Exercise 3 · temperature
#
# `probs` is a tensor of probabilities, and `t` the temperature. Return the new probabilities: $p^{1/t}$, renormalised.


# %%
def temperature(probs, t):
    return ...


check("temperature", temperature, LANG)

# %% [markdown] pt
# ### Exercício 4 · top-p
#
# Fique com o menor número de tokens, dos mais para os menos prováveis, que juntos chegam a `p`; os outros vão a zero, e o
# que ficou é renormalizado. Retorne um tensor como `probs`, com cada token no seu lugar.

# %% [markdown] en
# ### Exercise 4 · top-p
#
# Keep the fewest tokens, from the most likely on, that together reach `p`; the others go to zero, and what stays is
# renormalised. Return a tensor like `probs`, with each token in its place.


# %%
def nucleus(probs, p):
    return ...


check("nucleus", nucleus, LANG)

# %% [markdown] pt
# ## 7 · Treinar em direção ao piso
#
# O `nano`, um GPT ainda sem treino, não sabe nada: sua perda é quase a da distribuição uniforme. **Antes de rodar:** depois
# de 120 passos de treino, ela será quantas vezes o piso?

# %% [markdown] en
# ## 7 · Training towards the floor
#
# `nano`, a GPT before any training, knows nothing: its loss is almost that of the uniform distribution. **Before you run
# this:** after 120 steps of training, how many times the floor will it be?

# %%
from mini_gpt.lesson.recipes import NANO
from mini_gpt.training.data import DocumentBatches
from mini_gpt.training.train import TrainConfig, train

torch.manual_seed(0)
nano = GPT(NANO)
batches = DocumentBatches(town, batch_size=32, end_of_text=end, seed=0)

# %% [markdown] pt
# Cada passo lê um lote (*batch*) de documentos sorteados na hora; a perda está em nats. Depois de rodar tudo, volte aqui,
# troque `STEPS` por 600 e espere um minuto: a perda do `nano` fica cerca de 5% acima do piso.

# %% [markdown] en
# Each step reads a batch of freshly drawn documents; the loss is in nats. Once you have run everything, come back, set
# `STEPS` to 600 and wait a minute: `nano`'s loss ends about 5% above the floor.

# %%
STEPS = 120
log = train(nano, batches, TrainConfig(steps=STEPS), floor=entropy.nats)
losses = [record["loss"] for record in log]
figures.loss_figure(losses, entropy.nats, LANG)

# %% [markdown] pt
# Treinar é isto: ler documentos e, a cada passo, mexer nos parâmetros para que a surpresa diminua. A curva desce em direção ao
# piso e, fora o acaso de cada lote, não passa dele. E nos 300 documentos de antes?

# %% [markdown] en
# This is training: read documents and, at each step, adjust the parameters so that the surprise shrinks. The curve falls
# towards the floor and, apart from the luck of each batch, does not go below it. And on the 300 documents from before?

# %%
from mini_gpt.lesson.truth import compare

result = compare(nano, town, documents)
print("menos de uma vez e meia o piso:", result.ratio < 1.5)  # pt
print("less than one and a half times the floor:", result.ratio < 1.5)  # en

# %% [markdown] pt
# ## 8 · Onde ele erra
#
# A surpresa de cada token tem duas partes: a **inevitável**, que a verdade também paga, e o **excesso** do modelo. Para o
# `nano`, na história do mapa:

# %% [markdown] en
# ## 8 · Where it goes wrong
#
# The surprise at each token has two parts: the **unavoidable** one, which the truth pays too, and the model's **excess**. For
# `nano`, in the story of the map:

# %%
document = prefix + town.tokenizer.encode("sara . <|endoftext|>")
one = compare(nano, town, [document])
figures.surprise_figure([words[i] for i in document], one.model / math.log(2), one.truth / math.log(2), LANG)

# %% [markdown] pt
# Onde há cinza, houve sorteio: nomes, verbo, objeto, lugar, tipo de pergunta. Onde não há, o texto já decidiu, e uma barra
# laranja é o que o modelo ainda não aprendeu.
#
# Com a verdade ao lado, dá para saber **onde** está o que falta. Para o `mini`, somamos o excesso, separado pelas duas palavras
# que vêm antes:

# %% [markdown] en
# Where there is grey, something was drawn at random: names, verb, thing, place, kind of question. Where there is none, the text
# has already decided, and an orange bar is what the model has not learned yet.
#
# With the truth beside it, we know **where** the missing part is. For `mini`, we add up the excess, separately for each two words
# that come before:

# %%
result = compare(mini, both, list(islice(both.documents(seed=4), 500)))
excess, each = Counter(), result.model - result.truth
for (first, second), paid in zip(pairwise([end, end, *result.ids]), each):
    excess[f"{words[first]} {words[second]}"] += paid / each.sum()
for before, share in excess.most_common(4):
    print(f"{share:4.0%}  {before}")

# %% [markdown] pt
# As maiores fatias estão nas respostas, nas duas línguas. Com dois nomes, basta saber quem deu e quem recebeu, e o `mini` acerta
# (seção 4). Com três donos e três objetos, é preciso ligar cada nome ao seu objeto, e isso o `mini` não aprendeu:

# %% [markdown] en
# The largest shares are in the answers, in both languages. With two names it is enough to know who gave and who received, and
# `mini` is right (section 4). With three owners and three things, each name must be tied to its thing, and `mini` has not learned
# that:

# %%
three = "leo tem um mapa , sara tem uma flor e lia tem um violão . pergunta : quem tem a flor ? resposta :"  # pt
three = "leo has a map , sara has a flower and lia has a guitar . question : who has the flower ? answer :"  # en
prefix = town.tokenizer.encode(three)
answers = mini(torch.tensor([[end, *prefix]]))[0, -1].softmax(-1).detach()
figures.next_token_figure(words, answers, both.next_token_probs(prefix), LANG, most=6)

# %% [markdown] pt
# Ele prefere os nomes da história, mas não sabe qual deles é o dono. A perda média sozinha não mostraria isso.
#
# ## 9 · Explore
#
# O modelo e a verdade lado a lado. Escreva um começo, mexa nos botões, sorteie. O que o modelo diz depois de “ana está no banco .
# depois ela”? E com um começo que a cidade nunca escreve?

# %% [markdown] en
# It favours the names of the story, but does not know which of them is the owner. The mean loss alone would not show this.
#
# ## 9 · Explore
#
# The model and the truth side by side. Write a beginning, turn the knobs, draw. What does the model say after “ana walks to the
# bank . then she”? And after a beginning that the town never writes?

# %%
from mini_gpt.lesson.widgets import NextToken

opening = "ana está"  # pt
opening = "ana is"  # en
NextToken(mini, both, prefix=opening, lang=LANG)

# %% [markdown] pt
# Em “banco”, ele se divide entre quatro continuações, duas para cada sentido da palavra. Onde a cidade nunca escreveria, ele
# responde assim mesmo, e não há verdade para comparar.
#
# ## O que fica
#
# - Um modelo de linguagem é uma distribuição sobre o próximo token; a regra da cadeia faz dela uma distribuição sobre
#   textos.
# - A perda média tem um piso, a entropia; o que sobra acima dele é o que o modelo não aprendeu.
# - Temperatura, top-k e top-p mudam a distribuição do sorteio, não o modelo.
#
# [Agora vá para 02 Tokens](02_tokens.ipynb)

# %% [markdown] en
# After “bank” it is divided among four continuations, two for each sense of the word. Where the town would never write, it answers
# all the same, and there is no truth to compare with.
#
# ## What stays
#
# - A language model is a distribution over the next token; the chain rule makes it a distribution over texts.
# - The mean loss has a floor, the entropy; what lies above it is what the model has not learned.
# - Temperature, top-k and top-p change the distribution that is drawn from, not the model.
#
# [Now go on to 02 Tokens](02_tokens.ipynb)
