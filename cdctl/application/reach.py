"""Which regions have no link to their broker now: what goes there stays queued, and holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


class Reach:
    """Regions that cannot be reached, and why. One owner, one event loop."""

    def __init__(self) -> None:
        self._away: dict[str, str] = {}
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}

    def __contains__(self, region: str) -> bool:
        """Whether a region has no link."""
        return region in self._away

    def among(self, regions: Iterable[str]) -> dict[str, str]:
        """Those of them that have no link, each with why not."""
        return {region: self._away[region] for region in sorted(set(regions)) if region in self._away}

    def up(self, region: str) -> None:
        """There is a link."""
        self._away.pop(region, None)

    def down(self, region: str, why: str) -> None:
        """There is none. Whoever waits for it waits no longer."""
        self._away[region] = why
        for gone in self._waiting.pop(region, ()):
            if not gone.done():
                gone.set_result(None)

    async def unless_gone(self, region: str, work: asyncio.Task[Any]) -> None:
        """Returns when the work is done, or when the link of its region is gone; the work goes on then."""
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(region, set()).add(gone)
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.get(region, set()).discard(gone)
