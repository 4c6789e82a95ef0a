"""Things to turn and to watch, in JupyterLab and on the slides: each a .py, and the .js that both show."""

from mini_gpt.lesson.widgets.attention_explorer import AttentionExplorer
from mini_gpt.lesson.widgets.guessing_game import GuessingGame
from mini_gpt.lesson.widgets.mask_painter import MaskPainter
from mini_gpt.lesson.widgets.next_token import NextToken
from mini_gpt.lesson.widgets.patching_grid import PatchingGrid
from mini_gpt.lesson.widgets.scale_dial import ScaleDial
from mini_gpt.lesson.widgets.sense_explorer import SenseExplorer

__all__ = [
    "AttentionExplorer",
    "GuessingGame",
    "MaskPainter",
    "NextToken",
    "PatchingGrid",
    "ScaleDial",
    "SenseExplorer",
]
