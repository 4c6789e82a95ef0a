# %% [markdown] pt
# # 09 · Zero-shot e viés
#
# **Ao final, você** terá feito um modelo responder, resumir e traduzir sem treiná-lo para isso; saberá dar a ele uma nota
# honesta e achar o que ela esconde; lerá a tabela do artigo sem cair nas armadilhas dela; e terá medido um viés de tamanho
# conhecido.
#
# Slides: contribuição, resultados, o aviso sobre o viés · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 09 · Zero-shot and bias
#
# **By the end, you** will have made a model answer, summarise and translate without training it to; be able to give it an honest
# mark and find what the mark hides; read the paper's table without falling into its traps; and have measured a bias of known size.
#
# Slides: contribution, results, the note of caution on bias · {minutes} · **[glossary](glossary.ipynb)**

# %%
import torch

import mini_gpt
from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.exams import exam, interval, write
from mini_gpt.lesson.town import PEOPLE, Town
from mini_gpt.lesson.words import local

LANG = "pt"  # pt
LANG = "en"  # en
mini, town = mini_gpt.load("mini"), Town()
tokenizer, end = town.tokenizer, town.tokenizer.end_of_text

# %% [markdown] pt
# ## 1 · A tarefa é texto
#
# Um tradutor aprende p(saída | entrada). Um sistema geral precisa saber também o que se quer dele: p(saída | entrada,
# **tarefa**). No GPT-2, a tarefa vai escrita no **prompt**, o texto dado ao modelo, e ele só faz o que aprendeu: **continuar
# textos**. Daí o título do artigo, *Language Models are Unsupervised Multitask Learners*: *unsupervised* (não
# supervisionado), porque ninguém escreveu respostas para ele aprender; *multitask* (multitarefa), porque um só modelo faz
# muitas tarefas.
#
# O `mini` só aprendeu a prever o próximo token da cidade. Uma pergunta, e sempre o token mais provável:

# %% [markdown] en
# ## 1 · The task is text
#
# A translator learns p(output | input). A general system must also know what is wanted of it: p(output | input, **task**).
# With GPT-2, the task is written in the **prompt**, the text given to the model, which does what it has learned to do:
# **continue texts**. Hence the paper's title, *Language Models are Unsupervised Multitask Learners*: *unsupervised*, because
# nobody wrote answers for it to learn from; *multitask*, because one model does many tasks.
#
# `mini` has only learned to predict the next token of the town. A question, and always the most likely token:

# %%
story = "leo compra um mapa na praça . ele dá o mapa para sara ."  # pt
prompt = f"{story} pergunta : quem tem o mapa ? resposta :"  # pt
story = "leo buys a map in the square . he gives the map to sara ."  # en
prompt = f"{story} question : who has the map ? answer :"  # en
ids = torch.tensor([[end, *tokenizer.encode(prompt)]])
written = mini_gpt.generate(mini, ids, 20, temperature=0, stop=end)
print(tokenizer.decode(written[0, ids.size(1) :]))

# %% [markdown] pt
# `write` faz isso com vários prompts e dá também a probabilidade do que escreveu: o produto das probabilidades dos tokens
# (lição 01). **Antes de rodar:** a mesma história com outros dois finais, e o começo de uma tradução. O que o `mini`
# escreve?

# %% [markdown] en
# `write` does this with several prompts and also gives the probability of what it wrote: the product of its tokens'
# probabilities (lesson 01). **Before you run this:** the same story with two other endings, and the opening of a
# translation. What does `mini` write?


# %%
def show(prompts):
    for prompt, said in zip(prompts, write(mini, prompts)):
        print(f"{prompt}\n    → {said.text}", local(f"({said.p:.2%})", LANG))


translate = "em português : o chapéu está vermelho . em inglês :"  # pt
show([f"{story} pergunta : quem deu o mapa ? resposta :", f"{story} em resumo :", translate])  # pt
translate = "in english : the hat is red . in portuguese :"  # en
show([f"{story} question : who gave the map ? answer :", f"{story} tl;dr", translate])  # en

