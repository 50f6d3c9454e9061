"""Explanations in words."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from why_told import incident, told

from cdctl.domain.changes import Change
from cdctl.domain.why import wording
from cdctl.domain.why.explanation import Explanation
from cdctl.reports import words
from cdctl.reports.why import telling


@pytest.fixture(scope="module")
def found() -> Explanation:
    return told()


def test_the_first_line_says_who_how_much_and_how_sure(found: Explanation) -> None:
    (cause,) = found.causes
    assert telling.headline(found) == (
        f"region eu with software 23-07.60: {wording.rate(cause.share)} of the bad events, "
        f"{wording.rate(cause.inside.rate)} fail inside, {wording.rate(cause.outside.rate)} outside, p < 1e-9"
    )


def test_the_lines_after_it_say_since_when_and_what_it_would_be_without(found: Explanation) -> None:
    said = "\n".join(telling.lines(found))
    assert f"burn rate {telling.figures.burn(found.burn)}; without it" in said
    assert "1d before" in said
    assert ": new" in said
    assert "since about" in said


def test_other_answers() -> None:
    assert telling.headline(told(incident(rate=0, us=0, everywhere=0))).startswith("nothing is bad: 12,000 events")
    assert telling.headline(told(incident(rate=0.05, us=0.05, everywhere=0.05))).startswith("no single cause: 5")
    standing = told(incident(us=0.03, rate=0.002), incident(2, rate=0.0002, back=86_400, us=0.015, everywhere=0.0004))
    if not standing.fresh:
        assert telling.headline(standing).startswith("no new cause")


def test_a_burn_that_went_on_is_told_with_its_cause() -> None:
    found = told(before=incident(2, back=86_400))
    assert telling.headline(found).startswith("region eu with software 23-07.60")
    assert "as it was" in "\n".join(telling.lines(found))


def test_commands_can_be_pasted_whatever_the_value() -> None:
    found = told()
    odd = found.causes[0].picked.where.replace("eu", '"it\'s"')
    assert shlex.split(f"cdctl fleet ls --where {shlex.quote(odd)}")[-1] == odd
    assert all(shlex.split(line)[0] == "cdctl" for line in telling.commands(found))


def test_a_cause_names_the_change_that_came_shortly_before_it() -> None:
    own = told()
    since = own.causes[0].since
    assert since is not None
    changes = [
        Change(since - 60, "flag", "fast unlock"),
        Change(since - 180, "software", "software 23-07.60 reached 5% of eu\x1b[2J", version="23-07.60", region="eu"),
        Change(since - 9_000, "deployment", "long before"),
    ]
    marked = own.with_changes(changes)
    assert [one.change.title[:8] for one in marked.causes[0].after] == ["software", "fast unl"]
    (line,) = [one for one in telling.lines(marked) if "since about" in one]
    assert "3m after software 23-07.60 reached 5% of eu" in line
    assert "\x1b" not in line
    assert not any(" after " in one for one in telling.lines(own) if "since about" in one)


def test_a_beginning_that_is_not_known_well_is_told_as_between() -> None:
    own = told()
    (cause,) = own.causes
    assert cause.since is not None
    vague = replace(cause, between=(cause.since - 3_600, cause.since + 1_800))
    change = Change(
        cause.since - 600, "software", "software 23-07.60 reached 5% of eu", version="23-07.60", region="eu"
    )
    marked = replace(own, causes=(vague,)).with_changes([change])
    said = "\n".join(telling.lines(marked))
    assert f"began between {words.moment(cause.since - 3_600)} and {words.moment(cause.since + 1_800)} UTC" in said
    assert f"at {words.moment(cause.since - 600)}: software 23-07.60 reached 5% of eu" in said
    assert "since about" not in said
