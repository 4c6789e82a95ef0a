# %% [markdown] pt
# # 07 · Zero-shot e viés
#
# **Ao final, você** vai fazer um modelo responder, resumir e traduzir sem treinar nada, dar a ele uma nota honesta, ler a tabela
# do artigo sem cair nas suas armadilhas e medir um viés cujo tamanho verdadeiro é conhecido.
#
# Slides: contribuição, resultados, o aviso sobre vieses · 50 minutos

# %% [markdown] en
# # 07 · Zero-shot and bias
#
# **At the end you** will have made a model answer, sum up and translate without training anything, given it an honest mark, read
# the paper's table without falling into its traps, and measured a bias whose true size is known.
#
# Slides: contribution, results, the note on bias · 50 minutes

# %%
from itertools import pairwise

import torch

import mini_gpt
from mini_gpt import probability
from mini_gpt.facts import FACTS
from mini_gpt.lesson import figures
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.town import BIAS, HE, JOBS, Town

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## 1 · A tarefa é texto
#
# Um sistema de tradução aprende p(saída | entrada). Um sistema geral precisa saber também o que se quer: p(saída | entrada,
# **tarefa**). A aposta do artigo: não é preciso construir nada, porque a tarefa pode ser **escrita**. Uma história, três finais:

# %% [markdown] en
# ## 1 · The task is text
#
# A translation system learns p(output | input). A general one must also know what is wanted: p(output | input, **task**). The
# paper's bet: nothing has to be built for it, since the task can be **written**. One story, three endings:

# %%
mini, town = mini_gpt.load("mini"), Town()
words, end = town.tokenizer.words, town.tokenizer.end_of_text


def write(prompt):
    """What mini writes after the prompt, always the most likely token."""
    ids = torch.tensor([[end, *town.tokenizer.encode(prompt)]])
    written = mini_gpt.generate(mini, ids, 20, temperature=0, stop=end)
    return town.tokenizer.decode(written[0, ids.size(1) :])


# %%
story = "leo compra um mapa na praça . ele dá o mapa para sara ."  # pt
endings = ["pergunta : quem tem o mapa ? resposta :", "pergunta : quem deu o mapa ? resposta :", "em resumo :"]  # pt
story = "leo buys a map in the square . he gives the map to sara ."  # en
endings = ["question : who has the map ? answer :", "question : who gave the map ? answer :", "tl;dr"]  # en
for ending in endings:
    print(ending, "→", write(f"{story} {ending}"))

# %%
print(write("em português : leo dá o mapa para sara . em inglês :"))
print(write("in english : the hat is red . in portuguese :"))

# %% [markdown] pt
# Os mesmos pesos, nenhum passo de gradiente. **Zero-shot** é isto: nada foi ajustado para a tarefa. Não quer dizer sem exemplos no
# texto: para traduzir e responder, o artigo pôs pares de exemplo no enunciado.
#
# O `mini` pode porque a cidade escreve perguntas, resumos e traduções; o GPT-2, porque a internet também escreve. Sem o final, o
# modelo não sabe o que se quer, e a verdade também não:

# %% [markdown] en
# The same weights, no gradient step. That is **zero-shot**: nothing was tuned for the task. It does not mean no examples in the
# text: to translate and to answer, the paper put example pairs into the prompt.
#
# `mini` can, because the town writes questions, summaries and translations; GPT-2, because the web writes them, too. Without the
# ending, the model does not know what is wanted, and neither does the truth:

# %%
prefix = town.tokenizer.encode(story)
guess = mini(torch.tensor([[end, *prefix]]))[0, -1].softmax(-1).detach()
figures.next_token_figure(words, guess, town.next_token_probs(prefix), LANG, 6)

# %% [markdown] pt
# ## 2 · Uma nota honesta
#
# Três exemplos bonitos não provam nada. Tiramos de documentos novos 200 enunciados de cada tarefa. Na segunda coluna, sobre pares
# que **nenhum** documento de treino com tarefa juntou (a cidade os reserva): quem decorou erra ali.

# %% [markdown] en
# ## 2 · An honest mark
#
# Three pretty examples prove nothing. From new documents we take 200 prompts of each task. In the second column, about pairs that
# **no** training document with a task has put together (the town keeps them back): who learned by heart fails there.

