# %% [markdown] pt
# # 00 · Comece aqui
#
# **Ao final, você** terá um modelo de linguagem escrevendo neste computador, vai conhecer o caminho das lições e saber como
# funcionam os exercícios.
#
# Slides: título, perguntas · 10 minutos · sem internet

# %% [markdown] en
# # 00 · Start here
#
# **At the end you** will have a language model writing on this computer, and know the path through the lessons and how
# the exercises work.
#
# Slides: title, questions · 10 minutes · no internet

# %% [markdown] pt
# Esta é uma lição sobre o **GPT-2** e o artigo que o apresentou, *Language Models are Unsupervised Multitask Learners*
# (Radford e colegas, 2019). Os números dos slides são calculados pelo código da lição ou citados de um artigo. Clique em
# uma célula e aperte `Shift + Enter` para rodá-la.

# %% [markdown] en
# This is a lesson on **GPT-2** and the paper that introduced it, *Language Models are Unsupervised Multitask Learners*
# (Radford and colleagues, 2019). The numbers on the slides are computed by the lesson's code or quoted from a paper. Click
# on a cell and press `Shift + Enter` to run it.

# %%
import torch

import mini_gpt
from mini_gpt.facts import FACTS
from mini_gpt.lesson.checks import check
from mini_gpt.lesson.checkup import checkup
from mini_gpt.lesson.words import local

LANG = "pt"  # pt
LANG = "en"  # en

# %% [markdown] pt
# ## Está tudo instalado?
#
# Uma linha com ✓ está em ordem. Uma linha com ✗ diz o que fazer.

# %% [markdown] en
# ## Is everything installed?
#
# A line with a ✓ is fine. A line with a ✗ says what to do.

# %%
checkup(LANG)

# %% [markdown] pt
# ## A primeira frase
#
# O `mini` é um GPT com a arquitetura do GPT-2, só que muito menor. Ele vem com os notebooks, já treinado em uma língua
# inventada para esta lição: a da **cidade**, um pequeno mundo de pessoas, lugares e objetos, em português e em inglês.
# Seus **parâmetros** são os números que o treino ajustou:

# %% [markdown] en
# ## The first sentence
#
# `mini` is a GPT with GPT-2's architecture, only much smaller. It comes with the notebooks, already trained on a language
# made up for this lesson: that of the **town**, a small world of people, places and things, in Portuguese and in English.
# Its **parameters** are the numbers that training has adjusted:

# %%
model = mini_gpt.load("mini")
parameters = sum(parameter.numel() for parameter in model.parameters())
times = FACTS["sizes"]["rows"][0]["parameters"] / parameters
print(local(f"{parameters:,}", LANG), f"parâmetros; o menor GPT-2 tem {times:.0f} vezes isso")  # pt
print(local(f"{parameters:,}", LANG), f"parameters; the smallest GPT-2 has {times:.0f} times as many")  # en

# %% [markdown] pt
# Um modelo de linguagem continua um texto. Damos a ele `<|endoftext|>`, o sinal que separa os documentos, e duas palavras.

# %% [markdown] en
# A language model continues a text. We give it `<|endoftext|>`, the sign that separates documents, and two words.

# %%
prompt = "<|endoftext|> clara compra"  # pt
prompt = "<|endoftext|> clara buys"  # en
ids = torch.tensor([model.tokenizer.encode(prompt)])
ids

# %% [markdown] pt
# O modelo só vê números: na cidade cada palavra é um **token**, e cada token tem o seu número. `generate` sorteia um token
# de cada vez, até o fim do documento.

# %% [markdown] en
# The model sees only numbers: in the town each word is a **token**, and each token has its own number. `generate` draws one
# token at a time, until the document ends.

# %%
end = model.tokenizer.end_of_text
written = mini_gpt.generate(
    model, ids, max_new_tokens=60, stop=end, generator=torch.Generator().manual_seed(1)
)
print(model.tokenizer.decode(written[0]))

# %% [markdown] pt
# Troque a semente do sorteio (o `1` de `manual_seed`) ou o começo da frase e rode de novo. E se a palavra não existir na
# cidade? (As mensagens de erro são em inglês, como as do Python.)

# %% [markdown] en
# Change the seed of the draw (the `1` of `manual_seed`) or the start of the sentence, and run it again. And what if a word
# does not exist in the town?

