"""stdout is data: what a plugin prints goes to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

_guard = threading.Lock()
_inside = 0
_kept: tuple[TextIO, int | None] | None = None


@contextlib.contextmanager
def hush() -> Iterator[None]:
    """While inside, everything meant for stdout goes to stderr: print, os.write(1, ...) and child processes.

    stdout is the whole process's: of several threads inside, the first turns it away and the last gives it back. If
    each gave back what it had found, the last could give back what the first had turned away.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _kept  # noqa: PLW0603 - there is one stdout
    with _guard:
        _inside += 1
        if _inside > 1:
            return
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
        _kept = sys.stdout, _divert()
        sys.stdout = sys.stderr


def _leave() -> None:
    global _inside, _kept  # noqa: PLW0603
    with _guard:
        _inside -= 1
        if _inside or _kept is None:
            return
        sys.stdout, saved = _kept
        _kept = None
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
