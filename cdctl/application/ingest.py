"""Take in what vehicles say: brokers to columns. Runs in a process of its own; whoever looks reads the same memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cdctl.application.line import Feed
from cdctl.application.listening import Region
from cdctl.domain.fleet.batch import Batch
from cdctl.domain.fleet.columns import Columns, Counter
from cdctl.domain.fleet.inventory import Remarking
from cdctl.domain.fleet.presence import Flag
from cdctl.domain.fleet.selection import Selection, select
from cdctl.domain.fleet.view import FleetView, fields_of
from cdctl.domain.wire import Message
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.fleet.inventory import Inventory
    from cdctl.domain.fleet.speech import Speech
    from cdctl.domain.ports import Clock

__all__ = ["Feed", "Ingest"]
LISTEN = 30.0
"""Seconds after which the first picture is as good as it gets where nobody keeps births: every vehicle of the inventory
has been heard of by then, or is unknown."""
SOON = 3.0
"""Seconds that the picture of regions which answer waits for one whose broker does not."""
_BEAT = 1.0
_STALL = 2.0
"""Seconds that a beat may be late before we are taken to have been too slow for the brokers."""
_BUSY = 0.9
_LOOK = 0.05
_KNOWN = np.uint8(Flag.INVENTORY | Flag.SNAPSHOT | Flag.SEEN)


class Ingest:
    """Links, speech and columns put together. One event loop, no thread."""

    def __init__(
        self,
        columns: Columns,
        speech: Speech,
        clock: Clock,
        *,
        focus: str = "",
        listen: float = LISTEN,
        soon: float = SOON,
        say: Callable[[str], None] = lambda warning: None,
    ) -> None:
        """`focus` is a selection: which vehicles to prefer where not all can be watched. `say` is told what is missing
        and belongs to no region. Raises SelectionError."""
        self.columns = columns
        self.speech = speech
        self.clock = clock
        self.listen = listen
        self.soon = soon
        self.listed = asyncio.Event()
        """Set when the inventory is read, or when there is none."""
        self.regions: Sequence[Region] = ()
        self.expecting = False
        """Whether the inventory said which vehicles there are."""
        self._focus: Selection | None = select(focus, fields_of(columns.layout.signals)) if focus else None
        self._say = say

    def now_ms(self) -> int:
        """Our clock; those of vehicles are not trusted."""
        return round(self.clock.now() * 1000)

    async def run(self, feeds: Sequence[Feed], stop: asyncio.Event, inventory: Inventory | None = None) -> None:
        """Take in until `stop`. Raises UsageError when the settings of a broker cannot work at all, and FileError when
        an inventory is wrong; a broker that is away is a note, and is tried again for ever."""
        regions = self.regions = [Region(self, feed) for feed in feeds]
        beat = asyncio.create_task(self._beat(regions))
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(region.watch()) for region in regions]
                tasks += [group.create_task(self._expect(inventory)), group.create_task(self._settle(regions))]
                await stop.wait()
                for task in tasks:
                    task.cancel()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        finally:
            beat.cancel()
            await asyncio.gather(*(region.close() for region in regions), return_exceptions=True)
            self.columns.beat(self.now_ms())

    def take(self, messages: Sequence[Message], region: str) -> Batch:
        """Decode and keep: the hot path. What a way of speaking cannot stand is counted like any other message."""
        batch = Batch()
        self.columns.count(Counter.RECEIVED, len(messages))
        try:
            self.speech.decode(messages, region, batch)
        except Exception as error:
            self.columns.reject(f"the protocol failed: {type(error).__name__}"[:56], len(messages), messages[0].topic)
        else:
            self.columns.apply(batch, self.now_ms(), region, len(messages))
        return batch

    def chosen(self, region: str, most: int) -> tuple[list[str], int]:
        """Vehicles to watch one by one in a region, and how many there are to choose from: those of the selection that
        was given, of the inventory and of the last run. Where they are too many, some from all over the list."""
        columns = self.columns
        view = FleetView(columns, self.now_ms(), self._focus.fields if self._focus else ())
        codes = columns.region[: view.n]
        here = ((codes == columns.regions.code(region)) | (codes == 0)) & ((view.flags & _KNOWN) != 0)
        if self._focus:
            here &= self._focus.match(view).mask
        rows = np.flatnonzero(here)
        count = len(rows)
        if count > most:
            rows = rows[np.linspace(0, count - 1, most).astype(np.int64)]
        return [body.decode("ascii", "replace") for body in view.ids[rows].tolist()], count

    def heard(self, region: str) -> tuple[int, int]:
        """How many vehicles of a region any link has spoken of, and how many there are in all."""
        columns = self.columns
        here = columns.region[: columns.rows] == columns.regions.code(region)
        spoken = columns.link[: len(here)] != 0
        return int(np.count_nonzero(here & spoken)), int(np.count_nonzero(here))

    async def _settle(self, regions: Sequence[Region]) -> None:
        try:
            async with asyncio.timeout(self.soon):
                await asyncio.gather(*(region.first.wait() for region in regions))
        except TimeoutError:
            while not _as_good_as_it_gets(regions):
                await asyncio.sleep(_LOOK)
            for region in regions:
                region.overdue(self.soon)
        try:
            async with asyncio.timeout(self.listen):
                await self.listed.wait()
        except TimeoutError:
            self._say("inventory: not read yet; vehicles never seen cannot be told until it is")
        self.columns.settle()

    async def _beat(self, regions: Sequence[Region]) -> None:
        loop = asyncio.get_running_loop()
        last, spent = loop.time(), time.process_time()
        while True:
            now, used = loop.time(), time.process_time()
            slow = now - last > _BEAT + _STALL or used - spent > _BUSY * (now - last) > 0
            last, spent = now, used
            for region in regions:
                region.beat(slow)
            self.columns.beat(self.now_ms())
            await asyncio.sleep(_BEAT)

    async def _expect(self, inventory: Inventory | None) -> None:
        if inventory is not None:
            self.columns.forget_inventory()
            try:
                async for run in inventory.vehicles():
                    told = zip(*((v.vin, v.region, v.model, v.software) for v in run), strict=True)
                    self.columns.expect(*told)
                    await asyncio.sleep(0)  # the stream has its turn
                self.expecting = True
                if isinstance(inventory, Remarking) and (note := inventory.remarks().note()):
                    self._say(note)
            except UnavailableError as error:
                self._say(f"inventory: {error.message}; vehicles never seen cannot be told")
        self.listed.set()


def _as_good_as_it_gets(regions: Sequence[Region]) -> bool:
    """A broker that does not answer is waited for only while there is no other to show anything of."""
    reached = [region for region in regions if region.reached]
    return all(region.first.is_set() for region in reached or regions)
