"""The one entry: says which format a file is in, and reads its messages. What is in it decides, not its name."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from cdctl.domain.text import safe
from cdctl.domain.traces.ports import Message, SpanReader
from cdctl.errors import UnavailableError, UsageError
from cdctl.formats import messages, unpacking
from cdctl.formats.elements import Readable
from cdctl.formats.messages import Framing

_SNIFF = 1 << 16

_OTLP = re.compile(rb'\s*\{\s*"(resourceSpans|resourceLogs|resourceMetrics)"\s*:')
_LIST = rb"\s*:\s*\["
_OTLP_LIST = re.compile(rb'\s*\{\s*"resourceSpans"' + _LIST)
_JAEGER = re.compile(rb'\s*\{\s*"data"' + _LIST)
_JAEGER_3 = re.compile(rb'\s*\{\s*"result"\s*:\s*\{\s*"resourceSpans"' + _LIST)
_ARRAY = re.compile(rb"\s*\[")
_OBJECT = re.compile(rb"\s*\{")


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written: a name for people, how its messages are told apart, and what reads one."""

    name: str
    framing: Framing
    reader: Callable[[], SpanReader]


def opened(stream: IO[bytes], name: str) -> tuple[Format, Readable]:
    """The format of what comes from a stream, and what to read it from; compressed or not. Nothing of it is lost.

    Raises UsageError for what is in no format that is known, UnavailableError when a library is missing.
    """
    head = stream.read(_SNIFF)
    source: Readable = _Again(head, stream)
    if head.startswith((unpacking.GZIP, unpacking.ZSTD)):
        unpacked = unpacking.Unpacked(source, head[:4])  # type: ignore[arg-type]
        try:
            head = unpacked.read(_SNIFF)
        except UsageError as error:
            raise UsageError(error.message, subject=name) from None
        source = _Again(head, unpacked)
    found = _json(head) or _binary(head) if head.strip() else _EMPTY
    if found is None:
        hint = "OTLP (JSON lines, or messages with their length), JSON of Jaeger, and Zipkin's version 2 can be read"
        raise UsageError(f"not a file of spans: it begins with {_beginning(head)}", subject=name, hint=hint)
    return found, source


def of_bytes(body: bytes, name: str = "") -> tuple[Format, Iterator[Message]]:
    """The same for bytes that are there already: their format, and the messages in them."""
    found, source = opened(io.BytesIO(body), name)
    return found, found.framing(source, 0)


class _Again:
    """A stream from whose beginning something was read already."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes; fewer at the end."""
        if not self._head:
            return self._rest.read(size)
        taken, self._head = self._head[:size], self._head[size:]
        return taken + self._rest.read(size - len(taken)) if len(taken) < size else taken


def _json(head: bytes) -> Format | None:
    if _OTLP.match(head):
        return _LINES if _whole_lines(head) or not _OTLP_LIST.match(head) else _DOCUMENTS
    for begins, found in _BEGINNINGS:
        if begins.match(head):
            return found
    return _by_fields(head) if _OBJECT.match(head) else None


def _by_fields(head: bytes) -> Format | None:
    """The format of objects whose fields are in another order than servers write them."""
    before, otlp, _ = head.partition(b'"resourceSpans"')
    if otlp:
        return Format("Jaeger v3", messages.whole, _answer) if b'"result"' in before else _LINES
    if b'"data"' in head and b'"spans"' in head:
        return Format("Jaeger", messages.whole, _jaeger)
    return _LINES if head.strip() == b"{}" else None


def _whole_lines(head: bytes) -> bool:
    """Whether the first line is a whole object, as far as can be seen; a line longer than what is seen counts."""
    line, ended, _ = head.lstrip().partition(b"\n")
    return line.rstrip().endswith(b"}") if ended else not re.match(rb"\{\s*$", line)


def _binary(head: bytes) -> Format | None:
    if len(head) < 5:
        return None
    length, body = int.from_bytes(head[:4], "big"), head[4:]
    if body.startswith((unpacking.GZIP, unpacking.ZSTD)):
        try:
            body = unpacking.Unpacked(io.BytesIO(body[:length]), body[:4]).read(16)
        except UsageError:
            body = _what_it_can(body[:length])
    if _OBJECT.match(body):
        return Format("OTLP JSON with lengths", messages.framed, _otlp_json)
    if body[:1] == b"\n" and 0 < length < 1 << 31 and head[0] < 0x0A:
        return Format("OTLP protobuf", messages.framed, _otlp_protobuf)
    return Format("OTLP protobuf request", messages.whole, _otlp_protobuf) if head[:1] == b"\n" else None


def _what_it_can(body: bytes) -> bytes:
    """The beginning of a compressed message of which only a beginning is at hand; nothing when even that is broken."""
    stream = unpacking.Unpacked(io.BytesIO(body), body[:4])
    try:
        return stream.read(1)
    except UsageError:
        return b""


def _beginning(head: bytes) -> str:
    return f'"{safe(head[:24].decode("utf-8", "replace"))}"'


def _traces(elements: list[bytes]) -> bytes:
    return b'{"data":[' + b",".join(elements) + b"]}"


def _resource_spans(elements: list[bytes]) -> bytes:
    return b'{"resourceSpans":[' + b",".join(elements) + b"]}"


def _spans(elements: list[bytes]) -> bytes:
    """Spans, or lists of the spans of a trace each."""
    inner = (one.strip()[1:-1] if one.lstrip().startswith(b"[") else one for one in elements)
    return b"[" + b",".join(one for one in inner if one.strip()) + b"]"


def _otlp_json() -> SpanReader:
    from cdctl.formats.otlp_json import OtlpJson

    return _needing("pyarrow", OtlpJson)


def _answer() -> SpanReader:
    from cdctl.formats.jaeger import JaegerAnswer

    return _needing("pyarrow", JaegerAnswer)


def _otlp_protobuf() -> SpanReader:
    try:
        from cdctl.formats.otlp_protobuf import OtlpProtobuf
    except ImportError:
        raise _missing("opentelemetry-proto") from None
    return OtlpProtobuf()


def _jaeger() -> SpanReader:
    from cdctl.formats.jaeger import Jaeger

    return Jaeger()


def _zipkin() -> SpanReader:
    from cdctl.formats.zipkin import Zipkin

    return Zipkin()


def _needing(library: str, made: Callable[[], SpanReader]) -> SpanReader:
    from importlib.util import find_spec

    if find_spec(library) is None:
        raise _missing(library)
    return made()


def _missing(library: str) -> UnavailableError:
    return UnavailableError(f"spans cannot be read: {library} is not installed", hint="pip install 'cdctl[traces]'")


_EMPTY = Format("empty", messages.lines, _otlp_json)
"""A file that was just begun; what comes into it is told by its next reader."""
_LINES = Format("OTLP JSON lines", messages.lines, _otlp_json)
_DOCUMENTS = Format("OTLP JSON", messages.elements(0, b"".join, 1), _otlp_json)
_BEGINNINGS = (
    (_JAEGER, Format("Jaeger", messages.elements(2, _traces), _jaeger)),
    (_JAEGER_3, Format("Jaeger v3", messages.elements(3, _resource_spans), _otlp_json)),
    (_ARRAY, Format("Zipkin", messages.elements(1, _spans), _zipkin)),
)
