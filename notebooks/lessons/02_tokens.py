# %% [markdown] pt
# # 02 · Tokens
#
# **Ao final, você** terá feito um BPE à mão, saberá de onde vem o número 50.257, verá por que perplexidades de
# tokenizadores diferentes não se comparam, e medirá quanto o português paga em um tokenizador feito para o inglês.
#
# Slides: conceitos, 50 mil tokens · 50 minutos

# %% [markdown] en
# # 02 · Tokens
#
# **At the end you** will have made a BPE by hand, know where the number 50,257 comes from, see why perplexities of
# different tokenizers do not compare, and have measured what Portuguese pays in a tokenizer made for English.
#
# Slides: concepts, 50 thousand tokens · 50 minutes

# %%
import sys
from collections import Counter
from itertools import islice, pairwise

import torch
from torch.testing import assert_close

from mini_gpt import GPTConfig, probability
from mini_gpt.bpe import BPE, END_OF_TEXT, merge, split
from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · Um texto já é uma fila de números
#
# O **Unicode** dá um número a cada caractere do mundo. Para guardar esses números, o **UTF-8** usa bytes: de um a quatro
# para cada caractere. **Antes de rodar:** quantos bytes tem “maçã 🙂”?

# %% [markdown] en
# ## 1 · A text is a row of numbers already
#
# **Unicode** gives a number to every character of the world. To store these numbers, **UTF-8** uses bytes: one to four
# for each character. **Before you run this:** how many bytes has “café 🙂”?

# %%
text = "maçã 🙂"  # pt
text = "café 🙂"  # en
for character in text:
    print(f"{character!r:5} {ord(character):7}  {list(character.encode())}")
print(len(text), "caracteres,", len(text.encode()), "bytes")  # pt
print(len(text), "characters,", len(text.encode()), "bytes")  # en

# %% [markdown] pt
# Uma letra sem acento é um byte; uma letra com acento, dois; um emoji, quatro. Um byte só vai de 0 a 255: **256 símbolos
# escrevem qualquer texto, em qualquer língua.**
#
# ## 2 · Nem palavras, nem letras
#
# Quais devem ser os tokens? O tokenizador da cidade usa palavras inteiras. Isso só funciona porque a cidade tem poucas (o
# erro vem em inglês, como os do Python):

# %% [markdown] en
# A letter without an accent is one byte; a letter with one, two; an emoji, four. A byte goes from 0 to 255 only: **256
# symbols write any text, in any language.**
#
# ## 2 · Neither words nor characters
#
# What should the tokens be? The town's tokenizer has whole words. That works only because the town has few:

# %%
town = Town(LANG)
try:
    town.tokenizer.encode("ana compra um livrinho")  # pt
    town.tokenizer.encode("ana buys a booklet")  # en
except ValueError as error:
    print(error)

# %% [markdown] pt
# Em um texto de verdade sempre aparece uma palavra nova: um nome, um diminutivo, um erro de digitação. Com letras ou bytes
# nada falta, mas a fila fica comprida:

# %% [markdown] en
# In a real text there is always another new word: a name, a plural, a typing error. With characters or bytes nothing is
# ever missing, but the row gets long:

# %%
text = "ana está na praça e compra um violão"  # pt
text = "ana is in the square and buys a guitar"  # en
print(f"{len(text.split()):3} palavras    de um vocabulário de {town.tokenizer.vocab_size}")  # pt
print(f"{len(text):3} caracteres  de um vocabulário de até {sys.maxunicode + 1}")  # pt
print(f"{len(text.encode()):3} bytes       de um vocabulário de 256")  # pt
print(f"{len(text.split()):3} words       of a vocabulary of {town.tokenizer.vocab_size}")  # en
print(f"{len(text):3} characters  of a vocabulary of up to {sys.maxunicode + 1}")  # en
print(f"{len(text.encode()):3} bytes       of a vocabulary of 256")  # en

