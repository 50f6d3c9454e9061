"""Every panel that ships keeps the contract of its room, as a stranger's has to."""

from __future__ import annotations

import pytest

from cdctl.extend import builtin, loading
from cdctl.extend.listing import Declaration
from cdctl.testing.panels import panel_breaches

NEEDED: dict[str, dict[str, object]] = {"chart": {"query": "up"}}
"""Settings of those that cannot be made without any."""
SHIPPED = [found for found in builtin.declared() if found.listing.room == "panels"]


@pytest.mark.parametrize("declaration", SHIPPED, ids=lambda declaration: declaration.listing.name)
def test_it_keeps_the_contract(declaration: Declaration) -> None:
    plugin = loading.load(declaration)
    assert panel_breaches(lambda: plugin.make(NEEDED.get(plugin.name, {})), stranger=False) == ()
