"""What was promised: the values that an OpenSLO document becomes.

Names follow OpenSLO v1 (https://github.com/OpenSLO/OpenSLO). Durations are whole seconds; targets are exact decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from cdctl.domain.slo.window import Calendar, Rolling
from cdctl.errors import Place


class Budgeting(StrEnum):
    """How the error budget is counted (OpenSLO `budgetingMethod`)."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


@dataclass(frozen=True, slots=True)
class Query:
    """One metric query (OpenSLO `metricSource`): its text and what it is asked of.

    `source` is a key of the sources door ("prometheus"); `settings` are the further keys of `metricSource.spec` and of
    the DataSource it refers to, as written.
    """

    text: str
    source: str = "prometheus"
    settings: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class QueryFault:
    """Why a query cannot be used, and the cure. `offset` is the place in its text, in characters from 0.

    A `warning` is about one that can be asked, and says not quite what its author thinks.
    """

    query: Query
    reason: str
    hint: str = ""
    offset: int = 0
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Ratio:
    """Exactly one of good and bad, over total. With `counter` the queries name ever-growing counters."""

    total: Query
    good: Query | None = None
    bad: Query | None = None
    counter: bool = True


@dataclass(frozen=True, slots=True)
class RawRatio:
    """A query that already yields a ratio 0..1 for a window; each look at it is one observation of that worth."""

    raw: Query
    success: bool = True


@dataclass(frozen=True, slots=True)
class Threshold:
    """A metric that must stay on one side of a value; each look at it is one observation, good or bad.

    `op` is OpenSLO's lte | lt | gte | gt and says when an observation is good.
    """

    metric: Query
    op: str
    value: float

    def holds(self, found: float) -> bool:
        """Whether an observation of this value is good."""
        below, same = found < self.value, found == self.value
        return {"lte": below or same, "lt": below, "gte": not below, "gt": not below and not same}[self.op]


Indicator = Ratio | RawRatio | Threshold


def queries(indicator: Indicator) -> list[Query]:
    """Every query of an indicator."""
    if isinstance(indicator, Ratio):
        return [query for query in (indicator.total, indicator.good, indicator.bad) if query]
    return [indicator.raw if isinstance(indicator, RawRatio) else indicator.metric]


def halves(indicator: Indicator) -> tuple[Ratio, Ratio] | None:
    """The total, and the good or bad events, each as an indicator that one source can be asked for; None when one
    source answers all.

    The total is asked for as if every event were good; of the answer for the other half its good, or its bad, events
    count.
    """
    if not isinstance(indicator, Ratio):
        return None
    part = indicator.good or indicator.bad
    if part is None or part.source == indicator.total.source:
        return None
    return _half(indicator.total, indicator, bad=False), _half(part, indicator, bad=indicator.bad is not None)


def _half(query: Query, whole: Ratio, *, bad: bool) -> Ratio:
    return Ratio(query, None if bad else query, query if bad else None, whole.counter)


@dataclass(frozen=True, slots=True)
class Objective:
    """One target for one indicator. `slice_seconds` and `slice_target` are set for both timeslice methods."""

    name: str
    indicator: Indicator
    target: Decimal
    slice_target: Decimal | None = None
    slice_seconds: int | None = None
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class AlertCondition:
    """OpenSLO AlertCondition: fire when the burn rate over `lookback_seconds` passes `threshold`."""

    name: str
    severity: str
    op: str
    threshold: Decimal
    lookback_seconds: int
    after_seconds: int


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """OpenSLO AlertPolicy, read and kept; cdctl judges with its own catalogue of burn pairs."""

    name: str
    conditions: tuple[AlertCondition, ...]
    when_breaching: bool = False
    when_no_data: bool = False
    when_resolved: bool = False
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedTraffic:
    """At least so many events come in so many seconds; silence longer than that is an outage, not a quiet night."""

    events: float
    seconds: int


@dataclass(frozen=True, slots=True)
class Slo:
    """One promise of one service.

    `composite` is true when the objectives carry indicators of their own. `min_coverage` is a ratio 0..1, None means
    the run's default. `expect_groups` are label sets that must be there, each naming every label of `group_by`.
    `annotations` are those that are not ours, such as the address of a runbook.
    """

    name: str
    service: str
    objectives: tuple[Objective, ...]
    budgeting: Budgeting
    window: Rolling | Calendar
    place: Place
    display_name: str = ""
    description: str = ""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    composite: bool = False
    group_by: tuple[str, ...] = ()
    lag_seconds: int | None = None
    min_coverage: Decimal | None = None
    expect_groups: tuple[Mapping[str, str], ...] = ()
    expected_traffic: ExpectedTraffic | None = None
    alert_policies: tuple[AlertPolicy, ...] = ()
    only_with: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
