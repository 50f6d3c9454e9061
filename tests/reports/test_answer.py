from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from cdctl.domain import figures
from cdctl.domain.slo.verdict import Composite, ErrorBudget, Row, SloReport, Verdict
from cdctl.reports import answer

MakeRow = Callable[..., Row]


def test_worst_comes_first(report: SloReport) -> None:
    rows = answer.worst_first(report.rows)
    assert [row.verdict for row in rows] == sorted((r.verdict for r in rows), key=answer.WORST_FIRST.index)
    breached = [figures.budget_left(row) or 0.0 for row in rows if row.verdict is Verdict.BREACHED]
    assert breached == sorted(breached)
    assert rows != list(report.rows)


def test_objectives_are_named_where_an_slo_has_several(report: SloReport) -> None:
    called = answer.names(report.rows).values()
    assert "customer-journey/sign-in" in called
    assert "remote-command-availability" in called


def test_a_reason_names_every_pair_that_fires_once(row: MakeRow) -> None:
    fires = row("x", "s", Verdict.BREACHED, reason="9 bad events, 3 allowed", firing=("1h/5m > 13.44",))
    assert answer.reason(fires) == "9 bad events, 3 allowed; burning now: 1h/5m > 13.44"
    said = row("x", "s", Verdict.AT_RISK, reason="burn rate 1h/5m > 13.44", firing=("1h/5m > 13.44",))
    assert answer.reason(said) == "burn rate 1h/5m > 13.44"


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict.BREACHED, "98.00% of events were good, 99% was promised"),
        (Verdict.AT_RISK, "4% of the error budget left"),
        (Verdict.NO_DATA, "41% of the window was observed"),
        (Verdict.ERROR, "the question could not be answered"),
        (Verdict.MET, ""),
    ],
)
def test_a_row_without_reason_still_says_why(row: MakeRow, verdict: Verdict, text: str) -> None:
    plain = row("x", "s", verdict, sli=0.98001, coverage=0.41, error_budget=ErrorBudget(100.0, 96.0, 0.04))
    assert answer.reason(plain) == text


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        ((), "Nothing was judged: the report holds no objective."),
        (("met",), "The objective is met."),
        (("met", "met"), "All 2 objectives are met."),
        (("met", "at_risk"), "No objective is breached, 1 of 2 is at risk."),
        (("met", "no_data", "error"), "2 of 3 objectives could not be judged."),
        (("breached",), "1 of 1 objective is breached."),
        (("breached", "breached", "no_data"), "2 of 3 objectives are breached."),
    ],
)
def test_headline(row: MakeRow, empty: SloReport, verdicts: tuple[str, ...], text: str) -> None:
    rows = tuple(row(f"x{n}", "s", Verdict(verdict)) for n, verdict in enumerate(verdicts))
    assert answer.headline(replace(empty, rows=rows)) == text


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict.BREACHED, "1 SLO is breached as a whole."),
        (Verdict.NO_DATA, "1 SLO could not be judged as a whole."),
        (Verdict.AT_RISK, "No objective is breached, 1 SLO is at risk as a whole."),
        (Verdict.MET, "All 2 objectives are met."),
    ],
)
def test_a_broken_composite_is_no_good_news(row: MakeRow, empty: SloReport, verdict: Verdict, text: str) -> None:
    whole = Composite(0.9, Decimal("0.95"), None, {}, verdict)
    rows = tuple(row("x", "s", Verdict.MET, objective=name, composite=whole) for name in "ab")
    assert answer.headline(replace(empty, rows=rows)) == text
    assert answer.wholes(rows) == [(rows[0], whole)]
