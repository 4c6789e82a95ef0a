"""A model of two layers whose weights are set by hand to do induction: after … A B … A it says B.

It is the positive control of what looks for such heads. Nothing was learned here, so what each part does is known, and
a score that does not find these two would find none.
"""

from typing import Any

import torch

from mini_gpt.config import GPTConfig
from mini_gpt.model import GPT

SHARP = 30.0  # large enough for a softmax to choose one key


@torch.no_grad()
def induction_model(vocab_size: int = 12, context_length: int = 16) -> GPT:
    """Layer 0 has a head that looks at the token before, layer 1 one that looks at what followed the same token.

    The residual stream has a number for each token, one for each position, and one for each token that came before:
    layer 0 writes these, and layer 1 looks for the place whose "before" is the token that it stands on. The MLPs add 0.

    >>> model = induction_model()
    >>> model(torch.tensor([[0, 7, 3, 9, 7]])).argmax(-1)[0, -1].item()      # 7 was followed by 3
    3
    """
    V, T = vocab_size, context_length
    token, position, before = slice(0, V), slice(V, V + T), slice(V + T, 2 * V + T)
    C = 2 * V + T
    model = GPT(GPTConfig(V, T, n_layer=2, n_head=1, d_model=C)).eval()
    for name, parameter in model.named_parameters():
        if "norm.weight" not in name:
            parameter.zero_()
    model.token_embedding.weight[:, token] = torch.eye(V)
    model.position_embedding.weight[:, position] = torch.eye(T)
    blocks: Any = model.blocks
    first, second = (block.attention for block in blocks)
    (q, k, v), (q2, k2, v2) = (each.qkv.weight.view(3, C, C) for each in (first, second))  # each (outputs, inputs)
    q[position, position] = SHARP * torch.eye(T).roll(-1, 0)  # at t, ask for t - 1
    k[position, position] = torch.eye(T)
    v[token, token] = torch.eye(V)
    first.projection.weight[before, token] = torch.eye(V)
    q2[token, token] = SHARP * torch.eye(V)  # ask for the place after my token
    k2[token, before] = torch.eye(V)
    v2[token, token] = torch.eye(V)
    second.projection.weight[token, token] = 2 * torch.eye(V)  # louder than the token that is there
    return model