# %% [markdown] pt
# Comprimento custa caro. Na atenção, cada token olha para os anteriores, e o trabalho cresce com o **quadrado** do
# comprimento. E o contexto do modelo tem um número fixo de tokens: se cada um é um byte, cabe menos texto.
#
# O GPT-2 fica no meio. Ele parte dos bytes e cola os que andam juntos: `qu`, depois `que`, depois ` que`. É o **BPE**
# (*byte-pair encoding*).
#
# ## 3 · BPE à mão
#
# Primeiro o texto é cortado em palavras, que nenhum token vai atravessar. O espaço fica com a palavra **seguinte** e
# aparece como `Ġ`.

# %% [markdown] en
# Length is costly. In attention each token looks at those before it, and the work grows with the **square** of the length.
# And the context of a model is a fixed number of tokens: if each is one byte, less text fits.
#
# GPT-2 stands in between. It starts from bytes and joins those that keep company: `he`, then ` t`, then ` the`. This is
# **BPE**, *byte-pair encoding*.
#
# ## 3 · BPE by hand
#
# First the text is cut into words, which no token will cross. The space goes with the word **after** it and is shown as
# `Ġ`.

# %%
twister = "o rato roeu a roupa do rei de roma"  # pt
twister = "a big black bug bit a big black bear a big bug"  # en
words = [list(word) for word in split(twister)]
print(words)

# %% [markdown] pt
# Agora contamos os pares de vizinhos. **Antes de rodar:** qual deles aparece mais?

# %% [markdown] en
# Now we count the pairs of neighbours. **Before you run this:** which of them occurs most often?

# %%
pairs = Counter(pair for word in words for pair in pairwise(word))
pairs.most_common(3)

# %% [markdown] pt
# O par vencedor vira um token novo, em todo lugar onde está. Isto é uma **fusão**:

# %% [markdown] en
# The winning pair becomes a new token wherever it stands. This is one **merge**:

# %%
best = max(pairs, key=pairs.get)
once = [merge(word, best) for word in words]
print(*once)

# %% [markdown] pt
# Treinar um BPE é só repetir: contar, fundir, contar de novo.

# %% [markdown] en
# To train a BPE is no more than to repeat: count, merge, count again.

# %%
learned = []
for _ in range(3):
    pairs = Counter(pair for word in words for pair in pairwise(word))
    best = max(pairs, key=pairs.get)
    learned.append(best)
    words = [merge(word, best) for word in words]
    print(pairs[best], "×", best)
print(*words)

# %% [markdown] pt
# `BPE.train` acha as mesmas fusões. (O tamanho que ele pede conta os 256 bytes e `<|endoftext|>`; e, quando há empate, fica
# o par de números menores.)

# %% [markdown] en
# `BPE.train` finds the same merges. (The size that it asks for counts the 256 bytes and `<|endoftext|>`; and of equal pairs
# it takes the one with the smaller numbers.)

# %%
bpe = BPE.train(twister, vocab_size=256 + 3 + 1)
assert bpe.merges == learned
print([bpe.decode([token]) for token in (256, 257, 258)])

# %% [markdown] pt
# Para cortar uma palavra que ele nunca leu, aplicam-se as fusões, **na ordem em que foram aprendidas**:

# %% [markdown] en
# To cut a word that it has never read, the merges are applied, **in the order in which they were learned**:

# %%
tokens = list("Ġroda")  # pt
tokens = list("Ġbigger")  # en
for pair in learned:
    tokens = merge(tokens, pair)
    print(tokens)
assert tokens == bpe.tokens("Ġroda")  # pt
assert tokens == bpe.tokens("Ġbigger")  # en

# %% [markdown] pt
# ### Exercício 1 · o par mais frequente
#
# `words` é uma lista de palavras, e cada palavra é uma lista de tokens. Devolva o par de vizinhos que mais aparece, como
# uma tupla. Um par não atravessa o fim de uma palavra.

