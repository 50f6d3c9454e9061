"""Takes orders back: each vehicle gets what it said was before."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application import planning
from cdctl.application.planning import vehicles
from cdctl.application.targets import Selected
from cdctl.cli import cmd_after, cmd_kept, cmd_plan_file, cmd_planning, cmd_sending, exits, fleet_rows, output
from cdctl.cli.cmd_sending import How, Parcel
from cdctl.cli.settings import settings_of
from cdctl.domain.orders.arguments import judge_values
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.text import safe
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.orders.command import Command, Value
    from cdctl.domain.orders.keeping import Journal, Kept
    from cdctl.domain.orders.trust import Identity
    from cdctl.domain.settings import Settings

Undo = tuple[str, tuple[tuple[str, "Value"], ...]]
"""A command and its arguments."""


@dataclass(slots=True)
class Undoing:
    """What takes orders back. groups: by command and arguments, the orders that it is for. cannot: why some are not
    taken back. nothing: how many had it so before; already: how many have it so again."""

    groups: dict[Undo, list[Kept]] = field(default_factory=dict)
    cannot: Counter[str] = field(default_factory=Counter)
    nothing: int = 0
    already: int = 0

    @property
    def total(self) -> int:
        """Vehicles that something is sent to."""
        return sum(map(len, self.groups.values()))


Later = Mapping[str, Sequence["Kept"]]
"""By the id of an order, the orders to the same vehicle that came after it, newest first."""


def undoing(
    kept: Sequence[Kept], plan: Plan | None, command_of: Callable[[str], Command | None], later: Later
) -> Undoing:
    """What takes these back; only what succeeded is, and only where nothing has changed it since."""
    found = Undoing()
    for one in kept:
        command = command_of(one.order.command)
        if one.course.state is not State.SUCCEEDED:
            found.cannot[f"did not succeed ({one.course.state.value.replace('_', ' ')})"] += 1
        elif command is None or command.revert is None:
            found.cannot[f"nothing takes {one.order.command} back"] += 1
        else:
            given = plan.arguments if plan is not None else one.order.arguments
            _undo(found, one, command, given, later.get(one.order.id, ()))
    return found


def _undo(found: Undoing, one: Kept, command: Command, given: Mapping[str, object], later: Sequence[Kept]) -> None:
    arguments = {key: value for key, value in given.items() if isinstance(value, str | int | float | bool)}
    try:
        undo = command.revert(arguments, one.result) if command.revert else None
    except ValueError as error:
        found.cannot[safe(str(error))] += 1
        return
    if undo is None:
        found.nothing += 1
    elif (newer := next((each for each in later if _same(each, one, undo)), None)) is not None:
        if newer.course.state is State.SUCCEEDED and dict(newer.order.arguments) == dict(undo[1]):
            found.already += 1
        else:
            value = " ".join(f"{key}={value}" for key, value in newer.order.arguments.items())
            how = "changed since" if newer.course.state is State.SUCCEEDED else "perhaps changed since"
            found.cannot[safe(f"{how} by {newer.order.command} {value} (plan {newer.order.plan[:8]})", 200)] += 1
    else:
        found.groups.setdefault((undo[0], tuple(sorted(undo[1].items()))), []).append(one)


def _same(newer: Kept, one: Kept, undo: tuple[str, Mapping[str, object]]) -> bool:
    """Whether a later order is about what `one` changed: the same command or its undoing, of the same name where it has
    one. What the undoing leaves as it was names the thing, such as a parameter."""
    if newer.order.command not in {one.order.command, undo[0]}:
        return False
    if newer.course.state.terminal and newer.course.state is not State.SUCCEEDED:
        return False
    thing = {key: value for key, value in undo[1].items() if one.order.arguments.get(key) == value}
    return all(newer.order.arguments.get(key, value) == value for key, value in thing.items())


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands on the line; see `cmd_options`."""

    which: str
    outputs: Sequence[output.Output]
    yes: bool = False
    expect: int | None = None
    reason: str = ""
    dry_run: bool = False
    show_vins: bool = False
    plan_file: str = ""
    break_glass: bool = False


