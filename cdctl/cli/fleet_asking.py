"""What every `cdctl fleet` command does before it has an answer: judge the question, then listen until there is a
picture."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cdctl.cli import exits
from cdctl.cli.settings import settings_of
from cdctl.cli.values import span
from cdctl.domain.fleet.privacy import is_location
from cdctl.domain.fleet.vss import is_truth
from cdctl.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.fleet.reading import Fleet, FleetStatus, Happening
    from cdctl.domain.fleet.selection.fields import Field
    from cdctl.domain.ports import Progress
    from cdctl.domain.settings import Settings

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds that a run without --for waits for the first picture: longer than a connection may take."""
FEW = 3
"""Vehicles that a hint names."""
SHORTEST = 4
"""Characters of a part of an id that stands for the whole, where one vehicle alone has it."""
TELLS_NOTHING = "nothing was changed: run it again"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, found sound before anybody is asked. seconds: of --for, None when it was not given. hidden: fields
    that tell where a vehicle is and may not be shown. truths: fields that are yes or no and kept as numbers."""

    settings: Settings
    fields: dict[str, Field]
    where: str = ""
    seconds: float | None = None
    hidden: frozenset[str] = frozenset()
    truths: frozenset[str] = frozenset()

    def names(self, text: str, usual: Sequence[str] = ()) -> tuple[str, ...]:
        """Fields in a list with commas, `usual` when there is none. Raises UsageError for what is no field."""
        found = tuple(name.strip() for name in text.split(",") if name.strip()) or tuple(usual)
        for name in found:
            self.check(name)
        return found

    def check(self, name: str) -> None:
        """Raises UsageError when it is no field, RefusedError when it is a place and no reason was given."""
        from difflib import get_close_matches

        if name not in self.fields:
            near = get_close_matches(name, self.fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(self.fields)}"
            raise UsageError(f"there is no column {name!r}", hint=hint)
        if name in self.hidden:
            raise RefusedError(
                "it tells where a vehicle is, and no reason was given", subject=name, hint='add --reason "why you look"'
            )


def question(run: Run, *, where: str = "", seconds: str = "", reason: str = "") -> Question:
    """Judge what is asked. Raises UsageError with a caret under what is wrong, RefusedError for places without a
    reason."""
    from cdctl.application import fleet_wiring
    from cdctl.domain.fleet.selection import select
    from cdctl.domain.fleet.view import fields_of

    settings = settings_of(run)
    fleet_wiring.fleet_context(settings)
    places = frozenset(name for name, path in settings.fleet_columns.items() if is_location(path))
    fields = fields_of(tuple(settings.fleet_columns))
    asked = Question(
        settings,
        fields,
        where,
        span(seconds, "--for") if seconds else None,
        frozenset() if reason.strip() else places,
        frozenset(name for name, path in settings.fleet_columns.items() if is_truth(path)),
    )
    for name in select(where, fields).fields:
        asked.check(name)
    if reason.strip() and places:
        exits.note(run, f"places of vehicles may be read: {reason}")
    return asked


def answer(run: Run, asked: Question, ask: Callable[[Fleet], Awaitable[T]], *, focus: str = "") -> T:
    """Open the fleet, listen until the first picture is whole (or as long as --for says), ask, let go. focus: which
    vehicles to prefer where not all can be watched; those that are asked for, unless it is given."""
    from cdctl.application import fleet_wiring
    from cdctl.cli.fleet_regions import hints
    from cdctl.cli.progress import long_work

    slips: list[str] = []
    with long_work(run, "listening to the fleet", TELLS_NOTHING) as progress:

        async def work(fleet: Fleet) -> T:
            await listen(fleet, asked.seconds, progress)
            found = await ask(fleet)
            slips.extend(await hints(fleet, asked))
            return found

        found = fleet_wiring.with_fleet(
            asked.settings, work, config=run.config, plugins=run.plugins, focus=focus or asked.where
        )
    for line in slips:
        exits.warn(run, line)
    return found


async def listen(fleet: Fleet, seconds: float | None, progress: Progress, *, longer: bool = True) -> FleetStatus:
    """Wait for the first picture, at most `seconds` (PATIENCE when None); with `longer` go on until they are over, so
    that signals, which no broker keeps, arrive."""
    import asyncio

    loop = asyncio.get_running_loop()
    whole = PATIENCE if seconds is None else seconds
    end = loop.time() + whole
    progress.start("listening to the fleet", max(1, math.ceil(whole)))
    try:
        status = await fleet.settle(0)
        while (left := end - loop.time()) > 0:
            if not status.settled:
                status = await fleet.settle(min(1.0, left))
            elif longer and seconds is not None:
                await asyncio.sleep(min(1.0, left))
                status = await fleet.status()
            else:
                break
            progress.step(f"{status.vehicles:,} vehicles, {status.online:,} online")
    finally:
        progress.stop()
    return status


async def only(fleet: Fleet, part: str) -> str:
    """The id of the one vehicle whose id begins or ends so, in capitals or not; empty when there are none or more."""
    from cdctl.domain.fleet.reading import Query

    if len(part) < SHORTEST or not all(c.isalnum() or c in "-_." for c in part):
        return ""
    words = dict.fromkeys((part.upper(), part))
    found = await fleet.find(Query(" | ".join(f'vin:"{word}*" | vin:"*{word}"' for word in words), ("vin",), limit=1))
    return str(found.rows[0][0]) if found.matched == 1 else ""


async def nearest(fleet: Fleet, vin: str) -> str:
    """A hint at ids that begin or end with what was given, or else begin as it does: a few by name, the others by
    number and how to list them. Empty when there are none."""
    from cdctl.domain.fleet.reading import Query
    from cdctl.domain.fleet.selection import SelectionError

    word = "".join(c for c in vin if c.isalnum() or c in "-_.")
    upper = word.upper()
    tries = [f"{upper}*", f"*{upper}", f"{word}*", f"*{word}", f"{upper[:11]}*", f"{upper[:6]}*"]
    for pattern in tries if len(word) >= 3 else ():
        try:
            found = await fleet.find(Query(f'vin:"{pattern}"', ("vin",), limit=FEW))
        except SelectionError:
            continue
        names = ", ".join(str(row[0]) for row in found.rows)
        rest = found.matched - len(found.rows)
        if rest > 0:
            whole = f"cdctl fleet ls --where 'vin:{pattern}' lists all {found.matched:,}"
            return f"nearest: {names} and {rest:,} more; {whole}"
        if names:
            return f"nearest: {names}"
    return ""


async def follow(fleet: Fleet, where: str, seconds: float | None, tell: Callable[[Sequence[Happening]], None]) -> None:
    """Tell what happens as it happens, for so many seconds, or until somebody stops it."""
    import asyncio

    try:
        async with asyncio.timeout(seconds), aclosing(fleet.watch(where)) as runs:  # type: ignore[type-var]
            async for news in runs:
                tell(news)
    except TimeoutError:
        return
