"""The one error for a text that is no spanset filter, or one that cdctl does not cover."""

from __future__ import annotations

from cdctl.domain.text import safe
from cdctl.errors import UsageError

_SHOWN = 120
"""Characters of a filter that an error shows on each side of the place."""


class TraceqlError(UsageError):
    """A filter that cannot be understood, or that is TraceQL which cdctl does not cover. `at` is the place in the text,
    in characters from 0; `what` the reason without the picture of the place."""

    def __init__(self, what: str, text: str, at: int, *, hint: str = "") -> None:
        start = max(0, at - _SHOWN)
        before = safe(text[start:at], 10_000)
        super().__init__(
            f"{what}\n    {before}{safe(text[at : at + _SHOWN], 10_000)}\n    {' ' * len(before)}^", hint=hint
        )
        self.what = what
        self.at = at
