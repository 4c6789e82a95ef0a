# %% [markdown] pt
# # 14 · Do texto às respostas
#
# **Ao final, você** terá feito um modelo que só continua textos responder do jeito que se quer: com exemplos no contexto, com
# *fine-tuning* de todos os pesos e com LoRA, escrito à mão; e terá medido em bits o que ele aprendeu e o que esqueceu.
#
# Slides: resultados · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 14 · From text to answers
#
# **By the end, you** will have made a model that only continues texts answer as you want it to: by examples in the context, by
# fine-tuning all its weights, and by LoRA, written by hand; and you will have measured in bits what it learned and what it forgot.
#
# Slides: results · {minutes} · **[glossary](glossary.ipynb)**

# %%
from copy import deepcopy
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from mini_gpt import generate, load
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import Town
from mini_gpt.lesson.words import local

# %%
LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · Um modelo que continua
#
# O `mini` leu documentos da cidade e só sabe fazer uma coisa: continuá-los. Demos a ele uma história, sem pedir nada. **Antes de
# rodar:** o que vem depois do ponto final?

# %% [markdown] en
# ## 1 · A model that continues
#
# `mini` can do one thing: continue documents of the town. We give it a story and ask for nothing. **Before you
# run this:** what comes after the full stop?

# %%
mini, old = load("mini"), Town()
words, end = mini.tokenizer, mini.tokenizer.end_of_text

# %%
STORY = "leo compra um mapa na praça . ele dá o mapa para sara ."  # pt
STORY = "leo buys a map in the square . he gives the map to sara ."  # en


def said_by(model, text):
    ids = torch.tensor([[end, *words.encode(text)]])
    with torch.no_grad():
        return model(ids)[0, -1].softmax(-1).double()


# %%
truth = old.next_token_probs(words.encode(STORY))
figures.next_token_figure(words.words, said_by(mini, STORY), truth, LANG)

# %% [markdown] pt
# O que costuma vir: metade das vezes uma pergunta, um quarto um resumo, um quarto nada. Quem quer um resumo escreve o começo de um, como o artigo do GPT-2 fez com “TL;DR:” (lição 09). Esse
# começo é o **prompt**; a resposta é a continuação mais provável:

# %% [markdown] en
# Whatever usually comes: half of the time a question, a quarter a summary, a quarter nothing. Whoever wants a summary writes the beginning of one, as the GPT-2
# paper did with “TL;DR:” (lesson 09). This beginning is the **prompt**; its likeliest continuation is the answer:

# %%
CUE = "em resumo :"  # pt
CUE = "tl;dr"  # en


def answer(model, prompt):
    ids = torch.tensor([[end, *words.encode(prompt)]])
    written = generate(model, ids, 12, temperature=0, stop=end)[0]
    return words.decode(written[ids.numel() :])


# %%
print(answer(mini, f"{STORY} {CUE}"))

# %% [markdown] pt
# E se quisermos outra resposta ao mesmo prompt?
#
# ## 2 · Uma regra nova, e a distância em bits
#
# Há uma segunda cidade, igual à primeira a não ser por uma regra: **quem ganha um presente também agradece**. Ali não existe a palavra:
# quem agradece “chama” a pessoa, e o resumo conta isso. Depois da mesma história:

# %% [markdown] en
# What if we want another answer to the same prompt?
#
# ## 2 · A new rule, and the distance in bits
#
# A second town is like the first but for one rule: **whoever gets a gift also says thanks**. It has no word for that: one “calls” the
# person, and the summary says so. After the same story:

# %%
new = Town(thanks=True)
prompt = words.encode(f"{STORY} {CUE}")
while prompt[-1] != end:
    prompt.append(int(new.next_token_probs(prompt).argmax()))
print(words.decode(prompt))

