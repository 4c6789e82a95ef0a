# %% [markdown] pt
# # 04 · O GPT inteiro
#
# **Ao final, você** terá ido dos ids aos logits à mão, com os números do `mini`; saberá desenhar um bloco inteiro; terá medido
# quanto vale cada parte; e terá um GPT seu, de umas 40 linhas, que dá os logits do `mini`.
#
# Slides: o BERT e o GPT-2 · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 04 · The whole GPT
#
# **By the end, you** will have gone from ids to logits by hand, with `mini`'s own numbers; be able to draw a whole block; have
# measured what each part is worth; and have a GPT of your own, about 40 lines long, that gives `mini`'s logits.
#
# Slides: BERT and GPT-2 · {minutes} · **[glossary](glossary.ipynb)**

# %%
MODEL = "mini"  # ou "mini-books", "gpt2", uma pasta: mude, reinicie e rode tudo; o texto descreve o mini  # pt
MODEL = "mini"  # or "mini-books", "gpt2", a folder: change it, restart, run all; the text describes mini  # en

# %%
import math

import torch
import torch.nn.functional as F
from torch.testing import assert_close

from mini_gpt import GPTConfig, edit, load, record, sizes
from mini_gpt.lesson import figures
from mini_gpt.lesson.any_model import everyday_documents, ids_of, spelled, town_of
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.truth import compare, costs_of, held_out_documents
from mini_gpt.lesson.words import local
from mini_gpt.model import attention_scores, attention_weights, causal_mask

# %%
LANG = "pt"  # pt
LANG = "en"  # en
gpt = load(MODEL).double().requires_grad_(False)  # mais dígitos, para que “igual” queira dizer igual  # pt
gpt = load(MODEL).double().requires_grad_(False)  # more digits, so that “equal” means equal  # en
town, end = town_of(gpt), gpt.tokenizer.end_of_text  # a cidade é None se o modelo lê outra língua  # pt
town, end = town_of(gpt), gpt.tokenizer.end_of_text  # the town is None if the model reads another language  # en

# %% [markdown] pt
# ## 1 · De palavras a vetores
#
# Um GPT recebe os **ids**, os números dos tokens, e retorna os **logits**: um número para cada palavra do vocabulário, que o
# softmax transforma em probabilidade. No meio há poucos passos, e vamos dar um de cada vez. `record` guarda o que o modelo
# calcula em cada passo, e com isso conferimos os nossos.

# %% [markdown] en
# ## 1 · From words to vectors
#
# A GPT takes the **ids**, the tokens' numbers, and returns the **logits**: a number for each word of the vocabulary, which
# softmax turns into a probability. We take the few steps in between one at a time. `record` keeps what the model computes at
# each step, so that we can check ours.

# %%
text = "ana está na praça . ela"  # pt
text = "ana is in the square . she"  # en
ids = ids_of(text, gpt)  # (B, T), B = 1; o primeiro é <|endoftext|>  # pt
ids = ids_of(text, gpt)  # (B, T), B = 1; the first one is <|endoftext|>  # en
T = ids.size(1)
with record(gpt) as trace:
    logits = gpt(ids)  # (B, T, V)

# %% [markdown] pt
# Um **embedding** é uma tabela com uma linha para cada token do vocabulário: um vetor de C números, aprendidos no treino
# (**parâmetros**). Consultar a tabela é pegar linhas. À mão, com V = 4 tokens e C = 3:

# %% [markdown] en
# An **embedding** is a table with a row for each token of the vocabulary: a vector of C numbers, learned in training
# (**parameters**). Looking up means picking rows. By hand, with V = 4 tokens and C = 3:

# %%
table = torch.tensor([[0.0, 0.1, 0.2], [1.0, 1.1, 1.2], [2.0, 2.1, 2.2], [3.0, 3.1, 3.2]])  # (V, C)
print(table[torch.tensor([2, 0, 2])])

# %% [markdown] pt
# O `mini` tem duas tabelas: uma diz **que** token é; a outra, **em que posição** ele está. Ele soma as duas linhas.

# %% [markdown] en
# `mini` has two tables: one says **which** token it is, the other **at which position** it stands. It adds the two rows.

