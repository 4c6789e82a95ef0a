# %% [markdown] pt
# # 03 · Atenção e máscaras
#
# **Ao final, você** terá calculado a atenção à mão, saberá por que os escores são divididos pela raiz de D, terá visto um
# modelo trapacear sem a máscara, verificado que do futuro não vem nada e medido o que um peso de atenção explica.
#
# Slides: como funciona o Transformer, a atenção mascarada · 60 minutos

# %% [markdown] en
# # 03 · Attention and masks
#
# **At the end you** will have worked out attention by hand, know why scores are divided by the square root of D, and have
# watched a model cheat without the mask, checked that nothing comes from the future, and measured what an attention weight
# explains.
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
from mini_gpt.lesson.words import local
from mini_gpt.model import attention_scores, attention_weights, causal_mask, padding_mask, prefix_mask
from mini_gpt.training.data import DocumentBatches
from mini_gpt.training.train import TrainConfig, train

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · À mão: quatro tokens, duas dimensões
#
# Na atenção, cada token tem três vetores: o que ele **procura** (consulta, *query*, q), como **é achado** (chave, *key*, k) e
# o que **entrega** (valor, *value*, v). No modelo eles vêm de três multiplicações por matrizes aprendidas; aqui escrevemos os
# números. T é o número de consultas, S o de chaves, D o de dimensões.

# %% [markdown] en
# ## 1 · By hand: four tokens, two dimensions
#
# In attention, each token has three vectors: what it **looks for** (query, q), how it **is found** (key, k), and what it
# **hands over** (value, v). In the model they come from three products with learned matrices; here we write the numbers down.
# T is the number of queries, S that of keys, D that of dimensions.

# %%
tokens = ["ana", "compra", "pão", "."]  # pt
tokens = ["ana", "buys", "bread", "."]  # en
q = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])  # (T, D)
k = torch.tensor([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0], [0.0, 0.0]])  # (S, D)
v = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0]])  # (S, D)

# %% [markdown] pt
# O **escore** de uma consulta para uma chave é o produto escalar das duas, dividido pela raiz de D. Primeiro com laços, depois
# em uma só multiplicação de matrizes; o resultado é o do `mini_gpt`.

# %% [markdown] en
# The **score** of a query for a key is their dot product, divided by the square root of D. First with loops, then as one matrix
# product; the result is `mini_gpt`'s.

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
# Cada linha: uma consulta reparte uma unidade de atenção entre as chaves. O resultado é a mistura dos valores com esses pesos. O
# PyTorch faz tudo em uma chamada; quando pode, com um kernel fundido (*fused kernel*), que não guarda a matriz de pesos:

# %% [markdown] en
# Each row: a query shares out one unit of attention among the keys. The result is the mixture of the values with these weights.
# PyTorch does all of it in one call; when it can, with a fused kernel, which does not store the matrix of weights:

# %%
mixed = weights @ v  # (T, D)
fused = F.scaled_dot_product_attention(q[None], k[None], v[None])[0]
assert_close(mixed, fused)

# %% [markdown] pt
# ## 2 · Por que dividir pela raiz de D
#
# **Antes de rodar:** vetores de números sorteados, com desvio padrão 1 e cada vez mais dimensões. O que acontece com o desvio
# padrão do produto escalar? E com o maior dos pesos entre 64 chaves, sem dividir e dividindo?

# %% [markdown] en
# ## 2 · Why divide by the square root of D
#
# **Before you run this:** vectors of random numbers, with standard deviation 1 and more and more dimensions. What happens to the
# standard deviation of the dot product? And to the largest weight among 64 keys, undivided and divided?

# %%
dice = torch.Generator().manual_seed(0)
print("   D  desvio sem dividir  dividido")  # pt
print("   D  spread   undivided   divided")  # en
for width in (4, 16, 64, 256):
    products = torch.randn(1000, width, generator=dice) @ torch.randn(width, 64, generator=dice)
    raw, divided = (scores.softmax(-1).amax(-1).mean() for scores in (products, products / width**0.5))
    print(local(f"{width:4d}{products.std():8.0f}{raw:12.2f}{divided:10.2f}", LANG))

# %% [markdown] pt
# O produto é uma soma de D parcelas independentes: a variância cresce com D, o desvio padrão com a raiz de D. Sem a divisão, com
# D grande uma chave leva quase todo o peso: o softmax **satura**, e mexer em um escore quase não muda mais os pesos. O gradiente
# do maior peso (mediana das linhas):

