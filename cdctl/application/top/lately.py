"""What takes long to be told: the last answer at once, and a newer one behind it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cdctl.application.top.faults import fault
from cdctl.errors import CdctlError

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
PATIENCE = 2.0
"""Seconds that the first question waits for its answer; who asks again later does not wait."""
_MOST = 4


@dataclass(slots=True)
class _Known(Generic[T]):
    value: T | None = None
    error: CdctlError | None = None
    task: asyncio.Task[None] | None = None
    ended: float = float("-inf")


class Lately(Generic[K, T]):
    """Asks again when `every` seconds are over since the last answer. Of many questions the last few are kept."""

    def __init__(self, ask: Callable[[K], Awaitable[T]], every: float) -> None:
        self._ask, self._every = ask, every
        self._known: OrderedDict[K, _Known[T]] = OrderedDict()

    async def told(self, key: K) -> tuple[T | None, CdctlError | None]:
        """The last answer (None: there is none yet), and why there is no newer one (None: nothing went wrong)."""
        known = self._known.setdefault(key, _Known())
        self._known.move_to_end(key)
        while len(self._known) > _MOST:
            self._drop(self._known.popitem(last=False)[1])
        if known.task is None and asyncio.get_running_loop().time() - known.ended >= self._every:
            known.task = asyncio.create_task(self._work(key, known))
        if known.task is not None and known.value is None and known.error is None:
            await asyncio.wait({known.task}, timeout=PATIENCE)
        return known.value, known.error

    async def _work(self, key: K, known: _Known[T]) -> None:
        try:
            known.value, known.error = await self._ask(key), None
        except CdctlError as error:
            known.error = error
        except Exception as error:
            known.error = fault("asking", error)
        finally:
            known.task, known.ended = None, asyncio.get_running_loop().time()

    def _drop(self, known: _Known[T]) -> asyncio.Task[None] | None:
        if known.task is not None:
            known.task.cancel()
        return known.task

    async def aclose(self) -> None:
        """Nobody waits any more."""
        tasks = [task for known in self._known.values() if (task := self._drop(known)) is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
