"""One process at a time writes a span store; who is second is told who has it."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from cdctl.domain.text import safe
from cdctl.stores.spans.reasons import unavailable

NAME = "writer.lock"


def taken(folder: Path) -> int:
    """A descriptor that holds the lock until it is closed, or until this process ends however it ends. The file stays:
    to take it away would let a third one in. Raises UnavailableError naming who has it, and OSError."""
    file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with suppress(OSError):  # a full disk: to say who we are is a courtesy
            os.truncate(file, 0)
            os.pwrite(file, f"process {os.getpid()} on {os.uname().nodename}".encode(), 0)
    except BlockingIOError:
        has = safe(os.pread(file, 200, 0).decode("utf-8", "replace")) or "another process"
        os.close(file)
        raise unavailable(
            folder, "written", f"{has} writes it; wait until it has ended, or send spans to it if it is a receiver"
        ) from None
    except OSError:
        os.close(file)
        raise
    return file
