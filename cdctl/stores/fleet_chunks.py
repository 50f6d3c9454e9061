"""How a chunk of happenings lies in a file: two compressed blobs with checksums, texts once each."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.archive import Told

_LEVEL = 1


class DamagedError(Exception):
    """A blob is not what was written."""


class _Head(msgspec.Struct, array_like=True):
    run: str
    at_ms: bytes
    rows: bytes


class _Body(msgspec.Struct, array_like=True):
    width: int
    vins: bytes
    kinds: bytes
    regions: bytes
    kind_texts: list[str]
    region_texts: list[str]
    places: bytes
    """Which happenings have a detail, i4."""
    details: list[bytes]


_HEADS, _BODIES = msgspec.msgpack.Decoder(_Head), msgspec.msgpack.Decoder(_Body)


def pack(told: Told) -> tuple[bytes, bytes]:
    """The blob that a search reads, and the other."""
    head = _Head(told.run, told.at_ms.astype("<i8").tobytes(), told.rows.astype("<i4").tobytes())
    width = max(int(np.char.str_len(told.vins).max(initial=0)), 1)
    kinds, kind_texts = _own(told.kinds, told.kind_texts)
    regions, region_texts = _own(told.regions, told.region_texts)
    places = np.flatnonzero(told.details != b"").astype("<i4")
    body = _Body(
        width,
        told.vins.astype(f"S{width}").tobytes(),
        kinds.tobytes(),
        regions.tobytes(),
        kind_texts,
        region_texts,
        places.tobytes(),
        told.details[places].tolist(),
    )
    return _sealed(msgspec.msgpack.encode(head)), _sealed(msgspec.msgpack.encode(body))


def heads(blob: bytes) -> tuple[str, NDArray[np.int64], NDArray[np.int32]]:
    """run, at_ms and rows of a chunk. Raises DamagedError."""
    try:
        head = _HEADS.decode(_opened(blob))
        at_ms, rows = np.frombuffer(head.at_ms, "<i8"), np.frombuffer(head.rows, "<i4")
    except (ValueError, msgspec.MsgspecError) as error:
        raise DamagedError from error
    if len(at_ms) != len(rows):
        raise DamagedError
    return head.run, at_ms, rows


def unpack(head: bytes, blob: bytes) -> Told:
    """The whole chunk. Raises DamagedError."""
    run, at_ms, rows = heads(head)
    try:
        body = _BODIES.decode(_opened(blob))
        vins = np.frombuffer(body.vins, f"S{body.width}")
        kinds, regions = np.frombuffer(body.kinds, "<u2"), np.frombuffer(body.regions, "<u2")
        details = np.zeros(len(rows), "S96")
        details[np.frombuffer(body.places, "<i4")] = body.details
    except (ValueError, IndexError, TypeError, msgspec.MsgspecError) as error:
        raise DamagedError from error
    if not len(vins) == len(kinds) == len(regions) == len(rows):
        raise DamagedError
    return Told(run, at_ms, rows, vins, kinds, regions, details, body.kind_texts, body.region_texts)


def join(first: Told, second: Told) -> Told:
    """Both, in order. Tables of texts only grow within a run, so the later one names all codes."""
    if first.run != second.run:
        raise ValueError("happenings of two runs cannot be in one chunk")

    def both(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(first, name), getattr(second, name)])

    at_ms, rows, vins = both("at_ms"), both("rows"), both("vins")
    kinds, regions, details = both("kinds"), both("regions"), both("details")
    return Told(first.run, at_ms, rows, vins, kinds, regions, details, second.kind_texts, second.region_texts)


def _own(codes: NDArray[np.uint16], texts: Sequence[str]) -> tuple[NDArray[np.uint16], list[str]]:
    """Codes into a table that has only the texts in use."""
    used, which = np.unique(codes, return_inverse=True)
    return which.astype("<u2"), [texts[code] if code < len(texts) else "" for code in used.tolist()]


def _sealed(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "little") + zlib.compress(body, _LEVEL)


def _opened(blob: bytes) -> bytes:
    try:
        body = zlib.decompress(blob[4:])
    except (zlib.error, TypeError) as error:
        raise DamagedError from error
    if zlib.crc32(body).to_bytes(4, "little") != blob[:4]:
        raise DamagedError
    return body
