"""Where the ends of what was under way are written down when the journal itself is damaged: a file of lines beside it,
outside of the chain."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from cdctl.stores.journal_entries import Encoded


def path_of(journal: Path) -> Path:
    """The file beside a journal."""
    return Path(f"{journal}-ends.jsonl")


def append(journal: Path, entries: Encoded) -> None:
    """Durable when this returns. Raises OSError."""
    lines = [
        msgspec.json.encode({"at": at, "kind": kind, "subject": subject, "actor": actor, "body": msgspec.Raw(body)})
        for at, kind, subject, actor, body in entries.rows
    ]
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path_of(journal), flags, 0o600)
    try:
        text = memoryview(b"\n".join([*lines, b""]))
        while text:
            text = text[os.write(descriptor, text) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def count(journal: Path) -> int:
    """How many ends stand there."""
    try:
        return path_of(journal).read_bytes().count(b"\n")
    except OSError:
        return 0
