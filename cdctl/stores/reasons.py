"""Why a file of ours cannot be used, in words and with a cure, out of what the system or SQLite says."""

from __future__ import annotations

import errno

import apsw

_ELSEWHERE = "set paths.cache (CDCTL_CACHE) to a folder that you may write to"
_ROOM = f"make room on its disk, or {_ELSEWHERE}"
_HARDWARE = f"check the disk, or {_ELSEWHERE}"

_SYSTEM = {
    errno.ENOSPC: ("no space is left on its disk", _ROOM),
    errno.EDQUOT: ("your quota on its disk is used up", _ROOM),
    errno.EFBIG: ("it is larger than a file may get here", f"raise the limit (ulimit -f), or {_ELSEWHERE}"),
    errno.EACCES: ("you may not read or write it", _ELSEWHERE),
    errno.EPERM: ("you may not read or write it", _ELSEWHERE),
    errno.EROFS: ("its disk can only be read", _ELSEWHERE),
    errno.EIO: ("its disk fails", _HARDWARE),
    errno.ENOTDIR: ("a part of its path is no folder", _ELSEWHERE),
    errno.EEXIST: ("a part of its path is no folder", _ELSEWHERE),
    errno.ENOENT: ("its folder cannot be made", _ELSEWHERE),
    errno.ENAMETOOLONG: ("its path is too long", _ELSEWHERE),
    errno.EMFILE: ("too many files are open", "raise the limit (ulimit -n)"),
}
_SQLITE = {
    apsw.FullError: ("no space is left on its disk", _ROOM),
    apsw.ReadOnlyError: ("it can only be read", _ELSEWHERE),
    apsw.PermissionsError: ("you may not read or write it", _ELSEWHERE),
    apsw.CantOpenError: ("it cannot be opened or made", _ELSEWHERE),
    apsw.IOError: ("its disk fails or is full", _ROOM),
    apsw.BusyError: ("another process held it for too long", "run this again when that one is done"),
    apsw.LockedError: ("another process held it for too long", "run this again when that one is done"),
    apsw.ProtocolError: ("its disk cannot lock files", _ELSEWHERE),
    apsw.NoMemError: ("the memory is used up", "run fewer things at once"),
}


def reason(error: BaseException, elsewhere: str = _ELSEWHERE) -> str:
    """`no space is left on its disk; make room on its disk, or ...`: what happened, then the cure. elsewhere: how to
    have the file somewhere else."""
    return _said(error).replace(_ELSEWHERE, elsewhere)


def _said(error: BaseException) -> str:
    if isinstance(error, OSError):
        said = (error.strerror or type(error).__name__, _ELSEWHERE)
        return "; ".join(_SYSTEM.get(error.errno or 0, said))
    for kind, words in _SQLITE.items():
        if isinstance(error, kind):
            return "; ".join(words)
    return f"SQLite says: {error}; {_ELSEWHERE}"
