"""A page of triage with one of everything on it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from why_told import END, told

from cdctl.domain.changes import Change, shortly_before
from cdctl.domain.pasting import Shell
from cdctl.domain.slo.onset import Onset
from cdctl.domain.slo.verdict import ErrorBudget, Row, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.domain.triage.page import Page, State, commands

DAY = 86_400


def row(
    name: str = "remote-command-availability",
    verdict: Verdict = Verdict.AT_RISK,
    *,
    burn: float = 16.0,
    left: float | None = 0.4,
    **group: str,
) -> Row:
    """A row of a promise over 28 days."""
    return Row(
        name, "remote-command", group, "ok", Decimal("0.995"), "Occurrences", Bounds("rolling", END - 28 * DAY, END),
        verdict, 99_000.0, 1_000.0, 100_000.0, 0.99, None, 1.0,
        ErrorBudget(500.0, 300.0, left) if left is not None else None,
        {"5m": burn, "1h": burn, "6h": burn / 2, "3d": 1.0},
        reason="burning now: 1h/5m > 13.44",
    )  # fmt: skip


PROD = Shell("cdctl --context prod")


def page(shell: Shell = PROD, **more: object) -> Page:
    """Everything there is: a burning promise, its beginning, a cause, changes, states."""
    rows = (row(region="eu"), row(verdict=Verdict.MET, burn=0.2, region="us"))
    changes = (
        Change(END - 2_000, "software", "software 23-07.60 reached 5% of eu", version="23-07.60", region="eu"),
        Change(END - 5_000, "deployment", "customer-api 1.4.2", "customer-api", "1.4.2", by="ci", source="f"),
        Change(END - 6_000, "orders", "parameter.set to 400 vehicles", by="ada", source="journal"),
    )
    why = told()
    made = Page(
        "alert.json", "alert Burn names the promise", "prod", END, rows, END - 1_500.0,
        Onset(END - 1_800, 0.002, 0.09, 99), why, "", tuple(shortly_before(changes, END - 1_800, {"eu"})),
        (State("prometheus", True, "answers queries"), State("broker eu", False, "nobody listens there", "is it up?")),
        took=1.2,
    )  # fmt: skip
    made = replace(made, **more)  # type: ignore[arg-type]
    traces = made.cause.traces if made.cause else ()
    return replace(made, next=commands(made.burning, made.why, traces, made.changes, shell))
