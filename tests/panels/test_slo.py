"""The strip of promises: the gravest first, and the numbers of the report."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from screens import HOSTILE, NOW, Look

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import fit, text_of
from cdctl.domain.boards.keys import Key
from cdctl.domain.boards.requests import Copy, Say
from cdctl.domain.boards.snapshot import SloSight, Snapshot
from cdctl.domain.slo.verdict import ErrorBudget, History, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.panels.slo import make
from cdctl.panels.slo_lines import head, layout
from cdctl.panels.slo_names import shortened

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


def test_bars_keep_their_colours_under_the_cursor():
    drawn = Look(20, "slo", slo=report()).stage.draw(160, 20)
    under = next(line for line in drawn if "burning" in text_of(line))
    assert [roles for text, roles in under if "░" in text or "█" in text] == ["bad", "bad"]
    assert [roles for text, roles in under if text.strip() == "breached"] == ["bad strong cursor"]


def test_on_a_low_screen_promises_are_seen_and_clicked():
    look = Look(20, "slo", slo=report())
    lines = look.lines(20, 5)
    assert lines[2].startswith(" breached burning")
    assert "WBA" in lines[4]
    assert [line[:9] for line in look.lines(20, 6)[2:4]] == [" breached", " error   "]
    look.click(3, 3)
    under = [text_of(line) for line in look.stage.draw(20, 6) if any("cursor" in role for _, role in line)]
    assert under[0].startswith(" error ")


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


@pytest.mark.parametrize("width", range(20, 240))
def test_columns_are_there_whole_or_not_at_all(width):
    form, more = layout(width), layout(width + 1)
    assert len(head(form)) <= width
    assert form.shows <= more.shows | {"worst"}
    if width >= 160:
        assert form.shows == {"sli", "target", "bar", "left", "pairs", "spark"}


def twins() -> SloReport:
    """Promises whose names differ in little, one with two objectives, one where the day-long pair fires alone."""
    burning, day = report().rows[1], ("1d/2h > 2.8",)
    both = {"name": "customer-api-latency", "group": {"region": "cn"}}
    named = {
        "remote-command-availability": {"firing": day, "burn_rates": BURNS | {"1d": 3.4}},
        "remote-command-availability-traces": {"sli": 0.98765, "burn_rates": BURNS | {"1h": 812.0, "5m": 1000.0}},
    }
    one = replace(burning, **both, objective="most", target=Decimal("0.95"))
    two = replace(burning, **both, objective="nearly-all", target=Decimal("0.998"))
    rows = [replace(burning, name=name, group={"region": "eu"}, **more) for name, more in named.items()]
    return SloReport(AT, AT, (one, two, *rows, report().rows[0]))


@pytest.mark.parametrize("width", range(20, 201))
def test_no_number_is_cut_and_no_two_names_are_the_same(width):
    panel = make({})
    panel.see(snapshot_of(twins()), "s")
    whole = [text_of(fit(line, 300)).split() for line in panel.draw(300, 10)]
    drawn = [text_of(fit(line, width)) for line in panel.draw(width, 10)]
    form = layout(width, len("remote-command-availability-traces region=eu"), len("1000x"))
    behind = 10 + form.name
    called = [line[10:behind] for line in drawn[1:]]
    assert len(set(called)) == 5
    for line, words in zip(drawn, whole, strict=True):
        pairs = ["1h/5m", "1d/2h", "BURN", "RATES", "LEFT"]
        assert set(line[behind:].split()) <= {*words, *pairs}, line


def test_objectives_of_one_promise_are_told_apart():
    look = Look(20, "slo", slo=twins())
    lines = [line for line in look.lines(80, 24) if "cn" in line]
    assert "most region=cn" in lines[0]
    assert "nearly-all region=cn" in lines[1]
    look.press("y", "down", "y")
    assert [one.text for one in look.asked if isinstance(one, Copy)] == [
        "customer-api-latency most region=cn",
        "customer-api-latency nearly-all region=cn",
    ]


def test_what_differs_is_not_cut_out():
    lines = [line for line in Look(20, "slo", slo=twins()).lines(80, 24) if "remote" in line]
    assert "-traces region=eu " in lines[1]
    assert "-traces" not in lines[0]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
def test_the_pair_that_fires_is_shown(width):
    look = Look(20, "slo", slo=twins())
    at = next(n for n, line in enumerate(look.lines(width, 24)) if "3.4x/3.0x" in line)
    assert "1d/2h" in look.lines(width, 24)[at] or "1d/2h" in look.lines(width, 24)[at - 3]
    assert [roles for text, roles in look.stage.draw(width, 24)[at] if "3.4x/3.0x" in text] == ["bad strong"]


def test_names_that_differ_in_a_word_stay_different():
    texts = [f"{word}-command-availability region={region}" for word in ("remote", "local") for region in ("eu", "us")]
    for width in range(8, 40):
        found = shortened(texts, width)
        assert len(set(found.values())) == 4
        assert all(len(text) <= width for text in found.values())


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


def test_a_key_that_acts_holds_the_promise_that_it_acted_on():
    first = SloReport(AT, AT, (row("a", Verdict.BREACHED), row("b", Verdict.MET)))
    look = Look(1, "slo", slo=first)
    look.lines()
    look.press("y")
    newer = SloReport(AT, AT, (row("b", Verdict.BREACHED), row("a", Verdict.MET)))
    look.lookout._slo.sight = SloSight(newer, NOW)  # type: ignore[union-attr]
    look.lines()
    look.press("y")
    assert [one.text.split()[0] for one in look.asked] == ["a", "a"]
