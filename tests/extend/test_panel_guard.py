"""The guard of panels' threads: there while something is looked after, and no longer."""

from __future__ import annotations

import threading

from waiting import eventually

from cdctl.extend import panel_guard
from cdctl.extend.panel_guard import Guard


class Watched:
    """Ends after some looks."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def guard(self) -> bool:
        self.left -= 1
        return self.left > 0


def test_it_looks_until_there_is_nothing_left_and_begins_again(monkeypatch):
    monkeypatch.setattr(panel_guard, "_EVERY", 0.01)
    before, guard = set(threading.enumerate()), Guard()

    def threads() -> set[threading.Thread]:
        return set(threading.enumerate()) - before

    for _ in range(2):
        some = [Watched(2), Watched(5)]
        for one in some:
            guard.watch(one)
        assert len(threads()) == 1
        assert eventually(lambda: not threads())
        assert [one.left for one in some] == [0, 0]
