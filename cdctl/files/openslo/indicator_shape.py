"""The shape of an OpenSLO indicator (SLI): where its numbers come from."""

from __future__ import annotations

import re

from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping
from cdctl.files.openslo.metadata import metadata_shape, name_shape
from cdctl.files.openslo.traces_shape import TRACES_RULE
from cdctl.files.shapes.containers import Bag, Fields
from cdctl.files.shapes.rules import Rule, at_most_one, exactly_one, has
from cdctl.files.shapes.scalars import Flag, Text
from cdctl.files.shapes.shape import Anything

DESCRIPTION = Text("What it is about, at most 1050 characters.", longest=1050)
_QUERIES = frozenset({"query", "promql"})
_PROMETHEUS = "[Pp][Rr][Oo][Mm][Ee][Tt][Hh][Ee][Uu][Ss]"


def _asks_prometheus(source: Mapping, noun: str, faults: Faults) -> None:
    """A query is needed unless `type`, or the data source referred to, may name a source that needs none."""
    spec = source.mapping("spec")
    other = "type" in source.values and not re.fullmatch(_PROMETHEUS, source.text("type"))
    if spec and spec.values and not (other or "metricSourceRef" in source.values or _QUERIES & set(spec.values)):
        faults.error(spec, f"spec of {noun} has no query", "add query: with the PromQL to ask")


_QUERY_RULE = Rule(
    _asks_prometheus,
    {
        "if": {
            "not": {
                "anyOf": [
                    has("metricSourceRef"),
                    {**has("type"), "properties": {"type": {"not": {"pattern": f"^(?:{_PROMETHEUS})$"}}}},
                ]
            }
        },
        "then": {"properties": {"spec": {"anyOf": [has("query"), has("promql")]}}},
    },
)

_QUERY = Text(
    "The query. With `counter: true` a selector of a counter or an aggregation over one, such as "
    '`sum by (region) (http_requests_total{code!~"5.."})`; any other query holds `{{window}}` where a range is due. '
    'Of traces: a filter in TraceQL, such as `{ resource.service.name = "shop" && duration < 5s }`.',
    filled=True,
    meaning="a query",
)
_SOURCE = Fields(
    "metricSource",
    "Where the numbers come from.",
    {
        "metricSourceRef": name_shape("Name of the DataSource to ask."),
        "type": Text("Kind of source, Prometheus or traces; case does not matter.", filled=True, meaning="a source"),
        "spec": Bag(
            "What to ask: a query, and what else the source wants to know.",
            Anything(),
            known={"query": _QUERY, "promql": _QUERY},
            least=1,
            rules=(at_most_one("query", "promql"),),
        ),
    },
    ("spec",),
    (_QUERY_RULE, TRACES_RULE),
)


def _metric(doc: str) -> Fields:
    return Fields("metric", doc, {"metricSource": _SOURCE}, ("metricSource",), ref="metric")


def _ratio_parts(ratio: Mapping, noun: str, faults: Faults) -> None:
    """Good or bad over total, or raw and its type."""
    if "raw" in ratio.values:
        for key in ("good", "bad", "total"):
            if key in ratio.values:
                faults.error(ratio.keys[key], f"{noun} has both raw and {key}", "keep one of them")
        if "rawType" not in ratio.values:
            faults.error(ratio, f"{noun} has raw but no rawType", "add rawType: success or rawType: failure")
        return
    numerators = [key for key in ("good", "bad") if key in ratio.values]
    if "total" not in ratio.values:
        faults.error(ratio, f"{noun} has neither total nor raw", "add total: with the query of all events")
    elif not numerators:
        faults.error(ratio, f"{noun} has total but neither good nor bad", "add good: or bad:")
    if len(numerators) == 2:
        faults.error(ratio.keys["bad"], f"{noun} has both good and bad", "keep one of them")
    if "rawType" in ratio.values:
        faults.error(ratio.keys["rawType"], f"{noun} has rawType but no raw", "delete rawType")


_RATIO_RULE = Rule(
    _ratio_parts,
    {
        "if": has("raw"),
        "then": {**has("rawType"), "not": {"anyOf": [has("good"), has("bad"), has("total")]}},
        "else": {**has("total"), "oneOf": [has("good"), has("bad")], "not": has("rawType")},
    },
)

_RATIO = Fields(
    "ratioMetric",
    "Good or bad events out of all events, or a ratio that is already computed.",
    {
        "counter": Flag(
            "true: the queries name ever-growing counters. false: they yield a number for a window and hold "
            "`{{window}}`. Absent: false when a query holds `{{window}}`, else true."
        ),
        "good": _metric("The good events; give good or bad, not both."),
        "bad": _metric("The bad events; give good or bad, not both."),
        "total": _metric("All events."),
        "raw": _metric("A query that already yields a ratio 0..1."),
        "rawType": Text("Whether raw is the share of good or of bad events.", choices=("success", "failure")),
    },
    rules=(_RATIO_RULE,),
)

INDICATOR_SPEC = Fields(
    "spec of the SLI",
    "What is measured: a ratio of events, or a metric that must stay on one side of a value.",
    {
        "description": DESCRIPTION,
        "ratioMetric": _RATIO,
        "thresholdMetric": _metric("A metric that the objective compares with its value."),
    },
    rules=(exactly_one("ratioMetric", "thresholdMetric"),),
    ref="indicatorSpec",
)

INLINE_INDICATOR = Fields(
    "indicator",
    "What is measured, written here rather than as an SLI of its own.",
    {"metadata": metadata_shape("metadata of the indicator", "Name of the indicator."), "spec": INDICATOR_SPEC},
    ("spec",),
    ref="inlineIndicator",
)
