# %% [markdown] pt
# # 06 · A atenção do codificador e a do decodificador
#
# **Ao final, você** vai saber o que muda quando um token vê os dois lados, medir o que o codificador sabe e o GPT não
# tem como saber, distinguir `[MASK]` de máscara, ler a atenção cruzada de um tradutor e explicar por que o GPT funciona
# sem ela.
#
# Slides: o codificador (BERT), o decodificador (GPT), a mesma frase com as duas atenções · 55 minutos

# %% [markdown] en
# # 06 · The encoder's attention and the decoder's
#
# **At the end you** will be able to say what changes when a token sees both sides, measure what the encoder knows and
# GPT cannot know, tell `[MASK]` from a mask, read a translator's cross-attention, and explain why GPT works without it.
#
# Slides: the encoder (BERT), the decoder (GPT), the same sentence with both kinds of attention · 55 minutes

# %%
import torch
from torch.testing import assert_close

import mini_gpt
from mini_gpt import GPT, GPTConfig, edit, record
from mini_gpt.encoder import DecoderBlock, Encoder
from mini_gpt.lesson import figures
from mini_gpt.lesson.attention_views import head_view, model_view, neuron_view
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.recipes import NANO
from mini_gpt.lesson.town import AMBIGUOUS_EN, AMBIGUOUS_PT, FOOD, PEOPLE, Town, translation_pairs
from mini_gpt.lesson.truth import masked_probs
from mini_gpt.lesson.words import local
from mini_gpt.model import Block, causal_mask

# %% [markdown] pt
# ## 1 · A mesma frase, lida de dois jeitos
#
# Três modelos treinados na mesma cidade e montados com as mesmas peças: `mini` é um GPT, um **decodificador**
# (*decoder*); `mini-encoder` é um **codificador** (*encoder*) e lê para os dois lados, como o BERT; `mini-translator`
# tem as duas metades, como o Transformer de 2017.

# %% [markdown] en
# ## 1 · The same sentence, read in two ways
#
# Three models trained on the same town and built from the same parts: `mini` is a GPT, a **decoder**; `mini-encoder` is
# an **encoder** and reads in both directions, like BERT; `mini-translator` has both halves, like the Transformer of
# 2017.

# %%
LANG = "pt"  # pt
LANG = "en"  # en
mini, encoder, translator = (mini_gpt.load(name) for name in ("mini", "mini-encoder", "mini-translator"))
town = Town()
words, end = town.tokenizer.words, town.tokenizer.end_of_text

# %% [markdown] pt
# **Antes de rodar:** cada linha é um token que olha (a consulta), cada coluna, um token olhado (a chave). Em qual dos
# dois desenhos o canto superior direito fica vazio?

# %% [markdown] en
# **Before you run this:** each row is a token that looks (the query), each column one that is looked at (the key). In
# which of the two pictures is the upper right corner empty?

# %%
sentence = "ana está no banco . depois ela quer sacar dinheiro ."  # pt
sentence = "ana walks to the bank . then she needs cash ."  # en
ids = torch.tensor([[end, *town.tokenizer.encode(sentence)]])
with record(mini, "*.weights") as by_mini, record(encoder, "*.weights") as by_encoder:
    mini(ids), encoder(ids)

# %%
tokens = [words[i] for i in ids[0]]
figures.attention_figure(by_mini["blocks.1.attention.weights"][0], tokens, LANG)

# %%
figures.attention_figure(by_encoder["blocks.1.attention.weights"][0], tokens, LANG)

# %% [markdown] pt
# No primeiro, o do GPT: nenhum token olha para a direita. No segundo, o do codificador, cada um pode olhar para os dois
# lados. Somando todas as cabeças de todas as camadas, que fração do peso vai para o que vem depois?

# %% [markdown] en
# In the first, GPT's: no token looks to the right. In the second, the encoder's, each may look both ways. Over all
# heads of all layers, what share of the weight goes to tokens that come later?

# %%
future = ~causal_mask(len(tokens))
for name, trace in {"mini": by_mini, "mini-encoder": by_encoder}.items():
    weights = trace.layers("attention.weights")  # (L, B, H, T, S)
    print(f"{name:13s}{weights[..., future].sum() / weights.sum():.0%}")