# %% [markdown] pt
# Quatro tarefas, os mesmos pesos, e nenhum passo de gradiente para elas, ou seja, sem **ajuste fino** (*fine-tuning*): isso é **zero-shot**. O `mini` consegue porque a cidade
# escreve perguntas, resumos e traduções; o GPT-2, segundo o artigo, porque a web também os escreve.
#
# O artigo pediu assim:
#
# | tarefa | prompt | o que vale como resposta |
# |---|---|---|
# | tradução | pares `frase em inglês = frase em francês`, e no fim `frase em inglês =` | sempre o token mais provável (decodificação gulosa, *greedy*); a primeira frase |
# | resumo | a notícia, e no fim `TL;DR:` (*too long; didn't read*, “muito longo, não li”) | 100 tokens, por top-k com k = 2; as três primeiras frases |
# | conversa (CoQA) | o documento, a conversa até ali, e `A:` | o que vem depois |
# | perguntas (Natural Questions) | pares de pergunta e resposta, e a pergunta | o que vem depois |
#
# Portanto zero-shot, ali, não quer dizer “sem exemplos no texto”: os pares servem para que o modelo perceba a tarefa.
# `TL;DR:` não traz exemplo nenhum, e o `mini` tem o mesmo prompt: `em resumo :`. A tradução que ele conhece é a de cima.
# **Antes de rodar:** com um par na frente, como no artigo, ele traduz melhor?

# %% [markdown] en
# Four tasks, the same weights, and not one gradient step for them, that is, no **fine-tuning**: this is **zero-shot**. `mini` can do it because the town writes
# questions, summaries and translations; GPT-2, says the paper, because the web writes them, too.
#
# This is how the paper asked:
#
# | task | prompt | what counts as the answer |
# |---|---|---|
# | translation | pairs `english sentence = french sentence`, then `english sentence =` | always the most likely token (greedy decoding); the first sentence |
# | summary | the news article, then `TL;DR:` (*too long; didn't read*) | 100 tokens, by top-k with k = 2; the first three sentences |
# | conversation (CoQA) | the document, the conversation so far, then `A:` | what follows |
# | questions (Natural Questions) | pairs of question and answer, then the question | what follows |
#
# So zero-shot does not mean “no examples in the text” there: the pairs tell the model what the task is. `TL;DR:` comes
# with no example, and `mini` has the same prompt: `tl;dr`. The translation that it knows is the one above. **Before you
# run this:** with a pair in front, as in the paper, does it translate better?

# %%
pair = "em português : o mapa está velho . em inglês : the map is old ."  # pt
pair = "in english : the map is old . in portuguese : o mapa está velho ."  # en
show([translate, f"{pair} {translate}"])

# %% [markdown] pt
# Pior: nenhum documento da cidade traz duas traduções, e o `mini` não sabe continuar o que nunca leu. Um exemplo no
# prompt só pode ajudar quem já leu textos com exemplos.
#
# ## 2 · Uma nota honesta
#
# Alguns exemplos bonitos não provam nada. Precisamos de muitos casos, novos, e de uma regra: a **correspondência exata** (*exact
# match*), a resposta inteira igual à esperada, tudo ou nada.
#
# ### Exercício 1 · correspondência exata
#
# `written` e `wanted` são listas de textos do mesmo tamanho: as respostas dadas e as esperadas, caso a caso. Retorne a fração dos
# casos, de 0 a 1, em que as duas são iguais.

# %% [markdown] en
# Worse: no document of the town holds two translations, and `mini` cannot continue what it has never read. An example in the
# prompt can help only a model that has read texts with examples.
#
# ## 2 · An honest mark
#
# A few pretty examples prove nothing. We need many cases, new ones, and a rule: **exact match**, the whole answer equal to
# the expected one, all or nothing.
#
# ### Exercise 1 · exact match
#
# `written` and `wanted` are lists of texts, of equal length: the answers given and those expected, case by case. Return
# the share of the cases, from 0 to 1, in which the two are equal.


# %%
def exact_match(written, wanted):
    return ...


check("exact_match", exact_match, LANG)

