"""The verdict on an SLO whose objectives have indicators of their own (OpenSLO's composite).

Occurrences: burn rates and spent budgets are averaged by `compositeWeight`. Timeslices: a slice is bad when it is bad
for any objective. RatioTimeslices: what is missing to 1 adds up, so 95 % and 95 % make 90 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import gcd

import numpy as np

from cdctl.domain.slo.alert_windows import pairs
from cdctl.domain.slo.budget import NEAR, burns, counts, tally
from cdctl.domain.slo.judge import AT_RISK_REMAINING, exactly, remaining
from cdctl.domain.slo.measure import Measured
from cdctl.domain.slo.objective import Budgeting
from cdctl.domain.slo.series import Buckets
from cdctl.domain.slo.tiling import regroup
from cdctl.domain.slo.verdict import Composite, Row, Verdict

_UNKNOWN = frozenset({Verdict.NO_DATA, Verdict.ERROR})


def with_composite(
    rows: Sequence[Row], measured: Sequence[Measured], weights: Mapping[str, Decimal]
) -> tuple[Row, ...]:
    """The rows of one SLO, each with the composite of its group.

    rows: of all objectives; measured: of the objectives that could be asked; weights: by objective name.
    """
    failed = any(row.verdict is Verdict.ERROR for row in rows)
    judged: dict[str, Composite] = {}
    for row in rows:
        if row.group_text not in judged:
            same = [other for other in rows if other.group == row.group]
            judged[row.group_text] = _judge(same, measured, weights, Verdict.ERROR if failed else Verdict.NO_DATA)
    return tuple(replace(row, composite=judged[row.group_text]) for row in rows)


def _judge(
    rows: Sequence[Row], measured: Sequence[Measured], weights: Mapping[str, Decimal], unknown: Verdict
) -> Composite:
    share = {row.objective: float(weights[row.objective]) for row in rows}
    whole = sum((weights[row.objective] for row in rows), Decimal(0))
    target = sum((row.target * weights[row.objective] for row in rows), Decimal(0)) / whole
    if len(rows) < len(weights) or any(row.verdict in _UNKNOWN for row in rows):
        return Composite(None, target, None, dict.fromkeys(rows[0].burn_rates), unknown)
    if rows[0].budgeting != Budgeting.OCCURRENCES.value:
        return _of_slices(rows[0], measured, target)
    burn = {name: _mean({row.objective: row.burn_rates[name] for row in rows}, share) for name in rows[0].burn_rates}
    sli = _mean({row.objective: row.sli for row in rows}, share)
    left = _left(rows, measured, weights)
    return _verdict(measured[0], sli, target, left, burn, _most_bad(rows[0], measured))


def _left(rows: Sequence[Row], measured: Sequence[Measured], weights: Mapping[str, Decimal]) -> float | None:
    parts = {row.objective: row.error_budget.remaining_ratio if row.error_budget else None for row in rows}
    mean = _mean(parts, {name: float(weights[name]) for name in parts})
    if mean is None or abs(mean) > NEAR:
        return None if mean is None else remaining(1 - Decimal(mean))
    left, noise, group = Fraction(0), Fraction(0), tuple(rows[0].group.values())
    for one in measured:
        found, allowed = exactly(one, one.buckets.groups.index(group))
        if allowed:
            weight = Fraction(weights[one.asked.objective.name])
            left += weight * (1 - found.bad / allowed)
            noise += weight * found.noise / allowed
    whole = sum((Fraction(weights[name]) for name, part in parts.items() if part is not None), Fraction(0))
    return 0.0 if abs(left) <= noise else float(left / whole)


def _most_bad(row: Row, measured: Sequence[Measured]) -> dict[str, float]:
    """Bad events by window of the objective that has most: one failed request may be bad for several."""
    group = tuple(row.group.values())
    own = [one.burn.bad_of(one.buckets.groups.index(group)) for one in measured]
    return {name: max(bad[name] for bad in own) for name in row.burn_rates}


def _mean(values: Mapping[str, float | None], share: Mapping[str, float]) -> float | None:
    known = {name: value for name, value in values.items() if value is not None}
    weight = sum(share[name] for name in known)
    return sum(value * share[name] for name, value in known.items()) / weight if weight else None


def _of_slices(row: Row, measured: Sequence[Measured], target: Decimal) -> Composite:
    first, end = measured[0], max(one.end for one in measured)
    group = (tuple(row.group.values()),)
    step = gcd(*(one.asked.objective.slice_seconds or 1 for one in measured))
    own = [_cut(regroup(replace(one.buckets, good=one.good, total=one.total), group), step) for one in measured]
    ends = np.unique(np.concatenate([one.ends for one in own]))
    missing, seen = np.zeros((len(own), len(ends))), np.zeros(len(ends))
    for i, one in enumerate(own):
        there = one.seen[0] > 0
        place = np.searchsorted(ends, one.ends[there])
        missing[i, place] = 1 - one.good[0, there]
        seen[place] = 1.0
    lost = missing.max(axis=0) if row.budgeting == Budgeting.TIMESLICES.value else missing.sum(axis=0)
    good = np.clip(1 - lost, 0.0, 1.0) * seen
    sums = counts(ends, np.full(len(ends), step, np.int64), good[None], seen[None], seen[None], slices=True)
    window = first.asked.window
    ok, total, _ = (float(values[0]) for values in sums.window(window.start, end))
    low, high = np.searchsorted(ends, [window.start, end], side="right")
    left = tally(good[low:high], seen[low:high]).left(Fraction(1 - target) * window.seconds / step)
    burn = burns(sums, end, target)
    return _verdict(first, ok / total if total else None, target, left, burn.of(0), burn.bad_of(0))


def _cut(slices: Buckets, step: int) -> Buckets:
    """Slices cut into shorter ones that are as good as the whole: objectives may have slices of different lengths."""
    parts = int(slices.widths[0]) // step
    after = np.tile(np.arange(1 - parts, 1) * step, len(slices.ends))
    widths = np.full(len(after), step, np.int64)
    return slices.columns(
        lambda values: np.repeat(values, parts, axis=-1), np.repeat(slices.ends, parts) + after, widths
    )


def _verdict(
    first: Measured,
    sli: float | None,
    target: Decimal,
    left: float | None,
    burn: Mapping[str, float | None],
    bad: Mapping[str, float],
) -> Composite:
    """The same rules as for a single objective (judge.RULES)."""
    firing = any(pair.fires(burn, bad) for pair in pairs(first.asked.slo.window))
    verdict = Verdict.MET
    if left is not None and left < 0:
        verdict = Verdict.BREACHED
    elif firing or (left is not None and left < AT_RISK_REMAINING):
        verdict = Verdict.AT_RISK
    return Composite(sli, target, left, burn, verdict)
