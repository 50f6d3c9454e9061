"""Ids of traces and spans: 16 and 8 bytes, written as hex digits in any case, and never all zero.

https://www.w3.org/TR/trace-context/#trace-id
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.traces.batch import Bytes

TRACE_BYTES = 16
SPAN_BYTES = 8

_HEX = frozenset("0123456789abcdefABCDEF")


def from_hex(texts: Sequence[str], width: int) -> tuple[Bytes, NDArray[np.bool_]]:
    """Ids of `width` bytes from hex digits: [n, width], and which are none (their bytes are zeros): [n]."""
    try:
        whole = bytes.fromhex("".join(texts))
    except ValueError:
        return _one_by_one(texts, width)
    if len(whole) != width * len(texts) or set(map(len, texts)) - {2 * width}:  # fromhex minds no spaces
        return _one_by_one(texts, width)
    return np.frombuffer(whole, np.uint8).reshape(-1, width), np.zeros(len(texts), np.bool_)


def from_bytes(ids: Sequence[bytes], width: int) -> tuple[Bytes, NDArray[np.bool_]]:
    """Ids from bytes that may be of another width: [n, width], and which are (their bytes are zeros): [n]."""
    wrong = np.fromiter((len(one) != width for one in ids), np.bool_, len(ids))
    if wrong.any():
        ids = [one if len(one) == width else bytes(width) for one in ids]
    return np.frombuffer(b"".join(ids), np.uint8).reshape(-1, width), wrong


def zero(ids: Bytes) -> NDArray[np.bool_]:
    """Which ids are all zero, and so name nothing: [n]."""
    return np.asarray(~ids.any(axis=1), np.bool_)


def is_id(text: str, width: int) -> bool:
    """Whether a text is an id of so many bytes: as many hex digits, not all zero."""
    return len(text) == 2 * width and _HEX.issuperset(text) and text.strip("0") != ""


def _one_by_one(texts: Sequence[str], width: int) -> tuple[Bytes, NDArray[np.bool_]]:
    good = [len(text) == 2 * width and _HEX.issuperset(text) for text in texts]
    whole = b"".join(bytes.fromhex(text) if right else bytes(width) for text, right in zip(texts, good, strict=True))
    return np.frombuffer(whole, np.uint8).reshape(-1, width), ~np.array(good, np.bool_)
