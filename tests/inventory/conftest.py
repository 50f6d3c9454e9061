"""Reading an inventory to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from cdctl.domain.fleet.inventory import Inventory, Listed


@pytest.fixture
def listed() -> Callable[[Inventory], list[Listed]]:
    """Every vehicle of an inventory."""

    def read(inventory: Any) -> list[Listed]:
        async def run() -> list[Listed]:
            return [vehicle async for part in inventory.vehicles() for vehicle in part]

        return asyncio.run(run())

    return read
