"""Prometheus' notation for test series, expanded exactly as `promtool test rules` does.

    1 2 3         three samples                0+10x4    0 10 20 30 40 (the first and four more)
    5x2           5 5 5                        100-1x2   100 99 98
    _             no sample                    _x3       three times no sample
    stale         the series ends here         NaN Inf   as they are

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from cdctl.domain.slo.series import Floats, Ints
from cdctl.lab.remote_write import STALE

LIMIT = 2_000_000
"""Samples one series may have; more is a slip of the pen (28 days every 5 s are 0.5 million)."""

_NUMBER = r"(?:(?:[Ii][Nn][Ff]|[Nn][Aa][Nn])(?![0-9a-z])|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_ITEM = re.compile(
    rf"(?P<blank>_)(?:x(?P<blanks>\d+))?|(?P<stale>stale)"
    rf"|(?P<first>[+-]?{_NUMBER})(?:(?P<step>[+-]{_NUMBER})?x(?P<times>\d+))?"
)


class NotationError(ValueError):
    """What is wrong with a text of values; `column` counts from 0 inside it."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Samples of one series. slots: [n], which interval each belongs to, from 0; values: [n]; `length` counts all
    intervals, those without a sample too."""

    slots: Ints
    values: Floats
    length: int


def expand(text: str) -> Values:
    """The samples that `text` means. Raises NotationError."""
    parts: list[Floats] = []
    slots: list[Ints] = []
    length = 0
    for word in re.finditer(r"\S+", text):
        values, size = _item(word.group(), word.start())
        length += size
        if length > LIMIT:
            raise NotationError(f"more than {LIMIT} samples", word.start())
        if len(values):
            parts.append(values)
            slots.append(np.arange(length - size, length, dtype=np.int64))
    if not length:
        raise NotationError("no values", 0)
    none = np.empty(0)
    return Values(np.concatenate([*slots, none]).astype(np.int64), np.concatenate([*parts, none]), length)


def _item(word: str, column: int) -> tuple[Floats, int]:
    """The samples of one word, and how many intervals it takes."""
    match = _ITEM.fullmatch(word)
    if match is None:
        hint = (
            "native histograms are not supported" if word.startswith("{") else "write 1, 0+10x5, 3x2, _, _x4 or stale"
        )
        raise NotationError(f"'{word}' is not a value: {hint}", column)
    if match["blank"]:
        return np.empty(0), _count(match["blanks"] or "1", column)
    if match["stale"]:
        return np.array([STALE]), 1
    size = 1 + _count(match["times"] or "0", column)
    steps = np.full(size, float(match["step"] or 0))
    steps[0] = float(match["first"])
    # promtool adds step by step, so the same rounding must happen here.
    with np.errstate(invalid="ignore"):
        return (np.cumsum(steps) if match["step"] else np.full(size, steps[0])), size


def _count(digits: str, column: int) -> int:
    if len(digits) > 9 or int(digits) > LIMIT:
        raise NotationError(f"more than {LIMIT} samples", column)
    return int(digits)
