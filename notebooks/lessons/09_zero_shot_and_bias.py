# %% [markdown] pt
# # 09 · Zero-shot e viés
#
# **Ao final, você** vai ter feito um modelo responder, resumir e traduzir sem treiná-lo para isso, dado a ele uma nota
# honesta, descoberto o que essa nota esconde, lido a tabela do artigo sem cair nas armadilhas dela e medido um viés
# cujo tamanho verdadeiro é conhecido.
#
# Slides: contribuição, resultados, o aviso sobre o viés · 60 minutos

# %% [markdown] en
# # 09 · Zero-shot and bias
#
# **At the end you** will have made a model answer, summarise and translate without training it to do so, given it an
# honest mark, found what that mark hides, read the paper's table without falling into its traps, and measured a bias
# whose true size is known.
#
# Slides: contribution, results, the note of caution on bias · 60 minutes

# %%
import re
from collections import Counter
from itertools import islice, pairwise

import torch
from torch.testing import assert_close

import mini_gpt
from mini_gpt import sampling
from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import BIAS, JOBS, PEOPLE, THINGS, Town
from mini_gpt.lesson.words import local

# %% [markdown] pt
# ## 1 · A tarefa é texto
#
# Um tradutor aprende p(saída | entrada). Um sistema geral precisa saber também o que se quer dele: p(saída | entrada,
# **tarefa**). McCann e colegas (2018) já escreviam a tarefa como texto, mas treinavam o modelo nas tarefas. A aposta do
# artigo do GPT-2 vai além: quem só aprendeu a **continuar textos** já leu tarefas escritas. Daí o título:
# *unsupervised*, sem exemplos rotulados para a tarefa; *multitask*, muitas tarefas num modelo só.
#
# Vamos continuar um texto, o **prompt**, à mão, com o token mais provável a cada passo:

# %% [markdown] en
# ## 1 · The task is text
#
# A translator learns p(output | input). A general system must also know what is wanted of it: p(output | input,
# **task**). McCann and colleagues (2018) already wrote the task as text, but trained the model on the tasks. The bet of
# the GPT-2 paper goes further: a model that has only learned to **continue texts** has already read tasks in writing.
# Hence the title: *unsupervised*, without labelled examples for the task; *multitask*, many tasks in one model.
#
# Let us continue a text, the **prompt**, by hand, with the most likely token at each step:

# %%
LANG = "pt"  # pt
LANG = "en"  # en
mini, town = mini_gpt.load("mini"), Town()
words, end = town.tokenizer.words, town.tokenizer.end_of_text
story = "leo compra um mapa na praça . ele dá o mapa para sara ."  # pt
prompt = f"{story} pergunta : quem tem o mapa ? resposta :"  # pt
story = "leo buys a map in the square . he gives the map to sara ."  # en
prompt = f"{story} question : who has the map ? answer :"  # en
start = torch.tensor([[end, *town.tokenizer.encode(prompt)]])

# %%
row = start
while row[0, -1] != end:
    best = mini(row)[:, -1:].argmax(-1)  # (1, 1)
    row = torch.cat([row, best], dim=1)
assert_close(row, mini_gpt.generate(mini, start, 20, temperature=0, stop=end))
print(town.tokenizer.decode(row[0, start.size(1) :]))

# %% [markdown] pt
# **Antes de rodar:** a mesma história com três finais. O que o modelo escreve depois de cada um?

# %% [markdown] en
# **Before you run this:** the same story with three endings. What does the model write after each?


# %%
def write(prompts):
    """O que o mini escreve depois de cada prompt, sempre o token mais provável; os de mesmo tamanho vão juntos."""  # pt
    """What mini writes after each prompt, always the most likely token; prompts of one length go together."""  # en
    rows, written = {prompt: [end, *town.tokenizer.encode(prompt)] for prompt in prompts}, {}
    for length in sorted({len(row) for row in rows.values()}):
        batch = [prompt for prompt in rows if len(rows[prompt]) == length]
        ids = torch.tensor([rows[prompt] for prompt in batch])
        new = mini_gpt.generate(mini, ids, 20, temperature=0, stop=end)[:, length:]
        said = [town.tokenizer.decode(each).partition("<|endoftext|>")[0].strip() for each in new]
        written |= dict(zip(batch, said))
    return [written[prompt] for prompt in prompts]


# %%
endings = ["pergunta : quem tem o mapa ? resposta :", "pergunta : quem deu o mapa ? resposta :", "em resumo :"]  # pt
endings = ["question : who has the map ? answer :", "question : who gave the map ? answer :", "tl;dr"]  # en
for ending, said in zip(endings, write([f"{story} {ending}" for ending in endings])):
    print(ending, "→", said)

# %% [markdown] pt
# E com a abertura de uma tradução:

# %% [markdown] en
# And with the opening of a translation:

# %%
write(["em português : leo dá o mapa para sara . em inglês :", "in english : the hat is red . in portuguese :"])

# %% [markdown] pt
# Quatro tarefas, os mesmos pesos. O `mini` foi treinado, sim, mas só para prever o próximo token dos documentos da
# cidade. Para as tarefas não houve nenhum passo de gradiente: depois delas, os pesos são os que vieram com a lição.

