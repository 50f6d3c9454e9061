"""Compressed bytes: whole, cut off, broken, and bombs."""

from __future__ import annotations

import gzip
import io
import random

import pytest
import zstandard

from cdctl.errors import UsageError
from cdctl.formats import limits, unpacking

_PACK = {
    "gzip": lambda data: gzip.compress(data, 9, mtime=0),
    "zstd": zstandard.ZstdCompressor(level=19, write_checksum=True).compress,
}
_DATA = random.Random(1).randbytes(300_000) + b"text " * 10_000


@pytest.mark.parametrize("pack", _PACK.values(), ids=_PACK)
def test_one_part_and_several(pack):
    for packed, wanted in ((pack(_DATA), _DATA), (pack(b"a") + pack(b"") + pack(_DATA), b"a" + _DATA)):
        stream = unpacking.Unpacked(io.BytesIO(packed), packed[:4])
        assert stream.read(1) + stream.read(70_000) + stream.read() == wanted
        assert unpacking.message(packed) == wanted


def test_what_is_not_compressed():
    assert unpacking.message(b"plain") == b"plain"


@pytest.mark.parametrize("pack", _PACK.values(), ids=_PACK)
def test_cut_off(pack):
    packed = pack(_DATA)
    for length in (5, len(packed) // 2, len(packed) - 1):
        with pytest.raises(UsageError, match="ends in the middle"):
            unpacking.message(packed[:length])


@pytest.mark.parametrize("pack", _PACK.values(), ids=_PACK)
def test_broken(pack):
    packed = bytearray(pack(b"text " * 10_000))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(UsageError):
        unpacking.message(bytes(packed))


@pytest.mark.parametrize("pack", _PACK.values(), ids=_PACK)
def test_followed_by_something_else(pack):
    with pytest.raises(UsageError, match="broken"):
        unpacking.message(pack(b"a") + b"something else")


def test_bombs():
    zeros = _PACK["zstd"](bytes(40 << 20))
    with pytest.raises(UsageError, match="bomb"):
        unpacking.message(zeros)
    with pytest.raises(UsageError, match="bomb"):
        unpacking.Unpacked(io.BytesIO(zeros), zeros[:4], 1 << 20).read()


def test_a_message_that_is_too_large(monkeypatch):
    monkeypatch.setattr(limits, "MESSAGE", 100_000)
    for pack in _PACK.values():
        assert len(unpacking.message(pack(bytes(100_000)))) == 100_000
        with pytest.raises(UsageError, match="MiB"):
            unpacking.message(pack(bytes(100_001)))
