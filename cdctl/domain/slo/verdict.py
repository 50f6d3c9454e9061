"""What a run concludes: one row per objective and group, and the report that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from cdctl.domain.slo.series import Floats, Ints
from cdctl.domain.slo.window import Bounds


class Verdict(StrEnum):
    """The five answers; `no_data` and `error` mean that the truth is not known."""

    MET = "met"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    NO_DATA = "no_data"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """Bad events (or slices) that may happen and did. `remaining_ratio` is 1 when untouched, negative when overspent;
    None when nothing could happen yet (no events, so no budget)."""

    allowed: float
    consumed: float
    remaining_ratio: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was asked, of whom, for which instant: enough to ask again by hand. `at` is epoch seconds."""

    source: str
    query: str
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The window's own buckets, for charts: each array is [n_buckets]; coverage is 0..1."""

    ends: Ints
    widths: Ints
    good: Floats
    total: Floats
    coverage: Floats


@dataclass(frozen=True, slots=True)
class Composite:
    """The verdict on an SLO whose objectives have indicators of their own, repeated on each of its rows.

    Occurrences: weighted mean burn; Timeslices: a slice is bad when any objective's is; RatioTimeslices: the missing
    parts add up (two objectives at 95 % make 90 %).
    """

    sli: float | None
    target: Decimal
    remaining_ratio: float | None
    burn_rates: Mapping[str, float | None]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Row:
    """The verdict on one objective in one group. Numbers are None when not known, never NaN.

    `good`, `bad`, `total` count events, or slices for the timeslice methods. `interval` is the 95 % Wilson interval of
    `sli`. `coverage` is the share 0..1 of the window so far in which the total was observed. `burn_rates` maps "5m" ..
    "3d" to multiples of the allowed bad ratio. `firing` names the burn pairs that exceed, such as "1h/5m > 13.44".
    `spec_at_fault` tells an error that the spec's author must mend from one of the source.
    """

    name: str
    service: str
    group: Mapping[str, str]
    objective: str
    target: Decimal
    budgeting: str
    window: Bounds
    verdict: Verdict
    good: float | None = None
    bad: float | None = None
    total: float | None = None
    sli: float | None = None
    interval: tuple[float, float] | None = None
    coverage: float | None = None
    error_budget: ErrorBudget | None = None
    burn_rates: Mapping[str, float | None] = field(default_factory=dict)
    firing: tuple[str, ...] = ()
    reason: str | None = None
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    composite: Composite | None = None
    history: History | None = None
    display_name: str = ""
    description: str = ""
    spec_at_fault: bool = False

    @property
    def group_text(self) -> str:
        """`region=eu,model=i4`, or an empty string when not grouped."""
        return ",".join(f"{k}={v}" for k, v in self.group.items())


@dataclass(frozen=True, slots=True)
class SloReport:
    """Everything a report shows. `at` is the one instant of the run, `generated_at` the wall clock; epoch seconds.

    `rules` says in plain words how verdicts were reached, one sentence each. `title` is for pages.
    """

    at: int
    generated_at: int
    rows: tuple[Row, ...]
    rules: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    title: str = "Service level report"

    @property
    def summary(self) -> dict[str, int]:
        """Number of rows per verdict, every verdict named."""
        counts = {verdict.value: 0 for verdict in Verdict}
        for row in self.rows:
            counts[row.verdict.value] += 1
        return counts
