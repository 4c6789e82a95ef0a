# %% [markdown] pt
# # 02 · Tokens
#
# **Ao final, você** terá feito um BPE à mão, saberá de onde vem o número 50.257 e por que perplexidades de tokenizadores diferentes
# não se comparam.
#
# Slides: conceitos, 50 mil tokens · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 02 · Tokens
#
# **By the end, you** will have made a BPE by hand, and know where the number 50,257 comes from and why perplexities of
# different tokenizers are not comparable.
#
# Slides: concepts, 50 thousand tokens · {minutes} · **[glossary](glossary.ipynb)**

# %%
from collections import Counter
from itertools import islice, pairwise

import torch
from torch.testing import assert_close

from mini_gpt import GPTConfig, probability
from mini_gpt.bpe import BPE, merge, split
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import local

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
# escrevem qualquer texto.**
#
# ## 2 · Nem palavras, nem bytes
#
# Quais devem ser os tokens? O tokenizador da cidade usa palavras inteiras. Isso só funciona porque a cidade tem poucas:

# %% [markdown] en
# Here a letter without an accent takes one byte; with an accent, two; the emoji, four. A byte only goes from 0 to 255: **256
# symbols write any text.**
#
# ## 2 · Neither words nor bytes
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
# Em um texto de verdade sempre aparece uma palavra nova: um nome, um diminutivo, um erro de digitação. Com bytes não falta
# nada, mas a sequência fica comprida:

# %% [markdown] en
# In real text there is always another new word: a name, a coinage, a typing error. With bytes nothing is missing, but the
# sequence gets long:

# %%
sentence = "ana está na praça e compra um violão"  # pt
sentence = "ana is in the square and buys a guitar"  # en
print(len(sentence.split()), "palavras, de um vocabulário de", town.tokenizer.vocab_size)  # pt
print(len(sentence.split()), "words, of a vocabulary of", town.tokenizer.vocab_size)  # en
print(len(sentence.encode()), "bytes, de um vocabulário de 256")  # pt
print(len(sentence.encode()), "bytes, of a vocabulary of 256")  # en

# %% [markdown] pt
# Comprimento custa caro. O trabalho da atenção (lição 03) cresce com o **quadrado** do comprimento, e o **contexto**, o que o
# modelo lê de uma vez, tem um número máximo de tokens.
#
# O GPT-2 fica no meio: parte dos bytes e junta os que aparecem muito lado a lado. É o **BPE** (*byte-pair encoding*).
#
# ## 3 · BPE à mão
#
# Primeiro o texto é dividido em palavras, e nenhum token passa de uma para outra. O espaço fica com a palavra **seguinte** e
# aparece como `Ġ`.

# %% [markdown] en
# Length is costly. The work of attention (lesson 03) grows with the **square** of the length, and the **context**, what the model
# reads at once, has a maximum number of tokens.
#
# GPT-2 is in between: it starts from bytes and joins those that often occur side by side. This is **BPE**, *byte-pair encoding*.
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
# O par vencedor vira um token novo em todo lugar onde aparece: é uma **fusão** (*merge*). Treinar um BPE é só repetir: contar,
# fundir, contar de novo.

# %% [markdown] en
# The winning pair becomes a new token wherever it occurs: this is a **merge**. To train a BPE is just to repeat: count, merge,
# count again.

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
# `BPE.train` acha as mesmas fusões:

# %% [markdown] en
# `BPE.train` finds the same merges:

# %%
bpe = BPE.train(twister, vocab_size=256 + 3 + 1)  # bytes, fusões, <|endoftext|>  # pt
bpe = BPE.train(twister, vocab_size=256 + 3 + 1)  # bytes, merges, <|endoftext|>  # en
assert bpe.merges == learned

# %% [markdown] pt
# Para tokenizar uma palavra que ele nunca leu, aplicamos as fusões **na ordem em que foram aprendidas**:

# %% [markdown] en
# To tokenize a word that our BPE has never read, we apply the merges **in the order in which they were learned**:

# %%
word = "Ġroda"  # pt
word = "Ġbigger"  # en
tokens = list(word)
for pair in learned:
    tokens = merge(tokens, pair)
    print(tokens)
assert tokens == bpe.tokens(word)

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
# ## 4 · Um BPE da cidade
#
# Agora com mais texto: dois mil documentos da cidade, um por linha.

