"""The question how a PromQL query went over time, and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.boards.asking import Ask
from cdctl.domain.slo.series import Floats, Span

MOST_POINTS = 2_000
"""Points of a curve: more than any screen has, and far from what servers refuse."""
STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Graph(Ask):
    """A query over the last `span` seconds, a value each `step` seconds. Answer: Graphed."""

    query: str
    span: int
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One series. values: [points], NaN where there is none, or one that is no finite number. odd: the last of its
    points is no finite number."""

    labels: Mapping[str, str]
    values: Floats
    odd: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Graphed:
    """span: the instants of the points are its `ends`. curves: the largest ones, in the order of their labels. series:
    how many there were. notes: what the server warned of."""

    span: Span
    curves: Sequence[Curve]
    series: int
    notes: tuple[str, ...] = ()


def step_of(span: int, points: int, least: int = 0) -> int:
    """Seconds between two points, so that there are about so many: round ones, so that a screen that becomes a bit
    wider asks the same. least: as told in the settings."""
    fewest = max(span / max(points, 1), span / MOST_POINTS)
    step = next((step for step in STEPS if step >= fewest), STEPS[-1])
    return max(least, -(-span // MOST_POINTS)) if least else step
