"""Explanations on a terminal."""

from __future__ import annotations

import pytest
from why_told import incident, told

from cdctl.domain import grid
from cdctl.domain.why.explanation import Explanation
from cdctl.reports.why.terminal import text


@pytest.fixture(scope="module")
def found() -> Explanation:
    return told()


def test_the_answer_stands_first_and_all_parts_follow(found: Explanation) -> None:
    parts = text(found).split("\n\n")
    assert parts[0].startswith("region eu with software 23-07.60: ")
    assert "\n" not in parts[0]
    heads = [part.split()[0] for part in parts[2:]]
    assert heads[:2] == ["burn", "CAUSE"]
    assert "HEAVY" in heads
    assert [head for head in heads if head.endswith(":")] == ["next:"]
    assert text(found).endswith("\n")


def test_the_burn_with_and_without(found: Explanation) -> None:
    lines = [line for line in text(found).splitlines() if line.startswith(("burn  ", "without  "))]
    assert len(lines) == 2
    assert "█" in lines[0]
    assert "█" not in lines[1]


def test_it_fits_a_narrow_terminal(found: Explanation) -> None:
    table = text(found, 100).split("CAUSE")[1].split("\n\n")[0]
    assert max(map(grid.cells, table.splitlines())) <= 120


def test_calm_and_empty_are_short() -> None:
    calm = text(told(incident(rate=0.05, us=0.05, everywhere=0.05)))
    assert "CAUSE" not in calm
    assert "next:" not in calm
    assert text(told(incident(n=0))).startswith("nothing is bad")


def test_ids_of_vehicles_are_masked(found: Explanation) -> None:
    assert "WBA000000000" not in text(found)
    assert "WBA000000000" in text(found, show_vins=True)
