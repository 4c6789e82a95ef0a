# %% [markdown] pt
# # 12 · Por dentro
#
# **Ao final, você** terá feito ao `mini` as perguntas da **interpretabilidade mecanicista**: onde está a resposta, que cabeças
# a levam, o que muda com uma direção. E terá medido cada história em bits, contra a verdade da cidade, ao lado de um controle.
#
# Slides: atenção · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 12 · Inside
#
# **By the end, you** will have asked `mini` the questions of **mechanistic interpretability**: where is the answer, which heads
# carry it, what does a direction change? And you will have measured each story in bits, against the town's truth, beside a
# control.
#
# Slides: attention · {minutes} · **[glossary](glossary.ipynb)**

# %%
MODEL = "mini"  # ou "mini-books", "gpt2", uma pasta: mude, reinicie e rode tudo; o texto descreve o mini  # pt
MODEL = "mini"  # or "mini-books", "gpt2", a folder: change it, restart, run all; the text describes mini  # en
LANG = "pt"  # pt
LANG = "en"  # en

# %%
import math
from contextlib import ExitStack
from itertools import combinations

import torch
from torch.nn.functional import pad
from torch.testing import assert_close

from mini_gpt import load
from mini_gpt.lesson import inside
from mini_gpt.lesson.any_model import ids_of, reads_the_town
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.token_names import token_names
from mini_gpt.lesson.words import local
from mini_gpt.trace import edit, record

# %%
torch.set_grad_enabled(False)  # aqui nada é treinado  # pt
torch.set_grad_enabled(False)  # nothing is trained here  # en
model = load(MODEL)
mini = model if reads_the_town(model) else load("mini")
words = mini.tokenizer

# %% [markdown] pt
# Só da cidade se conhece a verdade. Por isso, o que se mede contra ela se mede no `mini`, qualquer que seja `MODEL`; as outras
# células usam o modelo que você escolheu.
#
# ## 1 · Uma pergunta, dois textos
#
# Eles só diferem em um nome:

# %% [markdown] en
# Only the town's truth is known. So what is measured against it is measured on `mini`, whatever `MODEL` says; the other cells
# use the model that you chose.
#
# ## 1 · One question, two texts
#
# They differ in one name only:

# %%
STORY = "ana compra um livro no museu . ela dá o livro para {} . pergunta : quem tem o livro ? resposta :"  # pt
STORY = "ana buys a book at the museum . she gives the book to {} . question : who has the book ? answer :"  # en
read = {name: ids_of(STORY.format(name), model)[0] for name in ("bia", "leo", "nina", "tom", "eva")}
name, other_name = next((a, b) for a, b in combinations(read, 2) if len(read[a]) == len(read[b]))
text, other = read[name], read[other_name]  # (T,)
answers = torch.stack([ids_of(f"{STORY.format(each)} {each}", model)[0, len(text)] for each in (name, other_name)])
for ids in (text, other):
    p = model(ids[None])[0, -1].softmax(-1)[answers]
    print(local(f"p({name}) = {p[0]:.2f}   p({other_name}) = {p[1]:.2f}", LANG))

# %% [markdown] pt
# ## 2 · A lente: quando ele sabe?
#
# Cada bloco soma algo ao fluxo residual (lição 04). A **lente de logits** (*logit lens*, nostalgebraist, 2020) lê o fluxo no meio do
# caminho, como se não houvesse mais blocos: normalização final, depois a saída. **Antes de rodar:** depois de quantos dos quatro blocos
# a resposta aparece?

# %% [markdown] en
# ## 2 · The lens: when does it know?
#
# Each block adds something to the residual stream (lesson 04). The **logit lens** (nostalgebraist, 2020) reads the stream on the way,
# as if there were no more blocks: final norm, then head. **Before you run this:** after how many of the four blocks does the answer
# appear?

# %%
for layer, logits in enumerate(inside.logit_lens(model, text[None])[:, 0, -1]):
    p = logits.softmax(-1)
    [best] = token_names(model.tokenizer, [p.argmax()])
    print(layer, f"{best:12s}", local(f"p({name}) = {p[answers[0]]:.2f}", LANG))

# %% [markdown] pt
# No `mini`, depois de um bloco. Mas uma frase é só um exemplo isolado. **A afirmação:** “depois do bloco 0, o `mini` sabe quem
# tem o objeto”. **A medida:** quantos bits a resposta certa custa em documentos novos da cidade. A própria cidade (✓) paga 0,
# porque ali a resposta é certa. Depois do ±, o intervalo de 95%.

# %% [markdown] en
# In `mini`, after one block. But one sentence is an anecdote. **The claim:** “after block 0, `mini` knows who has the thing”.
# **The measure:** how many bits the right answer costs in new documents of the town. The town itself (✓) pays 0, because the
# answer there is certain. After the ±, the 95% interval.

# %%
from mini_gpt.lesson.exams import exam, interval
from mini_gpt.lesson.town import Town

