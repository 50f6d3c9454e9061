"""A small fleet in a bytearray."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout

NOW = 1_800_000_000_000
Make = Callable[..., Columns]


@pytest.fixture
def now() -> int:
    """Epoch ms at which tests begin."""
    return NOW


@pytest.fixture
def make() -> Make:
    """Columns with the link of eu up (and others, if they are named)."""

    def make_columns(
        signals: tuple[str, ...] = ("soc", "speed"), capacity: int = 10_000, links: tuple[str, ...] = ("eu",)
    ) -> Columns:
        layout = Layout(signals, capacity)
        columns = Columns(layout, memoryview(bytearray(layout.size)))
        for region in links:
            columns.link_up(region, f"mqtts://{region}", NOW - 1000)
        return columns

    return make_columns


@pytest.fixture
def fleet(make: Make) -> Columns:
    """Two signals, the link of eu up."""
    return make()
