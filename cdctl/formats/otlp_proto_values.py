"""Parts of OTLP's protobuf messages, as texts: values of attributes, events, links, statuses.

Values are what the readers of JSON make of the same ones; events and links are as OTLP/JSON writes them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from cdctl.formats import limits
from cdctl.formats.otlp_values import Json, double, json_text
from cdctl.formats.pairing import Read

Unreadable = (DecodeError, ValueError, RecursionError)
"""What reading hostile protobuf may raise."""


def read_pairs(raw: Sequence[Any]) -> Read:
    """Keys and values of pairs as they were written; the places of those that cannot be read (with empty texts)."""
    keys, values, bad = [""] * len(raw), [""] * len(raw), []
    parse = KeyValue.FromString
    for place, one in enumerate(raw):
        try:
            pair = parse(one)
            values[place] = pair.value.string_value or _text(pair.value)
            keys[place] = pair.key
        except Unreadable:
            bad.append(place)
    return Read(keys, values, bad)


def _text(value: Any) -> str:
    kind = value.WhichOneof("value")
    if kind is None or kind == "string_value":
        return ""
    if kind == "int_value":
        return str(value.int_value)
    if kind == "double_value":
        return str(double(value.double_value))
    plain = _plain(value, 0)
    return plain if isinstance(plain, str) else json_text(plain)


def _plain(value: Any, depth: int) -> Json:
    """As JSON has it. Raises ValueError when it is too deep."""
    if depth > limits.DEPTH:
        raise ValueError(f"lists and maps more than {limits.DEPTH} deep")
    kind = value.WhichOneof("value")
    if kind == "double_value":
        return double(value.double_value)
    if kind == "bytes_value":
        return b64encode(value.bytes_value).decode()
    if kind == "array_value":
        return [_plain(one, depth + 1) for one in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _plain(pair.value, depth + 1) for pair in value.kvlist_value.values}
    return getattr(value, kind) if kind in {"string_value", "bool_value", "int_value"} else None


def status_of(raw: bytes) -> tuple[int, str]:
    """The code and the message; -1 when it cannot be read."""
    try:
        status = Status.FromString(raw)
    except Unreadable:
        return -1, ""
    return status.code, status.message


def events_text(raw: Sequence[bytes]) -> str | None:
    """Events as OTLP/JSON writes them. None when they cannot be read."""
    try:
        return json_text([_event(Span.Event.FromString(one)) for one in raw])
    except Unreadable:
        return None


def links_text(raw: Sequence[bytes]) -> str | None:
    """Links as OTLP/JSON writes them. None when they cannot be read."""
    try:
        return json_text([_link(Span.Link.FromString(one)) for one in raw])
    except Unreadable:
        return None


def _event(event: Any) -> Json:
    return _filled(
        timeUnixNano=str(event.time_unix_nano),
        name=event.name,
        attributes=_pairs(event.attributes, 0),
        droppedAttributesCount=event.dropped_attributes_count,
    )


def _link(link: Any) -> Json:
    return _filled(
        traceId=link.trace_id.hex(),
        spanId=link.span_id.hex(),
        traceState=link.trace_state,
        attributes=_pairs(link.attributes, 0),
        droppedAttributesCount=link.dropped_attributes_count,
    )


def _filled(**fields: Json) -> Json:
    """Without fields that have the value they have when they are left out."""
    return {name: value for name, value in fields.items() if value}


def _pairs(pairs: Any, depth: int) -> list[Json]:
    return [{"key": pair.key, "value": _otlp(pair.value, depth)} for pair in pairs]


def _otlp(value: Any, depth: int) -> dict[str, Json]:
    """A value as OTLP/JSON writes it: integers as texts, bytes in base64."""
    if depth > limits.DEPTH:
        raise ValueError(f"lists and maps more than {limits.DEPTH} deep")
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return {"arrayValue": {"values": [_otlp(one, depth + 1) for one in value.array_value.values]}}
    if kind == "kvlist_value":
        return {"kvlistValue": {"values": _pairs(value.kvlist_value.values, depth + 1)}}
    if kind in {"string_value", "bool_value", "double_value", "bytes_value"}:
        name = kind.replace("_value", "Value")
        return {name: _plain(value, depth)}
    return {"intValue": str(value.int_value)} if kind == "int_value" else {}