# %% [markdown] en
# Four tasks, the same weights. `mini` was trained, of course, but only to predict the next token of the town's
# documents. For the tasks there was no gradient step: after them, the weights are those that came with the lesson.

# %%
assert all(torch.equal(*pair) for pair in zip(mini.parameters(), mini_gpt.load("mini").parameters()))

# %% [markdown] pt
# Isto é **zero-shot**: nada foi ajustado para a tarefa. Não quer dizer “sem exemplos no texto”: para traduzir, o artigo
# pôs no prompt pares `frase em inglês = frase em francês`; para responder, perguntas com as respostas.
#
# O `mini` consegue porque a cidade escreve perguntas, resumos e traduções; o GPT-2, segundo o artigo, porque a web
# também os escreve. Sem o final, até a verdade da cidade se divide:

# %% [markdown] en
# That is **zero-shot**: nothing was tuned for the task. It does not mean “no examples in the text”: to translate, the
# paper put pairs `english sentence = french sentence` into the prompt; to answer, questions with their answers.
#
# `mini` can do it because the town writes questions, summaries and translations; GPT-2, says the paper, because the web
# writes them, too. Without the ending, even the town's truth is divided:

# %%
prefix = town.tokenizer.encode(story)
guess = mini(torch.tensor([[end, *prefix]]))[0, -1].softmax(-1).detach()
figures.next_token_figure(words, guess, town.next_token_probs(prefix), LANG, 6)

# %% [markdown] pt
# ## 2 · Uma nota honesta
#
# Alguns exemplos bonitos não provam nada. Precisamos de muitos casos, novos, e de uma regra: a **correspondência
# exata** (*exact match*), a resposta inteira igual à esperada, tudo ou nada.
#
# ### Exercício 1 · correspondência exata
#
# `written` e `wanted` são listas de textos do mesmo tamanho: as respostas dadas e as esperadas, caso a caso. Retorne a
# fração dos casos, de 0 a 1, em que as duas são iguais.

# %% [markdown] en
# ## 2 · An honest mark
#
# A few pretty examples prove nothing. We need many cases, new ones, and a rule: **exact match**, the whole answer equal
# to the expected one, all or nothing.
#
# ### Exercise 1 · exact match
#
# `written` and `wanted` are lists of texts, equally long: the answers given and those expected, case by case. Return
# the share of the cases, from 0 to 1, in which the two are equal.


# %%
def exact_match(written, wanted):
    return ...


check("exact_match", exact_match, LANG)

# %% [markdown] pt
# Duas provas. Na primeira, documentos **novos**: sorteados agora, embora o treino, que leu muitos, possa ter sorteado
# alguns iguais. Na segunda, só pares de pessoa e objeto **reservados**: nenhum documento de treino do mesmo tipo os
# juntou nesses papéis, e ter decorado documentos não ajuda. As traduções vêm da cidade bilíngue; as histórias, da
# cidade de uma língua só, onde são mais frequentes.

# %% [markdown] en
# Two exams. In the first, **new** documents: drawn now, though training, which read many, may have drawn some of the
# same. In the second, only pairs of a person and a thing that were **held out**: no training document of the same kind
# has put them together in these parts, and documents learned by heart are no help. The translations come from the
# bilingual town; the stories from the town of one language, where they are more frequent.

# %%
NEW, HELD_OUT = "documentos novos", "pares reservados"  # pt
NEW, HELD_OUT = "new documents", "held-out pairs"  # en
texts = {}
for series, held_out, n in (NEW, False, 10_000), (HELD_OUT, True, 3_000):
    drawn = [*islice(Town(held_out=held_out).documents("zero-shot"), 1_000)]
    drawn += islice(Town(LANG, held_out).documents("zero-shot"), n)
    texts[series] = [town.tokenizer.decode(document[:-1]) for document in drawn]

# %% [markdown] pt
# Cada tarefa é um padrão que corta um documento em dois: o prompt e a resposta. As perguntas são separadas pelo número
# de objetos da história. De cada tarefa, 100 casos. **Antes de rodar:** em qual linha o `mini` vai pior?

# %% [markdown] en
# Each task is a pattern that cuts a document in two: the prompt and the answer. Questions are kept apart by how many
# things their story has. Of each task, 100 cases. **Before you run this:** on which line will `mini` do worst?

