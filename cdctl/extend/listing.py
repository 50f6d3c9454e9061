"""What is known of a plugin at each stage: declared, loaded, broken. Nothing here needs the plugin's own code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cdctl.domain.ports import Plugin

ROOMS = ("sources", "reports", "protocols", "inventory", "commands", "panels")
"""The doors, as `room` of a plugin names them."""


class Kind(StrEnum):
    """Where a plugin comes from."""

    BUILT_IN = "built-in"
    PACKAGE = "package"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Listing:
    """One name of one room, as far as it is known without importing anything of the plugin.

    `origin` names the thing that a user can install or delete ("cdctl", "acme-reports 1.2", "plugins/slack"). `room` is
    empty when a whole folder or a whole entry point could not be read; `name` then says which.
    """

    room: str
    name: str
    kind: Kind
    origin: str
    version: str = ""
    summary: str = ""

    @property
    def title(self) -> str:
        """`reports.slack`, or the bare name when no room is known."""
        return f"{self.room}.{self.name}" if self.room else self.name

    @property
    def whence(self) -> str:
        """`folder plugins/slack`, for messages."""
        return f"{self.kind} {self.origin}"


@dataclass(frozen=True, slots=True)
class Declaration:
    """A listing and how to bring it in: `target` is "module:OBJECT"; with `folder` the module is a file in there.

    `api` is the version that a plugin.toml names, None where only the object itself can tell.
    """

    listing: Listing
    target: str
    folder: Path | None = None
    api: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin that was imported and has the right shape."""

    listing: Listing
    plugin: Plugin
    reason: Literal[""] = ""
    hint: Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin that cannot be used: why, and what to do about it."""

    listing: Listing
    reason: str
    hint: str = ""
    plugin: None = None