# %%
token_table = gpt.token_embedding.weight  # (V, C)
position_table = gpt.position_embedding.weight  # (context_length, C)
x = token_table[ids] + position_table[:T]  # (B, T, C)
assert_close(x, trace["embedding"])
print(tuple(token_table.shape), tuple(position_table.shape), tuple(x.shape))

# %% [markdown] pt
# Para que servem as posições? **Antes de rodar:** duas frases têm as mesmas palavras em outra ordem. Sem a tabela das
# posições, o que o primeiro bloco calcula no último token, o ponto, muda de uma para a outra?

# %% [markdown] en
# What are the positions for? **Before you run this:** two sentences have the same words in another order. Without the position
# table, does what the first block computes at the last token, the full stop, differ between them?

# %%
pair = [" ana dá o livro para leo .", " leo dá o livro para ana ."]  # pt
pair = [" ana gives the book to leo .", " leo gives the book to ana ."]  # en
which = token_table[torch.tensor([gpt.tokenizer.encode(spelled(each, gpt)) for each in pair])]  # (B, T, C), B = 2
where = position_table[: which.size(1)]
names = ["com posições", "sem posições"]  # pt
names = ["with positions", "without positions"]  # en
for name, vectors in zip(names, [which + where, which]):
    one, other = gpt.blocks[0](vectors)[:, -1]
    print(f"{name}: {(one - other).norm() / one.norm():.0%}")

# %% [markdown] pt
# Sem posições, nada muda: para o primeiro bloco, o que vem antes do ponto é um saco de palavras, e não há como saber quem deu
# a quem. Quanto isso custa ao modelo inteiro? Medimos em bits por token; o mínimo possível é o **piso** da lição 01, a
# entropia da cidade. (`edit` põe 0 no lugar do que a tabela dá.)

# %% [markdown] en
# Without positions nothing changes: to the first block, what comes before the full stop is a bag of words, and there is no
# telling who gave to whom. What does this cost the whole model? We measure it in bits per token; the least possible is the
# **floor** of lesson 01, the town's entropy. (`edit` puts 0 in place of what the table gives.)

# %%
documents = held_out_documents(town, 100, "lesson 04") if town else everyday_documents(gpt, LANG)


def bits():
    return costs_of(gpt, documents, end).mean() / math.log(2)


# %%
whole, die = bits(), math.log2(gpt.config.vocab_size)  # o dado tem uma face por token  # pt
print(local(f"{MODEL}: {whole:.2f}   um dado: {die - whole:+.2f}", LANG))  # pt
whole, die = bits(), math.log2(gpt.config.vocab_size)  # the die has a face for each token  # en
print(f"{MODEL}: {whole:.2f}   a die: {die - whole:+.2f}")  # en
if town:
    print(local(f"piso: {compare(gpt, town, documents).floor / math.log(2):.2f}", LANG))  # pt
    print(f"floor: {compare(gpt, town, documents).floor / math.log(2):.2f}")  # en
with edit(gpt, "position_embedding", 0):
    print(local(f"sem posições: {bits() - whole:+.2f}", LANG))  # pt
    print(f"without positions: {bits() - whole:+.2f}")  # en

# %% [markdown] pt
# ## 2 · LayerNorm
#
# Antes de cada parte, o modelo põe os números na mesma escala. **LayerNorm** (normalização de camada) leva o vetor de cada
# token à média 0 e ao desvio padrão 1. O 1e-5 evita dividir por zero.

# %% [markdown] en
# ## 2 · LayerNorm
#
# Before each part, the model puts the numbers on the same scale. **LayerNorm** (layer normalisation) brings each token's
# vector to mean 0 and standard deviation 1. The 1e-5 avoids a division by zero.

# %%
row = torch.tensor([1.0, 2.0, 3.0, 10.0])
centred = row - row.mean()
by_hand = centred / (centred.square().mean() + 1e-5).sqrt()
assert_close(by_hand, F.layer_norm(row, (4,)))
print(by_hand)

# %% [markdown] pt
# **Antes de rodar:** o que muda se todos os números forem 10 vezes maiores, mais 5?

