"""The verdict: from one objective's bucket series to one row per group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

import numpy as np

from cdctl.domain import figures
from cdctl.domain.slo.alert_windows import BURN_WINDOWS, DAY, MIN_BAD_EVENTS, PAIRS_RULE, BurnPair, pairs
from cdctl.domain.slo.budget import Tally, negative, tally
from cdctl.domain.slo.doubts import confirmed
from cdctl.domain.slo.measure import Asked, Measured
from cdctl.domain.slo.tiling import FINE
from cdctl.domain.slo.verdict import ErrorBudget, History, Row, Verdict
from cdctl.domain.slo.weighing import MIXED, interval_of, mixed, weight_warnings
from cdctl.domain.slo.window import inexact, premature

AT_RISK_REMAINING = 0.1
_GOOD_TOO_MANY = 0.01
"""Good may exceed total by this share of the budget before it is said: two metrics are not scraped in one instant."""
_TOO_NEGATIVE = 1e-6
"""Share of all events that may be negative before it is said: subtractions of floats are not exact."""
_DOUBT = 1e-9
"""Share of all events by which running sums of floats may be wrong, generously."""
_NEWBORN = "seen for the first time a moment ago: its counters hold events of unknown age"
_ONLY_NAN = "its series hold nothing but NaN"

RULES = (
    "Good and total are sums of events over the window; a ratio is a ratio of sums, never a mean of ratios.",
    "breached: more bad events (or slices) than the error budget allows.",
    f"at_risk: not breached, and a multi-window pair fires or under {AT_RISK_REMAINING:.0%} of the budget is left.",
    f"A burn pair fires when the burn rates of both windows exceed its factor, on {MIN_BAD_EVENTS} bad events or more.",
    PAIRS_RULE,
    "no_data: the total was observed for less of the window than the minimum coverage.",
    "Intervals are 95 % Wilson score intervals.",
)
"""How verdicts are reached; every report carries them."""


def judge(measured: Measured, *, history: bool = True) -> tuple[Row, ...]:
    """One row per group that was seen, and per group that was expected; at least one row.

    Without `history` rows do not hold on to their buckets.
    """
    asked = measured.asked
    names = [dict(zip(asked.slo.group_by, values, strict=True)) for values in measured.buckets.groups]
    whole = [values.tolist() for values in measured.whole]
    rows = [
        _row(measured, i, names[i], (good, total, covered), _history(measured, i) if history else None)
        for i, (good, total, covered) in enumerate(zip(*whole, strict=True))
        if covered > 0
    ]
    if len(rows) < len(names):
        unseen = np.flatnonzero(~(measured.buckets.seen > 0).any(axis=1)).tolist()
        rows += [no_data(asked, names[i], _NEWBORN if measured.came[i] else _ONLY_NAN) for i in unseen]
    if asked.slo.expect_groups:
        seen, silent = [row.group for row in rows], measured.buckets.watched is not None and not rows
        rows += [
            no_data(asked, group, _nothing(measured) if silent else _absent(group))
            for group in asked.slo.expect_groups
            if dict(group) not in seen
        ]
    if not rows:
        rows = [no_data(asked, {}, _nothing(measured))]
    return tuple(rows)


def _nothing(measured: Measured) -> str:
    watched = measured.buckets.watched
    if watched is not None and measured.end > measured.window.start:
        if not (watched > 0).any():
            return "the store took no spans in during the window: cdctl trace serve and cdctl trace import fill it"
        return "not one span of the total ended in the window: check the filter, and which spans count"
    if not any(measured.came):
        return "the source returned no series for the total: check its name and labels"
    if measured.end <= measured.window.start:
        return "the window has just begun: not one whole bucket of it has passed"
    if not (measured.buckets.seen > 0).any():
        return _NEWBORN
    return "nothing was observed in the window, only before it: is the metric still scraped?"


def _absent(group: Mapping[str, str]) -> str:
    return f"expected group {', '.join(f'{k}={v}' for k, v in group.items())} was not seen in the window"


def no_data(asked: Asked, group: Mapping[str, str], reason: str, verdict: Verdict = Verdict.NO_DATA) -> Row:
    """The row of an objective about which nothing is known."""
    return Row(
        name=asked.slo.name,
        service=asked.slo.service,
        group=group,
        objective=asked.objective.name,
        target=asked.objective.target,
        budgeting=asked.slo.budgeting.value,
        window=asked.window,
        verdict=verdict,
        reason=reason,
        coverage=0.0 if verdict is Verdict.NO_DATA else None,
        burn_rates=dict.fromkeys(BURN_WINDOWS),
        warnings=(*confirmed(asked.warnings, 0, 0), *_window_warnings(asked)),
        evidence=asked.evidence,
        display_name=asked.slo.display_name,
        description=asked.slo.description,
    )


def _row(
    measured: Measured, i: int, group: Mapping[str, str], sums: tuple[float, float, float], history: History | None
) -> Row:
    asked, burn = measured.asked, measured.burn
    good, total, covered = sums
    events = (float(values[i, measured.inside].sum()) for values in (measured.buckets.good, measured.buckets.total))
    warnings = (
        *confirmed(asked.warnings, *events),
        *_window_warnings(asked),
        *_group_warnings(measured, i),
        *_warnings(measured, i, good, total),
        *weight_warnings(measured, i),
    )
    bad = max(total - good, 0.0)
    good = min(good, total)
    share = min(1.0, covered / max(measured.end - measured.window.start, 1))
    budget = _budget(measured, i, bad, total)
    rates = burn.of(i)
    bad_by_window = burn.bad_of(i)
    firing = tuple(pair for pair in pairs(asked.slo.window) if pair.fires(rates, bad_by_window))
    verdict, reason = _verdict(measured, share, budget, firing)
    if verdict is Verdict.NO_DATA:
        reason = f"{reason}; {_history_hint(measured, i)}"
    if mixed(measured, i):
        reason = f"{reason}; {MIXED}" if reason else MIXED
    return Row(
        name=asked.slo.name,
        service=asked.slo.service,
        group=group,
        objective=asked.objective.name,
        target=asked.objective.target,
        budgeting=asked.slo.budgeting.value,
        window=measured.window,
        verdict=verdict,
        good=good,
        bad=budget.consumed,
        total=total,
        sli=good / total if total else None,
        interval=interval_of(measured, i, good, total),
        coverage=share,
        error_budget=budget,
        burn_rates=rates,
        firing=tuple(map(str, firing)),
        reason=reason,
        warnings=warnings,
        evidence=asked.evidence,
        history=history,
        display_name=asked.slo.display_name,
        description=asked.slo.description,
    )


def _budget(measured: Measured, i: int, bad: float, total: float) -> ErrorBudget:
    """(1 - target) x events so far, or x slices of the whole window for the timeslice methods.

    A breach by one event shows at any size, and a budget spent to the last event is not overspent by float noise.
    """
    objective = measured.asked.objective
    base = Decimal(measured.window.seconds) / objective.slice_seconds if objective.slice_seconds else Decimal(total)
    allowed = (1 - objective.target) * base
    if not allowed:
        return ErrorBudget(0.0, bad, None)
    if abs(bad - float(allowed)) > _DOUBT * total:
        return ErrorBudget(float(allowed), bad, remaining(Decimal(bad) / allowed))
    exact, most = exactly(measured, i)
    return ErrorBudget(float(most), float(exact.bad), exact.left(most))


def exactly(measured: Measured, i: int) -> tuple[Tally, Fraction]:
    """What the window of one group holds and what its budget allows, both without rounding."""
    objective, inside = measured.asked.objective, measured.inside
    found = tally(measured.good[i, inside], measured.total[i, inside])
    slice_seconds = objective.slice_seconds
    base = Fraction(measured.window.seconds, slice_seconds) if slice_seconds else found.total
    return found, Fraction(1 - objective.target) * base


def remaining(spent: Decimal) -> float:
    """Share of a budget that is left when `spent` of it is spent, free of the noise of float sums."""
    return float(round(1 - spent, 9)) + 0.0


def _verdict(
    measured: Measured, share: float, budget: ErrorBudget, firing: tuple[BurnPair, ...]
) -> tuple[Verdict, str | None]:
    asked = measured.asked
    if share < float(asked.min_coverage):
        observed, least = figures.percent(share), figures.target(asked.min_coverage)
        return Verdict.NO_DATA, f"only {observed} of the window was observed, {least} is the minimum"
    if budget.remaining_ratio is not None and budget.remaining_ratio < 0:
        unit = "slices" if asked.objective.slice_seconds else "events"
        allowed = f"{_count(budget.allowed)} allowed{_so_far(measured)}"
        return Verdict.BREACHED, f"{_count(budget.consumed)} bad {unit}, {allowed}"
    reasons = [f"burn rate {pair}" for pair in firing]
    if budget.remaining_ratio is not None and budget.remaining_ratio < AT_RISK_REMAINING:
        reasons.append(f"{figures.percent(budget.remaining_ratio)} of the error budget left")
    return (Verdict.AT_RISK, "; ".join(reasons)) if reasons else (Verdict.MET, None)


def _so_far(measured: Measured) -> str:
    """How little of a period has passed: a budget of events grows with them, and early in a month one may break it."""
    window = measured.window
    if window.kind != "calendar" or measured.end >= window.end or measured.asked.objective.slice_seconds:
        return ""
    return f" so far, {figures.percent((measured.end - window.start) / window.seconds)} into the period"


def _count(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _history_hint(measured: Measured, i: int) -> str:
    seen = np.flatnonzero(measured.buckets.seen[i] > 0)
    first = int(measured.buckets.ends[seen[0]] - measured.buckets.widths[seen[0]])
    if first <= measured.window.start:
        return f"{'scrapes' if measured.buckets.watched is None else 'spans'} are missing within the window"
    there = measured.end - first
    day, hour = there // DAY, there // 3600
    said = f"history covers a window of {there / DAY:.1f} d"
    cure = f": judge that much with --window {f'{day}d' if day else f'{hour}h'}" if hour else ""
    return f"{said}{cure}, or lower --min-coverage; the ledger keeps what the server forgets, so coverage grows"


def _group_warnings(measured: Measured, i: int) -> Iterator[str]:
    """A group without a label is odd when others have it, and a misspelt label when none has."""
    groups = measured.buckets.groups
    one, what = ("series", "series") if measured.buckets.watched is None else ("span", "spans")
    for place, label in enumerate(measured.asked.slo.group_by):
        if not groups[i][place]:
            if any(other[place] for other in groups):
                yield f"these are the {what} without the label {label}"
            else:
                yield f"no {one} has the label {label}: is it misspelt?"


def _window_warnings(asked: Asked) -> list[str]:
    return [said for said in (inexact(asked.slo.window), premature(asked.slo.window, asked.at)) if said]


def _warnings(measured: Measured, i: int, good: float, total: float) -> list[str]:
    found = []
    if total == 0:
        found.append("no events in the window: nothing to judge")
    if measured.asked.slo.expected_traffic is not None and (charged := measured.charged[i, measured.inside].sum()):
        found.append(f"{charged / 3600:.1f} h without expected traffic are charged as an outage")
    if measured.asked.objective.slice_seconds is None and measured.width > FINE:
        found.append(
            f"buckets widened to {measured.width // 60} min to span two scrapes; shorter burn rates use that width"
        )
    if negative(measured.buckets.good[i], measured.buckets.total[i]) > _TOO_NEGATIVE:
        found.append("the queries answer negative numbers of events, taken for none: do they subtract as they should?")
    if good - total > _GOOD_TOO_MANY * float(1 - measured.asked.objective.target) * total:
        by = f"{good / total - 1:.2%}" if total else f"{good:g} events"
        found.append(f"good exceeds total by {by} and was clamped: do the queries match?")
    return found


def _history(measured: Measured, i: int) -> History:
    part = measured.inside
    return History(
        measured.buckets.ends[part],
        measured.buckets.widths[part],
        measured.good[i, part],
        measured.total[i, part],
        measured.coverage[i, part],
    )
