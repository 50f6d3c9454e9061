"""`cdctl plugin`: what the doors let in, and what they turned away and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, output
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.cli.records import Column
from cdctl.cli.settings import settings_of
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.extend.catalogue import Catalogue
    from cdctl.extend.listing import Broken, Loaded

app = noun("List, describe and check the plugins that are found.")

_LIST = (
    Column("room"),
    Column("name"),
    Column("version"),
    Column("origin"),
    Column("status"),
    Column("reason"),
    Column("summary", wide=True),
    Column("hint", wide=True),
)
_INFO = (Column("key"), Column("value"))
_FINDINGS = (Column("folder"), Column("check"), Column("result"), Column("reason"), Column("hint", wide=True))


def _catalogue(ctx: typer.Context) -> Catalogue:
    from cdctl.application import wiring

    run = run_of(ctx)
    return wiring.catalogue(settings_of(run), plugins=run.plugins)


def row(found: Loaded | Broken) -> Mapping[str, object]:
    """One plugin as a record: `status` is "ok" or "broken", then with `reason` and `hint`."""
    listing = found.listing
    reason = getattr(found, "reason", "")
    return {
        "room": listing.room,
        "name": listing.name,
        "version": listing.version,
        "kind": listing.kind.value,
        "origin": listing.origin,
        "status": "broken" if reason else "ok",
        "reason": reason,
        "hint": getattr(found, "hint", ""),
        "summary": listing.summary,
    }


@app.command("ls")
def list_plugins(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """List every plugin; a broken one with its reason. Broken ones do not fail the listing (see `check`)."""
    output.show(run_of(ctx), outputs, [row(found) for found in _catalogue(ctx).all()], _LIST)


@app.command()
def info(
    ctx: typer.Context,
    plugin: Annotated[
        str, typer.Argument(metavar="ROOM.NAME", help="Such as reports.html.", autocompletion=completion.plugins)
    ],
    outputs: OutputOption = None,
) -> None:
    """Describe one plugin: where it comes from, and which settings it reads."""
    catalogue = _catalogue(ctx)
    room, _, name = plugin.partition(".")
    if not name:
        rooms = sorted({listing.room for listing in catalogue.names() if listing.name == plugin})
        if len(rooms) != 1:
            hint = f"{' or '.join(f'{r}.{plugin}' for r in rooms)}" if rooms else "see: cdctl plugin ls"
            raise UsageError(f"{plugin!r} names no one plugin", hint=hint)
        room, name = rooms[0], plugin
    loaded = catalogue.load(room, name)
    listing = next(entry for entry in catalogue.names(room) if entry.name == name)
    facts = {
        "room": room,
        "name": name,
        "version": loaded.version,
        "summary": loaded.summary,
        "api": loaded.api,
        "kind": listing.kind.value,
        "origin": listing.origin,
        **{f"setting {key}": meaning for key, meaning in loaded.settings.items()},
    }
    output.show(run_of(ctx), outputs, [{"key": key, "value": value} for key, value in facts.items()], _INFO)


@app.command(epilog="Example: cdctl plugin check plugins/slack")
def check(
    ctx: typer.Context,
    folders: Annotated[
        list[str] | None, typer.Argument(metavar="[FOLDER]...", help="Plugin folders; default: load all that is found.")
    ] = None,
    outputs: OutputOption = None,
) -> None:
    """Load every plugin, or put the plugins of a folder to the contract tests; exit 2 when one is broken."""
    if folders:
        return _check_folders(ctx, folders, outputs)
    rows = [row(found) for found in _catalogue(ctx).all()]
    output.show(run_of(ctx), outputs, rows, _LIST)
    exits.leave(exits.Code.WRONG if any(r["status"] == "broken" for r in rows) else exits.Code.DONE)
    return None


def _check_folders(ctx: typer.Context, folders: list[str], outputs: list[str] | None) -> None:
    from pathlib import Path

    from cdctl.testing.plugins import check_folder

    findings = [(folder, found) for folder in folders for found in check_folder(Path(folder))]
    rows = [
        {
            "folder": folder,
            "check": found.check,
            "result": "passed" if found.passed else "failed",
            "reason": found.reason,
            "hint": found.hint,
        }
        for folder, found in findings
    ]
    output.show(run_of(ctx), outputs, rows, _FINDINGS)
    exits.leave(exits.Code.DONE if all(found.passed for _, found in findings) else exits.Code.WRONG)
