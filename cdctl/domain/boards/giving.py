"""What comes out of a stranger's panel, looked through before anything of ours relies on it. Raises PluginError with
the part that is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from cdctl.domain.boards.asking import Arrange, Ask
from cdctl.domain.boards.drawing import ROLES, Line, Piece, fit
from cdctl.domain.boards.requests import (
    About,
    Copy,
    Narrow,
    Offenders,
    Open,
    Prepare,
    Reply,
    Request,
    Say,
)
from cdctl.domain.text import safe
from cdctl.errors import PluginError

ASKS = (Arrange,)
"""Questions that a stranger may ask."""
REQUESTS = (Open, Narrow, Offenders, Prepare, Copy, Say)
"""What a stranger may ask to be done: nothing that acts on a vehicle before somebody agreed."""
_LONGEST = 100_000
_MOST_REQUESTS = 16
_MOST_VALUES = 200_000
_DEEPEST = 20


def lines(drawn: object, width: int, height: int) -> tuple[Line, ...]:
    """At most `height` lines of exactly `width` cells, safe for a terminal. Roles that nobody knows are left out."""
    if isinstance(drawn, str | bytes) or not isinstance(drawn, Iterable):
        raise PluginError(f"its draw gave a {type(drawn).__name__}, not lines")
    return tuple(_line(line, width) for line in islice(drawn, height))


def _line(line: object, width: int) -> Line:
    if isinstance(line, str | bytes) or not isinstance(line, Iterable):
        raise PluginError(f"its draw gave a line that is {_shown(line)}, not pieces of text with roles")
    pieces: list[Piece] = []
    # Characters that take no cell could go on for ever, and a view has to look at every one.
    room = 4 * width + 16
    for piece in islice(line, room):
        text, roles = _piece(piece)
        cut = str.__getitem__(text, slice(0, room))
        room -= len(cut)
        pieces.append((safe(cut, len(cut) + 1), _roles(str.__getitem__(roles, slice(0, 100)))))
    return fit(pieces, width)


def _piece(piece: object) -> Piece:
    match piece:
        case (str() as text, str() as roles):
            return text, roles
        case _:
            raise PluginError(f"its draw gave {_shown(piece)} in a line, not a text and its roles")


@lru_cache(maxsize=512)
def _roles(said: str) -> str:
    return " ".join(role for role in said.split() if role in ROLES)


def asked(ask: object) -> Ask | None:
    """A question that somebody here can answer."""
    if ask is None:
        return None
    if type(ask) not in ASKS:
        hint = f"cdctl.api has the questions: {', '.join(kind.__name__ for kind in ASKS)}"
        raise PluginError(f"its see gave {_shown(ask)}, which nobody answers", hint=hint)
    return cast("Ask", _anew(ask, "see"))


def replied(reply: object) -> Reply:
    """None, or what a stranger may ask to be done."""
    if reply is None:
        return None
    if isinstance(reply, str | bytes) or not isinstance(reply, Iterable):
        raise PluginError(f"its press gave a {type(reply).__name__}, not requests")
    found = list(islice(reply, _MOST_REQUESTS + 1))
    if len(found) > _MOST_REQUESTS:
        raise PluginError(f"its press gave more than {_MOST_REQUESTS} requests")
    for request in found:
        if type(request) not in REQUESTS:
            hint = f"a panel may ask for {', '.join(kind.__name__ for kind in REQUESTS)}"
            raise PluginError(f"its press gave {_shown(request)}, which it may not ask for", hint=hint)
    return tuple(cast("Request", _anew(request, "press")) for request in found)


def _anew(value: object, part: str) -> object:
    """The same made of values that are ours."""
    name, kept = type(value).__name__, dict[str, object]()
    for each in fields(cast("Any", value)):
        one = _value(getattr(value, each.name), f"{part} gave {name}")
        if not _is_such(one, str(each.type)):
            raise PluginError(f"its {part} gave {name}({each.name}={_shown(one)}), which is of the wrong type")
        kept[each.name] = one
    return type(value)(**kept)


def _value(value: object, where: str) -> object:
    if isinstance(value, str):
        if len(value) > _LONGEST:
            raise PluginError(f"its {where} with a text of {len(value):,} characters; {_LONGEST:,} are the most")
        return str.__getitem__(value, slice(None))
    if isinstance(value, tuple | list):
        return tuple(_value(one, where) for one in value[:_LONGEST])
    if isinstance(value, Mapping):
        return {_value(key, where): _value(one, where) for key, one in islice(value.items(), _LONGEST)}
    if isinstance(value, About):
        return _anew(value, where)
    return value


def _is_such(value: object, kind: str) -> bool:
    """Whether a value is of the type that a dataclass of `requests` or `asking` writes down."""
    kinds: dict[str, object] = {
        "str": isinstance(value, str),
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float | None": value is None or (isinstance(value, int | float) and math.isfinite(value)),
        "About": isinstance(value, About),
        "tuple[str, ...]": isinstance(value, tuple) and all(isinstance(one, str) for one in value),
        "Mapping[str, str]": isinstance(value, dict)
        and all(isinstance(key, str) and isinstance(one, str) for key, one in value.items()),
    }
    return bool(kinds[kind])


def told(data: object) -> dict[str, object]:
    """What JSON can hold."""
    if not isinstance(data, Mapping):
        raise PluginError(f"its data gave a {type(data).__name__}, not a mapping")
    left = [_MOST_VALUES]
    return cast("dict[str, object]", _json(data, "", left, _DEEPEST))


def _json(value: object, where: str, left: list[int], deep: int) -> object:
    left[0] -= 1
    if left[0] < 0 or deep < 0:
        raise PluginError(f"its data holds more than {_MOST_VALUES:,} values, or goes deeper than {_DEEPEST}")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__getitem__(value, slice(0, _LONGEST))
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise PluginError(f"its data holds {value}{where}, which is no JSON number", hint="what is unknown is None")
        return float(value)
    if isinstance(value, Mapping):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise PluginError(f"its data holds the key {_shown(wrong[0])}{where}, which is no text")
        return {key: _json(one, f" under {_shown(key)}", left, deep - 1) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_json(one, where, left, deep - 1) for one in value]
    raise PluginError(f"its data holds a {type(value).__name__}{where}, which JSON cannot")


def _shown(value: object) -> str:
    return safe(repr(value), 80)
