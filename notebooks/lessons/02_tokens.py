# %% [markdown] pt
# # 02 · Tokens
#
# **Ao final, você** vai ter treinado um BPE à mão, saber de onde vem o número 50.257, medir o que o tokenizador faz com a
# perplexidade e quanto o português paga num tokenizador feito para o inglês.
#
# Slides: conceitos, 50 mil tokens · 40 minutos

# %% [markdown] en
# # 02 · Tokens
#
# **At the end you** will have trained a BPE by hand, know where the number 50,257 comes from, have measured what the tokenizer
# does to perplexity, and what Portuguese pays in a tokenizer made for English.
#
# Slides: concepts, 50 thousand tokens · 40 minutes

# %%
from collections import Counter
from itertools import islice, pairwise

import torch

from mini_gpt import probability
from mini_gpt.bpe import BPE, merge, split
from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town, translation_pairs

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · O modelo só vê números
#
# Um texto precisa virar números. Por letras, as frases ficam longas. Por palavras, basta um erro de digitação e a palavra não
# existe:

# %% [markdown] en
# ## 1 · The model sees numbers only
#
# A text must become numbers. By letters, sentences get long. By words, one typing error and the word does not exist:

# %%
town = Town(LANG)
try:
    town.tokenizer.encode("ana compra um livru")  # pt
    town.tokenizer.encode("ana buys a bok")  # en
except ValueError as error:
    print(error)

# %% [markdown] pt
# O GPT-2 começa pelos **bytes**: qualquer texto, em qualquer língua, é uma sequência deles em UTF-8, e só existem 256. **Antes de
# rodar:** quantos bytes tem “pão 🙂”?

# %% [markdown] en
# GPT-2 starts from **bytes**: any text, in any language, is a sequence of them in UTF-8, and there are only 256. **Before you run
# this:** how many bytes has “pão 🙂”?

# %%
text = "pão 🙂"
print(len(text), "→", len(text.encode()))
for character in text:
    print(repr(character), list(character.encode()))

# %% [markdown] pt
# Acentos custam dois bytes, um emoji quatro. Tudo pode ser escrito, mas tudo fica comprido. A ideia do **BPE** (byte-pair
# encoding): fundir num token novo os vizinhos que mais aparecem juntos, e repetir.
#
# ## 2 · À mão
#
# **Antes de rodar:** em “banana bandana”, qual par de letras vizinhas aparece mais?

# %% [markdown] en
# An accent costs two bytes, an emoji four. Everything can be written, but everything gets long. The idea of **BPE** (byte-pair
# encoding): join the neighbours that stand together most often into a new token, and repeat.
#
# ## 2 · By hand
#
# **Before you run this:** in “banana bandana”, which pair of neighbouring letters occurs most often?

# %%
pieces = [list(word) for word in split("banana bandana")]  # Ġ é um espaço  # pt
pieces = [list(word) for word in split("banana bandana")]  # Ġ is a space  # en
pairs = Counter(pair for word in pieces for pair in pairwise(word))
pairs.most_common(4)

# %%
learned = []
for _ in range(3):
    pairs = Counter(pair for word in pieces for pair in pairwise(word))
    best = max(pairs, key=pairs.get)
    learned.append(best)
    pieces = [merge(word, best) for word in pieces]
    print(best, pieces)

# %% [markdown] pt
# Três fusões, três tokens novos. É o que `BPE.train` faz, a partir dos 256 bytes e de `<|endoftext|>`:

# %% [markdown] en
# Three merges, three new tokens. It is what `BPE.train` does, from the 256 bytes and `<|endoftext|>` on:

# %%
bpe = BPE.train("banana bandana", vocab_size=256 + 3 + 1)
assert bpe.merges == learned
bpe.tokens("banana"), bpe.encode("banana")

# %% [markdown] pt
# ### Exercício 1 · o par mais frequente
#
# `tokens` é uma lista de textos. Devolva o par de vizinhos que mais aparece, como uma tupla.

# %% [markdown] en
# ### Exercise 1 · the most frequent pair
#
# `tokens` is a list of texts. Return the pair of neighbours that occurs most often, as a tuple.


# %%
def best_pair(tokens):
    return ...


check("most_frequent_pair", best_pair, LANG)

# %% [markdown] pt
# ### Exercício 2 · fundir
#
# Devolva a lista em que cada ocorrência de `pair`, da esquerda para a direita, virou um token só.

# %% [markdown] en
# ### Exercise 2 · merge
#
# Return the list in which each occurrence of `pair`, from left to right, has become one token.