town = Town()
GAVE, HAS, TWO = "quem deu? 1 objeto", "quem tem? 1 objeto", "quem tem? 2 objetos"  # pt
GAVE, HAS, TWO = "who gave? 1 thing", "who has? 1 thing", "who has? 2 things"  # en
exams = exam(LANG, n=40)


# %%
def documents(task, some=slice(None)):
    """Os prompts, (N, T), e o primeiro token das respostas, (N,)."""  # pt
    """The prompts, (N, T), and the first token of the answers, (N,)."""  # en
    cases = exams[task][some]
    right = [words.encode(case.answer)[0] for case in cases]
    return torch.cat([ids_of(case.prompt, mini) for case in cases]), torch.tensor(right)


# %%
def bits(logits, answers):
    """A surpresa de cada resposta, (N,), depois do último token."""  # pt
    """The surprise of each answer, (N,), after the last token."""  # en
    return -logits[:, -1].log_softmax(-1).gather(1, answers[:, None])[:, 0] / math.log(2)


# %%
def mean(values):
    return local(f"{values.mean():6.2f} ± {1.96 * values.std() / len(values) ** 0.5:.2f}", LANG)


# %%
def marks(prompts, right):
    """O que pagam a cidade, em cinco documentos, e a lente em cada lugar do mini, em todos."""  # pt
    """What the town pays, on five documents, and the lens at each place of mini, on all of them."""  # en
    truth = torch.tensor([town.next_token_probs(ids.tolist())[i] for ids, i in zip(prompts[:5], right)])
    print("✓", mean(truth.log2().abs()))
    for layer, logits in enumerate(inside.logit_lens(mini, prompts)):
        print(layer, mean(bits(logits, right)))


# %%
prompts, right = documents(HAS)
marks(prompts, right)

# %% [markdown] pt
# E o controle? Ler depois do bloco 0 é **desligar** os outros três. Então, desligamos outros três: fica um bloco só, cada um na
# sua vez.

# %% [markdown] en
# And the control? Reading after block 0 means **switching off** the other three. So we switch off a different three: one block
# is left alone, each in turn.


# %%
def alone(layer, ids):
    """Os logits do mini com um bloco só: o que está dentro dos outros dá 0, e eles não somam nada."""  # pt
    """The logits of mini with one block alone: what is inside the others gives 0, so they add nothing."""  # en
    with ExitStack() as off:
        for each in {*range(mini.config.n_layer)} - {layer}:
            off.enter_context(edit(mini, f"blocks.{each}.*", 0))
        return mini(ids)


# %%
for layer in range(mini.config.n_layer):
    print(layer, mean(bits(alone(layer, prompts), right)))

# %% [markdown] pt
# A afirmação passou: só o bloco 0 responde sozinho. Mas ele sabe quem **tem** o objeto? Nesses documentos só há um objeto.
# **Antes de rodar:** e quando há dois?

# %% [markdown] en
# The claim passed: only block 0 answers alone. But does it know who **has** the thing? In these documents there is only one.
# **Before you run this:** what if there are two?

# %%
marks(*documents(TWO))

# %% [markdown] pt
# Um bit: o preço de decidir entre duas pessoas na moeda, enquanto a cidade paga 0. A lente mostrou um nome, e a história em
# volta dele foi **nossa**. O `mini` sabe quem **recebeu** algo; qual objeto, ele não lê (lição 09).
#
# ## 3 · *Activation patching*: onde está a resposta?
#
# A lente diz o que se **pode** ler, e não o que o modelo usa. Para saber isso é preciso intervir (***activation patching***,
# troca de ativações; Meng e outros, 2022; Wang e outros, 2022). O modelo lê o primeiro texto, mas **um** vetor, em uma camada e
# uma posição, vem da leitura do segundo. Se a resposta muda, ela passava por ali. Medimos a diferença entre os logits dos dois
# nomes.
#
# ### Exercício 1 · quanto a resposta andou
#
# `intact` e `other` são as medidas nos dois textos, sem troca; `patched` é um tensor de medidas com troca. Retorne que fração
# do caminho cada uma andou: 0 é `intact`, 1 é `other`.

# %% [markdown] en
# One bit: the price of deciding between two people by the toss of a coin, while the town pays 0. The lens showed a name; the
# story around it was **ours**. `mini` knows who **received** something; which thing, it does not read (lesson 09).
#
# ## 3 · Activation patching: where is the answer?
#
# The lens tells what **can** be read, not what the model uses. To know that, one has to intervene (**activation patching**;
# Meng et al., 2022; Wang et al., 2022). The model reads the first text, but **one** vector, at one layer and one position,
# comes from reading the second. If the answer changes, it passed through there. We measure the difference between the logits of
# the two names.
#
# ### Exercise 1 · how far the answer moved
#
# `intact` and `other` are the measures on the two texts, without patching; `patched` is a tensor of measures with it. Return
# what fraction of the way each one moved: 0 is `intact`, 1 is `other`.


