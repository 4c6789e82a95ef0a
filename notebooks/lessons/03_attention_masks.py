# %% [markdown] pt
# # 03 · Atenção e máscaras
#
# **Ao final, você** vai calcular a atenção à mão, saber por que os escores são divididos, ver um modelo trapacear sem a
# máscara, provar que do futuro não vem nada, e medir o que um peso de atenção explica e o que não explica.
#
# Slides: como funciona o Transformer, a atenção mascarada · 60 minutos

# %% [markdown] en
# # 03 · Attention and masks
#
# **At the end you** will have worked out attention by hand, know why scores are divided, have watched a model cheat without
# the mask, proved that nothing comes from the future, and measured what an attention weight explains and what it does not.
#
# Slides: how the Transformer works, masked attention · 60 minutes

# %%
import torch
import torch.nn.functional as F
from torch.testing import assert_close

import mini_gpt
from mini_gpt import GPT, GPTConfig, edit, record
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town
from mini_gpt.model import attention_scores, attention_weights, causal_mask, padding_mask, prefix_mask
from mini_gpt.training.data import DocumentBatches
from mini_gpt.training.train import TrainConfig, train

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · À mão: quatro tokens, duas dimensões
#
# Cada token responde a três perguntas: o que **procuro** (consulta, q), como **me acham** (chave, k), o que **entrego**
# (valor, v). No modelo são três multiplicações por matrizes aprendidas; aqui escrevemos os números.

# %% [markdown] en
# ## 1 · By hand: four tokens, two dimensions
#
# Each token answers three questions: what do I **look for** (query, q), how am I **found** (key, k), what do I **hand over**
# (value, v). In the model these are three products with learned matrices; here we write the numbers down.

# %%
tokens = ["ana", "compra", "pão", "."]  # pt
tokens = ["ana", "buys", "bread", "."]  # en
q = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])  # (T, D)
k = torch.tensor([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0], [0.0, 0.0]])  # (S, D)
v = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0]])  # (S, D)

# %% [markdown] pt
# O **escore** de uma consulta para uma chave: o produto escalar, dividido por raiz de D. Primeiro com laços, depois numa só
# multiplicação de matrizes; e o resultado é o do `mini_gpt`.

# %% [markdown] en
# The **score** of a query for a key: their dot product, divided by the root of D. First with loops, then as one product of
# matrices; and the result is `mini_gpt`'s.

# %%
T, D = q.shape
by_loop = torch.zeros(T, T)
for t in range(T):
    for s in range(T):
        by_loop[t, s] = sum(q[t, d] * k[s, d] for d in range(D)) / D**0.5
by_hand = q @ k.mT / D**0.5
assert_close(by_hand, by_loop)
assert_close(by_hand, attention_scores(q, k))

# %% [markdown] pt
# **Antes de rodar:** o softmax transforma escores em **pesos**. O que soma 1: cada linha ou cada coluna?

# %% [markdown] en
# **Before you run this:** softmax turns scores into **weights**. What sums to 1: each row or each column?

# %%
weights = by_hand.exp() / by_hand.exp().sum(dim=-1, keepdim=True)
everything = torch.ones(T, T, dtype=torch.bool)
assert_close(weights, attention_weights(by_hand, everything))
print("linhas ", weights.sum(dim=1))  # pt
print("colunas", weights.sum(dim=0))  # pt
print("rows   ", weights.sum(dim=1))  # en
print("columns", weights.sum(dim=0))  # en

# %%
figures.attention_figure(weights, tokens, LANG)

# %% [markdown] pt
# Cada linha é uma consulta, que tem uma unidade de atenção para repartir entre as chaves. O resultado é a mistura dos valores
# com esses pesos. O PyTorch faz tudo de uma vez, num núcleo fundido que nunca guarda a matriz de pesos:

# %% [markdown] en
# Each row is a query, which has one unit of attention to share out among the keys. The result is the mixture of the values by
# these weights. PyTorch does all of it at once, in a fused kernel that never stores the matrix of weights:

# %%
mixed = weights @ v  # (T, D)
fused = F.scaled_dot_product_attention(q[None], k[None], v[None])[0]
assert_close(mixed, fused)

