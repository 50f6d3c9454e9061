"""docs/orders.md cannot drift: its table of commands is what is declared, and every state is explained."""

from __future__ import annotations

import re
from pathlib import Path

from cdctl.application import wiring
from cdctl.domain.orders.order import TERMINAL, State
from cdctl.domain.settings import Settings

DOCS = (Path(__file__).parents[2] / "docs" / "orders.md").read_text(encoding="utf-8")
ROWS = {
    name: cells
    for line in DOCS.partition("## The commands that ship")[2].splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
    for name in re.findall(r"`([^`]+)`", cells[0])
}


def test_every_command_that_ships_has_a_row_and_no_other() -> None:
    assert list(ROWS) == [command.name for command in wiring.catalogue(Settings()).commands()[0]]


def test_risks_and_preconditions_are_those_that_are_declared() -> None:
    for command in wiring.catalogue(Settings()).commands()[0]:
        _, risk, needs, back = ROWS[command.name]
        assert risk.partition(",")[0] == command.risk.value
        assert ("reason" in risk) is command.private
        assert bool(back) is (command.revert is not None)
        if not command.name.endswith(".stop"):  # what stops needs no more than what starts
            assert needs == ", ".join(each.value for each in command.preconditions)


def test_every_state_is_explained() -> None:
    for state in State:
        (line,) = [line for line in DOCS.splitlines() if re.match(rf"\| .*`{state.value}`", line)]
        assert line.endswith("| yes |") is (state in TERMINAL)
