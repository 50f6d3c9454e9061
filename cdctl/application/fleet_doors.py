"""What a context's fleet comes in by: how it speaks, and which vehicles it should have. Part of the wiring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdctl.domain.fleet.inventory import Inventory
    from cdctl.domain.fleet.speech import Speech
    from cdctl.domain.settings import Context, Settings
    from cdctl.extend.catalogue import Catalogue


def speech(context: Context, settings: Settings, doors: Catalogue) -> Speech:
    """How the fleet of a context speaks. Raises UsageError, FileError (its profile) and PluginError."""
    wanted: dict[str, object] = {"topic_root": context.topic_root}
    if context.protocol.profile:
        from cdctl.files import profiles

        wanted["profile"] = profiles.read(Path(context.protocol.profile))
    return doors.protocol(context.protocol.name, wanted, tuple(settings.fleet_columns.values()))


def inventory(context: Context, doors: Catalogue) -> Inventory | None:
    """Which vehicles should exist; None where births are all there is. Raises UsageError and PluginError."""
    from cdctl.domain.settings import BirthsInventory
    from cdctl.files.settings.secrets import reveal

    if isinstance(context.inventory, BirthsInventory):
        return None
    return doors.inventory_of(context.inventory, reveal)
