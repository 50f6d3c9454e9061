"""Spans of the lab on their way: OTLP over HTTP, by OpenTelemetry's own exporter, in batches and in the background."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_WAITING = 50_000
"""Spans that may wait for a receiver that is away; more are lost, as with any agent."""
_BATCH = 2_000
_DELAY_MS = 500


def exporter(endpoint: str) -> Callable[[Sequence[ReadableSpan]], None]:
    """What takes ended spans and sends them to `endpoint`, such as http://127.0.0.1:4318, without waiting for it."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # what a receiver that is away means is seen there
    batches = BatchSpanProcessor(
        OTLPSpanExporter(f"{endpoint}/v1/traces"),
        max_queue_size=_WAITING,
        max_export_batch_size=_BATCH,
        schedule_delay_millis=_DELAY_MS,
    )

    def hand(spans: Sequence[ReadableSpan]) -> None:
        for span in spans:
            batches.on_end(span)

    return hand
