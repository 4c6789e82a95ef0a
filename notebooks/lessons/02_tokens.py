# %% [markdown] pt
# # 02 · Tokens
#
# **Ao final, você** terá feito um BPE à mão, saberá de onde vem o número 50.257 e por que perplexidades de tokenizadores
# diferentes não se comparam, e terá medido quanto o português paga em um tokenizador feito para o inglês.
#
# Slides: conceitos, 50 mil tokens · 50 minutos

# %% [markdown] en
# # 02 · Tokens
#
# **At the end you** will have made a BPE by hand, know where the number 50,257 comes from and why perplexities of different
# tokenizers do not compare, and have measured what Portuguese pays in a tokenizer made for English.
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
# ## 1 · Um texto já é uma sequência de números
#
# O **Unicode** numera os caracteres de quase todas as escritas do mundo. Para guardar esses números, o **UTF-8** usa bytes:
# de um a quatro por caractere. **Antes de rodar:** quantos bytes tem “maçã 🙂”?

# %% [markdown] en
# ## 1 · A text is already a sequence of numbers
#
# **Unicode** numbers the characters of almost all the world's scripts. To store these numbers, **UTF-8** uses bytes: one to
# four for each character. **Before you run this:** how many bytes does “café 🙂” have?

# %%
text = "maçã 🙂"  # pt
text = "café 🙂"  # en
for character in text:
    print(f"{character!r:5} {ord(character):7}  {list(character.encode())}")
print(len(text), "caracteres,", len(text.encode()), "bytes")  # pt
print(len(text), "characters,", len(text.encode()), "bytes")  # en

# %% [markdown] pt
# Aqui, uma letra sem acento ocupa um byte; com acento, dois; o emoji, quatro. Um byte vai só de 0 a 255: **256 símbolos
# escrevem qualquer texto do Unicode.**
#
# ## 2 · Nem palavras, nem letras
#
# Quais devem ser os tokens? O tokenizador da cidade usa palavras inteiras. Isso só funciona porque a cidade tem poucas:

# %% [markdown] en
# Here a letter without an accent takes one byte; with an accent, two; the emoji, four. A byte only goes from 0 to 255: **256
# symbols write any Unicode text.**
#
# ## 2 · Neither words nor characters
#
# What should the tokens be? The town's tokenizer uses whole words. That works only because the town has few:

# %%
town = Town(LANG)
try:
    town.tokenizer.encode("ana compra um livrinho")  # pt
    town.tokenizer.encode("ana buys a booklet")  # en
except ValueError as error:
    print(error)

# %% [markdown] pt
# Em um texto de verdade sempre aparece uma palavra nova: um nome, um diminutivo, um erro de digitação. Com caracteres ou
# bytes não falta nada, mas a sequência fica comprida:

# %% [markdown] en
# In real text there is always another new word: a name, a coinage, a typing error. With characters or bytes nothing is
# missing, but the sequence gets long:

# %%
from mini_gpt.lesson.words import local

text = "ana está na praça e compra um violão"  # pt
text = "ana is in the square and buys a guitar"  # en
print(f"{len(text.split()):3} palavras    de um vocabulário de {town.tokenizer.vocab_size}")  # pt
print(f"{len(text):3} caracteres  de um vocabulário de até", local(f"{sys.maxunicode + 1:,}", LANG))  # pt
print(f"{len(text.encode()):3} bytes       de um vocabulário de 256")  # pt
print(f"{len(text.split()):3} words       of a vocabulary of {town.tokenizer.vocab_size}")  # en
print(f"{len(text):3} characters  of a vocabulary of up to {sys.maxunicode + 1:,}")  # en
print(f"{len(text.encode()):3} bytes       of a vocabulary of 256")  # en

# %% [markdown] pt
# Comprimento custa caro. Na atenção (lição 03), cada token olha para os anteriores, e esse trabalho cresce com o **quadrado**
# do comprimento. E o **contexto** do modelo, o que ele lê de uma vez, tem um número máximo de tokens: se cada um é um byte,
# cabe menos texto.
#
# O GPT-2 fica no meio. Ele parte dos bytes e junta os que aparecem muito lado a lado; no texto da cidade (seção 4), `q` e `u`
# viram `qu`, e depois `que`. É o **BPE** (*byte-pair encoding*).
#
# ## 3 · BPE à mão
#
# Primeiro o texto é dividido em palavras, e nenhum token passa de uma para outra. O espaço fica com a palavra **seguinte** e
# aparece como `Ġ`.