# %% [markdown] pt
# `exam` sorteia documentos da cidade e os corta onde a resposta começa: 100 casos de cada tarefa. São duas provas. Na primeira, os
# documentos são **novos**, mas o treino, que leu muitos, pode ter lido alguns iguais. Na segunda, só há pares de pessoa e objeto
# **reservados**, que nenhum documento de treino do mesmo tipo juntou: ter decorado não ajuda.

# %% [markdown] en
# `exam` draws documents of the town and cuts them where the answer begins: 100 cases of each task. There are two exams.
# In the first, the documents are **new**, but training, which read so many, may have met some of them. The second has
# only **held-out** pairs of a person and a thing, which no training document of the kind puts together: learning by
# heart is no help.

# %%
NEW, HELD_OUT = "documentos novos", "pares reservados"  # pt
NEW, HELD_OUT = "new documents", "held-out pairs"  # en
exams = {NEW: exam(LANG), HELD_OUT: exam(LANG, held_out=True)}
*_, ONE, TWO, THREE = exams[NEW]  # as três últimas tarefas: quem tem?  # pt
*_, ONE, TWO, THREE = exams[NEW]  # the last three tasks: who has?  # en
print(*exams[NEW][TWO][0], sep=" → ")

# %% [markdown] pt
# Uma nota sem margem de erro diz pouco, e a margem usual, √(p(1−p)/n), seria **zero** para 100 acertos em 100. O intervalo de
# Wilson não tem esse defeito: a proporção de acertos e os dois extremos de um intervalo de 95% são:

# %% [markdown] en
# A mark without a margin of error says little, and the usual margin, √(p(1−p)/n), would be **zero** with all 100 cases
# right. Wilson's interval does not have that fault. The share that is right, and the two ends of a 95% interval:

# %%
print(*(local(f"{share:.1%}", LANG) for share in interval(100, 100)))

# %% [markdown] pt
# As perguntas são separadas pelo número de objetos da história. **Antes de rodar:** em qual linha o `mini` vai pior?

# %% [markdown] en
# Questions are kept apart by how many things their story has. **Before you run this:** on which line will `mini` do worst?


# %%
def mark(cases):
    said = write(mini, [case.prompt for case in cases])
    return interval(sum(one.text == case.answer for one, case in zip(said, cases)), len(cases))


marks = {series: {task: mark(cases) for task, cases in tasks.items()} for series, tasks in exams.items()}
for series, tasks in marks.items():
    print(series)
    for task, (share, low, high) in tasks.items():
        print(f"    {task:20s}{share:5.0%}   {low:.0%} – {high:.0%}")

# %% [markdown] pt
# (Para três objetos, a cidade não reserva pares.) E quanto acertaria um chute entre os nomes da história?

# %% [markdown] en
# (Of three things, the town holds out no pairs.) And how often would a random guess among the story's names be right?

# %%
names = {person.forms[""] for person in PEOPLE}
chance = {task: 1 / len(names & {*cases[0].prompt.split()}) for task, cases in exams[NEW].items() if "?" in task}
print({task: f"{p:.0%}" for task, p in chance.items()})
figures.accuracy_figure(marks, chance, LANG)

# %% [markdown] pt
# Entre documentos novos e pares reservados, a diferença cabe na margem: o `mini` não precisa ter visto o par. Mas há dois
# mundos. Em cima, tudo certo; com dois objetos, cerca de metade; com três, não mais que um chute. Uma média só teria
# escondido isso.
#
# ## 3 · O que ele lê do prompt?
#
# **Antes de rodar:** nas histórias sem tambor, perguntamos quem tem o tambor. Em quantas ele dá a mesma resposta de antes?

# %% [markdown] en
# Between new documents and held-out pairs the difference is within the margin: `mini` does not need to have seen the
# pair. But there are two worlds. In the upper lines, all is right; with two things, about half; with three, no more
# than a guess. A single mean would have hidden it.
#
# ## 3 · What does it read in the prompt?
#
# **Before you run this:** in the stories without a drum, we ask who has the drum. In how many does it give the same answer
# as before?

