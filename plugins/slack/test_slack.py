"""The slack report, through the real loader."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cdctl.api import Bounds, ErrorBudget, Report, SloReport, Verdict
from cdctl.testing import examples
from cdctl.testing.plugins import catalogue_of, check_folder
from cdctl.testing.reports import check_report

FOLDER = Path(__file__).parent
EVERY = ["empty", "typical", "unknown", "hostile", "huge"]


@pytest.fixture
def slack() -> Report:
    return catalogue_of(FOLDER).report("slack")


def message(slack: Report, report: SloReport) -> dict[str, Any]:
    return json.loads(slack.render(report))


def texts(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [block["text"]] if "text" in block else block["elements"]


def complaints(said: dict[str, Any]) -> list[str]:
    """What Slack would refuse, or read in a way that was not meant."""
    found = [] if 1 <= len(said["blocks"]) <= 50 else [f"{len(said['blocks'])} blocks"]
    limits = {"header": 150, "section": 3000, "context": 2000}
    for block in said["blocks"]:
        for text in texts(block):
            if not 1 <= len(text["text"]) <= limits[block["type"]]:
                found.append(f"{block['type']} of {len(text['text'])} characters")
            if re.search(r"[<>]|&(?!(amp|lt|gt);)", text["text"]):
                found.append(f"not escaped: {text['text'][:80]}")
            meant = re.sub(r"`[^`]*`|\*(breached|at risk|error|no data)\*", "", text["text"])
            if text["type"] == "mrkdwn" and re.search("[`~*]", meant):
                found.append(f"formats: {meant[:80]}")
    return found


def test_the_folder_is_a_good_plugin() -> None:
    assert [finding for finding in check_folder(FOLDER) if not finding.passed] == []


def test_contract() -> None:
    check_report(catalogue_of(FOLDER).load("reports", "slack"))


@pytest.mark.parametrize("name", EVERY)
def test_slack_would_take_it(slack: Report, name: str) -> None:
    assert complaints(message(slack, getattr(examples, name)())) == []


@pytest.mark.parametrize(
    "block",
    [
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "section", "text": {"type": "mrkdwn", "text": ""}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "R&D"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "a ~lie~"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "an *open end"}},
    ],
)
def test_what_slack_would_not_take_is_found(block: dict[str, Any]) -> None:
    assert complaints({"blocks": [block]})


def test_what_is_broken_comes_first_and_what_is_met_is_counted(slack: Report) -> None:
    said = message(slack, examples.typical())
    assert said["text"] == "Promises of June: 2 breached, 2 at risk, 2 error, 2 no data, 3 met"
    sections = [block["text"]["text"] for block in said["blocks"] if block["type"] == "section"][1:]
    assert [re.findall(r"\*(.+?)\*", text)[0] for text in sections] == (
        ["breached"] * 2 + ["at risk"] * 2 + ["error"] * 2 + ["no data"] * 2
    )
    assert sections[0].splitlines() == [
        ":red_circle: *breached* `remote-command-availability` `ok` `region=eu`",
        "SLI 99.75 %, target 99.9 %, 28 d, 2,500 bad of 1,000,000, -150 % of the budget left, burn 2.5x in 1 h",
    ]
    assert "`1h/5m &gt; 13.44`" in sections[2]


def test_least_budget_first(slack: Report) -> None:
    row = examples.row(Verdict.BREACHED, {})
    rows = tuple(
        replace(row, name=name, error_budget=ErrorBudget(1.0, 1.0, left))
        for name, left in (("b", -0.1), ("d", None), ("a", -0.2), ("c", 0.0))
    )
    found = re.findall(r"\* `(\w)`", slack.render(replace(examples.empty(), rows=rows)))
    assert found == ["a", "b", "c", "d"]


def test_the_rest_is_counted(slack: Report) -> None:
    said = message(slack, examples.huge(100))
    assert len(said["blocks"]) <= 50
    listed = sum(block["type"] == "section" for block in said["blocks"]) - 1
    assert said["blocks"][-1]["elements"][0]["text"] == f"and {100 - listed} more: see the whole report"


def test_exactly_as_many_as_fit_leave_nothing_to_count(slack: Report) -> None:
    rows = tuple(replace(row, reason=None) for row in examples.huge(49).rows)
    fits, beyond = (replace(examples.empty(), rows=rows[:count]) for count in (48, 49))
    assert len(message(slack, fits)["blocks"]) == len(message(slack, beyond)["blocks"]) == 50
    assert "more" not in slack.render(fits)
    assert "and 2 more" in slack.render(beyond)


def test_nothing_promised_and_everything_kept(slack: Report) -> None:
    assert message(slack, examples.empty())["text"] == "Service level report: nothing is promised"
    kept = replace(examples.empty(), rows=(examples.row(Verdict.MET, {}),))
    assert message(slack, kept)["blocks"][-1]["text"]["text"] == ":large_green_circle: every promise is kept"


def test_an_sli_is_never_rounded_up_to_all(slack: Report) -> None:
    row = replace(examples.row(Verdict.AT_RISK, {}), sli=0.99999999, window=Bounds("calendar", 0, 86_400))
    text = slack.render(replace(examples.empty(), rows=(row,)))
    assert "SLI 99.9999 %" in text
    overspent = replace(row, error_budget=ErrorBudget(1.0, 8.3, -7.271))
    assert ", -728 % of the budget left" in slack.render(replace(examples.empty(), rows=(overspent,)))
    assert "since 1970-01-01 00:00 UTC" in text


def test_an_entity_is_never_cut_in_two(slack: Report) -> None:
    row = replace(examples.row(Verdict.BREACHED, {}), name="&" * 149 + "x", reason="<" * 599)
    said = message(slack, replace(examples.empty(), rows=(row,)))
    assert complaints(said) == []
    assert said["blocks"][3]["elements"][0]["text"] == "&lt;" * 149 + "…"
