# %% [markdown] pt
# # 01 · Um modelo de linguagem é uma distribuição de probabilidade
#
# **Ao final, você** vai calcular à mão a probabilidade de uma frase, comparar um modelo com a verdade exata, medir a
# surpresa em bits, girar os botões da amostragem e treinar um GPT em direção ao piso.
#
# Slides: o que é um modelo de linguagem · 50 minutos

# %% [markdown] en
# # 01 · A language model is a probability distribution
#
# **At the end you** will have worked out the probability of a sentence by hand, held a model against the exact truth,
# measured surprise in bits, turned the knobs of sampling, and trained a GPT towards the floor.
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

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · A cidade
#
# Nenhum livro diz qual é a probabilidade *verdadeira* da próxima palavra do português. Por isso a lição traz a sua
# própria língua: a **cidade** escreve documentos curtos, sem fim, por regras conhecidas. Dela sabemos tudo.

# %% [markdown] en
# ## 1 · The town
#
# No book tells the *true* probability of the next word of English. So the lesson brings its own language: the **town**
# writes short documents without end, by known rules. Of it we know everything.

# %%
town = Town(LANG)
words = town.tokenizer.words
for document in islice(town.documents(seed=8), 5):
    print(town.tokenizer.decode(document))

# %% [markdown] pt
# Cada palavra e cada sinal é um **token**; `<|endoftext|>` termina um documento e abre o seguinte.
#
# ## 2 · A próxima palavra
#
# **Antes de rodar:** o que vem depois de “ana está”? Anote três palpites e uma probabilidade para cada um.

# %% [markdown] en
# Each word and each sign is a **token**; `<|endoftext|>` ends one document and opens the next.
#
# ## 2 · The next word
#
# **Before you run this:** what comes after “ana is”? Write down three guesses and a probability for each.

# %%
prefix = town.tokenizer.encode("ana está")  # pt
prefix = town.tokenizer.encode("ana is")  # en
truth = town.next_token_probs(prefix)
for token in (-truth).argsort(kind="stable")[:5]:
    print(f"{truth[token]:.4f}  {words[token]}")

# %% [markdown] pt
# Isto é tudo o que um modelo de linguagem faz: dado um começo, **uma probabilidade para cada token do vocabulário**.
# Elas somam 1, e quase todas são 0.

# %% [markdown] en
# This is all that a language model does: given a beginning, **a probability for each token of the vocabulary**. They sum
# to 1, and almost all of them are 0.

# %%
print(f"{len(truth)} tokens, {(truth > 0).sum()} possíveis, soma {truth.sum():.6f}")  # pt
print(f"{len(truth)} tokens, {(truth > 0).sum()} possible, sum {truth.sum():.6f}")  # en

# %% [markdown] pt
# E o nosso GPT? `mini` aprendeu lendo documentos da cidade nas duas línguas; as regras, ele nunca viu. Lê a partir de
# `<|endoftext|>` e devolve um número por token, o **logit**; `softmax` faz dos logits uma distribuição.

# %% [markdown] en
# And our GPT? `mini` learned by reading documents of the town in both languages; the rules it never saw. It reads from
# `<|endoftext|>` on and returns a number for each token, the **logit**; `softmax` turns logits into a distribution.

# %%
mini = mini_gpt.load("mini")
end = town.tokenizer.end_of_text
logits = mini(torch.tensor([[end, *prefix]]))
print(logits.shape)  # (B, T, V)
last = logits[0, -1].detach()

# %% [markdown] pt
# Softmax à mão: a exponencial de cada logit, dividida pela soma de todas. Ao lado, a verdade:

# %% [markdown] en
# Softmax by hand: each logit's exponential, divided by the sum of them all. Beside it, the truth:

# %%
by_hand = last.exp() / last.exp().sum()
assert_close(by_hand, sampling.next_token_probs(last))
figures.next_token_figure(words, by_hand, Town().next_token_probs(prefix), LANG)

# %% [markdown] pt
# (A verdade aqui é a da cidade bilíngue, `Town()`, porque é ela que `mini` leu.)
#
# ## 3 · A regra da cadeia
#
# A probabilidade de uma frase inteira é um produto: a da primeira palavra, vezes a da segunda dada a primeira, e
# assim por diante.
#
# $$p(w_1, \dots, w_n) = \prod_{t=1}^{n} p(w_t \mid w_1, \dots, w_{t-1})$$

