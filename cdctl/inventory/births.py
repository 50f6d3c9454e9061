"""No list at all: which vehicles exist is what their own births say."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence

from cdctl.domain.fleet.inventory import Listed
from cdctl.domain.ports import API, Plugin


class BirthsInventory:
    """An empty list."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        pass

    async def vehicles(self) -> AsyncGenerator[Sequence[Listed]]:
        """None: the brokers tell."""
        return
        yield ()


PLUGIN = Plugin(
    api=API,
    room="inventory",
    name="births",
    version="1",
    summary="no list: the vehicles are those whose births the brokers keep",
    make=BirthsInventory,
)