# %% [markdown] pt
# ### Os mesmos pesos, em linhas
#
# O BertViz desenha cada peso como uma linha: à esquerda o token que olha, à direita o olhado, cada cabeça com a sua
# cor. Rode a célula, e a figura fica interativa: aponte para um token e restam só as linhas dele.
#
# **Antes de rodar:** no GPT, alguma linha pode descer?

# %% [markdown] en
# ### The same weights, as lines
#
# BertViz draws each weight as a line: on the left the token that looks, on the right the one looked at, each head in
# its own colour. Run the cell, and the picture becomes interactive: point at a token, and only its lines remain.
#
# **Before you run this:** can any of GPT's lines go down?

# %%
head_view(mini, ids, lang=LANG, layer=1)

# %%
head_view(encoder, ids, lang=LANG, layer=0, heads=[0, 2])

# %% [markdown] pt
# No GPT, nenhuma desce. Das duas cabeças do codificador, a azul olha sobretudo para o token anterior; a verde,
# sobretudo para o **seguinte**, e uma cabeça assim é impossível no GPT. Troque a camada e ligue outras cabeças.
#
# E as 16 cabeças do `mini` de uma vez? Cada linha de quadros é uma camada.

# %% [markdown] en
# None of GPT's goes down. Of the encoder's two heads, the blue one looks mostly at the token before; the green one
# mostly at the **next**, and GPT cannot have such a head. Change the layer, and turn other heads on.
#
# And all 16 heads of `mini` at once? Each row of squares is a layer.

# %%
model_view(mini, ids, lang=LANG)

# %% [markdown] pt
# Em nenhum quadro uma linha desce, e não há dois quadros iguais, embora ninguém tenha dito às cabeças o que procurar.
# Uma delas dá bastante peso à ligação de *ela* com *ana*.
#
# **Antes de rodar:** de quais dois vetores sai o escore dessa ligação?

# %% [markdown] en
# In no square does a line go down, and no two squares are alike, though nobody told the heads what to look for. One of
# them gives much weight to the link from *she* to *ana*.
#
# **Before you run this:** from which two vectors is the score of that link computed?

# %%
upto = 1 + tokens.index("ela")  # pt
upto = 1 + tokens.index("she")  # en
neuron_view(mini, ids[:, :upto], lang=LANG, layer=2, head=0)

# %% [markdown] pt
# Da consulta de *ela* e da chave de *ana*, como na lição 03: número por número, multiplica-se; a soma, dividida por √32
# (a largura da cabeça é 32), é o escore; o softmax transforma os escores em pesos. Rode, aponte para outro token e
# clique no + ao lado dele: com outra consulta, outras chaves pesam mais.
#
# Voltando à máscara: entre estes dois modelos, ela é a única diferença dentro dos blocos. Com os mesmos
# pesos, um GPT novo que pode ver tudo vira o codificador; com a máscara causal, o codificador vira o GPT. (O BERT
# publicado difere do GPT-2 em mais: normaliza depois de cada soma, *post-LN*, e não antes, *pre-LN*; Devlin et al. 2018.)

# %% [markdown] en
# From the query of *she* and the key of *ana*, as in lesson 03: multiply number by number; the sum, divided by √32 (a
# head is 32 wide), is the score; the softmax turns the scores into weights. Run it, point at another token, and click
# on the + beside it: with another query, other keys weigh more.
#
# Back to the mask: between these two models it is the only difference inside the blocks. With the same
# weights, a new GPT that may see everything becomes the encoder; with the causal mask, the encoder becomes the GPT. (The
# published BERT differs from GPT-2 in more: it normalises after each sum, *post-LN*, not before, *pre-LN*; Devlin et al.
# 2018.)

# %%
gpt, reader = GPT(NANO), Encoder(NANO)
gpt.load_state_dict(reader.state_dict())
everything = torch.ones(len(tokens), len(tokens), dtype=torch.bool)
assert_close(gpt(ids, mask=everything), reader(ids))
assert_close(reader(ids, mask=causal_mask(len(tokens))), gpt(ids))

