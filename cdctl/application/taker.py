"""What a region needs of the ingest that it feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cdctl.domain.fleet.batch import Batch
    from cdctl.domain.fleet.columns import Columns
    from cdctl.domain.fleet.speech import Speech
    from cdctl.domain.ports import Clock
    from cdctl.domain.wire import Message


class Taker(Protocol):
    """Takes in what regions hear. listen: seconds that a first picture may take where nobody keeps births. listed: set
    when the inventory is read, or when there is none. expecting: it said which vehicles there are."""

    columns: Columns
    speech: Speech
    clock: Clock
    listen: float
    listed: asyncio.Event
    expecting: bool

    def now_ms(self) -> int:
        """Our clock."""
        ...

    def take(self, messages: Sequence[Message], region: str) -> Batch:
        """Decode and keep."""
        ...

    def chosen(self, region: str, most: int) -> tuple[list[str], int]:
        """Vehicles to watch one by one, and how many there are to choose from."""
        ...

    def heard(self, region: str) -> tuple[int, int]:
        """How many vehicles of a region any link has spoken of, and how many there are in all."""
        ...
