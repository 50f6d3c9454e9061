"""Composes dashboards: the questions of promises, from the source that evaluates them, on Grafana's panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdctl.errors import FileError, Problem, UsageError

if TYPE_CHECKING:
    from cdctl.domain.slo.chart import Chart
    from cdctl.domain.slo.objective import Slo
    from cdctl.reports.grafana.document import Dashboard

_SOURCE = "prometheus"
"""The one source whose language Grafana's panels speak here."""


@dataclass(frozen=True, slots=True)
class Made:
    """Dashboards, and a line about everything that is on none."""

    dashboards: tuple[Dashboard, ...]
    left_out: tuple[str, ...]


def make(slos: Sequence[Slo], services: Mapping[str, str]) -> Made:
    """The dashboards of promises. services: descriptions by name.

    Raises FileError for queries that cannot be used, UsageError when no promise asks a Prometheus.
    """
    from cdctl.application.evaluate import sources_of
    from cdctl.reports.grafana.dashboards import dashboards

    left_out, charts = [], []
    for slo in slos:
        others = {name for one in slo.objectives for name in sources_of(one.indicator)} - {_SOURCE}
        if others:
            left_out.append(f"{slo.name} is left out: it asks {' and '.join(sorted(others))}, not Prometheus")
        else:
            charts.append(slo)
    if not charts:
        raise UsageError("none of these promises asks a Prometheus", hint="; ".join(left_out))
    found = dashboards(_charts(charts), services)
    return Made(tuple(found), (*left_out, *(text for one in found for text in one.lacks)))


def why(old: str, new: str) -> str:
    """Why a file is not the dashboard that would be written now; empty when it is."""
    from cdctl.reports.grafana import drift

    return drift.why(old, new)


def ours(text: str) -> bool:
    """Whether a file is a dashboard that was written here before."""
    from cdctl.reports.grafana import drift

    return drift.ours(text)


def _charts(slos: Sequence[Slo]) -> list[Chart]:
    from cdctl.reports.grafana.variables import blanks
    from cdctl.sources.prometheus.charting import chart
    from cdctl.sources.promql.grammar import judge

    asked = [(slo, objective) for slo in slos for objective in slo.objectives]
    problems = {
        Problem(fault.query.place or slo.place, f"{slo.name}: {fault.reason}", fault.hint)
        for slo, objective in asked
        for fault in judge(objective.indicator, slo.group_by)
        if not fault.warning
    }
    if problems:
        raise FileError(list(problems), hint="cdctl slo validate shows the place in each query")
    return [chart(slo, objective, blanks(slo)) for slo, objective in asked]