# %% [markdown] pt
# ### Exercício 1 · a máscara do codificador
#
# Num lote (*batch*), as frases curtas são completadas com padding (preenchimento). `real` (B, S) diz quais dos S tokens
# de cada uma das B frases são de verdade. Retorne a máscara (B, S, S) do codificador: cada consulta vê todas as chaves
# de verdade, e nenhuma outra.

# %% [markdown] en
# ### Exercise 1 · the encoder's mask
#
# In a batch, short sentences are filled up with padding. `real` (B, S) tells which of the S tokens of each of the B
# sentences are real. Return the encoder's mask (B, S, S): each query sees all real keys, and no others.


# %%
def encoder_mask(real):
    return ...


check("padding", encoder_mask, LANG)

# %% [markdown] pt
# ## 2 · O que só se sabe depois
#
# A cidade tem palavras de dois sentidos: neste *banco* se guarda dinheiro ou se descansa? Às vezes, só o que vem
# **depois** decide.

# %% [markdown] en
# ## 2 · What is known only later
#
# The town has words with two meanings: does this *bank* keep money, or is it a river's? Sometimes only what comes
# **after** tells.

# %%
other = "ana está no banco . depois ela olha as árvores ."  # pt
other = "ana walks to the bank . then she likes to fish ."  # en
word = "banco"  # pt
word = "bank"  # en
other_ids = torch.tensor([[end, *town.tokenizer.encode(other)]])
at = tokens.index(word)

# %% [markdown] pt
# **Antes de rodar:** o vetor que cada modelo calcula para *banco* é igual nas duas frases?

# %% [markdown] en
# **Before you run this:** is the vector that each model computes for *bank* equal in the two sentences?

# %%
with torch.no_grad():
    for name, model in {"mini": mini, "mini-encoder": encoder}.items():
        one, two = model.hidden_states(ids)[0, at], model.hidden_states(other_ids)[0, at]
        print(f"{name:13s}", "igual" if torch.allclose(one, two, atol=1e-5) else "diferente")  # pt
        print(f"{name:13s}", "equal" if torch.allclose(one, two, atol=1e-5) else "different")  # en

# %% [markdown] pt
# Para o GPT, até ali as duas frases são a mesma. Mais treino não ajudaria: a informação não está à esquerda.
#
# **Antes de rodar:** das 16 cabeças do codificador, mostramos a que dá mais peso à ligação de *banco* com a pista,
# *sacar*. A linha sobe ou desce?

# %% [markdown] en
# To GPT, the two sentences are the same up to there. More training would not help: the information is not on the left.
#
# **Before you run this:** of the encoder's 16 heads we show the one that gives most weight to the link from *bank* to
# the clue, *cash*. Does the line go up or down?

# %%
clue = tokens.index("sacar")  # pt
clue = tokens.index("cash")  # en
looks = by_encoder.layers("attention.weights")[:, 0, :, at, clue]  # (L, H)
layer, head = divmod(int(looks.argmax()), looks.size(1))
head_view(encoder, ids, lang=LANG, layer=layer, heads=[head])

# %% [markdown] pt
# Um peso diz para onde a cabeça olhou, não quanto isso importou. Para saber, cortamos só essa ligação e vemos quanto do
# caminho até o vetor da outra frase o vetor de *banco* anda. O peso vai a zero **depois** do softmax: some só o que
# esta chave trazia, e as outras ficam como estavam. (Com −∞ **antes** do softmax, como na máscara da lição 03, as
# outras ganhariam o peso dela, e mediríamos duas mudanças de uma vez.)

# %% [markdown] en
# A weight tells where the head looked, not how much that mattered. To find out, we cut this one link and see how far
# *bank*'s vector moves on the way to its vector in the other sentence. The weight becomes zero **after** the softmax:
# only what this key brought is gone, and the others stay as they were. (With −∞ **before** the softmax, as in the mask
# of lesson 03, the others would gain its weight, and we would measure two changes at once.)

# %%
def cut(weights):
    weights = weights.clone()
    weights[:, head, at, clue] = 0
    return weights


with torch.no_grad(), edit(encoder, f"blocks.{layer}.attention.weights", cut):
    way = two - one
    moved = (encoder.hidden_states(ids)[0, at] - one) @ way / (way @ way)
