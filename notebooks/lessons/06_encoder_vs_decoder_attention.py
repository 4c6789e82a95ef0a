# %% [markdown] pt
# # 06 · A atenção do codificador e a do decodificador
#
# **Ao final, você** saberá o que muda quando um token vê os dois lados, terá medido o que o codificador sabe e o GPT não tem como
# saber, não confundirá mais `[MASK]` com máscara e poderá explicar o que a atenção cruzada faz e por que o GPT funciona sem ela. Para
# ir além: onde um tradutor olha quando escreve.
#
# Slides: como funciona o Transformer?; o BERT e o GPT-2; duas máscaras · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 06 · The encoder's attention and the decoder's
#
# **By the end, you** will be able to say what changes when a token sees both sides, measure what the encoder knows and GPT
# cannot know, tell `[MASK]` from a mask, and explain what cross-attention does and why GPT works without it. Going further:
# where a translator looks when it writes.
#
# Slides: how does the Transformer work?; BERT and GPT-2; two masks · {minutes} · **[glossary](glossary.ipynb)**

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
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, compare_masked, held_out_documents, masked_probs
from mini_gpt.lesson.words import local
from mini_gpt.model import Block, causal_mask

# %% [markdown] pt
# ## 1 · A mesma frase, lida de dois jeitos
#
# Três modelos treinados na mesma cidade e montados com as mesmas peças: `mini` é um GPT, um **decodificador** (*decoder*);
# `mini-encoder` é um **codificador** (*encoder*) e lê para os dois lados, como o BERT; `mini-translator` tem as duas metades, como o
# **Transformer** de 2017.

# %% [markdown] en
# ## 1 · The same sentence, read in two ways
#
# Three models trained on the same town and built from the same parts: `mini` is a GPT, a **decoder**; `mini-encoder` is an
# **encoder** and reads in both directions, like BERT; `mini-translator` has both halves, like the **Transformer** of 2017.

# %%
LANG = "pt"  # pt
LANG = "en"  # en
mini, encoder, translator = (mini_gpt.load(name) for name in ("mini", "mini-encoder", "mini-translator"))
town = Town()
words, end = town.tokenizer.words, town.tokenizer.end_of_text

# %% [markdown] pt
# **Antes de rodar:** cada linha é um token que olha (a consulta); cada coluna, um token olhado (a chave). Em qual dos dois desenhos
# o canto superior direito fica vazio?

# %% [markdown] en
# **Before you run this:** each row is a token that looks (the query), each column one that is looked at (the key). In which of the
# two pictures is the upper right corner empty?

# %%
sentence = "ana está no banco . depois ela quer sacar dinheiro ."  # pt
sentence = "ana walks to the bank . then she needs cash ."  # en
tokens = ["<|endoftext|>", *sentence.split()]
ids = torch.tensor([[end, *town.tokenizer.encode(sentence)]])
with record(mini, "*.weights") as by_mini, record(encoder, "*.weights") as by_encoder:
    mini(ids), encoder(ids)
figures.attention_figure(by_mini["blocks.1.attention.weights"][0], tokens, LANG)

# %%
figures.attention_figure(by_encoder["blocks.1.attention.weights"][0], tokens, LANG)

# %% [markdown] pt
# No primeiro, o do GPT, nenhum token olha para a direita. No segundo, o do codificador, cada um pode olhar para os dois lados.
# Somando todas as cabeças de todas as camadas, que fração do peso vai para o que vem depois?

# %% [markdown] en
# In the first, GPT's: no token looks to the right. In the second, the encoder's, each may look both ways. Over all heads of all
# layers, what share of the weight goes to tokens that come later?

# %%
future = ~causal_mask(len(tokens))
for name, trace in {"mini": by_mini, "mini-encoder": by_encoder}.items():
    weights = trace.layers("attention.weights")  # (L, B, H, T, S)
    print(f"{name:13s}{weights[..., future].sum() / weights.sum():.0%}")

# %% [markdown] pt
# O **BertViz** desenha cada peso como uma linha: à esquerda o token que olha, à direita o olhado, cada cabeça com a sua cor. Rode a
# célula, e a figura fica interativa: aponte para um token, troque a camada, ligue outras cabeças. Duas cabeças do codificador:

