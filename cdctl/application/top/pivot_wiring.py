"""Composes answers to how the fleet is by its fields. See `lookout_wiring` for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cdctl.domain.boards.pivoting import Aggregate

if TYPE_CHECKING:
    from cdctl.application.top.far_pivot import FarPivot
    from cdctl.application.top.lookout import Answering
    from cdctl.application.top.lookout_wiring import Means
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.fleet.reading import Minute


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers what this module is about."""
    from cdctl.application.top.pivot import Pivoting
    from cdctl.domain.fleet.privacy import is_location

    hidden = [name for name, path in means.settings.fleet_columns.items() if is_location(path)]
    return {Aggregate: Pivoting(hidden, _far(means)).answer}


def _far(means: Means) -> FarPivot | None:
    """Who counts where a collector keeps the vehicles."""
    if not means.settings.context().collector:
        return None
    from cdctl.application.top.far_pivot import FarPivot
    from cdctl.collector.client import RemoteFleet

    fleet = means.fleet
    if not isinstance(fleet, RemoteFleet):
        return None

    async def minutes(where: str, since: float, by: Sequence[str]) -> Sequence[Minute]:
        return (await fleet.history(where, since, by))[2]

    return FarPivot(fleet, minutes)
