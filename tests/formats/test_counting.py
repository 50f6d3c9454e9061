"""Messages that are small and would become large."""

from __future__ import annotations

import json

import pytest
from otlp_both import protobuf
from otlp_json import numbered

from cdctl.domain.traces.batch import Rejections
from cdctl.errors import UsageError
from cdctl.formats import counting, limits
from cdctl.formats.otlp_json import OtlpJson
from cdctl.formats.otlp_protobuf import OtlpProtobuf


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_LARGE_JSON", 0)
    monkeypatch.setattr(counting, "_LARGE_PROTOBUF", 0)
    monkeypatch.setattr(limits, "SPANS", 5)


def _in_a_message(spans: bytes) -> bytes:
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + spans + b"]}]}]}"


@pytest.mark.parametrize("count", [0, 1, 5])
def test_as_many_as_may_be(count):
    body = numbered(*range(count))
    assert OtlpJson().add(body, Rejections()) == count
    assert OtlpProtobuf().add(protobuf(json.loads(body)), Rejections()) == count


def test_more_than_may_be():
    body = numbered(*range(6))
    for reader, data in ((OtlpJson(), body), (OtlpProtobuf(), protobuf(json.loads(body)))):
        with pytest.raises(UsageError, match="more than 5 spans"):
            reader.add(data, Rejections(), "line 1")
        assert len(reader.batch()) == 0


def test_tiny_ones():
    with pytest.raises(UsageError, match="more than 5 spans"):
        OtlpJson().add(_in_a_message(b",".join([b"{}"] * 1000)), Rejections())
    with pytest.raises(UsageError, match="no OTLP/JSON"):
        OtlpJson().add(_in_a_message(b",".join([b"1"] * 1000)), Rejections())
    scoped = b"\x12\x00" * 100
    group = b"\x12" + bytes([len(scoped) & 0x7F | 0x80, len(scoped) >> 7]) + scoped
    body = b"\x0a" + bytes([len(group) & 0x7F | 0x80, len(group) >> 7]) + group
    with pytest.raises(UsageError, match="more than 5 spans"):
        OtlpProtobuf().add(body, Rejections())


def test_several_groups_are_counted_together():
    body = protobuf(json.loads(numbered(1, 2, 3)))
    with pytest.raises(UsageError, match="more than 5 spans"):
        OtlpProtobuf().add(body + body, Rejections())


@pytest.mark.parametrize("body", [b"\xff" * 30, b"\x0a\x7f", b"\x0a", b"\x0b\x0c", b"\x08\xff", b"\x0d\x01"])
def test_broken_ones_are_left_to_who_reads_them(body):
    counting.check_protobuf(body, "")


def test_attributes_that_are_much_too_long_cost_their_span(monkeypatch):
    monkeypatch.setattr(limits, "PAIRS", 100)
    spans = [{**json.loads(numbered(n))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]} for n in (1, 2)]
    spans[0]["attributes"] = [1] * 200
    reader, rejected = OtlpJson(), Rejections()
    reader.add(_in_a_message(json.dumps(spans)[1:-1].encode()), rejected)
    assert len(reader.batch()) == 1
    assert rejected.counts == {"an attribute cannot be read": 1}
