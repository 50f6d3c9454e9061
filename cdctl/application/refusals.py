"""Wishes that were refused on the operators' topics, written down as they come; however many come, in few notes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from cdctl.domain.orders.keeping import Journal, Note
from cdctl.domain.ports import Clock
from cdctl.domain.text import safe
from cdctl.errors import CdctlError

AT_ONCE = 20
"""Notes that may be written in a row."""
_EACH_MS = 6_000
"""Milliseconds after which one more may be: ten a minute, however long a flood lasts."""
_SUM_MS = 60_000
"""Milliseconds between two notes that say how many others there were."""
_REASONS = 20
_LONGEST = 200


class Refusals:
    """Of one rollout. rollout: its id and its plan's digest. actor: who writes, where nobody known has signed a wish.

    count: how many were refused so far; counted: how many of them have no note of their own.
    """

    def __init__(self, rollout: tuple[str, str], actor: str, clock: Clock) -> None:
        self._rollout, self._digest = rollout
        self._actor, self._clock = actor, clock
        self._left, self._filled_at = AT_ONCE, 0
        self._notes: list[Note] = []
        self._others: Counter[str] = Counter()
        self._summed_at = 0
        self._news = asyncio.Event()
        self.count = self.counted = 0

    def take(self, who: str, wish: str, why: str) -> None:
        """One was refused. who: empty when nobody known has signed it; wish: empty when it could not be read."""
        now = self._now()
        self.count += 1
        self._fill(now)
        why = safe(why, _LONGEST)
        if self._left:
            self._left -= 1
            self._notes.append(self._note(who or self._actor, {"action": wish or "unknown", "why": why}, now))
        else:
            self.counted += 1
            key = f"{who or 'nobody known'}: {wish or 'unknown'}: {why}"
            self._others[key if key in self._others or len(self._others) < _REASONS else "other"] += 1
        self._news.set()

    def notes(self, *, last: bool = False) -> Sequence[Note]:
        """What is to be written down now; everything when it is the last time."""
        notes, now = self._notes, self._now()
        if self._others and (last or now - self._summed_at >= _SUM_MS):
            body = {"action": "several", "why": "more than are written one by one", "count": self._others.total()}
            notes.append(self._note(self._actor, body | {"reasons": dict(self._others)}, now))
            self._others, self._summed_at = Counter(), now
        self._notes = []
        return notes

    async def keep(self, journal: Journal, many: Callable[[str], None]) -> None:
        """Write them down until cancelled. many: told when there are more than have notes of their own."""
        told = False
        while True:
            await _until(self._news.wait(), _SUM_MS / 1000)
            self._news.clear()
            if self.counted and not told:
                told = True
                many("more wishes are refused than are written down one by one: they are counted in the journal")
            await self.write(journal)

    async def write(self, journal: Journal, *, last: bool = False) -> None:
        """What is to be written down now. What the journal does not take now is written with the next."""
        notes = self.notes(last=last)
        if not notes:
            return
        try:
            await journal.write(notes)
        except CdctlError:
            if last:
                raise
            self._notes[:0] = notes[: AT_ONCE - len(self._notes)]

    def _fill(self, now: int) -> None:
        more = (now - self._filled_at) // _EACH_MS
        if more > 0:
            self._left = min(AT_ONCE, self._left + more)
            self._filled_at = now

    def _note(self, who: str, body: dict[str, object], now: int) -> Note:
        return Note("refusal", self._digest, who, now, {**body, "rollout": self._rollout})

    def _now(self) -> int:
        return round(self._clock.now() * 1000)


async def _until(work: Awaitable[object], seconds: float) -> None:
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        return