# %% [markdown] en
# **Before you run this:** what changes if all numbers are 10 times as large, plus 5?

# %%
print(F.layer_norm(10 * row + 5, (4,)))

# %% [markdown] pt
# Nada muda. Depois disso, cada um dos C números é multiplicado por um peso e somado a um bias, ambos aprendidos. A média é só
# sobre os C números de **um** token: os outros tokens não entram.
#
# ### Exercício 1 · LayerNorm
#
# `x` (T, C) tem um token por linha; `weight` e `bias` têm C números. Retorne `x` normalizado, vezes `weight`, mais `bias`.

# %% [markdown] en
# Nothing changes. After that, each of the C numbers is multiplied by a weight and has a bias added, both learned. The mean is
# over the C numbers of **one** token only: the other tokens play no part.
#
# ### Exercise 1 · LayerNorm
#
# `x` (T, C) has a token in each row; `weight` and `bias` have C numbers. Return `x` normalised, times `weight`, plus `bias`.


# %%
def layer_norm(x, weight, bias):
    return ...


check("layer_norm", layer_norm, LANG)

# %% [markdown] pt
# E com os números do `mini`:

# %% [markdown] en
# And with `mini`'s numbers:

# %%
block = gpt.blocks[0]
centred = x - x.mean(dim=-1, keepdim=True)
variance = centred.square().mean(dim=-1, keepdim=True)
normed = centred / (variance + 1e-5).sqrt() * block.attention_norm.weight + block.attention_norm.bias
assert_close(normed, trace["blocks.0.attention_norm"])

# %% [markdown] pt
# ## 3 · As cabeças, juntas
#
# A lição 03 seguiu uma cabeça. Cada camada do `mini` tem H = 4, cada uma com consultas, chaves e valores de D = C / H números.
# As matrizes de todas estão lado a lado em uma só, `qkv`.

# %% [markdown] en
# ## 3 · The heads, joined
#
# Lesson 03 followed one head. Each layer of `mini` has H = 4, each with queries, keys and values of D = C / H numbers. The
# matrices of all of them stand side by side in a single one, `qkv`.

# %%
attention = block.attention
C, H, D = gpt.config.d_model, gpt.config.n_head, gpt.config.d_head
qkv = normed @ attention.qkv.weight.T + attention.qkv.bias  # (B, T, 3·C)
q, k, v = qkv.split(C, dim=-1)  # (B, T, C)

# %% [markdown] pt
# **Antes de rodar:** as consultas da cabeça 1 são as colunas D a 2·D − 1 de `q`. De quantos dos C números de um token elas
# dependem: de D ou de todos?

# %% [markdown] en
# **Before you run this:** head 1's queries are the columns D to 2·D − 1 of `q`. On how many of a token's C numbers do they
# depend: on D, or on all?

# %%
own = slice(D, 2 * D)
matrix = attention.qkv.weight[own]
assert_close(q[..., own], normed @ matrix.T + attention.qkv.bias[own])
print(tuple(matrix.shape))

# %% [markdown] pt
# De todos: a matriz da cabeça leva C números a D. O que se reparte em cabeças é a **projeção**, não o vetor. Cada cabeça faz
# com as suas colunas a conta da lição 03, sem saber das outras:

# %% [markdown] en
# On all: the head's matrix takes C numbers to D. What is split into heads is the **projection**, not the vector. With
# its own columns, each head does the arithmetic of lesson 03, without knowing about the others:

# %%
mixed = []
for head in range(H):
    own = slice(head * D, (head + 1) * D)
    weights = attention_weights(attention_scores(q[..., own], k[..., own]), causal_mask(T))
    mixed.append(weights @ v[..., own])  # (B, T, D)

# %% [markdown] pt
# Os resultados ficam lado a lado, e a matriz `projection` os combina: essa é a saída da atenção, C números por token.

# %% [markdown] en
# The results are put side by side, and the matrix `projection` combines them: this is attention's output, C numbers for each
# token.

