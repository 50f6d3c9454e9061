"""The strip of promises: the gravest first, and the numbers of the report."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from screens import HOSTILE, NOW, Look

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.keys import Key
from cdctl.domain.boards.requests import Copy, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.slo.verdict import ErrorBudget, History, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.panels.slo import make
from cdctl.panels.slo_lines import head, layout

AT = int(NOW)
BURNS = {"5m": 20.0, "30m": 8.04, "1h": 15.5, "2h": 3.0, "6h": 6.0, "1d": None, "3d": 0.9}


def row(name: str, verdict: Verdict, **more: object) -> Row:
    return Row(name, "s", {}, "ok", Decimal("0.999"), "Occurrences", Bounds("rolling", AT - 100, AT), verdict, **more)  # type: ignore[arg-type]


def report() -> SloReport:
    ends = np.arange(AT - 95, AT + 1, 5)
    total = np.where(ends < AT - 50, 0.0, 10.0)
    bad = np.where(ends > AT - 10, 5.0, 0.0)
    past = History(ends, np.full(len(ends), 5), total - bad, total, np.ones(len(ends)))
    burning = {"burn_rates": BURNS, "firing": ("1h/5m > 13.44",), "sli": 0.95, "history": past}
    return SloReport(
        AT,
        AT,
        (
            row("calm", Verdict.MET, sli=0.99995, error_budget=ErrorBudget(10, 1, 0.9), burn_rates={"1h": 0.1}),
            row("burning", Verdict.BREACHED, error_budget=ErrorBudget(10, 12, -0.2), **burning),
            row(HOSTILE, Verdict.ERROR, reason=HOSTILE),
        ),
    )


def test_the_gravest_first_with_budget_burn_and_the_past():
    look = Look(20, "slo", slo=report())
    lines = look.lines(160, 20)
    at = next(n for n, line in enumerate(lines) if "PROMISE" in line)
    assert "1 breached, 1 error, 1 met" in lines[at - 1]
    assert "breached" in lines[at + 1]
    for text in ("burning", "95.000", "99.9", "░░░░░░░░░░", "-20%", "16x/20x", "6.0x/8.0x", "·······▁▁", "█"):
        assert text in lines[at + 1], text
    drawn = look.stage.draw(160, 20)[at + 1]
    assert [role for text, role in drawn if text.strip() == "16x/20x"] == ["bad strong cursor"]
    assert "█████████░   90%" in lines[at + 3]


def test_hostile_text_is_harmless():
    for line in Look(20, "slo", slo=report()).lines(160, 20):
        assert line.isprintable()


def test_its_data_are_the_reports():
    look = Look(20, "slo", slo=report())
    look.lines()
    told = look.stage.data()["s"]
    assert [one["verdict"] for one in told["slos"]] == ["breached", "error", "met"]
    assert told["slos"][0]["burn_rates"] == BURNS


def test_without_promises_it_says_why():
    lines = Look(20, "slo", slo=Missing("cannot reach it", "start it")).lines()
    assert "cannot reach it: start it" in "\n".join(lines)


def test_moving_stays_within():
    look = Look(20, "slo", slo=report())
    look.press("tab", "down", "down", "down", "end", "up", "pageup", "home", "pagedown")
    assert look.lines()


@pytest.mark.parametrize("width", range(60, 240))
def test_lines_are_as_wide_as_the_screen_has_room_for(width):
    form = layout(width)
    assert form.pairs >= 1
    if width >= 80:
        assert len(head(form)) <= width
    if width >= 160:
        assert (form.pairs, form.target, form.spark) == (3, True, True)
    assert layout(width + 1).pairs >= form.pairs


def snapshot_of(slo: SloReport) -> Snapshot:
    look = Look(3, "slo", slo=slo)
    return look.lookout.snapshot()


def test_a_key_acts_on_the_promise_that_was_seen():
    panel = make({})
    panel.see(snapshot_of(report()), "s")
    panel.draw(100, 10)
    panel.press("last", Key("end"))
    panel.see(snapshot_of(SloReport(AT, AT, report().rows[1:2])), "s")
    assert panel.press("copy", Key("y")) == (Copy("calm", "promise"),)
    panel.draw(100, 10)
    assert panel.press("copy", Key("y")) == (Copy("burning", "promise"),)
    panel.see(snapshot_of(SloReport(AT, AT, report().rows)), "s")
    panel.see(replace(snapshot_of(report()), slo=Missing("gone")), "s")
    panel.draw(100, 10)
    assert panel.press("open", Key("enter")) == (Say("there is no promise here", bad=True),)
