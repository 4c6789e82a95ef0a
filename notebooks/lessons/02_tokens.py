# %% [markdown] pt
# # 02 · Tokens
#
# **Ao final, você** terá feito um BPE à mão e visto os tokens do GPT-2; saberá de onde vem o número 50.257, quanto o português paga a mais
# e por que perplexidades de tokenizadores diferentes não se comparam.
#
# Slides: conceitos, 50 mil tokens · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 02 · Tokens
#
# **By the end, you** will have made a BPE by hand and seen GPT-2's tokens; you will know where the number 50,257 comes from, what
# Portuguese pays, and why perplexities of different tokenizers are not comparable.
#
# Slides: concepts, 50 thousand tokens · {minutes} · **[glossary](glossary.ipynb)**

# %%
MODEL = "gpt2"  # de quem são os tokens: "gpt2", "mini-books" ou "mini"  # pt
MODEL = "gpt2"  # whose tokens: "gpt2", "mini-books" or "mini"  # en
LANG = "pt"  # pt
LANG = "en"  # en

# %%
from collections import Counter
from itertools import islice, pairwise

import torch
from torch.testing import assert_close

from mini_gpt import GPTConfig, load_tokenizer, probability
from mini_gpt.bpe import BPE, merge, split
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.parallel import PAIRS, TEXT
from mini_gpt.lesson.token_names import pieces, token_names
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import local

# %% [markdown] pt
# ## 1 · O que o GPT-2 lê
#
# O GPT-2 não lê letras nem palavras: lê **tokens**. O tokenizador dele vem com a lição. Cada caixa é um token, e `·`, um espaço.
# **Antes de rodar:** quantos tokens tem cada uma destas frases, que dizem a mesma coisa?

# %% [markdown] en
# ## 1 · What GPT-2 reads
#
# GPT-2 reads neither letters nor words: it reads **tokens**. Its tokenizer comes with the lesson. Each box is a token,
# and `·` a space. **Before you run this:** how many tokens does each of these sentences have? They say the same thing.

# %%
tokenizer = load_tokenizer(MODEL)
figures.cuts_figure({lang: pieces(tokenizer, text) for lang, text in zip(["pt", "en"], PAIRS[8])}, LANG)

# %% [markdown] pt
# Em inglês, cada palavra é um token; em português, muitas viram pedaços. Por que estes pedaços, e quanto isso custa?
#
# ## 2 · Um texto já é uma sequência de números
#
# O **Unicode** numera os caracteres de quase todas as escritas do mundo; o **UTF-8** guarda cada número em um a quatro bytes.
# **Antes de rodar:** quantos bytes tem “maçã 🙂”?

# %% [markdown] en
# In English, each word is a token; in Portuguese, many words break into pieces. Why these pieces, and what does that
# cost?
#
# ## 2 · A text is already a sequence of numbers
#
# **Unicode** numbers the characters of almost all the world's scripts; **UTF-8** stores each number in one to four bytes.
# **Before you run this:** how many bytes does “café 🙂” have?

# %%
text = "maçã 🙂"  # pt
text = "café 🙂"  # en
for character in text:
    print(f"{character!r:5} {ord(character):7}  {list(character.encode())}")
print(len(text), "caracteres,", len(text.encode()), "bytes")  # pt
print(len(text), "characters,", len(text.encode()), "bytes")  # en

# %% [markdown] pt
# Aqui, uma letra simples ocupa um byte; com acento ou cedilha, dois; o emoji, quatro. Um byte vai só de 0 a 255: **256 símbolos
# escrevem qualquer texto.**
#
# ## 3 · Nem palavras, nem bytes
#
# Quais devem ser os tokens? Os da cidade são palavras inteiras, e ela tem poucas:

# %% [markdown] en
# Here a letter without an accent takes one byte; with an accent, two; the emoji, four. A byte only goes from 0 to 255:
# **256 symbols can write any text.**
#
# ## 3 · Neither words nor bytes
#
# What should the tokens be? The town's are whole words, and there are few:

