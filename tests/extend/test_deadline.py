"""Work that ends, fails, or never comes back."""

from __future__ import annotations

import threading

import pytest

from cdctl.extend.deadline import OverdueError, within


def test_gives_what_the_work_gives() -> None:
    assert within(None, lambda: 7) == 7
    assert within(30, lambda: 7) == 7


def test_raises_what_the_work_raises() -> None:
    def fail() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        within(30, fail)


def test_an_endless_loop_is_told_to_end() -> None:
    ended = threading.Event()

    def spin() -> None:
        try:
            while True:
                pass
        finally:
            ended.set()

    with pytest.raises(OverdueError, match=r"0\.05 s"):
        within(0.05, spin)
    assert ended.wait(30)
