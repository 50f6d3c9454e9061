"""Reads the guards of a rollout: promises, queries, shares of the fleet, cohorts. What cannot be read is no data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from cdctl.application.rollout_cohorts import Cohorts
from cdctl.domain.fleet.reading import Fleet, Query
from cdctl.domain.orders.rollout import guards
from cdctl.domain.orders.rollout.engine import Job
from cdctl.domain.orders.rollout.guards import Guard, Health, Reading
from cdctl.domain.orders.rollout.promising import promise_of
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.text import safe
from cdctl.errors import CdctlError


@dataclass(frozen=True, slots=True)
class Asks:
    """Whom guards ask. promises: the rows of an SLO by its name. values: what a query answers now."""

    promises: Callable[[str], Awaitable[Sequence[Row]]]
    values: Callable[[str], Awaitable[list[float]]]
    fleet: Callable[[], Awaitable[Fleet]]


class Readers:
    """Of one rollout (port Reader)."""

    def __init__(self, job: Job, asks: Asks, cohorts: Cohorts) -> None:
        self._job, self._asks, self._cohorts = job, asks, cohorts

    async def read(self, guard: Guard, told: Sequence[bool], at: int) -> Reading:
        """See `Reader`."""
        try:
            return await self._read(guard, told, at)
        except CdctlError as error:
            return Reading(guard.text, Health.NO_DATA, at, safe(error.message, 200))
        except Exception as error:  # whatever a source raises: what is not known never passes
            return Reading(guard.text, Health.NO_DATA, at, f"could not be read ({type(error).__name__})")

    def kept(self) -> Mapping[str, object]:
        """See `Reader`."""
        return self._cohorts.kept()

    def restore(self, body: Mapping[str, object]) -> None:
        """See `Reader`."""
        self._cohorts.restore(body)

    async def _read(self, guard: Guard, told: Sequence[bool], at: int) -> Reading:
        match guard.what:
            case guards.Slo(name, group):
                began = self._job.plan.created // 1000
                return worst(guard.text, group, await self._asks.promises(name), at, began)
            case guards.Promql(query, _, _):
                return guards.of_values(guard.text, guard.what, await self._asks.values(query), at)
            case guards.Share():
                return await self._share(guard, guard.what, at)
            case guards.Cohort():
                return await self._cohorts.read(guard, guard.what, told, at)

    async def _share(self, guard: Guard, what: guards.Share, at: int) -> Reading:
        """Of the rollout's vehicles alone: those that match, those that do not, and those of which it is not known."""
        fleet = await self._asks.fleet()
        ours = {target.vin for target in self._job.plan.targets}
        matched = await _those(fleet, f"({what.filter})", ours)
        others = await _those(fleet, f"-({what.filter})", ours)
        known = len(matched) + len(others)
        return guards.of_share(guard.text, what, len(matched), known, len(ours) - known, at)


def worst(guard: str, group: str, rows: Sequence[Row], at: int, began: int = 0) -> Reading:
    """The reading of a promise in one group, or in whichever is worst; one that is not known is worse than none.
    began: epoch seconds at which the rollout did."""
    meant = [row for row in rows if not group or group == row.group_text or group in row.group.values()]
    if not meant:  # a promise that could not be read at all has one row, and that has no group
        meant = [row for row in rows if not row.group and row.verdict in {Verdict.NO_DATA, Verdict.ERROR}]
    if not meant:
        among = ", ".join(sorted({row.group_text for row in rows if row.group_text})) or "it has no groups"
        why = f"no group {group!r}: {among}" if rows else "there is no such promise"
        return Reading(guard, Health.NO_DATA, at, why)
    found = [guards.of_promise(guard, promise_of(row, began), at) for row in meant]
    order = (Health.BURNING, Health.NO_DATA, Health.THIN, Health.HEALTHY)
    return min(found, key=lambda one: (order.index(one.health), -one.burn))


async def _those(fleet: Fleet, where: str, ours: set[str]) -> set[str]:
    page = await fleet.find(Query(where, ("vin",)))
    return {str(row[0]) for row in page.rows} & ours
