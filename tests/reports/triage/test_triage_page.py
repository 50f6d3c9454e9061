"""The page for a terminal and for a channel: everything on it, and nothing that acts."""

from __future__ import annotations

import re
from dataclasses import replace

from triage_told import page, row

from cdctl.domain.changes import Change, Near
from cdctl.domain.slo.verdict import Verdict
from cdctl.domain.triage.page import State
from cdctl.reports.triage.page import markdown, text

HOSTILE = "\x1b]0;x\x07`rm -rf`\n# big <b>"


def test_the_page_of_a_terminal():
    lines = text(page()).splitlines()
    assert lines[0] == "remote-command-availability  region=eu  at_risk"
    told = "\n".join(lines)
    for wanted in (
        "promise    99.5% over 28d; 99% so far; 40% of the budget left, spent in 16h48m at this pace",
        "burns 16.0 (5m), 16.0 (1h), 8.00 (6h), 1.00 (3d) times as fast as it may",
        "since 2026-11-29 23:30 UTC, 30m00s ago: 9% bad, 0.2% in the week before",
        "who        region eu with software 23-07.60",
        "changed    3m20s before   software 23-07.60 reached 5% of eu",
        "53m20s before  deployment customer-api 1.4.2 by ci",
        "1h10m before   orders parameter.set to 400 vehicles by ada",
        "states     ok   prometheus: answers queries",
        "BAD  broker eu: nobody listens there (is it up?)",
        "others     met       remote-command-availability region=us, burns 0.20 (1h)",
        "next       cdctl --context prod slo why remote-command-availability --group region=eu",
    ):
        assert wanted in told, wanted
    assert all(line == line.rstrip() for line in lines)


def test_the_page_of_a_channel():
    told = markdown(page())
    assert told.startswith("### `remote-command-availability` `region=eu`: at risk\n")
    (fence,) = re.findall(r"```sh\n(.*?)\n```", told, re.S)
    assert all(line.startswith("cdctl --context prod ") for line in fence.splitlines())
    assert "- `filter: " in told


def test_what_others_wrote_acts_nowhere():
    change = Near(Change(0, HOSTILE, HOSTILE, by=HOSTILE, region=HOSTILE))
    made = page(
        asked=HOSTILE, because=HOSTILE, changes=(change,), states=(State(HOSTILE, False, HOSTILE, HOSTILE),),
        notes=(HOSTILE,), rows=(row(HOSTILE, region=HOSTILE), row("b", region=HOSTILE)), why=None, silent=HOSTILE,
    )  # fmt: skip
    for form in (text, markdown):
        told = form(made)
        assert "\x1b" not in told
        assert "\n# big" not in told
    spans = re.sub(r"`[^`\n]*`|```sh\n.*?\n```", "", markdown(made), flags=re.S)
    assert "<b>" not in spans, "outside of code"


def test_a_page_that_knows_little():
    told = text(page(why=None, silent="no spans; a longer --window", changes=(), states=(), onset=None, starts=None))
    assert "who        not known: no spans; a longer --window" in told
    assert "changed    nothing that cdctl was told of\n" in told
    assert "states" not in told
    assert "since" not in told.replace("slo status", "")


def test_spread_evenly_and_as_before():
    made = page()
    assert made.why is not None
    assert "no single cause" in text(replace(made, why=replace(made.why, causes=())))
    blind = replace(made.why, causes=(), attributes=())
    assert "nothing to tell them apart by" in text(replace(made, why=blind)), "nobody looked, so nobody may say so"
    old = replace(made.why, causes=(replace(made.why.causes[0], new=False),))
    assert "it was so before, too" in text(replace(made, why=old))


def test_a_page_without_a_row():
    assert text(page(rows=())) == "alert.json: no promise was judged\n"
    assert markdown(page(rows=())) == "**`alert.json`**: no promise was judged\n"


def test_a_budget_that_is_spent_says_so():
    spent = row(verdict=Verdict.BREACHED, left=-0.5)
    assert "budget overspent by 50%" in text(page(rows=(spent,)))