# %%
joined = torch.cat(mixed, dim=-1)  # (B, T, H·D) = (B, T, C)
attended = joined @ attention.projection.weight.T + attention.projection.bias
assert_close(attended, trace["blocks.0.attention"])

# %% [markdown] pt
# ## 4 · O fluxo residual
#
# O **fluxo residual** (*residual stream*) é o vetor de cada token, que atravessa todos os blocos. Nenhuma parte o substitui:
# cada uma o lê, normalizado, e **soma** algo a ele. Um bloco tem duas partes: a atenção e a MLP (seção 5).
#
# $$x \leftarrow x + \text{attention}(\text{norm}(x)) \qquad x \leftarrow x + \text{MLP}(\text{norm}(x))$$
#
# No GPT-2, a normalização vem **antes** de cada parte (*pre-LN*); no Transformer de 2017, vinha depois da soma (*post-LN*).
#
# O que sai do último bloco é então uma soma: o embedding, mais o que cada parte somou.

# %% [markdown] en
# ## 4 · The residual stream
#
# The **residual stream** is the vector of each token, which runs through all blocks. A part never replaces it: it reads the
# stream, normalised, and **adds** something to it. A block has two parts: attention and the MLP (section 5).
#
# $$x \leftarrow x + \text{attention}(\text{norm}(x)) \qquad x \leftarrow x + \text{MLP}(\text{norm}(x))$$
#
# In GPT-2 the norm comes **before** each part (pre-LN); in the Transformer of 2017 it came after the sum (post-LN).
#
# So what leaves the last block is a sum: the embedding, plus what each part added.

# %%
middle = x + attended  # depois da atenção, antes da MLP  # pt
middle = x + attended  # after attention, before the MLP  # en
parts = [f"blocks.{layer}.{part}" for layer in range(gpt.config.n_layer) for part in ("attention", "mlp")]
last = f"blocks.{gpt.config.n_layer - 1}"
assert_close(x + sum(trace[part] for part in parts), trace[last])

# %% [markdown] pt
# Como tudo se soma, dá para **desligar** uma parte, isto é, fazê-la somar 0, e o resto continua funcionando. **Antes de
# rodar:** qual das oito partes faz mais falta? Alguma não faz nenhuma?

# %% [markdown] en
# Since everything is added, a part can be **switched off**, that is, made to add 0, and the rest still runs. **Before you run
# this:** which of the eight parts is missed most? Is there one that is not missed at all?

# %%
for part in parts:
    with edit(gpt, part, 0):
        print(f"{part:18s}", local(f"{bits() - whole:+6.2f}", LANG))

# %% [markdown] pt
# O primeiro bloco é o que mais faz falta; a atenção dos blocos 1 a 3, cada uma sozinha, não faz nenhuma. Sem a primeira MLP, o
# `mini` fica pior que o dado: as outras partes aprenderam a ler o que ela soma. A medida diz quanto uma parte vale **para este
# modelo**, e não quanto perderia um modelo treinado sem ela.
#
# **Antes de rodar:** sozinhas, as MLPs dos blocos 1 e 2 quase não fazem falta. E as duas ao mesmo tempo? E a atenção dos
# blocos 1 a 3, toda de uma vez?

# %% [markdown] en
# The first block is missed most; the attention of blocks 1 to 3, each on its own, not at all. Without the first MLP, `mini` is
# worse than the die: the other parts have learned to read what it adds. This measures what a part is worth **to this model**,
# not what a model trained without it would lose.
#
# **Before you run this:** the MLPs of blocks 1 and 2 are hardly missed, each on its own. And both at once? And the attention
# of blocks 1 to 3, all of it?

# %%
for off in ("blocks.[12].mlp", "blocks.[123].attention"):
    with edit(gpt, off, 0):
        print(f"{off:23s}", local(f"{bits() - whole:+.2f}", LANG))

# %% [markdown] pt
# As duas MLPs custam muito mais que a soma: uma fazia o trabalho da outra. Já de atenção, o `mini` quase só precisa da do
# bloco 0. Isso vale para ele, em uma cidade pequena; sobre o GPT-2, não diz nada.
#
# ## 5 · A MLP
#
# A atenção leva informação de um token a outro. A **MLP** (*multi-layer perceptron*) trabalha em cada token sozinho: vai de C
# a 4·C números, aplica uma função a cada um e volta a C. Sem a função, duas matrizes seguidas equivaleriam a uma só. No GPT-2
# é a **GELU**: leva os negativos para perto de 0 e quase não muda os positivos grandes.

