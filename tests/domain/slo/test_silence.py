"""Silence where traffic was promised."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.slo.objective import ExpectedTraffic
from cdctl.domain.slo.verdict import Verdict
from cdctl.domain.slo.window import Rolling

HOUR = 3600
DAY = 86_400
END = 480_000 * HOUR
MET, BREACHED = Verdict.MET, Verdict.BREACHED


def test_silence_is_charged_and_told(one, hours, day):
    total = np.array([100.0] * 20 + [0.0] * 4)
    slo = day(expected_traffic=ExpectedTraffic(30, 2 * HOUR))
    row = one(slo, hours(total, total, [60.0] * 20 + [0.0] * 4), at=END)
    assert (row.verdict, row.bad, row.total, row.coverage) == (BREACHED, 60, 2060, 1.0)
    assert row.warnings == ("4.0 h without expected traffic are charged as an outage",)
    assert row.burn_rates["1h"] == pytest.approx(100)
    quiet = one(day(), hours(total, total, [60.0] * 20 + [0.0] * 4), at=END, min_coverage="0.5")
    assert (quiet.verdict, quiet.warnings) == (MET, ())


def test_an_outage_longer_than_the_history_is_an_outage(one, hours, day):
    """The counter is scraped and has stood still for as long as anyone remembers."""
    series = hours(0.0, [0.0] * 24)
    assert one(day(), series, at=END).verdict is MET
    row = one(day(expected_traffic=ExpectedTraffic(10, HOUR)), series, at=END)
    assert (row.verdict, row.bad) == (BREACHED, 240)


def test_half_an_event_an_hour_is_not_silence(one, hours, day):
    row = one(day(expected_traffic=ExpectedTraffic(10, HOUR)), hours(0.5, [0.5] * 24), at=END)
    assert (row.verdict, row.total, row.warnings) == (MET, 12, ())


def test_the_return_after_a_long_silence_is_not_charged(promise, one, hours):
    """30 h of silence; the two hours after it hold events of unknown age and are left out, not charged."""
    total = np.array([60.0] * 38 + [0.0] * 30 + [60.0] * 30)
    slo = promise(window=Rolling(4 * DAY), expected_traffic=ExpectedTraffic(10, HOUR))
    row = one(slo, hours(total, total, total), at=END)
    assert row.bad == 300
    assert row.total == 300 + 60 * (96 - 30 - 2)


def test_silence_before_the_window_is_not_told(one, hours, day):
    total = np.array([60.0] * 10 + [0.0] * 20 + [60.0] * 30)
    slo = day(expected_traffic=ExpectedTraffic(10, HOUR))
    row = one(slo, hours(total, total), at=END)
    assert (row.bad, row.warnings) == (0, ())
    assert row.burn_rates["3d"] > 0


def test_only_the_silence_within_the_window_is_told(one, hours, day):
    total = np.array([60.0] * 10 + [0.0] * 20 + [60.0] * 10)
    row = one(day(expected_traffic=ExpectedTraffic(10, HOUR)), hours(total, total), at=END)
    assert row.bad == 140
    assert row.warnings == ("14.0 h without expected traffic are charged as an outage",)
