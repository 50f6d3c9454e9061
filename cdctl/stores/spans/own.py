"""Whether a folder may become a span store: one among the files of others is a slip, and hard to take away again."""

from __future__ import annotations

from pathlib import Path

from cdctl.errors import UsageError
from cdctl.stores.spans import lock, manifest
from cdctl.stores.spans.manifest_file import NAME
from cdctl.stores.spans.reasons import unavailable

_BESIDE = frozenset({"token", "changes.jsonl", "lost+found"})
"""What is there before a first span is: of ours, and of a disk that was just made."""


def check(folder: Path) -> None:
    """A store, an empty folder, or none yet may be used. Raises UsageError for one in which other things are, and
    UnavailableError for one that cannot be looked into."""
    try:
        names = {one.name for one in folder.iterdir()} if folder.is_dir() else set()
        if (data := folder / manifest.DATA).is_dir() and not any(data.iterdir()):
            names.discard(data.name)  # a writer was killed at once
    except OSError as error:
        raise unavailable(folder, "written", error) from None
    if names & {NAME, lock.NAME} or not names - _BESIDE:
        return
    raise UsageError(
        "other things are in this folder, and it is no span store",
        subject=str(folder),
        hint="name one that is empty, or one that is not there yet: --store FOLDER",
    )