# %%
drum, question = "tambor", "pergunta : quem tem o tambor ? resposta :"  # pt
drum, question = "drum", "question : who has the drum ? answer :"  # en
for task in (ONE, TWO, THREE):
    prompts = [case.prompt for case in exams[NEW][task] if drum not in case.prompt]
    stories = [prompt.partition(" pergunta")[0] for prompt in prompts]  # pt
    stories = [prompt.partition(" question")[0] for prompt in prompts]  # en
    pairs = zip(write(mini, prompts), write(mini, [f"{story} {question}" for story in stories]))
    print(task, sum(asked.text == drummed.text for asked, drummed in pairs), "/", len(prompts))

# %% [markdown] pt
# Em todas, ou quase. O `mini` lê o **tipo** da pergunta e o **papel** de cada nome na história, mas não o objeto. Com um
# objeto só, ninguém percebe: a nota máxima vem de um **atalho**, saber quem recebeu. Com dois, percebe-se:

# %% [markdown] en
# In all of them, or nearly. `mini` reads the **kind** of question and the **part** that each name plays in the story, but not the
# thing. With only one thing, nobody notices: the full mark comes from a **shortcut**, knowing who received. With two, it shows:

# %%
day = "bruno está no mercado e sara está no parque . bruno acha um espelho e sara compra uma cadeira . bruno dá o espelho para ana ."  # pt
show([f"{day} pergunta : quem tem {thing} ? resposta :" for thing in ("o espelho", "a cadeira")] + [f"{day} em resumo :"])  # pt
day = "bruno is at the market and sara is in the park . bruno finds a mirror and sara buys a chair . bruno gives the mirror to ana ."  # en
show([f"{day} question : who has the {thing} ? answer :" for thing in ("mirror", "chair")] + [f"{day} tl;dr"])  # en

# %% [markdown] pt
# O resumo acerta os **dois** donos; as perguntas recebem a mesma resposta, quase com a mesma probabilidade. O que um modelo
# parece saber depende de como se pergunta. Provas de verdade também podem ter atalhos: procure-os assim, trocando uma
# palavra do prompt.
#
# E o GPT-2 acha o dono certo? O `mini` não diz: modelos minúsculos mostram os **mecanismos** do GPT-2, não as capacidades dele.
#
# ### Exercício 2 · log p da resposta
#
# Em provas de múltipla escolha, o modelo não gera: compara-se log p(resposta | prompt) de cada candidato. `ids` (T,) traz o
# prompt, de `n_prompt` tokens, seguido da resposta; `logits` (T, V) são do modelo. Retorne esse logaritmo, em nats.

# %% [markdown] en
# The summary has **both** owners right; the questions get the same answer, with nearly the same probability. What a model
# seems to know depends on how it is asked. Real tests can have shortcuts, too: look for them like this, by swapping one word
# of the prompt.
#
# And GPT-2, does it find the right owner? `mini` cannot tell: tiny models show GPT-2's **mechanisms**, not its abilities.
#
# ### Exercise 2 · log p of an answer
#
# In multiple-choice tests the model does not generate: the candidates are compared by log p(answer | prompt). `ids`
# (T,) holds the prompt, of `n_prompt` tokens, followed by the answer; `logits` (T, V) are the model's. Return that
# logarithm, in nats.


# %%
def answer_log_prob(logits, ids, n_prompt):
    return ...


check("answer_log_prob", answer_log_prob, LANG)

# %% [markdown] pt
# ## 4 · A tabela do artigo
#
# | | o que se pede | medida |
# |---|---|---|
# | LAMBADA | a última palavra de um trecho, que só adivinha quem leu tudo, e não só a última frase | perplexidade e acurácia |
# | CBT-CN, CBT-NE | *Children's Book Test*: 20 frases de um livro infantil e uma com lacuna; entre dez palavras, o substantivo comum (CN) ou o nome próprio (NE) que falta | acurácia |
# | WikiText2, WikiText103 | artigos da Wikipédia em inglês | perplexidade por palavra |
# | PTB | *Penn Treebank*: o *Wall Street Journal*, com `<unk>` no lugar de palavras raras | perplexidade por palavra |
# | enwik8, text8 | a Wikipédia crua, com a marcação; só as letras dela, e espaços | bits por byte; por caractere |
# | 1BW | *One Billion Word*: frases de notícias, fora de ordem | perplexidade por palavra |
#
# A tabela 3 põe os quatro tamanhos contra o *SOTA* (*state of the art*, o estado da arte: o melhor resultado publicado até então).
# Ponto cheio: à frente dele. **Antes de olhar:** quanto maior o modelo, melhor em tudo?

