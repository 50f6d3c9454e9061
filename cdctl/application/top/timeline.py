"""Answers what happened: asks everybody who can tell at the same time, and merges what they say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import LEAD, MOST, Occasion, Reach, Recall, Recalled
from cdctl.errors import CdctlError


@dataclass(frozen=True, slots=True)
class Said:
    """What one source tells: occasions in any order, parts behind what they are parts of; and how far it knows."""

    occasions: Sequence[Occasion] = ()
    reaches: tuple[Reach, ...] = field(default_factory=tuple)


BEGINNINGS = frozenset({"began", "firing"})
"""Words of what a promise's trouble began with: told however long ago it was."""


class Teller(Protocol):
    """A source of what happened. name: as it stands in a `Reach`."""

    name: str

    async def tell(self, ask: Recall, seen: Snapshot) -> Said:
        """What it knows of that is asked for. Raises CdctlError when it cannot tell."""
        ...


class Timeline:
    """See the module."""

    def __init__(self, tellers: Sequence[Teller]) -> None:
        self._tellers = tellers

    async def answer(self, ask: Recall, seen: Snapshot) -> Recalled:
        """The answer; a source that fails is told of, and takes nothing from the others."""
        told = await asyncio.gather(*(_asked(teller, ask, seen) for teller in self._tellers))
        reaches = [reach for said in told for reach in said.reaches]
        merged, older = merge((one for said in told for one in said.occasions), ask, seen.frozen_at)
        return Recalled(merged, reaches, older)


async def _asked(teller: Teller, ask: Recall, seen: Snapshot) -> Said:
    try:
        return await teller.tell(ask, seen)
    except CdctlError as error:
        return Said((), (Reach(teller.name, None, error.message, bad=True),))


def merge(occasions: Iterable[Occasion], ask: Recall, until: float | None = None) -> tuple[list[Occasion], int]:
    """Newest first, parts behind what they are parts of; and how many are left out. until: of a picture that is held
    nothing later is told."""
    begin, end = 0.0 if ask.since is None else ask.since - LEAD, float("inf") if until is None else until
    parts: dict[str, list[Occasion]] = {}
    whole: list[Occasion] = []
    for one in occasions:
        if one.part_of:
            parts.setdefault(one.part_of, []).append(one)
        elif (begin <= one.at or (ask.promise and one.word in BEGINNINGS)) and one.at <= end:
            whole.append(one)
    whole.sort(key=lambda one: (-one.at, one.key))
    told = [line for one in whole[:MOST] for line in (one, *parts.get(one.key, ()))]
    return told, max(len(whole) - MOST, 0)


def holds(one: Occasion, ask: Recall) -> bool:
    """Whether it is of a kind that is asked for, and holds every word."""
    if one.kind not in ask.kinds:
        return False
    text = f"{one.word} {one.subject} {one.region} {one.vin} {one.text}".casefold()
    return all(word in text for word in ask.text.casefold().split())


def apart(labels: Mapping[str, str], ask: Recall) -> bool:
    """Whether labels say another thing than the group that is asked for."""
    return any(labels.get(label, value) not in {value, ""} for label, value in ask.group)
