"""What the `slo` commands list: their columns, and one record a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cdctl.cli.records import Column

if TYPE_CHECKING:
    from cdctl.domain.slo.objective import Objective, Slo
    from cdctl.domain.slo.verdict import Row
    from cdctl.errors import Problem
    from cdctl.lab.spec_tests import CaseResult

LS = (
    Column("service"),
    Column("slo"),
    Column("objective"),
    Column("target"),
    Column("window"),
    Column("group_by"),
    Column("budgeting"),
    Column("file", wide=True),
    Column("alerts", wide=True),
)
PROBLEMS = (Column("file"), Column("line"), Column("column"), Column("level"), Column("message"), Column("fix"))
FINDINGS = (Column("slo"), Column("ok"), Column("found"), Column("hint"))
TESTED = (Column("slo"), Column("case"), Column("result"), Column("file", wide=True), Column("differences", wide=True))
STATUS = (
    Column("slo"),
    Column("group"),
    Column("burn 5m"),
    Column("burn 1h"),
    Column("burn 6h"),
    Column("burn 3d"),
    Column("budget left"),
    Column("verdict"),
    Column("why"),
)


def listed(slo: Slo, objective: Objective) -> Mapping[str, object]:
    """A line of `slo ls`."""
    return {
        "service": slo.service,
        "slo": slo.name,
        "objective": objective.name,
        "target": f"{(objective.target * 100).normalize():f} %",
        "window": _window(slo),
        "group_by": ", ".join(slo.group_by),
        "budgeting": slo.budgeting.value,
        "file": str(slo.place),
        "alerts": ", ".join(policy.name for policy in slo.alert_policies),
    }


def problem(found: Problem) -> Mapping[str, object]:
    """A line of `slo validate -o`."""
    return {
        "file": found.place.file,
        "line": found.place.line,
        "column": found.place.column,
        "level": "warning" if found.warning else "error",
        "message": found.message,
        "fix": found.fix,
    }


def _window(slo: Slo) -> str:
    from cdctl.domain.slo.window import Rolling

    if isinstance(slo.window, Rolling):
        days, rest = divmod(slo.window.seconds, 86_400)
        return f"{days}d rolling" if not rest else f"{slo.window.seconds // 60}m rolling"
    return f"{slo.window.count}{slo.window.unit.value} calendar, {slo.window.zone}"


def tested(result: CaseResult) -> Mapping[str, object]:
    """A line of `slo test`."""
    return {
        "slo": result.slo,
        "case": result.name,
        "result": "passed" if result.passed else "failed",
        "file": str(result.place),
        "differences": "; ".join(map(str, result.mismatches)),
    }


def status(row: Row) -> Mapping[str, object]:
    """A line of `slo status`."""
    burn = {f"burn {name}": _rate(row.burn_rates.get(name)) for name in ("5m", "1h", "6h", "3d")}
    budget = row.error_budget
    left = budget.remaining_ratio if budget else None
    return {
        "slo": row.name,
        "group": row.group_text,
        **burn,
        "budget left": None if left is None else f"{left:.1%}",
        "verdict": row.verdict.value,
        "why": row.reason,
    }


def _rate(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