# %%
TASKS = {
    "traduzir pt → en": r"(em português .* em inglês :) (.*)",  # pt
    "traduzir en → pt": r"(in english .* in portuguese :) (.*)",  # pt
    "resumir, 1 objeto": r"(\S+ compra .* em resumo :) (.*)",  # pt
    "resumir, 2 objetos": r"(\S+ está .* em resumo :) (.*)",  # pt
    "quem deu? 1 objeto": r"(\S+ compra .* quem deu .* :) (.*)",  # pt
    "quem tem? 1 objeto": r"(\S+ compra .* quem tem .* :) (.*)",  # pt
    "quem tem? 2 objetos": r"(\S+ está .* quem tem .* :) (.*)",  # pt
    "quem tem? 3 objetos": r"(\S+ tem .* quem tem .* :) (.*)",  # pt
    "translate pt → en": r"(em português .* em inglês :) (.*)",  # en
    "translate en → pt": r"(in english .* in portuguese :) (.*)",  # en
    "sum up, 1 thing": r"(\S+ buys .* tl;dr) (.*)",  # en
    "sum up, 2 things": r"(\S+ is .* tl;dr) (.*)",  # en
    "who gave? 1 thing": r"(\S+ buys .* who gave .* :) (.*)",  # en
    "who has? 1 thing": r"(\S+ buys .* who has .* :) (.*)",  # en
    "who has? 2 things": r"(\S+ is .* who has .* :) (.*)",  # en
    "who has? 3 things": r"(\S+ has .* who has .* :) (.*)",  # en
}


# %%
def matches(pattern, texts, n=100):
    """Os grupos do padrão nos primeiros n textos em que ele cabe."""  # pt
    """The pattern's groups in the first n texts that it fits."""  # en
    return list(islice((found.groups() for text in texts if (found := re.fullmatch(pattern, text))), n))


exams = {series: {task: matches(pattern, texts[series]) for task, pattern in TASKS.items()} for series in texts}
THREE = list(TASKS)[-1]
print(*exams[NEW][THREE][0], sep=" → ")

# %% [markdown] pt
# Uma nota sem margem de erro diz pouco. E a margem usual, √(p(1−p)/n), seria **zero** para 100 acertos em 100, como se
# não houvesse mais dúvida. O intervalo de Wilson não tem esse defeito:

# %% [markdown] en
# A mark without a margin of error says little. And the usual margin, √(p(1−p)/n), would be **zero** for 100 right out
# of 100, as if no doubt were left. Wilson's interval does not have that fault:


# %%
def interval(right, n, z=1.96):
    """A proporção de acertos e o intervalo de 95% dela (Wilson)."""  # pt
    """The share that is right, and its 95% interval (Wilson)."""  # en
    p, z2 = right / n, z * z / n
    half = z * (p * (1 - p) / n + z2 / (4 * n)) ** 0.5
    return p, (p + z2 / 2 - half) / (1 + z2), (p + z2 / 2 + half) / (1 + z2)


print(*(local(f"{share:.1%}", LANG) for share in interval(100, 100)))


# %%
def mark(cases):
    prompts, answers = zip(*cases)
    return interval(sum(said == answer for said, answer in zip(write(prompts), answers)), len(cases))


marks = {series: {task: mark(cases) for task, cases in exam.items() if cases} for series, exam in exams.items()}
print(" " * 21 + "".join(f"{series:>18s}" for series in marks))
for task in TASKS:
    print(f"{task:21s}" + "".join(f"{by_task[task][0]:18.0%}" for by_task in marks.values() if task in by_task))

# %% [markdown] pt
# (Nas histórias de três objetos a cidade não reserva pares: ali há uma coluna só.) Vamos comparar com um chute: um nome
# qualquer entre os da história.

# %% [markdown] en
# (The town holds out no pairs in its stories with three things: they have one column only.) Let us compare with a
# guess: any of the names in the story.

# %%
names = {person.forms[""] for person in PEOPLE}
chance = {}
for task in (task for task in TASKS if "?" in task):
    n_names = [len(names & {*prompt.split()}) for prompt, _ in exams[NEW][task]]
    chance[task] = sum(1 / n for n in n_names) / len(n_names)
figures.accuracy_figure(marks, chance, LANG)

# %% [markdown] pt
# Entre documentos novos e pares reservados, a diferença cabe na margem: o `mini` não precisa ter visto o par. Mas o
# gráfico mostra dois mundos. Em cima, tudo certo. Embaixo, com dois objetos, cerca de metade; com três, o mesmo que um
# chute. Uma média só, de todas as perguntas, teria escondido isso.
#
# As perguntas não são ambíguas: em todas elas, a verdade dá à resposta certa pelo menos a probabilidade

# %% [markdown] en
# Between new documents and held-out pairs the difference is within the margin: `mini` does not need to have seen the
# pair. But the chart shows two worlds. Above, all is right. Below, with two things, about half; with three, no more
# than a guess. A single mean over all questions would have hidden that.
#
# The questions are not ambiguous: in all of them, the truth gives the right answer at least the probability

# %%
sure = [town.next_token_probs(town.tokenizer.encode(prompt))[town.tokenizer.ids[answer.split()[0]]]
        for task in chance for prompt, answer in exams[NEW][task]]
print(local(f"{min(sure):.6f}", LANG))

# %% [markdown] pt
# ## 3 · O que ele lê do prompt?
#
# Um controle: 100 histórias de presente, cada uma com seis finais. **Antes de rodar:** sem a pergunta, ele ainda diz
# quem recebeu? E se a pergunta vier na outra língua, ou sobre um tambor que não está na história?

# %% [markdown] en
# ## 3 · What does it read in the prompt?
#
# A control: 100 stories of a gift, each with six endings. **Before you run this:** without the question, does it still
# name the receiver? And if the question is in the other language, or about a drum that is not in the story?

