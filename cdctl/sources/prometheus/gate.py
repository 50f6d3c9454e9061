"""How many requests are under way at once."""

from __future__ import annotations

import asyncio
from collections import deque

_FIRST = 4
"""A server that shares our machine is fastest with few requests; one far away shows by its latency that more fit."""


class Gate:
    """Lets in a few requests, more while more of them cost no time, up to `most`.

    As in TCP Vegas (Brakmo and Peterson, 1995): while latency stays near the least seen, the limit grows; when it
    doubles, requests wait for each other inside the server, and the limit shrinks.
    """

    def __init__(self, most: int) -> None:
        self._most = float(most)
        self._limit = float(min(_FIRST, most))
        self._under_way = 0
        self._least = float("inf")
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Wait for a place; first come, first served."""
        if self._under_way < int(self._limit) and not self._waiting:
            self._under_way += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the place was handed over already: pass it on
                self._under_way -= 1
                self._let_in()
            raise

    def leave(self, seconds: float | None) -> None:
        """Give the place back; `seconds` is what the answer took, None when there was none."""
        self._under_way -= 1
        if seconds is not None:
            self._least = min(self._least, seconds)
            if seconds < 2 * self._least:
                self._limit = min(self._most, self._limit + 0.5)
            else:
                self._limit = max(min(_FIRST, self._most), self._limit * 0.95)
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._under_way < int(self._limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self._under_way += 1
                turn.set_result(None)
