"""Texts in quotes, as TraceQL (and Go) writes them."""

from __future__ import annotations

import re

from cdctl.domain.traces.traceql.error import TraceqlError

_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}
_NUMBERED = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})")
_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def quoted(text: str, at: int) -> tuple[str, int]:
    """The text whose opening double quote or backquote stands at `at`, and where it ends. Raises TraceqlError."""
    return _raw(text, at) if text[at] == "`" else _escaped(text, at)


def _raw(text: str, at: int) -> tuple[str, int]:
    end = text.find("`", at + 1)
    if end < 0:
        raise TraceqlError("this text has no end", text, at, hint="close it with `")
    return text[at + 1 : end].replace("\r", ""), end + 1


def _escaped(text: str, at: int) -> tuple[str, int]:
    found = bytearray()
    here = at + 1
    while here < len(text) and text[here] not in '"\n':
        if text[here] == "\\":
            more, here = _escape(text, here)
            found += more
        else:
            found += text[here].encode("utf-8", "surrogatepass")
            here += 1
    if here >= len(text) or text[here] == "\n":
        raise TraceqlError("this text has no end", text, at, hint='close it with "')
    try:
        return found.decode("utf-8"), here + 1
    except UnicodeDecodeError:
        raise TraceqlError("the bytes of this text are not UTF-8", text, at) from None


def _escape(text: str, at: int) -> tuple[bytes, int]:
    following = text[at + 1 : at + 2]
    if following in _SIMPLE:
        return bytes([_SIMPLE[following]]), at + 2
    found = _NUMBERED.match(text, at + 1)
    if found is None:
        hint = r"write \\ for a backslash, or put the text into backquotes"
        raise TraceqlError("no such escape", text, at, hint=hint)
    byte, short, long, octal = found.groups()
    if byte or octal:
        return bytes([int(byte, 16) if byte else int(octal, 8)]), found.end()
    code = int(short or long, 16)
    if code > _LAST or code in _SURROGATES:
        raise TraceqlError("there is no such character", text, at)
    return chr(code).encode(), found.end()


def name(text: str, at: int) -> tuple[str, int]:
    """As `quoted`, for a part of an attribute's name: only the quote and the backslash are escaped there."""
    found = []
    here = at + 1
    while here < len(text) and text[here] != '"':
        if text[here] == "\\":
            here += 1
            if text[here : here + 1] not in {'"', "\\"}:
                raise TraceqlError("no such escape in a name", text, here - 1, hint=r"only \" and \\ are escaped here")
        found.append(text[here])
        here += 1
    if here >= len(text):
        raise TraceqlError("this name has no end", text, at, hint='close it with "')
    return "".join(found), here + 1
