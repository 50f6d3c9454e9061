"""Values of attributes in OTLP/JSON, as texts: numbers and booleans as JSON writes them, lists and maps as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from cdctl.formats import limits
from cdctl.formats.pairing import Read

Json = object


class Value(msgspec.Struct, gc=False, rename="camel"):
    """An AnyValue: one of its fields is set, or none: an empty value. Integers may be texts, doubles "NaN"."""

    string_value: str | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    bool_value: bool | None = None
    bytes_value: str | None = None
    array_value: Values | None = None
    kvlist_value: Pairs | None = None


class Pair(msgspec.Struct, gc=False, rename="camel"):
    """A KeyValue."""

    key: str | None = ""
    value: Value | None = None


class Values(msgspec.Struct, rename="camel"):
    """An ArrayValue."""

    values: list[Value] | None = None


class Pairs(msgspec.Struct, rename="camel"):
    """A KeyValueList."""

    values: list[Pair] | None = None


_pair = msgspec.json.Decoder(Pair)
_encode = msgspec.json.Encoder().encode

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What reading hostile JSON may raise."""


def read_objects(lines: bytes, raw: Sequence[bytes]) -> Read:
    """Keys and values of pairs, one a line, and the places of those that cannot be read (their texts are empty); these
    are found in `raw`, the same one by one."""
    try:
        pairs = _pair.decode_lines(lines)
        if len(pairs) == len(raw):
            values = [(pair.value and pair.value.string_value) or text(pair.value) for pair in pairs]
            return Read([pair.key or "" for pair in pairs], values)
    except UNREADABLE:
        pass
    return _one_by_one(raw)


def _one_by_one(raw: Sequence[bytes]) -> Read:
    keys, values, bad = [""] * len(raw), [""] * len(raw), []
    for place, one in enumerate(raw):
        try:
            pair = _pair.decode(one)
            keys[place], values[place] = pair.key or "", text(pair.value)
        except UNREADABLE:
            bad.append(place)
    return Read(keys, values, bad)


def text(value: Value | None) -> str:
    """A value as a text, an empty one as an empty text. Raises ValueError: a number that is none, too deep a value."""
    if value is None:
        return ""
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return str(integer(value.int_value))
    if value.double_value is not None:
        return str(double(value.double_value))
    plain = _plain(value, 0)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json_text(plain)


def json_text(plain: Json) -> str:
    """A value as JSON writes it."""
    return _encode(plain).decode()


def integer(value: int | str) -> int:
    """An int64 that may be a text of digits. Raises ValueError: not a number, or beyond 64 bits."""
    if isinstance(value, str):
        digits = value[1:] if value.startswith("-") else value
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 19):
            raise ValueError("not an integer")
        value = int(value)
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError("beyond 64 bits")
    return value


_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def double(value: float | str) -> float | str:
    """A double, or the text that stands for one that is not finite. Raises ValueError: a text that is no number."""
    if isinstance(value, str):
        if value in _NOT_FINITE:
            return value
        if not value.isascii() or "_" in value or value != value.strip():
            raise ValueError("not a number")
        value = float(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _plain(value: Value, depth: int) -> Json:
    """As JSON has it."""
    if depth > limits.DEPTH:
        raise ValueError(f"lists and maps more than {limits.DEPTH} deep")
    if value.int_value is not None:
        return integer(value.int_value)
    if value.double_value is not None:
        return double(value.double_value)
    for simple in (value.string_value, value.bool_value, value.bytes_value):
        if simple is not None:
            return simple
    if value.array_value is not None:
        return [_plain(one, depth + 1) for one in value.array_value.values or ()]
    if value.kvlist_value is not None:
        pairs = value.kvlist_value.values or ()
        return {pair.key or "": _plain(pair.value, depth + 1) if pair.value else None for pair in pairs}
    return None
