"""What of a rollout is written down: where it stands whenever that changes, and who did what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby

from cdctl.domain.orders.keeping import Entry, Journal, Note, Record
from cdctl.domain.orders.rollout.engine import Event, Job
from cdctl.domain.orders.rollout.guards import Reading
from cdctl.domain.orders.rollout.pacing import Bucket
from cdctl.domain.orders.rollout.standing import Standing, from_plain, to_plain
from cdctl.errors import UnavailableError

ROLLOUT, GUARD = "rollout", "guard"
_ITSELF = "rollout"
"""Who did what a rollout does by itself."""


class Notes:
    """Of one rollout, by one process."""

    def __init__(self, job: Job, journal: Journal, session: str, actor: str) -> None:
        self._job, self._journal, self._session, self._actor = job, journal, session, actor
        self._last: Standing | None = None
        self._guards: list[Reading] = []
        self._evidence: Mapping[str, object] = {}
        self._new_evidence = False

    async def begin(self, standing: Standing, taken: Sequence[Event], now: int) -> None:
        """The plan, if it is not there yet, and who goes on with it (`taken`)."""
        entries: list[Entry] = []
        if next(iter(self._journal.records(kind="plan", subject=self._job.digest, limit=1)), None) is None:
            entries.append(Note("plan", self._job.digest, self._actor, now, json.loads(self._job.plan.content())))
        entries.append(self._note(standing, taken, now))
        await self._journal.write(entries)

    def guard(self, reading: Reading) -> None:
        """A guard's health changed; written with the next turn."""
        self._guards.append(reading)

    def evidence(self, body: Mapping[str, object]) -> None:
        """What guards know; written with the next turn, when it is news."""
        if body and body != self._evidence:
            self._evidence = body
            self._new_evidence = True

    def known(self) -> Mapping[str, object]:
        """What guards knew when it was last written."""
        body: object = {}
        for record in self._journal.records(kind=GUARD, subject=self._job.plan.id):
            body = record.body.get("evidence", body)
        return body if isinstance(body, Mapping) else {}

    async def write(self, standing: Standing, events: Sequence[Event], now: int, *, ending: bool) -> None:
        """Where it stands and what happened, if that is news."""
        entries: list[Entry] = [
            Note(GUARD, self._job.plan.id, self._actor, one.at, {**asdict(one), "health": one.health.value})
            for one in self._guards
        ]
        self._guards.clear()
        if self._new_evidence:
            self._new_evidence = False
            entries.append(Note(GUARD, self._job.plan.id, self._actor, now, {"evidence": self._evidence}))
        # What may be published at once changes every second, and nothing is lost with it.
        told = replace(standing, bucket=Bucket(), bound=False)
        if events or told != self._last:
            entries += self._by_actor(standing, events, now)
            self._last = told
        rollout = {"rollout": self._job.plan.id}
        entries += [
            Note("approval", self._job.digest, one.by, one.at, {"by": one.by, "wave": standing.wave + 1, **rollout})
            for one in events
            if one.word == "approved"
        ]
        if entries:
            await self._journal.write(entries, ending=ending)

    def _by_actor(self, standing: Standing, events: Sequence[Event], now: int) -> Iterator[Note]:
        """A note for each run of events by one person; what the rollout does by itself is done by who runs it."""
        for by, some in groupby(events, lambda one: one.by):
            yield self._note(standing, list(some), now, "" if by == _ITSELF else by)
        if not events:
            yield self._note(standing, (), now)

    def _note(self, standing: Standing, events: Sequence[Event], now: int, actor: str = "") -> Note:
        body = {
            "plan": self._job.digest,
            "session": self._session,
            "standing": to_plain(standing),
            "events": [asdict(one) for one in events],
        }
        return Note(ROLLOUT, self._job.plan.id, actor or self._actor, now, body)


@dataclass(frozen=True, slots=True)
class Told:
    """A rollout as the journal has it."""

    id: str
    plan: str
    session: str
    standing: Standing
    at: int
    events: tuple[Event, ...] = ()


def told(journal: Journal, begins: str = "") -> list[Told]:
    """Every rollout of the journal whose id begins so, oldest first, where it stood last. Raises UnavailableError."""
    found: dict[str, Told] = {}
    for record in journal.records(kind=ROLLOUT):
        if record.subject.startswith(begins):
            before = found.get(record.subject)
            found[record.subject] = of_record(record, before.events if before else ())
    return list(found.values())


def of_record(record: Record, events: tuple[Event, ...]) -> Told:
    """A rollout as a note of it has it. events: those of the notes before. Raises UnavailableError when it is none."""
    body = record.body
    try:
        standing = body["standing"]
        if not isinstance(standing, Mapping):
            raise ValueError("no standing")
        more = tuple(_events(body.get("events")))
        return Told(
            record.subject, str(body["plan"]), str(body["session"]), from_plain(standing), record.at, (*events, *more)
        )
    except (ValueError, KeyError, TypeError) as error:
        hint = "cdctl audit verify says whether somebody changed it"
        raise UnavailableError(
            "is no note of a rollout", subject=f"record {record.number} of the journal", hint=hint
        ) from error


def _events(value: object) -> Iterator[Event]:
    for one in value if isinstance(value, list | tuple) else ():
        yield Event(int(one["at"]), str(one["word"]), str(one["words"]), str(one["by"]))
