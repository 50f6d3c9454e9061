"""Bytes that nobody would send: 4,800 seeded damages of good files, 4,000 inputs that atheris finds (200,000 with
--soak), and 300 documents that hypothesis makes up. Nothing raises, nothing is lost without being counted."""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from otlp_both import protobuf
from otlp_json import request, span

_TARGET = Path(__file__).with_name("formats.py")
_BODY = request(
    span(1, traceState="ot=th:c", status={"code": 2, "message": "no"}, events=[{"timeUnixNano": "1", "name": "e"}]),
    span(2, attributes=[{"key": "a", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"boolValue": True}]}}}]),
    span(3, parentSpanId="0000000000000002", kind=3),
)
_TIGHT = json.dumps(json.loads(_BODY), separators=(",", ":")).encode()
_PROTO = protobuf(json.loads(_BODY))
_LENGTHS = struct.pack(">I", len(_PROTO)) + _PROTO
_JAEGER = (
    b'{"data":[{"spans":[{"traceID":"1","spanID":"2","startTime":5,"tags":[{"key":"a","value":1}]}],"processes":{}}]}'
)
_ZIPKIN = b'[{"traceId":"1","id":"2","timestamp":5,"kind":"SERVER","tags":{"a":"b"}}]'
_SEEDS = {
    "json": _BODY,
    "lines": _TIGHT + b"\n" + _TIGHT,
    "protobuf": _PROTO,
    "lengths": _LENGTHS,
    "gzip": gzip.compress(_TIGHT, mtime=0),
    "zstd": zstandard.ZstdCompressor().compress(_LENGTHS),
    "jaeger": _JAEGER,
    "zipkin": _ZIPKIN,
}
_DAMAGES = 600


@pytest.fixture(scope="module")
def target() -> ModuleType:
    pytest.importorskip("atheris")
    spec = importlib.util.spec_from_file_location("fuzzed_formats", _TARGET)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _damaged(data: bytes, rng: random.Random) -> bytes:
    """Cut off, bits flipped, a piece left out, doubled or strewn with what means something in a format."""
    spoiled = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(spoiled) + 1)
        match rng.randrange(6):
            case 0:
                del spoiled[at:]
            case 1 if spoiled:
                spoiled[at % len(spoiled)] ^= 1 << rng.randrange(8)
            case 2:
                del spoiled[at : at + rng.randrange(20)]
            case 3:
                spoiled[at:at] = spoiled[at : at + rng.randrange(40)]
            case 4:
                pieces = (b"\x00", b"\xff", b'"', b"}},{", b"null", b"[" * 50, b"1e999", b"\\ud800", b"\x1b", b"-1")
                spoiled[at:at] = rng.choice(pieces)
            case _:
                spoiled[at : at + 4] = struct.pack(">I", rng.getrandbits(32))
    return bytes(spoiled)


@pytest.mark.parametrize("seed", _SEEDS)
def test_damaged_files(target, seed):
    rng = random.Random(seed)
    target.one_input(_SEEDS[seed])
    for number in range(_DAMAGES):
        data = _damaged(_SEEDS[seed], rng)
        try:
            target.one_input(data)
        except Exception as error:
            raise AssertionError(f"damage {number} of {seed}: {data!r}") from error


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["resourceSpans", "resource", "attributes", "scopeSpans", "scope", "spans", "key", "value",
                             "traceId", "spanId", "kind", "status", "code", "events", "stringValue", "intValue", "data",
                             "arrayValue", "kvlistValue", "values", "startTimeUnixNano", "endTimeUnixNano", "result"]),
            inner, max_size=4,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@given(_json)
@settings(max_examples=300)
def test_json_of_any_shape(target, value):
    target.one_input(json.dumps(value, separators=(",", ":")).encode())


@pytest.mark.parametrize("runs", [4_000, pytest.param(200_000, marks=pytest.mark.soak)])
def test_inputs_that_atheris_finds(target, tmp_path, runs):
    for name, data in _SEEDS.items():
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, _TARGET, f"-runs={runs}", "-seed=1", "-max_len=4096", "-timeout=60", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    assert f"Done {runs} runs" in ran.stderr


def test_a_reader_that_fails_is_found(target, monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(target.otlp_json.OtlpJson, "add", broken)
    with pytest.raises(KeyError):
        target.one_input(_BODY)


def test_a_span_that_is_lost_is_found(target, monkeypatch):
    monkeypatch.setattr(target.otlp_json.OtlpJson, "_take", lambda *_: None)
    with pytest.raises(AssertionError, match="neither taken nor rejected"):
        target.one_input(_BODY)
