"""Makes an inventory and stands between its code and ours: one that fails is one that cannot be asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from cdctl.domain.fleet.inventory import Listed, Remarking, Remarks
from cdctl.errors import CdctlError, UnavailableError
from cdctl.extend.making import bug, made

if TYPE_CHECKING:
    from cdctl.domain.fleet.inventory import Inventory, InventoryFactory
    from cdctl.domain.ports import Plugin


def inventory(plugin: Plugin, settings: Mapping[str, object], subject: str) -> Inventory:
    """The inventory of a vetted plugin. Raises the UsageError with which it refuses a setting, or PluginError."""
    make = cast("InventoryFactory", plugin.make)
    return _Inventory(made(lambda: make(settings), plugin.room, subject), subject)


class _Inventory:
    def __init__(self, inventory: Inventory, subject: str) -> None:
        self._inventory = inventory
        self._subject = subject

    async def vehicles(self) -> AsyncGenerator[Sequence[Listed]]:
        try:
            async with aclosing(_closable(self._inventory.vehicles())) as runs:
                async for run in runs:
                    if wrong := next((each for each in run if not _is_listed(each)), None):
                        raise TypeError(f"{type(wrong).__name__} is no vehicle of four texts")
                    if run:
                        yield run
        except CdctlError:
            raise
        except Exception as error:
            found = bug(error, "vehicles", self._subject)
            raise UnavailableError(found.message, subject=found.subject, hint=found.hint) from error

    def remarks(self) -> Remarks:
        inventory: object = self._inventory
        try:
            found = inventory.remarks() if isinstance(inventory, Remarking) else Remarks()
        except Exception as error:
            raise bug(error, "remarks", self._subject) from error
        return found if isinstance(found, Remarks) else Remarks()


def _is_listed(each: object) -> bool:
    return isinstance(each, Listed) and all(
        type(text) is str for text in (each.vin, each.region, each.model, each.software)
    )


async def _closable(runs: AsyncIterator[Sequence[Listed]]) -> AsyncGenerator[Sequence[Listed]]:
    try:
        async for run in runs:
            yield run
    finally:
        if isinstance(runs, AsyncGenerator):
            await runs.aclose()
