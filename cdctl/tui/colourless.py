"""Without colours: what the hand is on in a dialog is underlined. (The library forgets that a part of a widget is
reversed: `Widget.get_visual_style` of Textual 8.2.)"""

from __future__ import annotations

import os

COLOURLESS = """
OptionList:nocolor > .option-list--option-highlighted { text-style: bold underline !important; }
Input:nocolor > .input--cursor { text-style: bold underline !important; }
Button:nocolor:focus, Checkbox:nocolor:focus { text-style: bold underline !important; }
Select:nocolor:focus > SelectCurrent { text-style: bold underline !important; }
"""
_NAME = "NO_COLOR"


def choose(color: bool) -> None:
    """Whether the next view has colours. The library looks into the environment, and an empty variable, which asks for
    nothing (https://no-color.org), would do there, too."""
    os.environ.pop(_NAME, None)
    if not color:
        os.environ[_NAME] = "1"
