"""Codes of many vehicles: each vehicle counts once a code."""

from __future__ import annotations

from cdctl.domain.diagnostics.dtc import parse
from cdctl.domain.diagnostics.health import Trouble
from cdctl.domain.diagnostics.status import Status
from cdctl.domain.diagnostics.tally import tally


def trouble(code: str, status: int | None = None, unit: str = "", mask: int = 0xFF) -> Trouble:
    return Trouble(parse(code), None if status is None else Status(status, mask), unit=unit)


def test_codes_are_counted_by_vehicle_most_first():
    found = tally(
        {
            "A": [trouble("P0A9B-17", 0x8D), trouble("U0100-87", 0x08)],
            "B": [trouble("P0A9B-17", 0x08)],
            "C": [trouble("P0A9B-13", 0x01)],
            "D": [],
        }
    )
    assert [(str(one.code), one.vehicles) for one in found] == [("P0A9B-17", 2), ("P0A9B-13", 1), ("U0100-87", 1)]
    first = found[0]
    assert (first.failing, first.confirmed, first.pending, first.lamp) == (1, 2, 1, 1)
    assert first.vins == ("A", "B")


def test_several_control_units_of_one_vehicle_count_once():
    (one,) = tally({"A": [trouble("U0100-87", 0x08, "tcu"), trouble("U0100-87", 0x01, "bms")]})
    assert (one.vehicles, one.failing, one.confirmed) == (1, 1, 1)


def test_what_a_control_unit_does_not_support_or_tell_is_not_counted():
    (one,) = tally({"A": [trouble("U0100-87", 0xFF, mask=0x08)], "B": [trouble("U0100-87")]})
    assert (one.vehicles, one.failing, one.confirmed, one.lamp) == (2, 0, 1, 0)


def test_nobody_has_anything():
    assert tally({}) == tally({"A": []}) == []