# %% [markdown] en
# ## 4 · The paper's table
#
# | | what is asked | measure |
# |---|---|---|
# | LAMBADA | the last word of a passage, guessed only by those who read all of it, not just the last sentence | perplexity and accuracy |
# | CBT-CN, CBT-NE | *Children's Book Test*: 20 sentences of a children's book and one with a gap; out of ten words, the missing common noun (CN) or named entity (NE) | accuracy |
# | WikiText2, WikiText103 | articles of English Wikipedia | perplexity per word |
# | PTB | *Penn Treebank*: the *Wall Street Journal*, with `<unk>` in place of rare words | perplexity per word |
# | enwik8, text8 | raw Wikipedia, markup and all; only its letters, and spaces | bits per byte; per character |
# | 1BW | *One Billion Word*: news sentences in shuffled order | perplexity per word |
#
# Table 3 sets the four sizes against the *SOTA* (state of the art: the best result published until then). A filled
# point is ahead of it. **Before you look:** the larger the model, the better at everything?

# %%
figures.results_figure(LANG)

# %% [markdown] pt
# Quantas das dez colunas cada tamanho vence, e em quais conjuntos perde? E em quais o maior não é o melhor dos quatro?

# %% [markdown] en
# How many of the ten columns does each size win, and on which data sets does it not? And on which is the largest not
# the best of the four?

# %%
rows, columns = FACTS["zero_shot"]["rows"], FACTS["zero_shot"]["columns"]
SIZES = [size["paper"] for size in FACTS["sizes"]["rows"]]


def best(column, names):
    choose = max if column["better"] == "higher" else min
    return choose(names, key=lambda name: rows[name][column["key"]])


for size in SIZES:
    lost = [column["data_set"] for column in columns if best(column, ["SOTA", size]) == "SOTA"]
    print(f"{size:>6s}: {len(columns) - len(lost):2d} / {len(columns)}", *lost)
print({column["data_set"]: best(column, SIZES) for column in columns if best(column, SIZES) != SIZES[-1]})

# %% [markdown] pt
# O “7 de 8” do artigo é a conta do maior modelo, e de **conjuntos de dados**: LAMBADA e CBT têm duas colunas cada. Ele só perde
# no 1BW; segundo o artigo, talvez pela ordem embaralhada, que tira o contexto longo, e pelo tamanho do próprio conjunto. E nem tudo
# melhora com o tamanho.
#
# Além disso, todo número tem um **protocolo**. O do LAMBADA tem um filtro: palavras muito comuns (*stop words*) não valem
# como palpite. O CBT foi medido na parte de validação. As perplexidades contam com “destokenizadores”, que desfazem a
# tokenização com que aqueles textos foram publicados. E parte dos textos de teste estava no WebText, o texto de treino. Quanto é
# cada coisa?

# %% [markdown] en
# The abstract's “7 of 8” is the largest model's count, and of **data sets**: LAMBADA and CBT have two columns each. It loses
# only on 1BW; the paper suspects the shuffled order, which leaves no long context, and the size of that data set. And not
# everything improves with size.
#
# Each number has a **protocol**. LAMBADA's has a filter: very common words (*stop words*) are not allowed as a guess.
# CBT was measured on its validation set. The perplexities rely on “de-tokenizers”, which undo those texts' odd spacing,
# such as “do n't”. And part of the test texts was in WebText, the training text. How large is each effect?

