"""What a promise asks of spans: two filters, which spans count, and where the values of its groups are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_args

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio
from cdctl.domain.text import safe
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting, Which
from cdctl.domain.traces.traceql.error import TraceqlError
from cdctl.domain.traces.traceql.parser import parse
from cdctl.domain.traces.traceql.tree import ALL, Spanset
from cdctl.domain.traces.traceql.writing import written
from cdctl.sources.traceql.naming import attributes

SETTINGS = ("spans", "errors", "weight")
"""Keys of `metricSource.spec` beside the query."""
OF_DATA_SOURCE = "data_source"
"""The setting that names the data source of which a query is asked."""
WHICH: tuple[Which, ...] = get_args(Which)
CONVENTION = "convention"
MOST_WEIGHT = 1e9


class PlanError(Exception):
    """A query that cannot be asked of spans. `offset`: the place in its text, in characters from 0. `shape`: it is the
    value of a setting alone, which a reader of files sees at its own place."""

    def __init__(self, query: Query, reason: str, hint: str = "", offset: int = 0, *, shape: bool = False) -> None:
        super().__init__(reason)
        self.query = query
        self.reason = reason
        self.hint = hint
        self.offset = offset
        self.shape = shape


@dataclass(frozen=True, slots=True)
class Plan:
    """What is counted; the weight of a span that does not say its own, None when that stays unknown; and where the
    value of each group is looked for, in the order of the names."""

    counting: Counting
    weight: float | None
    places: tuple[tuple[Attribute, ...], ...]

    @property
    def meaning(self) -> str:
        """Equal texts when and only when the answers are the same."""
        one = self.counting
        told = (one.which, "bad" if one.bad else "good", CONVENTION if one.failing else "", self.weight)
        places = [[str(place) for place in group] for group in self.places]
        return f"{written(one.total.where)} | {written(one.part.where)} | {told} {places}"


def plan(indicator: Indicator, group_by: tuple[str, ...]) -> Plan:
    """What an indicator asks of spans. Raises PlanError for one that cannot."""
    if not isinstance(indicator, Ratio):
        query = indicator.raw if isinstance(indicator, RawRatio) else indicator.metric
        kind = "raw ratio" if isinstance(indicator, RawRatio) else "thresholdMetric"
        hint = "write a ratioMetric of good and total; a latency is a filter: { ... && duration < 5s }"
        raise PlanError(query, f"spans are counted, so they make no {kind}", hint)
    part = indicator.bad or indicator.good
    total = indicator.total
    if part is None:
        raise PlanError(total, "there is neither good nor bad", "add good: or bad:")
    counting = Counting(
        total=_filter(total),
        part=_filter(part),
        bad=indicator.bad is not None,
        which=_which(total, part),
        failing=_failing(indicator, part),
    )
    return Plan(counting, _weight(total, part), tuple(attributes(name) for name in group_by))


def faults(indicator: Indicator) -> Iterator[PlanError]:
    """Everything that is wrong with the queries of an indicator; the place of one is no reason to hide another."""
    if not isinstance(indicator, Ratio) or not (indicator.good or indicator.bad):
        try:
            plan(indicator, ())
        except PlanError as error:
            yield error
        return
    part = indicator.bad or indicator.good or indicator.total
    checks: tuple[Callable[[], object], ...] = (
        lambda: _filter(indicator.total),
        lambda: _filter(part),
        lambda: _which(indicator.total, part),
        lambda: _failing(indicator, part),
        lambda: _weight(indicator.total, part),
    )
    for check in checks:
        try:
            check()
        except PlanError as error:
            yield error


def _filter(query: Query) -> Spanset:
    for key in query.settings:
        if key not in (*SETTINGS, OF_DATA_SOURCE):
            near = get_close_matches(key, SETTINGS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are query, {', '.join(SETTINGS)}"
            raise PlanError(query, f"spec has an unknown key {safe(key, 60)!r} for traces", hint, shape=True)
    if not query.text:
        if query.settings.get("errors"):
            return ALL
        raise PlanError(query, "spec has no query", "add query: '{ resource.service.name = \"...\" }'")
    try:
        return parse(query.text)
    except TraceqlError as error:
        raise PlanError(query, error.what, error.hint, error.at) from None


def _which(total: Query, part: Query) -> Which:
    said = total.settings.get("spans", "entry")
    if said not in WHICH:
        raise PlanError(total, f"spans is {safe(said, 60)!r}", f"write one of {', '.join(WHICH)}", shape=True)
    other = part.settings.get("spans", said)
    if other != said:
        hint = "delete it here: what counts is said where the total is"
        raise PlanError(part, f"spans is {safe(other, 60)!r} and {said!r} in the total", hint)
    return said


def _failing(indicator: Ratio, part: Query) -> bool:
    for query in (indicator.total, part):
        said = query.settings.get("errors")
        if said not in (None, CONVENTION):
            hint = f"write {CONVENTION}, or delete it and say in the query what is bad: status = error"
            raise PlanError(query, f"errors is {safe(said, 60)!r}", hint, shape=True)
    # The total may say the same as the part: then it is the part, asked alone.
    if "errors" in indicator.total.settings and indicator.total != part:
        raise PlanError(indicator.total, "errors belongs to bad, not to total", "move it")
    if "errors" in part.settings and indicator.bad is None:
        raise PlanError(part, "errors tells bad spans, and this is good", "write bad: instead of good:")
    return "errors" in part.settings


def _weight(total: Query, part: Query) -> float | None:
    if part.settings.get("weight", total.settings.get("weight")) != total.settings.get("weight"):
        raise PlanError(part, "weight belongs to total", "move it")
    text = total.settings.get("weight")
    if text is None:
        return None
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 1 <= weight <= MOST_WEIGHT:
        hint = "write how many spans one stands for that does not say so itself: 1 where nothing is sampled"
        raise PlanError(total, f"weight is {safe(text, 60)!r}, not a number of at least 1", hint, shape=True)
    return weight
