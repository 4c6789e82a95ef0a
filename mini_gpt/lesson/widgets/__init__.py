"""Things to turn and to watch, in JupyterLab and on the slides: each a .py, and the .js that both show."""

from mini_gpt.lesson.widgets.mask_painter import MaskPainter
from mini_gpt.lesson.widgets.next_token import NextToken

__all__ = ["MaskPainter", "NextToken"]
