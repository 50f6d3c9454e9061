"""A view of some rows says what the whole view says of them."""

from __future__ import annotations

import numpy as np
import pytest
from screens import NOW, columns

from cdctl.domain.fleet.tables import cells
from cdctl.domain.fleet.view import FleetView

ROWS = np.array([17, 3, 99, 3])


@pytest.mark.parametrize("together", [(), ("state", "age", "messages", "soc")])
def test_every_field_of_some_rows_is_as_in_the_whole(together):
    view = FleetView(columns(100), round(NOW * 1000), together)
    part = view.only(ROWS)
    for name in view.fields:
        assert cells(part, name, np.arange(4)) == cells(view, name, ROWS), name


def test_what_was_copied_stays_as_it_was():
    fleet = columns(100)
    held, live = (FleetView(fleet, round(NOW * 1000), fields) for fields in (("messages", "state"), ()))
    before = cells(held, "messages", ROWS)
    fleet.messages[:100] += 1
    assert cells(held.only(ROWS), "messages", np.arange(4)) == before
    assert cells(live.only(ROWS), "messages", np.arange(4)) == [count + 1 for count in before]
