"""What is remembered, how far back, and in how much memory."""

from __future__ import annotations

import numpy as np

from cdctl.domain.fleet.past import Past
from cdctl.domain.fleet.trend import EVERY, REACH, Trend

NOW = 1_800_000_000.0


def test_one_thing_a_while_as_far_back_as_meant():
    past: Past[int] = Past(15, 60)
    assert past.oldest(NOW) is None
    for second in range(200):
        past.keep(NOW + second, lambda second=second: second)
        found = past.oldest(NOW + second)
        assert (found is None) == (second < 15)
        assert found is None or 15 <= second - found[1] < 75
        assert len(past) <= 6
    assert past.oldest(NOW + 199) == (NOW + 135, 135)


def test_what_is_much_older_than_meant_is_not_taken_for_it():
    past: Past[int] = Past(15, 60)
    for second in (0, 15, 30, 1000):
        past.keep(NOW + second, lambda second=second: second)
    assert past.oldest(NOW + 1000) is None
    assert past.oldest(NOW + 1015) == (NOW + 1000, 1000)


def test_a_clock_that_is_set_back_begins_anew():
    past: Past[int] = Past(15, 60)
    past.keep(NOW, lambda: 1)
    past.keep(NOW - 3600, lambda: 2)
    assert past.oldest(NOW - 3600 + 20) == (NOW - 3600, 2)


def change(trend: Trend, at: float, counts: dict[str, int], **more: bool) -> dict[str, float]:
    groups = [(name,) for name in counts]
    found = trend.change(NOW + at, groups, np.array(list(counts.values())), **more)
    return {name: value for name, value in zip(counts, found.tolist(), strict=True) if value == value}


def test_more_and_fewer_than_a_while_ago():
    trend = Trend()
    assert change(trend, 0, {"eu": 10, "us": 5}) == {}
    assert trend.seconds(NOW + 5) is None
    assert change(trend, 20, {"us": 7, "eu": 8}) == {"us": 2, "eu": -2}
    assert trend.seconds(NOW + 20) == 20
    assert change(trend, 40, {"us": 7, "cn": 3}) == {"us": 2, "cn": 3}, "nobody was there before"
    for at in range(75, int(REACH) * 2, int(EVERY)):
        change(trend, at, {"eu": 100, "us": 1})
    assert change(trend, 2 * REACH, {"eu": 101, "us": 1}) == {"eu": 1, "us": 0}


def test_groups_that_were_not_told_then_are_not_taken_for_empty():
    trend = Trend()
    change(trend, 0, {"eu": 10}, whole=False)
    assert change(trend, 20, {"eu": 11, "us": 4}, whole=False) == {"eu": 1}
    change(trend, 3 * REACH, {"eu": 10}, whole=False)
    assert change(trend, 3 * REACH + 20, {"eu": 11, "us": 4}) == {"eu": 1}, "us was known before, and not told then"


def test_groups_of_a_whole_day_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr("cdctl.domain.fleet.trend.MOST", 100)
    trend = Trend()
    for at in range(0, 3000, 15):
        change(trend, at, {f"sw {at} {n}": 1 for n in range(40)})
        assert len(trend._places) <= 100
