"""GPT-2, small enough to read in a sitting, and the same code at full size.

>>> import torch, mini_gpt
>>> model = mini_gpt.load("mini")
>>> ids = torch.tensor([model.tokenizer.encode("<|endoftext|> nina")])
>>> mini_gpt.generate(model, ids, max_new_tokens=3).shape
torch.Size([1, 5])
"""

from mini_gpt.config import PRESETS, GPTConfig
from mini_gpt.generate import generate, stream
from mini_gpt.model import GPT
from mini_gpt.trace import edit, record
from mini_gpt.weights import load, load_tokenizer, save

__all__ = ["GPT", "PRESETS", "GPTConfig", "edit", "generate", "load", "load_tokenizer", "record", "save", "stream"]
