"""What the `slo` commands list: their columns, and one record a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from cdctl.cli.records import Column, Record
from cdctl.domain import figures

if TYPE_CHECKING:
    from cdctl.domain.slo.objective import Objective, Slo
    from cdctl.domain.slo.verdict import Row
    from cdctl.errors import Problem
    from cdctl.lab.spec_tests import CaseResult

BURNS = ("5m", "1h", "6h", "3d")
"""The burn windows of `slo status`: what pages now, and what has been spending for days."""


def _place(record: Record) -> str:
    return f"{record['file']}:{record['line']}:{record['column']}"


def _share(record: Record) -> str:
    return f"{(Decimal(str(record['target'])) * 100).normalize():f} %"


def _window(record: Record) -> str:
    window = record["window"]
    if not isinstance(window, Mapping):
        return ""
    if window["kind"] == "calendar":
        return f"{window['count']}{window['unit']} calendar, {window['time_zone']}"
    days, rest = divmod(int(window["duration_s"]), 86_400)
    return f"{days}d rolling" if not rest else f"{int(window['duration_s']) // 60}m rolling"


LS = (
    Column("service"),
    Column("slo", shrinks=True),
    Column("objective"),
    Column("target", text=_share),
    Column("window", text=_window),
    Column("group_by"),
    Column("budgeting"),
    Column("file", wide=True, text=_place),
    Column("line", data=True),
    Column("column", data=True),
    Column("alerts", wide=True),
)
PROBLEMS = (Column("file"), Column("line"), Column("column"), Column("level"), Column("message"), Column("fix"))
FINDINGS = (Column("slo"), Column("ok"), Column("found"), Column("hint"))
TESTED = (
    Column("slo", shrinks=True),
    Column("case", shrinks=True),
    Column("result"),
    Column("file", wide=True, text=_place),
    Column("line", data=True),
    Column("column", data=True),
    Column("differences", wide=True, text=lambda record: "; ".join(map(str, _items(record["differences"])))),
)


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _burn(window: str) -> Column:
    key = f"burn_{window}"
    return Column(key, text=lambda record: _known(figures.burn(_number(record[key]))))


def _budget(record: Record) -> str:
    unjudged = record["verdict"] in {"no_data", "error"}
    return "" if unjudged else _known(figures.percent(_number(record["budget_left"])))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _known(text: str) -> str:
    return "" if text == figures.UNKNOWN else text


def status_columns(records: Sequence[Record]) -> tuple[Column, ...]:
    """Columns of `slo status`: objectives are shown where an SLO has several; a reason that many share is said once."""
    objectives: dict[object, set[object]] = {}
    shared: dict[object, list[int]] = {}
    for number, record in enumerate(records):
        objectives.setdefault((record["service"], record["slo"]), set()).add(record["objective"])
        shared.setdefault(record["why"], []).append(number)
    several = any(len(found) > 1 for found in objectives.values())
    first = {numbers[0] for numbers in shared.values()}
    order = {id(record): number for number, record in enumerate(records)}

    def why(record: Record) -> str:
        text, same = str(record["why"] or ""), shared[record["why"]]
        if not text or len(same) < _MANY:
            return text
        return f"{text} ({len(same)} rows)" if order[id(record)] in first else '"'

    return (
        Column("service", data=True),
        Column("slo", shrinks=True),
        Column("objective", wide=not several),
        Column("group", shrinks=True),
        Column("target", data=True),
        *map(_burn, BURNS),
        Column("budget_left", text=_budget),
        Column("verdict"),
        Column("why", text=why, shrinks=True),
    )


_MANY = 3


def listed(slo: Slo, objective: Objective) -> Record:
    """A line of `slo ls`."""
    return {
        "service": slo.service,
        "slo": slo.name,
        "objective": objective.name,
        "target": float(objective.target),
        "window": _length(slo),
        "group_by": list(slo.group_by),
        "budgeting": slo.budgeting.value,
        "file": slo.place.file,
        "line": slo.place.line,
        "column": slo.place.column,
        "alerts": [policy.name for policy in slo.alert_policies],
    }


def _length(slo: Slo) -> Record:
    from cdctl.domain.slo.window import Rolling

    window = slo.window
    if isinstance(window, Rolling):
        return {"kind": "rolling", "duration_s": window.seconds}
    return {"kind": "calendar", "count": window.count, "unit": window.unit.value, "time_zone": window.zone}


def problem(found: Problem) -> Record:
    """A line of `slo validate -o`."""
    return {
        "file": found.place.file,
        "line": found.place.line,
        "column": found.place.column,
        "level": "warning" if found.warning else "error",
        "message": found.message,
        "fix": found.fix,
    }


def tested(result: CaseResult) -> Record:
    """A line of `slo test`."""
    return {
        "slo": result.slo,
        "case": result.name,
        "result": "passed" if result.passed else "failed",
        "file": result.place.file,
        "line": result.place.line,
        "column": result.place.column,
        "differences": [str(mismatch) for mismatch in result.mismatches],
    }


def status(row: Row) -> Record:
    """A line of `slo status`: burn rates, target and the budget that is left are numbers, null when not known."""
    budget = row.error_budget
    return {
        "service": row.service,
        "slo": row.name,
        "objective": row.objective,
        "group": dict(row.group),
        "target": float(row.target),
        **{f"burn_{window}": _finite(row.burn_rates.get(window)) for window in BURNS},
        "budget_left": _finite(budget.remaining_ratio) if budget else None,
        "verdict": row.verdict.value,
        "why": row.reason,
    }


def _finite(value: float | None) -> float | None:
    """A number as JSON has it, without float noise (15 significant digits)."""
    return float(f"{value:.15g}") if value is not None and figures.known(value) else None
