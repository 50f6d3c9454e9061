"""While a stranger's module is imported, os._exit and os.abort raise instead of ending cdctl without a word.

This costs nothing; a process for each plugin would cost every start a third of a second. Machine code that crashes is
not caught: only `plugin ls` and `plugin check`, which import in processes of their own, survive it.
"""

from __future__ import annotations

import contextlib
import os
import posix
from collections.abc import Callable, Iterator
from typing import Never


class EndedError(BaseException):
    """A plugin tried to end the process; no `except Exception` may hide that. `call` is how it was written."""

    def __init__(self, call: str) -> None:
        super().__init__(call)
        self.call = call


@contextlib.contextmanager
def unendable() -> Iterator[None]:
    """While inside, ending this process at once raises EndedError. Children that were forked meanwhile may end."""
    us = os.getpid()
    inside = True

    def guarded(call: str, real: Callable[..., Never]) -> Callable[..., Never]:
        def ended(*args: int, **named: int) -> Never:
            if inside and os.getpid() == us:
                raise EndedError(f"{call}({', '.join(map(repr, (*args, *named.values())))})")
            real(*args, **named)  # a module that took the name along keeps a function that works

        return ended

    exit_, abort = os._exit, os.abort
    guards = {"_exit": guarded("os._exit", exit_), "abort": guarded("os.abort", abort)}
    try:
        for name, guard in guards.items():
            setattr(os, name, guard)
            setattr(posix, name, guard)
        yield
    finally:
        inside = False
        for name, real in (("_exit", exit_), ("abort", abort)):
            setattr(os, name, real)
            setattr(posix, name, real)
