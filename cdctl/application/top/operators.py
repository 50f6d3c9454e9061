"""What operators tell of their rollouts, listened to from when somebody first looks until the view is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING

from cdctl.application.rollout_states import Body
from cdctl.application.top.faults import fault
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.rollout_ops import Looking

AGAIN = 15.0
"""Seconds after which operators that could not be heard are listened to again."""
FIRST = 3.0
"""Seconds for which the first answer waits for them."""
Opened = Callable[[Callable[[str], None]], AbstractAsyncContextManager["Looking"]]


class Listening:
    """The operators' topics of one context (port Operators). opened: connects; is told what is degraded."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._looking: Looking | None = None
        self._silence = ""
        self._task: asyncio.Task[None] | None = None
        self._first = asyncio.Event()

    async def states(self) -> tuple[Mapping[str, Body], str]:
        """See the port; the first call begins to listen, and waits for what brokers have kept."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._listen())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._first.wait(), FIRST)
        return (self._looking.states if self._looking is not None else {}), self._silence

    async def aclose(self) -> None:
        """Let go."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _lose(self, error: CdctlError) -> None:
        self._silence = error.message
        self._first.set()

    async def _listen(self) -> None:
        while True:
            degraded: list[str] = []
            try:
                async with self._opened(degraded.append) as looking:
                    self._looking, self._silence = looking, "; ".join(degraded)
                    self._first.set()
                    await asyncio.get_running_loop().create_future()
            except CdctlError as error:
                self._lose(error)
            except Exception as error:
                self._lose(fault("listening to operators", error))
            await asyncio.sleep(AGAIN)
