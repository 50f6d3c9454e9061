"""Sets of trouble codes: kept once, given anew when the room is full."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.fleet.layout import HEADER
from cdctl.domain.fleet.troubles import MOST, NONE, UNKNOWN, Troubles


@pytest.fixture
def column() -> np.ndarray:
    return np.zeros(6, np.uint32)


def table(sets: int = 8, places: int = 20) -> Troubles:
    parts = {
        "dtc_names": np.zeros(100, "S16"),
        "dtc_ends": np.zeros(sets, "u4"),
        "dtc_places": np.zeros(places, "u2"),
    }
    return Troubles(parts, np.zeros(1, HEADER))


def test_a_set_has_one_code_whatever_its_order(column):
    ours = table()
    assert ours.code(["P2", "P1"], column) == ours.code(["P1", "P2", "P1"], column)
    assert ours.sets()[ours.code(["P2", "P1"], column)] == ("P1", "P2")
    assert ours.code([], column) == NONE
    assert ours.sets()[UNKNOWN] == ours.sets()[NONE] == ()


def test_names_that_cannot_be_are_left_out_and_a_vehicle_has_so_many_at_most(column):
    ours = table(places=100)
    code = ours.code(["P1", "", "x" * 17, "é", "\x1b"], column)
    assert ours.sets()[code] == ("P1",)
    assert (ours.unfit, ours.refused) == (4, 0)
    code = ours.code([f"P{number:03d}" for number in range(MOST + 1)], column)
    assert ours.sets()[code] == tuple(f"P{number:03d}" for number in range(MOST))


@pytest.mark.parametrize(("sets", "places"), [(8, 200), (100, 12)])
def test_when_the_room_is_full_sets_that_nobody_has_make_place(column, sets, places):
    ours = table(sets, places)
    for number in range(300):
        row = number % 3
        column[row] = ours.code([f"P{number % 40}", f"C{number % 7}"], column)
        assert ours.sets()[column[row]] == tuple(sorted([f"P{number % 40}", f"C{number % 7}"]))
        for other in range(min(3, number)):
            before = number - (row - other) % 3
            assert ours.sets()[column[other]] == tuple(sorted([f"P{before % 40}", f"C{before % 7}"]))
    assert ours.epoch > 0
    assert ours.epoch % 2 == 0
    assert column[3:].tolist() == [UNKNOWN] * 3


def test_when_all_sets_are_in_use_a_new_one_is_not_known(column):
    ours = table(sets=5)
    for row in range(3):
        column[row] = ours.code([f"P{row}"], column)
    assert ours.code(["P9"], column) == UNKNOWN
    assert ours.refused == 1
    assert [ours.sets()[code] for code in column[:3]] == [("P0",), ("P1",), ("P2",)]


def test_a_reader_follows_codes_that_are_given_anew(column):
    parts = {"dtc_names": np.zeros(50, "S16"), "dtc_ends": np.zeros(6, "u4"), "dtc_places": np.zeros(20, "u2")}
    header = np.zeros(1, HEADER)
    writer, reader = Troubles(parts, header), Troubles(parts, header)
    assert reader.sets() == [(), ()]
    for number in range(12):
        column[0] = writer.code([f"P{number}"], column)
        assert reader.sets()[column[0]] == (f"P{number}",)
        assert writer.epoch == reader.epoch == 2 * (number // 4 if number < 4 else 1 + (number - 4) // 3)


def test_what_a_reader_has_does_not_grow_under_its_hand(column):
    ours = table()
    ours.code(["P1"], column)
    before = ours.sets()
    kept = list(before)
    ours.code(["P2"], column)
    assert ours.sets() == [*kept, ("P2",)]
    assert before == kept