# %%
def moved(intact, other, patched):
    return ...


check("moved", moved, LANG)

# %% [markdown] pt
# Agora em todas as camadas e posições. Imprimimos os vetores que, sozinhos, levam mais da metade da resposta. **Antes de
# rodar:** são mais de cem vetores; quantos serão, e onde?

# %% [markdown] en
# Now at all layers and positions. We print the vectors that carry more than half of the answer on their own. **Before you run
# this:** there are more than a hundred vectors; how many will it be, and where?


# %%
def prefers(logits):
    """A diferença entre os logits dos dois nomes: (N, V) dá (N,)."""  # pt
    """The difference between the logits of the two names: (N, V) to (N,)."""  # en
    return logits[:, answers[0]] - logits[:, answers[1]]


# %%
intact, swapped = (prefers(model(ids[None])[:, -1]) for ids in (text, other))
grid = (inside.patched(model, text, other, prefers) - intact) / (swapped - intact)  # (L + 1, T)
for layer, t in (grid > 0.5).nonzero().tolist():
    [token] = token_names(model.tokenizer, text[t : t + 1])
    print(layer, t, f"{token:8s}", local(f"{grid[layer, t]:.2f}", LANG))

# %% [markdown] pt
# A grade inteira, com outros nomes se quiser: a cor diz quanto a resposta andou. Clique em um quadrado, ou ande com as setas, e
# leia o que foi trocado e o que o modelo responde então.

# %% [markdown] en
# The whole grid, with other names if you like: the colour says how far the answer moved. Click on a square, or move with the
# arrow keys, and read what was patched and what the model answers then.

# %%
from mini_gpt.lesson.widgets import PatchingGrid

both = [model.tokenizer.decode(ids[1:].tolist()[-31:]) for ids in (text, other)]  # os últimos, se não couberem  # pt
both = [model.tokenizer.decode(ids[1:].tolist()[-31:]) for ids in (text, other)]  # the last ones, if they do not all fit  # en
PatchingGrid(model, *both, LANG, answers=answers.tolist())

# %% [markdown] pt
# Antes do bloco 0 a resposta está no nome; depois dele, no último token; e em nenhum outro lugar. Ela **mudou de posição**, e
# só a atenção leva algo de uma posição a outra. Então foram cabeças da camada 0. Quais?
#
# ## 4 · Que cabeças levam a resposta?
#
# A mesma troca, agora de cabeças. Em cada um de 20 documentos, uma cabeça faz o que fez em **outro**, o anterior na lista.
# Quanto passa a custar a resposta certa?

# %% [markdown] en
# Before block 0 the answer is in the name; after it, at the last token; and nowhere else. It has **moved**, and only attention
# moves anything from one position to another. So it was heads of layer 0. Which ones?
#
# ## 4 · Which heads carry the answer?
#
# The same patching, now of heads. In each of 20 documents, one head does what it did in **another**, the one before it in the
# list. What does the right answer cost then?


# %%
def with_heads(heads, prompts, right):
    """Os bits de duas respostas com essas cabeças trocadas: a certa, e a que é certa no outro documento."""  # pt
    """The bits of two answers with these heads patched: the right one, and the one right in the other document."""  # en
    with record(mini, "*.weights", "*.values") as trace:
        mini(prompts.roll(1, 0))
    with inside.heads_from(mini, trace, heads):
        logits = mini(prompts)
    differ = right != right.roll(1)
    return bits(logits, right)[differ], bits(logits, right.roll(1))[differ]


# %%
OLD, NEW = slice(20), slice(20, 40)
EVERY = [(layer, head) for layer in range(mini.config.n_layer) for head in range(mini.config.n_head)]


def head_costs(prompts, right):
    return {head: with_heads([head], prompts, right)[0].mean() for head in EVERY}


# %%
costs = head_costs(*documents(HAS, OLD))
for layer in range(mini.config.n_layer):
    print(layer, *(local(f"{cost:6.2f}", LANG) for head, cost in costs.items() if head[0] == layer))

# %% [markdown] pt
# Uma linha por camada, uma coluna por cabeça. **A afirmação:** as cabeças que custam mais de meio bit levam a resposta. Elas
# foram escolhidas nos primeiros 20 documentos, então a medida usa os **outros 20**: nos primeiros, a sorte da escolha contaria
# a favor. **O controle:** o mesmo número de outras cabeças das mesmas camadas.

# %% [markdown] en
# A row for each layer, a column for each head. **The claim:** the heads that cost more than half a bit carry the answer. They
# were chosen on the first 20 documents, so the measure uses the **other 20**: on the first, lucky choices would count in its
# favour. **The control:** as many other heads of the same layers.


# %%
chosen = [head for head, cost in costs.items() if cost > 0.5]
rest = [head for head in EVERY if head not in chosen]
control = [head for head in rest if head[0] in dict(chosen)][: len(chosen)]  # das mesmas camadas  # pt
control = [head for head in rest if head[0] in dict(chosen)][: len(chosen)]  # of the same layers  # en
for heads in ([], chosen, control, rest):
    print(f"{len(heads):2d}", *(mean(paid) for paid in with_heads(heads, *documents(HAS, NEW))))
