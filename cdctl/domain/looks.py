"""Names of what a view may look like; how that is drawn, the terminal's room knows."""

from __future__ import annotations

from dataclasses import dataclass

THEMES = ("terminal", "dark", "light", "contrast", "colour-blind")
"""terminal: the sixteen colours of whoever has the terminal. The others bring their own ground."""
COLOURS = ("red", "yellow", "green", "blue", "magenta", "cyan")
"""Colours by which a context is known."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What whoever opens the view wants it to be at first. keys: a file of other keys, empty for the usual one."""

    board: str = "fleet"
    theme: str = THEMES[0]
    keys: str = ""


def colour_of(context: str, told: str) -> str:
    """The colour of a context: as told; what is called production is red unless told."""
    if told:
        return told
    return "red" if "prod" in context.lower() else ""
