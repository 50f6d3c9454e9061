"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cdctl.errors import CdctlError, UnavailableError, UsageError


def write(path: Path, text: str) -> None:
    """Put `text` into the file, which is either the old one or the whole new one at every moment.

    A link is followed, the mode of an existing file is kept. What is no regular file (/dev/stderr, a pipe) is simply
    written to. Raises UsageError when the path is wrong, UnavailableError when the disk is full or broken.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            _pour(os.open(target, os.O_WRONLY), text)
        else:
            _replace(target, text)
    except OSError as error:
        raise refusal(error, str(path)) from None


def _replace(target: Path, text: str) -> None:
    draft = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if target.exists():
            os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
        _pour(descriptor, text)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _pour(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fsync(descriptor)


def refusal(error: OSError, subject: str) -> CdctlError:
    """What to tell the user about a file that could not be written."""
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UsageError("cannot write: there is no such folder", subject=subject, hint="create the folder first")
    if isinstance(error, PermissionError | IsADirectoryError):
        return UsageError(f"cannot write: {reason}", subject=subject, hint="choose another place")
    return UnavailableError(f"cannot write: {reason}", subject=subject, hint="make room, or choose another place")
