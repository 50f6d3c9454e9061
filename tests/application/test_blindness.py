"""What a watcher is told of a link that is back."""

from __future__ import annotations

import pytest

from cdctl.application.blindness import RESTARTED, UNTOLD, blind
from cdctl.application.listening import SUBSCRIBING
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.fleet.tables import happenings


def told(note: str) -> str:
    """The newest happening after a link came up with a note."""
    layout = Layout((), 10)
    columns = Columns(layout, memoryview(bytearray(layout.size)))
    columns.link_up("eu", "mqtts://eu", 1_800_000_000_000, note)
    return happenings(columns)[2][-1][1].detail


@pytest.mark.parametrize("why", [RESTARTED, UNTOLD])
def test_why_vehicles_are_unknown_is_told_to_its_end(why):
    note = f"{SUBSCRIBING}; {blind(why, 1_000_000)}"
    assert told(note) == note
    assert told(note + "x" * 40).endswith("…")
