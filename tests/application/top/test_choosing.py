"""Whom a command is for: the vehicles of the fleet on the screen, and what is said where nobody can be told."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from screens import Still, columns, vin

from cdctl.application.fleet import LocalFleet
from cdctl.application.targets import Found
from cdctl.application.top.choosing import MOST, Chooser, Meant
from cdctl.domain.boards.asking import Missing
from cdctl.domain.fleet.selection import SelectionError
from cdctl.domain.orders.plan import Target
from cdctl.errors import RefusedError, UnavailableError, UsageError


def found(chooser: Chooser, *vins: str, where: str = "", targets: tuple[Target, ...] = ()) -> Found:
    return asyncio.run(chooser.found(Meant(vins, where, targets)))


def chooser(count: int = 30, **more: Any) -> Chooser:
    return Chooser(LocalFleet(columns(count), Still()), **{"signals": ("soc",), "regions": ("eu", "us", "cn"), **more})


def test_vehicles_by_their_ids_are_known_with_all_that_the_fleet_tells() -> None:
    selected = found(chooser(), vin(9), vin(1), vin(1)).selected
    assert selected.targets == (Target(vin(1), "us", "i4", "23-07.1"), Target(vin(9), "eu", "i4", "23-07.9"))
    assert (dict(selected.states), selected.where, selected.left_out) == ({"online": 1, "offline": 1}, "", {})


def test_a_filter_finds_what_the_table_shows() -> None:
    selected = found(chooser(), where="region:eu online").selected
    assert [one.vin for one in selected.targets] == [vin(n) for n in range(0, 30, 3) if n % 10 != 9]
    assert (selected.where, dict(selected.states)) == ("region:eu online", {"online": 9})
    assert found(chooser(), where="region:mars").selected.targets == ()
    assert found(chooser(), where="soc<20").selected.left_out == {"soc": 30}


def test_one_that_the_fleet_does_not_know() -> None:
    only = chooser(regions=("eu",))
    selected = found(only, "WBANEVERHEARD0001", vin(0)).selected
    assert [one.region for one in selected.targets] == ["eu", "eu"]
    assert dict(selected.states) == {"online": 1, "not heard of": 1}
    with pytest.raises(UnavailableError, match="in which region it is"):
        found(chooser(), "WBANEVERHEARD0001")
    before = Target("WBANEVERHEARD0001", "us")
    assert found(chooser(), before.vin, targets=(before,)).selected.targets == (before,)


@pytest.mark.parametrize(
    ("vins", "where", "error", "why"),
    [
        ((), "", UsageError, "choose vehicles first"),
        ((vin(1),), "online", UsageError, "choose vehicles first"),
        (("a+b\x1b",), "", UsageError, "no id of a vehicle"),
        ((), "regio:eu", SelectionError, "regio"),
        (tuple(map(str, range(MOST + 1))), "", RefusedError, "10,001 vehicles"),
        ((), "soc<20", RefusedError, "it tells where a vehicle is"),
    ],
)
def test_what_cannot_be_meant(vins: tuple[str, ...], where: str, error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        found(chooser(hidden=("soc",)), *vins, where=where)


def test_more_vehicles_than_can_be_told_are_for_a_rollout() -> None:
    with pytest.raises(RefusedError, match=r"these are 10,800 vehicles, and 10,000") as error:
        found(chooser(12_000), where="online")
    assert "cdctl rollout start" in error.value.hint


def test_where_there_is_no_fleet() -> None:
    gone = Missing("no broker answers", "cdctl broker ping")
    with pytest.raises(UnavailableError, match="no broker answers"):
        found(Chooser(gone, regions=("eu",)), where="online")
    assert found(Chooser(gone, regions=("eu",)), "V1").selected.targets == (Target("V1", "eu"),)


def test_a_thousand_of_many_are_found_at_once() -> None:
    many = chooser(300_000)
    wanted = [vin(number) for number in range(0, 300_000, 300)]
    begin = time.perf_counter()
    selected = found(many, *wanted).selected
    assert time.perf_counter() - begin < 3
    assert [one.vin for one in selected.targets] == wanted
