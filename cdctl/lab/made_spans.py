"""Spans as a test tells of them: so many alike, at such times, as one batch for a store."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cdctl.domain.slo.series import Floats, Ints
from cdctl.domain.traces.attributes import OLD_NAMES, PROMOTED, Attribute
from cdctl.domain.traces.batch import TEXTS, Coded, Pairs, SpanBatch
from cdctl.domain.traces.kinds import KINDS, STATUSES

_SERVICE = Attribute("resource", "service.name")


@dataclass(frozen=True, slots=True, eq=False)
class MadeSpans:
    """Spans that are alike but for their time. ends: epoch seconds, [n]; duration: seconds; weight: what each stands
    for, NaN when nobody knows; child: whether they have a parent. Values of attributes are texts."""

    ends: Floats
    service: str = ""
    name: str = "made"
    kind: str = "server"
    status: str = "unset"
    duration: float = 0.1
    weight: float = 1.0
    child: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    resource: Mapping[str, str] = field(default_factory=dict)

    def told(self) -> Mapping[Attribute, str]:
        """Every attribute by its present name."""
        both = {"span": self.attributes, "resource": self.resource}
        found = {
            Attribute(scope, OLD_NAMES.get(key, key)): value
            for scope, own in both.items()
            for key, value in own.items()
        }
        return {**found, _SERVICE: self.service} if self.service else found


def spread(start: float, interval: float, counts: Floats) -> Floats:
    """Ends of spans: counts[i] of them evenly over the interval that ends at start + i x interval."""
    number = counts.astype(np.int64)
    slot = np.repeat(np.arange(len(number)), number)
    before = np.cumsum(number) - number
    place = np.arange(len(slot)) - before[slot]
    ends: Floats = start + interval * (slot - 1 + (place + 1) / number[slot])
    return ends


def batch(groups: Sequence[MadeSpans], seed: int = 0) -> SpanBatch:
    """All of them; the same groups and seed give the same ids."""
    counts = np.array([len(group.ends) for group in groups], np.int64)
    total, rng = int(counts.sum()), np.random.default_rng(seed)

    def each(value: Callable[[MadeSpans], float]) -> Floats:
        return np.repeat(np.array([value(group) for group in groups], np.float64), counts)

    ends = np.concatenate([np.zeros(0), *(group.ends for group in groups)])
    end = np.rint(ends * 1e6).astype(np.int64) * 1000
    parent = rng.integers(1, 256, (total, 8), dtype=np.uint8)
    parent[each(lambda group: group.child) == 0] = 0
    told = [group.told() for group in groups]
    own = {scope: [_others(one, scope) for one in told] for scope in ("span", "resource")}
    return SpanBatch(
        trace=rng.integers(1, 256, (total, 16), dtype=np.uint8),
        span=rng.integers(1, 256, (total, 8), dtype=np.uint8),
        parent=parent,
        start=end - (each(lambda group: group.duration) * 1e9).astype(np.int64),
        end=end,
        kind=each(lambda group: KINDS.index(group.kind)).astype(np.int8),
        status=each(lambda group: STATUSES.index(group.status)).astype(np.int8),
        weight=each(lambda group: group.weight),
        texts={name: _coded([group.name if name == "name" else None for group in groups], counts) for name in TEXTS},
        columns={
            one: _coded([told_of.get(one) for told_of in told], counts)
            for one in PROMOTED
            if any(one in told_of for told_of in told)
        },
        attributes=_pairs(own["span"], counts),
        resource=_pairs(own["resource"], counts),
    )


UNKNOWN = math.nan
"""The weight of a span of which nobody knows what it stands for."""


def _others(told: Mapping[Attribute, str], scope: str) -> list[tuple[str, str]]:
    return [(one.key, value) for one, value in told.items() if one.scope == scope and one not in PROMOTED]


def _coded(texts: Sequence[str | None], counts: Ints) -> Coded:
    values = tuple(sorted({text for text in texts if text is not None}))
    codes = np.array([-1 if text is None else values.index(text) for text in texts], np.int32)
    return Coded(np.repeat(codes, counts), values)


def _pairs(own: Sequence[Sequence[tuple[str, str]]], counts: Ints) -> Pairs:
    offsets = np.concatenate([[0], np.cumsum(np.repeat([len(one) for one in own], counts))]).astype(np.int32)

    def side(place: int) -> Coded:
        values = tuple(sorted({pair[place] for one in own for pair in one}))
        codes = [np.tile([values.index(pair[place]) for pair in one], n) for one, n in zip(own, counts, strict=True)]
        return Coded(np.concatenate([np.zeros(0), *codes]).astype(np.int32), values)

    return Pairs(offsets, side(0), side(1))


def stock(folder: Path, groups: Sequence[MadeSpans], heard: Sequence[tuple[float, float]]) -> None:
    """A store that holds these spans and nothing else, for who reads it once: all of them in one file, for a month has
    seven hundred hours. `heard`: from when until when it took spans in, epoch seconds. Raises UnavailableError."""
    from cdctl.stores.spans import columns, manifest
    from cdctl.stores.spans.files import Writing
    from cdctl.stores.spans.manifest_file import open_to_write

    columns.pyarrow()
    data = folder / manifest.DATA
    data.mkdir(parents=True)
    table = columns.table([batch(groups)]).sort_by("end_ns")
    db = open_to_write(folder)
    try:
        files = []
        if len(table):
            writing = Writing(data, 1, int(table.column("end_ns")[0].as_py() // manifest.HOUR_NS))
            writing.put(table)
            files.append(writing.done(0.0))
        with manifest.changing(db):
            manifest.add(db, files)
            for start, stop in heard:
                manifest.hear(db, round(start), round(stop))
    finally:
        db.close()