print(chosen, control)

# %% [markdown] pt
# Cabeças trocadas, custo da resposta certa, custo da do outro documento. Em ordem: nenhuma, as escolhidas, o controle, **todas
# menos as escolhidas**. A resposta muda quando as escolhidas mudam, e só então. Falta o controle mais severo: outra pergunta.
# **Antes de rodar:** as mesmas cabeças respondem a “quem deu?”

# %% [markdown] en
# Heads patched, cost of the right answer, cost of the other document's. In order: none, the chosen ones, the control, **all but
# the chosen ones**. The answer changes when the chosen heads change, and only then. One control is left, the hardest: another
# question. **Before you run this:** do the same heads answer “who gave?”

# %%
givers = [head for head, cost in head_costs(*documents(GAVE, OLD)).items() if cost > 0.5]
for heads in (givers, chosen):
    print(heads)
    for task in (GAVE, HAS):
        print("   ", task, *(mean(paid) for paid in with_heads(heads, *documents(task, NEW))))

# %% [markdown] pt
# Uma **dissociação dupla**: umas cabeças levam quem deu, e não quem recebeu; outras, o contrário. “Mexer em qualquer coisa
# estraga a resposta” não explica isso.

# %% [markdown] en
# A **double dissociation**: some heads carry who gave and not who received; others, the reverse. “Touch anything and the answer
# breaks” does not explain that.

# %% [markdown] pt
# ## 5 · Atribuição: quem escreveu o logit?
#
# Há outra conta. O fluxo residual é uma soma, e o logit é linear nela se a escala da normalização final ficar fixa. Então o
# logit se divide **exatamente** em parcelas: embeddings, cada cabeça, cada MLP, os bias (*direct logit attribution*; Elhage e
# outros, 2021). Aqui, a diferença entre os logits dos dois nomes. **Antes de rodar:** qual será a parcela das cabeças que levam
# a resposta?

# %% [markdown] en
# ## 5 · Attribution: who wrote the logit?
#
# There is another way to count. The residual stream is a sum, and the logit is linear in it if the final norm's scale is held
# fixed. So the logit splits **exactly** into parts: embeddings, each head, each MLP, the biases (direct logit attribution;
# Elhage et al., 2021). Here, the difference between the logits of the two names. **Before you run this:** how large is the part
# of the heads that carry the answer?

# %%
parts = inside.attribution(model, text, *answers)
assert_close(sum(part.sum() for part in parts.values()), intact[0], rtol=1e-3, atol=1e-3)
for part, adds in parts.items():
    if part != "heads":
        print(f"{part:10s}", *(local(f"{value:6.2f}", LANG) for value in adds.flatten().tolist()))
for layer, adds in enumerate(parts["heads"].tolist()):
    print("heads", layer, "  ", *(local(f"{value:6.2f}", LANG) for value in adds))

# %% [markdown] pt
# No `mini`, quase tudo vem de MLPs, e quase nada das cabeças que levam a resposta. As duas contas são exatas, e **discordam**.
# Em 20 documentos, que cabeça tem a maior parcela? E o que custa trocá-la?

# %% [markdown] en
# In `mini`, nearly all of it comes from MLPs, and next to nothing from the heads that carry the answer. Both counts are exact,
# and they **disagree**. Over 20 documents, which head has the largest part? And what does it cost to patch it?

# %%
adds = sum(inside.attribution(mini, prompts[i], right[i], right[i - 1])["heads"] for i in range(20))  # (L, H)
largest = divmod(int(adds.argmax()), mini.config.n_head)
for heads in ([largest], chosen):
    print(heads, mean(with_heads(heads, *documents(HAS, NEW))[0]))

# %% [markdown] pt
# Por quê? A atribuição conta só o **último** passo: quem escreveu na direção que a saída lê. As cabeças escrevem o nome em
# outra direção; a MLP do mesmo bloco lê o que elas escreveram e o traduz. Se for assim, trocar as cabeças com essa MLP
# **congelada** não muda nada:

# %% [markdown] en
# Why? Attribution counts only the **last** step: who wrote in the direction that the output layer reads. The heads write the
# name in another direction; the MLP of the same block reads what they wrote and translates it. If so, patching the heads with
# that MLP **frozen** changes nothing:

# %%
with record(mini, "blocks.0.mlp") as before:
    mini(prompts[NEW])
with edit(mini, "blocks.0.mlp", before["blocks.0.mlp"]):
    print(mean(with_heads(chosen, *documents(HAS, NEW))[0]))

# %% [markdown] pt
# Confirmado: o caminho é cabeças → MLP → logit. Uma **ablação** sente tudo o que depende de uma parte; a atribuição vê só o que
# ela escreve diretamente. Nenhuma das duas está errada: respondem a perguntas diferentes.