# %% [markdown] en
# Length is costly. In attention (lesson 03) each token looks at those before it, and that work grows with the **square** of
# the length. And the **context** of a model, what it reads at once, has a maximum number of tokens: if each is one byte, less
# text fits.
#
# GPT-2 is in between. It starts from bytes and joins those that often occur side by side; in the town's text (section 4), `h` and
# `e` become `he`, and later ` the`. This is **BPE**, *byte-pair encoding*.
#
# ## 3 · BPE by hand
#
# First the text is split into words, and no token crosses from one to the next. The space goes with the word **after** it and
# is shown as `Ġ`.

# %%
twister = "o rato roeu a roupa do rei de roma"  # pt
twister = "a big black bug bit a big black bear a big bug"  # en
words = [list(word) for word in split(twister)]
print(words)

# %% [markdown] pt
# Agora contamos os pares de tokens vizinhos. **Antes de rodar:** qual deles aparece mais?

# %% [markdown] en
# Now we count the pairs of neighbouring tokens. **Before you run this:** which of them occurs most often?

# %%
pairs = Counter(pair for word in words for pair in pairwise(word))
pairs.most_common(3)

# %% [markdown] pt
# O par vencedor vira um token novo em todo lugar onde aparece. Isto é uma **fusão** (*merge*):

# %% [markdown] en
# The winning pair becomes a new token wherever it occurs. This is one **merge**:

# %%
best = max(pairs, key=pairs.get)
once = [merge(word, best) for word in words]
print(*once)

# %% [markdown] pt
# Treinar um BPE é só repetir: contar, fundir, contar de novo.

# %% [markdown] en
# To train a BPE is just to repeat: count, merge, count again.

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
# `BPE.train` acha as mesmas fusões. (O tamanho que ele recebe inclui os 256 bytes e `<|endoftext|>`; no empate, ele fica com
# o par de ids menores.)

# %% [markdown] en
# `BPE.train` finds the same merges. (The size that it takes includes the 256 bytes and `<|endoftext|>`; in a tie it takes the
# pair with the smaller ids.)

# %%
bpe = BPE.train(twister, vocab_size=256 + 3 + 1)
assert bpe.merges == learned
print([bpe.decode([token]) for token in (256, 257, 258)])

# %% [markdown] pt
# Para tokenizar uma palavra que ele nunca leu, aplicamos as fusões **na ordem em que foram aprendidas**:

# %% [markdown] en
# To tokenize a word that it has never read, we apply the merges **in the order in which they were learned**:

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
# `words` é uma lista de palavras, e cada palavra é uma lista de tokens. Retorne o par de vizinhos que mais aparece, como
# uma tupla. Os dois tokens de um par são da mesma palavra.

# %% [markdown] en
# ### Exercise 1 · the most frequent pair
#
# `words` is a list of words, and each word is a list of tokens. Return the pair of neighbours that occurs most often, as a
# tuple. Both tokens of a pair belong to the same word.


# %%
def best_pair(words):
    return ...


check("most_frequent_pair", best_pair, LANG)

# %% [markdown] pt
# ### Exercício 2 · fundir
#
# Agora escreva a fusão: retorne a lista `tokens` com cada ocorrência de `pair`, da esquerda para a direita, transformada em um
# token só.

# %% [markdown] en
# ### Exercise 2 · merge
#
# Now write the merge: return the list `tokens` with each occurrence of `pair`, from left to right, turned into one token.


# %%
def join(tokens, pair):
    return ...


check("merge_pair", join, LANG)

# %% [markdown] pt
# ## 4 · Um BPE da cidade
#
# Agora com mais texto: dois mil documentos da cidade, um por linha.

# %% [markdown] en
# ## 4 · A BPE of the town
#
# Now with more text: two thousand documents of the town, one per line.


# %%
def as_text(documents):
    """Um documento por linha, sem o <|endoftext|>."""  # pt
    """One document per line, without <|endoftext|>."""  # en
    return "".join(town.tokenizer.decode(document[:-1]) + "\n" for document in documents)


