"""Lists of attributes in OTLP/JSON, cut into pairs without reading them.

Writers leave out spaces and put the key first, so that one text stands between two pairs: `}},{"key":"`. It cannot be
inside a text, where quotes have a backslash; it can be inside of a map in a value. So the parts are checked: when each
of them, with what was cut off put back, is an object, then the list was one of just these objects. Whoever reads them
does that anyway, once for each that is new; when one is none, lists are cut by a parser.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

import msgspec
import numpy as np

from cdctl.domain.traces.batch import Codes
from cdctl.formats.otlp_values import UNREADABLE, read_objects
from cdctl.formats.pairing import Read

_HEAD, _BETWEEN, _TAIL = b'[{"key":"', '}},{"key":"', b"}}]"
_WHOLE = b"\0"
"""Before a pair that a parser has cut out. A zero byte occurs nowhere in JSON."""
_EMPTY = frozenset((b"", b"[]", b"null"))

_raw_list = msgspec.json.Decoder(list[msgspec.Raw] | None)


class Cut(NamedTuple):
    """Pairs of some lists: how many each has [n], those of all in a row as numbers of different ones, and these."""

    counts: Codes
    codes: Codes
    different: list[bytes]


def cut_quickly(lists: Sequence[msgspec.Raw]) -> Cut | None:
    """Pairs as what is left of them. None when a list is empty in an unusual way."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = np.fromiter(map(len, lists), np.int32, len(lists))
    filled = lengths > 4
    if not filled.all():
        if any(bytes(one) not in _EMPTY for one in compress(lists, ~filled)):
            return None
        lists = list(compress(lists, filled))
    counts = np.zeros(len(filled), np.int32)
    if not lists:
        return Cut(counts, np.zeros(0, np.int32), [])
    offsets = np.concatenate([[0], np.cumsum(lengths[filled])]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(lists))]
    parts = pc.split_pattern(pa.Array.from_buffers(pa.binary(), len(lists), buffers), _BETWEEN)
    counts[filled] = np.diff(parts.offsets.to_numpy())
    coded = parts.values.dictionary_encode()
    return Cut(counts, coded.indices.to_numpy(), coded.dictionary.to_pylist())


def cut(one: bytes) -> list[bytes] | None:
    """Pairs of a list as a parser cuts them; None when it is no list."""
    try:
        pairs = _raw_list.decode(one) if one else None
    except UNREADABLE:
        return None
    return [_WHOLE + bytes(pair) for pair in pairs or ()]


def read_pairs(raw: Sequence[bytes]) -> Read:
    """What pairs say that were cut either way."""
    return read_objects([_object(one) for one in raw])


def _object(part: bytes) -> bytes:
    if part[:1] == _WHOLE:
        return part[1:]
    part = part[1:] if part.startswith(_HEAD) else b'{"key":"' + part
    return part[:-1] if part.endswith(_TAIL) else part + b"}}"
