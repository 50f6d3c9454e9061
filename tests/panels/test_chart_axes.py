"""Axes: round ticks that hold what is shown, and numbers and moments as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from screens import NOW
from zones import at_greenwich

from cdctl.panels.chart_axes import moments, scale, written

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE, FINITE, st.integers(2, 12), st.sampled_from(["", "s", "B", "ratio", "/s"]))
@example(-1.7e308, 1.7e308, 5, "")
@example(0.0, 5e-324, 5, "")
@example(1e16, 1e16 + 2, 5, "")
def test_an_axis_holds_what_it_is_made_for(one, other, most, unit):
    low, high = sorted((one, other))
    axis = scale(low, high, most, unit)
    assert axis.low < axis.high
    assert math.isfinite(axis.high - axis.low)
    reach = 1e-6 * max(abs(low), abs(high)) + 1e-200
    if abs(low) < 1e300 and abs(high) < 1e300:
        assert axis.low <= low + reach
        assert axis.high >= high - reach
    assert 1 <= len(axis.ticks) <= most + 3
    assert len(axis.labels()) == len(axis.ticks)


@pytest.mark.parametrize(
    ("low", "high", "unit", "labels"),
    [
        (3, 95, "", ["0", "20", "40", "60", "80"]),
        (990, 1000, "", ["990", "992", "994", "996", "998", "1,000"]),
        (0.0001, 0.0005, "s", ["0", "100µs", "200µs", "300µs", "400µs", "500µs"]),
        (0.9912, 0.9999, "ratio", ["99.2%", "99.4%", "99.6%", "99.8%", "100.0%"]),
        (5, 5, "", ["0", "2", "4", "6", "8", "10"]),
        (0, 0, "", ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-3, 7, "", ["-2", "0", "2", "4", "6"]),
        (1e6, 3.3e6, "B", ["0", "1MiB", "2MiB", "3MiB"]),
        (12345, 67890, "/s", ["0", "20k", "40k", "60k"]),
    ],
)
def test_ticks_are_round(low, high, unit, labels):
    assert scale(low, high, 6, unit).labels() == labels


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234.5, "/s", "1.23k/s"),
        (1234.5, "", "1.23k"),
        (12.0, "vehicles", "12 vehicles"),
        (0.9991, "ratio", "99.9%"),
        (0.0042, "s", "4.2ms"),
        (7265.0, "s", "2h01m"),
        (1536.0, "B", "1.5KiB"),
        (0.0, "", "0"),
        (-55_000.0, "", "-55k"),
        (math.inf, "s", "no number"),
    ],
)
def test_values_as_people_write_them(value, unit, text):
    assert written(value, unit) == text


def test_moments_are_round_by_the_clock_of_whoever_looks(monkeypatch):
    with at_greenwich(monkeypatch):
        assert [text for _, text in moments(NOW, NOW + 3600, 7)][:3] == ["08:00", "08:10", "08:20"]
        assert [text for _, text in moments(NOW, NOW + 60, 6)][:3] == ["08:00:00", "08:00:10", "08:00:20"]
        assert [text for _, text in moments(NOW, NOW + 7 * 86_400, 8)][:2] == ["16 Jan", "17 Jan"]
        assert [at % 86_400 for at, _ in moments(NOW, NOW + 7 * 86_400, 8)][:1] == [0]