# %% [markdown] en
# ### Exercise 1 · the most frequent pair
#
# `words` is a list of words, and each word a list of tokens. Return the pair of neighbours that occurs most often, as a
# tuple. No pair crosses the end of a word.


# %%
def best_pair(words):
    return ...


check("most_frequent_pair", best_pair, LANG)

# %% [markdown] pt
# ### Exercício 2 · fundir
#
# Escreva você a fusão: devolva a lista `tokens` com cada ocorrência de `pair`, da esquerda para a direita, transformada em um
# token só.

# %% [markdown] en
# ### Exercise 2 · merge
#
# Write the merge yourself: return the list `tokens` with each occurrence of `pair`, from left to right, made into one token.


# %%
def join(tokens, pair):
    return ...


check("merge_pair", join, LANG)

# %% [markdown] pt
# ## 4 · Um BPE da cidade
#
# Agora com um texto de verdade, ou quase: dois mil documentos da cidade, um por linha.

# %% [markdown] en
# ## 4 · A BPE of the town
#
# Now with a real text, or almost: two thousand documents of the town, one on each line.


# %%
def as_text(documents):
    """O fim de cada documento vira um fim de linha."""  # pt
    """Each document's end becomes the end of a line."""  # en
    return "".join(town.tokenizer.decode(document[:-1]) + "\n" for document in documents)


read = as_text(islice(town.documents(seed=1), 2000))
bpe = BPE.train(read, vocab_size=10_000)  # acaba antes: não há mais pares  # pt
bpe = BPE.train(read, vocab_size=10_000)  # ends sooner: no pair is left  # en
made = [bpe.decode([256 + i]) for i in range(len(bpe.merges))]
print(len(made), made[:16], "…", made[-6:])

# %% [markdown] pt
# O começo é feito de pedaços comuns; o fim, de palavras inteiras com o espaço na frente. Repare no `'á'`: são dois bytes, que
# uma das primeiras fusões já colou. Os plurais vêm tarde, quando a palavra já existe e só falta o fim.

# %% [markdown] en
# The first ones are common pieces; the last ones, whole words with the space before them. Plurals come late, when the word
# is there already and only its end is missing.

# %%
sizes = [0, 25, 50, 100, 200, 300, 400, len(bpe.merges)]
tokenizers = {n: BPE.train(read, vocab_size=256 + n + 1) for n in sizes}


def pieces(tokenizer, text):
    return [tokenizer.decode([token]) for token in tokenizer.encode(text, special=False)]


figures.cuts_figure({str(n): pieces(tokenizers[n], text) for n in (0, 25, 100, 200, sizes[-1])}, LANG)

# %% [markdown] pt
# À esquerda, o número de fusões. Um `�` é um byte que sozinho não é caractere nenhum. Com mais fusões, o texto encurta. Até
# onde? Em documentos que o BPE não leu:

# %% [markdown] en
# On the left, the number of merges. With more of them, the text gets shorter. How far does this go? On documents that the
# BPE has not read:

# %%
documents = list(islice(town.documents(seed=2), 300))
new = as_text(documents)
lengths = {n: len(tokenizer.encode(new)) for n, tokenizer in tokenizers.items()}
n_words = sum(len(document) for document in documents)
assert min(lengths.values()) >= n_words
per_document = [length / len(documents) for length in lengths.values()]
figures.document_tokens_figure(sizes, per_document, n_words / len(documents), LANG)

# %% [markdown] pt
# A curva desce depressa e chega aos tokens de palavra da cidade, sem que ninguém tenha dito ao BPE quais são as palavras.
# Abaixo da linha ele não passa, porque nenhum token atravessa uma palavra. Em um texto de verdade a curva não chega ao
# fim: as palavras novas não acabam. É preciso escolher onde parar.
#
# O GPT-2 fez o mesmo, com muito mais texto, e parou em um número redondo:

# %% [markdown] en
# The curve falls fast and gets to the town's word tokens, though nobody told the BPE what the words are. Below the line it
# cannot go, since no token crosses a word. (Just above it, here: `tl;dr` is one word to the town and three to the BPE.) On
# a real text the curve never gets to its end: new words do not run out. One must choose where to stop.
#
# GPT-2 did the same with far more text, and stopped at a round number:

