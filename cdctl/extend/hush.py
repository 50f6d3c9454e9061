"""stdout is data: what a plugin prints goes to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def hush() -> Iterator[None]:
    """While inside, everything meant for stdout goes to stderr: print, os.write(1, ...) and child processes."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    saved = _divert()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if saved is not None:
            os.dup2(saved, 1)
            os.close(saved)


def _divert() -> int | None:
    """Point descriptor 1 at descriptor 2; a copy of the old one, or None where there is no such thing."""
    try:
        saved = os.dup(1)
    except OSError:
        return None
    try:
        os.dup2(2, 1)
    except OSError:
        os.close(saved)
        return None
    return saved
