"""Panels on the grid: nothing overlaps, nothing is beyond it, and no line has a hole that is not wanted."""

from __future__ import annotations

from cdctl.reports.grafana.layout import broken, even, placed
from cdctl.reports.grafana.panels import Panel


def panels(count: int) -> list[Panel]:
    return [Panel(str(i), {}) for i in range(count)]


def places(*lines: object) -> list[tuple[int, ...]]:
    found = [one["gridPos"] for one in placed(lines)]  # type: ignore[arg-type]
    return [tuple(place[key] for key in "xywh") for place in found]  # type: ignore[index]


def test_a_line_is_shared_evenly() -> None:
    assert places(even(1, panels(1)), even(7, panels(4)), even(5, panels(2))) == [
        (0, 0, 24, 1),
        *((x, 1, 6, 7) for x in (0, 6, 12, 18)),
        (0, 8, 12, 5),
        (12, 8, 12, 5),
    ]


def test_an_empty_line_takes_no_room() -> None:
    assert places(even(7, []), even(1, panels(1))) == [(0, 0, 24, 1)]


def test_a_line_is_broken_where_the_grid_ends() -> None:
    one, two, three, four = panels(4)
    lines = broken(5, [(8, one), (4, two), (8, three), (8, four)])
    assert [[width for width, _ in line] for _, line in lines] == [[8, 4, 8], [8]]
    assert broken(5, []) == []
