"""Compressed bodies, whole and broken, and those that are bombs."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
import zlib

import pytest
import zstandard

from cdctl.collector.otlp.refusing import NotTakenError, Why
from cdctl.collector.otlp.unpacking import MOST, unpacked

TEXT = b"spans " * 1000


def raw_deflate(body):
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(body) + packing.flush()


PACKED = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "GZip ": gzip.compress(TEXT[:10], mtime=0) + gzip.compress(TEXT[10:], mtime=0),
    "deflate": zlib.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
    "identity": TEXT,
    "": TEXT,
}


@pytest.mark.parametrize("encoding", PACKED)
def test_every_encoding(encoding):
    assert unpacked(PACKED[encoding], encoding) == TEXT


def test_deflate_without_its_frame():
    assert unpacked(raw_deflate(TEXT), "deflate") == TEXT


def test_two_frames_of_zstd():
    assert unpacked(zstandard.compress(TEXT) + zstandard.compress(b"x"), "zstd") == TEXT + b"x"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize("how", ["noise", "short"])
def test_what_is_broken(encoding, how):
    body = b"noise, not packed" if how == "noise" else PACKED[encoding][:-6]
    with pytest.raises(NotTakenError) as caught:
        unpacked(body, encoding)
    assert caught.value.why is Why.UNREADABLE


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, zstandard.compress])
def test_a_bomb_takes_little_more_than_is_allowed(pack):
    encoding = {gzip.compress: "gzip", zlib.compress: "deflate"}.get(pack, "zstd")
    bomb = pack(bytes(4 * MOST))
    tracemalloc.start()
    try:
        with pytest.raises(NotTakenError, match="more than 64 MiB after decompression") as caught:
            unpacked(bomb, encoding)
        assert tracemalloc.get_traced_memory()[1] < 1.5 * MOST
    finally:
        tracemalloc.stop()
    assert caught.value.why is Why.LARGE


def test_an_encoding_that_nobody_knows():
    with pytest.raises(NotTakenError, match="none of deflate, gzip") as caught:
        unpacked(b"x", "br")
    assert caught.value.why is Why.TYPE


def test_an_empty_body_is_empty_in_every_encoding():
    assert unpacked(b"", "gzip") == b""


def test_zstd_where_it_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(NotTakenError, match="zstandard is not installed") as caught:
        unpacked(PACKED["zstd"], "zstd")
    assert caught.value.why is Why.TYPE
