"""How the writer opens a manifest, whatever it finds."""

from __future__ import annotations

from pathlib import Path

import apsw

from cdctl.stores.spans.manifest_file import open_to_write


def opened(folder: Path, data: Path, now: float) -> tuple[apsw.Connection, list[str]]:
    """The manifest, and what is to be said about it. Raises apsw.Error, OSError, UnavailableError."""
    return open_to_write(folder), []
