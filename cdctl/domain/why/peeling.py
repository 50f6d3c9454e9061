"""Several causes, one after another: the best is taken, its events are put aside, and the rest is searched again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cdctl.domain.why.evidence import Weighed, Witnesses
from cdctl.domain.why.rows import Rows
from cdctl.domain.why.scan import Cell, search


@dataclass(frozen=True, slots=True)
class Rules:
    """What a cause must be; frozen by the evidence in docs/why.md.

    depth: attributes of one. share: of the bad events that are left, 0..1. least: bad events, raw. tie: within so much
    of the best evidence the fewest attributes win, as a part of it, or `slack` nats where that is more: a further
    attribute always gains a little by chance. level: p-value, after correction. lift: rate inside over outside.
    excess: bad events beyond what the rate outside would give, as a share 0..1 of all bad ones. units: vehicles, where
    vehicles are known. heaviest: share of a cause's bad events that one vehicle may have. most: causes.
    """

    depth: int = 3
    share: float = 0.02
    least: float = 5
    tie: float = 0.02
    slack: float = 6.0
    level: float = 1e-3
    lift: float = 1.5
    excess: float = 0.02
    units: int = 3
    heaviest: float = 0.5
    most: int = 6
    weighed: int = 24


RULES = Rules()


@dataclass(frozen=True, slots=True)
class Named:
    """A cell that explains, and others that explain the same nearly as well (`equals`). log10_p is corrected."""

    cell: Cell
    weighed: Weighed
    log10_p: float
    equals: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Peeled:
    """Causes in the order they were taken; `near` are the best of the cells that were not enough, and why not.
    searched: cells looked at in the first round."""

    causes: tuple[Named, ...]
    near: tuple[tuple[Named, str], ...]
    searched: int


def peel(rows: Rows, rules: Rules = RULES) -> Peeled:
    """Every cause, until nothing stands out."""
    all_bad = float(rows.bad.sum())
    causes: list[Named] = []
    near: list[tuple[Named, str]] = []
    first = 0
    left = rows
    while len(causes) < rules.most:
        bad, total = float(left.bad.sum()), float(left.total.sum())
        if bad < rules.least or bad <= rules.share * all_bad or bad == total:
            break
        found = search(left, max(rules.least, rules.share * bad), rules.depth)
        first = first or found.searched
        ranked = _weighed(left, found.found, found.searched, rules)
        chosen = None
        for one in ranked:
            reason = _too_weak(one, left, rules)
            if not reason:
                chosen = _fewest(one, ranked, left, rules)
                break
            near.append((one, reason))
        if chosen is None:
            break
        causes.append(chosen)
        left = left.take(~left.inside(chosen.cell.attributes, chosen.cell.values))
    return Peeled(tuple(causes), tuple(near), first)


def _weighed(rows: Rows, found: Sequence[Cell], searched: int, rules: Rules) -> list[Named]:
    """The most telling cells as evidence, the best first."""
    witnesses = Witnesses(rows)
    taken = found[: rules.weighed]
    weighed = [witnesses.weigh(rows.inside(cell.attributes, cell.values)) for cell in taken]
    named = [Named(cell, one, one.log10_p(searched)) for cell, one in zip(taken, weighed, strict=True)]
    return sorted(named, key=lambda one: -one.weighed.gain)


def _too_weak(one: Named, rows: Rows, rules: Rules) -> str:
    """Why a cell is no cause; empty when it is one."""
    cell, weighed = one.cell, one.weighed
    bad, total = float(rows.bad.sum()), float(rows.total.sum())
    outside = (bad - cell.bad) / max(total - cell.total, 1e-12)
    if one.log10_p > np.log10(rules.level):
        return "may be chance"
    if weighed.units and (weighed.units < rules.units or weighed.heaviest > rules.heaviest):
        return "it is one vehicle" if weighed.units == 1 else "it is a few vehicles"
    if cell.bad < rules.lift * outside * cell.total:
        return "the rate is hardly higher inside"
    if cell.bad - outside * cell.total < rules.excess * bad:
        return "it explains too little"
    return ""


def _fewest(best: Named, ranked: Sequence[Named], rows: Rows, rules: Rules) -> Named:
    """Of the cells that explain nearly as much as the best, the one of the fewest attributes; the others are equals."""
    top = best.weighed.gain
    bar = top - max(rules.tie * top, rules.slack * best.weighed.effect)
    level = [one for one in ranked if one.weighed.gain >= bar and not _too_weak(one, rows, rules)]
    chosen = min(level, key=lambda one: (len(one.cell.attributes), -one.weighed.gain))
    equals = tuple(one.cell for one in level if one is not chosen)
    return Named(chosen.cell, chosen.weighed, chosen.log10_p, equals)