# %% [markdown] en
# ## 4 · A BPE of the town
#
# Now with more text: two thousand documents of the town, one per line.


# %%
def as_text(documents):
    return "".join(town.tokenizer.decode(document[:-1]) + "\n" for document in documents)  # sem <|endoftext|>  # pt
    return "".join(town.tokenizer.decode(document[:-1]) + "\n" for document in documents)  # without <|endoftext|>  # en


read = as_text(islice(town.documents(seed=1), 2000))
bpe = BPE.train(read, vocab_size=10_000)  # acaba antes: não há mais pares  # pt
bpe = BPE.train(read, vocab_size=10_000)  # ends sooner: no pair is left  # en
made = [bpe.decode([256 + i]) for i in range(len(bpe.merges))]
print(len(made), made[:16], "…", made[-6:])

# %% [markdown] pt
# As primeiras fusões fazem pedaços comuns; as últimas, palavras inteiras com o espaço na frente. Estas fusões são da cidade, não do
# GPT-2: as dele foram aprendidas do mesmo jeito, em outros textos.
#
# Um BPE pode parar antes. À esquerda, o número de fusões; `·` é o espaço, e `�`, um byte que sozinho não é caractere nenhum:

# %% [markdown] en
# The first merges make common pieces; the last ones, whole words with the space in front. These merges are the town's, not GPT-2's:
# GPT-2 learned its own in the same way, from other text.
#
# A BPE can stop sooner. On the left, the number of merges; `·` is the space:


# %%
def pieces(tokenizer, text):
    return [tokenizer.decode([token]) for token in tokenizer.encode(text)]


tokenizers = {n: BPE.train(read, vocab_size=256 + n + 1) for n in (0, 25, 100, 200, len(made))}
figures.cuts_figure({str(n): pieces(tokenizer, sentence) for n, tokenizer in tokenizers.items()}, LANG)

# %% [markdown] pt
# Com mais fusões, a sequência encurta. Até onde? Tokens por documento, em outros 300:

# %% [markdown] en
# With more merges, the sequence gets shorter. How far? Tokens per document, on another 300:

# %%
documents = list(islice(town.documents(seed=2), 300))
new = as_text(documents)
for n, tokenizer in tokenizers.items():
    print(f"{n:3} fusões: ", local(f"{len(tokenizer.encode(new)) / 300:.1f}", LANG))  # pt
    print(f"{n:3} merges: {len(tokenizer.encode(new)) / 300:.1f}")  # en
print("palavras:   ", local(f"{sum(map(len, documents)) / 300:.1f}", LANG))  # pt
print(f"words:      {sum(map(len, documents)) / 300:.1f}")  # en

# %% [markdown] pt
# Até o número de palavras: nenhum token vai além de uma. Em um texto de verdade as palavras novas não acabam, e é preciso
# escolher onde parar. O GPT-2 parou em 50.000 fusões; com os bytes e `<|endoftext|>`, que não é texto, são:

# %% [markdown] en
# Never fewer tokens than words, since no token goes beyond a word. In real text, new words do not run out, and one must choose where
# to stop. GPT-2 stopped at 50,000 merges; with the bytes and `<|endoftext|>`, which is not text, that is:

# %%
by_hand = 256 + 50_000 + 1
assert by_hand == GPTConfig.preset("gpt2").vocab_size
print(local(f"{by_hand:,}", LANG))

# %% [markdown] pt
# ## 5 · Qualquer texto, ida e volta
#
# Nosso BPE só leu a cidade. **Antes de rodar:** o que ele faz com uma palavra escrita errado, um emoji ou japonês?

# %% [markdown] en
# ## 5 · Any text, there and back
#
# Our BPE has read only the town. **Before you run this:** what does it do with a misspelt word, an emoji, or Japanese?

# %%
texts = ["ana compra um livro", "ana compra um livru", "👍🏽", "東京"]  # pt
texts = ["ana buys a book", "ana buys a bok", "👍🏽", "東京"]  # en
for text in texts:
    print(len(bpe.encode(text)), pieces(bpe, text))
    assert bpe.decode(bpe.encode(text)) == text

