"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from cdctl.errors import CdctlError, UnavailableError, UsageError

_ELSEWHERE = "choose another place"


STDOUT = 1
_STREAM = re.compile(r"(?:/dev/fd|/proc/self/fd)/(\d{1,6})")
_NAMED = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def place(name: str) -> int | str:
    """What a name stands for, to tell whether two are the same: a descriptor that is open already, or a real path."""
    stream = _STREAM.fullmatch(name)
    return int(stream[1]) if stream else _NAMED.get(name, os.path.realpath(Path(name).expanduser()))


def check(name: str) -> None:
    """Raise UsageError when a file cannot be written there, as far as can be known without writing."""
    where = place(name)
    if isinstance(where, int):
        try:
            os.fstat(where)
        except OSError:
            raise UsageError("cannot write: it is not open", subject=name, hint=_ELSEWHERE) from None
        return
    target = Path(where)
    if target.is_dir():
        raise UsageError("cannot write: it is a folder", subject=name, hint="name a file in it")
    if target.exists() and not target.is_file():
        allowed = os.access(target, os.W_OK)
    elif target.parent.is_dir():
        allowed = os.access(target.parent, os.W_OK | os.X_OK)
    else:
        raise refusal(FileNotFoundError(), name)
    if not allowed:
        raise UsageError("cannot write: Permission denied", subject=name, hint=_ELSEWHERE)


def write(path: Path, text: str) -> None:
    """Put `text` into the file, which is either the old one or the whole new one at every moment.

    A link is followed, the mode of an existing file is kept. What is no regular file (a pipe, /dev/null) is simply
    written to, and so is a stream that is open already (/dev/stderr, /dev/fd/3), wherever it goes. Raises UsageError
    when the path is wrong, UnavailableError when the disk is full or broken.
    """
    where = place(str(path))
    try:
        if isinstance(where, int):
            _pour(os.dup(where), text)
        elif (target := Path(where)).exists() and not target.is_file():
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
        return UsageError(f"cannot write: {reason}", subject=subject, hint=_ELSEWHERE)
    return UnavailableError(f"cannot write: {reason}", subject=subject, hint="make room, or choose another place")
