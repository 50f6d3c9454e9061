"""Several causes, one after another: the best is taken, its events are put aside, and the rest is searched again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cdctl.domain.why.evidence import Weighed, Witnesses
from cdctl.domain.why.rows import Rows
from cdctl.domain.why.scan import Cell, search

CHANCE = "may be chance"
"""Why most cells are no cause."""
_SHOWN = 3
"""Cells of a round that are weighed in any case, to be told as near misses."""


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
    weighed: int = 32


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
        round_ = _Round(left, rules)
        first = first or round_.searched
        chosen = round_.cause(near)
        if chosen is None:
            break
        causes.append(chosen)
        left = left.take(~left.inside(chosen.cell.attributes, chosen.cell.values))
    return Peeled(tuple(causes), tuple(near), first)


class _Round:
    """One search. Cells are weighed as evidence when they are looked at: that takes longer than to find them."""

    def __init__(self, rows: Rows, rules: Rules) -> None:
        self._rows, self._rules = rows, rules
        self._witnesses = Witnesses(rows)
        found = search(rows, max(rules.least, rules.share * float(rows.bad.sum())), rules.depth)
        self.searched = found.searched
        self._ranked = sorted(map(self._counted, found.found[: rules.weighed]), key=lambda cell: -cell.gain)
        self._named: dict[Cell, Named] = {}

    def cause(self, near: list[tuple[Named, str]]) -> Named | None:
        """The best cell that is a cause, or one that says nearly as much with less; `near` is told of better ones that
        are none."""
        for number, cell in enumerate(self._ranked):
            if number >= _SHOWN and _bare(cell, self.searched) > np.log10(self._rules.level):
                break  # vehicles make it less sure, never more: neither is any of those after it
            one = self._weighed(cell)
            reason = _too_weak(one, self._rows, self._rules)
            if not reason:
                return self._fewest(one)
            near.append((one, reason))
        return None

    def _counted(self, cell: Cell) -> Cell:
        """The cell with its exact counts, and its gain slice by slice."""
        bad, total, gain = self._witnesses.gain(self._rows.inside(cell.attributes, cell.values))
        return Cell(cell.attributes, cell.values, bad, total, gain)

    def _weighed(self, cell: Cell) -> Named:
        if cell not in self._named:
            weighed = self._witnesses.weigh(self._rows.inside(cell.attributes, cell.values))
            self._named[cell] = Named(cell, weighed, weighed.log10_p(self.searched))
        return self._named[cell]

    def _fewest(self, best: Named) -> Named:
        """Of the cells that explain nearly as much as the best, the one of the fewest attributes; others that need no
        more are equals."""
        rules, top = self._rules, best.weighed.gain
        bar = top - max(rules.tie * top, rules.slack * best.weighed.effect)
        level = [cell for cell in self._ranked if cell.gain >= bar]
        few = min(len(cell.attributes) for cell in level)
        for number in range(few, len(best.cell.attributes) + 1):
            alike = [self._weighed(cell) for cell in level if len(cell.attributes) == number]
            sound = [one for one in alike if not _too_weak(one, self._rows, rules)]
            if sound:
                first, *others = sound
                return Named(first.cell, first.weighed, first.log10_p, tuple(one.cell for one in others))
        return best


def _bare(cell: Cell, searched: int) -> float:
    """Decimal logarithm of the p-value before vehicles are looked at."""
    return Weighed(0.0, cell.gain, cell.gain, 1.0, 0, 0.0).log10_p(searched)


def _too_weak(one: Named, rows: Rows, rules: Rules) -> str:
    """Why a cell is no cause; empty when it is one."""
    cell, weighed = one.cell, one.weighed
    bad, total = float(rows.bad.sum()), float(rows.total.sum())
    outside = (bad - cell.bad) / max(total - cell.total, 1e-12)
    if one.log10_p > np.log10(rules.level):
        return CHANCE
    if weighed.units and (weighed.units < rules.units or weighed.heaviest > rules.heaviest):
        return "it is one vehicle" if weighed.units == 1 else "it is a few vehicles"
    if cell.bad < rules.lift * outside * cell.total:
        return "the rate is hardly higher inside"
    if cell.bad - outside * cell.total < rules.excess * bad:
        return "it explains too little"
    return ""
