"""Every line of the table of built-ins resolves, through the one loader."""

from __future__ import annotations

import pytest

from cdctl.errors import PluginError
from cdctl.extend import builtin, loading
from cdctl.extend.listing import Declaration, Kind, Listing


@pytest.mark.parametrize("declaration", builtin.declared(), ids=lambda declaration: declaration.listing.title)
def test_what_ships_can_be_loaded(declaration: Declaration) -> None:
    plugin = loading.load(declaration)
    assert (plugin.room, plugin.name) == (declaration.listing.room, declaration.listing.name)


def test_a_line_that_names_nothing_is_found_out() -> None:
    listing = Listing("reports", "papyrus", Kind.BUILT_IN, "cdctl")
    with pytest.raises(PluginError, match=r"no module cdctl\.reports\.papyrus"):
        loading.load(Declaration(listing, "cdctl.reports.papyrus:PLUGIN"))
