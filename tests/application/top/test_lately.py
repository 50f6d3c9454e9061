"""The last answer at once, and a newer one behind it."""

from __future__ import annotations

import asyncio

import pytest

from cdctl.application.top import lately
from cdctl.application.top.lately import Lately
from cdctl.errors import UnavailableError


class Slow:
    """Answers when it is let; counts what is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cancelled = 0
        self.go = asyncio.Event()
        self.error: UnavailableError | None = None

    async def __call__(self, key: str) -> str:
        self.asked.append(key)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return f"{key} {len(self.asked)}"


async def ended(lately: Lately[str, str]) -> None:
    while any(known.task is not None for known in lately._known.values()):
        await asyncio.sleep(0)


def test_the_first_answer_is_waited_for():
    async def run() -> None:
        slow = Slow()
        lately = Lately(slow, 60)
        first = asyncio.create_task(lately.told("a"))
        while not slow.asked:
            await asyncio.sleep(0)
        slow.go.set()
        assert await first == ("a 1", None)
        assert await lately.told("a") == ("a 1", None)
        assert slow.asked == ["a"]

    asyncio.run(run())


def test_what_takes_too_long_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(lately, "PATIENCE", 0.01)

    async def run() -> None:
        slow = Slow()
        lately = Lately(slow, 60)
        assert await lately.told("a") == (None, None)
        assert await lately.told("a") == (None, None)
        assert slow.asked == ["a"]
        slow.go.set()
        await ended(lately)
        assert await lately.told("a") == ("a 1", None)

    asyncio.run(run())


def test_a_newer_answer_is_looked_for_behind_the_last_one():
    async def run() -> None:
        slow = Slow()
        slow.go.set()
        lately = Lately(slow, 0)
        assert await lately.told("a") == ("a 1", None)
        assert await lately.told("a") == ("a 1", None)
        await ended(lately)
        assert (await lately.told("a"))[0] == "a 2"

    asyncio.run(run())


def test_a_failure_keeps_what_was_known_and_is_told():
    async def run() -> None:
        slow = Slow()
        slow.go.set()
        lately = Lately(slow, 0)
        slow.error = UnavailableError("away")
        assert await lately.told("a") == (None, slow.error)
        slow.error = None
        await lately.told("a")
        await ended(lately)
        slow.error = UnavailableError("away again")
        assert await lately.told("a") == ("a 2", None)
        await ended(lately)
        assert await lately.told("a") == ("a 2", slow.error)

    asyncio.run(run())


@pytest.mark.parametrize("how", ["many", "close"])
def test_nobody_waits_for_what_is_wanted_no_more(how, monkeypatch):
    monkeypatch.setattr(lately, "PATIENCE", 0.01)

    async def run() -> None:
        slow = Slow()
        lately = Lately(slow, 60)
        await lately.told("first")
        if how == "many":
            for n in range(4):
                await lately.told(f"key {n}")
            await asyncio.sleep(0)
            assert slow.cancelled == 1
        await lately.aclose()
        assert slow.cancelled == len(slow.asked)

    asyncio.run(run())