# %%
try:
    model.tokenizer.encode("clara compra um livru")  # pt
    model.tokenizer.encode("clara buys a bok")  # en
except ValueError as error:
    print(error)

# %% [markdown] pt
# ## O caminho
#
# | slides | notebook |
# |---|---|
# | título, perguntas | 00 Comece aqui |
# | o que é um modelo de linguagem | [01 Um modelo de linguagem é uma distribuição](01_language_model_probability.ipynb) |
# | conceitos: 50 mil tokens | [02 Tokens](02_tokens.ipynb) |
# | como funciona o Transformer | [03 Atenção e máscaras](03_attention_masks.ipynb) |
# | o decodificador (GPT), por dentro | [04 O GPT inteiro](04_the_whole_gpt.ipynb) |
# | como um GPT aprende | [05 Treinamento](05_training.ipynb) |
# | o codificador (*encoder*, BERT), o decodificador (*decoder*, GPT) | [06 Codificador e decodificador](06_encoder_vs_decoder_attention.ipynb) |
# | conceitos: representações em contexto | [07 Uma palavra, muitos vetores](07_context_embeddings.ipynb) |
# | n-gramas, CNN, RNN, LSTM, BERT, GPT | [08 Modelos comparados](08_language_models_compared.ipynb) |
# | contribuição e resultados, o aviso sobre o viés | [09 Zero-shot e viés](09_zero_shot_and_bias.ipynb) |
# | do menor ao maior GPT-2; o modelo sabe o que não sabe? | [10 Do mini ao GPT-2](10_from_mini_to_gpt2.ipynb) |

# %% [markdown] en
# ## The path
#
# | slides | notebook |
# |---|---|
# | title, questions | 00 Start here |
# | what is a language model | [01 A language model is a distribution](01_language_model_probability.ipynb) |
# | concepts: 50 thousand tokens | [02 Tokens](02_tokens.ipynb) |
# | how the Transformer works | [03 Attention and masks](03_attention_masks.ipynb) |
# | the decoder (GPT), inside | [04 The whole GPT](04_the_whole_gpt.ipynb) |
# | how a GPT learns | [05 Training](05_training.ipynb) |
# | the encoder (BERT), the decoder (GPT) | [06 Encoder and decoder](06_encoder_vs_decoder_attention.ipynb) |
# | concepts: representations in context | [07 One word, many vectors](07_context_embeddings.ipynb) |
# | n-grams, CNN, RNN, LSTM, BERT, GPT | [08 Models compared](08_language_models_compared.ipynb) |
# | contribution and results, the note on bias | [09 Zero-shot and bias](09_zero_shot_and_bias.ipynb) |
# | from the smallest GPT-2 to the largest; does the model know what it does not know? | [10 From mini to GPT-2](10_from_mini_to_gpt2.ipynb) |

# %% [markdown] pt
# ## Como funcionam os exercícios
#
# Um exercício é uma função com `...` no lugar da resposta. Escreva a sua e rode a célula: `check` testa a função com várias
# entradas e responde com ✓ ou com uma dica. Errar não custa nada, e qualquer solução que dê o resultado certo vale. As
# nossas estão em `mini_gpt/lesson/exercises`, um arquivo por lição.
#
# **Exercício.** `probs` tem uma probabilidade para cada palavra de `words`. Retorne a palavra mais provável.

# %% [markdown] en
# ## How the exercises work
#
# An exercise is a function with `...` where the answer goes. Write yours and run the cell: `check` tries the function on
# several inputs and answers with a ✓ or a hint. A mistake costs nothing, and any solution that gives the right result will
# do. Ours are in `mini_gpt/lesson/exercises`, one file for each lesson.
#
# **Exercise.** `probs` has a probability for each word of `words`. Return the most likely word.


# %%
def most_likely(probs, words):
    return ...


check("most_likely", most_likely, LANG)

# %% [markdown] pt
# Um notebook roda até o fim mesmo com todos os exercícios em branco.
#
# Agora vá para [01 Um modelo de linguagem é uma distribuição](01_language_model_probability.ipynb).

# %% [markdown] en
# A notebook runs to the end even with all exercises blank.
#
# Now go on to [01 A language model is a distribution](01_language_model_probability.ipynb).
