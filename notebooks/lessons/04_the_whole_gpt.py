# %% [markdown] pt
# # 04 · O GPT inteiro
#
# **Ao final, você** terá ido dos ids aos logits à mão, passo a passo, com os números do `mini`; saberá desenhar um bloco inteiro;
# terá medido quanto vale cada parte; e terá um GPT seu, de umas 40 linhas, que dá os logits do `mini`.
#
# Slides: o decodificador (GPT) · 45 minutos

# %% [markdown] en
# # 04 · The whole GPT
#
# **By the end, you** will have gone from ids to logits by hand, step by step, with `mini`'s own numbers; be able to draw a whole
# block; have measured what each part is worth; and have a GPT of your own, about 40 lines long, that gives `mini`'s logits.
#
# Slides: the decoder (GPT) · 45 minutes

# %%
import inspect
import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

import mini_gpt
from mini_gpt import GPTConfig, edit, record, sizes
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.truth import compare, held_out_documents
from mini_gpt.lesson.words import local

# %%
LANG = "pt"  # pt
LANG = "en"  # en
town = Town()
mini = mini_gpt.load("mini").requires_grad_(False)  # nesta lição nada é treinado  # pt
mini = mini_gpt.load("mini").requires_grad_(False)  # nothing is trained in this lesson  # en
words, end = town.tokenizer.words, town.tokenizer.end_of_text
assert_close = partial(torch.testing.assert_close, rtol=1e-4, atol=1e-3)  # somar em outra ordem muda os últimos dígitos  # pt
assert_close = partial(torch.testing.assert_close, rtol=1e-4, atol=1e-3)  # adding in another order changes the last digits  # en

# %% [markdown] pt
# ## 1 · De palavras a vetores
#
# Um GPT recebe os **ids**, os números dos tokens, e retorna os **logits**: para cada palavra do vocabulário um número, que o softmax
# transforma em probabilidade. No meio há poucos passos, e vamos dar um de cada vez. `record` guarda o que o modelo calcula em cada
# passo, e com isso conferimos os nossos.

# %% [markdown] en
# ## 1 · From words to vectors
#
# A GPT takes the **ids**, the tokens' numbers, and returns the **logits**: for each word of the vocabulary one number, which softmax
# turns into a probability. There are few steps in between, and we will take them one at a time. `record` keeps what the model
# computes at each step, so that we can check ours.

# %%
text = "ana está na praça . ela"  # pt
text = "ana is in the square . she"  # en
ids = torch.tensor([end, *town.tokenizer.encode(text)])  # (T,)
T = len(ids)
with record(mini) as trace:
    logits = mini(ids[None])[0]  # (T, V)
seen = {name: value[0] for name, value in trace.items()}  # um texto só, sem o eixo B  # pt
seen = {name: value[0] for name, value in trace.items()}  # a single text, without the axis B  # en

# %% [markdown] pt
# Um **embedding** é uma tabela com uma linha para cada token do vocabulário: um vetor de C números, aprendidos no treino.
# Consultar a tabela é só pegar linhas. À mão, com V = 4 tokens e C = 3:

# %% [markdown] en
# An **embedding** is a table with a row for each token of the vocabulary: a vector of C numbers, learned in training.
# Looking up is just picking rows. By hand, with V = 4 tokens and C = 3:

# %%
table = torch.tensor([[0.0, 0.1, 0.2], [1.0, 1.1, 1.2], [2.0, 2.1, 2.2], [3.0, 3.1, 3.2]])  # (V, C)
picked = torch.tensor([2, 0, 2])
print(table[picked])
assert_close(table[picked], F.embedding(picked, table))

# %% [markdown] pt
# O `mini` tem duas tabelas: uma diz **que** token é; a outra, **em que posição** ele está. Ele soma as duas linhas.

# %% [markdown] en
# `mini` has two tables: one says **which** token it is, the other **at which position** it stands. It adds the two rows.