# %% [markdown] en
# **BertViz** draws each weight as a line: on the left the token that looks, on the right the one looked at, each head in its
# own colour. Run the cell, and the picture becomes interactive: point at a token, change the layer, switch other heads on. Two
# of the encoder's heads:

# %%
head_view(encoder, ids, lang=LANG, layer=0, heads=[0, 2])

# %% [markdown] pt
# A azul olha sobretudo para o token anterior; a verde, sobretudo para o **seguinte**, e uma cabeça assim é impossível no GPT.
# **Antes de rodar:** as 16 cabeças do `mini`, uma linha de quadros por camada. Alguma linha desce?

# %% [markdown] en
# The blue one looks mostly at the token before; the green one mostly at the **next**, which no head of a GPT can do.
# **Before you run this:** all 16 heads of `mini`, a row of squares for each layer. Does any line go down?

# %%
model_view(mini, ids, lang=LANG)

# %% [markdown] pt
# Nenhuma desce, e não há dois quadros iguais, embora ninguém tenha dito às cabeças o que procurar.
#
# Entre estes dois modelos, a máscara é a única diferença dentro dos blocos. Com os mesmos pesos, um GPT novo que pode ver tudo vira o
# codificador; com a máscara causal, o codificador vira o GPT. (O BERT publicado difere do GPT-2 em mais: normaliza depois de cada
# soma, *post-LN*, e não antes, *pre-LN*; Devlin et al. 2018.)

# %% [markdown] en
# None goes down, and no two squares are alike, though nobody told the heads what to look for.
#
# Between these two models the mask is the only difference inside the blocks. With the same weights, a new GPT that may
# see everything becomes the encoder; with the causal mask, the encoder becomes the GPT. (The published BERT differs
# from GPT-2 in other ways, too: it normalises after each sum, *post-LN*, not before, *pre-LN*; Devlin et al. 2018.)

# %%
gpt, reader = GPT(NANO), Encoder(NANO)
gpt.load_state_dict(reader.state_dict())
everything = torch.ones(len(tokens), len(tokens), dtype=torch.bool)
assert_close(gpt(ids, mask=everything), reader(ids))
assert_close(reader(ids, mask=causal_mask(len(tokens))), gpt(ids))

# %% [markdown] pt
# ### Exercício 1 · a máscara do codificador
#
# Num lote (*batch*), as frases curtas são completadas com padding (preenchimento). `real` (B, S) diz quais dos S tokens de cada uma
# das B frases são de verdade. Retorne a máscara (B, S, S) do codificador: cada consulta vê todas as chaves de verdade, e nenhuma
# outra.

# %% [markdown] en
# ### Exercise 1 · the encoder's mask
#
# In a batch, short sentences are filled up with padding. `real` (B, S) tells which of the S tokens of each of the B sentences are
# real. Return the encoder's mask (B, S, S): each query sees all real keys, and no others.


# %%
def encoder_mask(real):
    return ...


check("padding", encoder_mask, LANG)

# %% [markdown] pt
# ## 2 · O que só se sabe depois
#
# A cidade tem palavras de dois sentidos: neste *banco* se guarda dinheiro ou se descansa? Às vezes, só o que vem **depois** decide.
# **Antes de rodar:** depois do último bloco, o vetor de *banco* é igual nas duas frases, em cada modelo?

# %% [markdown] en
# ## 2 · What is known only later
#
# The town has words with two meanings: does this *bank* keep money, or is it a river's? Sometimes only what comes
# **after** tells. **Before you run this:** after the last block, is the vector of *bank* the same in the two sentences,
# in each model?

# %%
other = "ana está no banco . depois ela olha as árvores ."  # pt
other = "ana walks to the bank . then she likes to fish ."  # en
other_ids = torch.tensor([[end, *town.tokenizer.encode(other)]])
at = tokens.index("banco")  # pt
at = tokens.index("bank")  # en
for name, model in {"mini": mini, "mini-encoder": encoder}.items():
    one, two = model.hidden_states(ids)[0, at], model.hidden_states(other_ids)[0, at]
    print(f"{name:13s}", "igual" if torch.allclose(one, two, atol=1e-5) else "diferente")  # pt
    print(f"{name:13s}", "equal" if torch.allclose(one, two, atol=1e-5) else "different")  # en