# %%
def merged(tokens, pair):
    return ...


check("merge_pair", merged, LANG)

# %% [markdown] pt
# ## 3 · Um BPE da cidade
#
# Agora com mil documentos. As primeiras fusões são pedaços comuns; as últimas, palavras inteiras com o espaço na frente.

# %% [markdown] en
# ## 3 · A BPE of the town
#
# Now with a thousand documents. The first merges are common pieces; the last ones, whole words with the space before them.


# %%
def texts(language, seed, n):
    documents = islice(Town(language).documents(seed), n)
    return [town.tokenizer.decode(document[:-1]) for document in documents]


bpe = BPE.train(texts(LANG, "bpe", 1000), vocab_size=257 + 400)
made = ["".join(pair) for pair in bpe.merges]
print(made[:12])
print(made[-8:])

# %% [markdown] pt
# Ele escreve qualquer texto, também o que nunca viu, e devolve cada byte:

# %% [markdown] en
# It writes any text, also what it never saw, and gives back every byte:

# %%
examples = ["ana compra um livro", "ana compra um livru", "Ação! 🙂 漢字"]  # pt
examples = ["ana buys a book", "ana buys a bok", "Ação! 🙂 漢字"]  # en
for text in examples:
    ids = bpe.encode(text)
    assert bpe.decode(ids) == text
    print(f"{len(ids):2d} tokens", [bpe.decode([i]) for i in ids])

# %% [markdown] pt
# Os � são bytes sozinhos: pedaços de um caractere. E repare no que surpreende muita gente: o mesmo livro são tokens diferentes
# no começo do texto, depois de um espaço e com maiúscula.

# %% [markdown] en
# The � are single bytes: pieces of a character. And mind what surprises many people: one book is different tokens at the start
# of a text, after a space, and with a capital.

# %%
examples = ["livro", " livro", "Livro"]  # pt
examples = ["book", " book", "Book"]  # en
for text in examples:
    print(repr(text), bpe.encode(text))

# %% [markdown] pt
# O GPT-2 fez isto com 40 GB de páginas da internet. De onde vem o tamanho do seu vocabulário?

# %% [markdown] en
# GPT-2 did this with 40 GB of pages of the web. Where does the size of its vocabulary come from?

# %%
parts = [FACTS["architecture"][name] for name in ("byte_tokens", "merges", "special_tokens")]
print(" + ".join(map(str, parts)), "=", sum(parts))
assert sum(parts) == FACTS["architecture"]["vocab_size"]

# %% [markdown] pt
# Mais fusões, textos mais curtos, mas um vocabulário maior para aprender. Na cidade, com poucas palavras, o BPE chega perto de
# um token por palavra:

# %% [markdown] en
# More merges, shorter texts, but a larger vocabulary to learn. In the town, with its few words, BPE gets near one token per
# word:

# %%
fresh = texts(LANG, "fresh", 200)
numbers = [0, 25, 50, 100, 200, 400]
tokens = []
for n in numbers:
    fewer = BPE.train(texts(LANG, "bpe", 1000), vocab_size=257 + n)
    tokens.append(sum(len(fewer.encode(text)) for text in fresh) / len(fresh))
words = sum(len(text.split()) for text in fresh) / len(fresh)
figures.document_tokens_figure(numbers, tokens, words, LANG)

# %% [markdown] pt
# ## 4 · O que o tokenizador faz com a perplexidade
#
# A cidade dá a probabilidade exata de cada documento. Ela não depende de como o texto é cortado. **Antes de rodar:** e a
# perplexidade?

# %% [markdown] en
# ## 4 · What the tokenizer does to perplexity
#
# The town gives each document's exact probability. It does not depend on how the text is cut. **Before you run this:** does the
# perplexity?

# %%
end = town.tokenizer.end_of_text
log_probs = [town.token_log_probs([end, *town.tokenizer.encode(text)]) for text in fresh]
log_probs = torch.tensor([p for each in log_probs for p in each])
n_bytes = sum(len(text.encode()) for text in fresh)
counts = {"palavras": words * len(fresh), "BPE": tokens[-1] * len(fresh), "bytes": n_bytes}  # pt
counts = {"words": words * len(fresh), "BPE": tokens[-1] * len(fresh), "bytes": n_bytes}  # en
for name, n in counts.items():
    per_token = (-log_probs.sum() / n).exp()
    print(f"{name:9s}{n:6.0f} tokens, perplexidade {per_token:5.2f}")  # pt
    print(f"{name:6s}{n:7.0f} tokens, perplexity {per_token:5.2f}")  # en