# %%
token_table = mini.token_embedding.weight  # (V, C)
position_table = mini.position_embedding.weight  # (context_length, C)
x = token_table[ids] + position_table[:T]  # (T, C)
assert_close(x, seen["embedding"])
print(tuple(token_table.shape), tuple(position_table.shape), tuple(x.shape))

# %% [markdown] pt
# Para que servem as posições? **Antes de rodar:** duas frases têm as mesmas palavras em outra ordem. Sem a tabela das posições, o
# que o primeiro bloco calcula no último token, o ponto, muda de uma para a outra? (`edit` põe 0 no lugar do que a tabela dá.)

# %% [markdown] en
# What are the positions for? **Before you run this:** two sentences have the same words in another order. Without the position
# table, does what the first block computes at the last token, the full stop, differ between them? (`edit` puts 0 in place of what the
# table gives.)

# %%
pair = ["ana dá o livro para leo .", "leo dá o livro para ana ."]  # pt
pair = ["ana gives the book to leo .", "leo gives the book to ana ."]  # en
shuffled = torch.tensor([[end, *town.tokenizer.encode(sentence)] for sentence in pair])  # (B, T)
with record(mini, "blocks.0") as placed:
    mini(shuffled)
with edit(mini, "position_embedding", 0), record(mini, "blocks.0") as placeless:
    mini(shuffled)

# %%
names = ["com posições", "sem posições"]  # pt
names = ["with positions", "without positions"]  # en
for name, run in zip(names, [placed, placeless]):
    one, other = run["blocks.0"][:, -1]
    print(f"{name:17s} diferença: {(one - other).norm() / one.norm():.0%}")  # pt
    print(f"{name:17s} difference: {(one - other).norm() / one.norm():.0%}")  # en

# %% [markdown] pt
# Sem posições, nada muda: para o primeiro bloco, o que vem antes do ponto é um saco de palavras, e não há como saber quem deu a quem.
# (Os blocos seguintes ainda poderiam adivinhar alguma ordem, pois a máscara mostra a cada token um passado diferente. O `mini` nunca
# precisou aprender isso.)
#
# Quanto custa ao modelo inteiro? Em bits por token, ao lado do **piso** da lição 01, a entropia da cidade:

# %% [markdown] en
# Without positions nothing changes: to the first block, what comes before the full stop is a bag of words, and there is no telling who
# gave to whom. (Later blocks could still guess some of the order, since the mask shows each token a different past. `mini` never needed to learn
# that.)
#
# What does it cost the whole model? In bits per token, beside the **floor** of lesson 01, the town's entropy:

# %%
documents = held_out_documents(town, 100, "lesson 04")
floor = compare(mini, town, documents).floor / math.log(2)


def above_floor():
    return compare(mini, town, documents).loss / math.log(2) - floor  # bits por token  # pt
    return compare(mini, town, documents).loss / math.log(2) - floor  # bits per token  # en


# %%
lost = {"mini": above_floor(), "uniforme": math.log2(len(words)) - floor}  # um dado com uma face por palavra  # pt
lost = {"mini": above_floor(), "uniform": math.log2(len(words)) - floor}  # a die with a face for each word  # en
with edit(mini, "position_embedding", 0):
    lost["position_embedding"] = above_floor()
print("piso:", local(f"{floor:.2f}", LANG), "bits")  # pt
print("floor:", local(f"{floor:.2f}", LANG), "bits")  # en
for name, bits in lost.items():
    print(f"{name:18s} + {local(f'{bits:.2f}', LANG)}")

# %% [markdown] pt
# ## 2 · LayerNorm
#
# Antes de cada parte, o modelo põe os números na mesma escala. **LayerNorm** (normalização de camada) leva o vetor de cada token à
# média 0 e ao desvio padrão 1. O 1e-5 evita dividir por zero.

# %% [markdown] en
# ## 2 · LayerNorm
#
# Before each part, the model puts the numbers on the same scale. **LayerNorm** (layer normalisation) brings each token's vector to
# mean 0 and standard deviation 1. The 1e-5 avoids a division by zero.

