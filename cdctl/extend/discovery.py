"""Where plugins are found: installed packages and folders. Nothing of a plugin is imported here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.domain.text import safe
from cdctl.errors import PluginError
from cdctl.extend import manifest
from cdctl.extend.listing import ROOMS, Broken, Declaration, Kind, Listing

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "cdctl.plugins"
"""The entry point group: `"reports.slack" = "acme.slack:PLUGIN"`."""


def in_folders(folders: Sequence[Path]) -> Iterator[Declaration | Broken]:
    """What the folders of the settings provide. A folder is a plugin (it has a plugin.toml) or holds plugins."""
    seen: set[Path] = set()
    for folder in folders:
        places = _plugin_folders(folder)
        if not places:
            yield _empty(folder)
        for place in places:
            if place.resolve() not in seen:
                seen.add(place.resolve())
                yield from _in_folder(place)


def _plugin_folders(folder: Path) -> list[Path]:
    if (folder / manifest.FILE).is_file():
        return [folder]
    try:
        return sorted(child for child in folder.iterdir() if (child / manifest.FILE).is_file())
    except OSError:
        return []


def _empty(folder: Path) -> Broken:
    there = folder.is_dir()
    reason = f"holds no plugin: no {manifest.FILE} in it or one level below" if there else "there is no such folder"
    return Broken(_folder_listing(folder), reason, "paths.plugins in the settings names this folder")


def _folder_listing(folder: Path) -> Listing:
    return Listing("", safe(folder.name), Kind.FOLDER, safe(str(folder)))


def _in_folder(folder: Path) -> Iterator[Declaration | Broken]:
    try:
        said = manifest.read(folder)
    except PluginError as error:
        yield Broken(_folder_listing(folder), error.message, error.hint)
        return
    for thing in said.provides:
        listing = Listing(thing.room, thing.name, Kind.FOLDER, safe(str(folder)), said.version, said.summary)
        yield Declaration(listing, thing.target, folder, said.api)


def installed() -> Iterator[Declaration | Broken]:
    """What installed packages provide through the entry point group."""
    if not _mentioned():
        return
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        yield _installed(entry)


def _installed(entry: EntryPoint) -> Declaration | Broken:
    room, _, name = entry.name.partition(".")
    package = entry.dist
    origin = safe(f"{package.name} {package.version}" if package else "unknown package")
    if room not in ROOMS or not manifest.is_name(name):
        listing = Listing("", safe(entry.name), Kind.PACKAGE, origin, package.version if package else "")
        hint = f"its name must be a room ({', '.join(ROOMS)}), a dot and a name in lower case: reports.slack"
        return Broken(listing, f"entry point {safe(entry.name)!r} names no room", hint)
    summary = package.metadata["Summary"] if package and "Summary" in package.metadata else ""
    version = package.version if package else ""
    return Declaration(Listing(room, name, Kind.PACKAGE, origin, safe(version), safe(summary)), entry.value)


def _mentioned() -> bool:
    """Whether any installed package may name our group.

    importlib.metadata costs ten times this look (47 ms against 4.6 ms with 70 packages), and most machines have no
    plugin installed. The files are those of https://packaging.python.org/en/latest/specifications/entry-points/.
    """
    return any(_mentions(entry or ".") for entry in sys.path)


def _mentions(place: str) -> bool:
    if not Path(place).is_dir():
        # A zip archive may hold packages, and only importlib.metadata can look inside.
        return Path(place).is_file()
    with os.scandir(place) as children:
        return any(_names_group(c.path) for c in children if c.name.endswith((".dist-info", ".egg-info")))


def _names_group(metadata: str) -> bool:
    try:
        return GROUP.encode() in Path(metadata, "entry_points.txt").read_bytes()
    except OSError:
        return False
