"""What a scenario file may hold: the shape its reader checks with, and the JSON Schema made from it for editors.

python -m cdctl.lab.scenario_shape > cdctl/lab/schemas/scenario.schema.json
"""

from __future__ import annotations

import json
import sys

from cdctl.files.durations import OWN, OWN_MEANING, cure_own
from cdctl.files.shapes.containers import Bag, Fields, Listing
from cdctl.files.shapes.publish import DRAFT, Publisher
from cdctl.files.shapes.rules import Schema
from cdctl.files.shapes.scalars import Flag, Number, Text

_WHEN = "[+-]?" + OWN
_NAME = "[a-z0-9][a-z0-9_-]{0,31}"
_VERSION = "[A-Za-z0-9][A-Za-z0-9._-]{0,31}"
_CODE = "[PBCU][0-9A-F]{4}"


def _name(doc: str) -> Text:
    return Text(doc, pattern=_NAME, meaning="a short name in lower case")


def _version(doc: str) -> Text:
    return Text(doc, pattern=_VERSION, meaning="a version such as 23-07.60")


def _when(doc: str) -> Text:
    meaning = "a time such as -62h, 0s or 5m, counted from the start of the lab"
    return Text(doc, pattern=_WHEN, meaning=meaning)


def _lasting(doc: str) -> Text:
    return Text(doc, pattern=OWN, meaning=OWN_MEANING, cure=cure_own)


def _share(doc: str, *, above: float | None = None) -> Number:
    return Number(doc, at_least=None if above is not None else 0, above=above, at_most=1)


_METRIC = Text("Name of the metric.", pattern="[a-zA-Z_][a-zA-Z0-9_]*", meaning="the name of a metric")
_LABELS = Bag("Further labels, the same for all of them.", Text(loose=True))
_PER_DAY = Number("Events per vehicle and day.", above=0)

_OUTCOMES = Fields(
    "metric with outcomes",
    "Counters that tell events apart by a label.",
    {
        "metric": _METRIC,
        "label": Text("Name of the label.", filled=True, meaning="the name of a label"),
        "per_day": _PER_DAY,
        "shares": Bag("Outcome -> share 0..1 of the events; the first one gives way.", _share("Share."), least=1),
        "labels": _LABELS,
    },
    ("metric", "label", "per_day", "shares"),
)
_LATENCIES = Fields(
    "metric of latencies",
    "A histogram of log-normal durations.",
    {
        "metric": _METRIC,
        "per_day": _PER_DAY,
        "median": Number("Seconds.", above=0),
        "spread": Number("Sigma of the logarithm.", above=0),
        "bounds": Listing("Upper bounds of the buckets, seconds.", Number(above=0), "bound", least=1),
        "labels": _LABELS,
    },
    ("metric", "per_day", "median", "spread", "bounds"),
)
_LEVEL = Fields(
    "level",
    "A gauge around a usual value, log-normal.",
    {
        "metric": _METRIC,
        "usual": Number("The usual value.", above=0),
        "spread": Number("Sigma of the logarithm.", above=0),
    },
    ("metric", "usual", "spread"),
)

