"""Compressed bytes, unpacked with bounds: no more than so many bytes, and no more than so many times what came in."""

from __future__ import annotations

import io
import zlib
from typing import IO, Protocol

from cdctl.errors import UnavailableError, UsageError
from cdctl.formats import limits

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_AT_ONCE = 1 << 18


def message(body: bytes) -> bytes:
    """One message, unpacked when it is compressed. Raises UsageError: broken, or it grows beyond the limits."""
    if not body.startswith((GZIP, ZSTD)):
        return body
    stream = Unpacked(io.BytesIO(body), body[:4], limits.FREE)
    unpacked = stream.read(limits.MESSAGE + 1)
    if len(unpacked) > limits.MESSAGE:
        raise UsageError(f"a compressed message is more than {limits.MESSAGE >> 20} MiB when it is unpacked")
    return unpacked


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class Unpacked(io.RawIOBase):
    """What is inside of a stream that is compressed by gzip or zstd (`magic`: its first bytes), one part after another.

    Raises UsageError when it is broken, ends in the middle, or grows more than `limits.RATIO` times (beyond `free`
    bytes): a decompression bomb.
    """

    def __init__(self, packed: IO[bytes], magic: bytes, free: int = limits.MESSAGE) -> None:
        self._packed = packed
        self._gzip = magic.startswith(GZIP)
        self._free = free
        self._part: _Decompressor | None = None
        self._in, self._out = 0, 0
        self._rest = b""
        self._ready = bytearray()

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes; fewer at the end only."""
        while size < 0 or len(self._ready) < size:
            if not self._more():
                break
        taken = bytes(self._ready[: size if size >= 0 else None])
        del self._ready[: len(taken)]
        return taken

    def _more(self) -> bool:
        data = self._rest or self._packed.read(_AT_ONCE)
        self._in += 0 if self._rest else len(data)
        self._rest = b""
        if not data:
            if self._part is not None:
                raise UsageError("compressed data ends in the middle")
            return False
        self._part = self._part or self._opened()
        try:
            out = self._unpacked(self._part, data)
        except UsageError:
            raise
        except Exception as error:  # zlib.error, ZstdError: whatever the library calls it, the data is broken
            raise UsageError(f"compressed data is broken: {error}") from None
        self._out += len(out)
        if self._out > max(self._free, limits.RATIO * self._in):
            raise UsageError(f"compressed data grows more than {limits.RATIO} times: it is refused as a bomb")
        self._ready += out
        return True

    def _unpacked(self, part: _Decompressor, data: bytes) -> bytes:
        if self._gzip:
            out = part.decompress(data, _AT_ONCE * 4)  # type: ignore[call-arg]
            self._rest = part.unconsumed_tail  # type: ignore[attr-defined]
        else:
            out = part.decompress(data[:_ZSTD_AT_ONCE])
            self._rest = data[_ZSTD_AT_ONCE:]
        if part.eof:
            self._rest = part.unused_data + (b"" if self._gzip else self._rest)
            self._part = None
        return out

    def _opened(self) -> _Decompressor:
        if self._gzip:
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            import zstandard
        except ImportError:
            raise UnavailableError("zstandard is not installed", hint="pip install 'cdctl[traces]'") from None
        return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()


_ZSTD_AT_ONCE = 1 << 10
"""A kibibyte of zeros in zstd is some tens of megabytes: what one call makes of it is bounded by how little it gets."""