# %% [markdown] en
# (The truth here is that of the bilingual town, `Town()`, since that is what `mini` read.)
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
    print(f"{after[t, token]:.4f}  {product:.8f}  {words[token]}")

# %% [markdown] pt
# O produto encolhe depressa; por isso se somam logaritmos. É a mesma conta:

# %% [markdown] en
# The product shrinks fast, which is why logarithms are added instead. It is the same sum:

# %%
true_log_probs = torch.tensor(town.token_log_probs(sentence))
assert_close(true_log_probs.sum().exp().item(), product)

# %% [markdown] pt
# O modelo dá todas as condicionais de uma vez: `logits[:, t]` fala do token que vem **depois** da posição `t`.

# %% [markdown] en
# The model gives all the conditionals at once: `logits[:, t]` is about the token that comes **after** position `t`.

# %%
ids = torch.tensor([sentence])
logits = mini(ids).detach()
by_hand = sum(logits[0, t].log_softmax(-1)[sentence[t + 1]] for t in range(len(sentence) - 1))
assert_close(by_hand, probability.sequence_log_prob(logits, ids)[0])
fair = Town().token_log_probs(sentence).sum()
print(f"log p: {true_log_probs.sum():.1f} na cidade em português, {fair:.1f} na bilíngue, {by_hand:.1f} pelo mini")  # pt
print(f"log p: {true_log_probs.sum():.1f} in the English town, {fair:.1f} in the bilingual one, {by_hand:.1f} by mini")  # en

# %% [markdown] pt
# A cidade bilíngue escreve mais coisas, e cada uma fica com menos probabilidade. O `mini` quase acerta, e tudo o que ele
# fez foi ler.

# %% [markdown] en
# The bilingual town writes more things, so each has less probability. `mini` is almost right, and all it did was read.

# %% [markdown] pt
# ### Exercício 1 · log p de uma frase
#
# `probs` é um tensor com a probabilidade de cada token de uma frase, dados os anteriores. Devolva o logaritmo natural da
# probabilidade da frase inteira, que pode ter centenas de tokens.

# %% [markdown] en
# ### Exercise 1 · log p of a sentence
#
# `probs` is a tensor of the probability of each token of a sentence, given those before it. Return the natural logarithm
# of the whole sentence's probability; it may have hundreds of tokens.


# %%
def log_prob(probs):
    return ...


check("chain_rule", log_prob, LANG)

# %% [markdown] pt
# ## 4 · Contar
#
# O modelo mais simples conta. Um **bigrama** prevê a próxima palavra só pela última: quantas vezes uma seguiu a outra?

# %% [markdown] en
# ## 4 · Counting
#
# The simplest model counts. A **bigram** predicts the next word from the last one alone: how often did the one follow
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
# Onde a última palavra basta, contar funciona. Onde a resposta está longe, não:

# %% [markdown] en
# Where the last word is enough, counting works. Where the answer is far away, it does not:

# %%
question = "leo compra um mapa na praça . ele dá o mapa para sara . pergunta : quem tem o mapa ? resposta :"  # pt
question = "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :"  # en
prefix = town.tokenizer.encode(question)
figures.next_token_figure(words, bigram[prefix[-1]], town.next_token_probs(prefix), LANG, 6, "bigrama")  # pt
figures.next_token_figure(words, bigram[prefix[-1]], town.next_token_probs(prefix), LANG, 6, "bigram")  # en

# %% [markdown] pt
# Depois de “:” o bigrama só sabe o que costuma vir depois de dois-pontos. A verdade tem certeza: é preciso **olhar para
# trás**. O `mini` olha:

# %% [markdown] en
# After “:” the bigram only knows what tends to follow a colon. The truth is certain: one must **look back**. `mini`
# does:

# %%
answer = mini(torch.tensor([[end, *prefix]]))[0, -1].softmax(-1).detach()
print(f"p({words[answer.argmax()]}) = {answer.max():.2f}")

# %% [markdown] pt
# ## 5 · Surpresa, perplexidade, bits
#
# Um token de probabilidade $p$ surpreende em $-\log_2 p$ **bits**: uma moeda, 1 bit; um entre oito, 3 bits; o certo, 0.
# Com o logaritmo natural, a mesma surpresa se conta em **nats**: um nat são $1/\ln 2$ bits.

