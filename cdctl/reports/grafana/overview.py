"""All promises at a glance: the budget that is left, and how fast it burns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdctl.domain.slo.alert_windows import pairs
from cdctl.domain.slo.chart import Chart
from cdctl.reports.grafana import calendars, layout, names, panels, promise, words
from cdctl.reports.grafana.document import Dashboard, document, shown
from cdctl.reports.grafana.panels import Panel

_HEIGHT = 5
_BUDGET, _BURN = 8, 4
"""Columns: two promises stand side by side."""


def overview(services: Mapping[str, Sequence[Chart]]) -> Dashboard:
    """The dashboard of all; its panels lead to those of the services."""
    charts = [chart for own in services.values() for chart in own]
    zone = calendars.zone(chart.slo.window for chart in charts)
    lines: list[layout.Line] = []
    for name, own in services.items():
        lines.append(layout.even(1, [panels.row(f"service {name}", words.title(name))]))
        lines += layout.broken(_HEIGHT, [one for chart in own for one in _glance(chart, zone)])
    values = document(names.OVERVIEW, "SLO overview", "Every promise of every service.", charts, zone, lines)
    return Dashboard(f"{names.OVERVIEW}.json", names.OVERVIEW, "SLO overview", shown(charts), values)


def _glance(chart: Chart, zone: str) -> Iterator[tuple[int, Panel]]:
    budget = promise.budget(chart, f"{words.named(chart)}: budget left") if promise.whole(chart, zone) else None
    found = [*([(_BUDGET, budget)] if budget else []), *((_BURN, panel) for panel in _burn(chart))]
    return ((width, Panel(panel.key, {**panel.values, "links": [_way(chart)]})) for width, panel in found)


def _burn(chart: Chart) -> Iterator[Panel]:
    """The burn rate of the quickest pair's long window, coloured from the rates on at which pairs alert."""
    watched = pairs(chart.slo.window)
    if not watched:
        return
    quickest, *others = sorted(watched, key=lambda pair: -pair.factor)
    slower = [("orange", float(pair.factor)) for pair in reversed(others)]
    steps = [("green", None), *slower, ("red", float(quickest.factor))]
    title = words.title(f"Burn rate {quickest.long}")
    text = words.prose(words.named(chart), "1 spends the budget exactly by the end of the window.")
    defaults = {"color": {"mode": "thresholds"}, "decimals": 2, "thresholds": panels.colours(steps), "unit": "short"}
    legend = words.legend(chart.slo.group_by)
    yield panels.figure(promise.key(chart, "burn"), title, text, chart.burn[quickest.long], legend, defaults)


def _way(chart: Chart) -> dict[str, object]:
    url = f"/d/{names.uid(chart.slo.service)}?${{__url_time_range}}&${{__all_variables}}"
    return {"title": words.title(chart.slo.service), "url": url, "targetBlank": False}
