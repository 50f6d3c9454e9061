"""Texts for Slack: escaped, clipped, and numbers as people read them.

Limits and escapes: https://docs.slack.dev/reference/block-kit/blocks and
https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal

from cdctl.api import Bounds, safe

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))


def plain(text: str, limit: int) -> str:
    """For a plain_text object, where entities are read but no markup. At most `limit` characters, entities whole."""
    escaped = [_ENTITIES.get(char, char) for char in safe(text, limit)]
    if sum(map(len, escaped)) <= limit:
        return "".join(escaped)
    kept: list[str] = []
    room = limit - 1
    for piece in escaped:
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def code(text: str, limit: int = 150) -> str:
    """For mrkdwn: in a code span nothing is formatted, linked or mentioned. A backtick would end it, so none stays."""
    return f"`{plain(text.replace('`', 'ˋ'), limit) or ' '}`"


def percent(ratio: float) -> str:
    """99.9712 %, cut and not rounded: 99.99999 % is not all of it."""
    cut = (Decimal(repr(ratio)) * 100).quantize(Decimal("0.0001"), ROUND_FLOOR)
    return f"{cut.normalize():f} %"


def share(ratio: float) -> str:
    """75 % or -728 %, cut: what is not there is not left."""
    return f"{Decimal(repr(ratio * 100)).quantize(Decimal(1), ROUND_FLOOR):f} %"


def number(value: float) -> str:
    """Three figures, or all of a large number: 0.417, 13.4, 2,500."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{Decimal(f'{value:.3g}'):f}"


def instant(at: int) -> str:
    """2025-06-15 15:10 UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def window(bounds: Bounds) -> str:
    """`28 d`, or the first day of a calendar window."""
    if bounds.kind == "calendar":
        return f"since {instant(bounds.start)}"
    unit, length = next(((unit, length) for unit, length in _UNITS if bounds.seconds % length == 0), ("s", 1))
    return f"{bounds.seconds // length} {unit}"
