"""What is asked of the fleet by its fields: names, orders, and the filter that picks a group."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from screens import columns

from cdctl.domain.boards.pivoting import NUMBERS, Aggregate, Aggregated, filter_of, misnamed, order, records
from cdctl.domain.fleet.pivot import BY
from cdctl.domain.fleet.selection import select
from cdctl.domain.fleet.view import FleetView

NAN = float("nan")


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (("region", "sw", "state", "inventory"), ""),
        (("regin",), "did you mean region?"),
        (("\x1b[2J",), r"\x1b[2J' to group by: there are"),
        (("region", "vin"), "vehicles cannot be grouped by vin: by region"),
        ((), "at least one of region, model"),
    ],
)
def test_names_by_which_nobody_can_group_are_told_with_the_nearest(by, said):
    assert said in misnamed(by)
    assert bool(misnamed(by)) == bool(said)


def test_orders_by_numbers_and_by_versions_with_what_is_not_known_last():
    groups = [("eu", "23-07.10"), ("us", None), ("eu", "23-07.9")]
    told = {"online": np.array([3.0, NAN, 1.0])}
    for sort, descending, expected in (
        ("", False, [0, 1, 2]),
        ("online", False, [2, 0, 1]),
        ("online", True, [0, 2, 1]),
        ("sw", False, [2, 0, 1]),
        ("sw", True, [0, 2, 1]),
        ("region", True, [1, 0, 2]),
    ):
        ask = Aggregate(("region", "sw"), "", sort, descending)
        assert order(ask, groups, told).tolist() == expected, (sort, descending)


def test_records_have_whole_numbers_and_nothing_where_nothing_is_known():
    told = {name: np.array([1.0]) for name in NUMBERS} | {"faulty_share": np.array([NAN]), "faulty": np.array([NAN])}
    (row,) = records(Aggregate(("region",)), Aggregated([("eu",)], told))
    assert row["region"] == "eu"
    assert (row["vehicles"], type(row["vehicles"]), type(row["online_share"])) == (1, int, float)
    assert (row["faulty"], row["faulty_share"]) == (None, None)


@pytest.mark.parametrize(
    ("group", "where", "expected", "beyond"),
    [
        (("eu", "23-07.60"), "", "region:eu sw:23-07.60", []),
        (("eu", "a b"), "", 'region:eu sw:"a b"', []),
        (("eu", None), "online", "online region:eu", ["sw"]),
        ((None, None), "online", "", ["region", "sw"]),
        (("eu", "1"), "soc<5 | offline", "(soc<5 | offline) region:eu sw:1", []),
    ],
)
def test_the_filter_of_a_group(group, where, expected, beyond):
    assert filter_of(Aggregate(("region", "sw"), where), group) == (expected, beyond)


def test_every_field_that_groups_can_be_asked_for():
    values = {"state": "online"}
    for name in BY:
        told, beyond = filter_of(Aggregate((name,)), (values.get(name, "yes"),))
        assert (told, beyond) == (f"{name}:{values.get(name, 'yes')}", [])


@given(st.lists(st.text(min_size=1, max_size=12).filter(lambda text: "\0" not in text), min_size=2, max_size=5))
def test_a_filter_picks_its_group_and_no_other_vehicle(texts):
    fleet = columns(0)
    vins = [f"V{number}" for number in range(len(texts))]
    fleet.expect(vins, ["eu"] * len(texts), texts, [""] * len(texts))
    view = FleetView(fleet, 0)
    codes, names = view.coded("model")
    kept = [names[code] for code in codes.tolist()]
    for name in kept:
        told, beyond = filter_of(Aggregate(("model",)), (name or None,))
        if told:
            mask = select(told, view.fields).match(view).mask
            assert mask.tolist() == [other == name for other in kept], told
        else:
            assert beyond == ["model"]
            assert not name.isprintable() or not name