print(f"peso: {looks.max():.0%}; sem ele o vetor anda {moved:.0%} do caminho")  # pt
print(f"weight: {looks.max():.0%}; without it the vector moves {moved:.0%} of the way")  # en

# %% [markdown] pt
# Quanto menos o vetor anda, mais a pista chega também por outros caminhos: outras cabeças, outras palavras. Por isso,
# ao lado de um peso, mostre sempre o que acontece sem ele.
#
# Agora, as oito palavras ambíguas. De cada ocorrência guardamos o vetor da palavra; com metade das pessoas calculamos o
# vetor médio de cada sentido, e na outra metade adivinhamos: vale o sentido cujo vetor médio está mais perto.

# %% [markdown] en
# The less the vector moves, the more the clue also arrives by other ways: other heads, other words. So, beside a
# weight, always show what happens without it.
#
# Now for all eight ambiguous words. From each occurrence we keep the word's vector; with half of the people we compute
# the mean vector of each meaning, and on the other half we guess: the meaning whose mean vector is nearest wins.

# %%
meanings, he = AMBIGUOUS_PT, "ele"  # 8 palavras, 2 sentidos, 2 pistas cada  # pt
before, after = "{a} {clue} . depois {he} {said} .", "{a} {said} . depois {he} {clue} ."  # pt
meanings, he = AMBIGUOUS_EN, "he"  # 8 words, 2 meanings, 2 clues each  # en
before, after = "{a} {clue} . then {he} {said} .", "{a} {said} . then {he} {clue} ."  # en


@torch.no_grad()
def vectors(model, form):
    """(people, words, meanings, clues, C): the vector of the ambiguous word in each sentence."""
    rows = []
    for m in meanings:
        said = [form.format(a=person.forms[""], he=person.forms[he], **m.forms) for person in PEOPLE]
        states = model.hidden_states(torch.tensor([[end, *town.tokenizer.encode(text)] for text in said]))
        rows.append(states[:, 1 + said[0].split().index(m.forms["word"])])  # (people, C)
    return torch.stack(rows, dim=1).unflatten(1, (8, 2, 2))


# %%
def share_right(found):
    centres = found[::2].mean((0, 3))  # (words, meanings, C)
    distance = (found[1::2, :, :, :, None] - centres[:, None, None]).norm(dim=-1)
    return (distance.argmin(-1) == torch.arange(2)[:, None]).float().mean()


# %%
for name, model in {"mini": mini, "mini-encoder": encoder}.items():
    first, last = (share_right(vectors(model, form)) for form in (before, after))
    print(f"{name:13s} pista antes: {first:.0%}   pista depois: {last:.0%}")  # pt
    print(f"{name:13s} clue before: {first:.0%}   clue after: {last:.0%}")  # en

# %% [markdown] pt
# Com a pista antes, os vetores dos dois modelos separam os sentidos. Com a pista depois, o do GPT acerta tanto quanto
# uma moeda; o do codificador, quase sempre. Quando o texto já está inteiro e é preciso **entender** cada palavra, ver
# os dois lados é uma vantagem.

# %% [markdown] en
# With the clue before, both models' vectors tell the meanings apart. With the clue after, GPT's does no better than a
# coin; the encoder's is nearly always right. When the text is already complete and each word is to be **understood**,
# seeing both sides is an advantage.

# %% [markdown] pt
# ## 3 · `[MASK]` não é máscara
#
# Um modelo que vê tudo não pode treinar adivinhando o próximo token: bastaria olhar. O BERT **corrompe a entrada**:
# troca alguns tokens, a maioria por `[MASK]`, e pergunta o que havia ali. A máscara causal não mexe na entrada: ela
# **bloqueia a atenção**.

# %% [markdown] en
# ## 3 · `[MASK]` is not a mask
#
# A model that sees everything cannot train by guessing the next token: it would only have to look. BERT **corrupts the
# input**: it replaces some tokens, most of them by `[MASK]`, and asks what was there. The causal mask leaves the input
# alone: it **blocks attention**.

