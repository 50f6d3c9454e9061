"""How the roles of drawn text look: for a terminal in words that Rich knows, for an image in colours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cdctl.domain.boards.drawing import SERIES
from cdctl.domain.looks import COLOURS

_SIXTEEN = {
    "dim": "bright_black",
    "good": "green",
    "warn": "yellow",
    "bad": "red",
    "title": "cyan",
    "frame": "bright_black",
    "focus": "cyan",
    "head": "bold",
    "strong": "bold",
    "mark": "bold magenta",
    "cursor": "reverse",
    "": "default on default",
}
_DARK = {
    "dim": "#7a828e",
    "good": "#4cb86b",
    "warn": "#d9a62e",
    "bad": "#f2635c",
    "title": "#4fb3c9",
    "frame": "#4a525c",
    "focus": "#4fb3c9",
    "head": "bold",
    "strong": "bold",
    "mark": "bold #c77dd9",
    "cursor": "reverse",
    "": "#d7dde4 on #11151a",
}
_LIGHT = _DARK | {
    "dim": "#6b7280",
    "good": "#1a7f37",
    "warn": "#8a5a00",
    "bad": "#b42318",
    "title": "#0b6b85",
    "frame": "#b6bdc6",
    "focus": "#0b6b85",
    "mark": "bold #8a2fa8",
    "": "#1b2129 on #fbfcfd",
}
_CONTRAST = _DARK | {
    "dim": "#c8c8c8",
    "good": "#00ff5f",
    "warn": "#ffff00",
    "bad": "bold #ff8080",
    "title": "#00ffff",
    "frame": "#ffffff",
    "focus": "bold #00ffff",
    "mark": "bold #ff87ff",
    "": "#ffffff on #000000",
}
_BLIND = _DARK | {
    "good": "#56b4e9",
    "warn": "#f0e442",
    "bad": "bold #e69f00",
    "title": "#cccccc",
    "focus": "#ffffff",
    "mark": "bold #cc79a7",
}
"""Blue, yellow and orange of Okabe and Ito, "Color Universal Design" (2008): they differ for every kind of sight."""

_CURVES = {
    "terminal": ("cyan", "yellow", "magenta", "green", "bright_blue", "white"),
    "dark": ("#56b4e9", "#e69f00", "#cc79a7", "#3fbf8f", "#f0e442", "#d7dde4"),
    "light": ("#0072b2", "#a85b00", "#9b3d7a", "#00795a", "#6f6400", "#1b2129"),
    "contrast": ("#00ffff", "#ffff00", "#ff87ff", "#00ff5f", "#87afff", "#ffffff"),
}
"""Inks of curves: none of them is the red of what is bad, where there is a choice."""


def _whole(name: str, roles: dict[str, str]) -> dict[str, str]:
    return roles | dict(zip(SERIES, _CURVES.get(name, _CURVES["dark"]), strict=True))


THEMES: Mapping[str, dict[str, str]] = {
    name: _whole(name, roles)
    for name, roles in {
        "terminal": _SIXTEEN,
        "dark": _DARK,
        "light": _LIGHT,
        "contrast": _CONTRAST,
        "colour-blind": _BLIND,
    }.items()
}
"""terminal: sixteen colours, which every terminal shows in its own theme; without colours, bold and reverse are left.
The others bring their own ground."""


@lru_cache(maxsize=512)
def words(roles: str, theme: str = "terminal") -> str:
    """The style of roles, as Rich reads it. Under the cursor colours give way: one bar is found at a glance."""
    styles = THEMES[theme]
    said = roles.split()
    if "cursor" in said:
        return f"{styles['']} {styles['cursor']}"
    known = styles | {colour: f"white on {colour}" for colour in COLOURS}
    return " ".join([styles[""], *(known[role] for role in said if role in known)])


@lru_cache(maxsize=512)
def colors(roles: str, theme: str = "dark") -> tuple[str, str, bool]:
    """Ink, ground and whether it is bold, for an image."""
    said = words(roles, theme if theme != "terminal" else "dark").split()
    inks = [word for place, word in enumerate(said) if (word[0] == "#" or word in _PLAIN) and said[place - 1] != "on"]
    grounds = [word for place, word in enumerate(said) if place and said[place - 1] == "on"]
    ink, ground = _PLAIN.get(inks[-1], inks[-1]), _PLAIN.get(grounds[-1], grounds[-1])
    return (ground, ink, "bold" in said) if "reverse" in said else (ink, ground, "bold" in said)


_PLAIN = {
    "white": "#ffffff",
    "red": "#b3261e",
    "yellow": "#8a6100",
    "green": "#1f7a3a",
    "blue": "#2257a5",
    "magenta": "#8a2fa8",
    "cyan": "#0b6b85",
}
