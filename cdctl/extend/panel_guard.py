"""Looks after the threads of strangers' panels: a call that works without an end is asked to end.

One that waits costs nobody anything and is left to wait; one that works takes the interpreter from all others, whether
its board is on the screen or not.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

_EVERY = 0.25


class Guarded(Protocol):
    """What is looked after."""

    def guard(self) -> bool:
        """Ask a call to end if it has to; whether there still is something to look after."""
        ...


class Guard:
    """A thread that is there while something is looked after."""

    def __init__(self) -> None:
        self._change = threading.Lock()
        self._watched: list[Guarded] = []
        self._there = False

    def watch(self, one: Guarded) -> None:
        """Look after it until its thread has ended."""
        with self._change:
            self._watched.append(one)
            if not self._there:
                self._there = True
                threading.Thread(target=self._run, name="panel guard", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(_EVERY)
            with self._change:
                self._watched = [one for one in self._watched if one.guard()]
                if not self._watched:
                    self._there = False
                    return


GUARD = Guard()
"""There is one interpreter."""