# %%
row = torch.tensor([1.0, 2.0, 3.0, 10.0])
centred = row - row.mean()
variance = centred.square().mean()
by_hand = centred / (variance + 1e-5).sqrt()
assert_close(by_hand, F.layer_norm(row, (4,)))
print(by_hand)

# %% [markdown] pt
# **Antes de rodar:** o que muda se todos os números forem 10 vezes maiores, mais 5?

# %% [markdown] en
# **Before you run this:** what changes if all numbers are 10 times as large, plus 5?

# %%
print(F.layer_norm(10 * row + 5, (4,)))

# %% [markdown] pt
# Nada muda. Depois disso, cada canal (cada um dos C números) é multiplicado por um peso e somado a um bias, ambos aprendidos. A média
# é só sobre os C números de **um** token: os outros tokens não entram.

# %% [markdown] en
# Nothing changes. After that, each channel (each of the C numbers) is multiplied by a weight and has a bias added, both learned. The
# mean is over the C numbers of **one** token only: the other tokens play no part.

# %%
norm = mini.blocks[0].attention_norm
centred = x - x.mean(dim=-1, keepdim=True)
variance = centred.square().mean(dim=-1, keepdim=True)
normed = centred / (variance + 1e-5).sqrt() * norm.weight + norm.bias  # (T, C)
assert_close(normed, seen["blocks.0.attention_norm"])

# %% [markdown] pt
# ### Exercício 1 · LayerNorm
#
# `x` (T, C) tem um token por linha; `weight` e `bias` têm C números. Retorne `x` normalizado, vezes `weight`, mais `bias`.

# %% [markdown] en
# ### Exercise 1 · LayerNorm
#
# `x` (T, C) has a token in each row; `weight` and `bias` have C numbers. Return `x` normalised, times `weight`, plus `bias`.


# %%
def layer_norm(x, weight, bias):
    return ...


check("layer_norm", layer_norm, LANG)

# %% [markdown] pt
# ## 3 · As cabeças, juntas
#
# A lição 03 seguiu uma cabeça. Cada camada do `mini` tem H = 4: cada cabeça projeta o vetor **inteiro** nas suas próprias consultas,
# chaves e valores, de D = C / H números. Todas essas matrizes estão lado a lado em uma só, `qkv`.

# %% [markdown] en
# ## 3 · The heads, joined
#
# Lesson 03 followed one head. Each layer of `mini` has H = 4: each head projects the **whole** vector to its own queries, keys and
# values, of D = C / H numbers. All these matrices stand side by side in a single one, `qkv`.

# %%
attention = mini.blocks[0].attention
C, H, D = mini.config.d_model, mini.config.n_head, mini.config.d_head
qkv = normed @ attention.qkv.weight.T + attention.qkv.bias
q, k, v = qkv.split(C, dim=-1)
print(tuple(qkv.shape), "→", tuple(q.shape), "→", H, "x", (T, D))

# %% [markdown] pt
# Cada cabeça usa as suas D colunas e faz a conta da lição 03, sem saber das outras:

# %% [markdown] en
# Each head takes its own D columns and does the arithmetic of lesson 03, without knowing of the others:

# %%
future = torch.ones(T, T, dtype=torch.bool).triu(1)  # o que a máscara causal esconde  # pt
future = torch.ones(T, T, dtype=torch.bool).triu(1)  # what the causal mask hides  # en
mixed = []
for head in range(H):
    own = slice(head * D, (head + 1) * D)
    scores = q[:, own] @ k[:, own].T / D**0.5
    weights = scores.masked_fill(future, -torch.inf).softmax(dim=-1)
    mixed.append(weights @ v[:, own])  # (T, D)

# %% [markdown] pt
# Os resultados ficam lado a lado, e a matriz `projection` os combina: é a saída da atenção, C números por token.

# %% [markdown] en
# The results are put side by side, and the matrix `projection` combines them: this is the output of attention, C numbers for each
# token.

# %%
joined = torch.cat(mixed, dim=-1)  # (T, H·D) = (T, C)
attended = joined @ attention.projection.weight.T + attention.projection.bias
assert_close(attended, seen["blocks.0.attention"])

