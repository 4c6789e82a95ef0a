# %% [markdown] pt
# # 03 · Atenção e máscaras
#
# **Ao final, você** terá calculado a atenção à mão, saberá por que os escores são divididos pela raiz de D, terá visto um
# modelo trapacear sem a máscara e verificado que do futuro não vem nada. A segunda parte mede o que um peso de atenção explica.
#
# Slides: atenção; a raiz; quem pode ver quem; peso não é efeito · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 03 · Attention and masks
#
# **By the end, you** will have worked out attention by hand, seen why scores are divided by the square root of D, watched a
# model cheat without the mask, and checked that nothing comes from the future. The second part measures what an attention
# weight explains.
#
# Slides: attention; the root; who may see whom; a weight is not an effect · {minutes} · **[glossary](glossary.ipynb)**

# %%
MODEL = "mini"  # ou "mini-books", "gpt2", uma pasta: mude, reinicie e rode tudo; o texto descreve o mini  # pt
MODEL = "mini"  # or "mini-books", "gpt2", a folder: change it, restart, run all; the text describes mini  # en

# %%
import torch
import torch.nn.functional as F
from torch.testing import assert_close

import mini_gpt
from mini_gpt import GPT, GPTConfig, edit, record
from mini_gpt.lesson import figures
from mini_gpt.lesson.any_model import ids_of, places_of, spelled
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import local
from mini_gpt.model import attention_scores, attention_weights, causal_mask, padding_mask, prefix_mask

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · À mão: quatro tokens, duas dimensões
#
# A **atenção** leva informação de um token a outro. Cada token tem três vetores: o que ele **procura** (consulta, *query*, q),
# como ele **é encontrado** (chave, *key*, k) e o que ele **entrega** (valor, *value*, v). No modelo, eles vêm de três multiplicações
# por matrizes aprendidas; aqui escrevemos os números. T é o número de consultas; S, o de chaves; D, o de dimensões.

# %% [markdown] en
# ## 1 · By hand: four tokens, two dimensions
#
# **Attention** carries information from one token to another. Each token has three vectors: what it **looks for** (query, q),
# how it **is found** (key, k), and what it **hands over** (value, v). In a model they come from three products with learned
# matrices; here we write the numbers down. T is the number of queries, S that of keys, D that of dimensions.

# %%
tokens = ["ana", "compra", "pão", "."]  # pt
tokens = ["ana", "buys", "bread", "."]  # en
q = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])  # (T, D)
k = torch.tensor([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0], [0.0, 0.0]])  # (S, D)
v = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0]])  # (S, D)

# %% [markdown] pt
# O **escore** de uma consulta para uma chave é o produto escalar das duas, dividido pela raiz de D. **Antes, no papel:** qual é
# o escore da consulta de “compra” para a chave de “ana”?

# %% [markdown] en
# The **score** of a query and a key is their dot product, divided by the square root of D. **On paper first:** what is
# the score of the query of “buys” and the key of “ana”?

# %%
T, D = q.shape
scores = torch.zeros(T, T)
for t in range(T):
    for s in range(T):
        scores[t, s] = (q[t] * k[s]).sum() / D**0.5
print(scores)

# %% [markdown] pt
# As linhas são consultas; as colunas, chaves: o escore está na segunda linha, (2·3 + 0·0) / √2. Os dois loops são uma só
# multiplicação de matrizes (`.mT` transpõe), e o `mini_gpt` faz a mesma conta:

# %% [markdown] en
# Rows are queries, columns are keys: the score is in the second row, (2·3 + 0·0) / √2. The two loops are one matrix product
# (`.mT` transposes), and `mini_gpt` does the same:

# %%
assert_close(q @ k.mT / D**0.5, scores)
assert_close(attention_scores(q, k), scores)

# %% [markdown] pt
# O softmax transforma os escores em **pesos**, números positivos que somam 1. **Antes de rodar:** o que soma 1, cada linha ou cada
# coluna?