# %% [markdown] en
# Confirmed: the path is heads → MLP → logit. An **ablation** feels everything that depends on a part; attribution sees only
# what it writes directly. Neither is wrong: they answer different questions.

# %% [markdown] pt
# ## Parte 2 · Histórias que enganam
#
# {minutes} · Aqui é um bom lugar para uma pausa. A seguir: o que um peso grande mostra, uma direção que troca o pronome,
# cabeças que parecem de indução, e as mesmas células em outros modelos.
#
# ## 6 · Um peso grande
#
# O número que todo mundo mostra é o peso de atenção. Jain e Wallace (2019) acharam pesos bem diferentes que dão a mesma saída;
# Wiegreffe e Pinter (2019) responderam que isso, sozinho, não basta para rejeitar a explicação. O caso mais simples dispensa um
# modelo.
#
# ### Exercício 2 · o que o corte muda
#
# Uma consulta tem pesos `weights` (S,), que somam 1, e cada chave traz um vetor, uma linha de `values` (S, D). Corte a chave s
# e divida os outros pesos pela soma deles: a mistura `weights @ values` muda. Retorne o **tamanho da mudança** (a norma) para
# cada s, (S,).

# %% [markdown] en
# ## Part 2 · Stories that mislead
#
# {minutes} · Here is a good place for a break. Next: what a large weight shows, a direction that turns the pronoun, heads that
# look like induction heads, and the same cells on other models.
#
# ## 6 · A large weight
#
# The number that everybody shows is the attention weight. Jain and Wallace (2019) found quite different weights that give the
# same output; Wiegreffe and Pinter (2019) replied that this alone is not enough to reject the explanation. The simplest case
# takes no model.
#
# ### Exercise 2 · what the cut changes
#
# A query has `weights` (S,), which sum to 1, and each key brings a vector, a row of `values` (S, D). Cut key s and divide the
# other weights by their sum: the mixture `weights @ values` changes. Return the **size of the change** (the norm) for each s,
# (S,).


# %%
def cut_effects(weights, values):
    return ...


check("cut_effects", cut_effects, LANG)

# %% [markdown] pt
# ## 7 · Uma direção: de “ele” a “ela”
#
# Em vez de trocar um vetor, pode-se somar a ele uma **direção** (*activation addition*, ou *steering*; Turner e outros, 2023):
# o que o modelo computa em um texto menos o que computa em outro. Usamos médias: quatro mulheres menos quatro homens, depois de
# “… está na praça .”. O teste são os **outros** homens, em todos os lugares.

# %% [markdown] en
# ## 7 · A direction: from “he” to “she”
#
# Instead of replacing a vector, one can add a **direction** to it (activation addition, or steering; Turner et al., 2023): what
# the model computes on one text less what it computes on another. We use means: four women less four men, after “… is in the
# square .”. The test is on the **other** men, at all places.

# %%
from mini_gpt.lesson.town import JOBS, MEN, PLACES, WOMEN
from mini_gpt.lesson.truth import divergences, held_out_documents, probs_under

he, she = words.encode("ele ela")  # pt
he, she = words.encode("he she")  # en


# %%
def says(person, place):
    return ids_of(f"{person.forms['']} está {place.forms['em']} .", mini)  # pt
    return ids_of(f"{person.forms['']} is {place.forms['at']} .", mini)  # en


# %%
women, men = ([says(person, PLACES[0]) for person in people[:4]] for people in (WOMEN, MEN))
direction = inside.steering(mini, women, men, "blocks.0")  # (C,)
tests = torch.cat([says(man, place) for man in MEN[4:] for place in PLACES])


# %%
def steered(vector, ids):
    """Os logits do mini com o vetor (C,) somado a todas as posições depois do bloco 0."""  # pt
    """The logits of mini with the vector (C,) added at all positions after block 0."""  # en
    with edit(mini, "blocks.0", lambda x: x + vector):
        return mini(ids)


# %%
def pays(vector, token):
    return bits(steered(vector, tests), torch.full((len(tests),), token))


# %%
dice = torch.Generator().manual_seed(0)
noise = torch.randn(10, len(direction), generator=dice)
noise *= direction.norm() / noise.norm(dim=-1, keepdim=True)  # dez direções ao acaso, do mesmo tamanho  # pt
noise *= direction.norm() / noise.norm(dim=-1, keepdim=True)  # ten random directions of the same size  # en

# %% [markdown] pt
# **A afirmação:** “esta direção troca *ele* por *ela*”. **A medida:** quantos bits custam “ele”, a verdade, e “ela”, o que
# queremos. **O controle:** direções ao acaso, do mesmo tamanho. **Antes de rodar:** metade da direção basta?

# %% [markdown] en
# **The claim:** “this direction turns *he* into *she*”. **The measure:** how many bits “he”, the truth, and “she”, what we
# want, cost. **The control:** random directions of the same size. **Before you run this:** is half of the direction enough?