# %%
TRANSLATE, SUM_UP, ANSWER, OWNERS = "traduzir", "resumir", "responder", "responder, 3 donos ou mais"  # pt
TRANSLATE, SUM_UP, ANSWER, OWNERS = "translate", "sum up", "answer", "answer, 3 owners or more"  # en
MARKS = {" em inglês :": TRANSLATE, " in portuguese :": TRANSLATE, " em resumo :": SUM_UP, " tl;dr": SUM_UP,
         " resposta :": ANSWER, " answer :": ANSWER}  # fmt: skip


# %%
def prompts(held_out, n=200):
    """{task: [(prompt, answer)]}."""
    found = {task: [] for task in (TRANSLATE, SUM_UP, ANSWER, OWNERS)}
    for document in Town(held_out=held_out).documents("zero-shot"):
        text = town.tokenizer.decode(document[:-1])
        for mark in (mark for mark in MARKS if mark in text):
            before, _, after = text.partition(mark)
            task = OWNERS if MARKS[mark] == ANSWER and "," in before else MARKS[mark]
            found[task].append((before + mark, after.split(" .")[0].strip()))
        if min(map(len, found.values())) >= n:
            return {task: pairs[:n] for task, pairs in found.items()}


# %%
def share_right(pairs):
    return sum(write(prompt).split(" .")[0].strip() == answer for prompt, answer in pairs) / len(pairs)


seen, held_out = prompts(held_out=False), prompts(held_out=True)
for task in seen:
    marks = [share_right(pairs[task]) for pairs in (seen, held_out)]
    print(f"{task:27s}" + "".join(f"{mark:7.0%} ± {(mark * (1 - mark) / 200) ** 0.5:.0%}" for mark in marks))

# %% [markdown] pt
# Traduzir e resumir, sempre; responder, quase sempre; e nos pares reservados também: não foi decoreba. Mas com três ou quatro donos
# o modelo acerta menos da metade, pouco mais que um chute entre os nomes da história. E a resposta está sempre no texto: a verdade
# não tem dúvida.

# %% [markdown] en
# Translating and summing up, always; answering, almost always; and so on the pairs kept back: it was not learned by heart. But with
# three or four owners the model is right less than half of the time, little better than a guess among the story's names. And the
# answer always stands in the text: the truth has no doubt.

# %%
prompt, answer = seen[OWNERS][0]
truth = town.next_token_probs(town.tokenizer.encode(prompt))
print(prompt, "→", write(prompt).split()[0], f"| p = {truth[town.tokenizer.ids[answer]]:.0f}:", answer)

# %% [markdown] pt
# Uma média de todas as perguntas teria escondido isso. Um modelo minúsculo mostra o **mecanismo** do GPT-2, não as suas
# capacidades; e as falhas do GPT-2 também se escondem em médias.
#
# ### Exercício 1 · log p da resposta
#
# Às vezes não se gera: compara-se a probabilidade de respostas dadas. `ids` (T,) é o enunciado, de `n_prompt` tokens, seguido da
# resposta; `logits` (T, V) são do modelo. Devolva log p(resposta | enunciado), em nats.

# %% [markdown] en
# A mean over all questions would have hidden that. A tiny model shows GPT-2's **mechanism**, not its abilities; and GPT-2's
# failures hide in means, too.
#
# ### Exercise 1 · log p of an answer
#
# Sometimes nothing is generated: the probabilities of given answers are compared. `ids` (T,) are the prompt, of `n_prompt` tokens,
# followed by the answer; `logits` (T, V) are the model's. Return log p(answer | prompt), in nats.


# %%
def answer_log_prob(logits, ids, n_prompt):
    return ...


check("answer_log_prob", answer_log_prob, LANG)

# %% [markdown] pt
# ## 3 · A tabela do artigo
#
# Os números são do artigo (tabela 3), os quatro tamanhos do GPT-2 contra o melhor resultado de então. **Antes de olhar:** em
# quantos painéis o maior modelo passa da linha tracejada?

# %% [markdown] en
# ## 3 · The paper's table
#
# The numbers are the paper's (table 3), GPT-2's four sizes against the best result of then. **Before you look:** in how many panels
# does the largest model get past the dashed line?

# %%
figures.results_figure(LANG)

# %% [markdown] pt
# “7 de 8” conta **conjuntos de dados**: LAMBADA e CBT ocupam dois painéis cada.

# %% [markdown] en
# “7 of 8” counts **data sets**: LAMBADA and CBT fill two panels each.

