"""Tells what an API said, many words at a time, and knows when it is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cdctl.domain.orders.executing import Hearer, Said


class Teller:
    """One task tells; while the hearer writes, what else is said waits and goes together."""

    def __init__(self, hearer: Hearer) -> None:
        self._hearer = hearer
        self._said: list[Said] = []
        self._waiting: list[asyncio.Future[bool]] = []
        self._wake = asyncio.Event()
        self._over = False

    def say(self, said: Said) -> None:
        """To be told, after everything that was said before."""
        self._said.append(said)
        self._wake.set()

    async def drain(self) -> bool:
        """Returns when everything that was said so far is written down: True; or cannot be any more: False."""
        if self._over:
            return False
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._wake.set()
        return await done

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                said, self._said = self._said, []
                waiting, self._waiting = self._waiting, []
                written = False
                try:
                    pending = self._hearer.on_said(said) if said else None
                    if pending is not None:
                        await pending
                    written = True
                finally:
                    _answer(waiting, written)
        finally:
            self._over = True
            _answer(self._waiting, False)


def _answer(waiting: Sequence[asyncio.Future[bool]], written: bool) -> None:
    for one in waiting:
        if not one.done():
            one.set_result(written)