# %% [markdown] en
# The product is a sum of D independent terms: its variance grows with D, its standard deviation with the square root of D.
# Undivided, with a large D, one key takes almost all the weight: the softmax **saturates**, and moving a score hardly moves the
# weights any more. The gradient of the largest weight (median of the rows):

# %%
for name, factor in {"q @ k.mT": 1.0, "/ D**0.5": 1 / 16}.items():
    leaf = (products * factor).requires_grad_()  # D = 256
    leaf.softmax(-1).amax(-1).sum().backward()
    print(f"{name:9s}", local(f"{leaf.grad.abs().sum(-1).median():.3f}", LANG))

# %% [markdown] pt
# O modelo faz várias atenções lado a lado, as **cabeças** (*heads*), cada uma com q, k e v próprios. D é a largura de uma
# cabeça, d_head, e não a do vetor do token, d_model: o produto soma só sobre d_head.
#
# ### Exercício 1 · escores
#
# `q` (H, T, D) e `k` (H, S, D) são as consultas e as chaves de H cabeças. Retorne os escores (H, T, S).

# %% [markdown] en
# The model runs several attentions side by side, the **heads**, each with its own q, k and v. D is the width of one head,
# d_head, and not that of the token's vector, d_model: the product only sums over d_head.
#
# ### Exercise 1 · scores
#
# `q` (H, T, D) and `k` (H, S, D) are the queries and keys of H heads. Return the scores (H, T, S).


# %%
def scores_of(q, k):
    return ...


check("scores", scores_of, LANG)

# %% [markdown] pt
# ## 3 · Em um modelo treinado
#
# As mesmas contas, com os números do `mini`. Ele empilha **camadas** (*layers*), cada uma com suas cabeças; `record` guarda os
# tensores que passam por dentro. Os pesos da camada 0:

# %% [markdown] en
# ## 3 · In a trained model
#
# The same arithmetic with `mini`'s numbers. It stacks **layers**, each with its heads; `record` keeps the tensors that pass
# through inside. The weights of layer 0:

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
# As cabeças não dividem o vetor do token em fatias: cada uma **projeta o vetor inteiro**, com a sua parte da matriz. A consulta
# da cabeça 1 (`x` são os vetores dos tokens, normalizados):

# %% [markdown] en
# The heads do not slice the token's vector: each **projects the whole vector**, with its part of the matrix. The query of head 1
# (`x` holds the tokens' vectors, normalised):

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
# Uma máscara diz quem pode ver quem: True é “pode”. Na **causal**, a do GPT, cada token vê os anteriores **e a si mesmo**, porque
# a posição t prevê o token t + 1.

# %% [markdown] en
# ## 4 · Masks
#
# A mask says who may see whom: True is “may”. In the **causal** mask, GPT's, each token sees those before it **and itself**,
# because position t predicts token t + 1.

# %%
causal_mask(4).int()

# %% [markdown] pt
# Um escore bloqueado vira menos infinito **antes** do softmax: o peso fica 0, e as outras chaves repartem o total. Com os números
# da seção 1:

# %% [markdown] en
# A blocked score becomes minus infinity **before** the softmax: its weight is 0, and the other keys share the total. With the
# numbers of section 1:

# %%
figures.attention_figure(attention_weights(by_loop, causal_mask(4)), tokens, LANG)

# %% [markdown] pt
# Máscaras se combinam com `&`. A de **padding** (preenchimento) esconde os tokens que só completam uma linha do lote; a de
# **prefixo** deixa os primeiros tokens se verem todos.

# %% [markdown] en
# Masks combine with `&`. The **padding** mask hides the tokens that only fill up a row of a batch; the **prefix** mask lets the
# first tokens all see each other.

# %%
real = torch.tensor([[True, True, True, False]])
print((causal_mask(4) & padding_mask(real))[0].int())
print(prefix_mask(4, prefix_length=2).int())

# %% [markdown] pt
# Uma consulta que não vê nenhuma chave não tem softmax. O modelo recusa e diz onde:

# %% [markdown] en
# A query that sees no key has no softmax. The model refuses, and says where:

# %%
try:
    mini(ids, mask=torch.zeros(T, T, dtype=torch.bool))
except ValueError as error:
    print(error)

