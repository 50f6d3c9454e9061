"""Work beside a loop: what it gives, what it raises, and that nobody waits for it in the end."""

from __future__ import annotations

import asyncio
import threading

import pytest
from waiting import eventually

from cdctl.application.aside import aside
from cdctl.errors import UnavailableError


def test_what_it_gives_and_what_it_raises_comes_back():
    def fail() -> None:
        raise UnavailableError("away")

    async def run() -> None:
        thread = await aside(threading.current_thread, "question")
        assert (thread.name, thread.daemon) == ("question", True), "a process does not wait for it"
        with pytest.raises(UnavailableError):
            await aside(fail, "question")

    asyncio.run(run())


def test_a_loop_ends_while_it_works_and_what_it_gives_then_is_lost_without_a_word():
    go, done = threading.Event(), threading.Event()

    def work() -> int:
        assert go.wait(30)
        done.set()
        return 1

    async def run() -> None:
        task = asyncio.create_task(aside(work, "slow question"))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(run())
    go.set()
    assert done.wait(30)
    assert eventually(lambda: all(thread.name != "slow question" for thread in threading.enumerate()), 30)


def test_whoever_left_is_not_told():
    go = threading.Event()

    async def run() -> None:
        task = asyncio.create_task(aside(lambda: go.wait(30), "question"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        go.set()
        await aside(lambda: None, "another")

    asyncio.run(run())