_REGION = Fields(
    "region",
    "A part of the fleet.",
    {
        "name": _name("Its name, as in topics and labels."),
        "share": _share("Share of all vehicles.", above=0),
        "hours": Number("Hours ahead of UTC, for the daily curve.", at_least=-12, at_most=14),
    },
    ("name", "share", "hours"),
)
_MODEL = Fields(
    "model",
    "A model of vehicles.",
    {
        "name": _name("Its name, as vehicles tell it."),
        "share": _share("Share of all vehicles.", above=0),
        "range": Number("Kilometres with a full battery.", above=0, at_most=5000),
    },
    ("name", "share", "range"),
)
_SOFTWARE = Fields(
    "software",
    "A version that vehicles run; a version may have several entries.",
    {
        "version": _version("The version."),
        "share": _share("Weight among the entries that fit a vehicle.", above=0),
        "regions": Listing("Only there; everywhere unless told.", _name("A region."), "region"),
        "models": Listing("Only these models; all unless told.", _name("A model."), "model"),
    },
    ("version", "share"),
)
_TELEMETRY = Fields(
    "telemetry",
    "Time between two messages of a vehicle, at most 1m.",
    {key: _lasting(f"While {key}.") for key in ("driving", "charging", "parked")},
)
_INCIDENT = Fields(
    "incident",
    "For a while, some outcomes of one metric have other shares in one region.",
    {
        "metric": Text("A metric with outcomes.", filled=True, meaning="the name of a metric"),
        "region": _name("Where."),
        "begin": _when("Since when; -62h is 62 hours before the lab started."),
        "end": _when("Until when; it goes on unless told."),
        "software": _version("The shares hold for vehicles of this version only; the others are well."),
        "traffic": Number("How many times the usual events; 1 unless told.", above=0, at_most=1000),
        "shares": Bag("Outcome -> share 0..1 while it lasts.", _share("Share."), least=1),
    },
    ("metric", "region", "begin", "shares"),
)
_FAULT = Fields(
    "fault",
    "What the vehicles of one version in one region suffer.",
    {
        "region": _name("Where."),
        "software": _version("The version."),
        "charge": Number("Usual state of charge when the lab starts, %.", at_least=0, at_most=100),
        "drain": Number("Charge lost an hour beyond the usual, %.", at_least=0, at_most=1000),
        "code": Text("A trouble code they raise.", pattern=_CODE, meaning="a trouble code such as P0A80"),
        "share": _share("Share of them that has the code; all unless told."),
        "remedy": Text(
            "The parameter that heals them.",
            pattern="[a-z][a-z0-9.]{0,39}=[A-Za-z0-9._-]{1,40}",
            meaning="a parameter and its value, such as gateway.cache=off",
        ),
    },
    ("region", "software"),
)
_OUTAGE = Fields(
    "outage",
    "Vehicles of a region lose their connection for a while.",
    {
        "region": _name("Where."),
        "begin": _when("Since when."),
        "end": _when("Until when; it goes on unless told."),
        "share": _share("Share of the vehicles; all unless told.", above=0),
        "every": _lasting("It comes again after so long."),
        "lasts": _lasting("How long it lasts each time."),
        "together": Flag("They come back in the same second; within half a minute unless told."),
    },
    ("region", "begin"),
)

FILE = Fields(
    "scenario",
    "A simulated platform and its fleet: what is measured, who drives, what goes wrong.",
    {
        "title": Text("What happens, in a few words.", filled=True, longest=120, meaning="a few words"),
        "like": _name("A scenario that comes with cdctl: what is not written here is as there."),
        "planned": Fields(
            "planned",
            "The promise that must be found broken, and where.",
            {"slo": Text("Name of the promise.", filled=True, meaning="a name"), "region": _name("Where.")},
            ("slo", "region"),
        ),
        "regions": Listing("The regions; shares are weights.", _REGION, "region", least=1, most=20),
        "models": Listing("The models; shares are weights.", _MODEL, "model", least=1, most=50),
        "software": Listing("The versions.", _SOFTWARE, "version", least=1, most=200),
        "telemetry": _TELEMETRY,
        "outcomes": Listing("What the platform counts, by outcome.", _OUTCOMES, "metric with outcomes", least=1),
        "latencies": Listing("What it times.", _LATENCIES, "metric of latencies"),
        "levels": Listing("What it gauges.", _LEVEL, "level"),
        "incidents": Listing("What the metrics tell of going wrong.", _INCIDENT, "incident"),
        "faults": Listing("What vehicles suffer.", _FAULT, "fault", most=20),
        "outages": Listing("When vehicles are cut off.", _OUTAGE, "outage"),
    },
    ("title",),
)


def text() -> str:
    """The JSON Schema as it is shipped."""
    schema: Schema = {
        "$schema": DRAFT,
        "$id": "urn:cdctl:schema:scenario:v1",
        "title": "Scenarios of the lab",
        **Publisher().write(FILE),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