# %% [markdown] pt
# **Antes de rodar:** cada cabeça encontra só D das colunas da projeção. Projetar uma de cada vez e somar dá o mesmo?

# %% [markdown] en
# **Before you run this:** each head meets only D of the projection's columns. Does projecting one head at a time, then adding, give
# the same?

# %%
columns = attention.projection.weight.split(D, dim=1)  # H x (C, D)
one_by_one = [head @ own.T for head, own in zip(mixed, columns)]
assert_close(sum(one_by_one) + attention.projection.bias, attended)

# %% [markdown] pt
# Dá o mesmo: a saída da atenção é a **soma** das contribuições das cabeças.
#
# ### Exercício 2 · juntar as cabeças
#
# `mixed` é um tensor (H, T, D), o resultado de H cabeças. Retorne (T, H·D): em cada token, as cabeças lado a lado, na ordem.

# %% [markdown] en
# It gives the same: the output of attention is the **sum** of what the heads contribute.
#
# ### Exercise 2 · joining the heads
#
# `mixed` is a tensor (H, T, D), the result of H heads. Return (T, H·D): at each token, the heads side by side, in order.


# %%
def join_heads(mixed):
    return ...


check("join_heads", join_heads, LANG)

# %% [markdown] pt
# ## 4 · O fluxo residual
#
# O **fluxo residual** (*residual stream*) é o vetor de cada token, que atravessa todos os blocos. Uma parte nunca o substitui: ela o
# lê, normalizado, e **soma** algo a ele. Um bloco tem duas partes: a atenção e a MLP, que vemos na seção 5.
#
# $$x \leftarrow x + \text{attention}(\text{norm}(x)) \qquad x \leftarrow x + \text{MLP}(\text{norm}(x))$$

# %% [markdown] en
# ## 4 · The residual stream
#
# The **residual stream** is the vector of each token, which runs through all blocks. A part never replaces it: it reads the stream,
# normalised, and **adds** something to it. A block has two parts: attention, and the MLP, which comes in section 5.
#
# $$x \leftarrow x + \text{attention}(\text{norm}(x)) \qquad x \leftarrow x + \text{MLP}(\text{norm}(x))$$

# %%
middle = x + attended  # depois da atenção, antes da MLP  # pt
middle = x + attended  # after attention, before the MLP  # en

# %% [markdown] pt
# Por isso o que sai do último bloco é uma soma: o embedding, mais o que cada parte somou.

# %% [markdown] en
# So what leaves the last block is a sum: the embedding, plus what each part added.

# %%
parts = [f"blocks.{layer}.{part}" for layer in range(mini.config.n_layer) for part in ("attention", "mlp")]
total = seen["embedding"] + sum(seen[part] for part in parts)
assert_close(total, seen["blocks.3"])

# %% [markdown] pt
# Como tudo se soma, dá para **desligar** uma parte, isto é, fazê-la somar 0, e o resto continua funcionando. **Antes de rodar:**
# qual das oito partes faz mais falta?

# %% [markdown] en
# Since everything is added, a part can be **switched off**, that is, made to add 0, and the rest still runs. **Before you run
# this:** which of the eight parts is missed most?

# %%
print("                    comprimento    bits acima do piso")  # pt
print("                         length    bits above the floor")  # en
for part in parts:
    with edit(mini, part, 0):
        lost[part] = above_floor()
    length = seen[part][-1].norm()  # do que ela soma ao último token  # pt
    length = seen[part][-1].norm()  # of what it adds to the last token  # en
    print(f"{part:20s}{length:11.0f}", local(f"{lost[part]:21.2f}", LANG))

# %% [markdown] pt
# O primeiro bloco é o que mais faz falta. O comprimento não serve de guia: a última MLP é a que mais soma, e custa pouco. Sem a
# primeira MLP, o `mini` fica pior que o dado, porque as outras partes aprenderam a ler o que ela soma. A medida diz quanto uma parte
# vale **para este modelo**, e não quanto perderia um modelo treinado sem ela.
#
# **Antes de rodar:** as MLPs dos blocos 1 e 2, sozinhas, quase não fazem falta. E as duas ao mesmo tempo? E a atenção dos blocos 1 a
# 3, toda de uma vez?