# %%
facts = FACTS["architecture"]
parts = [facts["byte_tokens"], facts["merges"], facts["special_tokens"]]
print(*parts, sep=" + ", end=f" = {sum(parts)}\n")
assert sum(parts) == GPTConfig.preset("gpt2").vocab_size
assert len(bpe.vocab) == 256 + len(bpe.merges) + 1  # o nosso é feito do mesmo jeito  # pt
assert len(bpe.vocab) == 256 + len(bpe.merges) + 1  # ours is made in the same way  # en

# %% [markdown] pt
# Os **256** bytes, **50.000** fusões e **um** token que não é texto, `<|endoftext|>`: é daí que vem o 50.257.
#
# ## 5 · Qualquer texto, ida e volta
#
# O nosso BPE só leu a cidade. **Antes de rodar:** o que ele faz com uma palavra errada, um emoji ou japonês?

# %% [markdown] en
# The **256** bytes, **50,000** merges and **one** token that is no text, `<|endoftext|>`: this is where 50,257 comes from.
#
# ## 5 · Any text, there and back
#
# Our BPE has read the town and nothing else. **Before you run this:** what does it do with a misspelt word, an emoji, or
# Japanese?

# %%
texts = ["ana compra um livro", "ana compra um livru", "👍🏽", "東京"]  # pt
texts = ["ana buys a book", "ana buys a bok", "👍🏽", "東京"]  # en
for text in texts:
    ids = bpe.encode(text)
    assert bpe.decode(ids) == text
    print(len(ids), pieces(bpe, text))

# %% [markdown] pt
# Para ele não existe palavra desconhecida: o que não tem token próprio é cortado em pedaços menores, no pior caso em bytes
# (cada `�` é um). E nada se perde na volta. Mil textos sorteados em todo o Unicode confirmam:

# %% [markdown] en
# To a BPE no word is unknown: what has no token of its own is cut into smaller pieces, at worst into bytes (each `�` is
# one: alone it is no character). And nothing is lost on the way back. A thousand texts drawn from all of Unicode agree:

# %%
import random

dice = random.Random(0)
known = [chr(i) for i in range(sys.maxunicode + 1) if not 0xD800 <= i < 0xE000]  # sem os meios caracteres do UTF-16  # pt
known = [chr(i) for i in range(sys.maxunicode + 1) if not 0xD800 <= i < 0xE000]  # without UTF-16's half characters  # en
for _ in range(1000):
    text = "".join(dice.choices(known, k=8))
    assert bpe.decode(bpe.encode(text)) == text

# %% [markdown] pt
# O contrário não vale: nem toda fila de tokens é um texto. Metade de um emoji vira `�`. Um modelo que escreve byte a byte
# pode parar no meio de uma letra.
#
# ### Casos que surpreendem
#
# **Antes de rodar:** quantos tokens tem cada um?

# %% [markdown] en
# The other way round does not hold: not every row of tokens is a text. Half an emoji becomes `�`. A model that writes byte
# by byte may stop in the middle of a letter.
#
# ### Cases that surprise
#
# **Before you run this:** how many tokens has each of them?

# %%
cases = [" livro", "livro", " Livro", " LIVRO", " livro ", " livro!", " 2019", END_OF_TEXT]  # pt
cases = [" book", "book", " Book", " BOOK", " book ", " book!", " 2019", END_OF_TEXT]  # en
for text in cases:
    print(f"{text!r:16} {pieces(bpe, text)}")