# %% [markdown] pt
# ### Exercício 2 · a máscara causal
#
# Retorne a máscara causal de T tokens, (T, T), com True onde a consulta (linha) pode ver a chave (coluna).

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
# `scores` e `mask` são (T, S). Retorne os pesos de atenção.

# %% [markdown] en
# ### Exercise 3 · weights
#
# `scores` and `mask` are (T, S). Return the attention weights.


# %%
def weights_of(scores, mask):
    return ...


check("weights", weights_of, LANG)

# %% [markdown] pt
# ## 5 · Sem a máscara, ele trapaceia
#
# Dois modelos iguais, os mesmos documentos. Um tem a máscara; o outro vê também o que deveria prever. **Antes de rodar:** qual
# dos dois terá a menor perda?

# %% [markdown] en
# ## 5 · Without the mask, it cheats
#
# Two identical models, the same documents. One has the mask; the other also sees what it should predict. **Before you run this:**
# which will have the lower loss?

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
# Sem a máscara a perda cai abaixo do piso, a entropia da língua. Em média, nem quem conhece todas as regras consegue isso: o
# modelo não previu, **viu a resposta**. E quando tem de escrever, sem resposta à vista? De cem documentos de cada um, quantos a
# cidade poderia ter escrito?

# %% [markdown] en
# Without the mask the loss falls below the floor, the entropy of the language. On average not even someone who knows all the rules
# can do that: the model has not predicted, it **saw the answer**. And when it has to write, with no answer in sight? Of a hundred
# documents of each, how many could the town have written?

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
# Um teste mais forte que um desenho: a derivada. De quais tokens de entrada dependem os logits da posição 4? (1: dependem; 0:
# não.) E, em todas as posições, são exatamente os que a máscara causal deixa ver?

# %% [markdown] en
# ## 6 · Nothing comes from the future
#
# A stronger test than a picture: the derivative. Which input tokens do the logits of position 4 depend on? (1: they do; 0: they do
# not.) And, at all positions, are these exactly the tokens that the causal mask lets it see?

# %%
for name, model in {"mini": mini, **models}.items():
    with record(model, "embedding") as seen:
        model(ids)
    leaf = seen["embedding"].requires_grad_()
    with edit(model, "embedding", leaf):
        logits = model(ids)[0]
    slopes = [torch.autograd.grad(row.square().sum(), leaf, retain_graph=True)[0] for row in logits]
    depends = torch.cat(slopes).abs().sum(-1) > 0  # (T, T)
    print(f"{name:18s}", depends[4].int().tolist(), torch.equal(depends, causal_mask(T)))

# %% [markdown] pt
# Com a máscara, as derivadas em relação ao futuro não são pequenas: são **zero**, em todas as posições. E isso não depende do
# texto: na atenção o futuro tem peso 0, e as outras partes do modelo tratam cada posição sozinha.
#
# Uma armadilha: a opção `is_causal` do PyTorch alinha a máscara ao canto **superior esquerdo**. Um token novo, depois de três
# já lidos, veria só o primeiro. Ele deve ver todos:

# %% [markdown] en
# With the mask the derivatives with respect to the future are not small: they are **zero**, at all positions. And this does not
# depend on the text: in attention the future has weight 0, and the other parts of the model treat each position on its own.
#
# A trap: PyTorch's option `is_causal` aligns the mask to the **upper left** corner. One new token, after three already read, would
# see only the first. It must see them all:

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
    """ids, a posição de sara, log2 p(sara) no fim e os pesos do fim para ela, (L, H)."""  # pt
    """ids, the position of sara, log2 p(sara) at the end, and the weights from the end to her, (L, H)."""  # en
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
print(local(f"p(sara) = {2**bits:.2f}; camada {layer}; cabeça {head}: peso {weights[-1, at]:.2f}", LANG))  # pt
print(f"p(sara) = {2**bits:.2f}   layer {layer}, head {head}: weight {weights[-1, at]:.2f}")  # en
figures.attention_figure(weights, [words[i] for i in ids[0]], LANG)

# %% [markdown] pt
# Parece uma explicação. Será? Um teste: **cortamos** essa ligação, com um escore de menos infinito, e medimos quantos bits a
# resposta perde. Fazemos isso com as três ligações de maior peso até “sara”, na história em português e em inglês.

# %% [markdown] en
# It looks like an explanation. Is it one? A test: we **cut** that edge, with a score of minus infinity, and measure how many bits
# the answer loses. We do this for the three edges to “sara” with the largest weights, in the Portuguese story and in the English
# one.

