"""Sizes and durations of `cdctl collect`."""

from __future__ import annotations

import pytest

from cdctl.cli.collect import _seconds, _size
from cdctl.errors import UsageError


@pytest.mark.parametrize(
    ("text", "meant"), [("2GB", 2 << 30), ("500mb", 500 << 20), ("9000000", 9_000_000), ("1 TB", 1 << 40)]
)
def test_sizes(text, meant):
    assert _size(text) == meant


@pytest.mark.parametrize("text", ["", "GB", "1.5GB", "-3GB", "2XB", "1MB"])
def test_sizes_that_are_none(text):
    with pytest.raises(UsageError):
        _size(text)


def test_durations():
    assert _seconds("3d") == 259_200
    for text in ("3", "1s", "week"):
        with pytest.raises(UsageError):
            _seconds(text)
