"""What stands on the page: the worst first, how long the budget lasts, and commands that can be pasted."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from triage_told import END, page, row

from cdctl.domain.pasting import Shell
from cdctl.domain.slo.verdict import Verdict
from cdctl.domain.triage.page import commands, runs_out, worst_first


def test_the_worst_comes_first_and_then_the_quickest():
    rows = [
        row("a", Verdict.MET, burn=0.1),
        row("b", Verdict.AT_RISK, burn=14),
        row("c", Verdict.BREACHED, burn=1),
        row("d", Verdict.AT_RISK, burn=20),
        row("e", Verdict.NO_DATA),
        row("f", Verdict.ERROR),
    ]
    assert [one.name for one in worst_first(rows, {})] == ["c", "d", "b", "f", "e", "a"]


def test_labels_of_an_alert_choose_the_group_where_there_is_one():
    rows = [row("a", Verdict.BREACHED, region="us"), row("a", region="eu"), row("b", Verdict.MET)]
    assert [one.group for one in worst_first(rows, {"region": "eu"})] == [{"region": "eu"}, {}]
    assert len(worst_first(rows, {"region": "nowhere"})) == 1, "a row without the label"
    assert len(worst_first(rows[:2], {"region": "nowhere"})) == 2, "better all than none"


def test_a_budget_lasts_as_long_as_the_pace_lets_it():
    assert runs_out(row(burn=14, left=0.5)) == pytest.approx(86_400)
    assert runs_out(row(burn=14, left=-0.1)) == 0
    assert runs_out(row(burn=0, left=0.5)) is None
    assert runs_out(row(left=None)) is None


def test_every_command_can_be_pasted():
    made = page(Shell("cdctl --context 'prod eu'"))
    told = [one.command for one in made.next]
    assert all(shlex.split(one)[:3] == ["cdctl", "--context", "prod eu"] for one in told)
    assert any("--where" in one and "23-07.60" in one and "eu" in one for one in told)
    assert any(" trace show " in one for one in told)
    assert any(one.endswith("rollout ls") for one in told)
    assert told[-1].endswith("slo status --slo remote-command-availability")


def test_what_is_not_known_leads_to_no_command():
    assert commands(None, None, (), (), Shell()) == ()
    made = page(why=None, changes=())
    assert not any("--where" in one.command or "rollout" in one.command for one in made.next)
    assert made.cause is None


def test_where_no_vehicle_can_be_reached_no_command_is_about_one():
    told = " ".join(one.command for one in page(Shell("cdctl", fleet=False)).next)
    assert "slo why" in told
    assert "trace show" in told
    assert not any(word in told for word in ("fleet", "diag"))


def test_the_beginning_is_the_events_before_it_is_the_alerts():
    assert page().since == END - 1_800
    cause = page().cause
    assert cause is not None
    assert page(onset=None).since == cause.since, "that of the cause is nearer than the alert's"
    assert page(onset=None, why=None).since == END - 1_500
    assert page(onset=None, why=None, starts=None).since is None
    assert page(rows=()).burning is None


def test_a_cause_of_what_is_new_comes_before_one_that_always_was():
    made = page()
    assert made.why is not None
    old = replace(made.why.causes[0], new=False)
    assert replace(made, why=replace(made.why, causes=(old, made.why.causes[0]))).cause is made.why.causes[0]
    assert replace(made, why=replace(made.why, causes=(old,))).cause is old
