"""`markdown`: a GitHub-flavoured summary for a CI job (`-o markdown=$GITHUB_STEP_SUMMARY`) or a merge request comment.

Text from elsewhere is written as character references, so that no label becomes a link, a mention, a tag or a column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cdctl.domain import figures
from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.text import safe
from cdctl.reports import answer, words

ROOM = 400_000
"""Most bytes for the table, and for the reasons: GitHub refuses a job summary above 1 MiB as a whole."""

_MARKS = {
    Verdict.MET: "✅",
    Verdict.AT_RISK: "⚠️",
    Verdict.BREACHED: "❌",
    Verdict.NO_DATA: "❔",
    Verdict.ERROR: "🛑",
}
_HEAD = (
    "| Verdict | SLO | Group | SLI | Target | Budget left | Burn 1h / 6h / 3d | Coverage |",
    "|:--|:--|:--|--:|--:|--:|--:|--:|",
)
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#!|~&@]|://|www\.", re.IGNORECASE)


class MarkdownReport:
    """Headline, table (worst first), reasons, rules; always well under 1 MB."""

    suffix = ".md"

    def render(self, report: SloReport) -> str:
        """The whole summary."""
        called = answer.names(report.rows)
        rows = answer.worst_first(report.rows)
        tally = f"{answer.tally(report)} · " if rows else ""
        lines = [f"### {answer.headline(report)}", "", f"{tally}judged at {words.instant(report.at)}"]
        if rows:
            table = [_line(called[row.service, row.name, row.objective], row) for row in rows]
            lines += ["", *_HEAD, *_within(table, "| | … {} more rows | | | | | | |")]
        told = [(row.verdict.value, row, answer.reason(row)) for row in rows if row.verdict is not Verdict.MET]
        reasons = [
            f"- {_MARKS[own[0].verdict]} **{kind}** {_subjects(called, own)}: {_plain(why)}"
            for kind, own, why in answer.folded(told)
        ]
        reasons = _within(reasons, "- … {} more")
        lines += _section("Why", [*reasons, *_composites(report.rows), *_warnings(report, called)])
        if report.rules:
            lines += ["", "<details><summary>How verdicts are reached</summary>", ""]
            lines += [*(f"- {_plain(safe(rule))}" for rule in report.rules), "", "</details>"]
        return "\n".join(lines) + "\n"


def _line(name: str, row: Row) -> str:
    left = figures.budget_left(row)
    cells = (
        f"{_MARKS[row.verdict]} {row.verdict.value}",
        _code(name),
        _code(safe(row.group_text)),
        figures.sli(row.sli, row.target),
        figures.target(row.target),
        f"{words.bar(left, 5)} {figures.percent(left)}".strip(),
        " / ".join(figures.burn(row.burn_rates.get(window)) for window in words.SHORT_BURNS),
        figures.percent(row.coverage),
    )
    return f"| {' | '.join(cells)} |"


def _subject(called: dict[tuple[str, str, str], str], row: Row) -> str:
    return " ".join(filter(None, (_code(called[row.service, row.name, row.objective]), _code(safe(row.group_text)))))


def _subjects(called: dict[tuple[str, str, str], str], rows: Sequence[Row]) -> str:
    said = [_subject(called, row) for row in rows[: answer.FOLDED]]
    if len(rows) == 1:
        return said[0]
    return f"{len(rows)} rows ({', '.join(said)}{', …' if len(rows) > answer.FOLDED else ''})"


def _composites(rows: Sequence[Row]) -> list[str]:
    return [
        f"- {_MARKS[whole.verdict]} composite {_code(f'{safe(row.name)} {safe(row.group_text)}'.strip())}: "
        f"{answer.composite(whole)}"
        for row, whole in answer.wholes(rows)
    ]


def _warnings(report: SloReport, called: dict[tuple[str, str, str], str]) -> list[str]:
    lines = [f"- warning: {_plain(safe(warning))}" for warning in report.warnings]
    told = [("warning", row, safe(text)) for row in report.rows for text in row.warnings]
    lines += [f"- warning: {_subjects(called, own)}: {_plain(text)}" for _, own, text in answer.folded(told)]
    return _within(list(dict.fromkeys(lines)), "- … {} more warnings", ROOM // 4)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"#### {title}", "", *lines] if lines else []


def _within(lines: Sequence[str], rest: str, room: int = ROOM) -> list[str]:
    """As many lines as there is room for, and a line that counts the others."""
    for kept, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            return [*lines[:kept], rest.format(len(lines) - kept)]
    return list(lines)


def _plain(text: str) -> str:
    """Safe text that Markdown leaves alone; a word joiner keeps `@name` from notifying anybody."""
    return _SPECIAL.sub(_reference, text)


def _reference(found: re.Match[str]) -> str:
    if found[0] == "@":
        return "&#64;&#8288;"
    return "".join(f"&#{ord(c)};" if not c.isalpha() else c for c in found[0])


def _code(text: str) -> str:
    return f"<code>{_plain(text)}</code>" if text else ""


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="markdown",
    version="1",
    summary="GitHub-flavoured summary for a CI job, under 1 MB",
    make=MarkdownReport,
)