# %% [markdown] en
# The first block is missed most. Length is no guide: the last MLP adds the longest vector, and costs little. Without the first MLP,
# `mini` is worse than the die, because the other parts have learned to read what it adds. This measures what a part is worth **to
# this model**, and not what a model trained without it would lose.
#
# **Before you run this:** the MLPs of blocks 1 and 2 are hardly missed, each on its own. And both at once? And the attention of
# blocks 1 to 3, all of it?

# %%
for off in ("blocks.[12].mlp", "blocks.[123].attention"):
    with edit(mini, off, 0):
        print(f"{off:24s}+ {local(f'{above_floor():.2f}', LANG)}")

# %% [markdown] pt
# As duas MLPs juntas custam muito mais que a soma: uma fazia o trabalho da outra, como as cabeças da lição 03. Quanto à atenção, a do
# bloco 0 é quase tudo de que o `mini` precisa. Isso vale para o `mini`, em uma cidade pequena; sobre o GPT-2, não diz nada.
#
# ## 5 · A MLP
#
# A atenção leva informação de um token a outro. A **MLP** (*multi-layer perceptron*) trabalha em cada token sozinho: vai de C a 4·C
# números, aplica uma função a cada um, e volta a C. A função é a **GELU**: leva os negativos para perto de 0 e quase não muda os
# positivos grandes.

# %% [markdown] en
# The two MLPs together cost far more than the sum: one was doing the other's work, like the heads in lesson 03. As for attention, that
# of block 0 is almost all that `mini` needs. This holds for `mini`, in a small town; it says nothing about GPT-2.
#
# ## 5 · The MLP
#
# Attention moves information from token to token. The **MLP** (multi-layer perceptron) works on each token alone: it goes from C to
# 4·C numbers, applies a function to each, and goes back to C. The function is **GELU**: it takes negative numbers close to 0 and
# hardly changes large positive ones.

# %%
z = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0])
gelu = 0.5 * z * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (z + 0.044715 * z**3)))
assert_close(gelu, F.gelu(z, approximate="tanh"))
print(gelu)

# %% [markdown] pt
# Sem a GELU, duas matrizes seguidas equivaleriam a uma só. A fórmula é a aproximação que o GPT-2 usa. A maior diferença dela para a
# GELU exata:

# %% [markdown] en
# Without GELU, two matrices in a row would amount to a single one. The formula is the approximation that GPT-2 uses. Its largest
# difference from the exact GELU:

# %%
grid = torch.linspace(-5, 5, 1001)
difference = (F.gelu(grid) - F.gelu(grid, approximate="tanh")).abs().max()
print(local(f"{difference:.4f}", LANG))

# %% [markdown] pt
# A MLP do primeiro bloco, e com ela o bloco inteiro:

# %% [markdown] en
# The MLP of the first block, and with it the whole block:

# %%
block = mini.blocks[0]
mlp, read = block.mlp, block.mlp_norm(middle)
wide = F.gelu(read @ mlp.expand.weight.T + mlp.expand.bias, approximate="tanh")  # (T, 4·C)
added = wide @ mlp.project.weight.T + mlp.project.bias  # (T, C)
assert_close(added, seen["blocks.0.mlp"])
assert_close(middle + added, seen["blocks.0"])

# %% [markdown] pt
# **Antes de rodar:** se a MLP receber só o último token, o que ela soma a ele muda?

# %% [markdown] en
# **Before you run this:** if the MLP gets only the last token, does what it adds to it change?

# %%
alone = mlp(read[-1:])
print("igual" if torch.allclose(alone, added[-1:], atol=1e-3) else "muda")  # pt
print("the same" if torch.allclose(alone, added[-1:], atol=1e-3) else "it changes")  # en

