"""Rows of an earlier memory, minutes by group, and the ring as arrays."""

from __future__ import annotations

import time

import numpy as np

from cdctl.collector.happened import RingReader
from cdctl.collector.looking import Lookout
from cdctl.collector.minutes import MinuteCounter, groups_of
from cdctl.domain.fleet.batch import Batch
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout


class Clock:
    def now(self):
        return time.time()


def columns_of(*standings):
    layout = Layout((), 50_000)
    columns = Columns(layout, bytearray(layout.size))
    columns.apply(Batch(standings=list(standings)), 1_000, "eu")
    return columns


def ids(*numbers):
    return np.array([f"WBA{number:014d}" for number in numbers], "S17")


def test_vehicles_of_an_earlier_memory_are_found_where_they_are_now(make_standing):
    lookout = Lookout(columns_of(*(make_standing(n) for n in (5, 6, 7, 8))), Clock())
    mask = np.array([True, False, False, True])
    wanted = lookout.wanted(mask, "now")
    assert wanted("now", np.array([0, 1, 3, -1, 99], np.int32), lambda: 1 / 0).tolist() == [
        True,
        False,
        True,
        False,
        False,
    ]
    # 5 where it was, 8 elsewhere, 6 elsewhere, one that is no more, and no vehicle at all
    rows = np.array([0, 0, 3, 2, -1], np.int32)
    assert wanted("then", rows, lambda: ids(5, 8, 6, 99, 5)).tolist() == [True, True, False, False, False]


def test_rows_that_come_later_are_found_too(make_standing):
    columns = columns_of(make_standing(5))
    lookout = Lookout(columns, Clock())
    everything = np.ones(10, bool)
    assert lookout.wanted(everything, "now")("then", np.array([3], np.int32), lambda: ids(9)).tolist() == [False]
    columns.apply(Batch(standings=[make_standing(9)]), 1_000, "eu")
    assert lookout.wanted(everything, "now")("then", np.array([3], np.int32), lambda: ids(9)).tolist() == [True]


def test_minutes_count_what_was_said_since_the_last(make_standing):
    columns = columns_of(*(make_standing(n, n > 0, sw=f"v{n % 2}") for n in range(4)))
    counter = MinuteCounter(columns)
    batch = Batch([f"WBA{n:014d}" for n in (0, 1, 1)], ["eu"] * 3, [1_000] * 3)
    columns.apply(batch, 2_000, "eu")
    columns.apply(Batch(standings=[make_standing(9, sw="v9")]), 2_000, "eu")
    counts = counter.count(3_000)
    assert counts["eu", "i4", "v0"][:3] == (2, 1, 1)
    assert counts["eu", "i4", "v1"][:3] == (2, 2, 2)
    assert counts["eu", "i4", "v9"][:2] == (1, 1)
    assert counter.count(4_000)["eu", "i4", "v1"] == (2, 2, 0, 0)


def test_a_counter_that_comes_round_goes_on(make_standing):
    columns = columns_of(make_standing(1))
    columns.messages[0] = 2**32 - 1
    counter = MinuteCounter(columns)
    columns.apply(Batch([f"WBA{1:014d}"] * 3, ["eu"] * 3, [1_000] * 3), 2_000, "eu")
    assert counter.count(3_000)["eu", "i4", "23-07.55"][2] == 3


def test_a_selection_is_about_groups_only_when_groups_can_tell(make_standing):
    lookout = Lookout(columns_of(make_standing(1)), Clock())
    groups = [("eu", "i4", "23-07.5"), ("us", "i4", ""), ("eu", "i7", "23-07.60")]
    assert groups_of(lookout.selection("region:eu sw<23-07.10"), groups, 0).tolist() == [True, False, False]
    assert groups_of(lookout.selection("-model:i7 region:eu"), groups, 0).tolist() == [True, False, False]
    assert not groups_of(lookout.selection("region:eu online"), groups, 0).any()


def test_the_ring_tells_what_is_lost(make_standing):
    columns = columns_of(make_standing(1))
    reader = RingReader(columns, "boot")
    columns.ring.add(5_000, 0, "dtc.set", columns.regions.code("eu"), "P0A9B")
    columns.ring.add(6_000, -1, "link.down", columns.regions.code("eu"))
    told, lost = reader.read()
    assert lost == 0
    assert [(h.at, h.vin, h.region, h.kind, h.detail) for h in told.happenings()] == [
        (5.0, f"WBA{1:014d}", "eu", "dtc.set", "P0A9B"),
        (6.0, "", "eu", "link.down", ""),
    ]
    rows = np.zeros(40_000, np.int64)
    columns.ring.add_many(7_000, rows, "offline", rows)
    told, lost = reader.read()
    assert (len(told), lost, reader.lost) == (32_768, 40_000 - 32_768, 40_000 - 32_768)
    assert (len(reader.read()[0]), reader.lost) == (0, 40_000 - 32_768)
