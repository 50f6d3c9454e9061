"""The shape of OpenSLO metadata, and of cdctl's own annotations on it."""

from __future__ import annotations

import re

from cdctl.files.durations import OWN, OWN_MEANING, cure_own
from cdctl.files.nearest import shown
from cdctl.files.shapes.containers import Bag, Either, Fields, Listing, Names
from cdctl.files.shapes.rules import needs
from cdctl.files.shapes.scalars import Text

PREFIX = "cdctl.io/"
GROUP_BY = PREFIX + "group-by"
LAG = PREFIX + "lag"
MIN_COVERAGE = PREFIX + "min-coverage"
EXPECT_GROUPS = PREFIX + "expect-groups"
EXPECTED_TRAFFIC = PREFIX + "expected-traffic"
ONLY_WITH = PREFIX + "only-with"

NAME = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_NAME_MEANING = "a name of lower-case letters, digits and '-', at most 63 characters (RFC 1123)"
_WORD = "[a-zA-Z0-9](?:[-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?"
_DOMAIN = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*"
LABEL = "(?!__)[a-zA-Z_][a-zA-Z0-9_]*(?:[.][a-zA-Z0-9_-]+)*"
"""A label of a metric, or an attribute of spans, with dots in it."""
_SOURCE = "[a-z0-9](?:[-_a-z0-9]{0,61}[a-z0-9])?"


def _cure_name(text: str) -> tuple[str, str] | None:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text[:200])
    slug = re.sub("[^a-z0-9]+", "-", spaced.lower()).strip("-")[:63].rstrip("-")
    return f"is not {_NAME_MEANING}", f"for instance {shown(slug)}" if slug else ""


def _cure_coverage(text: str) -> tuple[str, str] | None:
    try:
        ratio = float(text)
    except ValueError:
        return None
    percent = ratio * 100 if ratio <= 1 else ratio
    return ("has no %", f"write {percent:g}%") if 0 <= percent <= 100 else None


def name_shape(doc: str) -> Text:
    """The shape of a name, or of a reference to one."""
    return Text(doc, pattern=NAME, meaning=_NAME_MEANING, cure=_cure_name)


_LABELS = Bag(
    "Labels: facts for people, kept with the promise. A value is text or a list of texts.",
    Either("", "text or a list of texts", Text(loose=True), Listing("", Text(loose=True), "label value")),
    names=Names(_WORD, "a label name: letters, digits, '-', '_' and '.', at most 63 characters"),
)

_ANNOTATIONS = {
    GROUP_BY: Text(
        "Judge the promise once for every value of these labels, such as `region` or `region, model`; of traces also "
        "attributes, such as `vehicle.model` or `resource.cloud.region`.",
        pattern=rf"\s*{LABEL}\s*(?:,\s*{LABEL}\s*)*",
        meaning="a list of label names such as region or region, model",
    ),
    LAG: Text(
        "Judge as of this long ago, so that late data cannot flip a verdict; such as `60s`. The default is 60s, with "
        "traces 120s.",
        pattern=OWN,
        meaning=OWN_MEANING,
        cure=cure_own,
    ),
    MIN_COVERAGE: Text(
        "Below this share of the window with data the verdict is no_data; such as `90%`.",
        pattern=r"(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?)%",
        meaning="a percentage such as 90%",
        cure=_cure_coverage,
    ),
    EXPECT_GROUPS: Text(
        "Groups that must be there, so that one that vanishes is no_data: `eu, us` when grouped by one label, else "
        "`region=eu model=i4; region=us model=i4`.",
        filled=True,
        meaning="groups such as eu, us",
    ),
    EXPECTED_TRAFFIC: Text(
        "At least so many events come in so long; silence beyond that is an outage. Such as `600/1h`.",
        pattern=r"[0-9]{1,12}(?:\.[0-9]{1,6})?/[1-9][0-9]{0,5}[smhdw]",
        meaning="events per duration such as 600/1h",
    ),
    ONLY_WITH: Text(
        "Judge the promise only where the context has these sources, such as `traces`; elsewhere it is left out.",
        pattern=rf"\s*{_SOURCE}\s*(?:,\s*{_SOURCE}\s*)*",
        meaning="a list of sources such as traces",
    ),
}


def metadata_shape(noun: str, doc: str, *, promise: bool = False) -> Fields:
    """The shape of a document's metadata; only that of an SLO, a promise, may hold annotations under `cdctl.io/`."""
    annotations = Bag(
        "Annotations: facts for tools. Those under `cdctl.io/` tell cdctl how to judge the promise.",
        Text(loose=True),
        known=_ANNOTATIONS if promise else {},
        names=Names(
            f"(?:{_DOMAIN}/)?{_WORD}",
            "an annotation name such as example.com/dashboard",
            PREFIX,
            "" if promise else "cdctl.io/ annotations belong in the metadata of an SLO",
        ),
        rules=(needs(EXPECT_GROUPS, GROUP_BY),),
    )
    keys = {
        "name": name_shape(doc),
        "displayName": Text("The name people see."),
        "labels": _LABELS,
        "annotations": annotations,
    }
    return Fields(
        noun, "Name, labels and annotations.", keys, ("name",), ref="promiseMetadata" if promise else "metadata"
    )
