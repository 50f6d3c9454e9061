"""Lists of attributes in OTLP/JSON, cut into pairs without reading them.

Writers leave out spaces and put the key first, so that one text stands between two pairs: `}},{"key":"`. It cannot be
inside a text, where quotes have a backslash; it can be inside of a map in a value. So the parts are checked: when each
of them, with what was cut off put back, is an object, then the list was one of just these objects. Whoever reads them
does that anyway, once for each that is new; when one is none, lists are cut by a parser.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cdctl.formats.otlp_values import UNREADABLE, read_objects
from cdctl.formats.pairing import Read

_HEAD, _BETWEEN, _TAIL = b'[{"key":"', b'}},{"key":"', b"}}]"
_WHOLE = b"\0"
"""Before a pair that a parser has cut out. A zero byte occurs nowhere in JSON."""

_raw_list = msgspec.json.Decoder(list[msgspec.Raw] | None)


def cut_quickly(lists: Sequence[bytes]) -> list[list[bytes]] | None:
    """Parts of each list: what is left of pairs. None when they are not written as most writers do."""
    parts = [
        one[9:-3].split(_BETWEEN) if one.startswith(_HEAD) and one.endswith(_TAIL) else _nothing(one) for one in lists
    ]
    return None if None in parts else parts  # type: ignore[return-value]


def _nothing(one: bytes) -> list[bytes] | None:
    return [] if one in {b"", b"[]", b"null"} else None


def cut(lists: Sequence[bytes]) -> list[list[bytes] | None]:
    """Pairs of each list as a parser cuts them; None for what is no list."""
    return [_cut(one) for one in lists]


def _cut(one: bytes) -> list[bytes] | None:
    try:
        pairs = _raw_list.decode(one) if one else None
    except UNREADABLE:
        return None
    return [_WHOLE + bytes(pair) for pair in pairs or ()]


def read_pairs(raw: Sequence[bytes]) -> Read:
    """What pairs say that were cut either way."""
    return read_objects([one[1:] if one[:1] == _WHOLE else b'{"key":"' + one + b"}}" for one in raw])