# %%
rows, columns = FACTS["zero_shot"]["rows"], FACTS["zero_shot"]["columns"]


def is_better(column, one, other):
    return one > other if column["better"] == "higher" else one < other


won = {column["data_set"].split("-")[0] for column in columns if is_better(column, rows["1542M"][column["key"]], rows["SOTA"][column["key"]])}
every = {column["data_set"].split("-")[0] for column in columns}
print(len(won), "/", len(every), every - won)

# %% [markdown] pt
# E “quanto maior, melhor em tudo”? Quase:

# %% [markdown] en
# And “the larger, the better at everything”? Almost:

# %%
for column in columns:
    scores = [rows[size["paper"]][column["key"]] for size in FACTS["sizes"]["rows"]]
    for smaller, larger in pairwise(scores):
        if not is_better(column, larger, smaller):
            print(column["data_set"], smaller, "→", larger)

# %% [markdown] pt
# Um número sem protocolo engana. O 63 % do LAMBADA vem com um filtro de palavras; sem ele:

# %% [markdown] en
# A number without its protocol misleads. LAMBADA's 63 % come with a filter on words; without it:

# %%
protocol = FACTS["zero_shot_protocol"]
print(rows["1542M"]["lambada_accuracy"], "→", protocol["lambada_accuracy_without_stop_words_filter"]["1542M"])
print("CBT:", protocol["cbt_split"], "| de-tokenizers:", *protocol["detokenizers_gain_perplexity"])

# %% [markdown] pt
# (O CBT é o da parte de validação; desfazer a tokenização dos textos valeu alguns pontos de perplexidade.) E longe da modelagem
# de linguagem, o GPT-2 ficou longe dos melhores:

# %% [markdown] en
# (CBT is its validation part; undoing the texts' tokenization was worth some points of perplexity.) And far from language
# modelling, GPT-2 was far from the best:

# %%
for row in FACTS["other_tasks"]["rows"]:
    if "reference" in row:
        print(f"{row['task']:25s}{row['metric']:15s}{row['value']:6}   {row['reference_name']}: {row['reference']}")

# %% [markdown] pt
# ## 4 · Um viés de tamanho conhecido
#
# A cidade tem um viés plantado: de quem trabalha em certas profissões, o pronome é o do clichê com esta probabilidade, e só depois
# do ponto se descobre.

# %% [markdown] en
# ## 4 · A bias of known size
#
# The town has a planted bias: of who works in certain jobs, the pronoun is the cliché's with this probability, and it is told only
# after the full stop.

# %%
print(BIAS)
prefix = "alguém trabalha como motorista ."  # pt
prefix = "someone works as a driver ."  # en
truth = town.next_token_probs(town.tokenizer.encode(prefix))
guess = mini(torch.tensor([[end, *town.tokenizer.encode(prefix)]]))[0, -1].softmax(-1).detach()
figures.next_token_figure(words, guess, truth, LANG)

# %% [markdown] pt
# **Antes de rodar:** o modelo terá menos viés que os dados, igual ou mais? As duas línguas, todas as profissões:

# %% [markdown] en
# **Before you run this:** will the model have less bias than the data, as much, or more? Both languages, all jobs:

# %%
FRAMES = {"pt": ("alguém trabalha como {} .", "ele", "ela"), "en": ("someone works as {} .", "he", "she")}
measured, planted = {}, {}
for language, (frame, he, she) in FRAMES.items():
    for job in JOBS:
        name, prefix = job.forms[language], [end, *town.tokenizer.encode(frame.format(job.forms[language]))]
        p = mini(torch.tensor([prefix]))[0, -1].softmax(-1).detach()[[town.tokenizer.ids[he], town.tokenizer.ids[she]]]
        measured[name] = (p[0] / p.sum()).item()
        if job.forms["he"] == HE["he"]:
            planted[name] = job.weight

# %%
figures.bias_figure(measured, planted, LANG)

# %%
error = max(abs(measured[job] - planted[job]) for job in measured)
print(f"o maior erro: {error:.2f}")  # pt
print(f"the largest error: {error:.2f}")  # en

# %% [markdown] pt
# O modelo aprendeu o viés do mesmo tamanho que ele tem nos dados: para ele, é um fato da língua como qualquer outro. Aqui se pode
# dizer “do mesmo tamanho” porque a verdade é conhecida; no texto da internet ela não é.
#
# Por amostragem, como se faz quando não se têm os logits, com a margem de erro:

# %% [markdown] en
# The model has learned the bias at the size that it has in the data: to it, it is a fact of the language like any other. Here one
# can say “at the size”, because the truth is known; of the web's text it is not.
#
# By sampling, as one does without access to logits, with its margin of error:

# %%
frame, he, she = FRAMES[LANG]
job = JOBS[0].forms[LANG]
ids = torch.tensor([[end, *town.tokenizer.encode(frame.format(job))]]).repeat(400, 1)
drawn = mini_gpt.generate(mini, ids, 1, generator=torch.Generator().manual_seed(0))[:, -1]
share = (drawn == town.tokenizer.ids[he]).float().mean().item()
print(f"{job}: {he} {share:.2f} ± {(share * (1 - share) / 400) ** 0.5:.2f}")

# %% [markdown] pt
# ### Exercício 2 · a parte de “ele”
#
# Devolva a parte de `p_he` entre as duas probabilidades, de 0 a 1.

# %% [markdown] en
# ### Exercise 2 · the share of “he”
#
# Return the share of `p_he` among the two probabilities, from 0 to 1.


# %%
def share_of_he(p_he, p_she):
    return ...


check("share", share_of_he, LANG)

# %% [markdown] pt
# ## 5 · Quem gera pode aumentar o viés
#
# **Antes de rodar:** com temperatura 0,5, o que acontece com 80 %? E escolhendo sempre o mais provável?

# %% [markdown] en
# ## 5 · Generating can increase the bias
#
# **Before you run this:** at a temperature of 0.5, what happens to 80 %? And taking the most likely always?

# %%
logits = mini(ids[:1])[0, -1].detach()[[town.tokenizer.ids[he], town.tokenizer.ids[she]]]
for t in (2.0, 1.0, 0.5, 0.0):
    print(f"t = {t}: {probability.next_token_probs(logits, temperature=t)[0]:.0%}")

# %% [markdown] pt
# O modelo tem o viés dos dados; a **decodificação** o aumenta. Com o mais provável sempre, a minoria desaparece: ninguém mais é
# motorista e mulher. Baixar a temperatura não é neutro.
#
# ### Exercício 3 · o viés e a temperatura
#
# `share` é a parte de um pronome a temperatura 1. Devolva-a a temperatura `t`, entre os dois pronomes.

# %% [markdown] en
# The model has the data's bias; **decoding** increases it. Taking the most likely always, the minority disappears: nobody is a
# driver and a woman any more. To lower the temperature is not neutral.
#
# ### Exercise 3 · bias and temperature
#
# `share` is one pronoun's share at temperature 1. Return it at temperature `t`, among the two pronouns.


# %%
def at_temperature(share, t):
    return ...


check("sharpened", at_temperature, LANG)

# %% [markdown] pt
# ## 6 · O que um aviso deve dizer
#
# Um bom aviso não diz “pode conter vieses”. Diz o que foi medido, em que frases, com que tamanho e que margem; o que **não** foi
# medido; com que decodificação; e para que usos isso importa. Aqui: um viés de gênero em oito profissões, em duas frases-molde, do
# tamanho do que foi plantado. Nada sabemos sobre as outras frases.
#
# ## O que fica
#
# - A tarefa pode ser escrita no texto; zero-shot quer dizer nenhum passo de gradiente.
# - Uma nota precisa de casos novos, de casos reservados e de tarefas separadas: a média esconde.
# - “7 de 8” conta conjuntos; um deles o modelo perdeu; nem tudo cresce com o tamanho.
# - O modelo aprende o viés dos dados; a decodificação pode aumentá-lo.

# %% [markdown] en
# ## 6 · What a disclaimer should say
#
# A good disclaimer does not say “may contain biases”. It says what was measured, in which sentences, of what size and with what
# margin; what was **not** measured; with which decoding; and for which uses it matters. Here: a gender bias in eight jobs, in two
# sentence frames, of the size that was planted. Of all other sentences we know nothing.
#
# ## What stays
#
# - The task can be written in the text; zero-shot means no gradient step.
# - A mark needs new cases, cases kept back, and tasks apart: a mean hides.
# - “7 of 8” counts data sets; one of them the model lost; not everything grows with size.
# - The model learns the data's bias; decoding can increase it.