# %% [markdown] pt
# Para ele não existe palavra desconhecida: o que não tem token próprio é dividido em pedaços menores, no pior caso em bytes. E
# nada se perde na volta. O contrário não vale: metade de um emoji não é texto, e um modelo que escreve byte a byte pode parar no
# meio dele.
#
# **Antes de rodar:** quantos tokens tem cada um destes?

# %% [markdown] en
# For a byte-level BPE no word is unknown: what has no token of its own is split into smaller pieces, at worst into bytes (each
# `�` is one: on its own it is no character). And nothing is lost on the way back. The converse does not hold: half an emoji is
# not text, and a model that writes byte by byte may stop in the middle of it.
#
# **Before you run this:** how many tokens does each of these have?

# %%
cases = [" livro", "livro", " Livro", " livro ", " 2019"]  # pt
cases = [" book", "book", " Book", " book ", " 2019"]  # en
for text in cases:
    print(f"{text!r:10} {pieces(bpe, text)}")

# %% [markdown] pt
# - **O espaço** faz parte da palavra: ` livro` é um token, `livro` são três. Por isso um prompt (o texto que damos ao modelo) não
#   deve terminar em espaço: esse espaço já é um token e não pode começar a palavra seguinte.
# - **Maiúsculas** são outros bytes. Mesmo onde as duas formas têm token, só o treino do modelo pode aproximá-las.
# - **Números** são divididos pela frequência, não pelo valor. A cidade não escreve nenhum, e aqui cada algarismo é um token.

# %% [markdown] en
# - **The space** is part of the word: ` book` is one token, `book` is three. So a prompt (the text that we give the model) should not
#   end in a space: that space is already a token, and cannot start the next word.
# - **Capitals** are other bytes. Even where both forms have a token, only the model's training can bring them together.
# - **Numbers** are split by frequency, not by value. The town writes none, so here each digit is a token.

# %% [markdown] pt
# ## 6 · O que o tokenizador faz com a perplexidade
#
# A cidade dá a probabilidade exata de um texto, que não depende de como o dividimos. **Antes de rodar:** e a perplexidade, é a
# mesma por palavra, por token e por byte?

# %% [markdown] en
# ## 6 · What the tokenizer does to perplexity
#
# The town gives the exact probability of a text, which does not depend on how we split it. **Before you run this:** is the
# perplexity also the same per word, per token and per byte?

# %%
end = town.tokenizer.end_of_text  # conta também: uma palavra, um token, um byte  # pt
end = town.tokenizer.end_of_text  # counts, too: one word, one token, one byte  # en
log_probs = torch.cat([torch.tensor(town.token_log_probs([end, *document])) for document in documents])
total, n_bytes = log_probs.sum(), len(new.encode())
counts = {"palavras": len(log_probs), "tokens (200 fusões)": len(tokenizers[200].encode(new)), "bytes": n_bytes}  # pt
counts = {"words": len(log_probs), "tokens (200 merges)": len(tokenizers[200].encode(new)), "bytes": n_bytes}  # en
for name, n in counts.items():
    print(f"{n:6} {name:19} perplexidade", local(f"{(-total / n).exp():.3f}", LANG))  # pt
    print(f"{n:6} {name:19} perplexity {(-total / n).exp():.3f}")  # en

# %% [markdown] pt
# O mesmo texto, a mesma verdade, três perplexidades. A surpresa total não mudou; mudou o número pelo qual ela é dividida. Para
# comparar, dividimos por algo que **não depende do tokenizador**: os bytes do texto.

# %% [markdown] en
# The same text, the same truth, three perplexities. The total surprise did not change; what it is divided by did. To compare, we
# divide by something that **does not depend on the tokenizer**: the bytes of the text.

# %%
truth_bits = -log_probs.exp().log2().sum() / n_bytes
assert_close(truth_bits, probability.bits_per_byte(log_probs, n_bytes))
print(local(f"{truth_bits:.3f} bits por byte", LANG))  # pt
print(f"{truth_bits:.3f} bits per byte")  # en

# %% [markdown] pt
# ### Exercício 2 · perplexidade por palavra
#
# `log_probs` traz o logaritmo natural da probabilidade de cada **token** de um texto de `n_words` palavras. Retorne a
# perplexidade por palavra.

# %% [markdown] en
# ### Exercise 2 · perplexity per word
#
# `log_probs` holds the natural logarithm of the probability of each **token** of a text of `n_words` words. Return the
# perplexity per word.