# %%
GIFT = r"((\S+) compra .* dá (.*) para (\S+) \.) pergunta .*"  # pt
ENDINGS = ["pergunta : quem tem {} ? resposta :", "pergunta : quem deu {} ? resposta :", "resposta :", "",  # pt
           "question : who has {} ? answer :", "pergunta : quem tem o tambor ? resposta :"]  # pt
GIFT = r"((\S+) buys .* gives (.*) to (\S+) \.) question .*"  # en
ENDINGS = ["question : who has {} ? answer :", "question : who gave {} ? answer :", "answer :", "",  # en
           "pergunta : quem tem {} ? resposta :", "question : who has the drum ? answer :"]  # en
gifts = matches(GIFT, [text for text in texts[NEW] if "tambor" not in text and "drum" not in text])

# %%
print(f"{'':42s}{'recebeu':>9s}{'deu':>6s}{'outra coisa':>13s}")  # pt
print(f"{'':42s}{'receiver':>9s}{'giver':>6s}{'another':>13s}")  # en
for ending in ENDINGS:
    answers = write([f"{gift} {ending.format(thing)}".strip() for gift, _, thing, _ in gifts])
    n = Counter()
    for answer, (_, giver, _, receiver) in zip(answers, gifts):
        n[{f"{receiver} .": "receiver", f"{giver} .": "giver"}.get(answer, "else")] += 1
    print(f"{ending or '—':42s}{n['receiver']:9d}{n['giver']:6d}{n['else']:13d}")

# %% [markdown] pt
# O texto da tarefa decide: trocar “tem” por “deu” troca a resposta, e sem a pergunta ela se perde. Funciona até com a
# pergunta na outra língua, mistura que a cidade nunca escreve. Mas a última linha é um alerta: ali ninguém tem um
# tambor, e ele responde do mesmo jeito. O `mini` parece ler o **tipo** da pergunta e o **papel** de cada nome na
# história, mas não o objeto.
#
# Com um objeto só, ninguém percebe. Com dois, sim:

# %% [markdown] en
# The text of the task decides: “has” or “gave” changes the answer, and without the question it is lost. It works even
# with the question in the other language, a mixture that the town never writes. But the last line is a warning: nobody
# there has a drum, and it answers all the same. `mini` seems to read the **kind** of question and the **part** that
# each name plays in the story, but not the thing.
#
# With only one thing, nobody notices. With two, one does:

# %%
day = "bruno está no mercado e sara está no parque . bruno acha um espelho e sara compra uma cadeira . bruno dá o espelho para ana ."  # pt
endings = ["pergunta : quem tem o espelho ? resposta :", "pergunta : quem tem a cadeira ? resposta :", "em resumo :"]  # pt
day = "bruno is at the market and sara is in the park . bruno finds a mirror and sara buys a chair . bruno gives the mirror to ana ."  # en
endings = ["question : who has the mirror ? answer :", "question : who has the chair ? answer :", "tl;dr"]  # en
for ending, said in zip(endings, write([f"{day} {ending}" for ending in endings])):
    print(ending, "→", said)

# %% [markdown] pt
# O resumo acerta os **dois** donos; as perguntas recebem a mesma resposta. O que um modelo parece saber depende de como
# se pergunta. Em quantas histórias ele dá uma resposta só, seja qual for o objeto da pergunta?

# %% [markdown] en
# The summary has **both** owners right; the questions get one and the same answer. What a model seems to know depends
# on how it is asked. In how many stories does it give one answer only, whichever thing is asked about?

# %%
the = {thing.forms["um"]: thing.forms["o"] for thing in THINGS}  # "um mapa" → "o mapa"  # pt
ask = "{} pergunta : quem tem {} ? resposta :"  # pt
STORIES = [r"(\S+ está .* acha (.*) e \S+ compra (.*) \. \S+ dá .* para \S+ \.) (?:pergunta|em) .*",  # pt
           r"(\S+ tem (.*) , \S+ tem (.*) e \S+ tem (.*) \.) pergunta .*"]  # pt
the = {thing.forms["a"]: thing.forms["the"] for thing in THINGS}  # "a map" → "the map"  # en
ask = "{} question : who has {} ? answer :"  # en
STORIES = [r"(\S+ is .* finds (.*) and \S+ buys (.*) \. \S+ gives .* to \S+ \.) (?:question|tl;dr) .*",  # en
           r"(\S+ has (.*) , \S+ has (.*) and \S+ has (.*) \.) question .*"]  # en
for n, pattern in zip([2, 3], STORIES):
    stories = matches(pattern, texts[NEW])
    answers = [write([ask.format(told, the[things[i]]) for told, *things in stories]) for i in range(n)]
    print(f"{sum(len({*said}) == 1 for said in zip(*answers))} / {len(stories)}")

