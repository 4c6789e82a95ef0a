"""The colours of figures and widgets by name, as palette.css has them."""

import re
from pathlib import Path

STYLE_SHEET = Path(__file__).with_suffix(".css")
PALETTE = dict(re.findall(r"--lw-([\w-]+): (#\w{6});", STYLE_SHEET.read_text(encoding="utf-8")))


def rgba(name: str, opacity: float) -> str:
    """A colour of the palette as CSS, for where its variables do not reach.

    >>> rgba("blue", 0.5)
    'rgba(43,108,176,0.50)'
    """
    red, green, blue = bytes.fromhex(PALETTE[name][1:])
    return f"rgba({red},{green},{blue},{opacity:.2f})"