# %%
town = Town(LANG)
try:
    town.tokenizer.encode("ana compra um livrinho")  # pt
    town.tokenizer.encode("ana buys a booklet")  # en
except ValueError as error:
    print(error)

# %% [markdown] pt
# Em um texto de verdade sempre aparece uma palavra nova: um nome, um diminutivo, um erro de digitação. Com bytes não falta nada, mas
# a sequência fica comprida, e comprimento custa caro. O trabalho da atenção (lição 03) cresce com o **quadrado** do comprimento, e o
# **contexto**, o que o modelo lê de uma vez, é limitado.
#
# O GPT-2 fica no meio: parte dos bytes e junta os que aparecem muito lado a lado. É o **BPE** (*byte-pair encoding*).
#
# ## 4 · BPE à mão
#
# Primeiro o texto é dividido em palavras, e nenhum token passa de uma para outra. O espaço fica com a palavra **seguinte** e
# aparece como `Ġ`.

# %% [markdown] en
# In real text there is always another new word: a name, a coinage, a typo. With bytes nothing is missing, but the
# sequence gets long, and length is costly. The work of attention (lesson 03) grows with the **square** of the length,
# and the **context**, what the model reads at once, is limited.
#
# GPT-2 is in between: it starts from bytes and joins those that often occur side by side. This is **BPE**, *byte-pair encoding*.
#
# ## 4 · BPE by hand
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
# The winning pair becomes a new token wherever it occurs: this is a **merge**. Training a BPE is just repetition:
# count, merge, count again.

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
# To tokenize a word that our BPE has never read, we apply the merges **in the order learned**:

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
# ## 5 · As 50.000 fusões do GPT-2
#
# O GPT-2 aprendeu as suas do mesmo jeito, em texto da web. O número de um token diz quando ele nasceu: depois dos 256 bytes vêm as
# fusões, em ordem. **Antes de rodar:** quais são as primeiras?

# %% [markdown] en
# ## 5 · GPT-2's 50,000 merges
#
# GPT-2 learned its own in the same way, from web text. A token's number tells when it was made: after the 256 bytes
# come the merges, in order. **Before you run this:** which are the first?

# %%
print(*token_names(tokenizer, range(256, 280)))
print(*token_names(tokenizer, range(tokenizer.vocab_size - 10, tokenizer.vocab_size)))

# %% [markdown] pt
# As primeiras formam pedaços comuns do inglês; as últimas, palavras inteiras. Palavras novas nunca acabam, e é preciso escolher onde
# parar. O GPT-2 parou em 50.000 fusões; com os bytes e `<|endoftext|>`, que não é texto, são:

# %% [markdown] en
# The first are common pieces of English; the last, whole words. New words never run out, so we must choose where to
# stop. GPT-2 stopped at 50,000 merges; with the bytes and `<|endoftext|>`, which is not text, that is:

# %%
assert GPTConfig.preset("gpt2").vocab_size == 256 + 50_000 + 1
print(local(f"{256 + 50_000 + 1:,}", LANG))

# %% [markdown] pt
# ## 6 · Qualquer texto, ida e volta
#
# Nosso BPE de três fusões só leu um trava-línguas. **Antes de rodar:** ele consegue escrever estes textos? À esquerda, quantos tokens
# dele; depois, quantos do GPT-2.

# %% [markdown] en
# ## 6 · Any text, there and back
#
# Our BPE of three merges has read only a tongue twister. **Before you run this:** can it write these texts? The first
# number counts its tokens, the second GPT-2's.

# %%
for text in ["livru", "bok", "🙂", "東京"]:
    assert bpe.decode(bpe.encode(text)) == text
    print(len(bpe.encode(text)), len(pieces(tokenizer, text)), text)

# %% [markdown] pt
# Para um BPE de bytes não existe palavra desconhecida: o que não tem token próprio é dividido em pedaços menores, no pior caso em
# bytes, e nada se perde na volta. Mas meio emoji não é texto, e um modelo pode parar no meio de um.
#
# **Antes de rodar:** quantos tokens do GPT-2 tem cada um destes? (`‹C3›` é um byte.)