# %%
def cut(layer, heads, key):
    """Dentro do with, o último token não vê esta chave nestas cabeças da camada."""  # pt
    """Inside the with, the last token does not see this key in these heads of the layer."""  # en

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
        print(f"{lang}  cabeça {layer}.{head}", local(f" peso {looks[layer, head]:.2f}  perde {lost(story, layer, head):4.1f} bits", LANG))  # pt
        print(f"{lang}  head {layer}.{head}  weight {looks[layer, head]:.2f}  loses {lost(story, layer, head):4.1f} bits")  # en

# %% [markdown] pt
# A mesma história, pesos enormes: em português o corte destrói a resposta, em inglês quase nada acontece. Será que em inglês uma
# cabeça faz o trabalho da outra? Cortamos as duas mais fortes de uma vez:

# %% [markdown] en
# The same story, huge weights: in Portuguese the cut destroys the answer, in English hardly anything happens. Does one head do the
# other's work in English? We cut the two strongest at once:

# %%
pair = read(stories["en"])[3][0].topk(2).indices.tolist()
print(f"en  cabeças {pair} da camada 0  perde", local(f"{lost(stories['en'], 0, pair):.1f} bits", LANG))  # pt
print(f"en  heads {pair} of layer 0  loses {lost(stories['en'], 0, pair):.1f} bits")  # en

# %% [markdown] pt
# Faz: qualquer uma das duas basta. Um peso diz para onde um token **olhou**; só uma intervenção diz o que isso **fez**. O quanto a
# atenção explica é discutido (Jain e Wallace, 2019; Wiegreffe e Pinter, 2019): corte antes de concluir.
#
# ## 8 · O peso e o efeito, lado a lado
#
# O mesmo teste, em todas as ligações de uma frase: ao lado de cada peso, o **custo** de bloquear só aquela ligação, em bits perdidos
# no token certo. Clique em um token ou ande com as setas: ele passa a ser a consulta.
#
# **Antes de mexer:** o chapéu está “novo”, e não “nova”. Das ligações de “está”, qual importa mais? A de maior peso? A tabela abre com
# a média das cabeças da camada 0. Depois procure a cabeça em que está o custo e ache um peso de 1,00 que não custa nada.

# %% [markdown] en
# It does: either of the two is enough. A weight tells where a token **looked**; only an intervention tells what that **did**. How
# much attention explains is contested (Jain and Wallace, 2019; Wiegreffe and Pinter, 2019): cut before you conclude.
#
# ## 8 · Weight and effect, side by side
#
# The same test, on all edges of a sentence: beside each weight, the **cost** of blocking that edge alone, in bits lost on the right
# token. Click on a token, or move with the arrows: it becomes the query.
#
# **Before you touch it:** one hat takes “is”, and not “are”. Of the edges of “square”, which matters most? The one with the largest
# weight? The table opens with the mean of layer 0's heads. Then find the head where the cost arises, and a weight of 1.00 that costs
# nothing.

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
print(f"pesos acima de 0,9: {len(strong)}; custam mais de 1 bit: {sum(cost > 1 for cost in strong)}")  # pt
print(f"weights above 0.9: {len(strong)}; cost more than 1 bit: {sum(cost > 1 for cost in strong)}")  # en

# %% [markdown] pt
# Na média das cabeças da camada 0, o maior peso não custa nada, e um menor custa a resposta. E, de tantos pesos próximos de 1, um só
# faz falta quando cortado sozinho.
#
# **Antes de rodar:** e se a frase for outra, e a mesma cabeça olhar para o mesmo lugar com quase o mesmo peso? O custo será o
# mesmo?

# %% [markdown] en
# In the mean of layer 0's heads the largest weight costs nothing, and a smaller one costs the answer. And of so many weights close to
# 1, only one is missed when it is cut alone.
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
    print(local(f"“{edge.tokens[key]}”: peso {edge.weight:.2f}; custo {edge.cost:.1f} bits; sem ela o modelo diz “{says}”", LANG))  # pt
    print(f"“{edge.tokens[key]}”: weight {edge.weight:.2f}; cost {edge.cost:.1f} bits; without it the model says “{says}”")  # en

