"""Changes out of the fleet's minutes and out of our own plans."""

from __future__ import annotations

from cdctl.application.changing import of_fleet, of_orders
from cdctl.domain.fleet.reading import Minute
from cdctl.domain.orders.keeping import Record


def minute(start: int, region: str, model: str, sw: str, vehicles: int) -> Minute:
    return Minute(start, (region, model, sw), vehicles, vehicles, 0, 0)


def test_a_version_spreads_over_all_models_of_a_region():
    minutes = [
        minute(0, "eu", "i4", "7.50", 60),
        minute(0, "eu", "i5", "7.50", 40),
        minute(60, "eu", "i4", "7.50", 56),
        minute(60, "eu", "i4", "7.60", 4),
        minute(60, "eu", "i5", "7.50", 38),
        minute(60, "eu", "i5", "7.60", 2),
        minute(60, "us", "i4", "7.60", 1),
    ]
    told = [(one.at, one.title, one.version, one.region, one.source) for one in of_fleet(minutes)]
    assert told == [
        (60, "software 7.60 reached 1% of eu", "7.60", "eu", "fleet"),
        (60, "software 7.60 reached 5% of eu", "7.60", "eu", "fleet"),
    ]


def test_vehicles_without_a_version_are_in_the_whole_and_no_change():
    assert of_fleet([minute(0, "eu", "i4", "", 100), minute(60, "eu", "i4", "", 100)]) == []


def record(number: int, targets: int, **more: object) -> Record:
    body = {"command": "parameter.set", "targets": [{}] * targets, "reason": "why", **more}
    return Record(number, 1_000_000, "plan", f"plan{number}", "ada", body, "")


def test_orders_to_many_are_changes_and_orders_to_few_are_none():
    plans = [record(1, 400, rollout={"name": "batch"}), record(2, 3), record(3, 10), record(1, 400)]
    one, other = of_orders(plans)
    assert (one.title, one.by, one.source) == ("parameter.set to 400 vehicles (rollout batch)", "ada", "journal")
    assert (one.at, one.labels) == (1_000, {"reason": "why"})
    assert other.title == "parameter.set to 10 vehicles"


def test_a_plan_that_is_none_is_left_out():
    assert of_orders([Record(1, 0, "plan", "x", "ada", {"targets": "all"}, "")]) == []
