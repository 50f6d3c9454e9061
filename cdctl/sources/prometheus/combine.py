"""From series to good and total per group. Empty, NaN and zero are told apart here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.doubts import NO_BAD, NO_GOOD
from cdctl.domain.slo.series import LOOKBACK, Buckets, Floats, Span
from cdctl.sources.prometheus.answers import Series
from cdctl.sources.prometheus.legs import BEYOND, INFINITE, LOOK, MANY, SEEN, EventLeg, Leg, LookLeg, WindowLeg
from cdctl.sources.prometheus.plan import Part, Plan
from cdctl.sources.promql.refusal import QueryError

Group = tuple[str, ...]
_Answers = Mapping[Leg, list[Series]]
_MINUTE = 60
_MARKS = frozenset({SEEN, MANY, BEYOND})
_PERCENT = "a ratio is 0..1: divide percentages by 100, and by nothing that can be 0"


def combine(plan: Plan, answers: _Answers, group_by: tuple[str, ...], span: Span) -> tuple[Buckets, list[str]]:
    """Buckets of one span, and warnings.

    total absent: not seen. Total present, good or bad absent: zero of it. NaN where something happened: not known, so
    not seen. Raises QueryError when an ungrouped query returns several series.
    """
    if isinstance(plan.total[0].leg, LookLeg):
        return _looks(plan.total[0].leg, answers, group_by, span)
    total, odd = _added(plan.total, answers, group_by, len(span))
    seen = _seen_all(plan.total, answers, group_by, span)
    groups = tuple(sorted({*(group for group, values in seen.items() if values.any()), *(odd.keys() & seen.keys())}))
    parts, which = (plan.good, "good") if plan.good else (plan.bad, "bad")
    other, unknown = _added(parts, answers, group_by, len(span))
    none = np.zeros(len(span))
    good = other if plan.good else {name: total.get(name, none) - other.get(name, none) for name in groups}
    warnings = _absent(plan, answers, group_by) if groups else []
    for kind, flags in (("total", odd), (which, unknown)):
        for group in flags.keys() & set(groups):
            # Where nothing happened, a share of it cannot have been told: 0 / 0.
            hidden = flags[group] & ((kind == "total") | (total.get(group, none) > 0)) & (seen.get(group, none) > 0)
            if hidden.any() or kind == "total":
                seen[group] = np.where(hidden, 0.0, seen.get(group, none))
                warnings.append(f"{kind} is NaN or infinite in places: those count as not observed")
    return _stacked(groups, span, good, total, seen), list(dict.fromkeys(warnings))


def _looks(leg: LookLeg, answers: _Answers, group_by: tuple[str, ...], span: Span) -> tuple[Buckets, list[str]]:
    series = answers[leg]
    if not group_by:
        _refuse_pool(series)

    def marked(label: str) -> dict[Group, Floats]:
        return _by_group([one for one in series if label in one.labels], group_by, len(span))

    good = _by_group([one for one in series if not _MARKS & one.labels.keys()], group_by, len(span))
    total, beyond, there = marked(SEEN), marked(BEYOND), marked(MANY)
    warnings = _beyond(beyond, total, span)
    seen = {group: values * (min(LOOK, span.step) / _MINUTE) for group, values in total.items()}
    # A series of nothing but NaN: there, and never seen.
    groups = {*(group for group, values in seen.items() if values.any()), *good, *beyond, *there}
    return _stacked(tuple(sorted(groups)), span, good, total, seen), warnings


def _beyond(beyond: Mapping[Group, Floats], total: Mapping[Group, Floats], span: Span) -> list[str]:
    """What is said of looks at a ratio that were none. Raises QueryError when most of a longer time was none."""
    if not any(values.any() for values in beyond.values()):
        return []
    none = np.zeros(len(span))
    most = max(float(values.max()) for values in beyond.values())
    far = "infinite" if most >= INFINITE else f"up to {most - 0.5:,.6g} beyond 0..1"
    half = span.step / min(LOOK, span.step) / 2
    groups = beyond.keys() | total.keys()
    odd = sum(np.count_nonzero((beyond.get(group, none) > 0) & (total.get(group, none) < half)) for group in groups)
    looked = sum(np.count_nonzero(beyond.get(group, none) + total.get(group, none)) for group in groups)
    if 2 * odd > looked and len(span) * span.step > LOOKBACK:
        raise QueryError(f"the values of the raw ratio are {far}", _PERCENT)
    return [f"values of the raw ratio are {far}: those looks count as not observed; {_PERCENT}"]


def _stacked(
    groups: tuple[Group, ...],
    span: Span,
    good: Mapping[Group, Floats],
    total: Mapping[Group, Floats],
    seen: Mapping[Group, Floats],
) -> Buckets:
    count, none = len(span), np.zeros(len(span))
    there = np.array([seen.get(name, none) > 0 for name in groups]).reshape(len(groups), count)

    def stack(values: Mapping[Group, Floats]) -> Floats:
        rows = np.array([values.get(name, none) for name in groups]).reshape(len(groups), count)
        return np.where(there, rows, 0.0)

    widths = np.full(count, span.step, dtype=np.int64)
    return Buckets(groups, span.ends, widths, stack(good), stack(total), stack(seen))


def _added(
    parts: Sequence[Part], answers: _Answers, group_by: tuple[str, ...], count: int
) -> tuple[dict[Group, Floats], dict[Group, NDArray[np.bool_]]]:
    """Events per group of all parts, and the buckets in which any of them is NaN."""
    sums: dict[Group, Floats] = {}
    odd: dict[Group, NDArray[np.bool_]] = {}
    for part in parts:
        series = _kept(part, answers[part.leg], group_by)
        for group, values in _by_group(series, group_by, count).items():
            sums[group] = sums.get(group, 0.0) + part.sign * values
        for one in series:
            if one.odd is not None and one.odd.any():
                group = _group(one, group_by)
                odd[group] = odd.get(group, False) | one.odd
    return sums, odd


def _absent(plan: Plan, answers: _Answers, group_by: tuple[str, ...]) -> list[str]:
    """What is suspected of parts that returned nothing; what is taken from good is bad."""
    gone = [part for part in (*plan.good, *plan.bad) if not _kept(part, answers[part.leg], group_by)]
    return [NO_GOOD if (part.sign > 0) is bool(plan.good) else NO_BAD for part in gone]


def _seen_all(parts: Sequence[Part], answers: _Answers, group_by: tuple[str, ...], span: Span) -> dict[Group, Floats]:
    """Observations per group and bucket of a total: as many as of the part seen least, of those that must be there."""
    must = [part for part in parts if not part.optional] or [part for part in parts if part.sign > 0]
    each = [_seen(part.leg, answers[part.leg], group_by, span) for part in must]
    least = np.fmax if all(part.optional for part in must) else np.fmin
    none = np.zeros(len(span))
    groups = {group for seen in each for group in seen}
    return {group: least.reduce([seen.get(group, none) for seen in each]) for group in groups}


def _seen(leg: Leg, series: list[Series], group_by: tuple[str, ...], span: Span) -> dict[Group, Floats]:
    """Observations of one leg; a window query cannot count them and says as if looked at once a minute."""
    if not isinstance(leg, WindowLeg):
        return _by_group([one for one in series if SEEN in one.labels], group_by, len(span))
    there: dict[Group, NDArray[np.bool_]] = {}
    for one in series:
        group = _group(one, group_by)
        there[group] = there.get(group, False) | np.isfinite(one.values)
    return {group: flags.astype(np.float64) * (span.step / _MINUTE) for group, flags in there.items()}


def _kept(part: Part, series: list[Series], group_by: tuple[str, ...]) -> list[Series]:
    """The series whose events count for the part."""
    if isinstance(part.leg, WindowLeg):
        _refuse_many(series, group_by)
    events = [one for one in series if SEEN not in one.labels]
    if isinstance(part.leg, EventLeg) and part.keep:
        events = [one for one in events if all(m.holds(one.labels.get(m.label, "")) for m in part.keep)]
    return events


def _by_group(series: list[Series], group_by: tuple[str, ...], count: int) -> dict[Group, Floats]:
    sums: dict[Group, Floats] = {}
    for one in series:
        group = _group(one, group_by)
        values = np.where(np.isnan(one.values), 0.0, one.values)
        sums[group] = sums[group] + values if group in sums else values
    return sums


def _group(series: Series, group_by: tuple[str, ...]) -> Group:
    return tuple(series.labels.get(label, "") for label in group_by)


def _refuse_pool(series: list[Series]) -> None:
    most = max((np.nanmax(one.values, initial=0.0) for one in series if MANY in one.labels), default=0.0)
    if most > 1:
        raise QueryError(
            f"the query returned {most:.0f} series, and no grouping is named",
            "aggregate it (max, min, avg), or group the objective: cdctl.io/group-by: LABEL",
        )


def _refuse_many(series: list[Series], group_by: tuple[str, ...]) -> None:
    if group_by or len(series) <= 1:
        return
    labels = sorted({label for one in series for label in one.labels if label != "__name__"})
    raise QueryError(
        f"the query returned {len(series)} series, by {', '.join(labels)}, and no grouping is named",
        f"wrap it in sum(...), or group the objective: cdctl.io/group-by: {labels[0] if labels else 'label'}",
    )
