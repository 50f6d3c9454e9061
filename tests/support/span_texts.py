"""What a batch of spans says, span by span, in plain values: easy to compare."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from cdctl.domain.traces.batch import Coded, Pairs, Rejections, SpanBatch
from cdctl.domain.traces.ports import SpanReader


def rows(batch: SpanBatch) -> list[dict[str, Any]]:
    """A span each: ids in hex, texts that are there, attributes of both kinds in one map, by their scope."""
    own, resource = _maps(batch.attributes), _maps(batch.resource)
    found = []
    for at in range(len(batch)):
        attributes = {f"span.{key}": value for key, value in own[at].items()}
        attributes |= {f"resource.{key}": value for key, value in resource[at].items()}
        attributes |= {str(name): text for name, one in batch.columns.items() if (text := _text(one, at)) is not None}
        texts = {name: text for name, one in batch.texts.items() if (text := _text(one, at)) is not None}
        found.append(
            {
                "trace": batch.trace[at].tobytes().hex(),
                "span": batch.span[at].tobytes().hex(),
                "parent": batch.parent[at].tobytes().hex().replace("0" * 16, ""),
                "start": int(batch.start[at]),
                "end": int(batch.end[at]),
                "kind": int(batch.kind[at]),
                "status": int(batch.status[at]),
                "weight": None if np.isnan(batch.weight[at]) else float(batch.weight[at]),
                "attributes": attributes,
                **{name: json.loads(text) if name in {"events", "links"} else text for name, text in texts.items()},
            }
        )
    return found


def read(reader: SpanReader, *bodies: bytes) -> tuple[list[dict[str, Any]], Rejections]:
    """What a reader makes of messages."""
    rejected = Rejections()
    for number, body in enumerate(bodies):
        reader.add(body, rejected, f"message {number + 1}")
    batch = reader.batch()
    sound(batch)
    return rows(batch), rejected


def sound(batch: SpanBatch) -> None:
    """Every column is of the batch's length, every code means something, and no span has a key twice."""
    count = len(batch)
    assert batch.trace.shape == (count, 16)
    assert batch.span.shape == batch.parent.shape == (count, 8)
    for column in (batch.start, batch.end, batch.kind, batch.status, batch.weight):
        assert column.shape == (count,)
    for coded in (*batch.texts.values(), *batch.columns.values()):
        assert coded.codes.shape == (count,)
        assert coded.codes.max(initial=-1) < len(coded.values)
        assert coded.codes.min(initial=0) >= -1
    for pairs in (batch.attributes, batch.resource):
        assert len(pairs.offsets) == count + 1
        assert pairs.offsets[-1] == len(pairs.keys.codes) == len(pairs.values.codes)
        owners = np.repeat(np.arange(count), np.diff(pairs.offsets))
        assert len(set(zip(owners.tolist(), pairs.keys.codes.tolist(), strict=True))) == len(owners)


def _maps(pairs: Pairs) -> list[dict[str, str]]:
    keys = [pairs.keys.values[code] for code in pairs.keys.codes]
    values = [pairs.values.values[code] for code in pairs.values.codes]
    both = list(zip(keys, values, strict=True))
    return [dict(both[begin:end]) for begin, end in zip(pairs.offsets[:-1], pairs.offsets[1:], strict=True)]


def _text(coded: Coded, at: int) -> str | None:
    return coded.values[coded.codes[at]] if coded.codes[at] >= 0 else None
