"""The words of TraceQL: intrinsics by each of their spellings, and what is valid TraceQL that cdctl does not cover."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal

from cdctl.domain.traces.kinds import KINDS, STATUSES

Kind = Literal["text", "duration", "status", "kind"]

INTRINSICS: Mapping[str, Kind] = MappingProxyType(
    {
        "name": "text",
        "duration": "duration",
        "status": "status",
        "statusMessage": "text",
        "kind": "kind",
        "rootName": "text",
        "rootServiceName": "text",
        "traceDuration": "duration",
        "trace:id": "text",
        "span:id": "text",
        "span:parentID": "text",
        "instrumentation:name": "text",
    }
)
"""Intrinsics and what they are."""

SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in INTRINSICS},
        "span:name": "name",
        "span:duration": "duration",
        "span:status": "status",
        "span:statusMessage": "statusMessage",
        "span:kind": "kind",
        "trace:rootName": "rootName",
        "trace:rootService": "rootServiceName",
        "trace:duration": "traceDuration",
    }
)
"""Every spelling of an intrinsic, and the one that a tree holds."""

SCOPES = ("span", "resource")
NOT_COVERED_SCOPES = ("parent", "event", "link", "instrumentation", "trace")
NOT_COVERED_WORDS = frozenset(
    {
        "childCount", "span:childCount", "parent", "nestedSetLeft", "nestedSetRight", "nestedSetParent", "event:name",
        "event:timeSinceStart", "link:traceID", "link:spanID", "instrumentation:version",
    }
)  # fmt: skip
AGGREGATES = frozenset({"count", "avg", "min", "max", "sum", "by", "coalesce", "select"})
METRICS = frozenset(
    {
        "rate", "count_over_time", "min_over_time", "max_over_time", "avg_over_time", "sum_over_time",
        "quantile_over_time", "histogram_over_time", "compare", "topk", "bottomk",
    }
)  # fmt: skip
STRUCTURAL = frozenset({">", ">>", "<", "<<", "~", "!>", "!>>", "!<", "!<<", "!~", "&>", "&>>", "&<", "&<<", "&~"})
"""Operators between spansets."""
ARITHMETIC = frozenset("+-*/%^")

WORDS: Mapping[str, tuple[Literal["bool", "nil", "status", "kind"], str | bool | None]] = MappingProxyType(
    {
        "true": ("bool", True),
        "false": ("bool", False),
        "nil": ("nil", None),
        **{word: ("status", word) for word in STATUSES},
        **{word: ("kind", word) for word in KINDS},
    }
)
"""Words that are values."""


def nearest(word: str) -> str:
    """The intrinsic, scope or value that is spelled most like a word; empty when none is."""
    known = (*SPELLINGS, *WORDS, *SCOPES)
    return next(iter(get_close_matches(word[:64], known, n=1, cutoff=0.6)), "")
