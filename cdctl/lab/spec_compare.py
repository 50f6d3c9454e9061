"""What a spec test expected, held against what came out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdctl.domain.slo.verdict import Row
from cdctl.domain.text import safe
from cdctl.errors import Place
from cdctl.lab.spec_test_file import Expected

_RELATIVE = 0.001
_ABSOLUTE = 0.01
"""Burn rates and budgets are compared as people write them: to two decimals, or to a thousandth when large."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that came out otherwise. `subject` says what of which group; `place` where it was expected."""

    place: Place
    subject: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.place}: {self.subject} is {self.actual}, expected {self.expected}"


def compared(expected: Expected, rows: Sequence[Row]) -> Iterator[Mismatch]:
    """Everything about one promise's rows that is not as expected."""
    mine = [
        row for row in rows if dict(row.group) == dict(expected.group) and expected.objective in {"", row.objective}
    ]
    called = _called(expected)
    if len(mine) != 1:
        yield Mismatch(expected.places[""], f"{called}answer", "one row", _several(mine) if mine else _others(rows))
        return
    row = mine[0]
    if row.verdict.value != expected.verdict:
        actual = f"{row.verdict.value} ({safe(row.reason)})" if row.reason else row.verdict.value
        yield Mismatch(expected.places["verdict"], f"{called}verdict", expected.verdict, actual)
    if expected.reason and expected.reason not in (row.reason or ""):
        yield Mismatch(
            expected.places["reason"], f"{called}reason", f"{expected.reason!r}", f"{safe(row.reason or '')!r}"
        )
    yield from _numbers(expected, row, called)


def _called(expected: Expected) -> str:
    """`region=eu answered `, with a space at its end, or nothing."""
    group = ",".join(f"{key}={value}" for key, value in expected.group.items())
    return "".join(f"{part} " for part in (group, expected.objective) if part)


def _several(rows: Sequence[Row]) -> str:
    return f"{len(rows)} rows: name one objective of {', '.join(safe(row.objective) for row in rows)}"


def _others(rows: Sequence[Row]) -> str:
    there = ", ".join(f"{safe(row.group_text) or 'ungrouped'} {safe(row.objective)}" for row in rows)
    reasons = {row.reason for row in rows if row.reason}
    return f"no row; there are: {there}" + (f" ({safe('; '.join(sorted(reasons)))})" if reasons else "")


def _numbers(expected: Expected, row: Row, called: str) -> Iterator[Mismatch]:
    budget = row.error_budget
    actual = {
        "good": row.good,
        "bad": row.bad,
        "total": row.total,
        "coverage": row.coverage,
        "remaining": budget.remaining_ratio if budget else None,
    }
    wanted = [("sli", expected.sli, row.sli, expected.tolerance, 0.0)] if expected.sli is not None else []
    wanted += [
        (key, value, actual[key], *((0.01, 0.0) if key in {"coverage", "remaining"} else (1e-6, _RELATIVE)))
        for key, value in expected.numbers.items()
    ]
    wanted += [
        (f"burn_rates.{key}", value, row.burn_rates.get(key), _ABSOLUTE, _RELATIVE)
        for key, value in expected.burn_rates.items()
    ]
    for key, value, found, absolute, relative in wanted:
        room = max(absolute, relative * abs(value))
        if found is None or abs(found - value) > room * (1 + 1e-9):
            text = "unknown" if found is None else f"{found:.9g}"
            yield Mismatch(expected.places[key], f"{called}{key}", f"{value:.9g} ± {room:.3g}", text)