# %% [markdown] pt
# Sem ver “o”, o modelo passa ao feminino; sem ver “a”, continua no feminino: é o palpite dele sem o artigo, e por sorte é o certo. Um
# custo alto mostra que a ligação importa **neste texto**. Um custo zero não mostra que ela não serve para nada: outra cabeça pode
# trazer o mesmo, ou o palpite sem ela pode dar certo.
#
# ## 9 · Pinte a máscara
#
# Cada célula é uma permissão: clique, ou use as setas e a barra de espaço. À direita de cada linha, quanto a saída da cabeça mudou e
# a probabilidade que o modelo dá ao próximo token com esta máscara em **todas** as camadas.
#
# **Antes de mexer:** o `mini` foi treinado só com a máscara causal. Escolha o prefixo, com n = 2: a primeira linha passa a ver “ana”.
# O que ela faz com isso? E se todos virem tudo?

# %% [markdown] en
# Without “hat” in sight the model says “are”; without “hats” it still says “are”: that is its guess without the noun, and by luck it is
# right. A high cost shows that the edge matters **in this text**. A cost of zero does not show that the edge is useless: another head
# may bring the same, or the guess without it may be right.
#
# ## 9 · Paint the mask
#
# Each cell is a permission: click, or use the arrows and the space bar. On the right of each row, how far the head's output
# moved, and the probability that the model gives to the next token with this mask in **all** layers.
#
# **Before you touch it:** `mini` was trained only with the causal mask. Choose the prefix, with n = 2: the first row now sees “ana”.
# What does it do with that? And what if all see everything?

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
    print(local(f"{name:7s} perda {-log_probs.mean():.2f}   p(ana) = {log_probs[0].exp():.2f}", LANG))  # pt
    print(f"{name:7s} loss {-log_probs.mean():.2f}   p(ana) = {log_probs[0].exp():.2f}")  # en

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
# **Before you run this:** the row “.” predicts “she”, which refers to “ana”. If this row alone may not see the name, what will it say?
# And if it may not see the verb, which says nothing about gender? And with “leo” in place of “ana”?

# %%
places = [1, 2]  # do nome, do verbo  # pt
places = [1, 2]  # of the name, of the verb  # en
for name in ["ana", "leo"]:
    ids = torch.tensor([[end, *town.tokenizer.encode(text.replace("ana", name))[:-1]]])
    for key in places:
        mask = causal_mask(T - 1)
        mask[-1, key] = False
        p = mini(ids, mask=mask)[0, -1].softmax(-1)
        print(local(f"sem ver “{words[ids[0, key]]}”: “{words[p.argmax()]}” ({p.max():.2f})", LANG))  # pt
        print(f"without “{words[ids[0, key]]}” in sight: “{words[p.argmax()]}” ({p.max():.2f})")  # en

# %% [markdown] pt
# Sem o nome, ele diz “ela” nos dois casos: de novo um palpite, certo para ana e errado para leo. Sem o verbo não vem o outro pronome:
# ele repete o nome. O que parece faltar não é o gênero, e sim saber que tipo de frase é essa. Por isso olhe também quem **sobe**, e
# não só quanto o token certo cai.
#
# ## O que fica
#
# - Escores são q·k / √d_head; o softmax é sobre as chaves; cada linha soma 1.
# - A máscara causal entra antes do softmax. Treinado sem ela, o modelo tem perda abaixo do piso e não sabe escrever.
# - `[MASK]`, do BERT, é outra coisa: um token que substitui outro na entrada (lição 06).
# - Um peso de atenção é uma pista, não uma prova: bloqueie a ligação e veja. Nem o custo diz tudo: pode haver outro caminho.
#
# [Agora vá para 04 O GPT inteiro](04_the_whole_gpt.ipynb)

# %% [markdown] en
# Without the name the pronoun is gone, and no other word is likely. Without the verb it does not say the other pronoun: it says the
# name again. What seems to be missing is not the gender, but what kind of sentence this is. So look also at what **rises**, and not
# only at how far the right token falls.
#
# ## What stays
#
# - Scores are q·k / √d_head; the softmax is over keys; each row sums to 1.
# - The causal mask comes before the softmax. Trained without it, a model has a loss below the floor and cannot write.
# - BERT's `[MASK]` is something else: a token that replaces another in the input (lesson 06).
# - An attention weight is a clue, not a proof: block the edge and see. Nor does the cost tell everything: there may be another path.
#
# [Now go on to 04 The whole GPT](04_the_whole_gpt.ipynb)
