"""Every dashboard of a set of promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdctl.domain.slo.chart import Chart
from cdctl.domain.slo.window import Calendar
from cdctl.reports.grafana import calendars, names, promise, words
from cdctl.reports.grafana.document import Dashboard, document, shown
from cdctl.reports.grafana.overview import overview


def dashboards(charts: Sequence[Chart], services: Mapping[str, str]) -> list[Dashboard]:
    """The overview, and a dashboard for each service in the order of their names. services: descriptions by name."""
    found: dict[str, list[Chart]] = {}
    for chart in sorted(charts, key=lambda chart: chart.slo.service):
        found.setdefault(chart.slo.service, []).append(chart)
    return [overview(found), *(_service(name, own, services.get(name, "")) for name, own in found.items())]


def _service(name: str, charts: Sequence[Chart], about: str) -> Dashboard:
    zone = calendars.zone(chart.slo.window for chart in charts)
    lines = [line for chart in charts for line in promise.lines(chart, zone)]
    title, uid = f"SLO: {name}", names.uid(name)
    values = document(uid, title, about, charts, zone, lines)
    return Dashboard(f"{name}.json", uid, title, shown(charts), values, tuple(_lacks(charts, zone)))


def _lacks(charts: Sequence[Chart], zone: str) -> Iterator[str]:
    """What of the promises has no panel, and why."""
    for chart in charts:
        window = chart.slo.window
        if not isinstance(window, Calendar):
            continue
        if not promise.whole(chart, zone):
            why = "Grafana has no such period" if not calendars.began(window) else "a dashboard has one time zone"
            yield f"{words.named(chart)}: no SLI and no budget {words.window(window)}: {why}"
        elif not chart.budget:
            yield f"{words.named(chart)}: no budget {words.window(window)}: the number of its slices changes"