# %%
for strength in (0, 0.5, 1, 2):
    print(local(f"{strength:.1f}", LANG), *(mean(pays(strength * direction, token)) for token in (he, she)))
random_pays = torch.stack([torch.stack([pays(each, token).mean() for token in (he, she)]) for each in noise])
print("acaso", *(mean(column) for column in random_pays.T))  # pt
print("random", *(mean(column) for column in random_pays.T))  # en

# %% [markdown] pt
# Ela troca o pronome, e nenhuma direção ao acaso faz isso. Mas é o **gênero**, ou são só estes nomes? Nas profissões (lição 09)
# não há nome: “alguém trabalha como motorista .”. A média das profissões, com a direção subtraída, sem ela e somada:

# %% [markdown] en
# It turns the pronoun, and no random direction does. But is it **gender**, or just these names? The jobs (lesson 09) come
# without a name: “someone works as a driver .”. The mean over the jobs, with the direction subtracted, without it, and added:

# %%
JOB = "alguém trabalha como {} ."  # pt
JOB = "someone works as {} ."  # en
job_names = sorted({job.forms[LANG] for job in JOBS})
for strength in (-1, 0, 1):
    p = torch.stack(
        [steered(strength * direction, ids_of(JOB.format(job), mini))[0, -1].softmax(-1) for job in job_names]
    )
    print(f"{strength:2d}", mean(p[:, she] / (p[:, she] + p[:, he])))

# %% [markdown] pt
# E o que mais se estraga? A direção agora entra em documentos novos, em todas as posições; contamos só os lugares onde a cidade
# não diria pronome. A medida: os bits **a mais** que a verdade (a divergência KL). A força é 0, 1 e 2; depois, as direções ao
# acaso.

# %% [markdown] en
# And what else breaks? Now the direction enters new documents, at all positions; we count only the places where the town would
# not say a pronoun. The measure: the bits paid **on top of** the truth (the KL divergence). The strength is 0, 1 and 2; then
# the random directions.

# %%
new = held_out_documents(Town(LANG), 12)
probs = torch.cat([torch.tensor(probs_under(town, tuple(document))) for document in new])  # (lugares, V)  # pt
probs = torch.cat([torch.tensor(probs_under(town, tuple(document))) for document in new])  # (places, V)  # en
elsewhere = probs[:, [he, she]].sum(-1) < 0.01


# %%
def extra_bits(vector):
    each = divergences(lambda ids: steered(vector, ids), town, new)
    return torch.cat([torch.from_numpy(bits) for bits in each])


# %%
for vector in (0 * direction, direction, 2 * direction):
    print(mean(extra_bits(vector)[elsewhere]))
print("acaso", mean(torch.stack([extra_bits(each)[elsewhere].mean() for each in noise])))  # pt
print("random", mean(torch.stack([extra_bits(each)[elsewhere].mean() for each in noise])))  # en

# %% [markdown] pt
# Onde se paga mais? Os três lugares em que a força 2 mais estraga, com o texto até ali:

# %% [markdown] en
# Where is most of it paid? The three places that strength 2 breaks most, with the text up to there:

# %%
so_far = [document[:t] for document in new for t in range(len(document))]
broken = torch.where(elsewhere, extra_bits(2 * direction) - extra_bits(0 * direction), 0)
for i in broken.topk(3).indices.tolist():
    print(local(f"{broken[i]:5.2f}", LANG), "…", words.decode(so_far[i][-10:]))

# %% [markdown] pt
# Leia os números juntos. O pronome muda. As profissões o seguem, mas não até a certeza: só até cerca de 80%, que é quanto a
# cidade dá a um clichê. Com força 1, o resto não paga mais do que com uma direção ao acaso; com força 2, paga muitas vezes
# mais, e o pronome não melhora. Quem só mostra o “ela” mostra metade do resultado.

# %% [markdown] en
# Read the numbers together. The pronoun turns. The jobs follow, but not to certainty: only to about 80%, which is what the town
# gives a stereotype. At strength 1 the rest pays no more than under a random direction; at strength 2 it pays many times as much,
# and the pronoun gains nothing. To show only the “she” is to show half of the result.

# %% [markdown] pt
# ## 8 · Ele tem cabeças de indução?
#
# … A B … A: uma **cabeça de indução** (Olsson e outros, 2022) olha para o que veio depois do A anterior, e o modelo diz B. São
# precisas duas camadas: na primeira, uma cabeça anota em cada token qual veio antes dele; na segunda, outra procura essa
# anotação. Um detector que nunca achou nada pode estar quebrado: primeiro, o **controle positivo**, um modelo montado à mão,
# que só faz indução.

# %% [markdown] en
# ## 8 · Does it have induction heads?
#
# … A B … A: an **induction head** (Olsson et al., 2022) looks at what followed the earlier A, and the model says B. It takes
# two layers: in the first, a head notes on each token which one came before it; in the second, another head looks for that
# note. A detector that has never found anything may be broken: first, the **positive control**, a model wired by hand, which
# does induction and nothing else.

