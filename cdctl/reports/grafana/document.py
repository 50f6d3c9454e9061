"""A whole dashboard as Grafana's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.slo.chart import Chart
from cdctl.domain.slo.window import Calendar, Unit
from cdctl.domain.text import unseen
from cdctl.reports.grafana import layout, names, words
from cdctl.reports.grafana.variables import Json, variables

_SCHEMA = 39
"""The form that Grafana 11.0 writes; later ones read it and bring it up to date."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A document of Grafana's. promises: names of the SLOs that it shows; lacks: what it cannot show, in words."""

    file: str
    uid: str
    title: str
    promises: tuple[str, ...]
    values: Mapping[str, object]
    lacks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The file: for the same promises the same to the byte."""
        lines = json.dumps(self.values, indent=2, ensure_ascii=False).split("\n")
        return "\n".join(map(unseen, lines)) + "\n"  # a line at once: nearly all are plain, and are left as they are


def document(
    uid: str, title: str, about: str, charts: Sequence[Chart], zone: str, lines: Sequence[layout.Line]
) -> Json:
    """The dashboard of these lines of panels. zone: of its time axis; empty for that of the browser."""
    weekly = any(isinstance(one.slo.window, Calendar) and one.slo.window.unit is Unit.WEEK for one in charts)
    return {
        "annotations": {"list": [_annotations()]},
        "description": words.title(about, 500),
        "editable": True,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": [_others()],
        "panels": layout.placed(lines),
        "refresh": "5m",
        "schemaVersion": _SCHEMA,
        "tags": [names.TAG],
        "templating": {"list": variables(charts)},
        "time": {"from": "now-24h", "to": "now"},
        "timepicker": {},
        "timezone": zone,
        "title": words.title(title),
        "uid": uid,
        "version": 1,
        "weekStart": "monday" if weekly else "",
    }


def shown(charts: Sequence[Chart]) -> tuple[str, ...]:
    """Names of the SLOs, each once."""
    return tuple(dict.fromkeys(chart.slo.name for chart in charts))


def _annotations() -> Json:
    return {
        "builtIn": 1,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "name": "Annotations & Alerts",
        "type": "dashboard",
    }


def _others() -> Json:
    """The way to all other dashboards of promises, with the time and the groups that are shown."""
    return {
        "asDropdown": True,
        "icon": "external link",
        "includeVars": True,
        "keepTime": True,
        "tags": [names.TAG],
        "targetBlank": False,
        "title": "Promises",
        "tooltip": "",
        "type": "dashboards",
        "url": "",
    }
