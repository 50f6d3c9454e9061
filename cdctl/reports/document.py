"""A report as plain JSON values: the shape `cdctl.report/v1` that json and jsonl write and scripts rely on.

Numbers are finite or None and free of float noise; text is exactly what came in, because a script may compare it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

import msgspec

from cdctl.domain.slo.verdict import Composite, ErrorBudget, Row, SloReport
from cdctl.reports.words import rfc3339

SCHEMA = "cdctl.report/v1"

# What JSON may hold as it is but a terminal must not see: C1 and bidirectional controls, line separators, surrogates.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def document(report: SloReport) -> dict[str, object]:
    """The whole report."""
    return {
        "schema": SCHEMA,
        "generated_at": rfc3339(report.generated_at),
        "at": rfc3339(report.at),
        "summary": report.summary,
        "slos": [row_values(row) for row in report.rows],
        "rules": list(report.rules),
        "warnings": list(report.warnings),
    }


def row_values(row: Row) -> dict[str, object]:
    """One row, in the order a reader wants it."""
    return {
        "name": row.name,
        "display_name": row.display_name,
        "service": row.service,
        "group": dict(row.group),
        "objective": row.objective,
        "target": float(row.target),
        "budgeting": row.budgeting,
        "window": {
            "kind": row.window.kind,
            "start": rfc3339(row.window.start),
            "end": rfc3339(row.window.end),
            "duration_s": row.window.seconds,
        },
        "good": number(row.good),
        "bad": number(row.bad),
        "total": number(row.total),
        "sli": number(row.sli),
        "interval": [number(end) for end in row.interval] if row.interval else None,
        "coverage": number(row.coverage),
        "error_budget": _budget(row.error_budget),
        "burn_rates": _numbers(row.burn_rates),
        "firing": list(row.firing),
        "verdict": row.verdict.value,
        "reason": row.reason,
        "spec_at_fault": row.spec_at_fault,
        "warnings": list(row.warnings),
        "composite": _composite(row.composite),
        "evidence": [{"source": e.source, "query": e.query, "at": rfc3339(e.at)} for e in row.evidence],
    }


def number(value: float | None) -> float | int | None:
    """A JSON number without float noise (15 significant digits), None when there is no finite one; 3.0 is 3."""
    if value is None or not math.isfinite(value):
        return None
    exact = float(f"{value:.15g}")
    return int(exact) if exact.is_integer() and abs(exact) < 1e15 else exact


def dumps(value: object, indent: int | None = None) -> str:
    """JSON text that is lossless, readable and harmless to a terminal: hostile characters are written as escapes."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", _text(value, indent))


def _text(value: object, indent: int | None) -> str:
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=indent or 0).decode()
    except UnicodeEncodeError:  # a lone surrogate, which is no UTF-8: the slower encoder lets it through
        return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)


def _numbers(values: Mapping[str, float | None]) -> dict[str, float | int | None]:
    return {key: number(value) for key, value in values.items()}


def _budget(budget: ErrorBudget | None) -> dict[str, object] | None:
    if budget is None:
        return None
    return {
        "allowed": number(budget.allowed),
        "consumed": number(budget.consumed),
        "remaining_ratio": number(budget.remaining_ratio),
    }


def _composite(whole: Composite | None) -> dict[str, object] | None:
    if whole is None:
        return None
    return {
        "sli": number(whole.sli),
        "target": float(whole.target),
        "remaining_ratio": number(whole.remaining_ratio),
        "burn_rates": _numbers(whole.burn_rates),
        "verdict": whole.verdict.value,
    }