# %% [markdown] pt
# A mesma língua, a mesma verdade, três perplexidades. Quem corta mais fino parece melhor sem prever nada melhor. O que se compara
# é o que não depende dos tokens: bits por **byte** do texto (ou nats por palavra).

# %% [markdown] en
# One language, one truth, three perplexities. Who cuts finer looks better without predicting anything better. What compares is
# what does not depend on the tokens: bits per **byte** of the text (or nats per word).

# %%
print(f"{probability.bits_per_byte(log_probs, n_bytes):.3f} bits por byte")  # pt
print(f"{probability.bits_per_byte(log_probs, n_bytes):.3f} bits per byte")  # en

# %% [markdown] pt
# Para passar de uma unidade à outra, converta a **perda**, antes da exponencial. O artigo do GPT-2 faz assim para comparar com
# modelos de palavras.
#
# ### Exercício 3 · perplexidade por palavra
#
# `log_probs` traz o logaritmo natural da probabilidade de cada **token** de um texto de `n_words` palavras. Devolva a
# perplexidade por palavra.

# %% [markdown] en
# To get from one unit to another, convert the **loss**, before the exponential. GPT-2's paper does so to compare with models of
# words.
#
# ### Exercise 3 · perplexity per word
#
# `log_probs` holds the natural logarithm of the probability of each **token** of a text of `n_words` words. Return the
# perplexity per word.


# %%
def word_perplexity(log_probs, n_words):
    return ...


check("word_perplexity", word_perplexity, LANG)

# %% [markdown] pt
# ## 5 · Quem paga a conta
#
# O BPE gasta suas fusões no que mais lê. Treinamos dois do mesmo tamanho: um quase só com inglês, como o do GPT-2; outro com as
# duas línguas por igual. **Antes de rodar:** quantos tokens a mais custa a mesma frase em português?

# %% [markdown] en
# ## 5 · Who pays
#
# BPE spends its merges on what it reads most. We train two of the same size: one almost on English alone, as GPT-2's; one on both
# languages alike. **Before you run this:** how many tokens more does the same sentence cost in Portuguese?

# %%
english, portuguese = texts("en", "who pays", 1000), texts("pt", "who pays", 1000)
mixes = {"95 % en": english[:950] + portuguese[:50], "50 % en": english[:500] + portuguese[:500]}
tokenizers = {name: BPE.train(mix, vocab_size=257 + 300) for name, mix in mixes.items()}

# %% [markdown] pt
# As frases são traduções uma da outra, então o conteúdo é o mesmo:

# %% [markdown] en
# The sentences are translations of each other, so what they say is the same:

# %%
is_portuguese = {word for text in portuguese for word in text.split()} - {word for text in english for word in text.split()}
sentences = {"pt": [], "en": []}
for both in islice(translation_pairs("who pays"), 300):
    for ids in both:
        text = town.tokenizer.decode(ids).removesuffix(" <|endoftext|>")
        sentences["pt" if is_portuguese & set(text.split()) else "en"].append(text)

# %%
costs = {
    name: {language: sum(len(bpe.encode(text)) for text in group) / len(group) for language, group in sentences.items()}
    for name, bpe in tokenizers.items()
}
for name, cost in costs.items():
    print(f"{name}: {cost['pt'] / cost['en']:.2f}")
figures.language_cost_figure(costs, LANG)

# %% [markdown] pt
# O número é quantas vezes mais tokens a frase em português custa. Com o tokenizador equilibrado, a diferença quase some: não é o
# português que é comprido, é o tokenizador que não o leu. Mais tokens é menos contexto, mais tempo e, onde se paga por token, mais
# dinheiro. O do GPT-2 foi feito com páginas em inglês.
#
# ## O que fica
#
# - Bytes escrevem tudo; fusões encurtam o que é frequente.
# - 50.257 são 256 bytes, 50.000 fusões e `<|endoftext|>`.
# - Perplexidades de tokenizadores diferentes não se comparam; bits por byte, sim.
# - Um tokenizador tem língua materna.

# %% [markdown] en
# The number is how many times as many tokens the Portuguese sentence costs. With the balanced tokenizer the difference almost
# disappears: Portuguese is not long, the tokenizer has not read it. More tokens are less context, more time and, where one pays by
# the token, more money. GPT-2's was made of pages in English.
#
# ## What stays
#
# - Bytes write everything; merges shorten what is frequent.
# - 50,257 are 256 bytes, 50,000 merges and `<|endoftext|>`.
# - Perplexities of different tokenizers do not compare; bits per byte do.
# - A tokenizer has a mother tongue.