# %% [markdown] pt
# A MLP nunca vê dois tokens ao mesmo tempo; só a atenção vê.
#
# **Antes de rodar:** que fração dos parâmetros do GPT-2 está nas MLPs? No menor, com 12 blocos de C = 768, a conta à mão: duas
# matrizes e os seus bias, por bloco.

# %% [markdown] en
# The MLP never sees two tokens at once; only attention does.
#
# **Before you run this:** what share of GPT-2's parameters is in the MLPs? In the smallest, 12 blocks of C = 768, by hand: two
# matrices and their biases, in each block.

# %%
by_hand = 12 * (768 * 3072 + 3072 + 3072 * 768 + 768)
assert by_hand == sizes.parameters(GPTConfig.preset("gpt2"))["MLP"]
for name in ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl"):
    counts = sizes.parameters(GPTConfig.preset(name))
    print(f"{name:12s}{counts['MLP'] / sum(counts.values()):.0%}")

# %% [markdown] pt
# Quase metade no menor, e mais da metade nos outros.
#
# ### Exercício 3 · um bloco
#
# `x` (T, C) é o fluxo. `attention_norm`, `attention`, `mlp_norm` e `mlp` são funções de (T, C) em (T, C). Retorne o fluxo depois do
# bloco, como no GPT-2.

# %% [markdown] en
# Nearly half in the smallest, and more than half in the others.
#
# ### Exercise 3 · a block
#
# `x` (T, C) is the stream. `attention_norm`, `attention`, `mlp_norm` and `mlp` are functions from (T, C) to (T, C). Return the
# stream after the block, as in GPT-2.


# %%
def run_block(x, attention_norm, attention, mlp_norm, mlp):
    return ...


check("block", run_block, LANG)

# %% [markdown] pt
# ## 6 · O bloco inteiro
#
# Primeiro desenhe no papel: o fluxo, os dois ramos, as duas somas e um shape em cada lugar. Depois compare. Em cada faixa estão os
# números que você calculou; troque o 0 por 3 para ver o último bloco.

# %% [markdown] en
# ## 6 · The whole block
#
# First draw it on paper: the stream, the two branches, the two sums, and a shape at each place. Then compare. Each strip holds the
# numbers that you computed; change the 0 to 3 to see the last block.

# %%
figures.block_figure(trace, 0, [words[token] for token in ids], LANG)

# %% [markdown] pt
# ## 7 · Do fluxo aos logits
#
# Depois do último bloco vem mais um LayerNorm, `final_norm`. O logit de uma palavra é então o produto escalar do vetor do token com
# **a linha dessa palavra na tabela dos tokens**. **Antes de rodar:** qual é o shape de todos os logits?

# %% [markdown] en
# ## 7 · From the stream to the logits
#
# After the last block comes one more LayerNorm, `final_norm`. The logit of a word is then the dot product of the token's vector with
# **that word's row in the token table**. **Before you run this:** what is the shape of all the logits?

# %%
final = mini.final_norm(seen["blocks.3"])  # (T, C)
by_hand = final @ token_table.T
assert_close(by_hand, logits)
print(tuple(by_hand.shape))
probs = by_hand[-1].softmax(dim=-1)
truth = town.next_token_probs(ids[1:].tolist())
for token in probs.topk(3).indices:
    print(f"{words[token]:8s}", local(f"mini {probs[token]:.2f}   cidade {truth[token]:.2f}", LANG))  # pt
    print(f"{words[token]:8s}", f"mini {probs[token]:.2f}   town {truth[token]:.2f}")  # en

# %% [markdown] pt
# Dos ids aos logits, tudo à mão. A última matriz se chama **head** (saída) e **é** a tabela dos tokens: pesos compartilhados
# (*weight tying*). Quantos parâmetros o menor GPT-2 tem assim, e quantos teria com duas tabelas?

# %% [markdown] en
# From ids to logits, all by hand. The last matrix is called the **head**, and it **is** the token table: the weights are tied
# (*weight tying*). How many parameters does the smallest GPT-2 have this way, and how many would it have with two tables?

