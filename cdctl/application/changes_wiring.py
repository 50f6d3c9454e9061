"""Composes what tells of changes: files, our own orders, a collector's past. See `wiring` for the rest."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.errors import CdctlError, UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.changes import Change
    from cdctl.domain.settings import Settings

CHANGES = "changes.jsonl"
"""The file of changes beside the spans, for a context that names none."""


def changes_file(settings: Settings) -> Path:
    """Where the changes of the context in use are told."""
    from cdctl.application.traces_wiring import folder_of

    context = settings.context() if settings.contexts else None
    if context is not None and context.changes:
        return Path(context.changes).expanduser()
    return folder_of(context) / CHANGES


def add_change(settings: Settings, change: Change) -> Path:
    """Write a change down where the context's are told. Raises UnavailableError."""
    from cdctl.files.change_lines import written
    from cdctl.stores.change_log import append

    path = changes_file(settings)
    append(path, written(change))
    return path


def changes_of(
    settings: Settings, since: float, *, config: str = "", plugins: bool = True, fleet: bool = True
) -> tuple[list[Change], list[str]]:
    """What was changed since an instant (epoch seconds), from every place that tells of it, in order of time; and what
    could not be read, in words. Without `fleet`, the fleet is not asked for versions that spread."""
    from cdctl.files.change_lines import read

    notes: list[str] = []
    found: list[Change] = []
    try:
        told, problems = read(changes_file(settings))
        found += told
        notes += [str(problem) for problem in problems]
    except UnavailableError as error:
        notes.append(str(error))
    found += _orders(settings, notes)
    if fleet:
        found += _fleet(settings, since, config, plugins, notes)
    return sorted((one for one in found if one.at >= since), key=lambda one: one.at), notes


def _orders(settings: Settings, notes: list[str]) -> list[Change]:
    from cdctl.application.audit_wiring import journal_to_read
    from cdctl.application.changing import of_orders

    if not Path(settings.journal).expanduser().exists():
        return []
    try:
        with journal_to_read(settings) as journal:
            return of_orders(journal.records(kind="plan"))
    except CdctlError as error:
        notes.append(f"orders: {error.message}")
        return []


def _fleet(settings: Settings, since: float, config: str, plugins: bool, notes: list[str]) -> list[Change]:
    """Versions that spread, where a collector keeps the past: brokers know the present alone."""
    from cdctl.application.changing import of_fleet
    from cdctl.application.fleet_wiring import open_fleet

    context = settings.context() if settings.contexts else None
    if context is None or context.collector is None:
        return []

    async def ask() -> list[Change]:
        fleet = await open_fleet(settings, config=config, plugins=plugins)
        try:
            _, _, minutes = await fleet.history("", since)
            return of_fleet(minutes)
        finally:
            await fleet.aclose()

    try:
        return asyncio.run(ask())
    except CdctlError as error:
        notes.append(f"the fleet's past: {error.message}")
        return []
