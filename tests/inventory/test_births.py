"""No list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cdctl.inventory.births import PLUGIN, BirthsInventory


def test_births_list_nobody(listed: Callable[..., Any]) -> None:
    assert listed(BirthsInventory({})) == []
    assert (PLUGIN.room, PLUGIN.name) == ("inventory", "births")
