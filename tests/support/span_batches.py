"""Batches of spans for tests: small, seeded, and as strange as asked."""

from __future__ import annotations

import numpy as np

from cdctl.domain.traces.attributes import PROMOTED, Attribute
from cdctl.domain.traces.batch import Coded, Pairs, SpanBatch

SERVICE = Attribute("resource", "service.name")
NOW = 1_795_998_000
"""Epoch seconds, twenty minutes into an hour."""


def coded(texts: list[str | None]) -> Coded:
    values = sorted({text for text in texts if text is not None})
    return Coded(np.array([-1 if text is None else values.index(text) for text in texts], np.int32), values)


def pairs(maps: list[dict[str, str]]) -> Pairs:
    offsets = np.cumsum([0, *map(len, maps)]).astype(np.int32)
    return Pairs(offsets, coded([k for one in maps for k in one]), coded([v for one in maps for v in one.values()]))


def ids(numbers: np.ndarray, width: int) -> np.ndarray:
    made = np.zeros((len(numbers), width), np.uint8)
    made[:, -8:] = np.asarray(numbers, ">u8").view(np.uint8).reshape(-1, 8)
    return made


def spans(numbers: list[int], *, end: float = NOW, every: float = 0.001) -> SpanBatch:
    """A span for every number: its ids and all that it says follow from the number, its end too."""
    which = np.array(numbers, np.int64)
    count = len(which)
    ends = (which * round(every * 1e9)) + round(end * 1e9)
    texts = {
        "name": coded([f"operation {n % 3}" for n in numbers]),
        "scope": coded(["tests"] * count),
        "message": coded([None if n % 5 else "it broke" for n in numbers]),
        "state": coded([None] * count),
        "events": coded([None if n % 7 else '[{"name":"boom"}]' for n in numbers]),
        "links": coded([None] * count),
    }
    columns = {
        SERVICE: coded([f"service {n % 2}" for n in numbers]),
        PROMOTED[-1]: coded([None if n % 2 else "example" for n in numbers]),
    }
    return SpanBatch(
        trace=ids(which // 4 + 1, 16),
        span=ids(which + 1, 8),
        parent=ids(np.where(which % 4, which // 4 * 4 + 1, 0), 8),
        start=ends - 1_000_000,
        end=ends,
        kind=(which % 6).astype(np.int8),
        status=np.where(which % 5, 0, 2).astype(np.int8),
        weight=np.where(which % 3, 2.0, np.nan),
        texts=texts,
        columns=columns,
        attributes=pairs([{"n": str(n), "odd": "yes"} if n % 2 else {"n": str(n)} for n in numbers]),
        resource=pairs([{"host": "a"} for _ in numbers]),
    )
