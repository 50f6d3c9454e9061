"""What a receiver answers, in the type in which it was asked."""

from __future__ import annotations

import msgspec
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from cdctl.collector.otlp.refusing import NUMBERS, NotTakenError
from cdctl.domain.text import safe
from cdctl.domain.traces.batch import Rejections

JSON, PROTOBUF = "application/json", "application/x-protobuf"
_LONGEST = 1_000


def taken(form: str, rejected: Rejections) -> bytes:
    """The body of a success; with spans that were rejected, a partial one. Nothing is said on full success."""
    count, message = rejected.total, words(rejected)
    if form == JSON:
        if not count:
            return b"{}"
        told = {"partialSuccess": {"rejectedSpans": str(count), "errorMessage": message}}
        return msgspec.json.encode(told)
    answer = ExportTraceServiceResponse()
    if count:
        answer.partial_success.rejected_spans = count
        answer.partial_success.error_message = message
    return _bytes(answer)


def records_taken(form: str, rejected: Rejections) -> bytes:
    """As `taken`, for log records."""
    count, message = rejected.total, words(rejected, "record")
    if form == JSON:
        if not count:
            return b"{}"
        return msgspec.json.encode({"partialSuccess": {"rejectedLogRecords": str(count), "errorMessage": message}})
    answer = ExportLogsServiceResponse()
    if count:
        answer.partial_success.rejected_log_records = count
        answer.partial_success.error_message = message
    return _bytes(answer)


def words(rejected: Rejections, thing: str = "span") -> str:
    """`3 spans: no trace id (span 2); 1 span: ...`."""
    parts = []
    for reason, count in sorted(rejected.counts.items(), key=lambda item: -item[1]):
        example = rejected.examples.get(reason, "")
        many = thing if count == 1 else f"{thing}s"
        parts.append(f"{count} {many}: {reason}{f' ({example})' if example else ''}")
    return safe("; ".join(parts), _LONGEST)


def refused(form: str, error: NotTakenError) -> bytes:
    """The body of a failure: a google.rpc.Status."""
    number, message = NUMBERS[error.why.code], safe(error.message, _LONGEST)
    if form == PROTOBUF:
        return _bytes(Status(code=number, message=message))
    return msgspec.json.encode({"code": number, "message": message})


def details(error: NotTakenError) -> bytes:
    """What gRPC puts beside a status: when another attempt is welcome. Empty when none is."""
    if not error.why.wait:
        return b""
    told = Status(code=NUMBERS[error.why.code], message=safe(error.message, _LONGEST))
    told.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=error.why.wait)))
    return _bytes(told)


def _bytes(message: Message) -> bytes:
    made: bytes = message.SerializeToString()
    return made