# %%
hidden = "[MASK] está no banco . depois ela quer sacar dinheiro . <|endoftext|>"  # pt
hidden = "[MASK] walks to the bank . then she needs cash . <|endoftext|>"  # en
question = [end, *encoder.tokenizer.encode(hidden)]
filled = encoder(torch.tensor([question]))[0, 1].softmax(-1).detach()[: len(words)]

# %% [markdown] pt
# Também aqui a cidade sabe a resposta exata: a probabilidade de cada palavra, dadas **todas** as outras.

# %% [markdown] en
# Here, too, the town knows the exact answer: the probability of each word, given **all** the others.

# %%
truth = masked_probs(town, question[1:], 0)
figures.next_token_figure(words, filled, truth, LANG, 10, "mini-encoder")

# %% [markdown] pt
# “ela” revela que é uma mulher: oito nomes, todos com a mesma chance. O GPT, na mesma posição, ainda não leu nada:

# %% [markdown] en
# “she” gives away that it is a woman: eight names, all equally likely. GPT, at the same position, has read nothing yet:

# %%
guess = mini(torch.tensor([[end]]))[0, -1].softmax(-1).detach()
figures.next_token_figure(words, guess, town.next_token_probs([]), LANG, 10, "mini")

# %% [markdown] pt
# O preço: em cada frase, o GPT aprende com todos os tokens; o codificador, só com os escolhidos para a pergunta (15% no
# BERT). E as respostas do codificador não dão a probabilidade do texto: cada uma supõe conhecidos todos os outros
# tokens, e por isso o produto delas não é p(texto).
#
# ### Exercício 2 · a perda dos tokens escondidos
#
# `logits` (T, V) trazem a previsão para cada posição; `targets` (T,) traz o token que havia ali, ou −100 onde nada foi
# escondido. Retorne a perda (*loss*) média, em nats, sobre os tokens escondidos.

# %% [markdown] en
# The price: in each sentence GPT learns from every token, the encoder only from those chosen for the question (15% in
# BERT). And the encoder's answers do not give the probability of the text: each takes all the other tokens as known, so
# their product is not p(text).
#
# ### Exercise 2 · the loss of the hidden tokens
#
# `logits` (T, V) hold the prediction for each position; `targets` (T,) holds the token that was there, or −100 where
# nothing was hidden. Return the mean loss, in nats, over the hidden tokens.


# %%
def hidden_loss(logits, targets):
    return ...


check("hidden_loss", hidden_loss, LANG)

# %% [markdown] pt
# ## 4 · 2017: ler um texto, escrever outro
#
# O Transformer nasceu para traduzir. O codificador lê a frase inteira; o decodificador escreve a tradução, e cada bloco
# dele tem uma atenção a mais, a **atenção cruzada** (*cross-attention*): as consultas vêm do que se escreve; as chaves
# e os valores, do que se leu.

# %% [markdown] en
# ## 4 · 2017: read one text, write another
#
# The Transformer was born to translate. The encoder reads the whole sentence; the decoder writes the translation, and
# each of its blocks has one more attention, **cross-attention**: the queries come from what is being written, the keys
# and values from what was read.

# %%
read = "the oranges are red ."
source = torch.tensor([town.tokenizer.encode(read)])
written = translator.translate(source, start=end, stop=end, max_new_tokens=20)
print(town.tokenizer.decode(written[0, 1:]))

# %%
with record(translator, "*.cross_attention.weights") as trace:
    translator(written[:, :-1], memory=translator.encode(source))
weights = trace.layers("cross_attention.weights").mean((0, 1, 2))  # (T, S)
figures.attention_figure(weights, read.split(), LANG, queries=[words[i] for i in written[0, 1:]])

# %% [markdown] pt
# Cada linha é uma palavra **no momento em que vai ser escrita**. Ninguém deu ao tradutor um dicionário: o treino só
# pedia a próxima palavra. Repare no artigo: o inglês *the* não diz gênero nem número, e para escrever *as* quase todo o
# peso vai para *are*. O peso é só um indício: cortamos, uma de cada vez, as ligações com as palavras lidas. Que artigo
# sai?

# %% [markdown] en
# Each row is a word **at the moment of being written**. Nobody gave the translator a dictionary: training only asked
# for the next word. Look at the article: the English *the* tells neither gender nor number, and to write *as* almost
# all the weight goes to *are*. The weight is only a hint: we cut the links to the words read, one at a time. Which
# article comes out?

