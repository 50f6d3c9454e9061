"""The one composer: which adapters a use case works with. Nothing else in the house imports an adapter by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdctl.domain.settings import Settings
    from cdctl.extend.catalogue import Catalogue


def read_settings(*, config: str = "", context: str = "", prometheus: str = "") -> Settings:
    """The settings of a run; the arguments are the flags of the same names. Raises UsageError and FileError."""
    from cdctl.files import settings

    return settings.read(config=config, context=context, prometheus=prometheus)


def catalogue(settings: Settings, *, plugins: bool = True) -> Catalogue:
    """Everything that a door can let in; without `plugins`, only what ships with cdctl."""
    from cdctl.extend.catalogue import Catalogue

    return Catalogue([Path(folder) for folder in settings.plugins], enabled=plugins)
