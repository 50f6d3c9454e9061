"""The terminal is the view's alone: what plugins, libraries and their processes write meanwhile goes nowhere. It would
stand in the picture until the lines under it changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STREAMS = ("__stdout__", "__stderr__", "stderr")
"""Through which Textual asks how large the terminal is, draws, and says what it failed with."""


@contextmanager
def alone() -> Iterator[None]:
    """While inside, descriptors 1 and 2 lead nowhere, and those streams to a descriptor of their own that nobody
    knows."""
    before = {name: getattr(sys, name) for name in _STREAMS}
    for stream in (sys.stdout, *before.values()):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"
    with os.fdopen(os.dup(2), "w", encoding=encoding, errors="backslashreplace") as terminal:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            for name in _STREAMS:
                setattr(sys, name, terminal)
            for number in kept:
                os.dup2(nowhere, number)
            yield
        finally:
            for number, there in kept.items():
                os.dup2(there, number)
                os.close(there)
            os.close(nowhere)
            for name, stream in before.items():
                setattr(sys, name, stream)
