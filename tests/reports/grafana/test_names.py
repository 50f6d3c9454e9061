"""Uids and ids: such as Grafana takes, different for different things, and the same tomorrow."""

from __future__ import annotations

import re

from cdctl.reports.grafana.names import OVERVIEW, ids, uid


def test_a_uid_is_one_that_grafana_takes() -> None:
    long = ["x" * 63, "x" * 62, "x" * 62 + "y", "remote-command", "a" * 30, "a" * 31, "slo-overview"]
    found = [uid(name) for name in long]
    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,40}", one) for one in [*found, OVERVIEW])
    assert len({*found, OVERVIEW}) == len(long) + 1
    assert uid("remote-command") == "cdctl-slo-remote-command"
    assert uid("x" * 63) == "cdctl-slo-xxxxxxxxxxxxxxxxx-75220b472182"


def test_an_id_is_told_by_what_is_shown() -> None:
    one, two, three = ids(["a", "b", "c"])
    assert ids(["c", "a"]) == [three, one]
    assert len({one, two, three}) == 3
    assert all(0 < number < 2**31 for number in ids([str(i) for i in range(1000)]))
    assert ids(["a"]) == [1251442964]


def test_two_that_would_have_one_id_have_two() -> None:
    assert ids(["a", "a", "a"]) == [1251442964, 1251442965, 1251442966]
