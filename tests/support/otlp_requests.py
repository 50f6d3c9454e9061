"""Requests of OTLP in protobuf, made fast: one is built, the others are it with other ids and times."""

from __future__ import annotations

import time

import numpy as np
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_MARK_TRACE, _MARK_SPAN, _MARK_PARENT = b"\xa0trace-id-marks\xa1", b"\xa2span-i\xa3", b"\xa4paren\xa5\xa6"
_MARK_START, _MARK_END = 0x1111_2222_3333_4444, 0x1111_2222_3333_5555
_RESOURCE = ("service.name", "service.version", "cloud.region", "host.name", "k8s.pod.name",
             "deployment.environment.name", "telemetry.sdk.name", "telemetry.sdk.language", "sdk.version")  # fmt: skip
_SPAN = ("http.request.method", "http.route", "http.response.status_code", "vehicle.id", "vehicle.model",
         "vehicle.software", "region", "cell", "command.name", "url.path", "thread.name")  # fmt: skip


class Requests:
    """Makes requests of `count` spans with 20 attributes each; no two spans have the same ids."""

    def __init__(self, count: int, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._count = count
        self._templates = [self._template() for _ in range(8)]
        self._made = 0

    def body(self, end: float | None = None) -> bytes:
        """The next one; its spans end now, or then (epoch seconds)."""
        body, places = self._templates[self._made % len(self._templates)]
        self._made += 1
        made = np.frombuffer(body, np.uint8).copy()
        now = np.int64((time.time() if end is None else end) * 1e9)
        ends = now - self._random.integers(0, 10**9, self._count)
        starts = ends - self._random.integers(10**6, 10**9, self._count)
        for place, width, values in (
            (places[0], 16, self._random.integers(1, 256, (self._count, 16), np.uint8)),
            (places[1], 8, self._random.integers(1, 256, (self._count, 8), np.uint8)),
            (places[2], 8, starts.astype("<i8").view(np.uint8).reshape(-1, 8)),
            (places[3], 8, ends.astype("<i8").view(np.uint8).reshape(-1, 8)),
        ):
            made[place[:, None] + np.arange(width)] = values
        return made.tobytes()

    def _template(self) -> tuple[bytes, list[np.ndarray]]:
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        for key in _RESOURCE:
            group.resource.attributes.add(key=key).value.string_value = f"{key}-{self._random.integers(8)}"
        scoped = group.scope_spans.add()
        scoped.scope.name = "benchmark"
        for _ in range(self._count):
            span = scoped.spans.add(trace_id=_MARK_TRACE, span_id=_MARK_SPAN, parent_span_id=_MARK_PARENT)
            span.name, span.kind = f"operation {self._random.integers(20)}", int(self._random.integers(1, 6))
            span.start_time_unix_nano, span.end_time_unix_nano = _MARK_START, _MARK_END
            for key in _SPAN:
                value = span.attributes.add(key=key).value
                if key == "http.response.status_code":
                    value.int_value = int(self._random.choice([200, 202, 404, 503]))
                elif key == "vehicle.id":
                    value.string_value = f"WBA{self._random.integers(10**9):014d}"
                else:
                    value.string_value = f"{key}-{self._random.integers(30)}"
        body = request.SerializeToString()
        marks = (_MARK_TRACE, _MARK_SPAN, _MARK_START.to_bytes(8, "little"), _MARK_END.to_bytes(8, "little"))
        return body, [_places(body, mark, self._count) for mark in marks]


def _places(body: bytes, mark: bytes, count: int) -> np.ndarray:
    found, at = [], body.find(mark)
    while at >= 0:
        found.append(at)
        at = body.find(mark, at + 1)
    assert len(found) == count, "a mark stands elsewhere, too"
    return np.array(found)
