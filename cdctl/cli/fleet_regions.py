"""Regions that a filter names and nobody has: most likely a slip of the pen, which would match nothing in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cdctl.domain.orders.arguments import nearest
from cdctl.domain.text import safe
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.cli.fleet_asking import Question
    from cdctl.domain.fleet.reading import Fleet

REGION = "region"
_SHOWN = 12


def named(asked: Question) -> list[str]:
    """Whole regions that the filter names, with or without a minus before."""
    from cdctl.domain.fleet.selection import select
    from cdctl.domain.fleet.selection.tree import terms

    tree = select(asked.where, asked.fields).tree
    found = [term for term in terms(tree) if term.field.name == REGION and term.op in {"=", "!="}]
    return list(dict.fromkeys(str(value) for term in found for value in term.values if "*" not in str(value)))


async def hints(fleet: Fleet, asked: Question) -> list[str]:
    """A line for each that no broker of the settings and no vehicle has."""
    wanted = named(asked) if REGION in asked.where else []
    known = set(asked.settings.context().brokers)
    if set(wanted) <= known:
        return []
    try:
        known |= {str(row[0]) for row in (await fleet.tally("", (REGION,))).rows if row[0]}
    except CdctlError:
        return []  # the answer is there; only a hint would be wanting
    return list(_hints([one for one in wanted if one not in known], sorted(known)))


def _hints(strange: list[str], known: list[str]) -> Iterator[str]:
    for one in strange:
        near = nearest(one, known) or nearest(one.lower(), known)
        there = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
        asks = f"did you mean {near}? " if near else ""
        yield safe(f"no broker and no vehicle is of region {one!r}: {asks}there are {there or 'none'}", 400)
