"""The report `slack`: one message of blocks, what is broken first."""

from __future__ import annotations

import json
import math

from cdctl.api import API, Plugin, Row, SloReport, Verdict

from .wording import code, instant, number, percent, plain, share, window

MOST_BLOCKS = 50
MOST_TEXT = 3000
MOST_HEADER = 150
_REASON = 600
_HEAD = 2
"""Blocks before the rows: headline and counts."""
_SIGNS = {
    Verdict.BREACHED: ":red_circle:",
    Verdict.AT_RISK: ":large_orange_circle:",
    Verdict.ERROR: ":warning:",
    Verdict.NO_DATA: ":white_circle:",
    Verdict.MET: ":large_green_circle:",
}
"""Every verdict, worst first, with its emoji."""
_ORDER = list(_SIGNS)

Block = dict[str, object]


class SlackReport:
    """JSON for an incoming webhook or chat.postMessage: `blocks`, and `text` for notifications."""

    suffix = ".json"

    def render(self, report: SloReport) -> str:
        """At most 50 blocks. Promises that are met are counted, the others are listed until there is no more room."""
        title = plain(report.title.strip(), MOST_HEADER) or "Service level report"
        blocks = [
            {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
            _section(f"{_counts(report)}\n{instant(report.at)}"),
            *_rows(sorted(report.rows, key=_badness)),
        ]
        message = {
            "text": plain(f"{report.title}: ", MOST_HEADER) + _counts(report),
            "blocks": blocks,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        return json.dumps(message, ensure_ascii=False, indent=1) + "\n"


def _counts(report: SloReport) -> str:
    """`2 breached, 10 met`."""
    counts = [(report.summary[verdict.value], verdict) for verdict in _ORDER]
    said = [f"{count} {verdict.value.replace('_', ' ')}" for count, verdict in counts if count]
    return ", ".join(said) or "nothing is promised"


def _badness(row: Row) -> tuple[int, float, str, str, str]:
    budget = row.error_budget
    left = budget.remaining_ratio if budget and budget.remaining_ratio is not None else math.inf
    return _ORDER.index(row.verdict), left, row.service, row.name, row.group_text


def _rows(rows: list[Row]) -> list[Block]:
    """Blocks of the rows that are not met, and of how many more there are."""
    wrong = [row for row in rows if row.verdict is not Verdict.MET]
    if rows and not wrong:
        return [_section(f"{_SIGNS[Verdict.MET]} every promise is kept")]
    room = MOST_BLOCKS - _HEAD
    # No more rows than blocks can be shown, so no more need to be worded.
    worded = [_row(row) for row in wrong[: room + 1]]
    if sum(map(len, worded)) <= room:
        return [block for own in worded for block in own]
    blocks: list[Block] = []
    for place, own in enumerate(worded):
        if len(blocks) + len(own) > room - 1:
            return [*blocks, _context(f"and {len(wrong) - place} more: see the whole report")]
        blocks += own
    return blocks


def _row(row: Row) -> list[Block]:
    names = [row.name, row.objective, row.group_text]
    lines = [
        f"{_SIGNS[row.verdict]} *{row.verdict.value.replace('_', ' ')}* " + " ".join(code(n) for n in names if n),
        ", ".join(_facts(row)),
        "burning: " + ", ".join(code(pair) for pair in row.firing[:4]) if row.firing else "",
    ]
    section = _section("\n".join(line for line in lines if line))
    reason = (row.reason or "").strip()
    return [section, _context(reason)] if reason else [section]


def _facts(row: Row) -> list[str]:
    facts = [f"target {(row.target * 100).normalize():f} %", window(row.window)]
    if row.sli is not None:
        facts.insert(0, f"SLI {percent(row.sli)}")
    if row.bad is not None and row.total is not None:
        facts.append(f"{number(row.bad)} bad of {number(row.total)}")
    if row.error_budget and row.error_budget.remaining_ratio is not None:
        facts.append(f"{share(row.error_budget.remaining_ratio)} of the budget left")
    if (burn := row.burn_rates.get("1h")) is not None:
        facts.append(f"burn {number(burn)}x in 1 h")
    if row.coverage is not None and row.verdict is Verdict.NO_DATA:
        facts.append(f"{percent(row.coverage)} covered")
    return facts


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": plain(text, _REASON), "emoji": False}]}


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="slack",
    version="1.0.0",
    summary="A Slack message: what is broken, worst first",
    make=SlackReport,
)