read = as_text(islice(town.documents(seed=1), 2000))
bpe = BPE.train(read, vocab_size=10_000)  # acaba antes: não há mais pares  # pt
bpe = BPE.train(read, vocab_size=10_000)  # ends sooner: no pair is left  # en
made = [bpe.decode([256 + i]) for i in range(len(bpe.merges))]
print(len(made), made[:16], "…", made[-6:])

# %% [markdown] pt
# As primeiras fusões fazem pedaços comuns; as últimas, palavras inteiras com o espaço na frente. Repare no `'á'`: são dois
# bytes, que uma das primeiras fusões já juntou. Os plurais vêm tarde: na cidade são raros, e o singular já é um token.

# %% [markdown] en
# The first merges make common pieces; the last ones, whole words with the space in front. Plurals come late: in the town they
# are rare, and the singular is a token already.

# %%
sizes = [0, 25, 50, 100, 200, 300, 400, len(bpe.merges)]
tokenizers = {n: BPE.train(read, vocab_size=256 + n + 1) for n in sizes}


def pieces(tokenizer, text):
    return [tokenizer.decode([token]) for token in tokenizer.encode(text, special=False)]


figures.cuts_figure({str(n): pieces(tokenizers[n], text) for n in (0, 25, 100, 200, sizes[-1])}, LANG)

# %% [markdown] pt
# À esquerda, o número de fusões. Um `�` é um byte que sozinho não é caractere nenhum. Com mais fusões, a sequência encurta.
# Até onde? Em outros 300 documentos:

# %% [markdown] en
# On the left, the number of merges. With more of them, the sequence gets shorter. How far does this go? On another 300
# documents:

# %%
documents = list(islice(town.documents(seed=2), 300))
new = as_text(documents)
lengths = {n: len(tokenizer.encode(new)) for n, tokenizer in tokenizers.items()}
n_words = sum(len(document) for document in documents)
assert min(lengths.values()) >= n_words
per_document = [length / len(documents) for length in lengths.values()]
figures.document_tokens_figure(sizes, per_document, n_words / len(documents), LANG)

# %% [markdown] pt
# A curva desce depressa e chega à linha do tokenizador de palavras. Abaixo dela não passa, porque nenhum token vai além de uma
# palavra. Em um texto de verdade a curva não chega ao fim: as palavras novas não acabam. É preciso escolher onde parar.
#
# O GPT-2 parou em um número redondo:

# %% [markdown] en
# The curve falls fast and gets close to the line of the word tokenizer. It cannot go below it, because no token goes beyond a
# word. (It stays just above: `tl;dr` is one word to the town and three to the BPE.) On real text the curve never gets to its
# end: new words do not run out. One must choose where to stop.
#
# GPT-2 stopped at a round number:

# %%
facts = FACTS["architecture"]
parts = [facts["byte_tokens"], facts["merges"], facts["special_tokens"]]
print(local(" + ".join(f"{part:,}" for part in parts) + f" = {sum(parts):,}", LANG))
assert sum(parts) == GPTConfig.preset("gpt2").vocab_size
assert len(bpe.vocab) == 256 + len(bpe.merges) + 1  # o nosso é feito do mesmo jeito  # pt
assert len(bpe.vocab) == 256 + len(bpe.merges) + 1  # ours is made in the same way  # en

# %% [markdown] pt
# São os **256** bytes, **50.000** fusões e **um** token que não é texto, `<|endoftext|>`: é daí que vem o 50.257.
#
# ## 5 · Qualquer texto, ida e volta
#
# Nosso BPE só leu a cidade. **Antes de rodar:** o que ele faz com uma palavra escrita errado, um emoji ou japonês?

# %% [markdown] en
# The **256** bytes, **50,000** merges and **one** token that is not text, `<|endoftext|>`: this is where 50,257 comes from.
#
# ## 5 · Any text, there and back
#
# Our BPE has read only the town. **Before you run this:** what does it do with a misspelt word, an emoji, or Japanese?

# %%
texts = ["ana compra um livro", "ana compra um livru", "👍🏽", "東京"]  # pt
texts = ["ana buys a book", "ana buys a bok", "👍🏽", "東京"]  # en
for text in texts:
    ids = bpe.encode(text)
    assert bpe.decode(ids) == text
    print(len(ids), pieces(bpe, text))

