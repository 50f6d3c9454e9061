"""The contract kit for inventories: what ships keeps it, and every broken twin is found out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cdctl.application import wiring
from cdctl.domain.fleet.inventory import Listed, Remarks
from cdctl.domain.ports import Plugin
from cdctl.domain.settings import Settings
from cdctl.errors import UnavailableError
from cdctl.testing.contract import ContractError
from cdctl.testing.inventories import MOST, check_inventory


def test_what_ships_keeps_the_contract(tmp_path: Path) -> None:
    doors = wiring.catalogue(Settings())
    (tmp_path / "fleet.csv").write_text("vin\nA1\nA2\n")
    good, none = ({"file": str(tmp_path / name)} for name in ("fleet.csv", "none.csv"))
    check_inventory(doors.load("inventory", "csv"), ["A1", "A2"], settings=good, failing=none)
    check_inventory(doors.load("inventory", "births"), [])


def plugin_of(make: Callable[[], Any], failing: Callable[[], Any] = list) -> Plugin:
    return Plugin(1, "inventory", "twin", "1", "a test", lambda settings: failing() if "none" in settings else make())


class Twin:
    """Lists two vehicles."""

    runs: Sequence[Sequence[Any]] = ([Listed("A1", "eu")], [Listed("A2")])

    def __init__(self) -> None:
        self.left = list(self.runs)

    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        for run in self.runs:
            yield run


class Absent(Twin):
    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        raise UnavailableError("nobody is there")
        yield ()


class Buggy(Twin):
    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        raise KeyError("lost")
        yield ()


class Mute(Twin):
    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        raise UnavailableError(" ")
        yield ()


class Once(Twin):
    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        while self.left:
            yield self.left.pop(0)


class Loud(Twin):
    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        print("reading")
        for run in self.runs:
            yield run


class Clinging(Twin):
    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        try:
            for run in self.runs:
                yield run
        except GeneratorExit:
            raise OSError("not yet") from None


def listing(*runs: Sequence[Any]) -> type[Twin]:
    return type("Listing", (Twin,), {"runs": runs})


def test_a_good_one_passes() -> None:
    check_inventory(plugin_of(Twin, Absent), ["A1", "A2"], failing={"none": True})
    check_inventory(plugin_of(type("Noted", (Twin,), {"remarks": lambda self: Remarks(2)})), ["A1", "A2"])


@pytest.mark.parametrize(
    ("make", "breach"),
    [
        (listing([Listed("A1")]), "lists 1 vehicles that are not the 2 expected ones"),
        (listing([Listed("A1"), Listed("A 2")]), "lists 'A 2', which is no vehicle's id"),
        (listing([Listed("A1"), "A2"]), "lists a str, not a Listed"),
        (listing([Listed("A1"), Listed("A2", None)]), "fields are not all texts"),  # type: ignore[arg-type]
        (listing([Listed("A1")] * (MOST + 1)), "gives 50,001 vehicles at once"),
        (Once, "lists 0 vehicles that are not the 2 expected ones when it is read again"),
        (Buggy, "vehicles raised KeyError"),
        (Loud, "printed to stdout"),
        (Clinging, "raised OSError when nobody read on: not yet"),
        (type("Remarking", (Twin,), {"remarks": lambda self: "fine"}), "its remarks are no Remarks"),
    ],
)
def test_a_broken_one_is_found_out(make: Callable[[], Any], breach: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_inventory(plugin_of(make), ["A1", "A2"])
    assert breach in str(caught.value)


@pytest.mark.parametrize(
    ("failing", "breach"),
    [
        (Twin, "cannot be asked, yet says nothing"),
        (Buggy, "fails with KeyError, not with UnavailableError"),
        (Mute, "fails without a reason"),
    ],
)
def test_how_it_fails_is_looked_at(failing: Callable[[], Any], breach: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_inventory(plugin_of(Twin, failing), ["A1", "A2"], failing={"none": True})
    assert breach in str(caught.value)