# %% [markdown] en
# The two MLPs cost far more than the sum: each was covering for the other. Of attention, block 0's is almost all that `mini`
# needs. This holds for `mini`, in a small town; it says nothing about GPT-2.
#
# ## 5 · The MLP
#
# Attention moves information from token to token. The **MLP** (multi-layer perceptron) works on each token alone: it
# goes from C to 4·C numbers, applies a function to each, and goes back to C. Without the function, two matrices in a
# row would amount to a single one. In GPT-2 it is **GELU**: it pushes negative numbers towards 0 and hardly changes
# large positive ones.

# %%
z = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0])
gelu = 0.5 * z * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (z + 0.044715 * z**3)))
assert_close(gelu, F.gelu(z, approximate="tanh"))
print(gelu)

# %% [markdown] pt
# A MLP do primeiro bloco, e com ela o bloco inteiro:

# %% [markdown] en
# The MLP of the first block, and with it the whole block:

# %%
read = block.mlp_norm(middle)
wide = F.gelu(read @ block.mlp.expand.weight.T + block.mlp.expand.bias, approximate="tanh")  # (B, T, 4·C)
added = wide @ block.mlp.project.weight.T + block.mlp.project.bias  # (B, T, C)
assert_close(added, trace["blocks.0.mlp"])
assert_close(middle + added, trace["blocks.0"])

# %% [markdown] pt
# **Antes de rodar:** se a MLP receber só o último token, o resultado dele é o mesmo?

# %% [markdown] en
# **Before you run this:** if the MLP gets only the last token, does it still add the same to it?

# %%
print(torch.allclose(block.mlp(read[:, -1:]), added[:, -1:]))

# %% [markdown] pt
# É o mesmo: a MLP nunca vê dois tokens ao mesmo tempo; só a atenção vê.
#
# **Antes de rodar:** que fração dos parâmetros do menor GPT-2 está nas MLPs? São 12 blocos de C = 768, cada um com duas
# matrizes e os seus bias.

# %% [markdown] en
# The same: the MLP never sees two tokens at once; only attention does.
#
# **Before you run this:** what share of the smallest GPT-2's parameters is in the MLPs? It has 12 blocks of C = 768, each with
# two matrices and their biases.

# %%
counts = sizes.parameters(GPTConfig.preset("gpt2"))
assert counts["MLP"] == 12 * (768 * 3072 + 3072 + 3072 * 768 + 768)
print(f"{counts['MLP'] / sum(counts.values()):.0%}")

# %% [markdown] pt
# Quase metade.
#
# ## 6 · O bloco inteiro
#
# Primeiro desenhe no papel: o fluxo, os dois ramos, as duas somas e um shape em cada lugar. Depois compare. Em cada faixa
# estão os números que você calculou; troque o 0 por 3 para ver o último bloco.

# %% [markdown] en
# Nearly half.
#
# ## 6 · The whole block
#
# First draw it on paper: the stream, the two branches, the two sums, and a shape at each place. Then compare. Each strip holds
# the numbers you computed; change the 0 to 3 to see the last block.

# %%
figures.block_figure(trace, 0, token_names(gpt.tokenizer, ids[0]), LANG)

# %% [markdown] pt
# ## 7 · Do fluxo aos logits
#
# Depois do último bloco vem mais um LayerNorm, `final_norm`. O logit de uma palavra é então o produto escalar do vetor do
# token com **a linha dessa palavra na tabela dos tokens**. Com a tabela da seção 1, um vetor dá V = 4 logits:

# %% [markdown] en
# ## 7 · From the stream to the logits
#
# After the last block comes one more LayerNorm, `final_norm`. The logit of a word is then the dot product of the token's
# vector with **that word's row in the token table**. With the table of section 1, a vector gives V = 4 logits:

