"""What is said where something is not there: why, and what to do about it."""

from __future__ import annotations

import textwrap

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import Line
from cdctl.domain.text import safe


def missing_lines(missing: Missing, width: int) -> list[Line]:
    """The reason, and the cure below it."""
    lines = wrapped(missing.reason, width, "dim" if missing.waiting else "bad")
    return lines + (wrapped(missing.hint, width, "dim") if missing.hint else [])


def wrapped(text: str, width: int, role: str) -> list[Line]:
    """A text of any length on lines of their own."""
    return [((f" {part}", role),) for part in textwrap.wrap(safe(text, 1_000), max(width - 2, 10))]