# %%
protocol = FACTS["zero_shot_protocol"]
without = protocol["lambada_accuracy_without_stop_words_filter"]["1542M"]
low, high = protocol["detokenizers_gain_perplexity"]
shared = FACTS["webtext"]["shared_8_grams_percent"]
print("LAMBADA, %:", local(f"{rows['1542M']['lambada_accuracy']} → {without} (SOTA: {rows['SOTA']['lambada_accuracy']})", LANG))
print("destokenizadores:", local(f"{low} – {high}", LANG), "pontos de perplexidade")  # pt
print("8-gramas dos testes que estão no WebText, em média:", local(f"{shared}%", LANG))  # pt
print("de-tokenizers:", f"{low} – {high}", "points of perplexity")  # en
print("8-grams of the tests that are in WebText, on average:", f"{shared}%")  # en

# %% [markdown] pt
# Sem o filtro, o LAMBADA fica **abaixo** do estado da arte. Agora as outras tarefas, pelo maior modelo. F1 conta as palavras
# em comum com a resposta certa; ROUGE e BLEU, os n-gramas em comum com um resumo ou uma tradução de referência. Winograd: a
# quem um pronome se refere, o que só o senso comum diz. Lead-3 copia as três primeiras frases da notícia.

# %% [markdown] en
# Without the filter, LAMBADA is **below** the state of the art. Now the other tasks, by the largest model. F1 counts
# the words in common with the right answer; ROUGE and BLEU, the n-grams in common with a reference summary or
# translation. Winograd: what a pronoun refers to, which only common sense tells. Lead-3 copies the first three
# sentences of the article.

# %%
for task in FACTS["other_tasks"]["rows"]:
    beside = f"   {task['reference_name'][LANG]}: {task['reference']}" if "reference" in task else ""
    print(f"{task['task'][LANG]:43s}{task['metric'][LANG]:23s}", local(f"{task['value']:>6}{beside}", LANG))

# %% [markdown] pt
# Onde há uma comparação ao lado, o GPT-2 ficou longe dela. O artigo mostra que pedir por escrito **pode funcionar**, não que
# sempre funcione bem.

# %% [markdown] en
# Where there is a comparison beside it, GPT-2 is far below it. The paper shows that asking in writing **can work**, not
# that it always works well.

# %% [markdown] pt
# ## Parte 2 · O viés
#
# {minutes} · Aqui é um bom lugar para uma pausa. A seguir, você mede o viés que o `mini` aprendeu, vê o que pode aumentá-lo
# e escreve um aviso que serve para alguma coisa.

# %% [markdown] en
# ## Part 2 · Bias
#
# {minutes} · Here is a good place for a break. Next you measure the bias that `mini` has learned, see what can increase
# it, and write a useful disclaimer.

# %%
from torch.testing import assert_close

from mini_gpt import sampling
from mini_gpt.lesson.town import BIAS, JOBS
from mini_gpt.lesson.widgets import NextToken

# %% [markdown] pt
# ## 5 · Um viés de tamanho conhecido
#
# Quem lê a web aprende também os clichês dela. Aqui, **viés** é isso: algo pende sistematicamente para um lado, como um gênero
# para uma profissão. A cidade tem um, plantado. As palavras dela para profissões servem para homem e mulher; o pronome, depois
# do ponto, segue o clichê com esta probabilidade:

# %% [markdown] en
# ## 5 · A bias of known size
#
# Whoever reads the web also learns its stereotypes. That is what **bias** means here: something systematically leans to
# one side, such as a gender that goes with a job. The town has a planted one. Its words for jobs fit women and men; the
# pronoun after the full stop matches the stereotype with probability

# %%
print(f"{BIAS:.0%}")
prefix = tokenizer.encode("alguém trabalha como motorista .")  # pt
prefix = tokenizer.encode("someone works as a driver .")  # en
guess = mini(torch.tensor([[end, *prefix]]))[0, -1].softmax(-1).detach()
figures.next_token_figure(tokenizer.words, guess, town.next_token_probs(prefix), LANG)

# %% [markdown] pt
# **Antes de rodar:** o modelo terá menos viés que os dados, o mesmo ou mais? Medimos a proporção de “ele” entre “ele” e
# “ela” depois de cada profissão, nas duas línguas, de dois modos: pelas probabilidades e, como faz quem não tem acesso a
# elas, contando 400 sorteios.

