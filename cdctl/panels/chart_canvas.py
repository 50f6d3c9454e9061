"""Curves in braille: two columns and four rows of dots in each cell. Where there is no value, there is no dot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.boards.drawing import Piece
from cdctl.domain.slo.series import Floats

_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint16)
"""Bits of the dots of a cell, by row and column (Unicode, "Braille Patterns")."""
_BLANK = 0x2800
WIDE, HIGH = 2, 4
"""Dots of a cell."""
Cells = NDArray[np.uint16]


def draw(curves: Sequence[Floats], width: int, height: int, low: float, high: float) -> tuple[Cells, Cells]:
    """Dots of each cell [height, width] as bits, and whose they are: 0 for nobody, else 1 and more. Each curve has a
    value for every one of the same instants, the first at the left edge, the last at the right; NaN where there is
    none. low, high: values at the edges. A later curve is in front."""
    bits, owner = np.zeros((height, width), np.uint16), np.zeros((height, width), np.uint16)
    rows = np.arange(HIGH * height)[:, None]
    for number, values in enumerate(curves, 1):
        lowest, highest = _reach(HIGH * height - 1 - (values - low) / (high - low) * (HIGH * height - 1), WIDE * width)
        dots = (rows >= lowest) & (rows <= highest)  # NaN is neither
        cells = (dots.reshape(height, HIGH, width, WIDE) * _DOTS[:, None, :]).sum(axis=(1, 3), dtype=np.uint16)
        bits |= cells
        owner[cells > 0] = number
    return bits, owner


def _reach(places: Floats, columns: int) -> tuple[Floats, Floats]:
    """From which row of dots to which each column of dots is filled, so that what belongs together hangs together."""
    at = np.linspace(0, columns - 1, len(places)) if len(places) > 1 else np.array([columns - 1.0])
    between = np.interp(np.arange(columns), at, places) if len(places) > 1 else np.full(columns, np.nan)
    lowest, highest = between.copy(), between.copy()
    own = np.rint(at).astype(int)
    known = np.isfinite(places)
    np.fmin.at(lowest, own[known], places[known])  # a value alone between gaps, and all of many in one column
    np.fmax.at(highest, own[known], places[known])
    lowest, highest = np.rint(lowest), np.rint(highest)
    before_low, before_high = lowest[:-1].copy(), highest[:-1].copy()
    lowest[1:] = np.where(lowest[1:] > before_high + 1, before_high + 1, lowest[1:])
    highest[1:] = np.where(highest[1:] < before_low - 1, before_low - 1, highest[1:])
    return lowest, highest


def pieces(bits: NDArray[np.uint16], owner: NDArray[np.uint16], roles: Sequence[str], ground: Piece) -> list[Piece]:
    """A row of cells, neighbours of the same role in one piece. ground: what stands where no dot is."""
    found: list[Piece] = []
    sign, role_of_none = ground
    for cell, whose in zip(bits.tolist(), owner.tolist(), strict=True):
        text, role = (chr(_BLANK + cell), roles[whose - 1]) if whose else (sign, role_of_none)
        if found and found[-1][1] == role:
            found[-1] = (found[-1][0] + text, role)
        else:
            found.append((text, role))
    return found
