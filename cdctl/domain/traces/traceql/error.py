"""The one error for a text that is no spanset filter, or one that cdctl does not cover."""

from __future__ import annotations

from cdctl.domain.grid import cells
from cdctl.domain.text import safe
from cdctl.errors import UsageError

_SHOWN = 60
"""Characters of a filter that an error shows on each side of the place; what is left out is told by a mark."""


class TraceqlError(UsageError):
    """A filter that cannot be understood, or that is TraceQL which cdctl does not cover. `at` is the place in the text,
    in characters from 0; `what` the reason without the picture of the place."""

    def __init__(self, what: str, text: str, at: int, *, hint: str = "") -> None:
        start = max(0, at - _SHOWN)
        before = ("…" if start else "") + safe(text[start:at], 10_000)
        after = safe(text[at : at + _SHOWN], 10_000) + ("…" if at + _SHOWN < len(text) else "")
        super().__init__(f"{what}\n    {before}{after}\n    {' ' * cells(before)}^", hint=hint)
        self.what = what
        self.at = at
