"""One panel each: what it asks, and how it shows the answer. Places and ids are given by `layout`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.slo.alert_windows import BurnPair
from cdctl.reports.grafana import words
from cdctl.reports.grafana.variables import SOURCE, Json

_MOST_POINTS = 9_500
"""Points a series: Prometheus refuses more than 11,000. So many buckets of five minutes are 33 days; Grafana would show
one of several where a screen has no room for all, and the bad events of the others would be hidden."""

Steps = Sequence[tuple[str, float | None]]
"""Colours, each from a value on; the first from no value."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel without a place. key: what it shows, the same whenever that is shown."""

    key: str
    values: Mapping[str, object]


def row(key: str, title: str) -> Panel:
    """The head of the panels below it."""
    return Panel(key, {"collapsed": False, "panels": [], "title": title, "type": "row"})


def figure(key: str, title: str, text: str, expr: str, legend: str, defaults: Json, *, bars: bool = False) -> Panel:
    """The latest value of every group: as numbers, or as bars from 0 to 1."""
    reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    shown = {
        "displayMode": "basic",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "auto",
        "orientation": "horizontal",
        "reduceOptions": reduced,
        "showUnfilled": True,
        "sizing": "auto",
        "valueMode": "color",
    }
    numbers = {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": reduced,
        "textMode": "auto",
        "wideLayout": True,
    }
    values = _asked("bargauge" if bars else "stat", title, text, [_target("A", expr, legend, instant=True)])
    return Panel(key, {**values, "fieldConfig": _field(defaults), "options": shown if bars else numbers})


def graph(
    key: str, title: str, text: str, asked: Sequence[tuple[str, str]], width: int, defaults: Json, *, bars: bool = False
) -> Panel:
    """Values over time, asked every `width` seconds, the ends of buckets. asked: query and legend of each series."""
    targets = [_target(chr(ord("A") + i), expr, legend) for i, (expr, legend) in enumerate(asked)]
    drawn = {
        "axisSoftMin": 0,
        "barAlignment": -1,
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 80 if bars else 0,
        "lineWidth": 0 if bars else 1,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if bars else "none"},
    }
    own = defaults.get("custom", {})
    custom = {**drawn, **(own if isinstance(own, Mapping) else {})}
    values = _asked("timeseries", title, text, targets)
    return Panel(
        key,
        {
            **values,
            "fieldConfig": _field({**defaults, "custom": custom}),
            "interval": words.length(width),
            "maxDataPoints": _MOST_POINTS,
            "options": {
                "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            },
        },
    )


def colours(steps: Steps) -> Json:
    """Thresholds."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in steps]}


def burn_limit(pair: BurnPair) -> Json:
    """A graph's line at the burn rate from which a pair alerts, always in sight."""
    factor = float(pair.factor)
    return {
        "custom": {"axisSoftMax": round(factor * 1.25, 3), "thresholdsStyle": {"mode": "dashed"}},
        "thresholds": colours([("transparent", None), ("red", factor)]),
    }


def _asked(kind: str, title: str, text: str, targets: Sequence[Json]) -> Json:
    return {"datasource": dict(SOURCE), "description": text, "targets": list(targets), "title": title, "type": kind}


def _target(ref: str, expr: str, legend: str, *, instant: bool = False) -> Json:
    return {
        "datasource": dict(SOURCE),
        "editorMode": "code",
        "expr": expr,
        "format": "time_series",
        "instant": instant,
        "legendFormat": legend,
        "range": not instant,
        "refId": ref,
    }


def _field(defaults: Json) -> Json:
    return {"defaults": {"mappings": [], "noValue": "no data", **defaults}, "overrides": []}