# %% [markdown] en
# **Before you run this:** will the model have less bias than the data, the same, or more? We measure the share of “he” among
# “he” and “she” after each job, in both languages, in two ways: by the probabilities and, like someone without access to
# them, by counting 400 draws.

# %%
FRAMES = {"pt": ("alguém trabalha como {} .", "ele ela"), "en": ("someone works as {} .", "he she")}
dice = torch.Generator().manual_seed(0)


def bias(job, language):
    """A proporção de “ele”: a verdadeira, a do mini e a contada em uma amostra, com o intervalo dela."""  # pt
    """The share of “he”: the true one, mini's, and the one counted in a sample, with its interval."""  # en
    frame, pronouns = FRAMES[language]
    he, she = tokenizer.encode(pronouns)
    prefix = [end, *tokenizer.encode(frame.format(job))]
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
# (De vinte intervalos de 95%, um falha, em média.) Nestas frases, o modelo aprendeu o viés do tamanho que ele tem nos dados.
# Para a perda, é um fato da língua como qualquer outro: errar o viés custaria bits.
#
# Só podemos dizer “do tamanho que tem” porque aqui a verdade é conhecida. No texto da web, ninguém a conhece: mede-se o que
# o modelo faz e discute-se com que compará-lo. E os dados dizem **quantas vezes** algo foi escrito; não dizem se o mundo é
# assim ou se quem escreve é assim, e menos ainda como deveria ser.
#
# ## 6 · Quem gera pode aumentar o viés
#
# **Antes de rodar:** com temperatura 0,5, os 80% viram quanto? E escolhendo sempre o mais provável (t = 0)? À esquerda, a conta
# exata para o viés plantado; à direita, o `mini`, na média das profissões.

# %% [markdown] en
# (Of twenty 95% intervals, one misses on average.) In these sentences the model has learned the bias at the size it has in
# the data. To the loss it is a fact of the language like any other: getting the bias wrong would cost bits.
#
# We can say “at the size it has” only because the truth is known here. For the web's text nobody knows it: one measures what
# the model does, and argues about what to compare it with. And data tell **how often** something was written; they do not
# tell whether the world is like that or those who write are, and still less how it should be.
#
# ## 6 · Generating can increase the bias
#
# **Before you run this:** at a temperature of 0.5, what becomes of the 80%? And always taking the most likely (t = 0)? On
# the left, the exact result for the planted bias; on the right, `mini`, averaged over the jobs.

# %%
planted = torch.tensor([BIAS, 1 - BIAS])
of_mini = torch.tensor([[max(p, 1 - p), min(p, 1 - p)] for _, p, _ in measured[LANG].values()])  # (8, 2)
assert_close(sampling.next_token_probs(planted.log(), temperature=0.5)[0].item(), 0.64 / (0.64 + 0.04))
knobs = {f"t = {t}": {"temperature": t} for t in (2.0, 1.0, 0.7, 0.5, 0.0)} | {"top-p = 0.75": {"top_p": 0.75}}
for name, knob in knobs.items():
    exact, mean = (sampling.next_token_probs(p.log(), **knob)[..., 0].mean() for p in (planted, of_mini))
    print(f"{local(name, LANG):13s}{exact:6.0%}{mean:6.0%}")

# %% [markdown] pt
# O modelo tem o viés dos dados; quem o muda é a **decodificação**, a escolha do token. Abaixo de 1, a temperatura o aumenta; acima,
# diminui. Com o mais provável sempre, ou com um top-p que os 80% já alcançam, 80% viram 100%: quem é motorista é sempre “ele”.
# O que parece um ajuste de qualidade não é neutro.
#
# ### Exercício 3 · o viés e a temperatura
#
# `share` é a proporção de um dos dois pronomes com temperatura 1. Retorne a proporção dele com temperatura `t` > 0.