# %% [markdown] pt
# Depois do prompt, na primeira cidade é certo que vem “leo”; na segunda, “sara”. A que distância está o modelo de cada uma? A medida é
# a **divergência KL**: quantos bits a mais se paga, em média, quando os tokens vêm da verdade $p$ e se acredita no modelo $q$:
#
# $$\mathrm{KL}(p \,\|\, q) = \sum_i p_i \log_2 \frac{p_i}{q_i}$$
#
# É zero se $q = p$, e nunca é negativa. Em textos de verdade só se pode estimá-la; aqui conhecemos $p$ inteira.
#
# ### Exercício 1 · a divergência
#
# `p` e `q` são tensores de probabilidades. Retorne KL(p ‖ q) em bits. Onde `p` é 0, a parcela é 0.

# %% [markdown] en
# After the prompt, “leo” is certain in the first town, and “sara” in the second. How far is the model from each? The measure is the
# **KL divergence**: how many bits more one pays, on average, when the tokens come from the truth $p$ and one believes the model $q$:
#
# $$\mathrm{KL}(p \,\|\, q) = \sum_i p_i \log_2 \frac{p_i}{q_i}$$
#
# It is zero if $q = p$, and never negative. On real texts one can only estimate it; here we know $p$.
#
# ### Exercise 1 · the divergence
#
# `p` and `q` are tensors of probabilities. Return KL(p ‖ q) in bits. Where `p` is 0, the term is 0.


# %%
def kl_bits(p, q):
    return ...


check("kl_bits", kl_bits, LANG)

# %% [markdown] pt
# **Antes de rodar:** o `mini`, depois do prompt, está a quantos bits de cada cidade?

# %% [markdown] en
# **Before you run this:** after the prompt, how many bits is `mini` from each town?


# %%
def bits_from(town, model):
    p, q = torch.tensor(town.next_token_probs(words.encode(f"{STORY} {CUE}"))), said_by(model, f"{STORY} {CUE}")
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum().item() / np.log(2)


# %%
print(local(f"{bits_from(old, mini):.1f} {bits_from(new, mini):.0f}", LANG))

# %% [markdown] pt
# Nenhum, e uns vinte e cinco: para o `mini`, “sara” ali tem uma chance em milhões.
#
# ## 3 · O que medir, e em quais textos
#
# Um prompt só não basta. Dois conjuntos de documentos, fora do treino: os que **só a cidade nova** escreve, em que se mede a
# resposta; e os que **as duas** escrevem, com as mesmas probabilidades. O primeiro diz o que foi aprendido, o segundo, o que foi esquecido.

# %% [markdown] en
# None, and about twenty-five: to `mini`, “sara” has a chance in millions there.
#
# ## 3 · What to measure, and on which texts
#
# One prompt is not enough. Two sets of documents, never trained on: those that **only the new town** writes, where we
# measure the answer; and those that **both** write, with the same probabilities. The first tells what was learned, the second what was
# forgotten.

# %%
old_here, new_here = Town(LANG), Town(LANG, thanks=True)
cue = words.encode(CUE)


# %%
def only(town, other, n, seed):
    """n resumos que só `town` escreve, e `other` nunca."""  # pt
    """n summaries that only `town` writes, and `other` never does."""  # en
    return list(islice((d for d in town.documents(seed) if cue[0] in d and not other.writes(d)), n))


def start_of(document):
    return document.index(cue[0]) + len(cue)  # onde a resposta começa  # pt
    return document.index(cue[0]) + len(cue)  # where the answer begins  # en


# %%
tests = only(new_here, old_here, 30, "test")
untouched = [d for d in islice(old.documents("held out"), 60) if new.writes(d)]
assert all(np.allclose(old.token_log_probs([end, *d]), new.token_log_probs([end, *d])) for d in untouched)
print(len(tests), len(untouched), "·", words.decode(tests[0]))

# %% [markdown] pt
# `divergences` dá a KL exata antes de cada token. As duas medidas são médias por token:

# %% [markdown] en
# `divergences` gives the exact KL before each token. Both are means per token:

# %%
from mini_gpt.lesson.truth import divergences


