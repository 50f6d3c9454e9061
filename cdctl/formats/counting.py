"""How many spans a large message has, before anything is made of them: two bytes of one would become hundreds."""

from __future__ import annotations

import threading

import msgspec

from cdctl.errors import UsageError
from cdctl.formats import limits

_LARGE_JSON, _LARGE_PROTOBUF = 8 << 20, 1 << 20
"""Bytes of a message from which its spans are counted first: smaller ones can do little harm."""


class _Counted(msgspec.Struct, gc=False):
    """An object of which nothing is read; it is only counted."""

    def __post_init__(self) -> None:
        _count.add()


class _Count(threading.local):
    """Stops a decoder that makes too many, in each thread its own."""

    spans = 0

    def add(self) -> None:
        self.spans += 1
        if self.spans > limits.SPANS:
            raise ValueError("too many")


_count = _Count()


class _ScopeSpans(msgspec.Struct, rename="camel"):
    spans: list[_Counted] | None = None


class _ResourceSpans(msgspec.Struct, rename="camel"):
    scope_spans: list[_ScopeSpans] | None = None


class _Message(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] | None = None


_decoder = msgspec.json.Decoder(_Message | None)


def check_json(body: bytes, place: str) -> None:
    """Raises UsageError: a large message has more than `limits.SPANS` spans, or is none."""
    if len(body) <= _LARGE_JSON:
        return
    _count.spans = 0
    try:
        _decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        if _count.spans > limits.SPANS:
            raise _too_many(place) from None
        raise UsageError(f"this is no OTLP/JSON: {error}", subject=place) from None


def check_protobuf(body: bytes, place: str) -> None:
    """Raises UsageError: a large message has more than `limits.SPANS` spans. Of a broken one some are counted."""
    if len(body) <= _LARGE_PROTOBUF:
        return
    spans = 0
    for group in _fields(body, 0, len(body), 1):
        for scoped in _fields(body, *group, 2):
            for _ in _fields(body, *scoped, 2):
                spans += 1
                if spans > limits.SPANS:
                    raise _too_many(place)


def _fields(body: bytes, at: int, end: int, wanted: int) -> list[tuple[int, int]]:
    """Where the messages of a field begin and end, up to one more than there may be spans; fewer when it is broken.
    https://protobuf.dev/programming-guides/encoding/"""
    found: list[tuple[int, int]] = []
    try:
        while at < end and len(found) <= limits.SPANS:
            tag, at = _varint(body, at)
            kind = tag & 7
            if kind == 2:
                length, at = _varint(body, at)
                if tag >> 3 == wanted:
                    found.append((at, min(at + length, end)))
                at += length
            elif kind == 0:
                _, at = _varint(body, at)
            elif kind in {1, 5}:
                at += 8 if kind == 1 else 4
            else:
                break
    except IndexError:
        pass
    return found


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80 or shift > 63:
            return value, at
        shift += 7


def _too_many(place: str) -> UsageError:
    return UsageError(f"a message of more than {limits.SPANS:,} spans", subject=place)