# %% [markdown] en
# Softmax turns the scores into **weights**, positive numbers that sum to 1. **Before you run this:** what sums to 1, each row or
# each column?

# %%
weights = scores.exp() / scores.exp().sum(dim=-1, keepdim=True)
assert_close(attention_weights(scores), weights)
print("linhas ", weights.sum(dim=1))  # pt
print("colunas", weights.sum(dim=0))  # pt
print("rows   ", weights.sum(dim=1))  # en
print("columns", weights.sum(dim=0))  # en

# %%
figures.attention_figure(weights, tokens, LANG)

# %% [markdown] pt
# Em cada linha, uma consulta reparte uma unidade de atenção entre as chaves. O que o token recebe é a mistura dos valores com esses
# pesos. O PyTorch faz tudo em uma chamada:

# %% [markdown] en
# Each row: a query shares out one unit of attention among the keys. What the token receives is the mixture of the values with
# these weights. PyTorch does all of it in one call:

# %%
mixed = weights @ v  # (T, D)
assert_close(F.scaled_dot_product_attention(q, k, v), mixed)
print(mixed[1])  # perto do valor de “ana”: “compra” olha mais para ela  # pt
print(mixed[1])  # close to the value of “ana”, where “buys” looks most  # en

# %% [markdown] pt
# ## 2 · Por que dividir pela raiz de D
#
# **Antes de rodar:** vetores de números sorteados, com desvio padrão 1 e cada vez mais dimensões. O que acontece com o desvio
# padrão do produto escalar? E com o maior dos pesos entre 64 chaves, sem dividir e dividindo?

# %% [markdown] en
# ## 2 · Why divide by the square root of D
#
# **Before you run this:** fill longer and longer vectors with random numbers of standard deviation 1. What happens to
# the standard deviation of the dot product? And to the largest weight among 64 keys, undivided and divided?

# %%
dice = torch.Generator().manual_seed(0)
print("   D  desvio      sem √D    com √D")  # pt
print("   D  spread   undivided   divided")  # en
for width in (4, 16, 64, 256):
    products = torch.randn(1000, width, generator=dice) @ torch.randn(width, 64, generator=dice)
    raw, divided = (each.softmax(-1).amax(-1).mean() for each in (products, products / width**0.5))
    print(local(f"{width:4d}{products.std():8.0f}{raw:12.2f}{divided:10.2f}", LANG))

# %% [markdown] pt
# O produto é uma soma de D parcelas independentes: a variância cresce com D; o desvio padrão, com a raiz de D. Sem a divisão, com
# D grande uma só chave leva, por puro acaso, quase todo o peso: o softmax **satura**. Com a divisão, o maior peso não depende de D.
#
# ## 3 · Cabeças
#
# Uma atenção dá a cada token uma só mistura. Por isso o modelo faz várias lado a lado, as **cabeças** (*heads*), cada uma com
# q, k e v próprios. O `mini` empilha L = 4 **camadas** (*layers*), cada uma com H = 4 cabeças. Nele o vetor de um token tem C =
# 128 números (d_model), e cada cabeça trabalha com D = C / H = 32 (d_head). `record` guarda o que passa por dentro do modelo:

# %% [markdown] en
# The product is a sum of D independent terms: its variance grows with D, its standard deviation with the square root of D.
# Undivided, with a large D, a single key takes almost all the weight by mere chance: the softmax **saturates**. Divided, the
# largest weight does not depend on D.
#
# ## 3 · Heads
#
# A single attention gives each token one mixture. So a model runs several side by side, the **heads**, each with its
# own q, k and v. `mini` stacks four **layers**, each with H = 4 heads. A token's vector there has C = 128 numbers
# (d_model), and each head works with D = C / H = 32 (d_head). `record` keeps what the model computes inside:

# %%
gpt = mini_gpt.load(MODEL)
text = "ana compra um livro na praça . ela"  # pt
text = "ana buys a book in the square . she"  # en
ids = ids_of(text, gpt)  # (B, T), depois de <|endoftext|>; B são os textos lidos de uma vez  # pt
ids = ids_of(text, gpt)  # (B, T), after <|endoftext|>; B is how many texts are read at once  # en
T, D = ids.size(1), gpt.config.d_head
with record(gpt) as trace:
    gpt(ids)

# %% [markdown] pt
# **Antes de rodar:** os escores da camada 0 são divididos pela raiz de quê, de C = 128 ou de D = 32?

# %% [markdown] en
# **Before you run this:** the scores of layer 0 are divided by the square root of which, C = 128 or D = 32?

# %%
q, k = trace["blocks.0.attention.queries"], trace["blocks.0.attention.keys"]
print(tuple(q.shape))  # (B, H, T, D)
head_scores = q @ k.mT / D**0.5
assert_close(head_scores, trace["blocks.0.attention.scores"])

# %% [markdown] pt
# De D: o produto soma só os 32 números de uma cabeça. E de onde vêm esses 32? Eles não são uma fatia do vetor do token: cada
# cabeça **projeta o vetor inteiro**, com as suas linhas de uma matriz aprendida. A consulta da cabeça 1 (`x` são os vetores dos
# tokens, normalizados: lição 04):

# %% [markdown] en
# D: the product sums over only the 32 numbers of one head. And where do these 32 come from? They are not a slice of the
# token's vector: each head **projects the whole vector**, with its own rows of a learned matrix. The query of head 1
# (`x` holds the tokens' vectors, normalised: lesson 04):

# %%
x = gpt.blocks[0].attention_norm(trace["embedding"])  # (B, T, C)
learned = gpt.blocks[0].attention.qkv
rows = slice(D, 2 * D)
print(tuple(learned.weight[rows].shape))  # (D, C)
assert_close(x @ learned.weight[rows].T + learned.bias[rows], q[:, 1], rtol=1e-4, atol=1e-4)

# %% [markdown] pt
# ### Exercício 1 · escores
#
# `q` (H, T, D) e `k` (H, S, D) são as consultas e as chaves de H cabeças. Retorne os escores (H, T, S).

# %% [markdown] en
# ### Exercise 1 · scores
#
# `q` (H, T, D) and `k` (H, S, D) are the queries and keys of H heads. Return the scores (H, T, S).


# %%
def scores_of(q, k):
    return ...


check("scores", scores_of, LANG)

# %% [markdown] pt
# ## 4 · Máscaras
#
# Uma máscara diz quem pode ver quem: True é “pode”. Na **causal**, a do GPT, cada token vê os anteriores **e a si mesmo**: a posição
# t prevê o token t + 1, e para isso pode usar tudo até t.

# %% [markdown] en
# ## 4 · Masks
#
# A mask says who may see whom: True is “may”. In the **causal** mask, GPT's, each token sees those before it **and itself**:
# position t predicts token t + 1, and may use everything up to t.

# %%
causal_mask(4).int()

# %% [markdown] pt
# Um escore bloqueado vira menos infinito **antes** do softmax: o peso fica 0, e as outras chaves repartem o total. **Antes de
# rodar:** com os números da seção 1, como fica a primeira linha?

# %% [markdown] en
# A blocked score becomes minus infinity **before** the softmax: its weight is 0, and the other keys share the total.
# **Before you run this:** with the numbers of section 1, what happens to the first row?

# %%
figures.attention_figure(attention_weights(scores, causal_mask(4)), tokens, LANG)

# %% [markdown] pt
# O primeiro token só vê a si mesmo: peso 1, qualquer que seja o escore. No `mini`, a mesma conta:

# %% [markdown] en
# The first token sees only itself: weight 1, whatever the score. In `mini`, the same arithmetic:

# %%
by_hand = head_scores.masked_fill(~causal_mask(T), -torch.inf).softmax(-1)
assert_close(by_hand, trace["blocks.0.attention.weights"])