# %%
print(torch.tensor([0.0, 1.0, 1.0]) @ table.T)

# %% [markdown] pt
# **Antes de rodar:** qual é o shape dos logits do `mini`? E quais são as três palavras mais prováveis depois de “ela”?

# %% [markdown] en
# **Before you run this:** what is the shape of `mini`'s logits? And which three words are most likely after “she”?

# %%
by_hand = gpt.final_norm(trace[last]) @ token_table.T
assert_close(by_hand, logits)
print(tuple(by_hand.shape))
best = by_hand[0, -1].softmax(dim=-1).topk(3)
print(token_names(gpt.tokenizer, best.indices), best.values)
if town:
    print("cidade", town.next_token_probs(town.tokenizer.encode(text))[best.indices].round(4))  # pt
    print("town", town.next_token_probs(town.tokenizer.encode(text))[best.indices].round(4))  # en

# %% [markdown] pt
# Dos ids aos logits, tudo à mão. A última matriz se chama **head** (a saída, não uma cabeça) e **é** a tabela dos tokens: os
# dois compartilham os pesos (*weight tying*).
#
# ## Parte 2 · O seu GPT
#
# {minutes}. O mesmo em quatro classes, com os pesos do `mini`; depois, `model.py`, lido ao lado delas. Aqui é um bom lugar
# para uma pausa.

# %% [markdown] en
# From ids to logits, all by hand. The last matrix is called the **head**, and it **is** the token table: the two share their
# weights (*weight tying*).
#
# ## Part 2 · Your own GPT
#
# {minutes}. The same in four classes, with `mini`'s weights; then `model.py`, read beside them. Here is a good place for a
# break.

# %%
from torch import nn

# %% [markdown] pt
# ## 8 · Quatro classes
#
# Na parte 1 fizemos uma cabeça de cada vez. Todas de uma vez é mais rápido: H vira mais um eixo, ao lado de B, e as contas
# ficam como estão. No fim, as cabeças voltam a ficar lado a lado.
#
# ### Exercício 2 · juntar as cabeças
#
# `mixed` é um tensor (H, T, D), o resultado de H cabeças. Retorne (T, H·D): em cada token, as cabeças lado a lado, na ordem.

# %% [markdown] en
# ## 8 · Four classes
#
# In part 1 we took one head at a time. All at once is faster: H becomes one more axis, beside B, and all the arithmetic stays
# as it is. At the end, the heads are put side by side again. How is that written?
#
# ### Exercise 2 · joining the heads
#
# `mixed` is a tensor (H, T, D), the result of H heads. Return (T, H·D): at each token, the heads side by side, in order.


# %%
def join_heads(mixed):
    return ...


check("join_heads", join_heads, LANG)

# %% [markdown] pt
# A atenção, com os nomes dos pesos do `mini`. `unflatten` divide o último eixo em H e D; `transpose` leva H para o lado de B;
# `triu(1)` marca o futuro, acima da diagonal.

# %% [markdown] en
# Attention, with the names that `mini`'s weights have. `unflatten` splits the last axis into H and D; `transpose` moves H
# beside B.


