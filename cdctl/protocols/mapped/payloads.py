"""Payloads of foreign fleets: JSON read no further than the pointers go, and single values as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec

from cdctl.domain.fleet.profile import Instant, Measure, Pointer

LARGEST = 256 * 1024
"""Bytes of the largest payload that is read."""
LATEST = 2**53
LONGEST_KIND, LONGEST_DETAIL, LONGEST_CODE, MOST_CODES = 64, 500, 16, 64
Getter = Callable[[Any], Any]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_FLAGS = {"true": 1.0, "false": 0.0}


class UnreadableError(ValueError):
    """Understood well enough to know what is wrong; the words are the reason, few and fixed."""


WRONG = "wrong type or missing field"
UNKNOWN_WORD = "a word that the profile does not know"


def json_reader(pointers: Iterable[Pointer]) -> tuple[Callable[[bytes], Any], Mapping[Pointer, Getter]]:
    """How to decode a document, and how to find what each pointer names in it: None where nothing is."""
    wanted = set(pointers)
    tree = _tree(wanted)
    if not tree:
        return msgspec.json.Decoder().decode, {pointer: _walker(pointer) for pointer in wanted}
    made, paths = _struct(tree)
    return msgspec.json.Decoder(made).decode, {pointer: _getter(paths[pointer]) for pointer in wanted}


def _tree(pointers: Iterable[Pointer]) -> dict[str, Any]:
    """The pointers as a tree of object keys; empty where one may go through a list, or into what another one names."""
    tree: dict[str, Any] = {}
    for pointer in sorted(pointers, key=len, reverse=True):
        node = tree
        if not pointer or any(not part or part == "-" or part.isdecimal() for part in pointer):
            return {}
        for token in pointer[:-1]:
            node = node.setdefault(token, {})
        if pointer[-1] in node:
            return {}
        node[pointer[-1]] = {}
    return tree


def _struct(tree: dict[str, Any]) -> tuple[Any, dict[Pointer, tuple[str, ...]]]:
    fields: list[tuple[str, Any, Any]] = []
    paths: dict[Pointer, tuple[str, ...]] = {}
    names = {f"f{i}": token for i, token in enumerate(tree)}
    for field, token in names.items():
        kind: Any = Any
        if tree[token]:
            inner, deeper = _struct(tree[token])
            kind = inner | None
            paths |= {(token, *pointer): (field, *path) for pointer, path in deeper.items()}
        else:
            paths[(token,)] = (field,)
        fields.append((field, kind, None))
    return msgspec.defstruct("Told", fields, rename=names), paths


def _getter(path: tuple[str, ...]) -> Getter:
    if len(path) == 1:
        return attrgetter(path[0])

    def get(document: Any) -> Any:
        for name in path:
            if document is None:
                return None
            document = getattr(document, name)
        return document

    return get


def _walker(pointer: Pointer) -> Getter:
    def walk(document: Any) -> Any:
        for token in pointer:
            if type(document) is dict:
                document = document.get(token)
            elif type(document) is list and token.isdecimal() and str(int(token)) == token:
                at = int(token)
                document = document[at] if at < len(document) else None
            else:
                return None
        return document

    return walk


def value_reader(pointers: Iterable[Pointer]) -> tuple[Callable[[bytes], Any], Mapping[Pointer, Getter]]:
    """The same for payloads that are one value as text; an empty one is None: nothing is told, or it was taken back."""
    return _value, {pointer: _walker(pointer) for pointer in pointers}


def _value(payload: bytes) -> str | None:
    try:
        return payload.decode().strip() or None
    except UnicodeDecodeError:
        raise UnreadableError("not UTF-8") from None


def number(value: Any, measure: Measure) -> float:
    """A told value in the signal's unit. Raises UnreadableError."""
    if measure.words:
        word = text(value)
        if word not in measure.words:
            raise UnreadableError(UNKNOWN_WORD)
        value = measure.words[word]
    elif isinstance(value, str):
        if value in _FLAGS:
            value = _FLAGS[value]
        elif value.isascii() and _NUMBER.fullmatch(value):
            value = float(value)
        else:
            raise UnreadableError(WRONG)
    elif not isinstance(value, int | float):
        raise UnreadableError(WRONG)
    told: float = value * measure.scale + measure.offset
    return told


def text(value: Any) -> str:
    """A scalar as text, truth values as JSON has them. Raises UnreadableError for a list or an object."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    raise UnreadableError(WRONG)


def millis(value: Any, instant: Instant) -> int:
    """Epoch milliseconds; 0 when nothing is told. Raises UnreadableError."""
    if type(value) is int and instant.unit == "s" and 0 <= value <= LATEST // 1000:
        return value * 1000
    if value is None:
        return 0
    if instant.unit == "rfc3339":
        told = _instant(text(value))
    else:
        if isinstance(value, str):
            value = number(value, Measure(()))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnreadableError(WRONG)
        told = value * (1000 if instant.unit == "s" else 1)
    if not 0 <= told <= LATEST:
        raise UnreadableError(WRONG)
    return round(told)


def _instant(written: str) -> float:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise UnreadableError(WRONG) from None
    if found.tzinfo is None:
        raise UnreadableError(WRONG)
    return found.timestamp() * 1000


def codes(value: Any) -> tuple[str, ...]:
    """Trouble codes: a list of texts, or one text with spaces or commas between them. Raises UnreadableError."""
    if value is None:
        return ()
    told = re.split(r"[\s,]+", value.strip(" ,")) if isinstance(value, str) and value else value or []
    if not isinstance(told, list) or len(told) > MOST_CODES:
        raise UnreadableError(WRONG)
    if not all(isinstance(code, str) and 0 < len(code) <= LONGEST_CODE for code in told):
        raise UnreadableError(WRONG)
    return tuple(told)