# %%
print(mini.head.weight is mini.token_embedding.weight)
counts = sizes.parameters(GPTConfig.preset("gpt2"))
tied = sum(counts.values())
print(local(f"{tied:,}", LANG), "/", local(f"{tied + counts['token embedding']:,}", LANG))

# %% [markdown] pt
# ## 8 · O seu GPT
#
# Agora o mesmo em quatro classes, com os nomes que os pesos do `mini` têm. Uma atenção que faz todas as cabeças de uma vez: o eixo H
# vira mais um eixo de lote, ao lado de B.

# %% [markdown] en
# ## 8 · Your own GPT
#
# Now the same in four classes, with the names that `mini`'s weights have. Attention does all heads at once: H becomes one more axis
# of the batch, beside B.

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


# %%
class MyMLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.expand = nn.Linear(config.d_model, 4 * config.d_model)
        self.project = nn.Linear(4 * config.d_model, config.d_model)

    def forward(self, x):
        return self.project(F.gelu(self.expand(x), approximate="tanh"))


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
# Um `state_dict` dá o tensor de cada nome. O seu GPT recebe os do `mini`; só falta tirar a saída, que é a tabela dos tokens outra
# vez. **Os logits são os mesmos?**

# %% [markdown] en
# A `state_dict` gives the tensor for each name. Your GPT takes `mini`'s; only the head must go, since it is the token table again.
# **Are the logits the same?**

# %%
mine = MyGPT(mini.config)
state = mini.state_dict()
del state["head.weight"]
print(mine.load_state_dict(state))
assert_close(mine(ids[None])[0], logits)

# %% [markdown] pt
# São. E ele escreve: sorteie um token, acrescente, repita.

# %% [markdown] en
# They are. And it writes: draw a token, append it, repeat.

# %%
written, dice = ids[:3], torch.Generator().manual_seed(4)
while len(written) < 60:
    probs = mine(written[None])[0, -1].softmax(dim=-1)
    written = torch.cat([written, probs.multinomial(1, generator=dice)])
    if written[-1] == end:
        break
print(town.tokenizer.decode(written[1:]))

# %% [markdown] pt
# O mesmo código, com os números do GPT-2, **é** o GPT-2. (`meta`: só os shapes, sem gastar memória.)

# %% [markdown] en
# The same code, with GPT-2's numbers, **is** GPT-2. (`meta`: only the shapes, without the memory.)

# %%
with torch.device("meta"):
    gpt2 = MyGPT(GPTConfig.preset("gpt2"))
count = sum(parameter.numel() for parameter in gpt2.parameters())
assert count == tied
print(local(f"{count:,}", LANG))

# %% [markdown] pt
# ## 9 · Leia model.py
#
# Abra [`mini_gpt/model.py`](../../mini_gpt/model.py) e leia de `class Attention` até `class GPT`, ao lado das suas classes. O bloco de
# lá:

# %% [markdown] en
# ## 9 · Read model.py
#
# Open [`mini_gpt/model.py`](../../mini_gpt/model.py) and read from `class Attention` to `class GPT`, beside your own classes. The
# block there:

# %%
print(inspect.getsource(mini.blocks[0].forward))

# %% [markdown] pt
# O que ele tem a mais:
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
# ## Perguntas
#
# **A.** C = 128 e H = 4. O que a cabeça 1 recebe de cada token?
#
# 1. os números 32 a 63 do vetor do token
# 2. o vetor inteiro, que ela projeta em 32 números
# 3. um token a cada quatro
# 4. o resultado da cabeça 0

# %% [markdown] en
# What it has in addition:
#
# | in model.py | what for |
# |---|---|
# | `mask` | other masks than the causal one (lessons 03 and 06) |
# | `cache` | writing without reading everything again for each token (lesson 10) |
# | `dropout`, `initialise` | training (lesson 05) |
# | `scaled_dot_product_attention` | the same attention in a fused kernel, which is faster |
# | `Probe` | a place with a name, where `record` and `edit` look |
# | `check_ids`, `check_mask` | errors that say what is wrong |
#
# ## Questions
#
# **A.** C = 128 and H = 4. What does head 1 get of each token?
#
# 1. the numbers 32 to 63 of the token's vector
# 2. the whole vector, which it projects to 32 numbers
# 3. one token in four
# 4. the result of head 0