# %% [markdown] en
# ## 5 · Surprise, perplexity, bits
#
# A token of probability $p$ surprises by $-\log_2 p$ **bits**: a coin, 1 bit; one of eight, 3 bits; a certainty, 0.
# With the natural logarithm the same surprise is counted in **nats**: one nat is $1/\ln 2$ bits.

# %%
probability.surprise(torch.tensor([0.5, 0.125, 1.0]).log())

# %% [markdown] pt
# A média da surpresa, a **perda**, diz quão bom é um modelo. Em média, ninguém fica abaixo da **entropia** da língua, nem
# quem conhece as regras: ela é o piso.

# %% [markdown] en
# The mean of the surprise, the **loss**, tells how good a model is. On average nobody gets below the language's
# **entropy**, not even who knows the rules: that is the floor.

# %%
entropy = town.entropy()
print(f"piso: {entropy.bits:.2f} bits por token (erro padrão {entropy.standard_error / math.log(2):.2f})")  # pt
print(f"floor: {entropy.bits:.2f} bits per token (standard error {entropy.standard_error / math.log(2):.2f})")  # en

# %% [markdown] pt
# Quatro maneiras de prever os mesmos 300 documentos, que nenhuma delas viu:

# %% [markdown] en
# Four ways to predict the same 300 documents, which none of them has seen:

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
    print(f"{name:9s} {probability.surprise(log_probs).mean():5.2f} bits, perplexidade {probability.perplexity(log_probs):7.2f}")  # pt
    print(f"{name:9s} {probability.surprise(log_probs).mean():5.2f} bits, perplexity {probability.perplexity(log_probs):7.2f}")  # en

# %% [markdown] pt
# (A verdade passa um pouco para cá ou para lá do piso: ele é a média de todos os documentos, e estes são só alguns.)
#
# A **perplexidade** é 2 elevado aos bits: o número de faces de um dado igualmente incerto. Só se comparam as de modelos
# com os mesmos tokens, no mesmo texto.
#
# ### Exercício 2 · perplexidade
#
# `log_probs` traz o logaritmo **natural** da probabilidade de cada token. Devolva a perplexidade.

# %% [markdown] en
# (The truth comes out a little above or below the floor: that is the mean over all documents, and these are just a few.)
#
# The **perplexity** is 2 to the power of the bits: how many sides a die has that is just as uncertain. Only those of
# models with the same tokens compare, on the same text.
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
# Para escrever, sorteia-se. Três botões mudam a distribuição antes do sorteio. A **temperatura** $t$ eleva cada
# probabilidade a $1/t$ e **renormaliza**, isto é, divide pela soma para que o total volte a ser 1:

# %% [markdown] en
# ## 6 · The knobs of sampling
#
# To write is to draw at random. Three knobs change the distribution before the draw. The **temperature** $t$ raises each
# probability to the power of $1/t$ and **renormalises**, that is, divides by the sum, so that the total is 1 again:

# %%
some = ["pão", "bolo", "chá", "mel", "café"]  # pt
some = ["bread", "cake", "tea", "honey", "coffee"]  # en
probs = torch.tensor([0.5, 0.25, 0.12, 0.08, 0.05])
cold = probs ** (1 / 0.5) / (probs ** (1 / 0.5)).sum()
assert_close(cold, sampling.next_token_probs(probs.log(), temperature=0.5))

# %% [markdown] pt
# **Top-k** fica com os $k$ mais prováveis; **top-p**, com o menor número de tokens que, juntos, chegam a $p$. **Antes de
# rodar:** com $p = 0{,}8$, quantas barras ficam?

# %% [markdown] en
# **Top-k** keeps the $k$ most likely; **top-p** the fewest that together reach $p$. **Before you run this:** with
# $p = 0.8$, how many bars stay?

# %%
knobs = {"t = 0.5": {"temperature": 0.5}, "t = 2": {"temperature": 2.0}, "top-k = 2": {"top_k": 2}, "top-p = 0.8": {"top_p": 0.8}}
panels = {name: sampling.next_token_probs(probs.log(), **knob) for name, knob in knobs.items()}
figures.knobs_figure(some, {"p": probs} | panels, LANG)