# %%
from mini_gpt.lesson.wired import induction_model
from mini_gpt.probability import token_log_probs


# %%
def repeated(model, n=8, length=20):
    """n sequências de tokens ao acaso, cada uma duas vezes: (n, 2 * length)."""  # pt
    """n sequences of random tokens, each of them twice: (n, 2 * length)."""  # en
    dice = torch.Generator().manual_seed(0)
    once = [1 + torch.randperm(model.config.vocab_size - 1, generator=dice)[:length] for _ in range(n)]
    return torch.stack(once).tile(1, 2)


# %%
def best_heads(model, ids):
    """A melhor nota de cada tipo, e a de uma cabeça que olha igualmente para tudo."""  # pt
    """The best score of each kind, and that of a head that looks at everything equally."""  # en
    with record(model, "*.attention.weights") as trace:
        model(ids)
    weights = trace.layers("attention.weights")  # (L, B, H, T, T)
    even = torch.ones_like(weights[:1, :, :1]).tril()
    found, blind = (inside.head_scores(each, ids) for each in (weights, even / even.sum(-1, keepdim=True)))
    return {kind: (found[kind].max(), blind[kind].max()) for kind in found}


# %%
def show_heads(name, model, ids):
    for kind, (best, blind) in best_heads(model, ids).items():
        print(f"{name:10s} {kind:10s}", local(f"{best:.2f}  ({blind:.2f})", LANG))


# %%
wired = induction_model(vocab_size=40, context_length=48)
show_heads("wired", wired, repeated(wired))

# %% [markdown] pt
# A melhor cabeça de cada tipo. “previous”: o peso dela no token anterior; “same”: no mesmo token, antes; “induction”: no que
# veio depois dele. Entre parênteses, uma cabeça cega, que olha igualmente para tudo. O detector acha as duas cabeças que
# existem, e só elas. Agora o `mini`, nas listas que a cidade repete. **Antes de rodar:** ele terá cabeças assim?

# %% [markdown] en
# The best head of each kind. “previous”: its weight on the token before; “same”: on the same token, earlier; “induction”: on
# what followed that. In brackets, a blind head, which looks at everything equally. The detector finds the two heads that exist,
# and only them. Now `mini`, on the lists that the town repeats. **Before you run this:** will it have such heads?

# %%
comma = words.encode(",")[0]
lists = [document for document in held_out_documents(Town(LANG), 150) if document.count(comma) == 3]
lists = torch.tensor([[words.end_of_text, *each[:-2]] for each in lists if len(each) == len(lists[0])])
print(words.decode(lists[0].tolist()))
show_heads("mini", mini, lists)

# %% [markdown] pt
# A nota de indução está bem acima da cega. E quem copia? Trocamos cabeças, como na seção 4. Quanto custa o último item da
# lista?

# %% [markdown] en
# The induction score is well above the blind head's. And who does the copying? We patch heads, as in section 4. What does the
# last item of the list cost?

# %%
lists, item = lists[:, :-1], lists[:, -1]  # até o último item, e ele  # pt
lists, item = lists[:, :-1], lists[:, -1]  # up to the last item, and that item  # en

# %%
costs = head_costs(lists[::2], item[::2])
copier = max(costs, key=costs.get)
for heads in ([], [copier], [head for head in EVERY if head != copier]):
    print(f"{len(heads):2d}", mean(with_heads(heads, lists[1::2], item[1::2])[0]))
print(copier)

# %% [markdown] pt
# **Uma** cabeça copia; com todas as outras trocadas, a cópia sai de graça. Caso encerrado? Ela está na camada 0, onde nenhum
# token sabe ainda o que veio antes dele. Ela só pode se guiar pelos tokens e por **posições**, e na cidade as listas ficam
# sempre na mesma. A indução não depende disso. **Antes de rodar:** o texto começa 1, 2 ou 4 tokens mais tarde. Quem ainda
# copia: o `mini`, à esquerda, ou o modelo montado à mão?

# %% [markdown] en
# **One** head does the copying; with all others patched, the copy is still free. Case closed? That head sits in layer 0, where
# no token knows yet what came before it. It can go only by tokens and **positions**, and in the town lists always stand at the
# same ones. Induction does not depend on that. **Before you run this:** the text starts 1, 2 or 4 tokens later. Who still
# copies: `mini`, on the left, or the wired model?

# %%
twice = repeated(wired)
for shift in (0, 1, 2, 4):
    late, late_twice = (pad(ids, (shift, 0), value=words.end_of_text) for ids in (lists, twice[:, :-1]))
    print(shift, mean(bits(mini(late), item)), "  ", mean(bits(wired(late_twice), twice[:, -1])))