# %% [markdown] pt
# Em todas, ou quase. Com dois objetos, uma resposta só acerta no máximo uma das duas perguntas: daí a metade. E a nota
# máxima com um objeto vem de um **atalho**: naquelas histórias basta saber quem recebe, e o tambor mostrou que o objeto
# não pesa. Provas de verdade também podem ter atalhos; procure-os como aqui, trocando uma palavra do prompt.
#
# Seria culpa de *gerar*? Provas de múltipla escolha não geram: comparam a probabilidade de cada candidato. Entre os
# três nomes da história, o mais provável é o dono em

# %% [markdown] en
# In all of them, or nearly so. With two things, a single answer gets at most one of the two questions right: hence the
# half. And the full mark with one thing comes from a **shortcut**: in those stories it is enough to know who receives,
# and the drum has shown that the thing does not count. Real tests can have shortcuts, too; look for them as here, by
# swapping one word of the prompt.
#
# Is *generating* to blame? Multiple-choice tests do not generate: they compare the probability of each candidate. Among
# the story's three names, the most likely one is the owner in

# %%
right = 0
for prompt, answer in exams[NEW][THREE]:
    logits = mini(torch.tensor([[end, *town.tokenizer.encode(prompt)]]))[0, -1]
    candidates = sorted(names & {*prompt.split()})
    right += max(candidates, key=lambda name: logits[town.tokenizer.ids[name]]) == answer.split()[0]
print(f"{right} / {len(exams[NEW][THREE])}")

# %% [markdown] pt
# Gerar não tem culpa. Modelos minúsculos mostram os **mecanismos** do GPT-2, não as capacidades dele: aqui se vê que a
# tarefa pode ser texto; se o GPT-2 acha ou não o dono certo, o `mini` não diz.
#
# ### Exercício 2 · log p da resposta
#
# Quando a resposta tem vários tokens, compara-se log p(resposta | prompt). `ids` (T,) traz o prompt, de `n_prompt`
# tokens, seguido da resposta; `logits` (T, V) são do modelo. Retorne esse logaritmo, em nats.

# %% [markdown] en
# Generating is not to blame. Tiny models show GPT-2's **mechanisms**, not its abilities: here we see that the task can
# be text; whether GPT-2 finds the right owner, `mini` cannot tell.
#
# ### Exercise 2 · log p of an answer
#
# When the answer has several tokens, what is compared is log p(answer | prompt). `ids` (T,) holds the prompt, of
# `n_prompt` tokens, followed by the answer; `logits` (T, V) are the model's. Return that logarithm, in nats.


# %%
def answer_log_prob(logits, ids, n_prompt):
    return ...


check("answer_log_prob", answer_log_prob, LANG)

# %% [markdown] pt
# ## 4 · A tabela do artigo
#
# | | o que se prevê |
# |---|---|
# | LAMBADA | a última palavra de um trecho, que só se adivinha lendo o trecho todo |
# | CBT-CN, CBT-NE | a palavra que falta num livro infantil, entre dez: um substantivo comum, um nome próprio |
# | WikiText2, WikiText103; PTB | cada palavra de artigos da Wikipédia; do *Wall Street Journal* |
# | enwik8; text8 | cada byte; cada caractere da Wikipédia |
# | 1BW | cada palavra de notícias, com as frases fora de ordem |
#
# A tabela 3 põe os quatro tamanhos do GPT-2 contra o estado da arte até então (*SOTA*: o melhor resultado publicado).
# Ponto cheio: à frente dele. **Antes de olhar:** quanto maior o modelo, melhor em tudo?

# %% [markdown] en
# ## 4 · The paper's table
#
# | | what is predicted |
# |---|---|
# | LAMBADA | the last word of a passage, which one can guess only after reading all of it |
# | CBT-CN, CBT-NE | the word missing from a children's book, out of ten: a common noun, a named entity |
# | WikiText2, WikiText103; PTB | each word of Wikipedia articles; of the *Wall Street Journal* |
# | enwik8; text8 | each byte; each character of Wikipedia |
# | 1BW | each word of news, with the sentences out of order |
#
# Table 3 sets GPT-2's four sizes against the state of the art until then (*SOTA*: the best published result). A full
# point is ahead of it. **Before you look:** the larger the model, the better at everything?

# %%
figures.results_figure(LANG)

# %% [markdown] pt
# Dez painéis, mas “7 de 8”, a conta do maior modelo, é de **conjuntos de dados**: LAMBADA e CBT ocupam dois painéis
# cada. Em quantas colunas, e em quantos conjuntos por inteiro, cada tamanho supera o estado da arte? E onde não supera?

# %% [markdown] en
# Ten panels, but “7 of 8”, the largest model's count, is of **data sets**: LAMBADA and CBT fill two panels each. In how
# many columns, and in how many whole data sets, is each size ahead of the state of the art? And where is it not?

# %%
rows, columns = FACTS["zero_shot"]["rows"], FACTS["zero_shot"]["columns"]


def is_better(column, one, other):
    return one > other if column["better"] == "higher" else one < other


