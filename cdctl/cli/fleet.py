"""`cdctl fleet`: which vehicles, where, in what state, since when; asked of the live message stream."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, fleet_asking, fleet_rows, fleet_status, output
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.fleet.reading import Card, Fleet, FleetStatus, Page, Tally

app = noun("Vehicles, from the live message stream: which, where, in what state, since when?")

Where = Annotated[
    str,
    typer.Option(
        metavar="EXPR",
        help="Which vehicles, such as 'region:eu sw<23-07.60 soc<20 online'; see docs/fleet.md.",
        autocompletion=completion.filters,
    ),
]
For = Annotated[str, typer.Option("--for", metavar="DURATION", help="Listen so long, such as 30s or 5m.")]
Expect = Annotated[
    int | None, typer.Option(metavar="N", min=0, help="Refuse (exit 5) when another number of vehicles matches.")
]
Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="Why you look at where vehicles are; needed to read a location.")
]
ShowVins = Annotated[bool, typer.Option("--show-vins", help="Write whole VINs into files; else they are masked.")]

ON_A_SCREEN = 1000
"""Rows that a table on a terminal shows when no limit is given."""
_EVERYTHING = frozenset({"wide", "json", "jsonl", "csv"})


@app.command(name="ls", epilog="Example: cdctl fleet ls --where 'region:eu sw=23-07.60 soc<20' --sort -age --for 30s")
def list_(
    ctx: typer.Context,
    where: Where = "",
    columns: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="Comma between; [vin,region,model,sw,state,age].", autocompletion=completion.fields
        ),
    ] = "",
    sort: Annotated[
        str, typer.Option(metavar="COLUMN", help="- before it: largest first.", autocompletion=completion.sorts)
    ] = "",
    limit: Annotated[int | None, typer.Option(metavar="N", min=0, help="Rows at most; 0 for all.")] = None,
    for_: For = "",
    expect: Expect = None,
    reason: Reason = "",
    show_vins: ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """List vehicles that match.

    Waits for the first picture, or listens as long as --for says: brokers keep what a vehicle is, not its signals.
    A vehicle that has not spoken since has no age (-).
    """
    from cdctl.domain.fleet.reading import Query
    from cdctl.domain.fleet.selection import select
    from cdctl.domain.fleet.tables import DEFAULT_COLUMNS

    run = run_of(ctx)
    chosen = output.parse(outputs)
    asked = fleet_asking.question(run, where=where, seconds=for_, reason=reason)
    about = [name for name in select(where, asked.fields).fields if name not in DEFAULT_COLUMNS]
    order = sort.removeprefix("-")
    if sort:
        asked.check(order)
        about += [order] if order not in (*DEFAULT_COLUMNS, *about) else []
    shown = asked.names(columns, (*DEFAULT_COLUMNS, *about))
    rest = () if columns or not any(one.form in _EVERYTHING for one in chosen) else asked.fields
    wanted = (*shown, *(name for name in rest if name not in shown and name not in asked.hidden))
    if limit is None and sys.stdout.isatty() and [one.form for one in chosen] == ["table"]:
        limit = ON_A_SCREEN

    async def ask(fleet: Fleet) -> Page:
        return await fleet.find(Query(where, wanted, sort, limit or None))

    found = fleet_asking.answer(run, asked, ask)
    fleet_rows.refuse_unless(expect, found.matched)
    fleet_rows.emit(run, chosen, fleet_rows.page(found, shown, asked.truths), show_vins=show_vins)
    fleet_rows.cut(run, len(found.rows), found.matched)
    exits.leave(fleet_status.told(run, found.status, found.left_out, found.matched))


@app.command(epilog="Example: cdctl fleet stats --by region,sw --where online")
def stats(
    ctx: typer.Context,
    by: Annotated[
        str,
        typer.Option(
            metavar="COLUMNS", help="Groups: region, model, sw, state; comma between.", autocompletion=completion.groups
        ),
    ] = "region",
    where: Where = "",
    for_: For = "",
    expect: Expect = None,
    reason: Reason = "",
    outputs: OutputOption = None,
) -> None:
    """Count vehicles by group: all, online, offline, unknown; most vehicles first."""
    run = run_of(ctx)
    chosen = output.parse(outputs)
    asked = fleet_asking.question(run, where=where, seconds=for_, reason=reason)
    groups = asked.names(by)
    _groupable(asked, groups)

    async def ask(fleet: Fleet) -> Tally:
        return await fleet.tally(where, groups)

    found = fleet_asking.answer(run, asked, ask)
    fleet_rows.refuse_unless(expect, found.matched)
    fleet_rows.emit(run, chosen, fleet_rows.tally(found), show_vins=True)
    exits.leave(fleet_status.told(run, found.status, found.left_out, found.matched))


def _groupable(asked: fleet_asking.Question, groups: tuple[str, ...]) -> None:
    from cdctl.domain.fleet.selection import Kind

    for name in groups:
        if asked.fields[name].kind not in {Kind.TEXT, Kind.STATE}:
            raise UsageError(f"vehicles cannot be grouped by {name}", subject="--by", hint="region, model, sw or state")
    if len(set(groups)) < len(groups):
        raise UsageError("a column is named twice", subject="--by", hint="name each once")


@app.command(epilog="Example: cdctl fleet show WBA00000000012345 --for 30s")
def show(
    ctx: typer.Context,
    vin: Annotated[str, typer.Argument(metavar="VIN", help="The whole VIN, or a beginning or end that no other has.")],
    for_: For = "",
    reason: Reason = "",
    show_vins: ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Show everything known of one vehicle, and what happened to it lately."""
    run = run_of(ctx)
    chosen = output.parse(outputs)
    asked = fleet_asking.question(run, seconds=for_, reason=reason)

    async def ask(fleet: Fleet) -> tuple[Card | None, str, FleetStatus]:
        card = await fleet.card(vin)
        if card is None and (whole := await fleet_asking.only(fleet, vin)):
            card = await fleet.card(whole)
        return card, "" if card else await fleet_asking.nearest(fleet, vin), await fleet.status()

    focus = f'vin:"{vin}"' if re.fullmatch(r"[\w./-]{1,40}", vin, re.ASCII) else ""
    card, near, status = fleet_asking.answer(run, asked, ask, focus=focus)
    if card is None:
        fleet_status.told(run, status, {})
        raise _nobody(vin, near, fleet_status.code(status))
    if card.cells.get("vin") != vin:
        exits.note(run, f"{vin} is {card.cells.get('vin')}: no other vehicle that is known begins or ends so")
    help_of = {name: field.help for name, field in asked.fields.items()} | dict(asked.settings.fleet_columns)
    fleet_rows.emit(run, chosen, fleet_rows.card(card, asked.hidden, help_of, asked.truths), show_vins=show_vins)
    kept_back = sorted(name for name in asked.hidden if card.cells.get(name) is not None)
    if kept_back:
        exits.note(run, f'{", ".join(kept_back)}: where it is is kept back; --reason "why you look" shows it')
    exits.leave(fleet_status.told(run, card.status, {}))


def _nobody(vin: str, near: str, code: exits.Code) -> UsageError | UnavailableError:
    """The error: yours when the picture is whole, else nobody can know."""
    hint = near or "cdctl fleet ls lists those that are known"
    if code:
        return UnavailableError(
            "nothing was heard of this vehicle, and the picture is not whole", subject=vin, hint=hint
        )
    return UsageError("there is no such vehicle", subject=vin, hint=hint)


@app.command(epilog="Example: cdctl fleet watch --where 'region:eu -online' --for 5m -o jsonl")
def watch(
    ctx: typer.Context,
    where: Where = "",
    for_: For = "",
    reason: Reason = "",
    show_vins: ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Stream what changes: vehicles come and go, events, and with --where those that begin or cease to match.

    Ends with Ctrl-C, or after --for. json is one document, and so needs --for; jsonl and csv stream.
    """
    from cdctl.cli import fleet_watch

    run = run_of(ctx)
    chosen = output.parse(outputs)
    asked = fleet_asking.question(run, where=where, seconds=for_, reason=reason)
    exits.leave(fleet_watch.stream(run, asked, chosen, show_vins=show_vins))
