"""The contract of the inventory door, as a test for plugin authors.

def test_contract():
    plugin = catalogue_of(FOLDER).load("inventory", "acme")
    check_inventory(plugin, ["WBA1", "WBA2"], settings={"file": "fleet.txt"}, failing={"file": "none.txt"})
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from cdctl.domain.fleet.inventory import Inventory, InventoryFactory, Listed, Remarking, Remarks, is_id
from cdctl.domain.ports import Plugin
from cdctl.errors import FileError, UnavailableError, UsageError
from cdctl.testing.contract import ContractError

MOST = 50_000
"""Vehicles of one run: a list of millions must never be held as objects."""


def check_inventory(
    plugin: Plugin,
    vins: Sequence[str],
    *,
    settings: Mapping[str, object] | None = None,
    failing: Mapping[str, object] | None = None,
) -> None:
    """Raise ContractError when an inventory does not keep the contract.

    vins: what it lists, made with `settings`. failing: settings of one that cannot be asked.
    """
    make = cast("InventoryFactory", plugin.make)
    fails = (lambda: make(failing)) if failing is not None else None
    breaches = asyncio.run(inventory_breaches(lambda: make(settings or {}), vins, failing=fails))
    if breaches:
        raise ContractError(f"the inventory {plugin.name!r}", breaches)


async def inventory_breaches(
    make: Callable[[], Inventory], vins: Sequence[str], *, failing: Callable[[], Inventory] | None = None
) -> tuple[str, ...]:
    """Every breach of the contract, in words. `make` makes the same inventory anew each time, without the catalogue's
    protection, which would hide its bugs; `failing` makes one that cannot be asked."""
    stdout, breaches = io.StringIO(), list[str]()
    with contextlib.redirect_stdout(stdout):
        first = make()
        for inventory, when in ((first, ""), (first, " when it is read again"), (make(), " when it is made again")):
            breaches += await _read(inventory, vins, when)
        breaches += _remarks(first)
        breaches += await _stopped(make())
        if failing:
            breaches += await _fails(failing)
    if stdout.getvalue():
        breaches.append("printed to stdout")
    return tuple(dict.fromkeys(breaches))


async def _read(inventory: Inventory, vins: Sequence[str], when: str) -> list[str]:
    found, breaches = list[str](), list[str]()
    try:
        async for run in inventory.vehicles():
            if len(run) > MOST:
                breaches.append(f"gives {len(run):,} vehicles at once; runs have at most {MOST:,}")
            breaches += _entries(run)
            found += [each.vin for each in run if isinstance(each, Listed)]
    except Exception as error:
        return [f"vehicles raised {type(error).__name__}{when}: {error}"]
    if sorted(found) != sorted(vins):
        breaches.append(f"lists {len(found)} vehicles that are not the {len(vins)} expected ones{when}")
    return breaches


def _entries(run: Sequence[Listed]) -> Iterator[str]:
    for each in run:
        if not isinstance(each, Listed):
            yield f"lists a {type(each).__name__}, not a Listed"
        elif not all(isinstance(text, str) for text in (each.vin, each.region, each.model, each.software)):
            yield "lists a vehicle whose fields are not all texts; what is not known is empty"
        elif not is_id(each.vin):
            yield f"lists {each.vin[:60]!r}, which is no vehicle's id"


def _remarks(inventory: object) -> Iterator[str]:
    if isinstance(inventory, Remarking) and not isinstance(inventory.remarks(), Remarks):
        yield "its remarks are no Remarks"


async def _stopped(inventory: Inventory) -> list[str]:
    """Whoever reads may stop at any time."""
    reading = inventory.vehicles()
    try:
        async for _ in reading:
            break
        close = getattr(reading, "aclose", None)
        if close:
            await close()
    except Exception as error:
        return [f"raised {type(error).__name__} when nobody read on: {error}"]
    return []


async def _fails(failing: Callable[[], Inventory]) -> list[str]:
    try:
        async for _ in failing().vehicles():
            pass
    except (UnavailableError, UsageError, FileError) as error:
        return [] if error.message.strip() else ["fails without a reason"]
    except Exception as error:
        return [f"fails with {type(error).__name__}, not with UnavailableError, UsageError or FileError"]
    return ["cannot be asked, yet says nothing"]