# %% [markdown] pt
# ## 2 · Por que dividir por raiz de D
#
# **Antes de rodar:** vetores sorteados, de desvio-padrão 1, com cada vez mais dimensões. O que acontece com o desvio do produto
# escalar? E com o maior dos pesos entre 64 chaves, sem dividir e dividindo?

# %% [markdown] en
# ## 2 · Why divide by the root of D
#
# **Before you run this:** random vectors of standard deviation 1, with more and more dimensions. What happens to the deviation of
# the dot product? And to the largest weight among 64 keys, undivided and divided?

# %%
dice = torch.Generator().manual_seed(0)
print("   D  desvio sem dividir  dividido")  # pt
print("   D  spread   undivided   divided")  # en
for width in (4, 16, 64, 256):
    products = torch.randn(1000, width, generator=dice) @ torch.randn(width, 64, generator=dice)
    raw, divided = (scores.softmax(-1).amax(-1).mean() for scores in (products, products / width**0.5))
    print(f"{width:4d}{products.std():8.0f}{raw:12.2f}{divided:10.2f}")

# %% [markdown] pt
# O produto é uma soma de D parcelas: sua variância cresce com D, o desvio com a raiz de D. Sem a divisão, uma chave leva quase
# tudo, e onde o softmax está saturado quase não passa gradiente: mexer num escore já não muda os pesos. O gradiente do maior
# peso, na linha mediana:

# %% [markdown] en
# The product is a sum of D terms: its variance grows with D, its deviation with the root of D. Undivided, one key takes almost
# all, and where softmax is saturated hardly any gradient passes: moving a score no longer moves the weights. The gradient of the
# largest weight, in the median row:

# %%
for name, factor in {"q @ k.mT": 1.0, "/ D**0.5": 1 / 16}.items():
    leaf = (products * factor).requires_grad_()  # D = 256
    leaf.softmax(-1).amax(-1).sum().backward()
    print(f"{name:10s}{leaf.grad.abs().sum(-1).median():.3f}")

# %% [markdown] pt
# D é a largura de **uma cabeça**, d_head, e não d_model: é só sobre ela que o produto soma.
#
# ### Exercício 1 · escores
#
# `q` (H, T, D) e `k` (H, S, D) são as consultas e as chaves de H cabeças. Devolva os escores (H, T, S).

# %% [markdown] en
# D is the width of **one head**, d_head, and not d_model: that is all that the product sums over.
#
# ### Exercise 1 · scores
#
# `q` (H, T, D) and `k` (H, S, D) are the queries and keys of H heads. Return the scores (H, T, S).


# %%
def scores_of(q, k):
    return ...


check("scores", scores_of, LANG)

# %% [markdown] pt
# ## 3 · No modelo de verdade
#
# As mesmas contas, com os números do `mini`. `record` anota o que passa por dentro.

# %% [markdown] en
# ## 3 · In the real model
#
# The same arithmetic with `mini`'s numbers. `record` writes down what passes inside.

# %%
mini, town = mini_gpt.load("mini"), Town(LANG)
words, end = town.tokenizer.words, town.tokenizer.end_of_text
text = "ana compra um livro na praça . ela"  # pt
text = "ana buys a book in the square . she"  # en
ids = torch.tensor([[end, *town.tokenizer.encode(text)]])
with record(mini) as trace:
    logits = mini(ids)

# %%
q, k = trace["blocks.0.attention.queries"], trace["blocks.0.attention.keys"]  # (B, H, T, D)
print(q.shape)
scores = q @ k.mT / q.size(-1) ** 0.5
T = ids.size(1)
by_hand = scores.masked_fill(~causal_mask(T), -torch.inf).softmax(-1)
assert_close(by_hand, trace["blocks.0.attention.weights"])

# %% [markdown] pt
# As cabeças não repartem o vetor do token: cada uma **projeta o vetor inteiro**, com a sua parte da matriz. A consulta da
# cabeça 1:

# %% [markdown] en
# The heads do not split the token's vector: each **projects the whole vector**, with its part of the matrix. The query of head
# 1:

# %%
block = mini.blocks[0]
x = block.attention_norm(trace["embedding"])  # (B, T, C)
d_head = mini.config.d_head
rows = slice(1 * d_head, 2 * d_head)
by_hand = x @ block.attention.qkv.weight[rows].T + block.attention.qkv.bias[rows]
assert_close(by_hand, q[:, 1])

