"""Vehicles of whom one page is at hand: what is known of an order, and what is told of those on it."""

from __future__ import annotations

import pytest

from cdctl.domain.boards.columned import RowOrder
from cdctl.domain.boards.paged import PageOrder, PageVehicles, leaf
from cdctl.domain.boards.vehicles import Nobody
from cdctl.domain.fleet.reading import FleetStatus, Page, Query
from cdctl.domain.fleet.view import fields_of

FIELDS = fields_of(("soc",))
NAMES = ("vin", "soc", "age")


def page(*rows, offset=0, matched=100, at=1_000.0):
    query = Query("", NAMES, "", 1_000, offset)
    return leaf(query, Page(NAMES, rows, matched, {}, FleetStatus(at)), at)


@pytest.mark.parametrize(
    ("begin", "end", "known"),
    [(250, 253, True), (-9, 1, False), (251, 254, False), (249, 251, False), (100, 100, True), (252, 999, False)],
)
def test_a_page_knows_its_own_places(begin, end, known):
    order = PageOrder(page(("A", 1.0, 2.0), ("B", 1.0, 2.0), ("C", 1.0, 2.0), offset=250, matched=900))
    assert order.holds(begin, end) == known
    assert len(order) == 900


def test_the_last_page_ends_with_the_order():
    order = PageOrder(page(("A", 1.0, 2.0), ("B", 1.0, 2.0), offset=98))
    assert order.holds(98, 500)
    assert order.handles(97, 500) == [None, "A", "B"]
    assert [order.place(one) for one in ("A", "B", "C", None, 1)] == [98, 99, None, None, None]
    assert PageOrder(page(matched=0)).handles(0, 10) == []


def test_ages_go_on_and_what_is_no_field_is_not_told():
    order = PageOrder(page(("A", 1.0, 2.0), ("B", None, None)))
    seen = PageVehicles({}, {name: field for name, field in FIELDS.items() if name != "soc"}, 1_030.5)
    assert seen.told(order, ["A", "B"], ["age", "vin", "soc", "colour"]) == [
        [32.5, None], ["A", "B"], [None, None], [None, None],
    ]  # fmt: skip
    assert PageVehicles({}, FIELDS, 900.0).told(order, ["A"], ["age"]) == [[2.0]]  # our clock was set back


def test_the_newest_page_tells_and_who_left_it_is_as_he_was():
    old, new = page(("A", 1.0, 2.0), ("B", 1.0, 2.0)), page(("B", 9.0, 0.0), ("C", 9.0, 0.0), at=1_010.0)
    seen = PageVehicles({new.query: new}, FIELDS, 1_010.0)
    assert seen.told(PageOrder(old), ["A", "B"], ["soc", "age"]) == [[1.0, 9.0], [12.0, 0.0]]
    assert seen.told(PageOrder(old), ["Z"], ["soc"]) == [[None]]
    assert seen.told(Nobody(), ["A"], ["soc"]) == [[None]]
    assert seen.vin("A") == "A"


def test_an_order_of_rows_knows_all_of_them():
    import numpy as np

    order = RowOrder(np.array([5, 3, 9]))
    assert (len(order), order.holds(0, 99), order.handles(1, 99)) == (3, True, [3, 9])
    assert [order.place(one) for one in (9, 4, None, "9")] == [2, None, None, None]
