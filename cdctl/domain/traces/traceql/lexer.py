"""Tokens of TraceQL with their places. What counts as part of a name is what Tempo's lexer takes for one."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Literal, NamedTuple

from cdctl.domain.traces.traceql import quoting
from cdctl.domain.traces.traceql.error import TraceqlError

LONGEST = 16_384
"""Characters that a filter may have."""
_ENDS_NAME = frozenset("{}()=~!<>&|^,")
_OPERATOR = re.compile(r"!<<|!>>|&<<|&>>|=~|!~|!=|<=|>=|<<|>>|!<|!>|&<|&>|&~|&&|\|\||[{}()=!<>|~+\-*/%^,\[\]]")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?::[A-Za-z_][A-Za-z0-9_]*)?")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PART = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h|d|w|y)"
_DURATION = re.compile(f"(?:{_PART})+")
_PARTS = re.compile(r"([0-9.]+)(ns|us|µs|μs|ms|s|m|h|d|w|y)")
_UNITS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86_400 * 10**9, "w": 604_800 * 10**9, "y": 365 * 86_400 * 10**9,
}  # fmt: skip
_MOST = 2**63 - 1


class Token(NamedTuple):
    """`text` is an operator, a word, or the key of an attribute, whose scope is `scope`; `value` what a literal says
    (a duration: nanoseconds)."""

    kind: Literal["operator", "word", "attribute", "text", "number", "duration", "end"]
    text: str
    at: int
    scope: str = ""
    value: str | float | int = ""


def tokens(text: str) -> list[Token]:
    """All of them, and an `end`. Raises TraceqlError."""
    if len(text) > LONGEST:
        raise TraceqlError(f"the filter has {len(text):,} characters, more than {LONGEST:,}", text, LONGEST)
    found: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        token, end = _token(text, at)
        found.append(token)
        at = _skip(text, end)
    return [*found, Token("end", "", len(text))]


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _token(text: str, at: int) -> tuple[Token, int]:
    char = text[at]
    if char in {'"', "`"}:
        value, end = quoting.quoted(text, at)
        return Token("text", text[at:end], at, value=value), end
    if (char.isdecimal() and char.isascii()) or (char == "." and text[at + 1 : at + 2] in set("0123456789")):
        return _number(text, at)
    if char == ".":
        return _attribute(text, at, at, "")
    if (word := _WORD.match(text, at)) is not None:
        if text[word.end() : word.end() + 1] == "." and ":" not in word[0]:
            return _attribute(text, at, word.end(), word[0])
        return Token("word", word[0], at), word.end()
    if (operator := _OPERATOR.match(text, at)) is not None:
        return Token("operator", operator[0], at), operator.end()
    raise TraceqlError("this is no part of TraceQL", text, at)


def _number(text: str, at: int) -> tuple[Token, int]:
    number, duration = _NUMBER.match(text, at), _DURATION.match(text, at)
    if duration is not None:
        end, kind = duration.end(), "duration"
    elif number is not None:
        end, kind = number.end(), "number"
    else:  # pragma: no cover - one of both begins with every digit
        raise TraceqlError("this is no number", text, at)
    if text[end : end + 1].isalnum() or text[end : end + 1] in {".", "_"}:
        hint = "durations are written 100ms, 1.5s, 2m or 1h30m"
        raise TraceqlError("this is neither a number nor a duration", text, at, hint=hint)
    written = text[at:end]
    if kind == "duration":
        value = int(
            sum((_decimal(count, text, at) * _UNITS[unit] for count, unit in _PARTS.findall(written)), Decimal(0))
        )
        if value > _MOST:
            raise TraceqlError("no duration is that long", text, at)
        return Token("duration", written, at, value=value), end
    number_value: float | int = int(written) if written.isdecimal() else float(written)
    if not math.isfinite(number_value) or abs(number_value) > _MOST:
        raise TraceqlError("no number is that large", text, at)
    return Token("number", written, at, value=number_value), end


def _decimal(written: str, text: str, at: int) -> Decimal:
    if len(written) > 40 or written.count(".") > 1:
        raise TraceqlError("this is no duration", text, at, hint="durations are written 100ms, 1.5s, 2m or 1h30m")
    return Decimal(written)


def _attribute(text: str, at: int, dot: int, scope: str) -> tuple[Token, int]:
    parts: list[str] = []
    here = dot + 1
    while here < len(text) and not text[here].isspace() and text[here] not in _ENDS_NAME:
        if text[here] == '"':
            part, here = quoting.name(text, here)
            parts.append(part)
        else:
            parts.append(text[here])
            here += 1
    key = "".join(parts)
    if not key:
        raise TraceqlError("an attribute without a name", text, at, hint='write span.http.route, or span."any name"')
    return Token("attribute", key, at, scope=scope), here