# %% [markdown] pt
# Para ele não existe palavra desconhecida: o que não tem token próprio é dividido em pedaços menores, no pior caso em bytes
# (cada `�` é um). E nada se perde na volta: testamos com mil textos sorteados em todo o Unicode.

# %% [markdown] en
# For a byte-level BPE no word is unknown: what has no token of its own is split into smaller pieces, at worst into bytes
# (each `�` is one: on its own it is no character). And nothing is lost on the way back: we test a thousand texts drawn from
# all of Unicode.

# %%
import random

dice = random.Random(0)
known = [chr(i) for i in range(sys.maxunicode + 1) if not 0xD800 <= i < 0xE000]  # sem os meios caracteres do UTF-16  # pt
known = [chr(i) for i in range(sys.maxunicode + 1) if not 0xD800 <= i < 0xE000]  # without UTF-16's half characters  # en
for _ in range(1000):
    text = "".join(dice.choices(known, k=8))
    assert bpe.decode(bpe.encode(text)) == text

# %% [markdown] pt
# O contrário não vale: nem toda sequência de tokens é um texto. Metade de um emoji vira `�`, e um modelo que escreve byte a
# byte pode parar no meio de um caractere.
#
# ### Casos que surpreendem
#
# **Antes de rodar:** quantos tokens tem cada um?

# %% [markdown] en
# The converse does not hold: not every sequence of tokens is a text. Half an emoji becomes `�`, and a model that writes byte by
# byte may stop in the middle of a character.
#
# ### Surprising cases
#
# **Before you run this:** how many tokens does each of them have?

# %%
cases = [" livro", "livro", " Livro", " LIVRO", " livro ", " livro!", " 2019", END_OF_TEXT]  # pt
cases = [" book", "book", " Book", " BOOK", " book ", " book!", " 2019", END_OF_TEXT]  # en
for text in cases:
    print(f"{text!r:16} {pieces(bpe, text)}")

# %% [markdown] pt
# - **O espaço** faz parte da palavra: ` livro` é um token, `livro` são três. Por isso evite um prompt (o texto que damos ao
#   modelo) que termine em espaço: um espaço que já faz parte de um token não pode começar a palavra seguinte.
# - **Maiúsculas** são outros bytes, e na cidade não há nenhuma. Mesmo onde as duas formas têm token, os ids não têm relação
#   entre si: só o treino do modelo pode aproximá-las.
# - **`<|endoftext|>`** aqui é texto comum, porque `pieces` usa `special=False`. Sem isso, `encode` faz dele o token especial:
#   bom para o nosso programa, ruim para um texto que vem de fora.
#
# Números são divididos pela frequência, não pelo valor. Um BPE que leu alguns anos:

# %% [markdown] en
# - **The space** is part of the word: ` book` is one token, `book` is three. So avoid a prompt (the text that we give the
#   model) that ends in a space: a space already used in one token cannot start the next word.
# - **Capitals** are other bytes, and the town has none. Even where both forms have a token, their ids are unrelated: only the
#   model's training can bring them together.
# - **`<|endoftext|>`** is ordinary text here, because `pieces` uses `special=False`. Otherwise `encode` makes it the special
#   token: good for our own program, bad for a text from outside.
#
# Numbers are split by frequency, not by value. A BPE that has read some years:

# %%
years = BPE.train(" 2018 2018 2019 2019 2019 2020", vocab_size=256 + 5 + 1)
for text in (" 2018", " 2019", " 2020", " 2021"):
    print(text, pieces(years, text))

# %% [markdown] pt
# Dois anos vizinhos podem não ter nenhum token em comum. E até textos que parecem iguais podem ter bytes diferentes: o `é` em
# um só caractere, ou o `e` seguido de um acento separado.

# %% [markdown] en
# Two neighbouring years may share no token at all. And even texts that look the same can have different bytes: `é` as one
# character, or `e` followed by a separate accent.

# %%
one, two = "é", "e\u0301"
print(one, two, one == two, list(one.encode()), list(two.encode()))

# %% [markdown] pt
# ## 6 · O que o tokenizador faz com a perplexidade
#
# A cidade dá a probabilidade exata de um texto, que não depende de como o dividimos. **Antes de rodar:** e a perplexidade, é a
# mesma por palavra, por token e por byte? (O fim de um documento também conta: uma palavra, um token e um byte.)

