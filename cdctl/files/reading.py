"""Text of a file that somebody else wrote: capped in size, strictly UTF-8, without control characters."""

from __future__ import annotations

import re
from pathlib import Path

from cdctl.files.faults import Faults
from cdctl.files.nodes import Node

MOST_BYTES = 8 * 1024 * 1024

# What YAML 1.2 does not allow in a file (section 5.1, "c-printable"); text that was UTF-8 holds no surrogates.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def read_text(path: Path, faults: Faults) -> str | None:
    """The text of a file, or None with the reason in `faults`."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        faults.error(None, f"cannot be read: {reason}", "check the path and its permissions")
        return None
    if len(data) > MOST_BYTES:
        faults.error(None, f"larger than {MOST_BYTES // 1024 // 1024} MiB", "split the file")
        return None
    return _decode(data, faults)


def _decode(data: bytes, faults: Faults) -> str | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        bad = data[error.start]
        faults.error(_where(before), f"byte 0x{bad:02x} is not UTF-8", "save the file as UTF-8")
        return None
    found = _FORBIDDEN.search(text)
    if found:
        code = ord(found.group())
        where = _where(text[: found.start()])
        faults.error(where, f"control character U+{code:04X} is not allowed", "delete it, or write it as an escape")
        return None
    return text


def _where(before: str) -> Node:
    line = before.count("\n") + 1
    return Node(line, len(before) - before.rfind("\n"))
