"""A deadline for code that may never return, such as the import of a stranger's module."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


class OverdueError(Exception):
    """The work did not end in time. `seconds` is how long it had."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"did not end in {seconds:g} s")
        self.seconds = seconds


class _Abandoned(SystemExit):
    """Raised inside work that nobody waits for any more. A thread that ends with a SystemExit ends in silence."""


@dataclass(slots=True)
class _Outcome(Generic[T]):
    value: list[T] = field(default_factory=list)
    error: BaseException | None = None


def within(seconds: float | None, work: Callable[[], T]) -> T:
    """What `work()` returns or raises, or OverdueError after so many seconds; None waits for ever.

    The work has a thread of its own: an alarm signal can be swallowed by a bare `except:` and works in the main thread
    only. A thread cannot be stopped for sure, so it is asked to end and then left; it does not hold up the exit.
    """
    outcome: _Outcome[T] = _Outcome()
    done = threading.Event()

    def run() -> None:
        try:
            outcome.value.append(work())
        except BaseException as error:
            outcome.error = error
        done.set()

    thread = threading.Thread(target=run, name="plugin", daemon=True)
    thread.start()
    if not done.wait(seconds):
        abandon(thread)
        raise OverdueError(seconds or 0.0)
    if outcome.error is not None:
        raise outcome.error
    return outcome.value[0]


def abandon(thread: threading.Thread) -> None:
    """Ask work that nobody waits for any more to end, wherever it is in Python code."""
    # Without this an endless loop in Python code would take half of the interpreter's time until the exit.
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Abandoned))