# %% [markdown] pt
# - **O espaço** faz parte da palavra: ` livro` e `livro` são tokens diferentes. Por isso um prompt que termina em espaço
#   atrapalha: o espaço já gasto não pode mais começar a palavra seguinte.
# - **Maiúsculas** são outros bytes. A cidade não tem nenhuma; o GPT-2 leu muitas, e mesmo para ele `Book` e `book` são
#   tokens sem parentesco, até que o treino os aproxime.
# - **`<|endoftext|>`** escrito em um texto é só uma fila de caracteres. O token de verdade, quem põe é o programa.
#
# Números são cortados pela frequência, não pelo valor. Um BPE que leu alguns anos:

# %% [markdown] en
# - **The space** is part of the word: ` book` and `book` are different tokens. So a prompt that ends in a space is in the
#   way: a space that is spent can no longer begin the next word.
# - **Capitals** are other bytes. The town has none; GPT-2 has read many, and even so `Book` and `book` are tokens that have
#   nothing to do with each other, until training brings them together.
# - **`<|endoftext|>`** written in a text is just a row of characters. The real token is for the program to put.
#
# Numbers are cut by how frequent they are, not by their value. A BPE that has read some years:

# %%
years = BPE.train(" 2018 2018 2019 2019 2019 2020", vocab_size=256 + 5 + 1)
for text in (" 2018", " 2019", " 2020", " 2021"):
    print(text, pieces(years, text))

# %% [markdown] pt
# Dois anos vizinhos podem não ter nenhum token em comum. E até textos que parecem iguais podem ser outros bytes: o `é` de
# uma só peça, e o `e` seguido de um acento solto.

# %% [markdown] en
# Two neighbouring years may share no token at all. And even texts that look the same can be other bytes: the `é` in one
# piece, and the `e` followed by an accent of its own.

# %%
one, two = "é", "e\u0301"
print(one, two, one == two, list(one.encode()), list(two.encode()))

# %% [markdown] pt
# ## 6 · O que o tokenizador faz com a perplexidade
#
# A cidade diz a probabilidade exata de um texto. Ela é a mesma, seja qual for o corte. **Antes de rodar:** e a
# perplexidade, é a mesma por palavra, por token e por byte? (O fim de um documento conta: é uma palavra, um token e um byte.)

# %% [markdown] en
# ## 6 · What the tokenizer does to perplexity
#
# The town tells the exact probability of a text. It is the same, wherever one cuts. **Before you run this:** and the
# perplexity, is it the same per word, per token and per byte? (The end of a document counts: one word, one token, one byte.)

# %%
end = town.tokenizer.end_of_text
log_probs = torch.cat([torch.tensor(town.token_log_probs([end, *document])) for document in documents])
assert len(log_probs) == n_words
total, n_bytes = log_probs.sum(), len(new.encode())
counts = {"palavras": n_words, "tokens (200 fusões)": lengths[200], "caracteres": len(new), "bytes": n_bytes}  # pt
counts = {"words": n_words, "tokens (200 merges)": lengths[200], "characters": len(new), "bytes": n_bytes}  # en
for name, n in counts.items():
    print(f"{n:6} {name:20} perplexidade {(-total / n).exp():.3f}")  # pt
    print(f"{n:6} {name:20} perplexity {(-total / n).exp():.3f}")  # en

# %% [markdown] pt
# O mesmo texto, a mesma verdade, quatro perplexidades. A soma da surpresa não mudou; mudou o número pelo qual ela foi
# dividida. O que se compara é a surpresa inteira dividida por algo que **não depende do tokenizador**: por byte do texto.

# %% [markdown] en
# The same text, the same truth, four perplexities. The sum of the surprise did not change; what it was divided by did. What
# compares is the whole surprise divided by something that **does not depend on the tokenizer**: by the bytes of the text.

# %%
truth_bits = -log_probs.exp().log2().sum() / n_bytes
assert_close(truth_bits, probability.bits_per_byte(log_probs, n_bytes))
print(f"{truth_bits:.3f} bits por byte")  # pt
print(f"{truth_bits:.3f} bits per byte")  # en

# %% [markdown] pt
# Será que isso engana alguém na prática? Vamos treinar o mesmo tipo de modelo, o **bigrama** da lição 01, com cada um dos
# tokenizadores. Ele conta que token vem depois de qual:

