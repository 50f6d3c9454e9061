"""Vehicles as they were."""

from __future__ import annotations

import numpy as np

from cdctl.domain.fleet.asof import AsOf, Facts, Then
from cdctl.domain.fleet.reading import Happening

NOW = {"A": Facts("eu", "i4", "3"), "B": Facts("us", "", "1"), "C": Facts("us", "ix", "")}
CHANGED = (
    Happening(100, "A", "eu", "sw.changed", "2"),
    Happening(150, "B", "us", "region.moved", "eu -> us"),
    Happening(160, "B", "us", "online", "seq 4"),
    Happening(200, "A", "eu", "sw.changed", "3"),
    Happening(210, "Z", "eu", "sw.changed", "9"),
)


def asked(fleet: AsOf, *moments: tuple[str, int]) -> Then:
    vins = ["A", "B", "C", "X"]
    which = np.array([vins.index(vin) if vin else -1 for vin, _ in moments], np.int32)
    return fleet.then(vins, which, np.array([at for _, at in moments], np.int64))


def told(then: Then, column: str) -> list[str]:
    coded = then.columns[column]
    return ["" if code < 0 else coded.values[code] for code in coded.codes]


def test_a_fact_holds_from_its_change_to_the_next() -> None:
    then = asked(AsOf(NOW, CHANGED, 50), ("A", 99), ("A", 100), ("A", 199), ("A", 200), ("A", 999))
    assert told(then, "sw") == ["", "2", "2", "3", "3"]
    assert told(then, "model") == ["i4"] * 5
    assert not then.assumed.any()


def test_a_move_tells_where_it_was_before() -> None:
    then = asked(AsOf(NOW, CHANGED, 50), ("B", 60), ("B", 149), ("B", 150))
    assert told(then, "region") == ["eu", "eu", "us"]
    assert told(then, "model") == ["", "", ""]


def test_what_never_changed_was_always_so() -> None:
    then = asked(AsOf(NOW, CHANGED, 50), ("C", 60), ("A", 60))
    assert told(then, "region") == ["us", "eu"]


def test_before_anything_was_kept_the_earliest_is_assumed_and_said_so() -> None:
    then = asked(AsOf(NOW, CHANGED, 50), ("B", 49), ("B", 50))
    assert told(then, "region") == ["eu", "eu"]
    assert then.assumed.tolist() == [True, False]
    assert asked(AsOf(NOW, (), None), ("A", 5), ("X", 5)).assumed.tolist() == [True, False]


def test_strangers_and_events_without_a_vehicle_stay_unknown() -> None:
    then = asked(AsOf(NOW, CHANGED, 50), ("X", 60), ("", 60), ("A", 300))
    assert then.named.tolist() == [False, False, True]
    assert told(then, "sw") == ["", "", "3"]
    assert len(AsOf(NOW, CHANGED, 50)) == 3
