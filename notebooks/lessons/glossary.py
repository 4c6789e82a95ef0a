# %% [markdown] pt
# # Glossário
#
# Os termos das lições, com o nome que têm em inglês e a lição em que são explicados com código.
#
# {glossary}
#
# ## As letras
#
# | letra | o que conta | no código |
# |---|---|---|
# | B | sequências em um lote | |
# | T | posições que consultam (*queries*) | |
# | S | posições que são consultadas (*keys*); sem cache, S = T | |
# | C | números no vetor de um token | `d_model` |
# | H | cabeças de atenção em uma camada | `n_head` |
# | D | números no vetor de uma cabeça: C / H | `d_head` |
# | V | tokens do vocabulário | `vocab_size` |
# | L | camadas | `n_layer` |
#
# [Voltar a 00 Comece aqui](00_start_here.ipynb)

# %% [markdown] en
# # Glossary
#
# The terms of the lesson, with their Portuguese names and the lesson that explains each in code.
#
# {glossary}
#
# ## The letters
#
# | letter | what it counts | in the code |
# |---|---|---|
# | B | sequences in a batch | |
# | T | positions that ask (queries) | |
# | S | positions that are asked (keys); without a cache, S = T | |
# | C | numbers in a token's vector | `d_model` |
# | H | attention heads in a layer | `n_head` |
# | D | numbers in a head's vector: C / H | `d_head` |
# | V | tokens in the vocabulary | `vocab_size` |
# | L | layers | `n_layer` |
#
# [Back to 00 Start here](00_start_here.ipynb)