# %% [markdown] en
# Does this mislead anyone in practice? Let us train one kind of model, the **bigram** of lesson 01, with each of the
# tokenizers. It counts which token comes after which:


# %%
def bigram(tokenizer):
    V = len(tokenizer.vocab)
    old, ids = (torch.tensor(tokenizer.encode("\n" + text)) for text in (read, new))
    counts = torch.bincount(old[:-1] * V + old[1:], minlength=V * V).view(V, V) + 0.01
    return (counts / counts.sum(dim=1, keepdim=True)).log()[ids[:-1], ids[1:]]


bigrams = {n: bigram(tokenizer) for n, tokenizer in tokenizers.items()}

# %% [markdown] pt
# **Antes de rodar:** o bigrama de bytes (0 fusões) e o de palavras inteiras. Qual prevê melhor? E qual terá a menor
# perplexidade?

# %% [markdown] en
# **Before you run this:** the bigram of bytes (0 merges) and that of whole words. Which predicts better? And which will
# have the smaller perplexity?

# %%
for n in (sizes[0], sizes[-1]):
    bits = probability.bits_per_byte(bigrams[n], n_bytes)
    print(f"{n:3} fusões: perplexidade {probability.perplexity(bigrams[n]):.2f}, {bits:.2f} bits por byte")  # pt
    print(f"{n:3} merges: perplexity {probability.perplexity(bigrams[n]):.2f}, {bits:.2f} bits per byte")  # en

# %% [markdown] pt
# Pela perplexidade, quase empatam. Em bits por byte, o de bytes paga várias vezes o que paga o de palavras. Ao lado da
# verdade, com todos os tokenizadores:

# %% [markdown] en
# By perplexity they are almost equal. In bits per byte, that of bytes pays several times what that of words pays. Beside the
# truth, with all the tokenizers:

# %%
names = ("bigrama", "verdade")  # pt
names = ("bigram", "truth")  # en
perplexities = [probability.perplexity(lp) for lp in bigrams.values()], [(-total / n).exp() for n in lengths.values()]
bits = [probability.bits_per_byte(lp, n_bytes) for lp in bigrams.values()], [truth_bits] * len(sizes)
figures.measures_figure(sizes, dict(zip(names, perplexities)), dict(zip(names, bits)), LANG)

# %% [markdown] pt
# À esquerda, o bigrama sobe, desce e volta quase ao mesmo lugar; a própria verdade parece piorar a cada fusão. À direita a
# verdade é o que é, um piso, e o bigrama desce na direção dele: olhar um token para trás passa a ser olhar uma palavra, e
# não um byte. O tokenizador fez parte do trabalho.
#
# (Um cuidado: um modelo de tokens dá probabilidade a um corte do texto, e o mesmo texto tem outros cortes possíveis.
# Conta-se só o corte do tokenizador, como todos fazem.)
#
# ### Converter
#
# Para trocar de unidade, converte-se a **perda**, e só então se tira a exponencial. Da perplexidade por byte para a por
# palavra:

# %% [markdown] en
# On the left, the bigram goes up, comes down and ends almost where it was; the truth itself seems to get worse with each
# merge. On the right the truth is what it is, a floor, and the bigram comes down towards it: to look one token back is now
# to look back a word, not a byte. The tokenizer has done part of the work.
#
# (A caution: a model of tokens gives a probability to one way of cutting the text, and the same text can be cut in other
# ways. Only the tokenizer's own cut is counted, as everyone does.)
#
# ### To convert
#
# To change the unit, convert the **loss**, and only then take the exponential. From perplexity per byte to per word:

# %%
loss = -total / n_bytes  # por byte  # pt
loss = -total / n_bytes  # per byte  # en
right = (loss * n_bytes / n_words).exp()
wrong = loss.exp() * n_bytes / n_words
assert_close(right, probability.perplexity(log_probs))
print(f"certo: {right:.3f}   errado: {wrong:.3f}")  # pt
print(f"right: {right:.3f}   wrong: {wrong:.3f}")  # en