# %% [markdown] en
# ## 6 · What the tokenizer does to perplexity
#
# The town gives the exact probability of a text, which does not depend on how we split it. **Before you run this:** is the
# perplexity also the same per word, per token and per byte? (The end of a document counts too: one word, one token, one byte.)

# %%
end = town.tokenizer.end_of_text
log_probs = torch.cat([torch.tensor(town.token_log_probs([end, *document])) for document in documents])
assert len(log_probs) == n_words
total, n_bytes = log_probs.sum(), len(new.encode())
counts = {"palavras": n_words, "tokens (200 fusões)": lengths[200], "caracteres": len(new), "bytes": n_bytes}  # pt
counts = {"words": n_words, "tokens (200 merges)": lengths[200], "characters": len(new), "bytes": n_bytes}  # en
for name, n in counts.items():
    print(f"{n:6} {name:20} perplexidade", local(f"{(-total / n).exp():.3f}", LANG))  # pt
    print(f"{n:6} {name:20} perplexity {(-total / n).exp():.3f}")  # en

# %% [markdown] pt
# O mesmo texto, a mesma verdade, quatro perplexidades. A surpresa total não mudou; mudou o número pelo qual ela é dividida.
# Para comparar, dividimos a surpresa total por algo que **não depende do tokenizador**: os bytes do texto.

# %% [markdown] en
# The same text, the same truth, four perplexities. The total surprise did not change; what it is divided by did. To compare,
# we divide the total surprise by something that **does not depend on the tokenizer**: the bytes of the text.

# %%
truth_bits = -log_probs.exp().log2().sum() / n_bytes
assert_close(truth_bits, probability.bits_per_byte(log_probs, n_bytes))
print(local(f"{truth_bits:.3f} bits por byte", LANG))  # pt
print(f"{truth_bits:.3f} bits per byte")  # en

# %% [markdown] pt
# Será que isso engana na prática? Vamos treinar o mesmo tipo de modelo, o **bigrama** da lição 01, com cada um dos
# tokenizadores. Ele conta qual token vem depois de qual:

# %% [markdown] en
# Is this misleading in practice? Let us train the same kind of model, the **bigram** of lesson 01, with each of the
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
# **Before you run this:** the bigram of bytes (0 merges) and the bigram of whole words. Which predicts better? And which will
# have the lower perplexity?

# %%
for n in (sizes[0], sizes[-1]):
    bits = probability.bits_per_byte(bigrams[n], n_bytes)
    print(local(f"{n:3} fusões: perplexidade {probability.perplexity(bigrams[n]):.2f}; {bits:.2f} bits por byte", LANG))  # pt
    print(f"{n:3} merges: perplexity {probability.perplexity(bigrams[n]):.2f}, {bits:.2f} bits per byte")  # en

# %% [markdown] pt
# Na perplexidade eles quase empatam. Em bits por byte, o de bytes paga mais de quatro vezes o que o de palavras paga. Ao lado
# da verdade, com todos os tokenizadores:

# %% [markdown] en
# By perplexity they are almost equal. In bits per byte, the bigram of bytes pays more than four times what the bigram of words
# pays. Beside the truth, with all the tokenizers:

# %%
names = ("bigrama", "verdade")  # pt
names = ("bigram", "truth")  # en
perplexities = [probability.perplexity(lp) for lp in bigrams.values()], [(-total / n).exp() for n in lengths.values()]
bits = [probability.bits_per_byte(lp, n_bytes) for lp in bigrams.values()], [truth_bits] * len(sizes)
figures.measures_figure(sizes, dict(zip(names, perplexities)), dict(zip(names, bits)), LANG)

# %% [markdown] pt
# À esquerda, o bigrama sobe, desce e volta quase ao mesmo lugar; a própria verdade parece piorar a cada fusão. À direita a
# verdade não muda, é um piso, e o bigrama desce na direção dele: olhar um token para trás passa a ser olhar uma palavra, e
# não um byte. O tokenizador fez parte do trabalho.
#
# (Um detalhe: um modelo de tokens dá probabilidade a uma divisão do texto em tokens, e há outras divisões possíveis. Contamos
# só a do tokenizador, como é costume.)
#
# ### Converter
#
# Para trocar de unidade, converta a **perda** e só depois tire a exponencial. Da perplexidade por byte para a perplexidade por
# palavra:

