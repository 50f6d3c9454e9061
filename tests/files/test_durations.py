"""Durations: what they are long, and what was probably meant."""

from __future__ import annotations

import re

import pytest

from cdctl.files import durations
from cdctl.files.durations import cure_openslo, cure_own, cure_slice, seconds


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30s", 30),
        ("1m", 60),
        ("12h", 43_200),
        ("28d", 2_419_200),
        ("4w", 2_419_200),
        ("1M", 2_592_000),
        ("1Q", 7_776_000),
        ("1Y", 31_536_000),
        ("0s", 0),
    ],
)
def test_lengths(text, length):
    assert seconds(text) == length


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (durations.OPENSLO, "1m 12h 28d 4w 1M 1Q 1Y 99999m", "0d 1s 1D 1y 01d 1 d 1h30m -1d +1d 1.5h 100000m ١d m"),
        (durations.SLICE, "5m 1h 1d 1w", "5 1M 1s 0m"),
        (durations.OWN, "30s 5m 1h 7d 4w 0s", "1M 1Q 1 s 1ms"),
    ],
)
def test_forms(pattern, good, bad):
    assert all(re.fullmatch(pattern, text) for text in good.split())
    assert not any(re.fullmatch(pattern, text) for text in bad.split())


@pytest.mark.parametrize(
    ("cure", "text", "fix"),
    [
        (cure_openslo, "1h30m", "write 90m"),
        (cure_openslo, "3600s", "write 1h"),
        (cure_openslo, "90s", "write at least 1m"),
        (cure_openslo, "0d", "write at least 1m"),
        (cure_openslo, "2 weeks", "write 2w"),
        (cure_openslo, "30D", "write 30d"),
        (cure_openslo, "1y", "write 1Y"),
        (cure_openslo, "1 month", "write 1M"),
        (cure_openslo, "28", "add a unit: 28m for minutes, 28d for days"),
        (cure_openslo, "1.5h", ""),
        (cure_openslo, "soon", ""),
        (cure_openslo, "P1D", ""),
        (cure_openslo, "9" * 100 + "d", ""),
        (cure_openslo, "", ""),
        (cure_slice, "1M", "write 30d"),
        (cure_slice, "300s", "write 5m"),
        (cure_own, "60", "add a unit: 60s for seconds, 60m for minutes"),
        (cure_own, "1 minute", "write 1m"),
        (cure_own, "1h30m", "write 90m"),
        (cure_own, "1M", "write 30d"),
    ],
)
def test_cures(cure, text, fix):
    message, cured = cure(text)
    assert cured == fix
    assert message.startswith("is not a ")


def test_a_cure_is_itself_sound():
    """What is offered must be accepted when it is written."""
    for cure, pattern in ((cure_openslo, durations.OPENSLO), (cure_slice, durations.SLICE), (cure_own, durations.OWN)):
        for text in ("1h30m", "3600s", "2 weeks", "30D", "1 month", "1d12h", "1Y"):
            _, fix = cure(text)
            assert re.fullmatch(pattern, fix.removeprefix("write ")), (text, fix)