# %% [markdown] pt
# O artigo do GPT-2 faz essa conversão, porque se compara com modelos de outros tokens. As unidades da sua tabela:

# %% [markdown] en
# GPT-2's paper makes this conversion, since it compares itself with models of other tokens. The units of its table:

# %%
units = {"por palavra": "per word", "por byte": "bits per byte", "por caractere": "bits per character"}  # pt
units = {"per word": "per word", "per byte": "bits per byte", "per character": "bits per character"}  # en
for name, unit in units.items():
    print(f"{name}:", *(column["data_set"] for column in FACTS["zero_shot"]["columns"] if column["unit"] == unit))

# %% [markdown] pt
# ### Exercício 3 · perplexidade por palavra
#
# `log_probs` traz o logaritmo natural da probabilidade de cada **token** de um texto de `n_words` palavras. Devolva a
# perplexidade por palavra.

# %% [markdown] en
# ### Exercise 3 · perplexity per word
#
# `log_probs` holds the natural logarithm of the probability of each **token** of a text of `n_words` words. Return the
# perplexity per word.


# %%
def word_perplexity(log_probs, n_words):
    return ...


check("word_perplexity", word_perplexity, LANG)

# %% [markdown] pt
# ### Exercício 4 · bits por byte
#
# Um artigo diz apenas a perplexidade por token, `perplexity`, e em quantos tokens, `n_tokens`, o seu modelo corta `text`.
# Devolva os bits por byte. (`perplexity` é um número, não um tensor: `import math` traz `math.log2`.)

# %% [markdown] en
# ### Exercise 4 · bits per byte
#
# A paper tells only the perplexity per token, `perplexity`, and into how many tokens, `n_tokens`, its model cuts `text`.
# Return the bits per byte. (`perplexity` is a number, not a tensor: `import math` brings `math.log2`.)


# %%
def bits_from_perplexity(perplexity, n_tokens, text):
    return ...


check("bits_from_perplexity", bits_from_perplexity, LANG)

# %% [markdown] pt
# ## 7 · Quem paga a conta
#
# O BPE gasta as suas fusões no que mais lê. Treinamos três com o mesmo número de fusões; muda só quanto do texto está em
# inglês.

# %% [markdown] en
# ## 7 · Who pays
#
# A BPE spends its merges on what it reads most. We train three with the same number of merges; all that changes is how much
# of the text is in English.

# %%
english, portuguese = (as_text(islice(Town(language).documents(seed=5), 1000)).splitlines() for language in ("en", "pt"))
mixes = {"95% inglês": 950, "50% inglês": 500, "5% inglês": 50}  # pt
mixes = {"95% English": 950, "50% English": 500, "5% English": 50}  # en
mixed = {name: BPE.train(english[:n] + portuguese[n:], vocab_size=256 + 250 + 1) for name, n in mixes.items()}

# %% [markdown] pt
# Para comparar línguas é preciso o mesmo conteúdo. A cidade bilíngue escreve frases com a sua tradução:

# %% [markdown] en
# To compare languages, what they say must be the same. The bilingual town writes sentences with their translation:

# %%
both = as_text(islice(Town().documents(seed=6), 4000)).splitlines()
pairs = [line.removeprefix("em português : ").split(" em inglês : ") for line in both if line.startswith("em português")]


def mean_length(cut):
    """Uma média para o português, outra para o inglês."""  # pt
    """One mean for Portuguese, one for English."""  # en
    return [sum(len(cut(sentence)) for sentence in side) / len(pairs) for side in zip(*pairs)]


print("bytes    pt {:.1f}   en {:.1f}".format(*mean_length(str.encode)))
print("palavras pt {:.1f}    en {:.1f}".format(*mean_length(str.split)))  # pt
print("words    pt {:.1f}    en {:.1f}".format(*mean_length(str.split)))  # en

