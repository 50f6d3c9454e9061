"""Curves in dots: what hangs together, what does not, and whose a cell is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cdctl.panels.chart_canvas import HIGH, WIDE, draw, pieces


def text(values: list[float], width: int, height: int) -> list[str]:
    bits, owner = draw([np.array(values)], width, height, 0, 10)
    return ["".join(part for part, _ in pieces(bits[row], owner[row], ["a"], (" ", ""))) for row in range(height)]


def test_a_rise_and_a_fall():
    assert text([0, 10, 0], 3, 2) == [" ⡗⡄", "⡸ ⢱"]
    assert text([10] * 8, 4, 1) == ["⠉⠉⠉⠉"]
    assert text([0] * 8, 4, 2) == ["    ", "⣀⣀⣀⣀"]


def test_a_jump_hangs_together_and_a_gap_does_not():
    assert text([0, 0, 10, 10], 2, 1) == ["⣀⠏"]
    (gap,) = text([10, 10, np.nan, np.nan, 10, 10], 3, 1)
    assert gap == "⠉ ⠉"


def test_the_curve_in_front_has_the_cell():
    bits, owner = draw([np.full(4, 10.0), np.full(4, 10.0)], 2, 2, 0, 10)
    assert pieces(bits[0], owner[0], ["a", "b"], (".", "g")) == [("⠉⠉", "b")]
    assert pieces(bits[1], owner[1], ["a", "b"], (".", "g")) == [("..", "g")]


@given(
    arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 10) | st.just(float("nan"))),
    st.integers(1, 20),
    st.integers(1, 8),
)
def test_every_value_has_a_dot_and_nothing_else_has_one_beyond_its_neighbours(values, width, height):
    bits, owner = draw([values], width, height, 0, 10)
    known = np.flatnonzero(np.isfinite(values))
    assert bool(bits.any()) == bool(len(known))
    assert ((owner > 0) == (bits > 0)).all()
    columns = WIDE * width
    for place in known.tolist():
        at = columns - 1 if len(values) == 1 else int(np.rint(place * (columns - 1) / (len(values) - 1)))
        row = int(np.rint((HIGH * height - 1) * (1 - values[place] / 10)))
        near = bits[min(row // HIGH, height - 1), at // WIDE]
        above = bits[max(row - 1, 0) // HIGH, at // WIDE]
        below = bits[min(row + 1, HIGH * height - 1) // HIGH, at // WIDE]
        assert near or above or below
