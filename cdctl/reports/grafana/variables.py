"""The variables of a dashboard: which Prometheus is asked, and which groups are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from cdctl.domain.slo.chart import Blanks, Chart
from cdctl.domain.slo.objective import Slo

Json = dict[str, object]

DATASOURCE = "datasource"
SOURCE: Mapping[str, str] = {"type": "prometheus", "uid": f"${{{DATASOURCE}}}"}
_ELAPSED_MS = "${__range_ms}"
_ALL = "$__all"
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def blanks(slo: Slo) -> Blanks:
    """What Grafana fills into the queries of a promise."""
    return Blanks({label: f"${{{_variable(label)}}}" for label in slo.group_by}, _ELAPSED_MS)


def _variable(label: str) -> str:
    """The variable of a label; one label is called as the variable that every dashboard has."""
    return f"{label}_" if label.rstrip("_") == DATASOURCE else label


def variables(charts: Sequence[Chart]) -> list[Json]:
    """All of a dashboard: the datasource, and every label that a promise is grouped by."""
    labels = dict.fromkeys(label for chart in charts for label in chart.slo.group_by)
    return [_datasource(), *(_group(label, _metrics(label, charts)) for label in labels)]


def _metrics(label: str, charts: Iterable[Chart]) -> list[str]:
    return sorted({name for chart in charts if label in chart.slo.group_by for name in chart.metrics})


def _datasource() -> Json:
    return {
        "current": {},
        "hide": 0,
        "includeAll": False,
        "label": "Prometheus",
        "multi": False,
        "name": DATASOURCE,
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "type": "datasource",
    }


def _group(label: str, metrics: Sequence[str]) -> Json:
    """Every value of a label that the metrics have. A name that is no plain one asks all metrics of the server."""
    plain = bool(metrics) and all(map(_NAME.fullmatch, metrics))
    query = f'label_values({{__name__=~"{"|".join(metrics)}"}}, {label})' if plain else f"label_values({label})"
    return {
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": [_ALL]},
        "datasource": dict(SOURCE),
        "definition": query,
        "hide": 0,
        "includeAll": True,
        "label": label,
        "multi": True,
        "name": _variable(label),
        "options": [],
        "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "refresh": 2,
        "regex": "",
        "sort": 1,
        "type": "query",
    }