# %% [markdown] pt
# ### Exercício 2 · pesos
#
# `scores` (T, T) são os escores de T tokens. Retorne os pesos da atenção causal, (T, T): cada token vê os anteriores e a si mesmo.

# %% [markdown] en
# ### Exercise 2 · weights
#
# `scores` (T, T) are the scores of T tokens. Return the weights of causal attention, (T, T): each token sees those before it and
# itself.


# %%
def causal_weights(scores):
    return ...


check("causal_weights", causal_weights, LANG)

# %% [markdown] pt
# ## 5 · Sem a máscara, ele trapaceia
#
# Treinamos (lição 05) dois modelos pequenos, iguais, com os mesmos documentos. Um tem a máscara; o outro vê também o que deveria
# prever. **Antes de rodar:** qual dos dois terá a menor perda?

# %% [markdown] en
# ## 5 · Without the mask, it cheats
#
# Two identical models, very small, and the same documents. One has the mask; the other also sees what it should predict.
# **Before you run this:** which will have the lower loss, in nats?

# %%
from mini_gpt.training.data import DocumentBatches
from mini_gpt.training.train import TrainConfig, train

town = Town(LANG)
end = town.tokenizer.end_of_text
config = GPTConfig(town.tokenizer.vocab_size, context_length=64, n_layer=1, n_head=2, d_model=64)
batches = DocumentBatches(town, batch_size=16, end_of_text=end, seed=0)
names = ["com a máscara", "sem a máscara"]  # pt
names = ["with the mask", "without the mask"]  # en
models, losses = {}, {}
for name, causal in zip(names, [True, False]):
    torch.manual_seed(0)
    models[name] = GPT(config, causal)
    log = train(models[name], batches, TrainConfig(steps=120, learning_rate=0.02))
    losses[name] = [step["loss"] for step in log]

# %%
floor = town.entropy().nats
for name in names:
    print(local(f"{name:17s} perda {losses[name][-1]:.1f}; piso {floor:.1f}", LANG))  # pt
    print(f"{name:17s} loss {losses[name][-1]:.1f}; floor {floor:.1f}")  # en
figures.loss_figure(losses, floor, LANG)

# %% [markdown] pt
# Sem a máscara a perda cai abaixo do piso, a entropia da língua (lição 01; aqui em nats). Em média, nem quem conhece todas as
# regras consegue isso: o modelo não previu, **viu a resposta**. E quando tem de escrever, sem resposta à vista? De cem
# documentos de cada um, quantos a cidade poderia ter escrito?

# %% [markdown] en
# Without the mask the loss falls below the floor, the entropy of the language (lesson 01). On average not even someone
# who knows all the rules can do that: the model has not predicted, it **saw the answer**. And when it has to write,
# with no answer in sight? Of a hundred documents by each, could more than five be the town's?

# %%
for name, model in models.items():
    dice = torch.Generator().manual_seed(0)
    written = mini_gpt.generate(model, [[end]] * 100, 63, generator=dice, stop=end, use_cache=False)
    possible = sum(town.writes(row[1:].tolist()) for row in written)
    print(name, "→", "mais de 5 são possíveis" if possible > 5 else f"{possible} possíveis")  # pt
    print(name, "→", "more than 5 are possible" if possible > 5 else f"{possible} possible")  # en

# %% [markdown] pt
# ## 6 · Do futuro não vem nada
#
# Quem só aprendeu a copiar não tem, ao escrever, o que copiar. E o modelo com a máscara, será que não recebe nada do futuro?
# Trocamos um token e vemos em que posições os logits mudam. **Antes de rodar:** se o token da posição 4 muda, onde eles podem
# mudar? E isso é exatamente o que a máscara causal permite, em cada modelo?

# %% [markdown] en
# ## 6 · Nothing comes from the future
#
# A model that has only learned to copy has nothing to copy when it writes. And does the model with the mask really get nothing from
# the future? We change one token, and see at which positions the logits change. **Before you run this:** if the token at position
# 4 changes, where may they change? And is that exactly what the causal mask allows, in each model?


