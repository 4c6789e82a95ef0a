# %% [markdown] pt
# # 00 · Comece aqui
#
# **Ao final, você** terá um modelo de linguagem escrevendo neste computador, saberá o caminho das lições e como os
# exercícios respondem.
#
# Slides: título, perguntas · 10 minutos · sem internet

# %% [markdown] en
# # 00 · Start here
#
# **At the end you** will have a language model writing on this computer, and know the way through the lessons and how
# the exercises answer.
#
# Slides: title, questions · 10 minutes · no internet

# %% [markdown] pt
# Esta é uma lição sobre o **GPT-2** e o artigo que o apresentou, *Language Models are Unsupervised Multitask Learners*
# (Radford e colegas, 2019). Tudo o que os slides afirmam, os cadernos calculam. Clique em uma célula e aperte
# `Shift + Enter` para rodá-la.

# %% [markdown] en
# This is a lesson on **GPT-2** and the paper that introduced it, *Language Models are Unsupervised Multitask Learners*
# (Radford and colleagues, 2019). Whatever the slides claim, the notebooks compute. Click on a cell and press
# `Shift + Enter` to run it.

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
# ## Está tudo aqui?
#
# Cada linha com ✓ está pronta. Uma linha com ✗ diz o que fazer.

# %% [markdown] en
# ## Is everything here?
#
# Each line with a ✓ is ready. A line with a ✗ says what to do.

# %%
checkup(LANG)

# %% [markdown] pt
# ## A primeira frase
#
# `mini` é um GPT com a arquitetura do GPT-2, muito menor, treinado de verdade em uma língua inventada para esta
# lição: a da **cidade**, um pequeno mundo de pessoas, lugares e objetos, em português e em inglês. Ele vem junto com
# os cadernos.

# %% [markdown] en
# ## The first sentence
#
# `mini` is a GPT with the architecture of GPT-2, much smaller, really trained on a language made up for this
# lesson: that of the **town**, a small world of people, places and things, in Portuguese and in English. It comes
# with the notebooks.

# %%
model = mini_gpt.load("mini")
parameters = sum(parameter.numel() for parameter in model.parameters())
times = FACTS["sizes"]["rows"][0]["parameters"] / parameters
print(local(f"{parameters:,}", LANG), f"parâmetros; o menor GPT-2 tem {times:.0f} vezes isso")  # pt
print(local(f"{parameters:,}", LANG), f"parameters; the smallest GPT-2 has {times:.0f} times as many")  # en

# %% [markdown] pt
# Um modelo de linguagem continua um texto. Damos a ele o sinal de início, `<|endoftext|>`, e duas palavras.

# %% [markdown] en
# A language model continues a text. We give it the sign of a beginning, `<|endoftext|>`, and two words.

# %%
prompt = "<|endoftext|> clara compra"  # pt
prompt = "<|endoftext|> clara buys"  # en
ids = torch.tensor([model.tokenizer.encode(prompt)])
ids

# %% [markdown] pt
# O modelo só vê números: cada palavra é um **token**, e cada token tem o seu. `generate` sorteia um token de cada vez,
# até o fim do documento.

# %% [markdown] en
# The model sees numbers only: each word is a **token**, and each token has its own. `generate` draws one token at a
# time, until the document ends.

# %%
end = model.tokenizer.end_of_text
written = mini_gpt.generate(
    model, ids, max_new_tokens=60, stop=end, generator=torch.Generator().manual_seed(1)
)
print(model.tokenizer.decode(written[0]))

# %% [markdown] pt
# Troque a semente (o `1` de `manual_seed`) ou o começo da frase e rode de novo. E se a palavra não existir na cidade? (As
# mensagens de erro são em inglês, como as do Python.)

# %% [markdown] en
# Change the seed (the `1` of `manual_seed`) or the start of the sentence, and run it again. And if a word does not exist
# in the town?

# %%
try:
    model.tokenizer.encode("clara compra um livru")  # pt
    model.tokenizer.encode("clara buys a bok")  # en
except ValueError as error:
    print(error)

# %% [markdown] pt
# ## O caminho
#
# | slides | caderno |
# |---|---|
# | título, perguntas | 00 Comece aqui |
# | o que é um modelo de linguagem | [01 Um modelo de linguagem é uma distribuição](01_language_model_probability.ipynb) |
# | conceitos: 50 mil tokens | [02 Tokens](02_tokens.ipynb) |
# | como funciona o Transformer | [03 Atenção e máscaras](03_attention_masks.ipynb) |
# | o codificador (BERT), o decodificador (GPT) | [04 A atenção de um e de outro](04_encoder_vs_decoder_attention.ipynb) |
# | conceitos: representações em contexto | [05 Uma palavra, muitos vetores](05_context_embeddings.ipynb) |
# | n-gramas, CNN, RNN, LSTM, BERT, GPT | [06 Modelos comparados](06_language_models_compared.ipynb) |
# | contribuição e resultados, o aviso sobre vieses | [07 Zero-shot e viés](07_zero_shot_and_bias.ipynb) |
# | 117M a 1,5B de parâmetros; um LM humilde | [08 Do mini ao GPT-2](08_from_mini_to_gpt2.ipynb) |

# %% [markdown] en
# ## The way
#
# | slides | notebook |
# |---|---|
# | title, questions | 00 Start here |
# | what is a language model | [01 A language model is a distribution](01_language_model_probability.ipynb) |
# | concepts: 50 thousand tokens | [02 Tokens](02_tokens.ipynb) |
# | how the Transformer works | [03 Attention and masks](03_attention_masks.ipynb) |
# | the encoder (BERT), the decoder (GPT) | [04 The attention of the one and the other](04_encoder_vs_decoder_attention.ipynb) |
# | concepts: representations in context | [05 One word, many vectors](05_context_embeddings.ipynb) |
# | n-grams, CNN, RNN, LSTM, BERT, GPT | [06 Models compared](06_language_models_compared.ipynb) |
# | contribution and results, the note on bias | [07 Zero-shot and bias](07_zero_shot_and_bias.ipynb) |
# | 117M to 1.5B parameters; a humble LM | [08 From mini to GPT-2](08_from_mini_to_gpt2.ipynb) |

# %% [markdown] pt
# ## Como funcionam os exercícios
#
# Um exercício é uma função com `...` no lugar da resposta. Escreva a sua e rode a célula: `check` experimenta a função
# com várias entradas e responde com ✓, ou com uma dica. Errar não custa nada, e qualquer solução que dê o resultado
# certo vale.
#
# **Exercício.** `probs` tem uma probabilidade para cada palavra de `words`. Devolva a palavra mais provável.

# %% [markdown] en
# ## How the exercises work
#
# An exercise is a function with `...` where the answer goes. Write yours and run the cell: `check` tries the function on
# several inputs and answers with a ✓, or with a hint. A mistake costs nothing, and any solution that gives the right
# result will do.
#
# **Exercise.** `probs` has a probability for each word of `words`. Return the most likely word.


# %%
def most_likely(probs, words):
    return ...


check("most_likely", most_likely, LANG)

# %% [markdown] pt
# Um caderno roda inteiro mesmo com todos os exercícios em branco.
#
# Agora vá para [01 Um modelo de linguagem é uma distribuição](01_language_model_probability.ipynb).

# %% [markdown] en
# A notebook runs to its end even with all exercises blank.
#
# Now go on to [01 A language model is a distribution](01_language_model_probability.ipynb).