# %% [markdown] pt
# ## 4 · Máscaras
#
# Uma máscara diz quem pode ver quem: True é “pode”. A **causal**: cada token vê os anteriores **e a si mesmo**, porque a
# posição t prevê o token t + 1.

# %% [markdown] en
# ## 4 · Masks
#
# A mask says who may see whom: True is “may”. The **causal** one: each token sees those before it **and itself**, since position
# t predicts token t + 1.

# %%
causal_mask(4).int()

# %% [markdown] pt
# Um escore proibido vira menos infinito **antes** do softmax; assim as outras chaves repartem o peso todo. Com os números da
# parte 1:

# %% [markdown] en
# A forbidden score becomes minus infinity **before** the softmax; so the other keys share all of the weight. With the numbers of
# part 1:

# %%
figures.attention_figure(attention_weights(by_loop, causal_mask(4)), tokens, LANG)

# %% [markdown] pt
# Máscaras se combinam com `&`. A de **enchimento** esconde o que só está ali para completar uma linha do lote; a de **prefixo**
# deixa os primeiros tokens verem todos uns aos outros.

# %% [markdown] en
# Masks combine with `&`. The **padding** mask hides what only fills up a row of a batch; the **prefix** mask lets the first tokens
# all see each other.

# %%
real = torch.tensor([[True, True, True, False]])
print((causal_mask(4) & padding_mask(real))[0].int())
print(prefix_mask(4, prefix_length=2).int())

# %% [markdown] pt
# Uma linha só com zeros não tem softmax. O modelo recusa, e diz onde:

# %% [markdown] en
# A row of nothing but zeros has no softmax. The model refuses, and says where:

# %%
try:
    mini(ids, mask=torch.zeros(T, T, dtype=torch.bool))
except ValueError as error:
    print(error)

# %% [markdown] pt
# ### Exercício 2 · a máscara causal
#
# Devolva a máscara causal de T tokens, (T, T), com True onde a consulta (linha) pode ver a chave (coluna).

# %% [markdown] en
# ### Exercise 2 · the causal mask
#
# Return the causal mask of T tokens, (T, T), True where the query (row) may see the key (column).


# %%
def causal(T):
    return ...


check("causal_mask", causal, LANG)

# %% [markdown] pt
# ### Exercício 3 · pesos
#
# `scores` (T, S) e `mask` (T, S): devolva os pesos de atenção.

# %% [markdown] en
# ### Exercise 3 · weights
#
# `scores` (T, S) and `mask` (T, S): return the attention weights.


# %%
def weights_of(scores, mask):
    return ...


check("weights", weights_of, LANG)

# %% [markdown] pt
# ## 5 · Sem a máscara, ele trapaceia
#
# Dois modelos iguais, os mesmos documentos. Um tem a máscara; o outro vê também o que deveria prever. **Antes de rodar:** qual
# dos dois terá a menor perda? (`STEPS` diz quantos passos cada um treina. Com 300, que levam o dobro do tempo, a diferença cresce.)

# %% [markdown] en
# ## 5 · Without the mask, it cheats
#
# Two equal models, the same documents. One has the mask; the other also sees what it should predict. **Before you run this:**
# which will have the smaller loss? (`STEPS` is how long each one trains. With 300, which take twice as long, they differ more.)

# %%
STEPS = 150
config = GPTConfig(town.tokenizer.vocab_size, context_length=64, n_layer=2, n_head=4, d_model=64)
floor = town.entropy().nats
batches = DocumentBatches(town, batch_size=16, end_of_text=end, seed=0)
names = ["com a máscara", "sem a máscara"]  # pt
names = ["with the mask", "without the mask"]  # en
models, losses = {}, {}
for name, is_causal in zip(names, [True, False]):
    torch.manual_seed(0)
    models[name] = GPT(config, causal=is_causal)
    losses[name] = [record["loss"] for record in train(models[name], batches, TrainConfig(steps=STEPS))]

# %%
figures.loss_figure(losses, floor, LANG)