# %% [markdown] en
# To a byte-level BPE no word is unknown: what has no token of its own is split into smaller pieces, at worst into bytes, and nothing
# is lost on the way back. But half an emoji is not text, and a model may stop in the middle of one.
#
# **Before you run this:** how many of GPT-2's tokens does each of these have? (`‹F0›` is a byte.)

# %%
cases = [" livro", "livro", " livro ", " brasileiro", " água", " 🙂", "🙂", " 1999", " 2035", "x += 1\n    y = x"]  # pt
cases = [" book", "book", " book ", " overslept", " 🙂", "🙂", " 1999", " 2035", "x += 1\n    y = x"]  # en
for text in [*cases, " SolidGoldMagikarp"]:
    print(f"{text!r:20}", *pieces(tokenizer, text))

# %% [markdown] pt
# - **O espaço** faz parte da palavra. Por isso um prompt (o texto que damos ao modelo) não deve terminar em espaço: esse espaço já é um
#   token e não pode começar a palavra seguinte.
# - **As palavras** são divididas pela frequência, não pelo sentido: o que é `ile` em “brasileiro”? E “água” é cortada dentro do “á”.
# - **Os números** também: 1999 é um token; 2035 são dois.
# - **O código** paga pela indentação, espaço por espaço.
# - **` SolidGoldMagikarp`** é um só token: era o nome de um usuário do Reddit. Ao que tudo indica, o
#   texto do tokenizador o repetia, e o do modelo quase não: modelos com estes tokens respondiam a ele com absurdos (Rumbelow e
#   Watkins, 2023).

# %% [markdown] en
# - **The space** is part of the word. So a prompt (the text that we give the model) should not end in a space: that space is already
#   a token, and cannot start the next word.
# - **Words** are split by frequency, not by meaning: what is `le` in “overslept”?
# - **Numbers**, too: 1999 is one token, 2035 is two.
# - **Code** pays for its indentation, space by space.
# - **` SolidGoldMagikarp`** is a single token: it was somebody's user name on Reddit. It seems that the tokenizer's
#   training text was full of it and the model's had hardly any: given such tokens, models answered bizarrely (Rumbelow
#   and Watkins, 2023).

# %% [markdown] pt
# ## 7 · Quanto o português paga
#
# Para comparar línguas, o conteúdo tem de ser o mesmo: `TEXT` traz dezesseis frases do dia a dia nas duas. **Antes de rodar:** em
# bytes, o português gasta quantas vezes o que o inglês gasta? E em tokens?

# %% [markdown] en
# ## 7 · What Portuguese pays
#
# To compare languages, the content must be the same: `TEXT` holds sixteen everyday sentences in both. **Before you run
# this:** how many times as many bytes as English does Portuguese take? And how many times as many tokens?


# %%
def sizes(text):
    words, n_bytes, tokens = len(text.split()), len(text.encode()), len(pieces(tokenizer, text))
    return [words, len(text), n_bytes, tokens, tokens / words, tokens / n_bytes]


kinds = ["palavras", "caracteres", "bytes", "tokens", "tokens por palavra", "tokens por byte"]  # pt
kinds = ["words", "characters", "bytes", "tokens", "tokens per word", "tokens per byte"]  # en
for kind, pt, en in zip(kinds, sizes(TEXT["pt"]), sizes(TEXT["en"])):
    print(local(f"{kind:18}  pt {pt:6.3g}  en {en:6.3g}  {pt / en:.2f} ×", LANG))

# %% [markdown] pt
# Em bytes, o português já paga um pouco mais, pois cada letra acentuada ocupa dois. Em tokens, paga muito mais. Frase por frase:

# %% [markdown] en
# In bytes, Portuguese already pays a little more, since each accented letter takes two. In tokens it pays much more. By sentence:

# %%
ratios = [len(pieces(tokenizer, pt)) / len(pieces(tokenizer, en)) for pt, en in PAIRS]
print(local(f"{min(ratios):.1f} – {max(ratios):.1f} ×", LANG))

