"""Makes panels and stands between their code and ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from cdctl.extend.making import made

if TYPE_CHECKING:
    from cdctl.domain.boards.panel import Panel, PanelFactory
    from cdctl.domain.ports import Plugin


def panel(plugin: Plugin, settings: Mapping[str, object], subject: str, *, trusted: bool) -> Panel:
    """The panel of a vetted plugin. Raises the UsageError with which it refuses a setting, or PluginError. `trusted`:
    it ships, and needs nobody in between."""
    make = cast("PanelFactory", plugin.make)
    return made(lambda: make(settings), plugin.room, subject)
