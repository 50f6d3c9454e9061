"""Lists of attributes in OTLP/JSON, cut into pairs without reading them.

Writers leave out spaces and put the key first, so that one text stands between two pairs: `}},{"key":"`. It cannot be
inside a text, where quotes have a backslash; it can be inside of a map in a value. So the parts are checked: when each
of them, with what was cut off put back, is an object, then the list was one of just these objects. Whoever reads them
does that anyway, once for each that is new; when one is none, lists are cut by a parser.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any, NamedTuple

import msgspec
import numpy as np

from cdctl.domain.traces.batch import Bytes, Codes, Nanos
from cdctl.formats import limits
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
    """Pairs as what is left of them. None when a list is not written as most writers do."""
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
    joined, ends = b"".join(lists), np.cumsum(lengths[filled], dtype=np.int64)
    starts = ends - lengths[filled]
    if not _written_as_usual(np.frombuffer(joined, np.uint8), starts, ends):
        return None
    cuts = np.column_stack([starts, starts + len(_HEAD), ends - len(_TAIL)]).ravel()  # head, pairs, tail, head, ...
    offsets = np.append(cuts, ends[-1:]).astype(np.int32)
    pieces = pa.Array.from_buffers(pa.binary(), len(cuts), [None, pa.py_buffer(offsets), pa.py_buffer(joined)])
    parts = pc.split_pattern(pieces.take(pa.array(np.arange(1, len(cuts), 3))), _BETWEEN)
    counts[filled] = np.diff(parts.offsets.to_numpy())
    coded = parts.values.dictionary_encode()
    return Cut(counts, coded.indices.to_numpy(), coded.dictionary.to_pylist())


def _written_as_usual(joined: Bytes, starts: Nanos, ends: Nanos) -> bool:
    """Whether each list begins and ends as is looked for."""
    shortest = int((ends - starts).min())
    if shortest < len(_HEAD) + len(_TAIL):
        return False
    heads = joined[starts[:, None] + np.arange(len(_HEAD))] == np.frombuffer(_HEAD, np.uint8)
    tails = joined[ends[:, None] + np.arange(-len(_TAIL), 0)] == np.frombuffer(_TAIL, np.uint8)
    return bool(heads.all() and tails.all())


def cut(one: bytes) -> list[bytes] | None:
    """Pairs of a list as a parser cuts them; None when it is no list, or much too long."""
    if len(one) > limits.PAIRS:
        return None
    try:
        pairs = _raw_list.decode(one) if one else None
    except UNREADABLE:
        return None
    return [_WHOLE + bytes(pair) for pair in pairs or ()]


def read_pairs(raw: Sequence[bytes]) -> Read:
    """What pairs say that were cut either way: all in the same."""
    if raw[0][:1] == _WHOLE:
        return read_objects(b"\n".join(one[1:] for one in raw), [one[1:] for one in raw])
    return read_objects(b'{"key":"' + b'}}\n{"key":"'.join(raw) + b"}}", _Objects(raw))


class _Objects(Sequence[bytes]):
    """Pairs with what was cut off, put back when one is asked for."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: Any) -> Any:
        return b'{"key":"' + self._parts[index] + b"}}"
