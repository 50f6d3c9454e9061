"""From series to good and total per group. Empty, NaN and zero are told apart here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.series import LOOKBACK, Buckets, Floats, Span
from cdctl.sources.prometheus.answers import Series
from cdctl.sources.prometheus.legs import LOOK, MANY, SEEN, EventLeg, Leg, LookLeg, Part, Plan, WindowLeg
from cdctl.sources.promql.refusal import QueryError

Group = tuple[str, ...]
_MINUTE = 60
_NO_GOOD = "good returned nothing while total did: counted as 0 good; is a metric or label renamed?"
_NO_BAD = "bad returned nothing: counted as 0 bad; right if nothing ever failed, wrong if a label is misspelt"


def combine(
    plan: Plan, answers: dict[Leg, list[Series]], group_by: tuple[str, ...], span: Span
) -> tuple[Buckets, list[str]]:
    """Buckets of one span, and warnings.

    total absent: not seen. Total present, good or bad absent: zero of it. Raises QueryError when an ungrouped query
    returns several series.
    """
    count = len(span)
    none = np.zeros(count)
    series = answers[plan.total.leg]
    seen = _seen(plan.total.leg, series, group_by, span)
    total = _sums(plan.total, series, group_by, count)
    known = {group for group, values in seen.items() if values.any()}
    if isinstance(plan.total.leg, LookLeg):
        _refuse_pool(series)
        good, total = total, _by_group([one for one in series if SEEN in one.labels], group_by, count)
        known |= set(good)  # a series of nothing but NaN: there, and never seen
    groups = tuple(sorted(known))
    warnings: list[str] = []
    if not isinstance(plan.total.leg, LookLeg):
        part = plan.good or plan.bad
        if part is None:
            raise ValueError("a plan that counts events has good or bad")
        other = _sums(part, answers[part.leg], group_by, count)
        if groups and not other and len(span) * span.step > LOOKBACK and _events(total) > 0:
            warnings.append(_NO_GOOD if plan.good else _NO_BAD)
        good = other if plan.good else {name: total.get(name, none) - other.get(name, none) for name in groups}
    if any("" in group for group in groups) and group_by:
        warnings.append(
            f"series without the label {' or '.join(_unlabelled(groups, group_by))} are a group of their own"
        )

    def stack(values: dict[Group, Floats]) -> Floats:
        rows = [values.get(name, none) for name in groups]
        there = np.array([seen.get(name, none) > 0 for name in groups]).reshape(len(groups), count)
        return np.where(there, np.array(rows).reshape(len(groups), count), 0.0)

    widths = np.full(count, span.step, dtype=np.int64)
    return Buckets(groups, span.ends, widths, stack(good), stack(total), stack(seen)), warnings


def _events(sums: dict[Group, Floats]) -> float:
    return float(sum(np.nansum(values) for values in sums.values()))


def _unlabelled(groups: tuple[Group, ...], group_by: tuple[str, ...]) -> list[str]:
    return [label for i, label in enumerate(group_by) if any(not group[i] for group in groups)]


def _seen(leg: Leg, series: list[Series], group_by: tuple[str, ...], span: Span) -> dict[Group, Floats]:
    """Observations per group and bucket; a window query cannot count them and says as if looked at once a minute."""
    if isinstance(leg, WindowLeg):
        _refuse_many(series, group_by)
        there: dict[Group, NDArray[np.bool_]] = {}
        for one in series:
            group = _group(one, group_by)
            there[group] = there.get(group, False) | np.isfinite(one.values)
        return {group: flags.astype(np.float64) * (span.step / _MINUTE) for group, flags in there.items()}
    counts = _by_group([one for one in series if SEEN in one.labels], group_by, len(span))
    if isinstance(leg, LookLeg):
        return {group: values * (min(LOOK, span.step) / _MINUTE) for group, values in counts.items()}
    return counts


def _sums(part: Part, series: list[Series], group_by: tuple[str, ...], count: int) -> dict[Group, Floats]:
    """Events per group of the series that the part keeps."""
    if isinstance(part.leg, WindowLeg):
        _refuse_many(series, group_by)
    events = [one for one in series if SEEN not in one.labels and MANY not in one.labels]
    if isinstance(part.leg, EventLeg) and part.keep:
        events = [one for one in events if all(m.holds(one.labels.get(m.label, "")) for m in part.keep)]
    return _by_group(events, group_by, count)


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