n_sets = len({column["data_set"].split("-")[0] for column in columns})  # CBT-CN, CBT-NE: CBT
for size in FACTS["sizes"]["rows"]:
    scores = rows[size["paper"]]
    behind = [c for c in columns if not is_better(c, scores[c["key"]], rows["SOTA"][c["key"]])]
    lost = sorted({column["data_set"].split("-")[0] for column in behind})
    print(f"{size['paper']:>6s}: {len(columns) - len(behind)} / {len(columns)}, {n_sets - len(lost)} / {n_sets}", *lost)

# %% [markdown] pt
# O maior modelo só perde no 1BW. O artigo supõe duas causas: as frases fora de ordem, sem contexto longo, e o tamanho
# do próprio conjunto. E “quanto maior, melhor em tudo”? Quase:

# %% [markdown] en
# The largest model loses only on 1BW. The paper suspects two causes: the shuffled sentences, without long context, and
# the size of the data set itself. And “the larger, the better at everything”? Almost:

# %%
for column in columns:
    scores = [rows[size["paper"]][column["key"]] for size in FACTS["sizes"]["rows"]]
    for smaller, larger in pairwise(scores):
        if not is_better(column, larger, smaller):
            print(column["data_set"], local(f"{smaller} → {larger}", LANG))

# %% [markdown] pt
# Um número sem protocolo engana. A acurácia no LAMBADA usa um filtro de palavras muito comuns (*stop words*); sem ele,
# fica **abaixo** do estado da arte:

# %% [markdown] en
# A number without its protocol misleads. The accuracy on LAMBADA uses a filter for very common words (*stop words*);
# without it, it is **below** the state of the art:

# %%
protocol = FACTS["zero_shot_protocol"]
without = protocol["lambada_accuracy_without_stop_words_filter"]["1542M"]
print(local(f"{rows['1542M']['lambada_accuracy']} → {without} < {rows['SOTA']['lambada_accuracy']}", LANG))

# %% [markdown] pt
# Mais três. O CBT foi medido na parte de validação, não na de teste. As perplexidades contam com “destokenizadores”,
# que desfazem as marcas com que aqueles textos foram publicados. E parte dos textos de teste estava no WebText (dos
# 8-gramas deles, em média):

# %% [markdown] en
# Three more. CBT was measured on its validation part, not on the test part. The perplexities rely on “de-tokenizers”,
# which undo the marks with which those texts were published. And part of the test texts was in WebText (of their
# 8-grams, on average):

# %%
low, high = protocol["detokenizers_gain_perplexity"]
print("CBT:", protocol["cbt_split"])
shared = local(f"{FACTS['webtext']['shared_8_grams_percent']}%", LANG)
print(f"destokenizadores: {local(str(low), LANG)} a {high} pontos de perplexidade; em comum com o WebText: {shared}")  # pt
print(f"de-tokenizers: {low} to {high} points of perplexity; in common with WebText: {shared}")  # en

# %% [markdown] pt
# E outras tarefas, pelo maior modelo (os nomes são os do artigo). F1 conta as palavras em comum com a resposta certa;
# ROUGE e BLEU, os n-gramas em comum com um resumo ou uma tradução de referência; *exact match* você já conhece. Onde há
# uma comparação ao lado, o GPT-2 ficou longe dela:

# %% [markdown] en
# And other tasks, by the largest model. F1 counts the words in common with the right answer; ROUGE and BLEU, the
# n-grams in common with a reference summary or translation; exact match you know. Where there is a comparison beside
# it, GPT-2 is far from it:

# %%
for task in FACTS["other_tasks"]["rows"]:
    beside = f"   {task['reference_name']}: {local(str(task['reference']), LANG)}" if "reference" in task else ""
    print(f"{task['task']:43s}{task['metric']:15s}{local(str(task['value']), LANG):>6s}{beside}")

# %% [markdown] pt
# Lead-3 só copia as três primeiras frases da notícia, e vence o resumo do GPT-2. Em Natural Questions, o maior acerta
# várias vezes mais que o menor, e ainda assim pouco; no 1% de respostas em que tem mais confiança, acerta a maioria. O
# artigo mostra que pedir por escrito **pode funcionar**, não que sempre funcione bem.

# %% [markdown] en
# Lead-3 just copies the first three sentences of the news, and beats GPT-2's summary. On Natural Questions the largest
# is right several times as often as the smallest, and still seldom; on the 1% of answers where it is most confident, it
# is mostly right. The paper shows that asking in writing **can work**, not that it always works well.

# %% [markdown] pt
# ## 5 · Um viés de tamanho conhecido
#
# A cidade tem um viés plantado. O nome da profissão não diz o gênero de ninguém; o pronome, depois do ponto, é o do
# clichê com esta probabilidade:

# %% [markdown] en
# ## 5 · A bias of known size
#
# The town has a planted bias. The name of the job does not tell anyone's gender; the pronoun after the full stop is the
# cliché's with this probability:

# %%
print(f"{BIAS:.0%}")
opening = "alguém trabalha como motorista ."  # pt
opening = "someone works as a driver ."  # en
prefix = town.tokenizer.encode(opening)
guess = mini(torch.tensor([[end, *prefix]]))[0, -1].softmax(-1).detach()
figures.next_token_figure(words, guess, town.next_token_probs(prefix), LANG)

