"""Cohort guards: what vehicles that were told do, beside what the others do at the same time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.reading import Fleet, Query
from cdctl.domain.orders.keeping import Journal
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Target
from cdctl.domain.orders.rollout.cohort import kept, matching
from cdctl.domain.orders.rollout.cohort.evidence import Evidence, Trial, none, weigh
from cdctl.domain.orders.rollout.cohort.judging import of_capital, of_evidence
from cdctl.domain.orders.rollout.cohort.means import Scale, bet, penniless
from cdctl.domain.orders.rollout.engine import Job
from cdctl.domain.orders.rollout.guards import Cohort, Guard, Health, Reading

_HOUR_MS = 3_600_000
_SETTLED_MS = 60_000
"""Milliseconds after which what a vehicle was told shows in its signals."""
_BAD = frozenset({State.FAILED, State.REJECTED, State.TIMED_OUT})
Seen = Mapping[str, tuple[float, float]]
"""Bad events and size (trials, hours) by vehicle, since the last look."""


class Cohorts:
    """Of one rollout. Vehicles are compared as they were when it began to look: region, model and software."""

    def __init__(self, job: Job, journal: Journal, fleet: Callable[[], Awaitable[Fleet]]) -> None:
        self._job, self._fleet = job, fleet
        self._rows = {target.vin: row for row, target in enumerate(job.plan.targets)}
        self._vehicles: list[Target] = []
        self._strata: matching.Strata | None = None
        self._evidence: dict[str, Evidence] = {}
        self._outcomes = Outcomes(journal, job.digest)
        self._codes: dict[str, int] = {}
        self._looked = 0
        self._before: Mapping[str, Mapping[str, object]] = {}
        self._pairs: dict[str, Pairs] = {}

    def kept(self) -> dict[str, object]:
        """What is known, by guard, as JSON has it."""
        names = self._strata.names if self._strata else ()
        return {text: kept.to_plain(one, names) for text, one in self._evidence.items()}

    def restore(self, body: Mapping[str, object]) -> None:
        """What `kept` gave, to go on with. What cannot be understood is left: evidence then begins anew."""
        self._before = {text: one for text, one in body.items() if isinstance(one, Mapping)}

    async def read(self, guard: Guard, what: Cohort, told: Sequence[bool], at: int) -> Reading:
        """One look. What happened since the one before is weighed once."""
        strata = await self._matched()
        if what.metric not in {"commands", "dtcs"}:
            return await self._means(guard, what, strata, told, at)
        rates = what.metric == "dtcs"
        trial = Trial(what.rise, what.alpha, 1 - what.power, rates)
        evidence = self._evidence.get(guard.text) or self._known(guard.text, strata)
        seen = await self._dtcs(at) if rates else self._outcomes.since()
        who, bad, size = self._arrays(told, seen)
        evidence = weigh(trial, evidence, strata.block(who, bad, size))
        self._evidence[guard.text] = evidence
        unit = "vehicle-hours" if rates else "commands"
        return of_evidence(guard.text, trial, evidence, unit, at, strata.unmatched(who))

    async def _means(
        self, guard: Guard, what: Cohort, strata: matching.Strata, told: Sequence[bool], at: int
    ) -> Reading:
        """A signal of vehicles that were told a while ago, each beside one of its stratum that was not; once each."""
        if what.most <= what.least:
            return Reading(guard.text, Health.NO_DATA, at, "the signal has no bounds")
        pairs = self._pairs.setdefault(guard.text, Pairs())
        fleet = await self._fleet()
        page = await fleet.find(Query("online", ("vin", what.metric)))
        values = {str(vin): float(value) for vin, value in page.rows if isinstance(value, int | float)}
        scale = Scale(what.least, what.most, what.rise, what.lower, what.alpha, 1 - what.power)
        who, _, _ = self._arrays(told, {})
        found = pairs.made(self._vehicles, strata.codes, who, values, at)
        if found:
            ours, theirs = np.array(found, np.float64).T
            pairs.capital = bet(scale, pairs.capital, scale.worse(ours, theirs))
        return of_capital(guard.text, scale, pairs.capital, at)

    def _known(self, guard: str, strata: matching.Strata) -> Evidence:
        try:
            return kept.from_plain(self._before[guard], strata.names)
        except (KeyError, ValueError):
            return none((len(strata.names),))

    async def _matched(self) -> matching.Strata:
        if self._strata is None:
            fleet = await self._fleet()
            page = await fleet.find(Query("", ("vin", "region", "model", "sw")))
            seen = {str(row[0]): Target(*(str(cell or "") for cell in row)) for row in page.rows}
            self._vehicles = list({**seen, **{one.vin: one for one in self._job.plan.targets}}.values())
            self._strata = matching.strata(self._vehicles, self._names())
        return self._strata

    def _names(self) -> list[tuple[str, str, str]]:
        for body in self._before.values():
            with suppress(ValueError):
                return kept.names_of(body)
        return []

    async def _dtcs(self, at: int) -> Seen:
        """New trouble codes and hours online; a code that went away is no good news, only none."""
        fleet = await self._fleet()
        page = await fleet.find(Query("online", ("vin", "dtcs")))
        hours = (at - self._looked) / _HOUR_MS if self._looked else 0.0
        self._looked = at
        found: dict[str, tuple[float, float]] = {}
        for vin, count in page.rows:
            codes = int(count or 0)
            before = self._codes.get(str(vin))
            self._codes[str(vin)] = codes
            if before is not None:
                found[str(vin)] = (float(max(0, codes - before)), hours)
        return found

    def _arrays(
        self, told: Sequence[bool], seen: Seen
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
        rows = self._rows
        who = np.fromiter((one.vin in rows and told[rows[one.vin]] for one in self._vehicles), np.bool_)
        pairs = [seen.get(one.vin, (0.0, 0.0)) for one in self._vehicles]
        both = np.array(pairs, np.float64).reshape(-1, 2)
        return who, both[:, 0], both[:, 1]


class Pairs:
    """Pairs of vehicles so far, for one signal. Each vehicle is in one of them at most."""

    def __init__(self) -> None:
        self.capital = penniless()
        self._used: set[str] = set()
        self._since: dict[str, int] = {}

    def made(
        self,
        vehicles: Sequence[Target],
        codes: NDArray[np.int64],
        told: NDArray[np.bool_],
        values: Mapping[str, float],
        at: int,
    ) -> list[tuple[float, float]]:
        """Values of new pairs, of the vehicle that was told first."""
        waiting: dict[int, tuple[list[str], list[str]]] = {}
        for vehicle, code, ours in zip(vehicles, codes.tolist(), told.tolist(), strict=True):
            vin = vehicle.vin
            if vin in self._used or vin not in values:
                continue
            if ours and at - self._since.setdefault(vin, at) < _SETTLED_MS:
                continue
            waiting.setdefault(code, ([], []))[0 if ours else 1].append(vin)
        found = [pair for ours, theirs in waiting.values() for pair in zip(ours, theirs, strict=False)]
        self._used.update(vin for pair in found for vin in pair)
        return [(values[one], values[other]) for one, other in found]


class Outcomes:
    """How orders of other plans ended, by vehicle: the rollout's own are counted by its limits."""

    def __init__(self, journal: Journal, digest: str) -> None:
        self._journal, self._digest = journal, digest
        self._after = journal.head().number
        self._vins: dict[str, str] = {}

    def since(self) -> Seen:
        """Since the last call."""
        found: dict[str, tuple[float, float]] = {}
        for record in self._journal.records(after=self._after):
            self._after = record.number
            if record.kind == "intent" and record.body.get("plan") != self._digest:
                self._vins[record.subject] = str(record.body["vin"])
            elif record.kind == "move" and record.subject in self._vins:
                state = State(str(record.body["state"]))
                if state.terminal:
                    vin = self._vins.pop(record.subject)
                    bad, size = found.get(vin, (0.0, 0.0))
                    counted = state in _BAD or state is State.SUCCEEDED
                    found[vin] = (bad + (state in _BAD), size + counted)
        return found
