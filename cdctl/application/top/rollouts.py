"""Rollouts for the live view: those of a journal, followed as they go on, and those that others tell of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

from cdctl.application import rollout_states
from cdctl.application.resuming import plan_of
from cdctl.application.rollout_news import News
from cdctl.application.rollout_notes import GUARD, ROLLOUT, Told, of_record
from cdctl.application.rollout_states import Body
from cdctl.domain.boards.ordering import GuardSeen, RolloutSeen, WaveSeen
from cdctl.domain.orders.keeping import Journal, Record
from cdctl.domain.orders.plan import Plan
from cdctl.domain.orders.rollout import talk
from cdctl.domain.orders.rollout.engine import Job, Picture
from cdctl.domain.orders.rollout.guards import Health, Reading
from cdctl.domain.orders.rollout.roster import Roster
from cdctl.domain.orders.rollout.standing import Cause, Phase
from cdctl.domain.orders.rollout.tally import PLACES
from cdctl.errors import CdctlError

MOST = 50
"""Rollouts that are told of, the newest."""
_EVENTS = 50
_PAUSED = "paused"
"""Its state for people; see `Standing.shown`."""


class Following:
    """One rollout of a journal: read once, and then as it goes on."""

    def __init__(self, job: Job, journal: Journal, now: int) -> None:
        self._job, self._roster = job, Roster(job.rules, job.order)
        self._news = News(job, journal, self._roster)
        self._news.restore(now)

    def picture(self, told: Told, readings: Mapping[str, Reading], now: int) -> Body:
        """As its state would be told."""
        self._news.hear(now, retries=told.standing.phase is not Phase.ABORTING)
        waves = [self._roster.tally(number) for number in range(len(self._job.rules.waves))]
        return talk.plain(Picture(self._job, told.standing, waves, told.at, readings, told.events[-_EVENTS:]))

    @property
    def open(self) -> bool:
        """Whether orders of it have not ended."""
        return bool(self._roster.rollout().open)


class Rollouts:
    """Those of one journal, as of the last `read`. job_of: a plan, resolved; raises CdctlError."""

    def __init__(self, journal: Journal, job_of: Callable[[Plan], Job]) -> None:
        self._journal, self._job_of = journal, job_of
        self._told: dict[str, Told] = {}
        self._readings: dict[str, dict[str, Reading]] = {}
        self._following: dict[str, Following] = {}
        self._over: dict[str, tuple[int, Body]] = {}
        self._after = {ROLLOUT: 0, GUARD: 0}

    def read(self, now: int) -> dict[str, Body]:
        """Their states by id. now: epoch milliseconds. Raises UnavailableError."""
        for record in self._journal.records(kind=ROLLOUT, after=self._after[ROLLOUT]):
            self._after[ROLLOUT] = record.number
            before = self._told.get(record.subject)
            self._told[record.subject] = of_record(record, before.events[-_EVENTS:] if before else ())
        for record in self._journal.records(kind=GUARD, after=self._after[GUARD]):
            self._after[GUARD] = record.number
            _take(self._readings.setdefault(record.subject, {}), record)
        newest = sorted(self._told.values(), key=lambda one: -one.at)[:MOST]
        self._forget({one.id for one in newest})
        return {one.id: body for one in newest if (body := self._state(one, now)) is not None}

    def _forget(self, newest: Set[str]) -> None:
        """Of rollouts that are not told of any more nothing is kept."""
        for known in (self._told, self._readings, self._following, self._over):
            for name in known.keys() - newest:
                del known[name]

    def _state(self, one: Told, now: int) -> Body | None:
        """None when it cannot be resolved any more: a plan that is not there, a file of another version."""
        if one.id in self._over and self._over[one.id][0] == one.at:
            return self._over[one.id][1]
        following = self._following.get(one.id) or self._begun(one, now)
        if following is None:
            return None
        body = following.picture(one, self._readings.get(one.id, {}), now)
        if one.standing.phase.terminal and not following.open:
            self._over[one.id] = (one.at, body)
            self._following.pop(one.id, None)
        return body

    def _begun(self, one: Told, now: int) -> Following | None:
        try:
            plan = plan_of(self._journal, one.plan)
            if plan is None or not plan.rollout:
                return None
            found = self._following[one.id] = Following(self._job_of(plan), self._journal, now)
        except CdctlError:
            return None
        return found


def _take(readings: dict[str, Reading], record: Record) -> None:
    """What a guard said, of a note; what is no reading (its evidence) is left."""
    body: Mapping[str, Any] = record.body
    if "health" in body and body["health"] in set(Health):
        guard = str(body.get("guard", ""))
        at = body.get("at")
        when = at if isinstance(at, int) else record.at
        readings[guard] = Reading(guard, Health(body["health"]), when, str(body.get("words", "")))


def seen(body: Body, now: int, *, ours: bool) -> RolloutSeen:
    """A state as the view has it. What others tell may lack anything, or be anything. ours: a journal's."""
    waves = [wave for wave in body["waves"] if isinstance(wave, Mapping)]
    pauses = [one for one in body["pauses"] if isinstance(one, Mapping)]
    since, rate = _whole(body.get("since") or body["at"]), body.get("rate")
    if body["state"] == _PAUSED:  # the phase began before
        since = min(filter(None, (_whole(one.get("since")) for one in pauses)), default=since)
    why = tuple(filter(None, map(_pause, pauses))) or ((str(body["reason"]),) if body["reason"] else ())
    return RolloutSeen(
        str(body["rollout"]), str(body["plan"]), str(body["name"]), str(body["command"]), str(body["by"]),
        str(body["state"]), str(body["phase"]), int(body["wave"]), since,
        int(body["at"]), rollout_states.runs(body, now), why, tuple(map(_wave, waves)),
        tuple(_guard(one) for one in body["guards"] if isinstance(one, Mapping)), _whole(body.get("approvals")),
        tuple(map(str, body.get("approvers") or ())), rate if isinstance(rate, int | float) else None, ours,
        _whole(body.get("created")),
    )  # fmt: skip


def _pause(body: Mapping[str, Any]) -> str:
    """Why it does not go on, for people."""
    key, words = str(body.get("key", "")), str(body.get("words", ""))
    who = f"paused by {key or 'somebody'}" if body.get("cause") == Cause.OPERATOR.value else key
    return ": ".join(filter(None, (who, words)))


def _wave(body: Mapping[str, Any]) -> WaveSeen:
    places = {place: _whole(body.get(place)) for place in PLACES}
    return WaveSeen(str(body.get("name", "")), str(body.get("to", "")), _whole(body.get("size")), places)


def _guard(body: Mapping[str, Any]) -> GuardSeen:
    return GuardSeen(
        str(body.get("guard", "")), str(body.get("health", "")), str(body.get("words", "")), _whole(body.get("at"))
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
