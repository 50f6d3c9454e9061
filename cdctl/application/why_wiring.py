"""Composes explanations: where events come from, and the fleet they are joined with. See `wiring` for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.application.explaining import Fleets, Wanted
    from cdctl.domain.fleet.asof import AsOf
    from cdctl.domain.fleet.reading import Fleet
    from cdctl.domain.settings import Context, Settings
    from cdctl.domain.slo.objective import Objective, Slo
    from cdctl.domain.why.explanation import Explanation
    from cdctl.extend.catalogue import Catalogue
    from cdctl.sources.traceql.plan import Plan

TRACES = "traces"
"""The name of the source that counts spans."""
FORMS = ("table", "wide", "json", "html")
_REACH = 7_200.0
"""Seconds before a beginning in which changes are looked for."""
_SETTLE = 15.0
"""Seconds that the first picture of a fleet may take."""
_NAMED, _TOGETHER, _LONGEST = 3_000, 80, 4_000
"""Vehicles that a fleet is asked for by name, so many in a question, and characters of one; of more vehicles, all are
asked for."""


def sources_of(slo: Slo) -> frozenset[str]:
    """The sources that a promise asks, by their names in its spec."""
    from cdctl.application.evaluate import sources_of as asked

    return frozenset(name for objective in slo.objectives for name in asked(objective.indicator))


def sibling(slo: Slo, others: Sequence[Slo]) -> Slo | None:
    """The same promise on spans: of the same service, asked of traces alone, and named as this one with more behind it
    or before it (`remote-command-availability-traces`)."""
    alike = [one for one in others if one.service == slo.service and one.name != slo.name and slo.name in one.name]
    return next((one for one in alike if sources_of(one) == {TRACES}), None)


def explain_slo(
    wanted: Wanted,
    source: str,
    settings: Settings,
    doors: Catalogue,
    *,
    config: str = "",
    plugins: bool = True,
    fleets: Fleets | None = None,
) -> Explanation:
    """Who it is, by the events of `source` (a name of the sources door). fleets: who is asked for the vehicles, the
    context's own fleet unless told. Raises UsageError for a promise that cannot be explained so, UnavailableError when
    there are no events or nobody can be asked."""
    from contextlib import AsyncExitStack

    from cdctl.application import explaining

    async def run() -> Explanation:
        async with AsyncExitStack() as stack:
            if source == TRACES:
                from cdctl.application.traces_wiring import open_store

                store = open_store(settings.context() if settings.contexts else None)
                stack.push_async_callback(store.aclose)
                counting = planned(wanted.objective, wanted.slo.name).counting
                known = fleets or _fleets(settings, doors, config, plugins)
                return await explaining.from_spans(wanted, counting, store, known)
            table = settings.context().sources.get(source)
            if table is None:
                raise UsageError(f"the context has no source {source!r}", hint="add it to the settings")
            asked = doors.source(source, table)
            stack.push_async_callback(asked.aclose)
            return await explaining.from_metrics(wanted, asked)

    from cdctl.application.fleet_wiring import finished

    return finished(run())


def with_changes(told: Explanation, settings: Settings, *, config: str = "", plugins: bool = True) -> Explanation:
    """The same, with what was changed shortly before each cause began, where that is known."""
    began = [(cause.between or (cause.since,))[0] for cause in told.causes if cause.since is not None]
    if not began:
        return told
    from dataclasses import replace

    from cdctl.application.changes_wiring import changes_of

    changes, notes = changes_of(settings, min(began) - _REACH, config=config, plugins=plugins)
    return replace(told.with_changes(changes), notes=(*told.notes, *notes))


def planned(objective: Objective, promise: str, labels: tuple[str, ...] = ()) -> Plan:
    """What an objective asks of spans, and where the values of labels are. Raises UsageError about the promise of that
    name."""
    from cdctl.sources.traceql.plan import PlanError, plan

    try:
        return plan(objective.indicator, labels)
    except PlanError as error:
        raise UsageError(error.reason, subject=promise, hint=error.hint) from None


def _fleets(settings: Settings, doors: Catalogue, config: str, plugins: bool) -> Fleets:
    """Asks the fleet of the context, which knows its inventory, too; where nobody can be listened to, the inventory
    alone."""

    async def ask(vehicles: Sequence[str], since: float) -> AsOf | None:
        from cdctl.application.fleet_wiring import open_fleet

        context = settings.context() if settings.contexts else None
        if context is None or not vehicles:
            return None
        if not context.brokers and not context.collector:
            return await _listed(context, doors, frozenset(vehicles))
        try:
            fleet = await open_fleet(settings, config=config, plugins=plugins)
        except CdctlError:
            return await _listed(context, doors, frozenset(vehicles))
        try:
            return await _lived(fleet, vehicles, since)
        except CdctlError:
            return None
        finally:
            await fleet.aclose()

    return ask


async def _lived(fleet: Fleet, vehicles: Sequence[str], since: float) -> AsOf:
    """What the vehicles are, and what changed since then."""
    from cdctl.domain.fleet.asof import COLUMNS, AsOf, Facts
    from cdctl.domain.fleet.reading import Query
    from cdctl.domain.why.picking import quoted

    await fleet.settle(_SETTLE)
    runs = range(0, len(vehicles), _TOGETHER)
    wheres = [f"vin:{','.join(map(quoted, vehicles[first : first + _TOGETHER]))}" for first in runs]
    if len(vehicles) > _NAMED or any(len(where) > _LONGEST for where in wheres):
        wheres = [""]
    pages = [await fleet.find(Query(where, ("vin", *COLUMNS))) for where in wheres]
    facts = {str(row[0]): Facts(*(str(cell or "") for cell in row[1:])) for page in pages for row in page.rows}
    kept, happenings, _ = await fleet.history("", since)
    return AsOf(facts, happenings, kept)


async def _listed(context: Context, doors: Catalogue, vehicles: frozenset[str]) -> AsOf | None:
    """What an inventory says of the vehicles today; None where there is none."""
    from cdctl.application.fleet_doors import inventory
    from cdctl.domain.fleet.asof import AsOf, Facts

    try:
        listed = inventory(context, doors)
        if listed is None:
            return None
        facts = {
            one.vin: Facts(one.region, one.model, one.software)
            async for run in listed.vehicles()
            for one in run
            if one.vin in vehicles
        }
    except CdctlError:
        return None
    return AsOf(facts, (), None)


def render(told: Explanation, form: str, width: int | None = None, *, show_vins: bool = False) -> str:
    """An explanation in one of FORMS; `width` in cells where a terminal shows it."""
    if form == "json":
        import json

        from cdctl.domain.text import unseen
        from cdctl.reports.why.document import document

        whole = document(told, show_vins=show_vins)
        return unseen(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"
    if form == "html":
        from cdctl.reports.why.page import page

        return page(told, show_vins=show_vins)
    from cdctl.reports.why.terminal import text

    return text(told, width, show_vins=show_vins)
