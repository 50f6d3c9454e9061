"""Aggregates of a fleet, against the counts of `fleet stats` and plain Python over the same vehicles."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.fleet import groups
from cdctl.domain.fleet.batch import Batch, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.pivot import BY, Pivot, pivot
from cdctl.domain.fleet.reading import FleetStatus
from cdctl.domain.fleet.tables import tally
from cdctl.domain.fleet.view import FleetView

NOW = 1_800_000_000_000
STATUS = FleetStatus(at=0)
CARS = [
    # vin, region, presence, sw, trouble codes (None: not told)
    ("WBA1", "eu", Presence.ONLINE, "23-07.9", ()),
    ("WBA2", "eu", Presence.OFFLINE, "23-07.9", ("P0A9B",)),
    ("WBA3", "eu", Presence.ONLINE, "23-07.60", ("P0A9B", "U0100")),
    ("WBA4", "us", Presence.ONLINE, "", None),
    ("WBA5", "us", Presence.ONLINE, "23-07.9", None),
]


@pytest.fixture
def cars(make) -> Columns:
    fleet = make(links=("eu", "us"))
    for vin, region, presence, sw, codes in CARS:
        births = [Standing(vin, presence, region, 1, None, "i4", sw, dtcs=codes)]
        fleet.apply(Batch(standings=births, vins=[vin], regions=[region], ts=[0]), NOW, region)
    fleet.expect(["NEVER"], ["eu"], ["i4"], [""])
    return fleet


def view(fleet: Columns) -> FleetView:
    return FleetView(fleet, NOW + 10_000)


def counted(found: Pivot) -> list[tuple[object, ...]]:
    """As `tally` tells it."""
    numbers = (found.vehicles, found.online, found.offline, found.unknown)
    return [(*group, *counts) for group, *counts in zip(found.groups, *(one.tolist() for one in numbers), strict=True)]


@pytest.mark.parametrize("by", [("region",), ("region", "sw"), ("sw", "state", "region"), BY])
def test_its_counts_are_those_of_fleet_stats(cars, by):
    found, told = pivot(view(cars), by), tally(view(cars), by, None, {}, STATUS)
    assert counted(found) == told.rows
    assert (found.matched, found.left_out) == (told.matched, 0)
    rest = [row[len(by)] - sum(row[len(by) + 1 :]) for row in told.rows]
    assert found.never_seen.tolist() == rest


def test_trouble_codes_are_counted_of_those_who_told(cars):
    found = pivot(view(cars), ("region",))
    told = dict(zip(found.groups, zip(found.told.tolist(), found.faulty.tolist(), strict=True), strict=True))
    assert told == {("eu",): (3, 2), ("us",): (0, 0)}


def test_messages_are_counted_since_then_even_when_counters_come_round(cars):
    cars.messages[:5] = [10, 20, 0xFFFFFFFF, 5, 0]
    before = view(cars).number("messages")
    cars.messages[:5] = [13, 20, 4, 5, 7]
    cars.expect(["NEW"], ["us"], ["i4"], [""])
    cars.messages[6] = 2
    assert pivot(view(cars), ("region",)).said is None
    found = pivot(view(cars), ("region",), before=before)
    assert dict(zip(found.groups, found.said.tolist(), strict=True)) == {("eu",): 3 + 5, ("us",): 7 + 2}
    some = pivot(view(cars), ("region",), np.array([True, False, False, True, True, False, True]), before)
    assert dict(zip(some.groups, some.said.tolist(), strict=True)) == {("us",): 7 + 2, ("eu",): 3}


def test_many_possible_groups_are_counted_alike(cars, monkeypatch):
    before = np.zeros(6, np.uint32)
    few = pivot(view(cars), ("region", "sw", "state"), before=before)
    monkeypatch.setattr(groups, "CELLS", 1)
    many = pivot(view(cars), ("region", "sw", "state"), before=before)
    assert counted(many) == counted(few)
    assert many.said.tolist() == few.said.tolist()
    assert many.faulty.tolist() == few.faulty.tolist()


def test_of_too_many_groups_the_largest_are_told(cars, monkeypatch):
    whole = pivot(view(cars), ("sw",))
    monkeypatch.setattr("cdctl.domain.fleet.pivot.MOST", 2)
    found = pivot(view(cars), ("sw",))
    assert list(found.groups) == list(whole.groups)[:2]
    assert (found.left_out, found.matched) == (1, 6)


def test_an_empty_fleet_has_no_groups(make):
    found = pivot(view(make()), ("region", "sw"))
    assert list(found.groups) == []
    assert found.matched == 0