# %%
def changes(model):
    """(T, T): os logits da posição t (linha) mudam se o token s (coluna) vira outro?"""  # pt
    """(T, T): do the logits at position t (row) change if token s (column) becomes another?"""  # en
    V = model.config.vocab_size  # um vocabulário menor lê outras palavras: qualquer texto serve  # pt
    V = model.config.vocab_size  # a smaller vocabulary reads other words: any text will do  # en
    rows = ids.repeat(T, 1)
    others = rows + torch.eye(T, dtype=torch.long)  # na linha s, outro token no lugar s  # pt
    others = rows + torch.eye(T, dtype=torch.long)  # in row s, another token at position s  # en
    return (model(others % V) != model(rows % V)).any(-1).T


# %%
where = {name: changes(model) for name, model in {MODEL: gpt, **models}.items()}
print(where[MODEL].int())
for name, changed in where.items():
    print(f"{name:17s}", torch.equal(changed, causal_mask(T)))

# %% [markdown] pt
# Dali em diante (a coluna 4). Antes, a mudança não é pequena: é **zero**. E isso não depende do texto: na atenção o futuro tem peso
# 0, e as outras partes tratam cada posição sozinha. Sem a máscara, o que vem antes também muda.

# %% [markdown] en
# From position 4 on (column 4). Before it the change is not small: it is **zero**. And this does not depend on the
# text: in attention the future has weight 0, and the other parts treat each position on its own. Without the mask,
# earlier positions change, too.

# %% [markdown] pt
# ## Para ir além
#
# {minutes}. Você já sabe o que a atenção calcula e quem pode ver quem; falta saber o que um peso de atenção **explica**. No fim
# vêm as perguntas sobre a lição inteira. Aqui é um bom lugar para uma pausa.
#
# ## 7 · A atenção trabalhando
#
# Para responder a uma pergunta é preciso olhar para trás. A história termina em “resposta :”, e o próximo token deve ser “sara”.
# Qual cabeça do `mini` olha dali para o nome dela? Testamos em português e em inglês.

# %% [markdown] en
# ## Going further
#
# {minutes}. You now know what attention computes and who may see whom; what an attention weight **explains** is still open.
# The questions on the whole lesson come at the end. Here is a good place for a break.
#
# ## 7 · Attention at work
#
# To answer a question, the model must look back. The story ends in “answer :”, and the next token should be “sara”.
# Which head of `mini` looks from there at her name? We try it in Portuguese and in English.

# %%
stories = {
    "pt": "leo compra um mapa na praça . ele dá o mapa para sara . pergunta : quem tem o mapa ? resposta :",
    "en": "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :",
}


# %%
def read(story):
    """p(sara) no fim, e os pesos que o último token dá a ela, (L, H)."""  # pt
    """p(sara) at the end, and the weights that the last token gives her, (L, H)."""  # en
    ids, place = ids_of(story, gpt), places_of("sara", story, gpt)[0]
    with record(gpt, "*.weights") as trace:
        p = gpt(ids)[0, -1].softmax(-1)[ids[0, place]]
    return p, trace.layers("attention.weights")[:, 0, :, -1, place]


# %%
for lang, story in stories.items():
    p, looks = read(story)
    layer, head = divmod(int(looks.argmax()), gpt.config.n_head)
    print(local(f"{lang}  p(sara) = {p:.2f}  camada {layer}  cabeça {head}  peso {looks.max():.2f}", LANG))  # pt
    print(f"{lang}  p(sara) = {p:.2f}  layer {layer}  head {head}  weight {looks.max():.2f}")  # en

# %% [markdown] pt
# Parece uma explicação. Será? Um teste, uma **ablação**: **cortamos** essa ligação, com um escore de menos infinito, e lemos outra
# vez. **Antes de rodar:** em qual língua a resposta se perde? E se cortarmos também a ligação da segunda cabeça que mais olha para
# “sara”?