# %% [markdown] pt
# <details><summary>Resposta</summary>
#
# **2.** As linhas 32 a 63 da matriz das consultas são da cabeça 1, e cada linha multiplica os 128 números.
#
# - *1* confunde o vetor com a projeção dele: o que se reparte em cabeças é o resultado de `qkv` (seção 3).
# - *3*: toda cabeça vê todos os tokens que a máscara permite.
# - *4*: as cabeças de uma camada trabalham lado a lado; o resultado delas só é lido depois, pela MLP e pelos blocos seguintes.
#
# </details>
#
# **B.** Você desliga a atenção de um bloco (`edit(mini, "blocks.1.attention", 0)`). O que a MLP desse bloco lê?
#
# 1. zeros
# 2. o fluxo como entrou no bloco, sem normalização
# 3. o fluxo como entrou no bloco, normalizado
# 4. nada: o modelo para

# %% [markdown] en
# <details><summary>Answer</summary>
#
# **2.** Rows 32 to 63 of the queries' matrix belong to head 1, and each row multiplies all 128 numbers.
#
# - *1* confuses the vector with its projection: what is split into heads is the result of `qkv` (section 3).
# - *3*: every head sees all tokens that the mask lets it see.
# - *4*: the heads of a layer work side by side; their result is only read afterwards, by the MLP and the blocks that follow.
#
# </details>
#
# **B.** You switch off the attention of a block (`edit(mini, "blocks.1.attention", 0)`). What does that block's MLP read?
#
# 1. zeros
# 2. the stream as it entered the block, not normalised
# 3. the stream as it entered the block, normalised
# 4. nothing: the model stops

# %% [markdown] pt
# <details><summary>Resposta</summary>
#
# **3.** A atenção soma 0 ao fluxo, que segue como estava; a MLP o lê normalizado (seção 4).
#
# - *1* seria um modelo sem a soma: nele, desligar uma parte apagaria tudo.
# - *2* esquece que, no GPT-2, há uma normalização **antes** de cada parte. No Transformer de 2017 ela vinha depois da soma.
# - *4*: o modelo roda, e perde os bits que você mediu.
#
# </details>
#
# ## O que fica
#
# - O vetor de um token: a linha dele na tabela, mais a da posição. Sem posições, o passado é um saco de palavras.
# - Um bloco lê o fluxo normalizado e soma: primeiro a atenção, entre tokens; depois a MLP, em cada um.
# - O que sai é a soma do embedding e de todas as partes. Mais um LayerNorm, e a tabela dos tokens dá os logits.
# - Essa é a arquitetura inteira do GPT-2. Falta saber de onde vêm os números: do treino.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_04.py`](../../mini_gpt/lesson/exercises/lesson_04.py).
#
# [Agora vá para 05 Treinamento](05_training.ipynb)

# %% [markdown] en
# <details><summary>Answer</summary>
#
# **3.** Attention adds 0 to the stream, which goes on as it was; the MLP reads it normalised (section 4).
#
# - *1* would be a model without the sum: there, switching off a part would wipe out everything.
# - *2* forgets that in GPT-2 a norm comes **before** each part. In the Transformer of 2017 it came after the sum.
# - *4*: the model runs, and loses the bits that you measured.
#
# </details>
#
# ## What stays
#
# - A token's vector: its row in the table, plus that of its position. Without positions the past is a bag of words.
# - A block reads the normalised stream and adds: first attention, between tokens; then the MLP, at each one.
# - What leaves is the sum of the embedding and all parts. One more LayerNorm, and the token table gives the logits.
# - This is the whole architecture of GPT-2. What is missing is where the numbers come from: training.
#
# The solutions of the exercises are in [`mini_gpt/lesson/exercises/lesson_04.py`](../../mini_gpt/lesson/exercises/lesson_04.py).
#
# [Now go on to 05 Training](05_training.ipynb)