# %% [markdown] pt
# O que faz a temperatura com o `mini`? Cem documentos para cada uma: quantos deles a cidade poderia ter escrito, e quantos
# começos de quatro tokens há entre eles?

# %% [markdown] en
# What does temperature do to `mini`? A hundred documents for each: how many of them could the town have written, and how
# many beginnings of four tokens are there among them?

# %%
both = Town()
start = torch.full((100, 1), end)
for t in (0.1, 0.5, 1.0, 1.5, 2.0):
    dice = torch.Generator().manual_seed(0)
    rows = mini_gpt.generate(mini, start, 63, temperature=t, generator=dice, stop=end)[:, 1:].tolist()
    texts = [row[: row.index(end) + 1] if end in row else row for row in rows]
    possible, openings = sum(map(both.writes, texts)), {tuple(text[:4]) for text in texts}
    print(f"t = {t}: {possible} possíveis, {len(openings)} começos")  # pt
    print(f"t = {t}: {possible} possible, {len(openings)} beginnings")  # en

# %% [markdown] pt
# Fria, ela começa quase sempre do mesmo jeito; quente, ela sai da língua. Com 1,0, o modelo escreve o que aprendeu.
#
# ### Exercício 3 · temperatura
#
# `probs` é um tensor de probabilidades, e `t`, a temperatura. Devolva as novas probabilidades: $p^{1/t}$, renormalizadas.

# %% [markdown] en
# Cold, it begins in much the same way each time; hot, it leaves the language. At 1.0 the model writes what it has learned.
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
# que ficou é renormalizado. Devolva um tensor como `probs`: cada token continua no seu lugar.

# %% [markdown] en
# ### Exercise 4 · top-p
#
# Keep as few tokens as possible, from the most likely on, that together reach `p`; the others go to zero, and what stays
# is renormalised. Return a tensor like `probs`: each token keeps its place.


# %%
def nucleus(probs, p):
    return ...


check("nucleus", nucleus, LANG)

# %% [markdown] pt
# ## 7 · Treinar em direção ao piso
#
# Um GPT novo, `nano`, não sabe nada: sua perda é a de um dado com uma face para cada palavra. **Antes de rodar:** depois
# de 120 passos de treino, ela será quantas vezes o piso?

# %% [markdown] en
# ## 7 · Training towards the floor
#
# A new GPT, `nano`, knows nothing: its loss is that of a die with one side for each word. **Before you run this:** after
# 120 steps of training, how many times the floor will it be?

# %%
from mini_gpt.lesson.recipes import NANO
from mini_gpt.training.data import DocumentBatches
from mini_gpt.training.train import TrainConfig, train

torch.manual_seed(0)
nano = GPT(NANO)
batches = DocumentBatches(town, batch_size=32, end_of_text=end, seed=0)

# %% [markdown] pt
# Cada passo lê um lote de documentos novos, em que a perda é contada em nats. Mais passos, menos perda: depois de rodar tudo,
# volte aqui, troque `STEPS` por 600 e espere um minuto; o `nano` chega a menos de 5% do piso.

# %% [markdown] en
# Each step reads a batch of new documents; the loss on them is counted in nats. More steps, less loss: once you have run
# everything, come back, set `STEPS` to 600 and wait a minute; `nano` gets to within 5% of the floor.

# %%
STEPS = 120
log = train(nano, batches, TrainConfig(steps=STEPS), floor=entropy.nats)
losses = [record["loss"] for record in log]
figures.loss_figure(losses, entropy.nats, LANG)

# %% [markdown] pt
# Treinar é só isto: ler documentos e, a cada passo, mexer nos parâmetros para que a surpresa diminua. A curva desce em direção
# ao piso e, fora o acaso de cada lote, não passa dele. Nos 300 documentos de antes, que o `nano` não leu:

# %% [markdown] en
# Training is no more than this: read documents and, at each step, move the parameters so that the surprise shrinks. The
# curve falls towards the floor and, apart from each batch's luck, does not pass it. On the 300 documents from before, which
# `nano` has not read:

# %%
from mini_gpt.lesson.truth import compare

result = compare(nano, town, documents)
print("menos de uma vez e meia o piso:", result.ratio < 1.5)  # pt
print("less than one and a half times the floor:", result.ratio < 1.5)  # en

