"""Safe text: what may reach a terminal. Labels, names and messages from elsewhere can be hostile."""

from __future__ import annotations

import unicodedata

_KEEP = {"\n", "\t"}
# Controls act; surrogates are no text; separators break lines. Format characters reorder what a reader sees
# (https://trojansource.codes) or are not seen at all; private ones look like whatever the reader's font wants.
_ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def safe(text: str, limit: int = 500, *, lines: bool = False) -> str:
    """`text` with C0, C1, bidi controls and what cannot be seen written out as escapes, at most `limit` characters.

    With `lines`, newlines and tabs stay; otherwise they are escaped too.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_show(c, lines) for c in text)


def _show(char: str, lines: bool) -> str:
    if lines and char in _KEEP:
        return char
    if _acts(char):
        code = ord(char)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65_536 else f"\\U{code:08x}"
    return char


def unseen(json: str) -> str:
    """A JSON text in which everything that `safe` escapes is escaped the way JSON does it: what it says stays the same.

    `json` comes from an encoder, so that such characters stand in strings only; newlines between values stay.
    """
    if json.isascii() and "\x7f" not in json:
        return json
    return "".join(_escape(c) if c != "\n" and _acts(c) else c for c in json)


def _escape(char: str) -> str:
    code = ord(char)
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def _acts(char: str) -> bool:
    return unicodedata.category(char) in _ACTING
