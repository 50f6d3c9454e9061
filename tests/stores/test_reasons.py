"""What the system says of a file becomes words with a cure."""

from __future__ import annotations

import errno
import os

import apsw
import pytest

from cdctl.stores.reasons import reason

SYSTEM = {
    errno.ENOSPC: "no space is left on its disk; make room on its disk, or set paths.cache",
    errno.EACCES: "you may not read or write it; set paths.cache (CDCTL_CACHE)",
    errno.EROFS: "its disk can only be read; set paths.cache",
    errno.EFBIG: "it is larger than a file may get here; raise the limit",
    errno.EXDEV: "Invalid cross-device link; set paths.cache",
}


@pytest.mark.parametrize("number", SYSTEM)
def test_what_the_system_says(number):
    said = reason(OSError(number, os.strerror(number), "/some/ledger.db"))
    assert said.startswith(SYSTEM[number])
    assert "Errno" not in said
    assert "/some/ledger.db" not in said, "the caller names the file"


def test_what_sqlite_says():
    assert reason(apsw.FullError("database or disk is full")).startswith("no space is left on its disk; make room")
    assert reason(apsw.BusyError("database is locked")).startswith("another process held it for too long; run this")
    assert reason(apsw.SQLError("odd")) == (
        "SQLite says: odd; set paths.cache (CDCTL_CACHE) to a folder that you may write to"
    )