# %%
class MyAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.n_head = config.n_head
        self.qkv = nn.Linear(config.d_model, 3 * config.d_model)
        self.projection = nn.Linear(config.d_model, config.d_model)

    def forward(self, x):  # (B, T, C)
        parts = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.n_head, -1)).transpose(1, 2) for part in parts)  # (B, H, T, D)
        scores = q @ k.mT / q.size(-1) ** 0.5  # (B, H, T, S)
        future = torch.ones_like(scores, dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(future, -torch.inf).softmax(dim=-1) @ v
        return self.projection(mixed.transpose(1, 2).flatten(-2))


# %% [markdown] pt
# A MLP e o bloco, com as duas somas da seção 4:

# %% [markdown] en
# The MLP and the block, with the two sums of section 4:


# %%
class MyMLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.expand = nn.Linear(config.d_model, 4 * config.d_model)
        self.activation = nn.GELU(approximate="tanh")
        self.project = nn.Linear(4 * config.d_model, config.d_model)

    def forward(self, x):
        return self.project(self.activation(self.expand(x)))


# %%
class MyBlock(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.d_model)
        self.attention = MyAttention(config)
        self.mlp_norm = nn.LayerNorm(config.d_model)
        self.mlp = MyMLP(config)

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.mlp(self.mlp_norm(x))


# %% [markdown] pt
# E o GPT: duas tabelas, uma pilha de blocos, um LayerNorm, e a tabela dos tokens outra vez.

# %% [markdown] en
# And the GPT: two tables, a stack of blocks, a LayerNorm, and the token table once more.


# %%
class MyGPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.token_embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.position_embedding = nn.Embedding(config.context_length, config.d_model)
        self.blocks = nn.ModuleList(MyBlock(config) for _ in range(config.n_layer))
        self.final_norm = nn.LayerNorm(config.d_model)

    def forward(self, ids):  # (B, T)
        x = self.token_embedding(ids) + self.position_embedding.weight[: ids.size(1)]
        for block in self.blocks:
            x = block(x)
        return self.final_norm(x) @ self.token_embedding.weight.T  # (B, T, V)


# %% [markdown] pt
# Um `state_dict` dá o tensor de cada nome. O seu GPT recebe os do `mini`; basta tirar a saída, que é a tabela dos tokens.
# **Os logits são os mesmos?**

# %% [markdown] en
# A `state_dict` gives the tensor for each name. Your GPT takes `mini`'s; only the head must go, since it is the token table
# again. **Are the logits the same?**

# %%
mine = MyGPT(gpt.config).double().requires_grad_(False)
state = gpt.state_dict()
del state["head.weight"]
print(mine.load_state_dict(state))
assert_close(mine(ids), logits)

# %% [markdown] pt
# São. E ele escreve: sorteie um token, acrescente, repita.

# %% [markdown] en
# They are. And it writes: draw a token, append it, repeat.

# %%
written, dice = ids[:, :3], torch.Generator().manual_seed(4)
while written.size(1) < 48 and written[0, -1] != end:
    probs = mine(written)[:, -1].softmax(dim=-1)  # (B, V)
    written = torch.cat([written, probs.multinomial(1, generator=dice)], dim=1)
print(gpt.tokenizer.decode(written[0, 1:].tolist()))

# %% [markdown] pt
# Um detalhe que muita gente erra: a fórmula da seção 5 é a aproximação da GELU que o GPT-2 usa. O `nn.GELU()` do PyTorch
# calcula a GELU exata. **Antes de rodar:** com a GELU errada, os pesos ainda carregam? E os logits são os mesmos?

# %% [markdown] en
# A detail that many get wrong: the formula of section 5 is the approximation of GELU that GPT-2 uses. PyTorch's `nn.GELU()`
# computes the exact GELU. **Before you run this:** with the wrong GELU, your GPT still loads the weights, but are the logits
# still the same?

# %%
for each in mine.blocks:
    each.mlp.activation = nn.GELU()
print(local(f"{(mine(ids) - logits).abs().max():.4f}", LANG))  # a maior diferença  # pt
print(local(f"{(mine(ids) - logits).abs().max():.4f}", LANG))  # the largest difference  # en
print(torch.equal(mine(ids).argmax(dim=-1), logits.argmax(dim=-1)))

# %% [markdown] pt
# Nenhum erro, a mesma palavra mais provável em cada posição, e mesmo assim outro modelo. Só quem compara os logits nota. Por
# isso, um `assert_close` contra o original vale mais que um texto que parece bom.
#
# O seu código, com os números do GPT-2, **é** o GPT-2. Quantos parâmetros ele tem, e quantos teria se a saída fosse outra
# tabela? (`meta`: só os shapes, sem gastar memória.)

# %% [markdown] en
# No error, the same most likely word at each position, and yet a different model. Only a comparison of the logits
# reveals it. That is why an `assert_close` against the original is worth more than a text that looks good.
#
# Your code, with GPT-2's numbers, **is** GPT-2. How many parameters does it have, and how many would it have if the head were
# another table? (`meta`: only the shapes, without the memory.)

# %%
with torch.device("meta"):
    gpt2 = MyGPT(GPTConfig.preset("gpt2"))
tied = sum(parameter.numel() for parameter in gpt2.parameters())
assert tied == sum(counts.values())
print(local(f"{tied:,} / {tied + gpt2.token_embedding.weight.numel():,}", LANG))

# %% [markdown] pt
# ## 9 · Leia model.py
#
# Abra [`mini_gpt/model.py`](../../mini_gpt/model.py), leia de `class Attention` até `class GPT`, ao lado das suas classes, e
# ache:
#
# 1. a linha que põe as cabeças lado a lado;
# 2. as duas somas do bloco;
# 3. a linha que faz da saída a tabela dos tokens;
# 4. onde a atenção decide que, sem máscara, é causal.
#
# O que você não escreveu:
#
# | em model.py | para quê |
# |---|---|
# | `mask` | outras máscaras além da causal (lições 03 e 06) |
# | `cache` | escrever sem reler tudo a cada token (lição 10) |
# | `dropout`, `initialise` | o treino (lição 05) |
# | `scaled_dot_product_attention` | a mesma atenção em um kernel fundido, mais rápido |
# | `Probe` | um lugar com nome, onde `record` e `edit` olham |
# | `check_ids`, `check_mask` | erros que dizem o que está errado |
#
# ## 10 · Na página em branco
#
# ### Exercício 3 · um bloco
#
# Sem olhar para cima: desenhe o bloco mais uma vez e escreva-o. `x` (T, C) é o fluxo. `attention_norm`, `attention`,
# `mlp_norm` e `mlp` são funções de (T, C) em (T, C). Retorne o fluxo depois do bloco, como no GPT-2.

# %% [markdown] en
# ## 9 · Read model.py
#
# Open [`mini_gpt/model.py`](../../mini_gpt/model.py), read from `class Attention` to `class GPT`, beside your own classes, and
# find:
#
# 1. the line that puts the heads side by side;
# 2. the two sums of the block;
# 3. the line that makes the head the token table;
# 4. where attention decides that, without a mask, it is causal.
#
# What you have not written:
#
# | in model.py | what for |
# |---|---|
# | `mask` | other masks than the causal one (lessons 03 and 06) |
# | `cache` | writing without reading everything again for each token (lesson 10) |
# | `dropout`, `initialise` | only for training |
# | `scaled_dot_product_attention` | the same attention in a fused kernel, which is faster |
# | `Probe` | a place with a name, where `record` and `edit` look |
# | `check_ids`, `check_mask` | errors that say what is wrong |
#
# ## 10 · On a blank page
#
# ### Exercise 3 · a block
#
# From memory: draw the block once more, and write it. `x` (T, C) is the stream. `attention_norm`, `attention`,
# `mlp_norm` and `mlp` are functions from (T, C) to (T, C). Return the stream after the block, as in GPT-2.


# %%
def run_block(x, attention_norm, attention, mlp_norm, mlp):
    return ...


check("block", run_block, LANG)

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
# - O vetor de um token: a linha dele na tabela, mais a da posição. Sem posições, o primeiro bloco vê um saco de palavras.
# - Um bloco lê o fluxo normalizado e soma: primeiro a atenção, entre tokens; depois a MLP, em cada um.
# - O que sai é a soma do embedding e de todas as partes. Mais um LayerNorm, e a tabela dos tokens dá os logits.
# - Essa é a arquitetura inteira do GPT-2. Falta saber de onde vêm os números: do treino.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_04.py`](../../mini_gpt/lesson/exercises/lesson_04.py).
#
# [Agora vá para 05 Treinamento](05_training.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - A token's vector: its row in the table, plus that of its position. Without positions, the first block sees a bag of
#   words.
# - A block reads the normalised stream and adds: first attention, between tokens; then the MLP, at each one.
# - What leaves is the sum of the embedding and all parts. One more LayerNorm, and the token table gives the logits.
# - This is the whole architecture of GPT-2. What is missing is where the numbers come from: training.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_04.py`](../../mini_gpt/lesson/exercises/lesson_04.py).
#
# [Now go on to 05 Training](05_training.ipynb)
