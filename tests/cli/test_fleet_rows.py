"""What people and programs read of vehicles: numbers, truth, and why something is not known."""

from __future__ import annotations

import csv
import json

import pytest

from cdctl.cli import fleet_rows
from cdctl.domain.fleet.reading import Card, FleetStatus, Page

STATUS = FleetStatus(1.0)
PAGE = Page(
    ("vin", "charging", "soc"), [("A", 1.0, 1.0), ("B", 0.0, 0.0), ("C", None, None), ("D", 5.0, 20.5)], 4, {}, STATUS
)
TRUTHS = frozenset({"charging", "locked"})


def test_truth_is_true_or_false_for_programs_and_yes_or_no_for_people():
    render = fleet_rows.page(PAGE, PAGE.columns, TRUTHS)
    told = json.loads(render("json", False, None))["vehicles"]
    assert [row["charging"] for row in told] == [True, False, None, 5.0]
    assert [type(row["soc"]) for row in told] == [float, float, type(None), float]
    assert [row["charging"] for row in csv.DictReader(render("csv", False, None).splitlines())] == [
        "yes",
        "no",
        "",
        "5.0",
    ]
    assert [line.split() for line in render("table", False, None).splitlines()[1:3]] == [
        ["A", "yes", "1"],
        ["B", "no", "0"],
    ]


def shown(form: str, **cells: object) -> str:
    card = Card("A", {"vin": "A", "state": "online", "charging": 1.0, **cells}, (), (), STATUS)
    return fleet_rows.card(card, frozenset(), {}, TRUTHS)(form, False, None)


def test_a_card_has_truth_too():
    assert json.loads(shown("json"))["charging"] is True
    assert ["charging", "yes"] in [line.split() for line in shown("table").splitlines()]


@pytest.mark.parametrize(
    ("cells", "age", "since"),
    [
        ({"age": None, "since": None}, "not heard since we listen", "it was so before we listened"),
        ({"age": 3.0, "since": None}, "3s", "it was so before we listened"),
        ({"age": 3.0, "since": 60.0}, "3s", "1m"),
        ({"age": None, "since": None, "state": "never"}, "only the inventory has it", ""),
    ],
)
def test_why_an_age_is_not_known_is_told_to_people_and_not_to_programs(cells, age, since):
    lines = dict(line.split(maxsplit=1) for line in shown("table", **cells).splitlines())
    assert age in lines["age"]
    assert since in lines.get("since", "")
    assert ("since" in lines) == bool(since)
    told = json.loads(shown("json", **cells))
    assert (told["age"], told["since"]) == (cells["age"], cells["since"])
