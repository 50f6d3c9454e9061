"""Events joined with what their vehicles were at that moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cdctl.domain.fleet.asof import AsOf, Facts
from cdctl.domain.fleet.reading import Happening
from cdctl.domain.why.events import Column, Events, recoded
from cdctl.domain.why.joining import join


def events() -> Events:
    at = np.array([10, 20, 20, 20], np.int64)
    region = Column("region", recoded(["cn", "", "", ""]), "span")
    one = np.ones(4)
    return Events(one, one, one, at, (region,), recoded(["A", "A", "B", ""]))


FLEET = AsOf(
    {"A": Facts("eu", "i4", "2"), "C": Facts("us", "ix", "1")}, [Happening(15, "A", "eu", "sw.changed", "2")], 0
)


def texts(told: Events, name: str) -> list[str]:
    coded = next(column.coded for column in told.columns if column.name == name)
    return ["" if code < 0 else coded.values[code] for code in coded.codes]


def test_every_event_has_what_its_vehicle_was_then() -> None:
    found = join(events(), FLEET)
    assert texts(found.events, "sw") == ["", "2", "", ""]
    assert texts(found.events, "model") == ["i4", "i4", "", ""]
    assert {column.origin for column in found.events.columns} == {"fleet"}


def test_what_an_event_says_goes_first() -> None:
    assert texts(join(events(), FLEET).events, "region") == ["cn", "eu", "", ""]


def test_those_that_name_no_vehicle_that_is_known_are_counted() -> None:
    found = join(events(), FLEET)
    assert (found.nameless, found.assumed) == (0.5, 0.0)
    assert join(events(), AsOf({}, (), None)).nameless == 1
    assert join(replace(events(), vehicle=None), FLEET).nameless == 1
    assert join(events(), AsOf({"A": Facts("eu", "i4", "2")}, (), None)).assumed == 0.5
