"""Values as written to values as compared, and the order of versions."""

from __future__ import annotations

import re
from difflib import get_close_matches

from cdctl.domain.fleet.selection.fields import STATES, Field, Kind
from cdctl.domain.fleet.selection.tree import SelectionError

KNOWN = "*"
"""The value that every known one equals."""

_TRUTHS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""Truth values are kept as numbers."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?%?")
_AGE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_ORDERED = {Kind.TEXT, Kind.NUMBER, Kind.AGE}


def value_of(field: Field, op: str, text: str, whole: str, at: int) -> str | float:
    """What a term compares with. Raises SelectionError when the operator or the value does not suit the field."""
    if op in {"<", "<=", ">", ">="} and field.kind not in _ORDERED:
        raise SelectionError(f"{field.name} has no order: it is {field.kind.value}", whole, at, hint="use : or != or ~")
    if op == "~":
        return _regex(field, text, whole, at)
    if field.kind is Kind.NUMBER:
        return _number(field, op, text, whole, at)
    if field.kind is Kind.AGE:
        return _age(field, op, text, whole, at)
    if field.kind is Kind.STATE and text not in STATES:
        near = get_close_matches(text.lower(), STATES, n=1)
        hint = f"did you mean {near[0]}?" if near else ", ".join(STATES)
        raise SelectionError(f"{text!r} is no state", whole, at, hint=hint)
    return text


def _number(field: Field, op: str, text: str, whole: str, at: int) -> str | float:
    if text == KNOWN and op in {"=", "!="}:
        return KNOWN
    if op in {"=", "!="} and text in _TRUTHS:
        return _TRUTHS[text]
    if not _NUMBER.fullmatch(text):
        raise SelectionError(
            f"{field.name} is a number", whole, at, hint=f"such as {field.name}<20; {field.name}:* is any known value"
        )
    return float(text.rstrip("%"))


def _age(field: Field, op: str, text: str, whole: str, at: int) -> str | float:
    if text == KNOWN and op in {"=", "!="}:
        return KNOWN
    parts = _AGE.fullmatch(text)
    if not parts or op in {"=", "!="}:
        raise SelectionError(
            f"{field.name} is a time: compare it with < or > and a unit", whole, at, hint=f"such as {field.name}>5m"
        )
    return float(parts[1]) * _SECONDS[parts[2]]


def _regex(field: Field, text: str, whole: str, at: int) -> str:
    import re2  # loaded by the selections that need it: 10 ms

    if field.kind not in {Kind.VIN, Kind.TEXT, Kind.CODES}:
        raise SelectionError(f"{field.name} is {field.kind.value}: ~ is for text", whole, at, hint="use : < or >")
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise SelectionError(f"RE2 does not read this: {words}", whole, at, hint="syntax: RE2, as in PromQL") from error
    return text


def version_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Orders versions by their parts: numbers as numbers, words as words, a number before a word (`23-07.60` is
    (23, 7, 60)); a version that ends first comes first. Texts that differ in separators alone are equal."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.findall(text))