# %% [markdown] pt
# Para o GPT, até ali as duas frases são a mesma. Mais treino não ajudaria: a informação não está à esquerda. (A lição 07
# mede isso, camada por camada.) Quando o texto já está inteiro e é preciso **entender** cada palavra, ver os dois lados é uma
# vantagem.
#
# ## 3 · `[MASK]` não é máscara
#
# Um modelo que vê tudo não pode treinar adivinhando o próximo token: bastaria olhar (lição 03). O BERT **corrompe a entrada**: troca
# alguns tokens, a maioria por `[MASK]`, e pergunta o que havia ali (*masked language modeling*, MLM). A máscara causal não mexe na
# entrada: ela **bloqueia a atenção**. Escondemos o nome:

# %% [markdown] en
# To GPT, the two sentences are the same up to there. More training would not help: the information is not on the left. (Lesson 07
# measures this, layer by layer.) When the text is already complete and each word is to be **understood**, seeing
# both sides is an advantage.
#
# ## 3 · `[MASK]` is not a mask
#
# A model that sees everything cannot train by guessing the next token: it would simply look (lesson 03). BERT
# **corrupts the input**: it replaces some tokens, most of them by `[MASK]`, and asks what was there (*masked language
# modelling*, MLM). The causal mask leaves the input alone: it **blocks attention**. We hide the name:

# %%
hidden = "[MASK] está no banco . depois ela quer sacar dinheiro . <|endoftext|>"  # pt
hidden = "[MASK] walks to the bank . then she needs cash . <|endoftext|>"  # en
question = [end, *encoder.tokenizer.encode(hidden)]
filled = encoder(torch.tensor([question]))[0, 1].softmax(-1).detach()[: len(words)]  # só as palavras da cidade  # pt
filled = encoder(torch.tensor([question]))[0, 1].softmax(-1).detach()[: len(words)]  # the town's words only  # en

# %% [markdown] pt
# Também aqui a cidade sabe a resposta exata: a probabilidade de cada palavra, dadas **todas** as outras.

# %% [markdown] en
# Here, too, the town knows the exact answer: the probability of each word, given **all** the others.

# %%
truth = masked_probs(town, question[1:], 0)
figures.next_token_figure(words, filled, truth, LANG, 10, "mini-encoder")

# %% [markdown] pt
# “ela” revela que é uma mulher: oito nomes, todos com quase a mesma chance. **Antes de rodar:** e o GPT, na mesma posição? Quanto ele
# dá a um nome de mulher e a um de homem?

# %% [markdown] en
# “she” gives away that it is a woman: eight names, all about equally likely. **Before you run this:** and GPT, at the same position?
# What does it give to a woman's name, and to a man's?

# %%
guess = mini(torch.tensor([[end]]))[0, -1].softmax(-1)
for name, p in {"mini-encoder": filled, "mini": guess}.items():
    ana, leo = p[town.tokenizer.encode("ana leo")]
    print(f"{name:13s}", local(f"p(ana) = {ana:.2f}   p(leo) = {leo:.2f}", LANG))

# %% [markdown] pt
# Ele ainda não leu nada. E em média? Em 30 documentos, quanto cada modelo paga por token, em nats (a perda), e quanto pagaria quem
# conhece todas as regras e vê o mesmo que ele (o piso)? Para o codificador, escondemos um token de cada vez:

# %% [markdown] en
# It has read nothing yet. And on average? In 30 documents, what each model pays for a token, in nats (the loss), and what someone
# would pay who knows all the rules and sees the same as the model (the floor). For the encoder we hide one token at a time:

# %%
documents = held_out_documents(town, 30, "lesson 06, both sides")
paid = {"mini": compare(mini, town, documents), "mini-encoder": compare_masked(encoder, town, documents)}
for name, each in paid.items():
    print(f"{name:13s}", local(f"perda {each.loss:.2f}   piso {each.floor:.2f}", LANG))  # pt
    print(f"{name:13s}", f"loss {each.loss:.2f}   floor {each.floor:.2f}")  # en

