"""`openmetrics`: the verdicts as metrics, for a textfile collector or a push gateway. OpenMetrics 1.0 text.

Everything is a gauge: the numbers describe a window that moves. Samples carry no timestamp, because the textfile
collector refuses them; `cdctl_slo_report_timestamp_seconds` says how old they are. What is not known has no sample.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.text import safe
from cdctl.reports.answer import wholes

Samples = Iterator[tuple[Mapping[str, str], float | None]]
"""Further labels, and the value."""


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    help: str
    samples: Callable[[Row], Samples]
    unit: str = ""


def _one(value: Callable[[Row], float | None]) -> Callable[[Row], Samples]:
    def samples(row: Row) -> Samples:
        yield {}, value(row)

    return samples


def _verdicts(row: Row) -> Samples:
    for verdict in Verdict:
        yield {"verdict": verdict.value}, float(row.verdict is verdict)


def _burns(row: Row) -> Samples:
    for window, rate in row.burn_rates.items():
        yield {"window": window}, rate


_FAMILIES = (
    _Family("cdctl_slo_verdict", "1 for the verdict that was reached, 0 for the others.", _verdicts),
    _Family("cdctl_slo_target_ratio", "What was promised, 0 to 1.", _one(lambda row: float(row.target)), "ratio"),
    _Family("cdctl_slo_sli_ratio", "Good over total in the window, 0 to 1.", _one(lambda row: row.sli), "ratio"),
    _Family("cdctl_slo_good_events", "Good events (or slices) in the window.", _one(lambda row: row.good)),
    _Family("cdctl_slo_bad_events", "Bad events (or slices) in the window.", _one(lambda row: row.bad)),
    _Family(
        "cdctl_slo_error_budget_allowed_events",
        "Bad events (or slices) that the target allows.",
        _one(lambda row: row.error_budget.allowed if row.error_budget else None),
    ),
    _Family(
        "cdctl_slo_error_budget_remaining_ratio",
        "Error budget left: 1 is untouched, below 0 is overspent.",
        _one(lambda row: row.error_budget.remaining_ratio if row.error_budget else None),
        "ratio",
    ),
    _Family("cdctl_slo_burn_rate", "Multiple of the allowed bad ratio, per trailing window.", _burns),
    _Family(
        "cdctl_slo_coverage_ratio",
        "Share of the window so far that was observed, 0 to 1.",
        _one(lambda row: row.coverage),
        "ratio",
    ),
)


def _whole_verdicts(row: Row) -> Samples:
    for verdict in Verdict:
        yield {"verdict": verdict.value}, float(row.composite is not None and row.composite.verdict is verdict)


_OF_COMPOSITES = (
    _Family("cdctl_slo_composite_verdict", "1 for the verdict on a composite SLO, 0 for the others.", _whole_verdicts),
    _Family(
        "cdctl_slo_composite_sli_ratio",
        "SLI of a composite SLO.",
        _one(lambda row: row.composite.sli if row.composite else None),
        "ratio",
    ),
    _Family(
        "cdctl_slo_composite_budget_remaining_ratio",
        "Error budget left of a composite SLO, below 0 is overspent.",
        _one(lambda row: row.composite.remaining_ratio if row.composite else None),
        "ratio",
    ),
)
_OURS = frozenset({"slo", "service", "objective", "window", "verdict", "le", "quantile", "job", "instance"})


class OpenMetricsReport:
    """One family after the other, each with help and type, closed by `# EOF`."""

    suffix = ".prom"

    def render(self, report: SloReport) -> str:
        """The whole exposition."""
        lines: list[str] = []
        for family in _FAMILIES:
            lines += _family(family, [(row, _labels(row, {"objective": row.objective})) for row in report.rows])
        for family in _OF_COMPOSITES:
            lines += _family(family, [(row, _labels(row, {})) for row, _ in wholes(report.rows)])
        stamp = "cdctl_slo_report_timestamp_seconds"
        lines += [*_head(stamp, "The instant that was judged, epoch seconds.", "seconds"), f"{stamp} {report.at}"]
        return "\n".join([*lines, "# EOF"]) + "\n"


def _family(family: _Family, rows: Sequence[tuple[Row, Mapping[str, str]]]) -> list[str]:
    samples = [
        f"{family.name}{_braces({**own, **more})} {value:.15g}"
        for row, own in rows
        for more, value in family.samples(row)
        if value is not None and math.isfinite(value)
    ]
    return [*_head(family.name, family.help, family.unit), *samples] if samples else []


def _head(name: str, text: str, unit: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", *([f"# UNIT {name} {unit}"] if unit else [])]


def _labels(row: Row, more: Mapping[str, str]) -> dict[str, str]:
    labels = {"slo": row.name, "service": row.service, **more}
    for name, value in row.group.items():
        labels[_label_name(name, labels)] = value
    return labels


def _label_name(name: str, taken: Mapping[str, str]) -> str:
    """A legal label name; one that is ours, reserved or taken becomes `group_<name>`."""
    legal = re.sub(r"[^a-zA-Z0-9_]", "_", name) or "_"
    if legal in _OURS or legal in taken or legal[0].isdigit() or legal.startswith("__"):
        legal = f"group_{legal}"
    while legal in taken:
        legal += "_"
    return legal


def _braces(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(text: str) -> str:
    return safe(text).replace("\\", "\\\\").replace('"', '\\"')


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="openmetrics",
    version="1",
    summary="verdicts as gauges, for a textfile collector or a push gateway",
    make=OpenMetricsReport,
)