def revert(run: Run, asked: Asked) -> exits.Code:
    """Shows what it will send, asks, sends."""
    from cdctl.application import security_wiring, wiring
    from cdctl.application.orders_wiring import with_journal

    settings = settings_of(run)
    doors = wiring.catalogue(settings, plugins=run.plugins)
    by = security_wiring.sealer_of(settings.context()).identity

    def command_of(name: str) -> Command | None:
        try:
            return doors.command(name)
        except CdctlError:
            return None

    cmd_kept.is_none(settings, asked.which)
    found, plan, later = with_journal(settings, lambda journal: _look(journal, asked.which))
    todo = undoing(found.kept, plan, command_of, later)
    fleet_rows.refuse_unless(asked.expect, todo.total)
    parcels = [
        _parcel(doors.command(name), dict(values), kept, asked, by, settings.context().name)
        for (name, values), kept in todo.groups.items()
    ]
    _told(run, todo, parcels)
    partly = exits.Code.PARTLY if todo.cannot else exits.Code.DONE
    if asked.dry_run or not parcels:
        exits.note(run, "a dry run: nothing was sent" if parcels else "there is nothing to take back")
        return partly
    if asked.plan_file:
        _written(run, settings, asked.plan_file, parcels)
        return partly
    what = f"take {asked.which} back at {vehicles(todo.total)}"
    how = How(what, asked.yes, action="revert", break_glass=asked.break_glass)
    done = cmd_sending.deliver(run, settings, parcels, how)
    cmd_after.show(run, settings, asked.outputs, done, asked.show_vins)
    cmd_sending.closing(run, "taken back", done)
    return exits.worst([cmd_sending.code(done), partly])


def _parcel(
    command: Command, values: dict[str, Value], kept: Sequence[Kept], asked: Asked, by: Identity, context: str
) -> Parcel:
    selected = Selected(tuple(sorted({Target(one.order.vin, one.order.region) for one in kept})))
    spans = cmd_planning.spans_of(command, "", "")
    reason = asked.reason.strip() or f"takes back {asked.which}"
    plan = planning.planned(
        command, judge_values(command, values), selected, spans, context=context, by=by, reason=reason, now=time.time()
    )
    return Parcel(plan, command, expected=None if asked.expect is None else len(plan.targets))


def _told(run: Run, todo: Undoing, parcels: Sequence[Parcel]) -> None:
    for parcel in parcels:
        spoken = f"{parcel.command.name} {planning.spoken(parcel.command, parcel.plan.arguments)}".strip()
        exits.note(run, f"  {spoken}: {vehicles(len(parcel.plan.targets))}")
    if todo.nothing:
        exits.note(run, f"  nothing to take back: {vehicles(todo.nothing)} had it so before")
    if todo.already:
        exits.note(run, f"  taken back already: {vehicles(todo.already)}")
    for why, count in todo.cannot.most_common():
        exits.note(run, f"  not taken back: {vehicles(count)}: {why}")


def _written(run: Run, settings: Settings, name: str, parcels: Sequence[Parcel]) -> None:
    """A file for each plan, numbered when there are several."""
    from cdctl.application import security_wiring

    sealer = security_wiring.sealer_of(settings.context())
    path = Path(name)
    for number, parcel in enumerate(parcels, 1):
        file = name if len(parcels) == 1 else str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
        cmd_plan_file.write(file, parcel.plan, sealer)
        exits.note(run, f"wrote {file}: others sign it: cdctl cmd approve {file}; then: cdctl cmd send --plan {file}")


async def _look(journal: Journal, which: str) -> tuple[cmd_kept.Found, Plan | None, Later]:
    from cdctl.application.resuming import plan_of

    found = cmd_kept.find(journal, which)
    later = {one.order.id: _after(journal, one) for one in found.kept if one.course.state is State.SUCCEEDED}
    return found, plan_of(journal, found.plan), later


def _after(journal: Journal, one: Kept) -> Sequence[Kept]:
    return tuple(takewhile(lambda each: each.order.id != one.order.id, journal.orders(vin=one.order.vin)))
