"""What a source suspects from the part of a window that it was asked for, and only the whole window confirms.

A ledger answers for most of a window, so a source sees the last minutes of it. That nothing came in those says little;
that nothing came in all of them, and nothing counted in the rest, is worth a word on every run.
"""

from __future__ import annotations

from collections.abc import Iterable

NO_GOOD = "good returned nothing while total did: counted as 0 good; is a metric or label renamed?"
NO_BAD = "bad returned nothing: counted as 0 bad; right if nothing ever failed, wrong if a label is misspelt"


def confirmed(warnings: Iterable[str], good: float, total: float) -> tuple[str, ...]:
    """The warnings that hold for a window of so many events; all that is no suspicion stays."""
    return tuple(
        text
        for text in warnings
        if (text != NO_GOOD or (total > 0 and good <= 0)) and (text != NO_BAD or (total > 0 and good >= total))
    )
