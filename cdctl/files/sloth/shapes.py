"""The shapes of Sloth's SLO files: plain (`version: prometheus/v1`) and Kubernetes (`PrometheusServiceLevel`).

Both say the same, one in snake_case and one in camelCase. Key names after
https://github.com/slok/sloth/tree/main/pkg/prometheus/api/v1 and .../pkg/kubernetes/api/sloth/v1.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from cdctl.files.shapes.containers import Bag, Fields, Listing
from cdctl.files.shapes.rules import exactly_one
from cdctl.files.shapes.scalars import Flag, Number, Text
from cdctl.files.shapes.shape import Anything

VERSION = "prometheus/v1"
API_VERSION = "sloth.slok.dev/v1"
KIND = "PrometheusServiceLevel"

_WINDOWED = r"[\s\S]*\{\{-?\s*\.window\s*-?\}\}[\s\S]*"
_NAME = "[A-Za-z0-9_.:/-]{1,128}"


class Dialect(NamedTuple):
    """How one form of the file spells the keys that are read."""

    error_query: str
    total_query: str
    error_ratio_query: str
    page_alert: str
    ticket_alert: str


PLAIN = Dialect("error_query", "total_query", "error_ratio_query", "page_alert", "ticket_alert")
KUBERNETES = Dialect("errorQuery", "totalQuery", "errorRatioQuery", "pageAlert", "ticketAlert")


def _cure_objective(text: str) -> tuple[str, str] | None:
    if text[:1].isdigit() and text[1:2] not in ("x", "o") and Decimal(text) == 100:
        return "has no error budget: a promise of 100 % is broken by the first bad event", "write less, such as 99.9"
    return None


def _labels(doc: str) -> Bag:
    return Bag(doc, Text(loose=True))


def _query(doc: str) -> Text:
    return Text(
        f"{doc} It holds `{{{{.window}}}}` where a range is due.",
        pattern=_WINDOWED,
        meaning="a query that holds {{.window}}",
    )


def _alerting(dialect: Dialect) -> Fields:
    alert = Fields(
        "alert",
        "One alert of Sloth's.",
        {"disable": Flag("Do not make it."), "labels": _labels("Labels."), "annotations": _labels("Annotations.")},
    )
    alert.nullable = True
    keys = {
        "name": Text("Name of the alerts."),
        "labels": _labels("Labels of the alerts."),
        "annotations": _labels("Annotations of the alerts."),
        dialect.page_alert: alert,
        dialect.ticket_alert: alert,
    }
    alerting = Fields("alerting", "Sloth's alert rules; cdctl judges with its own burn pairs.", keys)
    alerting.nullable = True
    return alerting


def _sli(dialect: Dialect) -> Fields:
    events = {
        dialect.error_query: _query("The bad events."),
        dialect.total_query: _query("All events."),
    }
    raw = {dialect.error_ratio_query: _query("The share of bad events, 0..1.")}
    plugin = {"id": Text("The plugin.", filled=True), "options": _labels("Its options.")}
    keys = {
        "events": Fields("events", "Bad events out of all events.", events, tuple(events)),
        "raw": Fields("raw", "A ratio that is already computed.", raw, tuple(raw)),
        "plugin": Fields("plugin", "A plugin of Sloth's; has no equal here.", plugin, ("id",)),
    }
    return Fields("sli", "What is measured.", keys, rules=(exactly_one("events", "raw", "plugin"),))


def _slo(dialect: Dialect, infix: str) -> Fields:
    keys = {
        "name": Text("Name of the SLO.", pattern=_NAME, meaning="a name without spaces, at most 128 characters"),
        "description": Text("What it is about."),
        "objective": Number("Share of good events in percent.", above=0, below=100, cure=_cure_objective),
        "labels": _labels("Labels of the SLO."),
        "infoLabels": _labels("Labels of Sloth's info metric; have no equal here."),
        "sli": _sli(dialect),
        "alerting": _alerting(dialect),
        "interval": Bag("How often Sloth's rules are evaluated; has no equal here.", Text(loose=True)),
        "plugins": Anything("Plugins of Sloth's; have no equal here."),
    }
    return Fields("SLO", "One promise.", keys, ("name", "objective", "sli"), ref=f"sloth{infix}Slo")


def _level(dialect: Dialect, infix: str) -> dict[str, Text | Bag | Listing | Anything]:
    return {
        "service": Text("The service that makes the promises.", pattern=_NAME, meaning="a name without spaces"),
        "labels": _labels("Labels of every SLO of the file."),
        "slos": Listing("The promises.", _slo(dialect, infix), "SLO", least=1),
        "slo_plugins" if dialect is PLAIN else "sloPlugins": Anything("Plugins of Sloth's; have no equal here."),
    }


FILE = Fields(
    "Sloth file",
    "Promises in Sloth's own format.",
    {"version": Text("Always prometheus/v1.", choices=(VERSION,)), **_level(PLAIN, "")},
    ("version", "service", "slos"),
    ref="slothFile",
)
RESOURCE = Fields(
    KIND,
    "Promises in Sloth's Kubernetes format.",
    {
        "apiVersion": Text("Always sloth.slok.dev/v1.", choices=(API_VERSION,)),
        "kind": Text("Always PrometheusServiceLevel.", choices=(KIND,)),
        "metadata": Bag("Kubernetes metadata.", Anything()),
        "spec": Fields("spec", "The promises.", dict(_level(KUBERNETES, "Kubernetes")), ("service", "slos")),
        "status": Anything("Written by Sloth; not read."),
    },
    ("apiVersion", "kind", "spec"),
    ref="slothResource",
)