# %%
memory = translator.encode(source)
for place, word in enumerate(read.split()):
    keep = torch.ones(source.size(1))
    keep[place] = 0
    with edit(translator, "blocks.*.cross_attention.weights", keep.mul):
        article = translator(written[:, :1], memory=memory)[0, -1].argmax()
    print(f"{word:8s} → {words[article]}")

# %% [markdown] pt
# Sem *the*, nada muda; sem *are*, sai o artigo errado. O vetor que o codificador fez em *are* não é só dessa palavra: ele
# já leu a frase inteira.
#
# As três atenções do tradutor, cabeça por cabeça; escolha entre elas em “Atenção”. À esquerda está o token que o
# decodificador acabou de ler: a linha de *as* decide *laranjas*.
#
# **Antes de rodar:** em qual das três uma linha nunca desce?

# %% [markdown] en
# Without *the*, nothing changes; without *are*, the wrong article comes out. The vector that the encoder made at *are* is not
# of this word alone: it has read the whole sentence.
#
# The translator's three kinds of attention, head by head; choose among them at “Attention”. On the left is the token that the
# decoder has just read: the row of *as* decides on *laranjas*.
#
# **Before you run this:** in which of the three does a line never go down?

# %%
head_view(translator, source, written[:, :-1], lang=LANG, layer=1)

# %% [markdown] pt
# Na do decodificador: ela é mascarada, como a do GPT. A do codificador vê os dois lados; a cruzada, tudo o que foi
# lido.
#
# Um desenho é só um exemplo isolado. Em 150 frases sorteadas agora, com que frequência o maior peso de um nome ou de
# uma comida está na sua tradução?

# %% [markdown] en
# In the decoder's: it is masked, as GPT's is. The encoder's sees both sides; cross-attention sees all that was read.
#
# One picture is a single example. In 150 sentences drawn now, how often is the largest weight of a name or a food on
# its translation?

# %%
from itertools import islice

pairs = {person.forms[""]: person.forms[""] for person in PEOPLE}
pairs |= {food.forms["pt"]: food.forms["en"] for food in FOOD}
pairs |= {en: pt for pt, en in pairs.items()}
hits, chance = [], []
for source, target in islice(translation_pairs("alignment"), 150):
    with record(translator, "*.cross_attention.weights") as trace:
        translator(torch.tensor([[end, *target[:-1]]]), memory=translator.encode(torch.tensor([source])))
    looked_at = trace.layers("cross_attention.weights").mean((0, 1, 2)).argmax(-1)
    for token, place in zip(target, looked_at):
        if words[token] in pairs:
            hits.append(words[source[place]] == pairs[words[token]])
            chance.append(1 / len(source))

# %%
print(f"{sum(hits) / len(hits):.0%} de {len(hits)} palavras; ao acaso seriam {sum(chance) / len(chance):.0%}")  # pt
print(f"{sum(hits) / len(hits):.0%} of {len(hits)} words; by chance it would be {sum(chance) / len(chance):.0%}")  # en

# %% [markdown] pt
# E sem a atenção cruzada? Zeramos o que ela soma em todos os blocos:

# %% [markdown] en
# And without cross-attention? We set what it adds to zero in all blocks:

# %%
source = torch.tensor([town.tokenizer.encode(read)])
with edit(translator, "blocks.*.cross_attention", 0):
    blind = translator.translate(source, start=end, stop=end, max_new_tokens=12)
print(town.tokenizer.decode(blind[0, 1:]))

# %% [markdown] pt
# O decodificador ainda escreve uma frase da cidade, mas não sabe mais o que foi lido: esse era o único caminho.
#
# ### Exercício 3 · os pesos da atenção cruzada
#
# `q` (T, D) são as consultas do que se escreve; `k` (S, D), as chaves do que se leu. Retorne os pesos (T, S).

# %% [markdown] en
# The decoder still writes a sentence of the town, but it no longer knows what was read: that was the only path.
#
# ### Exercise 3 · the weights of cross-attention
#
# `q` (T, D) are the queries of what is being written; `k` (S, D), the keys of what was read. Return the weights (T, S).


