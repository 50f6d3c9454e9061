"""Composes explanations for the live view: the specs, the fleet that is looked at, and what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cdctl.application.top.explaining import Explaining, began, began_of, first, judged, said
from cdctl.domain.boards.explaining import Explain, Explained
from cdctl.domain.boards.snapshot import SloSight
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdctl.application import triage_wiring
    from cdctl.application.top.lookout import Answering
    from cdctl.application.top.lookout_wiring import Means
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.boards.snapshot import Snapshot
    from cdctl.domain.slo.objective import Slo


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers `Explain`. Nothing is opened before it is asked, and nothing stays open."""
    return {Explain: Explaining(lambda ask, seen: _explained(ask, seen, means), means.clock).answer}


def named(name: str, slos: Sequence[Slo]) -> Slo:
    """The promise of that name. Raises UsageError."""
    found = next((slo for slo in slos if slo.name == name), None)
    if found is None:
        near = get_close_matches(name, [slo.name for slo in slos], n=1)
        hint = f"did you mean {near[0]}?" if near else "cdctl slo ls lists them"
        raise UsageError(f"there is no promise {name!r}", subject=name, hint=hint)
    return found


def _explained(ask: Explain, seen: Snapshot, means: Means) -> Explained:
    """Blocking: reads the specs, asks for events, compares them. Raises CdctlError."""
    from cdctl.application import triage_wiring, why_wiring, wiring
    from cdctl.application.fleet import LocalFleet
    from cdctl.application.top.asof import fleets_of
    from cdctl.application.triage import explained_window
    from cdctl.reports.why.document import document
    from cdctl.reports.why.telling import headline

    settings, fleet = means.settings, means.fleet
    slos = wiring.read_specs(settings).slos
    slo, group = named(ask.promise, slos), dict(ask.group)
    doors = wiring.catalogue(settings, plugins=means.plugins)
    fleets = fleets_of(fleet) if isinstance(fleet, LocalFleet) else None
    told = triage_wiring.Means(settings, doors, slos, means.config, means.plugins, fleets=fleets)
    at, since = _beginning(ask, slo, seen, told, means.clock.now())
    found = triage_wiring.explain(slo, group, explained_window(since, at), told)
    found = why_wiring.with_changes(found, settings, config=means.config, plugins=means.plugins)
    if found.slo != slo.name:
        found = replace(found, slo=slo.name, by=found.slo)
    cause = first(found)
    where = cause.picked.where if cause is not None else ""
    # Commands to paste are for whoever reads a report: here the keys of the panel are the next steps.
    whole = {key: value for key, value in document(found).items() if key != "next"}
    return Explained(found, where, said(found, headline(found)), means.clock.now(), since, whole)


def _beginning(
    ask: Explain, slo: Slo, seen: Snapshot, told: triage_wiring.Means, now: float
) -> tuple[int, float | None]:
    """The instant of the last judgement, and since when it burned then; of a promise that was not judged, as its
    source says. What an alert says counts where nothing else tells."""
    from cdctl.application import triage_wiring
    from cdctl.application.evaluate import DEFAULT_LAG, instant

    group = dict(ask.group)
    if isinstance(seen.slo, SloSight):
        report = seen.slo.report
        own = [row for row in report.rows if row.name == slo.name]
        rows = judged(own, slo.objectives[0].name, group)
        if rows:
            since = began(rows, report.at)
            return report.at, since if since is not None else ask.since
    at = instant(now, slo.lag_seconds if slo.lag_seconds is not None else DEFAULT_LAG)
    try:
        since = began_of(triage_wiring.recent(slo, told), slo.group_by, group)
    except CdctlError:  # an explanation of the last hour is better than none
        since = None
    return at, since if since is not None else ask.since