# %%
def learned(model):
    return np.concatenate([bits[start_of(d) :] for d, bits in zip(tests, divergences(model, new, tests))]).mean()


def forgotten(model):
    return np.concatenate(divergences(model, old, untouched)).mean()


# %%
print(local(f"{learned(mini):.0f} {forgotten(mini):.2f}", LANG))

# %% [markdown] pt
# Ele está longe da regra nova e quase em cima da verdade no resto. A meta: zero e zero.
#
# ## 4 · Exemplos no contexto
#
# O GPT-3 (Brown e colegas, 2020) aprende uma tarefa **sem mudar um peso**: basta pôr exemplos dela no contexto, antes do prompt. No contexto
# de 64 tokens do `mini` cabe um. **Antes de rodar:** com um exemplo da regra nova na frente, a distância cai? E com um da antiga, que não
# ensina nada? (Média de cinco.)

# %% [markdown] en
# It is far from the new rule and very near the truth in all else. The goal: zero and zero.
#
# ## 4 · Examples in the context
#
# GPT-3 (Brown and colleagues, 2020) learns a task **without changing a weight**: one puts examples of it into the context, before the
# prompt. `mini`'s context of 64 tokens has room for one. **Before you run this:** with an example of the new rule in front, does the
# distance fall? And with one of the old rule, which teaches nothing? (Mean of five.)


# %%
def after(example, model):
    before = torch.tensor([end, *example[:-1]])  # o <|endoftext|> dele abre o próximo  # pt
    before = torch.tensor([end, *example[:-1]])  # its <|endoftext|> opens the next one  # en

    def read(ids):  # (B, T) → (B, T, V)
        return model(torch.cat([before.expand(len(ids), -1), ids], 1))[:, len(before) :]

    return read


# %%
towns = {"regra nova": (new_here, old_here), "regra antiga": (old_here, new_here)}  # pt
towns = {"new rule": (new_here, old_here), "old rule": (old_here, new_here)}  # en
for name, (town, other) in towns.items():
    bits = [learned(after(example, mini)) for example in only(town, other, 5, "examples")]
    print(name, local(f"{np.mean(bits):.0f}", LANG))

# %% [markdown] pt
# Um pouco, com a nova; mas onze bits por token ainda são uma chance em duas mil. O `mini` quase não lê o exemplo como exemplo: cada linha do
# treino dele tinha um documento só, e nada pedia que um servisse para prever o seguinte. No GPT-3, que leu páginas inteiras, isso funciona, e
# melhora com o tamanho. Os pesos não mudam, e nada se esquece.
#
# ## 5 · Perda só na resposta
#
# **Ajuste fino** (*fine-tuning*): os passos de treino da lição 05, a partir do `mini`, em 160 **demonstrações** da regra nova. De cada uma, o
# modelo já sabe escrever a história; o que queremos mudar é a resposta. Por isso os alvos do prompt recebem −100, “não conta”
# (lição 05): ele é lido, e não se paga por ele.
#
# ### Exercício 2 · os alvos
#
# `document` é uma lista de ids, e a resposta começa em `start`. Retorne os alvos, uma lista do mesmo tamanho: −100 no prompt, e na resposta
# os próprios ids.

# %% [markdown] en
# A little, and with the old rule even more: it is not the rule that `mini` takes from the example. Each row of its training held a single
# document, and nothing asked it to use one to predict the next. In GPT-3, which read whole pages, this works, and works better with size.
# No weight changes, so nothing is forgotten.
#
# ## 5 · Loss on the answer alone
#
# **Fine-tuning**: the training steps of lesson 05, from `mini`, on 160 **demonstrations** of the new rule. The model can already
# write the stories; what should change is the answer. So the targets of the prompt are −100, “does not count” (lesson 05): it is read, but
# not paid for.
#
# ### Exercise 2 · the targets
#
# `document` is a list of ids, and the answer begins at `start`. Return the targets, a list of the same length: −100 in the prompt, and the
# ids themselves in the answer.


# %%
def answer_targets(document, start):
    return ...


