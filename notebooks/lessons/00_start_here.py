# %% [markdown] pt
# # 00 · Comece aqui
#
# **Ao final, você** terá um modelo de linguagem escrevendo neste computador e conhecerá o caminho.
#
# Slides: título, perguntas · {minutes} · **[glossário](glossary.ipynb)**

# %% [markdown] en
# # 00 · Start here
#
# **By the end, you** will have a language model writing on this computer, and know what comes next.
#
# Slides: title, questions · {minutes} · **[glossary](glossary.ipynb)**

# %% [markdown] pt
# Esta lição é sobre o **GPT-2** e o artigo que o apresentou, *Language Models are Unsupervised Multitask Learners* (Radford e
# colegas, 2019). Ela roda sem internet. Clique em uma célula e aperte `Shift + Enter` para rodá-la.

# %% [markdown] en
# This is a lesson on **GPT-2** and the paper that introduced it, *Language Models are Unsupervised Multitask Learners*
# (Radford and colleagues, 2019). It runs without internet. Click a cell and press `Shift + Enter` to run it.

# %%
import torch

import mini_gpt
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.checkup import checkup
from mini_gpt.lesson.words import local  # números como se escrevem em português: 1.234,5  # pt
from mini_gpt.lesson.words import local  # numbers as the language writes them: 1,234.5  # en

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## Está tudo instalado?
#
# Uma linha com ✗ diz o que fazer.

# %% [markdown] en
# ## Is everything installed?
#
# A line with a ✗ says what to do.

# %%
checkup(LANG)

# %% [markdown] pt
# ## A primeira frase
#
# O `mini` tem a arquitetura do GPT-2, só que é muito menor. Ele aprendeu uma língua inventada para esta lição, a da **cidade**:
# um pequeno mundo de pessoas, lugares e objetos, em português e inglês. Seus **parâmetros** são os números que o treino ajusta:

# %% [markdown] en
# ## The first sentence
#
# `mini` has GPT-2's architecture, only much smaller. It has learned a language made up for this lesson, that of the **town**: a
# small world of people, places and things, in Portuguese and English. Its **parameters** are the numbers that training adjusts:

# %%
model = mini_gpt.load("mini")
print(local(f"{sum(parameter.numel() for parameter in model.parameters()):,}", LANG))

# %% [markdown] pt
# Um modelo de linguagem continua um texto. Ele só vê números: na cidade cada palavra é um **token**, e cada token tem um
# número. `<|endoftext|>` separa os documentos.

# %% [markdown] en
# A language model continues a text. It sees only numbers: in the town each word is a **token**, and each token has a number.
# `<|endoftext|>` separates documents.

# %%
prompt = "<|endoftext|> clara compra"  # pt
prompt = "<|endoftext|> clara buys"  # en
ids = torch.tensor([model.tokenizer.encode(prompt)])
ids

# %% [markdown] pt
# `generate` sorteia um token de cada vez, até o fim do documento.

# %% [markdown] en
# `generate` draws one token at a time, until the document ends.

# %%
dice = torch.Generator().manual_seed(1)
written = mini_gpt.generate(model, ids, max_new_tokens=60, stop=model.tokenizer.end_of_text, generator=dice)
print(model.tokenizer.decode(written[0]))

# %% [markdown] pt
# Troque a semente do sorteio (o `1` de `manual_seed`) ou o começo da frase e rode de novo. Se uma palavra não existir na cidade, a
# mensagem de erro (em inglês) diz o que fazer.

# %% [markdown] en
# Change the seed of the draw (the `1` in `manual_seed`) or the start of the sentence, and run it again. If a word is
# not in the town's vocabulary, the error says what to do.

