"""What a run concludes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds

WINDOW = Bounds("rolling", 0, 300)


def row(verdict: Verdict, **group: str) -> Row:
    return Row("n", "s", group, "ok", Decimal("0.99"), "Occurrences", WINDOW, verdict)


def test_the_summary_counts_rows_and_names_every_verdict():
    rows = (row(Verdict.MET, region="eu"), row(Verdict.MET, region="us"), row(Verdict.BREACHED))
    assert SloReport(300, 301, rows).summary == {"met": 2, "at_risk": 0, "breached": 1, "no_data": 0, "error": 0}
    assert sum(SloReport(300, 301, ()).summary.values()) == 0


@pytest.mark.parametrize(
    ("group", "text"),
    [({}, ""), ({"region": "eu"}, "region=eu"), ({"region": "eu", "model": "i4"}, "region=eu,model=i4")],
)
def test_a_group_as_text(group, text):
    assert row(Verdict.MET, **group).group_text == text


def test_what_is_not_known_is_none():
    unknown = row(Verdict.ERROR)
    names = ("good", "bad", "total", "sli", "interval", "coverage", "error_budget", "reason", "composite", "history")
    assert {name: getattr(unknown, name) for name in names} == dict.fromkeys(names)
    assert (unknown.burn_rates, unknown.firing, unknown.warnings, unknown.evidence) == ({}, (), (), ())
    assert not unknown.spec_at_fault


def test_a_window_is_as_long_as_its_seconds():
    assert Bounds("calendar", 1000, 4600).seconds == 3600
