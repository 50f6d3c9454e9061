"""What Tempo's answers hold: the ids that a search found, and a trace in its envelope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdctl.sources.traces.otlp_rows import NotTracesError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 70


def found_ids(document: Mapping[str, Any]) -> tuple[dict[str, set[str]], bool, bool]:
    """Spans by trace, ids in full length; whether Tempo says of a trace that more of it matches; whether it looked at
    all that it meant to. What is no answer of a search raises NotTracesError."""
    found: dict[str, set[str]] = {}
    cut = False
    try:
        for trace in document.get("traces") or ():
            sets = trace.get("spanSets") or ([trace["spanSet"]] if trace.get("spanSet") else [])
            ids = found.setdefault(str(trace["traceID"]).lower().rjust(32, "0"), set())
            for one in sets:
                spans = [str(span["spanID"]).lower().rjust(16, "0") for span in one.get("spans") or ()]
                ids.update(spans)
                cut = cut or int(one.get("matched") or 0) > len(spans)
        told = document.get("metrics") or {}
        jobs, done = int(told.get("totalJobs") or 0), int(told.get("completedJobs") or 0)
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise NotTracesError(f"{type(error).__name__}") from None
    return found, cut, "completedJobs" not in told or done >= jobs


def envelope(body: bytes) -> tuple[bytes, bool, str]:
    """The serialized trace of a TraceByIDResponse (1: trace, 3: status, 4: message), whether it is partial, and what is
    said of that. Raises NotTracesError."""
    trace, partial, said = b"", False, ""
    at = 0
    while at < len(body):
        tag, at = _varint(body, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(body, at)
            partial = value == 1 if number == 3 else partial
            continue
        size, at = _varint(body, at) if kind == _BYTES else ({_FIXED64: 8, _FIXED32: 4}.get(kind, -1), at)
        if size < 0 or at + size > len(body):
            raise NotTracesError("no protobuf of a trace")
        part = body[at : at + size]
        at += size
        if number == 1:
            trace = part
        elif number == 4:
            said = part.decode("utf-8", "replace")
    return trace, partial, said


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(body) and shift < _LONGEST_VARINT:
        byte = body[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
    raise NotTracesError("no protobuf of a trace")
