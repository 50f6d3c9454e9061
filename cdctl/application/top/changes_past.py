"""What else was changed: deployments and the like as they are told, software that spreads, and alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from cdctl.application.top.lately import Lately
from cdctl.application.top.timeline import Said, apart, holds
from cdctl.domain.boards.requests import About, Open
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import LEAD, Occasion, Reach, Recall
from cdctl.domain.changes import Change
from cdctl.domain.triage.firing import Firing, promise_of

CHANGES, ALERTS = "changes", "alerts"
HOURS = 6 * 3_600.0
"""Seconds that alerts and software are looked back for, where no moment is asked about."""
EVERY = 30.0
Told = tuple[Sequence[Change], str]
"""Changes, and why there are none or some are not read; empty when all is well."""


class ChangesPast:
    """See the port Teller. reads: the file of changes. spreads: since when -> versions that spread in the fleet, where
    somebody keeps its past."""

    name = CHANGES

    def __init__(
        self, reads: Callable[[], Told], spreads: Callable[[float], Awaitable[Sequence[Change]]] | None = None
    ) -> None:
        self._reads = reads
        self._spreads = Lately(spreads, EVERY) if spreads is not None else None

    async def tell(self, ask: Recall, seen: Snapshot) -> Said:
        """See the port."""
        if ask.vin:
            return Said()
        changes, note = await asyncio.to_thread(self._reads)
        reach = Reach(self.name, None, note)
        if CHANGES not in ask.kinds:
            return Said((), (reach,))
        spread: Sequence[Change] = ()
        if self._spreads is not None:
            begin = (seen.at - HOURS if ask.since is None else ask.since - LEAD) // 3_600 * 3_600
            spread = (await self._spreads.told(begin))[0] or ()
        told = [_changed(n, one) for n, one in enumerate([*changes, *spread]) if not apart({"region": one.region}, ask)]
        return Said([one for one in told if holds(one, ask)], (reach,))

    async def aclose(self) -> None:
        """Nobody waits any more."""
        if self._spreads is not None:
            await self._spreads.aclose()


def _changed(number: int, one: Change) -> Occasion:
    version = f" {one.version}" if one.version and one.version not in one.title else ""
    text = f"{one.kind}: {one.title}{version}{f' by {one.by}' if one.by else ''}"
    subject = one.service or one.region or one.kind
    return Occasion(f"c{one.at}.{number}.{one.title}", one.at, CHANGES, one.kind, subject, text, region=one.region)


class AlertsPast:
    """See the port Teller. asks: since when -> alerts that fired."""

    name = ALERTS

    def __init__(self, asks: Callable[[float], Awaitable[Sequence[Firing]]]) -> None:
        self._asks = Lately(asks, EVERY)

    async def tell(self, ask: Recall, seen: Snapshot) -> Said:
        """See the port."""
        if ask.vin or "promises" not in ask.kinds:
            return Said()
        begin = (seen.at - HOURS if ask.since is None else min(ask.since - LEAD, seen.at - 60)) // 600 * 600
        told, error = await self._asks.told(begin)
        if told is None:
            note = "asking for them" if error is None else error.message
            return Said((), (Reach(self.name, None, note, bad=error is not None),))
        found = [one for firing in told for one in _fired(firing) if _meant(firing, ask) and holds(one, ask)]
        note = "" if error is None else error.message
        return Said(found, (Reach(self.name, begin, note, bad=error is not None),))

    async def aclose(self) -> None:
        """Nobody waits any more."""
        await self._asks.aclose()


def _meant(firing: Firing, ask: Recall) -> bool:
    """Whether it may be about what is asked for: an alert that names no promise may be about every one."""
    promise = promise_of(firing.labels)
    return not apart(firing.labels, ask) and (not ask.promise or promise in {"", ask.promise})


def _fired(firing: Firing) -> list[Occasion]:
    labels = {name: value for name, value in firing.labels.items() if name not in {"alertname", "__name__"}}
    about = " ".join(f"{name}={value}" for name, value in sorted(labels.items()) if name != "alertstate")
    name, promise = firing.labels.get("alertname", "an alert"), promise_of(firing.labels)
    opens = Open("incident", About(promise=promise, since=firing.begin)) if promise else None
    region, key = labels.get("region", ""), f"a{firing.begin}.{name}.{about}"

    def one(at: float, word: str, text: str, role: str) -> Occasion:
        return Occasion(f"{key}.{word}", at, "promises", word, name, text, role, region=region, opens=opens)

    begins = "fires" if firing.seen_begin else "fired already"
    told = [one(firing.begin, "firing", f"alert {begins}: {about}", "bad")]
    return told + ([one(firing.end, "resolved", f"alert is over: {about}", "good")] if firing.end is not None else [])
