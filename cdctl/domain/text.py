"""Safe text: what may reach a terminal. Labels, names and messages from elsewhere can be hostile."""

from __future__ import annotations

import unicodedata

_KEEP = {"\n", "\t"}
# Unicode bidirectional controls reorder what a reader sees (https://trojansource.codes).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def safe(text: str, limit: int = 500, *, lines: bool = False) -> str:
    """`text` with C0, C1 and bidi controls written out as escapes, at most `limit` characters.

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
    if char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
        code = ord(char)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    return char
