"""Whether the terminal is still there. One that goes away tells those alone whose own it is; others go on writing, into
a queue that nobody empties any more, and stand still."""

from __future__ import annotations

import os
import signal
import sys
import threading

EVERY = 2.0
"""Seconds between two looks, and from the polite end to the other one."""


def watch() -> threading.Event:
    """End this process when its terminal goes away: first as a hang-up does, so that what is open is let go of, then
    whatever holds it up. Set the event to watch no longer."""
    over = threading.Event()
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None and sys.__stdin__.isatty() else -1
    if terminal >= 0:
        threading.Thread(target=_look, args=(terminal, over), name="terminal", daemon=True).start()
    return over


def _look(terminal: int, over: threading.Event) -> None:
    while not over.wait(EVERY):
        try:
            os.get_terminal_size(terminal)
        except OSError:
            os.kill(os.getpid(), signal.SIGHUP)
            over.wait(EVERY)
            os._exit(128 + signal.SIGHUP)
