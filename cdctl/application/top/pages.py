"""Pages of a fleet that somebody else keeps: each is followed for as long as it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

from cdctl.application.top.faults import fault
from cdctl.domain.boards.paged import Leaf, leaf
from cdctl.errors import CdctlError, UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.fleet.reading import Fleet, Query
    from cdctl.domain.ports import Clock

WANTED = 10.0
"""Seconds after which a page that nobody asks for is followed no longer."""
MOST = 6
"""Pages that are followed at once: a filter that is typed is another question with each letter, and whoever keeps the
fleet answers many viewers."""


class _Followed:
    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.leaf: Leaf | None = None
        self.error: CdctlError | None = None
        self.wanted_at = 0.0
        self.task: asyncio.Task[None] | None = None


class Pages:
    """Newest pages, by question."""

    def __init__(self, fleet: Fleet, clock: Clock) -> None:
        self._fleet, self._clock = fleet, clock
        self._followed: dict[Query, _Followed] = {}

    @property
    def newest(self) -> Mapping[Query, Leaf]:
        """What is at hand."""
        return {query: one.leaf for query, one in self._followed.items() if one.leaf is not None}

    async def page(self, query: Query) -> Leaf:
        """The newest page of a question; the first one is waited for. Raises CdctlError."""
        one = self._followed.pop(query, None) or self._begun(query)
        self._followed[query] = one  # the last one is the one that was wanted last
        one.wanted_at = asyncio.get_running_loop().time()
        for old in list(self._followed)[:-MOST]:
            self._drop(old)
        await one.first.wait()
        if one.leaf is None:
            raise one.error or UnavailableError("too many pages are wanted at once", hint="show fewer tables")
        return one.leaf

    def _drop(self, query: Query) -> None:
        one = self._followed.pop(query)
        one.first.set()
        if one.task is not None:
            one.task.cancel()

    def _begun(self, query: Query) -> _Followed:
        one = _Followed()
        one.task = asyncio.create_task(self._follow(query, one))
        return one

    async def _follow(self, query: Query, one: _Followed) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with aclosing(self._fleet.follow(query)) as pages:  # type: ignore[type-var]
                async for page in pages:
                    one.leaf = leaf(query, page, self._clock.now())
                    one.first.set()
                    if loop.time() - one.wanted_at > WANTED:
                        return
        except CdctlError as error:
            one.error = error
        except Exception as error:
            one.error = fault("following a page", error)
        finally:
            if self._followed.get(query) is one:
                del self._followed[query]
            one.first.set()

    async def aclose(self) -> None:
        """Follow nothing any more."""
        tasks = [one.task for one in self._followed.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