# %% [markdown] pt
# Com os dois lados à vista, um token surpreende bem menos: o codificador fica muito abaixo do piso do GPT, e não trapaceia, porque a
# resposta foi tirada da entrada.
#
# O preço: em cada frase, o GPT aprende com todos os tokens; o codificador, só com os escolhidos para a pergunta (15% no BERT). E as
# respostas do codificador não dão a probabilidade do texto: cada uma supõe conhecidos todos os outros tokens, e por isso o produto
# delas não é p(texto).
#
# ### Exercício 2 · a perda dos tokens escondidos
#
# `logits` (T, V) trazem a previsão para cada posição; `targets` (T,) traz o token que havia ali, ou −100 onde nada foi escondido.
# Retorne a perda (*loss*) média, em nats, sobre os tokens escondidos.

# %% [markdown] en
# With both sides in sight a token is much less of a surprise: the encoder is far below GPT's floor, and it does not cheat, since the
# answer was taken out of the input.
#
# The price: in each sentence GPT learns from every token, the encoder only from those chosen for the question (15% in BERT). And the
# encoder's answers do not give the probability of the text: each takes all the other tokens as known, so their product is not
# p(text).
#
# ### Exercise 2 · the loss of the hidden tokens
#
# `logits` (T, V) hold the prediction for each position; `targets` (T,) holds the token that was there, or −100 where nothing was
# hidden. Return the mean loss, in nats, over the hidden tokens.


# %%
def hidden_loss(logits, targets):
    return ...


check("hidden_loss", hidden_loss, LANG)

# %% [markdown] pt
# ## 4 · 2017: ler um texto, escrever outro
#
# O Transformer nasceu para traduzir. O codificador lê a frase inteira; o decodificador escreve a tradução, e cada bloco dele tem uma
# atenção a mais, a **atenção cruzada** (*cross-attention*): as consultas vêm do que se escreve; as chaves e os valores, do que se
# leu.

# %% [markdown] en
# ## 4 · 2017: read one text, write another
#
# The Transformer was born to translate. The encoder reads the whole sentence; the decoder writes the translation, and each of its
# blocks has one more attention, **cross-attention**: the queries come from what is being written, the keys and values from what was
# read.

# %%
read = "the oranges are red ."
source = torch.tensor([town.tokenizer.encode(read)])
written = translator.translate(source, start=end, stop=end, max_new_tokens=20)
print(town.tokenizer.decode(written[0, 1:]))

# %% [markdown] pt
# E sem a atenção cruzada? Zeramos o que ela soma em todos os blocos. **Antes de rodar:** o decodificador para, escreve qualquer coisa
# ou traduz pior?

# %% [markdown] en
# And without cross-attention? We set what it adds to zero in all blocks. **Before you run this:** will the decoder
# stop, write something unrelated, or translate worse?

# %%
with edit(translator, "blocks.*.cross_attention", 0):
    blind = translator.translate(source, start=end, stop=end, max_new_tokens=12)
print(town.tokenizer.decode(blind[0, 1:]))

# %% [markdown] pt
# Ele ainda escreve uma frase da cidade, mas não sabe mais o que foi lido: esse era o único caminho.
#
# ## 5 · Por que o GPT não precisa de nada disso
#
# **Antes de rodar:** o GPT não tem codificador nem atenção cruzada. Como ele traduz?

# %% [markdown] en
# It still writes a sentence of the town, but it no longer knows what was read: that was the only path.
#
# ## 5 · Why GPT needs none of this
#
# **Before you run this:** GPT has neither an encoder nor cross-attention. How does it translate?

# %%
prompt = "in english : " + read + " in portuguese :"
prompt_ids = torch.tensor([[end, *town.tokenizer.encode(prompt)]])
answer = mini_gpt.generate(mini, prompt_ids, max_new_tokens=10, temperature=0, stop=end)
print(town.tokenizer.decode(answer[0, 1:]))

# %% [markdown] pt
# Ele põe o que leu e o que escreve **no mesmo texto**. Num GPT só a autoatenção (*self-attention*) leva informação de uma posição a
# outra: para escrever, ela olha para trás, e a frase em inglês está lá. Um modelo só, um texto só, uma pergunta só: qual é o próximo
# token? Por isso a tarefa pode estar **escrita no texto**, que é a ideia do artigo (lição 09). E cada bloco tem menos parâmetros:

# %% [markdown] en
# It puts what it reads and what it writes **into one text**. In a GPT only self-attention carries information from one position to
# another: to write, it looks back, and the English sentence is there. One model, one text, one question: what is the next token? So
# the task can be **written in the text**, which is the paper's idea (lesson 09). And each block has fewer parameters:

# %%
for name, block in {"GPT-2": Block(GPTConfig.preset("gpt2")), "2017": DecoderBlock(GPTConfig.preset("gpt2"))}.items():
    size = f"{sum(p.numel() for p in block.parameters()) / 1e6:.1f}M"
    print(f"{name}: {local(size, LANG)}")

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
# - No codificador e no GPT desta lição os blocos são os mesmos; só muda quem pode ver quem.
# - Ver os dois lados ajuda a entender; não ver o futuro permite escrever, e dá a probabilidade do texto.
# - `[MASK]` corrompe a entrada; a máscara causal bloqueia a atenção.
# - A atenção cruzada liga dois textos. O GPT-2 não a tem: lê e escreve no mesmo texto.
# - São modelos minúsculos numa cidade inventada: mostram os mecanismos, não as capacidades do BERT ou do GPT-2.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_06.py`](../../mini_gpt/lesson/exercises/lesson_06.py).
#
# [Agora vá para 07 Uma palavra, muitos vetores](07_context_embeddings.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - In this lesson's encoder and GPT the blocks are the same; what differs is who may see whom.
# - Seeing both sides helps understanding; not seeing the future makes writing possible, and gives the text's
#   probability.
# - `[MASK]` corrupts the input; the causal mask blocks attention.
# - Cross-attention links two texts. GPT-2 has none: it reads and writes in one text.
# - These are tiny models in a made-up town: they show the mechanisms, not what BERT or GPT-2 can do.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_06.py`](../../mini_gpt/lesson/exercises/lesson_06.py).
#
# [Now go on to 07 One word, many vectors](07_context_embeddings.ipynb)

# %% [markdown] pt
# ## Para ir além
#
# {minutes}. De onde sai um escore, número por número, e onde um tradutor olha quando escreve. Aqui é um bom lugar para uma pausa.
#
# ## 6 · Um escore, número por número
#
# Uma cabeça do `mini` dá bastante peso à ligação de *ela* com *ana*. **Antes de rodar:** de quais dois vetores sai esse escore?

# %% [markdown] en
# ## Going further
#
# {minutes}. Where a score comes from, number by number, and where a translator looks when it writes. Here is a good place for a
# break.
#
# ## 6 · A score, number by number
#
# One of `mini`'s heads gives a large weight to the link from *she* to *ana*. **Before you run this:** from which two
# vectors is that score computed?

# %%
upto = 1 + tokens.index("ela")  # pt
upto = 1 + tokens.index("she")  # en
neuron_view(mini, ids[:, :upto], lang=LANG, layer=2, head=0)

# %% [markdown] pt
# Da consulta de *ela* e da chave de *ana*: as duas se multiplicam número por número; a soma, dividida por √32, é o escore; o
# softmax transforma os escores em pesos. Rode, aponte para outro token e clique no + ao lado dele: com outra consulta, outras chaves pesam
# mais.
#
# ## 7 · Dentro do tradutor
#
# Onde o decodificador olha, na frase lida, para escrever cada palavra? A média de todas as cabeças da atenção cruzada:

# %% [markdown] en
# From the query of *she* and the key of *ana*: multiply number by number; the sum, divided by √32, is the score; the softmax turns
# the scores into weights. Run it, point at another token, and click on the + beside it: with another query, other keys weigh more.
#
# ## 7 · Inside the translator
#
# Where does the decoder look, in the sentence it read, to write each word? The mean of all heads of cross-attention:


# %%
def looks(source, written):
    """(T, S): para onde o decodificador olha na frase lida ao escrever o próximo token, na média das cabeças."""  # pt
    """(T, S): where the decoder looks in the sentence read when it writes the next token, averaged over its heads."""  # en
    with record(translator, "*.cross_attention.weights") as trace:
        translator(written, memory=translator.encode(source))
    return trace.layers("cross_attention.weights").mean((0, 1, 2))