# %% [markdown] en
# On the left, the bigram goes up, comes down and ends almost where it was; the truth itself seems to get worse with each
# merge. On the right the truth does not change, it is a floor, and the bigram comes down towards it: to look one token back
# is now to look back a word, not a byte. The tokenizer has done part of the work.
#
# (A detail: a model of tokens gives a probability to one way of splitting the text, and the same text can be split in other
# ways. We count only the tokenizer's own, as is customary.)
#
# ### Conversion
#
# To change the unit, convert the **loss**, and only then take the exponential. From perplexity per byte to perplexity per
# word:

# %%
loss = -total / n_bytes  # por byte  # pt
loss = -total / n_bytes  # per byte  # en
right = (loss * n_bytes / n_words).exp()
wrong = loss.exp() * n_bytes / n_words
assert_close(right, probability.perplexity(log_probs))
print(local(f"certo: {right:.3f}   errado: {wrong:.3f}", LANG))  # pt
print(f"right: {right:.3f}   wrong: {wrong:.3f}")  # en

# %% [markdown] pt
# O artigo do GPT-2 faz essa conversão para se comparar com modelos que usam outros tokens. As unidades da tabela dele (o
# LAMBADA fica de fora: nele só conta a última palavra):

# %% [markdown] en
# GPT-2's paper makes this conversion to compare with models that use other tokens. The units of its table (without LAMBADA,
# where only the last word counts):

# %%
units = {"por palavra": "per word", "por byte": "bits per byte", "por caractere": "bits per character"}  # pt
units = {"per word": "per word", "per byte": "bits per byte", "per character": "bits per character"}  # en
for name, unit in units.items():
    print(f"{name}:", *(column["data_set"] for column in FACTS["zero_shot"]["columns"] if column["unit"] == unit))

# %% [markdown] pt
# ### Exercício 3 · perplexidade por palavra
#
# `log_probs` traz o logaritmo natural da probabilidade de cada **token** de um texto de `n_words` palavras. Retorne a
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
# Um artigo só informa a perplexidade por token, `perplexity`, e em quantos tokens, `n_tokens`, o modelo dele divide `text`.
# Retorne os bits por byte. (`perplexity` é um número, não um tensor: `import math` traz `math.log2`.)

# %% [markdown] en
# ### Exercise 4 · bits per byte
#
# A paper reports only the perplexity per token, `perplexity`, and the number of tokens, `n_tokens`, into which its model splits
# `text`. Return the bits per byte. (`perplexity` is a number, not a tensor: `import math` gives you `math.log2`.)


# %%
def bits_from_perplexity(perplexity, n_tokens, text):
    return ...


check("bits_from_perplexity", bits_from_perplexity, LANG)

# %% [markdown] pt
# ## 7 · Quem paga a conta
#
# O BPE gasta suas fusões no que mais leu. Treinamos três, com o mesmo número de fusões; só muda a fração dos documentos em
# inglês.

# %% [markdown] en
# ## 7 · Who pays
#
# A BPE spends its merges on what it read most. We train three with the same number of merges; only the fraction of documents
# in English changes.

# %%
english, portuguese = (as_text(islice(Town(language).documents(seed=5), 1000)).splitlines() for language in ("en", "pt"))
mixes = {"95% inglês": 950, "50% inglês": 500, "5% inglês": 50}  # pt
mixes = {"95% English": 950, "50% English": 500, "5% English": 50}  # en
mixed = {name: BPE.train(english[:n] + portuguese[n:], vocab_size=256 + 250 + 1) for name, n in mixes.items()}

# %% [markdown] pt
# Para comparar línguas, o conteúdo tem de ser o mesmo. A cidade bilíngue escreve frases com a tradução:

# %% [markdown] en
# To compare languages, the content must be the same. The bilingual town writes sentences with their translation:

# %%
both = as_text(islice(Town().documents(seed=6), 4000)).splitlines()
pairs = [line.removeprefix("em português : ").split(" em inglês : ") for line in both if line.startswith("em português")]


def mean_length(cut):
    """Uma média para o português, outra para o inglês."""  # pt
    """One mean for Portuguese, one for English."""  # en
    return [sum(len(cut(sentence)) for sentence in side) / len(pairs) for side in zip(*pairs)]