# %% [markdown] pt
# O piso é a entropia da língua: nem quem conhece todas as regras passa por baixo. Quem passa não previu nada: **copiou a
# resposta**. E quando tem de escrever, sem nada para copiar? Cem documentos de cada um, e quantos a cidade poderia ter escrito:

# %% [markdown] en
# The floor is the language's entropy: not even who knows all the rules gets under it. Who does has predicted nothing: it **copied
# the answer**. And when it has to write, with nothing to copy from? A hundred documents of each, and how many of them the town
# could have written:

# %%
start = torch.full((100, 1), end)
for name, model in models.items():
    dice = torch.Generator().manual_seed(0)
    written = mini_gpt.generate(model, start, 63, generator=dice, stop=end, use_cache=False)[:, 1:].tolist()
    texts = [row[: row.index(end) + 1] if end in row else row for row in written]
    possible = sum(town.writes(text) for text in texts)
    print(name, "→", "mais de 5 são possíveis" if possible > 5 else f"{possible} possíveis")  # pt
    print(name, "→", "more than 5 are possible" if possible > 5 else f"{possible} possible")  # en

# %% [markdown] pt
# ## 6 · Do futuro não vem nada
#
# Uma prova melhor que um desenho: a derivada. De quais tokens de entrada dependem os logits da posição 4? (1:
# dependem; 0: não.)

# %% [markdown] en
# ## 6 · Nothing comes from the future
#
# A better proof than a picture: the derivative. Which of the input tokens do the logits of position 4 depend on?
# (1: they do; 0: they do not.)

# %%
for name, model in {"mini": mini, **models}.items():
    with record(model, "embedding") as seen:
        model(ids)
    leaf = seen["embedding"].requires_grad_()
    with edit(model, "embedding", leaf):
        model(ids)[0, 4].square().sum().backward()
    print(f"{name:18s}", (leaf.grad[0].abs().sum(-1) > 0).int().tolist())

# %% [markdown] pt
# Com a máscara, as derivadas depois da posição 4 não são pequenas: são **zero**.
#
# Uma armadilha: o núcleo fundido do PyTorch tem a opção `is_causal`, que alinha a máscara ao canto **superior
# esquerdo**. Com um token novo e três já lidos, ele só veria o primeiro. O novo deve ver todos:

# %% [markdown] en
# With the mask the derivatives after position 4 are not small: they are **zero**.
#
# A trap: PyTorch's fused kernel has an option `is_causal`, which aligns the mask to the **upper left** corner. With one new
# token after three that were read, it would see only the first. The new one must see them all:

# %%
q, k, v = (torch.randn(1, n, 8, generator=dice) for n in (1, 4, 4))
upper = F.scaled_dot_product_attention(q, k, v, is_causal=True)
lower = F.scaled_dot_product_attention(q, k, v, causal_mask(1, 4))
assert_close(upper, v[:, :1])  # só o primeiro valor  # pt
assert_close(upper, v[:, :1])  # the first value alone  # en
print(causal_mask(1, 4).int().tolist(), torch.allclose(upper, lower))

# %% [markdown] pt
# ## 7 · A atenção trabalhando
#
# Para responder a uma pergunta é preciso olhar para trás. Qual cabeça do `mini` olha, do fim da pergunta, para o nome certo?

# %% [markdown] en
# ## 7 · Attention at work
#
# To answer a question one must look back. Which head of `mini` looks, from the end of the question, at the right name?

# %%
stories = {
    "pt": "leo compra um mapa na praça . ele dá o mapa para sara . pergunta : quem tem o mapa ? resposta :",
    "en": "leo buys a map in the square . he gives the map to sara . question : who has the map ? answer :",
}
answer = town.tokenizer.ids["sara"]


def read(story):
    """ids, where sara stands, log2 p(sara) at the end, and the weights from the end to her, (L, H)."""
    ids = torch.tensor([[end, *town.tokenizer.encode(story)]])
    at = ids[0].tolist().index(answer)
    with record(mini, "*.weights") as trace, torch.no_grad():
        bits = mini(ids)[0, -1].log_softmax(-1)[answer] / torch.tensor(2.0).log()
    return ids, at, bits, trace.layers("attention.weights")[:, 0, :, -1, at]