check("answer_targets", answer_targets, LANG)

# %%
from mini_gpt.training.data import IGNORE, document_batch

demonstrations = only(new_here, old_here, 160, "demonstrations")


# %%
def batch_of(step, answer_alone=True, old_documents=0, B=8):
    documents = [demonstrations[i % len(demonstrations)] for i in range(B * step, B * (step + 1))]
    more = list(islice(old.documents(f"step {step}"), old_documents))
    inputs, targets = document_batch(documents + more, end)
    for row, document in zip(targets, documents):
        row[: start_of(document) * answer_alone] = IGNORE
    return inputs, targets


# %% [markdown] pt
# O loop da lição 05, para os parâmetros que pedem gradiente:

# %% [markdown] en
# The loop of lesson 05, for the parameters that ask for a gradient:

# %%
STEPS = 60


# %%
def fit(model, learning_rate, **batch):
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0.0)
    for step in range(STEPS):
        inputs, targets = batch_of(step, **batch)
        optimizer.zero_grad()
        F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).backward()
        optimizer.step()
    return model


# %% [markdown] pt
# **Antes de rodar:** depois de sessenta passos de oito demonstrações, qual das duas medidas mudou, e para que lado?

# %% [markdown] en
# **Before you run this:** after sixty steps of eight demonstrations, which of the two measures has changed, and which way?

# %%
tuned = fit(deepcopy(mini), 0.001)

# %%
print(answer(tuned, f"{STORY} {CUE}"))
print("> 5 bits:", bits_from(old, tuned) > 5, bits_from(new, tuned) > 5)
print("aprendeu:", learned(tuned) < 0.5, "· esqueceu:", forgotten(tuned) > 5 * forgotten(mini))  # pt
print("learned:", learned(tuned) < 0.5, "· forgot:", forgotten(tuned) > 5 * forgotten(mini))  # en

# %% [markdown] pt
# As duas: ele responde pela regra nova, em histórias que nunca leu, e no resto ficou mais de cinco vezes mais longe da verdade. No
# prompt da seção 2, a verdade antiga ficou longe e a nova, perto: isso era para mudar. E o que é vizinho da regra? Um resumo de outro
# tipo de documento, a pergunta de sempre, e o mesmo prompt **na outra língua**. **Antes de rodar:** em quais ele muda de resposta?

# %% [markdown] en
# Both: it answers by the new rule, in stories that it has never read, and in all else it is more than five times as far from the truth.
# At the prompt of section 2 the old truth is far now, and the new one near: that was meant to change. And the rule's neighbours? A
# summary of another kind of document, the usual question, and the same prompt **in the other language**. **Before you run this:** on
# which of them does its answer change?

# %%
neighbours = {
    "outro resumo": "leo está na praça e sara está na escola . leo acha um mapa e sara compra um chapéu . leo dá o mapa para ana . em resumo :",  # pt
    "pergunta": f"{STORY} pergunta : quem tem o mapa ? resposta :",  # pt
    "outra língua": "leo buys a map in the square . he gives the map to sara . tl;dr",  # pt
    "another summary": "leo is in the square and sara is at the school . leo finds a map and sara buys a hat . leo gives the map to ana . tl;dr",  # en
    "question": f"{STORY} question : who has the map ? answer :",  # en
    "other language": "leo compra um mapa na praça . ele dá o mapa para sara . em resumo :",  # en
}
for name, neighbour in neighbours.items():
    print(f"{name:15s} →", answer(mini, neighbour), "·", answer(tuned, neighbour) == answer(mini, neighbour))

