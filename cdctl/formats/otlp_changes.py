"""Changes as OpenTelemetry tells them: log records with an event name (`deployment`, `feature_flag.evaluation`, ...),
in an ExportLogsServiceRequest of OTLP, JSON or protobuf.

https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-eventname; records without one are logs, and not ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cdctl.domain.changes import DEPLOYMENT, Change
from cdctl.domain.traces.batch import Rejections
from cdctl.formats.otlp_values import UNREADABLE, Pair, Value, integer, text

KINDS = ("deployment", "feature_flag", "config", "change", "release", "maintenance", "software")
"""What the name of an event that is a change begins with."""
NO_EVENT = "it has no event name: this receiver takes changes, not logs"
NO_CHANGE = f"its event is no change: {', '.join(KINDS)}"
NO_TIME = "it has no time"
_SERVICE, _VERSION = "service.name", "service.version"
_REGIONS = ("region", "cloud.region")
_WHO = ("user.name", "enduser.id", "deployment.by", "cicd.worker.name")
_TITLES = ("title", "deployment.name", "feature_flag.key", "cicd.pipeline.name")
_EVENT = re.compile(rf"(?:{'|'.join(KINDS)})(?:[._-].*)?")
_NANOS = 1e9
_LONGEST = 1_000
_MOST_LABELS = 32


class _Record(msgspec.Struct, rename="camel"):
    time_unix_nano: int | str | None = None
    observed_time_unix_nano: int | str | None = None
    event_name: str | None = None
    body: Value | None = None
    attributes: list[Pair] | None = None


class _Scope(msgspec.Struct, rename="camel"):
    log_records: list[_Record] | None = None


class _Resource(msgspec.Struct, rename="camel"):
    attributes: list[Pair] | None = None


class _Logs(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_logs: list[_Scope] | None = None


class _Request(msgspec.Struct, rename="camel"):
    resource_logs: list[_Logs] | None = None


_decode = msgspec.json.Decoder(_Request | None).decode


@dataclass(frozen=True, slots=True)
class _Told:
    """One record, wherever it came from. at: nanoseconds, 0 when not told."""

    at: int
    event: str
    body: str
    attributes: Mapping[str, str]
    resource: Mapping[str, str]


def from_json(body: bytes, rejected: Rejections) -> list[Change]:
    """The changes of a request. Raises ValueError: it is no such request."""
    try:
        request = _decode(body) if body.strip() else None
        told = list(_of_json(request)) if request is not None else []
    except UNREADABLE as error:
        raise ValueError(f"no OTLP/JSON: {error}") from None
    return _changes(told, rejected)


def from_protobuf(body: bytes, rejected: Rejections) -> list[Change]:
    """As `from_json`."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    try:
        request = ExportLogsServiceRequest.FromString(body)
    except DecodeError:
        raise ValueError("no protobuf of OTLP") from None
    return _changes(_of_protobuf(request), rejected)


def _of_json(request: _Request) -> Iterator[_Told]:
    for logs in request.resource_logs or ():
        resource = _pairs(logs.resource.attributes if logs.resource else None)
        for record in (one for scope in logs.scope_logs or () for one in scope.log_records or ()):
            at = integer(record.time_unix_nano or 0) or integer(record.observed_time_unix_nano or 0)
            yield _Told(at, record.event_name or "", text(record.body), _pairs(record.attributes), resource)


def _pairs(pairs: list[Pair] | None) -> dict[str, str]:
    return {pair.key or "": text(pair.value) for pair in pairs or ()}


def _of_protobuf(request: Any) -> Iterator[_Told]:
    for logs in request.resource_logs:
        resource = _known(logs.resource.attributes)
        for record in (one for scope in logs.scope_logs for one in scope.log_records):
            at = record.time_unix_nano or record.observed_time_unix_nano
            yield _Told(at, record.event_name, _plain(record.body), _known(record.attributes), resource)


def _known(pairs: Any) -> dict[str, str]:
    return {pair.key: _plain(pair.value) for pair in pairs}


def _plain(value: Any) -> str:
    """A value as a text; what has parts is not told."""
    kind = value.WhichOneof("value")
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    return str(getattr(value, kind)) if kind in {"string_value", "int_value", "double_value"} else ""


def _changes(told: Iterator[_Told] | list[_Told], rejected: Rejections) -> list[Change]:
    found: list[Change] = []
    for number, one in enumerate(told, 1):
        event = one.event or one.attributes.get("event.name", "")
        reason = NO_EVENT if not event else NO_CHANGE if not _EVENT.fullmatch(event) else NO_TIME if not one.at else ""
        if reason:
            rejected.add(reason, f"record {number}")
        else:
            found.append(_change(one, event))
    return found


def _change(one: _Told, event: str) -> Change:
    known = {**one.resource, **one.attributes}
    service, version = known.get(_SERVICE, ""), known.get(_VERSION, "")
    title = one.body or _first(known, _TITLES) or " ".join(filter(None, [service, version])) or event
    used = {_SERVICE, _VERSION, "event.name", *_REGIONS, *_WHO}
    labels = {key: value[:_LONGEST] for key, value in one.attributes.items() if key and value and key not in used}
    return Change(
        one.at / _NANOS,
        DEPLOYMENT if event.startswith(DEPLOYMENT) else event[:_LONGEST],
        title[:_LONGEST],
        service[:_LONGEST],
        version[:_LONGEST],
        _first(known, _REGIONS)[:_LONGEST],
        _first(known, _WHO)[:_LONGEST],
        dict(list(labels.items())[:_MOST_LABELS]),
        "otlp",
    )


def _first(known: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((known[key] for key in keys if known.get(key)), "")
