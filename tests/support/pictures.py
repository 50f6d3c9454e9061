"""Pictures of boards as they were: compared with what is kept in tests/golden/boards, or written anew.

CDCTL_UPDATE_GOLDEN=1 writes them; read the diff, and look at the images.
"""

from __future__ import annotations

import os
from pathlib import Path

from screens import Look

from cdctl.tui.svg import svg

GOLDEN = Path(__file__).parents[1] / "golden" / "boards"
UPDATE = bool(os.environ.get("CDCTL_UPDATE_GOLDEN"))
SIZES = ((80, 24), (160, 50))


def same(look: Look, name: str) -> None:
    """The board on the screen looks as it did, at every size, as a text and as an image."""
    for width, height in SIZES:
        look.lines(width, height)  # what a panel asks for may hang on its size
        whole = f"{name}-{width}x{height}"
        compare(f"{whole}.txt", "".join(f"{line}\n" for line in look.lines(width, height)))
        compare(f"{whole}.svg", svg(look.stage.draw(width, height), width, name))


def compare(name: str, text: str) -> None:
    """This text is that of the kept file."""
    file = GOLDEN / name
    if UPDATE:
        file.write_text(text)
    assert text == file.read_text(), f"{name} differs; CDCTL_UPDATE_GOLDEN=1 writes it anew, then read the diff"
