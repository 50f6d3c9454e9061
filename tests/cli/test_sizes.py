"""Sizes and times that options take."""

from __future__ import annotations

import pytest

from cdctl.cli.sizes import byte_count, least_seconds
from cdctl.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"), [("2GB", 2 << 30), ("500 mb", 500 << 20), ("100", 100), ("1 TB", 1 << 40), ("3B", 3)]
)
def test_sizes(text, expected):
    assert byte_count(text, "--x", 1) == expected


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1.5GB", "2PB", "2 G B"])
def test_what_is_no_size(text):
    with pytest.raises(UsageError, match="is no size"):
        byte_count(text, "--x", 1)


def test_times():
    assert least_seconds("2h", "--x", 60) == 7200
    with pytest.raises(UsageError, match="--x: 5s is too short\n  hint: 1m is the least"):
        least_seconds("5s", "--x", 60)
    with pytest.raises(UsageError):
        least_seconds("soon", "--x", 60)