# %% [markdown] pt
# **Não**: o `mini` não tem cabeças de indução. A que parecia uma copia **da posição** em que o item costuma estar; o `mini`
# nunca leu um texto que começasse mais tarde, e não precisou de outro jeito. (O modelo montado à mão paga um bit porque os
# logits dele são moderados.) O padrão dos pesos estava certo, a intervenção também, e a história era falsa. Faltava a pergunta
# a que as duas histórias respondem de modo diferente.
#
# ## 9 · Em outros modelos
#
# As mesmas perguntas a um modelo que leu romances e, se os pesos estão neste computador, ao GPT-2. Primeiro, cinco histórias,
# cada uma com um nome: dos cinco logits, o que mais sobe acima da sua média é o do nome certo? O acaso acerta 1 em 5; com cinco
# histórias, o intervalo é largo.

# %% [markdown] en
# **No**: `mini` has no induction heads. The one that looked like it copies **from the position** where the item usually is;
# `mini` has never read a text that starts later, and needed no other way. (The wired model pays a bit because its logits are
# moderate.) The pattern of the weights was right, so was the intervention, and the story was false. Missing was the question
# that the two stories answer differently.
#
# ## 9 · In other models
#
# The same questions to a model that has read novels and, if its weights are on this computer, to GPT-2. First, five stories,
# each with its own name: of the five logits, is the one that rises most above its mean the right name's? Chance gets 1 in 5;
# with five stories, the interval is wide.

# %%
from mini_gpt.lesson.checkup import is_here

wanted = ["mini", "mini-books", *(["gpt2"] if is_here("gpt2", LANG) else [])]
models = {each: load(each) for each in wanted}


# %%
def right_names(model):
    texts = {each: ids_of(STORY.format(each), model) for each in read}
    first = [ids_of(f"{STORY.format(each)} {each}", model)[0, ids.size(1)] for each, ids in texts.items()]
    logits = torch.stack([model(ids)[0, -1, torch.stack(first)] for ids in texts.values()])  # (5, 5)
    return int(((logits - logits.mean(0)).argmax(-1) == torch.arange(5)).sum())


# %%
for each, its in models.items():
    right_here = right_names(its)
    print(f"{each:10s} {right_here} / 5", *(f"{share:.0%}" for share in interval(right_here, 5)[1:]))

# %% [markdown] pt
# E indução? Em tokens ao acaso, lidos duas vezes, como fizeram Olsson e outros. Ao lado das notas, os bits por token na
# primeira leitura e na segunda: quem copia paga menos na segunda.

# %% [markdown] en
# And induction? On random tokens, read twice, as Olsson et al. did. Beside the scores, the bits per token at the first reading
# and at the second: whoever copies pays less at the second.

# %%
for each, its in {"wired": wired, **models}.items():
    ids = repeated(its)
    show_heads(each, its, ids)
    paid = -token_log_probs(its(ids), ids) / math.log(2)  # (8, 39)
    print(" " * 10, mean(paid[:, :19].flatten()), " →", mean(paid[:, 20:].flatten()), "\n")

# %% [markdown] pt
# A nota passa da cega? O modelo **faz** o que a nota promete? Em escala maior, Olsson e outros acharam cabeças de indução nos
# modelos de duas ou mais camadas que estudaram, e nenhuma nos de uma. No menor GPT-2, Wang e outros acharam cabeças que levam
# um nome ao fim da frase, e outras, de reserva, que assumem quando essas são desligadas: ali, uma ablação sem efeito não prova
# que a parte não serve.

# %% [markdown] en
# Is the score above the blind head's? Does the model **do** what the score promises? At a larger scale, Olsson et al. found
# induction heads in the models of two or more layers that they studied, and none in those of one. In the smallest GPT-2, Wang
# et al. found heads that carry a name to the end of the sentence, and backup heads that take over when these are switched off:
# there, an ablation without effect does not prove that a part is useless.

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
# - A lente diz o que se pode ler, a atribuição quem escreveu por último; só uma intervenção diz o que é usado.
# - Uma afirmação precisa de uma medida, de um controle do mesmo tamanho e de documentos que não serviram para escolher.
# - Atribuição e ablação discordam quando outra parte lê, no meio do caminho, o que a primeira escreveu.
# - Uma direção muda o que se quer e mais alguma coisa: meça as duas.
# - O padrão dos pesos não diz como uma cabeça funciona: procure a pergunta que separa as histórias.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_12.py`](../../mini_gpt/lesson/exercises/lesson_12.py).
#
# [Agora vá para 13 Depois do GPT-2](13_since_gpt2.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - The lens tells what can be read, attribution who wrote last; only an intervention tells what is used.
# - A claim needs a measure, a control of the same size, and documents that were not used for choosing.
# - Attribution and ablation disagree when another part, on the way, reads what the first one wrote.
# - A direction changes what you want and something else: measure both.
# - The pattern of the weights does not tell how a head works: look for the question that separates the stories.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_12.py`](../../mini_gpt/lesson/exercises/lesson_12.py).
#
# [Now go on to 13 Since GPT-2](13_since_gpt2.ipynb)
