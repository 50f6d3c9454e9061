"""The spans that a spec test tells of, and when its store took spans in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import numpy as np

from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping, Node
from cdctl.lab.made_spans import MadeSpans, spread
from cdctl.lab.notation import NotationError, expand
from cdctl.lab.spec_test_shape import UNKNOWN

MOST = 1_000_000
"""Spans of one entry; more is a slip of the pen, or a case for `weight`."""
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}

Heard = tuple[tuple[float, float], ...]
"""From when until when spans were taken in, epoch seconds."""


def made(nodes: Sequence[Node], start: int, interval: int, faults: Faults) -> tuple[tuple[MadeSpans, ...], Heard]:
    """All spans of a case; what makes no sense goes to `faults`."""
    spans: list[MadeSpans] = []
    slots: set[int] = set()
    for node in nodes:
        if isinstance(node, Mapping):
            one, own = _one(node, start, interval, faults)
            spans.append(one)
            slots.update(own)
    return tuple(spans), tuple(_runs(sorted(slots), start, interval))


def _one(node: Mapping, start: int, interval: int, faults: Faults) -> tuple[MadeSpans, Iterable[int]]:
    counts, slots = np.zeros(0), np.zeros(0, np.int64)
    try:
        found = expand(node.text("values"))
    except NotationError as error:
        where = node.at("values")
        faults.error(Node(where.line, where.column + error.column), f"values: {error}")
    else:
        slots = found.slots
        wrong = ~(found.values >= 0) | (np.rint(found.values) != found.values)
        if wrong.any():
            faults.error(node.at("values"), f"values: {found.values[wrong][0]:g} is no number of spans", "write 10x100")
        elif found.values.sum() > MOST:
            said = f"values: {found.values.sum():,.0f} spans are too many"
            faults.error(node.at("values"), said, "write fewer, and a weight: each then stands for so many")
        else:
            counts = np.zeros(found.length)
            counts[slots] = found.values
    about = {scope: node.mapping(scope) for scope in ("attributes", "resource")}
    attributes, resource = ({key: one.text(key) for key in one.values} if one else {} for one in about.values())
    span = MadeSpans(
        spread(start, interval, counts),
        service=node.text("service"),
        name=node.text("name", "made"),
        kind=node.text("kind", "server"),
        status=node.text("status", "unset"),
        duration=_seconds(node.text("duration", "100ms")),
        weight=math.nan if node.text("weight") == UNKNOWN else float(node.decimal("weight") or 1),
        child=bool(node.flag("child")),
        attributes=attributes,
        resource=resource,
    )
    return span, slots.tolist()


def _seconds(text: str) -> float:
    number, unit = re.findall(r"[a-z]+|[0-9.]+", text)
    return float(number) * _SECONDS[unit]


def _runs(slots: Sequence[int], start: int, interval: int) -> Iterable[tuple[float, float]]:
    """Intervals that follow each other as one: interval i ends at start + i x interval."""
    if not slots:
        return
    edges = np.array(slots)
    for run in np.split(edges, np.flatnonzero(np.diff(edges) > 1) + 1):
        yield float(start + (run[0] - 1) * interval), float(start + run[-1] * interval)
