"""The demo knows whether its planned breach is there."""

from decimal import Decimal

import pytest

from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.lab.demo import found
from cdctl.lab.scenarios import scenario

PLANNED = ("remote-command-availability", "eu")


def report(name: str, region: str, verdict: Verdict) -> SloReport:
    row = Row(name, "s", {"region": region}, "ok", Decimal("0.9"), "Occurrences", Bounds("rolling", 0, 1), verdict)
    return SloReport(1, 1, (row,))


def test_the_planned_breach_is_found():
    assert scenario("bad-software").planned == PLANNED
    assert found(report(*PLANNED, Verdict.BREACHED), PLANNED)


@pytest.mark.parametrize(
    "other",
    [
        report(*PLANNED, Verdict.AT_RISK),
        report(*PLANNED, Verdict.NO_DATA),
        report(PLANNED[0], "us", Verdict.BREACHED),
        report("remote-command-latency", "eu", Verdict.BREACHED),
        SloReport(1, 1, ()),
    ],
)
def test_anything_else_is_not_it(other):
    assert not found(other, PLANNED)


def test_where_nothing_is_planned_nothing_is_found():
    assert scenario("calm").planned is None
    assert not found(report(*PLANNED, Verdict.BREACHED), None)
