"""Bodies of requests without their compression, and never more of them than is allowed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from cdctl.collector.otlp.refusing import NotTakenError, Why

MOST = 64 << 20
"""Bytes of a request after decompression, as OTLP recommends."""
_STEP = 1 << 20
_MORSEL = 1 << 10
"""Bytes of zstd that become 32 MiB at most: a block of 128 KiB takes four."""


def unpacked(body: bytes, encoding: str) -> bytes:
    """`encoding` is that of Content-Encoding. Raises NotTakenError."""
    name = encoding.strip().lower()
    steps = _ENCODINGS.get(name)
    if name in {"", "identity"} or not body:
        return body
    if steps is None:
        raise NotTakenError(Why.TYPE, f"the content encoding is none of {', '.join(sorted(_ENCODINGS))}")
    found: list[bytes] = []
    size = 0
    try:
        for part in steps(body):
            size += len(part)
            if size > MOST:
                raise NotTakenError(Why.LARGE, f"more than {MOST >> 20} MiB after decompression")
            found.append(part)
    except (zlib.error, ValueError, EOFError) as error:
        raise NotTakenError(Why.UNREADABLE, f"the body is not {name}: {error}") from None
    return found[0] if len(found) == 1 else b"".join(found)


def _inflated(bits: int) -> Callable[[bytes], Iterator[bytes]]:
    def steps(body: bytes) -> Iterator[bytes]:
        rest = body
        while rest:  # a body may be several members, one after the other
            inflating = zlib.decompressobj(bits)
            while not inflating.eof:
                part = inflating.decompress(rest, _STEP)
                rest = inflating.unconsumed_tail
                if part:
                    yield part
                elif not inflating.eof:
                    raise EOFError("it ends too early")
            rest = inflating.unused_data

    return steps


def _deflated(body: bytes) -> Iterator[bytes]:
    """With zlib's frame, as HTTP says, or without, as some send it."""
    framed = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _inflated(zlib.MAX_WBITS if framed else -zlib.MAX_WBITS)(body)


def _zstd(body: bytes) -> Iterator[bytes]:
    """Fed in small pieces, since each comes out whole; a reader of streams would not tell one that was cut off."""
    try:
        import zstandard
    except ImportError:
        raise NotTakenError(Why.TYPE, "this receiver cannot read zstd: zstandard is not installed") from None
    unpacking = zstandard.ZstdDecompressor(max_window_size=MOST)
    at = 0
    try:
        while at < len(body):
            frame = unpacking.decompressobj()
            while not frame.eof and at < len(body):
                if part := frame.decompress(body[at : at + _MORSEL]):
                    yield part
                at += _MORSEL
            if not frame.eof:
                raise EOFError("it ends too early")
            at = min(at, len(body)) - len(frame.unused_data)
    except zstandard.ZstdError as error:
        raise ValueError(error) from None


_ENCODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _inflated(zlib.MAX_WBITS | 16),
    "x-gzip": _inflated(zlib.MAX_WBITS | 16),
    "deflate": _deflated,
    "zstd": _zstd,
}