# %%
def cross_weights(q, k):
    return ...


check("cross_attention", cross_weights, LANG)

# %% [markdown] pt
# ## 5 · Por que o GPT não precisa de nada disso
#
# **Antes de rodar:** o GPT não tem codificador nem atenção cruzada. Como ele traduz?

# %% [markdown] en
# ## 5 · Why GPT needs none of this
#
# **Before you run this:** GPT has neither an encoder nor cross-attention. How does it translate?

# %%
prompt = "in english : " + read + " in portuguese :"
ids = torch.tensor([[end, *town.tokenizer.encode(prompt)]])
answer = mini_gpt.generate(mini, ids, max_new_tokens=10, temperature=0, stop=end)
print(town.tokenizer.decode(answer[0, 1:]))

# %% [markdown] pt
# Ele põe o que leu e o que escreve **no mesmo texto**. Num GPT só a autoatenção leva informação de uma posição a outra:
# para escrever, ela olha para trás, e a frase em inglês está lá. Das cabeças do `mini`, a que dá mais peso à palavra
# que vai ser traduzida:

# %% [markdown] en
# It puts what it reads and what it writes **into one text**. In a GPT only self-attention carries information from one
# position to another: to write, it looks back, and the English sentence is there. Of `mini`'s heads, the one that gives
# most weight to the word that is about to be translated:

# %%
with record(mini, "*.weights") as trace:
    mini(answer[:, :-1])
looks = trace.layers("attention.weights")[:, 0]  # (L, H, T, S)
wrote, was_read = slice(ids.size(1) - 1, None), slice(4, 4 + len(read.split()))
heads = looks[:, :, wrote, was_read][..., [1, 3], [1, 3]].sum(-1)  # oranges: laranjas, red: vermelhas
layer, head = divmod(int(heads.argmax()), looks.size(1))
print(f"camada {layer}, cabeça {head}")  # pt
print(f"layer {layer}, head {head}")  # en

# %%
queries = [words[i] for i in answer[0, ids.size(1) :]]
figures.attention_figure(looks[layer, head, wrote, was_read], read.split(), LANG, queries=queries)

# %% [markdown] pt
# Um modelo só, um texto só, uma pergunta só: qual é o próximo token? Por isso a tarefa pode estar **escrita no texto**,
# que é a ideia do artigo (lição 09). E cada bloco tem menos parâmetros:

# %% [markdown] en
# One model, one text, one question: what is the next token? So the task can be **written in the text**, which is the
# paper's idea (lesson 09). And each block has fewer parameters:

# %%
for name, block in {"GPT-2": Block(GPTConfig.preset("gpt2")), "2017": DecoderBlock(GPTConfig.preset("gpt2"))}.items():
    size = f"{sum(p.numel() for p in block.parameters()) / 1e6:.1f}M"
    print(f"{name}: {local(size, LANG)}")

# %% [markdown] pt
# ## O que fica
#
# - No codificador e no GPT desta lição os blocos são os mesmos; só muda quem pode ver quem.
# - Ver os dois lados ajuda a entender; não ver o futuro permite escrever, e dá a probabilidade do texto.
# - `[MASK]` corrompe a entrada; a máscara causal bloqueia a atenção.
# - A atenção cruzada liga dois textos. O GPT-2 não a tem: lê e escreve no mesmo texto.
# - São modelos minúsculos numa cidade inventada: mostram os mecanismos, não as capacidades do BERT ou do GPT-2.
#
# [Agora vá para 07 Uma palavra, muitos vetores](07_context_embeddings.ipynb)

# %% [markdown] en
# ## What stays
#
# - In this lesson's encoder and GPT the blocks are the same; what differs is who may see whom.
# - Seeing both sides helps to understand; not seeing the future makes it possible to write, and gives the text's
#   probability.
# - `[MASK]` corrupts the input; the causal mask blocks attention.
# - Cross-attention links two texts. GPT-2 has none: it reads and writes in one text.
# - These are tiny models in a made-up town: they show the mechanisms, not what BERT or GPT-2 can do.
#
# [Now go on to 07 One word, many vectors](07_context_embeddings.ipynb)