# %% [markdown] pt
# Em bytes, as frases quase empatam; em palavras, o português até usa menos. **Antes de rodar:** com o primeiro tokenizador, a
# mesma frase custa em português quantas vezes os tokens que custa em inglês?

# %% [markdown] en
# In bytes the sentences are almost equal; in words, Portuguese even uses fewer. **Before you run this:** with the first
# tokenizer, how many times as many tokens does the same sentence cost in Portuguese?

# %%
costs = {}
for name, tokenizer in mixed.items():
    in_pt, in_en = mean_length(tokenizer.encode)
    costs[name] = {"português": in_pt, "inglês": in_en}  # pt
    costs[name] = {"Portuguese": in_pt, "English": in_en}  # en
    print(f"{name}: {in_pt / in_en:.2f} ×")
figures.language_cost_figure(costs, LANG)

# %% [markdown] pt
# Não é o português que é comprido: é o tokenizador que quase não o leu. Com outro texto de treino, quem paga é o inglês. Uma
# frase e a sua tradução, cortadas pelo primeiro tokenizador:

# %% [markdown] en
# Portuguese is not long; the tokenizer has hardly read it. With another text to train on, it is English that pays. A
# sentence and its translation, cut by the first tokenizer:

# %%
first = next(iter(mixed))
figures.cuts_figure({name: pieces(mixed[first], sentence) for name, sentence in zip(costs[first], pairs[2])}, LANG)

# %% [markdown] pt
# O preço aparece em todo lugar. Cabem menos frases no contexto, cada frase pede mais passos do modelo e, onde se cobra por
# token, sai mais cara. Quantas frases caberiam no contexto do GPT-2, com o primeiro tokenizador?

# %% [markdown] en
# The price shows everywhere. Fewer sentences fit into the context, each takes more steps of the model and, where one pays
# by the token, costs more. How many sentences would fit into GPT-2's context, with the first tokenizer?

# %%
for language, cost in costs[first].items():
    print(f"{language}: {facts['context_length'] / cost:.0f}")

# %% [markdown] pt
# Estes números são da cidade e de tokenizadores pequenos; o que vale para o **GPT-2** é o mecanismo. O WebText é quase todo
# em inglês, e é no inglês que as 50.000 fusões foram gastas. Quanto o português paga ali, só medindo: o tokenizador dele não
# vem com a lição, mas, se o modelo estiver no seu computador, rode
#
# ```python
# import mini_gpt
# mean_length(mini_gpt.load("gpt2").tokenizer.encode)
# ```

# %% [markdown] en
# These numbers are the town's, and those of small tokenizers; what holds for **GPT-2** is the mechanism. WebText is almost
# all in English, and it is on English that the 50,000 merges were spent. What Portuguese pays there must be measured: its
# tokenizer does not come with the lesson, but if the model is on your computer, run
#
# ```python
# import mini_gpt
# mean_length(mini_gpt.load("gpt2").tokenizer.encode)
# ```

# %% [markdown] pt
# ## O que fica
#
# - Bytes escrevem tudo; fusões encurtam o que é frequente. 50.257 são os bytes, as fusões e `<|endoftext|>`.
# - Palavra desconhecida não existe; existe palavra em muitos pedaços.
# - Perplexidades de tokenizadores diferentes não se comparam; bits por byte, sim. Converta a perda antes da exponencial.
# - Um tokenizador tem língua materna, e as outras pagam por isso.
#
# [Agora vá para 03 Atenção e máscaras](03_attention_masks.ipynb)

# %% [markdown] en
# ## What stays
#
# - Bytes write everything; merges shorten what is frequent. 50,257 are the bytes, the merges and `<|endoftext|>`.
# - No word is unknown; some words come in many pieces.
# - Perplexities of different tokenizers do not compare; bits per byte do. Convert the loss before the exponential.
# - A tokenizer has a mother tongue, and the other languages pay for it.
#
# [Now go on to 03 Attention and masks](03_attention_masks.ipynb)
