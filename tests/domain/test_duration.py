"""Lengths of time as people write them."""

from __future__ import annotations

import pytest

from cdctl.domain.duration import brief, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30), ("5m", 300), ("1h", 3600), ("1h30m", 5400), ("7d", 604_800), ("4w", 2_419_200), ("250ms", 0.25)],
)
def test_good(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "-5m", "1.5h", "5M", "5m!", "5x", "٣s", "1e3s"])
def test_bad(text):
    with pytest.raises(ValueError, match="is not a duration such as 30s, 5m, 1h, 7d or 4w"):
        seconds(text)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0s"),
        (0.44, "0.4s"),
        (12.9, "12s"),
        (245, "4m05s"),
        (11_520, "3h12m"),
        (187_200, "2d4h"),
        (86_399, "23h59m"),
    ],
)
def test_lengths_for_people(value, said):
    assert brief(value) == said