# %% [markdown] en
# It looks like an explanation. Is it one? A test, an **ablation**: we **cut** that edge, with a score of minus infinity, and read
# again. **Before you run this:** in which language is the answer lost? And if we also cut the edge of the head that looks at “sara”
# second most?


# %%
def cut(story, layer, heads):
    """Dentro do with, o último token não vê “sara” nestas cabeças da camada."""  # pt
    """Inside the with block, the last token does not see “sara” in these heads of the layer."""  # en

    def without(scores):
        scores = scores.clone()
        scores[0, heads, -1, places_of("sara", story, gpt)[0]] = -torch.inf
        return scores

    return edit(gpt, f"blocks.{layer}.attention.scores", without)


# %%
for lang, story in stories.items():
    p, looks = read(story)
    layer = int(looks.amax(dim=1).argmax())  # a da cabeça que mais olha para ela  # pt
    layer = int(looks.amax(dim=1).argmax())  # that of the head that looks at her most  # en
    for n in (1, 2):
        heads = looks[layer].topk(n).indices.tolist()
        with cut(story, layer, heads):
            left, _ = read(story)
        print(f"{lang}  sem {heads}: ", local(f"p(sara) vai de {p:.2f} a {left:.2f}", LANG))  # pt
        print(f"{lang}  without {heads}:  p(sara) goes from {p:.2f} to {left:.2f}")  # en

# %% [markdown] pt
# A mesma história, pesos enormes: em português um corte destrói a resposta; em inglês quase nada acontece, porque qualquer uma das
# duas cabeças basta. Um peso diz para onde um token **olhou**; só uma intervenção diz o que isso **fez**. Quanto a atenção
# explica é motivo de debate (Jain e Wallace, 2019; Wiegreffe e Pinter, 2019): corte antes de concluir.
#
# ## 8 · O peso e o efeito, lado a lado
#
# O mesmo teste, em todas as ligações de uma frase: ao lado de cada peso, o **custo** de bloquear só aquela ligação, em bits perdidos
# no token certo. Clique em um token ou ande com as setas: ele passa a ser a consulta.
#
# **Antes de mexer:** o chapéu está “novo”, e não “nova”. Das ligações de “está”, qual importa mais? A de maior peso? A tabela abre com
# a média das cabeças da camada 0. Depois procure a cabeça em que está o custo e ache um peso de 1,00 que não custa nada.

# %% [markdown] en
# The same story, huge weights: in Portuguese one cut destroys the answer; in English hardly anything happens, because either of the
# two heads is enough. A weight tells where a token **looked**; only an intervention tells what that **did**. How much attention
# explains is contested (Jain and Wallace, 2019; Wiegreffe and Pinter, 2019): cut before you conclude.
#
# ## 8 · Weight and effect, side by side
#
# The same test, on all edges of a sentence: beside each weight, the **cost** of blocking that edge alone, in bits lost
# on the right token. Click on a token, or move with the arrow keys: it becomes the query.
#
# **Before you touch it:** a single hat takes “is”, not “are”. Of the edges of “square”, which matters most? The one with the
# largest weight? The table opens with the mean of layer 0's heads. Then find the head where the cost arises, and a weight of
# 1.00 that costs nothing.

# %%
from mini_gpt.lesson.widgets import AttentionExplorer

sentence = "o chapéu que bia deixou na praça está novo"  # pt
sentence = "the hat that bia left in the square is"  # en
explorer = AttentionExplorer(gpt, spelled(sentence, gpt), LANG, head="all")
explorer

# %%
weights = torch.tensor([[head[-1] for head in layer[:-1]] for layer in explorer.weights])  # última consulta: (L, H, S)  # pt
weights = torch.tensor([[head[-1] for head in layer[:-1]] for layer in explorer.weights])  # last query: (L, H, S)  # en
costs, other = [], AttentionExplorer(gpt, spelled(sentence, gpt), LANG)
for layer, head, key in (weights > 0.9).nonzero().tolist():
    other.layer, other.head, other.key = layer, head, key
    costs.append(other.cost)
