"""What a `*.test.yaml` may hold: the shape its reader checks with, and the JSON Schema made from it for editors.

python -m cdctl.lab.spec_test_shape > cdctl/lab/schemas/slo-test.schema.json
"""

from __future__ import annotations

import json
import sys

from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.verdict import Verdict
from cdctl.domain.traces.kinds import KINDS, STATUSES
from cdctl.files.durations import OWN, OWN_MEANING, cure_own
from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping
from cdctl.files.openslo.metadata import name_shape
from cdctl.files.shapes.containers import Bag, Either, Fields, Listing
from cdctl.files.shapes.publish import DRAFT, Publisher
from cdctl.files.shapes.rules import Rule, Schema, has
from cdctl.files.shapes.scalars import Flag, Number, Text

INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"
DEFAULT_START = "2026-01-05T00:00:00Z"
DEFAULT_INTERVAL = "1m"
TOOK = r"[0-9]{1,6}(?:\.[0-9]{1,6})?(?:ms|s|m)"
UNKNOWN = "unknown"
NUMBERS = ("good", "bad", "total", "coverage", "remaining")

SERIES = Fields(
    "input series",
    "One time series.",
    {
        "series": Text(
            'Name and labels, such as `remote_command_total{region="eu", outcome="failed"}`.',
            filled=True,
            meaning="a metric name with labels",
        ),
        "values": Text(
            "Samples in the notation of Prometheus' rule tests, one an interval from `start` on: `1 2 3`, `0+10x4` is "
            "0 10 20 30 40, `5x2` is 5 5 5, `_` is no sample, `_x3` three times none, `stale` ends the series.",
            loose=True,
            filled=True,
            meaning="samples such as 0+10x100",
        ),
    },
    ("series", "values"),
)

SPANS = Fields(
    "input spans",
    "Spans that are alike but for their time.",
    {
        "service": Text("Their service.name.", filled=True, meaning="the name of a service"),
        "name": Text("Their name; `made` unless told.", filled=True),
        "kind": Text("Their kind; server unless told.", choices=KINDS),
        "status": Text("Their status; unset unless told.", choices=STATUSES),
        "duration": Text(
            "How long each took; 100ms unless told.", pattern=TOOK, meaning="a duration such as 800ms or 5s"
        ),
        "child": Flag("true: each has a parent, as a span within a trace has. false unless told."),
        "weight": Either(
            "How many events each stands for, as a sampler says; 1 unless told, `unknown` where it says nothing.",
            "a number of at least 1, or unknown",
            Number(at_least=1),
            Text(choices=(UNKNOWN,)),
        ),
        "attributes": Bag("Attributes of the spans.", Text(loose=True)),
        "resource": Bag("Attributes of the resource.", Text(loose=True)),
        "values": Text(
            "How many end in each interval, in the notation of series; they are spread evenly. `_`: nobody took spans "
            "in. The first number is of the interval that ends at `start`.",
            loose=True,
            filled=True,
            meaning="numbers such as 10x100",
        ),
    },
    ("service", "values"),
)

_EXPECTED = Fields(
    "expectation",
    "What the verdict must be for one objective in one group. What is not named is not compared.",
    {
        "group": Bag("Labels of the group, such as `region: eu`; leave it out when not grouped.", Text(loose=True)),
        "objective": Text("Name of the objective; needed when the promise has several.", filled=True),
        "verdict": Text("The verdict.", choices=tuple(verdict.value for verdict in Verdict)),
        "reason": Text("Some words of the reason.", filled=True, meaning="some words"),
        "sli": Number("Share of good events 0..1, within `tolerance`.", at_least=0, at_most=1),
        "tolerance": Number("How far the SLI may be off; 0.000001 unless told.", above=0, at_most=1),
        "good": Number("Good events, within 0.1 %."),
        "bad": Number("Bad events, within 0.1 %."),
        "total": Number("All events, within 0.1 %."),
        "coverage": Number("Observed share of the window 0..1, within 0.01.", at_least=0, at_most=1),
        "remaining": Number("Share of the error budget that is left, within 0.01; negative when overspent."),
        "burn_rates": Fields(
            "burn_rates",
            "Burn rates by window, within 0.01 or 0.1 %.",
            {window: Number(f"Burn rate of the last {window}.", at_least=0) for window in BURN_WINDOWS},
        ),
    },
    ("verdict",),
)


def _some_input(test: Mapping, noun: str, faults: Faults) -> None:
    if not {"input_series", "input_spans"} & set(test.values):
        fix = "add input_series: or input_spans:; [] to see what silence does"
        faults.error(test, f"{noun} has neither input_series nor input_spans", fix)


TEST = Fields(
    "test",
    "One case: series and spans, an instant, and what follows from them.",
    {
        "name": Text("What it shows, in a few words.", filled=True, meaning="a few words"),
        "slo": name_shape("Name of the promise; its spec lies in the same folder."),
        "start": Text(
            f"Instant of the first sample, RFC 3339; {DEFAULT_START} unless told.",
            pattern=INSTANT,
            meaning="an instant such as 2026-03-01T00:00:00+01:00",
        ),
        "interval": Text(
            f"Time between two samples; {DEFAULT_INTERVAL} unless told.",
            pattern=OWN,
            meaning=OWN_MEANING,
            cure=cure_own,
        ),
        "at": Text(
            "When to judge: so long after `start`, such as 29d, or an instant.",
            pattern=f"{OWN}|{INSTANT}",
            meaning="a duration such as 29d, or an instant such as 2026-03-29T12:00:00Z",
        ),
        "input_series": Listing("The series there are; none to see what silence does.", SERIES, "input series"),
        "input_spans": Listing("The spans there are, for promises over traces.", SPANS, "input spans"),
        "expect": Listing("What must follow, a group each.", _EXPECTED, "expectation", least=1),
    },
    ("name", "slo", "at", "expect"),
    (Rule(_some_input, {"anyOf": [has("input_series"), has("input_spans")]}),),
)

FILE = Fields(
    "spec test file",
    "Tests of SLO specs: `cdctl slo test` judges made-up series with the promises beside this file.",
    {"tests": Listing("The cases.", TEST, "test", least=1)},
    ("tests",),
)


def text() -> str:
    """The JSON Schema as it is shipped."""
    schema: Schema = {
        "$schema": DRAFT,
        "$id": "urn:cdctl:schema:slo-test:v1",
        "title": "SLO spec tests",
        **Publisher().write(FILE),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
