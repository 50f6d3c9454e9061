"""Whom a command is prepared for: vehicles by their ids or by a filter, as the fleet has them at that moment."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cdctl.application.fleet import LocalFleet
from cdctl.application.targets import COLUMNS, Found, Selected, of_page
from cdctl.domain.boards.asking import Missing
from cdctl.domain.fleet.index import encode
from cdctl.domain.fleet.inventory import is_id
from cdctl.domain.fleet.reading import Page, Query
from cdctl.domain.fleet.selection import select
from cdctl.domain.fleet.tables import page
from cdctl.domain.fleet.view import fields_of
from cdctl.domain.fleet.wholeness import is_heard
from cdctl.domain.orders.plan import Target
from cdctl.domain.text import safe
from cdctl.errors import RefusedError, UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.fleet.reading import Fleet

MOST = 10_000
"""Vehicles that a command can be prepared for here; policy may say less. A rollout goes to more, in waves."""
_AT_ONCE = 100
"""Ids in one question to a collector."""


@dataclass(frozen=True, slots=True)
class Meant:
    """vins, or a filter. targets: of a plan that is sent again: where vehicles are that the fleet does not know."""

    vins: tuple[str, ...] = ()
    where: str = ""
    targets: tuple[Target, ...] = ()


class Chooser:
    """Finds vehicles in a fleet. signals: that are kept of each; hidden: fields that nobody may ask about here.
    regions: of the context, to which orders can go."""

    def __init__(
        self,
        fleet: Fleet | Missing,
        *,
        signals: Sequence[str] = (),
        hidden: Collection[str] = (),
        regions: Sequence[str] = (),
    ) -> None:
        self._fleet, self._signals, self._hidden, self._regions = fleet, signals, hidden, regions

    async def found(self, meant: Meant) -> Found:
        """Raises UsageError: nobody is named, no such vehicle; RefusedError for too many, and what tells of places;
        UnavailableError when nobody can tell."""
        if bool(meant.vins) is bool(meant.where.strip()):
            raise UsageError("choose vehicles first", hint="Space marks them, / filters")
        if len(meant.vins) > MOST:
            raise _too_many(len(meant.vins))
        return await self._named(meant) if meant.vins else await self._matching(meant.where)

    async def _matching(self, where: str) -> Found:
        for name in set(select(where, fields_of(tuple(self._signals))).fields) & set(self._hidden):
            hint = "cdctl cmd send --where ... --reason asks for it"
            raise RefusedError("it tells where a vehicle is, and no reason was given", subject=name, hint=hint)
        if isinstance(self._fleet, Missing):
            raise UnavailableError(self._fleet.reason, hint=self._fleet.hint)
        told = await _asked(self._fleet, Query(where, COLUMNS, limit=MOST))
        if told.matched > MOST:
            raise _too_many(told.matched)
        if not is_heard(told.status):
            raise UnavailableError("nobody can tell which vehicles match", hint="no broker answers: cdctl broker ping")
        return of_page(told, where)

    async def _named(self, meant: Meant) -> Found:
        vins = tuple(dict.fromkeys(meant.vins))
        for vin in vins:
            if not is_id(vin):
                raise UsageError("that is no id of a vehicle", subject=safe(vin, 60))
        known = Found(Selected(()))
        if not isinstance(self._fleet, Missing):
            known = of_page(await self._rows(self._fleet, vins), "")
        known = replace(known, selected=replace(known.selected, left_out={}))
        there = {one.vin for one in known.selected.targets}
        rest = tuple(self._elsewhere(vin, meant) for vin in vins if vin not in there)
        targets = tuple(sorted((*known.selected.targets, *rest)))
        states = {**dict(known.selected.states), **({"not heard of": len(rest)} if rest and there else {})}
        selected = replace(known.selected, targets=targets, states=states if there else {}, where="")
        return replace(known, selected=selected, states={**dict.fromkeys(vins, "not heard of"), **known.states})

    async def _rows(self, fleet: Fleet, vins: Sequence[str]) -> Page:
        if isinstance(fleet, LocalFleet):
            return await asyncio.to_thread(_of_columns, fleet, vins)
        pages = [
            await _asked(fleet, Query("|".join(f'vin:"{vin}"' for vin in vins[begin : begin + _AT_ONCE]), COLUMNS))
            for begin in range(0, len(vins), _AT_ONCE)
        ]
        wanted = set(vins)  # a filter may match more than was named: * stands for anything in it
        rows = [row for one in pages for row in one.rows if row[0] in wanted]
        return replace(pages[-1], rows=rows, matched=len(rows))

    def _elsewhere(self, vin: str, meant: Meant) -> Target:
        """One that the fleet does not tell of."""
        before = next((one for one in meant.targets if one.vin == vin), None)
        if before is not None:
            return before
        if len(self._regions) == 1:
            return Target(vin, self._regions[0])
        hint = "it was never heard of: cdctl cmd send --to VIN --region NAME says where it is"
        raise UnavailableError("nobody can tell in which region it is", subject=vin, hint=hint)


async def _asked(fleet: Fleet, query: Query) -> Page:
    """A page. Columns of this machine are looked through aside: a screen is drawn meanwhile."""
    if not isinstance(fleet, LocalFleet):
        return await fleet.find(query)

    def look() -> Page:
        found = asyncio.run(fleet.find(query))
        return replace(found, rows=[list(row) for row in found.rows])

    return await asyncio.to_thread(look)


def _of_columns(fleet: LocalFleet, vins: Sequence[str]) -> Page:
    """Rows of these ids. Among a million, a thousand are found at once by a word of theirs that differs most."""
    view = fleet.view()
    wanted, _ = encode(vins)
    words = wanted.view(np.uint64).reshape(len(vins), -1)
    kept = view.ids.view(np.uint64).reshape(view.n, -1) if view.n else np.zeros((0, words.shape[1]), np.uint64)
    near = np.flatnonzero(np.isin(kept[:, 1], words[:, 1]))
    mask: NDArray[np.bool_] = np.zeros(view.n, np.bool_)
    mask[near] = np.isin(view.ids[near], wanted)
    found = page(view, Query("", COLUMNS), mask, {}, fleet.counted())
    return replace(found, rows=[list(row) for row in found.rows])


def _too_many(count: int) -> RefusedError:
    hint = "cdctl rollout start FILE goes to them in waves, and stops when a promise burns"
    return RefusedError(f"these are {count:,} vehicles, and {MOST:,} can be told from here", hint=hint)
