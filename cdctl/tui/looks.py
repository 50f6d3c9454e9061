"""How the roles of drawn text look: for a terminal in words that Rich knows, for an image in colours."""

from __future__ import annotations

from functools import lru_cache

STYLES = {
    "dim": "bright_black",
    "good": "green",
    "warn": "yellow",
    "bad": "red",
    "title": "cyan",
    "head": "bold",
    "strong": "bold",
    "mark": "bold magenta",
    "cursor": "reverse",
}
"""Sixteen colours, which every terminal shows in its own theme; without colours, bold and reverse are left."""
_COLORS = {
    "bright_black": "#7a828e",
    "green": "#4cb86b",
    "yellow": "#d9a62e",
    "red": "#f2635c",
    "cyan": "#4fb3c9",
    "magenta": "#c77dd9",
}
GROUND, INK = "#11151a", "#d7dde4"
"""Colours of an image where nothing else is said."""


@lru_cache(maxsize=256)
def words(roles: str) -> str:
    """The style of roles, as Rich reads it. Under the cursor colours give way: one bar is found at a glance."""
    if "cursor" in roles.split():
        return STYLES["cursor"]
    return " ".join(STYLES[role] for role in roles.split() if role in STYLES)


@lru_cache(maxsize=256)
def colors(roles: str) -> tuple[str, str, bool]:
    """Ink, ground and whether it is bold, for an image."""
    said = words(roles).split()
    ink = next((_COLORS[word] for word in reversed(said) if word in _COLORS), INK)
    return (GROUND, ink, "bold" in said) if "reverse" in said else (ink, GROUND, "bold" in said)