# %% [markdown] en
# The model has the data's bias; **decoding**, the choice of the token, changes it. Below 1 the temperature increases it,
# above 1 it reduces it. Always taking the most likely, or with a top-p that the majority already fills, 80% becomes 100%:
# every driver is a “he”. What looks like a quality setting is not neutral.
#
# ### Exercise 3 · bias and temperature
#
# `share` is the share of one of the two pronouns at temperature 1. Return its share at temperature `t` > 0.


# %%
def at_temperature(share, t):
    return ...


check("sharpened", at_temperature, LANG)

# %% [markdown] pt
# Mexa na temperatura e no top-p: em que ponto “ele” desaparece depois de “diarista”? Troque a profissão; sorteie e continue.

# %% [markdown] en
# Change the temperature and top-p: at which point does “he” vanish after “cleaner”? Change the job; draw and continue.

# %%
opening = "alguém trabalha como diarista ."  # pt
opening = "someone works as a cleaner ."  # en
NextToken(mini, town, prefix=opening, lang=LANG)

# %% [markdown] pt
# ## 7 · O que um aviso deve dizer
#
# “Pode conter vieses” não ajuda ninguém. Um aviso útil diz o que foi medido, em que frases, de que tamanho e com que margem;
# com qual decodificação; o que **não** foi medido; e para quais usos isso importa. O do `mini`, com os números desta lição:

# %% [markdown] en
# ## 7 · What a disclaimer should say
#
# “May contain biases” helps nobody. A useful disclaimer says what was measured, in which sentences, of what size and with
# what margin; with which decoding; what was **not** measured; and for which uses it matters. Here is `mini`'s, with this
# lesson's numbers:

# %%
cold = sampling.next_token_probs(planted.log(), temperature=0.5)[0]
print(f"Pronome depois de {len(jobs)} profissões, uma frase-molde em cada língua: {BIAS:.0%} para o clichê, como nos dados")  # pt
print(f"(erro de até {100 * error:.0f} pontos). Com temperatura 0,5: {cold:.0%}. Com o mais provável sempre: 100%.")  # pt
print("Outras frases, nomes e temas: não medidos.")  # pt
print(f"Não use para perguntas com três objetos: {marks[NEW][THREE][0]:.0%} certas; um chute, {chance[THREE]:.0%}.")  # pt
print(f"Pronoun after {len(jobs)} jobs, one sentence frame in each language: {BIAS:.0%} for the stereotype, as in the data")  # en
print(f"(off by up to {100 * error:.0f} points). At temperature 0.5: {cold:.0%}. Taking the most likely always: 100%.")  # en
print("Other sentences, names and subjects: not measured.")  # en
print(f"Not for questions with three things: {marks[NEW][THREE][0]:.0%} right; a guess, {chance[THREE]:.0%}.")  # en

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
# - A tarefa pode ser escrita no texto; zero-shot quer dizer nenhum passo de gradiente para ela.
# - Uma nota precisa de casos novos, de casos reservados, de margem e de controles: a nota máxima pode vir de um atalho.
# - “7 de 8” conta conjuntos, e só no maior modelo; nem tudo melhora com o tamanho; todo número tem um protocolo.
# - O `mini` aprendeu o viés dos dados, do mesmo tamanho; a decodificação pode aumentá-lo.
# - Um aviso útil diz o que foi medido, como, e o que não foi.
#
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_09.py`](../../mini_gpt/lesson/exercises/lesson_09.py).
#
# [Agora vá para 10 Do mini ao GPT-2](10_from_mini_to_gpt2.ipynb)

# %% [markdown] en
# ## What to take with you
#
# - The task can be written in the text; zero-shot means no gradient step for it.
# - A mark needs new cases, held-out cases, a margin and controls: a full mark may come from a shortcut.
# - “7 of 8” counts data sets, and only for the largest model; not everything improves with size; every number has a protocol.
# - `mini` learned the data's bias, at the same size; decoding can increase it.
# - A useful disclaimer says what was measured, how, and what was not.
#
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_09.py`](../../mini_gpt/lesson/exercises/lesson_09.py).
#
# [Now go on to 10 From mini to GPT-2](10_from_mini_to_gpt2.ipynb)