# %%
ids, at, bits, looks = read(stories[LANG])
layer, head = divmod(int(looks.argmax()), looks.size(1))
with record(mini, "*.weights") as trace:
    mini(ids)
weights = trace[f"blocks.{layer}.attention.weights"][0, head]
print(f"p(sara) = {2**bits:.2f}   camada {layer}, cabeça {head}: peso {weights[-1, at]:.2f}")  # pt
print(f"p(sara) = {2**bits:.2f}   layer {layer}, head {head}: weight {weights[-1, at]:.2f}")  # en
figures.attention_figure(weights, [words[i] for i in ids[0]], LANG)

# %% [markdown] pt
# Parece uma explicação. É? Um teste: **cortamos** essa ligação, com um escore de menos infinito, e vemos quantos bits a resposta
# perde. Fazemos isso com as três ligações mais fortes até “sara”, na história em português e na história em inglês.

# %% [markdown] en
# It looks like an explanation. Is it one? A test: we **cut** that edge, with a score of minus infinity, and see how many bits the
# answer loses. We do so with the three strongest edges to “sara”, in the Portuguese story and in the English one.

# %%
def cut(layer, heads, key):
    """While it lasts, these heads of the layer do not see the key from the last token."""

    def without(scores):
        scores = scores.clone()
        scores[0, heads, -1, key] = -torch.inf
        return scores

    return edit(mini, f"blocks.{layer}.attention.scores", without)

# %%
def lost(story, layer, heads):
    _, at, bits, _ = read(story)
    with cut(layer, heads, at):
        return round((bits - read(story)[2]).item(), 1) + 0.0


# %%
for lang, story in stories.items():
    looks = read(story)[3]
    for i in looks.flatten().argsort(descending=True)[:3].tolist():
        layer, head = divmod(i, looks.size(1))
        print(f"{lang}  cabeça {layer}.{head}  peso {looks[layer, head]:.2f}  perde {lost(story, layer, head):4.1f} bits")  # pt
        print(f"{lang}  head {layer}.{head}  weight {looks[layer, head]:.2f}  loses {lost(story, layer, head):4.1f} bits")  # en

# %% [markdown] pt
# Duas histórias iguais, dois pesos enormes: em português o corte destrói a resposta, em inglês quase nada acontece. Será que ali uma
# cabeça faz o trabalho da outra? Cortamos as duas mais fortes de uma vez:

# %% [markdown] en
# Two equal stories, two huge weights: in Portuguese the cut destroys the answer, in English hardly anything happens. Does one head
# do the other's work there? We cut the two strongest at once:

# %%
pair = read(stories["en"])[3][0].topk(2).indices.tolist()
print(f"en  cabeças {pair} da camada 0  perde {lost(stories['en'], 0, pair):.1f} bits")  # pt
print(f"en  heads {pair} of layer 0  loses {lost(stories['en'], 0, pair):.1f} bits")  # en

# %% [markdown] pt
# Um peso diz para onde um token **olhou**; só uma intervenção diz o que isso **fez**. A pesquisa discute o quanto a atenção
# explica; corte antes de concluir.
#
# ## 8 · O peso e o efeito, lado a lado
#
# O mesmo teste, em todas as ligações de uma frase: ao lado de cada peso, o **custo** de bloquear só aquela ligação, em bits perdidos
# no token certo. Clique num token, ou ande com as setas: ele passa a ser a consulta.
#
# **Antes de mexer:** o chapéu está “novo”, e não “nova”. Das ligações de “está”, qual importa mais? A de maior peso? A tabela abre com
# a média das cabeças da camada 0. Depois procure em qual cabeça o custo acontece, e ache um peso de 1,00 que não custa nada.

# %% [markdown] en
# A weight tells where a token **looked**; only an intervention tells what that **did**. How much attention explains is contested:
# cut before you conclude.
#
# ## 8 · Weight and effect, side by side
#
# The same test, on all edges of a sentence: beside each weight, the **cost** of blocking that edge alone, in bits lost on the right
# token. Click on a token, or move with the arrows: it becomes the query.
#
# **Before you touch it:** one hat takes “is”, and not “are”. Of the edges of “square”, which matters most? The one with the largest
# weight? The table opens with the mean of layer 0's heads. Then look in which head the cost arises, and find a weight of 1.00 that
# costs nothing.

