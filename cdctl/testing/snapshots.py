"""Snapshots of every sort that a panel must be able to show: each holds a small fleet and some promises, or neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from cdctl.application.top.arranging import arranged
from cdctl.domain.boards.asking import Answer, Arrange, Ask, Missing
from cdctl.domain.boards.columned import ColumnVehicles
from cdctl.domain.boards.requests import About
from cdctl.domain.boards.snapshot import FleetSight, Note, SloSight, Snapshot
from cdctl.domain.fleet import health
from cdctl.domain.fleet.batch import Batch, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.fleet.view import FleetView
from cdctl.testing import examples

AT = float(examples.AT)
"""The instant of them all, epoch seconds."""
_NAMES = ("23-07.1", "23-07.2", "23-11.4")


def typical(vehicles: int = 40) -> Snapshot:
    """A fleet of two regions, a tenth of it offline, some with trouble codes; promises with every verdict; a promise
    that the board is about."""
    report = examples.typical()
    row = report.rows[0]
    notes = (Note(AT - 60, "board fleet was read anew"), Note(AT - 5, "cannot reach it", bad=True))
    about = About(row.name, dict(row.group), vin(3), since=AT - 3600)
    return Snapshot(AT, "lab", fleet(vehicles), SloSight(report, AT - 30), about=about, notes=notes)


def empty() -> Snapshot:
    """Nobody spoke, and nothing was promised."""
    return Snapshot(AT, "lab", fleet(0), SloSight(examples.empty(), AT))


def missing() -> Snapshot:
    """Neither a fleet nor promises, and why."""
    return Snapshot(AT, "lab", Missing("no broker", "see docs/fleet.md"), Missing("cannot reach it"))


def waiting() -> Snapshot:
    """Both are on their way."""
    return Snapshot(AT, "lab", Missing("listening", waiting=True), Missing("judging", waiting=True))


def unknown() -> Snapshot:
    """Promises of which nothing is known, and a fleet that is taken in no more."""
    sight = replace(fleet(5), broken="the process that listens has ended")
    return Snapshot(AT, "lab", sight, SloSight(examples.unknown(), AT - 900, "cannot reach it"))


def frozen() -> Snapshot:
    """A picture that is held for a minute."""
    return replace(typical(), at=AT + 60, frozen_at=AT)


def hostile() -> Snapshot:
    """Names, labels, reasons and notes that try to break out of whatever shows them."""
    texts = examples.HOSTILE
    notes = tuple(Note(AT, text, bad=True) for text in texts)
    about = About(texts[0], {texts[2]: texts[6]}, texts[1], texts[3])
    sight = replace(fleet(len(texts), texts), broken=texts[6])
    return Snapshot(AT, texts[0], sight, SloSight(examples.hostile(), AT, texts[2]), about=about, notes=notes)


EVERY: Mapping[str, Callable[[], Snapshot]] = {
    "typical": typical,
    "empty": empty,
    "missing": missing,
    "waiting": waiting,
    "unknown": unknown,
    "frozen": frozen,
    "hostile": hostile,
}


def vin(number: int) -> str:
    """The id of a vehicle of `fleet`."""
    return f"WBA{number:014d}"


def fleet(vehicles: int, names: Sequence[str] = _NAMES) -> FleetSight:
    """So many vehicles, whose models and software have these names."""
    layout = Layout(("soc",), max(vehicles, 1) + 16)
    columns = Columns(layout, memoryview(bytearray(layout.size)))
    now_ms = round(AT * 1000)
    columns.link_up("eu", "mqtt://eu", now_ms - 600_000)
    every = range(vehicles)
    told = [names[number % len(names)] for number in every]
    columns.expect([vin(number) for number in every], [("eu", "us")[number % 2] for number in every], told, told)
    batch = Batch()
    for number in every:
        batch.standings.append(
            Standing(
                vin(number),
                Presence.OFFLINE if number % 10 == 9 else Presence.ONLINE,
                ("eu", "us")[number % 2],
                seq=1,
                ts=now_ms - 1000 * number,
                dtcs=("P0A80", "U0100")[: number % 3],
            )
        )
    columns.apply(batch, now_ms - 2000, "eu")
    columns.beat(now_ms)
    columns.settle()
    return FleetSight(ColumnVehicles(FleetView(columns, now_ms)), health.status(columns, now_ms), AT - 2)


def answer(ask: Ask, snapshot: Snapshot) -> Answer:
    """What comes back to a question: for Arrange an order of the fleet, for others that nobody can tell."""
    value: object = Missing("nothing here can tell", "context lab has no source for it")
    if isinstance(ask, Arrange):
        value = snapshot.fleet if isinstance(snapshot.fleet, Missing) else arranged(ask, _view(snapshot.fleet))
    return Answer(ask, value, snapshot.at)


def _view(sight: FleetSight) -> FleetView:
    if not isinstance(sight.vehicles, ColumnVehicles):
        raise TypeError(f"a {type(sight.vehicles).__name__} is no fleet of this module")
    return sight.vehicles.view
