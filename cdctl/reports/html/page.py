"""The page: headline, the list worst first, a section for each SLO, and how it was judged."""

from __future__ import annotations

from html import escape

from cdctl.domain import figures
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.reports import answer, svg, words
from cdctl.reports.html.card import badge, card, group, text
from cdctl.reports.html.style import PALETTES, RULES
from cdctl.reports.slots import slots

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_MARKS = {
    Verdict.MET: '<circle cx="8" cy="8" r="7"/><path d="M4.7 8.3l2.3 2.3 4.4-5"/>',
    Verdict.AT_RISK: '<path d="M8 1.2L15.2 14.4H.8Z"/><path d="M8 5.8v4M8 11.6v.9"/>',
    Verdict.BREACHED: '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z"/><path d="M5.3 5.3l5.4 5.4m0-5.4l-5.4 5.4"/>',
    Verdict.NO_DATA: '<circle cx="8" cy="8" r="7"/><path d="M5.9 6.3a2.1 2.1 0 1 1 3 2c-.6.3-.9.6-.9 1.2M8 11.6v.9"/>',
    Verdict.ERROR: '<rect x="1.2" y="1.2" width="13.6" height="13.6" rx="2"/><path d="M8 4v5M8 11v1"/>',
}
_MARK_STYLE = "symbol :first-child{fill:currentColor}symbol :last-child{stroke:var(--bg);stroke-width:1.8;fill:none}"


def page(report: SloReport) -> str:
    """The whole document."""
    rows = answer.worst_first(report.rows)
    anchors = {id(row): f"o{number}" for number, row in enumerate(rows, 1)}
    headline = escape(answer.headline(report))
    symbols = "".join(
        f'<symbol id="mark-{verdict}" viewBox="0 0 16 16">{drawing}</symbol>' for verdict, drawing in _MARKS.items()
    )
    title = f"{headline} {text(report.title)}, {words.instant(report.at)}"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">',
            f'<link rel="icon" href="data:,">\n<title>{title}</title>',
            f"<style>{PALETTES}{RULES}{_MARK_STYLE}</style>\n</head>\n<body>",
            f'<svg width="0" height="0" class="defs" aria-hidden="true">{symbols}</svg>{svg.GAP_PATTERN}',
            f"<main>\n{_head(report, headline)}",
            _list(report, rows, anchors) if rows else "",
            *_sections(rows, anchors, report.at),
            _foot(report),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _head(report: SloReport, headline: str) -> str:
    counts = report.summary
    items = "".join(f"<li><b>{counts[v]}</b> {badge(v)}</li>" for v in answer.WORST_FIRST if counts[v])
    tally = f'<ul class="tally">{items}</ul>' if items else ""
    return (
        f'<header><p class="kicker">{text(report.title)} · judged at {words.instant(report.at)}</p>'
        f"<h1>{headline}</h1>{tally}</header>"
    )


def _list(report: SloReport, rows: list[Row], anchors: dict[int, str]) -> str:
    heads = (
        ("text", "Verdict"),
        ("text", "Objective"),
        ("", "Good"),
        ("promised", "Promised"),
        ("", "Budget left"),
        *(("wide", f"Burn {window}") for window in words.SHORT_BURNS),
        ("wide", "Observed"),
    )
    head = "".join(f'<th scope="col" class="{kind}">{title}</th>' for kind, title in heads)
    called = answer.names(rows)
    body = "\n".join(
        _line(row, called[row.service, row.name, row.objective], anchors[id(row)], report.at) for row in rows
    )
    return (
        '<div class="scroll" role="region" aria-label="Objectives" tabindex="0"><table class="list">'
        f"<caption>Objectives, worst first</caption><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _line(row: Row, name: str, anchor: str, at: int) -> str:
    left = figures.budget_left(row)
    points = slots(row, at, 48)
    spark = (
        svg.sparkline(points, points.left)
        if left is not None and points is not None and points.left is not None
        else ""
    )
    burns = "".join(f'<td class="wide">{figures.burn(row.burn_rates.get(window))}</td>' for window in words.SHORT_BURNS)
    below = ' class="below"' if left is not None and left < 0 else ""
    unknown = ' class="unknown"' if row.verdict is Verdict.NO_DATA else ""
    where = f"<small>{group(row)}</small>" if row.group else ""
    return (
        f'<tr{unknown}><td class="text">{badge(row.verdict)}</td>'
        f'<th scope="row" class="text"><a href="#{anchor}">{escape(name)}</a>{where}</th>'
        f'<td>{figures.sli(row.sli, row.target)}</td><td class="promised">{figures.target(row.target)}</td>'
        f'<td{below}>{spark}<span class="number">{figures.percent(left)}</span></td>{burns}'
        f'<td class="wide">{figures.percent(row.coverage)}</td></tr>'
    )


def _sections(rows: list[Row], anchors: dict[int, str], at: int) -> list[str]:
    slos: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        slos.setdefault((row.service, row.name), []).append(row)
    return [_section(own, anchors, at) for own in slos.values()]


def _section(rows: list[Row], anchors: dict[int, str], at: int) -> str:
    first = rows[0]
    several = len({row.objective for row in rows}) > 1
    title = text(first.display_name or first.name)
    name = f"<code>{text(first.name)}</code>, " if first.display_name else ""
    cards = "\n".join(card(row, anchors[id(row)], _title(row, several), at) for row in rows)
    about = f"<p>{text(first.description, 1200)}</p>" if first.description else ""
    return (
        f'<section class="slo"><h2>{title}</h2><p class="muted">{name}service {text(first.service)}</p>{about}'
        f"{_composites(rows)}{cards}</section>"
    )


def _title(row: Row, several: bool) -> str:
    parts = [text(row.objective)] if several else []
    return " · ".join([*parts, *([group(row)] if row.group else [])])


def _composites(rows: list[Row]) -> str:
    return "".join(
        f"<p>{badge(whole.verdict)} as a whole{f' in {group(row)}' if row.group else ''}"
        f"{': ' if figures.known(whole.sli) else ''}{answer.composite_figures(whole)}</p>"
        for row, whole in answer.wholes(rows)
    )


def _foot(report: SloReport) -> str:
    rules = "".join(f"<li>{text(rule)}</li>" for rule in report.rules)
    warnings = "".join(f"<li>{text(warning)}</li>" for warning in report.warnings)
    parts = [
        f"<h2>How this was judged</h2><ul>{rules}</ul>" if rules else "",
        f"<h2>Warnings</h2><ul>{warnings}</ul>" if warnings else "",
        f"<p>Every objective counts once for each group. Judged at {words.instant(report.at)}, written at "
        f"{words.instant(report.generated_at)} by cdctl. Times are UTC; percentages are cut, not rounded.</p>",
    ]
    return f"<footer>{''.join(parts)}</footer>"