# %% [markdown] pt
# Outras frases dariam outro número. A culpa não é do português: o GPT-2 gastou suas fusões em inglês, pois do texto dele foram
# retiradas as páginas em outras línguas (artigo, seção 3.7). O preço: cabe menos texto no contexto, cada frase pede mais passos do
# modelo e, onde se cobra por token, sai mais cara.

# %% [markdown] en
# Other sentences would give a different number. Portuguese is not to blame: GPT-2 spent its merges on English, since
# pages in other languages were removed from its text (paper, section 3.7). The price: less text fits into the context,
# each sentence takes more steps of the model and, where tokens are billed, costs more.

# %% [markdown] pt
# ## 8 · O que o tokenizador faz com a perplexidade
#
# A cidade dá a probabilidade exata de um texto, que não depende de como o dividimos. **Antes de rodar:** a perplexidade também
# é a mesma por palavra, por token e por byte?

# %% [markdown] en
# ## 8 · What the tokenizer does to perplexity
#
# The town gives the exact probability of a text, which does not depend on how we split it. **Before you run this:** is the
# perplexity also the same per word, per token and per byte?


# %%
def as_text(documents):
    return "".join(town.tokenizer.decode(document[:-1]) + "\n" for document in documents)  # sem <|endoftext|>  # pt
    return "".join(town.tokenizer.decode(document[:-1]) + "\n" for document in documents)  # without <|endoftext|>  # en


# %%
documents = list(islice(town.documents(seed=2), 300))
new = as_text(documents)
end = town.tokenizer.end_of_text  # conta também: uma palavra, um token, um byte  # pt
end = town.tokenizer.end_of_text  # counts, too: one word, one token, one byte  # en
log_probs = torch.cat([torch.tensor(town.token_log_probs([end, *document])) for document in documents])
total, n_bytes = log_probs.sum(), len(new.encode())
counts = {"palavras": len(log_probs), "tokens": len(pieces(tokenizer, new)), "bytes": n_bytes}  # pt
counts = {"words": len(log_probs), "tokens": len(pieces(tokenizer, new)), "bytes": n_bytes}  # en
for name, n in counts.items():
    print(f"{n:6} {name:8} perplexidade", local(f"{(-total / n).exp():.3f}", LANG))  # pt
    print(f"{n:6} {name:8} perplexity {(-total / n).exp():.3f}")  # en

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
# - Nenhuma palavra é desconhecida; as do português vêm em mais pedaços.
# - Perplexidades de tokenizadores diferentes não se comparam; bits por byte, sim.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_02.py`](../../mini_gpt/lesson/exercises/lesson_02.py).
#
# [Agora vá para 03 Atenção e máscaras](03_attention_masks.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - Bytes write everything; merges shorten what is frequent. 50,257 counts the bytes, the merges and `<|endoftext|>`.
# - No word is unknown; Portuguese words come in more pieces.
# - Perplexities of different tokenizers are not comparable; bits per byte are.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_02.py`](../../mini_gpt/lesson/exercises/lesson_02.py).
#
# [Now go on to 03 Attention and masks](03_attention_masks.ipynb)

# %% [markdown] pt
# ## Para ir além
#
# Aqui é um bom lugar para uma pausa. O que segue mede dois efeitos do tokenizador, na comparação entre modelos e na conta de cada
# língua, com tokenizadores treinados aqui mesmo, em textos da cidade. {minutes}.

# %% [markdown] en
# ## Going further
#
# Here is a good place for a break. What follows measures two effects of the tokenizer, on how models compare and on what each
# language pays, with tokenizers trained here, on texts of the town. {minutes}.

# %% [markdown] pt
# ## 9 · A perplexidade engana
#
# Dois mil documentos, um por linha. O treino de um BPE pode parar em qualquer ponto; à esquerda, o número de fusões:

# %% [markdown] en
# ## 9 · Perplexity misleads
#
# Two thousand documents, one per line. A BPE can stop after any number of merges, shown on the left:

# %%
read = as_text(islice(town.documents(seed=1), 2000))
most = len(BPE.train(read, vocab_size=10_000).merges)  # acaba antes: não há mais pares  # pt
most = len(BPE.train(read, vocab_size=10_000).merges)  # ends sooner: no pair is left  # en
sentence = "ana está na praça e compra um violão"  # pt
sentence = "ana is in the square and buys a guitar"  # en
tokenizers = {n: BPE.train(read, vocab_size=256 + n + 1) for n in (0, 25, 200, most)}
figures.cuts_figure({str(n): pieces(bpe, sentence) for n, bpe in tokenizers.items()}, LANG)

# %% [markdown] pt
# Nenhum token vai além de uma palavra. Agora treinamos o mesmo tipo de modelo, o **bigrama** da lição 01, com o primeiro destes
# tokenizadores e com o último. Ele conta qual token vem depois de qual:

# %% [markdown] en
# No token crosses a word boundary. Now we train the same kind of model, the **bigram** of lesson 01, with the first of
# these tokenizers and with the last. It counts which token comes after which:


# %%
def bigram_log_probs(bpe):
    counts = torch.full((bpe.vocab_size, bpe.vocab_size), 0.01)
    for before, token in pairwise(bpe.encode("\n" + read)):
        counts[before, token] += 1
    ids = bpe.encode("\n" + new)
    return (counts / counts.sum(dim=1, keepdim=True)).log()[ids[:-1], ids[1:]]


# %% [markdown] pt
# **Antes de rodar:** o bigrama de bytes (0 fusões) e o de palavras inteiras. Qual prevê melhor? E qual terá a menor
# perplexidade?

# %% [markdown] en
# **Before you run this:** the bigram of bytes (0 merges) and the bigram of whole words. Which predicts better? And which will
# have the lower perplexity?

# %%
for n in (0, most):
    bigram = bigram_log_probs(tokenizers[n])
    perplexity, bits = probability.perplexity(bigram), probability.bits_per_byte(bigram, n_bytes)
    print(local(f"{n:3} fusões: perplexidade {perplexity:.2f}; {bits:.2f} bits por byte", LANG))  # pt
    print(f"{n:3} merges: perplexity {perplexity:.2f}; {bits:.2f} bits per byte")  # en

# %% [markdown] pt
# Na perplexidade eles quase empatam. Em bits por byte, o de bytes paga mais de quatro vezes o que o de palavras paga: para este,
# olhar um token para trás é olhar uma palavra, e não um byte.
#
# Para trocar de unidade, converta a **perda** e só depois tire a exponencial. Da perplexidade por byte à perplexidade por palavra:

# %% [markdown] en
# By perplexity they are almost equal. In bits per byte, the bigram of bytes pays more than four times what the bigram
# of words pays: looking one token back means a word, not a byte.
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
# ## 10 · Quem paga a conta
#
# O BPE gasta suas fusões no que mais leu. Treinamos três, com 250 fusões e mil documentos cada um; só muda a fração em inglês.

# %% [markdown] en
# ## 10 · Who pays
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
# A cidade bilíngue escreve frases com a tradução: o mesmo conteúdo nas duas línguas.

# %% [markdown] en
# The bilingual town writes sentences with their translation: the same content in both languages.

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
for percent, bpe in mixed.items():
    ratio = len(bpe.encode(in_pt)) / len(bpe.encode(in_en))
    print(f"{percent}% inglês:", local(f"{ratio:.2f} ×", LANG))  # pt
    print(f"{percent}% English: {ratio:.2f} ×")  # en

# %% [markdown] pt
# O problema não é o português: o primeiro tokenizador quase não leu português. Com outro texto de treino, quem paga é o inglês. Uma
# frase e a tradução dela no primeiro:

# %% [markdown] en
# The problem is not Portuguese: the first tokenizer has hardly read any. Trained on other text, it makes English pay. A sentence and
# its translation in the first one:

# %%
figures.cuts_figure({name: pieces(mixed[95], side) for name, side in zip(["pt", "en"], pairs[2])}, LANG)

# %% [markdown] pt
# Os números são da cidade; o mecanismo é o da seção 7.

# %% [markdown] en
# The numbers are the town's; the mechanism is that of section 7.
