"""What the live view looks at: the fleet as it is now, promises judged every minute, and answers to what panels ask."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cdctl.application.top_arranging import arranged
from cdctl.application.top_promising import Promising
from cdctl.domain.boards.asking import Answer, Arrange, Ask, Missing
from cdctl.domain.boards.requests import About
from cdctl.domain.boards.snapshot import FleetSight, Note, Snapshot
from cdctl.domain.fleet.view import FleetView
from cdctl.domain.text import safe
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.fleet import LocalFleet
    from cdctl.domain.ports import Clock

BEAT = 1.0
"""Seconds between two counts of the whole fleet."""
MOST_NOTES = 500
Answering = Callable[[Any, Snapshot], Awaitable[object]]
"""Answers one kind of question, at the instant of a snapshot whose view of the fleet is its own. Raises CdctlError."""
_WAITING = Missing("listening to the fleet", waiting=True)


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays as it is while one looks. hidden: fields that tell where a vehicle is, which may not be asked about.
    colour, readonly: see `Snapshot`."""

    context: str
    hidden: Collection[str] = ()
    colour: str = ""
    readonly: bool = False
    answering: Mapping[type[Ask], Answering] = field(default_factory=dict)


class Lookout:
    """Everything that a board can see. `about` is what the board on the screen is about."""

    def __init__(self, setting: Setting, clock: Clock, fleet: LocalFleet | Missing, slo: Promising | Missing) -> None:
        self.setting = setting
        self.about = About()
        self._clock = clock
        self._fleet, self._slo = fleet, slo
        self._answering: dict[type[Ask], Answering] = {Arrange: self._arrange, **setting.answering}
        self._sight: FleetSight | Missing = fleet if isinstance(fleet, Missing) else _WAITING
        self._frozen: Snapshot | None = None
        self._answers: dict[str, Answer] = {}
        self._waiting: dict[str, Ask] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._notes: deque[Note] = deque(maxlen=MOST_NOTES)
        self._told: tuple[Note, ...] = ()
        self._counted = 0.0
        self._received = 0

    def snapshot(self) -> Snapshot:
        """This instant, at the cost of what is looked at; the fleet as a whole is counted once a second."""
        now = self._clock.now()
        setting, answers = self.setting, dict(self._answers)
        if self._frozen is not None:
            return replace(self._frozen, at=now, answers=answers, about=self.about, notes=self._told)
        if not isinstance(self._fleet, Missing):
            self._look(self._fleet, now)
        slo = self._slo.sight if isinstance(self._slo, Promising) else self._slo
        return Snapshot(
            now, setting.context, self._sight, slo, None, answers, self.about, self._told, setting.colour,
            setting.readonly,
        )  # fmt: skip

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

    def note(self, text: str, *, bad: bool = False) -> None:
        """Remember what was said; the oldest of many is forgotten."""
        self._notes.append(Note(self._clock.now(), text, bad))
        self._told = tuple(self._notes)

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

    def forget(self) -> None:
        """Another board: what was answered to the panels of the one before is not for it."""
        self._answers.clear()

    def ask(self, wanted: Mapping[str, Ask]) -> None:
        """Find answers aside; of a panel that asks again meanwhile, its last question is answered next."""
        busy = set(self._waiting)
        self._waiting |= wanted
        for letter in wanted.keys() - busy:
            task = asyncio.create_task(self._work(letter))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _work(self, letter: str) -> None:
        while True:
            ask = self._waiting[letter]
            at, begin = self._clock.now(), self._clock.now()
            value = await self._answer(ask)
            self._answers[letter] = Answer(ask, value, at, max(self._clock.now() - begin, 0.0))
            if self._waiting[letter] == ask:
                del self._waiting[letter]
                return

    async def _answer(self, ask: Ask) -> object:
        answering = self._answering.get(type(ask))
        if answering is None:
            return Missing("nothing here can tell", f"context {self.setting.context} has no source for it")
        try:
            return await answering(ask, self._own())
        except CdctlError as error:
            return Missing(error.message, error.hint)
        except Exception as error:  # one panel's question may not take the others down
            return Missing(f"it failed: {safe(f'{type(error).__name__}: {error}', 300)}", "this is a bug")

    def _own(self) -> Snapshot:
        """This instant with a view that nobody else uses: answers are found beside what is drawn."""
        seen = self.snapshot()
        sight = seen.fleet
        if isinstance(sight, Missing) or seen.frozen_at is not None:
            return seen
        return replace(seen, fleet=replace(sight, view=FleetView(sight.view.columns, sight.view.now_ms)))

    @property
    def busy(self) -> bool:
        """Whether answers are on their way."""
        return bool(self._working)

    async def settle(self) -> None:
        """Wait for the answers that are on their way."""
        while self._working:
            await asyncio.gather(*self._working)

    async def aclose(self) -> None:
        """Nobody waits for answers any more."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _arrange(self, ask: Arrange, seen: Snapshot) -> object:
        if isinstance(seen.fleet, Missing):
            return seen.fleet
        return await asyncio.to_thread(partial(arranged, ask, seen.fleet.view, self.setting.hidden))


def _lost(error: CdctlError) -> Missing:
    return Missing(error.message, error.hint)
