"""What stdout can carry: text for an encoding that lacks some of its characters.

A file of `-o FORMAT=FILE` is always UTF-8. stdout has the encoding of the terminal: data formats write what is missing
in their own way of escaping, so that nothing is lost; text for people gets the nearest ASCII.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Mapping

_JSON = frozenset({"json", "jsonl"})
_MARKUP = frozenset({"html", "junit", "markdown"})
_PEOPLE = frozenset({"table", "wide"})
_NEAREST = str.maketrans(
    {
        "█": "#",
        "▌": "=",
        "░": ".",
        "│": "|",
        "├": "|",
        "└": "`",
        "▁": "_",
        "▂": ".",
        "▃": "-",
        "▄": "-",
        "▅": "=",
        "▆": "=",
        "▇": "#",
        "…": "~",
        "·": "-",
        "\u2013": "-",
        "\u2014": "-",
        "→": "->",
        "\u00d7": "x",
        "\u2060": "",
    }
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def carried(text: str, form: str, encoding: str, environment: Mapping[str, str] = os.environ) -> str:
    """`text` of a format, in characters that `encoding` has and that its reader will understand.

    In a locale that is called C or POSIX people get ASCII even where Python writes UTF-8 (PEP 540): what shows it may
    know no more. Formats that are UTF-8 by their own rules are ASCII on any other encoding.
    """
    if text.isascii():
        return text
    unicode = codecs.lookup(encoding).name == "utf-8"
    if unicode and not (form in _PEOPLE and _is_plain(environment)):
        return text.encode("utf-8", "backslashreplace").decode()
    if form in _JSON or text.startswith(("{", "[")):
        return _NOT_ASCII.sub(_json, text)
    if form in _MARKUP:
        return _NOT_ASCII.sub(lambda found: f"&#{ord(found[0])};", text)
    wanted = "ascii" if unicode else encoding
    return text.translate(_NEAREST).encode(wanted, "backslashreplace").decode(wanted)


def _is_plain(environment: Mapping[str, str]) -> bool:
    """Whether somebody asked for a locale without letters beyond ASCII (no locale at all, as in containers, is not)."""
    if environment.get("PYTHONIOENCODING") or environment.get("PYTHONUTF8"):
        return False
    asked = (environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    return next(filter(None, asked), "") in {"C", "POSIX"}


def _json(found: re.Match[str]) -> str:
    """A character as JSON escapes, UTF-16 surrogates beyond the first plane."""
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
