"""Carries a rollout through in this process: news from the journal in, decisions of the state machine out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any

from cdctl.application.calling_off import called_off
from cdctl.application.dispatch import Dispatch
from cdctl.application.rollout_news import News
from cdctl.application.rollout_notes import Notes
from cdctl.application.rollout_taking import Taking
from cdctl.domain.orders.keeping import Journal, Kept
from cdctl.domain.orders.order import State
from cdctl.domain.orders.rollout.deciding import decide
from cdctl.domain.orders.rollout.engine import Event, Job, Picture, Reader, Shown
from cdctl.domain.orders.rollout.guards import Guard, Reading
from cdctl.domain.orders.rollout.roster import Roster
from cdctl.domain.orders.rollout.seen import Action, Control, Publish, Seen, TakeBack, Tell, Wish
from cdctl.domain.orders.rollout.standing import Phase, Standing
from cdctl.domain.ports import Clock
from cdctl.errors import CdctlError, UnavailableError

_TURN = 0.5
_SLOW_MS = 5_000
"""Milliseconds after which orders that are still on their way to a broker are trouble, and so is a link that is cut."""
_REST_MS = 5_000
_KEEP_MS = 60_000
"""Milliseconds of evidence that a kill may cost."""
_EVENTS = 50
_PATIENCE_MS = 30_000
"""Milliseconds in which guards are read for the first time, or a wish is heard without them."""


class RollOut:
    """The local engine (port RolloutEngine). The dispatch and the journal stay open.

    taking: where it stood and what happened before, when it is taken up again.
    """

    def __init__(
        self,
        job: Job,
        dispatch: Dispatch,
        journal: Journal,
        reader: Reader,
        clock: Clock,
        *,
        actor: str,
        taking: Taking | None = None,
    ) -> None:
        self._job, self._dispatch, self._journal, self._reader, self._clock = job, dispatch, journal, reader, clock
        self._taking = taking
        self._standing = taking.standing if taking else Standing()
        self._regions = frozenset(target.region for target in job.plan.targets)
        self._roster = Roster(job.rules, job.order)
        self._news = News(job, journal, self._roster)
        self._notes = Notes(job, journal, dispatch.session, actor)
        self._readings: dict[str, Reading] = {}
        self._controls: list[Control] = []
        self._events: deque[Event] = deque([*taking.before, *taking.taken] if taking else (), maxlen=_EVENTS)
        self._later = taking.wish if taking else None
        """A wish that waits until every guard was read: before that nobody can tell what it is about."""
        self._poke = asyncio.Event()
        self._look = asyncio.Event()
        """Set as a wave begins: guards are read at once, not when it is their time."""
        self._sends: dict[asyncio.Task[None], int] = {}
        self._work: set[asyncio.Task[None]] = set()
        self._trouble, self._trouble_until = "", 0
        self._away_since = 0
        self._error: Exception | None = None
        self._kept = 0
        self._began = 0

    def wish(self, control: Control) -> None:
        """See `RolloutEngine`."""
        self._controls.append(control)
        self._poke.set()

    def refusal(self, control: Control) -> str:
        """Why a wish would not be heard now, empty when it would be: by asking the state machine, and doing nothing."""
        now = self._now()
        _, actions = decide(self._job.rules, self._standing, self._seen((control,), now), now)
        words = [one.words for one in actions if isinstance(one, Tell) and one.word == "refused"]
        return "; ".join(words)

    def picture(self) -> Picture:
        """See `RolloutEngine`."""
        waves = [self._roster.tally(number) for number in range(len(self._job.rules.waves))]
        return Picture(self._job, self._standing, waves, self._now(), dict(self._readings), tuple(self._events))

    async def run(self, shown: Shown | None = None) -> Picture:
        """See `RolloutEngine`."""
        self._began = self._now()
        await self._notes.begin(self._standing, self._taking.taken if self._taking else (), self._began)
        if self._taking:
            left = self._news.restore(self._now())
            self._spawn(self._take_up(left))
            self._reader.restore(self._notes.known())
        watching = [asyncio.create_task(self._watch(guard)) for guard in self._job.rules.guards]
        try:
            while not (self._standing.phase.terminal and not self._work and not self._sends):
                self._poke.clear()
                self._news.hear(self._now(), retries=self._standing.phase is not Phase.ABORTING)
                await self._turn()
                if shown is not None:
                    shown(self.picture())
                if self._error is not None:
                    raise self._error
                if not self._standing.phase.terminal or self._work or self._sends:
                    await _until(self._poke, _TURN)
        finally:
            tasks = [*watching, *self._work, *self._sends]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._news.hear(self._now(), retries=False)
        if shown is not None:
            shown(self.picture())
        return self.picture()

    async def _turn(self) -> None:
        """One decision, written down before anything of it is done."""
        now = self._now()
        controls, self._controls = (*self._called_off(now), *self._waited(now), *self._controls), []
        after, actions = decide(self._job.rules, self._standing, self._seen(controls, now), now)
        told = [Event(now, one.word, one.words, one.by) for one in actions if isinstance(one, Tell)]
        # What stops may use the room that is kept on a full disk.
        stops = after.phase is Phase.ABORTING or after.phase.terminal
        ending = stops or (bool(after.pauses) and not any(isinstance(one, Publish) for one in actions))
        try:
            await self._notes.write(after, told, now, ending=ending)
        except CdctlError as error:
            if not stops:
                self._controls[:0] = controls  # not heard: nothing of this turn is done
                raise
            self._error = error  # what stops is done even if it cannot be written
        if after.began != self._standing.began:
            self._look.set()
            self._look = asyncio.Event()
        self._standing = after
        self._events.extend(told)
        for action in actions:
            self._act(action)

    def _seen(self, controls: tuple[Control, ...], now: int) -> Seen:
        roster = self._roster
        wave, rollout = roster.tally(self._standing.wave), roster.rollout()
        trouble = self._in_trouble(now)
        return Seen(wave, rollout, roster.ready(now), dict(self._readings), controls, trouble, self._began)

    def _waited(self, now: int) -> Iterator[Control]:
        unread = [guard for guard in self._job.rules.guards if guard.text not in self._readings]
        if self._later is not None and (not unread or now - self._began > _PATIENCE_MS):
            yield self._later
            self._later = None

    def _called_off(self, now: int) -> Iterator[Control]:
        """Whoever cancelled the plan in this journal is heard as one who aborts, topics or no topics."""
        phase = self._standing.phase
        if phase is Phase.ABORTING or phase.terminal:
            return
        if (note := called_off(self._journal, self._job.digest)) is not None:
            yield Control(Wish.ABORT, note.actor, now, str(note.body.get("reason") or "its plan was cancelled"))

    def _act(self, action: Action) -> None:
        if isinstance(action, Publish):
            rows = self._roster.take(action)
            task = asyncio.create_task(self._send(rows))
            self._sends[task] = self._now()
            task.add_done_callback(lambda done: self._sends.pop(done, None))
        elif isinstance(action, TakeBack):
            self._roster.give_up()
            self._spawn(self._take_back())

    async def _send(self, rows: Sequence[int]) -> None:
        job = self._job
        try:
            targets = [job.plan.targets[row] for row in rows]
            if away := await self._dispatch.open({target.region for target in targets}):
                raise UnavailableError(_no_link(away))
            await self._dispatch.send(job.plan, job.command, targets=targets, wait=False, digest=job.digest)
        except CdctlError as error:
            self._news.hear(self._now(), retries=True)
            self._roster.put_back([row for row in rows if not self._left(row)])
            self._trouble, self._trouble_until = error.message, self._now() + _REST_MS
        except Exception as error:  # nobody waits for this task: whoever waits for the rollout raises it
            self._error = error
        self._poke.set()

    def _left(self, row: int) -> bool:
        """Whether an order may have left: it was written down, and not withdrawn before it did."""
        return self._news.written(row) and self._roster.place(row) != State.CANCELLED

    async def _take_back(self) -> None:
        try:
            await self._dispatch.abort(cancel=True)
        except CdctlError as error:
            self._error = error

    async def _take_up(self, left: Sequence[Kept]) -> None:
        """Vehicles are asked what became of what was open; after an abort they are asked to drop it."""
        try:
            if self._standing.phase is Phase.ABORTING and left:
                await self._dispatch.cancel(left)
            else:
                await self._dispatch.resume()
        except CdctlError as error:
            self._trouble, self._trouble_until = error.message, self._now() + _REST_MS

    def _in_trouble(self, now: int) -> str:
        away = self._dispatch.away(self._regions)
        self._away_since = (self._away_since or now) if away else 0
        if away and now - self._away_since > _SLOW_MS:
            return _no_link(away)
        if self._trouble and now < self._trouble_until:
            return self._trouble
        self._trouble = ""
        slow = [began for began in self._sends.values() if now - began > _SLOW_MS]
        return f"orders wait for a broker for {(now - min(slow)) // 1000} s" if slow else ""

    async def _watch(self, guard: Guard) -> None:
        """Read one guard again and again; a change of its health is written down with the next turn."""
        while True:
            reading = await self._reader.read(guard, self._roster.told(), self._now())
            before = self._readings.get(guard.text)
            self._readings[guard.text] = reading
            if before is None or before.health is not reading.health:
                self._notes.guard(reading)
            if self._now() - self._kept >= _KEEP_MS or before is None or before.health is not reading.health:
                self._kept = self._now()
                self._notes.evidence(self._reader.kept())
            self._poke.set()
            await _until(self._look, guard.every)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(lambda _: self._poke.set())

    def _now(self) -> int:
        return round(self._clock.now() * 1000)


def _no_link(away: Mapping[str, str]) -> str:
    return "; ".join(f"no link to the broker of {region}: {why}" for region, why in away.items())


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