# %% [markdown] pt
# ### Exercício 3 · a proporção de “ele”
#
# Além dos dois pronomes, o modelo dá um pouco de probabilidade a outros tokens. Considerando só os dois, `p_he` e
# `p_she`, que proporção cabe a “ele”? Retorne um número de 0 a 1.

# %% [markdown] en
# ### Exercise 3 · the share of “he”
#
# Besides the two pronouns, the model gives a little probability to other tokens. Of just the two, `p_he` and `p_she`,
# what share belongs to “he”? Return a number from 0 to 1.


# %%
def share_of_he(p_he, p_she):
    return ...


check("share", share_of_he, LANG)

# %% [markdown] pt
# **Antes de rodar:** o modelo terá menos viés que os dados, o mesmo ou mais? Medimos todas as profissões, nas duas
# línguas, de dois modos: pelas probabilidades e, como faz quem não tem acesso a elas, contando 400 sorteios.

# %% [markdown] en
# **Before you run this:** will the model have less bias than the data, the same, or more? We measure all jobs, in both
# languages, in two ways: by the probabilities and, like someone without access to them, by counting 400 draws.

# %%
FRAMES = {"pt": ("alguém trabalha como {} .", "ele", "ela"), "en": ("someone works as {} .", "he", "she")}
dice = torch.Generator().manual_seed(0)


def bias(job, language):
    """p(ele) entre ele e ela: a verdade, a do mini e a contada em uma amostra."""  # pt
    """p(he) among he and she: the truth, mini's, and as counted in a sample."""  # en
    frame, *pronouns = FRAMES[language]
    he, she = (town.tokenizer.ids[word] for word in pronouns)
    prefix = [end, *town.tokenizer.encode(frame.format(job))]
    truth, p = town.next_token_probs(prefix), mini(torch.tensor([prefix]))[0, -1].softmax(-1).detach()
    drawn = sampling.pick(p.expand(400, -1), dice).tolist()
    sample = interval(drawn.count(he), drawn.count(he) + drawn.count(she))
    return truth[he] / (truth[he] + truth[she]), (p[he] / (p[he] + p[she])).item(), sample


# %%
jobs = [job for job in JOBS if job.weight == BIAS]  # cada profissão, uma vez  # pt
jobs = [job for job in JOBS if job.weight == BIAS]  # each job, once  # en
measured = {language: {job.forms[language]: bias(job.forms[language], language) for job in jobs} for language in FRAMES}
figures.bias_figure(measured, LANG)

# %%
results = [result for by_job in measured.values() for result in by_job.values()]
error = max(abs(model - truth) for truth, model, _ in results)
inside = sum(low <= truth <= high for truth, _, (_, low, high) in results)
print(f"maior erro, por probabilidade: {local(f'{error:.2f}', LANG)}")  # pt
print(f"intervalos de 95% que contêm a verdade: {inside} de {len(results)}")  # pt
print(f"largest error, by probability: {error:.2f}")  # en
print(f"95% intervals that hold the truth: {inside} of {len(results)}")  # en

# %% [markdown] pt
# (De vinte intervalos de 95%, um falha, em média.) Nestas frases, o modelo aprendeu o viés do tamanho que ele tem nos
# dados. Para a perda, é um fato da língua como qualquer outro: errar o viés custaria bits.
#
# Só podemos dizer “do tamanho que tem” porque aqui a verdade é conhecida. No texto da web, ninguém a conhece: mede-se o
# que o modelo faz e discute-se com que compará-lo. E os dados dizem **quantas vezes** algo foi escrito; não dizem se o
# mundo é assim ou se quem escreve é assim, e menos ainda como deveria ser.
#
# ## 6 · Quem gera pode aumentar o viés
#
# **Antes de rodar:** com temperatura 0,5, quanto viram os 80%? E escolhendo sempre o mais provável (t = 0)? À esquerda,
# a conta exata para o viés plantado; à direita, o `mini`, na média das oito profissões.

# %% [markdown] en
# (Of twenty 95% intervals, one misses on average.) In these sentences the model has learned the bias at the size it has
# in the data. To the loss it is a fact of the language like any other: getting the bias wrong would cost bits.
#
# We can say “at the size it has” only because the truth is known here. For the web's text nobody knows it: one measures
# what the model does, and argues about what to compare it with. And data tell **how often** something was written; they
# do not tell whether the world is like that or those who write are, and still less how it should be.
#
# ## 6 · Generating can increase the bias
#
# **Before you run this:** at a temperature of 0.5, what becomes of 80%? And always taking the most likely (t = 0)? On
# the left, the exact result for the planted bias; on the right, `mini`, averaged over the eight jobs.