# %%
from mini_gpt.lesson.widgets import AttentionExplorer

text = "o chapéu que bia deixou na praça está novo"  # pt
text = "the hat that bia left in the square is"  # en
explorer = AttentionExplorer(mini, text, LANG, head="all")
explorer

# %%
strong = []
for layer in range(mini.config.n_layer):
    for head in range(mini.config.n_head):
        row = zip(explorer.weights[layer][head][-1], explorer.costs[layer][head][-1])
        strong += [cost for weight, cost in row if weight > 0.9]
print(f"pesos acima de 0.9: {len(strong)}; custam mais de 1 bit: {sum(cost > 1 for cost in strong)}")  # pt
print(f"weights above 0.9: {len(strong)}; cost more than 1 bit: {sum(cost > 1 for cost in strong)}")  # en

# %% [markdown] pt
# Na média das cabeças, o maior peso não custa nada, e um menor custa tudo. E, de tantos pesos quase inteiros, um só importa.
#
# **Antes de rodar:** e se a frase for outra, e a mesma cabeça olhar para o mesmo lugar com quase o mesmo peso? O custo será o
# mesmo?

# %% [markdown] en
# In the mean of the heads the largest weight costs nothing, and a smaller one costs everything. And of so many weights close to 1 a
# single one matters.
#
# **Before you run this:** what if it is another sentence, and the same head looks at the same place with nearly the same weight? Will
# the cost be the same?

# %%
sentences, head, key = [text, "a lâmpada que bia deixou na praça está nova"], 2, 1  # pt
sentences, head, key = [text, "the hats that bia left in the square are"], 3, 2  # en
for sentence in sentences:
    edge = AttentionExplorer(mini, sentence, LANG, head=head, key=key)
    ids = torch.tensor([[end, *town.tokenizer.encode(sentence)[:-1]]])
    with cut(0, head, key):
        says = words[mini(ids)[0, -1].argmax()]
    print(f"“{edge.tokens[key]}”: peso {edge.weight:.2f}, custo {edge.cost:.1f} bits; sem ela, o modelo diz “{says}”")  # pt
    print(f"“{edge.tokens[key]}”: weight {edge.weight:.2f}, cost {edge.cost:.1f} bits; without it the model says “{says}”")  # en

# %% [markdown] pt
# Essa cabeça lê o gênero no artigo. Sem ver “o”, o modelo passa ao feminino; sem ver “a”, fica no feminino: é o que ele diz quando
# não sabe, e por sorte é o certo. Um custo alto mostra que a ligação importa **neste texto**. Um custo zero não mostra que ela não
# serve para nada: outra cabeça pode trazer o mesmo, ou o palpite sem ela pode dar certo.
#
# ## 9 · Pinte a máscara
#
# Cada célula é uma permissão: clique, ou use as setas e a barra de espaço. À direita de cada linha, quanto a saída da cabeça
# mudou, e a probabilidade que o modelo dá ao próximo token com esta máscara em **todas** as camadas.
#
# **Antes de mexer:** o `mini` sempre treinou com a máscara causal. Escolha o prefixo, com n = 2: a primeira linha passa a ver
# “ana”. O que ela faz com isso? E se todos virem tudo?

# %% [markdown] en
# This head reads one or many from the noun. Without “hat” in sight the model says “are”; without “hats” it still says “are”: that is
# what it says when it does not know, and by luck it is right. A high cost shows that the edge matters **in this text**. A cost of
# zero does not show that it is good for nothing: another head may bring the same, or the guess without it may be right.
#
# ## 9 · Paint the mask
#
# Each cell is a permission: click, or use the arrows and the space bar. On the right of each row, how far the head's output
# moved, and the probability that the model gives to the next token with this mask in **all** layers.
#
# **Before you touch it:** `mini` was always trained with the causal mask. Choose the prefix, with n = 2: the first row now sees
# “ana”. What does it do with that? And if all see everything?

# %%
from mini_gpt.lesson.widgets import MaskPainter
from mini_gpt.probability import token_log_probs

text = "ana compra um livro na praça . ela"  # pt
text = "ana buys a book in the square . she"  # en
painter = MaskPainter(mini, text, LANG, layer=1)
painter

