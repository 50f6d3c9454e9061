"""What a collector is told to do, and what it says when it does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cdctl.errors import UsageError

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Collecting:
    """listen: HOST:PORT. token_file: tokens, one a line; empty for one that is made. cert, key: PEM files. keep:
    seconds of history; max_bytes: of history. folder: where both are; empty for one in the cache."""

    listen: str = "127.0.0.1:7443"
    token_file: str = ""
    cert: str = ""
    key: str = ""
    keep: float = 3 * DAY
    max_bytes: int = 2 << 30
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Collected:
    """Where a collector serves. made: the token is new. since: epoch seconds of the oldest thing in its history."""

    url: str
    token_file: str
    made: bool
    since: float | None


def rooms(wanted: Collecting, cache: str, context: str) -> tuple[Path, Path]:
    """Its folder and its token file. Raises UsageError when nothing says where they could be."""
    if not wanted.folder and not cache:
        raise UsageError("nothing says where to keep the history", subject="--dir", hint="give --dir FOLDER")
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in context)
    folder = Path(wanted.folder or Path(cache) / f"collector-{name}").expanduser()
    return folder, Path(wanted.token_file).expanduser() if wanted.token_file else folder / "token"
