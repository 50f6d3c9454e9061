"""What the live view looks at: the fleet as it is now, promises judged every minute, and answers to what panels ask."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from operator import getitem
from typing import TYPE_CHECKING, Any

from cdctl.application.top.eye import Eye, LocalEye
from cdctl.application.top.far_eye import FarEye
from cdctl.application.top.faults import fault
from cdctl.application.top.promising import Promising
from cdctl.domain.boards.asking import Answer, Arrange, Ask, Missing
from cdctl.domain.boards.requests import About
from cdctl.domain.boards.snapshot import FleetSight, Note, Snapshot
from cdctl.domain.fleet.view import fields_of
from cdctl.errors import CdctlError, UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.fleet.reading import Fleet
    from cdctl.domain.ports import Clock

MOST_NOTES = 500
Answering = Callable[[Any, Snapshot], Awaitable[object]]
"""Answers one kind of question, at the instant of a snapshot whose view of the fleet is its own. Raises CdctlError."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays as it is while one looks. hidden: fields that tell where a vehicle is, which may not be asked about.
    signals: short names of those that vehicles have, as the settings say. colour, readonly, through: see `Snapshot`."""

    context: str
    hidden: Collection[str] = ()
    colour: str = ""
    readonly: bool = False
    answering: Mapping[type[Ask], Answering] = field(default_factory=dict)
    signals: Collection[str] = ()
    through: str = ""


class Lookout:
    """Everything that a board can see. `about` is what the board on the screen is about."""

    def __init__(self, setting: Setting, clock: Clock, fleet: Fleet | Missing, slo: Promising | Missing) -> None:
        self.setting = setting
        self.about = About()
        self._clock, self._ticks = clock, time.monotonic
        self._eye = fleet if isinstance(fleet, Missing) else _eye_on(fleet, clock, setting)
        self._slo = slo
        self._answering: dict[type[Ask], Answering] = {Arrange: self._arrange}
        self._frozen: Snapshot | None = None
        self._answers: dict[str, Answer] = {}
        self._late: dict[str, Answer] = {}
        self._waiting: dict[str, Ask] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._notes: deque[Note] = deque(maxlen=MOST_NOTES)
        self._told: tuple[Note, ...] = ()

    def snapshot(self) -> Snapshot:
        """This instant, at the cost of what is looked at; the fleet as a whole is counted once a second."""
        now = self._clock.now()
        setting, answers = self.setting, dict(self._answers)
        if self._frozen is not None:
            return replace(self._frozen, at=now, answers=answers, about=self.about, notes=self._told)
        fleet = self._eye if isinstance(self._eye, Missing) else self._eye.sight(now)
        slo = self._slo.seen(now) if isinstance(self._slo, Promising) else self._slo
        return Snapshot(
            now, setting.context, fleet, slo, None, answers, self.about, self._told, setting.colour,
            setting.readonly, setting.through,
        )  # fmt: skip

    def note(self, text: str, *, bad: bool = False) -> None:
        """Remember what was said; the oldest of many is forgotten."""
        self._notes.append(Note(self._clock.now(), text, bad))
        self._told = tuple(self._notes)

    def freeze(self, fields: Collection[str]) -> None:
        """Hold the picture: what vehicles say stays as it is, that of these fields as it was at one moment; and so
        does what was answered."""
        taken = self.snapshot()
        if taken.frozen_at is not None:
            return
        if isinstance(taken.fleet, FleetSight) and not isinstance(self._eye, Missing):
            taken = replace(taken, fleet=self._eye.held(taken.fleet, fields))
        self._frozen = replace(taken, frozen_at=taken.at)

    def thaw(self) -> None:
        """Go on."""
        self._frozen = None
        self._answers |= self._late
        self._late.clear()

    def forget(self) -> None:
        """Another board: what was answered to the panels of the one before is not for it, and what is still being
        answered neither is, nor holds up a panel of the same letter."""
        self._answers.clear()
        self._late.clear()
        self._waiting = {}

    def ask(self, wanted: Mapping[str, Ask]) -> None:
        """Find answers aside; of a panel that asks again meanwhile, its last question is answered next."""
        busy = set(self._waiting)
        self._waiting |= wanted
        for letter in wanted.keys() - busy:
            task = asyncio.create_task(self._work(letter, self._waiting))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _work(self, letter: str, waiting: dict[str, Ask]) -> None:
        while True:
            ask = waiting[letter]
            at, begin = self._clock.now(), self._ticks()
            value = await self._answer(ask)
            took = min(self._clock.now() - at, self._ticks() - begin)  # the clock may have been set meanwhile
            answer = Answer(ask, value, at, max(took, 0.0))
            if waiting is self._waiting:
                (self._late if self._holds(letter, answer) else self._answers)[letter] = answer
            if waiting[letter] == ask or waiting is not self._waiting:
                del waiting[letter]
                return

    def _holds(self, letter: str, answer: Answer) -> bool:
        """Whether it is a later answer to what is answered in a picture that is held."""
        frozen, there = self._frozen, self._answers.get(letter)
        asked_before = frozen is not None and answer.at <= (frozen.frozen_at or 0.0)
        return asked_before and there is not None and there.ask == answer.ask

    async def _answer(self, ask: Ask) -> object:
        try:
            answering = await self._answerer(type(ask))
            return await answering(ask, self._own())
        except CdctlError as error:
            return Missing(error.message, error.hint)
        except Exception as error:  # one panel's question may not take the others down
            failed = fault("it", error)
            return Missing(failed.message, failed.hint)

    async def _answerer(self, kind: type[Ask]) -> Answering:
        """Raises UnavailableError when there is none."""
        if kind not in self._answering:
            try:  # aside: it may have to be imported
                self._answering[kind] = await asyncio.to_thread(getitem, self.setting.answering, kind)
            except KeyError:
                hint = f"context {self.setting.context} has no source for it"
                raise UnavailableError("nothing here can tell", hint=hint) from None
        return self._answering[kind]

    def _own(self) -> Snapshot:
        """This instant with a view that nobody else uses: answers are found beside what is drawn."""
        seen = self.snapshot()
        sight = seen.fleet
        if isinstance(sight, Missing) or isinstance(self._eye, Missing) or seen.frozen_at is not None:
            return seen
        return replace(seen, fleet=self._eye.own(sight))

    @property
    def busy(self) -> bool:
        """Whether answers are on their way."""
        return bool(self._working)

    async def settle(self) -> None:
        """Wait for the answers that are on their way."""
        while self._working:
            await asyncio.gather(*self._working)

    async def aclose(self) -> None:
        """Nobody waits for answers any more, and nothing is looked at."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        if not isinstance(self._eye, Missing):
            await self._eye.aclose()

    async def ready(self, seconds: float) -> None:
        """Wait until there is a first picture of the fleet, at most so long."""
        if not isinstance(self._eye, Missing):
            await self._eye.ready(seconds)

    async def _arrange(self, ask: Arrange, seen: Snapshot) -> object:
        if isinstance(seen.fleet, Missing) or isinstance(self._eye, Missing):
            return seen.fleet
        return await self._eye.arranged(ask, seen, seen.fleet)


def _eye_on(fleet: Fleet, clock: Clock, setting: Setting) -> Eye:
    """Columns of this machine are looked at as they are; of another fleet come pages."""
    from cdctl.application.fleet import LocalFleet

    if isinstance(fleet, LocalFleet):
        return LocalEye(fleet, setting.hidden)
    return FarEye(fleet, clock, fields_of(tuple(setting.signals)), setting.hidden)
