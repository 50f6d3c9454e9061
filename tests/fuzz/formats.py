"""A target for atheris: any bytes as a file of spans, and as a request of OTLP in both encodings.

    .venv/bin/python tests/fuzz/formats.py -runs=200000 [FOLDER OF A CORPUS]

Whatever comes, the readers answer with spans that are sound, or with an error of cdctl's own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["cdctl.formats", "cdctl.domain.traces"]):
    from cdctl.formats import elements, messages, otlp_attributes, otlp_json, otlp_protobuf, reading, rows  # noqa: F401

from span_texts import sound  # noqa: E402

from cdctl.domain.traces.batch import Rejections  # noqa: E402
from cdctl.domain.traces.ports import SpanReader  # noqa: E402
from cdctl.errors import UsageError  # noqa: E402
from cdctl.stores.spans.columns import table  # noqa: E402


def _kept(reader: SpanReader, spans: int, rejected: Rejections) -> None:
    batch = reader.batch()
    sound(batch)
    assert len(batch) + rejected.total >= spans, "a span is neither taken nor rejected"
    assert len(batch) <= spans
    if len(batch):
        assert len(table([batch])) == len(batch), "what is read can be kept"


def as_request(reader: SpanReader, data: bytes) -> None:
    """One request, as a receiver takes it."""
    rejected = Rejections()
    try:
        spans = reader.add(data, rejected, "request")
    except UsageError:
        assert not len(reader.batch()), "nothing of a request that cannot be read is taken"
        return
    _kept(reader, spans, rejected)


def as_file(data: bytes) -> None:
    """A file, as an import takes it."""
    rejected = Rejections()
    try:
        found, parts = reading.of_bytes(data, "file")
    except UsageError:
        return
    reader, spans, end = found.reader(), 0, 0
    try:
        for message in parts:
            assert message.end >= end, "a file is read forwards"
            end = message.end
            if message.fault:
                continue
            try:
                spans += reader.add(message.body, rejected, message.place)
            except UsageError as error:
                assert error.message
    except UsageError:
        pass  # compressed data that is broken further on
    _kept(reader, spans, rejected)


def one_input(data: bytes) -> None:
    """All of it with one input."""
    as_request(otlp_json.OtlpJson(), data)
    as_request(otlp_protobuf.OtlpProtobuf(), data)
    as_file(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