# %%
planted = torch.tensor([BIAS, 1 - BIAS])
cliche = torch.tensor([max(model, 1 - model) for _, model, _ in measured[LANG].values()])  # (8,)
of_mini = torch.stack([cliche, 1 - cliche], dim=-1)  # (8, 2)
assert_close(sampling.next_token_probs(planted.log(), temperature=0.5)[0].item(), 0.64 / (0.64 + 0.04))
knobs = {f"t = {t}": {"temperature": t} for t in (2.0, 1.0, 0.7, 0.5, 0.0)} | {"top-p = 0.75": {"top_p": 0.75}}
for name, knob in knobs.items():
    exact, mean = (sampling.next_token_probs(p.log(), **knob)[..., 0].mean() for p in (planted, of_mini))
    print(f"{local(name, LANG):13s}{exact:6.0%}{mean:6.0%}")

# %% [markdown] pt
# O modelo tem o viés dos dados; a **decodificação** o muda. Abaixo de 1, a temperatura o aumenta; acima, diminui. Com o
# mais provável sempre (o limite de p^(1/t), renormalizado, quando t → 0), ou com um top-p que a maioria já preenche,
# 80% viram 100%: quem é motorista é sempre “ele”. O que parece um ajuste de qualidade não é neutro.
#
# ### Exercício 4 · o viés e a temperatura
#
# `share` é a proporção de um dos dois pronomes com temperatura 1. Retorne a proporção dele com temperatura `t` > 0.

# %% [markdown] en
# The model has the data's bias; **decoding** changes it. Below 1 the temperature increases it, above 1 it reduces it.
# Always taking the most likely (the limit of p^(1/t), renormalised, as t → 0), or with a top-p that the majority
# already fills, 80% becomes 100%: every driver is a “he”. What looks like a quality setting is not neutral.
#
# ### Exercise 4 · bias and temperature
#
# `share` is the share of one of the two pronouns at temperature 1. Return its share at temperature `t` > 0.


# %%
def at_temperature(share, t):
    return ...


check("sharpened", at_temperature, LANG)

# %% [markdown] pt
# Mexa na temperatura e no top-p: em que ponto “ele” desaparece depois de “diarista”? Troque a profissão; sorteie e
# continue.

# %% [markdown] en
# Change the temperature and top-p: at which point does “he” vanish after “cleaner”? Change the job; draw and continue.

# %%
from mini_gpt.lesson.widgets import NextToken

opening = "alguém trabalha como diarista ."  # pt
opening = "someone works as a cleaner ."  # en
NextToken(mini, town, prefix=opening, lang=LANG)

# %% [markdown] pt
# ## 7 · O que um aviso deve dizer
#
# “Pode conter vieses” não ajuda ninguém. Um aviso útil diz o que foi medido, em que frases, de que tamanho e com que
# margem; com qual decodificação; o que **não** foi medido; e para quais usos isso importa. O do `mini`, com os números
# desta lição:

# %% [markdown] en
# ## 7 · What a disclaimer should say
#
# “May contain biases” helps nobody. A useful disclaimer says what was measured, in which sentences, of what size and
# with what margin; with which decoding; what was **not** measured; and for which uses it matters. Here is `mini`'s,
# with this lesson's numbers:

# %%
cold = sampling.next_token_probs(planted.log(), temperature=0.5)[0]
print(f"Pronome depois de {len(jobs)} profissões, uma frase-molde em cada língua: {BIAS:.0%} para o clichê, como nos dados")  # pt
print(f"(erro de até {100 * error:.0f} pontos). Com temperatura 0,5: {cold:.0%}. Com o mais provável sempre: 100%.")  # pt
print("Outras frases, nomes e temas: não medidos.")  # pt
print(f"Não use para perguntas com três objetos: {marks[NEW][THREE][0]:.0%} certas; um chute, {chance[THREE]:.0%}.")  # pt
print(f"Pronoun after {len(jobs)} jobs, one sentence frame in each language: {BIAS:.0%} for the cliché, as in the data")  # en
print(f"(off by up to {100 * error:.0f} points). At temperature 0.5: {cold:.0%}. Taking the most likely always: 100%.")  # en
print("Other sentences, names and subjects: not measured.")  # en
print(f"Not for questions with three things: {marks[NEW][THREE][0]:.0%} right; a guess, {chance[THREE]:.0%}.")  # en

# %% [markdown] pt
# ## O que fica
#
# - A tarefa pode ser escrita no texto; zero-shot quer dizer nenhum passo de gradiente para a tarefa.
# - Uma nota precisa de casos novos, de casos reservados, de margem e de controles: a nota máxima pode vir de um atalho.
# - “7 de 8” conta conjuntos, e só no maior modelo; nem tudo melhora com o tamanho; todo número tem um protocolo.
# - O `mini` aprendeu o viés dos dados, do mesmo tamanho; a decodificação pode aumentá-lo.
#
# [Agora vá para 10 Do mini ao GPT-2](10_from_mini_to_gpt2.ipynb)

# %% [markdown] en
# ## What stays
#
# - The task can be written in the text; zero-shot means no gradient step for the task.
# - A mark needs new cases, held-out cases, a margin and controls: a full mark may come from a shortcut.
# - “7 of 8” counts data sets, and only for the largest model; not everything improves with size; every number has a
#   protocol.
# - `mini` learned the data's bias, at the same size; decoding can increase it.
#
# [Now go on to 10 From mini to GPT-2](10_from_mini_to_gpt2.ipynb)
