"""What feeds the live view: the fleet as it is now, promises judged every minute, orders of rows worked out aside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cdctl.domain.boards.snapshot import Arrange, Arranged, FleetSight, Missing, SloSight, Snapshot
from cdctl.domain.fleet.order import sort
from cdctl.domain.fleet.selection import SelectionError, select
from cdctl.domain.fleet.view import FleetView
from cdctl.domain.text import safe
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.fleet import LocalFleet
    from cdctl.domain.ports import Clock
    from cdctl.domain.slo.verdict import SloReport

EVERY = 60.0
"""Seconds between two judgements of the promises."""
BEAT = 1.0
"""Seconds between two counts of the whole fleet."""


class Promising:
    """Judges promises again and again, in a thread of its own: a server may take its time, and nobody waits for it."""

    def __init__(self, judge: Callable[[], SloReport], clock: Clock) -> None:
        self._judge = judge
        self._clock = clock
        self._stop = threading.Event()
        self.sight: SloSight | Missing = Missing("promises are being judged", waiting=True)

    def once(self) -> None:
        """Judge them now. A failure is kept with the last judgement there was."""
        try:
            self.sight = SloSight(self._judge(), self._clock.now())
        except CdctlError as error:
            if isinstance(self.sight, SloSight):
                self.sight = replace(self.sight, broken=error.message)
            else:
                self.sight = Missing(error.message, error.hint)

    def begin(self) -> None:
        """Go on until `end`. The thread is no reason to stay: a process that leaves does not wait for a server."""
        threading.Thread(target=self._run, name="promises", daemon=True).start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.once()
            self._stop.wait(EVERY)

    def end(self) -> None:
        """No further judgement begins."""
        self._stop.set()


class Lookout:
    """Everything that a board can see. fleet: None when there is none, and `missing` says why. hidden: fields that tell
    where a vehicle is, which may not be asked about."""

    def __init__(
        self,
        context: str,
        clock: Clock,
        fleet: LocalFleet | Missing,
        slo: Promising | Missing,
        hidden: Collection[str] = (),
    ) -> None:
        self._context, self._clock = context, clock
        self._fleet, self._slo = fleet, slo
        self._hidden = frozenset(hidden)
        self._sight: FleetSight | Missing = fleet if isinstance(fleet, Missing) else _WAITING
        self._frozen: Snapshot | None = None
        self._arranged: dict[str, Arranged] = {}
        self._waiting: dict[str, Arrange] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._counted = 0.0
        self._received = 0

    def snapshot(self) -> Snapshot:
        """This instant, at the cost of what is looked at; the fleet as a whole is counted once a second."""
        now = self._clock.now()
        if self._frozen is not None:
            return replace(self._frozen, at=now, arranged=dict(self._arranged))
        if not isinstance(self._fleet, Missing):
            self._look(self._fleet, now)
        slo = self._slo.sight if isinstance(self._slo, Promising) else self._slo
        return Snapshot(now, self._context, self._sight, slo, None, dict(self._arranged))

    def _look(self, fleet: LocalFleet, now: float) -> None:
        sight = self._sight
        try:
            view = fleet.view()
            status = sight.status if isinstance(sight, FleetSight) else None
            if status is None or not 0 <= now - self._counted < BEAT:
                status, self._counted = fleet.counted(), now
            heard = sight.heard_at if isinstance(sight, FleetSight) else None
            heard = now if status.received != self._received else heard
            self._received = status.received
            self._sight = FleetSight(view, status, heard)
        except CdctlError as error:
            self._sight = replace(sight, broken=error.message) if isinstance(sight, FleetSight) else _lost(error)

    def freeze(self, fields: Collection[str]) -> None:
        """Hold the picture: what these fields say is copied, and stays as it is."""
        taken = self.snapshot()
        if isinstance(taken.fleet, FleetSight):
            view = FleetView(taken.fleet.view.columns, taken.fleet.view.now_ms, tuple(fields))
            if "dtc" in fields:
                view.code_sets("dtc")
            taken = replace(taken, fleet=replace(taken.fleet, view=view))
        self._frozen = replace(taken, frozen_at=taken.at)

    def thaw(self) -> None:
        """Go on."""
        self._frozen = None

    def arrange(self, wanted: Mapping[str, Arrange]) -> None:
        """Work out orders of rows aside; of a panel that asks again meanwhile, the last one is worked out next."""
        busy = set(self._waiting)
        self._waiting |= wanted
        for letter in wanted.keys() - busy:
            task = asyncio.create_task(self._work(letter))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _work(self, letter: str) -> None:
        while True:
            ask = self._waiting[letter]
            view = self._view()
            if view is not None:
                self._arranged[letter] = await asyncio.to_thread(self.arranged, ask, view)
            if self._waiting[letter] == ask:
                del self._waiting[letter]
                return

    async def settle(self) -> None:
        """Wait for the orders that are being worked out."""
        while self._working:
            await asyncio.gather(*self._working)

    def _view(self) -> FleetView | None:
        """What an order is worked out from: the frozen picture, or one of its own, as it is used beside this thread."""
        sight = self._frozen.fleet if self._frozen is not None else self._sight
        if not isinstance(sight, FleetSight):
            return None
        return sight.view if self._frozen is not None else FleetView(sight.view.columns, sight.view.now_ms)

    def arranged(self, ask: Arrange, seen: FleetView) -> Arranged:
        """The answer to one question; what is wrong with a filter is part of it."""
        at = seen.now_ms / 1000
        try:
            selection = select(ask.where, seen.fields)
        except SelectionError as error:
            told = f"{' ' * (len(safe(ask.where[: error.at], 10_000)) + 2)}^ {safe(error.what, 300)}"
            hint = f"; {safe(error.hint, 200)}" if error.hint else ""
            return Arranged(ask, _NONE, seen.n, at, error=told + hint)
        fields = {*selection.fields, *([ask.sort] if ask.sort else [])}
        for name in fields & self._hidden:
            told = f"{name} tells where a vehicle is: see cdctl fleet ls --reason"
            return Arranged(ask, _NONE, seen.n, at, error=told)
        for name in fields - set(seen.fields):
            return Arranged(ask, _NONE, seen.n, at, error=f"there is no field {name!r}")
        begin = self._clock.now()
        match = selection.match(seen)
        rows = np.flatnonzero(match.mask) if ask.where else np.arange(seen.n)
        rows = sort(seen, rows, ask.sort, ask.descending, None) if ask.sort else rows
        return Arranged(ask, rows, seen.n, at, match.left_out, took=self._clock.now() - begin)


_NONE = np.zeros(0, np.int64)
_WAITING = Missing("listening to the fleet", waiting=True)


def _lost(error: CdctlError) -> Missing:
    return Missing(error.message, error.hint)