# %%
def word_perplexity(log_probs, n_words):
    return ...


check("word_perplexity", word_perplexity, LANG)

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
# - Bytes escrevem tudo; fusões encurtam o que é frequente. 50.257 são os bytes, as fusões e `<|endoftext|>`.
# - Para um BPE de bytes não existe palavra desconhecida; existe palavra em muitos pedaços.
# - Perplexidades de tokenizadores diferentes não se comparam; bits por byte, sim.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_02.py`](../../mini_gpt/lesson/exercises/lesson_02.py).
#
# [Agora vá para 03 Atenção e máscaras](03_attention_masks.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - Bytes write everything; merges shorten what is frequent. 50,257 are the bytes, the merges and `<|endoftext|>`.
# - To a byte-level BPE no word is unknown; some words come in many pieces.
# - Perplexities of different tokenizers are not comparable; bits per byte are.
#
# The solutions of the exercises are in [`mini_gpt/lesson/exercises/lesson_02.py`](../../mini_gpt/lesson/exercises/lesson_02.py).
#
# [Now go on to 03 Attention and masks](03_attention_masks.ipynb)

# %% [markdown] pt
# ## Para ir além
#
# Aqui é um bom lugar para uma pausa. O que segue mede dois efeitos do tokenizador: na comparação entre modelos e na conta que cada
# língua paga. {minutes}.

# %% [markdown] en
# ## Going further
#
# Here is a good place for a break. What follows measures two effects of the tokenizer: on how models compare, and on what each
# language pays. {minutes}.

# %% [markdown] pt
# ## 7 · A perplexidade engana
#
# Treinamos o mesmo tipo de modelo, o **bigrama** da lição 01, com dois dos tokenizadores. Ele conta qual token vem depois de qual:

# %% [markdown] en
# ## 7 · Perplexity misleads
#
# We train the same kind of model, the **bigram** of lesson 01, with two of the tokenizers. It counts which token comes after which:


# %%
def bigram_log_probs(tokenizer):
    counts = torch.full((tokenizer.vocab_size, tokenizer.vocab_size), 0.01)
    for before, token in pairwise(tokenizer.encode("\n" + read)):
        counts[before, token] += 1
    ids = tokenizer.encode("\n" + new)
    return (counts / counts.sum(dim=1, keepdim=True)).log()[ids[:-1], ids[1:]]


# %% [markdown] pt
# **Antes de rodar:** o bigrama de bytes (0 fusões) e o de palavras inteiras. Qual prevê melhor? E qual terá a menor
# perplexidade?

# %% [markdown] en
# **Before you run this:** the bigram of bytes (0 merges) and the bigram of whole words. Which predicts better? And which will
# have the lower perplexity?

# %%
for n in (0, len(made)):
    bigram = bigram_log_probs(tokenizers[n])
    perplexity, bits = probability.perplexity(bigram), probability.bits_per_byte(bigram, n_bytes)
    print(local(f"{n:3} fusões: perplexidade {perplexity:.2f}; {bits:.2f} bits por byte", LANG))  # pt
    print(f"{n:3} merges: perplexity {perplexity:.2f}; {bits:.2f} bits per byte")  # en

# %% [markdown] pt
# Na perplexidade eles quase empatam. Em bits por byte, o de bytes paga mais de quatro vezes o que o de palavras paga: olhar um token
# para trás é olhar uma palavra, e não um byte.
#
# Para trocar de unidade, converta a **perda** e só depois tire a exponencial. Da perplexidade por byte à perplexidade por palavra:

# %% [markdown] en
# By perplexity they are almost equal. In bits per byte, the bigram of bytes pays more than four times what the bigram of words pays:
# to look one token back is to look back a word, not a byte.
#
# To change the unit, convert the **loss**, and only then take the exponential. From perplexity per byte to perplexity per word:

# %%
loss, n_words = -total / n_bytes, len(log_probs)  # a perda por byte  # pt
loss, n_words = -total / n_bytes, len(log_probs)  # the loss per byte  # en
right = (loss * n_bytes / n_words).exp()
wrong = loss.exp() * n_bytes / n_words
assert_close(right, probability.perplexity(log_probs))
print(local(f"certo: {right:.3f}   errado: {wrong:.3f}", LANG))  # pt
print(f"right: {right:.3f}   wrong: {wrong:.3f}")  # en

