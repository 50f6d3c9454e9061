"""Lengths of time as people write them."""

from __future__ import annotations

import pytest

from cdctl.domain.duration import seconds


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
