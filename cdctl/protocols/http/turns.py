"""When a request may leave: so many at once, so many a second, and none while the API asks for peace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LONGEST = 300.0


class Turns:
    """at_once: requests; per_second: None for as many as it takes."""

    def __init__(self, at_once: int, per_second: float | None) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._gap = 1 / per_second if per_second else 0.0
        self._free_at = 0.0
        self._peace_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Inside, one request may leave. In the order of arrival."""
        loop = asyncio.get_running_loop()
        async with self._slots:
            while True:
                if self._gap:
                    at = self._free_at = max(loop.time(), self._free_at + self._gap)
                    await _until(at)
                if (peace := self._peace_until) <= loop.time():
                    break
                await _until(peace)
            yield

    @property
    def held(self) -> bool:
        """Whether nothing may leave now."""
        return self._peace_until > asyncio.get_running_loop().time()

    def hold(self, seconds: float) -> None:
        """Nothing leaves for that long."""
        wait = min(seconds, _LONGEST)
        self._peace_until = max(self._peace_until, asyncio.get_running_loop().time() + wait)


async def _until(at: float) -> None:
    pause = at - asyncio.get_running_loop().time()
    if pause > 0:
        await asyncio.sleep(pause)
