"""Composes what is known of one vehicle: the fleet that is looked at, trouble codes' texts, the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cdctl.domain.boards.vehicle import Inspect

if TYPE_CHECKING:
    from cdctl.application.top.lookout import Answering
    from cdctl.application.top.lookout_wiring import Means
    from cdctl.domain.boards.asking import Ask


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers `Inspect`. Nothing is opened before it is asked; what was opened is closed with the view."""
    from cdctl.application.top.timeline_wiring import journal_of, meaning
    from cdctl.application.top.vehicle import Inspecting, Signals
    from cdctl.domain.fleet.privacy import is_location

    paths = means.settings.fleet_columns
    hidden = tuple(name for name, path in paths.items() if is_location(path))
    inspecting = Inspecting(Signals(paths, hidden), meaning(), means.fleet, lambda: journal_of(means.settings))
    means.closing.push_async_callback(inspecting.aclose)
    return {Inspect: inspecting.answer}
