"""From events to an explanation: choose attributes, search, peel, compare with the reference window."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.domain.traces.attributes import VEHICLE_IDS
from cdctl.domain.traces.ports import Window
from cdctl.domain.why import picking
from cdctl.domain.why.attributes import Chosen, choose
from cdctl.domain.why.beginning import between
from cdctl.domain.why.comparing import counts, holding, is_new, onset
from cdctl.domain.why.events import Column, Events
from cdctl.domain.why.explanation import (
    Cause,
    Conjunction,
    Counts,
    Explanation,
    HeavyHitter,
    NearMiss,
    Picked,
    Predicate,
    SourceName,
    Timeline,
)
from cdctl.domain.why.peeling import CHANCE, RULES, Named, Rules, peel
from cdctl.domain.why.rows import NONE, Codes, Mask, Rows, summed
from cdctl.domain.why.scan import Cell

SLICES = 60
"""Slices of time in a window: what happened in one is compared with what else happened in it."""
_FINER = 100
"""Parts of a slice in which a beginning is looked for, where every event has its own time."""
_HEAVY = 5
_LEAST = 3
"""Bad events that a heavy hitter has: fewer happen to anyone."""
_NEAR = 5
_TRACES = 3
_LIKELY = -1.0
"""Decimal logarithm of the p-value above which a group is not even nearly a cause."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be explained. target: the promise, 0..1. period: seconds of the SLO's own window, 0 when not known.
    defining: names of the attributes by which good is told from bad."""

    slo: str
    target: float
    source: SourceName
    window: Window
    reference: Window | None = None
    objective: str = ""
    group: Mapping[str, str] = field(default_factory=dict)
    period: float = 0.0
    defining: Collection[str] = ()
    slices: int = SLICES


def explain(events: Events, before: Events | None, question: Question, rules: Rules = RULES) -> Explanation:
    """Who it is. `before`: events of the reference window, None when there are none to compare with."""
    chosen = choose(events, question.defining)
    stratum = _slices(events, question, question.slices)
    unit = events.vehicle.codes if events.vehicle is not None else np.full(len(events), NONE, np.int32)
    columns = chosen.columns
    rows = Rows(
        tuple(column.coded.codes for column in columns),
        tuple(len(column.coded.values) for column in columns),
        events.bad,
        events.total,
        stratum,
        unit,
    )
    peeled = peel(rows, rules)
    work = _Work(events, before, question, chosen, rows)
    return Explanation(
        slo=question.slo,
        objective=question.objective,
        group=question.group,
        target=question.target,
        source=question.source,
        window=question.window,
        reference=question.reference if before is not None else None,
        events=counts(events, np.ones(len(events), np.bool_)),
        before=counts(before, np.ones(len(before), np.bool_)) if before is not None else None,
        timeline=work.timeline(np.ones(len(events), np.bool_)),
        causes=work.causes(peeled.causes),
        near=work.near(peeled.near),
        heavy=tuple(_heavy(events, chosen.ids)),
        left_out=chosen.left_out,
        attributes=tuple(column.name for column in columns),
        same=chosen.same,
        searched=peeled.searched,
    )


def _slices(events: Events, question: Question, slices: int) -> Codes:
    """So many slices of the window; they are (start, end], as buckets are."""
    start, end = question.window.start, question.window.end
    place = np.ceil((events.at - start) / max(end - start, 1e-9) * slices) - 1
    return np.asarray(np.clip(place, 0, slices - 1), np.int32)


class _Work:
    """Turns what was peeled into what is told."""

    def __init__(self, events: Events, before: Events | None, question: Question, chosen: Chosen, rows: Rows) -> None:
        self._events, self._before, self._question = events, before, question
        self._chosen, self._rows = chosen, rows

    def timeline(self, mask: Mask) -> Timeline:
        """Events of the mask by slices."""
        window, slices = self._question.window, self._question.slices
        at, weight = self._rows.stratum[mask], self._events.weight[mask]
        ends = window.start + (np.arange(slices) + 1) * ((window.end - window.start) / slices)
        bad = summed(at, self._events.bad[mask] * weight, slices)
        total = summed(at, self._events.total[mask] * weight, slices)
        return Timeline(np.round(ends).astype(np.int64), bad, total)

    def causes(self, named: Sequence[Named]) -> tuple[Cause, ...]:
        """Every cause, without the events of those before it."""
        left = np.ones(len(self._events), np.bool_)
        masks: list[Mask] = []
        for one in named:
            inside = self._rows.inside(one.cell.attributes, one.cell.values)
            masks.append(inside & left)
            left &= ~inside
        then = self._masks_before([self._where(one.cell) for one in named])
        return tuple(
            self._cause(one, mask, left, then, number)
            for number, (one, mask) in enumerate(zip(named, masks, strict=True))
        )

    def _masks_before(self, wheres: Sequence[Conjunction]) -> tuple[list[Mask], Mask] | None:
        if self._before is None:
            return None
        left = np.ones(len(self._before), np.bool_)
        masks: list[Mask] = []
        for where in wheres:
            inside = holding(self._before, where)
            masks.append(inside & left)
            left &= ~inside
        return masks, left

    def _cause(self, one: Named, mask: Mask, rest: Mask, then: tuple[list[Mask], Mask] | None, number: int) -> Cause:
        events, question = self._events, self._question
        whole = counts(events, np.ones(len(events), np.bool_))
        inside, outside = counts(events, mask), counts(events, rest)
        where = self._where(one.cell)
        times = self.timeline(mask)
        began = self._began(times, mask, inside, outside)
        burn = inside.bad / max(whole.total, 1e-12) / (1 - question.target)
        seconds = question.window.end - question.window.start
        cause = Cause(
            where=where,
            inside=inside,
            outside=outside,
            share=inside.bad / max(whole.bad, 1e-12),
            expected=one.weighed.expected,
            burn=burn,
            budget=burn * seconds / question.period if question.period else None,
            log10_p=one.log10_p,
            effect=one.weighed.effect,
            vehicles=one.weighed.units,
            timeline=times,
            since=began[1] if began else None,
            between=(began[0], began[2]) if began else None,
            equals=tuple(self._where(cell) for cell in one.equals),
            traces=self._traces(mask),
            picked=self._picked(where, mask),
        )
        if then is None or self._before is None:
            return cause
        masks, left = then
        before, before_outside = counts(self._before, masks[number]), counts(self._before, left)
        new = is_new(inside, outside, before, before_outside, one.weighed.effect)
        return replace(cause, before=before, before_outside=before_outside, new=new)

    def _where(self, cell: Cell) -> Conjunction:
        columns = self._chosen.columns
        return tuple(
            Predicate(columns[attribute].name, columns[attribute].coded.values[value])
            for attribute, value in zip(cell.attributes, cell.values, strict=True)
        )

    def _began(self, times: Timeline, mask: Mask, inside: Counts, outside: Counts) -> tuple[int, int, int] | None:
        """Earliest, likeliest and latest beginning, epoch seconds."""
        place = onset(times.bad, times.total, inside.rate or 0.0, outside.rate or 0.0)
        if place is None:
            return None
        events, window, slices = self._events, self._question.window, self._question.slices
        finer = _FINER if self._question.source == "spans" else 1  # the events of a metric have the times of buckets
        at = _slices(events, self._question, slices * finer)[mask]
        # As they were seen: a good event that stands for 64 is no more sure a sign than any other.
        bad, total = (summed(at, one[mask], slices * finer) for one in (events.bad, events.total))
        width = (window.end - window.start) / (slices * finer)
        first, likely, last = (round(window.start + one * width) for one in between(bad, total, place * finer))
        return first, likely, last

    def _traces(self, mask: Mask) -> tuple[str, ...]:
        """Some bad events, the newest, of different vehicles as far as there are."""
        events = self._events
        if events.trace is None:
            return ()
        kept = np.flatnonzero(mask & (events.bad > 0))
        kept = kept[np.argsort(-events.at[kept], kind="stable")]
        if events.vehicle is not None:
            _, first = np.unique(events.vehicle.codes[kept], return_index=True)
            others = np.setdiff1d(np.arange(len(kept)), first)
            kept = kept[np.concatenate([np.sort(first), others])]
        return tuple(dict.fromkeys(events.trace[row].tobytes().hex() for row in kept[:_TRACES]))

    def _picked(self, where: Conjunction, mask: Mask) -> Picked:
        # What was asked of a group alone is about the vehicles of that group alone.
        group = tuple(Predicate(name, value) for name, value in self._question.group.items())
        text, beyond = picking.pick((*group, *where))
        vehicle = self._events.vehicle
        codes = vehicle.codes[mask & (self._events.bad > 0)] if vehicle is not None else np.array([NONE])
        return Picked(text, beyond, len(np.unique(codes[codes != NONE])))

    def near(self, near: Sequence[tuple[Named, str]]) -> tuple[NearMiss, ...]:
        """The best of what was no cause, each once."""
        found: dict[Conjunction, NearMiss] = {}
        bad, total = float(self._events.bad.sum()), float(self._events.total.sum())
        for one, reason in near:
            if reason == CHANCE and one.log10_p > _LIKELY:
                continue
            cell, where = one.cell, self._where(one.cell)
            outside = (bad - cell.bad) / max(total - cell.total, 1e-12)
            share = float(cell.bad / max(bad, 1e-12))
            miss = NearMiss(where, share, float(cell.bad / cell.total), outside, one.log10_p, reason)
            found.setdefault(where, miss)
        return tuple(list(found.values())[:_NEAR])


def _heavy(events: Events, ids: Sequence[Column]) -> list[HeavyHitter]:
    """The vehicles, and values of other attributes that name very many things, with the most bad events; a vehicle
    once, however many attributes name it."""
    columns = list(ids)
    if events.vehicle is not None and not any(column.coded is events.vehicle for column in columns):
        columns.append(Column("vehicle", events.vehicle, "fleet"))
    seen: set[str] = set()
    found: list[HeavyHitter] = []
    whole = max(float((events.bad * events.weight).sum()), 1e-12)
    for column in columns:
        codes = column.coded.codes
        bad = np.bincount(codes + 1, weights=events.bad * events.weight, minlength=2)[1:]
        raw = np.bincount(codes + 1, weights=events.bad, minlength=2)[1:]
        total = np.bincount(codes + 1, weights=events.total * events.weight, minlength=2)[1:]
        found += [
            HeavyHitter(
                column.name, column.coded.values[code], float(bad[code]), float(total[code]), _part(bad[code], whole)
            )
            for code in np.argsort(-bad, kind="stable")[:_HEAVY].tolist()
            if raw[code] >= _LEAST and column.coded.values[code] not in seen
        ]
        if column.name in VEHICLE_IDS:
            seen |= {one.value for one in found if one.attribute == column.name}
    return sorted(found, key=lambda one: -one.share)[: 2 * _HEAVY]


def _part(bad: Floats, whole: float) -> float:
    return float(bad) / whole
