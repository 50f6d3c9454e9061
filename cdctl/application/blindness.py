"""What a cut means: whether the broker is still the one from before, so that what it kept can be believed.

A broker that was restarted has lost the wills of its vehicles: births that it kept on disk prove nothing then.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from cdctl.application.system_topics import UPTIME, SystemTopics
from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.presence import Flag

if TYPE_CHECKING:
    from cdctl.application.taker import Taker
    from cdctl.domain.wire import Link

RESTARTED = "the broker was restarted meanwhile"
UNTOLD = "no $SYS says whether it was restarted"
_MARGIN = 1.0
"""Seconds: a broker tells its uptime in whole ones."""
_WAS = np.uint8(Flag.WAS_ONLINE | Flag.WAS_OFFLINE)


class Blindness:
    """Of one region. `continuous`: the broker is known not to have been restarted while nobody listened."""

    def __init__(self, ingest: Taker, region: str, system: SystemTopics) -> None:
        self.continuous = False
        self._ingest = ingest
        self._region = region
        self._system = system
        self._heard: tuple[float, float] | None = None
        self._since: tuple[float, float] | None = None
        self._alone = True
        self._why = ""

    def heard(self) -> None:
        """The broker just gave a sign of life."""
        self._heard = asyncio.get_running_loop().time(), self._ingest.clock.now()

    def cut(self, *, alone: bool) -> None:
        """A connection is gone. `alone`: it was the only one, so that every sign of life was its own."""
        self.continuous = False
        self._alone = self._alone and alone
        # It was noticed just now, but a silent wire may have been cut right after the last word.
        self._since = self._since or self._heard

    async def ask(self, link: Link) -> None:
        """Connected again: find out. Before the first cut there is nothing to find out."""
        if self._since is None:
            return
        uptime = await self._system.ask(link, UPTIME)
        # Our steady clock may have stopped while the machine slept, the other may have been set.
        since, wall = self._since
        away = max(asyncio.get_running_loop().time() - since, self._ingest.clock.now() - wall)
        self.continuous = uptime is not None and uptime > away + _MARGIN and self._alone
        self._since, self._alone = None, True
        if uptime is None:
            self._why = UNTOLD
        else:
            self._why = "" if self.continuous else RESTARTED

    def note(self) -> str:
        """Why vehicles are still unknown, while there are such; else empty."""
        if not self._why:
            return ""
        columns = self._ingest.columns
        used = slice(0, columns.rows)
        here = columns.link[used] == columns.links.number(self._region)
        unknown = here & (columns.presence[used] == Presence.UNKNOWN) & ((columns.flags[used] & _WAS) != 0)
        count = int(np.count_nonzero(unknown))
        if not count:
            self._why = ""
            return ""
        return blind(self._why, count)


def blind(why: str, count: int) -> str:
    """So many vehicles are unknown, and why: short enough for what a watcher is told of a link."""
    return f"{why}; vehicles unknown until they speak: {count:,}"
