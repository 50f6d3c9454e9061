from __future__ import annotations

import re
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cdctl.domain.slo.verdict import SloReport
from cdctl.reports.markdown import MarkdownReport
from cdctl.testing import examples

ALLOWED_HTML = {"<code>", "</code>"}


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def strange(text: str) -> list[str]:
    """What a label could smuggle in: links, tags, emphasis, code, mentions, bare addresses."""
    found = re.findall(r"https?://\S*|www\.\S*|@\w+", text)
    for token in tokens(text):
        for child in token.children or ():
            known = child.type in {"text", "softbreak", "strong_open", "strong_close", "text_special"}
            if not known and not (child.type == "html_inline" and child.content in ALLOWED_HTML):
                found.append(child.content or child.type)
    return found


def table(text: str) -> list[list[str]]:
    rows: list[list[str]] = []
    cell = False
    for token in tokens(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"td_open", "th_open"}:
            cell = True
        elif token.type == "inline" and cell:
            rows[-1].append(token.content)
            cell = False
    return rows


def test_the_table_holds_every_row(report: SloReport) -> None:
    rows = table(MarkdownReport().render(report))
    assert len(rows) == len(report.rows) + 1
    assert {len(row) for row in rows} == {8}
    assert rows[1][:4] == [
        "❌ breached",
        "<code>remote-command-availability</code>",
        "<code>region=eu</code>",
        "99.521%",
    ]


def test_the_first_line_is_the_answer(report: SloReport) -> None:
    assert MarkdownReport().render(report).startswith("### 3 of 13 objectives are breached.\n")


def test_text_from_elsewhere_is_only_text(report: SloReport) -> None:
    assert strange(MarkdownReport().render(report)) == []
    assert strange(MarkdownReport().render(examples.hostile())) == []


def test_smuggled_text_would_be_found() -> None:
    text = "| a |\n|--|\n| `x` **b** [l](http://evil.example) <img> @team |\n"
    assert set(strange(text)) >= {"http://evil.example)", "@team", "x", "<img>", "link_open"}


def test_rules_are_folded_away(report: SloReport) -> None:
    text = MarkdownReport().render(report)
    assert "<details><summary>How verdicts are reached</summary>\n\n- breached: more bad" in text
    assert "<details>" not in MarkdownReport().render(replace(report, rules=()))


def test_a_huge_report_stays_under_the_limit_and_says_so() -> None:
    many = examples.huge(20_000)
    text = MarkdownReport().render(many)
    assert len(text.encode()) < 1_000_000
    shown, left = text.count("| ❌ breached |"), re.search(r"… (\d+) more rows", text)
    assert left
    assert shown + int(left[1]) == len(many.rows)
    assert "more rows" not in MarkdownReport().render(examples.huge(100))
