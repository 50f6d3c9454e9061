"""What is in a file says how it is written; whatever it is, the same spans come out."""

from __future__ import annotations

import gzip
import json
import struct
import sys

import pytest
import zstandard
from otlp_both import protobuf
from otlp_json import request, span
from span_texts import rows

from cdctl.domain.traces.batch import Rejections
from cdctl.errors import UnavailableError, UsageError
from cdctl.formats import reading

_BODIES = [request(*map(span, numbers)) for numbers in ((1, 2), (3,), (4, 5, 6))]
_TIGHT = [json.dumps(json.loads(body), separators=(",", ":")).encode() for body in _BODIES]
_PROTO = [protobuf(json.loads(body)) for body in _BODIES]
_zstd = zstandard.ZstdCompressor().compress


def _lengths(*bodies: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)


_LINES = b"\n".join(_TIGHT) + b"\n"
_FILES = {
    "OTLP JSON lines": [
        _LINES,
        b"\n".join(_BODIES),
        gzip.compress(_LINES, mtime=0),
        _zstd(_LINES),
        _zstd(_TIGHT[0] + b"\n") + _zstd(_TIGHT[1] + b"\n") + _zstd(_TIGHT[2]),
        b'{"resourceMetrics":[]}\n' + _LINES + b'{"resourceLogs":[{"x":[]}]}\n',
        b"\n\n" + _LINES.replace(b"\n", b"\r\n"),
    ],
    "OTLP JSON": [b"\n".join(json.dumps(json.loads(body), indent=2).encode() for body in _BODIES)],
    "OTLP protobuf": [_lengths(*_PROTO), _lengths(*map(_zstd, _PROTO)), gzip.compress(_lengths(*_PROTO), mtime=0)],
    "OTLP JSON with lengths": [_lengths(*map(_zstd, _TIGHT)), _lengths(*_BODIES)],
    "OTLP protobuf request": [b"".join(_PROTO)],  # protobuf messages one after the other are one
    "Jaeger v3": [
        b'{"result":' + request(*map(span, range(1, 7))) + b"}",
        b"\n".join(b'{"result":' + body + b"}" for body in _BODIES),
        b'{ "x": 1, "result": ' + request(*map(span, range(1, 7))) + b"}",
    ],
}


@pytest.mark.parametrize(
    ("form", "data"),
    [(form, data) for form, files in _FILES.items() for data in files],
)
def test_files(form, data):
    found, messages = reading.of_bytes(data)
    reader, rejected = found.reader(), Rejections()
    for message in messages:
        assert not message.fault
        reader.add(message.body, rejected, message.place)
    assert found.name == form
    assert [one["span"][-1] for one in rows(reader.batch())] == list("234567")
    assert rejected == Rejections()


_JAEGER = b'{"data":[{"spans":[{"traceID":"1","spanID":"2","startTime":5}]}, {"spans":[]}],"errors":null}'
_ZIPKIN = b'[{"traceId":"1","id":"2","timestamp":5}]'


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("Jaeger", _JAEGER),
        ("Jaeger", _JAEGER.replace(b'{"data"', b'{"total":0,"data"')),
        ("Jaeger", json.dumps(json.loads(_JAEGER), indent=4).encode()),
        ("Zipkin", _ZIPKIN),
        ("Zipkin", b"[ " + _ZIPKIN + b", [] ]"),
        ("Zipkin", gzip.compress(b"\n" + _ZIPKIN, mtime=0)),
    ],
)
def test_files_of_others(form, data):
    found, messages = reading.of_bytes(data)
    reader, rejected = found.reader(), Rejections()
    spans = [reader.add(message.body, rejected, message.place) for message in messages]
    assert (found.name, sum(spans), len(reader.batch()), rejected.total) == (form, 1, 1, 0)


@pytest.mark.parametrize(
    "data",
    [b"hello\n", b"<xml/>", b'"text"', b'{"spans":[]}', b"\x00\x00\x00\x05hello", b"PK\x03\x04",
     gzip.compress(b"hello", mtime=0), b"\xff" * 100, b"\x00" * 64, b"\x1b]0;owned\x07"],
)  # fmt: skip
def test_what_is_no_file_of_spans(data):
    with pytest.raises(UsageError, match="not a file of spans") as error:
        reading.of_bytes(data, "x.bin")
    assert error.value.subject == "x.bin"
    assert error.value.message.isprintable()


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n\n\n\n\n", gzip.compress(b"", mtime=0)])
def test_a_file_with_nothing_in_it(data):
    found, messages = reading.of_bytes(data)
    assert (found.name, list(messages)) == ("empty", [])


@pytest.mark.parametrize("data", [gzip.compress(b"hello", mtime=0)[:-9], b"\x28\xb5\x2f\xfdrubbish"])
def test_compressed_files_that_are_broken_from_the_start(data):
    with pytest.raises(UsageError) as error:
        reading.of_bytes(data, "x.gz")
    assert error.value.subject == "x.gz"


def test_a_bad_line_leaves_the_others():
    found, messages = reading.of_bytes(_TIGHT[0] + b"\n{broken\n" + _TIGHT[1] + b"\n")
    reader, rejected, places = found.reader(), Rejections(), []
    for message in messages:
        try:
            reader.add(message.body, rejected, message.place)
        except UsageError as error:
            places.append(error.subject)
    assert places == ["line 2"]
    assert len(reader.batch()) == 3


@pytest.mark.parametrize(
    ("data", "library"),
    [(_LINES, "pyarrow"), (_lengths(*_PROTO), "opentelemetry.proto.common.v1.common_pb2")],
    ids=["json", "protobuf"],
)
def test_a_library_that_is_not_installed_is_named(monkeypatch, data, library):
    for name in ("cdctl.formats.otlp_protobuf", "cdctl.formats.otlp_proto_values"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    found, _ = reading.of_bytes(data)
    with pytest.raises(UnavailableError) as error:
        found.reader()
    assert library.partition(".")[0] in error.value.message.replace("-", ".")
    assert error.value.hint == "pip install 'cdctl[traces]'"


def test_zstandard_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(UnavailableError, match="zstandard"):
        reading.of_bytes(_zstd(_LINES))
