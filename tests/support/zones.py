"""Clocks of whoever looks: pictures with times in them are the same wherever they are made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def at_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local time of this process is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        yield
    finally:
        monkeypatch.undo()
        time.tzset()
