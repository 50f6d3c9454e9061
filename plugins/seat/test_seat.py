"""The seat commands, through the real loader."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cdctl.testing.commands import Told, check_commands
from cdctl.testing.contract import ContractError
from cdctl.testing.plugins import catalogue_of, check_folder

FOLDER = Path(__file__).parent
TELLINGS = [
    Told("seat.heat", {"level": "2"}, good={"level": 2, "before": 0}, bad={"level": 0, "before": 0}),
    Told("seat.heat", {"seat": "passenger"}, good={"level": 1, "before": 3}),
    Told("seat.off", good={"level": 0, "before": 1}, bad={"level": 1}),
]


def test_the_folder_is_a_good_plugin() -> None:
    assert [finding for finding in check_folder(FOLDER) if not finding.passed] == []


def test_contract() -> None:
    check_commands(catalogue_of(FOLDER).load("commands", "seat"), TELLINGS)


def test_a_telling_that_is_wrong_is_found() -> None:
    wrong = [*TELLINGS, replace(TELLINGS[0], bad={"level": 2})]
    with pytest.raises(ContractError, match="is to be no success"):
        check_commands(catalogue_of(FOLDER).load("commands", "seat"), wrong)


def test_what_was_before_comes_back() -> None:
    heat = catalogue_of(FOLDER).command("seat.heat")
    assert heat.revert is not None
    arguments = {"seat": "driver", "level": 2}
    assert heat.revert(arguments, {"before": 0}) == ("seat.off", {"seat": "driver"})
    assert heat.revert(arguments, {"before": 3}) == ("seat.heat", {"seat": "driver", "level": 3})
    assert heat.revert(arguments, {"before": 2}) is None
    with pytest.raises(ValueError, match="how warm"):
        heat.revert(arguments, {"before": 9})
