"""Spans by OTLP over HTTP (port Traces)."""

from __future__ import annotations

import logging

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cdctl.application.spans import Attributes, Kind, Trace

_SECONDS = 3


class _Recorded:
    def __init__(self, span: Span) -> None:
        self._span = span
        context = span.get_span_context()
        # Version 00 of the header knows one flag: sampled.
        traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & 1:02x}"
        self.parent = (traceparent, context.trace_state.to_header())

    def end(self, attributes: Attributes, *, failed: str = "") -> None:
        self._span.set_attributes(dict(attributes))
        self._span.set_status(Status(StatusCode.ERROR, failed) if failed else Status(StatusCode.OK))
        self._span.end()


class OtlpTraces:
    """Hands spans to a collector; one that does not answer costs some seconds at the end, and no order."""

    def __init__(self, endpoint: str = "") -> None:
        """endpoint: of a collector, such as http://127.0.0.1:4318. Without one, and for everything else (headers,
        certificates), the usual variables OTEL_EXPORTER_OTLP_* hold."""
        log = logging.getLogger("opentelemetry")
        log.addHandler(logging.NullHandler())  # the terminal is not the place for what an exporter says
        log.propagate = False
        where = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None  # as for OTEL_EXPORTER_OTLP_ENDPOINT
        exporter = OTLPSpanExporter(where, timeout=_SECONDS)
        self._provider = TracerProvider(
            sampler=ALWAYS_ON, resource=Resource({"service.name": "cdctl"}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("cdctl")

    def begin(self, name: str, attributes: Attributes, *, kind: Kind = "internal", under: str = "") -> Trace:
        """See `Traces`."""
        above = TraceContextTextMapPropagator().extract({"traceparent": under}) if under else None
        told = dict(attributes)
        return _Recorded(self._tracer.start_span(name, context=above, kind=SpanKind[kind.upper()], attributes=told))

    def close(self) -> None:
        """See `Traces`."""
        self._provider.force_flush(_SECONDS * 1000)
        self._provider.shutdown()