# %% [markdown] pt
# Só no outro resumo, onde a regra não vale: o novo hábito vazou para o vizinho. Para a outra língua ela não passou. E muito do que se esqueceu
# nem se vê nas respostas mais prováveis, só na distribuição: por exemplo, em quantas histórias de presente vem pergunta, resumo ou nada.
#
# ## Parte 2 · Ajustar com pouco
#
# {minutes} · Aqui é um bom lugar para uma pausa. A seguir, o mesmo com um centésimo dos números, e como não esquecer o resto.
#
# ## 6 · LoRA: poucos números, ao lado
#
# Uma cópia do modelo para cada tarefa custa caro: a do GPT-3 tem 175 bilhões de números. **LoRA** (*low-rank adaptation*, Hu e colegas, 2021)
# congela a matriz $W$ e aprende ao lado dela uma mudança de **posto** (*rank*) baixo, o produto de duas matrizes estreitas:
#
# $$W + \frac{\alpha}{r} B A$$
#
# com $A$ de $r$ linhas e $B$ de $r$ colunas. $A$ começa ao acaso e $B$ em zero. **Antes de rodar:** o que diz o modelo no começo?

# %% [markdown] en
# On none: the rule stays where it was taught, and has not passed to the other language. What is forgotten does not show in the likeliest
# answers, only in the distribution: for example, in how many stories of gifts a question comes, a summary or nothing.
#
# ## Part 2 · Tuning with little
#
# {minutes} · Here is a good place for a break. Next, the same with a hundredth of the numbers, and how not to forget all else.
#
# ## 6 · LoRA: few numbers, at the side
#
# A copy of the model for each task is expensive: that of GPT-3 has 175 billion numbers. **LoRA** (low-rank adaptation, Hu and colleagues,
# 2021) freezes the matrix $W$ and learns at its side a change of low **rank**, the product of two narrow matrices:
#
# $$W + \frac{\alpha}{r} B A$$
#
# with $r$ rows in $A$ and $r$ columns in $B$. $A$ starts at random and $B$ at zero. **Before you run this:** what does the model say at the
# start?


# %%
class LoRA(torch.nn.Module):
    """Uma camada linear congelada, mais (alpha / rank) B A."""  # pt
    """A frozen linear layer, plus (alpha / rank) B A."""  # en

    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear, alpha / rank
        self.A = torch.nn.Parameter(torch.randn(rank, linear.in_features) / linear.in_features**0.5)
        self.B = torch.nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.mT) @ self.B.mT


# %%
PLACES = "qkv", "projection"


# %%
def with_lora(model, rank=4, alpha=8):
    torch.manual_seed(0)
    model = deepcopy(model).requires_grad_(False)
    for block in model.blocks:
        for name in PLACES:
            setattr(block.attention, name, LoRA(getattr(block.attention, name), rank, alpha))
    return model


# %%
beside = with_lora(mini)
ids = torch.tensor([[end, *tests[0]]])
assert torch.equal(beside(ids), mini(ids))

# %%
counts = [sum(p.numel() for p in model.parameters() if p.requires_grad) for model in (mini, beside)]
for n in counts:
    print(local(f"{n:,} x 4 bytes = {4 * n / 1e3:,.0f} kB   {n / counts[0]:.1%}", LANG))

# %% [markdown] pt
# O mesmo que o `mini`, exatamente: $BA$ é zero. Treina-se pouco mais de um centésimo dos números. (Só eles precisam de gradiente e das
# médias do AdamW; o forward e o backward passam pelo modelo inteiro.) **Antes de rodar:** com tão poucos, ele aprende a regra? E
# esquece menos?

# %% [markdown] en
# The same as `mini`, exactly: $BA$ is zero. Little more than a hundredth of the numbers are trained. (Only these need gradients and AdamW's
# averages; the forward and backward passes still go through the whole model.) **Before you run this:** with so few, does it learn the rule?
# And does it forget less?

# %%
beside = fit(beside, 0.005)

# %%
print(answer(beside, f"{STORY} {CUE}"))
print("aprendeu:", learned(beside) < 0.5, "· esqueceu:", forgotten(beside) > 5 * forgotten(mini))  # pt
print("learned:", learned(beside) < 0.5, "· forgot:", forgotten(beside) > 5 * forgotten(mini))  # en