print(local("bytes    pt {:.1f}   en {:.1f}".format(*mean_length(str.encode)), LANG))
print(local("palavras pt {:.1f}    en {:.1f}".format(*mean_length(str.split)), LANG))  # pt
print("words    pt {:.1f}    en {:.1f}".format(*mean_length(str.split)))  # en

# %% [markdown] pt
# Em bytes, as frases quase empatam; em palavras, o português até usa menos. **Antes de rodar:** com o primeiro tokenizador,
# a frase em português gasta quantas vezes os tokens da tradução em inglês?

# %% [markdown] en
# In bytes the sentences are almost equal; in words, Portuguese even uses fewer. **Before you run this:** with the first
# tokenizer, how many times as many tokens does a sentence take in Portuguese as in English?

# %%
costs = {}
for name, tokenizer in mixed.items():
    in_pt, in_en = mean_length(tokenizer.encode)
    costs[name] = {"português": in_pt, "inglês": in_en}  # pt
    costs[name] = {"Portuguese": in_pt, "English": in_en}  # en
    print(f"{name}:", local(f"{in_pt / in_en:.2f} ×", LANG))
figures.language_cost_figure(costs, LANG)

# %% [markdown] pt
# O problema não é o português: o tokenizador quase não leu português. Com outro texto de treino, quem paga é o inglês. Uma
# frase e a tradução dela no primeiro tokenizador:

# %% [markdown] en
# The problem is not Portuguese: the tokenizer has hardly read any. Trained on other text, it makes English pay. A sentence and
# its translation in the first tokenizer:

# %%
first = next(iter(mixed))
figures.cuts_figure({name: pieces(mixed[first], sentence) for name, sentence in zip(costs[first], pairs[2])}, LANG)

# %% [markdown] pt
# O preço aparece em vários lugares: cabem menos frases no contexto, cada frase pede mais passos do modelo e, onde se cobra por
# token, sai mais cara. Quantas frases caberiam no contexto do GPT-2 com o primeiro tokenizador?

# %% [markdown] en
# The price shows in several places: fewer sentences fit into the context, each takes more steps of the model and, where one
# pays by the token, costs more. How many sentences would fit into GPT-2's context with the first tokenizer?

# %%
for language, cost in costs[first].items():
    print(f"{language}: {facts['context_length'] / cost:.0f}")

# %% [markdown] pt
# Estes números são da cidade e de tokenizadores pequenos; no **GPT-2** o mecanismo é o mesmo. Do texto de treino dele, o
# WebText, as páginas em outras línguas foram retiradas (artigo, seção 3.7). Quanto o português paga ali, só medindo: o
# tokenizador dele não vem com a lição, mas, se o modelo estiver no seu computador, rode
#
# ```python
# import mini_gpt
# mean_length(mini_gpt.load("gpt2").tokenizer.encode)
# ```

# %% [markdown] en
# These numbers are the town's, and from small tokenizers; in **GPT-2** the mechanism is the same. From its training text,
# WebText, pages in other languages were removed (paper, section 3.7). What Portuguese pays there must be measured: its tokenizer
# does not come with the lesson, but if the model is on your computer, run
#
# ```python
# import mini_gpt
# mean_length(mini_gpt.load("gpt2").tokenizer.encode)
# ```

# %% [markdown] pt
# ## O que fica
#
# - Bytes escrevem tudo; fusões encurtam o que é frequente. 50.257 são os bytes, as fusões e `<|endoftext|>`.
# - Para um BPE de bytes não existe palavra desconhecida; existe palavra em muitos pedaços.
# - Perplexidades de tokenizadores diferentes não se comparam; bits por byte, sim. Converta a perda antes da exponencial.
# - Um tokenizador tem uma língua materna, a que ele mais leu; as que leu pouco gastam mais tokens.
#
# [Agora vá para 03 Atenção e máscaras](03_attention_masks.ipynb)

# %% [markdown] en
# ## What stays
#
# - Bytes write everything; merges shorten what is frequent. 50,257 are the bytes, the merges and `<|endoftext|>`.
# - To a byte-level BPE no word is unknown; some words come in many pieces.
# - Perplexities of different tokenizers do not compare; bits per byte do. Convert the loss before the exponential.
# - A tokenizer has a mother tongue, the one it read most; languages that it read little take more tokens.
#
# [Now go on to 03 Attention and masks](03_attention_masks.ipynb)
