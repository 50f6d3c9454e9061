"""What changed between two judgements."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from cdctl.domain.slo.turning import turns
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds


def row(name: str, verdict: Verdict, *firing: str, **group: str) -> Row:
    return Row(
        name, "s", group, "ok", Decimal("0.99"), "Occurrences", Bounds("rolling", 0, 9), verdict, firing=firing
    )  # fmt: skip


def report(*rows: Row) -> SloReport:
    return SloReport(9, 9, rows)


def test_a_verdict_that_changed_and_pairs_that_began_and_ceased_are_told():
    before = report(
        row("a", Verdict.MET, region="eu"), row("a", Verdict.MET, region="us"), row("b", Verdict.AT_RISK, "1h", "6h")
    )
    after = report(
        replace(row("a", Verdict.BREACHED, "1h", region="eu"), reason="spent"),
        row("a", Verdict.MET, region="us"),
        row("b", Verdict.AT_RISK, "6h", "3d"),
    )
    one, two = turns(before, after, 60.0)
    assert (one.at, one.name, one.group, one.was, one.verdict) == (
        60.0,
        "a",
        {"region": "eu"},
        Verdict.MET,
        Verdict.BREACHED,
    )
    assert (one.fires, one.ceased, one.reason) == (("1h",), (), "spent")
    assert (two.name, two.was, two.verdict, two.fires, two.ceased) == (
        "b",
        Verdict.AT_RISK,
        Verdict.AT_RISK,
        ("3d",),
        ("1h",),
    )


def test_a_pair_that_only_ceases_is_told():
    (one,) = turns(report(row("a", Verdict.AT_RISK, "1h")), report(row("a", Verdict.AT_RISK)), 60.0)
    assert (one.fires, one.ceased) == ((), ("1h",))


def test_what_is_the_same_or_new_is_no_turn():
    same = report(row("a", Verdict.MET))
    assert turns(same, same, 60.0) == []
    assert turns(same, report(row("a", Verdict.MET), row("b", Verdict.BREACHED)), 60.0) == []
    assert turns(same, report(), 60.0) == []