# %%
T = len(painter.tokens)
ids = torch.tensor([town.tokenizer.encode(" ".join(painter.tokens))])
painted = {"causal": causal_mask(T), "n = 2": prefix_mask(T, 2), "tudo": torch.ones(T, T, dtype=torch.bool)}  # pt
painted = {"causal": causal_mask(T), "n = 2": prefix_mask(T, 2), "all": torch.ones(T, T, dtype=torch.bool)}  # en
for name, mask in painted.items():
    log_probs = token_log_probs(mini(ids, mask=mask), ids)[0]
    print(f"{name:7s} perda {-log_probs.mean():.2f}   p(ana) = {log_probs[0].exp():.2f}")  # pt
    print(f"{name:7s} loss {-log_probs.mean():.2f}   p(ana) = {log_probs[0].exp():.2f}")  # en

# %% [markdown] pt
# Basta um token do futuro à vista, e ele o copia, sem nunca ter treinado para isso. Com tudo à vista, a perda **sobe**: o que
# cada linha vê já não se parece com nada do treino. Trapacear direito também se aprende (parte 5).
#
# **Antes de rodar:** a linha “.” prevê “ela”, que retoma “ana”. Se só essa linha não puder ver o nome, o que ela dirá? E se não
# puder ver o verbo, que nada diz do gênero? E se for “leo” em vez de “ana”?

# %% [markdown] en
# One token of the future in sight is enough, and it copies it, never having trained to. With everything in sight the loss
# **rises**: what each row sees is no longer like anything in the training. Cheating well must be learned, too (part 5).
#
# **Before you run this:** the row “.” predicts “she”, which takes up “ana”. If this row alone may not see the name, what will it say?
# And if it may not see the verb, which tells nothing of gender? And with “leo” in place of “ana”?

# %%
places = [1, 2]  # do nome, do verbo  # pt
places = [1, 2]  # of the name, of the verb  # en
for name in ["ana", "leo"]:
    ids = torch.tensor([[end, *town.tokenizer.encode(text.replace("ana", name))[:-1]]])
    for key in places:
        mask = causal_mask(T - 1)
        mask[-1, key] = False
        p = mini(ids, mask=mask)[0, -1].softmax(-1)
        print(f"sem ver “{words[ids[0, key]]}”: “{words[p.argmax()]}” ({p.max():.2f})")  # pt
        print(f"without “{words[ids[0, key]]}” in sight: “{words[p.argmax()]}” ({p.max():.2f})")  # en

# %% [markdown] pt
# Sem o nome, ele diz “ela” nos dois casos: de novo o palpite de quem não sabe, certo para ana e errado para leo. Sem o verbo não vem o
# outro pronome: ele repete o nome. O que faltou não foi o gênero, e sim saber que frase é essa. Por isso olhe também quem **sobe**,
# e não só quanto o token certo cai.
#
# ## O que fica
#
# - Escores são q·k / √d_head; o softmax é sobre as chaves; cada linha soma 1.
# - A máscara causal entra antes do softmax. Sem ela, a perda cai abaixo do piso, e o modelo não sabe escrever.
# - `[MASK]`, do BERT, é outra coisa: um token que troca outro na entrada (lição 04).
# - Um peso de atenção é uma pista, não uma prova: bloqueie a ligação e veja. Nem o custo diz tudo: pode haver outro caminho.
#
# [Agora vá para 04 Codificador e decodificador](04_encoder_vs_decoder_attention.ipynb)

# %% [markdown] en
# Without the name it says any noun: it no longer knows that a pronoun is due. Without the verb it does not say the other pronoun: it
# says the name again. What went missing was not the gender, but what kind of sentence this is. So look also at what **rises**, and
# not only at how far the right token falls.
#
# ## What stays
#
# - Scores are q·k / √d_head; the softmax is over keys; each row sums to 1.
# - The causal mask comes before the softmax. Without it the loss falls under the floor, and the model cannot write.
# - BERT's `[MASK]` is another thing: a token that replaces one in the input (lesson 04).
# - An attention weight is a clue, not a proof: block the edge and see. Nor does the cost tell all: another path may stand in.
#
# [Now go on to 04 Encoder and decoder](04_encoder_vs_decoder_attention.ipynb)