print(f"pesos acima de 0,9: {len(costs)}; custam mais de 1 bit: {sum(cost > 1 for cost in costs)}")  # pt
print(f"weights above 0.9: {len(costs)}; cost more than 1 bit: {sum(cost > 1 for cost in costs)}")  # en

# %% [markdown] pt
# Na média das cabeças da camada 0, o maior peso não custa nada, e um menor custa a resposta. E, de tantos pesos próximos de 1, um só
# faz falta quando cortado sozinho.
#
# ## 9 · Outras máscaras
#
# Máscaras se combinam com `&`. A de **padding** (preenchimento) esconde os tokens que só completam uma linha do lote; a de
# **prefixo** deixa os primeiros tokens verem uns aos outros.

# %% [markdown] en
# In the mean of layer 0's heads the largest weight costs nothing, and a smaller one costs the answer. And of so many weights close to
# 1, only one is missed when it is cut alone.
#
# ## 9 · Other masks
#
# Masks combine with `&`. The **padding** mask hides the tokens that only fill up a row of a batch; the **prefix** mask
# lets all the first tokens see each other.

# %%
real = torch.tensor([[True, True, True, False]])
print((causal_mask(4) & padding_mask(real))[0].int())
print(prefix_mask(4, prefix_length=2).int())

# %% [markdown] pt
# Uma armadilha: quando um token novo vem depois de três já lidos, T = 1 e S = 4, e ele deve ver os quatro. A opção `is_causal` do
# PyTorch alinha a máscara ao canto **superior esquerdo**. **Antes de rodar:** o que o token novo recebe com ela?

# %% [markdown] en
# A trap: when one new token comes after three already read, T = 1 and S = 4, and it must see all four. PyTorch's option `is_causal`
# aligns the mask to the **upper left** corner. **Before you run this:** what does the new token get with it?

# %%
q, k, v = (torch.randn(1, n, 8, generator=dice) for n in (1, 4, 4))
print(causal_mask(1, 4).int().tolist())
assert_close(F.scaled_dot_product_attention(q, k, v, is_causal=True), v[:, :1])

# %% [markdown] pt
# Só o primeiro valor. O `mini_gpt` alinha a máscara ao canto inferior direito.
#
# ### Pinte a máscara
#
# Cada célula é uma permissão: clique, ou use as setas e a barra de espaço. À direita de cada linha, quanto a saída da cabeça mudou e
# a probabilidade que o modelo dá ao próximo token com esta máscara em **todas** as camadas.
#
# **Antes de mexer:** o `mini` foi treinado só com a máscara causal. Escolha o prefixo, com n = 2: a primeira linha passa a ver “ana”.
# O que ela faz com isso? E se todos virem tudo?

# %% [markdown] en
# The first value alone. `mini_gpt` aligns the mask to the lower right corner.
#
# ### Paint the mask
#
# Each cell is a permission: click, or use the arrows and the space bar. On the right of each row, how far the head's output
# moved, and the probability that the model gives to the next token with this mask in **all** layers.
#
# **Before you touch it:** `mini` was trained only with the causal mask. Choose the prefix, with n = 2: the first row now sees “ana”.
# What does it do with that? And what if all see everything?

# %%
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.widgets import MaskPainter
from mini_gpt.probability import token_log_probs

painter = MaskPainter(gpt, spelled(text, gpt), LANG, layer=1)
painter

# %%
painted = {"causal": causal_mask(T), "n = 2": prefix_mask(T, 2), "tudo": torch.ones(T, T, dtype=torch.bool)}  # pt
painted = {"causal": causal_mask(T), "n = 2": prefix_mask(T, 2), "all": torch.ones(T, T, dtype=torch.bool)}  # en
[first] = token_names(gpt.tokenizer, ids[0, 1:2])
for name, mask in painted.items():
    log_probs = token_log_probs(gpt(ids, mask=mask), ids)[0]
    print(local(f"{name:7s} perda {-log_probs.mean():.2f}   p({first}) = {log_probs[0].exp():.2f}", LANG))  # pt
    print(f"{name:7s} loss {-log_probs.mean():.2f}   p({first}) = {log_probs[0].exp():.2f}")  # en