# %% [markdown] pt
# O artigo do GPT-2 faz essa conversão para se comparar com modelos que usam outros tokens.
#
# ### Exercício 3 · bits por byte
#
# Um artigo só informa a perplexidade por token, `perplexity`, e em quantos tokens, `n_tokens`, o modelo dele divide `text`.
# Retorne os bits por byte. (`perplexity` é um número, não um tensor: `import math` traz `math.log2`.)

# %% [markdown] en
# GPT-2's paper makes this conversion to compare with models that use other tokens.
#
# ### Exercise 3 · bits per byte
#
# A paper reports only the perplexity per token, `perplexity`, and the number of tokens, `n_tokens`, into which its model splits
# `text`. Return the bits per byte. (`perplexity` is a number, not a tensor: `import math` gives you `math.log2`.)


# %%
def bits_from_perplexity(perplexity, n_tokens, text):
    return ...


check("bits_from_perplexity", bits_from_perplexity, LANG)

# %% [markdown] pt
# ## 8 · Quem paga a conta
#
# O BPE gasta suas fusões no que mais leu. Treinamos três, com 250 fusões e mil documentos cada um; só muda a fração em inglês.

# %% [markdown] en
# ## 8 · Who pays
#
# A BPE spends its merges on what it read most. We train three, each with 250 merges and a thousand documents; only the fraction in
# English changes.

# %%
mixed = {}
for percent in (95, 50, 5):
    english = as_text(islice(Town("en").documents(seed=5), 10 * percent))
    portuguese = as_text(islice(Town("pt").documents(seed=5), 1000 - 10 * percent))
    mixed[percent] = BPE.train([english, portuguese], vocab_size=256 + 250 + 1)

# %% [markdown] pt
# Para comparar línguas, o conteúdo tem de ser o mesmo. A cidade bilíngue escreve frases com a tradução:

# %% [markdown] en
# To compare languages, the content must be the same. The bilingual town writes sentences with their translation:

# %%
lines = as_text(islice(Town().documents(seed=6), 4000)).splitlines()
start = "em português : "
pairs = [line.removeprefix(start).split(" em inglês : ") for line in lines if line.startswith(start)]
in_pt, in_en = ("\n".join(side) for side in zip(*pairs))
print("bytes", len(in_pt.encode()), len(in_en.encode()))
print("palavras", len(in_pt.split()), len(in_en.split()))  # pt
print("words", len(in_pt.split()), len(in_en.split()))  # en

# %% [markdown] pt
# Em bytes, as línguas quase empatam; em palavras, o português até usa menos. **Antes de rodar:** com o primeiro tokenizador, o
# português gasta quantas vezes os tokens do inglês?

# %% [markdown] en
# In bytes the languages are almost equal; in words, Portuguese even uses fewer. **Before you run this:** with the first tokenizer,
# how many times as many tokens does Portuguese take?

# %%
for percent, tokenizer in mixed.items():
    ratio = len(tokenizer.encode(in_pt)) / len(tokenizer.encode(in_en))
    print(f"{percent}% inglês:", local(f"{ratio:.2f} ×", LANG))  # pt
    print(f"{percent}% English: {ratio:.2f} ×")  # en

# %% [markdown] pt
# O problema não é o português: o tokenizador quase não leu português. Com outro texto de treino, quem paga é o inglês. Uma
# frase e a tradução dela no primeiro tokenizador:

# %% [markdown] en
# The problem is not Portuguese: the tokenizer has hardly read any. Trained on other text, it makes English pay. A sentence and
# its translation in the first tokenizer:

# %%
figures.cuts_figure({name: pieces(mixed[95], side) for name, side in zip(["pt", "en"], pairs[2])}, LANG)

# %% [markdown] pt
# O preço aparece em vários lugares: cabe menos texto no contexto, cada frase pede mais passos do modelo e, onde se cobra por token,
# sai mais cara. Os números são da cidade, mas no GPT-2 o mecanismo é o mesmo: do texto de treino dele foram retiradas as páginas em
# outras línguas (artigo, seção 3.7).

# %% [markdown] en
# The price shows in several places: less text fits into the context, each sentence takes more steps of the model and, where one pays
# by the token, costs more. The numbers are the town's, but in GPT-2 the mechanism is the same: pages in other languages were removed
# from its training text (paper, section 3.7).