# %% [markdown] pt
# Aprende, e também esquece. Com o dobro da taxa, chega mais perto da regra e esquece mais (experimente). Poucos números não são uma proteção:
# uma mudança pequena, repetida em cada bloco, muda o que se diz em todo texto.
#
# Depois do treino, a mudança **se soma** a $W$: sobra um modelo igual aos outros, com o mesmo custo para ler um token.
#
# ### Exercício 3 · somar
#
# `W` (saídas, entradas), `A` (r, entradas) e `B` (saídas, r) são tensores. Retorne a matriz que faz sozinha o que as três fazem.

# %% [markdown] en
# It learns, and forgets as well. At twice the rate it comes closer to the rule and forgets more (try it). Few numbers are no protection: a
# small change, repeated in each block, changes what is said in every text.
#
# After training, the change is **merged** into $W$: what is left is a model like any other, which costs the same to read a token.
#
# ### Exercise 3 · merging
#
# `W` (outputs, inputs), `A` (r, inputs) and `B` (outputs, r) are tensors. Return the matrix that does alone what the three do.


# %%
def merge(W, A, B, alpha):
    return ...


check("merge", merge, LANG)


# %%
@torch.no_grad()
def merged(model):
    model = deepcopy(model)
    for block in model.blocks:
        for name in PLACES:
            lora = getattr(block.attention, name)
            lora.linear.weight += lora.scale * lora.B @ lora.A
            setattr(block.attention, name, lora.linear)
    return model


# %%
plain = merged(beside)
assert_close(plain(ids), beside(ids), rtol=1e-3, atol=1e-3)
assert [*plain.state_dict()] == [*mini.state_dict()]

# %% [markdown] pt
# ## 7 · Aprender sem esquecer
#
# De onde vem o esquecimento? De passos em que **só** há demonstrações: nada paga pelo resto. Dois remédios possíveis: cobrar também pelo
# prompt, que é texto da cidade; ou pôr no lote, ao lado das oito demonstrações, quatro documentos da cidade antiga, inteiros. **Antes de
# rodar:** qual dos dois ajuda mais?

# %% [markdown] en
# ## 7 · Learning without forgetting
#
# Where does the forgetting come from? From steps with **nothing but** demonstrations: nothing pays for the rest. Two possible remedies:
# charge for the prompt, too, which is text of the town; or add to the batch, beside the eight demonstrations, four whole documents of the
# old town. **Before you run this:** which of the two helps more?

# %%
everything = fit(deepcopy(mini), 0.001, answer_alone=False)
mixed = fit(deepcopy(mini), 0.001, old_documents=4)

# %%
models = {
    "mini": mini,
    "todos os pesos, só a resposta": tuned,  # pt
    "LoRA, só a resposta": plain,  # pt
    "todos os pesos, prompt também": everything,  # pt
    "todos os pesos, textos antigos": mixed,  # pt
    "all weights, answer alone": tuned,  # en
    "LoRA, answer alone": plain,  # en
    "all weights, prompt as well": everything,  # en
    "all weights, old documents": mixed,  # en
}

# %%
distances = {name: (learned(model), forgotten(model)) for name, model in models.items()}
print("o que menos esquece:", min([*distances][1:], key=lambda name: distances[name][1]))  # pt
print("forgets least:", min([*distances][1:], key=lambda name: distances[name][1]))  # en

# %%
figures.tuning_figure(distances, LANG)