# %% [markdown] pt
# ## 8 · Onde ele erra
#
# A surpresa de cada token tem duas partes: a **inevitável**, que a verdade também paga, e a que o modelo paga a mais. Para
# o `nano`, na história do mapa:

# %% [markdown] en
# ## 8 · Where it errs
#
# Each token's surprise has two parts: the **unavoidable** one, which the truth pays too, and what the model pays beyond.
# For `nano`, in the story of the map:

# %%
document = prefix + town.tokenizer.encode("sara . <|endoftext|>")
one = compare(nano, town, [document])
figures.surprise_figure([words[i] for i in document], one.model / math.log(2), one.truth / math.log(2), LANG)

# %% [markdown] pt
# Nomes e objetos surpreendem a todos: foram sorteados. O resto o texto já decidiu, e ali a verdade não paga nada. Uma barra
# laranja nesses lugares é o que o modelo ainda não aprendeu.
#
# Com a verdade ao lado, sabe-se **onde** está o que falta. Para o `mini`, somamos o que ele paga a mais, separado pela
# palavra que vem antes:

# %% [markdown] en
# Names and things surprise everyone: they were drawn at random. The rest the text has decided already, and there the truth
# pays nothing. An orange bar in such a place is what the model has not learned yet.
#
# With the truth beside it, one knows **where** the missing part is. For `mini`, we add up what it pays beyond, separately
# for each word that comes before:

# %%
result = compare(mini, both, list(islice(both.documents(seed=4), 500)))
excess = Counter()
for token, paid in zip([end, *result.ids[:-1]], result.model - result.truth):
    excess[words[token]] += paid / (result.model - result.truth).sum()
for word, share in excess.most_common(4):
    print(f"{share:4.0%}  {word}")

# %% [markdown] pt
# A maior fatia vem depois de “:”, isto é, nas respostas. Com dois nomes, o papel de cada um basta; com três donos e três
# objetos, é preciso ligar cada nome ao seu objeto, e isso o `mini` não aprendeu:

# %% [markdown] en
# The largest share comes after “:”, that is, in the answers. With two names, the part that each plays is enough; with three
# owners and three things, each name must be tied to its thing, and that `mini` has not learned:

# %%
three = "leo tem um mapa , sara tem uma flor e lia tem um violão . pergunta : quem tem a flor ? resposta :"  # pt
three = "leo has a map , sara has a flower and lia has a guitar . question : who has the flower ? answer :"  # en
prefix = town.tokenizer.encode(three)
answers = mini(torch.tensor([[end, *prefix]]))[0, -1].softmax(-1).detach()
figures.next_token_figure(words, answers, both.next_token_probs(prefix), LANG, most=6)

# %% [markdown] pt
# Ele prefere os nomes da história, mas não sabe qual deles é o dono. Nenhuma média teria mostrado isso.
#
# ## 9 · Explore
#
# O modelo e a verdade lado a lado. Escreva um começo, gire os botões, sorteie. O que faz o modelo depois de “ana está no
# banco .”? E com um começo que a cidade nunca escreve?

# %% [markdown] en
# It favours the names of the story, but does not know which of them is the owner. No mean would have shown that.
#
# ## 9 · Explore
#
# The model and the truth side by side. Write a beginning, turn the knobs, draw. What does the model do after “ana walks to
# the bank .”? And with a beginning that the town never writes?

# %%
from mini_gpt.lesson.widgets import NextToken

opening = "ana está"  # pt
opening = "ana is"  # en
NextToken(mini, both, prefix=opening, lang=LANG)

# %% [markdown] pt
# ## O que fica
#
# - Um modelo de linguagem é uma distribuição sobre o próximo token; a regra da cadeia faz dela uma distribuição sobre
#   textos.
# - A perda média tem um piso, a entropia; o que sobra acima dele é o que o modelo não aprendeu.
# - Temperatura, top-k e top-p mudam a distribuição de que se sorteia, não o modelo.
#
# [Agora vá para 02 Tokens](02_tokens.ipynb)

# %% [markdown] en
# ## What stays
#
# - A language model is a distribution over the next token; the chain rule makes it one over texts.
# - The mean loss has a floor, the entropy; what lies above it is what the model has not learned.
# - Temperature, top-k and top-p change the distribution that is drawn from, not the model.
#
# [Now go on to 02 Tokens](02_tokens.ipynb)