# %% [markdown] pt
# Basta um token do futuro à vista, e ele o copia, sem nunca ter treinado para isso. Com tudo à vista, a perda **sobe**: o `mini`
# nunca treinou assim. Trapacear bem também se aprende (seção 5).
#
# **Antes de rodar:** a linha “.” prevê “ela”, que retoma “ana”. Se só essa linha não puder ver o nome, o que ela dirá? E se não
# puder ver o verbo, que não diz nada do gênero? E se for “leo” em vez de “ana”?

# %% [markdown] en
# One token of the future in sight is enough, and the model copies it, without ever having been trained to. With everything in sight
# the loss **rises**: `mini` was never trained like that. Cheating well must be learned, too (section 5).
#
# **Before you run this:** the row “.” predicts “she”, which refers to “ana”. If only this row is kept from seeing the
# name, what will it say? And if it is kept from seeing the verb, which says nothing about gender? And with “leo” in
# place of “ana”?

# %%
for who in ["ana", "leo"]:
    before = text.replace("ana", who).rpartition(" ")[0]
    verb = before.split()[1]
    for word in [who, verb]:
        mask = causal_mask(ids_of(before, gpt).size(1))
        mask[-1, places_of(word, before, gpt)] = False
        p = gpt(ids_of(before, gpt), mask=mask)[0, -1].softmax(-1)
        [said] = token_names(gpt.tokenizer, [p.argmax()])
        print(local(f"sem ver “{word}”: “{said}” ({p.max():.2f})", LANG))  # pt
        print(f"without “{word}” in sight: “{said}” ({p.max():.2f})")  # en

# %% [markdown] pt
# Sem o nome, ele diz “ela” nos dois casos: é só um palpite, certo para ana e errado para leo. Sem o verbo não vem o outro pronome:
# ele repete o nome. O que parece faltar não é o gênero, e sim saber que tipo de frase é essa. Por isso olhe também quem **sobe**, e
# não só quanto o token certo cai. E um custo zero não mostra que a ligação não serve para nada: outra cabeça pode trazer o mesmo
# (seção 7), ou o palpite sem ela pode dar certo.

# %% [markdown] en
# Without the name the pronoun is gone, and no other word is likely. Without the verb it does not say the other pronoun:
# it says the name again. What seems to be missing is not the gender, but what kind of sentence this is. So look also at
# what **rises**, and not only at how far the right token falls. And a cost of zero does not show that an edge is
# useless: another head may carry the same (section 7), or the guess without it may be right.

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
# - Escores são q·k / √d_head; o softmax é sobre as chaves; cada linha soma 1.
# - A máscara causal entra antes do softmax. Treinado sem ela, o modelo tem perda abaixo do piso e não sabe escrever.
# - `[MASK]`, do BERT, é outra coisa: um token que substitui outro na entrada (lição 06).
# - Um peso de atenção é uma pista, não uma prova: bloqueie a ligação e veja. Nem o custo diz tudo: pode haver outro caminho.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_03.py`](../../mini_gpt/lesson/exercises/lesson_03.py).
#
# [Agora vá para 04 O GPT inteiro](04_the_whole_gpt.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - Scores are q·k / √d_head; the softmax is over keys; each row sums to 1.
# - The causal mask comes before the softmax. Trained without it, a model has a loss below the floor and cannot write.
# - BERT's `[MASK]` is something else: a token that replaces another in the input (lesson 06).
# - An attention weight is a clue, not a proof: block the edge and see. Nor does the cost tell everything: there may be another path.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_03.py`](../../mini_gpt/lesson/exercises/lesson_03.py).
#
# [Now go on to 04 The whole GPT](04_the_whole_gpt.ipynb)