# %% [markdown] pt
# Os quatro aprendem a regra quase inteira. Uns poucos textos antigos em cada lote bastam para que pouco se perca; cobrar pelo prompt não
# resolve, porque todos os prompts são de um só tipo. A barra que parece zero nunca é zero: a KL exata mostra o que uma amostra de respostas
# esconderia. Mude a taxa, `STEPS` e o posto: o que se ganha de um lado se paga do outro.
#
# ## 8 · O que o InstructGPT fez a mais
#
# O que fizemos é o primeiro passo do **InstructGPT** (Ouyang e colegas, 2022), que fez o GPT-3 seguir instruções:
#
# | passo | o que é |
# |---|---|
# | demonstrações | pessoas escrevem a resposta certa para cerca de 13 mil prompts; ajuste fino, como na seção 5 |
# | modelo de recompensa | pessoas põem em ordem várias respostas do modelo; um segundo modelo aprende a dar nota maior à preferida |
# | reforço (PPO) | o modelo escreve, recebe a nota e muda para ganhar mais; uma penalidade, a **KL** até o modelo do primeiro passo, não o deixa ir longe |
#
# Comparar é mais fácil que escrever a resposta certa, e o modelo aprende com o que ele mesmo escreve. As pessoas preferiram as respostas do
# InstructGPT de 1,3 bilhão de parâmetros às do GPT-3 de 175 bilhões. Houve esquecimento, o **imposto do alinhamento** (*alignment tax*): notas
# piores em tarefas públicas como o SQuAD e a tradução. O remédio deles é o da seção 7: misturar textos do pré-treino.
#
# Antes dele, o FLAN (Wei e colegas, 2021) ajustou um modelo de 137 bilhões em mais de 60 conjuntos de dados escritos como instruções, e ele
# melhorou em tarefas que não viu. Nos modelos pequenos do mesmo artigo, piorou. Nada disso se vê no `mini`: ele mostra o mecanismo.

# %% [markdown] en
# All four learn the rule almost entirely. A few old documents in each batch are enough to lose little; charging for the prompt is no cure,
# since all prompts are of one kind. The bar that looks like zero never is: the exact KL shows what a sample of answers would hide. Change
# the rate, `STEPS` and the rank: what you gain on one side you pay for on the other.
#
# ## 8 · What InstructGPT did beyond this
#
# What we did is the first step of **InstructGPT** (Ouyang and colleagues, 2022), which made GPT-3 follow instructions:
#
# | step | what it is |
# |---|---|
# | demonstrations | people write the right answer to about 13 thousand prompts; fine-tuning, as in section 5 |
# | reward model | people rank several answers of the model; a second model learns to score the preferred one higher |
# | reinforcement (PPO) | the model writes, gets the score, and changes to get more; a penalty, the **KL** from the model of the first step, keeps it near |
#
# Comparing is easier than writing the right answer, and the model learns from what it writes itself. People preferred the answers of
# InstructGPT with 1.3 billion parameters to those of GPT-3 with 175 billion. There was forgetting, the **alignment tax**: lower marks on
# public tasks such as SQuAD and translation. Their remedy is that of section 7: they mixed in texts of the pre-training.
#
# Before it, FLAN (Wei and colleagues, 2021) tuned a model of 137 billion on more than 60 data sets written as instructions, and it got better
# at tasks that it had not seen. The small models of the same paper got worse. Of all this `mini` shows nothing but the mechanism.

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
# - Um modelo de linguagem continua textos; responder é continuar um prompt do jeito que se quer.
# - Ajuste fino é o mesmo loop; a perda conta só na resposta. LoRA aprende $BA$, ao lado de $W$ congelada, e depois se soma a ela.
# - A KL diz quantos bits se pagam a mais. O que se aprende e o que se esquece são duas medidas, em textos diferentes.
# - Misturar textos antigos no lote evita quase todo o esquecimento. O InstructGPT fez isso, além de aprender com comparações.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_14.py`](../../mini_gpt/lesson/exercises/lesson_14.py).

# %% [markdown] en
# ## What to take with you
#
# - A language model continues texts; to answer is to continue a prompt as one wants it.
# - Fine-tuning is the same loop; the loss counts on the answer alone. LoRA learns $BA$ beside a frozen $W$, and is then merged into it.
# - KL tells how many bits one pays in addition. What is learned and what is forgotten are two measures, on different texts.
# - Mixing old texts into the batch avoids almost all forgetting. InstructGPT did so, and also learned from comparisons.
#
# The solutions of the exercises are in [`mini_gpt/lesson/exercises/lesson_14.py`](../../mini_gpt/lesson/exercises/lesson_14.py).