# %%
queries = [words[i] for i in written[0, 1:]]
figures.attention_figure(looks(source, written[:, :-1]), read.split(), LANG, queries=queries)

# %% [markdown] pt
# Cada linha é uma palavra **no momento em que vai ser escrita**. Ninguém deu ao tradutor um dicionário: o treino só pedia a próxima
# palavra. Repare no *the*: ele não diz gênero nem número, e para escrever *as* quase todo o peso vai para *are*. O peso é
# só um indício (lição 03): cortamos, uma de cada vez, as ligações com as palavras lidas. Que artigo sai?

# %% [markdown] en
# Each row is a word **at the moment of being written**. Nobody gave the translator a dictionary: training only asked
# for the next word. Look at the article: the English *the* shows neither gender nor number, and to write *as* almost
# all the weight goes to *are*. The weight is only a hint (lesson 03): we cut the links to the words read, one at a
# time. Which article comes out?

# %%
memory = translator.encode(source)
for place, word in enumerate(read.split()):
    keep = torch.ones(source.size(1))
    keep[place] = 0
    with edit(translator, "blocks.*.cross_attention.weights", keep.mul):
        article = translator(written[:, :1], memory=memory)[0, -1].argmax()
    print(f"{word:8s} → {words[article]}")

# %% [markdown] pt
# Sem *the*, nada muda; sem *are*, sai o artigo errado. O vetor que o codificador dá a *are* não é só dessa palavra: ele já leu a
# frase inteira.
#
# As três atenções do tradutor, cabeça por cabeça; escolha entre elas em “Atenção”. À esquerda está o token que o decodificador acabou
# de ler: a linha de *as* decide *laranjas*. **Antes de rodar:** em qual das três uma linha nunca desce?

# %% [markdown] en
# Without *the*, nothing changes; without *are*, the wrong article comes out. The vector that the encoder made at *are*
# holds more than this word: the encoder has read the whole sentence.
#
# The translator's three kinds of attention, head by head; choose one under “Attention”. On the left is the token that
# the decoder has just read: the row of *as* decides on *laranjas*. **Before you run this:** in which of the three does
# a line never go down?

# %%
head_view(translator, source, written[:, :-1], lang=LANG, layer=1)

# %% [markdown] pt
# Na do decodificador: ela é mascarada, como a do GPT. A do codificador vê os dois lados; a cruzada, tudo o que foi lido.
#
# Um desenho é só um exemplo isolado. Em 150 frases sorteadas agora, com que frequência, ao escrever um nome, o maior peso está no
# mesmo nome?

# %% [markdown] en
# In the decoder's: it is masked, as GPT's is. The encoder's sees both sides; cross-attention sees all that was read.
#
# One picture is a single example. In 150 sentences drawn now, how often is the largest weight on a name when that name is written?

# %%
from itertools import islice

from mini_gpt.lesson.town import PEOPLE, translation_pairs

names = [town.tokenizer.ids[person.forms[""]] for person in PEOPLE]
hits, lengths = [], []
for read_ids, target in islice(translation_pairs("alignment"), 150):
    most = looks(torch.tensor([read_ids]), torch.tensor([[end, *target[:-1]]])).argmax(-1)
    for place, token in zip(most, target):
        if token in names:
            hits.append(read_ids[place] == token)
            lengths.append(len(read_ids))
print(f"{sum(hits) / len(hits):.0%} de {len(hits)} nomes, em frases de {sum(lengths) / len(lengths):.0f} tokens")  # pt
print(f"{sum(hits) / len(hits):.0%} of {len(hits)} names, in sentences of {sum(lengths) / len(lengths):.0f} tokens")  # en

# %% [markdown] pt
# ### Exercício 3 · os pesos da atenção cruzada
#
# `q` (T, D) são as consultas do que se escreve; `k` (S, D), as chaves do que se leu. Retorne os pesos (T, S).

# %% [markdown] en
# ### Exercise 3 · the weights of cross-attention
#
# `q` (T, D) are the queries of what is being written; `k` (S, D), the keys of what was read. Return the weights (T, S).


# %%
def cross_weights(q, k):
    return ...


check("cross_attention", cross_weights, LANG)