# %% [markdown] pt
# ## O caminho
#
# | lição | responde |
# |---|---|
# | [01 Um modelo de linguagem é uma distribuição](01_language_model_probability.ipynb) | o que é um modelo de linguagem? |
# | [02 Tokens](02_tokens.ipynb) | o que ele lê e escreve? |
# | [03 Atenção e máscaras](03_attention_masks.ipynb) | como um token lê os outros? |
# | [04 O GPT inteiro](04_the_whole_gpt.ipynb) | o que há entre tokens e probabilidades? |
# | [05 Treinamento](05_training.ipynb) | como um GPT aprende? |
# | [06 Codificador e decodificador](06_encoder_vs_decoder_attention.ipynb) | em que diferem BERT, GPT e o Transformer de 2017? |
# | [07 Uma palavra, muitos vetores](07_context_embeddings.ipynb) | o que o vetor de uma palavra sabe do contexto? |
# | [08 Modelos comparados](08_language_models_compared.ipynb) | em que um GPT supera os modelos anteriores? |
# | [09 Zero-shot e viés](09_zero_shot_and_bias.ipynb) | o que ele faz sem ser treinado para isso? que viés absorve? |
# | [10 Do mini ao GPT-2](10_from_mini_to_gpt2.ipynb) | o que o tamanho muda, e quanto custa? |
# | [11 Textos de verdade](11_real_text.ipynb) | e fora da cidade? e no meu texto? |
# | [12 Por dentro](12_inside.ipynb) | onde está a resposta, e quem a leva? |
# | [13 Depois do GPT-2](13_since_gpt2.ipynb) | o que mudou desde então, e ajuda aqui? |
# | [14 Do texto às respostas](14_from_text_to_answers.ipynb) | como um modelo que continua passa a responder? |
#
# Os minutos na capa de cada lição são calculados: um para cada 100 palavras, cada 4 linhas de código ou cada pergunta;
# 5 por exercício, mais um por linha da solução.

# %% [markdown] en
# ## The path
#
# | lesson | answers |
# |---|---|
# | [01 A language model is a distribution](01_language_model_probability.ipynb) | what is a language model? |
# | [02 Tokens](02_tokens.ipynb) | what does it read and write? |
# | [03 Attention and masks](03_attention_masks.ipynb) | how does a token read the others? |
# | [04 The whole GPT](04_the_whole_gpt.ipynb) | what lies between tokens and probabilities? |
# | [05 Training](05_training.ipynb) | how does a GPT learn? |
# | [06 Encoder and decoder](06_encoder_vs_decoder_attention.ipynb) | how do BERT, GPT and the Transformer of 2017 differ? |
# | [07 One word, many vectors](07_context_embeddings.ipynb) | what does a word's vector know about its context? |
# | [08 Models compared](08_language_models_compared.ipynb) | where is a GPT better than earlier models? |
# | [09 Zero-shot and bias](09_zero_shot_and_bias.ipynb) | what can it do without being trained to? what bias does it absorb? |
# | [10 From mini to GPT-2](10_from_mini_to_gpt2.ipynb) | what does size change, and what does it cost? |
# | [11 Real text](11_real_text.ipynb) | what happens outside the town? and on my own text? |
# | [12 Inside](12_inside.ipynb) | where is the answer, and what carries it? |
# | [13 Since GPT-2](13_since_gpt2.ipynb) | what has changed since then, and does it help here? |
# | [14 From text to answers](14_from_text_to_answers.ipynb) | how does a model that continues come to answer? |
#
# The minutes on each lesson's cover are computed: one per 100 words, per 4 lines of code or per question; 5 per exercise, plus one
# for each line of its solution.

# %% [markdown] pt
# ## Exercícios e perguntas
#
# Um exercício é uma função com `...` no lugar da resposta. Escreva a sua e rode a célula: `check` testa a função com várias
# entradas e responde com ✓ ou com uma dica. Vale qualquer solução correta; mesmo em branco, o notebook roda até o fim. Cada
# lição termina com perguntas: clique em uma resposta para ver se está certa, e por quê.
#
# **Exercício.** `probs` tem uma probabilidade para cada palavra de `words`. Retorne a palavra mais provável.

# %% [markdown] en
# ## Exercises and questions
#
# An exercise is a function with `...` where the answer goes. Write yours and run the cell: `check` tries the function
# on several inputs and answers with a ✓ or a hint. Any correct solution passes; if you leave it blank, the notebook
# still runs to the end. Each lesson ends with questions: click an answer to see why it is right or wrong.
#
# **Exercise.** `probs` has a probability for each word in `words`. Return the most likely word.


# %%
def most_likely(probs, words):
    return ...


check("most_likely", most_likely, LANG)

# %% [markdown] pt
# As soluções dos exercícios estão em [`mini_gpt/lesson/exercises/lesson_00.py`](../../mini_gpt/lesson/exercises/lesson_00.py),
# um arquivo por lição; os termos, no **[glossário](glossary.ipynb)**.
#
# [Agora vá para 01 Um modelo de linguagem é uma distribuição](01_language_model_probability.ipynb)

# %% [markdown] en
# The solutions to the exercises are in
# [`mini_gpt/lesson/exercises/lesson_00.py`](../../mini_gpt/lesson/exercises/lesson_00.py), one file per lesson; the
# terms are in the **[glossary](glossary.ipynb)**.
#
# [Now go on to 01 A language model is a distribution](01_language_model_probability.ipynb)
